# SPDX-License-Identifier: Apache-2.0
"""Article messages from files that are one article each: a saved web page (.html) or a plain text (.txt)."""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import BinaryIO

import msgspec

from onrecord.data.message import MAX_MESSAGE_BYTES, Message
from onrecord.sources.compression import Damage, Piece, decompressed
from onrecord.sources.content import BYTE_ORDER_MARK, text_pieces
from onrecord.sources.encodings import page_text
from onrecord.sources.floods import no_limit


def read_page(
    file: BinaryIO,
    path: str,
    changed_at: datetime,
    limit: int = MAX_MESSAGE_BYTES,
    count: Callable[[], None] = no_limit,
) -> Iterator[Message]:
    """Yield the message of a web page; its encoding is found as by a browser when the server states none. See ``read_text``."""
    return _message(decompressed(file, path), "html", page_text, path, changed_at, limit, count)


def read_text(
    file: BinaryIO,
    path: str,
    changed_at: datetime,
    limit: int = MAX_MESSAGE_BYTES,
    count: Callable[[], None] = no_limit,
) -> Iterator[Message]:
    """Yield the message of a text file, unless it is blank.

    A file over the limit, or one that can't be decompressed or decoded, is a message with a ``problem``.

    Args:
        file: the file's bytes as stored; text is UTF-8, or UTF-16 with a byte order mark.
        path: its name, which is the message's origin.
        changed_at: when it was last changed, in UTC: the message's ``received_at``.
        limit: maximum size of the file in bytes.
        count: called once; it may raise an error.
    """
    return _message(text_pieces(file, path), "text", _utf8, path, changed_at, limit, count)


def _utf8(content: bytes) -> str:
    return content.removeprefix(BYTE_ORDER_MARK).decode("utf-8")


def _message(
    pieces: Iterator[Piece],
    field: str,
    decoded: Callable[[bytes], str],
    path: str,
    changed_at: datetime,
    limit: int,
    count: Callable[[], None],
) -> Iterator[Message]:
    content = b""
    for piece in pieces:
        if isinstance(piece, Damage):
            yield piece.message(path, changed_at)
            return
        content += piece
        if len(content) > limit:
            problem = f"file: it is over the limit of {limit:,} bytes of one article"
            yield Message(content[:limit], path, changed_at, {}, problem)
            return
    if not content.strip():
        return
    count()
    try:
        payload = msgspec.json.encode({field: decoded(content)})
    except UnicodeDecodeError as error:
        yield Message(content, path, changed_at, {}, f"{field}: not UTF-8 ({error.reason} at byte {error.start})")
    else:
        yield Message(payload, path, changed_at, {})
