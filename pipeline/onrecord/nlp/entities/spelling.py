"""Spelling of names: forms under which two spellings of one name are the same."""

import functools
import re
import unicodedata

# Letters without a decomposition into plain ones.
PLAIN_LETTERS = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ß": "ss", "æ": "ae", "œ": "oe", "ı": "i"}
)
# Transliterations of one sound of Cyrillic, Arabic or Hebrew, most specific first.
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


@functools.lru_cache(maxsize=65536)
def fold(word: str) -> str:
    """Return a word without accents, case, apostrophes, full stops: ``Erdoğan`` is ``erdogan``, ``U.S.`` is ``us``."""
    if word.isascii():
        return word.lower().replace(".", "").replace("'", "")
    plain = unicodedata.normalize("NFKD", word.casefold().translate(PLAIN_LETTERS))
    return "".join(letter for letter in plain if not unicodedata.combining(letter) and letter not in ".'’ʼ‘")


@functools.lru_cache(maxsize=65536)
def sound(word: str) -> str:
    """Return the form that transliterations of one name share: ``wolkoff`` and ``volkov`` are both ``volkov``."""
    for pattern, replacement in SOUNDS:
        word = pattern.sub(replacement, word)
    return word
