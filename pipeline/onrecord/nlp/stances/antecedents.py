# SPDX-License-Identifier: Apache-2.0
"""Antecedents of third-person pronouns: the nearest subject that fits, the simplest form of salience (Lappin and Leass 1994).

He and she refer to named persons. They and it may refer to any noun of the sentence or the one before: "the farmers" who oppose the
dam, "the plan" that they reject. Inside quotation marks only "they" and "it" are resolved, and only within the quote: the speaker may
have mentioned their antecedent long before.
"""

from bisect import bisect_left

from onrecord.nlp.annotations import Entity, Quote, entities_of
from onrecord.nlp.english.labels import ACTORS, MEASURES, PLURAL, SUBJECTS
from onrecord.nlp.english.parse import Parse
from onrecord.nlp.entities import genders
from onrecord.nlp.stances.arguments import can_hold_stance

HE, SHE = frozenset({"he", "him", "his"}), frozenset({"she", "her"})
IT, THEY = frozenset({"it", "its"}), frozenset({"they", "them", "their"})
# Pronouns that must be resolved, or their record says nothing. He, she, I and we are people, named or not.
NOBODY = (
    IT | THEY | {"this", "that", "these", "those", "which", "what", "such", "one", "others", "themselves", "itself"}
)
# The labels of the nouns that "it" and "they" may refer to, and those of pronouns that act.
ARGUMENTS = (*SUBJECTS, "dobj")
ACTING = frozenset({"nsubj", "poss"})
# Sentences back to the antecedent: a person, an organization or a thing.
VIEW_OF_PERSON, VIEW_OF_BODY = 3, 1
LOOK_BACK = 30  # names, nouns


class Antecedents:
    """The nouns of one article that pronouns may refer to."""

    def __init__(self, parse: Parse, entity_of: dict[int, int]) -> None:
        self.parse = parse
        self.entities: tuple[Entity, ...] = entities_of(parse.doc)
        self.genders = genders(parse.doc)
        self.subjects = [token for token in sorted(entity_of) if parse.dep[token] in SUBJECTS]
        self.nouns = [
            token
            for token in range(len(parse))
            if parse.dep[token] in ARGUMENTS
            and parse.tag[token].startswith("NN")
            and parse.ent_type[token] not in MEASURES
        ]
        self.entity_of = entity_of

    def of(self, pronoun: int, quote: Quote | None) -> int | None:
        """Return the token that a pronoun refers to, or None; ``quote`` is the quote that it is in."""
        word = self.parse.lower[pronoun]
        if word in IT | THEY:
            return self._thing(pronoun, quote)
        if quote is None and word in HE | SHE:
            return self._person(pronoun)
        return None

    def fuller(self, noun: int) -> int | None:
        """Return the earlier mention of "the officials" that has a name: Peruvian officials, in the sentences before."""
        parse, here = self.parse, self.parse.sentence[noun]
        before = bisect_left(self.nouns, noun)
        for token in reversed(self.nouns[max(0, before - LOOK_BACK) : before]):
            if here - self.parse.sentence[token] > VIEW_OF_PERSON:
                return None
            if parse.lower[token] == parse.lower[noun]:
                is_named = any(parse.ent_type[child] in ACTORS and child < token for child in parse.children[token])
                return token if is_named else None
        return None

    def _person(self, pronoun: int) -> int | None:
        here, word = self.parse.sentence[pronoun], self.parse.lower[pronoun]
        before = bisect_left(self.subjects, pronoun)
        for token in reversed(self.subjects[max(0, before - LOOK_BACK) : before]):
            if here - self.parse.sentence[token] > VIEW_OF_PERSON:
                return None
            entity = self.entity_of[token]
            if self.entities[entity].type == "PERSON" and self.genders[entity] in (None, "m" if word in HE else "f"):
                return token
        return None

    def _thing(self, pronoun: int, quote: Quote | None) -> int | None:
        """Return what "it" or "they" refers to: the nearest noun that fits, and only a subject where the pronoun acts."""
        parse, here = self.parse, self.parse.sentence[pronoun]
        acts = parse.dep[pronoun] in ACTING
        own = parse.child(parse.head[pronoun], *SUBJECTS)
        before = bisect_left(self.nouns, pronoun)
        for token in reversed(self.nouns[max(0, before - LOOK_BACK) : before]):
            if here - self.parse.sentence[token] > VIEW_OF_BODY:
                return None
            if quote is not None and not any(span.start <= parse.doc[token].idx < span.end for span in quote.content):
                return None
            if token != own and (parse.dep[token] in SUBJECTS or not acts) and self._fits(pronoun, token, acts=acts):
                return token
        return None

    def _fits(self, pronoun: int, noun: int, *, acts: bool) -> bool:
        """Whether a noun agrees with a pronoun in number and, where the pronoun acts, can act."""
        parse = self.parse
        kind = can_hold_stance(parse, noun)
        if parse.lower[pronoun] in THEY:
            many = parse.tag[noun] in PLURAL or parse.ent_type[noun] == "NORP" or parse.child(noun, "conj") is not None
            body = parse.ent_type[noun] == "ORG" and acts
            return (many or body) and (not acts or kind in ("name", "yes"))
        if parse.tag[noun] in PLURAL or parse.ent_type[noun] in ("PERSON", "NORP"):
            return False
        is_body = parse.ent_type[noun] in ("ORG", "GPE") or (parse.tag[noun] == "NNP" and not parse.ent_type[noun])
        return is_body if acts else kind != "yes"
