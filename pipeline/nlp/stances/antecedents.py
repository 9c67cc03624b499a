"""Whom a third-person pronoun means: the nearest subject that fits, the salience of Lappin and Leass (1994) at its simplest.

Pronouns inside quotation marks are left alone: what "they" are to a speaker may have been said long before.
"""

from bisect import bisect_left

from pipeline.nlp.annotations import Entity, entities_of
from pipeline.nlp.entities import genders
from pipeline.nlp.stances.parse import Parse

HE, SHE = frozenset({"he", "him", "his"}), frozenset({"she", "her"})
IT, THEY = frozenset({"it", "its"}), frozenset({"they", "them", "their"})
# Those who must stand for someone, or their record says nothing. He, she, I and we are somebody, named or not.
NOBODY = (
    IT | THEY | {"this", "that", "these", "those", "which", "what", "such", "one", "others", "themselves", "itself"}
)
SUBJECTS = frozenset({"nsubj", "nsubjpass"})
# How far back a person stays in view, and a body: sentences.
VIEW_OF_PERSON, VIEW_OF_BODY = 3, 1
LOOK_BACK = 30  # names


class Antecedents:
    """The names of one article that pronouns may stand for."""

    def __init__(self, parse: Parse, entity_of: dict[int, int]) -> None:
        """Note the subjects among the names, in text order."""
        self.parse = parse
        self.entities: tuple[Entity, ...] = entities_of(parse.doc)
        self.genders = genders(parse.doc)
        self.subjects = [token for token in sorted(entity_of) if parse.dep[token] in SUBJECTS]
        self.entity_of = entity_of
        self._starts = sorted({start for start, _ in parse.sentence})

    def of(self, pronoun: int, *, quoted: bool) -> int | None:
        """Return the entity that a pronoun stands for, or None."""
        word = self.parse.lower[pronoun]
        if quoted or word not in HE | SHE | IT | THEY:
            return None
        here = self._sentence(pronoun)
        before = bisect_left(self.subjects, pronoun)
        for token in reversed(self.subjects[max(0, before - LOOK_BACK) : before]):
            entity = self.entity_of[token]
            distance = here - self._sentence(token)
            if distance > (VIEW_OF_PERSON if word in HE | SHE else VIEW_OF_BODY):
                return None
            if self._fits(word, entity):
                return entity
        return None

    def _sentence(self, token: int) -> int:
        return bisect_left(self._starts, self.parse.sentence[token][0])

    def _fits(self, word: str, entity: int) -> bool:
        kind = self.entities[entity].type
        if word in HE | SHE:
            return kind == "PERSON" and self.genders[entity] in (None, "m" if word in HE else "f")
        return kind in ("ORG", "GPE") if word in IT else kind in ("NORP", "ORG")
