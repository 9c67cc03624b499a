# SPDX-License-Identifier: Apache-2.0
"""Values in Avro's binary encoding, from data that may be hostile or damaged.

They are decoded here, because libraries give up all that follows a value which Python can't hold, and recurse without a limit: a value
that holds itself a million times fits into a few bytes, and overflows their stack. Here, a value that can't be held is told apart from
bytes that can't be followed.

https://avro.apache.org/docs/1.12.0/specification/#binary-encoding
"""

import json
import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Context, Decimal
from typing import Any
from uuid import UUID

import fastavro

from onrecord.data.dates import EPOCH

MAX_SCHEMA_DEPTH = 32  # nested types; the library recurses into each
MAX_DEPTH = 64  # nested values that are read
MAX_SKIPPED_DEPTH = 1_000_000  # nested values that are skipped
MAX_VALUES = 100_000  # in one column of a row
MAX_DECIMAL_BYTES = 64
# A value has a byte at least, but for null and for records of such; those that are skipped count twice.
VALUES_PER_BYTE = 16
SPARE_VALUES = 1_000
MAX_LONG_BYTES = 10
DATA_END = "the data end within a value"


class BrokenData(ValueError):
    """Data that can't be followed any further; the message says why."""


class _TooLarge(ValueError):
    """A value that can be followed, and is too large to be held."""


@dataclass(eq=False)
class Type:
    """A type of a schema, with references to other types resolved.

    Attributes:
        kind: the name of the primitive or complex type.
        names: of a record's fields, or an enum's symbols.
        parts: the types of a record's fields, of a union's branches, or of the items of an array or a map.
        size: of a fixed.
        convert: from the decoded value to that of a logical type.
    """

    kind: str
    names: list[str] = field(default_factory=list)
    parts: list["Type"] = field(default_factory=list)
    size: int = 0
    convert: Callable[[Any], Any] | None = None


def row_type(text: bytes) -> Type:
    """Return the type of a file's rows.

    Args:
        text: the file's schema: a record, or a union of one record and perhaps null.

    Raises:
        BrokenData: it is not such a schema, or is nested too deeply.
    """
    try:
        schema = _without_defaults(json.loads(text))
        found = _type(fastavro.parse_schema(schema), {})
    except BrokenData:
        raise
    except Exception as error:  # the library raises all kinds of errors on a broken schema
        raise BrokenData(f"it has no schema that can be read ({type(error).__name__})") from None
    records = [part for part in found.parts if part.kind != "null"] if found.kind == "union" else [found]
    if len(records) != 1 or records[0].kind != "record" or not records[0].parts:
        raise BrokenData("its rows are not records with fields")
    return found


def _without_defaults(schema: Any, depth: int = 0) -> Any:
    """Return a schema without defaults: they are for readers with another schema, and wrong ones are common."""
    if depth > 3 * MAX_SCHEMA_DEPTH:  # a nested type is up to three nested values in JSON
        raise BrokenData(f"its schema nests types more than {MAX_SCHEMA_DEPTH} levels deep")
    if isinstance(schema, list):
        return [_without_defaults(inner, depth + 1) for inner in schema]
    if isinstance(schema, dict):
        # The library leaves out its checks where a key that begins with two underscores says that they were made.
        return {
            key: _without_defaults(inner, depth + 1)
            for key, inner in schema.items()
            if key != "default" and not key.startswith("__")
        }
    return schema


def _type(schema: Any, named: dict[str, Type]) -> Type:
    if isinstance(schema, list):
        return Type("union", parts=[_type(branch, named) for branch in schema])
    if isinstance(schema, str):
        return named[schema] if schema in named else Type(schema)
    kind = schema["type"]
    if not isinstance(kind, str) or kind in named:
        return _type(kind, named)
    found = Type("record" if kind == "error" else kind)
    if "name" in schema:
        named[schema["name"]] = found  # before its parts, which may refer to it
    if found.kind == "record":
        found.names = [inner["name"] for inner in schema["fields"]]
        found.parts = [_type(inner["type"], named) for inner in schema["fields"]]
    elif kind in ("array", "map"):
        found.parts = [_type(schema["items" if kind == "array" else "values"], named)]
    found.names = schema["symbols"] if kind == "enum" else found.names
    found.size = max(0, int(schema["size"])) if kind == "fixed" else 0
    found.convert = _conversion(schema)
    return found


class Data:
    """Bytes with a position in them.

    Attributes:
        data: the bytes.
        at: the position of the next value.
    """

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 0
        self._left = SPARE_VALUES + VALUES_PER_BYTE * len(data)
        self._left_in_column = 0

    def row(self, type_: Type) -> dict[str, Any]:
        """Return the next row; a column that is too large is an object with the reason, under the name ``unreadable``.

        Raises:
            BrokenData: it can't be followed, and neither can what comes behind it.
        """
        self._spend(1)
        if type_.kind == "union":
            type_ = self._branch(type_)
        return {name: self._column(part) for name, part in zip(type_.names, type_.parts, strict=True)}

    def map_of_bytes(self) -> dict[bytes, bytes]:
        """Return the next value: a map of bytes, as in a file's header."""
        self._left_in_column = MAX_VALUES
        try:
            found: dict[bytes, bytes] = self._value(Type("map", parts=[Type("bytes")]), 0)
        except _TooLarge as error:
            raise BrokenData(str(error)) from None
        return found

    def _column(self, type_: Type) -> Any:
        start = self.at
        self._left_in_column = MAX_VALUES
        try:
            return self._value(type_, 0)
        except _TooLarge as error:
            self.at = start
            self.skip(type_)
            return {"unreadable": str(error)}

    def _value(self, type_: Type, depth: int) -> Any:
        if depth > MAX_DEPTH:
            raise _TooLarge(f"nested more than {MAX_DEPTH} levels deep")
        self._left_in_column -= 1
        if self._left_in_column < 0:
            raise _TooLarge(f"more than {MAX_VALUES:,} values")
        self._spend(1)
        if (nested := _NESTED.get(type_.kind)) is not None:
            return nested(self, type_, depth + 1)
        value = _SIMPLE[type_.kind](self, type_)
        return value if type_.convert is None else type_.convert(value)

    def skip(self, type_: Type) -> None:
        """Go behind the next value, however deeply it is nested.

        Raises:
            BrokenData: it can't be followed.
        """
        todo: list[tuple[Type, int]] = [
            (type_, 0)
        ]  # with the number of items that remain of a part of an array or a map
        while todo:
            self._spend(1)
            type_, remaining = todo.pop()
            if type_.kind in ("array", "map"):
                remaining = remaining or self._items()
                if remaining:
                    todo.append((type_, remaining - 1) if remaining > 1 else (type_, 0))
                    if type_.kind == "map":
                        self.take(self.long())
                    todo.append((type_.parts[0], 0))
            elif type_.kind == "record":
                todo += [(part, 0) for part in reversed(type_.parts)]
            elif type_.kind == "union":
                todo.append((self._branch(type_), 0))
            else:
                _SIMPLE[type_.kind](self, type_)
            if len(todo) > MAX_SKIPPED_DEPTH:
                raise BrokenData(f"values are nested more than {MAX_SKIPPED_DEPTH:,} levels deep")

    def _spend(self, values: int) -> None:
        self._left -= values
        if self._left < 0:
            raise BrokenData("it states more values than its bytes can hold")

    def take(self, size: int) -> bytes:
        """Return the next bytes."""
        end = self.at + size
        if size < 0 or end > len(self.data):
            raise BrokenData("a length is negative" if size < 0 else DATA_END)
        start, self.at = self.at, end
        return self.data[start:end]

    def long(self) -> int:
        """Return the next number: an int or a long."""
        number = 0
        stored = self.data[self.at : self.at + MAX_LONG_BYTES]
        for place, byte in enumerate(stored):
            number |= (byte & 0x7F) << 7 * place
            if byte < 0x80:
                self.at += place + 1
                return (number >> 1) ^ -(number & 1)
        raise BrokenData("a number has too many bytes" if len(stored) == MAX_LONG_BYTES else DATA_END)

    def _items(self) -> int:
        """Return the number of items in the next part of an array or a map, 0 at its end."""
        number = self.long()
        if number < 0:
            self.long()  # the size of the part
        return abs(number)

    def _branch(self, type_: Type) -> Type:
        index = self.long()
        if not 0 <= index < len(type_.parts):
            raise BrokenData("a union has no branch of the number that is stated")
        return type_.parts[index]

    def _record(self, type_: Type, depth: int) -> dict[str, Any]:
        return {name: self._value(part, depth) for name, part in zip(type_.names, type_.parts, strict=True)}

    def _union(self, type_: Type, depth: int) -> Any:
        return self._value(self._branch(type_), depth)

    def _array(self, type_: Type, depth: int) -> list[Any]:
        items: list[Any] = []
        while number := self._items():
            for _ in range(number):
                items.append(self._value(type_.parts[0], depth))
        return items

    def _map(self, type_: Type, depth: int) -> dict[bytes, Any]:
        items: dict[bytes, Any] = {}
        while number := self._items():
            for _ in range(number):
                key = self.take(self.long())
                items[key] = self._value(type_.parts[0], depth)
        return items

    def _symbol(self, type_: Type) -> str | dict[str, int]:
        index = self.long()
        return type_.names[index] if 0 <= index < len(type_.names) else {"enum": index}


_NESTED: dict[str, Callable[[Data, Type, int], Any]] = {
    "record": Data._record,
    "union": Data._union,
    "array": Data._array,
    "map": Data._map,
}
_SIMPLE: dict[str, Callable[[Data, Type], Any]] = {
    "null": lambda data, type_: None,
    "boolean": lambda data, type_: data.take(1) != b"\0",
    "int": lambda data, type_: data.long(),
    "long": lambda data, type_: data.long(),
    "float": lambda data, type_: struct.unpack("<f", data.take(4))[0],
    "double": lambda data, type_: struct.unpack("<d", data.take(8))[0],
    "bytes": lambda data, type_: data.take(data.long()),
    "string": lambda data, type_: data.take(data.long()),  # whoever takes it sees whether it is UTF-8
    "fixed": lambda data, type_: data.take(type_.size),
    "enum": Data._symbol,
}


def _conversion(schema: dict[str, Any]) -> Callable[[Any], Any] | None:
    """Return the conversion to a logical type; a value that it can't hold stays as it is, in an object with the type's name."""
    logical = str(schema.get("logicalType"))
    convert = _LOGICAL.get((schema["type"], logical))
    if convert is None:
        return None

    def converted(value: Any) -> Any:
        try:
            return convert(value, schema)
        except (ArithmeticError, TypeError, ValueError, struct.error):
            return {logical: value}

    return converted


def _decimal(value: bytes, schema: dict[str, Any]) -> Decimal:
    if len(value) > MAX_DECIMAL_BYTES:
        raise ValueError("too many digits")
    unscaled = Decimal(int.from_bytes(value, "big", signed=True))
    return unscaled.scaleb(-int(schema.get("scale", 0)), Context(prec=3 * MAX_DECIMAL_BYTES))


def _time(microseconds: int) -> time:
    if not 0 <= microseconds < 24 * 60 * 60 * 1_000_000:
        raise ValueError("not within a day")
    return (EPOCH + timedelta(microseconds=microseconds)).time()


def _timestamp(microseconds: int) -> datetime:
    return EPOCH + timedelta(microseconds=microseconds)


def _duration(value: bytes) -> dict[str, int]:
    return dict(zip(("months", "days", "milliseconds"), struct.unpack("<3I", value), strict=True))


# https://avro.apache.org/docs/1.12.0/specification/#logical-types; a uuid in a string is text.
_LOGICAL: dict[tuple[str, str], Callable[[Any, dict[str, Any]], Any]] = {
    ("bytes", "decimal"): _decimal,
    ("fixed", "decimal"): _decimal,
    ("fixed", "uuid"): lambda value, schema: str(UUID(bytes=value)),
    ("fixed", "duration"): lambda value, schema: _duration(value),
    ("int", "date"): lambda value, schema: date(1970, 1, 1) + timedelta(days=value),
    ("int", "time-millis"): lambda value, schema: _time(1_000 * value),
    ("long", "time-micros"): lambda value, schema: _time(value),
    ("long", "timestamp-millis"): lambda value, schema: _timestamp(1_000 * value),
    ("long", "timestamp-micros"): lambda value, schema: _timestamp(value),
    ("long", "timestamp-nanos"): lambda value, schema: _timestamp(value // 1_000),
    ("long", "local-timestamp-millis"): lambda value, schema: _timestamp(1_000 * value).replace(tzinfo=None),
    ("long", "local-timestamp-micros"): lambda value, schema: _timestamp(value).replace(tzinfo=None),
    ("long", "local-timestamp-nanos"): lambda value, schema: _timestamp(value // 1_000).replace(tzinfo=None),
}
