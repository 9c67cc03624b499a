# SPDX-License-Identifier: Apache-2.0
"""Article messages from WARC files, as crawlers write them: each HTML response is a message with the page and its URL."""

import codecs
import re
import zlib
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any, BinaryIO, cast

import brotli
import msgspec
from fastwarc.warc import ArchiveIterator, WarcRecord, WarcRecordType

from onrecord.data.message import MAX_MESSAGE_BYTES, Message
from onrecord.sources.compression import Damage, decompressed
from onrecord.sources.floods import no_limit

OK = 200  # HTTP
HTML = frozenset(("text/html", "application/xhtml+xml"))
META_CHARSET = re.compile(rb"<meta[^>]{0,200}?charset\s{0,9}=\s{0,9}[\"']?([\w-]{1,40})", re.IGNORECASE)
META_PREFIX_BYTES = 2_048  # the part of a page that may state its charset
# The codecs of Python that pages use; some of the others take quadratic time.
PAGE_CODECS = ("utf-8", "utf-16", "ascii", "iso8859", "cp125", "koi8", "gb", "big5", "shift_jis", "euc_")
FALLBACK = "cp1252"  # as in browsers


def _undamaged(file: BinaryIO, path: str) -> Iterator[bytes]:
    for piece in decompressed(file, path):
        if isinstance(piece, Damage):
            raise EOFError(piece.problem)
        yield piece


class _Stream:
    """A file object over the chunks of a file. It keeps the error of a failed read, which must not be mistaken for a broken record."""

    def __init__(self, source: Iterator[bytes]) -> None:
        self._source = source
        self._rest = b""
        self._given = 0
        self.error: Exception | None = None

    def tell(self) -> int:
        return self._given

    def read(self, size: int) -> bytes:
        try:
            while not self._rest:
                self._rest = next(self._source)
        except StopIteration:
            return b""
        except Exception as error:
            self.error = error
            raise
        data, self._rest = self._rest[:size], self._rest[size:]
        self._given += len(data)
        return data


class BrokenEncoding(ValueError):
    """A page is not in its stated encoding, or is cut short."""


def _inflated(window: int) -> Callable[[bytes, int], bytes]:
    def inflated(data: bytes, limit: int) -> bytes:
        decompressor = zlib.decompressobj(window)
        try:
            plain = decompressor.decompress(data, limit)
        except zlib.error:
            raise BrokenEncoding from None
        if not decompressor.eof and len(plain) < limit:
            raise BrokenEncoding
        return plain

    return inflated


def _from_brotli(data: bytes, limit: int) -> bytes:
    decompressor = brotli.Decompressor()
    try:
        plain: bytes = decompressor.process(data, output_buffer_limit=limit)
    except brotli.error:
        raise BrokenEncoding from None
    if not decompressor.is_finished() and len(plain) < limit:
        raise BrokenEncoding
    return plain


DECODED: dict[str, Callable[[bytes, int], bytes]] = {
    "gzip": _inflated(zlib.MAX_WBITS | 16),
    "x-gzip": _inflated(zlib.MAX_WBITS | 16),
    "deflate": _inflated(zlib.MAX_WBITS),
    "br": _from_brotli,
}


def page_text(page: bytes, charset: str | None) -> str:
    """Return a page as text.

    Args:
        page: the page as it was sent.
        charset: the encoding stated by the server; it takes precedence over the one stated by the page, which is followed by UTF-8.
    """
    meta = META_CHARSET.search(page[:META_PREFIX_BYTES])
    for name in (charset, meta[1].decode("ascii", "ignore") if meta else None, "utf-8"):
        try:
            if name and codecs.lookup(name).name.startswith(PAGE_CODECS):
                return page.decode(name)
        except (LookupError, ValueError):  # a null character in the name raises ValueError
            continue
    return page.decode(FALLBACK, "replace")


def _message(record: WarcRecord, origin: str, changed_at: datetime, limit: int) -> Message:
    attributes = {"warc_record_id": record.record_id or "", "warc_date": record.headers.get("WARC-Date") or ""}
    stored = record.reader.read(limit + 1)
    encoding = (record.http_headers.get("Content-Encoding") or "").strip().lower()

    def unreadable(problem: str) -> Message:
        return Message(stored[:limit], origin, changed_at, attributes, f"html: {problem}")

    if (
        len(stored) <= limit
        and len(stored) < record.content_length
        and not record.http_headers.get("Transfer-Encoding")
    ):
        return unreadable("the record is cut short; repair the file and rerun")
    page = stored
    if encoding not in ("", "identity"):
        if encoding not in DECODED:
            return unreadable(f"its encoding {encoding[:40]!r} is none of {', '.join(DECODED)}")
        try:
            page = DECODED[encoding](stored, limit + 1)
        except BrokenEncoding:
            return unreadable(f"it is not encoded in {encoding}, the stated encoding")
    if len(page) > limit:
        return unreadable(f"the page is over the limit of {limit:,} bytes")
    url = record.headers.get("WARC-Target-URI") or ""
    fields = {"url": url.strip("<> ") or None, "html": page_text(page, record.http_charset)}
    return Message(msgspec.json.encode(fields), origin, changed_at, attributes)


def read_messages(
    file: BinaryIO,
    path: str,
    changed_at: datetime,
    limit: int = MAX_MESSAGE_BYTES,
    count: Callable[[], None] = no_limit,
) -> Iterator[Message]:
    """Yield a message for each HTML response; all other records of the file are skipped.

    A page that can't be read, or the rest of a broken file, is a message with a ``problem``.

    Args:
        file: the file's bytes as stored, plain, gzip or Zstandard by the end of its name.
        path: its name, which goes into the messages' origin with the number of the page.
        changed_at: when it was last changed, in UTC: the messages' ``received_at``.
        limit: maximum size of a page in bytes.
        count: called for every response; it may raise an error, which ends the reading.
    """
    stream = _Stream(_undamaged(file, path))
    number = 1
    try:
        records = ArchiveIterator(
            cast("Any", stream),  # it only needs to be readable
            record_types=WarcRecordType.response,
            parse_http=True,
            auto_decode="transfer",
            stream_detect=False,
        )
        for record in records:
            count()
            http = record.http_headers
            if http is not None and http.status_code == OK and record.http_content_type in HTML:
                yield _message(record, f"{path}:{number}", changed_at, limit)
                number += 1
    except (OSError, EOFError) as error:  # the library raises OSError for a broken record, too
        if stream.error is not None and not isinstance(stream.error, EOFError):
            raise
        problem = f"file: the archive is broken from here on ({error}); repair the file and rerun"
        yield Message(b"", f"{path}:{number}", changed_at, {}, problem)
