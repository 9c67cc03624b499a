# SPDX-License-Identifier: Apache-2.0
"""What common nouns can refer to: "the minister" a person, "the company" an organization, "the country" a state."""

import functools
import re
from collections.abc import Iterable
from dataclasses import dataclass

from onrecord.nlp.english import lexicon
from onrecord.nlp.english.morphology import with_s
from onrecord.nlp.learned import arrays

GROUPS = frozenset({"ORG", "NORP"})
# Nouns that end so are for people, with their gender: cellist.
OF_PEOPLE = {"woman": "f", "man": "m", "person": "", "ist": "", "ician": ""}
MIN_BEFORE_ENDING = 3
NOT_OF_PEOPLE = re.compile("(?:[hkty]l|s)ist$")  # checklist, assist


@dataclass(frozen=True, slots=True)
class NounKind:
    """What a noun can refer to: the types of entities, the gender (m, f or an empty string), and whether it is an office."""

    types: frozenset[str]
    gender: str = ""
    is_office: bool = False

    @property
    def is_person(self) -> bool:
        """Whether it is a noun for people."""
        return "PERSON" in self.types

    @property
    def is_group(self) -> bool:
        """Whether "they" can refer to it in the singular: the committee."""
        return not GROUPS.isdisjoint(self.types) and not self.is_person


@functools.cache
def rates() -> dict[str, float]:
    """Return how often each noun refers to something that the article names; of other nouns, each class does."""
    found = arrays("coreference")
    return dict(zip(found["nouns"].tolist(), found["rates"].tolist(), strict=True)) if "nouns" in found else {}


def class_of(kind: NounKind | None, *, is_plural: bool) -> str:
    """Return the class of a noun, by which those are judged that no annotated article had."""
    return " ".join(["*", *sorted(kind.types if kind else ()), *(["plural"] if is_plural else [])])


@functools.cache
def _kinds() -> dict[str, NounKind]:
    types: dict[str, set[str]] = {}
    genders: dict[str, str] = {}
    for noun, kind, gender in lexicon.rows("quote_nominals"):
        types.setdefault(noun, set()).add(kind)
        genders[noun] = gender
    for noun, kind in lexicon.rows("entity_kinds"):
        types.setdefault(noun.lower(), set()).add(kind)
    for noun, kind, gender, _ in lexicon.rows("entity_titles"):
        if kind != "honorific":
            types.setdefault(noun.lower(), set()).add("PERSON")
            genders.setdefault(noun.lower(), gender)
    for row in lexicon.rows("coreference_nouns"):
        types[row[0]] = set(row[1].split())
        genders[row[0]] = row[2] or genders.get(row[0], "")
    offices = {noun.lower() for noun, kind, *_ in lexicon.rows("entity_titles") if kind == "office"}
    found = {
        noun: NounKind(frozenset(kinds), genders.get(noun, ""), noun in offices and kinds == {"PERSON"})
        for noun, kinds in types.items()
    }
    plural = {with_s(noun): kind for noun, kind in found.items()}
    return {**plural, **found}


def kind(noun: str) -> NounKind | None:
    """Return what a noun in lower case can refer to; None if neither the lexicons nor its ending tell."""
    if noun.endswith("-year-old"):
        return NounKind(frozenset({"PERSON"}))
    found = _kinds().get(noun)
    if found is None and not NOT_OF_PEOPLE.search(noun):
        for ending, gender in OF_PEOPLE.items():
            if noun.endswith(ending) and len(noun) >= len(ending) + MIN_BEFORE_ENDING:
                return NounKind(frozenset({"PERSON"}), gender)
    return found


@functools.cache
def _groups() -> dict[str, frozenset[int]]:
    found: dict[str, set[int]] = {}
    for number, row in enumerate(lexicon.rows("coreference_groups")):
        for noun in row[0].split():
            found.setdefault(noun, set()).add(number)
    return {noun: frozenset(numbers) for noun, numbers in found.items()}


def groups(noun: str) -> frozenset[int]:
    """Return the groups of nouns that may take up one another of which a noun is a member, by their numbers."""
    return _groups().get(noun, frozenset())


def types(noun: str) -> frozenset[str]:
    """Return the types of entities that a noun can refer to; none if it is not known."""
    found = kind(noun)
    return found.types if found is not None else frozenset()


def gender(words: Iterable[str]) -> float:
    """Return the gender that nouns for a person show: 1 for a man, -1 for a woman, 0 if none or both do."""
    shown = {found.gender for word in words if (found := kind(word)) is not None and found.gender}
    return {frozenset("m"): 1.0, frozenset("f"): -1.0}.get(frozenset(shown), 0.0)
