# SPDX-License-Identifier: Apache-2.0
"""The confidence of stances that rules find.

``belief`` is the share of similar candidates that a reader of news, shown the record, would confirm: about four in five at .8, a little
more than half at .6, fewer than half at .4. The figures were set by hand from the results of each kind of rule on annotated news
sentences; learning them from pairs of names made the rest worse (``docs/accuracy.md``).

``confidence`` is the value in the records: the share that annotators mark too, with the same parties and polarity, when they annotate
all stances of a text without seeing any. It is lower, since nobody marks everything that they would confirm.
"""

from collections.abc import Mapping
from types import MappingProxyType

from onrecord.nlp.stances.candidates import Candidate

# The initial belief, by kind of rule.
KINDS: Mapping[str, float] = MappingProxyType(
    {
        "demand": 0.55,
        "quality": 0.6,
        "position": 0.65,
        "adjective": 0.6,
        "noun": 0.65,
        "verb": 0.65,
    }
)
OTHER_KIND = 0.5
# What other features add to it.
SHIFTS: Mapping[str, float] = MappingProxyType(
    {
        "negated": -0.1,
        "possible": -0.2,
        "asserted": -0.2,
        "agent=no": -0.4,
        "agent=unknown": -0.3,
        "agent=name": 0.1,
        "derived": -0.2,
        "inside": -0.2,
        "purpose": -0.2,
        "evaluative": -0.05,
        "holder=obj": -0.05,
        "controlled": -0.05,
        "strong": 0.1,
        "proposition": 0.05,
        "vague": -0.1,
        "request": -0.05,
        "question": -0.3,
        "act of a thing": -0.2,
        "in passing": -0.1,
    }
)
# Below this a reader would see more wrong stances than correct ones.
MIN_BELIEF = 0.4
# No candidate is certain, and none is impossible.
MIN_POSSIBLE, MAX_POSSIBLE = 0.05, 0.95
# Annotators of all stances of a text mark three in five of those that a reader confirms.
MARKED = 0.6
# Relations of things too, without a stance: the storm killed, the rain helped.
ACTS = frozenset({"ASSAULT", "COERCE", "AID", "COOPERATE", "THREATEN"})
# Words with at least this score are unambiguous: condemn, praise.
STRONG = 0.75


def confidence(belief: float) -> float:
    """Return the confidence of a record for a belief."""
    return round(MARKED * belief, 2)


def belief(candidate: Candidate) -> float:
    """Return the belief in a candidate of the rules, 0 to 1."""
    features = candidate.features
    start = next((value for kind, value in KINDS.items() if kind in features), OTHER_KIND)
    shift = sum(SHIFTS.get(feature, 0.0) for feature in features)
    if "verb" in features and features & {"slot=that", "slot=inf"}:
        shift += SHIFTS["proposition"]
    if candidate.relation == "REQUEST":
        shift += SHIFTS["request"]
    if candidate.relation in ACTS and "agent=unknown" in features:
        shift += SHIFTS["act of a thing"]
    if abs(candidate.score) >= STRONG:
        shift += SHIFTS["strong"]
    return round(min(MAX_POSSIBLE, max(MIN_POSSIBLE, start + shift)), 2)
