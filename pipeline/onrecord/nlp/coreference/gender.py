# SPDX-License-Identifier: Apache-2.0
"""The gender of a person: by titles, by the given name, or by its last letters."""

import functools
import math
from collections import Counter

from onrecord.nlp.annotations import Entity
from onrecord.nlp.english import lexicon
from onrecord.nlp.english.names import fold
from onrecord.nlp.entities import knowledge

TITLE_WORDS = 2  # between a title and the name at most: "Foreign Minister Mrs Clark"
TITLE_CHARACTERS = 24  # that hold that many words
ALONE = 0.9  # what a listed given name shows that is the whole name, and may be a surname
BY_LETTERS_ALONE = 0.3  # of a name of one word, which may be a surname
BY_LETTERS = 0.8  # what the last letters of a name show, relative to a listed name
ENDINGS = (1, 2, 3)  # letters


def endings(name: str) -> list[str]:
    """Return the features of a given name in lower case: its last letters, with ``^`` for its beginning, and its length."""
    marked = f"^{name}"
    return [*(marked[-size:] for size in ENDINGS), f"length {min(len(name), 8)}"]


@functools.cache
def _weights() -> dict[str, float]:
    return {feature: float(weight) for feature, weight in lexicon.rows("given_names", "weights")}


def male_by_letters(name: str) -> float:
    """Return how sure the last letters of a given name show a man, from -1 (a woman) to 1.

    A logistic regression on the listed names of men and women (``training/given_names.py``).
    """
    weights = _weights()
    odds = weights["bias"] + sum(weights.get(feature, 0.0) for feature in endings(name))
    return math.tanh(odds / 2)


def gender_score(entity: Entity, text: str) -> float:
    """Return how sure it is that a person is a man, from -1 (a woman) to 1; 0 if nothing shows it."""
    titles, shown = knowledge.titles(), Counter[str]()
    for mention in entity.mentions:
        start = mention.span.start
        for word in text[max(0, start - TITLE_CHARACTERS) : start].split()[-TITLE_WORDS:]:
            shown[titles.get(fold(word)) or ""] += 1
    if shown["m"] != shown["f"]:
        return 1.0 if shown["m"] > shown["f"] else -1.0
    guess = 0.0
    for name in (entity.name, *entity.aliases):
        first, *others = knowledge.words_of(name) or ("",)
        first = first.split("-")[0]
        gender = knowledge.given_names().get(first, "unlisted")
        if gender in ("m", "f"):
            male = 1.0 if gender == "m" else -1.0
            if others:
                return male
            if name == entity.name:  # no full name is known
                guess = ALONE * male
        elif gender == "unlisted" and len(first) > 2 and not guess and (others or name == entity.name):
            guess = (BY_LETTERS if others else BY_LETTERS_ALONE) * male_by_letters(first)
    return guess
