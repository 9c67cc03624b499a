# SPDX-License-Identifier: Apache-2.0
"""A possible stance; ``judge`` decides how likely it is."""

from collections.abc import Iterable
from dataclasses import dataclass

from onrecord.nlp.english.parse import Parse
from onrecord.nlp.english.syntax import Phrase, phrase_of
from onrecord.nlp.stances.modality import Mood


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


def expressed(
    parse: Parse,
    word: int,
    holder: int | None,
    target: int,
    score: float,
    how: Mood,
    features: Iterable[str],
    relation: str | None,
    *,
    clause: bool = False,
    charged: bool = False,
    with_words: Iterable[int] = (),
) -> Candidate:
    """Return the stance that a word expresses in its mood; ``with_words`` are other words of the expression."""
    return Candidate(
        predicate=word,
        holder=holder,
        target=phrase_of(parse, target, clause=clause, charged=charged),
        score=score,
        expression=tuple(sorted({word, *how.words, *with_words})),
        features=frozenset(features) | how.features,
        relation=relation,
    )
