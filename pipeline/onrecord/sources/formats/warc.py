# SPDX-License-Identifier: Apache-2.0
"""Article messages from WARC files, as crawlers write them: each HTML page is a message with the page and its URL."""

import base64
import hashlib
from collections.abc import Iterator

import msgspec

from onrecord.data.message import Message
from onrecord.sources.compression import Damage
from onrecord.sources.formats import http_response
from onrecord.sources.formats.http_response import Skipped, Unreadable
from onrecord.sources.formats.warc_records import NoRecord, WarcRecord, warc_records
from onrecord.sources.stored_file import StoredFile

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


def _message(file: StoredFile, record: WarcRecord, number: int) -> Message:
    attributes = _attributes(record)
    url = _url(record)
    truncation = _truncation(record)

    def unreadable(stored: bytes, problem: str) -> Message:
        helpful = attributes | {"url": url, "offset": str(record.offset)}
        return file.message(stored, number, helpful, problem)

    if record.problem is not None:
        return unreadable(record.head + record.block, f"file: {record.problem}; repair the file and rerun")
    if _is_extracted_text(record):
        if record.length > file.limit:
            return unreadable(record.block, f"text: it is over the limit of {file.limit:,} bytes")
        fields = {"url": url or None, "text": record.block.decode("utf-8", "replace")}
        return file.message(msgspec.json.encode(fields), number, attributes, size=record.length)
    response = _response(record)
    if isinstance(response, str):
        return file.skipped(response, number)
    is_cut = record.length > len(record.block) or truncation is not None
    identified = record.headers.get("warc-identified-payload-type")
    page = http_response.read(response, file.limit, is_cut=is_cut, identified_type=identified)
    if isinstance(page, Skipped):
        return file.skipped(page.reason, number)
    if isinstance(page, Unreadable):
        return unreadable(record.block, page.problem)
    if truncated := truncation or page.truncated:
        attributes[TRUNCATED] = truncated
    if _differs_from_its_digest(record):
        attributes[DAMAGED] = OTHER_CONTENT
    fields = {"url": url or None, "html": page.html}
    return file.message(msgspec.json.encode(fields), number, attributes, size=len(page.html))


def read_messages(file: StoredFile) -> Iterator[Message]:
    """Yield a message for each record: a page, or one that is ``skipped``; only pages are numbered.

    A page that can't be read, and a damaged part of the file, is a message with a ``problem``, which holds the bytes.
    """
    number = 1
    for found in warc_records(file.stored, file.path, file.limit + MAX_HTTP_HEADER_BYTES):
        file.count()
        if isinstance(found, Damage):
            message = file.damaged(found, number)
        elif isinstance(found, NoRecord):
            message = file.broken(found.problem, found.data, found.offset, number)
        else:
            message = _message(file, found, number)
        yield message
        number += message.skipped is None
