# SPDX-License-Identifier: Apache-2.0
"""Near-duplicates: whether a text adds nothing to another one, and which of many texts are worth comparing.

Texts are compared as lists of hashed words, so what a copy changes (case, punctuation, layout) does not matter. Candidates are texts that
share one of a few keys: hashes of word sequences, chosen by MinHash's idea that the smallest hashes of two sets are likely the same
ones (Broder 1997, "On the resemblance and containment of documents"). Resemblance is of no use to decide about them: half of a story
resembles the whole story less than one company's automatically written earnings report resembles another's. So each candidate is
compared word by word: what it adds, and whether its names and numbers are the same.
"""

import zlib
from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from onrecord.data.versions import NEVER, micros

Words = NDArray[np.uint32]

UNDATED = micros(NEVER)

MIN_WORDS = 60  # shorter texts are not compared: a few words that differ may be all that they report
KEYS = (
    12  # per text; of a text cut in half with every 20th word changed, about four are still among those of the original
)
KEY_WORDS = 6  # per sequence: fewer are shared by unrelated texts, more by too few copies with changed words
SEQUENCE_WORDS = 4  # words in a sequence that both texts have are copied
MAX_CHANGED = 6  # words in a row between copied ones that count as changed rather than as new
# What a copy may add: a headline, a byline, a promo; and of a long text, some words per hundred.
MAX_NEW = 45
MAX_NEW_SHARE = 0.05
MAX_NEW_OF_SHORT = 0.4
MIN_LONGER = 60  # words, besides MAX_NEW_SHARE: a text without a date that is longer by this was cut in the other; less may be a promo
MIN_QUOTE = 10  # words in a line, more than most headlines have; a text that adds a quote is not a copy, or the quote would be lost
# What a copy may change of the names and numbers. Reports from a template change nearly all of them, and hardly anything else.
MAX_FACTS = 2
MAX_FACTS_SHARE = 0.15
MAX_SIMILARITY = 0.999  # of texts that are not equal
# Texts that are compared with the others that share a key: those published first, and the longest. The limit bounds the work for phrases
# that thousands of texts have; copies share other keys with each other.
FIRST = 4
LONGEST = 4

MAX_KNOWN_WORDS = 100_000  # whose hashes a process keeps, about 15 MB
MAX_KNOWN_LENGTH = 30  # code points of such a word

_QUOTES = '"“„«‘'
# Flags in the lowest bits of a hashed word.
_NAME = 1  # not in lower case: a name, a number, the first word of a sentence
_NUMBER = 2  # has a digit
_OPENS_QUOTE = 4
_BEGINS_LINE = 8
_FLAGS = 15
# Odd 64-bit numbers with no pattern; a sum of products with them, without its lower bits, is a universal hash (Dietzfelbinger 1996).
_FACTORS = np.array(
    [
        0x9E3779B97F4A7C15,
        0xC2B2AE3D27D4EB4F,
        0x165667B19E3779F9,
        0xD6E8FEB86659FD93,
        0xA0761D6478BD642F,
        0xE7037ED1A0B428DB,
    ],
    dtype=np.uint64,
)
_HASH_SHIFT = np.uint64(16)  # leaves 48 bits, which fit into a signed integer of any database


class Candidate(NamedTuple):
    """A text among those that share a key; values compare as the texts are published.

    Attributes:
        published: in microseconds since 1970; ``UNDATED`` if unknown.
        article_id: of the first article with the text.
        text_sha256: of the text.
        length: in words.
    """

    published: int
    article_id: str
    text_sha256: str
    length: int


def words_of(text: str) -> Words:
    """Return the hashed words of a text, in their order; what is between blanks is a word if it has a letter or a digit."""
    known = _HASHES
    if len(known) > MAX_KNOWN_WORDS:
        known.clear()
    words: list[int] = []
    for line in text.split("\n"):
        of_line = [hashed for word in line.split() if (hashed := known[word])]
        if of_line:
            of_line[0] |= _BEGINS_LINE
            words += of_line
    return np.array(words, dtype=np.uint32)


class _Hashes(dict[str, int]):
    """The hashes of words, kept since most words of a text were in another one before; 0 for anything else."""

    def __missing__(self, word: str) -> int:
        plain = "".join(filter(str.isalnum, word))
        found = 0
        if plain:
            found = zlib.crc32(plain.lower().encode()) & ~_FLAGS or _FLAGS + 1
            found |= 0 if plain.islower() else _NAME
            found |= 0 if plain.isalpha() else _NUMBER
            found |= _OPENS_QUOTE if word[0] in _QUOTES else 0
        if len(word) <= MAX_KNOWN_LENGTH:
            self[word] = found
        return found


_HASHES = _Hashes()


def _sequences(words: Words, length: int) -> NDArray[np.uint64]:
    """Return the hashes of all sequences of a number of words."""
    number = max(0, len(words) - length + 1)
    plain = (words | np.uint32(_FLAGS)).astype(np.uint64)
    hashes = np.zeros(number, dtype=np.uint64)
    for place in range(length):
        hashes += plain[place : place + number] * _FACTORS[place]
    hashes >>= _HASH_SHIFT
    return hashes


def keys_of(words: Words) -> list[int]:
    """Return the keys of a text, by which it meets those that may be its copies; none of a text that is too short to be compared."""
    if len(words) < MIN_WORDS:
        return []
    hashes = np.sort(_sequences(words, KEY_WORDS))
    is_new = np.append(True, hashes[1:] != hashes[:-1])
    found: list[int] = hashes[is_new][:KEYS].tolist()
    return found


def pairs(of_one_key: Iterable[Candidate]) -> Iterator[tuple[Candidate, Candidate]]:
    """Yield which of the texts that share a key to compare: the first of a pair may be a copy of the second."""
    texts = sorted(set(of_one_key))
    longest = sorted(texts, key=lambda text: -text.length)[:LONGEST]
    others = sorted({*texts[:FIRST], *longest})
    for text in texts:
        for other in others:
            if other.article_id != text.article_id and _is_later(text, other):
                yield text, other


def _is_later(text: Candidate, other: Candidate) -> bool:
    """Whether a text may be a copy of another by their dates.

    A longer text that was published later is not a copy, nor is the earlier one a copy of it: it may be a follow-up that repeats the
    story. Where dates don't tell, the much longer text is the original, or else the one whose id sorts first.
    """
    longer = max(text.length, other.length)
    is_tie = other.published == text.published or UNDATED in (text.published, other.published)
    if is_tie and abs(text.length - other.length) > MIN_LONGER + MAX_NEW_SHARE * longer:
        return text.length < other.length
    return text > other


def copied(words: Words, others: Words) -> float | None:
    """Return the similarity of a text to another: the share of its words in sequences that the other has, too; None if it is not a copy.

    A text is a copy if it adds nothing but a headline, a byline or a promo, and has the same names and numbers.

    Args:
        words: of the text.
        others: of the other text, which was published first.
    """
    is_copied = _in_sequences(_among(_sequences(words, SEQUENCE_WORDS), _sequences(others, SEQUENCE_WORDS)))
    is_new = _far_from(is_copied)
    new = int(is_new.sum())
    if new > min(MAX_NEW + MAX_NEW_SHARE * len(words), MAX_NEW_OF_SHORT * len(words)):
        return None
    if _has_quote(words, is_new):
        return None
    is_fact = _has(words, _NAME) & ~is_new | _has(words, _NUMBER)
    changed = int((is_fact & ~is_copied).sum())
    if changed > MAX_FACTS + MAX_FACTS_SHARE * int(is_fact.sum()):
        return None
    return min(round(float(is_copied.mean()), 3), MAX_SIMILARITY)


def _has_quote(words: Words, is_new: NDArray[np.bool_]) -> bool:
    """Whether a quotation mark opens a run of new words in a line that is so long that they are likely someone's words."""
    goes_on = is_new & ~_has(words, _BEGINS_LINE)
    opening = np.flatnonzero(is_new & _has(words, _OPENS_QUOTE))
    return any(goes_on[place + 1 : place + MIN_QUOTE].sum() == MIN_QUOTE - 1 for place in opening)


def _among(values: NDArray[np.uint64], others: NDArray[np.uint64]) -> NDArray[np.bool_]:
    """Return which values are among the others; there are some of both. Ten times as fast as ``numpy.isin`` for a few hundred."""
    ordered = np.sort(others)
    places = np.minimum(np.searchsorted(ordered, values), len(ordered) - 1)
    found: NDArray[np.bool_] = ordered[places] == values
    return found


def _has(words: Words, flag: int) -> NDArray[np.bool_]:
    found: NDArray[np.bool_] = (words & np.uint32(flag)) != 0
    return found


def _in_sequences(begins: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return which words are in a sequence, from the words with which the sequences begin."""
    found = np.zeros(len(begins) + SEQUENCE_WORDS - 1, dtype=np.bool_)
    for place in range(SEQUENCE_WORDS):
        found[place : place + len(begins)] |= begins
    return found


def _far_from(is_copied: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return which words are not copied, and not one of a few between copied ones."""
    places = np.flatnonzero(is_copied)
    found = ~is_copied
    gaps = np.diff(places)
    for gap in np.flatnonzero((gaps > 1) & (gaps <= MAX_CHANGED + 1)):
        found[places[gap] : places[gap + 1]] = False
    return found


class Copy(NamedTuple):
    """That a text is a copy of another one; values compare as the other texts are published.

    Attributes:
        published: when the other text was published, as in ``Candidate``.
        original: id of the first article with that text.
        text_sha256: of that text.
        similarity: share of the copy's words that are in sequences that the other text has, too.
    """

    published: int
    original: str
    text_sha256: str
    similarity: float
