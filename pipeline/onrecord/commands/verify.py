# SPDX-License-Identifier: Apache-2.0
"""``onrecord verify``: whether the files of a backfill are as they were written."""

import argparse

from onrecord.commands.arguments import Commands, UsageError, add_command, prepare, unknown_options
from onrecord.terminal.text import is_of_output

DESCRIPTION = """\
Compares the files in the output folder of a backfill with its manifest: that every split is done, that every file is
there with the size and SHA-256 with which it was written, and that there are no other files of records.

Backfills on this machine write the manifest, DIR/manifest.jsonl; "onrecord forget" keeps it up to date.
"""
EPILOG = """\
examples:
  onrecord verify out
  onrecord verify out && rsync -a out/ archive:/news/2026-11/

exit codes: 0 everything is as it was written, 1 something differs, or the backfill is not complete, 2 wrong usage
"""


def add(commands: Commands) -> None:
    """Add the command."""
    parser = add_command(commands, "verify", "check the files of a backfill against its manifest", DESCRIPTION, EPILOG)
    parser.add_argument("folder", metavar="DIR", help="the output folder of a backfill: a local path, gs:// or s3://")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace, others: list[str]) -> int:
    """Run the command and return its exit code."""
    prepare(is_verbose=False)
    from onrecord.jobs import verify

    if problems := unknown_options(others):
        raise UsageError(problems)
    try:
        return verify.run(arguments.folder)
    except (OSError, ValueError) as error:  # such as a bucket that can't be reached
        if is_of_output(error):
            raise
        raise UsageError([str(error).splitlines()[0]]) from None
