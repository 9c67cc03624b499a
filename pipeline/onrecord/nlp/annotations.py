# SPDX-License-Identifier: Apache-2.0
"""Annotations that the components add to a ``Doc``: entities, quotes and stances, which refer to one another by index.

They have no article id and no record ids; ``onrecord.nlp.extract`` adds those. Offsets are code points into ``doc.text``.
"""

from dataclasses import dataclass
from typing import cast

from spacy.tokens import Doc, Token
from spacy.tokens import Span as TokenSpan

from onrecord.data.records import (
    EntityType,
    Mention,
    Polarity,
    QuoteType,
    Realis,
    Resolution,
    Segment,
    SourceKind,
    Span,
)


@dataclass(frozen=True, slots=True)
class Entity:
    """One person, organization or place: ``doc._.onrecord_entities[i]``.

    ``name_key`` is the same for the same name in other articles. ``refers_to`` is the index of the entity that a metonym
    refers to, or its name if the article does not mention it.
    """

    name: str
    type: EntityType
    aliases: tuple[str, ...]
    mentions: tuple[Mention, ...]
    salience: float
    role: str | None = None
    wikidata_id: str | None = None
    country_code: str | None = None
    refers_to: int | str | None = None
    name_key: str = ""


@dataclass(frozen=True, slots=True)
class Reference:
    """What a pronoun or a definite noun phrase refers to: ``doc._.onrecord_references[i]``.

    Attributes:
        token: its head, a token.
        entity: an index into ``doc._.onrecord_entities``; None if it refers to nobody named.
        noun: the head of the earlier noun that it refers to, a token, if the article does not name whom that means.
        probability: of this decision, 0 to 1.
    """

    token: int
    entity: int | None
    noun: int | None
    probability: float


@dataclass(frozen=True, slots=True)
class Attribution:
    """The source of a quote; ``entity`` is an index into ``doc._.onrecord_entities``.

    ``title`` is how the article presents the source, ``anonymity`` the words that say why it is not named.
    """

    mention: Span | None
    entity: int | None
    name: str | None
    resolution: Resolution
    kind: SourceKind | None = None
    title: str | None = None
    anonymity: Span | None = None


@dataclass(frozen=True, slots=True)
class Quote:
    """One quote: ``doc._.onrecord_quotes[i]``; ``parent`` is the index of the quote that contains it.

    ``co_speakers`` are the others of several speakers; ``realis`` tells what was said from what was not.
    """

    type: QuoteType
    content: tuple[Span, ...]
    cue: tuple[Span, ...]
    speaker: Attribution | None
    confidence: float
    parent: int | None = None
    co_speakers: tuple[Attribution, ...] = ()
    realis: Realis = "ACTUAL"


@dataclass(frozen=True, slots=True)
class StanceParty:
    """The holder, the target or a source of a stance; ``entity`` is an index into ``doc._.onrecord_entities``."""

    mention: Span | None
    entity: int | None
    name: str


@dataclass(frozen=True, slots=True)
class Stance:
    """One stance: ``doc._.onrecord_stances[i]``; ``quote`` is an index into ``doc._.onrecord_quotes``."""

    holder: StanceParty
    target: StanceParty
    polarity: Polarity
    score: float
    expression: tuple[Span, ...]
    evidence: Span
    confidence: float
    relation: str | None = None
    quote: int | None = None
    asserted_by: tuple[StanceParty, ...] = ()


Doc.set_extension("onrecord_title", default=None, force=True)
Doc.set_extension("onrecord_segments", default=(), force=True)
Doc.set_extension("onrecord_entities", default=(), force=True)
Doc.set_extension("onrecord_references", default=(), force=True)
Doc.set_extension("onrecord_quotes", default=(), force=True)
Doc.set_extension("onrecord_stances", default=(), force=True)


def title_of(doc: Doc) -> str | None:
    """Return the article's title, which is not part of the text; None if it is unknown."""
    return cast("str | None", doc._.onrecord_title)


def segments_of(doc: Doc) -> tuple[Segment, ...]:
    """Return the segments that ``onrecord_segments`` found, in text order."""
    return cast("tuple[Segment, ...]", doc._.onrecord_segments)


def entities_of(doc: Doc) -> tuple[Entity, ...]:
    """Return the entities that ``onrecord_entities`` found."""
    return cast("tuple[Entity, ...]", doc._.onrecord_entities)


def references_of(doc: Doc) -> dict[int, Reference]:
    """Return what ``onrecord_coreference`` found, by the head of the pronoun or noun phrase."""
    return {reference.token: reference for reference in doc._.onrecord_references}


def quotes_of(doc: Doc) -> tuple[Quote, ...]:
    """Return the quotes that ``onrecord_quotes`` found, in text order."""
    return cast("tuple[Quote, ...]", doc._.onrecord_quotes)


def stances_of(doc: Doc) -> tuple[Stance, ...]:
    """Return the stances that ``onrecord_stances`` found, in text order."""
    return cast("tuple[Stance, ...]", doc._.onrecord_stances)


def code_points(tokens: TokenSpan | Token) -> Span:
    """Return a spaCy span or token as a span of code points."""
    if isinstance(tokens, Token):
        return Span(tokens.idx, tokens.idx + len(tokens.text), tokens.text)
    return Span(tokens.start_char, tokens.end_char, tokens.text)


def text_span(text: str, start: int, end: int) -> Span:
    """Return ``text[start:end]`` as a span."""
    return Span(start, end, text[start:end])
