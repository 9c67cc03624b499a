"""A stream: runs the graph until it is told to stop, says each minute what goes through, and at the end what came of it."""

import os
import signal
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, redirect_stderr
from datetime import datetime, timezone
from pathlib import Path
from types import FrameType

import apache_beam as beam
from apache_beam.runners.runner import PipelineResult
from rich.console import Console

from onrecord.commands.stream_options import StreamOptions, pipeline_options
from onrecord.data.article import Message
from onrecord.graph import Graph, Stream, build
from onrecord.jobs.backfill import DONE, FAILED, INTERRUPTED, print_failure
from onrecord.runners import direct_batch as local_batch
from onrecord.runners import direct_stream as local_stream
from onrecord.runners import portable
from onrecord.runners.portable import Stop
from onrecord.sinks import output_folder as folder
from onrecord.sources import portable_pubsub
from onrecord.sources.pubsub import ReadPubSub
from onrecord.sources.watched_files import WatchedFiles
from onrecord.telemetry import metrics
from onrecord.telemetry.log import Report
from onrecord.telemetry.summary import Summary, print_summary, summarise, write_summary

ACKNOWLEDGED_EARLY = (
    "Beam's local runner acknowledges a message before it is processed: what is in memory when this process is killed, or the"
    " machine fails, is lost. Stop it with Ctrl-C or SIGTERM, which loses nothing."
)

KEPT_IN_MEMORY = (
    "Prism keeps what waits for the end of a window in memory, and such messages are acknowledged: when it is killed, or the machine"
    " fails, they are lost. Stop it with Ctrl-C or SIGTERM, which loses nothing."
)
STOPS: dict[Stop, str] = {
    "drain": "stops reading and writes what was read",
    "leave": "leaves the job running on its cluster",
    "cancel": "cancels the job; what was not acknowledged is delivered again",
}
GOES_ON = {
    "FlinkRunner": "the job goes on: 'flink list' names it, 'flink stop --savepointPath FOLDER JOB' stops it so that it can be resumed",
    "DataflowRunner": "the job goes on: 'gcloud dataflow jobs list' names it, 'gcloud dataflow jobs drain JOB' finishes and stops it",
    "PortableRunner": "the job goes on where it runs, and is stopped there",
}
CANCELLED = "cancelling the job; what it did not acknowledge is delivered again"


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
        asks_for_stable_input=options.runner.asks_for_stable_input,
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
    return ReadPubSub(options.subscription, options.topic, options.runner.has_pubsub)


def _drain(options: StreamOptions) -> None:
    if options.runner.is_local:
        local_stream.DRAIN.request()
    else:
        portable_pubsub.drain()


class _Stopping:
    """What Ctrl-C and SIGTERM do: drain, and leave at once the second time; or end the job, or only our looking on."""

    def __init__(self, options: StreamOptions, stop: Stop, report: Report) -> None:
        self._options = options
        self._stop = stop
        self._report = report
        self._is_draining = False
        self.result: PipelineResult | None = None

    def handle(self, number: int, frame: FrameType | None) -> None:
        """Do it."""
        if self._stop == "leave":
            self.leave()
        elif self._stop == "cancel":
            self._report.say("cancelling", CANCELLED)
            if self.result is not None:
                portable.cancel(self.result)
            self._leave("stopped", "stopped", INTERRUPTED)
        elif self._is_draining:
            self._leave("stopped", "stopped; what was not written yet is lost", INTERRUPTED)
        else:
            self._is_draining = True
            _drain(self._options)
            self._report.say(
                "draining", "stopping: what was read is being finished and written (once more leaves at once)"
            )

    def leave(self) -> None:
        """Leave the job to its cluster."""
        self._leave("left", f"left; {GOES_ON[self._options.runner.name]}", DONE)

    def _leave(self, event: str, text: str, exit_code: int) -> None:
        self._report.say(event, text)
        if not self._options.runner.is_local:
            local_batch.end_children()
        sys.stdout.flush()
        os._exit(exit_code)

    @contextmanager
    def on_signals(self) -> Iterator[None]:
        """Do it on signals while the block runs."""
        before = {number: signal.signal(number, self.handle) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


def _report_progress(result: PipelineResult, report: Report, event: str = "progress") -> None:
    report.progress(metrics.counts(result), metrics.largest(result, metrics.RECEIVED_AT_SECONDS), event)


@contextmanager
def _surroundings(options: StreamOptions) -> Iterator[None]:
    """Give a job that runs elsewhere what it needs here: an end for its job server, and nobody who hears what its workers print.

    They print besides what they log: Prism commits steps that have nothing to commit.
    """
    with ExitStack() as stack:
        if not options.runner.is_local:
            stack.enter_context(portable.job_server())
            if not options.verbose:
                nowhere = stack.enter_context(Path(os.devnull).open("w", encoding="utf-8"))
                stack.enter_context(redirect_stderr(nowhere))
        yield


def _run(options: StreamOptions, job: str, stop: Stop, report: Report) -> Summary:
    started = time.monotonic()
    runner = local_stream.runner(report.say) if options.runner.is_local else portable.beam_runner(options.runner)
    pipeline = beam.Pipeline(runner=runner, options=pipeline_options(options))
    messages: beam.PCollection[Message] = pipeline | "Read" >> _source(options)
    build(messages, graph_of(options, job))
    folder.prepare(options.output)
    stopping = _Stopping(options, stop, report)
    with stopping.on_signals(), _surroundings(options):
        result = stopping.result = pipeline.run() if options.runner.is_local else portable.started(pipeline)
        if options.detach:
            stopping.leave()
        with portable.polled(result, options.report_every, lambda result: _report_progress(result, report)):
            result.wait_until_finish()
        _report_progress(result, report, "finished")
        return summarise(metrics.counts(result), time.monotonic() - started)


def run(options: StreamOptions) -> int:
    """Run a stream until it is told to stop, and return the exit code: 0 drained, 1 failed.

    Messages go to standard error, the summary to standard output and to ``summary-JOB.json`` in the output folder.
    """
    job = job_name()
    report = Report(options.log_format)
    stop = portable.stop_of(options.runner, pipeline_options(options))
    report.say("started", f"started as {job}; Ctrl-C or SIGTERM {STOPS[stop]}", job=job)
    if options.watch is None and stop == "drain":
        report.say("warning", ACKNOWLEDGED_EARLY if options.runner.is_local else KEPT_IN_MEMORY)
    try:
        summary = _run(options, job, stop, report)
        write_summary(summary, options.output, f"summary-{job}.json")
    except Exception as error:
        if options.log_format == "json":
            report.failed(error)
        else:
            print_failure(error, Console(stderr=True))
        return FAILED
    if options.log_format == "text":
        print_summary(summary, options.output, options.extract, Console())
    if summary.unaccounted and options.runner.counts_once:
        report.say("failed", f"failed: {summary.unaccounted:,} messages are unaccounted for; please report this")
        return FAILED
    return DONE
