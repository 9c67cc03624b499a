# SPDX-License-Identifier: Apache-2.0
"""How likely each candidate is a quote, and which candidate of a cue is the best one.

The candidates of a cue differ in construction, end and source, and exclude one another. So the weights of a candidate's features are
summed to a logit, and a softmax divides the cue's probability among its candidates and "no quote". The candidate kept is the one that
the others agree with most, weighted by their probabilities (minimum expected loss). Its score is the probability of all candidates that
share half of their words with it, so that doubt between two nearby ends costs nothing.
"""

import functools
import math
from collections.abc import Iterable, Mapping, Sequence
from itertools import repeat

from onrecord.nlp.english import lexicon
from onrecord.nlp.english.cues import verb_class
from onrecord.nlp.english.labels import FINITE
from onrecord.nlp.english.parse import Parse
from onrecord.nlp.english.quotation import ALL_MARKS
from onrecord.nlp.learned import MAX_LOGIT
from onrecord.nlp.quotes.candidates import REQUESTING, Candidate
from onrecord.nlp.quotes.layout import QuotationLayout
from onrecord.nlp.quotes.speakers import is_charged, is_heard, quoted_as, writer

WEIGHTS = "quotes"
AGREEING = 0.5  # of the words of both; two contents that share as much are the same quote
MIN_VOTE = 0.01  # a less likely candidate does not change the choice
MIN_CALIBRATED = 0.001  # scores are calibrated within this distance of 0 and 1
# Forms that show clearly that someone is quoted but are too rare to be learned, by construction or link; the scores are guesses.
# Names in capitals at the beginning of line after line are a transcript.
MIN_SCORE_BY_FORM = {
    "worded": 0.8,
    "labelled": 0.6,
    "quoted-as": 0.6,
    "inner": 0.6,
    "what-called": 0.5,
    "by=pronoun": 0.6,
    "reach=named": 0.6,
    "reach=last": 0.6,
    "colon=post": 0.9,
    "put-at": 0.75,
    "written": 0.75,
    "request": 0.6,
    "by=view": 0.6,
    "by=law": 0.6,
    "as=said": 0.5,
    "paren-advcl-as-it": 0.6,
    "turn=capitals-many": 0.6,
    "layout=sure": 0.7,
    "layout=dash": 0.95,
}
# The names, among the weights, of a kind's two numbers and of the share of a cue's acts that are utterances.
SLOPE, LEVEL, SPOKEN = "slope=", "level=", "spoken="


@functools.cache
def weights() -> dict[str, float]:
    """Return the weight of each feature."""
    return {row[0]: float(row[1]) for row in lexicon.rows(WEIGHTS, "weights")}


def calibrated(score: float, kind: str, table: Mapping[str, float]) -> float:
    """Return the share of quotes of a kind with this score that are correct (Platt scaling: a line through the logits)."""
    bounded = min(max(score, MIN_CALIBRATED), 1 - MIN_CALIBRATED)
    logit = table.get(SLOPE + kind, 1.0) * math.log(bounded / (1 - bounded)) + table.get(LEVEL + kind, 0.0)
    return 1 / (1 + math.exp(-logit))


def by_cue(candidates: Iterable[Candidate]) -> list[list[Candidate]]:
    """Return the candidates grouped by cue."""
    groups: dict[int, list[Candidate]] = {}
    for candidate in candidates:
        groups.setdefault(candidate.anchor, []).append(candidate)
    return list(groups.values())


def score(candidates: Sequence[Candidate], layout: QuotationLayout, table: Mapping[str, float]) -> None:
    """Give every candidate its score, 0 to 1.

    Args:
        candidates: all candidates of an article, with their features.
        layout: the layout that they were proposed from.
        table: the weight of each feature.
    """
    sums: dict[int, float] = {}  # by the id of the part
    for candidate in candidates:
        for part in candidate.features:
            if id(part) not in sums:
                sums[id(part)] = sum(map(table.get, part, repeat(0.0)))
    for group in by_cue(candidates):
        logits = [sum([sums[id(part)] for part in candidate.features]) for candidate in group]
        odds = [math.exp(max(-MAX_LOGIT, min(MAX_LOGIT, logit))) for logit in logits]
        total = 1 + sum(odds)
        for candidate, odd in zip(group, odds, strict=True):
            candidate.score = odd / total
        if len(group) > 1:
            _agree(group, layout)
    _raise_rare_forms(candidates, layout)


def logit(candidate: Candidate, table: Mapping[str, float]) -> float:
    """Return the sum of the weights of a candidate's features."""
    total = sum(table.get(feature, 0.0) for part in candidate.features for feature in part)
    return max(-MAX_LOGIT, min(MAX_LOGIT, total))


def _agree(group: list[Candidate], layout: QuotationLayout) -> None:
    """Give the candidate that the others agree with most the probability of all candidates that agree with it."""
    voters = [candidate for candidate in group if candidate.score >= MIN_VOTE]
    best, best_vote, best_score = None, 0.0, 0.0
    for candidate in voters:
        vote, score = candidate.score, candidate.score
        for other in voters:
            if other is candidate or other.source_head != candidate.source_head:
                continue
            shared = layout.shared(candidate.content, other.content)
            if shared >= AGREEING:
                vote += other.score * shared
                score += other.score
        if vote > best_vote:
            best, best_vote, best_score = candidate, vote, score
    if best is not None:
        best.score = best_score


def _is_cited(candidate: Candidate, layout: QuotationLayout) -> bool:
    """Whether what a cue says is what another one reports: "Reed said on Friday that it was safe, the agency reported"."""
    parse, anchor = layout.parse, candidate.anchor
    is_front = parse.dep[anchor] == "ccomp" and parse.head[anchor] > anchor and not layout.is_marked(anchor)
    is_reported = is_front and verb_class(parse.lower[parse.head[anchor]]) == "say"
    return is_reported and candidate.source_head is not None and candidate.construction in ("bare", "that")


def is_term(candidate: Candidate, parse: Parse) -> bool:
    """Whether a content without marks is somebody's word for a thing: "left with what the coach called a lower-body injury"."""
    cue, anchor = candidate.lexical, candidate.anchor
    if cue is None or "name" not in cue.classes or cue.classes[0] == "think" or candidate.source_head is None:
        return False
    first, end = parse.tokens_of(*candidate.content[0])
    is_next = first == anchor + 1 or parse.lower[anchor + 1 : first] == ["as"]
    is_clause = any(tag in FINITE for tag in parse.tag[first:end])
    is_plain = set(parse.region_of[anchor:end]) == {parse.region_of[anchor]} and not ALL_MARKS.intersection(
        parse.word[end : end + 1]
    )
    return is_next and is_plain and not is_clause and parse.lower[parse.left[anchor]] == "what"


def _is_request(candidate: Candidate, layout: QuotationLayout) -> bool:
    """Whether somebody is asked to do something: urged parliament to reject it, called on parliament to reject it."""
    parse, cue, verb = layout.parse, candidate.lexical, candidate.anchor
    if cue is not None and cue.lemma == "call" and candidate.construction == "on":
        return parse.child(verb, "xcomp") is not None and candidate.source_head is not None
    if cue is None or cue.lemma not in REQUESTING or candidate.construction != "xinf" or layout.is_marked(verb):
        return False
    is_told = parse.tag[verb] in FINITE and parse.child(verb, "dobj") is not None
    return is_told and candidate.source_head is not None


def _raise_rare_forms(candidates: Iterable[Candidate], layout: QuotationLayout) -> None:
    """Give the best candidate of each cue in one of the rare but clear forms at least the score of that form."""
    best: dict[tuple[int, str], Candidate] = {}
    for candidate in candidates:
        forms = [form for form in (candidate.construction, *candidate.links) if form in MIN_SCORE_BY_FORM]
        if quoted_as(layout.parse, candidate.anchor) is not None:
            forms.append("quoted-as")
        if candidate.source_head is not None and candidate.source_head == writer(layout.parse, candidate.anchor):
            forms.append("written")
        speaks = candidate.lexical is not None and candidate.lexical.classes[0] == "say"
        is_inner = _is_cited(candidate, layout) or is_heard(layout.parse, candidate.anchor)
        if speaks and (is_inner or is_charged(layout.parse, candidate.anchor)):
            forms.append("inner")
        if is_term(candidate, layout.parse):
            forms.append("what-called")
        if _is_request(candidate, layout):
            forms.append("request")
        for form in forms:
            other = best.setdefault((candidate.anchor, form), candidate)
            if candidate.score > other.score:
                best[candidate.anchor, form] = candidate
    for (_, form), candidate in best.items():
        candidate.score = max(candidate.score, MIN_SCORE_BY_FORM[form])
