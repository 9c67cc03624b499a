# SPDX-License-Identifier: Apache-2.0
"""Tracebacks, warnings and the log of libraries, which quote whatever they fail on."""

import logging
import sys
import threading
import traceback
from types import TracebackType

from onrecord.terminal.text import indented


def _print_error(
    headline: str, kind: type[BaseException], error: BaseException | None, trace: TracebackType | None
) -> None:
    lines = traceback.format_exception(kind, error, trace)
    print(indented("".join([headline, *lines])), file=sys.stderr)


def _on_error(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    _print_error("", kind, error, trace)


def _on_error_in_thread(arguments: threading.ExceptHookArgs) -> None:
    if arguments.exc_type is not SystemExit:
        name = arguments.thread.name if arguments.thread is not None else "unknown"
        _print_error(f"in the thread {name}:\n", *arguments[:3])


def guard_tracebacks() -> None:
    """Escape the tracebacks of uncaught errors; hooks that were set before are kept."""
    if sys.excepthook is sys.__excepthook__:
        sys.excepthook = _on_error
    if threading.excepthook is threading.__excepthook__:
        threading.excepthook = _on_error_in_thread


class _Formatter(logging.Formatter):
    """Formats a record of the log as printable lines."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the lines of a record."""
        return indented(super().format(record))


def guard_log(level: int) -> None:
    """Write the log of libraries from a level on, and Python's warnings, to standard error."""
    handler = logging.StreamHandler()
    handler.setFormatter(_Formatter(logging.BASIC_FORMAT))
    logging.basicConfig(level=level, handlers=[handler])
    logging.captureWarnings(True)
