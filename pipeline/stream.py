"""A stream: runs the graph until it is told to stop, says each minute what goes through, and at the end what came of it."""

import os
import signal
import sys
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timezone
from types import FrameType

import apache_beam as beam
from apache_beam.runners.runner import PipelineResult
from rich.console import Console

from pipeline import local_stream, metrics
from pipeline.article import Message
from pipeline.backfill import DONE, FAILED, INTERRUPTED, print_failure
from pipeline.graph import Graph, Stream, build
from pipeline.report import Report
from pipeline.sinks import folder
from pipeline.sources.pubsub import ReadPubSub
from pipeline.sources.watched_files import WatchedFiles
from pipeline.stream_options import StreamOptions, pipeline_options
from pipeline.summary import Summary, print_summary, summarise, write_summary

ACKNOWLEDGED_EARLY = (
    "Beam's local runner acknowledges a message before it is processed: what is in memory when this process is killed, or the"
    " machine fails, is lost. Stop it with Ctrl-C or SIGTERM, which loses nothing."
)


def job_name() -> str:
    """Return the name of a start, which its files carry: when it was, and what no other start has."""
    return f"{datetime.now(timezone.utc):%Y%m%dT%H%M%SZ}-{uuid.uuid4().hex[:6]}"


def graph_of(options: StreamOptions, job: str) -> Graph:
    """Return what the graph of a stream is built with."""
    # Where an article has no such attribute, the time at which it was published to the topic stands; so "publish-time" is one.
    attribute = None if options.event_time == "published_at" else options.event_time
    stream = Stream(
        job=job,
        window=options.window,
        allowed_lateness=options.allowed_lateness,
        early_every=options.early_every,
        dedupe_for=options.dedupe_for,
        event_time=attribute,
        dead_letter_topic=options.dead_letter_topic,
    )
    return Graph(
        output=options.output,
        model=options.model,
        extract=options.extract,
        shards=options.shards,
        batch_size=options.batch_size,
        max_text_length=options.max_text_length,
        progress_folder=None,
        gazetteer=options.gazetteer,
        time_limit=options.time_limit,
        stream=stream,
    )


def _source(options: StreamOptions) -> beam.PTransform:
    if options.watch is not None:
        return local_stream.PolledMessages(WatchedFiles(options.watch, options.every))
    return ReadPubSub(options.subscription, options.topic)


@contextmanager
def _draining_on_signals(report: Report) -> Iterator[None]:
    """Ask for a drain on Ctrl-C and SIGTERM; leave at once on the second."""

    def handle(number: int, frame: FrameType | None) -> None:
        if local_stream.DRAIN.requested.is_set():
            report.say("stopped", "stopped; what was not written yet is lost")
            sys.stdout.flush()
            os._exit(INTERRUPTED)
        local_stream.DRAIN.request()
        report.say("draining", "stopping: what was read is being finished and written (once more leaves at once)")

    before = {number: signal.signal(number, handle) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _report_progress(result: PipelineResult, report: Report, event: str = "progress") -> None:
    report.progress(metrics.counts(result), metrics.largest(result, metrics.RECEIVED_AT_SECONDS), event)


@contextmanager
def _reporting(result: PipelineResult, report: Report, seconds: int) -> Iterator[None]:
    """Report what goes through while the block runs."""
    done = threading.Event()

    def work() -> None:
        while not done.wait(seconds):
            # The runner may be adding a metric at this moment; then there is a line less.
            with suppress(RuntimeError):
                _report_progress(result, report)

    thread = threading.Thread(target=work, name="report", daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def _run(options: StreamOptions, job: str, report: Report) -> Summary:
    started = time.monotonic()
    pipeline = beam.Pipeline(runner=local_stream.runner(report.say), options=pipeline_options(options))
    messages: beam.PCollection[Message] = pipeline | "Read" >> _source(options)
    build(messages, graph_of(options, job))
    folder.prepare(options.output)
    with _draining_on_signals(report):
        result = pipeline.run()
        with _reporting(result, report, options.report_every):
            result.wait_until_finish()
    _report_progress(result, report, "finished")
    return summarise(metrics.counts(result), time.monotonic() - started)


def run(options: StreamOptions) -> int:
    """Run a stream until it is told to stop, and return the exit code: 0 drained, 1 failed.

    Messages go to standard error, the summary to standard output and to ``summary-JOB.json`` in the output folder.
    """
    job = job_name()
    report = Report(options.log_format)
    report.say("started", f"started as {job}; Ctrl-C or SIGTERM stops reading and writes what was read", job=job)
    if options.watch is None:
        report.say("warning", ACKNOWLEDGED_EARLY)
    try:
        summary = _run(options, job, report)
        write_summary(summary, options.output, f"summary-{job}.json")
    except Exception as error:
        if options.log_format == "json":
            report.failed(error)
        else:
            print_failure(error, Console(stderr=True))
        return FAILED
    if options.log_format == "text":
        print_summary(summary, options.output, options.extract, Console())
    if summary.unaccounted:
        report.say("failed", f"failed: {summary.unaccounted:,} messages are unaccounted for; please report this")
        return FAILED
    return DONE
