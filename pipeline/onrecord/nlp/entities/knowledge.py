# SPDX-License-Identifier: Apache-2.0
"""Knowledge about names: titles, given names, well-known places and organizations."""

import functools
from dataclasses import dataclass
from typing import Literal, TypeAlias, cast

from onrecord.data.names import words_of as words_of
from onrecord.data.records import EntityType
from onrecord.nlp.english import lexicon
from onrecord.nlp.english.morphology import with_s
from onrecord.nlp.english.names import LINKS, fold

Gender: TypeAlias = Literal["m", "f"]
Words: TypeAlias = tuple[str, ...]

MAX_SHORT_ACRONYM = 3  # letters; longer ones are also written Nato, Unesco


@dataclass(frozen=True, slots=True)
class Known:
    """A well-known name: its type, and the words of the name that all its other names are filed under.

    An unsure one is also a common word or a person's name: it counts only where the model found a name.
    """

    type: EntityType
    canonical: Words
    sure: bool


@functools.cache
def known_names() -> dict[Words, Known]:
    """Return the well-known names by their words."""
    return {
        words_of(name): Known(cast("EntityType", kind), words_of(canonical or name), not unsure)
        for name, kind, canonical, unsure in lexicon.rows("entity_known")
    }


@functools.cache
def short_acronyms() -> frozenset[Words]:
    """Return the well-known acronyms that are a word, or another place's abbreviation, in other letters: WHO, LA."""
    names = (row[0].replace(".", "") for row in lexicon.rows("entity_known"))
    return frozenset(words_of(name) for name in names if name.isupper() and len(name) <= MAX_SHORT_ACRONYM)


@functools.cache
def state_abbreviations() -> dict[str, Words]:
    """Return the words of the states of the United States by their abbreviations: Pa., N.Y."""
    return {short: words_of(state) for short, state in lexicon.rows("entity_states")}


@functools.cache
def titles() -> dict[str, Gender | None]:
    """Return the titles before a person's name (Mr, Senator, Col), with the gender that they show."""
    return {
        fold(title): cast("Gender", gender) if gender else None
        for title, kind, gender, _ in lexicon.rows("entity_titles")
        if kind not in ("calling", "honour")
    }


@functools.cache
def sure_titles() -> frozenset[str]:
    """Return the titles that rarely begin another name: not General, as in General Motors."""
    ambiguous = {fold(title) for title, *_, use in lexicon.rows("entity_titles") if use == "ambiguous"}
    return frozenset(titles()) - ambiguous


@functools.cache
def ranks() -> frozenset[str]:
    """Return the titles that are ranks and begin no other name: Councilmember."""
    return sure_titles() & {fold(title) for title, kind, *_ in lexicon.rows("entity_titles") if kind == "rank"}


@functools.cache
def offices() -> frozenset[str]:
    """Return the nouns for occupations: president, spokeswoman, midfielder."""
    rows = lexicon.rows("entity_titles")
    return frozenset(fold(title) for title, kind, *_ in rows if kind not in ("honorific", "honour"))


@functools.cache
def honours() -> frozenset[str]:
    """Return what follows a person's name and does not belong to it, as it is written: OBE, MP, Esq."""
    rows = lexicon.rows("entity_titles")
    return frozenset(word for word, kind, _, use in rows if kind == "honour" or use == "behind")


@functools.cache
def portfolios() -> frozenset[Words]:
    """Return the portfolios of ministers, as words: ("foreign", "affairs")."""
    return frozenset(map(words_of, lexicon.words("entity_portfolios")))


@functools.cache
def common_words() -> frozenset[str]:
    """Return words that are written like names but are not names: Court, GMT."""
    return frozenset(map(fold, lexicon.words("entity_common")))


@functools.cache
def designators() -> dict[str, EntityType]:
    """Return the words that end the name of an organization or place and say what it is: Ministry, Airport, Corp."""
    return {fold(word): cast("EntityType", kind) for word, kind, _ in lexicon.rows("entity_designators")}


@functools.cache
def designating_surnames() -> frozenset[str]:
    """Return those of the words that are surnames as well: Church, Lake."""
    return frozenset(fold(word) for word, _, use in lexicon.rows("entity_designators") if use == "surname")


def designated(words: Words) -> EntityType | None:
    """Return what the last word of a name, or its first before "of" and the like, says that it is: ``Treaty on the Moon``."""
    if len(words) < 2:
        return None
    if len(words) > 2 and words[1] in LINKS and words[0] in designators():
        return designators()[words[0]]
    return designators().get(words[-1])


@functools.cache
def kinds() -> dict[str, EntityType]:
    """Return the nouns that say what a name next to them is: newspaper, village."""
    return {noun: cast("EntityType", kind) for noun, kind in lexicon.rows("entity_kinds")}


@functools.cache
def plural_kinds() -> dict[str, EntityType]:
    """Return the plurals of those nouns: newspapers, cities."""
    return {with_s(noun): kind for noun, kind in kinds().items()}


@functools.cache
def legal_forms() -> frozenset[str]:
    """Return the designators that may be left out of a name: Corp, Inc, plc."""
    return frozenset(fold(word) for word, _, use in lexicon.rows("entity_designators") if use == "legal")


@functools.cache
def given_names() -> dict[str, Gender | None]:
    """Return frequent given names, folded; names of both women and men have no gender."""
    return {
        fold(name): cast("Gender", gender) if gender in ("m", "f") else None
        for name, gender in lexicon.rows("name_given")
    }


@functools.cache
def nicknames() -> dict[str, frozenset[str]]:
    """Return short forms of given names with their full forms: Bill, William."""
    return {fold(row[0]): frozenset(map(fold, filter(None, row[1:]))) for row in lexicon.rows("name_nicknames")}
