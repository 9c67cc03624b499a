# SPDX-License-Identifier: Apache-2.0
"""The log of a job on standard error: lines for people, or JSON objects for machines; never any text of an article."""

import json
import re
import sys
import traceback
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path
from typing import TextIO

import grpc
from apache_beam.io.filesystem import BeamIOError
from google.api_core.exceptions import GoogleAPICallError
from google.auth.exceptions import GoogleAuthError

from onrecord.data.settings import LogFormat as LogFormat
from onrecord.telemetry.figures import Figures
from onrecord.terminal.console import Console
from onrecord.terminal.text import CONTINUATION, print_line, printable

# Errors of a disk, a network or a service. They never quote an article; all other errors may.
ENVIRONMENT_ERRORS = (OSError, BeamIOError, GoogleAPICallError, GoogleAuthError)
MAX_ERROR_LENGTH = 500  # code points
STEP = re.compile(r"\[while running '([^']*)'\]")
PACKAGE = Path(__file__).parents[1]


def cause(error: Exception) -> str:
    """Return a description without article text: the message of an I/O error; only type, place and step of any other."""
    name = type(error).__name__
    if isinstance(error, ENVIRONMENT_ERRORS):
        return f"{name}: {' '.join(str(error).split())}"[:MAX_ERROR_LENGTH]
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if PACKAGE in Path(frame.filename).parents]
    where = [f" at {Path(frame.filename).name}:{frame.lineno}" for frame in (ours or frames)[-1:]]
    step = STEP.search(str(error))
    steps = [f" in the step {step[1]}"] if step else []
    return "".join([name, *where, *steps])[:MAX_ERROR_LENGTH]


def described(error: Exception, *, has_read: bool = True) -> str:
    """Return the cause of a failed job, and where its message is if that may quote an article.

    Args:
        error: the cause.
        has_read: whether the job may have read an article; if not, no error can quote one.
    """
    if not has_read:
        return f"{type(error).__name__}: {' '.join(str(error).split())}"[:MAX_ERROR_LENGTH]
    is_safe = isinstance(error, ENVIRONMENT_ERRORS)
    return cause(error) if is_safe else f"{cause(error)}; its message may quote an article: --log-format text shows it"


def print_failure(error: Exception, console: Console) -> None:
    """Print why a job failed; the runner's error contains the trace of the worker."""
    text = str(error.details() if isinstance(error, grpc.Call) else error)
    lines = text.strip().splitlines() or [type(error).__name__]
    for line in lines[:-1]:
        console.say(f"{CONTINUATION}{line}", style="dim")
    console.say(f"failed: {lines[-1].strip()}", style="bold red")


@dataclass
class Log:
    """Writes the log of a stream to standard error.

    Attributes:
        log_format: ``text`` or ``json``.
        stream: used in place of standard error.
    """

    log_format: LogFormat
    stream: TextIO = field(default_factory=lambda: sys.stderr)
    _messages: int = 0  # in the progress line before

    def say(self, event: str, text: str, **values: int | float | str | None) -> None:
        """Write a line.

        Args:
            event: short name of the event.
            text: description for people.
            values: further values for machines.
        """
        now = datetime.now(timezone.utc)
        if self.log_format == "json":
            # Escaped twice: what shows the decoded message may be a terminal too.
            entry = {"time": now.isoformat(timespec="seconds"), "event": event, "message": printable(text), **values}
            line = json.dumps(entry)
        else:
            line = f"{now:%H:%M:%S} {text}"
        print_line(line, self.stream)

    def failed(self, error: Exception, *, has_read: bool = True) -> None:
        """Write that the job failed; see ``described``."""
        self.say("failed", f"failed: {described(error, has_read=has_read)}", error=type(error).__name__)

    def progress(self, figures: Figures, event: str = "progress") -> None:
        """Write a progress line.

        Args:
            figures: of the job.
            event: short name of the event.
        """
        values = figures.values()
        messages = values["messages"]
        values["new_messages"] = more = messages - self._messages
        self._messages = messages
        lag = values["lag_seconds"]
        parts = [
            f"{messages:,} messages (+{more:,})",
            "lag unknown" if lag is None else f"lag {lag:,.0f} s",
            *([] if figures.waiting_messages is None else [f"{figures.waiting_messages:,} waiting"]),
            f"{values['articles']:,} articles",
            f"{values['records']:,} records",
            f"{values['duplicates']:,} repeated",
            f"{values['dead_letters']:,} dead letters",
            f"{values['late']:,} late",
        ]
        self.say(event, " · ".join(parts), **values)
