# SPDX-License-Identifier: Apache-2.0
"""``onrecord dead-letters``: shows why messages of a run were refused, and writes them to a file in which they can be repaired."""

import os
import sys
import zlib
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from onrecord.data.forgotten import Forgotten
from onrecord.data.records import DeadLetter
from onrecord.data.stages import WHOLE_MESSAGE_STAGES
from onrecord.dead_letters.reasons import Reasons, reason_lines
from onrecord.dead_letters.repaired import to_line
from onrecord.dead_letters.replayed import replayed_before
from onrecord.jobs.exit_codes import DONE, FAILED
from onrecord.sinks.reader import records
from onrecord.terminal.text import print_line

# What can happen when a file is not the one that a run wrote, or can't be reached.
UNREADABLE = (OSError, EOFError, ValueError, zlib.error)
MAX_REASONS_SHOWN = 50
MAX_PAYLOAD_LINES = 10
MAX_LINE_LENGTH = 400  # code points
REPLAYED = "replayed before"
PARTIAL = "one extractor failed on it, the article's other records were written"
FORGOTTEN_ARTICLE = "the article is forgotten, and nothing of it was kept"


@dataclass(frozen=True, slots=True)
class DeadLettersOptions:
    """The options of ``onrecord dead-letters``.

    Attributes:
        folder: an output folder of a backfill or stream.
        reason: only letters whose error or error message contains this text, in any case.
        show: number of letters to show in full.
        payload: a new file for the messages, or None.
    """

    folder: str
    reason: str = ""
    show: int = 0
    payload: Path | None = None


def _cut(line: str) -> str:
    return line if len(line) <= MAX_LINE_LENGTH else f"{line[:MAX_LINE_LENGTH]}…"


def _print_letter(letter: DeadLetter) -> None:
    print_line(f"dead letter {letter.dead_letter_id}")
    print_line(f"  origin: {letter.origin}")
    print_line(f"  stage: {letter.stage}")
    print_line(f"  reason: {letter.error_type}: {letter.error_message}")
    print_line(f"  failed at: {letter.failed_at.isoformat()}")
    if letter.count > 1:
        print_line(f"  equal messages: {letter.count:,}")
    for name, value in sorted(letter.attributes.items()):
        print_line(f"  attribute {_cut(name)}: {_cut(value)}")
    print_line(f"  payload: {len(letter.payload):,} bytes")
    lines = letter.payload.split(b"\n", MAX_PAYLOAD_LINES)
    for stored in lines[:MAX_PAYLOAD_LINES]:
        # A character has four bytes at most.
        print_line(f"    {_cut(stored[: 4 * MAX_LINE_LENGTH + 4].decode('utf-8', 'backslashreplace'))}")
    if len(lines) > MAX_PAYLOAD_LINES:
        print_line(f"    … and {len(lines[-1]):,} bytes more")
    for line in letter.stack_trace.splitlines():
        print_line(f"  trace: {_cut(line)}")


class _Report:
    """Counts letters, shows some, and writes some to a file."""

    def __init__(self, options: DeadLettersOptions, replayed: set[str]) -> None:
        self._options = options
        self._replayed = replayed
        self._words = options.reason.casefold()
        self._written_ids: set[str] = set()
        self.reasons = Reasons()
        self.letters = 0
        self.others = 0
        self.is_replayed = 0
        self.not_written: Counter[str] = Counter()
        self.written = 0

    def add(self, letter: DeadLetter, payloads: BinaryIO | None) -> None:
        """Add a letter; its message is written to ``payloads`` if it can be replayed."""
        if letter.dead_letter_id in self._replayed:
            self.is_replayed += 1
            return
        if self._words not in f"{letter.error_type}: {letter.error_message}".casefold():
            self.others += 1
            return
        self.letters += 1
        self.reasons.add(letter.error_type, letter.stage, letter.error_message, letter.origin, letter.count)
        if self.letters <= self._options.show:
            _print_letter(letter)
        if payloads is not None:
            self._write(letter, payloads)

    def _write(self, letter: DeadLetter, payloads: BinaryIO) -> None:
        if letter.error_type == Forgotten.__name__:
            self.not_written[FORGOTTEN_ARTICLE] += 1
        elif letter.stage not in WHOLE_MESSAGE_STAGES:
            self.not_written[PARTIAL] += 1
        elif letter.dead_letter_id not in self._written_ids:
            self._written_ids.add(letter.dead_letter_id)
            payloads.write(to_line(letter))
            self.written += 1

    def print(self) -> None:
        """Print what was found."""
        folder = self._options.folder
        text = f" with {self._options.reason!r} in their reason" if self._words else ""
        print_line(f"{self.letters:,} dead letter{'' if self.letters == 1 else 's'}{text} in {folder}")
        shown = self.reasons.most_common(MAX_REASONS_SHOWN)
        for line in reason_lines(shown):
            print_line(line)
        more = sum(reason.count for reason in self.reasons.most_common(sys.maxsize)[len(shown) :])
        if more:
            print_line(f"  {more:,} × other reasons; --reason TEXT shows some of them")
        if self.others:
            print_line(f"{self.others:,} with other reasons are not shown")
        if self.is_replayed:
            print_line(f"{self.is_replayed:,} are not shown: {REPLAYED}")
        if self._options.payload is not None:
            self._print_written(self._options.payload)

    def _print_written(self, payload: Path) -> None:
        print_line(f"{self.written:,} messages written to {payload}")
        for reason, number in self.not_written.items():
            print_line(f"  {number:,} are not in it: {reason}")
        if self.written:
            print_line(
                f"repair them there, leave out those that can't be repaired, and run: onrecord replay {self._options.folder}"
                f" --repaired {payload} --output DIR"
            )


def _opener(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


@contextmanager
def _new_file(path: Path | None) -> Iterator[BinaryIO | None]:
    """Yield a new file that only this user can read; if the block fails, it is deleted, as part of the messages would look like all."""
    if path is None:
        yield None
        return
    with open(path, "xb", opener=_opener) as file:
        try:
            yield file
            file.flush()
        except BaseException:
            path.unlink()
            raise


def run(options: DeadLettersOptions) -> int:
    """Show the dead letters of a folder, and return the exit code: 0 done, 1 failed.

    Raises:
        FileNotFoundError: the folder was not written by a run.
    """
    found: Iterator[DeadLetter] = records(options.folder, DeadLetter.kind)
    try:
        report = _Report(options, replayed_before(options.folder))
        with _new_file(options.payload) as payloads:
            for letter in found:
                report.add(letter, payloads)
    except UNREADABLE as error:
        print_line(f"failed: {error or type(error).__name__}", sys.stderr)
        return FAILED
    report.print()
    return DONE
