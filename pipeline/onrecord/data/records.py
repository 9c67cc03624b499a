"""The records that the pipeline writes: frozen dataclasses, one a kind of Avro file.

The field names are those of ``schemas/*.avsc``, which say what each one means. Everywhere in the package:

* offsets are Unicode code points (Python ``str`` indices) into the article's text, half-open ``[start, end)``;
* times are timezone-aware datetimes in UTC;
* a span satisfies ``span.text == article.text[span.start:span.end]``.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar, Literal, TypeAlias

import msgspec

Kind: TypeAlias = Literal["articles", "entities", "quotes", "stances", "dead_letters"]
Extractor: TypeAlias = Literal["entities", "quotes", "stances"]
SegmentKind: TypeAlias = Literal["BODY", "PROMO", "CREDIT", "BYLINE", "DATELINE", "CAPTION"]
EntityType: TypeAlias = Literal["PERSON", "ORG", "GPE", "LOC", "NORP", "FAC", "EVENT", "LAW", "PRODUCT", "WORK_OF_ART"]
MentionKind: TypeAlias = Literal["NAME", "NOMINAL", "PRONOUN"]
QuoteType: TypeAlias = Literal["DIRECT", "INDIRECT", "MIXED"]
Resolution: TypeAlias = Literal["NAME", "NOMINAL", "PRONOUN", "IMPLICIT"]
Polarity: TypeAlias = Literal["SUPPORT", "OPPOSE", "NEUTRAL"]


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of the article's text: code points, end exclusive."""

    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Provenance:
    """What made a record: the pipeline and the language model."""

    pipeline_version: str
    model_name: str
    model_version: str


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of the article's text that is of one kind; promos and credits are marked, never cut."""

    kind: SegmentKind
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Mention:
    """One place where an entity is spoken of."""

    span: Span
    kind: MentionKind


@dataclass(frozen=True, slots=True)
class Speaker:
    """Whose words a quote gives; ``name`` is the fullest name of the one who is meant, for "he said" too."""

    mention: Span | None
    entity_id: str | None
    name: str | None
    resolution: Resolution


@dataclass(frozen=True, slots=True)
class Party:
    """The holder, the target or a source of a stance."""

    mention: Span | None
    entity_id: str | None
    name: str


@dataclass(frozen=True, slots=True)
class ArticleRecord:
    """One article, as it came."""

    kind: ClassVar[Kind] = "articles"
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

    @property
    def record_id(self) -> str:
        """What orders the record among those of its kind."""
        return self.article_id


@dataclass(frozen=True, slots=True)
class EntityRecord:
    """One person, body or place that an article speaks of, with all its mentions."""

    kind: ClassVar[Kind] = "entities"
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
        """What orders the record among those of its kind."""
        return self.entity_id


@dataclass(frozen=True, slots=True)
class QuoteRecord:
    """One utterance: what was said, the words that introduce it, and by whom."""

    kind: ClassVar[Kind] = "quotes"
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
    text_sha256: str = ""

    @property
    def record_id(self) -> str:
        """What orders the record among those of its kind."""
        return self.quote_id


@dataclass(frozen=True, slots=True)
class StanceRecord:
    """One stand that a holder takes toward a target, with the words that show it."""

    kind: ClassVar[Kind] = "stances"
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
        """What orders the record among those of its kind."""
        return self.stance_id


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A message, or one extractor's share of it, that could not be processed; the payload is as it came."""

    kind: ClassVar[Kind] = "dead_letters"
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

    @property
    def record_id(self) -> str:
        """What orders the record among those of its kind."""
        return self.dead_letter_id


Record: TypeAlias = ArticleRecord | EntityRecord | QuoteRecord | StanceRecord | DeadLetter
RECORD_TYPES: tuple[type[Record], ...] = (
    ArticleRecord,
    EntityRecord,
    QuoteRecord,
    StanceRecord,
    DeadLetter,
)
KINDS: tuple[Kind, ...] = tuple(record_type.kind for record_type in RECORD_TYPES)
# In the order in which they build on one another: quotes look up their speakers among the entities, stances use both.
EXTRACTORS: tuple[Extractor, ...] = ("entities", "quotes", "stances")


def spans_of(record: EntityRecord | QuoteRecord | StanceRecord) -> Iterator[Span]:
    """Yield every span of a record."""
    if isinstance(record, EntityRecord):
        yield from (mention.span for mention in record.mentions)
        return
    if isinstance(record, QuoteRecord):
        yield from (*record.content, *record.cue)
        mentions = [record.speaker.mention if record.speaker else None]
    else:
        yield from (*record.expression, record.evidence)
        mentions = [party.mention for party in (record.holder, record.target, *record.asserted_by)]
    yield from (mention for mention in mentions if mention is not None)


def to_avro(record: Record) -> dict[str, Any]:
    """Return the record as the plain values that an Avro writer takes."""
    values: dict[str, Any] = msgspec.to_builtins(record, builtin_types=(datetime, bytes), order="deterministic")
    return values


def from_avro(record_type: type[Record], values: dict[str, Any]) -> Record:
    """Return the record that an Avro reader's values stand for.

    Raises:
        msgspec.ValidationError: the values are not of that record's shape.
    """
    record: Record = msgspec.convert(values, record_type, builtin_types=(datetime, bytes))
    return record
