# SPDX-License-Identifier: Apache-2.0
"""The article that a valid message describes, and how its fields are read."""

import hashlib
import re
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

import msgspec

from onrecord.data.message import EPOCH, Contract, InvalidMessage, Message
from onrecord.data.web_address import domain, normalised_url

MAX_TEXT_LENGTH = 300_000  # code points; parsing a text of this length takes about a gigabyte and ten seconds
MAX_FIELD_LENGTH = 10_000  # code points of an id, a title, a URL, an author's name
LANGUAGE_TAG = re.compile(r"(?:[A-Za-z]{2,3}|[xiXI])(?:[-_][A-Za-z0-9]{1,8})*")
DATE_ONLY = re.compile(r"\d{4}-\d\d-\d\d")


@dataclass(frozen=True, slots=True)
class Article:
    """A message that fits the contract; see the ``article`` schema for its fields."""

    message: Message
    article_id: str
    text: str
    text_sha256: str
    url: str | None
    source: str | None
    title: str | None
    authors: tuple[str, ...]
    language: str | None
    published_at: datetime | None
    published_at_zone_assumed: bool
    attributes: dict[str, str]
    duplicate_of: str | None = None


def published(value: int | str) -> tuple[datetime, bool]:
    """Return the time in UTC that ``published_at`` states, and whether its zone had to be assumed.

    Args:
        value: an RFC 3339 date-time or date, or milliseconds since 1970 in UTC.

    Raises:
        InvalidMessage: the value is neither, or is outside the years 1 to 9999.
    """
    try:
        if isinstance(value, int):
            return EPOCH + timedelta(milliseconds=value), False
        text = value.strip()
        if DATE_ONLY.fullmatch(text):
            text += "T00:00:00"
        time = msgspec.convert(text, datetime)
        if time.tzinfo is None:
            return time.replace(tzinfo=timezone.utc), True
        return time.astimezone(timezone.utc), False
    except (msgspec.ValidationError, OverflowError):
        shown = repr(value)[:60]
        raise InvalidMessage(
            f"published_at: {shown} is neither an RFC 3339 time such as 2026-01-31T08:00:00Z nor milliseconds since 1970"
        ) from None


def sha256(text: str) -> str:
    """Return the SHA-256 of a text in UTF-8, in hexadecimal."""
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def derived_id(url: str | None, text_sha256: str) -> str:
    """Return the id of an article that came without one: derived from the normalised URL, or else from the text."""
    normalised = normalised_url(url) if url else None
    return f"url-{sha256(normalised)[:32]}" if normalised else f"text-{text_sha256[:32]}"


def checked_language(tag: str) -> str:
    """Return a BCP 47 language tag with hyphens.

    Raises:
        InvalidMessage: the tag is malformed.
    """
    if len(tag) > 64 or not LANGUAGE_TAG.fullmatch(tag):
        raise InvalidMessage(f"language: {tag[:60]!r} is not a BCP 47 language tag (for example en or en-GB)")
    return tag.replace("_", "-")


def check_lengths(contract: Contract, max_text_length: int) -> None:
    """Check the lengths of a message's fields, in code points.

    Raises:
        InvalidMessage: a field is too long, or an id is empty.
    """
    if contract.id is not None and not contract.id.strip():
        raise InvalidMessage("id: is empty; leave it out to have one derived from the URL or the text")
    for name in ("id", "url", "title", "source"):
        value: str | None = getattr(contract, name)
        if value is not None and len(value) > MAX_FIELD_LENGTH:
            raise InvalidMessage(f"{name}: {len(value):,} characters are over the limit of {MAX_FIELD_LENGTH:,}")
    if sum(map(len, contract.authors or ())) > MAX_FIELD_LENGTH:
        raise InvalidMessage(f"authors: over the limit of {MAX_FIELD_LENGTH:,} characters in all")
    if contract.text is not None and len(contract.text) > max_text_length:
        raise InvalidMessage(f"text: {len(contract.text):,} characters are over the limit of {max_text_length:,}")


def article(message: Message, contract: Contract, unknown: dict[str, str]) -> Article:
    """Return the article that a message's checked fields describe.

    Raises:
        InvalidMessage: there is no text, or a field's value is malformed.
    """
    text = contract.text
    if text is None or not text.strip():
        raise InvalidMessage(f"text: {'is missing' if text is None else 'is empty'}; one of text and html is required")
    text_sha256 = sha256(text)
    published_at, zone_assumed = (
        published(contract.published_at) if contract.published_at not in (None, "") else (None, False)
    )
    return Article(
        message=message,
        article_id=contract.id if contract.id is not None else derived_id(contract.url, text_sha256),
        text=text,
        text_sha256=text_sha256,
        url=contract.url or None,
        source=contract.source or (domain(contract.url) if contract.url else None),
        title=contract.title or None,
        authors=tuple(author for author in contract.authors or () if author),
        language=checked_language(contract.language) if contract.language else None,
        published_at=published_at,
        published_at_zone_assumed=zone_assumed,
        attributes={**message.attributes, **unknown},
    )
