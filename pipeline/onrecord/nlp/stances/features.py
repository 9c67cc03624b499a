# SPDX-License-Identifier: Apache-2.0
"""What the judge and the network of pairs know of a word: its stem, and its entry in the stance lexicon."""

import functools
from collections.abc import Sequence

from onrecord.nlp.english.parse import Parse, once_per_token
from onrecord.nlp.stances import lexicon
from onrecord.nlp.stances.lexicon import LexiconEntry
from onrecord.nlp.stances.verbs import verb_entries

# Labels whose word counts as well.
WORDED = frozenset({"prep", "agent", "mark", "prt"})
ENDINGS = (("ies", "y"), ("ied", "y"), ("ing", ""), ("ed", ""), ("es", ""), ("s", ""), ("e", ""))
MIN_STEM = 3


@functools.lru_cache(maxsize=1 << 13)
def stem(word: str) -> str:
    """Return a word without its ending, so that its forms are the same."""
    for ending, instead in ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= MIN_STEM:
            return word[: -len(ending)] + instead
    return word


@once_per_token
def first_entry(parse: Parse, token: int) -> LexiconEntry | None:
    """Return the first entry of a token in the stance lexicon."""
    tag, word = parse.tag[token][:2], parse.lower[token]
    found: Sequence[LexiconEntry] = ()
    if tag == "VB":
        found = verb_entries(parse, token) or lexicon.adjectives().get(word, ())
    elif tag in ("NN", "JJ"):
        found = (lexicon.nouns() if tag == "NN" else lexicon.adjectives()).get(word, ())
    return next((entry for entry in found if entry.score and entry.holder != "refuser"), None)


def sign(score: float) -> str:
    """Return the sign of a score as in the names of features."""
    return "+" if score > 0 else "-"
