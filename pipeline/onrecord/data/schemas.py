# SPDX-License-Identifier: Apache-2.0
"""The Avro schemas of the records, and whether a new schema can read files written with an old one."""

import functools
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeAlias

import avro.compatibility
import avro.errors
import avro.schema
import fastavro

from onrecord.data.kinds import kinds

Schema: TypeAlias = dict[str, Any]


def text_of(kind: str) -> str:
    """Return the schema of a record kind as the text of its file."""
    return kinds()[kind].schema.read_text("utf-8")


@functools.cache
def schema(kind: str) -> Schema:
    """Return the parsed schema of a record kind, for reading and writing."""
    parsed = _in_order(fastavro.parse_schema(json.loads(text_of(kind))))
    assert isinstance(parsed, dict)
    return parsed


def _in_order(value: object) -> object:
    """Return a parsed schema with sorted keys: the library returns them in any order, and the schema is written to every file."""
    if isinstance(value, dict):
        return {key: _in_order(value[key]) for key in sorted(value)}
    return [_in_order(item) for item in value] if isinstance(value, list) else value


class SchemaError(ValueError):
    """A file is not an Avro schema; the message says which file, and why."""


def _parsed(path: Path) -> avro.schema.Schema:
    try:
        return avro.schema.parse(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, RecursionError, avro.errors.AvroException) as error:
        raise SchemaError(f"{path}: {str(error) or type(error).__name__}") from None


def incompatibilities(old: Path, new: Path) -> list[str]:
    """Return why a reader with one schema can't read files written with another, one reason per place in the schema.

    The rules are those of schema resolution in the Avro specification.

    Args:
        old: the file of the writer's schema.
        new: the file of the reader's schema.

    Raises:
        SchemaError: one of the files is not an Avro schema.
    """
    return list(_reasons(_parsed(new), _parsed(old), "", set()))


def unread_fields(old: Path, new: Path) -> list[str]:
    """Return the top-level fields of ``old`` that a reader with ``new`` ignores.

    Raises:
        SchemaError: one of the files is not an Avro schema.
    """
    reader, writer = _parsed(new), _parsed(old)
    if not (isinstance(reader, avro.schema.RecordSchema) and isinstance(writer, avro.schema.RecordSchema)):
        return []
    read = {name for field in reader.fields for name in _names(field)}
    return [field.name for field in writer.fields if field.name not in read]


def _names(field: avro.schema.Field) -> list[str]:
    aliases = field.props.get("aliases")
    return [field.name, *(aliases if isinstance(aliases, list) else ())]


def _reasons(reader: avro.schema.Schema, writer: avro.schema.Schema, place: str, seen: set[str]) -> Iterator[str]:
    """Yield the reasons field by field; the library decides whether two types are compatible.

    Args:
        reader: the schema that reads.
        writer: the schema that wrote.
        place: where they are in the whole schema, such as ``/content/start``.
        seen: names of the record types that were compared before; a type used in several places has each of its reasons once.
    """
    checker = avro.compatibility.ReaderWriterCompatibilityChecker()  # type: ignore[no-untyped-call]
    result = checker.get_compatibility(reader, writer)
    if result.compatibility is avro.compatibility.SchemaCompatibilityType.compatible:
        return
    inside = list(_inside(reader, writer, place))
    if not inside:
        yield f"{place or '/'}: {'; '.join(sorted(result.messages))}"
    name = reader.fullname if isinstance(reader, avro.schema.RecordSchema) else ""
    if name not in seen:
        seen.update({name} - {""})
        for part in inside:
            yield from [part] if isinstance(part, str) else _reasons(*part, seen)


def _inside(
    reader: avro.schema.Schema, writer: avro.schema.Schema, place: str
) -> Iterator[str | tuple[avro.schema.Schema, avro.schema.Schema, str]]:
    """Yield the pairs of types inside two types, with their places, and a reason for each field that can't be read."""
    if isinstance(reader, avro.schema.RecordSchema) and isinstance(writer, avro.schema.RecordSchema):
        written = {field.name: field for field in writer.fields}
        for field in reader.fields:
            match = next((written[name] for name in _names(field) if name in written), None)
            if match is not None:
                yield field.type, match.type, f"{place}/{field.name}"
            elif not field.has_default:
                yield f"{place}/{field.name}: new field without a default"
    elif isinstance(reader, avro.schema.ArraySchema) and isinstance(writer, avro.schema.ArraySchema):
        yield reader.items, writer.items, place
    elif isinstance(reader, avro.schema.UnionSchema) and isinstance(writer, avro.schema.UnionSchema):
        branches = [[branch for branch in union.schemas if branch.type != "null"] for union in (reader, writer)]
        if len(branches[0]) == len(branches[1]) == 1:
            yield branches[0][0], branches[1][0], place
