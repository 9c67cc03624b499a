# SPDX-License-Identifier: Apache-2.0
"""The component ``onrecord_quotes``: who said what.

An article is laid out once (``layout``). Candidates are proposed from its syntax and its quotation marks (``proposal``), described
(``features``) and scored (``scoring``); the best candidate of each cue is kept (``selection``), and its speaker phrase (``speakers``) is
traced to the person meant (``resolution``).
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from spacy.language import Language
from spacy.tokens import Doc

from onrecord.data.records import QuoteType, Span
from onrecord.nlp.annotations import Quote, annotate, text_span
from onrecord.nlp.components import NAMED, SPANS, check_requirements, draw_quotes
from onrecord.nlp.english.words import FIRST_PERSON
from onrecord.nlp.quotes.candidates import Candidate, Spans
from onrecord.nlp.quotes.continuation import carried
from onrecord.nlp.quotes.features import describe
from onrecord.nlp.quotes.layout import QuotationLayout
from onrecord.nlp.quotes.nesting import parents, part, repeated
from onrecord.nlp.quotes.proposal import propose
from onrecord.nlp.quotes.realis import is_silence, realis_of
from onrecord.nlp.quotes.resolution import Resolver, Speakers
from onrecord.nlp.quotes.scoring import calibrated, score, weights
from onrecord.nlp.quotes.selection import implicit, is_act, select


class QuoteExtractor:
    """Sets ``doc._.onrecord_quotes``.

    Args:
        name: of the component.
        spans_key: where in ``doc.spans`` contents, cues and speakers go; None for nowhere.
    """

    def __init__(self, name: str = "onrecord_quotes", spans_key: str | None = None) -> None:
        self.name = name
        self.spans_key = spans_key

    def __call__(self, doc: Doc) -> Doc:
        """Find the quotes of a Doc.

        Raises:
            MissingAnnotation: a component that must run before has not.
        """
        check_requirements(doc, self.name, NAMED)
        annotate(doc, quotes=find_quotes(doc))
        draw_quotes(doc, self.spans_key)
        return doc


@Language.factory(
    "onrecord_quotes",
    default_config={"spans_key": "onrecord_quotes"},
    assigns=["doc._.onrecord_quotes", SPANS],
    requires=list(NAMED),
)
def make_quote_extractor(nlp: Language, name: str, spans_key: str | None) -> QuoteExtractor:
    """Return the spaCy component ``onrecord_quotes``; ``spans_key`` is the place of its spans in ``doc.spans``."""
    return QuoteExtractor(name, spans_key)


def find_quotes(doc: Doc) -> tuple[Quote, ...]:
    """Return the quotes of a parsed Doc, in text order."""
    table = weights()
    found = []
    for one in scored_quotes(doc, table):
        right = calibrated(one.quote.confidence, one.kind, table)
        found.append(replace(one.quote, confidence=round(right * one.traced, 3), phrase_confidence=round(right, 3)))
    return tuple(found)


@dataclass(frozen=True, slots=True)
class Decided:
    """A quote with its uncalibrated score.

    Attributes:
        quote: the quote.
        kind: what it is calibrated by.
        candidate: what became it.
        traced: how likely its speaker phrase means whom it was traced to.
    """

    quote: Quote
    kind: str
    candidate: Candidate
    traced: float


def scored_quotes(doc: Doc, table: Mapping[str, float]) -> list[Decided]:
    """Return the quotes with uncalibrated scores.

    Args:
        doc: a parsed Doc.
        table: the weight of each feature.
    """
    return decide(QuotationLayout.of(doc), table)[0] if len(doc) else []


def decide(layout: QuotationLayout, table: Mapping[str, float]) -> tuple[list[Decided], list[Candidate]]:
    """Return the quotes of an article, in text order, and all candidates that they were chosen from.

    Args:
        layout: the layout of a Doc that has tokens.
        table: the weight of each feature.
    """
    candidates = [candidate for candidate in propose(layout) if not is_silence(candidate, layout)]
    describe(candidates, layout)
    score(candidates, layout, table)
    chosen = select(candidates, layout, table)
    part(layout, chosen)
    chosen += implicit(candidates, layout, chosen)
    resolver = Resolver(layout)
    speakers = _speakers(resolver, chosen)
    by_document = {id(candidate) for candidate in chosen if any(s.kind == "DOCUMENT" for s in speakers[id(candidate)])}
    for candidate, before in carried(layout, chosen, lambda quote: id(quote) in by_document):
        chosen.append(candidate)
        speakers[id(candidate)] = tuple(replace(speaker, resolution="IMPLICIT") for speaker in speakers[id(before)])
    chosen.sort(key=lambda candidate: (candidate.content[0][0], -candidate.content[-1][1], candidate.anchor))
    first = {key: of_one[0] if of_one else None for key, of_one in speakers.items()}
    again = repeated(layout, chosen, first, parents(chosen))
    chosen = [candidate for place, candidate in enumerate(chosen) if place not in again]
    parent_of = parents(chosen)
    found = []
    traced: dict[tuple[int | None, str | None], float] = {}  # of each speaker, by the phrase that was last traced to it
    for index, candidate in enumerate(chosen):
        quote = _quote(layout, candidate, speakers[id(candidate)], parent_of.get(index))
        kind = _kind(quote, candidate, is_act(candidate, layout))
        who = speaker_key(quote)
        certainty = resolver.certainty(candidate.source_head)
        if candidate.source_head is None or layout.parse.lower[candidate.source_head] in FIRST_PERSON:
            certainty = traced.get(who, certainty)  # "I", or nothing, means who spoke around it or before it
        traced[who] = certainty
        found.append(Decided(quote, kind, candidate, certainty))
    return found, candidates


def speaker_key(quote: Quote) -> tuple[int | None, str | None]:
    """Return what two quotes by one speaker have in common: the entity and the name."""
    return (quote.speaker.entity, quote.speaker.name) if quote.speaker else (None, None)


def _speakers(resolver: Resolver, chosen: list[Candidate]) -> dict[int, Speakers]:
    """Return the speakers by the candidates' ids.

    Candidates inside marks are resolved last, since "I" refers to the person quoted there.
    """
    layout, parse = resolver.layout, resolver.parse
    speakers: dict[int, Speakers] = {}

    def order(candidate: Candidate) -> tuple[bool, int, int]:
        return layout.region_of[candidate.anchor] >= 0 and bool(candidate.cue), candidate.anchor, len(candidate.cue)

    for candidate in sorted(chosen, key=order):
        if candidate.construction == "implicit":
            found = resolver.next_speaker(candidate.anchor)
        else:
            found = resolver.resolve(candidate.source_head, candidate.source, candidate.anchor)
            if not candidate.cue:
                found = tuple(replace(speaker, resolution="IMPLICIT") for speaker in found)
        speakers[id(candidate)] = found
        if not found:
            continue
        if candidate.construction in ("turn", "block"):
            resolver.voices.append((candidate.content[0][0], candidate.content[-1][1], found[0]))
        for start, _ in candidate.content:
            region = layout.region_of[min(parse.first_at(start) + 1, len(parse) - 1)]
            if region >= 0:
                resolver.in_marks.setdefault(layout.outermost(region), found[0])
    return speakers


def _quote(layout: QuotationLayout, candidate: Candidate, speakers: Speakers, parent: int | None) -> Quote:
    parse = layout.parse
    words, marked = layout.words_of(candidate.content), layout.marked_words_of(candidate.content)
    kind: QuoteType = "INDIRECT" if not marked else "DIRECT" if marked == words else "MIXED"
    cue = tuple((parse.start[start], parse.end[end - 1]) for start, end in sorted(candidate.cue))
    return Quote(
        type=kind,
        content=_text_spans(parse.source, candidate.content),
        cue=_text_spans(parse.source, cue),
        speaker=speakers[0] if speakers else None,
        confidence=candidate.score,
        parent=parent,
        co_speakers=speakers[1:],
        realis=realis_of(candidate, layout),
    )


def _kind(quote: Quote, candidate: Candidate, is_act: bool) -> str:
    """Return the kind that a quote is calibrated by."""
    if quote.parent is not None:
        return "inner"  # annotators mostly leave these out, so there is nothing to calibrate by
    if candidate.construction == "carried":
        return "carried"  # annotators leave these out too
    if not quote.cue:
        return "implicit" if quote.speaker else "nobody"
    return "act" if is_act else quote.type.lower()


def _text_spans(text: str, spans: Spans) -> tuple[Span, ...]:
    return tuple(text_span(text, start, end) for start, end in spans)
