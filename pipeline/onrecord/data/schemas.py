# SPDX-License-Identifier: Apache-2.0
"""The Avro schemas of the records, and whether a new schema can read files written with an old one."""

import functools
import json
import warnings
from pathlib import Path
from typing import Any, TypeAlias

import avro.errors
import avro.schema
import fastavro

from onrecord.data import schema_resolution
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


@functools.cache
def fingerprint(kind: str) -> str:
    """Return the fingerprint of a record kind's schema, by the Avro specification: CRC-64-AVRO of its canonical form, in hexadecimal."""
    return str(fastavro.schema.fingerprint(fastavro.schema.to_parsing_canonical_form(schema(kind)), "CRC-64-AVRO"))


def _in_order(value: object) -> object:
    """Return a parsed schema with sorted keys: the library returns them in any order, and the schema is written to every file."""
    if isinstance(value, dict):
        return {key: _in_order(value[key]) for key in sorted(value)}
    return [_in_order(item) for item in value] if isinstance(value, list) else value


class SchemaError(ValueError):
    """A file is not an Avro schema; the message says which file, and why."""


def _parsed(path: Path) -> avro.schema.Schema:
    try:
        with warnings.catch_warnings():  # about logical types that the library does not know
            warnings.simplefilter("ignore")
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
    try:
        return schema_resolution.reasons(_parsed(new), _parsed(old))
    except RecursionError:
        raise SchemaError(f"{new}: types are nested too deeply to be compared") from None


def unread_fields(old: Path, new: Path) -> list[str]:
    """Return the top-level fields of ``old`` that a reader with ``new`` ignores.

    Raises:
        SchemaError: one of the files is not an Avro schema.
    """
    reader, writer = _parsed(new), _parsed(old)
    if not (isinstance(reader, avro.schema.RecordSchema) and isinstance(writer, avro.schema.RecordSchema)):
        return []
    read = {name for field in reader.fields for name in (field.name, *schema_resolution.aliases(field))}
    return [field.name for field in writer.fields if field.name not in read]
