# SPDX-License-Identifier: Apache-2.0
"""Cuts the messages of all input files, in their order, into splits that fit into memory."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Protocol

from onrecord.data.input_file import InputFile
from onrecord.data.message import Message

# Writing a split takes about fifteen times as much memory as its messages have bytes.
MAX_BYTES = 8 * 1024 * 1024
MAX_MESSAGES = 2_000
# A page is a message that has this field near its beginning. It takes memory too, but gives as many records as a text of a fortieth of
# its size.
PAGE_FIELD, MAX_FIELD_OFFSET = b'"html":', 4_096
PAGES_PER_TEXT = 4  # of the same size


class LocalSource(Protocol):
    """A source that can be read in this process, file by file."""

    def files_in_order(self) -> list[InputFile]:
        """Return the files in the order in which they are read, each once."""

    def messages_of(self, file: InputFile) -> Iterator[Message]:
        """Yield the messages of a file, the same ones each time."""


@dataclass(frozen=True, slots=True)
class Limits:
    """The maximum size of a split; a message that is larger is alone in one.

    Attributes:
        messages: number of messages.
        bytes: of their payloads; a page counts a quarter of its own.
    """

    messages: int = MAX_MESSAGES
    bytes: int = MAX_BYTES


@dataclass(frozen=True, slots=True)
class Position:
    """Where reading goes on.

    Attributes:
        split: number of the next split.
        file: number of the input file.
        messages: how many messages of it were read.
    """

    split: int = 0
    file: int = 0
    messages: int = 0


@dataclass(slots=True)
class Split:
    """Consecutive messages.

    Attributes:
        number: from 0.
        messages: the messages.
        ranges: their numbers in the files they are from: number of the file, first message, and the one behind the last.
        counts: metrics of reading them.
    """

    number: int
    messages: list[Message] = field(default_factory=list)
    ranges: list[tuple[int, int, int]] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)

    @property
    def end(self) -> Position:
        """Where reading goes on behind it."""
        file, _, end = self.ranges[-1] if self.ranges else (0, 0, 0)
        return Position(self.number + 1, file, end)


def _size(message: Message) -> int:
    """Return the bytes that a message counts towards the limit of a split."""
    length = len(message.payload)
    is_page = PAGE_FIELD in message.payload[:MAX_FIELD_OFFSET]
    return length // PAGES_PER_TEXT if is_page else length


def cut(source: LocalSource, files: Sequence[InputFile], limits: Limits, start: Position) -> Iterator[Split]:
    """Yield the splits of an input; an input without messages has one.

    Args:
        source: reads a file.
        files: the files of the source, in order.
        limits: the maximum size of a split.
        start: what to begin with.
    """
    split, size = Split(start.split), 0
    for number, file in enumerate(files[start.file :], start.file):
        position = start.messages if number == start.file else 0
        split.ranges.append((number, position, position))
        for message in islice(source.messages_of(file), position, None):
            weight = _size(message)
            if split.messages and (len(split.messages) >= limits.messages or size + weight > limits.bytes):
                yield split
                split, size = Split(split.number + 1, ranges=[(number, position, position)]), 0
            split.messages.append(message)
            size += weight
            position += 1
            split.ranges[-1] = (number, split.ranges[-1][1], position)
    if split.messages or not split.number:
        yield split
