# SPDX-License-Identifier: Apache-2.0
"""What an explanation has. Nothing here imports spaCy."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from onrecord.data.records import Span

MAX_LINE = 160  # code points of a content in a list of alternatives


@dataclass(frozen=True, slots=True)
class Words:
    """Words of the article, and what they are in the record: content, cue, speaker."""

    role: str
    span: Span


@dataclass(frozen=True, slots=True)
class Step:
    """A number on the way to the confidence or the type, and how it was found."""

    value: float
    meaning: str


@dataclass(frozen=True, slots=True)
class Reason:
    """What counted for or against something.

    Attributes:
        weight: how much: of a feature, the logarithm of the odds; of a name's type, votes.
        meaning: what it is, in words.
        feature: its name among the weights.
        side: what it counts for, where there are more than two possibilities, such as a type.
    """

    weight: float
    meaning: str
    feature: str = ""
    side: str = ""


@dataclass(frozen=True, slots=True)
class Alternative:
    """What else it could have been, and how likely or how much supported that was.

    ``is_same`` says that it counts as the same: a quote that ends a word earlier.
    """

    value: float
    meaning: str
    is_same: bool = False


@dataclass(frozen=True, slots=True)
class Weighing:
    """To whom a pronoun or a noun phrase could refer.

    Attributes:
        mention: the pronoun or the head of the phrase.
        meant: to whom it refers; None for nobody known.
        how: how that was found.
        candidates: all who were weighed, the likeliest first.
        reasons: what made the difference between the first two, as features of the network.
    """

    mention: Span
    meant: str | None
    how: str
    candidates: tuple[Alternative, ...] = ()
    reasons: tuple[Reason, ...] = ()


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a record is as it is.

    Attributes:
        record_id: the id of the record.
        kind: its kind: entities, quotes or stances.
        claim: what it says, on one line.
        rule: what found it, a sentence each.
        words: the words of the article that it has.
        steps: the numbers on the way to its confidence, the last one is in the record.
        reasons: what counted, the strongest first.
        alternatives: what else it could have been, the likeliest first.
        weighings: to whom its pronouns and noun phrases could refer.
    """

    record_id: str
    kind: str
    claim: str
    rule: tuple[str, ...]
    words: tuple[Words, ...]
    steps: tuple[Step, ...]
    reasons: tuple[Reason, ...]
    alternatives: tuple[Alternative, ...]
    weighings: tuple[Weighing, ...] = ()


def reasons_of(names: Iterable[str], table: Mapping[str, float], meaning: Callable[[str], str]) -> tuple[Reason, ...]:
    """Return the features that have a weight, the strongest first."""
    weighed = [Reason(table[name], meaning(name), name) for name in names if table.get(name)]
    return tuple(sorted(weighed, key=lambda reason: (-abs(reason.weight), reason.feature)))


def shortened(text: str) -> str:
    """Return a text on one line, cut to a bounded length."""
    line = " ".join(text.split())
    return line if len(line) <= MAX_LINE else f"{line[: MAX_LINE - 1].rstrip()}…"
