# SPDX-License-Identifier: Apache-2.0
"""Quotes inside quotes: which ones are kept, and which is the parent of which."""

from bisect import bisect_right
from collections.abc import Mapping

from onrecord.nlp.annotations import Attribution
from onrecord.nlp.quotes.candidates import SURE, Candidate
from onrecord.nlp.quotes.layout import QuotationLayout

NEIGHBOURS = 12  # quotes that are open at one position; prose never nests more
MAX_SIGNS = 2  # characters: a mark and a comma, with which one of two equal contents may end
MIN_WORDS = 2  # of the rest of a content; fewer do not make a clause


def part(layout: QuotationLayout, chosen: list[Candidate]) -> None:
    """Remove the parts of a content that have a cue of their own: "…," X said, adding, "…"; X said A and added B."""
    owners: dict[int, list[Candidate]] = {}
    for candidate in chosen:
        for start, _ in candidate.content:
            owners.setdefault(start, []).append(candidate)
    spans = sorted(((start, end, index) for index, outer in enumerate(chosen) for start, end in outer.content))
    for inner in chosen:
        if not inner.cue:
            continue
        at = layout.parse.start[inner.anchor]
        if len(inner.content) == 1:
            for outer in owners[inner.content[0][0]]:
                if outer is not inner and not any(start <= at < end for start, end in outer.content):
                    _without_piece(outer, inner)
        place = bisect_right(spans, (at, len(layout.parse.source), 0))
        for start, end, index in spans[max(0, place - NEIGHBOURS) : place]:
            if start < at < end and _speaks_beside(layout, inner, chosen[index]):
                _cut(layout, chosen[index], inner)


def _without_piece(outer: Candidate, inner: Candidate) -> None:
    start, end = inner.content[0]
    left = tuple(span for span in outer.content if not start <= span[0] < span[1] <= end + MAX_SIGNS)
    outer.content = left or outer.content


def _speaks_beside(layout: QuotationLayout, inner: Candidate, outer: Candidate) -> bool:
    """Whether a cue inside a content has the same subject as the content's own cue, as in "said it was safe and added that …"."""
    parse = layout.parse
    if inner is outer or inner.source_head is None or inner.source_head != outer.source_head:
        return False
    return (parse.dep[inner.anchor], parse.tag[inner.anchor]) in (
        ("conj", parse.tag[outer.anchor]),
        ("advcl", "VBG"),
    )


def _cut(layout: QuotationLayout, outer: Candidate, inner: Candidate) -> None:
    """End a content before a cue inside it and the conjunction before that cue."""
    parse = layout.parse
    last = parse.previous_word[inner.anchor - 1] if inner.anchor else -1
    _end_before(layout, outer, last if last >= 0 and parse.dep[last] == "cc" else inner.anchor)


def _end_before(layout: QuotationLayout, quote: Candidate, token: int) -> bool:
    """End a content before a token, if that leaves a clause; return whether it does."""
    last = layout.parse.previous_word[token - 1] if token else -1
    stop = layout.parse.end[last] if last >= 0 else 0
    kept = tuple((start, min(end, stop)) for start, end in quote.content if start < stop)
    is_clause = bool(kept) and layout.words_of(kept) >= MIN_WORDS
    quote.content = kept if is_clause else quote.content
    return is_clause


def parents(chosen: list[Candidate]) -> dict[int, int]:
    """Return, for each quote inside another one, the innermost quote around it; both are indices of ``chosen``.

    The outer one comes first in ``chosen``, so that of two quotes which have pieces in each other only one is the parent.
    """
    found: dict[int, int] = {}
    enclosing: list[tuple[int, int]] = []  # end and index of the open spans, the innermost last
    spans = sorted((start, -end, index) for index, candidate in enumerate(chosen) for start, end in candidate.content)
    for _, minus_end, index in spans:
        while enclosing and enclosing[-1][0] < -minus_end:
            enclosing.pop()
        outer = next((other for _, other in reversed(enclosing[-NEIGHBOURS:]) if other < index), None)
        if outer is not None and chosen[outer].content != chosen[index].content:
            found.setdefault(index, outer)
        enclosing.append((-minus_end, index))
    return found


def repeated(
    layout: QuotationLayout,
    chosen: list[Candidate],
    speakers: Mapping[int, Attribution | None],
    parent_of: Mapping[int, int],
) -> set[int]:
    """Return the indices of quotes that repeat the quote around them: "I think" in somebody's own words.

    Of two quotes by one speaker the likelier is kept, but of a turn of an interview and one in it the turn.
    A quote in marks inside marks is kept: it was said at another time. So is the rest of "it was safe, although she noted that …".
    """
    found: set[int] = set()
    for inner, outer in sorted(parent_of.items()):
        one, other = chosen[inner], chosen[outer]
        if outer in found or _in_own_marks(layout, one) or not _is_same(speakers[id(one)], speakers[id(other)]):
            continue
        first = layout.parse.left[one.anchor]
        is_turn = SURE[0] in other.links  # "I'd be lying if I said that it did not hurt"
        if layout.parse.dep[one.anchor] == "advcl" and not is_turn and _end_before(layout, other, first):
            continue
        found.add(outer if one.score > other.score and not is_turn else inner)
    return found


def _in_own_marks(layout: QuotationLayout, candidate: Candidate) -> bool:
    return candidate.region is not None and layout.quoted[candidate.region].region.parent is not None


def _is_same(one: Attribution | None, other: Attribution | None) -> bool:
    if one is None or other is None or one.name is None:
        return False
    if one.entity is not None or other.entity is not None:
        return one.entity == other.entity
    return one.name == other.name
