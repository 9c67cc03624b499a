"""The command ``onrecord positions``: checks its options, adds up, prints, writes."""

import argparse
import sys
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from onrecord.positions import output
from onrecord.positions.rollup import Position, ReadingError, Wanted, add_up, entity_keys, rows, stance_files


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
