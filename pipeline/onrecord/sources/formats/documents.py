# SPDX-License-Identifier: Apache-2.0
"""Article messages from files that are one article each: a saved web page (.html) or a plain text (.txt)."""

from codecs import BOM_UTF8
from collections.abc import Callable, Iterator

import msgspec

from onrecord.data.message import Message
from onrecord.sources.compression import Damage, Piece, decompressed
from onrecord.sources.content import text_pieces
from onrecord.sources.encodings import page_text
from onrecord.sources.stored_file import StoredFile


def read_page(file: StoredFile) -> Iterator[Message]:
    """Yield the message of a web page; its encoding is found as by a browser when the server states none. See ``read_text``."""
    return _message(file, decompressed(file.stored, file.path), "html", page_text)


def read_text(file: StoredFile) -> Iterator[Message]:
    """Yield the message of a text file, unless it is blank; it is UTF-8, or UTF-16 with a byte order mark.

    A file over the limit, or one that can't be decompressed or decoded, is a message with a ``problem``.
    """
    return _message(file, text_pieces(file.stored, file.path), "text", _utf8)


def _utf8(content: bytes) -> str:
    return content.removeprefix(BOM_UTF8).decode("utf-8")


def _message(
    file: StoredFile, pieces: Iterator[Piece], field: str, decoded: Callable[[bytes], str]
) -> Iterator[Message]:
    content = b""
    for piece in pieces:
        if isinstance(piece, Damage):
            yield file.damaged(piece)
            return
        content += piece
        if len(content) > file.limit:
            yield file.message(content, problem=f"file: it is over the limit of {file.limit:,} bytes of one article")
            return
    if not content.strip():
        return
    file.count()
    try:
        payload = msgspec.json.encode({field: decoded(content)})
    except UnicodeDecodeError as error:
        yield file.message(content, problem=f"{field}: not UTF-8 ({error.reason} at byte {error.start})")
    else:
        yield file.message(payload, size=len(content))
