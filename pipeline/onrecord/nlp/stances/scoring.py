# SPDX-License-Identifier: Apache-2.0
"""The probability of a stance from the features of its pair: a softmax over support, opposition and no stance.

Every feature has a weight for support and one for opposition; no stance is always 0 (a conditional logit).
"""

import functools
import math
from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple, TypeAlias

from onrecord.nlp.english.lexicon import rows
from onrecord.nlp.learned import MAX_LOGIT

PAIR_WEIGHTS = "stance_pairs"
MAX_SUMS = 1 << 16  # groups of features whose sums are kept, about 20 MB


class Sides(NamedTuple):
    """A number for support and one for opposition."""

    support: float
    oppose: float


Table: TypeAlias = Mapping[str, Sides]
# Features that depend on a few values: what makes their names, and the values.
Group: TypeAlias = tuple[Callable[..., Iterable[str]], tuple[object, ...]]


@functools.cache
def pair_weights() -> Table:
    """Return the weights of each feature of two actors."""
    return {row[0]: Sides(float(row[1]), float(row[2])) for row in rows(PAIR_WEIGHTS, "weights")}


def logits(names: Iterable[str], table: Table) -> Sides:
    """Return the sums of the features' weights."""
    support = oppose = 0.0
    for name in names:
        weight = table.get(name)
        if weight is not None:
            support += weight[0]
            oppose += weight[1]
    return Sides(support, oppose)


class Sums(dict[Group, Sides]):
    """The sums of the weights of groups of features; most groups of an article were in others before."""

    def __init__(self, table: Table) -> None:
        """Keep the weights of each feature."""
        self.table = table

    def __missing__(self, group: Group) -> Sides:
        if len(self) >= MAX_SUMS:
            self.clear()
        make, values = group
        found = self[group] = logits(make(*values), self.table)
        return found


@functools.cache
def pair_sums() -> Sums:
    """Return the sums of the weights of two actors."""
    return Sums(pair_weights())


def probabilities(*parts: Sides) -> Sides:
    """Return the probabilities of support and opposition from their logits; the rest is the probability of no stance."""
    sums = [max(-MAX_LOGIT, min(MAX_LOGIT, sum(one))) for one in zip(*parts, strict=True)]
    support, oppose = (math.exp(one) for one in sums)
    return Sides(support / (1 + support + oppose), oppose / (1 + support + oppose))
