# SPDX-License-Identifier: Apache-2.0
"""Anaphors: third-person pronouns and definite noun phrases, which may refer to an entity of the article."""

from collections.abc import Iterator
from typing import NamedTuple

from onrecord.nlp.coreference import nouns
from onrecord.nlp.coreference.agreement import is_compatriot
from onrecord.nlp.coreference.discourse import Discourse
from onrecord.nlp.coreference.referents import OTHER, Role
from onrecord.nlp.english.labels import MEASURES, NOUNS, PLURAL
from onrecord.nlp.english.parse import Parse
from onrecord.nlp.english.words import DEFINITE, INDEFINITE, pronouns

THIRD_PERSON = {word: pronoun for word, pronoun in pronouns().items() if pronoun.person == 3}
POSSESSIVE = frozenset(word for word, pronoun in THIRD_PERSON.items() if pronoun.form == "possessive") | {"her"}
DETERMINERS = DEFINITE - {"such"}
HEAD_TAGS = NOUNS | {"JJ", "CD"}
MALE = {"m": 1.0, "f": -1.0}
MAX_PREMODIFIERS = 12  # tokens before the head of a noun phrase
AGE = ["-", "year", "-"]  # before "old"
COMPATRIOT = nouns.NounKind(frozenset({"PERSON"}))
MODIFIERS = frozenset({"compound", "amod", "nmod", "poss", "nummod", "det"})


class Anaphor(NamedTuple):
    """A pronoun or a definite noun phrase.

    Attributes:
        token: its head.
        first: its first token.
        word: the head in lower case.
        male: the gender that it shows: 1, -1 (a woman) or 0.
        is_plural: whether it is plural.
        is_pronoun: whether it is a pronoun.
        kind: what its noun can refer to, if it is a known one.
        role: its syntactic role.
        clause: the verb that governs it.
        possessor: the head of the possessor of a noun: (her) son.
        modifiers: the modifiers of a noun, in lower case.
        determiner: the determiner of a noun, in lower case.
        named: the entity that a name right at a noun says it is: (Ann Lee), the mayor.
        part_of: the entity whose name continues the phrase: the mayor (Ann Lee), the city of (Alder Bay).
        groups: the groups of its noun (``nouns.groups``).
    """

    token: int
    first: int
    word: str
    male: float
    is_plural: bool
    is_pronoun: bool
    kind: nouns.NounKind | None
    role: Role
    clause: int
    possessor: int | None = None
    modifiers: frozenset[str] = frozenset()
    determiner: str = ""
    named: int | None = None
    part_of: int | None = None
    groups: frozenset[int] = frozenset()

    @property
    def noun_class(self) -> str:
        """The class of a noun; an empty string for a pronoun."""
        return "" if self.is_pronoun else nouns.class_of(self.kind, is_plural=self.is_plural)

    @property
    def rate(self) -> float:
        """How often its noun refers to something that the article names; 0 for a pronoun."""
        rates = nouns.rates()
        return 0.0 if self.is_pronoun else rates.get(self.word, rates.get(self.noun_class, 0.0))

    @property
    def is_person(self) -> bool:
        """Whether it is he or she."""
        return self.is_pronoun and self.male != 0


def find_anaphors(discourse: Discourse) -> Iterator[Anaphor]:
    """Yield the anaphors of a Doc in text order."""
    parse = discourse.parse
    introduced: set[str] = set()  # an American
    for token, word in enumerate(parse.lower):
        tag = parse.tag[token]
        pronoun = THIRD_PERSON.get(word)
        if pronoun is not None:
            if tag in ("PRP", "PRP$"):
                role, clause = discourse.role(token)
                # Only "they" and "themself" can be either.
                is_plural = pronoun.number != "singular"
                yield Anaphor(token, token, word, MALE.get(pronoun.gender, 0.0), is_plural, True, None, role, clause)
        elif tag in HEAD_TAGS and _is_compatriot(parse, token):
            if parse.has(token, *INDEFINITE) and parse.dep[token] not in ("appos", "attr"):
                introduced.add(word)
            found = _noun_phrase(discourse, token, COMPATRIOT) if word not in introduced else None
            if found is not None:
                yield found
        elif tag in HEAD_TAGS and token not in discourse.in_name:
            is_age = word == "old" and parse.lower[token - 3 : token] == AGE and discourse.role(token)[0] is not OTHER
            found = _noun_phrase(discourse, token, nouns.kind("-year-old" if is_age else word))
            if found is not None:
                yield found


def _noun_phrase(discourse: Discourse, token: int, kind: nouns.NounKind | None) -> Anaphor | None:
    parse, word = discourse.parse, discourse.parse.lower[token]
    if kind is None and (word not in discourse.by_word or parse.ent_type[token] in MEASURES):
        return None
    named, head = discourse.linked(token), token
    is_plural = parse.tag[token] in PLURAL
    if parse.dep[token] == "compound":
        if named is None or parse.tag[token] != "NN":
            return None
        head = parse.head[token]  # the mayor Ann Lee: the name has the article
    if named is not None and (is_plural or kind is None or discourse.referents[named].type not in kind.types):
        return None
    first, determiner, possessor, modifiers = token, "", None, []
    for child in reversed(parse.children[head]):
        if child >= token or (word == "old" and parse.dep[child] in ("punct", "npadvmod")):
            continue
        if token - child > MAX_PREMODIFIERS or parse.dep[child] not in MODIFIERS:
            break
        if parse.dep[child] == "poss":
            possessor = child
            determiner = parse.lower[child] if parse.lower[child] in POSSESSIVE else "'s"
        elif parse.lower[child] in DETERMINERS:
            determiner = parse.lower[child]
        elif parse.tag[child] in HEAD_TAGS or parse.tag[child] in ("JJS", "VBN"):
            modifiers.append(parse.lower[child])
        first = parse.left[child]
    if not determiner or (possessor is not None and determiner == "'s" and not _is_third_person(parse, possessor)):
        return None
    if kind is None and determiner != "the":  # the news may be Fox News, but not "their news"
        return None
    if kind is COMPATRIOT:
        modifiers.append(word)
    male = MALE.get(kind.gender if kind else "", 0.0)
    role, clause = discourse.role(token)
    if token - first > MAX_PREMODIFIERS:
        first = token
    return Anaphor(
        token,
        first,
        word,
        male,
        is_plural,
        False,
        kind,
        role,
        clause,
        possessor,
        frozenset(modifiers),
        determiner,
        named,
        discourse.in_name.get(token + 1 + (parse.lower[token + 1 : token + 2] == ["of"])),
        frozenset() if is_plural else nouns.groups(word),
    )


def _is_compatriot(parse: Parse, token: int) -> bool:
    """Whether a noun is a demonym that does not modify a noun: the Kenyan, not the Kenyan runner."""
    if not is_compatriot(parse.lower[token]) or parse.tag[token] in PLURAL or parse.dep[token] in MODIFIERS - {"poss"}:
        return False
    return HEAD_TAGS.isdisjoint(parse.tag[token + 1 : token + 2])


def _is_third_person(parse: Parse, possessor: int) -> bool:
    return parse.lower[possessor] not in ("my", "our", "your", "whose")
