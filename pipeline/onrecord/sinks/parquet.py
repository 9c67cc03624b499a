# SPDX-License-Identifier: Apache-2.0
"""Parquet: the same records and fields as the Avro files, for DuckDB, Polars, pandas, Spark and BigQuery.

Arrow is imported when a file is read or written, so that a command line is checked quickly, and records in Avro need no Arrow.
"""

import functools
import io
from collections.abc import Collection, Iterable, Iterator
from datetime import timezone
from itertools import islice
from typing import TYPE_CHECKING, Any, BinaryIO

from onrecord.data import schemas
from onrecord.data.kinds import RecordKind, WrongKind
from onrecord.data.records import Record, from_avro, to_avro
from onrecord.version import __version__

if TYPE_CHECKING:
    import pyarrow as pa

EXTENSION = ".parquet"
CODEC = "zstd"  # half the size of Snappy, and all readers have it
ROWS_PER_GROUP = 1_024  # a group is in memory while it is written
ROWS_PER_BATCH = 128  # in memory while a file is read
KIND = b"onrecord.kind"  # in the metadata of a file
VERSION = b"onrecord.version"


def write_records(file: BinaryIO, kind: RecordKind, records: Iterable[Record], name: str) -> None:
    """Write one whole file; equal records give equal bytes."""
    import pyarrow as pa
    from pyarrow import parquet

    schema = arrow_schema(kind.name)
    # Arrow asks a file for its position, which those of object stores may not know.
    buffer = io.BytesIO()
    waiting = map(to_avro, records)
    with parquet.ParquetWriter(buffer, schema, compression=CODEC) as writer:
        while rows := list(islice(waiting, ROWS_PER_GROUP)):
            writer.write_batch(pa.RecordBatch.from_pylist(rows, schema))
    file.write(buffer.getbuffer())


def count_records(file: BinaryIO) -> int:
    """Return the number of records of a file, from its footer."""
    from pyarrow import parquet

    count: int = parquet.read_metadata(file).num_rows
    return count


def read_records(file: BinaryIO, kind: RecordKind) -> Iterator[Record]:
    """Yield the records of a file."""
    return (from_avro(kind.record_type, values) for values in _rows(file, kind, None))


def read_rows(file: BinaryIO, kind: RecordKind, fields: Collection[str] | None) -> Iterator[dict[str, Any]]:
    """Yield the records of a file as plain values; of some fields only, if they are given. Those that it lacks have their defaults.

    Raises:
        WrongKind: it has other records.
    """
    schema = schemas.schema(kind.name)
    wanted = [field for field in schema["fields"] if fields is None or field["name"] in fields]
    defaults = {field["name"]: field["default"] for field in wanted if "default" in field}
    for values in _rows(file, kind, [field["name"] for field in wanted]):
        yield {**defaults, **values}


def _rows(file: BinaryIO, kind: RecordKind, columns: list[str] | None) -> Iterator[dict[str, Any]]:
    from pyarrow import parquet

    reader = parquet.ParquetFile(file, pre_buffer=False)
    if (reader.schema_arrow.metadata or {}).get(KIND) != kind.name.encode():
        raise WrongKind(kind.name)
    times = [field.name for field in reader.schema_arrow if str(field.type).startswith("timestamp")]
    for batch in reader.iter_batches(ROWS_PER_BATCH, columns=columns, use_threads=False):
        for values in batch.to_pylist(maps_as_pydicts="strict"):
            for name in times:  # in the same type as those of Avro, and not that of the installed time zone data
                if values.get(name) is not None:
                    values[name] = values[name].replace(tzinfo=timezone.utc)
            yield values


@functools.cache
def arrow_schema(kind: str) -> "pa.Schema":
    """Return the Arrow schema of a record kind, made from its Avro schema.

    Raises:
        TypeError: the Avro schema has a type that Arrow has not, which is a union of several types.
    """
    import pyarrow as pa

    avro = schemas.schema(kind)
    named: dict[str, pa.DataType] = {}
    return pa.schema(
        [_field(one, named) for one in avro["fields"]], {KIND: kind.encode(), VERSION: __version__.encode()}
    )


def _field(field: dict[str, Any], named: "dict[str, pa.DataType]") -> "pa.Field":
    import pyarrow as pa

    about = {"description": field["doc"]} if "doc" in field else None
    return pa.field(field["name"], _type(field["type"], named), nullable=_is_nullable(field["type"]), metadata=about)


def _is_nullable(avro: Any) -> bool:
    return isinstance(avro, list) and "null" in avro


def _type(avro: Any, named: "dict[str, pa.DataType]") -> "pa.DataType":
    import pyarrow as pa

    if isinstance(avro, list):
        types = [one for one in avro if one != "null"]
        if len(types) != 1:
            raise TypeError(f"a union of several types can't be written as Parquet: {avro}")
        return _type(types[0], named)
    if isinstance(avro, str):
        return named[avro] if avro in named else getattr(pa, PRIMITIVES[avro])()
    made = _named_type(avro, named) if "name" in avro else _unnamed_type(avro, named)
    if "name" in avro:
        named[avro["name"]] = made
    return made


def _named_type(avro: dict[str, Any], named: "dict[str, pa.DataType]") -> "pa.DataType":
    import pyarrow as pa

    if avro["type"] == "record":
        return pa.struct([_field(one, named) for one in avro["fields"]])
    return pa.string() if avro["type"] == "enum" else pa.binary(avro["size"])


def _unnamed_type(avro: dict[str, Any], named: "dict[str, pa.DataType]") -> "pa.DataType":
    import pyarrow as pa

    match avro:
        case {"type": "array", "items": items}:
            return pa.list_(pa.field("element", _type(items, named), nullable=_is_nullable(items)))
        case {"type": "map", "values": values}:
            return pa.map_(pa.string(), pa.field("value", _type(values, named), nullable=_is_nullable(values)))
        case {"logicalType": "timestamp-millis" | "timestamp-micros" as unit}:
            return pa.timestamp("ms" if unit == "timestamp-millis" else "us", "UTC")
        case {"logicalType": "date"}:
            return pa.date32()
    return _type(avro["type"], named)


PRIMITIVES = {
    "null": "null",
    "boolean": "bool_",
    "int": "int32",
    "long": "int64",
    "float": "float32",
    "double": "float64",
    "bytes": "binary",
    "string": "string",
}
