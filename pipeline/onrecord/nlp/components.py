# SPDX-License-Identifier: Apache-2.0
"""What the components of a spaCy pipeline have in common: the check of what must run before them, and the spans in ``doc.spans``."""

from collections.abc import Iterable, Iterator, Sequence

from spacy.tokens import Doc
from spacy.tokens import Span as TokenSpan

from onrecord.data.records import Span
from onrecord.nlp.annotations import (
    Attribution,
    Entity,
    Quote,
    Stance,
    StanceParty,
    annotations_of,
    entities_of,
    quotes_of,
    stances_of,
)

# What components require and assign, as ``nlp.analyze_pipes`` has it.
SPANS = "doc.spans"
PARSED = ("token.tag", "token.dep", "doc.ents")
NAMED = (*PARSED, "doc._.onrecord_entities", "doc._.onrecord_references")
_COLUMN = {"token.tag": "TAG", "token.dep": "DEP", "doc.ents": "ENT_IOB"}
_ASSIGNED_BY = {
    "token.tag": "tagger",
    "token.dep": "parser",
    "doc.ents": "ner",
    "doc._.onrecord_references": "onrecord_coreference",
}
_PREFIX = "doc._.onrecord_"


class MissingAnnotation(ValueError):
    """A component has not run, or runs too late; the message says which, and how to add it."""


def check_requirements(doc: Doc, name: str, requires: Sequence[str]) -> None:
    """Check that all components ran that the component ``name`` needs.

    Raises:
        MissingAnnotation: one has not.
    """
    missing = [attribute for attribute in requires if not _has(doc, attribute)]
    if not missing or all(token.is_space for token in doc):
        return
    components = [_ASSIGNED_BY.get(attribute, attribute.removeprefix("doc._.")) for attribute in missing]
    ways = [
        f"call nlp.add_pipe({component!r}, before={name!r}), after nlp.remove_pipe({component!r}) if it is in a later place"
        for component in components
        if component.startswith("onrecord_")
    ]
    if len(ways) < len(components):
        ways.insert(0, "start from a model that has them, such as spacy.load('en_core_web_sm')")
    raise MissingAnnotation(
        f"{name} needs {', '.join(missing)}; none of {', '.join(components)} has run before it. To fix this, {'; '.join(ways)}. "
        "onrecord.load() returns a pipeline with all components in order"
    )


def _has(doc: Doc, attribute: str) -> bool:
    column = _COLUMN.get(attribute)
    if column is not None:
        return bool(doc.has_annotation(column))
    return getattr(annotations_of(doc), attribute.removeprefix(_PREFIX)) is not None


def draw_entities(doc: Doc, key: str | None) -> None:
    """Set the spans of all mentions, labelled by the entity's type, with its item of Wikidata as ``kb_id_`` and its name key as ``id_``."""
    mentions = (
        (mention.span, entity.type, entity.wikidata_id or "", entity.name_key)
        for entity in entities_of(doc)
        for mention in entity.mentions
    )
    _draw(doc, key, mentions)


def draw_quotes(doc: Doc, key: str | None) -> None:
    """Set the spans of contents, labelled DIRECT, INDIRECT or MIXED, and those of each CUE and SPEAKER."""
    _draw(doc, key, ((span, label, "", "") for quote in quotes_of(doc) for span, label in _parts_of_quote(quote)))


def draw_stances(doc: Doc, key: str | None) -> None:
    """Set the spans of the words that carry stances, labelled SUPPORT, OPPOSE or NEUTRAL, and those of each HOLDER and TARGET."""
    _draw(doc, key, ((span, label, "", "") for stance in stances_of(doc) for span, label in _parts_of_stance(stance)))


def _draw(doc: Doc, key: str | None, found: Iterable[tuple[Span, str, str, str]]) -> None:
    """Set the spans ``key`` of a Doc: ``found`` has their code points, labels, ``kb_id_`` and ``id_``. Does nothing if the key is None."""
    if key is None:
        return
    # One phrase may be the speaker of several quotes.
    in_order = sorted(dict.fromkeys(found), key=lambda one: (one[0].start, -one[0].end))
    spans = (
        # A model's token may be larger than a name in it.
        doc.char_span(span.start, span.end, label=label, kb_id=item, span_id=name, alignment_mode="expand")
        for span, label, item, name in in_order
    )
    doc.spans[key] = [span for span in spans if span is not None]


def _parts_of_quote(quote: Quote) -> Iterator[tuple[Span, str]]:
    yield from ((span, quote.type) for span in quote.content)
    yield from ((span, "CUE") for span in quote.cue)
    yield from ((party.mention, "SPEAKER") for party in _speakers(quote) if party.mention is not None)


def _parts_of_stance(stance: Stance) -> Iterator[tuple[Span, str]]:
    yield from ((span, stance.polarity) for span in stance.expression)
    parties: tuple[tuple[StanceParty, str], ...] = ((stance.holder, "HOLDER"), (stance.target, "TARGET"))
    yield from ((party.mention, label) for party, label in parties if party.mention is not None)


def _speakers(quote: Quote) -> tuple[Attribution, ...]:
    return quote.co_speakers if quote.speaker is None else (quote.speaker, *quote.co_speakers)


def _is(one: Span, span: TokenSpan) -> bool:
    return one.start == span.start_char and one.end == span.end_char


def _entity(span: TokenSpan) -> Entity | None:
    """Return the entity that a span mentions: ``span._.onrecord_entity``."""
    found = (e for e in entities_of(span.doc) if any(_is(mention.span, span) for mention in e.mentions))
    return next(found, None)


def _quotes(span: TokenSpan) -> tuple[Quote, ...]:
    """Return the quotes of which a span is content, cue or speaker: ``span._.onrecord_quotes``."""
    return tuple(q for q in quotes_of(span.doc) if any(_is(part, span) for part, _ in _parts_of_quote(q)))


def _stances(span: TokenSpan) -> tuple[Stance, ...]:
    """Return the stances of which a span is holder, target or expression: ``span._.onrecord_stances``."""
    return tuple(s for s in stances_of(span.doc) if any(_is(part, span) for part, _ in _parts_of_stance(s)))


TokenSpan.set_extension("onrecord_entity", getter=_entity, force=True)
TokenSpan.set_extension("onrecord_quotes", getter=_quotes, force=True)
TokenSpan.set_extension("onrecord_stances", getter=_stances, force=True)
