# SPDX-License-Identifier: Apache-2.0
"""The content of files, decompressed: text as pieces and lines of UTF-8, within bounded memory, and other content as a file."""

import codecs
import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from typing import BinaryIO, cast

from onrecord.sources.compression import Damage, Piece, decompressed, is_compressed

# UTF-32 first: its mark begins with that of UTF-16.
OTHER_UNICODE = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)

HEAD_BYTES = 1 << 16  # enough to see how a file is laid out


@dataclass(frozen=True, slots=True)
class Line:
    """A line without its end.

    Attributes:
        data: its bytes, cut at a limit.
        length: its full length in bytes.
        is_cut: whether the file is damaged behind it, so that there may have been more.
    """

    data: bytes
    length: int
    is_cut: bool = False


def text_pieces(file: BinaryIO, path: str) -> Iterator[Piece]:
    """Yield the decompressed bytes of a text file as UTF-8; a byte order mark determines whether it is in UTF-16 or UTF-32.

    Args:
        file: the file's bytes as stored.
        path: its name, for a file that is empty or whose beginning is damaged.
    """
    pieces = decompressed(file, path)
    head, pieces = peeked(pieces, len(codecs.BOM_UTF32_LE))
    encoding = next((encoding for mark, encoding in OTHER_UNICODE if head.startswith(mark)), None)
    return pieces if encoding is None else _as_utf8(pieces, encoding)


def _as_utf8(pieces: Iterable[Piece], encoding: str) -> Iterator[Piece]:
    decoder = codecs.getincrementaldecoder(encoding)("replace")
    for piece in pieces:
        yield piece if isinstance(piece, Damage) else decoder.decode(piece).encode("utf-8")
    yield decoder.decode(b"", final=True).encode("utf-8")


def peeked(pieces: Iterator[Piece], size: int = HEAD_BYTES) -> tuple[bytes, Iterator[Piece]]:
    """Return the first bytes, fewer than ``size`` only if there are no more or they are damaged, and all pieces."""
    first: list[Piece] = []
    head = b""
    for piece in pieces:
        first.append(piece)
        if isinstance(piece, Damage):
            break
        head += piece
        if len(head) >= size:
            break
    return head, chain(first, pieces)


def bounded_lines(pieces: Iterable[Piece], limit: int) -> Iterator[Line | Damage]:
    """Yield each line, cut at ``limit`` bytes; a line ends at a line feed or where the file is damaged."""
    head, length = b"", 0
    for piece in pieces:
        if isinstance(piece, Damage):
            if length:
                yield Line(head, length, is_cut=True)
            head, length = b"", 0
            yield piece
            continue
        *ended, rest = piece.split(b"\n")
        for part in ended:
            yield Line(head + part[: limit - len(head)], length + len(part))
            head, length = b"", 0
        head += rest[: limit - len(head)]
        length += len(rest)
    if length:
        yield Line(head, length)


class PieceReader(io.RawIOBase):
    """A file object over pieces, for a parser that reads from one; it ends at the first damage.

    Attributes:
        size: bytes of the pieces that were read.
        damage: what it ended at, if anything.
    """

    def __init__(self, pieces: Iterator[Piece]) -> None:
        self._pieces = pieces
        self._piece = memoryview(b"")
        self.size = 0
        self.damage: Damage | None = None

    def readable(self) -> bool:
        """Return True."""
        return True

    def readinto(self, buffer: object) -> int:
        """Read some bytes; 0 at the end."""
        while not self._piece and self.damage is None:
            piece = next(self._pieces, None)
            if piece is None:
                return 0
            if isinstance(piece, Damage):
                self.damage = piece
            else:
                self._piece = memoryview(piece)
                self.size += len(piece)
        view = memoryview(cast(bytearray, buffer))
        size = min(len(view), len(self._piece))
        view[:size], self._piece = self._piece[:size], self._piece[size:]
        return size


def uncompressed(file: BinaryIO, path: str) -> BinaryIO:
    """Return a file with the decompressed bytes of another, which can only be read forwards; the file itself if it is not compressed.

    What is behind damage is cut off.
    """
    if not file.seekable() or not is_compressed(file, path):
        return file
    return cast(BinaryIO, io.BufferedReader(PieceReader(decompressed(file, path))))
