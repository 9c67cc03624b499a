# SPDX-License-Identifier: Apache-2.0
"""The texts that a stream remembers to find copies of them: in the order in which they came, in bounded memory."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from onrecord.data.near_duplicates import FIRST, LONGEST, Words, copied, keys_of

MAX_BYTES = 64 * 1024 * 1024  # of words, four bytes each: about 27,000 articles; with their keys about 150 MB


class SeenText(NamedTuple):
    """A text that is not a copy.

    Attributes:
        until: when it is forgotten, in microseconds since 1970.
        article_id: of the article that came with it.
        text_sha256: of the text.
        words: its hashed words, little-endian.
    """

    until: int
    article_id: str
    text_sha256: str
    words: bytes


class RecentTexts:
    """Texts by their keys; the oldest are forgotten when there are too many."""

    def __init__(self, max_bytes: int = MAX_BYTES) -> None:
        """Start without any.

        Args:
            max_bytes: of the words of all texts.
        """
        self._max_bytes = max_bytes
        self._bytes = 0
        self._next = 0
        self._texts: dict[int, SeenText] = {}
        self._by_key: dict[int, list[int]] = {}
        self.forgotten = 0  # texts for which there was no room

    def __iter__(self) -> Iterator[SeenText]:
        """Yield the texts in the order in which they came."""
        return iter(self._texts.values())

    def __len__(self) -> int:
        """Return the number of texts."""
        return len(self._texts)

    def add(self, text: SeenText) -> None:
        """Add a text; the oldest others make room for it."""
        number, self._next = self._next, self._next + 1
        self._texts[number] = text
        self._bytes += len(text.words)
        for key in keys_of(_decoded(text)):
            self._by_key.setdefault(key, []).append(number)
        while self._bytes > self._max_bytes and len(self._texts) > 1:
            self._forget(next(iter(self._texts)))
            self.forgotten += 1

    def _forget(self, number: int) -> None:
        text = self._texts.pop(number)
        self._bytes -= len(text.words)
        for key in keys_of(_decoded(text)):
            numbers = self._by_key[key]
            numbers.remove(number)
            if not numbers:
                del self._by_key[key]

    def original_of(self, article_id: str, words: Words, now: int) -> tuple[SeenText, float] | None:
        """Return the first text of another article that a text is a copy of, and the similarity; None if there is none.

        Args:
            article_id: of the text's article; another text of the same article is a version of it, and no copy.
            words: of the text.
            now: in microseconds since 1970; what is to be forgotten by then is not compared.
        """
        found: set[int] = set()
        for key in keys_of(words):
            numbers = self._by_key.get(key, ())
            found.update(numbers[:FIRST], numbers[-LONGEST:])
        for number in sorted(found):
            text = self._texts[number]
            if text.until > now and text.article_id != article_id:
                share = copied(words, _decoded(text))
                if share is not None:
                    return text, share
        return None


def _decoded(text: SeenText) -> Words:
    return np.frombuffer(text.words, dtype="<u4")
