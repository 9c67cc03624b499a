# SPDX-License-Identifier: Apache-2.0
"""The records of a WARC file (ISO 28500), read past damage, within bounded memory.

The length that a record states counts if the next record, or the end, follows. Otherwise reading goes on at the next bytes that look
like the header of a record, or, in a compressed file, where a member that begins with one begins.
"""

import re
import sys
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from onrecord.sources.compression import Damage, UnitStart, units

MAX_HEADER_BYTES = 1 << 16
SHORT_HEADER_BYTES = 1 << 12  # looked at first
SEARCHED_BYTES = 1 << 20  # at once, for the next record
END_BYTES = 64  # behind a record, in which the next one must begin
BLANKS = b"\r\n\t \0"  # between records; some writers pad with zeros
MAX_REPEATS = 4  # times the file may be decompressed to go back
FREE_REPEATS_BYTES = 1 << 28

VERSION = re.compile(rb"WARC/\d[^\r\n]{0,20}\r?\n", re.IGNORECASE)
# Where no record is expected, only what looks exactly like one is taken for one.
STRICT_VERSION = re.compile(rb"WARC/\d{1,2}\.\d{1,2}\r?\n")
END_OF_HEADER = re.compile(rb"\n[ \t]{0,9}\r?\n")
FOLD = re.compile(r"\r?\n[ \t]+")
LENGTH = re.compile(r"\d{1,18}")


@dataclass(frozen=True, slots=True)
class WarcRecord:
    """A record.

    Attributes:
        headers: by their names in lower case; of several of a name the first.
        head: the version and the headers as stored.
        block: the beginning of the content.
        length: of the whole content in bytes.
        offset: where the record, or the compressed member that it is in, begins in the stored file.
        problem: what is wrong with it, if anything.
    """

    headers: dict[str, str]
    head: bytes
    block: bytes
    length: int
    offset: int
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class NoRecord:
    """Bytes that belong to no record.

    Attributes:
        data: their beginning.
        offset: where they, or the compressed member that they are in, begin in the stored file.
        problem: what is wrong.
    """

    data: bytes
    offset: int
    problem: str


class _Parts:
    """The decompressed bytes of a file, in parts: one ends where the file is damaged, and where a member begins with a record.

    Attributes:
        buffer: the bytes that were read ahead.
        at: index of the next byte in it.
        base: offset in the stored file where the part begins.
        passed: bytes of the part before the next one.
        end: what the part ends with, once its last bytes are in the buffer; the file ends if it is None and ``is_last``.
    """

    def __init__(self, file: BinaryIO, path: str) -> None:
        self._file = file
        self._path = path
        self._spent = 0  # bytes read again
        self._furthest = 0
        self.is_compressed = False
        self.base = 0
        self._open(0)

    def _open(self, start: int) -> None:
        self._pieces = units(self._file, self._path, start)
        self._waiting: list[bytes | UnitStart | Damage] = []
        self.buffer = bytearray()
        self.at = 0
        self.passed = 0
        self.end: UnitStart | Damage | None = None
        self.is_last = False
        self._is_new = True  # nothing of the part was read yet
        # Where units begin: bytes of the part before them, offset in the stored file.
        self._units: deque[tuple[int, int]] = deque()

    def fill(self, size: int) -> int:
        """Return how many bytes of the part are in the buffer, at least ``size`` unless it ends before."""
        while len(self.buffer) - self.at < size and self._read():
            pass
        return len(self.buffer) - self.at

    def _next(self) -> "bytes | UnitStart | Damage | None":
        return self._waiting.pop() if self._waiting else next(self._pieces, None)

    def _read(self) -> bool:
        """Add a piece to the buffer; return whether the part goes on."""
        if self.end is not None or self.is_last:
            return False
        piece = self._next()
        if isinstance(piece, bytes):
            self.buffer += piece
            self._is_new = False
        elif isinstance(piece, UnitStart):
            self._begin_unit(piece)
        else:
            self.end, self.is_last = piece, piece is None
        return True

    def _begin_unit(self, unit: UnitStart) -> None:
        self.is_compressed = True
        self._units.append((self.passed + len(self.buffer) - self.at, unit.offset))
        if self._is_new:
            self.base, self._is_new = unit.offset, False
            return
        beginning = b""
        while len(beginning) < len(b"WARC/"):
            piece = self._next()
            if not isinstance(piece, bytes):
                if piece is not None:
                    self._waiting.append(piece)
                break
            beginning += piece
        if beginning:
            self._waiting.append(beginning)
        if _begins_record(beginning):
            self._units.pop()
            self.end = unit

    def next_part(self) -> UnitStart | Damage | None:
        """Go on to the next part, and return what the last one ended with; None at the end of the file."""
        end = self.end
        if end is None:
            return None
        self.end = None
        self.base = end.offset if isinstance(end, UnitStart) else end.end
        self._is_new = isinstance(end, Damage)
        self._units = deque([(0, self.base)])
        self._furthest += self.passed
        self.passed = 0
        return end

    def skip(self, size: int) -> None:
        """Go on in the buffer."""
        self.at += size
        self.passed += size
        if self.at > SEARCHED_BYTES and 2 * self.at > len(self.buffer):
            del self.buffer[: self.at]
            self.at = 0

    def skip_far(self, size: int) -> int:
        """Go on; return by how many bytes, fewer only if the part ends before."""
        left = size
        while left and (held := self.fill(1)):
            self.skip(min(held, left))
            left -= min(held, left)
        return size - left

    def skip_blanks(self) -> None:
        """Skip what may be between records."""
        while self.fill(1):
            some = bytes(self.buffer[self.at : self.at + END_BYTES])
            rest = some.lstrip(BLANKS)
            self.skip(len(some) - len(rest))
            if rest:
                return

    def skip_to_record(self, first: int, limit: int) -> tuple[bytes, int]:
        """Go on to the next bytes that look like a record, or to the end of the part.

        Args:
            first: the fewest bytes to skip.
            limit: how many bytes to return.

        Returns:
            The beginning of what was skipped, and its length in bytes.
        """
        kept, length = bytearray(), 0
        while held := self.fill(SEARCHED_BYTES):
            found = _find_record(self.buffer, self.at + first)
            # The header of a record may begin at the end of what was searched.
            size = held if held < SEARCHED_BYTES else held - MAX_HEADER_BYTES
            if found is not None:
                size = found - self.at
            kept += self.buffer[self.at : self.at + min(size, limit - len(kept))]
            length += size
            self.skip(size)
            first = 0
            if found is not None:
                break
        return bytes(kept), length

    def go_back(self, passed: int) -> bool:
        """Go back to a byte of the part; return False if the file was read too often by that."""
        self._spent += self.passed if self.is_compressed else self.passed - passed
        if self._spent > MAX_REPEATS * (self._furthest + self.passed) + FREE_REPEATS_BYTES:
            return False
        self._file.seek(0)
        if self.is_compressed:
            self._open(self.base)
            self.skip_far(passed)
        else:
            self._open(self.base + passed)
            self.passed = passed
        return True

    def take_damage(self, unit: int | None = None) -> Damage | None:
        """Return the damage that follows at once, of a certain unit if one is given, and go on behind it."""
        self.skip_blanks()
        if self.fill(1) or not isinstance(damage := self.end, Damage) or unit not in (None, damage.unit):
            return None
        self.next_part()
        return damage

    def position(self) -> "Position":
        """Return where the next byte is."""
        if not self.is_compressed:
            return Position(self.base + self.passed, None)
        while len(self._units) > 1 and self._units[1][0] <= self.passed:
            self._units.popleft()
        before, offset = self._units[0]
        return Position(offset, self.passed - before)


@dataclass(frozen=True, slots=True)
class Position:
    """Where a byte is.

    Attributes:
        offset: in the stored file; in a compressed one, where the member that it is in begins.
        inside: how many decompressed bytes of the member are before it; None if the file is not compressed.
    """

    offset: int
    inside: int | None

    def __str__(self) -> str:
        if self.inside is None:
            return f"at byte {self.offset:,}"
        behind = f", behind its first {self.inside:,} bytes when decompressed" if self.inside else ""
        return f"in the compressed data at byte {self.offset:,}{behind}"


def _begins_record(data: bytes) -> bool:
    return data[: len(b"WARC/")].upper() == b"WARC/"


def _headers(buffer: bytearray, at: int, version: re.Pattern[bytes]) -> tuple[dict[str, str], int] | None:
    """Return the headers of the record that begins at an index, and where its block begins; None if there are none."""
    found = version.match(buffer, at)
    if found is None:
        return None
    end = END_OF_HEADER.search(buffer, found.end() - 1, at + SHORT_HEADER_BYTES)
    if end is None:
        following = STRICT_VERSION.search(buffer, found.end(), at + MAX_HEADER_BYTES)
        last = following.start() if following else at + MAX_HEADER_BYTES
        end = END_OF_HEADER.search(buffer, found.end() - 1, last)
    if end is None or STRICT_VERSION.search(buffer, found.end(), end.end()):
        return None
    headers: dict[str, str] = {}
    text = buffer[found.end() : end.start()].decode("utf-8", "replace")
    if "\n " in text or "\n\t" in text:
        text = FOLD.sub(" ", text)
    for line in text.split("\n"):
        name, colon, value = line.partition(":")
        if colon:
            headers.setdefault(name.strip().lower(), value.strip())
    return headers, end.end()


def _find_record(buffer: bytearray, at: int, end: int = sys.maxsize) -> int | None:
    """Return the index of the first bytes that look like a record and begin before another index."""
    while (found := STRICT_VERSION.search(buffer, at, end)) is not None:
        parsed = _headers(buffer, found.start(), STRICT_VERSION)
        if parsed and "warc-type" in parsed[0]:
            return found.start()
        at = found.end()
    return None


def _stated_length(headers: dict[str, str]) -> int | None:
    stated = headers.get("content-length", "")
    return int(stated) if LENGTH.fullmatch(stated) else None


def warc_records(file: BinaryIO, path: str, limit: int) -> Iterator[WarcRecord | NoRecord | Damage]:
    """Yield the records of a file, and what can't be read as one.

    Args:
        file: the file's bytes as stored, plain or compressed; it must be seekable.
        path: its name.
        limit: how many bytes of a record's block to return.

    Raises:
        OSError: the file can't be read.
    """
    parts = _Parts(file, path)
    while True:
        parts.skip_blanks()
        if not parts.fill(1):
            end = parts.next_part()
            if isinstance(end, Damage):
                yield end
            elif end is None:
                return
            continue
        parts.fill(MAX_HEADER_BYTES)
        position = parts.position()
        parsed = _headers(parts.buffer, parts.at, VERSION)
        if parsed is None:
            skipped, length = parts.skip_to_record(1, limit)
            yield NoRecord(skipped, position.offset, f"{length:,} bytes {position} are not a WARC record")
            continue
        headers, block_at = parsed
        yield _record(parts, headers, block_at - parts.at, limit)


def _record(parts: _Parts, headers: dict[str, str], head_size: int, limit: int) -> WarcRecord:
    """Return the record whose headers come next."""
    position = parts.position()
    head = bytes(parts.buffer[parts.at : parts.at + head_size])
    parts.skip(head_size)
    length = _stated_length(headers)
    block = None if length is None else _block(parts, length, limit)
    if length is not None and block is not None:
        # Damage right behind the only record of a member is damage of the record.
        damage = parts.take_damage(position.offset) if position.inside == 0 else None
        problem = f"the WARC record {position} is damaged: {damage.problem}" if damage else None
        return WarcRecord(headers, head, block, length, position.offset, problem)
    block, found = parts.skip_to_record(0, limit)
    if damage := parts.take_damage():
        problem = f"is damaged: {damage.problem}"
    elif length is None:
        problem = f"has no valid Content-Length; up to the next record or the end there are {found:,} bytes"
    else:
        problem = f"has a Content-Length of {length:,}, but up to the next record or the end there are {found:,} bytes"
    return WarcRecord(headers, head, block, found, position.offset, f"the WARC record {position} {problem}")


def _block(parts: _Parts, length: int, limit: int) -> bytes | None:
    """Return the beginning of a block, and go on behind it; return None, and stay before it, if its stated length is wrong."""
    wanted = min(length, limit) + END_BYTES
    held = parts.fill(wanted)
    if length > held and held < wanted:
        return None
    if length <= limit and not _ends(parts, length):
        return None
    block = bytes(parts.buffer[parts.at : parts.at + min(length, limit)])
    if length <= limit:
        parts.skip(length)
        return block
    start = parts.passed
    if parts.skip_far(length) == length and _is_followed(parts):
        return block
    return None if parts.go_back(start) else block


def _is_followed(parts: _Parts) -> bool:
    """Whether a record, or the end, comes next."""
    parts.fill(END_BYTES)
    rest = bytes(parts.buffer[parts.at : parts.at + END_BYTES]).lstrip(BLANKS)
    return not rest or _begins_record(rest)


def _ends(parts: _Parts, length: int) -> bool:
    """Whether the next bytes, which are in the buffer, are a block of the stated length."""
    end = parts.at + length
    behind = bytes(parts.buffer[end : end + END_BYTES])
    rest = behind.lstrip(BLANKS)
    if not rest or _begins_record(rest):
        return True
    # What follows may be the damaged header of the next record.
    return behind.startswith((b"\r\n\r\n", b"\n\n")) and _find_record(parts.buffer, parts.at, end) is None
