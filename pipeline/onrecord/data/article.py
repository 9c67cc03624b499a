# SPDX-License-Identifier: Apache-2.0
"""The article that a valid message describes, and how its fields are read."""

import hashlib
import re
from dataclasses import dataclass
from datetime import datetime

from onrecord.data.dates import UnclearTime, time_of
from onrecord.data.languages import UnknownLanguage, language_tag
from onrecord.data.message import Contract, InvalidMessage, Message
from onrecord.data.web_address import domain, normalised_url

MAX_TEXT_LENGTH = 300_000  # code points; parsing a text of this length takes about a gigabyte and ten seconds
MAX_FIELD_LENGTH = 10_000  # code points of an id, a title, a URL, an author's name
FIELD_PREFIX = "field."
# Of the names of fields that are shown where there is no text.
MAX_NAMES = 8
MAX_NAME = 16
KNOWN_FIELDS = ("id", "url", "title", "source", "language", "authors", "published_at", "updated_at")
MARKUP = re.compile(
    r"</?(?:p|br|div|span|a|b|i|em|strong|h[1-6]|[uo]l|li|blockquote|img|figure|table|t[dr]|section|article)(?:\s[^<>]{0,500})?/?>"
    r"|&(?:amp|lt|gt|quot|apos|nbsp|[lr][sd]quo|[mn]dash|hellip|#\d{1,7}|#x[0-9a-f]{1,6});",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Article:
    """A message that has a text; see the ``article`` schema for its fields.

    ``left_out`` has the names of the fields whose values could not be used, or not all of them.
    """

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
    updated_at: datetime | None = None
    version: int = 1
    supersedes: str | None = None
    left_out: tuple[str, ...] = ()
    similarity: float | None = None


def sha256(text: str) -> str:
    """Return the SHA-256 of a text in UTF-8, in hexadecimal."""
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def derived_id(url: str | None, text_sha256: str) -> str:
    """Return the id of an article that came without one: derived from the normalised URL, or else from the text."""
    normalised = normalised_url(url) if url else None
    return f"url-{sha256(normalised)[:32]}" if normalised else f"text-{text_sha256[:32]}"


def check_length(contract: Contract, max_text_length: int) -> None:
    """Check the length of a message's text, in code points.

    Raises:
        InvalidMessage: it is too long.
    """
    if contract.text is not None and len(contract.text) > max_text_length:
        raise InvalidMessage(f"text: {len(contract.text):,} characters are over the limit of {max_text_length:,}")


def article(message: Message, contract: Contract, unknown: dict[str, str]) -> Article:
    """Return the article that a message's fields describe; a value that does not fit its field is kept in the attributes.

    Raises:
        InvalidMessage: there is no text.
    """
    text = contract.text
    if text is None or not text.strip():
        raise InvalidMessage(_without_text(contract, unknown))
    left_out = dict(contract.left_out)

    def short(name: str) -> str | None:
        value: str | None = getattr(contract, name)
        if value is not None and len(value) > MAX_FIELD_LENGTH:
            left_out[name] = value
            return None
        return value if value and value.strip() else None

    article_id, url, title, source = map(short, ("id", "url", "title", "source"))
    authors = tuple(author for author in contract.authors or () if author.strip())
    if sum(map(len, authors)) > MAX_FIELD_LENGTH:
        left_out.setdefault("authors", "; ".join(authors))
        authors = ()

    def time(name: str) -> tuple[datetime | None, bool]:
        value = getattr(contract, name)
        if value in (None, ""):
            return None, False
        try:
            return time_of(value)
        except UnclearTime:
            left_out[name] = str(value)
            return None, False

    published_at, zone_assumed = time("published_at")
    updated_at, _ = time("updated_at")
    language = None
    if contract.language is not None:
        try:
            language = language_tag(contract.language)
        except UnknownLanguage:
            left_out["language"] = contract.language
    text_sha256 = sha256(text)
    return Article(
        message=message,
        article_id=article_id if article_id is not None else derived_id(url, text_sha256),
        text=text,
        text_sha256=text_sha256,
        url=url,
        source=source or (domain(url) if url else None),
        title=title,
        authors=authors,
        language=language,
        published_at=published_at,
        published_at_zone_assumed=zone_assumed,
        updated_at=updated_at,
        attributes=_attributes(message.attributes, {**unknown, **left_out} if left_out else unknown),
        left_out=tuple(left_out),
    )


def _attributes(of_transport: dict[str, str], of_message: dict[str, str]) -> dict[str, str]:
    """Return the attributes of both; where they differ, the transport's keeps its name, by which ``--event-time`` chooses it."""
    if not of_transport:
        return of_message
    merged = dict(of_transport)
    for name, value in of_message.items():
        while merged.get(name, value) != value:
            name = FIELD_PREFIX + name
        merged[name] = value
    return merged


def _without_text(contract: Contract, unknown: dict[str, str]) -> str:
    """Return what is wrong with a message that has no text, with the names of its fields, one of which may hold the text."""
    wrong = next((name for name in ("text", "html") if name in contract.left_out), None)
    if wrong is not None:
        return f"{wrong}: not a string; one of text and html is required"
    if contract.text is not None:
        return "text: is empty; one of text and html is required"
    if contract.html is not None:
        return "html: is empty; one of text and html is required"
    known = (name for name in KNOWN_FIELDS if getattr(contract, name) is not None or name in contract.left_out)
    names = [name if len(name) <= MAX_NAME else f"{name[:MAX_NAME]}…" for name in (*known, *unknown)]
    shown = ", ".join(names[:MAX_NAMES])
    more = f" and {len(names) - MAX_NAMES:,} more" if len(names) > MAX_NAMES else ""
    there = f"fields there: {shown}{more}" if names else "there are no other fields"
    return f"text: is missing; one of text and html is required; {there}"


def has_markup(text: str) -> bool:
    """Whether a text has HTML tags or entities, as one has that should have been sent as ``html``."""
    return ("<" in text or "&" in text) and MARKUP.search(text) is not None
