"""Inflected forms of English verbs, so that word lists name a verb once and no lemmatizer has to run.

Regular verbs follow the spelling rules of Quirk et al., *A Comprehensive Grammar of the English Language*, 3.5-3.10;
irregular ones are in ``lexicons/irregular_verbs.tsv``.
"""

import functools

from pipeline.nlp import lexicon

VOWELS = frozenset("aeiou")
# Verbs of more than one syllable that double the last consonant because it is stressed (and British -l).
DOUBLING = frozenset(
    [
        "admit",
        "allot",
        "commit",
        "compel",
        "concur",
        "confer",
        "control",
        "counsel",
        "defer",
        "deter",
        "dispel",
        "dispel",
        "equip",
        "equal",
        "excel",
        "expel",
        "forget",
        "incur",
        "infer",
        "label",
        "marshal",
        "occur",
        "omit",
        "outwit",
        "patrol",
        "permit",
        "prefer",
        "propel",
        "quarrel",
        "quip",
        "quit",
        "rebel",
        "rebut",
        "recur",
        "refer",
        "regret",
        "remit",
        "repel",
        "signal",
        "submit",
        "total",
        "transfer",
        "transmit",
        "travel",
        "unplug",
    ]
)


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
    return syllables == 1 or verb in DOUBLING


@functools.cache
def verb_forms(verb: str) -> tuple[str, ...]:
    """Return base, third person, past, past participle and -ing form of a verb, and British spellings of them.

    A particle or a preposition after the verb ("rule out") stays as it is.
    """
    head, _, tail = verb.partition(" ")
    forms = _head_forms(head)
    return tuple(f"{form} {tail}" for form in forms) if tail else forms


def _head_forms(verb: str) -> tuple[str, ...]:
    if verb.endswith(("s", "x", "z", "ch", "sh", "o")):
        third = verb + "es"
    elif verb.endswith("y") and verb[-2] not in VOWELS:
        third = verb[:-1] + "ies"
    else:
        third = verb + "s"
    stem = verb + verb[-1] if _doubles(verb) else verb
    if verb.endswith("ie"):
        gerund = verb[:-2] + "ying"
    elif verb.endswith("e") and not verb.endswith(("ee", "oe", "ye")):
        gerund = verb[:-1] + "ing"
    else:
        gerund = stem + "ing"
    if verb.endswith("e"):
        past = verb + "d"
    elif verb.endswith("y") and verb[-2] not in VOWELS:
        past = verb[:-1] + "ied"
    else:
        past = stem + "ed"
    irregular = _irregular().get(verb)
    pasts = tuple(form for form in irregular[1:] if form) if irregular else (past,)
    american = (verb + "ing", verb + "ed") if verb.endswith("l") and stem != verb else ()
    return tuple(dict.fromkeys((verb, third, *pasts, gerund, *american)))


def forms_to_verb(verbs: frozenset[str] | tuple[str, ...]) -> dict[str, str]:
    """Return every inflected form of the verbs, lower case, with the verb that it belongs to."""
    return {form: verb for verb in sorted(verbs) for form in verb_forms(verb)}
