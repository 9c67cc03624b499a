# SPDX-License-Identifier: Apache-2.0
"""``onrecord serve``: the pages of a run on this machine, while the run writes."""

import argparse
import sys
import threading
from pathlib import Path

from onrecord.commands.arguments import Commands, UsageError, add_command, prepare, unknown_options
from onrecord.data.paths import is_remote
from onrecord.jobs.exit_codes import DONE, FAILED
from onrecord.terminal.text import print_line

DESCRIPTION = """\
Serves the page that "onrecord report" writes, on this machine only, and shows new records as a stream writes them.
It only reads. Ctrl-C ends it.
"""
EPILOG = """\
examples:
  onrecord serve out
  onrecord serve records --port 8400

exit codes: 0 done, 1 a file can't be read or the port can't be used, 2 wrong usage
"""
DEFAULT_PORT = "8321"


def add(commands: Commands) -> None:
    """Add the command."""
    parser = add_command(commands, "serve", "show a run in the browser, while it writes", DESCRIPTION, EPILOG)
    parser.add_argument("folder", metavar="DIR", help="an output folder of backfill or stream, on this machine")
    parser.add_argument(
        "--port", default=DEFAULT_PORT, metavar="N", help="port (default: %(default)s; 0: any free one)"
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace, others: list[str]) -> int:
    """Run the command and return its exit code."""
    prepare(is_verbose=False)
    problems = unknown_options(others)
    folder, port = arguments.folder, arguments.port
    if not (port.isascii() and port.isdigit() and len(port) <= 5 and int(port) <= 65535):
        problems.append(f"--port {port!r}: give a number from 0 to 65535")
    if is_remote(folder):
        problems.append(f"{folder}: only folders on this machine are served; 'onrecord report' reads others")
    elif not Path(folder).is_dir():
        problems.append(f"{folder}: no such folder; give the --output folder of a run")
    if problems:
        raise UsageError(problems)
    from onrecord.report.server import LivePages, server

    live = LivePages(folder, lambda problem: print_line(problem, sys.stderr))
    try:
        live.refresh()
        serving = server(live, int(port))
    except (OSError, EOFError, ValueError) as error:
        print_line(f"failed: {folder} on port {port}: {str(error) or type(error).__name__}", sys.stderr)
        return FAILED
    threading.Thread(target=live.watch, daemon=True).start()
    print_line(f"{folder}: http://127.0.0.1:{serving.server_address[1]}/ (Ctrl-C ends)")
    sys.stdout.flush()
    try:
        serving.serve_forever()
    except KeyboardInterrupt:
        pass
    finally:
        live.stop()
        serving.server_close()
    return DONE
