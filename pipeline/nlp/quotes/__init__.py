"""The component ``onrecord_quotes``: who said what.

The way of an article: the marks are paired (``marks``), candidates are read off the parse (``frames``) and off the words around
the marks (``direct``), each is weighed (``weights``), the best reading of every cue is kept (``selection``), and its speaker
phrase (``speakers``) is traced to the person meant (``resolution``).
"""

from spacy.language import Language
from spacy.tokens import Doc

from pipeline.nlp.annotations import Attribution, Quote, text_span
from pipeline.nlp.quotes.candidates import Candidate, Spans
from pipeline.nlp.quotes.reading import Reading
from pipeline.nlp.quotes.resolution import Resolver
from pipeline.nlp.quotes.selection import implicit, parents, select
from pipeline.records import QuoteType, Span


class QuoteExtractor:
    """Sets ``doc._.onrecord_quotes``."""

    def __call__(self, doc: Doc) -> Doc:
        """Annotate the Doc."""
        doc._.onrecord_quotes = find_quotes(doc)
        return doc


@Language.factory("onrecord_quotes", assigns=["doc._.onrecord_quotes"])
def make_quotes(nlp: Language, name: str) -> QuoteExtractor:
    """Return the component."""
    return QuoteExtractor()


def find_quotes(doc: Doc) -> tuple[Quote, ...]:
    """Return the quotes of a parsed Doc, in text order."""
    if not len(doc):
        return ()
    reading = Reading(doc)
    chosen = select(reading)
    chosen += implicit(reading, chosen)
    speakers = _speakers(reading, chosen)
    chosen.sort(key=lambda candidate: (candidate.content[0][0], -candidate.content[-1][1], candidate.anchor))
    parent_of = parents(reading, chosen)
    return tuple(
        _quote(reading, candidate, speakers[id(candidate)], parent_of.get(index))
        for index, candidate in enumerate(chosen)
    )


def _speakers(reading: Reading, chosen: list[Candidate]) -> dict[int, Attribution | None]:
    """Return the speakers by the candidates' ids; those in marks last, since "I" there is whoever is quoted."""
    resolver = Resolver(reading, reading.doc)
    tree = reading.tree
    speakers: dict[int, Attribution | None] = {}

    def order(candidate: Candidate) -> tuple[bool, int, int]:
        return reading.region_of[candidate.anchor] >= 0 and bool(candidate.cue), candidate.anchor, len(candidate.cue)

    for candidate in sorted(chosen, key=order):
        if candidate.cue:
            speaker = resolver.resolve(candidate.source_head, candidate.source, candidate.anchor)
        else:
            speaker = resolver.turn(candidate.anchor)
        speakers[id(candidate)] = speaker
        if speaker is None:
            continue
        for start, _ in candidate.content:
            region = reading.region_of[min(tree.first_at(start) + 1, tree.size - 1)]
            if region >= 0:
                resolver.in_marks.setdefault(reading.outermost(region), speaker)
    return speakers


def _quote(reading: Reading, candidate: Candidate, speaker: Attribution | None, parent: int | None) -> Quote:
    tree = reading.tree
    words, marked = reading.words_of(candidate.content), reading.marked_words_of(candidate.content)
    kind: QuoteType = "INDIRECT" if not marked else "DIRECT" if marked == words else "MIXED"
    cue = tuple((tree.starts[start], tree.ends[end - 1]) for start, end in sorted(candidate.cue))
    return Quote(
        type=kind,
        content=_text_spans(tree.text, candidate.content),
        cue=_text_spans(tree.text, cue),
        speaker=speaker,
        confidence=round(candidate.score, 3),
        parent=parent,
    )


def _text_spans(text: str, spans: Spans) -> tuple[Span, ...]:
    return tuple(text_span(text, start, end) for start, end in spans)
