# SPDX-License-Identifier: Apache-2.0
"""A stream: runs the graph until it is stopped, reports its progress, and prints a summary."""

import os
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, redirect_stderr
from pathlib import Path

import apache_beam as beam
from apache_beam.options.pipeline_options import GoogleCloudOptions, PipelineOptions
from apache_beam.runners.runner import PipelineResult

from onrecord.beam_internals import refuse_pickle
from onrecord.data.message import Message
from onrecord.graph import GraphSettings, build
from onrecord.jobs import outcome, signals
from onrecord.jobs.exit_codes import DONE, FAILED, INTERRUPTED
from onrecord.jobs.stream_options import StreamOptions
from onrecord.runners import direct_stream, local_workers, portable
from onrecord.runners.portable import Stop
from onrecord.sinks import output_folder
from onrecord.sinks.lock import Held, one_run
from onrecord.sources import SourceContext, portable_pubsub
from onrecord.telemetry import metrics, notices
from onrecord.telemetry.log import Log, print_failure
from onrecord.telemetry.summary import Summary, print_summary, summarise
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


def source_of(options: StreamOptions) -> beam.PTransform:
    """Return the step that reads a stream's messages."""
    context = SourceContext(options.runner.has_pubsub, options.source_options, options.reading)
    return options.source.read(options.source_value, context)


def _drain(options: StreamOptions) -> None:
    if options.runner.is_local:
        direct_stream.DRAIN.request()
    else:
        portable_pubsub.drain()


class _Stopping:
    """Handles Ctrl-C and SIGTERM: drains, and exits at once the second time; or cancels the job, or leaves it to its cluster."""

    def __init__(self, options: StreamOptions, stop: Stop, log: Log, held: Held | None) -> None:
        self._held = held
        self._options = options
        self._stop = stop
        self._log = log
        self._is_draining = False
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
            _drain(self._options)
            self._log.say(
                "draining", "stopping: finishing and writing everything that was read (press again to exit at once)"
            )

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


def _report_progress(result: PipelineResult, log: Log, event: str = "progress") -> None:
    log.progress(metrics.counts(result), metrics.largest(result, metrics.RECEIVED_AT_SECONDS), event)


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


def _run(options: StreamOptions, stop: Stop, log: Log, held: Held | None) -> Summary:
    started = time.monotonic()
    runner = direct_stream.runner(log.say) if options.runner.is_local else portable.beam_runner(options.runner)
    pipeline = beam.Pipeline(runner=runner, options=pipeline_options(options))
    messages: beam.PCollection[Message] = pipeline | "Read" >> source_of(options)
    build(messages, graph_settings(options))
    refuse_pickle(pipeline)
    if options.runner.is_local:  # a job that was left on a cluster may be writing
        output_folder.discard_unfinished(options.output.folder)
    output_folder.prepare(options.output.folder, options.extraction.extract)
    stopping = _Stopping(options, stop, log, held)
    with signals.handled(stopping.handle), notices.heard_by(log.say), _elsewhere(options):
        result = stopping.result = pipeline.run() if options.runner.is_local else portable.started(pipeline)
        if options.detach:
            stopping.leave()
        with portable.polled(result, options.report_every, lambda result: _report_progress(result, log)):
            result.wait_until_finish()
        _report_progress(result, log, "finished")
        return summarise(metrics.counts(result), time.monotonic() - started)


def run(options: StreamOptions) -> int:
    """Run a stream until it is stopped, and return the exit code: 0 drained, 1 failed.

    Messages go to standard error, the summary to standard output and to ``summary-JOB.json`` in the output folder.
    """
    job, output = options.output.job, options.output.folder
    log = Log(options.log_format)
    stop = portable.stop_of(options.runner, pipeline_options(options))
    log.say("started", f"started as {job}; Ctrl-C or SIGTERM {STOPS[stop]}", job=job)
    if options.source.acknowledges and stop == "drain":
        log.say("warning", ACKNOWLEDGED_EARLY if options.runner.is_local else KEPT_IN_MEMORY)
    try:
        with _one_run(options) as held:
            summary = _run(options, stop, log, held)
            output_folder.write_json(output, f"summary-{job}.json", summary.values())
            if held is not None:
                held.check()
    except Exception as error:
        if options.log_format == "json":
            log.failed(error)
        else:
            print_failure(error, Console(stderr=True))
        return FAILED
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
