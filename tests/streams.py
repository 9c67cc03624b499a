# SPDX-License-Identifier: Apache-2.0
"""Streams for tests: quotes that arrive on time, early, late and very late, and the files that they give."""

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import apache_beam as beam
from apache_beam.options.pipeline_options import PipelineOptions, StandardOptions
from apache_beam.testing.test_stream import TestStream
from apache_beam.transforms.window import TimestampedValue
from apache_beam.utils.timestamp import Timestamp

from onrecord.data.kinds import kinds
from onrecord.data.records import Provenance, QuoteRecord, Span
from onrecord.runners import prism
from onrecord.sinks import file_sink

NOON = Timestamp.from_rfc3339("2026-03-03T12:00:00Z")
RUNNER = "BundleBasedDirectRunner"  # replaced by the fixture each_stream_runner
SINK = "avro"  # replaced by the fixture each_format

QUOTE = QuoteRecord(
    article_id="pier",
    published_at=None,
    provenance=Provenance("1", "en_core_web_sm", "3"),
    quote_id="pier#quote-1",
    type="DIRECT",
    content=(Span(0, 12, "“It is gone”"),),
    cue=(),
    speaker=None,
    parent_quote_id=None,
    confidence=0.5,
)


def quote(name: str) -> QuoteRecord:
    """Return a quote of an article of its own."""
    return replace(QUOTE, article_id=name, quote_id=f"{name}#quote-1")


def at(seconds: float, *names: str) -> list[TimestampedValue]:
    """Return quotes with an event time, in seconds after noon."""
    return [TimestampedValue(quote(name), NOON + seconds) for name in names]


def stream(*events: float | tuple[str, float] | list[TimestampedValue]) -> TestStream:
    """Return a stream of quotes.

    A list arrives together, a number moves the watermark to this many seconds after noon, and ``("wait", seconds)`` lets time
    pass. The clock is never behind the watermark, as in production.
    """
    clock = float(NOON) - 3600
    test_stream = TestStream(coder=beam.coders.registry.get_coder(QuoteRecord))
    test_stream = test_stream.advance_processing_time(clock).advance_watermark_to(clock)
    for event in events:
        if isinstance(event, list):
            test_stream = test_stream.add_elements(event)
            continue
        now = clock + event[1] if isinstance(event, tuple) else max(clock, float(NOON) + event)
        test_stream = test_stream.advance_processing_time(now - clock)
        clock = now
        if not isinstance(event, tuple):
            test_stream = test_stream.advance_watermark_to(NOON + event)
    return test_stream.advance_watermark_to_infinity()


def options() -> PipelineOptions:
    """Return the options of a streaming job."""
    flags = prism.location_flags([], []) if RUNNER == "PrismRunner" else []
    found = PipelineOptions([f"--runner={RUNNER}", *flags])
    found.view_as(StandardOptions).streaming = True
    return found


def files(output: Path) -> dict[str, list[str]]:
    """Return the articles of every file of records below a folder, by its path without the extension."""
    sink = file_sink(SINK)
    found: dict[str, list[str]] = {}
    for path in sorted(output.rglob(f"*{sink.extension}")):
        with path.open("rb") as file:
            name = str(path.relative_to(output)).removesuffix(sink.extension)
            found[name] = [record.article_id for record in sink.read_records(file, kinds()["quotes"])]
    return found


def union(found: dict[str, list[str]]) -> list[str]:
    """Return all articles in files, with repetitions."""
    return sorted(name for names in found.values() for name in names)


def names(numbers: Iterable[int]) -> list[str]:
    """Return names of articles."""
    return [f"article-{number:03d}" for number in numbers]
