"""The Avro schemas of the records: where they lie, and whether a new one can read what an old one wrote."""

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
    """Return the schema of a record kind as its file has it."""
    return kinds()[kind].schema.read_text("utf-8")


@functools.cache
def schema(kind: str) -> Schema:
    """Return the schema of a kind of record, ready for reading and writing."""
    parsed = _in_order(fastavro.parse_schema(json.loads(text_of(kind))))
    assert isinstance(parsed, dict)
    return parsed


def _in_order(value: object) -> object:
    """Return a parsed schema with its keys in order: the library leaves that to chance, and it goes into every file."""
    if isinstance(value, dict):
        return {key: _in_order(value[key]) for key in sorted(value)}
    return [_in_order(item) for item in value] if isinstance(value, list) else value


class SchemaError(ValueError):
    """A file holds no Avro schema."""


def _parsed(path: Path) -> avro.schema.Schema:
    try:
        return avro.schema.parse(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, RecursionError, avro.errors.AvroException) as error:
        raise SchemaError(f"{path}: {str(error) or type(error).__name__}") from None


def incompatibilities(old: Path, new: Path) -> list[str]:
    """Return why a reader with schema ``new`` can't read what ``old`` wrote, a reason for each place; empty where it can.

    By the rules of schema resolution in the Avro specification.

    Raises:
        SchemaError: one of the files holds no Avro schema.
    """
    return list(_reasons(_parsed(new), _parsed(old), "", set()))


def unread_fields(old: Path, new: Path) -> list[str]:
    """Return the fields at the top of ``old`` that a reader with ``new`` passes over.

    Raises:
        SchemaError: one of the files holds no Avro schema.
    """
    reader, writer = _parsed(new), _parsed(old)
    if not (isinstance(reader, avro.schema.RecordSchema) and isinstance(writer, avro.schema.RecordSchema)):
        return []
    read = {name for field in reader.fields for name in _names(field)}
    return [field.name for field in writer.fields if field.name not in read]


def _names(field: avro.schema.Field) -> list[str]:
    aliases = field.props.get("aliases")
    return [field.name, *(aliases if isinstance(aliases, list) else ())]


def _reasons(reader: avro.schema.Schema, writer: avro.schema.Schema, place: str, told: set[str]) -> Iterator[str]:
    """Yield the reasons field by field; whether two types fit is the library's to say.

    ``told`` are the names of the records that were looked into: a type that stands in several places has its reasons once.
    """
    checker = avro.compatibility.ReaderWriterCompatibilityChecker()  # type: ignore[no-untyped-call]
    result = checker.get_compatibility(reader, writer)
    if result.compatibility is avro.compatibility.SchemaCompatibilityType.compatible:
        return
    inside = list(_inside(reader, writer, place))
    if not inside:
        yield f"{place or '/'}: {'; '.join(sorted(result.messages))}"
    name = reader.fullname if isinstance(reader, avro.schema.RecordSchema) else ""
    if name not in told:
        told.update({name} - {""})
        for part in inside:
            yield from [part] if isinstance(part, str) else _reasons(*part, told)


def _inside(
    reader: avro.schema.Schema, writer: avro.schema.Schema, place: str
) -> Iterator[str | tuple[avro.schema.Schema, avro.schema.Schema, str]]:
    """Yield the pairs of types inside two types, with their places, and what is wrong with a field that has no pair."""
    if isinstance(reader, avro.schema.RecordSchema) and isinstance(writer, avro.schema.RecordSchema):
        written = {field.name: field for field in writer.fields}
        for field in reader.fields:
            match = next((written[name] for name in _names(field) if name in written), None)
            if match is not None:
                yield field.type, match.type, f"{place}/{field.name}"
            elif not field.has_default:
                yield f"{place}/{field.name}: is new and has no default"
    elif isinstance(reader, avro.schema.ArraySchema) and isinstance(writer, avro.schema.ArraySchema):
        yield reader.items, writer.items, place
    elif isinstance(reader, avro.schema.UnionSchema) and isinstance(writer, avro.schema.UnionSchema):
        branches = [[branch for branch in union.schemas if branch.type != "null"] for union in (reader, writer)]
        if len(branches[0]) == len(branches[1]) == 1:
            yield branches[0][0], branches[1][0], place
