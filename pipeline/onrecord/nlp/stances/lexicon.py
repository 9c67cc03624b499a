# SPDX-License-Identifier: Apache-2.0
"""The stance lexicon: which words take a stance, and which of their arguments are holder and target.

The **target slots** of an entry name the position of the target, seen from the word:

``obj`` object (of a passive: its subject); ``who`` an object that names someone; ``ing``, ``inf``, ``that`` a clause of that form;
``dat`` the recipient; ``causee`` the one who is let or made to do something;
``subj`` the subject; ``poss`` the possessor; any other: the preposition before it.
``lack`` and ``have``: the subject that lacks or has what the noun names; ``none``: the thing for which it does not exist.

Its **holder slot** is ``subj``, ``obj``, ``poss`` (possessor, or the subject of a light verb), ``self`` (the person whom the
noun describes), ``seeker`` (who demands it), ``refuser`` (the subject, who refuses to) or ``source`` (the speaker).
"""

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from onrecord.nlp.english.lexicon import rows
from onrecord.nlp.english.morphology import plural, verb_forms


@dataclass(frozen=True, slots=True)
class LexiconEntry:
    """One sense of a word that expresses a stance; ``particle`` is the second word of a phrasal verb, or empty."""

    word: str
    particle: str
    slots: tuple[str, ...]
    score: float
    relation: str | None
    holder: str


Entries = Mapping[str, tuple[LexiconEntry, ...]]


def _entries(name: str) -> dict[str, list[LexiconEntry]]:
    found: dict[str, list[LexiconEntry]] = {}
    for word, slots, score, relation, holder in rows(name):
        base, _, particle = word.partition(" ")
        entry = LexiconEntry(base, particle, tuple(slots.split(",")), float(score), relation or None, holder)
        found.setdefault(base, []).append(entry)
    return found


@functools.cache
def verbs() -> Entries:
    """Return the entries of every form of the stance verbs."""
    forms: dict[str, list[LexiconEntry]] = {}
    for verb, entries in _entries("stance_verbs").items():
        for form in verb_forms(verb):
            forms.setdefault(form, []).extend(entries)
    return MappingProxyType({form: tuple(entries) for form, entries in forms.items()})


@functools.cache
def transitive_verbs() -> frozenset[str]:
    """Return the forms of the stance verbs that have their object as a target."""
    return frozenset(
        form
        for form, entries in verbs().items()
        if any("obj" in entry.slots and not entry.particle and entry.holder != "refuser" for entry in entries)
    )


@functools.cache
def nouns() -> Entries:
    """Return the entries of the stance nouns, singular and plural."""
    forms: dict[str, tuple[LexiconEntry, ...]] = {}
    for noun, entries in _entries("stance_nouns").items():
        for form in (noun, plural(noun)):
            forms.setdefault(form, tuple(entries))
    return MappingProxyType(forms)


@functools.cache
def adjectives() -> Entries:
    """Return the entries of the stance adjectives."""
    return MappingProxyType({word: tuple(entries) for word, entries in _entries("stance_adjectives").items()})


def _verb_table(name: str) -> dict[str, tuple[str, ...]]:
    """Return the rows of a list of verbs by every form of the verb."""
    return {form: row for row in rows(name) for form in verb_forms(row[0])}


@functools.cache
def control_verbs() -> Mapping[str, float]:
    """Return, by form, the factor on the stance of the infinitive that follows the verb."""
    return MappingProxyType({form: float(row[1]) for form, row in _verb_table("stance_control_verbs").items()})


@functools.cache
def judging_verbs() -> frozenset[tuple[str, str]]:
    """Return (form, pattern) of the verbs that attribute a quality to their object."""
    return frozenset((form, row[1]) for row in rows("stance_judging_verbs") for form in verb_forms(row[0]))


@functools.cache
def reciprocal_verbs() -> Mapping[str, tuple[frozenset[str], float, str]]:
    """Return, by form, the objects (none: any), score and relation of the verbs that express a stance between coordinated subjects."""
    table = _verb_table("stance_reciprocal_verbs")
    return MappingProxyType(
        {
            form: (frozenset(filter(None, objects.split(","))), float(score), relation)
            for form, (_, objects, score, relation) in table.items()
        }
    )
