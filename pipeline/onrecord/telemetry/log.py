"""What a stream says of itself while it runs: lines for people, or JSON objects for machines; never a word of an article."""

import json
import re
import sys
import time
import traceback
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path
from typing import TextIO

from apache_beam.io.filesystem import BeamIOError
from google.api_core.exceptions import GoogleAPICallError
from google.auth.exceptions import GoogleAuthError

from onrecord.commands.stream_options import LogFormat
from onrecord.telemetry import metrics

# What the surroundings raise: a disk, a network, a service. It never quotes an article, which any other error may do.
SURROUNDINGS = (OSError, BeamIOError, GoogleAPICallError, GoogleAuthError)
LONGEST_ERROR = 500  # code points
STEP = re.compile(r"\[while running '([^']*)'\]")
PACKAGE = Path(__file__).parents[1]


def told(error: Exception) -> str:
    """Return what may be told of an error: what the surroundings say; of any other where it was raised, and in which step."""
    name = type(error).__name__
    if isinstance(error, SURROUNDINGS):
        return f"{name}: {' '.join(str(error).split())}"[:LONGEST_ERROR]
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if PACKAGE in Path(frame.filename).parents]
    where = [f" at {Path(frame.filename).name}:{frame.lineno}" for frame in (ours or frames)[-1:]]
    step = STEP.search(str(error))
    steps = [f" in the step {step[1]}"] if step else []
    return "".join([name, *where, *steps, "; its message may quote an article: --log-format text shows it"])[
        :LONGEST_ERROR
    ]


@dataclass
class Report:
    """Writes to standard error.

    Attributes:
        log_format: ``text`` or ``json``.
        stream: what stands for standard error.
    """

    log_format: LogFormat
    stream: TextIO = field(default_factory=lambda: sys.stderr)
    _before: dict[str, int] = field(default_factory=dict)

    def say(self, event: str, text: str, **values: int | float | str | None) -> None:
        """Write a line.

        Args:
            event: what happened, in a word.
            text: the same for people.
            values: what goes with it, for machines.
        """
        now = datetime.now(timezone.utc)
        if self.log_format == "json":
            line = json.dumps({"time": now.isoformat(timespec="seconds"), "event": event, "message": text, **values})
        else:
            line = f"{now:%H:%M:%S} {text}"
        print(line, file=self.stream, flush=True)

    def failed(self, error: Exception) -> None:
        """Write that the job failed."""
        self.say("failed", f"failed: {told(error)}", error=type(error).__name__)

    def progress(self, counts: dict[str, int], newest: int | None, event: str = "progress") -> None:
        """Write what went through so far.

        Args:
            counts: a job's counters.
            newest: when the newest message that was read was published, in seconds since 1970; None where there is none.
            event: what this line is.
        """
        messages = counts.get(metrics.MESSAGES, 0)
        more = messages - self._before.get(metrics.MESSAGES, 0)
        self._before = counts
        values: dict[str, int | None] = {
            "messages": messages,
            "new_messages": more,
            "lag_seconds": None if newest is None else max(0, round(time.time()) - newest),
            "articles": counts.get(metrics.ARTICLES, 0),
            "records": sum(metrics.with_prefix(counts, metrics.RECORDS).values()),
            "dead_letters": sum(metrics.with_prefix(counts, metrics.DEAD_LETTERS).values()),
            "duplicates": counts.get(metrics.DUPLICATES, 0),
            "late": counts.get(metrics.LATE, 0) + counts.get(metrics.TOO_LATE, 0),
        }
        lag = "no lag known" if values["lag_seconds"] is None else f"lag {values['lag_seconds']:,} s"
        text = (
            f"{messages:,} messages (+{more:,}) · {lag} · {values['articles']:,} articles · {values['records']:,} records"
            f" · {values['duplicates']:,} sent again · {values['dead_letters']:,} dead letters · {values['late']:,} late"
        )
        self.say(event, text, **values)
