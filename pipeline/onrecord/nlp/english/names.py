# SPDX-License-Identifier: Apache-2.0
"""Names: forms under which two spellings of one name are the same, and the small words in names."""

import functools
import re

from onrecord.data.names import fold as fold

# Words inside a name that are in lower case: van Dijk, al-Amin, Museum of the Sea.
PARTICLES = frozenset({
    "al", "el", "bin", "ibn", "bint", "abu", "ben", "de", "da", "das", "do", "dos", "del", "della", "den", "der",
    "di", "du", "la", "las", "le", "les", "los", "ten", "ter", "van", "von", "zu", "y", "e",
})  # fmt: skip
LINKS = frozenset({
    "of", "the", "and", "for", "in", "on", "to", "at", "de", "des", "du", "la", "&", "against",
})  # fmt: skip
GENERATIONS = frozenset({
    "jr", "sr", "ii", "iii", "iv",
})  # fmt: skip
# Ways in which one sound of Cyrillic, Arabic or Hebrew is written in Latin letters, most specific first.
SOUNDS: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern), sound)
    for pattern, sound in (
        (r"shch|sch", "sh"),
        (r"tch", "ch"),
        (r"dzh|dj", "j"),
        (r"kh|gh", "h"),
        (r"ph", "f"),
        (r"ck|q|c(?=[aourl])", "k"),
        (r"w", "v"),
        (r"off$|of$", "ov"),
        (r"eff$|ef$|yev$|iev$", "ev"),
        (r"oo|ou", "u"),
        (r"y", "i"),
        (r"j(?=i|$)", "i"),
        (r"ee", "i"),
        (r"x", "ks"),
        (r"(.)\1+", r"\1"),
        (r"ie", "e"),
        (r"(?<=.)h(?=$|[^aeiou])(?<![cs]h)", ""),
    )
)


@functools.lru_cache(maxsize=1 << 13)
def sound(word: str) -> str:
    """Return the form that transliterations of one name share: ``wolkoff`` and ``volkov`` are both ``volkov``."""
    for pattern, replacement in SOUNDS:
        word = pattern.sub(replacement, word)
    return word
