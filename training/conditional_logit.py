# SPDX-License-Identifier: Apache-2.0
"""Shared by the training scripts: the words of annotations, and a regularized conditional logit."""

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray
from spacy.tokens import Doc

from onrecord.nlp.learned import MAX_LOGIT

MIN_COUNT = 4  # a rarer feature does not generalize to other articles
PENALTY = 6.0  # of the squared weights, relative to the sum of the losses
STEPS = 300
RATE = 0.1
MIN_WEIGHT = 0.02  # a smaller one changes no probability by more than half a point
SHARPNESS = 8  # the power of how right an option is: at 0.9 it is less than half as good as the best
Example = tuple[list[str], float]  # the features of an option and how right it is, 0 to 1


class Words:
    """The words of a Doc by their code points."""

    def __init__(self, doc: Doc) -> None:
        """Index the tokens that contain a letter or a digit."""
        words = [token for token in doc if any(map(str.isalnum, token.text))]
        self.places = [token.i for token in words]
        self.starts = [token.idx for token in words]
        self.ends = [token.idx + len(token.text) for token in words]

    def within(self, spans: Iterable[Iterable[int]]) -> frozenset[int]:
        """Return the words that spans of code points touch, as token indices."""
        found: set[int] = set()
        for start, end in spans:
            found.update(self.places[bisect_right(self.ends, start) : bisect_left(self.starts, end)])
        return frozenset(found)


def _targets(group: list[Example]) -> list[float]:
    """Return the probability that each option should have: shared by the best one and those nearly as good."""
    shares = [right**SHARPNESS for _, right in group]
    total = sum(shares)
    return [share / total if total else 0.0 for share in shares]


def conditional_logit(data: list[list[Example]]) -> dict[str, float]:
    """Return the weight of every feature that is frequent enough (McFadden 1974; Adam on the whole batch, no randomness).

    Args:
        data: groups of options of which at most one is right: a softmax over the options and "none" is fitted to each.
    """
    counts = Counter(feature for group in data for features, _ in group for feature in features)
    names = sorted(feature for feature, count in counts.items() if count >= MIN_COUNT)
    place = {name: index for index, name in enumerate(names)}
    rows: list[int] = []
    columns: list[int] = []
    groups: list[int] = []
    for number, group in enumerate(data):
        for features, _ in group:
            known = [place[feature] for feature in features if feature in place]
            rows += [len(groups)] * len(known)
            columns += known
            groups.append(number)
    row, column, cue = np.array(rows), np.array(columns), np.array(groups)
    truth = np.array([target for group in data for target in _targets(group)])
    weight: NDArray[np.float64] = np.zeros(len(names))
    mean, square = np.zeros(len(names)), np.zeros(len(names))
    for step in range(1, STEPS + 1):
        odds = np.exp(np.clip(np.bincount(row, weight[column], minlength=len(groups)), -MAX_LOGIT, MAX_LOGIT))
        error = odds / (1 + np.bincount(cue, odds, minlength=len(data)))[cue] - truth
        gradient = np.bincount(column, error[row], minlength=len(names)) + PENALTY * weight
        mean, square = 0.9 * mean + 0.1 * gradient, 0.99 * square + 0.01 * gradient**2
        rate = RATE * (1 - step / (STEPS + 1))
        weight -= rate * (mean / (1 - 0.9**step)) / (np.sqrt(square / (1 - 0.99**step)) + 1e-8)
    return {name: float(value) for name, value in zip(names, weight, strict=True) if abs(value) >= MIN_WEIGHT}
