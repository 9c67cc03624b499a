"""How far a candidate is believed.

``belief`` is the share of candidates of the rules like it that a reader of news, shown the record, would confirm: about four in five
at .8, a little more than half at .6, fewer than half at .4. The figures were set by hand after how each kind of rule fares on news
sentences whose stances are known; learning them from pairs of names made the rest worse (``docs/accuracy.md``).

``confidence`` is what goes into the records: the share that annotators mark as well, with the same parties and polarity, when they
are asked for all stances of a text and are shown none. That is less, since nobody marks everything that they would confirm.
"""

from collections.abc import Mapping
from types import MappingProxyType

from onrecord.nlp.stances.candidate import Candidate

# Where the confidence starts, by the kind of the rule.
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
# What the other features add to it.
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
# Below this a reader would meet more wrong stances than right ones of the kind.
LEAST_BELIEF = 0.4
# Of what a reader confirms, annotators who mark all stances of a text have marked three in five.
MARKED = 0.6
# What things do too, and mean nothing by it: the storm killed, the rain helped.
ACTS = frozenset({"ASSAULT", "COERCE", "AID", "COOPERATE", "THREATEN"})
# From this score on a word can hardly be meant otherwise: condemn, praise.
STRONG = 0.75


def confidence(belief: float) -> float:
    """Return a belief as the confidence of a record."""
    return round(MARKED * belief, 2)


def belief(candidate: Candidate) -> float:
    """Return how far a candidate of the rules is believed: 0 to 1."""
    features = candidate.features
    start = next((value for kind, value in KINDS.items() if kind in features), 0.5)
    shift = sum(SHIFTS.get(feature, 0.0) for feature in features)
    if "verb" in features and features & {"slot=that", "slot=inf"}:
        shift += SHIFTS["proposition"]
    if candidate.relation == "REQUEST":
        shift += SHIFTS["request"]
    if candidate.relation in ACTS and "agent=unknown" in features:
        shift += SHIFTS["act of a thing"]
    if abs(candidate.score) >= STRONG:
        shift += SHIFTS["strong"]
    return round(min(0.95, max(0.05, start + shift)), 2)
