# SPDX-License-Identifier: Apache-2.0
"""The article message as it arrives: UTF-8 JSON, one object, parsed and checked against its contract.

A message without a readable text raises ``InvalidMessage``, which names the field; nothing in a message can raise anything else. Any
other field whose value does not fit is left out.
"""

import re
from codecs import BOM_UTF8
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import msgspec

from onrecord.data.field_names import FieldName, rename
from onrecord.data.own_records import as_message, is_article_record
from onrecord.data.side_fields import PLAIN, READERS, as_string

MAX_MESSAGE_BYTES = 10 * 1024 * 1024  # the limit of Pub/Sub
MAX_ATTRIBUTES = 1_000
# Byte order marks and first bytes of other encodings; that of UTF-32 begins with that of UTF-16.
UTF_16 = (b"\xff\xfe", b"\xfe\xff", b"\x00\x00\xfe\xff", b"{\x00", b"\x00{", b"\x00\x00\x00{")
# What the JSON of other programs has and JSON has not. An escape is matched as a whole, so that an escaped backslash is not the beginning
# of another one; the second alternative is a pair of surrogates, the third a half of one.
TOKEN = re.compile(
    r"""(?P<quote>")|(?P<pair>\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2})"""
    r"""|(?P<half>\\u[dD][89a-fA-F][0-9a-fA-F]{2})|(?P<escape>\\.)|(?P<constant>NaN|-?Infinity)""",
    re.DOTALL,
)
MORE_FIELDS = "more_fields"


class InvalidMessage(ValueError):
    """A message that breaks the contract; the text names the field and says what would be valid."""


class NoArticle(InvalidMessage):
    """A page that can be read but has no article: an error page, a consent page, the free part of a paid article."""


@dataclass(frozen=True, slots=True)
class Message:
    """A message as it was received.

    ``origin`` is a file and line, or a subscription and message id; ``received_at`` is in UTC. ``problem`` is set if the source
    could not read the whole message; the payload is then the part that could be read. ``repeats`` is the number of equal messages in a
    row that this one stands for; its origin is that of the first. ``skipped`` is set if the source found something other than an
    article message, such as an image in a web archive: one of a fixed set of reasons, by which such messages are only counted.
    """

    payload: bytes
    origin: str
    received_at: datetime
    attributes: dict[str, str]
    problem: str | None = None
    repeats: int = 1
    skipped: str | None = None


class Contract(msgspec.Struct):
    """The fields of the JSON object that have a meaning.

    Attributes:
        id: the sender's id.
        text: the article.
        html: the page with the article.
        url: its address.
        title: its headline.
        source: its publisher.
        language: its language, as stated.
        authors: the names of its authors.
        published_at: when it was published, as stated.
        updated_at: when this text of it was, as stated.
        left_out: the fields with a value that does not fit, and this value as a string.
    """

    id: str | None = None
    text: str | None = None
    html: str | None = None
    url: str | None = None
    title: str | None = None
    source: str | None = None
    language: str | None = None
    authors: list[str] | None = None
    published_at: int | str | None = None
    updated_at: int | str | None = None
    left_out: dict[str, str] = {}


def decode(
    payload: bytes, max_bytes: int = MAX_MESSAGE_BYTES, names: Iterable[FieldName] = ()
) -> tuple[Contract, dict[str, str]]:
    """Return a message's fields, and its unknown fields as strings.

    Half of a surrogate pair, which is not a character, becomes U+FFFD; NaN and Infinity, which JSON does not have, count as null.

    Args:
        payload: the message.
        max_bytes: its maximum size.
        names: where it has fields that it has under other names.

    Raises:
        InvalidMessage: not UTF-8, not JSON, not one object, or over the size limit.
    """
    if len(payload) > max_bytes:
        raise InvalidMessage(f"message: {len(payload):,} bytes are over the limit of {max_bytes:,}")
    if payload.startswith(UTF_16):
        raise InvalidMessage("message: not UTF-8 (it begins as UTF-16 or UTF-32 does); convert it to UTF-8")
    payload = payload.removeprefix(BOM_UTF8)
    try:
        text = payload.decode("utf-8")
    except UnicodeDecodeError as error:
        raise InvalidMessage(f"message: not UTF-8 ({error.reason} at byte {error.start})") from None
    try:
        return _decoded(payload, names)
    except msgspec.ValidationError as error:
        raise InvalidMessage(f"message: {str(error)[:1].lower()}{str(error)[1:]}") from None
    except msgspec.DecodeError as error:
        problem = f"message: not JSON ({error})"
    except RecursionError:
        raise InvalidMessage("message: not readable JSON (nested too deeply)") from None
    repaired = _repaired(text)
    if repaired == text:
        raise InvalidMessage(problem)
    return decode(repaired.encode(), 2 * max_bytes, names)


_fields = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode


def _decoded(payload: bytes, names: Iterable[FieldName]) -> tuple[Contract, dict[str, str]]:
    fields = _fields(payload)
    if names:
        rename(fields, names)
    attributes: dict[str, str] = {}
    if is_article_record(fields):
        fields, attributes = as_message(fields)
    contract = Contract()
    unknown: dict[str, str] = {}
    for name, raw in fields.items():
        value = bytes(raw)
        read = READERS.get(name)
        if name in PLAIN and value.startswith(b'"') and (string := as_string(value)).strip():
            setattr(contract, name, string)
        elif read is not None:
            fitted = read(value)
            setattr(contract, name, fitted.value)
            if not fitted.fits:
                contract.left_out[name] = as_string(value)
            elif not fitted.is_whole:
                unknown[name] = as_string(value)
        elif value != b"null":
            unknown[name] = as_string(value)
    return contract, _bounded({**unknown, **attributes})


def _bounded(unknown: dict[str, str]) -> dict[str, str]:
    """Return the unknown fields; if they are too many, those over the limit become one, as JSON."""
    if len(unknown) <= MAX_ATTRIBUTES:
        return unknown
    listed = list(unknown.items())
    more = msgspec.json.encode(dict(listed[MAX_ATTRIBUTES:])).decode()
    return {**dict(listed[:MAX_ATTRIBUTES]), MORE_FIELDS: more}


def _repaired(text: str) -> str:
    """Return a JSON text without halves of surrogate pairs in its strings, and without NaN and Infinity outside of them."""
    in_string = False

    def replacement(found: re.Match[str]) -> str:
        nonlocal in_string
        if found["quote"]:
            in_string = not in_string
        if found["half"] and in_string:
            return "\\ufffd"
        return "null" if found["constant"] and not in_string else found[0]

    return TOKEN.sub(replacement, text)
