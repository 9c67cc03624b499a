"""Annotation with a time limit on each text. Nothing here imports Beam: the child process that has the model is spared it."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial

from onrecord.data.gazetteer import ListedName
from onrecord.data.records import Provenance
from onrecord.nlp.annotator import Annotation, Annotator, Failure, Text
from onrecord.nlp.model import load_model
from onrecord.sandbox.process import LimitedProcess, ProcessLost, Work

PARSED = "parsed"  # the first answer to a batch: what is not done in time from here on is the fault of one text
UNKNOWN_LANGUAGE = "und"  # BCP 47


def load_annotator(model: str, extract: frozenset[str], gazetteer: tuple[ListedName, ...] = ()) -> Annotator:
    """Return an annotator with a model by name."""
    return Annotator(load_model(model, extract, gazetteer), extract)


def _load(load: Callable[[], Annotator]) -> tuple[Provenance, Work]:
    annotator = load()

    def annotate(texts: Sequence[Text]) -> Iterator[str | Annotation]:
        with annotator.parsed(texts) as annotations:
            yield PARSED
            yield from annotations

    return annotator.provenance(""), annotate


class LimitedAnnotator:
    """Annotates as an ``Annotator`` does, in a child process and with a limit on the time of each text."""

    def __init__(self, load: Callable[[], Annotator], seconds: float) -> None:
        """Start the child process.

        Args:
            load: makes the annotator; a function of a module, or a partial of one, because it goes to another process.
            seconds: that the parse of one text, and all extraction from it, may take.
        """
        self._process = LimitedProcess(partial(_load, load), seconds, "the parse and extraction")
        provenance = self._process.start()
        assert isinstance(provenance, Provenance)
        self._provenance = provenance

    def provenance(self, pipeline_version: str) -> Provenance:
        """Return what goes into each record."""
        return replace(self._provenance, pipeline_version=pipeline_version)

    def annotate(self, texts: Sequence[Text]) -> list[Annotation]:
        """Return the annotation of each text, in order; a text over the limit is a ``Failure`` of that text alone."""
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
                # The parse is of all together: one by one, only the one at fault fails.
                done.extend(annotation for text in rest for annotation in self.annotate([text]))
        return done


def _failed(text: Text, lost: ProcessLost) -> Annotation:
    failure = Failure("Annotate", type(lost).__name__, str(lost), "")
    return Annotation(text.language or UNKNOWN_LANGUAGE, None, failures=(failure,))
