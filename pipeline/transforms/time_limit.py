"""A time limit on what one article may cost: annotation in a process of its own, which is ended when it takes too long.

A thread that computes can't be stopped from outside, and a DoFn runs in a thread. So the model is in a child process; a batch that is
not done in time, or that the child dies of, costs the child its life, and its articles are tried again one by one. Then only the one
at fault fails.
"""

import multiprocessing
import signal
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from multiprocessing.util import Finalize
from typing import Any

from pipeline.gazetteer import ListedName
from pipeline.nlp.annotator import Annotation, Annotator, Failure, Text
from pipeline.nlp.model import load_model
from pipeline.records import Extractor, Provenance

START_SECONDS = 300.0  # to load the model on a busy machine; more is an error of the machine
CLOSE_FIRST = 10  # before the child is waited for
UNKNOWN_LANGUAGE = "und"  # BCP 47


class AnnotatorLost(Exception):
    """The child process is gone."""


class TimeLimitExceeded(AnnotatorLost):
    """It did not answer in time."""


class AnnotatorDied(AnnotatorLost):
    """It died of what it had to do."""


def load_annotator(model: str, extract: frozenset[Extractor], gazetteer: tuple[ListedName, ...] = ()) -> Annotator:
    """Return an annotator with a model by name; here, because the child is spared Beam, which this module does not import."""
    return Annotator(load_model(model, extract, gazetteer), extract)


def _serve(connection: Connection, load: Callable[[], Annotator]) -> None:
    """Annotate what comes through a connection until it is closed."""
    # A Ctrl-C in the terminal reaches this process too; it has to finish what was read.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    try:
        annotator = load()
        connection.send(annotator.provenance(""))
        while True:
            texts = connection.recv()
            try:
                connection.send(annotator.annotate(texts))
            except Exception as error:
                connection.send(error)
    except (EOFError, BrokenPipeError):
        return


class LimitedAnnotator:
    """Annotates as an ``Annotator`` does, with a limit on the time of each text; the threads of a process take turns."""

    def __init__(self, load: Callable[[], Annotator], seconds: float) -> None:
        """Start the child process.

        Args:
            load: makes the annotator; a function of a module, or a partial of one, because it goes to another process.
            seconds: that the parse of one text and all extraction from it may take.
        """
        self.seconds = seconds
        self._load = load
        self._lock = threading.Lock()
        self._child: tuple[BaseProcess, Connection] | None = None
        self._provenance = self._start()

    def provenance(self, pipeline_version: str) -> Provenance:
        """Return what goes into each record."""
        return Provenance(pipeline_version, self._provenance.model_name, self._provenance.model_version)

    def annotate(self, texts: Sequence[Text]) -> list[Annotation]:
        """Return the annotation of each text, in order; a text over the limit is a ``Failure`` of that text alone."""
        with self._lock:
            try:
                return self._ask(list(texts))
            except AnnotatorLost as lost:
                if len(texts) == 1:
                    return [self._failed(texts[0], lost)]
            return [self._annotate_alone(text) for text in texts]

    def _annotate_alone(self, text: Text) -> Annotation:
        try:
            return self._ask([text])[0]
        except AnnotatorLost as lost:
            return self._failed(text, lost)

    def _failed(self, text: Text, lost: AnnotatorLost) -> Annotation:
        failure = Failure("Annotate", type(lost).__name__, str(lost), "")
        return Annotation(text.language or UNKNOWN_LANGUAGE, None, failures=(failure,))

    def _start(self) -> Provenance:
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe()
        process = context.Process(target=_serve, args=(theirs, self._load), name="annotator", daemon=True)
        process.start()
        theirs.close()
        self._child = process, ours
        # At the end of this process as well: the child ends with the connection, and would be waited for for ever.
        Finalize(self, ours.close, exitpriority=CLOSE_FIRST)
        provenance = self._answer(ours, START_SECONDS)
        assert isinstance(provenance, Provenance)
        return provenance

    def _ask(self, texts: list[Text]) -> list[Annotation]:
        """Return the child's answer.

        Raises:
            AnnotatorLost: there was none in time, or the child died; it is gone then.
        """
        if self._child is None:
            self._start()
        assert self._child is not None
        process, connection = self._child
        try:
            with suppress(BrokenPipeError):  # it died before; there will be no answer
                connection.send(texts)
            answer = self._answer(connection, self.seconds)
        except AnnotatorLost:
            process.kill()
            process.join()
            connection.close()
            self._child = None
            raise
        if isinstance(answer, Exception):
            raise answer
        annotations: list[Annotation] = answer
        return annotations

    @staticmethod
    def _answer(connection: Connection, seconds: float) -> Any:
        if not connection.poll(seconds):
            raise TimeLimitExceeded(
                f"the parse and extraction took longer than {seconds:,.0f} s; a higher --time-limit gives it more"
            )
        try:
            return connection.recv()
        except (EOFError, ConnectionError):
            raise AnnotatorDied(
                "the process that parsed it died; it may have wanted more memory than there is"
            ) from None
