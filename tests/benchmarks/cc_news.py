# SPDX-License-Identifier: Apache-2.0
"""What news pages in a web archive cost, as CC-NEWS has them: to read, to find the text, to extract; and against the same texts as JSON.

usage: python -m tests.benchmarks.cc_news PAGES.warc.gz [--pages 182] [--pages-a-day 380000] [--english 0.35]

A WARC with that number of pages is made from those of the given one, each a gzip member of its own as in CC-NEWS; those that are used again
have another address and one more word in each paragraph. Each stage is timed in this process by the CPU time of one core, except the
whole backfills, which are processes of their own on one core. The cost of a day is the sum of the stages: all pages are read and their
texts are found, English ones are extracted from.
"""

import argparse
import gzip
import itertools
import json
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec

from onrecord.data.article import MAX_TEXT_LENGTH, Article
from onrecord.data.message import InvalidMessage, Message
from onrecord.data.records import ArticleRecord
from onrecord.sinks.reader import records
from onrecord.sources.files import ReadFiles
from onrecord.transforms.decode import decode_article
from tests.benchmarks.backfill import cpu_seconds

HOUR = 3_600


def messages(path: Path) -> list[Message]:
    """Return the pages of a WARC."""
    source = ReadFiles((str(path),))
    return [
        message for file in source.files_in_order() for message in source.messages_of(file) if message.skipped is None
    ]


def archive(pages: list[Message], number: int) -> Iterator[bytes]:
    """Yield the gzip members of a WARC with a number of pages."""
    rounds = itertools.count()
    for turn, page in itertools.islice(((turn, page) for turn in rounds for page in pages), number):
        fields = json.loads(page.payload)
        html, url = fields["html"], fields["url"]
        if turn:
            html = html.replace("</p>", f" edition{turn}</p>")
            url = f"{url}{'&' if '?' in url else '?'}edition={turn}"
        body = b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n\r\n" + html.encode()
        head = (
            f"WARC/1.0\r\nWARC-Type: response\r\nWARC-Target-URI: {url}\r\nWARC-Date: 2026-01-31T08:00:00Z\r\n"
            f"WARC-Record-ID: <urn:uuid:00000000-0000-0000-{turn:04}-{hash(url) % 10**12:012}>\r\n"
            f"Content-Type: application/http; msgtype=response\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        yield gzip.compress(head.encode() + body + b"\r\n\r\n", 6)


def decoded(pages: list[Message]) -> Iterator[Article]:
    """Yield the articles of pages that have one."""
    for page in pages:
        try:
            yield decode_article(page, MAX_TEXT_LENGTH)
        except InvalidMessage:
            continue


def backfill_seconds(source: Path, output: Path) -> float:
    """Return the CPU seconds of a backfill."""
    words = [sys.executable, "-m", "onrecord", "backfill", str(source), str(output), "--workers", "1"]
    return cpu_seconds([*words, "--near-duplicates", "off"])


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("pages", type=Path, help="a WARC of news pages")
    parser.add_argument("--number", type=int, default=182, help="pages of the WARC that is made (default: %(default)s)")
    parser.add_argument("--pages-a-day", type=int, default=380_000, help="(default: %(default)s)")
    parser.add_argument("--english", type=float, default=0.35, help="share of English pages (default: %(default)s)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        warc, lines = folder / "pages.warc.gz", folder / "texts.jsonl"
        warc.write_bytes(b"".join(archive(messages(options.pages), options.number)))
        began = time.process_time()
        pages = messages(warc)
        reading = (time.process_time() - began) / len(pages)
        began = time.process_time()
        articles = list(decoded(pages))
        parsing = (time.process_time() - began) / len(pages)
        from_pages = backfill_seconds(warc, folder / "from-pages")
        with lines.open("wb") as file:
            for record in records(str(folder / "from-pages"), ArticleRecord.kind):
                assert isinstance(record, ArticleRecord)
                fields = {
                    "id": record.article_id,
                    "text": record.text,
                    "title": record.title,
                    "language": record.language,
                }
                file.write(msgspec.json.encode(fields) + b"\n")
        from_texts = backfill_seconds(lines, folder / "from-texts")
    extracting = from_texts / len(articles)
    size = sum(len(page.payload) for page in pages) / len(pages) / 1_000
    print(f"{len(pages):,} pages of {size:,.0f} kB, {len(articles):,} articles; CPU time of one core")
    for name, seconds in (
        ("reading", reading),
        ("finding the text", parsing),
        ("extracting, start included", extracting),
    ):
        print(f"  {name}: {1_000 * seconds:.1f} ms, {1 / seconds:,.0f} a second")
    print(
        f"backfill from pages {from_pages:.1f} s, from the same texts {from_texts:.1f} s: ratio {from_pages / from_texts:.2f}"
    )
    day = options.pages_a_day * (reading + parsing + options.english * extracting)
    print(
        f"a day of {options.pages_a_day:,} pages, {options.english:.0%} of them English: {day / HOUR:.1f} hours of one core,"
        f" {day / HOUR / 2:.1f} of two"
    )


if __name__ == "__main__":
    main()
