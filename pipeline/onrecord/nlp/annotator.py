# SPDX-License-Identifier: Apache-2.0
"""Converts texts to records in one call: identifies the language, parses once, and runs every extractor on the same ``Doc``."""

import threading
import traceback
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field, replace

from spacy.tokens import Doc

from onrecord.data.kinds import extracted, kinds
from onrecord.data.records import Provenance, Record, spans_of
from onrecord.data.stages import ANNOTATE
from onrecord.nlp import language
from onrecord.nlp.annotations import annotate, segments_of
from onrecord.nlp.model import Model
from onrecord.nlp.segments import find_segments
from onrecord.nlp.texts import Annotation, Failure, Text

# Errors that a parser or a rule raises on unforeseen text. Any other (TypeError, AttributeError, MemoryError, …) is a bug or a broken
# machine, and fails the job.
DATA_ERRORS = (ValueError, LookupError, ArithmeticError, RecursionError)
# Of these first texts, the words stay in the vocabulary, in about 10 MB: to add a word takes as long as to tokenize twenty known ones.
LEARNED_TEXTS = 300
MAX_LEARNED_WORDS = 30_000


@dataclass
class Annotator:
    """Annotates batches of texts with one model; the threads of a process share it and take turns."""

    model: Model
    extract: frozenset[str] = field(default_factory=lambda: frozenset(extracted()))
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _parsed_texts: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        # A registration whose converter is missing fails here, before the first article.
        self._converters = {name: kinds()[name].converter() for name in self.model.extractors}

    @property
    def notes(self) -> tuple[str, ...]:
        """Why parts of the parse keep spaCy's code, a line each."""
        return self.model.notes

    def provenance(self, pipeline_version: str) -> Provenance:
        """Return the provenance of each record."""
        return self.model.provenance(pipeline_version)

    def annotate(self, texts: Sequence[Text]) -> list[Annotation]:
        """Return the annotation of each text, in order; it does not depend on the other texts.

        A duplicate and a text that is not English are not parsed. A text that can't be parsed, and an extractor that fails on one, is
        a ``Failure`` of that text alone.
        """
        with self.parsed(texts) as annotations:
            return list(annotations)

    @contextmanager
    def parsed(self, texts: Sequence[Text]) -> Iterator[Iterator[Annotation]]:
        """Yield an iterator over the annotations, which are made lazily, in order; the texts are parsed when the block is entered."""
        unparsed = [self._unparsed(text) for text in texts]
        to_parse = [
            text.text for text, known in zip(texts, unparsed, strict=True) if known.is_english and not text.is_duplicate
        ]
        with self._lock, self._zone(len(to_parse)):
            docs = self._parsed(to_parse)
            yield (
                self._annotated(text, known, next(docs)) if known.is_english and not text.is_duplicate else known
                for text, known in zip(texts, unparsed, strict=True)
            )

    def _zone(self, texts: int) -> AbstractContextManager[object]:
        """Return the context to parse a number of texts in, which frees what they add to the vocabulary; two threads must not share it."""
        is_learning = self._parsed_texts < LEARNED_TEXTS and len(self.model.parse.vocab) < MAX_LEARNED_WORDS
        self._parsed_texts += texts
        return nullcontext() if is_learning else self.model.parse.memory_zone()

    def _unparsed(self, text: Text) -> Annotation:
        """Return the part of a text's annotation that does not need the model."""
        tag, score = (text.language, None) if text.language is not None else language.detect(text.text)
        if not language.is_english(tag):
            return Annotation(tag, score, is_english=False)
        return Annotation(tag, score, segments=find_segments(text.text) if text.is_duplicate else ())

    def _parsed(self, texts: Sequence[str]) -> Iterator[Doc | Failure]:
        """Return the Doc of each text. If the batch fails, each text is parsed alone, to find the one at fault."""
        try:
            return iter(self._batch(texts))
        except DATA_ERRORS:
            return map(self._parsed_alone, texts)

    def _batch(self, texts: Sequence[str]) -> list[Doc]:
        """Return the Docs of a batch; each is the same in any batch."""
        return list(self.model.parse.pipe(texts, batch_size=len(texts))) if texts else []

    def _parsed_alone(self, text: str) -> Doc | Failure:
        try:
            return self._batch([text])[0]
        except DATA_ERRORS as error:
            return _failure(ANNOTATE, error)

    def _annotated(self, text: Text, unparsed: Annotation, doc: Doc | Failure) -> Annotation:
        if isinstance(doc, Failure):
            return replace(unparsed, failures=(doc,))
        records: list[Record] = []
        failures: list[Failure] = []
        # Where an extractor fails, the others do with less.
        annotate(doc, title=text.title, entities=(), references=(), quotes=(), stances=())
        # All components run before any conversion: quotes add mentions to the records of entities.
        ran = [extractor for extractor in self.model.extractors if self._run(extractor, doc, failures)]
        for extractor in ran:
            if extractor in self.extract:
                try:
                    found = tuple(self._converters[extractor](doc, text.header))
                    check_spans(found, text.text)
                    records.extend(found)
                except DATA_ERRORS as error:
                    failures.append(_failure(kinds()[extractor].title, error))
        return replace(
            unparsed, words=len(doc), segments=segments_of(doc), records=tuple(records), failures=tuple(failures)
        )

    def _run(self, extractor: str, doc: Doc, failures: list[Failure]) -> bool:
        """Run an extractor on a Doc; return whether it succeeded, and add the failure if not."""
        try:
            self.model.extractors[extractor](doc)
        except DATA_ERRORS as error:
            failures.append(_failure(kinds()[extractor].title, error))
            return False
        return True


def check_spans(records: Iterable[Record], text: str) -> None:
    """Check every span against the text.

    Raises:
        ValueError: a span is empty, or differs from the text between its offsets.
    """
    for record in records:
        for span in spans_of(record):
            if not span.text or text[span.start : span.end] != span.text:
                raise ValueError(f"{record.record_id}: span [{span.start}, {span.end}) does not match its text")


def _failure(stage: str, error: BaseException) -> Failure:
    return Failure(
        stage, type(error).__name__, str(error) or type(error).__name__, "".join(traceback.format_exception(error))
    )
