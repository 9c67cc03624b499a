# SPDX-License-Identifier: Apache-2.0
"""``onrecord schema``: prints the Avro schemas of the records, and checks whether two schemas are compatible."""

import argparse
from pathlib import Path

from onrecord.commands.arguments import Commands, UsageError, add_command, unknown_options
from onrecord.data.kinds import kinds
from onrecord.jobs.exit_codes import DONE, FAILED
from onrecord.terminal.text import print_line, print_lines

DESCRIPTION = """\
Prints the Avro schemas of the records, or checks whether a new schema can read files written with an old one.
"""
EPILOG = """\
examples:
  onrecord schema                           the Avro schemas of all record kinds
  onrecord schema quotes                    the Avro schema of one record kind
  onrecord schema check old.avsc new.avsc   can NEW read what OLD wrote?

exit codes: 0 done, 1 NEW can't read what OLD wrote, 2 wrong usage
"""
CHECK = "check"


def add(commands: Commands) -> None:
    """Add the command."""
    parser = add_command(commands, "schema", "print the Avro schemas, or compare two schemas", DESCRIPTION, EPILOG)
    parser.add_argument("what", nargs="?", metavar="KIND|check", help=f"{', '.join(kinds())}, or check")
    parser.add_argument("files", nargs="*", metavar="OLD NEW", help="with check: two files with one schema each")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace, others: list[str]) -> int:
    """Run the command and return its exit code."""
    from onrecord.data import schemas

    problems = unknown_options(others)
    if arguments.what == CHECK:
        if len(arguments.files) != 2:
            problems.append("check: give two files, OLD and NEW")
    elif arguments.what not in (None, *kinds()):
        problems.append(f"unknown record kind {arguments.what!r}; choose one of {', '.join(kinds())}")
    elif arguments.files:
        problems.append(f"unexpected argument: {arguments.files[0]}; expected a single record kind")
    if problems:
        raise UsageError(problems)
    if arguments.what == CHECK:
        return _compare(*map(Path, arguments.files))
    for kind in [arguments.what] if arguments.what else kinds():
        print_lines(schemas.text_of(kind))
    return DONE


def _compare(old: Path, new: Path) -> int:
    from onrecord.data import schemas

    try:
        reasons = schemas.incompatibilities(old, new)
        unread = schemas.unread_fields(old, new)
    except schemas.SchemaError as error:
        raise UsageError([f"check: {error}"]) from error
    print_line(f"{new} can't read what {old} wrote:" if reasons else f"{new} can read what {old} wrote")
    for reason in reasons:
        print_line(f"  {reason}")
    for field in unread:
        print_line(f"note: {field} is in {old} and not in {new}; its values are ignored")
    return FAILED if reasons else DONE
