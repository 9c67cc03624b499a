# SPDX-License-Identifier: Apache-2.0
"""The program that a Flex Template's launcher runs: turns the template's parameters into a command line of ``onrecord``.

The launcher passes every parameter as ``--name=value``, with underscores in the names, together with Beam's options. The image sets the
command in ONRECORD_COMMAND.
"""

import argparse
import os
import sys

from onrecord.commands import backfill, parser
from onrecord.commands import main as run_command
from onrecord.commands.arguments import UsageError, wrong_usage
from onrecord.jobs.backfill import prepared
from onrecord.jobs.exit_codes import DONE, WRONG_USAGE
from onrecord.sources.files import ReadFiles

COMMAND = "ONRECORD_COMMAND"


def options_of(command: str) -> dict[str, argparse.Action]:
    """Return the options of an ``onrecord`` command by their names with underscores."""
    commands = next(action for action in parser()._actions if isinstance(action, argparse._SubParsersAction))
    return {action.dest: action for action in commands.choices[command]._actions if action.dest != "help"}


def is_flag(option: argparse.Action) -> bool:
    """Whether an option takes no value; as a template parameter it is ``true`` or ``false``."""
    return option.nargs == 0


def takes_several(option: argparse.Action) -> bool:
    """Whether an option takes several values; as a template parameter they are separated by commas."""
    return isinstance(option, argparse._AppendAction | argparse._ExtendAction)


def command_line(command: str, parameters: list[str]) -> list[str]:
    """Return the ``onrecord`` command line for a template's parameters; Beam's options are not changed.

    Args:
        command: ``backfill`` or ``stream``.
        parameters: each in the form ``--name=value``.

    Raises:
        ValueError: a flag is neither ``true`` nor ``false``.
    """
    options = options_of(command)
    line = [command]
    for parameter in parameters:
        name, _, value = parameter.removeprefix("--").partition("=")
        option = options.get(name)
        written = "--" + name.replace("_", "-")
        if option is None:
            line.append(parameter)
        elif is_flag(option):
            if value not in ("true", "false"):
                raise ValueError(f"{name} {value!r}: give true or false")
            line.extend([written] if value == "true" else [])
        elif takes_several(option):
            line.extend(f"{written}={part}" for part in value.split(",") if part)
        elif value:  # an empty field of a form is an option that was not given
            line.append(f"{written}={value}")
    return line


def submit_backfill(line: list[str]) -> int:
    """Submit a backfill without waiting for it, unlike the command line, and return the exit code."""
    arguments, beam_flags = parser().parse_known_args(line)
    try:
        options = backfill.check(arguments, beam_flags)
    except UsageError as error:
        return wrong_usage(error.problems, "backfill", is_json=False)
    prepared(options, ReadFiles(options.inputs, options.reading)).run()
    return DONE


def main() -> int:
    """Submit the job that the parameters describe, and return the exit code.

    The launcher starts the job only after this process has ended, so this function must not wait for the job.
    """
    try:
        command = os.environ[COMMAND]
        line = command_line(command, sys.argv[1:])
    except KeyError:
        print(f"onrecord: {COMMAND} is not set; the template's image sets it", file=sys.stderr)
        return WRONG_USAGE
    except ValueError as error:
        print(f"onrecord: {error}", file=sys.stderr)
        return WRONG_USAGE
    return submit_backfill(line) if command == "backfill" else run_command([*line, "--detach"])


if __name__ == "__main__":
    sys.exit(main())
