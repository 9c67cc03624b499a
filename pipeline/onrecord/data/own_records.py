# SPDX-License-Identifier: Apache-2.0
"""Article records of onrecord as input: read as the messages that they were made from."""

import msgspec

from onrecord.data.side_fields import as_string

# By these an article record is recognized. A message has an id if it has any of them at all.
SIGNS = frozenset(("article_id", "text_sha256", "provenance"))
# Fields of an article record that are derived again.
DERIVED = (
    "provenance",
    "received_at",
    "language_score",
    "text_sha256",
    "segments",
    "duplicate_of",
    "similarity",
    "version",
    "supersedes",
    "published_at_zone_assumed",
)
UTC = (b'Z"', b'+00:00"')


def is_article_record(fields: dict[str, msgspec.Raw]) -> bool:
    """Whether an object is an article record rather than a message."""
    return "article_id" in fields and "id" not in fields and SIGNS.issubset(fields)


def as_message(fields: dict[str, msgspec.Raw]) -> tuple[dict[str, msgspec.Raw], dict[str, str]]:
    """Return the message that an article record was made from, and its attributes.

    A language that was detected is left to be detected again, and a time whose zone was assumed has no zone.
    """
    message = dict(fields)
    message["id"] = message.pop("article_id")
    if _raw(fields, "language_score") != b"null":
        message.pop("language", None)
    time = _raw(fields, "published_at")
    if _raw(fields, "published_at_zone_assumed") == b"true" and time.endswith(UTC):
        message["published_at"] = msgspec.Raw(time.removesuffix(UTC[0]).removesuffix(UTC[1]) + b'"')
    for name in DERIVED:
        message.pop(name, None)
    attributes = _pairs(message.pop("attributes", msgspec.Raw(b"{}")))
    return message, attributes


def _raw(fields: dict[str, msgspec.Raw], name: str) -> bytes:
    return bytes(fields[name]) if name in fields else b"null"


def _pairs(raw: msgspec.Raw) -> dict[str, str]:
    """Return a map: an object, or a list of pairs as Parquet has it."""
    form = list[tuple[str, msgspec.Raw]] if bytes(raw).startswith(b"[") else dict[str, msgspec.Raw]
    try:
        pairs: dict[str, msgspec.Raw] = dict(msgspec.json.decode(raw, type=form))
    except msgspec.ValidationError:
        return {} if bytes(raw) == b"null" else {"attributes": as_string(bytes(raw))}
    # A table made from rows of maps has a column for each name, and null where a row does not have the name.
    return {name: as_string(bytes(value)) for name, value in pairs.items() if bytes(value) != b"null"}
