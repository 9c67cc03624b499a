"""The Avro schemas of the records: where they lie, and whether a new one can read what an old one wrote."""

import functools
import json
from pathlib import Path
from typing import Any, TypeAlias

import avro.compatibility
import avro.errors
import avro.schema
import fastavro

from pipeline.records import Kind

Schema: TypeAlias = dict[str, Any]

FILE_OF: dict[Kind, str] = {
    "articles": "article.avsc",
    "entities": "entity.avsc",
    "quotes": "quote.avsc",
    "stances": "stance.avsc",
    "dead_letters": "dead_letter.avsc",
}
HERE = Path(__file__).parent


def folder() -> Path:
    """Return the folder of the schemas: inside the installed package, or beside it in a checkout."""
    installed = HERE / "schema_files"
    return installed if installed.is_dir() else HERE.parent / "schemas"


def text_of(kind: Kind) -> str:
    """Return the schema of a kind of record as it stands in its file."""
    return (folder() / FILE_OF[kind]).read_text("utf-8")


@functools.cache
def schema(kind: Kind) -> Schema:
    """Return the schema of a kind of record, ready for reading and writing."""
    parsed = fastavro.parse_schema(json.loads(text_of(kind)))
    assert isinstance(parsed, dict)
    return parsed


class SchemaError(ValueError):
    """A file holds no Avro schema."""


def _parsed(path: Path) -> avro.schema.Schema:
    try:
        return avro.schema.parse(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, avro.errors.AvroException) as error:
        raise SchemaError(f"{path}: {error}") from None


def incompatibilities(old: Path, new: Path) -> list[str]:
    """Return why a reader with schema ``new`` can't read what ``old`` wrote; empty where it can.

    By the rules of schema resolution in the Avro specification.

    Raises:
        SchemaError: one of the files holds no Avro schema.
    """
    reader, writer = _parsed(new), _parsed(old)
    checker = avro.compatibility.ReaderWriterCompatibilityChecker()  # type: ignore[no-untyped-call]
    result = checker.get_compatibility(reader, writer)
    if result.compatibility is avro.compatibility.SchemaCompatibilityType.compatible:
        return []
    return sorted(
        f"{place}: {message}" for place, message in zip(sorted(result.locations), sorted(result.messages), strict=False)
    )
