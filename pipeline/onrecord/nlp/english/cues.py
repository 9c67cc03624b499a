# SPDX-License-Identifier: Apache-2.0
"""Cues: the words that introduce someone's words, thoughts or plans, and the complements that each takes as content."""

import functools
from dataclasses import dataclass

from onrecord.nlp.english import lexicon
from onrecord.nlp.english.morphology import plural, verb_forms


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


def verb_class(form: str) -> str:
    """Return the main class of a form of a cue verb; an empty string for other words."""
    cue = verbs().get(form)
    return cue.classes[0] if cue else ""


@functools.cache
def nouns() -> dict[str, Cue]:
    """Return the cue nouns, singular and plural."""
    cues = _of("noun")
    return {**{plural(noun): cue for noun, cue in cues.items()}, **cues}


@functools.cache
def adjectives() -> dict[str, Cue]:
    """Return the cue adjectives."""
    return _of("adjective")
