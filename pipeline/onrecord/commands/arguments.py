# SPDX-License-Identifier: Apache-2.0
"""Options that several commands share, and the setup of a command's process."""

import argparse
import json
import logging
import os
import signal
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timezone
from types import FrameType
from typing import TypeAlias

from onrecord.collector import collect_less_often
from onrecord.data.article import MAX_TEXT_LENGTH
from onrecord.data.kinds import extracted
from onrecord.data.selection import Selection, moment, publisher
from onrecord.data.settings import BATCH_SIZE, DEFAULT_MODEL, DEFAULT_SINK, PARSES, STANCES
from onrecord.jobs.exit_codes import INTERRUPTED, WRONG_USAGE
from onrecord.runners import DIRECT, OFFERED
from onrecord.sinks import sinks
from onrecord.sources import formats
from onrecord.terminal.diagnostics import guard_log
from onrecord.terminal.parser import HelpFormatter
from onrecord.terminal.text import print_line, printable

Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"

STOPPED = "stopped before anything was written"


class UsageError(ValueError):
    """The command line is wrong; ``problems`` lists every mistake."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


def unknown_options(others: list[str]) -> list[str]:
    """Return a problem for each unparsed argument of a command that does not accept Beam's options."""
    return [
        f"unknown option: {other}" if other.startswith("-") else f"unexpected argument: {other}" for other in others
    ]


def add_command(
    commands: Commands, name: str, text: str, description: str, epilog: str, usage: str | None = None
) -> argparse.ArgumentParser:
    """Add a command to the command line and return its parser.

    Args:
        commands: what ``argparse`` returns for subcommands.
        name: name of the command.
        text: one line for the list of commands.
        description: what it does, at the top of its help.
        epilog: examples and exit codes, at the end of its help.
        usage: what is given at least; all options by default.
    """
    return commands.add_parser(
        name,
        help=text,
        description=description,
        epilog=epilog,
        usage=usage and f"%(prog)s {usage} [options]",
        formatter_class=HelpFormatter,
        allow_abbrev=False,
    )


def add_output(parser: argparse.ArgumentParser, note: str) -> None:
    """Add ``--output``, ``--sink`` and ``--mode``; ``note`` says in the help what happens to files in the folder."""
    parser.add_argument("--output", metavar="DIR", help=f"folder for the records; {note}")
    parser.add_argument(
        "--sink",
        default=DEFAULT_SINK,
        metavar="NAME",
        help=f"format of the records: {', '.join(sinks())} (default: %(default)s)",
    )
    add_mode(parser)


def add_mode(parser: argparse.ArgumentParser) -> None:
    """Add ``--mode``."""
    parser.add_argument(
        "--mode",
        default="600",
        metavar="MODE",
        help="permissions of new files on this machine, such as 640 or 644; folders can be entered by those who can read"
        " (default: %(default)s, only for this user)",
    )


def add_selection(parser: argparse.ArgumentParser) -> None:
    """Add the options that choose articles by their time and publisher."""
    option = parser.add_argument
    option(
        "--since",
        metavar="TIME",
        help="only articles published at this time or later: 2026-03-02, or with a time of day (UTC)",
    )
    option("--until", metavar="TIME", help="only articles published before this time; of a day, also on this day")
    option("--source", action="append", metavar="DOMAIN", help="only articles of this publisher; may be repeated")


def checked_selection(arguments: argparse.Namespace, problems: list[str]) -> Selection:
    """Return the articles that the options of ``add_selection`` choose; all for wrong ones, which are added to the problems."""
    times: dict[str, datetime | None] = {}
    for name in ("since", "until"):
        value = getattr(arguments, name)
        try:
            times[name] = None if value is None else moment(value, is_end=name == "until")
        except ValueError:
            problems.append(f"--{name} {value}: give a day such as 2026-03-02, or a time such as 2026-03-02T08:00:00Z")
            times[name] = None
    since, until = times["since"], times["until"]
    if since is not None and until is not None and since >= until:
        problems.append(f"--since {arguments.since} --until {arguments.until}: there is no time between them")
    if not all(map(str.strip, arguments.source or ())):
        problems.append("--source: give a publisher's domain, such as example.com")
    return Selection(since, until, frozenset(map(publisher, arguments.source or ())))


def number(text: str, option: str, minimum: float, maximum: float | None, problems: list[str]) -> float:
    """Return a number within bounds, whole if the minimum is; for any other text, add a problem and return the minimum."""
    try:
        number = float(text) if isinstance(minimum, float) else int(text)
    except ValueError:
        number = float("nan")
    if not (number >= minimum and (maximum is None or number <= maximum)):
        kind = "a number" if isinstance(minimum, float) else "a whole number"
        bounds = f"of {minimum} or more" if maximum is None else f"from {minimum:g} to {maximum:g}"
        problems.append(f"{option} {text!r}: must be {kind} {bounds}")
        return minimum
    return number


def add_extraction(parser: argparse.ArgumentParser, time_limit: str) -> None:
    """Add the options that say which records are extracted, and how.

    Args:
        parser: parser of a command.
        time_limit: the default of ``--time-limit``, in seconds.
    """
    add = parser.add_argument
    add(
        "--field",
        action="append",
        metavar="FIELD=NAME",
        help="where the input has a field, if under another name, such as text=body or published_at=meta.date for a nested one; may"
        " be given several times",
    )
    add(
        "--extract",
        default=",".join(extracted()),
        metavar="KINDS",
        help="record kinds to extract (default: %(default)s)",
    )
    add(
        "--model",
        default=DEFAULT_MODEL,
        metavar="NAME",
        help="English spaCy model, by package or folder (default: %(default)s)",
    )
    add(
        "--parse",
        default=PARSES[0],
        metavar="CODE",
        help="fast, or spacy for spaCy's own code in every part, which is slower; the records are the same (default: %(default)s)",
    )
    add(
        "--stances",
        default=STANCES[0],
        metavar="HOW",
        help="standard, or accurate: finds an eighth more of who stands where, and is more often right, in about 1.5 times the time; needs"
        " pip install 'onrecord[accurate]' (default: %(default)s)",
    )
    add(
        "--least-confidence",
        metavar="P",
        help="of a stance: less, such as 0.1, finds more, of which fewer are right (default: that from which a reader confirms more stances"
        " than she rejects)",
    )
    add(
        "--near-duplicates",
        choices=("on", "off"),
        default="on",
        help="on: an article that adds nothing to another one is recorded as its duplicate, and nothing is extracted from it; off: only one"
        " with the same text (default: %(default)s)",
    )
    add(
        "--batch-size",
        default=str(BATCH_SIZE),
        metavar="N",
        help="articles parsed together; no record depends on it (default: %(default)s)",
    )
    add(
        "--max-text-length",
        default=str(MAX_TEXT_LENGTH),
        metavar="N",
        help="characters; longer articles become dead letters (default: %(default)s)",
    )
    add(
        "--gazetteer",
        metavar="FILE",
        help="your own names to find: a .csv or .tsv file with the columns name, type, wikidata_id, country_code, aliases",
    )
    add(
        "--forgotten",
        metavar="FILE",
        help="a list of articles to refuse, which 'onrecord forget' wrote in another folder; the list in the output folder is always"
        " used",
    )
    add(
        "--time-limit",
        default=time_limit,
        metavar="SECONDS",
        help="limit for reading one page, and for parsing and extracting from one article; slower ones become dead letters"
        " (default: %(default)s)",
    )


def add_format(parser: argparse.ArgumentParser) -> None:
    """Add ``--format``."""
    parser.add_argument(
        "--format",
        metavar="NAME",
        help=f"format of all input files: {', '.join(formats.BY_NAME)} (default: found from each file's content and name)",
    )


def add_runner(parser: argparse.ArgumentParser) -> None:
    """Add ``--runner`` and ``--allow-open-ports``."""
    parser.add_argument(
        "--runner",
        default=DIRECT.name,
        metavar="NAME",
        help=f"{', '.join(OFFERED[:-1])} or {OFFERED[-1]} (default: %(default)s, on this machine)",
    )
    parser.add_argument(
        "--allow-open-ports",
        action="store_true",
        help="run although the runner opens ports without authentication on this machine (DirectRunner never does)",
    )


def add_verbose(parser: argparse.ArgumentParser) -> None:
    """Add ``--verbose``."""
    parser.add_argument(
        "--verbose", action="store_true", help="show Beam's log, and what of the parse is spaCy's own code"
    )


def own_options(parser: argparse.ArgumentParser) -> list[str]:
    """Return the names of a command's options, without the dashes in front."""
    return [name.removeprefix("--") for name in parser._option_string_actions if name.startswith("--")]


@contextmanager
def exiting_on_interrupt() -> Iterator[None]:
    """Exit at once on Ctrl-C while the block imports what a job needs, since an import may swallow the ``KeyboardInterrupt``."""

    def leave(number: int, frame: FrameType | None) -> None:
        print_line(STOPPED, sys.stderr)
        os._exit(INTERRUPTED)

    before = signal.signal(signal.SIGINT, leave)
    try:
        with _without_pandas():
            yield
    finally:
        signal.signal(signal.SIGINT, before)


@contextmanager
def _without_pandas() -> Iterator[None]:
    """Hide pandas, which Beam imports if it is installed: a third of a second for data frames that no job has."""
    is_hidden = sys.modules.setdefault("pandas", None) is None  # type: ignore[arg-type]
    try:
        yield
    finally:
        if is_hidden:
            del sys.modules["pandas"]


def prepare(is_verbose: bool) -> None:
    """Make this process, and those that it starts, use one thread each, and set the log level.

    The worker processes share the cores among themselves.
    """
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ.setdefault(name, "1")
    collect_less_often()
    guard_log(logging.DEBUG if is_verbose else logging.CRITICAL)
    warnings.simplefilter("default" if is_verbose else "ignore")


def set_mode(value: str) -> None:
    """Make this process, and those that it starts, create files with some permissions at most.

    Args:
        value: the value of ``--mode``, octal, for files; a folder can also be entered by those who can read.
    """
    mode = int(value, 8)
    os.umask(0o777 & ~(mode | (mode & 0o444) >> 2))


def wrong_usage(problems: list[str], command: str, is_json: bool) -> int:
    """Print the mistakes of a command line, and return the exit code.

    Args:
        problems: the mistakes.
        command: its name.
        is_json: whether the log is one for machines.
    """
    if is_json:
        now = datetime.now(timezone.utc).isoformat(timespec="seconds")
        message = printable("; ".join(problems))
        print_line(json.dumps({"time": now, "event": "failed", "message": message, "error": "UsageError"}), sys.stderr)
        return WRONG_USAGE
    for problem in problems:
        print_line(f"onrecord {command}: {problem}", sys.stderr)
    print_line(f"(onrecord {command} --help explains the options)", sys.stderr)
    return WRONG_USAGE
