# SPDX-License-Identifier: Apache-2.0
"""The command line ``onrecord``: a module per command, with its options, their checks, and its run.

The module of a command has ``add(commands)``, which adds its parser; the parser's ``run`` takes the parsed arguments and the rest of
the command line, and returns the exit code.
"""

import argparse
import os
import sys
from pathlib import Path

from onrecord.commands import (
    backfill,
    compact,
    dead_letters,
    explain,
    export,
    forget,
    positions,
    publish,
    read,
    replay,
    report,
    samples,
    schema,
    serve,
    show,
    speakers,
    stream,
    verify,
)
from onrecord.commands.arguments import STOPPED, UsageError, wrong_usage
from onrecord.data.plugins import PluginError
from onrecord.jobs.exit_codes import DONE, FAILED, INTERRUPTED, WRONG_USAGE
from onrecord.terminal.diagnostics import guard_tracebacks
from onrecord.terminal.parser import Parser
from onrecord.terminal.text import is_of_output, print_line
from onrecord.version import __version__

COMMANDS = (
    *(backfill, stream, publish, dead_letters, replay, forget, verify, compact),
    *(read, show, explain, report, serve, export, positions, speakers, schema, samples),
)
DESCRIPTION = "Turns news articles into records of who is in them, who said what, and who stands where."
# The extra that installs what a command needs, by the top-level package that it imports.
EXTRA_OF = {
    **dict.fromkeys(
        (
            "apache_beam",
            "brotli",
            "grpc",
            "lxml",
            "lxml_html_clean",
            "prometheus_client",
            "psutil",
            "trafilatura",
            "webencodings",
            "zstandard",
        ),
        "beam",
    ),
    **dict.fromkeys(("duckdb", "pyarrow"), "export"),
    "google": "pubsub",
}


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    made = Parser(prog="onrecord", description=DESCRIPTION, allow_abbrev=False)
    made.add_argument("--version", action="version", version=f"onrecord {__version__}")
    commands = made.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for command in COMMANDS:
        command.add(commands)
    return made


def _repair_streams() -> None:
    """Make sure that there are output streams, and that they accept every character."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, Path(os.devnull).open("w", encoding="utf-8"))  # noqa: SIM115 - open till the end
        elif hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


def _lacks_extra(error: ModuleNotFoundError, command: str) -> int:
    """Print which extra a command lacks, and return the exit code.

    Raises:
        ModuleNotFoundError: no extra installs the module, so this is a bug.
    """
    extra = EXTRA_OF.get((error.name or "").partition(".")[0])
    if extra is None:
        raise error
    print_line(
        f"onrecord {command}: needs the package {error.name}; install it with: pip install 'onrecord[{extra}]'",
        sys.stderr,
    )
    return WRONG_USAGE


def main(argv: list[str] | None = None) -> int:
    """Run the command line and return its exit code."""
    _repair_streams()
    guard_tracebacks()
    code = DONE
    try:
        given = sys.argv[1:] if argv is None else argv
        if not given:
            parser().print_help(sys.stderr)
            return WRONG_USAGE
        if given[0] == "help":
            given = [*given[1:2], "--help"]
        arguments, others = parser().parse_known_args(given)
        try:
            code = arguments.run(arguments, others)
        except UsageError as error:
            return wrong_usage(error.problems, arguments.command, getattr(arguments, "log_format", None) == "json")
        except ModuleNotFoundError as error:
            return _lacks_extra(error, arguments.command)
        sys.stdout.flush()
    except PluginError as error:
        print_line(f"onrecord: {error}", sys.stderr)
        return WRONG_USAGE
    except KeyboardInterrupt:
        print_line(STOPPED, sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        _discard_output()  # the reader is gone, as with "| head"
    except OSError as error:
        if not is_of_output(error):
            raise
        print_line(f"failed: standard output can't be written: {error.strerror}", sys.stderr)
        _discard_output()
        return FAILED
    return code


def _discard_output() -> None:
    """Discard what Python has not written to standard output yet, which would fail at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
