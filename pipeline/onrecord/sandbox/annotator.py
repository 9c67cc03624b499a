# SPDX-License-Identifier: Apache-2.0
"""Annotates texts in a child process with a time limit. Nothing here imports Beam, which the child does not need, nor, at first, spaCy."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING

from onrecord.data.gazetteer import ListedName
from onrecord.data.records import Provenance
from onrecord.data.settings import PARSES, STANCES
from onrecord.data.stages import ANNOTATE
from onrecord.nlp.texts import Annotation, Failure, Text
from onrecord.sandbox.process import LimitedProcess, ProcessLost, Work

if TYPE_CHECKING:
    from onrecord.nlp.annotator import Annotator

PARSED = "parsed"  # the first answer to a batch: from here on, a delay is due to a single text
UNKNOWN_LANGUAGE = "und"  # BCP 47


def load_annotator(
    model: str,
    extract: frozenset[str],
    gazetteer: tuple[ListedName, ...] = (),
    parse: str = PARSES[0],
    stances: str = STANCES[0],
    least_confidence: float | None = None,
) -> "Annotator":
    """Return an annotator with a model that is loaded by name."""
    # spaCy takes seconds to import, and the process that starts the child does not need it.
    from onrecord.nlp.annotator import Annotator
    from onrecord.nlp.model import load_model

    is_fast = parse == PARSES[0]
    loaded = load_model(model, extract, gazetteer, fast=is_fast, stances=stances, least_confidence=least_confidence)
    return Annotator(loaded, extract)


def _load_work(load: "Callable[[], Annotator]") -> tuple[tuple[Provenance, tuple[str, ...]], Work]:
    annotator = load()

    def annotate(texts: Sequence[Text]) -> Iterator[str | Annotation]:
        with annotator.parsed(texts) as annotations:
            yield PARSED
            yield from annotations

    return (annotator.provenance(""), annotator.notes), annotate


class SandboxedAnnotator:
    """Annotates as an ``Annotator`` does, in a child process with a time limit for each text."""

    def __init__(self, load: "Callable[[], Annotator]", seconds: float) -> None:
        """Start the child process.

        Args:
            load: makes the annotator. It is sent to the child, so it must be a function of a module, or a ``partial`` of one.
            seconds: time limit for parsing a text, and for all extraction from it.
        """
        self._process = LimitedProcess(partial(_load_work, load), seconds, "parsing and extracting from the text")
        provenance, self.notes = self._process.start()
        assert isinstance(provenance, Provenance)
        self._provenance = provenance

    def provenance(self, pipeline_version: str) -> Provenance:
        """Return the provenance of each record."""
        return replace(self._provenance, pipeline_version=pipeline_version)

    def annotate(self, texts: Sequence[Text]) -> list[Annotation]:
        """Return the annotation of each text, in order; a text that exceeds the limit is a ``Failure`` of that text alone."""
        done: list[Annotation] = []
        while len(done) < len(texts):
            rest = texts[len(done) :]
            answers, lost = self._process.ask(rest)
            done.extend(answers[1:])
            if lost is None or len(done) == len(texts):
                continue
            if answers or len(rest) == 1:
                done.append(_failed(texts[len(done)], lost))
            else:
                # The batch was lost while it was parsed as a whole. One at a time, only the text at fault fails.
                done.extend(annotation for text in rest for annotation in self.annotate([text]))
        return done


class AnnotatorPool:
    """Annotates several batches at the same time, each in a child process of its own; children start when they are needed.

    Attributes:
        threads: where ``annotate`` is called, one thread for each child.
        notes: as an ``Annotator`` has them.
    """

    def __init__(self, load: "Callable[[], Annotator]", seconds: float, number: int) -> None:
        """Start the first child process.

        Args:
            load: as for ``SandboxedAnnotator``, and so is ``seconds``.
            seconds: time limit for parsing a text, and for all extraction from it.
            number: maximum number of child processes.
        """
        self.threads = ThreadPoolExecutor(number, thread_name_prefix="annotate")
        self._start = partial(SandboxedAnnotator, load, seconds)
        self._idle: SimpleQueue[SandboxedAnnotator] = SimpleQueue()
        first = self._start()
        self.notes = first.notes
        self.provenance = first.provenance
        self._idle.put(first)

    def annotate(self, texts: Sequence[Text]) -> list[Annotation]:
        """Return the annotation of each text, in order."""
        try:
            annotator = self._idle.get_nowait()
        except Empty:  # there are fewer children than threads
            annotator = self._start()
        try:
            return annotator.annotate(texts)
        finally:
            self._idle.put(annotator)


def _failed(text: Text, lost: ProcessLost) -> Annotation:
    failure = Failure(ANNOTATE, type(lost).__name__, str(lost), "")
    return Annotation(text.language or UNKNOWN_LANGUAGE, None, failures=(failure,))
