# SPDX-License-Identifier: Apache-2.0
"""What a run says at its end, apart from its table: why messages were refused, that nothing was read, or that records are missing."""

import shlex
from collections.abc import Callable, Iterator, Mapping

from onrecord.data.forgotten import Forgotten
from onrecord.data.records import DeadLetter
from onrecord.data.settings import OutputSettings
from onrecord.dead_letters.read import read_letters
from onrecord.dead_letters.reasons import Reasons, reason_lines
from onrecord.sinks import FileSink, sinks
from onrecord.sinks.output_folder import files_of_run
from onrecord.telemetry.summary import Summary

MAX_LETTERS = 10_000  # read for their reasons
MAX_PAYLOAD_BYTES = 256 * 1024 * 1024  # of these letters together
MAX_REASONS = 5  # printed


def missing_records(summary: Summary, output: OutputSettings, stored: Mapping[str, int] | None = None) -> Iterator[str]:
    """Yield which records were passed to a sink of files and are not in its files, or the reverse.

    Args:
        summary: the counts of a run on a runner that counts everything once.
        output: where it wrote.
        stored: the number of records of each kind that the files were found to hold, if they were counted.
    """
    if not isinstance(sinks()[output.sink], FileSink):
        return
    counts: list[tuple[str, Mapping[str, int]]] = [("written to files", summary.written)]
    if stored is not None:
        counts.append(("found in the files", stored))
    for kind in sorted({kind for numbers in (summary.records, *dict(counts).values()) for kind in numbers}):
        made = summary.records.get(kind, 0)
        for where, numbers in counts:
            found = numbers.get(kind, 0)
            # A stream tries a write again when a disk was full, and counts the files of a failed try too.
            if found < made or (found > made and stored is not None):
                yield f"{made:,} records of {kind} were made and {numbers.get(kind, 0):,} {where}; please report this"


def nothing_read(summary: Summary) -> str | None:
    """Return that a run of files has read no article, or None; those that are to be forgotten are not counted as unreadable."""
    if summary.articles:
        return None
    if summary.messages:
        is_read = summary.refused == summary.dead_letters.get(Forgotten.__name__, 0)
        return None if is_read else f"none of the {summary.messages:,} messages could be read"
    if summary.skipped:
        return f"nothing was read: all {sum(summary.skipped.values()):,} parts of the input were skipped"
    return "nothing was read: the input files are empty"


def _letters(output: OutputSettings) -> Iterator[DeadLetter]:
    """Yield the dead letters of a run, up to the limits."""
    letters = size = 0
    for path in files_of_run(output, DeadLetter.kind):
        for letter in read_letters(path):
            letters, size = letters + 1, size + len(letter.payload)
            if letters > MAX_LETTERS or (letters > 1 and size > MAX_PAYLOAD_BYTES):
                return
            yield letter


def print_reasons(summary: Summary, output: OutputSettings, say: Callable[[str], None]) -> None:
    """Print the most common reasons of a run's dead letters, with the origin of one each; nothing if there are none.

    Args:
        summary: the counts of the run.
        output: where it wrote.
        say: prints a line that may quote any input.
    """
    total = sum(summary.dead_letters.values())
    if not total:
        return
    reasons, counted = Reasons(), 0
    try:
        for letter in _letters(output):
            reasons.add(letter.error_type, letter.stage, letter.error_message, letter.origin, letter.count)
            counted += letter.count
    except Exception as error:  # a run that is done does not fail because of this; every filesystem has its own errors
        say(f"note: the dead letters can't be read to say why: {error}")
    if not counted:
        return
    say("reasons of dead letters" + (f", of the first {counted:,} of {total:,}:" if counted < total else ":"))
    found = reasons.most_common(MAX_REASONS + 1)
    for line in reason_lines(found[:MAX_REASONS]):
        say(line)
    more = "there are more reasons; " if len(found) > MAX_REASONS else ""
    say(f"  {more}'onrecord dead-letters {shlex.quote(output.folder)}' shows all dead letters")
