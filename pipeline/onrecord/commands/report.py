# SPDX-License-Identifier: Apache-2.0
"""``onrecord report``: a page to look at a run."""

import argparse
import sys
from pathlib import Path

from onrecord.commands.arguments import (
    Commands,
    UsageError,
    add_command,
    add_selection,
    checked_selection,
    prepare,
    unknown_options,
)
from onrecord.data.paths import is_remote
from onrecord.jobs.exit_codes import DONE, FAILED
from onrecord.terminal.text import print_line

DESCRIPTION = """\
Writes a page to look at a run: who is quoted most, who stands where, a search over everything said, and each article
with what was found in it. The page is one file that any browser opens from disk; it loads nothing from elsewhere. A run
of more than 5,000 articles becomes a folder with an index and parts.

The page contains the articles' texts: pass it on only to those who may read them. Only this user can read the file.
"""
EPILOG = """\
examples:
  onrecord report out                          writes out/report.html
  onrecord report out --html week.html --since 2026-01-05 --until 2026-01-11
  onrecord report out --html courier.html --source courier.example
  onrecord report gs://my-records/records --html report.html

exit codes: 0 done, 1 a file can't be read or written, 2 wrong usage
"""
FILE_NAME = "report.html"


def add(commands: Commands) -> None:
    """Add the command."""
    parser = add_command(commands, "report", "write a page to look at a run", DESCRIPTION, EPILOG)
    option = parser.add_argument
    option("folder", metavar="DIR", help="an output folder of backfill or stream: a local path, gs:// or s3://")
    option("--html", metavar="FILE", help=f"the page; an earlier one is replaced (default: DIR/{FILE_NAME})")
    add_selection(parser)
    parser.set_defaults(run=run)


def _place(arguments: argparse.Namespace, problems: list[str]) -> Path:
    """Return where the page is written; add a problem if it can't be."""
    if arguments.html is None:
        if is_remote(arguments.folder):
            problems.append(f"{arguments.folder}: give --html FILE, a file on this machine")
        return Path(arguments.folder) / FILE_NAME
    path = Path(arguments.html)
    if path.suffix.lower() not in (".html", ".htm"):
        problems.append(f"--html {path}: the name must end in .html")
    elif path.is_dir():
        problems.append(f"--html {path}: this is a folder; give a file")
    elif not path.absolute().parent.is_dir():
        problems.append(f"--html {path}: there is no folder {path.absolute().parent}")
    return path


def run(arguments: argparse.Namespace, others: list[str]) -> int:
    """Run the command and return its exit code."""
    prepare(is_verbose=False)
    from onrecord.report.collect import collect
    from onrecord.report.page import write

    problems = unknown_options(others)
    selection = checked_selection(arguments, problems)
    folder = arguments.folder
    path = _place(arguments, problems)
    if problems:
        raise UsageError(problems)
    try:
        report = collect(folder, selection)
    except FileNotFoundError as error:
        raise UsageError([str(error)]) from None
    except (OSError, EOFError, ValueError) as error:
        print_line(f"failed: {folder}: {str(error) or type(error).__name__}", sys.stderr)
        return FAILED
    if not report.articles:
        where = "no articles are in the selection" if not selection.is_everything else "the run has no articles"
        print_line(f"failed: {folder}: {where}, so there is nothing to show", sys.stderr)
        return FAILED
    try:
        index = write(report, path)
    except OSError as error:
        print_line(f"failed: {error}", sys.stderr)
        return FAILED
    count = len(report.articles)
    print_line(f"report of {count:,} article{'' if count == 1 else 's'}: {index}")
    print_line(f"open it in a browser: {index.absolute().as_uri()}")
    return DONE
