# SPDX-License-Identifier: Apache-2.0
"""Compressed files: gzip, Zstandard, bzip2 and xz, recognised by their content and read past damage, within bounded memory.

A compressed file is a row of units that can be decompressed on their own: members of gzip, frames of Zstandard, streams of bzip2 and
xz. If one is damaged, reading goes on at the next one that can be decompressed. The time stays linear in the size of the file, because
what is decompressed a second time while looking for it is bounded.
"""

import bz2
import io
import lzma
import re
import zlib
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO, TypeAlias

import zstandard

from onrecord.data.message import MAX_MESSAGE_BYTES

CHUNK_BYTES = 1 << 20  # read at once
MAX_PIECE_BYTES = 1 << 20  # decompressed at once, except by Zstandard, which has no such bound
STEP_BYTES = 1 << 14  # fed in at once
ZSTD_STEP_BYTES = 1 << 12  # a small frame can expand 30,000-fold
MAX_MEMORY = 1 << 28  # of an xz stream; xz -9 needs 65 MB
MAX_WINDOW = 1 << 27  # of a Zstandard frame, the default of its command
# Damage is noticed at the end of the block that it is in, at the latest; this is more than any of the formats has in a block.
LOOK_BACK_BYTES = 1 << 20
CONFIRMED_BYTES = 1 << 12  # a unit that gives as much is not a magic number by chance
MAX_TRIAL_BYTES = 1 << 20  # of the stored file; bzip2 needs a whole block
MAX_REPEATS = 4  # times the file may be decompressed in looking for the next unit
FREE_REPEATS_BYTES = 1 << 24
MAX_DICTIONARY_BYTES = 1 << 24
MIN_SEARCHED_BYTES = 1 << 12
MAGIC_BYTES = 10
TEXT_BYTES = 64  # from the beginning of a file, which show whether it is text


@dataclass(frozen=True, slots=True)
class Damage:
    """A part of a file that can't be decompressed.

    Attributes:
        start: offset of its first byte in the stored file.
        end: offset of the first byte behind it.
        problem: what is wrong.
        stored: its bytes, at most ``MAX_MESSAGE_BYTES``.
        unit: offset of the unit that is damaged; None if there is none where one should begin.
    """

    start: int
    end: int
    problem: str
    stored: bytes
    unit: int | None = None


@dataclass(frozen=True, slots=True)
class UnitStart:
    """The beginning of a member, frame or stream.

    Attributes:
        offset: of its first byte in the stored file.
    """

    offset: int


Piece: TypeAlias = "bytes | Damage"


class _Decoder:
    """Decompresses one unit."""

    def __init__(self, decompressor: Any) -> None:
        self._decompressor = decompressor

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Yield what more of the stored bytes give."""
        yield self._decompressor.decompress(data)

    @property
    def eof(self) -> bool:
        """Whether the unit has ended."""
        return bool(self._decompressor.eof)

    @property
    def unused_data(self) -> bytes:
        """The bytes that were fed in and belong to the next unit."""
        return bytes(self._decompressor.unused_data)


class _Gzip(_Decoder):
    def __init__(self) -> None:
        super().__init__(zlib.decompressobj(zlib.MAX_WBITS | 16))

    def feed(self, data: bytes) -> Iterator[bytes]:
        while data and not self._decompressor.eof:
            yield self._decompressor.decompress(data, MAX_PIECE_BYTES)
            data = self._decompressor.unconsumed_tail


class _Bzip2OrXz(_Decoder):
    def feed(self, data: bytes) -> Iterator[bytes]:
        yield self._decompressor.decompress(data, MAX_PIECE_BYTES)
        while not (self._decompressor.needs_input or self._decompressor.eof):
            yield self._decompressor.decompress(b"", MAX_PIECE_BYTES)


# bz2 raises OSError. These are caught around the decompressors only, so that an error of the disk is not taken for damage.
_BROKEN = (OSError, EOFError, zlib.error, lzma.LZMAError, zstandard.ZstdError)


@dataclass(frozen=True, slots=True)
class _Compression:
    """A way of compression.

    Attributes:
        name: its name, and that of its units.
        endings: of the names of such files, in lower case.
        magic: matches the beginning of a unit.
        decoder: returns a function that makes what decompresses one unit; only the last one made is in use.
        step: how many bytes to feed in at once.
        has_content: matches the beginning of a unit with content; ``magic`` by default.
    """

    name: str
    endings: tuple[str, ...]
    magic: re.Pattern[bytes]
    decoder: Callable[[], Callable[[], _Decoder]]
    step: int = STEP_BYTES
    has_content: re.Pattern[bytes] | None = None


def _bzip2() -> _Decoder:
    return _Bzip2OrXz(bz2.BZ2Decompressor())


def _xz() -> _Decoder:
    return _Bzip2OrXz(lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=MAX_MEMORY))


def _zstandard(dictionary: zstandard.ZstdCompressionDict | None = None) -> Callable[[], _Decoder]:
    # Making the context takes longer than to decompress a small frame.
    context = zstandard.ZstdDecompressor(dictionary, max_window_size=MAX_WINDOW)
    return lambda: _Decoder(context.decompressobj())


_ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"
# A skippable frame at the beginning of a .warc.zst that has the dictionary of the others.
_ZSTD_DICTIONARY = b"\x5d\x2a\x4d\x18"
_COMPRESSIONS = (
    _Compression("gzip member", (".gz", ".gzip"), re.compile(rb"\x1f\x8b\x08[\x00-\x1f]", re.DOTALL), lambda: _Gzip),
    _Compression(
        "Zstandard frame",
        (".zst", ".zstd"),
        re.compile(re.escape(_ZSTD_MAGIC) + rb"|[\x50-\x5f]\x2a\x4d\x18"),
        _zstandard,
        ZSTD_STEP_BYTES,
        re.compile(re.escape(_ZSTD_MAGIC)),
    ),
    _Compression(
        "bzip2 stream", (".bz2",), re.compile(rb"BZh[1-9](?:1AY&SY|\x17\x72\x45\x38\x50\x90)"), lambda: _bzip2
    ),
    _Compression("xz stream", (".xz",), re.compile(rb"\xfd7zXZ\x00"), lambda: _xz),
)


class _Stored:
    """The stored bytes of a file, from any offset.

    Attributes:
        offset: of the next byte.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._chunk = b""
        self._chunk_at = 0
        self.offset = 0

    def peek(self, size: int) -> bytes:
        """Return the next bytes, fewer only at the end."""
        first = self.offset - self._chunk_at
        while len(self._chunk) - first < size:
            more = self._file.read(CHUNK_BYTES)
            if not more:
                break
            self._chunk = self._chunk[first:] + more
            self._chunk_at, first = self.offset, 0
        return self._chunk[first : first + size]

    def seek(self, offset: int) -> None:
        """Go to an offset."""
        if not self._chunk_at <= offset <= self._chunk_at + len(self._chunk):
            self._file.seek(offset)
            self._chunk, self._chunk_at = b"", offset
        self.offset = offset

    def skip_zeros(self) -> None:
        """Skip the zeros that pad some files to whole blocks."""
        while data := self.peek(STEP_BYTES if self.peek(1) == b"\0" else 1):
            rest = data.lstrip(b"\0")
            self.offset += len(data) - len(rest)
            if rest:
                return


class _Units:
    """The units of a compressed file."""

    def __init__(self, stored: _Stored, compression: _Compression) -> None:
        self._stored = stored
        self._compression = compression
        self._new_decoder = compression.decoder()
        self._furthest = 0  # the end of what was fed in already
        self._spent = 0  # bytes that were fed in vain
        if compression.decoder is _zstandard and stored.peek(len(_ZSTD_DICTIONARY)) == _ZSTD_DICTIONARY:
            self._read_dictionary()

    def __iter__(self) -> Iterator[bytes | UnitStart | Damage]:
        while beginning := self._stored.peek(MAGIC_BYTES):
            start = self._stored.offset
            name = self._compression.name
            if self._compression.magic.match(beginning):
                yield UnitStart(start)
                problem = yield from self._unit(start)
                if problem:
                    yield self._skipped(start, f"the {name} at byte {start:,} {problem}", start)
            else:
                yield self._skipped(start, f"at byte {start:,} there is no {name}")
            self._stored.skip_zeros()

    def _read_dictionary(self) -> None:
        header = self._stored.peek(8)
        size = int.from_bytes(header[4:], "little")
        if size > MAX_DICTIONARY_BYTES:
            return
        content = self._stored.peek(8 + size)[8:]
        try:
            if content.startswith(_ZSTD_MAGIC):
                decompressor = zstandard.ZstdDecompressor(max_window_size=MAX_WINDOW).decompressobj()
                content = b"".join(
                    decompressor.decompress(content[at : at + 64])
                    for at in range(0, len(content), 64)
                    if not decompressor.eof
                )
            dictionary = zstandard.ZstdCompressionDict(content)
            self._new_decoder = _zstandard(dictionary)
        except zstandard.ZstdError:
            return  # each frame then says that it needs a dictionary

    def _unit(self, start: int) -> Generator[bytes, None, str | None]:
        """Yield what is in a unit; return what is wrong with it, if anything."""
        decoder = self._new_decoder()
        given = 0
        while not decoder.eof:
            data = self._stored.peek(self._compression.step)
            if not data:
                return "is cut short by the end of the file"
            try:
                for piece in decoder.feed(data):
                    given += len(piece)
                    if piece:
                        yield piece
            except _BROKEN as error:
                yield from self._until_broken(start, given)
                return f"can't be decompressed from byte {self._stored.offset:,} on ({_reason(error)})"
            self._stored.offset += len(data)
        self._stored.seek(self._stored.offset - len(decoder.unused_data))
        return None

    def _until_broken(self, start: int, given: int) -> Iterator[bytes]:
        """Yield what a broken unit has up to the byte that can't be decompressed; the decompressors give nothing of what they break at."""
        fed_before = self._stored.offset
        decoder = self._new_decoder()
        self._stored.seek(start)
        made = 0
        while data := self._stored.peek(max(1, min(self._compression.step, fed_before - self._stored.offset))):
            try:
                for piece in decoder.feed(data):
                    made += len(piece)
                    if made > given:
                        yield piece[-(made - given) :]
                        given = made
            except _BROKEN:
                return
            self._stored.offset += len(data)

    def _skipped(self, start: int, problem: str, unit: int | None = None) -> Damage:
        """Go to the next unit that can be decompressed, and return what is in between."""
        broken_at = self._stored.offset
        next_at = self._next_unit(start, broken_at)
        first = broken_at if broken_at < next_at else start
        self._stored.seek(first)
        stored = self._stored.peek(min(next_at - first, MAX_MESSAGE_BYTES))
        self._stored.seek(next_at)
        goes_on = f"reading goes on at byte {next_at:,}" if self._stored.peek(1) else "nothing behind it can be read"
        return Damage(first, next_at, f"{problem}; {goes_on}", stored, unit)

    def _next_unit(self, start: int, broken_at: int) -> int:
        """Return the offset of the next unit that can be decompressed, or of the end of the file."""
        self._charge(start, broken_at)
        pattern = self._compression.has_content or self._compression.magic
        offset = max(start + 1, broken_at - LOOK_BACK_BYTES)
        size = MIN_SEARCHED_BYTES  # the next one is often near
        while True:
            self._stored.seek(offset)
            data = self._stored.peek(size)
            at = 0
            while found := pattern.search(data, at):
                candidate = offset + found.start()
                if candidate < self._furthest and self._is_overspent():
                    at = self._furthest - offset
                elif self._works(candidate):
                    return candidate
                else:
                    at = found.start() + 1
            if len(data) < size:
                return offset + len(data)
            offset += len(data) - MAGIC_BYTES + 1
            size = min(2 * size, CHUNK_BYTES)

    def _is_overspent(self) -> bool:
        return self._spent > MAX_REPEATS * self._furthest + FREE_REPEATS_BYTES

    def _charge(self, start: int, end: int) -> None:
        self._spent += end - start
        self._furthest = max(self._furthest, end)

    def _works(self, start: int) -> bool:
        """Whether a unit begins at an offset, and not a magic number by chance."""
        decoder = self._new_decoder()
        self._stored.seek(start)
        made, step = 0, 1 << 8
        try:
            while not decoder.eof and made < CONFIRMED_BYTES and self._stored.offset - start < MAX_TRIAL_BYTES:
                data = self._stored.peek(step)
                if not data:
                    break
                self._stored.offset += len(data)
                made += sum(map(len, self._fed(decoder, data)))
                step = min(2 * step, self._compression.step)
        except _NotDecompressed:
            return False
        finally:
            self._charge(start, self._stored.offset)
        return decoder.eof or made >= CONFIRMED_BYTES

    def _fed(self, decoder: _Decoder, data: bytes) -> Iterator[bytes]:
        try:
            yield from decoder.feed(data)
        except _BROKEN as error:
            raise _NotDecompressed from error


class _NotDecompressed(Exception):
    """Bytes can't be decompressed."""


def _reason(error: Exception) -> str:
    """Return the reason of a library's error, without its number."""
    return str(error).rpartition(": ")[2] or type(error).__name__


def _compression(stored: _Stored, path: str) -> _Compression | None:
    """Return how a file is compressed: as its beginning says, or as its name says if its beginning is damaged."""
    beginning = stored.peek(TEXT_BYTES)
    for compression in _COMPRESSIONS:
        if compression.magic.match(beginning):
            return compression
    if beginning and not re.search(rb"[\x00-\x08\x0e-\x1f]", beginning):
        return None
    return next((compression for compression in _COMPRESSIONS if path.lower().endswith(compression.endings)), None)


def units(file: BinaryIO, path: str = "", start: int = 0) -> Iterator[bytes | UnitStart | Damage]:
    """Yield the bytes of a file, decompressed, with the beginning of each member, frame or stream, and what can't be decompressed.

    What came before the damage in the same unit is yielded before it. Zeros between units are skipped.

    Args:
        file: the file's bytes as stored; it is read from its beginning, and must be seekable.
        path: its name, for a file that is empty or whose beginning is damaged.
        start: offset of the byte to start at; in a compressed file that of a unit.

    Raises:
        OSError: the file can't be read.
    """
    stored = _Stored(file)
    compression = _compression(stored, path)
    if compression is not None:
        if not stored.peek(1):
            problem = f"it is empty, and a compressed file has at least one {compression.name}"
            yield Damage(0, 0, problem, b"")
        found = _Units(stored, compression)
        stored.seek(start)
        yield from found
        return
    stored.seek(start)
    while chunk := stored.peek(1) and stored.peek(CHUNK_BYTES):
        yield chunk
        stored.offset += len(chunk)


def decompressed(file: BinaryIO, path: str = "") -> Iterator[Piece]:
    """Yield the bytes of a file, decompressed, and what can't be decompressed; see ``units``."""
    for piece in units(file, path):
        if not isinstance(piece, UnitStart):
            yield piece


def is_compressed(file: BinaryIO, path: str = "") -> bool:
    """Whether a file is compressed; it is at its beginning before and afterwards."""
    beginning = file.read(TEXT_BYTES)
    file.seek(0)
    return _compression(_Stored(io.BytesIO(beginning)), path) is not None
