# SPDX-License-Identifier: Apache-2.0
"""A possible stance; ``rule_confidence`` decides how likely it is."""

from dataclasses import dataclass

from onrecord.nlp.english.syntax import Phrase


@dataclass(frozen=True, slots=True)
class Candidate:
    """One possible stance.

    Attributes:
        predicate: the token of the expression that heads its clause.
        holder: the token of the holder; None where the speaker of the clause is the holder.
        target: the phrase of the target.
        score: from -1 (opposition) to 1 (support).
        expression: the tokens that express the stance.
        features: how it was found, and what affects its confidence.
        relation: its PLOVER event type.
    """

    predicate: int
    holder: int | None
    target: Phrase
    score: float
    expression: tuple[int, ...]
    features: frozenset[str]
    relation: str | None = None
