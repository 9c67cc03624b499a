# SPDX-License-Identifier: Apache-2.0
"""The format of a file is found from its content, and else from its name."""

import bz2
import gzip
import lzma
import re

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from onrecord.sources import formats
from onrecord.sources.formats import UnknownFormat, of_beginning, of_name

CONTENT = {
    "json": b'{"text": "a"}\n',
    "avro": b"Obj\x01\x04\x14avro.codec",
    "parquet": b"PAR1\x15\x04",
    "warc": b"WARC/1.1\r\nWARC-Type: response\r\n",
    "xml": b'<?xml version="1.0" encoding="utf-8"?>\n<!-- news -->\n<rss version="2.0"><channel>',
    "html": b"<!DOCTYPE html>\n<html><head>",
}
PACK = {"": bytes, ".gz": gzip.compress, ".zst": zstandard.compress, ".bz2": bz2.compress, ".xz": lzma.compress}


def name_of(path: str, stored: bytes) -> str:
    return of_beginning(path, stored).name


@pytest.mark.parametrize("packed", PACK)
@pytest.mark.parametrize("form", CONTENT)
@pytest.mark.parametrize("name", ["export", "articles.txt", "articles.jsonl", "FEED.CSV"])
def test_content_that_can_only_be_one_format_decides(form, packed, name):
    assert name_of(name, PACK[packed](CONTENT[form])) == form


@pytest.mark.parametrize(
    ("content", "form"),
    [
        (b'[{"text": "a"}]', "json"),
        (b'\xef\xbb\xbf\n[\n  {\n    "text"', "json"),
        (b"<feed xmlns='http://www.w3.org/2005/Atom'>", "xml"),
        (b"<rdf:RDF xmlns='http://purl.org/rss/1.0/'>", "xml"),
        (b'<?xml version="1.0"?>\n<?xml-stylesheet href="x"?>\n<nitf>', "xml"),
        (b'<!DOCTYPE nitf SYSTEM "nitf.dtd"><nitf>', "xml"),
        (b"<newsMessage xmlns='http://iptc.org/std/nar/2006-10-01/'>", "xml"),
        (b'<?xml version="1.0"?><!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Strict//EN"><html>', "html"),
        (b"\n<!-- saved --><HTML lang=en>", "html"),
        (b"warc/1.0\n", "warc"),
    ],
)
def test_forms_of_a_format_are_recognised(content, form):
    assert name_of("export", content) == form


@pytest.mark.parametrize(
    ("name", "form"),
    [
        ("a.jsonl", "json"),
        ("A.JSONL.GZ", "json"),
        ("a.ndjson.zst", "json"),
        ("dir.avro/a.csv.bz2", "csv"),
        ("C:\\exports\\a.tsv.xz", "csv"),
        ("crawl.warc.GZ", "warc"),
        ("a.parquet", "parquet"),
        ("a.HTM", "html"),
        ("a.txt", "text"),
        ("a.rss", "xml"),
        ("README.md", None),
        ("jsonl", None),
        ("a.gz", None),
    ],
)
def test_a_name_says_the_format_by_its_ending(name, form):
    found = of_name(name)
    assert (found.name if found else None) == form


@pytest.mark.parametrize("content", [b"", b"\n", b"[Brinmouth] The pier closes.", b"a,b\n", b"{broken", b"<p>Hello"])
def test_other_content_has_the_format_of_its_name(content):
    assert name_of("articles.txt", content) == "text"
    assert name_of("articles.jsonl", content) == "json"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"PK\x03\x04\x14", "zip"),
        (b"a.jsonl" + bytes(250) + b"ustar", "tar"),
        (b"%PDF-1.7", "PDF"),
        (gzip.compress(gzip.compress(b"{}", mtime=0), mtime=0), "compressed twice"),
        (b"SQLite format 3\0", "SQLite"),
    ],
)
def test_what_can_not_be_read_is_refused_with_what_to_do(content, said):
    with pytest.raises(UnknownFormat, match=said):
        name_of("articles.jsonl", content)


@pytest.mark.parametrize("content", [b"The pier closes.", b"\x89PNG\r\n\x1a\n"])
def test_a_file_that_neither_content_nor_name_describe_is_refused(content):
    with pytest.raises(UnknownFormat, match="--format"):
        name_of("export.dat", content)


@given(st.binary(max_size=300))
def test_any_content_has_a_format_or_is_refused(content):
    try:
        assert name_of("a", content) in formats.BY_NAME
    except UnknownFormat as error:
        assert re.match("its format|it is", str(error))


def test_every_format_has_a_reader():
    for form in formats.FORMATS:
        assert callable(form.load())
