# SPDX-License-Identifier: Apache-2.0
"""The records that the pipeline writes: one frozen dataclass per record kind.

The field names are those of ``schemas/*.avsc``, which explain each of them. Everywhere in the package:

* offsets are Unicode code points (Python ``str`` indices) into the article's text, half-open ``[start, end)``;
* times are timezone-aware datetimes in UTC;
* a span satisfies ``span.text == article.text[span.start:span.end]``.
"""

import functools
from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass, field, is_dataclass
from datetime import datetime
from typing import Any, ClassVar, Literal, TypeAlias, TypeVar, get_args, get_type_hints

import msgspec

SegmentKind: TypeAlias = Literal["BODY", "PROMO", "CREDIT", "BYLINE", "DATELINE", "CAPTION"]
EntityType: TypeAlias = Literal["PERSON", "ORG", "GPE", "LOC", "NORP", "FAC", "EVENT", "LAW", "PRODUCT", "WORK_OF_ART"]
MentionKind: TypeAlias = Literal["NAME", "NOMINAL", "PRONOUN"]
QuoteType: TypeAlias = Literal["DIRECT", "INDIRECT", "MIXED"]
Resolution: TypeAlias = Literal["NAME", "NOMINAL", "PRONOUN", "IMPLICIT"]
SourceKind: TypeAlias = Literal[
    "NAMED_PERSON", "UNNAMED_PERSON", "NAMED_GROUP", "UNNAMED_GROUP", "ORGANIZATION", "DOCUMENT"
]
Realis: TypeAlias = Literal["ACTUAL", "NEGATED", "HYPOTHETICAL"]
Polarity: TypeAlias = Literal["SUPPORT", "OPPOSE", "NEUTRAL"]


class AsJson:
    """A value that spaCy's JSON writer takes, which calls ``__json__``."""

    __slots__ = ()

    def __json__(self) -> str:
        return msgspec.json.encode(self).decode("utf-8")


class Record(ABC):
    """Base class of all records.

    A record is a frozen dataclass with the fields of its Avro schema. Records made from an article have its ``article_id``.
    """

    __slots__ = ()
    kind: ClassVar[str]

    @property
    @abstractmethod
    def record_id(self) -> str:
        """The id of the record, by which the records of a file are sorted."""

    def __reduce__(self) -> tuple[object, ...]:
        """Let pickle keep the record as MessagePack, which takes a fifth of the time."""
        return _decoded, (msgspec.msgpack.encode(self), type(self))


def _decoded(encoded: bytes, record_type: type[Record]) -> Record:
    return msgspec.msgpack.decode(encoded, type=record_type)


R = TypeVar("R", bound=Record)


@dataclass(frozen=True, slots=True)
class Span:
    """A span of the article's text: offsets in code points, end exclusive."""

    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Provenance:
    """The versions of the pipeline, the language model and the learned weights that made a record."""

    pipeline_version: str
    model_name: str
    model_version: str
    weights_version: str = ""


@dataclass(frozen=True, slots=True)
class Segment(AsJson):
    """A part of the article's text that is of one kind; promos and credits are marked, not removed."""

    kind: SegmentKind
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Mention:
    """One mention of an entity."""

    span: Span
    kind: MentionKind


@dataclass(frozen=True, slots=True)
class Speaker:
    """The source of a quote: a person, a group, a body or a document.

    ``name`` is the fullest name in the article, also where the quote has a pronoun; ``title`` is how the article presents the
    speaker; ``anonymity`` are the words that say why a source is not named.
    """

    mention: Span | None
    entity_id: str | None
    name: str | None
    resolution: Resolution
    kind: SourceKind | None = None
    title: str | None = None
    anonymity: Span | None = None


@dataclass(frozen=True, slots=True)
class Party:
    """The holder, the target or a source of a stance."""

    mention: Span | None
    entity_id: str | None
    name: str


@dataclass(frozen=True, slots=True)
class ArticleRecord(Record):
    """One article, as received."""

    kind: ClassVar[str] = "articles"
    article_id: str
    published_at: datetime | None
    provenance: Provenance
    url: str | None
    source: str | None
    title: str | None
    authors: tuple[str, ...]
    received_at: datetime
    language: str
    language_score: float | None
    text: str
    text_sha256: str
    segments: tuple[Segment, ...]
    duplicate_of: str | None
    attributes: dict[str, str]
    published_at_zone_assumed: bool = False
    updated_at: datetime | None = None
    version: int = 1
    supersedes: str | None = None
    similarity: float | None = None

    @property
    def record_id(self) -> str:
        """The id of the record, by which the records of a file are sorted."""
        return self.article_id


@dataclass(frozen=True, slots=True)
class EntityRecord(Record):
    """One person, organization or place that an article mentions, with all its mentions."""

    kind: ClassVar[str] = "entities"
    article_id: str
    published_at: datetime | None
    provenance: Provenance
    entity_id: str
    name: str
    type: EntityType
    aliases: tuple[str, ...]
    role: str | None
    wikidata_id: str | None
    country_code: str | None
    refers_to: str | None
    salience: float
    mentions: tuple[Mention, ...]
    name_key: str = ""
    text_sha256: str = ""

    @property
    def record_id(self) -> str:
        """The id of the record, by which the records of a file are sorted."""
        return self.entity_id


@dataclass(frozen=True, slots=True)
class QuoteRecord(Record):
    """One quote: its content, its cue and its speaker."""

    kind: ClassVar[str] = "quotes"
    article_id: str
    published_at: datetime | None
    provenance: Provenance
    quote_id: str
    type: QuoteType
    content: tuple[Span, ...]
    cue: tuple[Span, ...]
    speaker: Speaker | None
    parent_quote_id: str | None
    confidence: float
    co_speakers: tuple[Speaker, ...] = ()
    realis: Realis = "ACTUAL"
    text_sha256: str = ""

    @property
    def record_id(self) -> str:
        """The id of the record, by which the records of a file are sorted."""
        return self.quote_id


@dataclass(frozen=True, slots=True)
class StanceRecord(Record):
    """One stance of a holder toward a target, with the words that express it."""

    kind: ClassVar[str] = "stances"
    article_id: str
    published_at: datetime | None
    provenance: Provenance
    stance_id: str
    holder: Party
    target: Party
    polarity: Polarity
    score: float
    relation: str | None
    expression: tuple[Span, ...]
    evidence: Span
    quote_id: str | None
    asserted_by: tuple[Party, ...]
    confidence: float
    text_sha256: str = ""

    @property
    def record_id(self) -> str:
        """The id of the record, by which the records of a file are sorted."""
        return self.stance_id


@dataclass(frozen=True, slots=True)
class DeadLetter(Record):
    """A message, or one extractor's part of it, that could not be processed, with the unchanged payload."""

    kind: ClassVar[str] = "dead_letters"
    dead_letter_id: str
    failed_at: datetime
    stage: str
    error_type: str
    error_message: str
    stack_trace: str
    payload: bytes
    origin: str
    pipeline_version: str
    attributes: dict[str, str] = field(default_factory=dict)
    count: int = 1

    @property
    def record_id(self) -> str:
        """The id of the record, by which the records of a file are sorted."""
        return self.dead_letter_id


def spans_of(value: object) -> Iterator[Span]:
    """Yield every span of a record, or of a value inside one."""
    if isinstance(value, Span):
        yield value
    elif isinstance(value, tuple):
        for item in value:
            yield from spans_of(item)
    elif is_dataclass(value) and not isinstance(value, type):
        for name in _fields_with_spans(type(value)):
            yield from spans_of(getattr(value, name))


@functools.cache
def _fields_with_spans(record_type: type) -> tuple[str, ...]:
    """Return the names of the fields of a dataclass that may contain spans."""
    return tuple(name for name, hint in get_type_hints(record_type).items() if _may_hold_spans(hint))


def _may_hold_spans(hint: Any) -> bool:
    if isinstance(hint, type) and is_dataclass(hint):
        return hint is Span or bool(_fields_with_spans(hint))
    return any(map(_may_hold_spans, get_args(hint)))


def to_avro(record: Record) -> dict[str, Any]:
    """Return a record as plain values for an Avro writer."""
    values: dict[str, Any] = msgspec.to_builtins(record, builtin_types=(datetime, bytes), order="deterministic")
    return values


def from_avro(record_type: type[R], values: dict[str, Any]) -> R:
    """Return the record with the values that an Avro reader returned.

    Raises:
        msgspec.ValidationError: the values don't fit the record type.
    """
    return msgspec.convert(values, record_type, builtin_types=(datetime, bytes))
