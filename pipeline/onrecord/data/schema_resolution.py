# SPDX-License-Identifier: Apache-2.0
"""Whether a reader with one Avro schema can read what was written with another, by the rules of schema resolution.

The library's own check knows nothing of logical types and defaults, and names no place. One rule is stricter than the specification:
times in other units can be read, and are wrong, so that types with different logical types don't match.

https://avro.apache.org/docs/1.12.0/specification/#schema-resolution
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeAlias

from avro.schema import (
    ArraySchema,
    DecimalLogicalSchema,
    EnumSchema,
    Field,
    FixedSchema,
    MapSchema,
    NamedSchema,
    RecordSchema,
    Schema,
    UnionSchema,
)

PROMOTIONS = {
    "int": ("long", "float", "double"),
    "long": ("float", "double"),
    "float": ("double",),
    "string": ("bytes",),
    "bytes": ("string",),
}
# The types that each logical type annotates; on others it is ignored.
LOGICAL_TYPES = {
    "date": ("int",),
    "time-millis": ("int",),
    "time-micros": ("long",),
    "timestamp-millis": ("long",),
    "timestamp-micros": ("long",),
    "timestamp-nanos": ("long",),
    "local-timestamp-millis": ("long",),
    "local-timestamp-micros": ("long",),
    "local-timestamp-nanos": ("long",),
    "uuid": ("string", "fixed"),
    "duration": ("fixed",),
}
Pair: TypeAlias = tuple[Schema, Schema]


def reasons(reader: Schema, writer: Schema) -> list[str]:
    """Return why ``reader`` can't read what ``writer`` wrote, one reason per place in the schema."""
    return [*_wrong_defaults(reader, "", set()), *_reasons(reader, writer, "", set())]


def _reasons(reader: Schema, writer: Schema, place: str, seen: set[tuple[int, int]]) -> Iterator[str]:
    """Yield reasons.

    Args:
        reader: the schema that reads.
        writer: the schema that wrote.
        place: where they are in the whole schema, such as ``/content/start``.
        seen: the pairs that were compared before; types that are used in several places have each of their reasons once.
    """
    if (id(reader), id(writer)) in seen:
        return
    seen.add((id(reader), id(writer)))
    if isinstance(writer, UnionSchema):
        for branch in writer.schemas:
            yield from _reasons(reader, branch, place, seen)
    elif isinstance(reader, UnionSchema):
        yield from _reasons_of_union(reader, writer, place, seen)
    elif (mismatch := _mismatch(reader, writer)) is not None:
        yield f"{place or '/'}: {mismatch}"
    elif isinstance(reader, RecordSchema) and isinstance(writer, RecordSchema):
        yield from _reasons_of_fields(reader, writer, place, seen)
    else:
        for inner_reader, inner_writer in _inside(reader, writer):
            yield from _reasons(inner_reader, inner_writer, place, seen)


def _reasons_of_union(reader: UnionSchema, writer: Schema, place: str, seen: set[tuple[int, int]]) -> Iterator[str]:
    matching = [branch for branch in reader.schemas if _matches(branch, writer)]
    others = [branch for branch in reader.schemas if branch.type != "null"]
    if matching:
        yield from _reasons(matching[0], writer, place, seen)
    elif len(others) == 1 and writer.type != "null":
        yield from _reasons(others[0], writer, place, seen)
    else:
        branches = ", ".join(map(_described, reader.schemas))
        yield f"{place or '/'}: {_described(writer)} can't be read as any of {branches}"


def _reasons_of_fields(
    reader: RecordSchema, writer: RecordSchema, place: str, seen: set[tuple[int, int]]
) -> Iterator[str]:
    read = {field.name for field in reader.fields}
    for field in reader.fields:
        names = {field.name, *(set(aliases(field)) - read)}
        written = [other for other in writer.fields if other.name in names]
        below = f"{place}/{field.name}"
        if len(written) == 1:
            yield from _reasons(field.type, written[0].type, below, seen)
        elif written:
            yield f"{below}: {' and '.join(other.name for other in written)} would both be read into it"
        elif not field.has_default:
            yield f"{below}: new field without a default"


def aliases(named: NamedSchema | Field) -> list[str]:
    """Return the other names of a type or a field, as they are written."""
    found = named.props.get("aliases")
    return [alias for alias in found if isinstance(alias, str)] if isinstance(found, list) else []


def _matches(reader: Schema, writer: Schema) -> bool:
    """Return whether a branch of a union is the one that reads; whether it can do so is another question."""
    if isinstance(reader, UnionSchema) or isinstance(writer, UnionSchema):
        return True
    return _mismatch(reader, writer) is None and all(_matches(*pair) for pair in _inside(reader, writer))


def _inside(reader: Schema, writer: Schema) -> list[Pair]:
    if isinstance(reader, ArraySchema) and isinstance(writer, ArraySchema):
        return [(reader.items, writer.items)]
    if isinstance(reader, MapSchema) and isinstance(writer, MapSchema):
        return [(reader.values, writer.values)]
    return []


def _mismatch(reader: Schema, writer: Schema) -> str | None:
    """Return why two types, neither of them a union, don't match, without the types inside them."""
    kinds = [_kind(reader), _kind(writer)]
    if kinds[0] != kinds[1] and kinds[0] not in PROMOTIONS.get(kinds[1], ()):
        return f"{_described(writer)} can't be read as {_described(reader)}"
    if isinstance(reader, NamedSchema) and isinstance(writer, NamedSchema) and not _is_named_as(reader, writer):
        return (
            f"{_described(writer)} can't be read as {_described(reader)}: give the new name the alias {writer.fullname}"
        )
    if isinstance(reader, FixedSchema) and isinstance(writer, FixedSchema) and reader.size != writer.size:
        return f"a size of {writer.size} can't be read as one of {reader.size}"
    if isinstance(reader, EnumSchema) and isinstance(writer, EnumSchema) and not reader.props.get("default"):
        missing = [symbol for symbol in writer.symbols if symbol not in reader.symbols]
        if missing:
            return f"symbols removed without a default: {', '.join(missing)}"
    return _mismatch_of_logical_types(reader, writer)


def _is_named_as(reader: NamedSchema, writer: NamedSchema) -> bool:
    space = f"{reader.namespace}." if reader.namespace else ""
    full_aliases = [alias if "." in alias else space + alias for alias in aliases(reader)]
    return reader.name == writer.name or writer.fullname in full_aliases


def _mismatch_of_logical_types(reader: Schema, writer: Schema) -> str | None:
    read, written = _logical_type(reader), _logical_type(writer)
    if written and written.startswith("decimal") and _kind(reader) == "string":
        return f"{written} can't be read as string"
    if read is None or written is None or read == written:
        return None
    return f"{written} can't be read as {read}: the values would be wrong"


def _logical_type(schema: Schema) -> str | None:
    if isinstance(schema, DecimalLogicalSchema):
        return f"decimal of precision {schema.props['precision']} and scale {schema.props.get('scale', 0)}"
    name = str(schema.props.get("logicalType"))
    return name if schema.type in LOGICAL_TYPES.get(name, ()) else None


def _kind(schema: Schema) -> str:
    return "record" if isinstance(schema, RecordSchema) else str(schema.type)


def _described(schema: Schema) -> str:
    name = f" {schema.fullname}" if isinstance(schema, NamedSchema) else ""
    return f"{_kind(schema)}{name}"


def _wrong_defaults(schema: Schema, place: str, seen: set[int]) -> Iterator[str]:
    """Yield a reason for each field of the reader's schema with a default that its type does not have."""
    if id(schema) in seen:
        return
    seen.add(id(schema))
    if isinstance(schema, RecordSchema):
        for field in schema.fields:
            below = f"{place}/{field.name}"
            if field.has_default and not _is_default(field.type, field.default):
                yield f"{below}: its default is not a value of its type, {_described(field.type)}"
            yield from _wrong_defaults(field.type, below, seen)
    for inner in _types_inside(schema):
        yield from _wrong_defaults(inner, place, seen)


def _types_inside(schema: Schema) -> Sequence[Schema]:
    if isinstance(schema, UnionSchema):
        return list(schema.schemas)
    return [inner for inner, _ in _inside(schema, schema)]


def _is_default(schema: Schema, value: Any) -> bool:
    if isinstance(schema, UnionSchema):
        return any(_is_default(branch, value) for branch in schema.schemas)
    return _DEFAULTS[_kind(schema)](schema, value)


def _is_integer(value: Any, bits: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and -(2 ** (bits - 1)) <= value < 2 ** (bits - 1)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _are_bytes(value: Any, size: int | None = None) -> bool:
    return isinstance(value, str) and all(ord(char) < 256 for char in value) and size in (None, len(value))


def _is_record(schema: RecordSchema, value: Any) -> bool:
    return isinstance(value, dict) and all(
        _is_default(field.type, value[field.name]) if field.name in value else field.has_default
        for field in schema.fields
    )


_DEFAULTS: dict[str, Callable[[Any, Any], bool]] = {
    "null": lambda schema, value: value is None,
    "boolean": lambda schema, value: isinstance(value, bool),
    "int": lambda schema, value: _is_integer(value, 32),
    "long": lambda schema, value: _is_integer(value, 64),
    "float": lambda schema, value: _is_number(value),
    "double": lambda schema, value: _is_number(value),
    "string": lambda schema, value: isinstance(value, str),
    "bytes": lambda schema, value: _are_bytes(value),
    "fixed": lambda schema, value: _are_bytes(value, schema.size),
    "enum": lambda schema, value: value in schema.symbols,
    "array": lambda schema, value: isinstance(value, list) and all(_is_default(schema.items, item) for item in value),
    "map": lambda schema, value: (
        isinstance(value, dict) and all(_is_default(schema.values, item) for item in value.values())
    ),
    "record": _is_record,
}
