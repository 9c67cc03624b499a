# SPDX-License-Identifier: Apache-2.0
"""A stream: runs the graph until it is stopped, reports its progress, and prints a summary."""

import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, nullcontext, redirect_stderr, suppress
from functools import partial
from pathlib import Path

import apache_beam as beam
import requests
from apache_beam.options.pipeline_options import GoogleCloudOptions, PipelineOptions
from apache_beam.runners.runner import PipelineResult, PipelineState
from google.api_core.exceptions import DeadlineExceeded, RetryError, ServiceUnavailable

from onrecord import beam_internals
from onrecord.beam_internals import refuse_pickle
from onrecord.data.message import Message
from onrecord.graph import GraphSettings, build
from onrecord.jobs import outcome, signals
from onrecord.jobs.exit_codes import DONE, FAILED, INTERRUPTED, WRONG_USAGE
from onrecord.jobs.stream_options import StreamOptions
from onrecord.runners import direct_stream, local_workers, portable
from onrecord.runners.portable import Stop
from onrecord.sinks import FileSink, output_folder, sinks
from onrecord.sinks.lock import FolderInUseError, Held, one_run
from onrecord.sinks.publisher import check_topic
from onrecord.sources import SourceContext, portable_pubsub
from onrecord.telemetry import metrics, notices
from onrecord.telemetry.figures import Figures, figures_of
from onrecord.telemetry.log import Log, cause, print_failure
from onrecord.telemetry.status import Status
from onrecord.telemetry.summary import Summary, print_summary, summarise
from onrecord.telemetry.waiting import WAITING
from onrecord.terminal.console import Console

ACKNOWLEDGED_EARLY = (
    "Beam's local runner acknowledges a message before it is processed: messages in memory are lost when this process is killed or"
    " the machine fails. Stop it with Ctrl-C or SIGTERM, which loses nothing."
)

KEPT_IN_MEMORY = (
    "Prism keeps messages that wait for the end of a window in memory, and has acknowledged them: they are lost when it is killed or"
    " the machine fails. Stop it with Ctrl-C or SIGTERM, which loses nothing."
)
STOPS: dict[Stop, str] = {
    "drain": "stops reading and writes what was read",
    "leave": "leaves the job running on its cluster",
    "cancel": "cancels the job; unacknowledged messages are redelivered",
}
STILL_RUNNING = {
    "FlinkRunner": "the job keeps running: 'flink list' shows it, 'flink stop --savepointPath FOLDER JOB' stops it with a savepoint",
    "DataflowRunner": "the job keeps running: 'gcloud dataflow jobs list' shows it, 'gcloud dataflow jobs drain JOB' finishes and stops it",
    "PortableRunner": "the job keeps running on its cluster, and is stopped there",
}
READY_SECONDS = 0.2  # between two looks whether the stream reads
RETRY_SECONDS = 5.0  # between two tries to start
# What may pass: a service, a job manager or a disk that is away, or an earlier run that is still writing its last files.
UNAVAILABLE = (
    *(ServiceUnavailable, DeadlineExceeded, RetryError),
    *(ConnectionError, TimeoutError, requests.ConnectionError),
    FolderInUseError,
)
CANCELLED = "cancelling the job; unacknowledged messages are redelivered"


def pipeline_options(options: StreamOptions) -> PipelineOptions:
    """Return Beam's options: onrecord's first, so that Beam's flags on the command line override them."""
    return PipelineOptions([f"--runner={options.runner.streaming}", "--streaming", *options.beam_flags])


def leaves_job_running(options: StreamOptions) -> bool:
    """Whether a stream keeps running without the process that started it."""
    return portable.stop_of(options.runner, pipeline_options(options)) == "leave"


def graph_settings(options: StreamOptions) -> GraphSettings:
    """Return the settings of a stream's graph; the list of forgotten articles in the output folder is read."""
    extraction = output_folder.refusing_forgotten(options.extraction, options.output.folder)
    return GraphSettings(
        extraction, options.output, options.streaming, options.dead_letter_topic, options.record_topics
    )


def at_once(options: StreamOptions) -> int:
    """Return how many messages the local runner reads at a time: a batch for each process that annotates."""
    return options.extraction.batch_size * options.extraction.annotators


def source_of(options: StreamOptions) -> beam.PTransform:
    """Return the step that reads a stream's messages."""
    context = SourceContext(options.runner.has_pubsub, options.source_options, options.reading, at_once(options))
    return options.source.read(options.source_value, context)


def check_topics(options: StreamOptions) -> None:
    """Check that the topics of a stream exist: the local runner acknowledges messages before their records are published."""
    source = [options.source_value] if options.source.name == "topic" else []
    own = [options.dead_letter_topic] if options.dead_letter_topic else []
    for topic in dict.fromkeys([*source, *own, *(each.name for each in options.record_topics.values())]):
        check_topic(topic)


def _drain(options: StreamOptions) -> None:
    if options.runner.is_local:
        direct_stream.DRAIN.request()
    else:
        portable_pubsub.drain()


class _Stopping:
    """Handles Ctrl-C and SIGTERM: drains, and exits at once the second time; or cancels the job, or leaves it to its cluster."""

    def __init__(self, options: StreamOptions, stop: Stop, log: Log, held: Held | None, status: Status) -> None:
        self._held = held
        self._status = status
        self._options = options
        self._stop = stop
        self._log = log
        self._is_draining = False
        self.has_given_up = False
        self.result: PipelineResult | None = None

    def handle(self) -> None:
        """Handle one signal."""
        if self._stop == "leave":
            self.leave()
        elif self._stop == "cancel":
            self._log.say("cancelling", CANCELLED)
            if self.result is not None:
                portable.cancel(self.result)
            self._exit("stopped", "stopped", INTERRUPTED)
        elif self._is_draining:
            self._exit("stopped", "stopped; records that were not written yet are lost", INTERRUPTED)
        else:
            self._is_draining = True
            self._status.phase = "draining"
            _drain(self._options)
            self._log.say(
                "draining", "stopping: finishing and writing everything that was read (press again to exit at once)"
            )

    def give_up(self) -> None:
        """End a job that can't begin to read."""
        self.has_given_up = True
        if self._stop == "drain":
            _drain(self._options)
        elif self.result is not None:
            portable.cancel(self.result)

    def leave(self) -> None:
        """Leave the job to its cluster."""
        self._exit("left", f"detached; {STILL_RUNNING[self._options.runner.name]}", DONE)

    def _exit(self, event: str, text: str, exit_code: int) -> None:
        self._log.say(event, text)
        if not self._options.runner.is_local:
            local_workers.end_children()
        if self._held is not None:
            self._held.release()
        sys.stdout.flush()
        os._exit(exit_code)


class _WrongName(ValueError):
    """A name that the graph can't be built with."""


class _NotReady(OSError):
    """The stream could not begin to read in time."""


@contextmanager
def _ready_when(
    is_ready: Callable[[], bool], options: StreamOptions, status: Status, log: Log, give_up: Callable[[], None]
) -> Iterator[None]:
    """Say when the stream begins to read; ``give_up`` is called if it does not in the time that ``--start-timeout`` gives."""
    done = threading.Event()

    def watch() -> None:
        while not is_ready():
            if options.start_timeout and status.up_seconds > options.start_timeout:
                give_up()
                return
            if done.wait(READY_SECONDS):
                return
        if status.phase == "starting":
            status.phase = "ready"
            log.say("ready", f"ready after {status.up_seconds:,.1f} s", seconds=round(status.up_seconds, 1))

    thread = threading.Thread(target=watch, name="ready", daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def _is_reading(options: StreamOptions, result: PipelineResult) -> bool:
    if not options.runner.is_local:
        with suppress(Exception):  # a cluster that doesn't answer; every client has its own errors
            return bool(result.state == PipelineState.RUNNING)
        return False
    return WAITING.is_answered if options.source.acknowledges else WAITING.polled_at > 0


@contextmanager
def _elsewhere(options: StreamOptions) -> Iterator[None]:
    """Stop the job server of a job on another runner when the block ends, and discard the output of its workers unless verbose.

    Workers also print messages that are not in their log: Prism, for example, commits steps that have nothing to commit.
    """
    with ExitStack() as stack:
        if not options.runner.is_local:
            stack.enter_context(portable.job_server())
            if not options.verbose:
                nowhere = stack.enter_context(Path(os.devnull).open("w", encoding="utf-8"))
                stack.enter_context(redirect_stderr(nowhere))
        yield


@contextmanager
def _one_run(options: StreamOptions) -> Iterator[Held | None]:
    """Keep other runs out of the output folder; a job that replaces a running one on Dataflow shares its folder until that ends."""
    if pipeline_options(options).view_as(GoogleCloudOptions).update:
        yield None
        return
    with one_run(options.output.folder, "stream") as held:
        yield held


def _run(options: StreamOptions, stop: Stop, log: Log, held: Held | None, status: Status) -> Summary:
    runner = (
        direct_stream.runner(log.say, at_once(options))
        if options.runner.is_local
        else portable.beam_runner(options.runner)
    )
    pipeline = beam.Pipeline(runner=runner, options=pipeline_options(options))
    try:
        messages: beam.PCollection[Message] = pipeline | "Read" >> source_of(options)
    except ValueError as error:  # Beam's own rules are stricter than ours, and Pub/Sub's emulator has none
        raise _WrongName(f"--{options.source.name} {options.source_value}: {error}") from error
    build(messages, graph_settings(options))
    refuse_pickle(pipeline)
    if options.runner.is_local:  # a job that was left on a cluster may be writing
        check_topics(options)
        output_folder.discard_unfinished(options.output.folder)
    output_folder.prepare(options.output.folder, options.extraction.extract)
    stopping = _Stopping(options, stop, log, held, status)
    # Only a process that reads and writes knows what is in between; a sink that writes no files doesn't say when something is written.
    is_here = options.runner.is_local and isinstance(sinks()[options.output.sink], FileSink)
    status.alive_at = (lambda: WAITING.polled_at) if options.runner.is_local else None
    kept = WAITING.kept() if is_here else nullcontext()
    with signals.handled(stopping.handle), notices.heard_by(log.say), _elsewhere(options), kept:
        result = stopping.result = pipeline.run() if options.runner.is_local else portable.started(pipeline)
        status.figures = partial(_figures, result, is_here)
        if options.detach:
            stopping.leave()
        with (
            _ready_when(partial(_is_reading, options, result), options, status, log, stopping.give_up),
            portable.polled(result, options.report_every, lambda result: log.progress(status.latest())),
        ):
            result.wait_until_finish()
        if stopping.has_given_up:
            raise _NotReady(f"nothing could be read for {options.start_timeout:,} s (--start-timeout)")
        counts = metrics.counts(result)
        log.progress(figures_of(result, WAITING if is_here else None), "finished")
        return summarise(counts, status.up_seconds)


def _figures(result: PipelineResult, is_here: bool) -> Figures:
    beam_internals.forget_metrics(result)
    return figures_of(result, WAITING if is_here else None)


def _tried(options: StreamOptions, stop: Stop, log: Log, status: Status) -> Summary:
    """Run a stream; while what it needs is unavailable, try to start it again for as long as ``--start-timeout`` says."""
    job, output = options.output.job, options.output.folder
    while True:
        try:
            with _one_run(options) as held:
                summary = _run(options, stop, log, held, status)
                output_folder.write_json(output, f"summary-{job}.json", summary.values())
                if held is not None:
                    held.check()
                return summary
        except UNAVAILABLE as error:
            if status.phase != "starting" or status.up_seconds + RETRY_SECONDS > options.start_timeout:
                raise
            log.say("waiting", f"can't start, trying again: {cause(error)}")
        time.sleep(RETRY_SECONDS)


@contextmanager
def _served(options: StreamOptions, status: Status, log: Log) -> Iterator[None]:
    """Serve the status on a port of this machine, if one was asked for, and send it where OpenTelemetry's variables say."""
    from onrecord.telemetry.endpoint import HOST, served
    from onrecord.telemetry.otel import exported

    with ExitStack() as stack:
        if options.status_port is not None:
            try:
                port = stack.enter_context(served(status, options.status_port))
            except OSError as error:
                reason = f"--status-port {options.status_port}: {error.strerror}; 0 takes any free port"
                raise OSError(error.errno, reason) from None
            log.say("status", f"status: http://{HOST}:{port}/healthz, /readyz and /metrics", port=port)
        stack.enter_context(exported(status, log.say))
        yield


def run(options: StreamOptions) -> int:
    """Run a stream until it is stopped, and return the exit code: 0 drained, 1 failed, 2 a wrong name.

    Messages go to standard error, the summary to standard output and to ``summary-JOB.json`` in the output folder.
    """
    job, output = options.output.job, options.output.folder
    log, status = Log(options.log_format), Status()
    stop = portable.stop_of(options.runner, pipeline_options(options))
    log.say("started", f"started as {job}; Ctrl-C or SIGTERM {STOPS[stop]}", job=job)
    if options.source.acknowledges and stop == "drain":
        log.say("warning", ACKNOWLEDGED_EARLY if options.runner.is_local else KEPT_IN_MEMORY)
    try:
        with _served(options, status, log):
            summary = _tried(options, stop, log, status)
    except Exception as error:
        if options.log_format == "json":
            log.failed(error, has_read=status.has_begun)
        else:
            print_failure(error, Console(stderr=True))
        return WRONG_USAGE if isinstance(error, _WrongName) else FAILED
    if options.log_format == "text":
        print_summary(summary, output, options.extraction.extract, Console())
        # Reasons may quote a message, so they are not in a log for machines.
        outcome.print_reasons(summary, options.output, lambda line: log.say("dead_letters", line))
    bugs = list(_bugs(summary, options)) if options.runner.counts_once else []
    for bug in bugs:
        log.say("failed", f"failed: {bug}")
    return FAILED if bugs else DONE


def _bugs(summary: Summary, options: StreamOptions) -> Iterator[str]:
    """Yield what is wrong with the counts of a stream."""
    if summary.unaccounted:
        yield f"{summary.unaccounted:,} messages are unaccounted for; please report this"
    yield from outcome.missing_records(summary, options.output)
