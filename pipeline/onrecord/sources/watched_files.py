# SPDX-License-Identifier: Apache-2.0
"""Article messages from files as they appear, a few at a time."""

import itertools
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

from onrecord.data.message import Message
from onrecord.data.settings import DEFAULT_INPUT, InputSettings
from onrecord.sources import SourceContext, patterns
from onrecord.sources.files import read_file
from onrecord.sources.floods import collapsed
from onrecord.sources.polled import PolledMessages

MESSAGES_PER_POLL = 16  # the number of texts parsed together by default
WAIT_SECONDS = 0.5


@dataclass
class WatchedFiles:
    """Reads every file that matches a pattern once, in order of modification time; a file must be complete when it gets its final name.

    Attributes:
        pattern: a file, a folder, or a pattern; see ``onrecord.sources.patterns``.
        interval: seconds between scans for new files.
        reading: how files are read.
    """

    pattern: str
    interval: float
    reading: InputSettings = DEFAULT_INPUT
    _seen: set[str] = field(default_factory=set)
    _messages: Iterator[Message] = field(default_factory=lambda: iter(()))
    _last_scan: float = float("-inf")

    def __call__(self, drain: threading.Event) -> list[Message]:
        """Return the next messages; once ``drain`` is set, the rest of the open file, and then none."""
        messages = list(itertools.islice(self._messages, MESSAGES_PER_POLL))
        if messages or drain.is_set():
            return messages
        if time.monotonic() - self._last_scan >= self.interval:
            self._scan()
            messages = list(itertools.islice(self._messages, MESSAGES_PER_POLL))
        if not messages:
            drain.wait(min(WAIT_SECONDS, self.interval))
        return messages

    def _scan(self) -> None:
        """Open the next new file, if there is one."""
        new = sorted(
            (file for file in patterns.matched(self.pattern).files if file.path not in self._seen),
            key=lambda file: (file.changed_at, file.path),
        )
        if new:
            self._seen.add(new[0].path)
            self._messages = collapsed(read_file(new[0], self.reading))
        else:
            self._last_scan = time.monotonic()


def from_files(pattern: str, context: SourceContext) -> PolledMessages:
    """Return the source that ``--watch`` selects."""
    return PolledMessages(WatchedFiles(pattern, context.options["every"], context.reading))
