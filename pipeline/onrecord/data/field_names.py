# SPDX-License-Identifier: Apache-2.0
"""Other feeds' names of the fields of an article message: ``--field text=body``."""

from collections.abc import Iterable
from dataclasses import dataclass

import msgspec

from onrecord.data.side_fields import READERS

FIELDS = tuple(READERS)
NULL = b"null"
SENT = "sent_"  # before the name of a field whose place was taken by another value


class FieldNameError(ValueError):
    """A field's name can't be mapped; the message says why."""


@dataclass(frozen=True, slots=True)
class FieldName:
    """Where a feed has the value of a field.

    Attributes:
        field: the field of the article message.
        path: the names in the feed, from the outside to the inside; a number is an index of an array.
    """

    field: str
    path: str

    @classmethod
    def parse(cls, value: str) -> "FieldName":
        """Return the mapping that ``FIELD=NAME`` states.

        Raises:
            FieldNameError: it is malformed, or there is no such field.
        """
        name, equals, path = value.partition("=")
        if not equals or not path.strip("."):
            raise FieldNameError("give FIELD=NAME, such as text=body or published_at=meta.date")
        if name not in FIELDS:
            raise FieldNameError(f"there is no field {name!r}; choose from {', '.join(FIELDS)}")
        return cls(name, path)


def rename(fields: dict[str, msgspec.Raw], names: Iterable[FieldName]) -> None:
    """Give the values of a feed's message the names of the article message.

    A name with dots is that of a nested value, unless a field has just this name. Where the message lacks the value, nothing is changed.
    A value whose place is taken is kept with ``sent_`` before its name.
    """
    found = {name.field: value for name in names if (value := _taken(fields, name.path)) is not None}
    for field, value in found.items():
        if bytes(fields.get(field, NULL)) != NULL:
            fields[f"{SENT}{field}"] = fields[field]
        fields[field] = value


def _taken(fields: dict[str, msgspec.Raw], path: str) -> msgspec.Raw | None:
    """Return the value at a path, and take it out of the fields; None if there is none."""
    name, _, inner = path.partition(".")
    if path in fields:
        name, inner = path, ""
    if name not in fields:
        return None
    if not inner:
        return fields.pop(name) if bytes(fields[name]) != NULL else None
    value, rest = _taken_inside(fields[name], inner)
    fields[name] = rest
    return value


def _taken_inside(place: msgspec.Raw, path: str) -> tuple[msgspec.Raw | None, msgspec.Raw]:
    """Return the value at a path in an object or an array, and the object or array without it; elements of an array stay."""
    begin = bytes(place)[:1]
    if begin == b"{":
        fields = msgspec.json.decode(place, type=dict[str, msgspec.Raw])
        value = _taken(fields, path)
        return value, msgspec.Raw(msgspec.json.encode(fields))
    name, _, inner = path.partition(".")
    if begin == b"[" and name.isascii() and name.isdigit():
        elements = msgspec.json.decode(place, type=list[msgspec.Raw])
        index = int(name[:9])
        if index < len(elements):
            return (_taken_inside(elements[index], inner)[0] if inner else elements[index]), place
    return None, place
