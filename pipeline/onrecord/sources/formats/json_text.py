# SPDX-License-Identifier: Apache-2.0
"""Article messages from JSON files: one object per line (JSON lines), or an array or a sequence of objects laid out in any way."""

import re
from codecs import BOM_UTF8
from collections.abc import Iterable, Iterator
from dataclasses import replace

import msgspec

from onrecord.data.message import Message
from onrecord.sources.compression import Damage, Piece
from onrecord.sources.content import Line, bounded_lines, peeked, text_pieces
from onrecord.sources.stored_file import StoredFile

CARRIAGE_RETURN = b"\r"


def read_messages(file: StoredFile) -> Iterator[Message]:
    """Yield the JSON values of a file, undecoded; blank lines are skipped.

    A value has the number of its line, or its own where the file is not JSON lines. Memory is bounded by a few times the limit. A value
    over the limit, or a damaged part of an archive, becomes a message with a ``problem``; what is before and after it is not lost.
    """
    head, pieces = peeked(text_pieces(file.stored, file.path))
    found = _lines(pieces, file.limit) if _has_a_value_per_line(head) else _values(pieces, file.limit)
    for number, value in found:
        file.count()
        if isinstance(value, Damage):
            yield file.damaged(value, number)
        elif value.length > file.limit or value.data.strip():
            yield file.message(value.data, number, size=value.length)


def _has_a_value_per_line(head: bytes) -> bool:
    """Whether a file that begins with some bytes is JSON lines; an odd line among them does not matter."""
    lines = [line for part in head.split(b"\n") if (line := part.removeprefix(BOM_UTF8).strip())]
    if lines and lines[0].startswith(b"["):
        return False
    parts = sum(line.startswith((b'"', b"}", b"]")) for line in lines)  # of an object that is spread over lines
    return not parts or sum(map(_is_json, lines)) > parts


def _is_json(data: bytes) -> bool:
    try:
        msgspec.json.decode(data, type=msgspec.Raw)
    except (msgspec.DecodeError, RecursionError):
        return False
    return True


def _lines(pieces: Iterable[Piece], limit: int) -> Iterator[tuple[int, Line | Damage]]:
    """Yield the lines of a file with their numbers; a byte order mark, as joined files have it on any line, is not part of a line."""
    longest = limit + len(BOM_UTF8) + len(CARRIAGE_RETURN) + 1
    number = 0
    cut = b""
    for line in bounded_lines(pieces, longest):
        if isinstance(line, Damage):
            yield number + 1, replace(line, stored=cut) if cut else line
            cut = b""
            continue
        if line.is_cut and not _is_json(line.data):
            cut = line.data  # reported together with the damage
            continue
        number += 1
        data = line.data.removeprefix(BOM_UTF8).removesuffix(CARRIAGE_RETURN)
        yield number, Line(data, line.length - len(line.data) + len(data))


def _values(pieces: Iterable[Piece], limit: int) -> Iterator[tuple[int, Line | Damage]]:
    """Yield the values of a file with their numbers."""
    number = 0
    splitter = _Splitter(limit)
    for piece in pieces:
        for value in splitter.end() if isinstance(piece, Damage) else splitter.feed(piece):
            number += 1
            yield number, value
        if isinstance(piece, Damage):
            yield number + 1, piece
    for value in splitter.end():
        number += 1
        yield number, value


VALUE_BEGINS = re.compile(rb"[^\s,\xef\xbb\xbf]")  # no value begins with a byte order mark
STRUCTURE = re.compile(rb'["{}\[\]]')
STRING_ENDS = re.compile(rb'["\\]')
SCALAR_ENDS = re.compile(rb'[\s,{}\[\]"]')
MAX_INDENTATION = 1_000


class _Splitter:
    """Splits JSON text into the elements of its arrays at the top and the values next to them, without decoding them.

    A value whose brackets or quotation marks don't match swallows those behind it, until the end of the file or the limit is reached. It
    is then split at the lines that are indented as its own first line and begin with a brace, as its neighbours do.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._is_in_array = False
        self._line_begins: bytes | None = (
            b""  # the blanks that the line between two values begins with, if there is nothing else on it
        )
        self._start()

    def _start(self) -> None:
        """Prepare for the next value."""
        self._ends: re.Pattern[bytes] | None = (
            None  # matches what ends the present part of a value; None between two values
        )
        self._depth = 0
        self._is_escaped = False
        self._kept: list[bytes] = []
        self._length = 0

    def feed(self, chunk: bytes) -> Iterator[Line]:
        """Yield the values that end in a chunk."""
        position = 0
        while position < len(chunk):
            if self._ends is None:
                position = self._to_next(chunk, position)
                continue
            end, is_over = self._scanned(chunk, position)
            was_within = self._length <= self._limit
            self._keep(chunk[position:end])
            position = end
            if is_over:
                yield from self._ended()
            elif was_within and self._length > self._limit:
                *values, last = self._neighbours()
                if values:
                    yield from map(_line, values)
                    self._start()
                    self._line_begins = self._indentation
                    yield from self.feed(last)

    def end(self) -> Iterator[Line]:
        """Yield what is left at the end, or before a damaged part of the file."""
        if self._length > self._limit:
            yield self._value()
        elif self._ends is not None:
            yield from map(_line, self._neighbours())
        self._is_in_array = False
        self._start()

    def _ended(self) -> Iterator[Line]:
        """Yield the value that has ended, or several if it has swallowed its neighbours."""
        value = self._value()
        if value.length > self._limit or b"\n" not in value.data or _is_json(value.data):
            yield value
        else:
            self._kept = [value.data]
            yield from map(_line, self._neighbours())
            self._start()

    def _to_next(self, chunk: bytes, position: int) -> int:
        """Return the position of the next value, or behind a bracket of an array at the top."""
        found = VALUE_BEGINS.search(chunk, position)
        at = found.start() if found else len(chunk)
        self._skip(chunk[position:at])
        if found is None:
            return at
        first = found[0]
        if first in b"]}" or (first == b"[" and not self._is_in_array):
            self._is_in_array = first == b"["
            self._line_begins = None
            return at + 1
        self._indentation, self._line_begins = self._line_begins or b"", None
        if first not in b'{["':
            self._ends = SCALAR_ENDS
            return at
        self._ends = STRING_ENDS if first == b'"' else STRUCTURE
        self._depth = int(first != b'"')
        self._keep(first)
        return at + 1

    def _skip(self, between: bytes) -> None:
        _, feed, behind = between.rpartition(b"\n")
        begins = behind if feed else None if self._line_begins is None else self._line_begins + behind
        is_blank = begins is not None and len(begins) <= MAX_INDENTATION and not begins.strip()
        self._line_begins = begins if is_blank else None

    def _scanned(self, chunk: bytes, position: int) -> tuple[int, bool]:
        """Return the end of the present part of the value, and whether the value ends there."""
        assert self._ends is not None
        if self._is_escaped:
            self._is_escaped = False
            return position + 1, False
        found = self._ends.search(chunk, position)
        if found is None:
            return len(chunk), False
        if self._ends is SCALAR_ENDS:
            return found.start(), True
        if self._ends is STRING_ENDS:
            self._is_escaped = found[0] == b"\\"
            self._ends = STRING_ENDS if self._is_escaped else STRUCTURE
        elif found[0] == b'"':
            self._ends = STRING_ENDS
        else:
            self._depth += 1 if found[0] in b"{[" else -1
        return found.end(), self._ends is STRUCTURE and self._depth == 0

    def _keep(self, data: bytes) -> None:
        if self._length <= self._limit:
            self._kept.append(data)
        self._length += len(data)

    def _value(self) -> Line:
        value = Line(b"".join(self._kept), self._length)
        self._start()
        return value

    def _neighbours(self) -> list[bytes]:
        """Return the value that has no end, and those that it swallowed."""
        return re.split(rb"\n" + re.escape(self._indentation) + rb"(?={)", b"".join(self._kept))


def _line(value: bytes) -> Line:
    data = value.strip().removesuffix(b"]").rstrip().removesuffix(b",") if not _is_json(value) else value
    return Line(data, len(data))
