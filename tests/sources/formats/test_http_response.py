# SPDX-License-Identifier: Apache-2.0
"""Stored HTTP responses are read as leniently as browsers read them, and a page that is not whole is marked."""

import gzip
import random
import tracemalloc
import zlib
from functools import partial

import brotli
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from onrecord.sources.formats.http_response import Page, Skipped, Unreadable, read

HTML = "<!DOCTYPE html><title>Pier</title><p>“The old café on the pier is closed,” said Anna Berg.</p></html>"
BODY = HTML.encode()
LIMIT = 1_000_000
CHUNKED = "Transfer-Encoding: chunked"


def response(
    body: bytes = BODY, *headers: str, status: str = "HTTP/1.1 200 OK", content_type: str | None = "text/html"
) -> bytes:
    types = [] if content_type is None else [f"Content-Type: {content_type}"]
    return "\r\n".join([status, *types, *headers, "", ""]).encode("latin-1") + body


def page(stored: bytes, **options: object) -> Page:
    result = read(stored, LIMIT, **options)
    assert isinstance(result, Page), result
    return result


def chunks(*parts: bytes, end: bytes = b"0\r\n\r\n") -> bytes:
    return b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts) + end


def raw_deflate(data: bytes) -> bytes:
    compressor = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return compressor.compress(data) + compressor.flush()


COMPRESS = {
    "gzip": gzip.compress,
    "x-gzip": gzip.compress,
    "GZIP": gzip.compress,
    "deflate": zlib.compress,
    "br": partial(brotli.compress, quality=5),
    "zstd": zstandard.compress,
}


# --- Head


@pytest.mark.parametrize(
    "status",
    [
        "HTTP/1.1 200 OK",
        "HTTP/1.0 200",
        "http/1.1 200 ok",
        "HTTP/1.1  200  OK",
        "HTTP/1.1\t200 OK",
        "HTTP/2 200",
        "HTTP/3 200 ",
        "HTTP 200 OK",
        "HTTP/1.1 200 Voilà",
        "\r\nHTTP/1.1 200 OK",
        "HTTP/1.1 203 Non-Authoritative Information",
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK",
        "HTTP/1.1 103 Early Hints\r\nLink: </style.css>\r\n\r\nHTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK",
        "HTTP/1.1 100 Continue\r\nContent-Type: text/plain\r\n\r\nHTTP/1.1 200 OK",
        "HTTP/1.1 200 Connection established\r\n\r\nHTTP/1.1 200 OK",
    ],
)
def test_lenient_status_lines(status):
    assert page(response(status=status)).html == HTML
    assert page(response(status=status).replace(b"\r\n", b"\n")).html == HTML


@pytest.mark.parametrize(
    "headers",
    [
        ("Server: café", "X-Größe: 7"),
        ("a line without a colon",),
        ("<a tag>: 1",),
        (": no name", "X-Empty:"),
        ("X-Folded: first", "  second", "\tthird: 4"),
        ("content-ENCODING : identity",),
        ("Content-Type: text/html", "Content-Length: many"),
        ("Content-Encoding: identity", "Content-Encoding:"),
    ],
)
def test_lenient_headers(headers):
    assert page(response(BODY, *headers)).html == HTML


def test_headers_that_are_continued_on_the_next_line():
    stored = b"HTTP/1.1 200 OK\nContent-Type:\n text/html;\n\tcharset=koi8-r\n\n" + "Город".encode("koi8-r")
    assert page(stored).html == "Город"


def test_headers_without_an_end():
    assert page(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n" + BODY).html == HTML
    assert read(b"HTTP/1.1 301 Moved\r\nLocation: /pier", LIMIT) == Skipped("redirects")
    assert read(b"HTTP/1.1 200 OK\r\nContent-Type: image/png\r\n", LIMIT) == Skipped("not HTML")
    for stored in (b"HTTP/1.1 200 OK", b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n"):
        for is_cut in (True, False):
            assert isinstance(read(stored, LIMIT, is_cut=is_cut), Unreadable)


def test_a_page_without_any_headers():
    assert page(BODY).html == HTML


@pytest.mark.parametrize(
    "stored",
    [b"", b"HTTP", b"HTTP/1.1 2", b"HTTP/1.1 OK\r\n\r\n", b"HTTP/1.1 2000 OK\r\n\r\n", b"\x16\x03\x01", b"Welcome"],
)
def test_what_is_no_response_is_reported(stored):
    assert read(stored, LIMIT) == Unreadable("html: the HTTP response has no status line; repair the file and rerun")


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        ("301 Moved Permanently", "redirects"),
        ("302", "redirects"),
        ("304 Not Modified", "other HTTP statuses"),
        ("404 Not Found", "HTTP errors"),
        ("503", "HTTP errors"),
        ("999 Request denied", "HTTP errors"),
        ("204 No Content", "other HTTP statuses"),
        ("202 Accepted", "other HTTP statuses"),
        ("206 Partial Content", "other HTTP statuses"),
        ("100 Continue", "other HTTP statuses"),
    ],
)
def test_other_statuses_are_skipped(status, reason):
    assert read(response(status=f"HTTP/1.1 {status}"), LIMIT) == Skipped(reason)


@pytest.mark.parametrize(
    ("content_range", "truncated"),
    [("bytes 0-102/103", None), ("bytes 0-102/200", "partial content"), ("bytes 0-102/*", "partial content")],
)
def test_partial_content_from_the_start_is_a_page(content_range, truncated):
    stored = response(BODY, f"Content-Range: {content_range}", status="HTTP/1.1 206 Partial Content")
    assert (page(stored).html, page(stored).truncated) == (HTML, truncated)


# --- Media type


@pytest.mark.parametrize(
    "content_type",
    [
        "text/html",
        "Text/HTML",
        "TEXT/HTML; charset=UTF-8",
        "text/html;charset=utf-8",
        "text/html,text/html",
        "text/html, text/html; charset=utf-8",
        "text/html charset=utf-8",
        "text/html; charset = 'utf-8'",
        'text/html; x="a,b"; charset="UTF-8"',
        "text/html; charset=",
        "application/XHTML+xml",
        "image/png\r\nContent-Type: text/html",
        # and those that say nothing
        None,
        "",
        "; charset=utf-8",
        "html",
        "*/*",
        "application/octet-stream",
        "binary/octet-stream",
        "unknown/unknown",
    ],
)
def test_media_types_of_pages(content_type):
    assert page(response(content_type=content_type)).html == HTML
    body = b"\xef\xbb\xbf \r\n" + BODY
    assert page(response(body, content_type=content_type)).html == f" \r\n{HTML}"


@pytest.mark.parametrize(
    "content_type",
    ["image/png", "text/plain", "application/json", "application/pdf", "text/html, text/plain", "application/rss+xml"],
)
def test_other_media_types_are_skipped(content_type):
    assert read(response(content_type=content_type), LIMIT, identified_type="text/html") == Skipped("not HTML")


@pytest.mark.parametrize("content_type", [None, "", "application/octet-stream"])
def test_without_a_media_type_the_first_bytes_decide(content_type):
    sniffed = partial(response, content_type=content_type)
    for start in (
        "<html>",
        "<HTML lang=en>",
        "<!doctype HTML>",
        "\n\t <head>",
        "<!-- Pier -->",
        "<p>",
        "<a\thref=/>",
        "<body\n>",
        "<h1>",
    ):
        assert page(sniffed(f"{start} the pier".encode())).html == f"{start} the pier"
    for start in (
        b"\x89PNG",
        b"%PDF-",
        b'{"html": "<html>"}',
        b"The pier <html>",
        b"<rss>",
        b"<htmlx>",
        b"<abbr>",
        b"",
        b"PK\3\4<html>",
    ):
        assert read(sniffed(start), LIMIT) == Skipped("not HTML")
        assert page(sniffed(start), identified_type="text/html").media_type == (content_type or None)
        assert read(sniffed(start), LIMIT, identified_type="image/png") == Skipped("not HTML")
    for mark, codec in ((b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be")):
        assert page(sniffed(mark + HTML.encode(codec))).html == HTML
    assert page(sniffed(chunks(gzip.compress(BODY)), "Content-Encoding: gzip", CHUNKED)).html == HTML
    assert read(sniffed(b"\x1f\x8b\x08", "Content-Encoding: gzip"), LIMIT) == Skipped("not HTML")
    assert read(sniffed(b"\0" * 2 * LIMIT), LIMIT) == Skipped("not HTML")


@pytest.mark.parametrize("content_type", ["text/xml", "application/xml; charset=utf-8"])
def test_xml_is_a_page_if_it_is_xhtml(content_type):
    for xhtml in (
        "<html xmlns='http://www.w3.org/1999/xhtml'/>",
        '<?xml version="1.0"?>\n<!-- a --><!-- b -->\n<!DOCTYPE html><html/>',
    ):
        assert page(response(xhtml.encode(), content_type=content_type)).html == xhtml
    for xml in (b"<rss/>", b'<?xml version="1.0"?><!-- <html> --><feed/>', b"<!-- a -->", b"<p>"):
        assert read(response(xml, content_type=content_type), LIMIT) == Skipped("not HTML")


def test_the_encoding_stated_by_the_server():
    for content_type in (
        "text/html; charset=iso-8859-1",
        'TEXT/HTML;CHARSET="windows-1252"',
        "text/html,text/html; charset='latin1'",
    ):
        assert page(response(HTML.encode("cp1252"), content_type=content_type)).html == HTML
    different = "text/plain; charset=koi8-r, text/html"
    assert page(response(content_type=different)).html == HTML


# --- Chunks

FIRST, LAST = BODY[:50], BODY[50:]


@pytest.mark.parametrize(
    "body",
    [
        chunks(FIRST, LAST),
        chunks(FIRST, LAST).replace(b"32\r\n", b"32;ieof\r\n"),
        chunks(FIRST, LAST).replace(b"32\r\n", b'0000000000000032 ; name="a value"\r\n'),
        chunks(FIRST, LAST).replace(b"\r\n", b"\n"),
        chunks(FIRST, LAST, end=b"000;last\r\nExpires: never\r\nX-Trailer: 1\r\n\r\n"),
        chunks(FIRST, LAST, end=b"0\r\n\r\n\r\nHTTP/1.1 400 Bad Request\r\n\r\n"),
        chunks(FIRST, LAST, end=b"0\r\n"),
        b"%X\r\n%s\r\n0\r\n\r\n" % (len(BODY), BODY),
        BODY,  # stored without chunks
    ],
)
@pytest.mark.parametrize("header", [CHUNKED, "transfer-encoding: Chunked", "Transfer-Encoding: gzip, chunked"])
def test_chunked_bodies(body, header):
    assert page(response(body, header)) == Page(HTML, "text/html")


def test_a_chunked_body_without_its_end_is_read_up_to_there():
    whole = chunks(FIRST, LAST)
    for length in range(len(b"32\r\n") + 1, whole.rindex(b"0\r\n")):
        cut = page(response(whole[:length], CHUNKED, content_type="text/html; charset=utf-8"))
        assert cut.truncated == "chunked body without its end"
        assert HTML.startswith(cut.html.rstrip("\ufffd"))
        assert len(cut.html) > length - 20


@pytest.mark.parametrize("damage", [b"xyz\r\n", b"-5\r\n", b"\r\n\r\n"])
def test_a_chunked_body_that_is_damaged_is_read_up_to_there(damage):
    body = chunks(FIRST, end=b"") + damage + LAST + b"\r\n0\r\n\r\n"
    assert page(response(body, CHUNKED)) == Page(FIRST.decode(), "text/html", "damaged chunked body")


def test_a_wrong_size_of_the_first_chunk_costs_no_text():
    wrong = page(response(chunks(BODY).replace(b"%x\r\n" % len(BODY), b"20\r\n"), CHUNKED))
    assert HTML in wrong.html
    assert wrong.truncated == "damaged chunked body"


# --- Content codings


@pytest.mark.parametrize(
    ("coding", "compress"), [*COMPRESS.items(), ("deflate", raw_deflate), ("deflate", gzip.compress)]
)
def test_compressed_bodies(coding, compress):
    body = compress(BODY)
    for header in (
        f"Content-Encoding: {coding}",
        f"content-encoding:{coding},",
        f"Content-Encoding: identity\r\nContent-Encoding: {coding}",
    ):
        assert page(response(body, header)) == Page(HTML, "text/html")
    assert page(response(chunks(body[:20], body[20:]), f"Content-Encoding: {coding}", CHUNKED)) == Page(
        HTML, "text/html"
    )
    assert page(response(body, f"Transfer-Encoding: {coding}")) == Page(HTML, "text/html")
    assert page(response(BODY, f"Content-Encoding: {coding}")) == Page(HTML, "text/html")  # stored without it
    assert page(response(b"", f"Content-Encoding: {coding}")).html == ""


def test_stacked_codings():
    assert page(response(gzip.compress(gzip.compress(BODY)), "Content-Encoding: gzip, gzip")).html == HTML
    assert page(response(gzip.compress(gzip.compress(BODY)), "Content-Encoding: gzip")).html == HTML
    assert page(response(gzip.compress(BODY), "Content-Encoding: gzip, gzip")).html == HTML
    assert page(response(gzip.compress(BODY))).html == HTML
    assert page(response(brotli.compress(zstandard.compress(BODY)), "Content-Encoding: zstd, br")).html == HTML
    deep = read(response(BODY, "Content-Encoding: " + ", ".join(["gzip"] * 6)), LIMIT)
    assert deep == Unreadable("html: its 6 encodings are over the limit of 5")


@pytest.mark.parametrize("coding", ["none", "utf-8", "identity", "", "UTF8", "8bit", "text/html", "no-such-coding"])
def test_content_codings_that_are_none(coding):
    assert page(response(BODY, f"Content-Encoding: {coding}")) == Page(HTML, "text/html")


def test_content_codings_that_are_not_known():
    result = read(response(b"\x1f\x9d\x90" + bytes(50), "Content-Encoding: compress"), LIMIT)
    assert result == Unreadable("html: its encoding 'compress' is none of gzip, x-gzip, deflate, x-deflate, br, zstd")


@pytest.mark.parametrize(("coding", "compress"), [("gzip", gzip.compress), ("zstd", zstandard.compress)])
def test_all_members_are_read(coding, compress):
    many = b"".join(compress(BODY[start : start + 1]) for start in range(len(BODY)))
    for end in (b"", b"\0\0\0", b"trailing"):
        assert page(response(many + end, f"Content-Encoding: {coding}")) == Page(HTML, "text/html")
    cut = page(response(many[:-8], f"Content-Encoding: {coding}"))
    assert HTML.startswith(cut.html)
    assert (len(cut.html) >= len(HTML) - 1, cut.truncated) == (True, f"{coding} body without its end")


LONG = "".join(f"<p>{number} boats of {number * 7919 % 1000} left the harbour.</p>" for number in range(15_000))


@pytest.mark.parametrize(("coding", "compress"), [*COMPRESS.items(), ("deflate", raw_deflate)])
def test_a_compressed_body_that_is_cut_is_read_up_to_there(coding, compress):
    body = compress(LONG.encode())
    header = f"Content-Encoding: {coding}"
    cut = page(response(body[: len(body) // 2], header))
    assert LONG.startswith(cut.html)
    assert len(cut.html) > len(LONG) / 5
    assert cut.truncated is not None
    assert cut.truncated.endswith("body without its end")
    assert page(response(body[:-1], header)).truncated == cut.truncated


@pytest.mark.parametrize(("coding", "compress"), [("gzip", gzip.compress), ("deflate", zlib.compress)])
def test_a_damaged_byte_costs_nothing_before_it(coding, compress):
    body = compress(BODY)
    damaged = body[:-2] + bytes([body[-2] ^ 255]) + body[-1:]  # in the checksum
    assert page(response(damaged, f"Content-Encoding: {coding}")) == Page(
        HTML, "text/html", f"{coding} body without its end"
    )


@pytest.mark.parametrize(("coding", "compress"), COMPRESS.items())
def test_what_comes_before_damage_in_the_middle_is_read_once(coding, compress):
    body = compress(LONG.encode())
    middle = 3 * len(body) // 4
    damaged = page(response(body[:middle] + b"\xff" * 100 + body[middle + 100 :], f"Content-Encoding: {coding}"))
    assert damaged.html != LONG
    assert LONG[:100_000] == damaged.html[:100_000]
    assert damaged.truncated is not None


def test_text_that_a_decompressor_takes_for_an_empty_body_is_text():
    assert page(response(b"3 boats left.", "Content-Encoding: br")) == Page("3 boats left.", "text/html")


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "zstd"])
def test_a_body_that_is_neither_compressed_nor_text_is_reported(coding):
    result = read(response(b"\x01" * 50, f"Content-Encoding: {coding}"), LIMIT)
    assert result == Unreadable(
        f"html: it is not encoded in {coding}, the stated encoding, or is damaged from its start"
    )


# --- Size


def test_a_page_that_is_cut_says_so():
    assert page(response(BODY), is_cut=True).truncated == "length"
    assert page(response(BODY[:60], f"Content-Length: {len(BODY)}")).truncated == "body shorter than its Content-Length"
    assert page(response(BODY, f"Content-Length: {len(BODY) + 2}")).truncated is None  # it has its end
    assert page(response(BODY, "Content-Length: 50")) == Page(HTML, "text/html")  # of the compressed body
    cut = read(response(b""), LIMIT, is_cut=True)
    assert cut == Unreadable("html: the record is cut short before the page; repair the file and rerun")


@pytest.mark.parametrize("coding", [None, "gzip", "deflate", "br", "zstd", "gzip, br, zstd"])
def test_a_page_over_the_limit_is_reported(coding):
    for length in (LIMIT, LIMIT + 1, 5 * LIMIT):
        body, headers = b"x" * length, []
        for name in coding.split(", ") if coding else ():
            body, headers = COMPRESS[name](body), [f"Content-Encoding: {coding}"]
        result = read(response(body, *headers), LIMIT)
        assert isinstance(result, Page) == (length == LIMIT)
        if isinstance(result, Unreadable):
            assert result.problem == "html: the page is over the limit of 1,000,000 bytes"


@pytest.mark.scale
@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "zstd"])
def test_a_page_that_grows_without_end_costs_no_more_than_the_limit(coding):
    twice = COMPRESS[coding](COMPRESS[coding](b"x" * 100_000_000))
    for stored in (
        response(twice, f"Content-Encoding: {coding}, {coding}"),
        response(twice, f"Content-Encoding: {coding}, {coding}", content_type=None),
    ):
        tracemalloc.start()
        try:
            read(stored, 10_000_000)
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert peak < 50_000_000


def test_members_beyond_any_reason_are_not_all_read():
    body = gzip.compress(b"x") * 10_001
    assert page(response(body, "Content-Encoding: gzip")) == Page(
        "x" * 10_000, "text/html", "gzip body without its end"
    )


# --- Anything


def check_result(stored: bytes, **options: object) -> None:
    result = read(stored, LIMIT, **options)
    assert isinstance(result, Page | Skipped | Unreadable)
    if isinstance(result, Page):
        result.html.encode()


PIECES = [
    *(
        b"HTTP/1.1 ",
        b"200",
        b" OK",
        b"\r\n",
        b"\n",
        b"\r\n\r\n",
        b"\n\n",
        b"100",
        b": ",
        b",",
        b"; charset=",
        b"text/html",
        b"bytes 0-5/9",
    ),
    *(
        b"Content-Type",
        b"Content-Encoding",
        b"Transfer-Encoding",
        b"Content-Length",
        b"Content-Range",
        b"chunked",
        b"gzip",
        b"zstd",
        b"br",
    ),
    *(b"1d3\r\n", b"0\r\n\r\n", BODY, *(compress(BODY) for compress in COMPRESS.values())),
]


@given(st.lists(st.one_of(st.binary(max_size=20), st.sampled_from(PIECES)), max_size=20).map(b"".join), st.booleans())
def test_any_bytes_are_read_or_reported(stored, is_cut):
    check_result(stored, is_cut=is_cut, identified_type=None)
    check_result(response(stored), is_cut=is_cut, identified_type="text/html")


@pytest.mark.parametrize(("coding", "compress"), COMPRESS.items())
def test_any_damage_is_read_or_reported(coding, compress):
    chance = random.Random(7)
    stored = response(chunks(compress(BODY)), f"Content-Encoding: {coding}", CHUNKED)
    for _ in range(300):
        damaged = bytearray(stored[: chance.randrange(1, len(stored) + 1)])
        for _ in range(chance.randrange(4)):
            damaged[chance.randrange(len(damaged))] = chance.randrange(256)
        check_result(bytes(damaged), is_cut=len(damaged) < len(stored))
