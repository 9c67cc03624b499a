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
from onrecord.data.paths import is_remote
from onrecord.data.settings import InputSettings, OutputSettings
from onrecord.jobs.backfill_options import BackfillOptions, DeadLetterLimit
from onrecord.runners import Runner
from onrecord.sources.patterns import STANDARD_INPUT
from onrecord.sources.splits import MAX_BYTES as MAX_SPLIT_BYTES
from onrecord.sources.splits import MAX_MESSAGES as MAX_SPLIT_MESSAGES
from onrecord.sources.splits import Limits

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
  onrecord backfill crawl/ out --resume       starts, or continues a run

A large input is worked through in splits: their files appear as they are done, memory does not grow with the input,
and out/manifest.jsonl says what each split has read and written ("onrecord verify out" checks the files against it).

exit codes: 0 done; 1 failed, nothing could be read, too many dead letters or messages in a file, or another run is
writing to the output folder; 2 wrong usage; 130 stopped by Ctrl-C
"""
# Of other runners. A shard is sorted in memory before it is written, which takes about fifteen times as much memory as its articles
# have bytes.
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
SPLITS_PER_WORKER = 2  # at least: one worker may take longer for a split than another
SLACK_BYTES = 64 * 1024  # more per split, so that there is no tiny one left at the end
MAX_MESSAGES = 10**11  # per file
MAX_SPLIT_SIZE = 1_000_000  # messages, which are in memory together


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
    option(
        "--resume",
        action="store_true",
        help="continue a run with the same options that was killed or stopped; start one if there was none",
    )
    option("--workers", metavar="N", help="worker processes (default: one per core, fewer for small inputs)")
    option(
        "--split-size",
        metavar="N",
        help=f"messages per split; the work on a split is lost when a run is killed (default: {MAX_SPLIT_MESSAGES:,}, or"
        f" {MAX_SPLIT_BYTES >> 20} MB of them, of web pages four times as much, if that is less, and fewer where there would be less"
        " than two splits per worker)",
    )
    option(
        "--shards",
        metavar="N",
        help="output files per record kind; on this machine, per kind and split (default: 1 on this machine, else derived from the"
        " input size)",
    )
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


def _check_resume(arguments: argparse.Namespace, runner: Runner, output: str, checks: "Checks") -> None:
    """Check that a run could go on in its output folder."""
    if not runner.is_local and arguments.split_size:
        checks.add("--split-size", f"this option is for DirectRunner only; {runner.name} has no splits")
    if not arguments.resume:
        return
    if arguments.overwrite:
        checks.add("--resume", "give either this or --overwrite, which deletes what an earlier run has written")
    if not runner.is_local:
        checks.add(
            "--resume", f"this option is for DirectRunner only; start the job on {runner.name} again with --overwrite"
        )
    elif STANDARD_INPUT in (arguments.input or ()):
        checks.add("--resume", "standard input can't be read again; give a file")
    elif is_remote(output):
        checks.add("--resume", "give an output folder on this machine, and copy the records when they are complete")
    elif os.path.isdir(output):
        from onrecord.sinks import contents

        if not contents.is_empty(output) and not contents.is_of_backfill(output):
            problem = (
                "the folder is not empty, and not of a backfill that could be resumed; give another one, or --overwrite"
            )
            checks.add(f"--output {output}", f"{problem} to replace its records")


def _limits(split_size: str | None, size: int, workers: int, checks: "Checks") -> Limits:
    """Return the maximum size of a split.

    Args:
        split_size: the option.
        size: of the input in bytes, estimated.
        workers: number of worker processes.
        checks: get what is wrong with the option.
    """
    if split_size is not None:
        return Limits(messages=checks.whole_number("--split-size", split_size, 1, MAX_SPLIT_SIZE))
    if workers == 1:
        return Limits()
    return Limits(bytes=min(MAX_SPLIT_BYTES, -(-size // (SPLITS_PER_WORKER * workers)) + SLACK_BYTES))


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
    output = checks.output(
        arguments.output, must_be_empty=not (arguments.overwrite or arguments.resume), is_cleared=arguments.overwrite
    )
    checks.mode(arguments.mode)
    runner = checks.runner(arguments.runner)
    checks.add(f"--runner {runner.name}", runner.no_batch or None)
    checks.places(runner, "--input", arguments.input or (), beam_flags)
    checks.places(runner, "--output", (output,), beam_flags)
    if arguments.workers and not runner.is_local:
        checks.add("--workers", f"this option is for DirectRunner only; {runner.name} has its own options for that")
    _check_resume(arguments, runner, output, checks)
    workers = str(max(1, min(cores(), size // BYTES_PER_WORKER))) if runner.is_local else "1"
    shards = "1" if runner.is_local else str(-(-size // BYTES_PER_SHARD) or 1)
    number = checks.whole_number("--workers", arguments.workers or workers, 1, MAX_WORKERS)
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
        limits=_limits(arguments.split_size, size, number, checks),
        workers=number,
        max_dead_letters=_dead_letter_limit(arguments.max_dead_letters, checks),
        overwrite=arguments.overwrite,
        resume=arguments.resume,
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
