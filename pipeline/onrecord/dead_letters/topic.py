# SPDX-License-Identifier: Apache-2.0
"""Dead letters as messages of a Pub/Sub topic: the payload unchanged, the error in attributes of their own.

The attributes of the original message come back exactly. Those that a message can't have next to the others are packed into further
attributes: names that Pub/Sub or onrecord reserves, texts over Pub/Sub's limits, and those past the number that a message may have.
"""

import base64
import binascii
import zlib
from datetime import datetime

import msgspec

from onrecord.data.records import DeadLetter
from onrecord.sinks.publisher import (
    MAX_ATTRIBUTES,
    MAX_NAME_BYTES,
    MAX_VALUE_BYTES,
    Outgoing,
    cut,
    problem_of,
)

PREFIX = "onrecord_"  # of the attributes that describe the error
RESERVED = "goog"  # Pub/Sub's own; it sets some, and refuses messages that are published with them
ERROR_FIELDS = ("dead_letter_id", "stage", "error_type", "error_message", "origin")
COUNT = f"{PREFIX}count"
PACKED = f"{PREFIX}attributes_"
MAX_UNPACKED_BYTES = 4 * 1024 * 1024  # a few kilobytes could expand to gigabytes


def of_dead_letter(letter: DeadLetter, topic: str) -> Outgoing | None:
    """Return a dead letter as a message, or None if a message can't hold it."""
    error = {f"{PREFIX}{name}": cut(getattr(letter, name), MAX_VALUE_BYTES) for name in ERROR_FIELDS}
    if letter.count != 1:
        error[COUNT] = str(letter.count)
    plain = {name: value for name, value in sorted(letter.attributes.items()) if _is_plain(name, value)}
    packed = {name: value for name, value in letter.attributes.items() if name not in plain}
    parts = _packed(packed)
    while plain and len(error) + len(plain) + len(parts) > MAX_ATTRIBUTES:
        for name in list(plain)[MAX_ATTRIBUTES - len(error) - len(plain) - len(parts) :]:
            packed[name] = plain.pop(name)
        parts = _packed(packed)
    message = Outgoing(letter.payload, {**plain, **parts, **error})
    return message if problem_of(topic, message) is None else None


def _is_plain(name: str, value: str) -> bool:
    return (
        0 < len(name.encode()) <= MAX_NAME_BYTES
        and len(value.encode()) <= MAX_VALUE_BYTES
        and not name.startswith(PREFIX)
        and not name.lower().startswith(RESERVED)
    )


def _packed(attributes: dict[str, str]) -> dict[str, str]:
    if not attributes:
        return {}
    text = base64.b64encode(zlib.compress(msgspec.json.encode(attributes))).decode("ascii")
    starts = range(0, len(text), MAX_VALUE_BYTES)
    return {f"{PACKED}{number:02}": text[start : start + MAX_VALUE_BYTES] for number, start in enumerate(starts)}


def original_attributes(attributes: dict[str, str]) -> dict[str, str]:
    """Return the original attributes of a message, from those of its dead letter; of any other message, all of them."""
    if f"{PREFIX}dead_letter_id" not in attributes:
        return attributes
    parts = sorted(name for name in attributes if name.startswith(PACKED))
    plain = {name: value for name, value in attributes.items() if not name.startswith(PREFIX)}
    return {**plain, **_unpacked("".join(attributes[name] for name in parts))}


def _unpacked(text: str) -> dict[str, str]:
    """Return packed attributes; none if another program wrote the text."""
    try:
        plain = zlib.decompressobj().decompress(base64.b64decode(text), MAX_UNPACKED_BYTES)
        return msgspec.json.decode(plain, type=dict[str, str])
    except (binascii.Error, zlib.error, msgspec.DecodeError, ValueError):
        return {}


def letter_of(payload: bytes, attributes: dict[str, str], published_at: datetime, origin: str) -> DeadLetter:
    """Return the dead letter in a message of a dead-letter topic; any other message becomes one without error details.

    Args:
        payload: the message's data.
        attributes: its attributes.
        published_at: when it was published, in UTC.
        origin: the subscription and message id.
    """
    error = {name: attributes.get(f"{PREFIX}{name}", "") for name in ERROR_FIELDS}
    count = attributes.get(COUNT, "")
    return DeadLetter(
        dead_letter_id=error["dead_letter_id"] or origin,
        failed_at=published_at,
        stage=error["stage"],
        error_type=error["error_type"],
        error_message=error["error_message"],
        stack_trace="",
        payload=payload,
        attributes=original_attributes(attributes),
        origin=error["origin"] or origin,
        pipeline_version="",
        count=int(count) if count.isascii() and count.isdigit() and 0 < len(count) <= 12 else 1,
    )
