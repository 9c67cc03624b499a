# SPDX-License-Identifier: Apache-2.0
"""WARC files: each HTML response is a message; broken or hostile data gives a message with a problem."""

import gzip
import io
import json
import random
import tracemalloc
import zlib
from datetime import datetime, timezone
from functools import partial

import brotli
import pytest
import zstandard

from onrecord.data.message import Message
from onrecord.sources.formats import http_response
from onrecord.sources.formats.warc import NOT_HTTP, OTHER_RECORDS, REVISITS, SEGMENTS, UNKNOWN_RECORDS, read_messages
from onrecord.sources.stored_file import StoredFile
from onrecord.transforms.decode import decode_article

CHANGED_AT = datetime(2026, 2, 3, tzinfo=timezone.utc)
TEXT = "The harbour council of Brinmouth voted on Tuesday to close the old café on the pier."
PAGE = f"<html><body><article><p>{TEXT}</p><p>{TEXT}</p></article></body></html>"
ID = "<urn:uuid:00000000-0000-0000-0000-000000000007>"


def record(
    body: bytes = PAGE.encode(),
    *headers: str,
    kind: str = "response",
    content_type: str = "text/html; charset=utf-8",
    status: str = "200 OK",
    url: str = "https://brinmouth-post.example/pier",
) -> bytes:
    """Return a record of a crawl."""
    http = "\r\n".join([f"HTTP/1.1 {status}", f"Content-Type: {content_type}", *headers, "", ""]).encode()
    warc = [
        "WARC/1.1",
        f"WARC-Type: {kind}",
        f"WARC-Target-URI: {url}",
        "WARC-Date: 2026-01-31T08:00:00Z",
        f"WARC-Record-ID: {ID}",
        "Content-Type: application/http; msgtype=response",
        f"Content-Length: {len(http) + len(body)}",
    ]
    return "\r\n".join([*warc, "", ""]).encode() + http + body + b"\r\n\r\n"


def read(stored: bytes, path: str = "crawl.warc", **limits: int) -> list[Message]:
    return list(read_messages(StoredFile(io.BytesIO(stored), path, CHANGED_AT, **limits)))


def problem(stored: bytes, **limits: int) -> str:
    """Return the problem of a file that gives only one."""
    [message] = read(stored, **limits)
    assert message.problem is not None
    return message.problem


def test_a_page_is_a_message_with_its_address():
    [message] = read(record())
    assert json.loads(message.payload) == {"url": "https://brinmouth-post.example/pier", "html": PAGE}
    assert message.attributes == {"warc_record_id": ID, "warc_date": "2026-01-31T08:00:00Z"}
    article = decode_article(message)
    assert article.text.splitlines()[0] == TEXT
    assert (article.source, article.article_id[:4]) == ("brinmouth-post.example", "url-")


def test_records_that_are_not_pages_are_skipped_and_counted_by_reason():
    others = {
        record(kind="request"): OTHER_RECORDS,
        record(kind="WarcInfo"): OTHER_RECORDS,
        record(kind="revisit"): REVISITS,
        record(kind="continuation"): SEGMENTS,
        record(kind="respoose"): UNKNOWN_RECORDS,
        record().replace(b"application/http; msgtype=response", b"text/dns"): NOT_HTTP,
        record(b"\x89PNG", content_type="image/png"): http_response.NOT_HTML,
        record(b"gone", status="404 Not Found"): http_response.HTTP_ERRORS,
        record(b"", status="301 Moved"): http_response.REDIRECTS,
    }
    first, *skipped, last = read(b"".join([record(), *others, record(url="https://brinmouth-post.example/2")]))
    assert [message.skipped for message in skipped] == list(others.values())
    assert {message.problem for message in skipped} == {None}
    assert (first.origin, last.origin) == ("crawl.warc:1", "crawl.warc:2")
    assert json.loads(last.payload)["url"] == "https://brinmouth-post.example/2"


@pytest.mark.parametrize(
    ("path", "pack"),
    [
        ("crawl.warc", b"".join),
        ("crawl.warc.gz", lambda records: b"".join(map(gzip.compress, records))),
        ("crawl.warc.zst", lambda records: b"".join(map(zstandard.compress, records))),
    ],
)
def test_compressed_files_are_read(path, pack):
    messages = read(pack([record(), record(), record()]), path)
    assert [message.origin for message in messages] == [f"{path}:{number}" for number in (1, 2, 3)]
    assert len({message.payload for message in messages}) == 1


@pytest.mark.parametrize(
    ("encoding", "encode"),
    [("gzip", gzip.compress), ("deflate", zlib.compress), ("br", partial(brotli.compress, quality=1))],
)
def test_pages_that_were_sent_compressed_are_read(encoding, encode):
    [message] = read(record(encode(PAGE.encode()), f"Content-Encoding: {encoding}"))
    assert json.loads(message.payload)["html"] == PAGE
    assert f"it is not encoded in {encoding}" in problem(record(b"\x01plain", f"Content-Encoding: {encoding}"))


def test_pages_that_were_sent_in_chunks_are_read():
    body = PAGE.encode()
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in (body[:50], body[50:])) + b"0\r\n\r\n"
    [message] = read(record(chunks, "Transfer-Encoding: chunked"))
    assert json.loads(message.payload)["html"] == PAGE


@pytest.mark.parametrize("path", ["crawl.warc", "crawl.warc.gz"])
def test_a_file_that_is_cut_short_gives_what_came_before(path):
    records = [record(), record(), record()]
    stored = b"".join(map(gzip.compress, records) if path.endswith(".gz") else records)
    *whole, last = read(stored[:-60], path)
    assert [message.problem for message in whole] == [None, None]
    assert last.problem is not None
    assert last.origin == f"{path}:3"


@pytest.mark.parametrize("stored", [b"no archive\r\n" * 100, record().replace(b"WARC/1.1", b"WORK/1.1")])
def test_a_file_that_is_not_an_archive_is_reported(stored):
    [message] = read(stored)
    assert message.problem == f"file: {len(stored):,} bytes at byte 0 are not a WARC record; repair the file and rerun"
    assert (message.payload, message.attributes) == (stored, {"offset": "0"})


def test_any_damage_ends_in_messages():
    stored = record() + record(url="https://brinmouth-post.example/2")
    chance = random.Random(7)
    for _ in range(500):
        damaged = bytearray(stored)
        damaged[chance.randrange(len(damaged))] = chance.randrange(256)
        for message in read(bytes(damaged)):
            assert message.problem or message.skipped or json.loads(message.payload)


@pytest.mark.scale
@pytest.mark.parametrize(
    ("encoding", "encode"),
    [("gzip", gzip.compress), ("deflate", zlib.compress), ("br", partial(brotli.compress, quality=1))],
)
def test_a_page_that_grows_without_end_costs_no_more_than_the_limit(encoding, encode):
    bomb = record(encode(b"x" * 100_000_000), f"Content-Encoding: {encoding}")
    tracemalloc.start()
    try:
        large, small = read(bomb + record(), limit=10_000_000)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert large.problem == "html: the page is over the limit of 10,000,000 bytes"
    assert small.problem is None
    assert peak < 50_000_000


def test_a_large_record_is_reported_and_the_next_one_read():
    large, small = read(record(b"x" * 5_000) + record(), limit=1_000)
    assert large.problem == "html: the page is over the limit of 1,000 bytes"
    assert len(large.payload) == 1_000
    assert json.loads(small.payload)["html"] == PAGE


def test_a_failing_disk_is_not_a_broken_archive():
    class FailingDisk(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            raise OSError(5, "Input/output error")

    with pytest.raises(OSError, match="Input/output error"):
        list(read_messages(StoredFile(FailingDisk(), "crawl.warc", CHANGED_AT)))
