# SPDX-License-Identifier: Apache-2.0
"""Annotations that the components add to a ``Doc``: entities, quotes and stances, which refer to one another by index.

They have no article id and no record ids; ``onrecord.nlp.extract`` adds those. Offsets are code points into ``doc.text``.

``doc._.onrecord_quotes`` and the others are kept together in ``doc.user_data``, so that they go where a Doc goes: to other processes, to
bytes and files, into a Doc joined from several.
"""

from bisect import bisect_left
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from functools import partial
from typing import Any, get_type_hints
from weakref import WeakKeyDictionary

import msgspec
import srsly
from spacy.tokens import Doc, Token
from spacy.tokens import Span as TokenSpan

from onrecord.data.records import (
    AsJson,
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
class Entity(AsJson):
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
class Reference(AsJson):
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
class Quote(AsJson):
    """One quote: ``doc._.onrecord_quotes[i]``; ``parent`` is the index of the quote that contains it.

    ``co_speakers`` are the others of several speakers; ``realis`` tells what was said from what was not. ``phrase_confidence`` is the
    confidence in the content and the speaker phrase, whomever the phrase means.
    """

    type: QuoteType
    content: tuple[Span, ...]
    cue: tuple[Span, ...]
    speaker: Attribution | None
    confidence: float
    parent: int | None = None
    co_speakers: tuple[Attribution, ...] = ()
    realis: Realis = "ACTUAL"
    phrase_confidence: float = 1.0


@dataclass(frozen=True, slots=True)
class StanceParty:
    """The holder, the target or a source of a stance; ``entity`` is an index into ``doc._.onrecord_entities``."""

    mention: Span | None
    entity: int | None
    name: str


@dataclass(frozen=True, slots=True)
class Stance(AsJson):
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


@dataclass(slots=True)
class Annotations:
    """All that the components found in one Doc; what a component sets is None until it has run.

    Attributes:
        length: of the text of the Doc, in code points.
        title: the article's title, which is not part of the text.
    """

    length: int
    title: str | None = None
    segments: tuple[Segment, ...] | None = None
    entities: tuple[Entity, ...] | None = None
    references: tuple[Reference, ...] | None = None
    quotes: tuple[Quote, ...] | None = None
    stances: tuple[Stance, ...] | None = None


# A key as spaCy has it for the extension of a span that begins and ends at code point 0: ``Doc.from_docs`` keeps these, with the place at
# which the text of each Doc begins, and drops the extensions of a Doc.
_EXTENSION, _NAME = "._.", "onrecord"
KEY = (_EXTENSION, _NAME, 0, 0)
FOUND = ("segments", "entities", "references", "quotes", "stances")
# Which list an index counts in.
_INDEX_OF = {
    "entity": "entities",
    "refers_to": "entities",
    "parent": "quotes",
    "quote": "quotes",
    "token": "tokens",
    "noun": "tokens",
}


def annotations_of(doc: Doc) -> Annotations:
    """Return what was found in a Doc, also in one that was saved and read again, or joined from several."""
    user_data: dict[Any, Any] = doc.user_data
    found = user_data.get(KEY)
    if isinstance(found, Annotations) and found.length == _length(doc):
        return found
    return _restored(doc)


def annotate(doc: Doc, **found: object) -> None:
    """Set what was found in a Doc, by the names of ``Annotations``."""
    annotations = annotations_of(doc)
    for name, value in found.items():
        setattr(annotations, name, value)
    user_data: dict[Any, Any] = doc.user_data
    user_data[KEY] = annotations


def _length(doc: Doc) -> int:
    return doc[-1].idx + len(doc[-1]) if len(doc) else 0


def _restored(doc: Doc) -> Annotations:
    """Join the parts of a Doc that was joined from others, and keep the result with it."""
    user_data: dict[Any, Any] = doc.user_data
    restored = Annotations(_length(doc))
    offsets = sorted(key[2] for key in user_data if isinstance(key, tuple) and key[:2] == KEY[:2] and len(key) == 4)
    for offset in offsets:
        part = user_data.pop((_EXTENSION, _NAME, offset, offset))
        if not isinstance(part, Annotations):  # it was saved
            part = msgspec.convert(part, Annotations)
        # A span made a Doc of its own has annotations that point outside.
        if offset >= 0 and offset + part.length <= restored.length:
            _join(restored, part, offset, doc)
    if offsets:
        user_data[KEY] = restored
    return restored


def _join(whole: Annotations, part: Annotations, offset: int, doc: Doc) -> None:
    places = {"entities": len(whole.entities or ()), "quotes": len(whole.quotes or ()), "text": offset}
    places["tokens"] = bisect_left(doc, offset, key=lambda token: token.idx) if offset else 0
    whole.title = whole.title or part.title
    for name in FOUND:
        found = getattr(part, name)
        if found is not None:
            setattr(whole, name, (getattr(whole, name) or ()) + (_moved(found, places) if offset else found))


def _moved(value: Any, places: Mapping[str, int]) -> Any:
    """Return annotations of a part of a text as those of the whole: offsets and indices count from the start of the whole."""
    if isinstance(value, tuple):
        return tuple(_moved(item, places) for item in value)
    if isinstance(value, (Span, Segment)):
        return replace(value, start=value.start + places["text"], end=value.end + places["text"])
    if not is_dataclass(value) or isinstance(value, type):
        return value
    changed = {}
    for field in fields(value):
        old = getattr(value, field.name)
        is_index = field.name in _INDEX_OF and isinstance(old, int)
        changed[field.name] = old + places[_INDEX_OF[field.name]] if is_index else _moved(old, places)
    return replace(value, **changed)


def _packed(value: object, chain: Callable[[object], object] | None = None) -> object:
    """Return annotations as plain values; spaCy saves Docs and sends them to other processes as msgpack."""
    if isinstance(value, Annotations):
        return msgspec.to_builtins(value)
    return value if chain is None else chain(value)


srsly.msgpack_encoders.register("onrecord", func=_packed)


def _get(name: str, doc: Doc) -> object:
    return () if (found := getattr(annotations_of(doc), name)) is None else found


def _set(name: str, doc: Doc, value: object) -> None:
    # JSON has lists of dictionaries.
    annotate(doc, **{name: msgspec.convert(value, _TYPES[name])})


def _get_title(doc: Doc) -> str | None:
    return annotations_of(doc).title


def _set_title(doc: Doc, title: str | None) -> None:
    annotate(doc, title=title)


_TYPES = get_type_hints(Annotations)
Doc.set_extension("onrecord_title", getter=_get_title, setter=_set_title, force=True)
for _name in FOUND:
    # Not closures: processes that are spawned get the extensions as a pickle.
    Doc.set_extension(f"onrecord_{_name}", getter=partial(_get, _name), setter=partial(_set, _name), force=True)


_texts: WeakKeyDictionary[Doc, str] = WeakKeyDictionary()


def keep_text(doc: Doc, text: str) -> Doc:
    """Keep the text that a Doc was made of, for ``text_of``; return the Doc."""
    _texts[doc] = text
    return doc


def text_of(doc: Doc) -> str:
    """Return the text of a Doc, which spaCy joins from its tokens each time; nothing changes it."""
    text = _texts.get(doc)
    if text is None:
        text = _texts[doc] = doc.text
    return text


def title_of(doc: Doc) -> str | None:
    """Return the article's title, which is not part of the text; None if it is unknown."""
    return annotations_of(doc).title


def segments_of(doc: Doc) -> tuple[Segment, ...]:
    """Return the segments that ``onrecord_segments`` found, in text order."""
    return annotations_of(doc).segments or ()


def entities_of(doc: Doc) -> tuple[Entity, ...]:
    """Return the entities that ``onrecord_entities`` found."""
    return annotations_of(doc).entities or ()


def references_of(doc: Doc) -> dict[int, Reference]:
    """Return what ``onrecord_coreference`` found, by the head of the pronoun or noun phrase."""
    return {reference.token: reference for reference in annotations_of(doc).references or ()}


def quotes_of(doc: Doc) -> tuple[Quote, ...]:
    """Return the quotes that ``onrecord_quotes`` found, in text order."""
    return annotations_of(doc).quotes or ()


def stances_of(doc: Doc) -> tuple[Stance, ...]:
    """Return the stances that ``onrecord_stances`` found, in text order."""
    return annotations_of(doc).stances or ()


def code_points(tokens: TokenSpan | Token) -> Span:
    """Return a spaCy span or token as a span of code points."""
    if isinstance(tokens, Token):
        return Span(tokens.idx, tokens.idx + len(tokens.text), tokens.text)
    return Span(tokens.start_char, tokens.end_char, tokens.text)


def text_span(text: str, start: int, end: int) -> Span:
    """Return ``text[start:end]`` as a span."""
    return Span(start, end, text[start:end])
