# SPDX-License-Identifier: Apache-2.0
"""Article messages from Avro files: a row is a message, its columns are the fields of the JSON object.

Blocks are read here, because the library's reader trusts every length that a file states, and ends at the first block that is damaged:
a few bytes can make it allocate gigabytes, or lose all other rows.

https://avro.apache.org/docs/1.12.0/specification/#object-container-files
"""

import bz2
import lzma
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO, Protocol

import zstandard

from onrecord.data.message import Message
from onrecord.sources.content import uncompressed
from onrecord.sources.formats.avro_values import BrokenData, Data, Type, row_type
from onrecord.sources.formats.rows import message_of
from onrecord.sources.stored_file import StoredFile

# Stored or decompressed. Writers make blocks of kilobytes, and a message has 10 MB at most.
MAX_BLOCK_BYTES = 64 * 1024 * 1024
MAX_HEADER_BYTES = 16 * 1024 * 1024
MAX_DICTIONARY_BYTES = 128 * 1024 * 1024  # what decompressors may keep of the data
CHUNK_BYTES = 64 * 1024
MAGIC = b"Obj\x01"
SYNC_BYTES = 16


class _Decompressor(Protocol):
    @property
    def eof(self) -> bool: ...

    def decompress(self, data: bytes, max_length: int, /) -> bytes: ...


def _bounded(decompressor: _Decompressor, data: bytes) -> bytes:
    plain = decompressor.decompress(data, MAX_BLOCK_BYTES)
    if not decompressor.eof:
        raise BrokenData(f"a block is cut short, or over the limit of {MAX_BLOCK_BYTES:,} bytes")
    return plain


def _from_zstandard(data: bytes) -> bytes:
    with zstandard.ZstdDecompressor(max_window_size=MAX_DICTIONARY_BYTES).stream_reader(data) as reader:
        plain = reader.read(MAX_BLOCK_BYTES + 1)
    if len(plain) > MAX_BLOCK_BYTES:
        raise BrokenData(f"a block is over the limit of {MAX_BLOCK_BYTES:,} bytes")
    return plain


def _from_snappy(data: bytes) -> bytes:
    """Return a block of Snappy's raw format, which begins with the size; Avro adds a checksum."""
    import pyarrow

    size = sum((byte & 0x7F) << 7 * place for place, byte in enumerate(data[: _end_of_size(data)]))
    if size > MAX_BLOCK_BYTES:
        raise BrokenData(f"a block is over the limit of {MAX_BLOCK_BYTES:,} bytes")
    plain: bytes = pyarrow.Codec("snappy").decompress(data[:-4], decompressed_size=size, asbytes=True)
    if zlib.crc32(plain) != int.from_bytes(data[-4:], "big"):
        raise BrokenData("a block does not have the checksum that is stated")
    return plain


def _end_of_size(data: bytes) -> int:
    return next((place for place, byte in enumerate(data[:5], start=1) if byte < 0x80), 5)


CODECS: dict[str, Callable[[bytes], bytes]] = {
    "null": bytes,
    "deflate": lambda data: _bounded(zlib.decompressobj(-zlib.MAX_WBITS), data),
    "snappy": _from_snappy,
    "zstandard": _from_zstandard,
    "bzip2": lambda data: _bounded(bz2.BZ2Decompressor(), data),
    "xz": lambda data: _bounded(lzma.LZMADecompressor(memlimit=2 * MAX_DICTIONARY_BYTES), data),
}


class _Buffered:
    """A file of which some bytes are in memory.

    Attributes:
        bytes: those that were read and not dropped.
        offset: of the first of them, in the file.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.bytes = bytearray()
        self.offset = 0

    def fill(self, size: int) -> bool:
        """Read until there are at least ``size`` bytes, and return whether the file has that many."""
        while (missing := size - len(self.bytes)) > 0:
            data = self._file.read(max(missing, CHUNK_BYTES))
            if not data:
                return False
            self.bytes += data
        return True

    def drop(self, size: int) -> None:
        """Drop the first bytes."""
        del self.bytes[:size]
        self.offset += size

    def skip_behind(self, mark: bytes, keep: int) -> bytes:
        """Drop everything up to the next mark, and the mark, or to the end of the file; return the first ``keep`` bytes of it."""
        kept = bytearray()
        while True:
            found = self.bytes.find(mark)
            behind = found if found >= 0 else max(0, len(self.bytes) - len(mark) + 1)
            kept += self.bytes[: min(behind, keep - len(kept))]
            self.drop(behind)
            if found >= 0:
                self.drop(len(mark))
                return bytes(kept)
            if not self.fill(len(mark) + 1):
                kept += self.bytes[: keep - len(kept)]
                self.drop(len(self.bytes))
                return bytes(kept)


@dataclass(frozen=True)
class _Header:
    sync: bytes
    rows: Type
    decompress: Callable[[bytes], bytes]


def _header(file: _Buffered) -> _Header:
    """Read the header, and drop it.

    Raises:
        BrokenData: there is none, or the rows can't be read.
    """
    size = CHUNK_BYTES
    while True:
        is_whole = not file.fill(size) or size >= MAX_HEADER_BYTES
        if not file.bytes.startswith(MAGIC):
            raise BrokenData("it is not an Avro file")
        data = Data(bytes(file.bytes[:MAX_HEADER_BYTES]))
        try:
            data.take(len(MAGIC))
            meta = data.map_of_bytes()
            sync = data.take(SYNC_BYTES)
            break
        except BrokenData as error:
            if is_whole:
                raise BrokenData(f"its header can't be read: {error}") from None
        size *= 4
    codec = meta.get(b"avro.codec", b"null").decode("ascii", "backslashreplace")
    if codec not in CODECS:
        raise BrokenData(f"its codec {codec[:40]!r} is none of {', '.join(CODECS)}")
    header = _Header(sync, row_type(meta.get(b"avro.schema", b"")), CODECS[codec])
    file.drop(data.at)
    return header


def _next_block(file: _Buffered, sync: bytes) -> tuple[int, bytes]:
    """Return a block's number of rows, and its bytes as stored, and drop it.

    Raises:
        BrokenData: it is not whole, or is over the limit; nothing is dropped.
    """
    file.fill(20)
    start = Data(bytes(file.bytes[:20]))
    rows, size = start.long(), start.long()
    if size > MAX_BLOCK_BYTES:
        raise BrokenData(f"a block of {size:,} bytes is over the limit of {MAX_BLOCK_BYTES:,}")
    if min(rows, size) < 0:
        raise BrokenData("there is no block where one should begin")
    end = start.at + size
    if not file.fill(end + len(sync)):
        raise BrokenData("the file is cut short")
    if file.bytes[end : end + len(sync)] != sync:
        raise BrokenData("a block does not end where it should")
    data = bytes(file.bytes[start.at : end])
    file.drop(end + len(sync))
    return rows, data


class _Rows:
    """The rows of one block.

    Attributes:
        rest: the bytes that follow the last row that was returned: as stored, if they can't be decompressed.
    """

    def __init__(self, number: int, data: bytes, header: _Header) -> None:
        self._number = number
        self._header = header
        self.rest = data

    def __iter__(self) -> Iterator[dict[str, Any]]:
        """Yield each row.

        Raises:
            BrokenData: neither the next row nor those behind it can be read.
        """
        data = Data(self._plain())
        start = 0
        try:
            for _ in range(self._number):
                row = data.row(self._header.rows)
                yield row
                start = data.at
            if start < len(data.data):
                raise BrokenData(f"there are {len(data.data) - start:,} bytes more than the stated number of rows has")
        except BrokenData:
            self.rest = data.data[start:]
            raise

    def _plain(self) -> bytes:
        try:
            return self._header.decompress(self.rest)
        except (BrokenData, MemoryError):
            raise
        except Exception as error:  # each library has its own errors
            raise BrokenData(f"{type(error).__name__}: {error}") from None


class _Reader:
    """Makes messages of a file's rows, and of what can't be read.

    Attributes:
        row: number of the last row, with those that are known to be lost.
    """

    def __init__(self, file: StoredFile) -> None:
        self._file = file
        self.row = 0

    def messages(self) -> Iterator[Message]:
        """Yield the messages of the file."""
        data = _Buffered(uncompressed(self._file.stored, self._file.path))
        limit = self._file.limit
        try:
            header = _header(data)
        except BrokenData as error:
            data.fill(limit)
            yield self._broken(f"it can't be read ({error})", bytes(data.bytes[:limit]), 0)
            return
        while data.fill(1):
            start = data.offset
            try:
                if data.bytes.startswith(MAGIC):  # another file was appended; a block never begins like this
                    header = _header(data)
                    continue
                number, block = _next_block(data, header.sync)
            except BrokenData as error:
                skipped = data.skip_behind(header.sync, limit)
                behind = "; the rows behind are numbered without those that are lost" if data.fill(1) else ""
                problem = f"its bytes {start:,} to {data.offset:,} can't be read ({error}){behind}"
                yield self._broken(problem, skipped, start)
            else:
                yield from self._block(_Rows(number, block, header), self.row + number, start)

    def _block(self, rows: _Rows, behind: int, offset: int) -> Iterator[Message]:
        try:
            for row in rows:
                self._file.count()
                yield message_of(row, self._file, self.row + 1)
                self.row += 1
        except BrokenData as error:
            what = f"rows {self.row + 1:,} to {behind:,}" if behind > self.row else f"a row behind row {self.row:,}"
            yield self._broken(f"{what} can't be read ({error})", rows.rest, offset)
            self.row = behind

    def _broken(self, problem: str, stored: bytes, offset: int) -> Message:
        return self._file.broken(problem, stored, offset, self.row + 1)


def read_messages(file: StoredFile) -> Iterator[Message]:
    """Yield the message in each row of an Avro file: a JSON object of the columns that are not null.

    Memory is bounded by a few times ``MAX_BLOCK_BYTES``. Unreadable data becomes a message with a ``problem``, which holds the bytes and
    says at which offset of the file their block begins: a row with those after it in its block, or all bytes up to the next whole block.
    """
    return _Reader(file).messages()
