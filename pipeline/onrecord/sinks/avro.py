# SPDX-License-Identifier: Apache-2.0
"""Avro, the default file format: a block-compressed container file that includes the schema of its record kind."""

import hashlib
from collections.abc import Collection, Iterable, Iterator
from typing import Any, BinaryIO

import fastavro

from onrecord.data import schemas
from onrecord.data.kinds import RecordKind, WrongKind
from onrecord.data.records import Record, from_avro, to_avro
from onrecord.version import __version__

EXTENSION = ".avro"
CODEC = "deflate"  # supported by every Avro reader


def write_records(file: BinaryIO, kind: RecordKind, records: Iterable[Record], name: str) -> None:
    """Write one whole file; equal records under the same name give equal bytes."""
    fastavro.writer(
        file,
        schemas.schema(kind.name),
        map(to_avro, records),
        codec=CODEC,
        metadata={"onrecord.version": __version__},
        sync_marker=hashlib.md5(name.encode("utf-8"), usedforsecurity=False).digest(),
        strict=True,
    )


def count_records(file: BinaryIO) -> int:
    """Return the number of records of a file, without decoding them."""
    return sum(block.num_records for block in fastavro.block_reader(file))


def read_records(file: BinaryIO, kind: RecordKind) -> Iterator[Record]:
    """Yield the records of a file."""
    for values in fastavro.reader(file):
        assert isinstance(values, dict)
        yield from_avro(kind.record_type, values)


def read_rows(file: BinaryIO, kind: RecordKind, fields: Collection[str] | None) -> Iterator[dict[str, Any]]:
    """Yield the records of a file as plain values. Fields that it lacks have their defaults; all others are read, which is quicker.

    Raises:
        WrongKind: it has other records.
    """
    schema = schemas.schema(kind.name)
    reader = fastavro.reader(file)
    writer = reader.writer_schema
    if not isinstance(writer, dict) or _last(writer.get("name", "")) != _last(schema["name"]):
        raise WrongKind(kind.name)
    there = {one["name"] for one in writer["fields"]}
    missing = {one["name"]: one["default"] for one in schema["fields"] if one["name"] not in there}
    for values in reader:
        assert isinstance(values, dict)
        yield {**missing, **values} if missing else values


def _last(name: str) -> str:
    return name.rpartition(".")[2]
