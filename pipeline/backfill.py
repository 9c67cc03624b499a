"""A backfill: runs the graph over files, shows how far it is, and says at the end what came of it."""

import os
import shlex
import shutil
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType

import apache_beam as beam
import psutil
from apache_beam.options.pipeline_options import StandardOptions
from apache_beam.runners.portability.fn_api_runner import FnApiRunner
from apache_beam.transforms.environments import SubprocessSDKEnvironment
from rich.console import Console

from pipeline import metrics, progress
from pipeline import worker as worker_process
from pipeline.graph import Graph, build
from pipeline.options import LOCAL_RUNNER, BackfillOptions, pipeline_options
from pipeline.sinks import folder
from pipeline.sources.files import ReadFiles
from pipeline.summary import Summary, print_summary, summarise, write_summary

DONE, FAILED, INTERRUPTED = 0, 1, 130
WORKERS_END_SECONDS = 3.0
WORKER_THREAD = "run_worker"  # what the local runner calls the thread that waits for a worker process


def _runner(options: BackfillOptions) -> FnApiRunner | None:
    """Return the local runner with its worker processes, or None where one worker in this process, or another runner, does."""
    if options.workers == 1 or pipeline_options(options).view_as(StandardOptions).runner != LOCAL_RUNNER:
        return None
    worker_process.announce_launcher()
    # Not with -m, which would look for the package in the folder that the user stands in.
    start = f"import sys; sys.path[:] = {sys.path!r}; from {worker_process.__name__} import main; main()"
    command = shlex.join([sys.executable, "-c", start])
    return FnApiRunner(default_environment=SubprocessSDKEnvironment.from_command_string(command))


def _run(options: BackfillOptions, source: beam.PTransform, progress_folder: Path, console: Console) -> Summary:
    started = time.monotonic()
    graph = Graph(
        output=options.output,
        model=options.model,
        extract=options.extract,
        shards=options.shards,
        batch_size=options.batch_size,
        max_text_length=options.max_text_length,
        progress_folder=str(progress_folder),
        gazetteer=options.gazetteer,
        time_limit=options.time_limit,
    )
    pipeline = beam.Pipeline(runner=_runner(options), options=pipeline_options(options))
    build(pipeline | "Read" >> source, graph)
    if options.overwrite:
        folder.clear(options.output)
    folder.prepare(options.output)
    with progress.shown(progress_folder, console):
        result = pipeline.run()
        result.wait_until_finish()
    return summarise(metrics.counts(result), time.monotonic() - started)


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


def _end_workers() -> None:
    """End the worker processes that the local runner started."""
    workers = psutil.Process().children(recursive=True)
    for worker in workers:
        with suppress(psutil.NoSuchProcess):
            worker.terminate()
    _, alive = psutil.wait_procs(workers, timeout=WORKERS_END_SECONDS)
    for worker in alive:
        with suppress(psutil.NoSuchProcess):
            worker.kill()


def _leave(message: str, exit_code: int, scratch: Path, console: Console) -> None:
    """Leave at once; the runner's threads would hold us up. No file that is not complete has a final name."""
    threading.excepthook = lambda arguments: None  # the threads that wait for the workers have nothing more to say
    _end_workers()
    shutil.rmtree(scratch, ignore_errors=True)
    console.show_cursor()
    console.print(message, soft_wrap=True, markup=False, highlight=False)
    sys.stdout.flush()
    os._exit(exit_code)


@contextmanager
def _failing_with_a_worker(fail: Callable[[str], None]) -> Iterator[None]:
    """Call ``fail`` with the reason when a worker process dies; it does not return.

    The local runner notes it in the thread that waits for the worker, and goes on waiting for its answer.
    """
    before = threading.excepthook

    def handle(arguments: threading.ExceptHookArgs) -> None:
        if arguments.thread is not None and arguments.thread.name == WORKER_THREAD:
            fail(str(arguments.exc_value))
        before(arguments)

    threading.excepthook = handle
    try:
        yield
    finally:
        threading.excepthook = before


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
        again = f"The records in {options.output} are not complete; the same command with --overwrite makes them anew."

        def stop() -> None:
            before_leaving()
            _leave(f"stopped. {again}", INTERRUPTED, scratch, messages)

        def fail(reason: str) -> None:
            hint = "it may have been killed for want of memory, which fewer --workers need less of"
            before_leaving()
            _leave(f"failed: a worker process died ({reason}); {hint}. {again}", FAILED, scratch, messages)

        try:
            with _stopping_on_signals(stop), _failing_with_a_worker(fail):
                summary = _run(options, source or ReadFiles(options.inputs), scratch, messages)
                if summary.unaccounted == 0:
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
    lines = [_printable(line) for line in str(error).strip().splitlines()] or [type(error).__name__]
    for line in lines[:-1]:
        console.print(line, style="dim", markup=False, highlight=False, soft_wrap=True)
    console.print(f"failed: {lines[-1].strip()}", style="bold red", markup=False, highlight=False, soft_wrap=True)


def _verdict(summary: Summary, options: BackfillOptions, console: Console) -> int:
    if summary.unaccounted:
        console.print(
            f"failed: {summary.unaccounted:,} messages are unaccounted for; please report this", style="bold red"
        )
        return FAILED
    letters = sum(summary.dead_letters.values())
    if options.max_dead_letters.is_exceeded(letters, summary.messages):
        console.print(f"failed: {letters:,} dead letters are more than --max-dead-letters allows", style="bold red")
        return FAILED
    return DONE
