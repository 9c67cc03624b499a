# SPDX-License-Identifier: Apache-2.0
"""Article messages from Avro files: a row is a message, its columns are the fields of the JSON object.

Blocks are read here, because the library's reader trusts every length that a file states: a few bytes can make it allocate gigabytes.
"""

import io
import json
import zlib
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any, BinaryIO

import fastavro
import msgspec
import zstandard

from onrecord.data.message import MAX_MESSAGE_BYTES, Message
from onrecord.sources.floods import no_limit

# Stored or decompressed. Writers make blocks of kilobytes, and a message has 10 MB at most.
MAX_BLOCK_BYTES = 64 * 1024 * 1024
MAX_SCHEMA_DEPTH = 32  # nested types; the library recurses into each, and can't detect a full stack
MAGIC = b"Obj\x01"
# https://avro.apache.org/docs/1.12.0/specification/#object-container-files
HEADER = fastavro.parse_schema(
    {
        "type": "record",
        "name": "Header",
        "fields": [
            {"name": "magic", "type": {"type": "fixed", "name": "Magic", "size": 4}},
            {"name": "meta", "type": {"type": "map", "values": "bytes"}},
            {"name": "sync", "type": {"type": "fixed", "name": "Sync", "size": 16}},
        ],
    }
)
LONG = fastavro.parse_schema("long")


class BrokenFile(ValueError):
    """The file can't be read from here on; the message says why."""


class _Bounded:
    """A file whose reads are complete, and limited to the maximum size of a block."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._next = b""

    def is_at_end(self) -> bool:
        self._next = self._next or self._file.read(1)
        return not self._next

    def read(self, size: int) -> bytes:
        if not 0 <= size <= MAX_BLOCK_BYTES:
            raise BrokenFile(f"a length of {size:,} bytes is over the limit of {MAX_BLOCK_BYTES:,}")
        first, self._next = self._next[:size], self._next[size:]
        data = first + self._file.read(size - len(first))
        if len(data) < size:
            raise BrokenFile("the file is cut short")
        return data


def _inflated(data: bytes) -> bytes:
    decompressor = zlib.decompressobj(-zlib.MAX_WBITS)
    plain = decompressor.decompress(data, MAX_BLOCK_BYTES)
    if not decompressor.eof:
        raise BrokenFile(f"a block is cut short, or over the limit of {MAX_BLOCK_BYTES:,} bytes")
    return plain


def _from_zstandard(data: bytes) -> bytes:
    with zstandard.ZstdDecompressor().stream_reader(data) as reader:
        plain = reader.read(MAX_BLOCK_BYTES + 1)
    if len(plain) > MAX_BLOCK_BYTES:
        raise BrokenFile(f"a block is over the limit of {MAX_BLOCK_BYTES:,} bytes")
    return plain


CODECS: dict[str, Callable[[bytes], bytes]] = {"null": bytes, "deflate": _inflated, "zstandard": _from_zstandard}


class _Schema:
    """The schema of a file's rows. It is refused if a few bytes could encode millions of values, or overflow the stack."""

    def __init__(self, text: bytes) -> None:
        """Parse a schema.

        Raises:
            BrokenFile: it is not a schema, or is refused.
        """
        self._named: dict[str, Any] = {}
        self._takes_bytes: dict[str, bool | None] = {}  # None while a type is being examined
        try:
            self.parsed = fastavro.parse_schema(self._shallow(json.loads(text)), self._named)
        except BrokenFile:
            raise
        except Exception as error:  # the library raises all kinds of errors on a broken schema
            raise BrokenFile(f"it has no schema that can be read ({type(error).__name__})") from None
        if not (isinstance(self.parsed, dict) and self.parsed["type"] == "record" and self._has_bytes(self.parsed)):
            raise BrokenFile("its rows are not records with fields")

    def _shallow(self, schema: Any, depth: int = 0) -> Any:
        if depth > 3 * MAX_SCHEMA_DEPTH:  # a nested type is up to three nested values in JSON
            raise BrokenFile(f"its schema nests types more than {MAX_SCHEMA_DEPTH} levels deep")
        for inner in schema.values() if isinstance(schema, dict) else schema if isinstance(schema, list) else ():
            self._shallow(inner, depth + 1)
        return schema

    def _has_bytes(self, schema: Any) -> bool:
        """Whether every value of a type takes at least one byte."""
        if isinstance(schema, list):
            for branch in schema:
                self._has_bytes(branch)
            return True  # the index of the branch
        name = schema if isinstance(schema, str) else str(schema.get("name", ""))
        if name in self._takes_bytes:
            known = self._takes_bytes[name]
            if known is None:
                raise BrokenFile(f"its type {name} contains itself")
            return known
        if isinstance(schema, str) and schema not in self._named:
            return schema != "null"
        self._takes_bytes.update({name: None} if name else {})
        found = self._has_bytes_inside(self._named[schema] if isinstance(schema, str) else schema)
        self._takes_bytes.update({name: found} if name else {})
        return found

    def _has_bytes_inside(self, schema: dict[str, Any]) -> bool:
        kind = schema["type"]
        if kind == "record":
            fields = [self._has_bytes(field["type"]) for field in schema["fields"]]  # examines every field
            return any(fields)
        if kind == "array" and not self._has_bytes(schema["items"]):
            raise BrokenFile("it has arrays of items that take no bytes")
        if kind == "map":
            self._has_bytes(schema["values"])
        return bool(schema["size"]) if kind == "fixed" else kind != "null"


class _Container:
    """The blocks of an Avro file."""

    def __init__(self, file: BinaryIO) -> None:
        """Read the header.

        Raises:
            BrokenFile: the file has no valid header.
        """
        self._file = _Bounded(file)
        try:
            header: Any = fastavro.schemaless_reader(self._file, HEADER, None)  # type: ignore[arg-type]
        except (OSError, MemoryError):
            raise
        except Exception:  # the library raises all kinds of errors on broken bytes
            header = {"magic": b""}
        if header["magic"] != MAGIC:
            raise BrokenFile("it is not an Avro file")
        codec = header["meta"].get("avro.codec", b"null").decode("ascii", "backslashreplace")
        if codec not in CODECS:
            raise BrokenFile(f"its codec {codec[:40]!r} is none of {', '.join(CODECS)}")
        self.decompress = CODECS[codec]
        self.schema = _Schema(header["meta"].get("avro.schema", b"")).parsed
        self._sync: bytes = header["sync"]

    def blocks(self) -> Iterator[tuple[int, bytes]]:
        """Yield each block's number of rows, and its bytes as stored.

        Raises:
            BrokenFile: the rest of the file can't be read.
        """
        while not self._file.is_at_end():
            rows, data = self._long(), self._file.read(self._long())
            if rows < 0 or self._file.read(len(self._sync)) != self._sync:
                raise BrokenFile("a block does not end where it should")
            yield rows, data

    def _long(self) -> int:
        number = fastavro.schemaless_reader(self._file, LONG, None)  # type: ignore[arg-type]
        assert isinstance(number, int)
        return number

    def rows(self, number: int, data: bytes) -> Iterator[dict[str, Any]]:
        """Yield the rows of a block.

        Raises:
            BrokenFile: a row can't be read, and neither can those after it.
        """
        try:
            plain = io.BytesIO(self.decompress(data))
            for _ in range(number):
                row = fastavro.schemaless_reader(plain, self.schema, None)
                assert isinstance(row, dict)
                yield row
        except (BrokenFile, MemoryError):
            raise
        except Exception as error:  # the library raises all kinds of errors on broken bytes
            raise BrokenFile(f"{type(error).__name__}: {error}") from None


def read_messages(
    file: BinaryIO,
    path: str,
    changed_at: datetime,
    limit: int = MAX_MESSAGE_BYTES,
    count: Callable[[], None] = no_limit,
) -> Iterator[Message]:
    """Yield the message in each row of an Avro file: a JSON object of the columns that are not null.

    Memory is bounded by ``MAX_BLOCK_BYTES`` per block. Unreadable data becomes a message with a ``problem``: a row with those after it in
    its block, or the rest of the file.

    Args:
        file: the file's bytes as stored.
        path: its name, which goes into the messages' origin with the number of the row.
        changed_at: when it was last changed, in UTC: the messages' ``received_at``.
        limit: maximum size of a message in bytes.
        count: called for every row; it may raise an error, which ends the reading.
    """
    row = 0

    def unreadable(problem: str, payload: bytes = b"") -> Message:
        return Message(
            payload[:limit], f"{path}:{row + 1}", changed_at, {}, f"file: {problem}; repair the file and rerun"
        )

    try:
        container = _Container(file)
        for number, data in container.blocks():
            behind = row + number
            try:
                for values in container.rows(number, data):
                    count()
                    yield _message(values, f"{path}:{row + 1}", changed_at, limit)
                    row += 1
            except BrokenFile as error:
                yield unreadable(f"rows {row + 1:,} to {behind:,} can't be read ({error})", data)
            row = behind
    except BrokenFile as error:
        yield unreadable(f"it can't be read from here on ({error})")


def _message(values: dict[str, Any], origin: str, changed_at: datetime, limit: int) -> Message:
    payload = msgspec.json.encode({name: value for name, value in values.items() if value is not None})
    if len(payload) > limit:
        problem = f"message: {len(payload):,} bytes are over the limit of {limit:,}"
        return Message(payload[:limit], origin, changed_at, {}, problem)
    return Message(payload, origin, changed_at, {})
