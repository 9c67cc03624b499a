# SPDX-License-Identifier: Apache-2.0
"""Matching files: each is read once, in the format of its suffix."""

import gzip
import json
import os
from datetime import datetime, timezone

import apache_beam as beam
import fastavro
from apache_beam.testing.test_pipeline import TestPipeline
from apache_beam.testing.util import assert_that, equal_to

from onrecord.sources.files import ReadFiles
from tests.sources.formats.test_warc import PAGE, record

CHANGED_AT = datetime(2026, 2, 3, 4, 5, 6, tzinfo=timezone.utc)
SCHEMA = {"type": "record", "name": "Row", "fields": [{"name": "text", "type": "string"}]}


def test_every_file_that_matches_is_read_once(tmp_path):
    (tmp_path / "articles.jsonl").write_bytes(b"a\n\nb\n")
    (tmp_path / "articles.jsonl.gz").write_bytes(gzip.compress(b"a\n\nb\n"))
    with (tmp_path / "articles.avro").open("wb") as file:
        fastavro.writer(file, SCHEMA, [{"text": "a"}, {"text": "b"}])
    (tmp_path / "crawl.warc.gz").write_bytes(gzip.compress(record()))
    for path in tmp_path.iterdir():
        os.utime(path, (CHANGED_AT.timestamp(), CHANGED_AT.timestamp()))
    (tmp_path / "notes.txt").write_text("no articles", "utf-8")
    patterns = (f"{tmp_path}/*.jsonl*", f"{tmp_path}/articles.jsonl", f"{tmp_path}/*.avro", f"{tmp_path}/*.warc*")
    lines = [("articles.jsonl:1", b"a"), ("articles.jsonl:3", b"b")]
    zipped = [("articles.jsonl.gz:1", b"a"), ("articles.jsonl.gz:3", b"b")]
    rows = [("articles.avro:1", b'{"text":"a"}'), ("articles.avro:2", b'{"text":"b"}')]
    page = json.dumps(
        {"url": "https://brinmouth-post.example/pier", "html": PAGE}, ensure_ascii=False, separators=(",", ":")
    )
    pages = [("crawl.warc.gz:1", page.encode())]
    expected = [(f"{tmp_path}/{origin}", payload, CHANGED_AT) for origin, payload in [*lines, *zipped, *rows, *pages]]
    with TestPipeline(runner="FnApiRunner") as pipeline:
        messages = pipeline | "Read" >> ReadFiles(patterns)
        seen = messages | beam.Map(lambda message: (message.origin, message.payload, message.received_at))
        assert_that(seen, equal_to(expected))
