# SPDX-License-Identifier: Apache-2.0
"""``onrecord forget``: removes articles from the records, and has later runs refuse them."""

import argparse

from onrecord.commands.arguments import Commands, add_command, exiting_on_interrupt, prepare, unknown_options

DESCRIPTION = """\
Removes articles from an output folder of backfill or stream: their records of every kind, their dead letters, and those
of other articles with the same text. Files are rewritten without them; each is complete or absent, all other records
are unchanged. Without --yes nothing is changed: the articles are listed, with the number of records and the files.

The folder gets a list of them, forgotten.json, which contains no names, ids or addresses but keyed digests. Later runs
into the folder refuse what is on it; --forgotten has runs into other folders refuse it too. A run that was killed is
finished by the same command, or by "onrecord forget DIR --yes".

At the end the command says what it can't reach: messages in topics, checkpoints, versions of objects and other copies.
"""
EPILOG = """\
examples:
  onrecord forget out --article meridian-20260303-0417        what it removes
  onrecord forget out --article meridian-20260303-0417 --yes  remove it
  onrecord forget gs://my-records/records --url https://example.com/a --yes
  onrecord forget out --person 'Anna Berg' --person 'A. Berg' in any article
  onrecord forget out --yes                                   finish it

exit codes: 0 done, or nothing matched; 1 failed; 2 wrong usage; 130 stopped by Ctrl-C
"""


def add(commands: Commands) -> None:
    """Add the command."""
    parser = add_command(commands, "forget", "remove articles, and refuse them from now on", DESCRIPTION, EPILOG)
    option = parser.add_argument
    option("folder", metavar="DIR", help="an output folder of backfill or stream: a local path, gs:// or s3://")
    option("--article", action="append", default=[], metavar="ID", help="an article_id; may be repeated")
    option(
        "--url",
        action="append",
        default=[],
        metavar="URL",
        help="the web address of an article, in any spelling that onrecord takes for the same page; may be repeated",
    )
    option(
        "--person",
        action="append",
        default=[],
        metavar="NAME",
        help="all articles with a person of this name, or with these words in text, title, URL, authors or attributes, in any"
        " case and with or without accents; may be repeated, for other forms of the name",
    )
    option("--yes", action="store_true", help="remove them; without it, nothing is changed")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace, others: list[str]) -> int:
    """Run the command and return its exit code."""
    prepare(is_verbose=False)
    with exiting_on_interrupt():
        from onrecord.commands.checks import Checks
        from onrecord.jobs import forget

    checks = Checks(unknown_options(others))
    checks.forget(arguments)
    checks.finish()
    return forget.run(
        forget.ForgetOptions(
            arguments.folder,
            tuple(arguments.article),
            tuple(arguments.url),
            tuple(arguments.person),
            is_confirmed=arguments.yes,
        )
    )
