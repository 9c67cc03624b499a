# SPDX-License-Identifier: Apache-2.0
"""Closed classes of words, in lower case, and lists of nouns and verbs that are not about quotes or stances alone."""

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from onrecord.nlp.english.lexicon import rows, words
from onrecord.nlp.english.morphology import plural, verb_forms

BE = frozenset((*verb_forms("be"), "been"))
BE_OR_SHORT = BE | {"'s", "’s", "'re", "’re", "'m", "’m"}
HAVE = frozenset((*verb_forms("have"), "'ve", "’ve"))
CONDITIONS = frozenset({"if", "unless", "whether", "lest"})
NEGATIONS = frozenset({"not", "n't", "n’t", "never", "nor", "neither", "no", "hardly", "scarcely", "cannot"})
NEGATIVE_PRONOUNS = frozenset({"nobody", "none", "neither", "nothing", "no-one"})
RELATIVE = frozenset({"who", "which", "that", "whom"})
DEFINITE = frozenset({"the", "this", "that", "these", "those", "such"})  # before a noun: something known
INDEFINITE = frozenset({"a", "an", "one"})


@dataclass(frozen=True, slots=True)
class Pronoun:
    """A pronoun's person (1 to 3), number, gender and form; number and gender are "" where it can have any."""

    person: int
    number: str
    gender: str
    form: str


@functools.cache
def pronouns() -> Mapping[str, Pronoun]:
    """Return the pronouns by their words."""
    table = rows("pronouns")
    return MappingProxyType({word: Pronoun(int(person), *rest) for word, person, *rest in table})


FIRST_PERSON = frozenset(word for word, pronoun in pronouns().items() if pronoun.person == 1)

# Words that say nothing of whom they mean; a party of a stance that is only such a word is nobody.
NOBODY = frozenset(pronouns()).union(
    ("this", "that", "these", "those", "which", "who", "what", "such", "one", "others", "some"),
    (some + body for some in ("some", "any", "every", "no") for body in ("one", "body", "thing")),
)


@functools.cache
def light_verbs() -> Mapping[tuple[str, str], float]:
    """Return the sign of (form, role) for the verbs whose object says what is done: voice support, win praise."""
    return MappingProxyType(
        {(form, role): float(sign) for verb, role, sign in rows("stance_light_verbs") for form in verb_forms(verb)}
    )


@functools.cache
def charging_verbs() -> frozenset[str]:
    """Return the forms of the verbs that hold their object responsible: accused the bank of hiding it, praised her for acting."""
    return frozenset(
        form
        for verb, slots, _, relation, _ in rows("stance_verbs")
        if "obj" in slots.split(",") and relation in ("ACCUSE", "SUPPORT")
        for form in verb_forms(verb.partition(" ")[0])
    )


@functools.cache
def person_nouns() -> frozenset[str]:
    """Return the nouns, singular and plural, for people and organizations."""
    found = with_plurals("stance_agents") | {"women", "wives", "thieves", "people"}
    return found | {noun[:-3] + "men" for noun in found if noun.endswith("man")}


@functools.cache
def source_nouns() -> Mapping[str, tuple[str, str]]:
    """Return the class of nouns for sources (``source_nouns.tsv``), singular and plural, with the noun under which they are looked up.

    Nouns for people and bodies of the other lexicons have the classes "people" and "body".
    """
    listed = (*rows("quote_nominals"), *rows("entity_kinds"))
    bodies = {
        noun.lower(): "document" if kind == "WORK_OF_ART" else "body" for noun, kind, *_ in listed if kind != "PERSON"
    }
    people = [noun for noun, kind, *_ in rows("quote_nominals") if kind == "PERSON"]
    people += [noun.lower() for noun, kind, *_ in rows("entity_titles") if kind not in ("honorific", "honour")]
    types = {noun: kinds.split() for noun, kinds, *_ in rows("coreference_nouns")}
    people += [noun for noun, kinds in types.items() if "PERSON" in kinds]
    bodies |= {noun: "body" for noun, kinds in types.items() if not {"ORG", "GPE"}.isdisjoint(kinds)}
    documents = {noun: "document" for noun, kinds in types.items() if kinds[0] in ("LAW", "WORK_OF_ART")}
    found = {
        **dict.fromkeys(words("stance_agents"), "people"),
        **bodies,
        **documents,
        **dict.fromkeys(people, "people"),
    }
    table = {noun: (kind, noun) for noun, kind in found.items()}
    table |= {noun: (kind, key or noun) for noun, kind, key in rows("source_nouns")}
    return MappingProxyType({plural(noun): entry for noun, entry in table.items()} | table)


@functools.cache
def nominals() -> Mapping[str, tuple[str, str]]:
    """Return, for each noun that refers to someone named elsewhere, the entity type (PERSON or ORG) and the gender or ""."""
    return MappingProxyType({row[0]: (row[1], row[2]) for row in rows("quote_nominals")})


@functools.cache
def with_plurals(name: str) -> frozenset[str]:
    """Return the nouns of a list, singular and plural."""
    singular = words(name)
    return singular | {plural(noun) for noun in singular}


@functools.cache
def with_forms(name: str) -> frozenset[str]:
    """Return all forms of the verbs of a list."""
    return frozenset(form for verb in words(name) for form in verb_forms(verb))
