# SPDX-License-Identifier: Apache-2.0
"""The article message as it arrives: UTF-8 JSON, one object, parsed and checked against its contract.

A message that breaks the contract raises ``InvalidMessage``, which names the field; nothing in a message can raise anything else.
"""

from dataclasses import dataclass
from datetime import datetime, timezone

import msgspec

MAX_MESSAGE_BYTES = 10 * 1024 * 1024  # the limit of Pub/Sub
MAX_ATTRIBUTES = 1_000
EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


class InvalidMessage(ValueError):
    """A message that breaks the contract; the text names the field and says what would be valid."""


class NoArticle(InvalidMessage):
    """A page that can be read but has no article: an error page, a consent page, the free part of a paid article."""


@dataclass(frozen=True, slots=True)
class Message:
    """A message as it was received.

    ``origin`` is a file and line, or a subscription and message id; ``received_at`` is in UTC. ``problem`` is set if the source
    could not read the whole message; the payload is then the part that could be read. ``repeats`` is the number of equal messages in a
    row that this one stands for; its origin is that of the first. ``passed_over`` is set if the source found something that is no
    article message, such as an image in a web archive: one of a fixed set of reasons, by which such messages are only counted.
    """

    payload: bytes
    origin: str
    received_at: datetime
    attributes: dict[str, str]
    problem: str | None = None
    repeats: int = 1
    passed_over: str | None = None


class Contract(msgspec.Struct):
    """The fields of the JSON object that have a meaning."""

    id: str | None = None
    text: str | None = None
    html: str | None = None
    url: str | None = None
    title: str | None = None
    source: str | None = None
    language: str | None = None
    authors: list[str] | None = None
    published_at: int | str | None = None


def decode(payload: bytes, max_bytes: int = MAX_MESSAGE_BYTES) -> tuple[Contract, dict[str, str]]:
    """Return a message's fields, and its unknown fields as strings.

    Raises:
        InvalidMessage: not UTF-8, not JSON, not one object, a wrong type, or over a size limit.
    """
    if len(payload) > max_bytes:
        raise InvalidMessage(f"message: {len(payload):,} bytes are over the limit of {max_bytes:,}")
    try:
        payload.decode("utf-8")
    except UnicodeDecodeError as error:
        raise InvalidMessage(f"message: not UTF-8 ({error.reason} at byte {error.start})") from None
    try:
        contract = msgspec.json.decode(payload, type=Contract)
        raw = msgspec.json.decode(payload, type=dict[str, msgspec.Raw])
        unknown = {
            name: _as_string(name, value) for name, value in raw.items() if name not in Contract.__struct_fields__
        }
    except msgspec.ValidationError as error:
        raise InvalidMessage(_field_first(str(error))) from None
    except msgspec.DecodeError as error:
        hint = "; an escape such as \\ud800 without its pair is not a character" if b"\\ud" in payload.lower() else ""
        raise InvalidMessage(f"message: not JSON ({error}{hint})") from None
    except RecursionError:
        raise InvalidMessage("message: not readable JSON (nested too deeply)") from None
    if len(unknown) > MAX_ATTRIBUTES:
        raise InvalidMessage(f"message: {len(unknown):,} unknown fields are over the limit of {MAX_ATTRIBUTES:,}")
    return contract, unknown


def _as_string(name: str, raw: msgspec.Raw) -> str:
    """Return an unknown field's value: a string as it is, anything else as JSON."""
    value = bytes(raw)
    return msgspec.json.decode(value, type=str) if value.startswith(b'"') else value.decode("utf-8")


def _field_first(error: str) -> str:
    """Turn "Expected `str`, got `int` - at `$.title`" into "title: expected `str`, got `int`"."""
    problem, _, path = error.partition(" - at ")
    field = path.strip("`").removeprefix("$").removeprefix(".") or "message"
    return f"{field}: {problem[:1].lower()}{problem[1:]}"
