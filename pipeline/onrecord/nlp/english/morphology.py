# SPDX-License-Identifier: Apache-2.0
"""Inflected forms of English verbs, so that word lists name a verb once and no lemmatizer is needed; plurals of nouns.

Regular verbs follow the spelling rules of Quirk et al., *A Comprehensive Grammar of the English Language*, 3.5-3.10;
irregular ones are in ``lexicons/irregular_verbs.tsv``.
"""

import functools

from onrecord.nlp.english import lexicon

VOWELS = frozenset("aeiou")
# The only verbs whose third person or -ing form does not follow from the base.
ODD_THIRD_PERSONS = {"be": ("is", "are", "am"), "have": ("has",)}
ODD_GERUNDS = {"be": "being"}


@functools.cache
def _irregular() -> dict[str, tuple[str, ...]]:
    return {row[0]: row for row in lexicon.rows("irregular_verbs")}


def _doubles(verb: str) -> bool:
    """Whether the last consonant is doubled before -ed and -ing: stop, stopped; but open, opened."""
    if len(verb) < 3 or verb[-1] in VOWELS or verb[-1] in "wxy" or verb[-2] not in VOWELS:
        return False
    if verb[-3] in VOWELS and not verb.endswith(("quip", "quit")):
        return False
    syllables = sum(letter in VOWELS and (i == 0 or verb[i - 1] not in VOWELS) for i, letter in enumerate(verb))
    return syllables == 1 or verb in lexicon.words("doubling_verbs")


@functools.cache
def verb_forms(verb: str) -> tuple[str, ...]:
    """Return base, third person, past, past participle and -ing form of a verb, and British spellings of them.

    A particle or a preposition after the verb ("rule out") stays as it is.
    """
    head, _, tail = verb.partition(" ")
    forms = _head_forms(head)
    return tuple(f"{form} {tail}" for form in forms) if tail else forms


def with_s(word: str) -> str:
    """Return the third person of a regular verb, which is spelled as the plural of a regular noun is."""
    if word.endswith(("s", "x", "z", "ch", "sh", "o")):
        return word + "es"
    return word[:-1] + "ies" if word.endswith("y") and word[-2] not in VOWELS else word + "s"


def plural(noun: str) -> str:
    """Return the regular plural of a noun."""
    return noun + "s" if noun.endswith("o") else with_s(noun)


def _third_person(verb: str) -> tuple[str, ...]:
    return ODD_THIRD_PERSONS.get(verb) or (with_s(verb),)


def _gerund(verb: str, stem: str) -> str:
    if verb in ODD_GERUNDS:
        return ODD_GERUNDS[verb]
    if verb.endswith("ie"):
        return verb[:-2] + "ying"
    return verb[:-1] + "ing" if verb.endswith("e") and not verb.endswith(("ee", "oe", "ye")) else stem + "ing"


def _pasts(verb: str, stem: str) -> tuple[str, ...]:
    if verb in _irregular():
        return tuple(form for form in _irregular()[verb][1:] if form)
    if verb.endswith("e"):
        return (verb + "d",)
    return (verb[:-1] + "ied",) if verb.endswith("y") and verb[-2] not in VOWELS else (stem + "ed",)


def _head_forms(verb: str) -> tuple[str, ...]:
    stem = verb
    if _doubles(verb):
        stem = verb + verb[-1]
    elif verb.endswith("ic"):  # panicked, mimicking
        stem = verb + "k"
    american = (verb + "ing", verb + "ed") if verb.endswith("l") and stem != verb else ()
    return tuple(dict.fromkeys((verb, *_third_person(verb), *_pasts(verb, stem), _gerund(verb, stem), *american)))


def forms_to_verb(verbs: frozenset[str] | tuple[str, ...]) -> dict[str, str]:
    """Return every inflected form of the verbs, lower case, with the verb that it belongs to."""
    return {form: verb for verb in sorted(verbs) for form in verb_forms(verb)}
