# SPDX-License-Identifier: Apache-2.0
"""``onrecord dead-letters``: why messages were refused, and the messages."""

import argparse
import os
from pathlib import Path

from onrecord.commands.arguments import Commands, UsageError, add_command, prepare, unknown_options
from onrecord.terminal.text import is_of_output

DESCRIPTION = """\
Counts the reasons of the dead letters in an output folder of backfill or stream, the commonest first, with the origin
of one message each. Reasons that differ only in numbers, names and other values are one. Letters that were replayed are
left out.

With --payload, the messages are also written to a file that can be edited, as JSON lines: "message" has the JSON of
the message, or "text" or "base64" what is not JSON. "onrecord replay DIR --repaired FILE" replays the messages in it.
"""
EPILOG = """\
examples:
  onrecord dead-letters out
  onrecord dead-letters gs://my-records/records --reason 'published_at' --show 5
  onrecord dead-letters out --reason 'not JSON' --payload broken.jsonl
  onrecord replay out --repaired broken.jsonl --output out-repaired

exit codes: 0 done, 1 failed, 2 wrong usage
"""


def add(commands: Commands) -> None:
    """Add the command."""
    parser = add_command(commands, "dead-letters", "show why messages were refused", DESCRIPTION, EPILOG)
    option = parser.add_argument
    option("folder", metavar="DIR", help="an output folder of backfill or stream: a local path, gs:// or s3://")
    option("--reason", metavar="TEXT", default="", help="only letters with this text in their reason, in any case")
    option("--show", metavar="N", default="0", help="also show N letters in full, with the first lines of the message")
    option("--payload", metavar="FILE", help="also write the messages to a new file, to repair them")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace, others: list[str]) -> int:
    """Run the command and return its exit code."""
    prepare(is_verbose=False)
    from onrecord.jobs import dead_letters

    problems = unknown_options(others)
    show = arguments.show
    if not (show.isascii() and show.isdigit() and len(show) <= 9):
        problems.append(f"--show {show!r}: give a whole number")
    if arguments.payload is not None and os.path.lexists(arguments.payload):
        problems.append(f"--payload {arguments.payload}: the file exists; give a new one")
    if problems:
        raise UsageError(problems)
    payload = None if arguments.payload is None else Path(arguments.payload)
    options = dead_letters.DeadLettersOptions(arguments.folder, arguments.reason, int(show), payload)
    try:
        return dead_letters.run(options)
    except FileNotFoundError as error:
        raise UsageError([str(error)]) from None
    except (
        OSError,
        ValueError,
    ) as error:  # such as a bucket that can't be reached, or Google Cloud's packages are missing
        if is_of_output(error):
            raise
        raise UsageError([f"{arguments.folder}: {str(error).splitlines()[0]}"]) from None
