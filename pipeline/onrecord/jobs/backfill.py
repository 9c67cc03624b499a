"""A backfill: runs the graph over files, shows how far it is, and says at the end what came of it."""

import os
import shutil
import signal
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

import apache_beam as beam
import grpc
from apache_beam.runners.runner import PipelineResult
from rich.console import Console

from onrecord.commands.options import BackfillOptions, pipeline_options
from onrecord.graph import Graph, build
from onrecord.runners import direct_batch as local_batch
from onrecord.runners import portable
from onrecord.sinks import output_folder as folder
from onrecord.sources.files import ReadFiles
from onrecord.telemetry import metrics, progress
from onrecord.telemetry.summary import Summary, print_summary, summarise, write_summary

DONE, FAILED, INTERRUPTED = 0, 1, 130


def prepared(options: BackfillOptions, source: beam.PTransform, progress_folder: str | None = None) -> beam.Pipeline:
    """Return the pipeline of a backfill, ready to be run; the output folder is cleared, if that was asked for, and made.

    Args:
        options: what was asked for.
        source: of the messages.
        progress_folder: where workers of this machine note how far they are.
    """
    is_local = options.runner.is_local
    runner = local_batch.runner(options.workers) if is_local else portable.beam_runner(options.runner)
    pipeline = beam.Pipeline(runner=runner, options=pipeline_options(options))
    graph = Graph(
        output=options.output,
        model=options.model,
        extract=options.extract,
        shards=options.shards,
        batch_size=options.batch_size,
        max_text_length=options.max_text_length,
        progress_folder=progress_folder,
        gazetteer=options.gazetteer,
        time_limit=options.time_limit,
    )
    build(pipeline | "Read" >> source, graph)
    if options.overwrite:
        folder.clear(options.output)
    folder.prepare(options.output)
    return pipeline


class _Job:
    """A backfill's job: on the local runner, or anywhere else."""

    def __init__(self, options: BackfillOptions, scratch: Path, console: Console) -> None:
        self._options = options
        self._scratch = scratch
        self._console = console
        self._started = time.monotonic()
        self._elsewhere: PipelineResult | None = None

    def run(self, source: beam.PTransform) -> Summary:
        """Run it to its end."""
        is_local = self._options.runner.is_local
        pipeline = prepared(self._options, source, str(self._scratch) if is_local else None)
        counts = self._run_here(pipeline) if is_local else self._run_elsewhere(pipeline)
        return summarise(counts, time.monotonic() - self._started)

    def _run_here(self, pipeline: beam.Pipeline) -> dict[str, int]:
        with progress.shown(self._scratch, self._console):
            result = pipeline.run()
            result.wait_until_finish()
        return metrics.counts(result)

    def _run_elsewhere(self, pipeline: beam.Pipeline) -> dict[str, int]:
        with portable.job_server():
            self._elsewhere = portable.started(pipeline)
            with portable.polled(self._elsewhere, progress.LINE_SECONDS, self._show):
                self._elsewhere.wait_until_finish()
            return metrics.counts(self._elsewhere)

    def _show(self, result: PipelineResult) -> None:
        counts = metrics.counts(result)
        letters = sum(metrics.with_prefix(counts, metrics.DEAD_LETTERS).values())
        sums = Counter({**counts, "dead_letters": letters})
        self._console.print(progress.line_of(sums, time.monotonic() - self._started), highlight=False)

    def end(self) -> None:
        """End it before its time."""
        if self._elsewhere is not None:
            portable.cancel(self._elsewhere)
        local_batch.end_children()


@contextmanager
def _stopping_on_signals(stop: Callable[[], None]) -> Iterator[None]:
    """Call ``stop`` on Ctrl-C and SIGTERM; it does not return.

    A KeyboardInterrupt would not do: on its way out the local runner waits for workers that wait for it.
    """

    def handle(number: int, frame: FrameType | None) -> None:
        stop()

    before = {number: signal.signal(number, handle) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _leave(job: _Job, message: str, exit_code: int, scratch: Path, console: Console) -> None:
    """Leave at once; the runner's threads would hold us up. No file that is not complete has a final name."""
    threading.excepthook = lambda arguments: None  # the threads that wait for the workers have nothing more to say
    job.end()
    shutil.rmtree(scratch, ignore_errors=True)
    console.show_cursor()
    console.print(message, soft_wrap=True, markup=False, highlight=False)
    sys.stdout.flush()
    os._exit(exit_code)


@contextmanager
def _own_messages(log: Path, verbose: bool) -> Iterator[Console]:
    """Give out a console on standard error, and send what the worker processes write there into a log file instead."""
    if verbose:
        yield Console(stderr=True)
        return
    sys.stderr.flush()
    kept = os.dup(sys.stderr.fileno())
    with (
        log.open("wb") as sink,
        os.fdopen(kept, "w", encoding=sys.stderr.encoding, errors="backslashreplace") as terminal,
    ):
        os.dup2(sink.fileno(), sys.stderr.fileno())
        try:
            yield Console(file=terminal)
        finally:
            sys.stderr.flush()
            os.dup2(kept, sys.stderr.fileno())


def run(
    options: BackfillOptions, source: beam.PTransform | None = None, before_leaving: Callable[[], None] = lambda: None
) -> int:
    """Run a backfill and return the exit code: 0 done, 1 failed or too many dead letters.

    Its messages are those of the options' files, or of another source; ``before_leaving`` is called when the command is
    ended by a signal, or by a worker's death, and does not return.

    Progress and messages go to standard error, the summary to standard output and to ``summary.json`` in the output folder.
    """
    with (
        tempfile.TemporaryDirectory(prefix="onrecord-") as scratch_name,
        _own_messages(Path(scratch_name, "workers.log"), options.verbose) as messages,
    ):
        scratch = Path(scratch_name)
        job = _Job(options, scratch, messages)
        again = f"The records in {options.output} are not complete; the same command with --overwrite makes them anew."

        def stop() -> None:
            before_leaving()
            _leave(job, f"stopped. {again}", INTERRUPTED, scratch, messages)

        def fail(reason: str) -> None:
            hint = "it may have been killed for want of memory, which fewer --workers need less of"
            before_leaving()
            _leave(job, f"failed: a worker process died ({reason}); {hint}. {again}", FAILED, scratch, messages)

        try:
            with _stopping_on_signals(stop), local_batch.failing_with_a_worker(fail):
                summary = job.run(source or ReadFiles(options.inputs))
                if summary.unaccounted == 0 or not options.runner.counts_once:
                    write_summary(summary, options.output)
                folder.discard_unfinished(options.output)
        except Exception as error:
            print_failure(error, messages)
            return FAILED
        print_summary(summary, options.output, options.extract, Console())
        return _verdict(summary, options, messages)


def _printable(line: str) -> str:
    """Return a line with its control characters escaped: an error may quote what it met."""
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in line)


def print_failure(error: Exception, console: Console) -> None:
    """Say why the job failed; the runner's error holds the trace of the worker."""
    text = str(error.details() if isinstance(error, grpc.Call) else error)
    lines = [_printable(line) for line in text.strip().splitlines()] or [type(error).__name__]
    for line in lines[:-1]:
        console.print(line, style="dim", markup=False, highlight=False, soft_wrap=True)
    console.print(f"failed: {lines[-1].strip()}", style="bold red", markup=False, highlight=False, soft_wrap=True)


def _verdict(summary: Summary, options: BackfillOptions, console: Console) -> int:
    if summary.unaccounted and not options.runner.counts_once:
        console.print(
            f"note: the counts above are {summary.unaccounted:,} messages apart; {options.runner.name} counts retried work anew"
        )
    elif summary.unaccounted:
        console.print(
            f"failed: {summary.unaccounted:,} messages are unaccounted for; please report this", style="bold red"
        )
        return FAILED
    letters = sum(summary.dead_letters.values())
    if options.max_dead_letters.is_exceeded(letters, summary.messages):
        console.print(f"failed: {letters:,} dead letters are more than --max-dead-letters allows", style="bold red")
        return FAILED
    return DONE
