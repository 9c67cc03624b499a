"""From texts to records in one call: language, one parse, and every extractor on the same ``Doc``."""

import threading
import traceback
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from spacy.tokens import Doc

from onrecord.data.records import (
    EXTRACTORS,
    EntityRecord,
    Extractor,
    Provenance,
    QuoteRecord,
    Segment,
    StanceRecord,
    spans_of,
)
from onrecord.data.stages import ANNOTATE
from onrecord.nlp import language
from onrecord.nlp.annotations import segments_of
from onrecord.nlp.extract import Header, entity_records, quote_records, stance_records
from onrecord.nlp.model import Model
from onrecord.nlp.segments import find_segments

# What a text that nobody foresaw makes a parser or a rule raise. Anything else (TypeError, AttributeError, MemoryError, …) is a
# bug or a broken machine, and stops the job.
DATA_ERRORS = (ValueError, LookupError, ArithmeticError, RecursionError)

# A product of small matrices takes another way through the processor and may differ in the last bit; a batch of few words is filled
# up, so that a text's parse never depends on its company.
FEWEST_WORDS = 300
FILLER = "word " * FEWEST_WORDS

RECORDS_OF: dict[Extractor, Callable[[Doc, Header], tuple[EntityRecord | QuoteRecord | StanceRecord, ...]]] = {
    "entities": entity_records,
    "quotes": quote_records,
    "stances": stance_records,
}


@dataclass(frozen=True, slots=True)
class Failure:
    """What the parse or an extractor could not do with a text; ``stage`` is Annotate, Entities, Quotes or Stances."""

    stage: str
    error_type: str
    error_message: str
    stack_trace: str


@dataclass(frozen=True, slots=True)
class Annotation:
    """What one text gave. ``language_score`` is null where the language was stated; ``words`` are the parsed tokens."""

    language: str
    language_score: float | None
    words: int = 0
    segments: tuple[Segment, ...] = ()
    records: tuple[EntityRecord | QuoteRecord | StanceRecord, ...] = ()
    failures: tuple[Failure, ...] = ()
    is_english: bool = True


@dataclass(frozen=True, slots=True)
class Text:
    """A text to annotate, with what its records carry, whether it was read before, and its language and title where known."""

    text: str
    header: Header
    language: str | None = None
    is_duplicate: bool = False
    title: str | None = None


@dataclass
class Annotator:
    """Annotates batches of texts with one model; the threads of a process share it and take turns."""

    model: Model
    extract: frozenset[Extractor] = frozenset(EXTRACTORS)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def provenance(self, pipeline_version: str) -> Provenance:
        """Return what goes into each record."""
        return self.model.provenance(pipeline_version)

    def annotate(self, texts: Sequence[Text]) -> list[Annotation]:
        """Return the annotation of each text, in order; it does not depend on which texts come together.

        A duplicate and a text that is not English are not parsed. A text that can't be parsed, and an extractor that fails on one, is
        a ``Failure`` of that text alone.
        """
        with self.parsed(texts) as annotations:
            return list(annotations)

    @contextmanager
    def parsed(self, texts: Sequence[Text]) -> Iterator[Iterator[Annotation]]:
        """Give out the annotations one after the other as they are made, in order; the parse is done when the block is entered."""
        unparsed = [self._unparsed(text) for text in texts]
        to_parse = [
            text.text for text, known in zip(texts, unparsed, strict=True) if known.is_english and not text.is_duplicate
        ]
        # The strings that parsing adds to the vocabulary are let go with the zone; two threads must not share one.
        with self._lock, self.model.parse.memory_zone():
            docs = self._parsed(to_parse)
            yield (
                self._annotated(text, known, next(docs)) if known.is_english and not text.is_duplicate else known
                for text, known in zip(texts, unparsed, strict=True)
            )

    def _unparsed(self, text: Text) -> Annotation:
        """Return what can be told of a text without the model."""
        tag, score = (text.language, None) if text.language is not None else language.detect(text.text)
        if not language.is_english(tag):
            return Annotation(tag, score, is_english=False)
        return Annotation(tag, score, segments=find_segments(text.text) if text.is_duplicate else ())

    def _parsed(self, texts: Sequence[str]) -> Iterator[Doc | Failure]:
        """Return the Doc of each text. When the batch fails, each is parsed alone, to find the one at fault."""
        try:
            return iter(self._batch(texts))
        except DATA_ERRORS:
            return map(self._parsed_alone, texts)

    def _batch(self, texts: Sequence[str]) -> list[Doc]:
        """Return the Docs of a batch, the same whatever else is in it."""
        if not texts:
            return []
        filler = [FILLER] if sum(len(text.split()) for text in texts) < FEWEST_WORDS else []
        docs = list(self.model.parse.pipe([*texts, *filler], batch_size=len(texts) + 1))
        return docs[: len(texts)]

    def _parsed_alone(self, text: str) -> Doc | Failure:
        try:
            return self._batch([text])[0]
        except DATA_ERRORS as error:
            return _failure(ANNOTATE, error)

    def _annotated(self, text: Text, unparsed: Annotation, doc: Doc | Failure) -> Annotation:
        if isinstance(doc, Failure):
            return replace(unparsed, failures=(doc,))
        records: list[EntityRecord | QuoteRecord | StanceRecord] = []
        failures: list[Failure] = []
        doc._.onrecord_title = text.title
        # Every component first: an entity's record has the mentions that its quotes add.
        ran = [extractor for extractor in self.model.extractors if self._run(extractor, doc, failures)]
        for extractor in ran:
            if extractor in self.extract:
                try:
                    found = RECORDS_OF[extractor](doc, text.header)
                    check_spans(found, text.text)
                    records.extend(found)
                except DATA_ERRORS as error:
                    failures.append(_failure(extractor.capitalize(), error))
        return replace(
            unparsed, words=len(doc), segments=segments_of(doc), records=tuple(records), failures=tuple(failures)
        )

    def _run(self, extractor: Extractor, doc: Doc, failures: list[Failure]) -> bool:
        """Let an extractor annotate a Doc; return whether it could, and note the failure if not."""
        try:
            self.model.extractors[extractor](doc)
        except DATA_ERRORS as error:
            failures.append(_failure(extractor.capitalize(), error))
            return False
        return True


def check_spans(records: Iterable[EntityRecord | QuoteRecord | StanceRecord], text: str) -> None:
    """Hold every span against the text.

    Raises:
        ValueError: a span does not slice back, or is empty.
    """
    for record in records:
        for span in spans_of(record):
            if not span.text or text[span.start : span.end] != span.text:
                raise ValueError(f"{record.record_id}: span [{span.start}, {span.end}) does not hold its text")


def _failure(stage: str, error: BaseException) -> Failure:
    return Failure(
        stage, type(error).__name__, str(error) or type(error).__name__, "".join(traceback.format_exception(error))
    )
