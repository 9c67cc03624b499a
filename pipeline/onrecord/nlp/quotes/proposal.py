# SPDX-License-Identifier: Apache-2.0
"""Proposes candidates from syntax, from colons and from quotation marks.

Contents are fitted to the marks that they cut through. Where it is unclear how far a quotation continues, or whose it is, each
possibility is a candidate of its own.
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace

from onrecord.nlp.quotes.candidates import SURE, Candidate, Spans
from onrecord.nlp.quotes.colons import ColonCandidates
from onrecord.nlp.quotes.continuation import SENTENCE_STOPS, attributed_regions, chain, resumed
from onrecord.nlp.quotes.labels import Labels
from onrecord.nlp.quotes.layout import QuotationLayout
from onrecord.nlp.quotes.quotation_candidates import QuotationCandidates
from onrecord.nlp.quotes.speakers import document_of, other_sources, phrase
from onrecord.nlp.quotes.syntax_candidates import SyntaxCandidates
from onrecord.nlp.quotes.turns import Turns

# The constructions that name their source themselves.
WITH_SOURCE = ("named", "signed", "turn", "worded", "labelled", "inverted", "according")
MAX_STRAY_CHARACTERS = 2  # a comma and a space between content and the mark that it belongs to
Sources = list[tuple[int | None, tuple[int, int] | None]]


def propose(layout: QuotationLayout) -> list[Candidate]:
    """Return everything in an article that may be a quote, without features and scores."""
    by_syntax = list(SyntaxCandidates(layout))
    for candidate in by_syntax:
        candidate.content = _snapped(layout, candidate)
    labels = Labels(layout)
    turns = Turns(layout, labels)
    marks = QuotationCandidates(layout, labels)
    by_marks = list(marks)
    attributed = attributed_regions(by_marks)
    found = [*by_syntax, *turns, *marks.dialogue(), *ColonCandidates(layout, turns)]
    for candidate in by_marks:
        found += _lengths(layout, attributed, candidate)
    # “It will close,” he said to the Gazette. “We are sorry”: the cue introduces at least the first sentence.
    trailed = {each.anchor: layout.quoted[each.region or 0] for each in by_marks if each.construction == "trail-comma"}
    spoken = {anchor: span.end for anchor, span in trailed.items() if span.is_sentence and span.is_prose}
    told = _told_by_documents(layout, by_syntax)
    labelled = {layout.parse.start[label.start] for label in turns.labels.values()}
    titles = {((span.region.start, span.region.end),) for span in layout.quoted if span.is_title}
    found = [
        each
        for each in found
        if each.content
        and (each.links == SURE or not (each.source_head in turns.roles or each.content[0][0] in labelled))
        and not (each.anchor in spoken and _is_behind(layout, each, spoken[each.anchor]))
        and not any(start <= at < end for start, end in each.content for at in told.get(each.anchor, ()))
        # “The Salt Ledger” is published by Aune
        and not (each.content in titles and layout.parse.child(each.anchor, "auxpass") is not None)
    ]
    return list(_with_other_sources(layout, found))


def _told_by_documents(layout: QuotationLayout, candidates: Iterable[Candidate]) -> dict[int, list[int]]:
    """Return, by document and the verb that it depends on, where the cues are that give its words: they are the quotes, not it.

    "filed a lawsuit accusing the bank": nobody says "a lawsuit accusing the bank".
    """
    parse, told = layout.parse, defaultdict[int, list[int]](list)
    for cue in dict.fromkeys(candidate.anchor for candidate in candidates):
        document = document_of(parse, cue)
        for above in () if document is None else (document, parse.head[document]):
            told[above].append(parse.start[cue])
    return told


def _is_behind(layout: QuotationLayout, candidate: Candidate, end: int) -> bool:
    """Whether a content begins with a quotation behind a token."""
    first = layout.parse.first_at(candidate.content[0][0])
    return first >= end and layout.is_marked(min(first + 1, len(layout.parse) - 1))


def _lengths(layout: QuotationLayout, attributed: frozenset[int], candidate: Candidate) -> list[Candidate]:
    """Return a candidate of a region with all regions that continue it, and with fewer of them."""
    assert candidate.region is not None
    span = layout.quoted[candidate.region]
    regions, later = chain(layout, attributed, candidate.region), []
    if candidate.construction.startswith("trail") and len(regions) == 1:
        later = resumed(layout, attributed, span, candidate.anchor)
    links = (*candidate.links, f"sentence={span.is_sentence}", f"verb={span.is_clause}", f"last={span.last_sign}")
    whole = regions + later
    lengths = [(len(whole), "whole")]
    if later:
        between = range(candidate.anchor, layout.quoted[later[0]].start)
        stop = any(layout.parse.word[token] in SENTENCE_STOPS for token in between)
        lengths = [(len(whole), f"stop-{stop}-with"), (1, f"stop-{stop}-without")]
    elif len(regions) > 1:
        lengths = [(len(regions), "chain-with"), (1, "chain-without")]
    found = []
    for length, kind in lengths:
        content = tuple((layout.quoted[at].region.start, layout.quoted[at].region.end) for at in whole[:length])
        found.append(replace(candidate, content=content, links=(*links, f"goes-on={kind}")))
    return found


def _with_other_sources(layout: QuotationLayout, candidates: Iterable[Candidate]) -> Iterator[Candidate]:
    """Yield each candidate, and a copy for each other phrase that may be its source."""
    known: dict[tuple[int, int | None], Sources] = {}
    for candidate in candidates:
        if candidate.construction.startswith(WITH_SOURCE):
            yield candidate
            continue
        first = candidate.source_head
        if first is None or layout.parse.tag[first] != "PRP" or not _is_quoted_apart(layout, first, candidate.anchor):
            yield candidate
        key = candidate.anchor, candidate.source_head
        others = known.get(key)
        if others is None:
            others = known[key] = [
                (head, phrase(layout.parse, head, candidate.anchor))
                for head in other_sources(layout.parse, candidate.anchor, candidate.source_head)
                if head is None or not _is_quoted_apart(layout, head, candidate.anchor)
            ]
        for head, words in others:
            yield replace(candidate, source=words, source_head=head)


def _is_quoted_apart(layout: QuotationLayout, source: int, cue: int) -> bool:
    """Whether a phrase is in marks and the cue is not: “I think so,” Reed said; "I" is not who says it."""
    region = layout.region_of[source]
    if region < 0:
        return False
    marks = layout.quoted[region].region
    return not marks.start <= layout.parse.start[cue] < marks.end


def _snapped(layout: QuotationLayout, candidate: Candidate) -> Spans:
    """Keep content within the marks that its cue is in, and extend it to the marks that it cuts through."""
    parse = layout.parse
    outer = layout.region_of[candidate.anchor]
    snapped = []
    for start, end in candidate.content:
        if outer >= 0:
            region = layout.quoted[outer].region
            start, end = max(start, region.inner_start), min(end, region.inner_end)
        if start >= end:
            continue
        last = layout.region_of[bisect_left(parse.start, end) - 1]
        if last >= 0 and last != outer:
            region = layout.quoted[last].region
            if region.start >= start - MAX_STRAY_CHARACTERS and region.end > end:
                end = region.end
        first = layout.region_of[parse.first_at(start)]
        if first >= 0 and first != outer:
            region = layout.quoted[first].region
            if (
                region.start < start
                and region.end <= end + MAX_STRAY_CHARACTERS
                and not region.start <= parse.start[candidate.anchor] < region.end
            ):
                start, end = region.start, max(end, region.end)
        while start < end and parse.source[start].isspace():
            start += 1
        while start < end and parse.source[end - 1].isspace():
            end -= 1
        if start < end and layout.words_of(((start, end),)):
            snapped.append((start, end))
    return _merged(snapped)


def _merged(spans: list[tuple[int, int]]) -> Spans:
    """Return the spans in text order, overlapping ones merged."""
    merged: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return tuple(merged)
