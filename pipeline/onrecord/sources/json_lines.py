# SPDX-License-Identifier: Apache-2.0
"""Article messages from JSON-lines files, plain or compressed."""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import BinaryIO

from onrecord.data.message import MAX_MESSAGE_BYTES, Message
from onrecord.sources.compression import Damage, Piece, decompressed
from onrecord.sources.floods import no_limit

BYTE_ORDER_MARK = b"\xef\xbb\xbf"
CARRIAGE_RETURN = b"\r"


def _bounded_lines(pieces: Iterator[Piece], limit: int) -> Iterator[tuple[bytes, int] | Damage]:
    """Yield each line without its end, cut at ``limit`` bytes, and its full length in bytes; a line ends where the file is damaged."""
    head, length = b"", 0
    for piece in pieces:
        if isinstance(piece, Damage):
            if length:
                yield head, length
            head, length = b"", 0
            yield piece
            continue
        *ended, rest = piece.split(b"\n")
        for part in ended:
            yield head + part[: limit - len(head)], length + len(part)
            head, length = b"", 0
        head += rest[: limit - len(head)]
        length += len(rest)
    if length:
        yield head, length


def read_messages(
    file: BinaryIO,
    path: str,
    changed_at: datetime,
    limit: int = MAX_MESSAGE_BYTES,
    count: Callable[[], None] = no_limit,
) -> Iterator[Message]:
    """Yield the message on each line of a JSON-lines file; blank lines are skipped.

    Memory is bounded by ``limit`` bytes per line. A line over the limit, or a damaged part of an archive, becomes a message with
    a ``problem``; what is before and after it is not lost.

    Args:
        file: the file's bytes as stored.
        path: its name, which goes into the messages' origin.
        changed_at: when it was last changed, in UTC: the messages' ``received_at``.
        limit: maximum size of a message in bytes.
        count: called for every line, also a blank one; it may raise an error, which ends the reading.
    """
    number = 0
    for line_or_damage in _bounded_lines(
        decompressed(file, path), limit + len(BYTE_ORDER_MARK) + len(CARRIAGE_RETURN) + 1
    ):
        number += 1
        if isinstance(line_or_damage, Damage):
            yield line_or_damage.message(f"{path}:{number}", changed_at)
            continue
        line, length = line_or_damage
        count()
        payload = line.removeprefix(BYTE_ORDER_MARK) if number == 1 else line
        payload = payload.removesuffix(CARRIAGE_RETURN)
        size = length - len(line) + len(payload)
        if size > limit:
            too_long = f"message: {size:,} bytes are over the limit of {limit:,}"
            yield Message(payload[:limit], f"{path}:{number}", changed_at, {}, too_long)
        elif payload.strip():
            yield Message(payload, f"{path}:{number}", changed_at, {})
