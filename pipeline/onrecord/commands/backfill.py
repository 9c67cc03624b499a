# SPDX-License-Identifier: Apache-2.0
"""``onrecord backfill``: records from files of articles."""

import argparse
import itertools
import os
import re
from typing import TYPE_CHECKING

from onrecord.commands.arguments import (
    Commands,
    add_command,
    add_extraction,
    add_format,
    add_output,
    add_runner,
    add_verbose,
    exiting_on_interrupt,
    own_options,
    prepare,
    set_mode,
)
from onrecord.data.settings import InputSettings, OutputSettings
from onrecord.jobs.backfill_options import BackfillOptions, DeadLetterLimit

if TYPE_CHECKING:
    from onrecord.commands.checks import Checks

DESCRIPTION = """\
Reads articles from files and writes files of articles, entities, quotes and stances below the output folder, and
dead_letters for messages that could not be read.

An article is a JSON object, of which only "text" (or "html") is required:

  {"id": "a-1", "text": "...", "title": "...", "url": "https://...",
   "published_at": "2026-01-31T08:00:00Z"}

Files can be JSON lines or a JSON array, CSV or TSV with a header, Avro, Parquet, WARC (one article per page),
RSS, Atom, NITF or NewsML-G2, a saved web page (.html) or a plain text (.txt), all also .gz, .zst, .bz2 or .xz.
Other names of the fields are mapped with --field. Beam's own options are passed on to Beam.
"""
EPILOG = """\
examples:
  onrecord backfill samples/*.jsonl out
  onrecord backfill 'articles/2026-*.jsonl.gz' out --extract quotes --overwrite
  onrecord backfill export.csv out --field text=body --field published_at=date
  zcat feed.gz | onrecord backfill - out --format json
  onrecord backfill --input articles.jsonl --output out --max-dead-letters 1%

exit codes: 0 done; 1 failed, nothing could be read, too many dead letters or messages in a file, or another run is
writing to the output folder; 2 wrong usage; 130 stopped by Ctrl-C
"""
# A shard is sorted in memory before it is written, which takes about fifteen times as much memory as its articles have bytes.
BYTES_PER_SHARD = 16 * 1024 * 1024
BYTES_PER_WORKER = 2 * 1024 * 1024  # each further worker loads the model, which only pays off for enough input
COMPRESSION = {
    ".gz": 3,
    ".zst": 3,
    ".bz2": 3,
    ".xz": 3,
    ".avro": 3,
    ".parquet": 3,
}  # approximate factor by which a file grows when it is decompressed
MAX_MESSAGES = 10**11  # per file


def add(commands: Commands) -> None:
    """Add the command."""
    parser = add_command(
        commands, "backfill", "extract records from files of articles", DESCRIPTION, EPILOG, "FILE [FILE ...] DIR"
    )
    option = parser.add_argument
    option(
        "--input",
        nargs="+",
        action="extend",
        metavar="FILE",
        help="input: files, folders and patterns, local, gs:// or s3://; - for standard input. Without --input and --output, the words"
        " before the first option of Beam are the input and, last, the output folder",
    )
    add_format(parser)
    add_output(parser, "must be empty unless --overwrite is given")
    option("--overwrite", action="store_true", help="replace the records in the output folder")
    option("--workers", metavar="N", help="worker processes (default: one per core, fewer for small inputs)")
    option("--shards", metavar="N", help="output files per record kind (default: derived from the input size)")
    option(
        "--max-dead-letters",
        metavar="N|SHARE",
        default="1000000",
        help="exit with code 1 when there are more, such as 10, 0.01 or 1%%; when there are more than a number, no more is read"
        " (default: %(default)s)",
    )
    option(
        "--max-messages-per-file",
        metavar="N",
        help="lines, rows or records; the rest of a file with more is not read, and the exit code is 1 (default: one per stored"
        " byte, and at least 10,000)",
    )
    add_extraction(parser, "300")
    add_runner(parser)
    add_verbose(parser)
    parser.set_defaults(run=run, own_options=own_options(parser))


def _without_options(arguments: argparse.Namespace, others: list[str]) -> list[str]:
    """Take the input and the output folder from words that belong to no option, and return the rest of the command line."""
    words = list(itertools.takewhile(lambda word: not word.startswith("--"), others))
    rest = others[len(words) :]
    if words and not arguments.output and (len(words) > 1 or arguments.input):
        arguments.output = words.pop()
    if words:
        arguments.input = [*(arguments.input or ()), *words]
    return rest


def _dead_letter_limit(value: str | None, checks: "Checks") -> "DeadLetterLimit":
    if value is None:
        return DeadLetterLimit()
    if re.fullmatch(r"\d{1,12}", value):
        return DeadLetterLimit(number=int(value))
    match = re.fullmatch(r"(\d{1,3}(?:\.\d+)?)(%)|(0?\.\d+|1\.0+|0\.0)", value)
    share = (float(match[1]) / 100 if match[2] else float(match[3])) if match else None
    if share is None or share > 1:
        checks.add(f"--max-dead-letters {value!r}", "give a number such as 10, or a share such as 0.01 or 1%")
    return DeadLetterLimit(share=share)


def check(arguments: argparse.Namespace, beam_flags: list[str], has_other_source: bool = False) -> "BackfillOptions":
    """Return the options of a backfill.

    Args:
        arguments: the parsed command line.
        beam_flags: the rest of the command line: Beam's own options.
        has_other_source: whether the messages come from another source than ``--input``.

    Raises:
        UsageError: there is at least one mistake; it lists all of them.
    """
    from onrecord.commands.checks import MAX_WORKERS, Checks, cores, reachable

    checks = Checks()
    beam_flags = _without_options(arguments, beam_flags)
    inputs = list(arguments.input or ())
    if not inputs and not has_other_source:
        checks.add("--input", "give at least one file, such as --input 'articles/*.jsonl.gz'")
    files = [] if has_other_source else checks.files("--input", inputs, arguments.format)
    size = sum(file.size * COMPRESSION.get(os.path.splitext(file.path)[1].lower(), 1) for file in files)
    output = checks.output(arguments.output, must_be_empty=not arguments.overwrite, is_cleared=arguments.overwrite)
    checks.mode(arguments.mode)
    runner = checks.runner(arguments.runner)
    checks.add(f"--runner {runner.name}", runner.no_batch or None)
    checks.places(runner, "--input", arguments.input or (), beam_flags)
    checks.places(runner, "--output", (output,), beam_flags)
    if arguments.workers and not runner.is_local:
        checks.add("--workers", f"this option is for DirectRunner only; {runner.name} has its own options for that")
    workers = str(max(1, min(cores(), size // BYTES_PER_WORKER))) if runner.is_local else "1"
    shards = str(-(-size // BYTES_PER_SHARD) or 1)
    options = BackfillOptions(
        inputs=tuple(reachable(given, runner) for given in inputs),
        reading=InputSettings(
            format=arguments.format,
            max_messages=None
            if arguments.max_messages_per_file is None
            else checks.whole_number("--max-messages-per-file", arguments.max_messages_per_file, 1, MAX_MESSAGES),
        ),
        extraction=checks.extraction(arguments),
        output=OutputSettings(
            folder=reachable(output, runner),
            sink=checks.sink(arguments.sink, runner),
            shards=checks.shards(arguments.shards or shards),
        ),
        workers=checks.whole_number("--workers", arguments.workers or workers, 1, MAX_WORKERS),
        max_dead_letters=_dead_letter_limit(arguments.max_dead_letters, checks),
        overwrite=arguments.overwrite,
        verbose=arguments.verbose,
        runner=runner,
        beam_flags=checks.flags(runner, beam_flags),
    )
    checks.beam(beam_flags, arguments.own_options)
    checks.ports(runner, options.beam_flags, arguments.allow_open_ports)
    checks.finish()
    return options


def run(arguments: argparse.Namespace, beam_flags: list[str]) -> int:
    """Run the command and return its exit code."""
    prepare(arguments.verbose)
    options = check(arguments, beam_flags)
    # Beam takes seconds to import, so mistakes are reported first.
    with exiting_on_interrupt():
        from onrecord.jobs import backfill

    set_mode(arguments.mode)
    return backfill.run(options)
