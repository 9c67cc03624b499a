# SPDX-License-Identifier: Apache-2.0
"""``onrecord speakers``: who is quoted how often, where, and with what words."""

import argparse
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from onrecord.commands.arguments import (
    Commands,
    UsageError,
    add_command,
    add_selection,
    checked_selection,
    number,
    unknown_options,
)
from onrecord.jobs.exit_codes import DONE, FAILED
from onrecord.terminal.text import print_line

if TYPE_CHECKING:
    from onrecord.positions.records import Articles, Names, Rows
    from onrecord.positions.speakers import Speakers, WantedQuotes

DESCRIPTION = """\
Counts the quotes in the output folder of a run by their speakers: how many, how many of them in quotation marks, in how
many articles, by how many publishers, from when to when, with an example. --quotes prints all quotes of the speakers.

Names are joined as by "onrecord positions". Each of two who said something together has the quote. What was not said, or
only may be said, is left out, and so are speakers without a name ("officials"), unless --unnamed is given. A long quote
that a publisher repeats under its articles counts once.

Prints a table in a terminal, and tab-separated lines elsewhere.
"""
EPILOG = """\
examples:
  onrecord speakers out                                     who is quoted most
  onrecord speakers out --since 2026-03-02 --until 2026-03-08 --rows 10
  onrecord speakers out --speaker Okafor --quotes           all that Okafor said
  onrecord speakers gs://my-records/records --source example.com --sort articles

exit codes: 0 done, 1 a file can't be read, 2 wrong usage
"""


@dataclass(frozen=True, slots=True)
class Options:
    """The checked options of a command line."""

    folder: str
    wanted: "WantedQuotes"
    separate_names: bool
    min_quotes: int
    rows: int
    sort: str
    quotes: bool


def add(commands: Commands) -> None:
    """Add the command."""
    parser = add_command(commands, "speakers", "count who is quoted how often, and where", DESCRIPTION, EPILOG)
    option = parser.add_argument
    option("folder", metavar="DIR", help="an output folder of backfill or stream: a local path, gs:// or s3://")
    option(
        "--speaker",
        action="append",
        metavar="NAME",
        help="only speakers with these words in a name; may be repeated, and any of the names will match",
    )
    add_selection(parser)
    option(
        "--all-versions", action="store_true", help="also count older versions of articles that came with several texts"
    )
    option("--unnamed", action="store_true", help="also count speakers without a name")
    option(
        "--min-confidence",
        default="0",
        metavar="P",
        help="leave out less certain quotes, 0 to 1 (default: %(default)s)",
    )
    option("--min-quotes", default="1", metavar="N", help="leave out speakers with fewer quotes (default: %(default)s)")
    option(
        "--sort",
        default="quotes",
        metavar="COLUMN",
        help="order by quotes, direct, articles, sources, last or speaker (default: %(default)s)",
    )
    option("--quotes", action="store_true", help="print the quotes of each speaker")
    option("--separate-names", action="store_true", help="don't count short names of people as full names")
    option("--rows", default="40", metavar="N", help="number of speakers to print, 0 for all (default: %(default)s)")
    parser.set_defaults(run=run_command)


def check(arguments: argparse.Namespace, others: list[str]) -> Options:
    """Return the options of a command line.

    Raises:
        UsageError: some are wrong; it lists every mistake.
    """
    from onrecord.commands.checks import run_folder_problem
    from onrecord.positions.speakers import SORTS, WantedQuotes

    problems = unknown_options(others)
    confidence = number(arguments.min_confidence, "--min-confidence", 0.0, 1.0, problems)
    min_quotes = number(arguments.min_quotes, "--min-quotes", 1, None, problems)
    count = number(arguments.rows, "--rows", 0, None, problems)
    names = tuple(arguments.speaker or ())
    if not all(map(str.strip, names)):
        problems.append("--speaker: give a name")
    if arguments.sort not in SORTS:
        problems.append(f"--sort {arguments.sort}: choose from {', '.join(SORTS)}")
    selection = checked_selection(arguments, problems)
    problems.extend(filter(None, (run_folder_problem(arguments.folder),)))
    if problems:
        raise UsageError(problems)
    return Options(
        folder=arguments.folder,
        wanted=WantedQuotes(confidence, names, arguments.unnamed, selection, arguments.all_versions),
        separate_names=arguments.separate_names,
        min_quotes=int(min_quotes),
        rows=int(count),
        sort=arguments.sort,
        quotes=arguments.quotes,
    )


def run_command(arguments: argparse.Namespace, others: list[str]) -> int:
    """Run the command and return its exit code."""
    from onrecord.data.records import QuoteRecord
    from onrecord.positions.records import Rows, entity_names, known_articles
    from onrecord.positions.speakers import count_speakers
    from onrecord.sinks.reader import ReadingError

    options = check(arguments, others)
    try:
        names = entity_names(options.folder, with_aliases=bool(options.wanted.names), join=not options.separate_names)
        articles = known_articles(options.folder)
        quotes = Rows(options.folder, QuoteRecord.kind)
        found = count_speakers(quotes, options.wanted, names, articles)
        remarks = list(_print(found, quotes, names, articles, options))
    except ReadingError as error:
        print_line(f"failed: {error}", sys.stderr)
        return FAILED
    sys.stdout.flush()
    for remark in remarks:
        print_line(remark, sys.stderr)
    return DONE


def _print(found: "Speakers", quotes: "Rows", names: "Names", articles: "Articles", options: Options) -> Iterator[str]:
    """Print the speakers or their quotes, and yield what a reader should know."""
    from onrecord.positions import output
    from onrecord.positions.speakers import SORTS, quotes_of
    from onrecord.terminal.console import Console

    speakers = sorted((one for one in found.speakers if one.quotes >= options.min_quotes), key=SORTS[options.sort])
    shown = speakers[: options.rows or None]
    console = Console(highlight=False)
    if shown and options.quotes:
        of_speaker = quotes_of(quotes, shown, options.wanted, names, articles)
        output.print_quotes([(one, of_speaker[one.key]) for one in shown], console, sys.stdout)
    elif shown and console.is_terminal:
        output.print_rows(shown, output.speaker_columns(console.width), console)
    elif shown:
        output.print_row_lines(shown, output.speaker_columns(), sys.stdout)
    if not speakers:
        yield _nothing(found, options)
    if len(speakers) > len(shown):
        yield f"{len(speakers) - len(shown):,} more; --rows 0 prints all, 'onrecord export' writes all quotes to a table"
    joined = {line for one in speakers for line in one.joined}
    if joined:
        yield f"short names that count as full names: {len(joined):,}; 'onrecord positions DIR --names' lists them"


def _nothing(found: "Speakers", options: Options) -> str:
    if not found.read:
        return "the run wrote no quotes"
    if found.speakers:
        return f"no speaker has {options.min_quotes:,} quotes (--min-quotes)"
    reasons = ", ".join(f"{count:,} {reason}" for reason, count in found.left_out.items() if count)
    return f"no matching quotes: of {found.read:,}, {reasons}"
