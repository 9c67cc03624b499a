"""The article message: parsed and checked against its contract.

A message is UTF-8 JSON, one object. What does not fit raises ``InvalidMessage``, which names the field; nothing in a message can
raise anything else.
"""

import hashlib
import re
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import msgspec

MAX_MESSAGE_BYTES = 10 * 1024 * 1024  # what Pub/Sub carries
MAX_TEXT_LENGTH = 300_000  # code points; the parse of such a text takes about a gigabyte and ten seconds
MAX_FIELD_LENGTH = 10_000  # code points of an id, a title, a URL, an author's name
MAX_ATTRIBUTES = 1_000

LANGUAGE_TAG = re.compile(r"(?:[A-Za-z]{2,3}|[xiXI])(?:[-_][A-Za-z0-9]{1,8})*")
DATE_ONLY = re.compile(r"\d{4}-\d\d-\d\d")
# Query parameters that tell how a reader came to a page, not which page it is.
TRACKING_PARAMETER = re.compile(
    r"(?:utm_\w+|fbclid|gclid|dclid|msclkid|mc_cid|mc_eid|igshid|cmpid|ito|ref_src)", re.IGNORECASE
)
DEFAULT_PORTS = frozenset((80, 443))
EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


class InvalidMessage(ValueError):
    """A message that breaks the contract; the text names the field and says what would be right."""


@dataclass(frozen=True, slots=True)
class Message:
    """A message as it came.

    ``origin`` is a file and line, or a subscription and message id; ``received_at`` is in UTC. ``problem`` is set where the source
    could not read the whole message; the payload is then what could be read.
    """

    payload: bytes
    origin: str
    received_at: datetime
    attributes: dict[str, str]
    problem: str | None = None


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


class Contract(msgspec.Struct):
    """The fields of a message that have a meaning, as they stand in the JSON object."""

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
    """Return a message's fields, and those that the contract does not name as strings.

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
        hint = "; an escape such as \\ud800 without its pair is no character" if b"\\ud" in payload.lower() else ""
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


def published(value: int | str) -> tuple[datetime, bool]:
    """Return the time in UTC that ``published_at`` states, and whether its zone had to be assumed.

    Args:
        value: an RFC 3339 date-time or date, or milliseconds since 1970 in UTC.

    Raises:
        InvalidMessage: it is neither, or lies outside the years 1 to 9999.
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


@dataclass(frozen=True, slots=True)
class _WebAddress:
    host: str
    port: int | None
    path: str
    query: str


def _web_address(url: str) -> _WebAddress | None:
    """Return the parts of a web address, or None where there is none."""
    try:
        parts = urlsplit(url.strip())
        host, port = (parts.hostname or "").rstrip("."), parts.port
        while host.startswith("www."):
            host = host.removeprefix("www.")
        if parts.scheme not in ("http", "https") or not host or set(host) & set("[]"):
            return None
        parameters = parse_qsl(parts.query, keep_blank_values=True, max_num_fields=MAX_ATTRIBUTES)
    except ValueError:
        return None
    query = urlencode(sorted(pair for pair in parameters if not TRACKING_PARAMETER.fullmatch(pair[0])))
    return _WebAddress(host, None if port in DEFAULT_PORTS else port, parts.path.rstrip("/"), query)


def normalised_url(url: str) -> str | None:
    """Return the form that two addresses of one page share, or None where there is no web address.

    Scheme and host in lower case, no "www.", default port, fragment, trailing slash or tracking parameters; the other
    parameters sorted; http and https are one.
    """
    parts = _web_address(url)
    if parts is None:
        return None
    host = f"[{parts.host}]" if ":" in parts.host else parts.host
    address = host if parts.port is None else f"{host}:{parts.port}"
    return urlunsplit(("https", address, parts.path, parts.query, ""))


def domain(url: str) -> str | None:
    """Return the publisher's domain of a web address, without "www.", or None where there is none."""
    parts = _web_address(url)
    return parts.host if parts else None


def sha256(text: str) -> str:
    """Return the SHA-256 of a text in UTF-8, in hexadecimal."""
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def derived_id(url: str | None, text_sha256: str) -> str:
    """Return the id of an article whose sender gave none: from the normalised URL, else from the text."""
    normalised = normalised_url(url) if url else None
    return f"url-{sha256(normalised)[:32]}" if normalised else f"text-{text_sha256[:32]}"


def checked_language(tag: str) -> str:
    """Return a BCP 47 language tag with hyphens.

    Raises:
        InvalidMessage: it has not that form.
    """
    if len(tag) > 64 or not LANGUAGE_TAG.fullmatch(tag):
        raise InvalidMessage(f"language: {tag[:60]!r} is no BCP 47 tag such as en or en-GB")
    return tag.replace("_", "-")


def check_lengths(contract: Contract, max_text_length: int) -> None:
    """Hold a message's fields against the size limits, in code points.

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
        InvalidMessage: there is no text, or a field's value has not the right form.
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
