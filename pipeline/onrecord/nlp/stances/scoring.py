# SPDX-License-Identifier: Apache-2.0
"""The probability of a stance from the features of its pair: a softmax over support, opposition and no stance.

Every feature has a weight for support and one for opposition; no stance is always 0 (a conditional logit).
"""

import functools
import math
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import NamedTuple, TypeAlias

from onrecord.nlp.english.lexicon import rows
from onrecord.nlp.learned import MAX_LOGIT

PAIR_WEIGHTS = "stance_pairs"


class Sides(NamedTuple):
    """A number for support and one for opposition."""

    support: float
    oppose: float


Table: TypeAlias = Mapping[str, Sides]


@functools.cache
def pair_weights() -> Table:
    """Return the weights of each feature of two actors."""
    return MappingProxyType({row[0]: Sides(float(row[1]), float(row[2])) for row in rows(PAIR_WEIGHTS, "weights")})


def logits(names: Iterable[str], table: Table) -> Sides:
    """Return the sums of the features' weights."""
    support = oppose = 0.0
    for name in names:
        weight = table.get(name)
        if weight is not None:
            support += weight[0]
            oppose += weight[1]
    return Sides(support, oppose)


def probabilities(*parts: Sides) -> Sides:
    """Return the probabilities of support and opposition from their logits; the rest is the probability of no stance."""
    sums = [max(-MAX_LOGIT, min(MAX_LOGIT, sum(one))) for one in zip(*parts, strict=True)]
    support, oppose = (math.exp(one) for one in sums)
    return Sides(support / (1 + support + oppose), oppose / (1 + support + oppose))
