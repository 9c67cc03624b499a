# SPDX-License-Identifier: Apache-2.0
"""A backfill on this machine, split by split: memory does not grow with the input, and a killed run is continued where it was.

First all messages are read and decoded; their articles wait on disk. Then all articles are compared, and the records of one split after
the other are extracted and written, by one process per worker. The output folder's manifest says which splits are done.
"""

import hashlib
import logging
import time
from collections import Counter, deque
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from itertools import chain, islice
from pathlib import Path

import msgspec

from onrecord.beam_internals import counting
from onrecord.data.article_index import ArticleKey
from onrecord.data.input_file import InputFile
from onrecord.data.paths import is_remote
from onrecord.data.settings import ExtractionSettings, OutputSettings
from onrecord.graph import GraphSettings
from onrecord.jobs.backfill_options import BackfillOptions
from onrecord.jobs.ledger import LEDGER, Ledger
from onrecord.jobs.split_work import Written, decode_split, discard_split, write_split
from onrecord.runners.local_workers import local_workers
from onrecord.sinks import contents, manifest, output_folder
from onrecord.sinks.manifest import Entry, Header, Manifest, Part
from onrecord.sources import patterns
from onrecord.sources.splits import LocalSource, Position, Split, cut
from onrecord.telemetry import metrics
from onrecord.telemetry.progress import Tally
from onrecord.version import __version__


class ResumeError(ValueError):
    """A backfill can't be resumed with this command line; the text says why, and the way out."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was made of all splits.

    Attributes:
        counts: metrics of all runs, by the names in ``telemetry.metrics``.
        output: the destination of the records, with the number of splits.
        seconds: how long all runs took.
    """

    counts: dict[str, int]
    output: OutputSettings
    seconds: float


def settings_of(options: BackfillOptions) -> dict[str, str]:
    """Return the options that determine the records and their files, by their names, to compare those of two runs."""
    extraction, reading = options.extraction, options.reading
    fields = [msgspec.json.encode(one).decode() for one in extraction.fields]
    forgotten = sorted(listed.to_json() for listed in extraction.forgotten)
    return {
        "--input": "\n".join(options.inputs),
        "--format": reading.format or "",
        "--max-messages-per-file": str(reading.max_messages or ""),
        "--field": "\n".join(sorted(fields)),
        "--extract": ",".join(sorted(extraction.extract)),
        "--model": extraction.model,
        "--gazetteer": _digest([msgspec.json.encode(one) for one in extraction.gazetteer]),
        "--forgotten": _digest(forgotten),
        "--max-text-length": str(extraction.max_text_length),
        "--stances": extraction.stances,
        "--near-duplicates": "on" if extraction.near_duplicates else "off",
        "--sink": options.output.sink,
        "--shards": str(options.output.shards),
        "version": __version__,
    }


def _digest(values: list[bytes]) -> str:
    return hashlib.sha256(b"\n".join(values)).hexdigest() if values else ""


def _check_settings(before: dict[str, str], now: dict[str, str]) -> None:
    """Check that the options are those of the run that is resumed.

    Raises:
        ResumeError: some are not.
    """
    changed = [name for name in sorted({*before, *now}) if before.get(name) != now.get(name)]
    if "version" in changed:
        raise ResumeError(
            f"--resume: the backfill was begun by onrecord {before.get('version')}, and this is {now['version']}; resume it with that"
            " version, or give --overwrite"
        )
    if changed:
        raise ResumeError(
            f"--resume: the backfill was begun with another {', '.join(changed)}; give the same options, or --overwrite"
        )


@dataclass
class SplitJob:
    """A backfill in splits.

    Attributes:
        options: the options of the backfill.
        source: reads the messages.
        scratch: a folder on this machine that is deleted at the end of the run.
    """

    options: BackfillOptions
    source: LocalSource
    scratch: Path
    _started: float = field(default_factory=time.monotonic)
    _done: dict[int, Entry] = field(default_factory=dict)
    _splits: int = 0
    _seconds_before: float = 0.0
    _work: Path = Path()
    _is_small: bool = False

    @property
    def _output(self) -> str:
        return self.options.output.folder

    @property
    def _kept_work(self) -> Path:
        """The folder of what a later run needs to go on."""
        return Path(self._output, contents.TEMPORARY, contents.WORK)

    def run(self) -> Outcome | None:
        """Run the backfill, or the rest of it, to its end.

        Returns:
            What was made; None if there was nothing left to do.

        Raises:
            ResumeError: it can't be resumed with these options.
        """
        # A list that can't be read stops the run before anything is written.
        extraction = output_folder.refusing_forgotten(self.options.extraction, self._output)
        known = manifest.read(self._output) if self.options.resume else None
        if known is not None:
            _check_settings(known.header.settings, settings_of(self.options))
            if output_folder.exists(self._output, contents.SUMMARY):
                return None
        with ExitStack() as stack:
            ledger = self._resumed(known) if self.options.resume else None
            if ledger is None:
                ledger, splits = self._begun()
            else:
                splits = self._rest(ledger)
            stack.callback(ledger.close)
            log_level = logging.DEBUG if self.options.verbose else logging.CRITICAL
            workers = stack.enter_context(local_workers(1 if self._is_small else self.options.workers, log_level))
            self._read(splits, ledger, workers, extraction)
            self._write(ledger, workers)
        return self._outcome()

    def progress(self) -> str | None:
        """Return how much is done, if another run can go on there; None if it can't."""
        if not self._is_begun:
            return None
        if not self._splits:
            return "the input was not read to the end"
        return f"{len(self._done):,} of {self._splits:,} splits are done"

    def finish(self) -> None:
        """Delete what only an unfinished run needs."""
        output_folder.discard_unfinished(self._output)

    @property
    def _is_begun(self) -> bool:
        """Whether there is what a later run needs to go on."""
        return not is_remote(self._output) and Path(self._kept_work, LEDGER).exists()

    @property
    def _seconds(self) -> float:
        """How long this run and those before it took."""
        return self._seconds_before + time.monotonic() - self._started

    def _outcome(self) -> Outcome:
        counts: Counter[str] = Counter()
        for entry in self._done.values():
            counts.update(entry.counts)
        return Outcome(dict(counts), replace(self.options.output, splits=self._splits), self._seconds)

    def _begun(self) -> tuple[Ledger, Iterator[Split]]:
        """Return the ledger of a new run, and its splits."""
        files = self.source.files_in_order()
        splits = _counted(cut(self.source, files, self.options.limits, Position()))
        first = list(islice(splits, 2))
        if self.options.overwrite or self.options.resume:
            output_folder.clear(self._output)
        output_folder.prepare(self._output, self.options.extraction.extract)
        self._is_small = len(first) == 1  # nothing of it could be kept for a later run
        self._work = self.scratch / contents.WORK if self._is_small or is_remote(self._output) else self._kept_work
        self._work.mkdir(exist_ok=True)
        ledger = Ledger(self._work)
        ledger.begin(settings_of(self.options), files)
        return ledger, chain(first, splits)

    def _resumed(self, known: Manifest | None) -> Ledger | None:
        """Return the ledger of the run that is resumed; None if it left nothing to continue."""
        if not self._is_begun:
            return None
        self._work = self._kept_work
        ledger = Ledger(self._work)
        begun = ledger.settings()
        if begun is None:
            ledger.close()
            return None
        _check_settings(begun, settings_of(self.options))
        output_folder.discard_unfinished(self._output, contents.WORK)
        output_folder.prepare(self._output, self.options.extraction.extract)
        if known is not None:
            self._done = known.entries
            self._seconds_before = max((entry.seconds for entry in self._done.values()), default=0.0)
        return ledger

    def _rest(self, ledger: Ledger) -> Iterator[Split]:
        """Return the splits that a resumed run has to read."""
        if ledger.is_read:
            return iter(())
        position, files = ledger.position(), ledger.files()
        for file in files[position.file :]:
            _check_unchanged(file)
        return _counted(cut(self.source, files, self.options.limits, position))

    def _read(self, splits: Iterator[Split], ledger: Ledger, workers: Executor, extraction: ExtractionSettings) -> None:
        """Read all splits, and note them in their order."""
        files = ledger.files()
        tally = Tally()
        self._tell_what_is_done(ledger, tally)
        waiting: deque[tuple[Split, Future[tuple[dict[str, int], list[ArticleKey]]]]] = deque()

        def note() -> None:
            split, future = waiting.popleft()
            counts, keys = future.result()
            parts = [_part(files[file], start, end) for file, start, end in split.ranges]
            ledger.add(split.end, parts, dict(Counter(split.counts) + Counter(counts)), keys)

        for split in splits:
            messages, split.messages = split.messages, []
            waiting.append((split, workers.submit(decode_split, split.number, messages, extraction, self._work)))
            if len(waiting) > self.options.workers:
                note()
        while waiting:
            note()
        if not ledger.is_read:
            ledger.decide()
        self._splits = ledger.position().split
        tally.add(splits=self._splits, splits_done=len(self._done))
        tally.flush()

    def _tell_what_is_done(self, ledger: Ledger, tally: Tally) -> None:
        for split in range(ledger.position().split):
            done = self._done.get(split)
            counts = ledger.read(split)[1] if done is None else done.counts
            tally.add(
                messages=counts.get(metrics.MESSAGES, 0),
                articles=counts.get(metrics.ARTICLES, 0),
                duplicates=counts.get(metrics.DUPLICATES, 0),
                dead_letters=sum(metrics.with_prefix(counts, metrics.DEAD_LETTERS).values()),
            )
        tally.flush()

    def _write(self, ledger: Ledger, workers: Executor) -> None:
        """Write the splits that are not done, and note each in the manifest."""
        if not self._done:
            header = Header(manifest.VERSION, __version__, settings_of(self.options), self._splits)
            manifest.start(self._output, header)
        tally = Tally()
        waiting: dict[Future[Written], int] = {}
        for split in (number for number in range(self._splits) if number not in self._done):
            output = replace(self.options.output, split=split, splits=self._splits)
            settings = GraphSettings(self.options.extraction, output)
            future = workers.submit(write_split, ledger.decisions(split), settings, self.options.beam_flags, self._work)
            waiting[future] = split
            if len(waiting) > self.options.workers or future.done():
                self._note(ledger, waiting, tally)
        while waiting:
            self._note(ledger, waiting, tally)

    def _note(self, ledger: Ledger, waiting: dict[Future[Written], int], tally: Tally) -> None:
        """Wait until a split is done, and note those that are."""
        for future in wait(waiting, return_when=FIRST_COMPLETED).done:
            split = waiting.pop(future)
            written = future.result()
            parts, counts = ledger.read(split)
            sums = dict(Counter(counts) + Counter(written.counts))
            entry = Entry(split, parts, sums, written.files, round(self._seconds, 1))
            manifest.add(self._output, entry)
            self._done[split] = entry
            discard_split(split, self._work)
            tally.add(splits_done=1)


def _part(file: InputFile, start: int, end: int) -> Part:
    path = file.path.encode("utf-8", "backslashreplace").decode()
    return Part(path, file.size, file.changed_at, start, end)


def _counted(splits: Iterator[Split]) -> Iterator[Split]:
    """Yield splits, each with the metrics of reading it."""
    while True:
        with counting() as counts:
            split = next(splits, None)
        if split is None:
            return
        split.counts = counts
        yield split


def _check_unchanged(file: InputFile) -> None:
    """Check that a file of which a part was read, or nothing, is still the same.

    Raises:
        ResumeError: it was changed or removed.
    """
    if patterns.matched(file.path).files != [file]:
        raise ResumeError(
            f"--resume: {file.path} was changed or removed since the backfill began; put it back, or give --overwrite"
        )
