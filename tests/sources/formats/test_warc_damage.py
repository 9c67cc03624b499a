# SPDX-License-Identifier: Apache-2.0
"""Odd and damaged WARC records: each costs itself at most, and is reported with its bytes, its place and its URL."""

import base64
import gzip
import hashlib
import json
import random
import re
import tracemalloc

import pytest
import zstandard

from onrecord.data.message import Message
from onrecord.sources.formats.warc import read_messages
from onrecord.sources.stored_file import StoredFile
from tests.sources.formats.damaged_archives import CHANGED_AT, damaged, faults, read
from tests.sources.formats.test_warc import PAGE, record

ODD_URL = "https://brinmouth-post.example/odd"
FIRST, LAST = record(url="https://brinmouth-post.example/first"), record(url="https://brinmouth-post.example/last")
CHUNKED = "Transfer-Encoding: chunked"
CHUNK = b"%x\r\n%s\r\n" % (len(PAGE.encode()), PAGE.encode())


def odd(*headers: str, body: bytes = PAGE.encode()) -> bytes:
    return record(body, *headers, url=ODD_URL)


def replaced(old: str, new: str) -> bytes:
    """Return a record in which a pattern is replaced; its stated length stays the same."""
    stored, number = re.subn(old.encode(), new.encode(), odd(), count=1)
    assert number == 1
    return stored


def of_length(difference: int) -> bytes:
    """Return a record that states a length that differs from the true one."""
    return re.sub(rb"Content-Length: (\d+)", lambda found: b"Content-Length: %d" % (int(found[1]) + difference), odd())


# Each is one record that differs from what the standards ask for.
READ = {
    "stored dechunked": odd(CHUNKED),
    "chunk extension": odd(CHUNKED, body=CHUNK.replace(b"\r\n", b";ieof\r\n", 1) + b"0\r\n\r\n"),
    "trailer": odd(CHUNKED, body=CHUNK + b"0\r\nX-Sum: 1\r\n\r\n"),
    "chunks with line feeds only": odd(CHUNKED, body=CHUNK.replace(b"\r\n", b"\n") + b"0\n\n"),
    "newer version": replaced("WARC/1.1", "WARC/2.0"),
    "version in lower case": replaced("WARC/1.1", "warc/1.0"),
    "WARC headers with line feeds only": odd().replace(b"\r\n", b"\n", 8),
    "line without a colon": replaced("WARC-Date", "garbage\r\nWARC-Date"),
    "folded header": replaced("WARC-Date: ", "WARC-Date:\r\n "),
    "no Content-Type": replaced("Content-Type: application/http; msgtype=response\r\n", ""),
    "media type in upper case": replaced("application/http", "Application/HTTP"),
    "header names in lower case": replaced("Content-Length", "content-length"),
    "URL in angle brackets": replaced(f"URI: {ODD_URL}", f"URI: <{ODD_URL}>"),
    "zeros behind it": odd() + bytes(700),
    "one line end behind it": odd()[:-2],
    "no line end behind it": odd().rstrip(),
    "many line ends behind it": odd() + b"\r\n" * 200,
}
REPORTED = {
    "no Content-Length": (replaced(r"Content-Length: \d+\r\n", ""), "has no valid Content-Length"),
    "negative Content-Length": (replaced(r"Content-Length: \d+", "Content-Length: -5"), "has no valid Content-Length"),
    "no number": (replaced(r"Content-Length: \d+", "Content-Length: many"), "has no valid Content-Length"),
    "other digits": (replaced(r"Content-Length: \d+", "Content-Length: ²"), "has no valid Content-Length"),
    "huge": (
        replaced(r"Content-Length: \d+", f"Content-Length: {10**17}"),
        "has a Content-Length of 100,000,000,000,000",
    ),
    "50 too small": (of_length(-50), "has a Content-Length of"),
    "200 too large": (of_length(200), "has a Content-Length of"),
    "5,000 too large": (of_length(5_000), "has a Content-Length of"),
    "no version": (replaced("WARC/1.1\r\n", ""), "are not a WARC record"),
    "headers without an end": (replaced("\r\n\r\nHTTP(.|\n)*", "\r\n"), "are not a WARC record"),
    "cut": (odd()[:-100], "has a Content-Length of"),
}
PACK = {
    "crawl.warc": bytes,
    "crawl.warc.gz": gzip.compress,
    "crawl.warc.zst": zstandard.ZstdCompressor(write_checksum=True).compress,
}
every_form = pytest.mark.parametrize("path", PACK)


def pages(messages: list[Message]) -> list[str]:
    return [json.loads(message.payload)["url"].rpartition("/")[2] for message in messages if message.problem is None]


@every_form
@pytest.mark.parametrize("kind", READ)
def test_an_odd_record_is_read(path, kind):
    messages = read(b"".join(map(PACK[path], (FIRST, READ[kind], LAST))), path)
    assert pages(messages) == ["first", "odd", "last"]
    assert {json.loads(message.payload)["html"] for message in messages} == {PAGE}


@every_form
@pytest.mark.parametrize("kind", REPORTED)
def test_an_unreadable_record_costs_one_record(path, kind):
    stored, problem = REPORTED[kind]
    messages = read(b"".join(map(PACK[path], (FIRST, stored, LAST))), path)
    assert pages(messages) == ["first", "last"]
    [letter] = [message for message in messages if message.problem]
    assert problem in letter.problem
    assert letter.problem.endswith("repair the file and rerun")
    assert letter.attributes["offset"] == str(len(PACK[path](FIRST)))
    assert letter.payload.strip() == stored.strip()
    if problem.startswith("has"):
        assert letter.attributes["url"] == ODD_URL


@pytest.mark.parametrize("kind", REPORTED)
def test_an_unreadable_record_costs_one_record_in_a_file_that_was_compressed_as_a_whole(kind):
    stored, problem = REPORTED[kind]
    messages = read(gzip.compress(FIRST + stored + LAST), "crawl.warc.gz")
    assert pages(messages) == ["first", "last"]
    [letter] = [message for message in messages if message.problem]
    assert problem in letter.problem


def test_a_record_that_is_skipped_may_be_odd_too():
    moved = record(b"", CHUNKED, status="301 Moved", url=ODD_URL)
    assert [message.problem for message in read(FIRST + moved + LAST, "crawl.warc")] == [None] * 3


def test_a_page_about_this_format_is_one_page():
    inner = record(PAGE.encode() + b"\r\n\r\n" + FIRST + LAST, url=ODD_URL)
    assert pages(read(inner + LAST, "crawl.warc")) == ["odd", "last"]
    # The length is right, although what follows is damaged.
    messages = read(odd() + b"WARK" + FIRST[4:] + LAST, "crawl.warc")
    assert pages(messages) == ["odd", "last"]


@pytest.mark.parametrize("path", ["crawl.warc.gz", "crawl.warc.zst"])
def test_a_damaged_member_is_one_letter_with_its_page_as_far_as_it_can_be_read(path):
    body = PAGE.encode() + random.Random(1).randbytes(50_000)
    members = [PACK[path](stored) for stored in (FIRST, odd(body=body), LAST)]
    middle = bytearray(members[1])
    middle[-3] ^= 0xFF  # of the checksum
    messages = read(members[0] + bytes(middle) + members[2], path)
    assert pages(messages) == ["first", "last"]
    [letter] = [message for message in messages if message.problem]
    assert f"the WARC record in the compressed data at byte {len(members[0]):,} is damaged" in letter.problem
    assert letter.payload.rstrip().endswith(body[-100:].rstrip())
    assert letter.attributes["url"] == ODD_URL
    cut = read(members[0] + members[1][: len(members[1]) // 2] + members[2], path)
    assert pages(cut) == ["first", "last"]
    assert [message.attributes.get("url") for message in cut if message.problem] == [ODD_URL]


def test_a_damaged_beginning_costs_one_record():
    stored = b"".join(map(gzip.compress, (odd(), FIRST, LAST)))
    for broken in (b"\0" + stored[1:], stored[5:]):
        messages = read(broken, "crawl.warc.gz")
        assert pages(messages) == ["first", "last"]
        assert [message.origin for message in messages if message.problem] == ["crawl.warc.gz:1"]


def test_changed_content_is_marked_if_the_record_has_a_digest():
    digest = "WARC-Block-Digest: sha1:CQJRRYQCQXV3GXEP6ECR63ZHOMJMQWBK"
    [page] = read(odd().replace(b"WARC-Date", digest.encode() + b"\r\nWARC-Date"), "crawl.warc")
    assert page.attributes["damaged"] == "not the content that its WARC-Block-Digest was made of"
    [page] = read(odd(), "crawl.warc")
    assert "damaged" not in page.attributes


@pytest.mark.parametrize("path", ["crawl.warc.gz", "crawl.warc"])
def test_a_truncated_page_is_marked(path):
    [page] = read(PACK[path](odd().replace(b"WARC-Date", b"WARC-Truncated: length\r\nWARC-Date")), path)
    assert page.attributes["truncated"] == "length"


def test_documents_that_were_not_sent_by_http_are_read():
    resource = odd().replace(b"application/http; msgtype=response", b"text/html; charset=utf-8")
    resource = resource.replace(b"response", b"resource", 1)
    resource = re.sub(rb"HTTP/1.1(.|\n)*?\r\n\r\n", b"", resource)
    resource = re.sub(rb"Content-Length: \d+", b"Content-Length: %d" % len(PAGE.encode()), resource)
    [page] = read(resource, "crawl.warc")
    assert json.loads(page.payload) == {"url": ODD_URL, "html": PAGE}
    extracted = resource.replace(b"text/html", b"text/plain").replace(b"WARC-Type: resource", b"WARC-Type: conversion")
    [text] = read(extracted, "crawl.warc")
    assert json.loads(text.payload) == {"url": ODD_URL, "text": PAGE}


@pytest.mark.scale
def test_a_large_record_with_a_wrong_length_is_gone_back_over():
    for path, pack in (("crawl.warc", bytes), ("crawl.warc.gz", gzip.compress)):
        large = re.sub(rb"Content-Length: \d+", b"Content-Length: 11000000", odd())
        messages = read(pack(FIRST + large + LAST * 22_000), path)
        assert pages(messages) == ["first", *["last"] * 22_000]
        assert len(messages) == 22_002


@pytest.mark.scale
def test_a_record_larger_than_the_limit_is_not_held_in_memory(tmp_path):
    huge = record(b"x" * 60_000_000, content_type="image/png")
    (tmp_path / "crawl.warc").write_bytes(huge + LAST)
    (tmp_path / "crawl.warc.gz").write_bytes(gzip.compress(huge, 1) + gzip.compress(LAST))
    del huge
    for path in ("crawl.warc", "crawl.warc.gz"):
        with (tmp_path / path).open("rb") as file:
            tracemalloc.start()
            try:
                first, last = read_messages(StoredFile(file, path, CHANGED_AT))
                _, peak = tracemalloc.get_traced_memory()
            finally:
                tracemalloc.stop()
        assert (first.skipped, pages([last])) == ("not HTML", ["last"])
        assert peak < 45_000_000


def with_digest(stored: bytes) -> bytes:
    """Return a record with the digest of its block."""
    block = stored.partition(b"\r\n\r\n")[2].removesuffix(b"\r\n\r\n")
    digest = base64.b32encode(hashlib.sha1(block, usedforsecurity=False).digest())
    return stored.replace(b"WARC-Date", b"WARC-Block-Digest: sha1:" + digest + b"\r\nWARC-Date", 1)


def crawl(chance: random.Random, number: int) -> list[bytes]:
    """Return the records of a crawl, each with text of its own."""
    words = [f"word{chance.randrange(10_000)}" for _ in range(500)]
    return [
        record(" ".join(chance.choices(words, k=300)).encode(), url=f"https://brinmouth-post.example/{place}")
        for place in range(number)
    ]


@pytest.mark.property
@every_form
def test_whatever_is_left_whole_is_read_and_all_else_is_reported(path):
    records = crawl(random.Random(3), 12)
    stored = [PACK[path](with_digest(one)) for one in records]
    whole = [message.payload for message in read(b"".join(stored), path)]
    for case in damaged(stored, 300, seed=5):
        assert faults(case, whole, path) == []


@pytest.mark.property
@pytest.mark.parametrize("path", ["crawl.warc.gz", "crawl.warc.zst"])
def test_a_damaged_file_that_was_compressed_as_a_whole_is_read_up_to_the_damage(path):
    records = crawl(random.Random(4), 60)
    whole = [message.payload for message in read(b"".join(records), "crawl.warc")]
    stored = PACK[path](b"".join(records))
    chance = random.Random(6)
    for _ in range(30):
        at = chance.randrange(20, len(stored))
        messages = read(stored[:at], path)
        payloads = [message.payload for message in messages if message.problem is None]
        assert payloads == whole[: len(payloads)]
        assert messages[-1].problem is not None
