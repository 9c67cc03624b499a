# SPDX-License-Identifier: Apache-2.0
"""Boilerplate: a sentence that an outlet repeats under its articles is one statement, and counts once.

Such a sentence is changed now and then at one of its ends, so two long ones are taken for the same if they have the same first or the same
last words. Which of them counts does not depend on the order of the files: it is the one with the lowest id.
"""

import hashlib
from collections.abc import Iterable, Iterator

from onrecord.data.names import comparable

# Shorter sentences may be written twice by chance, such as "Okafor backs Hale".
MIN_WORDS = 8


class Repetitions:
    """Which records repeat another one; about 200 bytes of memory for each long sentence."""

    def __init__(self) -> None:
        self._first: dict[int, int] = {}  # the number of the lowest id, by the digest of its words

    def add(self, record_id: str, text: str, about: Iterable[str]) -> None:
        """Add a record.

        Args:
            record_id: its id.
            text: the sentence.
            about: what else must be equal, such as the outlet, the holder and the target.
        """
        own = _number(record_id)
        for sign in _signs(text, about):
            self._first[sign] = min(self._first.get(sign, own), own)

    def is_repetition(self, record_id: str, text: str, about: Iterable[str]) -> bool:
        """Whether an added record repeats another one that counts in its place."""
        own = _number(record_id)
        return any(self._first[sign] != own for sign in _signs(text, about))


def _signs(text: str, about: Iterable[str]) -> Iterator[int]:
    words = comparable(text).split()
    if len(words) >= MIN_WORDS:
        place = "\0".join(about)
        yield _number(f"first\0{place}\0{' '.join(words[:MIN_WORDS])}")
        yield _number(f"last\0{place}\0{' '.join(words[-MIN_WORDS:])}")


def _number(text: str) -> int:
    return int.from_bytes(hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "big")
