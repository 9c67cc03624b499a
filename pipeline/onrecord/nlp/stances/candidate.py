"""A possible stance, as the rules find it; whether it is believed is decided in ``judgement``."""

from dataclasses import dataclass

from onrecord.nlp.stances.parse import Phrase


@dataclass(frozen=True, slots=True)
class Candidate:
    """Someone's possible stand toward something.

    ``holder`` is the token of the holder, None where whoever voices the clause holds it. ``expression`` are the tokens that
    carry it, ``predicate`` is the one among them whose clause it is. ``features`` are what the judgement goes by.
    """

    predicate: int
    holder: int | None
    target: Phrase
    score: float
    expression: tuple[int, ...]
    features: frozenset[str]
    relation: str | None = None
