# SPDX-License-Identifier: Apache-2.0
"""Cues: the words that introduce someone's words, thoughts or plans, and the complements that each takes as content."""

import functools
from dataclasses import dataclass

from onrecord.nlp import lexicon
from onrecord.nlp.morphology import verb_forms


@dataclass(frozen=True, slots=True)
class Cue:
    """A cue word: its base form, its classes (the main one first) and the complements that it takes (``quote_cues.tsv``)."""

    lemma: str
    classes: tuple[str, ...]
    takes: frozenset[str]

    @property
    def is_speech(self) -> bool:
        """Whether it can introduce words in quotation marks."""
        return "quote" in self.takes


def _of(part: str) -> dict[str, Cue]:
    return {
        row[0]: Cue(row[0], tuple(row[2].split()), frozenset(row[3].split()))
        for row in lexicon.rows("quote_cues")
        if row[1] == part
    }


@functools.cache
def verbs() -> dict[str, Cue]:
    """Return every inflected form of the cue verbs."""
    cues = _of("verb")
    forms = {form: cue for verb, cue in cues.items() for form in verb_forms(verb)}
    return {**forms, **cues}


@functools.cache
def nouns() -> dict[str, Cue]:
    """Return the cue nouns, singular and plural."""
    forms: dict[str, Cue] = {}
    for noun, cue in _of("noun").items():
        plural = noun[:-1] + "ies" if noun[-1] == "y" and noun[-2] not in "aeiou" else noun
        plural = plural if plural != noun else noun + ("es" if noun.endswith(("s", "x", "ch", "sh")) else "s")
        forms[plural] = cue
        forms[noun] = cue
    return forms


@functools.cache
def adjectives() -> dict[str, Cue]:
    """Return the cue adjectives."""
    return _of("adjective")


@functools.cache
def nominals() -> dict[str, tuple[str, str]]:
    """Return, for each noun that refers to someone named elsewhere, the entity type (PERSON or ORG) and the gender or ""."""
    return {row[0]: (row[1], row[2]) for row in lexicon.rows("quote_nominals")}
