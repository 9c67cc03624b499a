# SPDX-License-Identifier: Apache-2.0
"""``onrecord replay``: sends dead letters through the pipeline again."""

import argparse
import os
from pathlib import Path
from typing import TYPE_CHECKING

from onrecord.commands import backfill
from onrecord.commands.arguments import (
    Commands,
    UsageError,
    add_command,
    add_extraction,
    add_output,
    add_runner,
    add_verbose,
    exiting_on_interrupt,
    own_options,
    prepare,
    set_mode,
    unknown_options,
)
from onrecord.data.paths import is_remote
from onrecord.data.records import DeadLetter

if TYPE_CHECKING:
    from onrecord.dead_letters.repaired import Repaired
    from onrecord.jobs.backfill_options import BackfillOptions
    from onrecord.jobs.replay import Letters

MAX_UNKNOWN_SHOWN = 20
USAGE = "(DIR | --subscription NAME)\n       (--output DIR | --topic NAME)"
DESCRIPTION = """\
Replays the dead letters of an output folder, or of a subscription to a dead-letter topic, as a backfill or to a
topic. Dead letters that were replayed before are skipped, and those without an article message are left alone, such
as the rest of a broken file. With --repaired, only the messages in a file are replayed: "onrecord dead-letters DIR
--payload FILE" writes it, and the messages are repaired in it.
"""
EPILOG = """\
examples:
  onrecord replay out --output out-repaired
  onrecord replay out --topic projects/P/topics/T
  onrecord replay out --repaired broken.jsonl --output out-repaired
  onrecord replay --subscription projects/P/subscriptions/S --output repaired
  onrecord replay --subscription projects/P/subscriptions/S \\
    --topic projects/P/topics/T

exit codes: 0 done; 1 failed, all letters failed again, or some were left alone or can't be sent; 2 wrong usage;
130 stopped by Ctrl-C
"""


def add(commands: Commands) -> None:
    """Add the command."""
    parser = add_command(commands, "replay", "send dead letters through the pipeline again", DESCRIPTION, EPILOG, USAGE)
    option = parser.add_argument
    option("folder", nargs="?", metavar="DIR", help="an output folder of backfill or stream")
    option("--subscription", metavar="NAME", help="projects/P/subscriptions/S of a dead-letter topic")
    option(
        "--repaired", metavar="FILE", help="replay the messages in this file, in place of those of their dead letters"
    )
    option("--topic", metavar="NAME", help="publish them to projects/P/topics/T")
    add_output(parser, "replay as a backfill into it")
    option("--overwrite", action="store_true", help="replace the records in the output folder")
    add_extraction(parser, "300")
    add_runner(parser)
    add_verbose(parser)
    parser.set_defaults(run=run, own_options=own_options(parser))


def _check(arguments: argparse.Namespace, others: list[str]) -> None:
    from onrecord.commands.checks import Checks, remote_problem, unreachable
    from onrecord.dead_letters.files import letter_files
    from onrecord.sources import subscription_problem

    checks = Checks(unknown_options(others) if arguments.topic else [])
    if bool(arguments.folder) == bool(arguments.subscription):
        checks.problems.append("give either the output folder with the dead letters or --subscription")
    if bool(arguments.output) == bool(arguments.topic):
        checks.problems.append("give either --output or --topic")
    if arguments.repaired and arguments.subscription:
        checks.add("--repaired", "repaired messages are those of an output folder; give it in place of --subscription")
    if arguments.subscription:
        checks.add(f"--subscription {arguments.subscription}", subscription_problem(arguments.subscription))
    checks.topic("--topic", arguments.topic)
    folder = arguments.folder or ""
    try:
        problem = remote_problem(folder)
        checks.add(folder, problem)
        if folder and not problem and not letter_files(folder):
            checks.add(folder, _no_letters(folder))
    except (OSError, ValueError) as error:
        checks.add(folder, unreachable(folder, error))
    checks.finish()


def _no_letters(folder: str) -> str:
    """Return why a folder has no dead letters to replay."""
    if is_remote(folder) or os.path.isdir(os.path.join(folder, DeadLetter.kind)):
        return "there are no dead letters in this folder"
    if not os.path.isdir(folder):
        return "there is no such folder; give the --output of a backfill or stream"
    return f"there is no folder {DeadLetter.kind!r} in it; give the --output of a backfill or stream"


def _repaired(path: str | None) -> "Repaired | None":
    from onrecord.dead_letters.repaired import Repaired, RepairedFileError

    if path is None:
        return None
    try:
        return Repaired.of_file(Path(path))
    except RepairedFileError as error:
        raise UsageError([f"--repaired {problem}" for problem in error.problems]) from None
    except OSError as error:
        raise UsageError([f"--repaired {path}: {error.strerror or error}"]) from None


def _find(folder: str, repaired: "Repaired | None") -> "Letters":
    from onrecord.jobs import replay

    letters = replay.find(folder, repaired)
    if repaired is not None and letters.unknown:
        problems = [
            f"--repaired {repaired.path}: {name!r} is not the dead_letter_id of a message in {folder} that can be replayed"
            for name in letters.unknown[:MAX_UNKNOWN_SHOWN]
        ]
        more = len(letters.unknown) - MAX_UNKNOWN_SHOWN
        raise UsageError([*problems, f"and {more:,} more"] if more > 0 else problems)
    return letters


def run(arguments: argparse.Namespace, others: list[str]) -> int:
    """Run the command and return its exit code."""
    prepare(arguments.verbose)
    _check(arguments, others)
    repaired = _repaired(arguments.repaired)
    return _to_topic(arguments, repaired) if arguments.topic else _as_backfill(arguments, others, repaired)


def _to_topic(arguments: argparse.Namespace, repaired: "Repaired | None") -> int:
    from onrecord.jobs import replay

    if arguments.subscription:
        return replay.subscription_to_topic(arguments.subscription, arguments.topic)
    return replay.to_topic(arguments.folder, _find(arguments.folder, repaired), arguments.topic, repaired)


def _as_backfill(arguments: argparse.Namespace, others: list[str], repaired: "Repaired | None") -> int:
    from onrecord.dead_letters.files import letter_files

    arguments.workers = arguments.shards = arguments.max_dead_letters = arguments.max_messages_per_file = None
    arguments.format = arguments.split_size = None
    arguments.resume = False

    def checked(files: list[str]) -> "BackfillOptions":
        arguments.input = files
        return backfill.check(arguments, others, has_other_source=not files)

    options = checked(letter_files(arguments.folder) if arguments.folder and repaired is None else [])
    # Beam takes seconds to import, so mistakes are reported first.
    with exiting_on_interrupt():
        from onrecord.jobs import replay

    set_mode(arguments.mode)
    if arguments.subscription:
        return replay.subscription_as_backfill(arguments.subscription, checked)
    letters = _find(arguments.folder, repaired)
    if repaired is not None:
        return replay.repaired_as_backfill(arguments.folder, letters, repaired, checked)
    return replay.as_backfill(arguments.folder, letters, options)
