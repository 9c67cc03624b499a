# SPDX-License-Identifier: Apache-2.0
"""The page in an HTTP response as crawlers store it, read as leniently as browsers read responses.

What a crawler stores is often not what its headers say: it may have removed chunks or compression and kept the header. So a stated
coding that is not there is not an error, and of a body that is damaged or cut short the beginning is read.
"""

import re
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import brotli
import zstandard

from onrecord.sources.encodings import BYTE_ORDER_MARKS, page_text

# Why a response is not a page; the summary counts by these.
REDIRECTS = "redirects"
HTTP_ERRORS = "HTTP errors"
OTHER_STATUSES = "other HTTP statuses"
NOT_HTML = "not HTML"

# How a page was truncated.
RECORD_CUT = "length"  # as in WARC-Truncated
RESPONSE_CUT = "body shorter than its Content-Length"
PARTIAL = "partial content"
CHUNKS_CUT = "chunked body without its end"
CHUNKS_DAMAGED = "damaged chunked body"


@dataclass(frozen=True, slots=True)
class Page:
    """A page that was read; ``truncated`` says how, if a part of it is missing."""

    html: str
    media_type: str | None
    truncated: str | None = None


@dataclass(frozen=True, slots=True)
class Skipped:
    """A response that is not a page; ``reason`` is one of the constants of this module."""

    reason: str


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A response that should be a page and can't be read."""

    problem: str


class _BadEncoding(ValueError):
    """The body can't be decoded; the text says why."""


# --- Head

STATUS_LINE = re.compile(rb"\s*HTTP(?:/[\d.]*)?[ \t]+(\d{3})(?!\d)", re.IGNORECASE)
END_OF_HEAD = re.compile(rb"\n(?:\r?\n|(?=<(?:!doctype|html|head)\b))", re.IGNORECASE)
FOLD = re.compile(rb"\r?\n[ \t]+")
OK, NON_AUTHORITATIVE, PARTIAL_CONTENT = 200, 203, 206
FROM_THE_START = re.compile(r"bytes\s+0-(\d{1,18})/(\d{1,18}|\*)", re.IGNORECASE)
FIELDS = (b"content-type", b"content-encoding", b"transfer-encoding", b"content-length", b"content-range")


@dataclass(frozen=True, slots=True)
class _Response:
    """The headers that say how to read a response, by their names in lower case, and its body; None if the headers have no end."""

    status: int
    headers: dict[str, str]
    body: bytes | None


def _headers(head: bytes) -> dict[str, str]:
    values: dict[bytes, list[bytes]] = {}
    for line in FOLD.sub(b" ", head).split(b"\n"):
        name, _, value = line.partition(b":")
        key = name.strip().lower()
        if key in FIELDS:
            values.setdefault(key, []).append(value.strip())
    return {key.decode(): b",".join(values[key]).decode("latin-1") for key in values}


def _response(stored: bytes) -> _Response | None:
    """Return the last response in a block, since those before it are interim ones or a proxy's; None if there is no status line."""
    code, headers, position, has_end = 0, dict[str, str](), 0, True
    while (code < OK or "content-type" not in headers) and (status := STATUS_LINE.match(stored, position)):
        end = END_OF_HEAD.search(stored, status.end())
        code, headers = int(status[1]), _headers(stored[status.end() : end.start() if end else None])
        position, has_end = (end.end(), True) if end else (len(stored), False)
    return _Response(code, headers, stored[position:] if has_end else None) if position else None


def _reason_to_pass_over(response: _Response) -> str | None:
    status = response.status
    if status in (OK, NON_AUTHORITATIVE):
        return None
    if status == PARTIAL_CONTENT and FROM_THE_START.match(response.headers.get("content-range", "")):
        return None
    if 300 <= status < 400 and status != 304:
        return REDIRECTS
    return HTTP_ERRORS if status >= 400 else OTHER_STATUSES


# --- Media type

HTML = frozenset(("text/html", "application/xhtml+xml", "application/vnd.wap.xhtml+xml"))
XML = frozenset(("text/xml", "application/xml"))
UNKNOWN = frozenset(
    (
        "application/octet-stream",
        "binary/octet-stream",
        "unknown/unknown",
        "application/unknown",
        "application/x-unknown",
    )
)
MEDIA_TYPE = re.compile(
    r"\s*(?:application|audio|binary|font|image|message|model|multipart|text|unknown|video)/[\w.+-]+"
)
CHARSET = re.compile(r"charset\s*=\s*[\"']?([^\"';\s]+)", re.IGNORECASE)
# https://mimesniff.spec.whatwg.org, like the tags; meta and link are also found at the start of pages.
MAX_SNIFFED_BYTES = 1_445
HTML_START = re.compile(
    rb"\s*<(?:!--|(?:!doctype\s+html|html|head|script|iframe|h1|div|font|table|a|style|title|b|body|br|p|meta|link)[\s>/])",
    re.IGNORECASE,
)
XHTML_START = re.compile(
    rb"\s*(?:<\?xml\s[^>]*>\s*)?(?:<!--(?:(?!-->).)*-->\s*)*(?:<!doctype\s+html[\s>]|<html[\s>])",
    re.IGNORECASE | re.DOTALL,
)
BINARY = re.compile(rb"[\x00-\x08\x0b\x0e-\x1a\x1c-\x1f]")


def _content_type(header: str) -> tuple[str | None, str | None]:
    """Return the media type and charset of a Content-Type header; of several types, the last valid one counts."""
    media_type: str | None = None
    charset: str | None = None
    for part in header.split(","):
        stated = MEDIA_TYPE.match(part.lower())
        if stated and stated[0].strip() != media_type:
            media_type, charset = stated[0].strip(), None
        if found := CHARSET.search(part):
            charset = found[1]
    return media_type, charset


def _sniffed_start(body: bytes) -> bytes:
    for mark, name in BYTE_ORDER_MARKS:
        if body.startswith(mark):
            text = body[len(mark) : MAX_SNIFFED_BYTES + len(mark)].decode(name, "ignore")
            return text.encode("ascii", "replace")
    return body[:MAX_SNIFFED_BYTES]


def _states_html(media_type: str | None, identified_type: str | None) -> bool | None:
    """Say whether a response is HTML by its media type; None if only its first bytes can say it."""
    if media_type in HTML:
        return True
    if media_type is None or media_type in UNKNOWN:
        return _content_type(identified_type or "")[0] in HTML or None
    return None if media_type in XML else False


def _starts_as_html(response: _Response, media_type: str | None) -> bool:
    try:
        body, _ = _body(response, MAX_SNIFFED_BYTES)
    except _BadEncoding:
        return False
    start = _sniffed_start(body)
    return bool(XHTML_START.match(start) or (media_type not in XML and HTML_START.match(start)))


def _is_text(data: bytes) -> bool:
    """Say whether data has no bytes that text does not have; compressed data has them."""
    return data.startswith(tuple(mark for mark, _ in BYTE_ORDER_MARKS)) or not BINARY.search(data, 0, MAX_SNIFFED_BYTES)


# --- Body

END_OF_PAGE_BYTES = 1_024  # comments and scripts may follow </html>

CHUNK_HEADER = re.compile(rb"[ \t]*([0-9A-Fa-f]+)[ \t]*(?:;[^\n]*)?\r?\n")
LINE_END = re.compile(rb"\r?\n")

MAX_CODINGS = 5  # that were applied to a body one after the other
MAX_MEMBERS = 10_000  # of a gzip or Zstandard body; they cost more time than their few bytes
GZIP_MAGIC = b"\x1f\x8b\x08"
# A small input can expand a thousandfold (in Zstandard 30,000-fold), and its output is lost when an error is raised.
PIECE_BYTES = 512
MIN_ZSTD_WINDOW = 1 << 23  # RFC 9659: what every reader of HTTP responses must allow
DAMAGE = (zlib.error, brotli.error, zstandard.ZstdError)


class _Decompressor(Protocol):
    @property
    def eof(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, max_length: int, /) -> bytes: ...


class _Brotli:
    unused_data = b""

    def __init__(self) -> None:
        self._decompressor: Any = brotli.Decompressor()

    @property
    def eof(self) -> bool:
        return bool(self._decompressor.is_finished())

    def decompress(self, data: bytes, max_length: int, /) -> bytes:
        return bytes(self._decompressor.process(data, output_buffer_limit=max_length))


class _Zstandard:
    def __init__(self, limit: int) -> None:
        window = max(MIN_ZSTD_WINDOW, 1 << limit.bit_length())
        self._frame: Any = zstandard.ZstdDecompressor(max_window_size=window).decompressobj()

    @property
    def eof(self) -> bool:
        return bool(self._frame.eof)

    @property
    def unused_data(self) -> bytes:
        return bytes(self._frame.unused_data)

    def decompress(self, data: bytes, max_length: int, /) -> bytes:
        return bytes(self._frame.decompress(data))


@dataclass(frozen=True, slots=True)
class _Coding:
    """A content coding: its decompressors, which are tried in turn, and how a further member of the body begins, if it may have some."""

    name: str
    decompressors: tuple[Callable[[int], _Decompressor], ...]
    magic: bytes = b""


def _any_header(_limit: int) -> _Decompressor:
    return zlib.decompressobj(zlib.MAX_WBITS | 32)


GZIP = _Coding("gzip", (_any_header,), GZIP_MAGIC)
DEFLATE = _Coding("deflate", (_any_header, lambda _limit: zlib.decompressobj(-zlib.MAX_WBITS)))
BROTLI = _Coding("br", (lambda _limit: _Brotli(),))
ZSTD = _Coding("zstd", (_Zstandard,), b"\x28\xb5\x2f\xfd")
NO_CODINGS = ("chunked", "identity")
CODINGS = {"gzip": GZIP, "x-gzip": GZIP, "deflate": DEFLATE, "x-deflate": DEFLATE, "br": BROTLI, "zstd": ZSTD}


def _dechunked(body: bytes) -> tuple[bytes, str | None]:
    """Return a body without its chunked transfer coding, and how it is truncated; one that is stored without chunks stays as it is."""
    content = bytearray()
    position = 0
    while header := CHUNK_HEADER.match(body, position):
        start = header.end()
        end = start + int(header[1], 16)
        if start == end:
            return bytes(content), None
        content += body[start:end]
        line_end = LINE_END.match(body, end) if end < len(body) else None
        if line_end is None:
            if end >= len(body) or body[end:] == b"\r":
                return bytes(content), CHUNKS_CUT
            return (bytes(content) if position else body), CHUNKS_DAMAGED
        position = line_end.end()
    if not position:
        return body, None
    # The rest is the beginning of a chunk's header, or damage.
    return bytes(content), CHUNKS_DAMAGED if b"\n" in body[position:] else CHUNKS_CUT


def _read_member(
    output: bytearray,
    decompressor: _Decompressor,
    data: bytes,
    start: int,
    limit: int,
    slow_from: int | None = None,
) -> tuple[int, bool]:
    """Decompress a member of a body; return where it ends and whether that is its end, or where a damaged piece begins.

    Args:
        output: to which the member is added, until it has a little more than ``limit`` bytes.
        decompressor: a new one.
        data: the body.
        start: where in it the member begins.
        limit: of the output in bytes.
        slow_from: where a damaged piece begins, which is decompressed byte by byte so that what comes before the damage is not lost.
    """
    position = start
    while position < len(data) and len(output) <= limit and not decompressor.eof:
        is_slow = slow_from is not None and slow_from <= position < slow_from + PIECE_BYTES
        piece = data[position : position + (1 if is_slow else PIECE_BYTES)]
        try:
            output += decompressor.decompress(piece, limit + 1 - len(output))
        except DAMAGE:
            return position, False
        position += len(piece)
    return position - len(decompressor.unused_data), decompressor.eof


def _decompressed(new: Callable[[int], _Decompressor], magic: bytes, data: bytes, limit: int) -> tuple[bytes, bool]:
    """Return what all members of a body decompress to, and whether the last one has its end."""
    output = bytearray()
    position = 0
    for _ in range(MAX_MEMBERS):
        start, before = position, len(output)
        position, is_whole = _read_member(output, new(limit), data, start, limit)
        if not is_whole and position < len(data) and len(output) <= limit:
            del output[before:]
            position, is_whole = _read_member(output, new(limit), data, start, limit, position)
        if not is_whole or len(output) > limit:
            break
        following = data[position : position + len(magic)]
        if not following or not magic.startswith(following):
            return bytes(output), True
    return bytes(output), False


def _decoded(coding: _Coding, data: bytes, limit: int) -> tuple[bytes, str | None]:
    """Return a body without a content coding, and how it is truncated; one that does not have the coding stays as it is."""
    longest = b""
    is_text = _is_text(data)
    for new in coding.decompressors:
        output, is_whole = _decompressed(new, coding.magic, data, limit)
        if (is_whole or len(output) > limit) and (output or not is_text):
            return output, None
        longest = max(longest, output, key=len)
    if is_text:
        return data, None
    if not longest:
        raise _BadEncoding(f"it is not encoded in {coding.name}, the stated encoding, or is damaged from its start")
    return longest, f"{coding.name} body without its end"


def _body(response: _Response, limit: int) -> tuple[bytes, str | None]:
    """Return the body without transfer and content codings, a little over ``limit`` bytes at most if it has any, and how it is truncated.

    Raises:
        _BadEncoding: it is not text, and not in the stated codings.
    """
    body, truncated = response.body or b"", None
    stated = f"{response.headers.get('content-encoding', '')},{response.headers.get('transfer-encoding', '')}"
    names = [name for token in stated.split(",") if (name := token.partition(";")[0].strip().lower())]
    if "chunked" in names:
        body, truncated = _dechunked(body)
    codings = [CODINGS[name] for name in names if name in CODINGS]
    if len(codings) > MAX_CODINGS:
        raise _BadEncoding(f"its {len(codings):,} encodings are over the limit of {MAX_CODINGS}")
    for coding in reversed(codings):
        body, cut = _decoded(coding, body, limit)
        truncated = truncated or cut
        if len(body) > limit:
            break
    if body.startswith(GZIP_MAGIC) and len(body) <= limit:  # not stated, or not often enough
        body, cut = _decoded(GZIP, body, limit)
        truncated = truncated or cut
    unknown = [name for name in names if name not in CODINGS and name not in NO_CODINGS]
    if unknown and not _is_text(body):  # browsers show it as it is, and so do we if it is text
        raise _BadEncoding(f"its encoding {unknown[-1][:40]!r} is none of {', '.join(CODINGS)}")
    return body, truncated


def _is_shorter_than_stated(response: _Response) -> bool:
    """Say whether the connection was cut; a page that has its end was changed by the crawler."""
    length, body = response.headers.get("content-length", ""), response.body or b""
    if "transfer-encoding" in response.headers or not re.fullmatch(r"\d{1,18}", length):
        return False
    return len(body) < int(length) and b"</html" not in body[-END_OF_PAGE_BYTES:].lower()


def _how_truncated(response: _Response, decoding: str | None, is_cut: bool) -> str | None:
    if is_cut:
        return RECORD_CUT
    if response.status == PARTIAL_CONTENT:
        part = FROM_THE_START.match(response.headers["content-range"])
        if part and not (part[2].isdigit() and int(part[1]) + 1 == int(part[2])):
            return PARTIAL
    return decoding or (RESPONSE_CUT if _is_shorter_than_stated(response) else None)


def _page(response: _Response, limit: int, is_cut: bool, identified_type: str | None) -> Page | Skipped | Unreadable:
    media_type, charset = _content_type(response.headers.get("content-type", ""))
    is_html = _states_html(media_type, identified_type)
    if is_html is False:
        return Skipped(NOT_HTML)
    if response.body is None:
        return Unreadable("html: the HTTP headers have no end; repair the file and rerun")
    if is_cut and not response.body:
        return Unreadable("html: the record is cut short before the page; repair the file and rerun")
    if not is_html and not _starts_as_html(response, media_type):
        return Skipped(NOT_HTML)
    try:
        body, decoding = _body(response, limit)
    except _BadEncoding as error:
        return Unreadable(f"html: {error}")
    if len(body) > limit:
        return Unreadable(f"html: the page is over the limit of {limit:,} bytes")
    return Page(page_text(body, charset), media_type, _how_truncated(response, decoding, is_cut))


def read(
    stored: bytes, limit: int, *, is_cut: bool = False, identified_type: str | None = None
) -> Page | Skipped | Unreadable:
    """Return the page in a stored HTTP response, or why there is none.

    Args:
        stored: the status line, headers and body.
        limit: maximum size of a page in bytes, compressed or not.
        is_cut: whether ``stored`` is only the beginning of the response.
        identified_type: the media type that the crawler found in the body; it counts if the server stated none.
    """
    response = _response(stored)
    if response is None:
        if not HTML_START.match(_sniffed_start(stored)):
            return Unreadable("html: the HTTP response has no status line; repair the file and rerun")
        response = _Response(OK, {}, stored)  # as HTTP/0.9 has it
    if reason := _reason_to_pass_over(response):
        return Skipped(reason)
    return _page(response, limit, is_cut, identified_type)
