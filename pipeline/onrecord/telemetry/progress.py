# SPDX-License-Identifier: Apache-2.0
"""Progress of a running job: workers write small tallies to a folder on this machine, and the command line adds them up.

Only for display: Beam's counters are exact, but a local runner reports them only when a whole stage is done.
"""

import functools
import json
import os
import sys
import threading
import time
import uuid
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TypeVar

from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn, track

from onrecord.terminal.console import Console
from onrecord.terminal.text import print_line

T = TypeVar("T")
FOLDER = "ONRECORD_PROGRESS_FOLDER"  # environment variable, which worker processes inherit
STOP = "stop"  # a file in that folder
TALLY_SECONDS = 0.5  # between two writes of a worker
BAR_SECONDS = 0.5  # between two updates of the bar
LINE_SECONDS = 20.0  # between two lines if there is no terminal


@functools.cache
def _of_process(folder: str) -> tuple[Path, Counter[str], threading.Lock]:
    """Return the file and the counts of this process, however many steps add to them and however often they are set up."""
    return Path(folder) / f"{os.getpid()}-{uuid.uuid4().hex}.json", Counter(), threading.Lock()


class Tally:
    """The counts of a worker process, written to its own file in a folder; without a folder it does nothing."""

    def __init__(self, folder: str | None = None) -> None:
        """Use a folder; by default the one in the environment variable ``ONRECORD_PROGRESS_FOLDER``."""
        folder = folder or os.environ.get(FOLDER)
        self._path: Path | None = None
        self._counts: Counter[str] = Counter()
        self._lock = threading.Lock()
        if folder:
            self._path, self._counts, self._lock = _of_process(folder)
        self._written = 0.0

    def add(self, **counts: int) -> None:
        """Add to the counts; they are written every TALLY_SECONDS."""
        with self._lock:
            self._counts.update(counts)
        if time.monotonic() - self._written > TALLY_SECONDS:
            self.flush()

    def flush(self) -> None:
        """Write the counts now."""
        self._written = time.monotonic()
        if self._path is None or not self._path.parent.is_dir():
            return
        unfinished = self._path.with_suffix(".new")
        with suppress(OSError), self._lock:  # a full disk stops the display, not the job
            unfinished.write_text(json.dumps(self._counts), "utf-8")
            unfinished.replace(self._path)


def is_stopping() -> bool:
    """Whether the command line has asked the workers of this machine to stop reading."""
    folder = os.environ.get(FOLDER)
    return folder is not None and Path(folder, STOP).exists()


@contextmanager
def stopping_after(folder: Path, dead_letters: int | None) -> Iterator[None]:
    """Ask the workers to stop reading when there are more dead letters than a number; what they have read is still processed.

    Args:
        folder: where the workers write their tallies.
        dead_letters: the number; None for no limit.
    """
    done = threading.Event()

    def watch() -> None:
        while not done.wait(TALLY_SECONDS):
            if totals(folder)["dead_letters"] > (dead_letters or 0):
                Path(folder, STOP).touch()
                return

    thread = threading.Thread(target=watch, name="dead-letters", daemon=True)
    if dead_letters is not None:
        thread.start()
    try:
        yield
    finally:
        done.set()
        if dead_letters is not None:
            thread.join()


def totals(folder: Path) -> Counter[str]:
    """Return the sum of all tallies in a folder."""
    sums: Counter[str] = Counter()
    for path in folder.glob("*.json"):
        sums.update(json.loads(path.read_text("utf-8")))
    return sums


def _line(sums: Mapping[str, int], seconds: float) -> str:
    rate = sums["words"] / seconds if seconds else 0.0
    letters = sums["dead_letters"]
    return f"{sums['articles']:,} articles · {rate:,.0f} words/s · {letters:,} dead letters"


def line_of(sums: Mapping[str, int], seconds: float) -> str:
    """Return a line with the progress of a job.

    Args:
        sums: counts by the names of a ``Tally``.
        seconds: since the job started.
    """
    splits = f" · {sums['splits_done']:,} of {sums['splits']:,} splits" if sums.get("splits", 0) > 1 else ""
    return f"{seconds:,.0f} s · {sums['messages']:,} messages read · {_line(sums, seconds)}{splits}"


def _show_bar(folder: Path, console: Console, done: threading.Event) -> None:
    started = time.monotonic()
    with Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed:,.0f} of {task.fields[read]:,} messages"),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        console=console,
        transient=True,
    ) as bar:
        task = bar.add_task("reading", total=None, read=0)
        while not done.wait(BAR_SECONDS):
            sums = totals(folder)
            finished = sums["articles"] + sums["dead_letters"] + sums["duplicates"]
            bar.update(
                task,
                description=_line(sums, time.monotonic() - started) if sums["articles"] else "reading",
                completed=finished,
                # While files are still being read, the number of messages is unknown.
                total=sums["messages"] if sums["articles"] else None,
                read=sums["messages"],
            )


def _show_lines(folder: Path, console: Console, done: threading.Event) -> None:
    started = time.monotonic()
    while not done.wait(LINE_SECONDS):
        seconds = time.monotonic() - started
        sums = totals(folder)
        console.print(line_of(sums, seconds), highlight=False)


@contextmanager
def shown(folder: Path, console: Console) -> Iterator[None]:
    """Show the progress of a job while the block runs: as a bar on a terminal, elsewhere as lines.

    Workers that are started within the block write their tallies to the folder.
    """
    done = threading.Event()
    show = _show_bar if console.is_terminal else _show_lines
    thread = threading.Thread(target=show, args=(folder, console, done), daemon=True)
    before = os.environ.get(FOLDER)
    os.environ[FOLDER] = str(folder)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()
        if before is None:
            del os.environ[FOLDER]
        else:
            os.environ[FOLDER] = before


def each_shown(values: Sequence[T], task: str) -> Iterator[T]:
    """Yield values, and show how many are done: as a bar on a terminal, elsewhere as lines."""
    console = Console(stderr=True)
    if console.is_terminal:
        yield from track(values, task, console=console, transient=True)
        return
    reported = time.monotonic()
    for number, value in enumerate(values):
        if time.monotonic() - reported > LINE_SECONDS:
            reported = time.monotonic()
            print_line(f"{task}: {number:,} of {len(values):,}", sys.stderr)
        yield value
