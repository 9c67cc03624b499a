# SPDX-License-Identifier: Apache-2.0
"""Article messages from files as they appear, a few at a time."""

import glob
import itertools
import os
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

from apache_beam.io.filesystems import FileSystems

from onrecord.data.message import Message
from onrecord.sources import SourceContext
from onrecord.sources.files import read_file
from onrecord.sources.floods import collapsed
from onrecord.sources.polled import PolledMessages

MESSAGES_PER_POLL = 16  # the number of texts parsed together by default
WAIT_SECONDS = 0.5


@dataclass
class WatchedFiles:
    """Reads every file that matches a pattern once, in order of modification time; a file must be complete when it gets its final name.

    Attributes:
        pattern: a path with ``*``, ``?`` and ``[...]``, as Beam's filesystems understand it.
        interval: seconds between scans for new files.
    """

    pattern: str
    interval: float
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
        found = [file for matched in FileSystems.match([self.pattern]) for file in matched.metadata_list]
        new = sorted(
            (file for file in found if file.path not in self._seen),
            key=lambda file: (file.last_updated_in_seconds or 0, file.path),
        )
        if new:
            self._seen.add(new[0].path)
            self._messages = collapsed(read_file(new[0]))
        else:
            self._last_scan = time.monotonic()


def from_files(pattern: str, context: SourceContext) -> PolledMessages:
    """Return the source that ``--watch`` selects."""
    # The name of an existing file is taken literally, brackets included.
    escaped = glob.escape(pattern) if os.path.isfile(pattern) else pattern
    return PolledMessages(WatchedFiles(escaped, context.options["every"]))
