# SPDX-License-Identifier: Apache-2.0
"""``onrecord publish``: publishes the messages of files to a Pub/Sub topic."""

import argparse

from onrecord.commands.arguments import (
    Commands,
    add_command,
    add_format,
    exiting_on_interrupt,
    prepare,
    unknown_options,
)
from onrecord.data.settings import InputSettings

DESCRIPTION = """\
Publishes each message of files as a JSON object, for trials and load tests: each line of JSON-lines files, each row of
CSV, Avro and Parquet files, each page of WARC files, and so on, as 'onrecord backfill' reads them.
"""
EPILOG = """\
examples:
  onrecord publish samples/*.jsonl --topic projects/P/topics/T
  onrecord publish articles.jsonl.gz --topic projects/P/topics/T --rate 20

exit codes: 0 all published, 1 some were not, 2 wrong usage
"""


def add(commands: Commands) -> None:
    """Add the command."""
    parser = add_command(
        commands,
        "publish",
        "publish files of messages to a Pub/Sub topic",
        DESCRIPTION,
        EPILOG,
        "FILE [FILE ...] --topic NAME",
    )
    parser.add_argument("files", nargs="+", metavar="FILE", help="files, folders or patterns; - for standard input")
    parser.add_argument("--topic", metavar="NAME", help="projects/P/topics/T")
    parser.add_argument("--rate", metavar="N", help="messages per second (default: no limit)")
    add_format(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace, others: list[str]) -> int:
    """Run the command and return its exit code."""
    prepare(False)
    from onrecord.commands.checks import Checks

    checks = Checks(unknown_options(others))
    if not arguments.topic:
        checks.add("--topic", "give the topic to publish to")
    checks.topic("--topic", arguments.topic)
    rate = checks.rate(arguments.rate)
    checks.files("FILE", arguments.files, arguments.format)
    checks.finish()
    with exiting_on_interrupt():
        from onrecord.jobs import publish

    return publish.run(tuple(arguments.files), arguments.topic, rate, InputSettings(arguments.format))
