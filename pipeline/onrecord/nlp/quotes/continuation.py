# SPDX-License-Identifier: Apache-2.0
"""How far a quotation continues: over the regions that follow it, and past the attribution after it."""

from collections.abc import Iterable

from onrecord.nlp.english.labels import AUXILIARIES, FINITE
from onrecord.nlp.quotes.candidates import Candidate
from onrecord.nlp.quotes.layout import QuotationLayout, QuotedSpan

MAX_CHAIN = (
    40  # regions of one quote (speeches printed in full have about twenty paragraphs), and tokens of its attribution
)
SENTENCE_STOPS = frozenset({".", "!", "?", ";"})
BEFORE_QUOTATION = frozenset({".", ",", ":", ";", "!", "?", "—", "–"})


def attributed_regions(candidates: Iterable[Candidate]) -> frozenset[int]:
    """Return the regions that an attribution of their own follows: no earlier quotation continues over them."""
    return frozenset(
        candidate.region
        for candidate in candidates
        if candidate.region is not None and candidate.construction.startswith(("trail-comma", "trail-ask"))
    )


def chain(layout: QuotationLayout, attributed: frozenset[int], first: int) -> list[int]:
    """Return the regions of the quotation that begins with a region, with no words between them."""
    regions = [first]
    while len(regions) < MAX_CHAIN:
        later = layout.joined[regions[-1]]
        if later is None or later in attributed:
            break
        regions.append(later)
    return regions


def resumed(layout: QuotationLayout, attributed: frozenset[int], span: QuotedSpan, cue: int) -> list[int]:
    """Return the regions with which a quotation resumes after its attribution: "…," X said. "…"."""
    parse = layout.parse
    later = layout.next_region(span)
    if later is None or later in attributed:
        return []
    other = layout.quoted[later]
    if other.start <= cue or other.start - cue > MAX_CHAIN:
        return []
    stops = 0
    for token in range(cue + 1, other.start):
        if parse.tag[token] in FINITE and parse.dep[token] not in AUXILIARIES:
            introduces = token == parse.previous_word[other.start - 1] and parse.word[token + 1] not in SENTENCE_STOPS
            if introduces or parse.dep[token] != "relcl":
                return []
        if stops and parse.is_word[token]:
            return []
        stops += parse.word[token] in SENTENCE_STOPS
    last = next((token for token in range(other.start - 1, cue, -1) if not parse.word[token].isspace()), cue)
    if parse.word[last] not in BEFORE_QUOTATION and last != cue:
        return []
    return chain(layout, attributed, later)
