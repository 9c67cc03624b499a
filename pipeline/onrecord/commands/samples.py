# SPDX-License-Identifier: Apache-2.0
"""``onrecord samples``: the sample articles, for a first run."""

import argparse
import sys
from pathlib import Path

from onrecord.commands.arguments import Commands, UsageError, add_command, unknown_options
from onrecord.data.kinds import PACKAGE
from onrecord.jobs.exit_codes import DONE, FAILED
from onrecord.terminal.text import print_line

DESCRIPTION = """\
Writes the sample articles to a folder. They were written for this project: all people, places and organizations in
them are invented.
"""
EPILOG = """\
examples:
  onrecord samples articles
  onrecord backfill --input articles/*.jsonl --output out

exit codes: 0 done, 1 a file can't be written, 2 wrong usage
"""


def add(commands: Commands) -> None:
    """Add the command."""
    parser = add_command(commands, "samples", "write the sample articles to a folder", DESCRIPTION, EPILOG)
    parser.add_argument("folder", metavar="DIR", help="folder for the files; it is created if missing")
    parser.add_argument("--overwrite", action="store_true", help="replace files of the same names")
    parser.set_defaults(run=run)


def sample_files() -> list[Path]:
    """Return the sample files: inside the installed package, or at the top of a checkout."""
    installed = PACKAGE / "sample_files"
    return sorted((installed if installed.is_dir() else PACKAGE.parents[1] / "samples").glob("*.jsonl"))


def run(arguments: argparse.Namespace, others: list[str]) -> int:
    """Run the command and return its exit code."""
    folder = Path(arguments.folder)
    problems = unknown_options(others)
    if folder.exists() and not folder.is_dir():
        problems.append(f"{folder}: this is a file; give a folder")
    elif not arguments.overwrite:
        problems += [
            f"{folder / file.name}: the file exists; give another folder, or --overwrite to replace it"
            for file in sample_files()
            if (folder / file.name).exists()
        ]
    if problems:
        raise UsageError(problems)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for file in sample_files():
            (folder / file.name).write_bytes(file.read_bytes())
            print_line(str(folder / file.name))
    except OSError as error:
        print_line(f"failed: {error}", sys.stderr)
        return FAILED
    return DONE
