# SPDX-License-Identifier: Apache-2.0
"""``onrecord compact``: makes few files out of the many small ones of a stream."""

import argparse

from onrecord.commands.arguments import Commands, add_command, exiting_on_interrupt, prepare, unknown_options

DESCRIPTION = """\
Merges the small files of a stream: those of one kind, hour and run become one file in the same folder, with the same
records in the same order. Streams may go on writing to the folder, and all commands and onrecord.records() may read it:
they see every record once at any time, also when this command is killed. The next one finishes what a killed one left.
Other programs, which read the files by themselves, may see records twice for a moment, before the old files are deleted.

A file is merged only with others that have a quarter of its size together, so a late article does not have the records
of its whole hour written again. Run it every hour or every day, for example by cron or a systemd timer.
"""
EPILOG = """\
examples:
  onrecord compact out
  onrecord compact out --dry-run         how many files it would merge
  onrecord compact gs://my-records/records --max-megabytes 512

exit codes: 0 done, or there was nothing to merge; 1 failed; 2 wrong usage; 130 stopped by Ctrl-C
"""
MAX_MEGABYTES = 100_000


def add(commands: Commands) -> None:
    """Add the command."""
    parser = add_command(
        commands, "compact", "make few files out of the many small ones of a stream", DESCRIPTION, EPILOG
    )
    option = parser.add_argument
    option("folder", metavar="DIR", help="an output folder of stream: a local path, gs:// or s3://")
    option(
        "--max-megabytes",
        default="128",
        metavar="N",
        help="size of the files that become one, together; larger files are left alone (default: %(default)s)",
    )
    option("--dry-run", action="store_true", help="say how many files would be merged, and change nothing")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace, others: list[str]) -> int:
    """Run the command and return its exit code."""
    prepare(is_verbose=False)
    with exiting_on_interrupt():
        from onrecord.commands.checks import Checks
        from onrecord.jobs import compact

    checks = Checks(unknown_options(others))
    checks.changed_folder(arguments.folder)
    megabytes = checks.whole_number("--max-megabytes", arguments.max_megabytes, 1, MAX_MEGABYTES)
    checks.finish()
    return compact.run(
        compact.CompactOptions(arguments.folder, megabytes * compact.MEGABYTE, is_dry_run=arguments.dry_run)
    )
