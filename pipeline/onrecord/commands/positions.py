"""The command ``onrecord positions``: checks its options, adds up, prints, writes."""

import argparse
import sys
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from onrecord.commands.arguments import DONE, FAILED, Commands, add_command, wrong_usage
from onrecord.positions import output
from onrecord.positions.rollup import Position, ReadingError, Wanted, add_up, entity_keys, rows, stance_files

DESCRIPTION = """\
Adds up the stances of all articles in the output folder of a backfill: who stands where toward what, how often for and
against, since when, with an example each. Names that differ in case, accents or "the" only are one.

The score goes from -1, wholly against, to 1, wholly for: the mean of the stances, the sure ones counting more. Stances that
somebody takes only by another one's claim ("X accused Y of backing Z") are left out, unless --claims asks for them.

In a terminal a table is printed, elsewhere lines with tabs between the columns.
"""
EPILOG = """\
examples:
  onrecord positions out                                        who stands where
  onrecord positions out --target sanctions --min-stances 3     who stands where toward sanctions
  onrecord positions out --holder Norway --by-day               how Norway's stands went from day to day
  onrecord positions out --output positions.csv                 all of them in a file; .avro too
  onrecord positions out --rows 0 | sort -t "$(printf '\\t')" -k5 -n

exit codes: 0 done, 1 a file can't be read or written, 2 wrong usage
"""


def add(commands: Commands) -> None:
    """Add the command."""
    parser = add_command(commands, "positions", "add up who stands where toward what", DESCRIPTION, EPILOG)
    option = parser.add_argument
    option("folder", metavar="DIR", help="the output folder of a backfill")
    option("--holder", metavar="NAME", help="only holders with this in their name")
    option("--target", metavar="NAME", help="only targets with this in their name")
    option("--by-day", action="store_true", help="one position per day (UTC) on which articles appeared")
    option("--claims", action="store_true", help="also count stances that holders take only by somebody else's claim")
    option(
        "--min-confidence",
        default="0.2",
        metavar="P",
        help="leave out less certain stances, 0 to 1; below 0.2 most are wrong (default: %(default)s)",
    )
    option(
        "--min-stances",
        default="1",
        metavar="N",
        help="leave out positions with fewer stances (default: %(default)s)",
    )
    option("--rows", default="40", metavar="N", help="number of positions to print, 0 for all (default: %(default)s)")
    option(
        "--output", action="append", metavar="FILE", help="write all of them to a .csv or .avro file; may be repeated"
    )
    option("--overwrite", action="store_true", help="replace existing files")
    parser.set_defaults(run=run_command)


@dataclass(frozen=True, slots=True)
class Options:
    """What is asked for, checked."""

    folder: Path
    wanted: Wanted
    least: int
    rows: int
    files: tuple[Path, ...]


class UsageError(Exception):
    """The options can't be followed; ``problems`` says all that is wrong with them."""

    def __init__(self, problems: list[str]) -> None:
        """Keep the problems, one line each."""
        super().__init__("\n".join(problems))
        self.problems = problems


def check(arguments: argparse.Namespace, others: list[str]) -> Options:
    """Return the options of a command line.

    Raises:
        UsageError: something is wrong with them; it says everything that is.
    """
    problems = [f"{other!r}: is no option" for other in others]
    confidence = _number(arguments.min_confidence, "--min-confidence", 0.0, 1.0, problems)
    least = _number(arguments.min_stances, "--min-stances", 1, None, problems)
    most = _number(arguments.rows, "--rows", 0, None, problems)
    files = tuple(Path(name) for name in arguments.output or ())
    for path in files:
        if path.suffix.lower() not in output.WRITERS:
            problems.append(f"--output {path}: ends neither in .csv nor in .avro")
        elif path.is_dir():
            problems.append(f"--output {path}: is a folder")
        elif path.exists() and not arguments.overwrite:
            problems.append(f"--output {path}: is there already; --overwrite replaces it")
        elif not path.absolute().parent.is_dir():
            problems.append(f"--output {path}: there is no folder {path.absolute().parent}")
    folder = Path(arguments.folder)
    try:
        stance_files(folder)
    except ReadingError as error:
        problems.append(str(error))
    if problems:
        raise UsageError(problems)
    wanted = Wanted(
        claims=arguments.claims,
        by_day=arguments.by_day,
        least_confidence=confidence,
        holder=arguments.holder,
        target=arguments.target,
    )
    return Options(folder, wanted, int(least), int(most), files)


def _number(text: str, name: str, least: float, most: float | None, problems: list[str]) -> float:
    """Return a number within bounds; what is wrong with it goes to the problems."""
    try:
        number = float(text) if isinstance(least, float) else int(text)
    except ValueError:
        number = float("nan")
    if not (number >= least and (most is None or number <= most)):
        kind = "a number" if isinstance(least, float) else "a whole number"
        bounds = f"of {least} or more" if most is None else f"from {least:g} to {most:g}"
        problems.append(f"{name} {text!r}: must be {kind} {bounds}")
        return least
    return number


def run(options: Options) -> bool:
    """Print the positions, write the files; return whether that went well."""
    try:
        sums = add_up(rows(stance_files(options.folder)), options.wanted, entity_keys(options.folder))
        positions = [one for one in sums if one.stances >= options.least]
        for path in options.files:
            output.write(positions, path)
    except (ReadingError, OSError) as error:
        print(f"failed: {error}", file=sys.stderr)
        return False
    _show(positions, options)
    return True


def _show(positions: list[Position], options: Options) -> None:
    shown = positions[: options.rows] if options.rows else positions
    console = Console(highlight=False, markup=False, emoji=False)
    if not positions:
        print("no stances that are asked for", file=sys.stderr)
    elif console.is_terminal:
        output.print_table(shown, console, by_day=options.wanted.by_day)
    else:
        output.print_lines(shown, sys.stdout, by_day=options.wanted.by_day)
    if len(shown) < len(positions):
        print(f"{len(positions) - len(shown):,} more; --rows 0 prints all, --output writes them", file=sys.stderr)
    for path in options.files:
        print(f"written: {output.plain(str(path))}", file=sys.stderr)


def run_command(arguments: argparse.Namespace, others: list[str]) -> int:
    """Run the command and return its exit code."""
    try:
        options = check(arguments, others)
    except UsageError as error:
        return wrong_usage(error.problems, "positions")
    return DONE if run(options) else FAILED
