# SPDX-License-Identifier: Apache-2.0
"""What one schema can read of another: the specification's rules, held against the library that reads the data."""

import copy
import io
import json
from collections.abc import Iterator
from typing import Any

import avro.schema
import fastavro
import pytest
from hypothesis import given
from hypothesis import strategies as st

from onrecord.data.schema_resolution import reasons


def record(name: str, fields: dict[str, Any], **others: Any) -> dict[str, Any]:
    """Return the schema of a record; a field's type may come with the other keys of the field."""
    made = [
        {"name": field, "type": type_[0], **type_[1]} if isinstance(type_, tuple) else {"name": field, "type": type_}
        for field, type_ in fields.items()
    ]
    return {"type": "record", "name": name, "fields": made, **others}


def enum(*symbols: str, **others: Any) -> dict[str, Any]:
    return {"type": "enum", "name": "E", "symbols": list(symbols), **others}


def fixed(size: int, **others: Any) -> dict[str, Any]:
    return {"type": "fixed", "name": "F", "size": size, **others}


def logical(type_: str, name: str, **others: Any) -> dict[str, Any]:
    return {"type": type_, "logicalType": name, **others}


def decimal(precision: int, scale: int) -> dict[str, Any]:
    return logical("bytes", "decimal", precision=precision, scale=scale)


def array(items: Any) -> dict[str, Any]:
    return {"type": "array", "items": items}


def map_(values: Any) -> dict[str, Any]:
    return {"type": "map", "values": values}


A = record("A", {"x": "int"})
B = record("B", {"x": "int"})
B_WAS_A = record("B", {"x": "int"}, aliases=["A"])
MILLIS, MICROS = logical("long", "timestamp-millis"), logical("long", "timestamp-micros")
TREE = record("Tree", {"text": "string", "replies": array("Tree")})

READABLE: dict[str, tuple[Any, Any]] = {
    # the writer's schema, the reader's
    "the same": (A, A),
    "int to long": ("int", "long"),
    "int to double": ("int", "double"),
    "long to float": ("long", "float"),
    "float to double": ("float", "double"),
    "string to bytes": ("string", "bytes"),
    "bytes to string": ("bytes", "string"),
    "another namespace": (record("a.A", {"x": "int"}), record("b.A", {"x": "int"})),
    "renamed with an alias": (A, B_WAS_A),
    "renamed with an alias in a namespace": (record("n.A", {"x": "int"}), {**B_WAS_A, "namespace": "n"}),
    "renamed inside, with an alias": (record("R", {"f": A}), record("R", {"f": B_WAS_A})),
    "renamed in a union, with an alias": (["null", A], ["null", B_WAS_A]),
    "a field less": (record("R", {"x": "int", "y": A}), record("R", {"x": "int"})),
    "a field with a default": (A, record("A", {"x": "int", "y": ("string", {"default": "none"})})),
    "a field with the default of a later branch": (
        A,
        record("A", {"x": "int", "y": (["null", "string"], {"default": "none"})}),
    ),
    "a field with a record as default": (A, record("A", {"x": "int", "y": (B, {"default": {"x": 1}})})),
    "a field with bytes as default": (A, record("A", {"x": "int", "y": ("bytes", {"default": "\xff"})})),
    "a renamed field with an alias": (A, record("A", {"z": ("int", {"aliases": ["x"]})})),
    "fields in another order": (record("R", {"x": "int", "y": "string"}), record("R", {"y": "string", "x": "int"})),
    "a symbol more": (enum("a"), enum("a", "b")),
    "a symbol less, with a default": (enum("a", "b"), enum("a", default="a")),
    "fixed": (fixed(4), fixed(4)),
    "null allowed": ("string", ["null", "string"]),
    "null allowed, and wider": ("int", ["null", "long"]),
    "unions in another order": (["null", "string"], ["string", "null"]),
    "a union of one": (["int"], "long"),
    "items": (array("int"), array("double")),
    "values": (map_("int"), map_(["null", "int"])),
    "an annotation more": ("long", MILLIS),
    "an annotation less": (MILLIS, "long"),
    "the same decimal": (decimal(9, 2), decimal(9, 2)),
    "annotations that nobody knows": (logical("long", "weeks"), logical("long", "years")),
    "a type that holds itself": (TREE, copy.deepcopy(TREE)),
}
UNREADABLE: dict[str, tuple[Any, Any, str]] = {
    # the writer's schema, the reader's, the reason
    "long to int": ("long", "int", "/: long can't be read as int"),
    "double to float": ("double", "float", "/: double can't be read as float"),
    "string to int": ("string", "int", "/: string can't be read as int"),
    "int to string": ("int", "string", "/: int can't be read as string"),
    "boolean to int": ("boolean", "int", "/: boolean can't be read as int"),
    "fixed to bytes": (fixed(4), "bytes", "/: fixed F can't be read as bytes"),
    "enum to string": (enum("a"), "string", "/: enum E can't be read as string"),
    "renamed": (A, B, "/: record A can't be read as record B: give the new name the alias A"),
    "renamed inside": (record("R", {"f": A}), record("R", {"f": B}), "/f: record A can't be read as record B"),
    "renamed in a union": (["null", A], ["null", B], "/: record A can't be read as record B"),
    "renamed in an array": (array(A), array(B), "/: record A can't be read as record B"),
    "an alias in another namespace": (record("m.A", {"x": "int"}), {**B_WAS_A, "namespace": "n"}, "the alias m.A"),
    "the alias on the wrong side": (B_WAS_A, A, "/: record B can't be read as record A"),
    "a renamed enum": (enum("a"), {**enum("a"), "name": "G"}, "/: enum E can't be read as enum G"),
    "a renamed fixed": (fixed(4), {**fixed(4), "name": "G"}, "/: fixed F can't be read as fixed G"),
    "another size": (fixed(4), fixed(8), "/: a size of 4 can't be read as one of 8"),
    "a symbol less": (enum("a", "b"), enum("a"), "/: symbols removed without a default: b"),
    "a field without a default": (A, record("A", {"x": "int", "y": "int"}), "/y: new field without a default"),
    "a renamed field": (A, record("A", {"z": "int"}), "/z: new field without a default"),
    "two fields for one": (
        record("R", {"x": "int", "y": "int"}),
        record("R", {"y": ("int", {"aliases": ["x"]})}),
        "/y: x and y would both be read into it",
    ),
    "null refused": (["null", "string"], "string", "/: null can't be read as string"),
    "a branch less": (["int", "string"], ["string", "null"], "/: int can't be read as string"),
    "no branch": ("int", ["null", "string", "boolean"], "/: int can't be read as any of null, string, boolean"),
    "items": (array("string"), array("int"), "/: string can't be read as int"),
    "values": (map_(["null", "int"]), map_("int"), "/: null can't be read as int"),
    "deep in a tree": (
        TREE,
        record("Tree", {"text": "int", "replies": array("Tree")}),
        "/text: string can't be read as int",
    ),
    # here the library reads, and the values are wrong
    "another scale": (decimal(9, 2), decimal(9, 3), "decimal of precision 9 and scale 2 can't be read as decimal of"),
    "another precision": (
        decimal(9, 2),
        decimal(8, 2),
        "decimal of precision 9 and scale 2 can't be read as decimal of",
    ),
    "a decimal as text": (decimal(9, 2), "string", "decimal of precision 9 and scale 2 can't be read as string"),
    "another unit": (
        MILLIS,
        MICROS,
        "/: timestamp-millis can't be read as timestamp-micros: the values would be wrong",
    ),
    "another unit in a union": (
        ["null", MILLIS],
        ["null", MICROS],
        "timestamp-millis can't be read as timestamp-micros",
    ),
    "a day as a time": (logical("int", "date"), MILLIS, "/: date can't be read as timestamp-millis"),
    # the specification asks for a default that the type has
    "a default of another type": (
        A,
        record("A", {"x": ("int", {"default": "1"})}),
        "/x: its default is not a value of",
    ),
    "true for an int": (A, record("A", {"x": ("int", {"default": True})}), "/x: its default is not a value of"),
    "a default that is too large": (
        A,
        record("A", {"x": ("int", {"default": 2**31})}),
        "/x: its default is not a value",
    ),
    "a default of no branch": (A, record("A", {"x": (["null", "int"], {"default": "1"})}), "/x: its default is not a"),
    "a default that is no symbol": (
        A,
        record("A", {"x": "int", "e": (enum("a"), {"default": "b"})}),
        "/e: its default is not a value of its type, enum E",
    ),
    "a default of another size": (A, record("A", {"x": "int", "f": (fixed(2), {"default": "abc"})}), "/f: its default"),
    "a default with the wrong items": (A, record("A", {"x": "int", "f": (array("int"), {"default": ["a"]})}), "/f: "),
    "a default without a field": (A, record("A", {"x": "int", "f": (B, {"default": {}})}), "/f: its default is not a"),
}


def said(writer: Any, reader: Any) -> list[str]:
    return reasons(avro.schema.parse(json.dumps(reader)), avro.schema.parse(json.dumps(writer)))


def witnesses(schema: Any, named: dict[str, Any] | None = None) -> Iterator[Any]:
    """Yield values that a schema can write: of every branch, with every symbol, and with items in every array."""
    named = {} if named is None else named
    if isinstance(schema, list):
        for branch in schema:
            yield from witnesses(branch, named)
    elif isinstance(schema, str):
        yield from SIMPLE.get(schema, [NOTHING])
    elif schema["type"] == "record":
        named[schema["name"]] = schema
        yield from rows({field["name"]: list(witnesses(field["type"], named)) for field in schema["fields"]})
    elif schema["type"] == "enum":
        yield from schema["symbols"]
    elif schema["type"] == "fixed":
        yield b"\x01" * schema["size"]
    elif schema["type"] == "array":
        yield from ([value] if value is not NOTHING else [] for value in witnesses(schema["items"], named))
    elif schema["type"] == "map":
        yield from ({"key": value} for value in witnesses(schema["values"], named))
    else:
        yield from witnesses(schema["type"], named)


NOTHING = object()  # a type that holds itself
SIMPLE: dict[str, list[Any]] = {
    "null": [None],
    "boolean": [True],
    "int": [7],
    "long": [2**40],
    "float": [0.5],
    "double": [0.25],
    "string": ["text"],
    "bytes": [b"bytes"],
}


def rows(columns: dict[str, list[Any]]) -> Iterator[dict[str, Any]]:
    """Yield rows in which every value of every column appears."""
    for number in range(max(map(len, columns.values()), default=1)):
        yield {name: values[min(number, len(values) - 1)] for name, values in columns.items()}


def plain(schema: Any) -> Any:
    """Return a schema without annotations, which the library takes from the writer's schema."""
    if isinstance(schema, list):
        return [plain(inner) for inner in schema]
    if isinstance(schema, dict):
        return {key: plain(value) for key, value in schema.items() if key != "logicalType"}
    return schema


def written_and_read(writer: Any, reader: Any) -> list[tuple[Any, Any]]:
    """Return values that were written, and what the library read.

    Raises:
        Exception: it can't read one of them.
    """
    pairs = []
    for value in witnesses(writer):
        file = io.BytesIO()
        fastavro.schemaless_writer(file, plain(writer), value)
        file.seek(0)
        pairs.append((value, fastavro.schemaless_reader(file, plain(writer), plain(reader))))
    return pairs


def is_same(written: Any, read: Any) -> bool:
    """Return whether what was read is what was written, as far as it was read."""
    if isinstance(written, dict) and isinstance(read, dict):
        return all(is_same(written[name], read[name]) for name in written.keys() & read.keys())
    if isinstance(written, list) and isinstance(read, list):
        return len(written) == len(read) and all(map(is_same, written, read))
    if isinstance(written, str) and isinstance(read, bytes):
        return written.encode() == read
    return is_same(read, written) if isinstance(written, bytes) and isinstance(read, str) else bool(written == read)


@pytest.mark.parametrize(("writer", "reader"), READABLE.values(), ids=READABLE)
def test_what_can_be_read(writer, reader):
    assert said(writer, reader) == []
    assert all(is_same(*pair) for pair in written_and_read(writer, reader)) or "symbols" in writer


@pytest.mark.parametrize(("writer", "reader", "reason"), UNREADABLE.values(), ids=UNREADABLE)
def test_what_can_not_be_read(writer, reader, reason):
    [found] = said(writer, reader)
    assert reason in found


# The library reads these: it takes annotations from the writer's schema, checks few defaults, qualifies no alias, and takes one field
# of two.
READ_ALL_THE_SAME = {
    "an alias in another namespace",
    "another scale",
    "another precision",
    "a decimal as text",
    "two fields for one",
    "another unit",
    "another unit in a union",
    "a day as a time",
    "true for an int",
    "a default that is too large",
    "a default that is no symbol",
    "a default of another size",
    "a default with the wrong items",
    "a default without a field",
}


@pytest.mark.parametrize("name", sorted(UNREADABLE.keys() - READ_ALL_THE_SAME))
def test_the_library_can_not_read_it_either(name):
    writer, reader, _ = UNREADABLE[name]
    with pytest.raises(Exception):  # noqa: B017 - it has many kinds of errors
        written_and_read(writer, reader)


@st.composite
def types(draw: st.DrawFn, depth: int = 2) -> Any:
    """Return a schema; the names of its types are given later."""
    kinds = [*SIMPLE, "timestamp", "enum", "fixed"] + (["record", "array", "map", "union"] if depth else [])
    kind = draw(st.sampled_from(kinds))
    inner = types(depth - 1)
    match kind:
        case "timestamp":
            return draw(st.sampled_from([MILLIS, MICROS]))
        case "enum":
            return enum(*draw(st.sampled_from([("a",), ("a", "b"), ("b", "c")])))
        case "fixed":
            return fixed(draw(st.integers(1, 2)))
        case "record":
            return record("R", {name: draw(inner) for name in draw(st.sampled_from(["x", "xy", "xyz"]))})
        case "array":
            return array(draw(inner))
        case "map":
            return map_(draw(inner))
        case "union":
            return ["null", draw(inner.filter(lambda type_: type_ != "null" and not isinstance(type_, list)))]
    return kind


@st.composite
def changed(draw: st.DrawFn, schema: Any) -> Any:
    """Return a schema with a change somewhere, perhaps."""
    if draw(st.integers(0, 3)) == 0:
        return draw(
            st.sampled_from(["int", "long", "double", "bytes", "string", ["null", "string"], ["null", schema], schema])
            if not isinstance(schema, list) and schema != "null"
            else st.sampled_from(["null", schema])
        )
    if isinstance(schema, list):
        branches = [schema[0], draw(changed(schema[1]))]
        return branches if branches[1] != "null" and not isinstance(branches[1], list) else schema
    if isinstance(schema, str):
        return schema
    schema = copy.deepcopy(schema)
    for field in schema.get("fields", ()):
        field["type"] = draw(changed(field["type"]))
        if draw(st.integers(0, 5)) == 0:
            field.update(draw(st.sampled_from([{"name": "new"}, {"name": "new", "aliases": [field["name"]]}])))
            break
    for key in schema.keys() & {"items", "values"}:
        schema[key] = draw(changed(schema[key]))
    if schema["type"] == "enum":
        schema.update(draw(st.sampled_from([{}, {"symbols": ["a"]}, {"symbols": ["a", "b", "c"]}])))
    if "name" in schema and draw(st.integers(0, 5)) == 0:
        schema.update(draw(st.sampled_from([{"name": "New"}, {"size": 3}])))
    return schema


def with_names(schema: Any, place: str = "T") -> Any:
    """Return a schema in which every named type has a name of its own: the same at the same place."""
    if isinstance(schema, list):
        return [with_names(branch, place + "u") for branch in schema]
    if not isinstance(schema, dict):
        return schema
    schema = dict(schema)
    if "name" in schema:
        schema["name"] += place
    if "fields" in schema:
        schema["fields"] = [
            {**field, "type": with_names(field["type"], place + str(number))}
            for number, field in enumerate(schema["fields"])
        ]
    for key in schema.keys() & {"items", "values"}:
        schema[key] = with_names(schema[key], place + "i")
    return schema


@given(data=st.data())
def test_the_check_says_what_the_library_does(data):
    writer = data.draw(types())
    reader = with_names(data.draw(changed(writer)))
    writer = with_names(writer)
    found = said(writer, reader)
    try:
        pairs = written_and_read(writer, reader)
    except Exception:
        assert found
    else:
        assert all("the values would be wrong" in reason for reason in found)
        assert all(is_same(*pair) for pair in pairs)
