# SPDX-License-Identifier: Apache-2.0
"""The fields of a message in the types that senders use, read as the types of the contract.

Values come as raw JSON, so that a number keeps the digits that it was sent with.
"""

import re
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import NamedTuple, TypeAlias

import msgspec

from onrecord.data.web_address import domain

MAX_NUMBER_LENGTH = 100  # characters of a number that is not an integer
MAX_EXPONENT = 40  # such as that of 1e40
MAX_NESTING = 3
# Objects that stand for one value in extended JSON, as MongoDB exports it.
EXTENDED = frozenset(("$date", "$oid", "$numberLong", "$numberInt", "$numberDouble", "$numberDecimal"))
SEVERAL_AUTHORS = re.compile(r"[;\r\n]")
# A list of strings written out as one string, in JSON or Python, as tables have it.
QUOTED = r"""(?:'[^'\\]*'|"[^"\\]*")"""
LISTED = re.compile(rf"\[\s*(?:{QUOTED}(?:\s*,\s*{QUOTED})*)?\s*\]")
DESCRIPTIVE = frozenset(("name", "@type"))

_string = msgspec.json.Decoder(str).decode
_list = msgspec.json.Decoder(list[msgspec.Raw]).decode
_object = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode


class Number(str):
    """A number as it was sent."""

    __slots__ = ()


Value: TypeAlias = str | Number | bool | list[msgspec.Raw] | dict[str, msgspec.Raw] | None


class Fitted(NamedTuple):
    """A field's value as its contract asks for it.

    Attributes:
        value: None if there is none, or none that fits.
        is_whole: False if there is more in what was sent, which is then kept as an attribute.
        fits: False if some of what was sent could not be used at all.
    """

    value: str | list[str] | None
    is_whole: bool = True
    fits: bool = True


NOTHING = Fitted(None)
WRONG = Fitted(None, is_whole=False, fits=False)


def value_of(raw: bytes) -> Value:
    """Return a value of valid JSON; those inside a list or an object stay raw."""
    first = raw[:1]
    if first == b'"':
        return _string(raw)
    if first == b"n":
        return None
    if first == b"[":
        return _list(raw)
    if first == b"{":
        return _object(raw)
    if first in b"tf":
        return first == b"t"
    return Number(raw, "ascii")


def as_string(raw: bytes) -> str:
    """Return a value as an attribute holds it: a string as it is, anything else as JSON."""
    return _string(raw) if raw.startswith(b'"') else raw.decode("utf-8")


def _single(raw: bytes) -> Value:
    """Return a value without the list or the object that has nothing else in it."""
    value = value_of(raw)
    for _ in range(MAX_NESTING):
        if isinstance(value, list) and len(value) == 1:
            value = value_of(bytes(value[0]))
        elif isinstance(value, dict) and len(value) == 1 and EXTENDED.issuperset(value):
            value = value_of(bytes(next(iter(value.values()))))
        else:
            break
    return value


def _decimal_string(number: Number) -> str | None:
    """Return a number in decimal notation, an integer without a point however it was sent; None if it is too long."""
    if number.removeprefix("-").isdecimal():
        return str(number)
    if len(number) > MAX_NUMBER_LENGTH:
        return None
    value = Decimal(number)
    if not value:
        return "0"
    if abs(value.adjusted()) > MAX_EXPONENT:
        return None
    shown = f"{value:f}"
    return shown.rstrip("0").rstrip(".") if "." in shown else shown


def _fitted(value: Value) -> Fitted:
    """Accept a string; a blank one says nothing."""
    if type(value) is str:
        return Fitted(value) if value.strip() else NOTHING
    return NOTHING if value is None else WRONG


def content(raw: bytes) -> Fitted:
    """Read the text or the page: a string, unchanged."""
    value = value_of(raw)
    return Fitted(value) if type(value) is str else NOTHING if value is None else WRONG


def words(raw: bytes) -> Fitted:
    """Read a string."""
    return _fitted(_single(raw))


def words_or_number(raw: bytes) -> Fitted:
    """Read a string, or a number as its decimal string."""
    value = _single(raw)
    if not isinstance(value, Number):
        return _fitted(value)
    shown = _decimal_string(value)
    return Fitted(shown) if shown is not None else WRONG


def time(raw: bytes) -> Fitted:
    """Read a time, a number as the digits that were sent."""
    value = _single(raw)
    return Fitted(str(value)) if isinstance(value, Number) else _fitted(value)


def source(raw: bytes) -> Fitted:
    """Read a publisher: the domain of an address, or of an object that has one; or else a name."""
    value = _single(raw)
    if isinstance(value, dict):
        named = next(filter(None, _strings(value, ("domain", "url", "name", "id"))), None)
        return Fitted(domain(named) or named, is_whole=DESCRIPTIVE.issuperset(value)) if named else WRONG
    fitted = _fitted(value)
    address = domain(fitted.value) if isinstance(fitted.value, str) and "//" in fitted.value else None
    return Fitted(address, is_whole=False) if address else fitted


def _strings(value: dict[str, msgspec.Raw], names: tuple[str, ...]) -> Iterator[str | None]:
    """Yield the members of an object that are strings and not blank."""
    for name in names:
        member = value_of(bytes(value[name])) if name in value else None
        yield member if type(member) is str and member.strip() else None


def authors(raw: bytes) -> Fitted:
    """Read the names of authors from strings and objects with a name; a member that is neither is left out alone.

    A semicolon or a line break separates names in a string; a comma and "and" do not, since "Roe, Jane" is one author.
    """
    value = value_of(raw)
    if type(value) is str:
        is_listed = LISTED.fullmatch(value.strip())
        parts = (part[1:-1] for part in re.findall(QUOTED, value)) if is_listed else SEVERAL_AUTHORS.split(value)
        return Fitted([name for part in parts if (name := part.strip())])
    if value is None:
        return NOTHING
    found = [_author(bytes(member)) for member in value] if isinstance(value, list) else [_author(raw)]
    names = [one.value for one in found if isinstance(one.value, str)]
    return Fitted(names, all(one.is_whole for one in found), all(one.fits for one in found))


def _author(raw: bytes) -> Fitted:
    value = value_of(raw)
    if not isinstance(value, dict):
        return _fitted(value)
    name = next(_strings(value, ("name",)))
    return Fitted(name, is_whole=DESCRIPTIVE.issuperset(value)) if name else WRONG


# Fields in which a string that is not blank is read as it is.
PLAIN = frozenset(("id", "text", "html", "url", "title", "language", "published_at", "updated_at"))
READERS: dict[str, Callable[[bytes], Fitted]] = {
    "id": words_or_number,
    "text": content,
    "html": content,
    "url": words,
    "title": words_or_number,
    "source": source,
    "language": words,
    "authors": authors,
    "published_at": time,
    "updated_at": time,
}
