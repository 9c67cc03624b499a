# SPDX-License-Identifier: Apache-2.0
"""The command ``onrecord positions``: its options, their checks, the table and the files."""

import argparse
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
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
    from onrecord.positions.canonical_names import JoinedName
    from onrecord.positions.records import Articles, Names, Row
    from onrecord.positions.rollup import Position, RollUp, Wanted

TOO_MANY_NAMES = "the run has too many different names to count them"
OF_PRONOUN = 'of or toward a pronoun or "his campaign": only the article shows who is meant'
REPEATED = "in sentences that a publisher repeats, which count once"
DESCRIPTION = """\
Adds up the stances of all articles in the output folder of a run: who stands where toward what, how often for and against,
since when, with an example each. Spellings of a name that differ only in case, accents, full stops or "the" count as one.
A short name of a person counts as the full name that it nearly always means in this run ("Okafor": Ruth Okafor), unless
--separate-names is given; --names lists these names, with the evidence. The records are not changed.

The score is from -1 (wholly against) to 1 (wholly for): the mean of the stances, weighted by their confidence. Stances
that are only claimed by somebody else ("X accused Y of backing Z") are left out, unless --claims is given, and so are
stances of or toward a pronoun, or a phrase such as "his campaign", since only its article shows who is meant. A long
sentence that a publisher repeats under its articles counts once.

Prints a table in a terminal, and tab-separated lines elsewhere.
"""
EPILOG = """\
examples:
  onrecord positions out                                    who stands where
  onrecord positions out --target sanctions --min-stances 3 toward sanctions
  onrecord positions out --holder Norway --holder Denmark   of both
  onrecord positions out --holder Norway --by-day           from day to day
  onrecord positions out --since 2026-03-02 --until 2026-03-08 --sort sources
  onrecord positions out --holder Okafor --target toll --evidence
  onrecord positions gs://my-records/records --output positions.csv
  onrecord positions out --names                            short for full names
  onrecord positions out --rows 0 | sort -t "$(printf '\\t')" -k5 -n

exit codes: 0 done, 1 a file can't be read or written, 2 wrong usage
"""


@dataclass(frozen=True, slots=True)
class Options:
    """The checked options of a command line.

    Attributes:
        folder: the output of a run.
        wanted: which stances are added up.
        names: whether joined names are printed in place of positions.
        separate_names: whether short names are kept apart from full names.
        min_stances: positions with fewer stances are left out.
        rows: the number of positions to print; 0 for all.
        sort: name of what they are ordered by.
        evidence: whether the clauses behind them are printed.
        files: where to write the positions.
    """

    folder: str
    wanted: "Wanted"
    names: bool
    separate_names: bool
    min_stances: int
    rows: int
    sort: str
    evidence: bool
    files: tuple[Path, ...]


def add(commands: Commands) -> None:
    """Add the command."""
    parser = add_command(commands, "positions", "add up who stands where toward what", DESCRIPTION, EPILOG)
    option = parser.add_argument
    option("folder", metavar="DIR", help="an output folder of backfill or stream: a local path, gs:// or s3://")
    option(
        "--holder",
        action="append",
        metavar="NAME",
        help="only holders with these words in a name; may be repeated, and any of the names will match",
    )
    option("--target", action="append", metavar="NAME", help="only targets with these words in a name; may be repeated")
    add_selection(parser)
    option("--by-day", action="store_true", help="one position per day (UTC) on which articles appeared")
    option("--claims", action="store_true", help="include positions that are only claimed by somebody else")
    option(
        "--min-confidence",
        default="0.4",
        metavar="P",
        help="leave out stances with a lower confidence, 0 to 1; of those from 0.4 on two in three are right (default: %(default)s)",
    )
    option(
        "--min-stances",
        default="1",
        metavar="N",
        help="leave out positions with fewer stances (default: %(default)s)",
    )
    option(
        "--all-versions", action="store_true", help="also count older versions of articles that came with several texts"
    )
    option(
        "--sort",
        default="articles",
        metavar="COLUMN",
        help="order by articles, sources, stances, for, against, score, last, holder or target (default: %(default)s)",
    )
    option("--evidence", action="store_true", help="print all clauses behind each position")
    option("--names", action="store_true", help="print only which names count as another name, and the evidence")
    option("--separate-names", action="store_true", help="don't count short names of people as full names")
    option("--rows", default="40", metavar="N", help="number of positions to print, 0 for all (default: %(default)s)")
    option("--output", action="append", metavar="FILE", help="write all to a .csv or .avro file; may be repeated")
    option("--overwrite", action="store_true", help="replace existing files")
    parser.set_defaults(run=run_command)


def run_command(arguments: argparse.Namespace, others: list[str]) -> int:
    """Run the command and return its exit code."""
    return run(check(arguments, others))


def check(arguments: argparse.Namespace, others: list[str]) -> Options:
    """Return the options of a command line.

    Args:
        arguments: as the parser returns them.
        others: arguments that the parser does not know.

    Raises:
        UsageError: some are wrong; it lists every mistake.
    """
    from onrecord.commands.checks import run_folder_problem
    from onrecord.positions.rollup import SORTS, Wanted

    problems = unknown_options(others)
    confidence = number(arguments.min_confidence, "--min-confidence", 0.0, 1.0, problems)
    min_stances = number(arguments.min_stances, "--min-stances", 1, None, problems)
    count = number(arguments.rows, "--rows", 0, None, problems)
    names = {option: tuple(getattr(arguments, option) or ()) for option in ("holder", "target")}
    problems.extend(f"--{option}: give a name" for option, given in names.items() if not all(map(str.strip, given)))
    if arguments.names and arguments.separate_names:
        problems.append("--names lists joined names, and --separate-names joins none; give one of them")
    if arguments.names and arguments.evidence:
        problems.append("--names prints no positions; leave out --evidence")
    if arguments.sort not in SORTS:
        problems.append(f"--sort {arguments.sort}: choose from {', '.join(SORTS)}")
    if arguments.names and arguments.output:
        problems.append("--names writes no file; leave out --output")
    files = tuple(Path(name) for name in arguments.output or ())
    problems.extend(problem for path in files for problem in _problems_of(path, arguments.overwrite))
    selection = checked_selection(arguments, problems)
    problems.extend(filter(None, (run_folder_problem(arguments.folder),)))
    if problems:
        raise UsageError(problems)
    wanted = Wanted(
        claims=arguments.claims,
        by_day=arguments.by_day,
        min_confidence=confidence,
        holders=names["holder"],
        targets=names["target"],
        selection=selection,
        all_versions=arguments.all_versions,
    )
    return Options(
        folder=arguments.folder,
        wanted=wanted,
        names=arguments.names,
        separate_names=arguments.separate_names,
        min_stances=int(min_stances),
        rows=int(count),
        sort=arguments.sort,
        evidence=arguments.evidence,
        files=files,
    )


def _problems_of(path: Path, may_replace: bool) -> Iterator[str]:
    """Yield the reasons why a file can't be written."""
    from onrecord.positions.output import WRITERS

    if path.suffix.lower() not in WRITERS:
        yield f"--output {path}: the name must end in {' or '.join(WRITERS)}"
    elif path.is_dir():
        yield f"--output {path}: this is a folder; give a file"
    elif path.exists() and not may_replace:
        yield f"--output {path}: the file exists; --overwrite replaces it"
    elif not path.absolute().parent.is_dir():
        yield f"--output {path}: there is no folder {path.absolute().parent}"


def run(options: Options) -> int:
    """Print the positions, write the files, and return the exit code."""
    from onrecord.positions import output
    from onrecord.positions.records import STANCES, Rows, entity_names, known_articles
    from onrecord.positions.rollup import SORTS, add_up
    from onrecord.sinks.reader import ReadingError

    wanted, folder = options.wanted, options.folder
    try:
        with_aliases = bool(wanted.holders or wanted.targets)
        names = entity_names(folder, with_aliases=with_aliases, join=not options.separate_names)
        if options.names:
            return _printed(lambda: _print_names(names, options), _remarks_on_names(names, options))
        articles = known_articles(folder)
        found = add_up(Rows(folder, STANCES), wanted, names, articles)
    except (ReadingError, OSError) as error:
        return _failed(str(error))
    positions = [one for one in found.positions if one.stances >= options.min_stances]
    if options.sort != "articles":
        positions.sort(key=SORTS[options.sort])
    for path in options.files:
        try:
            output.write(positions, path)
        except OSError as error:
            return _failed(f"--output {path}: can't be written: {error.strerror or error}")
    if options.evidence:
        try:
            clauses = _clauses(positions[: options.rows or None], options, names, articles)
        except (ReadingError, OSError) as error:
            return _failed(str(error))
        return _printed(lambda: _print_clauses(clauses), _remarks(positions, found, names, options))
    return _printed(lambda: _print(positions, options), _remarks(positions, found, names, options))


def _clauses(
    positions: "list[Position]", options: Options, names: "Names", articles: "Articles"
) -> "list[tuple[Position, list[Row]]]":
    """Return positions with the stances that were added up to them."""
    from onrecord.positions.records import STANCES, Rows
    from onrecord.positions.rollup import evidence

    found = evidence(Rows(options.folder, STANCES), positions, options.wanted, names, articles)
    by_day = options.wanted.by_day
    return [
        (
            one,
            [
                row
                for row in found[one.holder_key, one.target_key]
                if not by_day or (row["published_at"] and row["published_at"].date()) == one.day
            ],
        )
        for one in positions
    ]


def _print_clauses(found: "list[tuple[Position, list[Row]]]") -> None:
    from onrecord.positions import output
    from onrecord.terminal.console import Console

    output.print_evidence(found, Console(highlight=False), sys.stdout)


def _printed(write: Callable[[], None], remarks: Iterable[str]) -> int:
    """Write to standard output, print remarks on standard error, and return the exit code."""
    try:
        write()
        sys.stdout.flush()
    except BrokenPipeError:
        raise  # the reader is gone, as with "| head"
    except OSError as error:
        # Python would try to write the rest once more when it exits.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return _failed(f"standard output can't be written: {error.strerror or error}")
    for line in remarks:
        print_line(line, sys.stderr)
    return DONE


def _failed(problem: str) -> int:
    print_line(f"failed: {problem}", sys.stderr)
    return FAILED


def _print(positions: "list[Position]", options: Options) -> None:
    from onrecord.positions import output
    from onrecord.terminal.console import Console

    if not positions:
        return
    shown = positions[: options.rows] if options.rows else positions
    console = Console(highlight=False)
    if console.is_terminal:
        output.print_table(shown, console, by_day=options.wanted.by_day)
    else:
        output.print_lines(shown, sys.stdout, by_day=options.wanted.by_day)


def _print_names(names: "Names", options: Options) -> None:
    from onrecord.positions import output
    from onrecord.terminal.console import Console

    shown = _listed(names)
    if shown:
        output.print_joined(shown[: options.rows or None], Console(highlight=False), sys.stdout)


def _listed(names: "Names") -> "list[JoinedName]":
    """Return the joined names that an article has without a fuller one, the most frequent first."""
    listed = (one for one in names.joined.values() if one.articles)
    return sorted(listed, key=lambda one: (-one.articles, one.written, one.key))


def _remarks_on_names(names: "Names", options: Options) -> Iterator[str]:
    count = len(_listed(names))
    if not count:
        yield f"no joined names: {TOO_MANY_NAMES if names.too_many else 'no short name nearly always means one person'}"
    elif options.rows and count > options.rows:
        yield f"{count - options.rows:,} more; --rows 0 prints all"


def _remarks(positions: "list[Position]", found: "RollUp", names: "Names", options: Options) -> Iterator[str]:
    """Yield what a reader of the table should know, one line each."""
    if not positions:
        yield f"no matching stances: {_reason(found, options)}"
    else:
        for number, reason in ((found.pronouns, OF_PRONOUN), (found.repeated, REPEATED)):
            if number:
                yield f"left out: {_stances(number)} {reason}"
    if options.rows and len(positions) > options.rows:
        yield f"{len(positions) - options.rows:,} more; --rows 0 prints all, --output writes them to a file"
    joined = {line for one in positions for line in (*one.holder_joined, *one.target_joined)}
    if joined:
        count = (
            "1 short name counts as a full name"
            if len(joined) == 1
            else f"{len(joined):,} short names count as full names"
        )
        yield f"{count}; --names lists them, --separate-names keeps them apart"
    if names.too_many:
        yield f"no names were joined: {TOO_MANY_NAMES}"
    for path in options.files:
        yield f"written: {path}"


def _reason(found: "RollUp", options: Options) -> str:
    """Return why there is no position."""
    from onrecord.sinks.contents import SUMMARY
    from onrecord.sinks.reader import has_summary

    if not found.read:
        if has_summary(options.folder):
            return f"the run in {options.folder} wrote none; was it started with --extract without stances?"
        return (
            f"the run in {options.folder} has not finished or was stopped: it has written no stances and no {SUMMARY}"
        )
    few = sum(one.stances for one in found.positions)
    reasons = (
        (found.claims, "only claimed by somebody else (--claims includes them)"),
        (found.unsure, f"with a confidence below {options.wanted.min_confidence:g} (--min-confidence)"),
        (found.other_articles, "of other articles (--since, --until, --source)"),
        (found.old, "of older versions of articles (--all-versions)"),
        (found.pronouns, OF_PRONOUN),
        (found.other_names, "with another holder or target (--holder, --target)"),
        (few, f"in positions with fewer than {options.min_stances} stances (--min-stances)"),
    )
    counted = ", ".join(f"{count:,} {reason}" for count, reason in reasons if count)
    return f"of {_stances(found.read)}, {counted}"


def _stances(count: int) -> str:
    return "1 stance" if count == 1 else f"{count:,} stances"
