# SPDX-License-Identifier: Apache-2.0
"""Bounds what a small file can cause: an archive of a few kilobytes can hold millions of lines, rows or records."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from itertools import groupby
from operator import attrgetter

from onrecord.data.message import Message

MIN_MESSAGES = 10_000  # a file of any size may have that many
MAX_SEPARATE = 100  # equal messages in a row that are passed on one by one


def no_limit() -> None:
    """Accept any number of messages."""


class TooManyMessages(ValueError):
    """A file has more lines, rows or records than it may have."""

    def __init__(self, limit: int) -> None:
        super().__init__(
            f"file: there are more than {limit:,} lines, rows or records in it, and the rest is not read; an archive that expands like"
            " this is often an attack: if this one is not, read it with a higher --max-messages-per-file"
        )
        self.limit = limit


class MessageLimit:
    """Counts the lines, rows or records of one file, whether they are messages or not."""

    def __init__(self, limit: Callable[[], int]) -> None:
        """Start at none; ``limit`` returns how many the file may have."""
        self._limit = limit
        self._number = 0

    @classmethod
    def of_size(cls, stored_bytes: Callable[[], int]) -> "MessageLimit":
        """Return the default limit of a file: one per stored byte, and at least ``MIN_MESSAGES``."""
        return cls(lambda: max(MIN_MESSAGES, stored_bytes()))

    def count(self) -> None:
        """Count one.

        Raises:
            TooManyMessages: there are more than the limit allows.
        """
        self._number += 1
        if self._number > (limit := self._limit()):
            raise TooManyMessages(limit)


def collapsed(messages: Iterable[Message]) -> Iterator[Message]:
    """Yield messages; of more than ``MAX_SEPARATE`` equal ones in a row, the last one stands for all that follow (``repeats``).

    Nothing is lost: only the origins of the messages that it stands for differ, and they follow its own.
    """
    for _, equal in groupby(messages, key=attrgetter("payload", "attributes", "problem", "skipped")):
        for number, message in enumerate(equal, start=1):
            if number > MAX_SEPARATE:
                yield replace(message, repeats=1 + sum(1 for _ in equal))
                break
            yield message
