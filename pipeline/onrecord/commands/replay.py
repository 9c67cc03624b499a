# SPDX-License-Identifier: Apache-2.0
"""``onrecord replay``: sends dead letters through the pipeline again."""

import argparse
from typing import TYPE_CHECKING

from onrecord.commands import backfill
from onrecord.commands.arguments import (
    Commands,
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

if TYPE_CHECKING:
    from onrecord.jobs.backfill_options import BackfillOptions

DESCRIPTION = """\
Replays the dead letters of an output folder, or of a subscription to a dead-letter topic, as a backfill or to a
topic. Dead letters that were replayed before are skipped.
"""
EPILOG = """\
examples:
  onrecord replay out --output out-repaired
  onrecord replay out --topic projects/my-project/topics/articles
  onrecord replay --subscription projects/my-project/subscriptions/dead --output out-repaired
  onrecord replay --subscription projects/my-project/subscriptions/dead --topic projects/my-project/topics/articles

exit codes: 0 done, 1 failed, 2 wrong usage, 130 stopped by Ctrl-C
"""


def add(commands: Commands) -> None:
    """Add the command."""
    parser = add_command(commands, "replay", "send dead letters through the pipeline again", DESCRIPTION, EPILOG)
    option = parser.add_argument
    option("folder", nargs="?", metavar="DIR", help="an output folder of backfill or stream")
    option("--subscription", metavar="NAME", help="projects/P/subscriptions/S of a dead-letter topic")
    option("--topic", metavar="NAME", help="publish them to projects/P/topics/T")
    add_output(parser, "replay as a backfill into it")
    option("--overwrite", action="store_true", help="replace the records in the output folder")
    add_extraction(parser, "300")
    add_runner(parser)
    add_verbose(parser)
    parser.set_defaults(run=run, own_options=own_options(parser))


def _check(arguments: argparse.Namespace, others: list[str]) -> None:
    with exiting_on_interrupt():
        from apache_beam.io.filesystem import BeamIOError

        from onrecord.commands.checks import Checks
        from onrecord.dead_letters.read import letter_files
    from onrecord.sources import subscription_problem

    checks = Checks(unknown_options(others) if arguments.topic else [])
    if bool(arguments.folder) == bool(arguments.subscription):
        checks.problems.append("give either the output folder with the dead letters or --subscription")
    if bool(arguments.output) == bool(arguments.topic):
        checks.problems.append("give either --output or --topic")
    if arguments.subscription:
        checks.add(f"--subscription {arguments.subscription}", subscription_problem(arguments.subscription))
    checks.topic("--topic", arguments.topic)
    try:
        if arguments.folder and not letter_files(arguments.folder):
            checks.add(arguments.folder, "there are no dead letters in this folder")
    except (BeamIOError, ValueError) as error:
        checks.add(arguments.folder, str(error))
    checks.finish()


def run(arguments: argparse.Namespace, others: list[str]) -> int:
    """Run the command and return its exit code."""
    prepare(arguments.verbose)
    _check(arguments, others)
    return _to_topic(arguments) if arguments.topic else _as_backfill(arguments, others)


def _to_topic(arguments: argparse.Namespace) -> int:
    from onrecord.jobs import replay

    if arguments.subscription:
        return replay.subscription_to_topic(arguments.subscription, arguments.topic)
    return replay.to_topic(arguments.folder, replay.find(arguments.folder), arguments.topic)


def _as_backfill(arguments: argparse.Namespace, others: list[str]) -> int:
    from onrecord.dead_letters.read import letter_files
    from onrecord.jobs import replay

    arguments.workers = arguments.shards = arguments.max_dead_letters = arguments.max_messages_per_file = None
    arguments.format = None

    def checked(files: list[str]) -> "BackfillOptions":
        arguments.input = files
        return backfill.check(arguments, others, has_other_source=not files)

    options = checked(letter_files(arguments.folder) if arguments.folder else [])
    set_mode(arguments.mode)
    if arguments.subscription:
        return replay.subscription_as_backfill(arguments.subscription, checked)
    return replay.as_backfill(arguments.folder, replay.find(arguments.folder), options)
