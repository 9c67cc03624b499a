# SPDX-License-Identifier: Apache-2.0
"""A backfill: runs the graph over files, shows its progress, and prints a summary."""

import os
import shutil
import sqlite3
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import TypeAlias

import apache_beam as beam
from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.runners.runner import PipelineResult

from onrecord.beam_internals import refuse_pickle
from onrecord.data.paths import is_remote
from onrecord.dead_letters.read import ReadDeadLetters
from onrecord.graph import GraphSettings, build
from onrecord.jobs import signals
from onrecord.jobs.backfill_options import BackfillOptions
from onrecord.jobs.exit_codes import DONE, FAILED, INTERRUPTED, WRONG_USAGE
from onrecord.jobs.outcome import missing_records, nothing_read, print_reasons
from onrecord.jobs.scratch import scratch_folder
from onrecord.jobs.splits import Outcome, ResumeError, SplitJob
from onrecord.runners import local_workers, portable
from onrecord.sinks import contents, output_folder
from onrecord.sinks.lock import FolderInUseError, Held, one_run
from onrecord.sinks.manifest import ManifestError
from onrecord.sources.files import ReadFiles
from onrecord.telemetry import metrics, progress
from onrecord.telemetry.log import print_failure
from onrecord.telemetry.summary import Summary, print_summary, summarise
from onrecord.terminal.console import Console

WORKER_DIED = "a worker process died; it may have run out of memory; try fewer --workers"


Source: TypeAlias = ReadFiles | ReadDeadLetters  # read as a step of a graph, or file by file in this process


def pipeline_options(options: BackfillOptions) -> PipelineOptions:
    """Return Beam's options: onrecord's first, so that Beam's flags on the command line override them."""
    return PipelineOptions([f"--runner={options.runner.batch}", *options.beam_flags])


def prepared(options: BackfillOptions, source: Source) -> beam.Pipeline:
    """Return the pipeline of a backfill on another runner than the local one, ready to run.

    The output folder is created, and cleared if ``overwrite`` is set.

    Args:
        options: the options of the backfill.
        source: reads the messages.
    """
    pipeline = beam.Pipeline(runner=portable.beam_runner(options.runner), options=pipeline_options(options))
    extraction = output_folder.refusing_forgotten(options.extraction, options.output.folder)
    build(pipeline | "Read" >> source, GraphSettings(extraction, options.output))
    refuse_pickle(pipeline)
    if options.overwrite:
        output_folder.clear(options.output.folder)
    output_folder.prepare(options.output.folder, options.extraction.extract)
    return pipeline


class _Job:
    """A backfill's job, on the local runner or another one."""

    def __init__(self, options: BackfillOptions, scratch: Path, console: Console) -> None:
        self._options = options
        self._scratch = scratch
        self._console = console
        self._started = time.monotonic()
        self._elsewhere: PipelineResult | None = None
        self._here: SplitJob | None = None
        self._can_resume = options.runner.is_local

    def run(self, source: Source) -> Outcome | None:
        """Run the job to its end; return what was made, or None if a resumed run was complete."""
        if not self._options.runner.is_local:
            return Outcome(self._run_elsewhere(source), self._options.output, time.monotonic() - self._started)
        limit = self._options.max_dead_letters.number
        self._here = SplitJob(self._options, source, self._scratch)
        self._can_resume = isinstance(source, ReadFiles) and not is_remote(
            self._options.output.folder
        )  # replay has no such option
        with progress.shown(self._scratch, self._console), progress.stopping_after(self._scratch, limit):
            return self._here.run()

    def _run_elsewhere(self, source: Source) -> dict[str, int]:
        pipeline = prepared(self._options, source)
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

    def left_behind(self) -> str:
        """Return what a job that was stopped has left in the output folder, and the way out."""
        output = self._options.output.folder
        done = self._here.progress() if self._can_resume and self._here is not None else None
        if done is not None:
            return f"{done[0].upper()}{done[1:]}; run the same command with --resume to continue."
        with suppress(Exception):  # a filesystem that can't be reached has its own errors
            output_folder.discard_unfinished(output)
            if contents.is_empty(output):
                return f"Nothing was written to {output}; run the same command again."
        way_out = "with --resume, or with --overwrite" if self._can_resume else "with --overwrite"
        return f"The records in {output} are incomplete; run the same command {way_out} to replace them."

    @property
    def can_go_on(self) -> bool:
        """Whether a job that failed can be resumed."""
        return self._can_resume and self._here is not None and self._here.progress() is not None

    def end(self) -> None:
        """Stop the job."""
        if self._elsewhere is not None:
            portable.cancel(self._elsewhere)
        local_workers.end_children(local_workers.MAX_TERMINATE_SECONDS if self._here is None else 0.0)


def _leave(job: _Job, held: Held, message: str, exit_code: int, scratch: Path, console: Console) -> None:
    """Exit at once, without waiting for the runner's threads. No incomplete file has a final name."""
    threading.excepthook = lambda arguments: None  # ignores the errors of threads that wait for the workers
    job.end()
    shutil.rmtree(scratch, ignore_errors=True)
    console.show_cursor()
    console.say(f"{message}. {job.left_behind()}")
    held.release()
    sys.stdout.flush()
    os._exit(exit_code)


@contextmanager
def _own_messages(log: Path, verbose: bool) -> Iterator[Console]:
    """Yield a console on standard error, and redirect the standard error of the worker processes to a log file."""
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
    options: BackfillOptions, source: Source | None = None, before_leaving: Callable[[], None] = lambda: None
) -> int:
    """Run a backfill and return the exit code: 0 done; 1 failed, nothing could be read, or too many dead letters; 2 it can't be resumed.

    Progress and messages go to standard error, the summary to standard output and to ``summary.json`` in the output folder.

    Args:
        options: the options of the backfill.
        source: reads the messages, in place of the files of the options.
        before_leaving: called when a signal ends the command.
    """
    with (
        scratch_folder(for_all=options.runner.is_local) as scratch,
        _own_messages(scratch / "workers.log", options.verbose) as messages,
    ):
        job = _Job(options, scratch, messages)

        def stop() -> None:
            before_leaving()
            _leave(job, held, "stopped", INTERRUPTED, scratch, messages)

        try:
            # A KeyboardInterrupt would deadlock: on exit the local runner waits for workers that wait for it.
            with one_run(options.output.folder, "backfill") as held, signals.handled(stop):
                _check_empty(options)
                outcome = job.run(source or ReadFiles(options.inputs, options.reading))
                held.check()
                if outcome is None:
                    messages.say(f"{options.output.folder}: this backfill is complete; there is nothing to resume")
                    return DONE
                options = replace(options, output=outcome.output)
                summary = summarise(outcome.counts, outcome.seconds)
                bugs = list(_bugs(summary, options))
                if not bugs:
                    output_folder.write_json(options.output.folder, contents.SUMMARY, summary.values())
                output_folder.discard_unfinished(options.output.folder)
        except FolderInUseError as error:
            messages.say(f"failed: {error}", style="bold red")
            return FAILED
        except (ResumeError, ManifestError) as error:
            messages.say(str(error), style="bold red")
            return WRONG_USAGE
        except BrokenProcessPool:
            messages.say(f"failed: {WORKER_DIED}", style="bold red")
            messages.say(job.left_behind())
            return FAILED
        except sqlite3.Error as error:
            messages.say(
                f"failed: the index of articles can't be written: {error}; is the disk full?", style="bold red"
            )
            messages.say(job.left_behind())
            return FAILED
        except Exception as error:
            print_failure(error, messages)
            if job.can_go_on:
                messages.say(job.left_behind())
            return FAILED
        print_summary(summary, options.output.folder, options.extraction.extract, Console())
        print_reasons(summary, options.output, messages.say)
        return _verdict(summary, options, [*bugs, *_problems(summary, options, is_of_files=source is None)], messages)


def _check_empty(options: BackfillOptions) -> None:
    """Check that a folder that was empty when the options were checked still is.

    Raises:
        FolderInUseError: another run has written to it since.
    """
    folder = options.output.folder
    if options.overwrite or (options.resume and contents.is_of_backfill(folder)):
        return
    if not contents.is_empty(folder):
        raise FolderInUseError(
            f"{folder}: another run has just written to this folder; give another one, or --overwrite to replace its records"
        )


def _bugs(summary: Summary, options: BackfillOptions) -> Iterator[str]:
    """Yield what is wrong with the counts of a run, whose output is then not complete."""
    if not options.runner.counts_once:
        return
    if summary.unaccounted:
        yield f"{summary.unaccounted:,} messages are unaccounted for; please report this"
    yield from missing_records(summary, options.output, output_folder.stored_records(options.output))


def _problems(summary: Summary, options: BackfillOptions, *, is_of_files: bool) -> Iterator[str]:
    """Yield why a run whose records are complete failed all the same."""
    if is_of_files and (nothing := nothing_read(summary)):
        yield nothing
    letters = sum(summary.dead_letters.values())
    if options.max_dead_letters.is_exceeded(letters, summary.messages):
        stops = options.max_dead_letters.number is not None and options.runner.is_local
        left_out = "; input that had not been read by then was left out" if stops else ""
        yield f"{letters:,} dead letters are more than --max-dead-letters allows{left_out}"
    if summary.floods:
        yield (
            f"{summary.floods:,} files not read to the end, because they have more messages than --max-messages-per-file"
            " allows; dead letters name them"
        )


def _verdict(summary: Summary, options: BackfillOptions, failures: list[str], console: Console) -> int:
    """Print why a run failed, and return its exit code."""
    if summary.unaccounted and not options.runner.counts_once:
        console.say(
            f"note: counts differ by {summary.unaccounted:,} messages because {options.runner.name} counts retried bundles again"
        )
    for failure in failures:
        console.say(f"failed: {failure}", style="bold red")
    return FAILED if failures else DONE
