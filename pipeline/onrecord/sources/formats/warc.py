# SPDX-License-Identifier: Apache-2.0
"""Article messages from WARC files, as crawlers write them: each HTML page is a message with the page and its URL."""

import base64
import hashlib
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import BinaryIO

import msgspec

from onrecord.data.message import MAX_MESSAGE_BYTES, Message
from onrecord.sources.compression import Damage
from onrecord.sources.floods import no_limit
from onrecord.sources.formats import http_response
from onrecord.sources.formats.http_response import Skipped, Unreadable
from onrecord.sources.formats.warc_records import NoRecord, WarcRecord, warc_records

MAX_HTTP_HEADER_BYTES = 1 << 16
# Why a record is not a page; those of HTTP responses are in http_response.
REVISITS = "revisits of pages that had not changed"
SEGMENTS = "continuations of segmented records"
NOT_HTTP = "responses of other protocols than HTTP"
OTHER_RECORDS = "requests, metadata and other WARC records"
UNKNOWN_RECORDS = "WARC records of unknown types"
REASONS = {
    "revisit": REVISITS,
    "continuation": SEGMENTS,
    "warcinfo": OTHER_RECORDS,
    "request": OTHER_RECORDS,
    "metadata": OTHER_RECORDS,
}
# Kinds of records whose block is the document itself.
DOCUMENTS = frozenset(("resource", "conversion"))
TRUNCATED = "truncated"  # the attribute that says how a page was cut
SEGMENT = "segment"
DAMAGED = "damaged"  # the attribute of a page that is not as it was stored
OTHER_CONTENT = "not the content that its WARC-Block-Digest was made of"
DIGESTS = frozenset(("md5", "sha1", "sha256", "sha512"))


def _attributes(record: WarcRecord) -> dict[str, str]:
    headers = record.headers
    return {"warc_record_id": headers.get("warc-record-id", ""), "warc_date": headers.get("warc-date", "")}


def _url(record: WarcRecord) -> str:
    return record.headers.get("warc-target-uri", "").strip("<> ")


def _media_type(record: WarcRecord) -> str:
    return record.headers.get("content-type", "").partition(";")[0].strip().lower()


def _truncation(record: WarcRecord) -> str | None:
    """Return how the crawler cut the page, if it did."""
    if "warc-segment-number" in record.headers:
        return SEGMENT
    return record.headers.get("warc-truncated") or None


def _differs_from_its_digest(record: WarcRecord) -> bool:
    algorithm, _, stated = record.headers.get("warc-block-digest", "").partition(":")
    if algorithm.lower() not in DIGESTS or len(record.block) < record.length:
        return False
    digest = hashlib.new(algorithm.lower(), record.block, usedforsecurity=False).digest()
    in_base32 = base64.b32encode(digest).decode().rstrip("=")
    return stated.lower() != digest.hex() and stated.upper().rstrip("=") != in_base32


def _response(record: WarcRecord) -> bytes | str:
    """Return the HTTP response in a record, or the reason to pass it over."""
    kind = record.headers.get("warc-type", "").lower()
    if kind in DOCUMENTS:
        content_type = record.headers.get("content-type", "").encode("utf-8", "replace")
        return b"HTTP/1.1 200 OK\r\nContent-Type: %s\r\n\r\n%s" % (content_type, record.block)
    if kind != "response":
        return REASONS.get(kind, UNKNOWN_RECORDS)
    return record.block if _media_type(record) in ("application/http", "") else NOT_HTTP


def _is_extracted_text(record: WarcRecord) -> bool:
    """Whether a record is the text of a page, as in a .warc.wet file."""
    return record.headers.get("warc-type", "").lower() == "conversion" and _media_type(record) == "text/plain"


def _message(record: WarcRecord, origin: str, changed_at: datetime, limit: int) -> Message:
    attributes = _attributes(record)
    url = _url(record)
    truncation = _truncation(record)

    def unreadable(payload: bytes, problem: str) -> Message:
        helpful = attributes | {"url": url, "offset": str(record.offset)}
        return Message(payload[:limit], origin, changed_at, helpful, problem)

    if record.problem is not None:
        return unreadable(record.head + record.block, f"file: {record.problem}; repair the file and rerun")
    if _is_extracted_text(record):
        if record.length > limit:
            return unreadable(record.block, f"text: it is over the limit of {limit:,} bytes")
        fields = {"url": url or None, "text": record.block.decode("utf-8", "replace")}
        return Message(msgspec.json.encode(fields), origin, changed_at, attributes)
    response = _response(record)
    if isinstance(response, str):
        return Message(b"", origin, changed_at, {}, skipped=response)
    is_cut = record.length > len(record.block) or truncation is not None
    identified = record.headers.get("warc-identified-payload-type")
    page = http_response.read(response, limit, is_cut=is_cut, identified_type=identified)
    if isinstance(page, Skipped):
        return Message(b"", origin, changed_at, {}, skipped=page.reason)
    if isinstance(page, Unreadable):
        return unreadable(record.block, page.problem)
    if truncated := truncation or page.truncated:
        attributes[TRUNCATED] = truncated
    if _differs_from_its_digest(record):
        attributes[DAMAGED] = OTHER_CONTENT
    fields = {"url": url or None, "html": page.html}
    return Message(msgspec.json.encode(fields), origin, changed_at, attributes)


def read_messages(
    file: BinaryIO,
    path: str,
    changed_at: datetime,
    limit: int = MAX_MESSAGE_BYTES,
    count: Callable[[], None] = no_limit,
) -> Iterator[Message]:
    """Yield a message for each record: a page, or one that is ``skipped``.

    A page that can't be read, and a damaged part of the file, is a message with a ``problem``, which holds the bytes.

    Args:
        file: the file's bytes as stored, plain or compressed.
        path: its name, which goes into the messages' origin with the number of the page.
        changed_at: when it was last changed, in UTC: the messages' ``received_at``.
        limit: maximum size of a page in bytes.
        count: called for every record; it may raise an error, which ends the reading.
    """
    number = 1
    for found in warc_records(file, path, limit + MAX_HTTP_HEADER_BYTES):
        count()
        origin = f"{path}:{number}"
        if isinstance(found, Damage):
            message = found.message(origin, changed_at)
        elif isinstance(found, NoRecord):
            problem = f"file: {found.problem}; repair the file and rerun"
            message = Message(found.data[:limit], origin, changed_at, {"offset": str(found.offset)}, problem)
        else:
            message = _message(found, origin, changed_at, limit)
        yield message
        number += message.skipped is None
