"""How likely a candidate is a quote, and which reading of a cue is the best one.

A cue has many readings: other frames, other ends. They exclude one another, so the cue's features (``features``) are summed to one
logit for each reading and a softmax shares a cue's probability among its readings and "no quote". The reading kept is the one whose
words the others agree with most, weighed by their probabilities (least expected loss), and its probability is that of all readings
that share half of their words with it: between two ends that are near one another nothing is lost by doubt.
"""

import functools
import math
from collections.abc import Mapping
from typing import TYPE_CHECKING

from onrecord.nlp import lexicon
from onrecord.nlp.learned import MAX_LOGIT
from onrecord.nlp.quotes.candidates import Candidate

if TYPE_CHECKING:
    from onrecord.nlp.quotes.reading import Reading

WEIGHTS = "quotes"
AGREEING = 0.5  # of the words of both: from here on two contents are the same quote
LEAST_VOTE = 0.01  # a less likely reading changes no choice
LEAST_SCORE = 0.001  # of the scores that are calibrated; nothing is surer than its reverse
SLOPE, LEVEL = "slope=", "level="  # the names of a kind's two numbers among the weights


@functools.cache
def weights() -> dict[str, float]:
    """Return the weight of each feature."""
    return {row[0]: float(row[1]) for row in lexicon.rows(WEIGHTS, "weights")}


def calibrated(score: float, kind: str, table: Mapping[str, float]) -> float:
    """Return the share of quotes of a kind with this score that are right (Platt scaling: a line through the logits)."""
    bounded = min(max(score, LEAST_SCORE), 1 - LEAST_SCORE)
    logit = table.get(SLOPE + kind, 1.0) * math.log(bounded / (1 - bounded)) + table.get(LEVEL + kind, 0.0)
    return 1 / (1 + math.exp(-logit))


def by_cue(candidates: list[Candidate]) -> list[list[Candidate]]:
    """Return the candidates in groups that have their cue in common."""
    groups: dict[int, list[Candidate]] = {}
    for candidate in candidates:
        groups.setdefault(candidate.anchor, []).append(candidate)
    return list(groups.values())


def weigh(reading: "Reading", table: Mapping[str, float]) -> None:
    """Give every candidate of a reading its score, 0 to 1."""
    for group in by_cue(reading.candidates):
        odds = [math.exp(_logit(candidate, table)) for candidate in group]
        total = 1 + sum(odds)
        for candidate, odd in zip(group, odds, strict=True):
            candidate.score = odd / total
        if len(group) > 1:
            _agree(reading, group)


def _logit(candidate: Candidate, table: Mapping[str, float]) -> float:
    logit = sum(table.get(feature, 0.0) for feature in candidate.features)
    return max(-MAX_LOGIT, min(MAX_LOGIT, logit))


def _agree(reading: "Reading", group: list[Candidate]) -> None:
    """Give the reading that the others agree with most the probability of all that agree with it."""
    voters = [candidate for candidate in group if candidate.score >= LEAST_VOTE]
    best, best_vote, best_score = None, 0.0, 0.0
    for candidate in voters:
        vote, score = candidate.score, candidate.score
        for other in voters:
            if other is candidate or other.source_head != candidate.source_head:
                continue
            shared = reading.shared(candidate.content, other.content)
            if shared >= AGREEING:
                vote += other.score * shared
                score += other.score
        if vote > best_vote:
            best, best_vote, best_score = candidate, vote, score
    if best is not None:
        best.score = best_score
