# SPDX-License-Identifier: Apache-2.0
"""Article messages from files as they appear, a few at a time."""

import glob
import heapq
import os
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timezone

from apache_beam.io.filesystems import FileSystems

from onrecord.data.input_file import InputFile
from onrecord.data.message import Message
from onrecord.data.paths import is_remote
from onrecord.data.settings import BATCH_SIZE, DEFAULT_INPUT, InputSettings
from onrecord.sources import SourceContext, patterns
from onrecord.sources.files import read_file
from onrecord.sources.floods import collapsed
from onrecord.sources.patterns import Matches
from onrecord.sources.polled import PolledMessages
from onrecord.telemetry import notices
from onrecord.telemetry.log import cause

BYTES_PER_POLL = 16 * 1024 * 1024  # the last message may exceed it
POLL_SECONDS = 1.0  # the runner writes no windows meanwhile
WAIT_SECONDS = 0.5
SCAN_PAUSE = 4.0  # times the duration of a scan: scans take a fifth of the time at most, however large the folder is
RETRY_SECONDS = (1.0, 2.0, 4.0, 8.0, 16.0, 30.0)  # between the tries to read a file
MAX_WAITING = 1_000  # files that wait for another try; no new file is begun meanwhile, since the whole disk may be away
MAX_NOTICES = 20  # per minute
NOTICE_SECONDS = 60.0


class FileChanged(OSError):
    """A file is another one than it was when it was read before."""

    def __init__(self) -> None:
        super().__init__("the file was changed after a part of it had been read")


@dataclass(order=True)
class _Reading:
    """A file that is being read, or waits for another try: the earliest first.

    Attributes:
        due: when it is tried again.
        file: the file.
        settings: how it is read.
        given: number of messages that were passed on.
        position: number of messages read in this try.
        failures: number of tries that failed.
        messages: the rest of it.
    """

    due: float
    file: InputFile
    settings: InputSettings = field(compare=False)
    given: int = field(default=0, compare=False)
    position: int = field(default=0, compare=False)
    failures: int = field(default=0, compare=False)
    messages: Iterator[Message] | None = field(default=None, compare=False)

    def next(self) -> Message | None:
        """Return the next message, or None at the end.

        Raises:
            FileChanged: it is another file now.
            Exception: it can't be read.
        """
        if self.messages is None:
            if self.given and self.file.changed_at and FileSystems.last_updated(self.file.path) != self.file.changed_at:
                raise FileChanged
            self.messages = collapsed(read_file(self.file, self.settings))
        message = next(self.messages, None)
        if message is not None:
            self.position += 1
        elif self.position < self.given:
            raise FileChanged
        return message

    def begin_again(self, due: float) -> None:
        """Read it from its start when it is due; messages that were passed on are skipped then."""
        self.due, self.position, self.messages = due, 0, None

    def letter(self, error: Exception) -> Message:
        """Return the dead letter for what could not be read."""
        problem = (
            f"file: it can't be read ({cause(error)}); {self.given:,} messages of it were read before that; repair it and read it"
            " with 'onrecord backfill'"
        )
        changed_at = datetime.fromtimestamp(self.file.changed_at, timezone.utc)
        return Message(b"", self.file.path, changed_at, {}, problem)


@dataclass
class _Notices:
    """Says what can't be read, in a bounded number of lines.

    Attributes:
        clock: returns the time in seconds.
    """

    clock: Callable[[], float]
    _since: float = float("-inf")
    _said: int = 0
    _unsaid: int = 0
    _before: frozenset[str] = frozenset()
    _lasting: frozenset[str] = frozenset()

    def say(self, text: str) -> None:
        """Say it now, or count it."""
        self.catch_up()
        if self._said < MAX_NOTICES:
            self._said += 1
            notices.say("unreadable", text)
        else:
            self._unsaid += 1

    def say_lasting(self, troubles: Iterable[str]) -> None:
        """Say, once, what was wrong in the last scan and in this one: a link may be there before its file, a folder before its mode."""
        now = frozenset(troubles)
        lasting = now & self._before
        for text in sorted(lasting - self._lasting):
            self.say(text)
        self._before, self._lasting = now, lasting | (now & self._lasting)

    def catch_up(self) -> None:
        """Begin another minute if the last one is over."""
        now = self.clock()
        if now - self._since >= NOTICE_SECONDS:
            if self._unsaid:
                notices.say("unreadable", f"{self._unsaid:,} more such lines are left out")
            self._since, self._said, self._unsaid = now, 0, 0


@dataclass
class WatchedFiles:
    """Reads every file that matches a pattern once, in order of modification time; a file must be complete when it gets its final name.

    A file that can't be read is tried again several times, each time from the first message that was not passed on; other files are read
    meanwhile. In the end it is a message with a ``problem``.

    Attributes:
        pattern: a file, a folder, or a pattern; see ``onrecord.sources.patterns``.
        interval: seconds between scans for new files.
        reading: how files are read.
        at_once: maximum number of messages of a poll.
        clock: returns the time in seconds.
    """

    pattern: str
    interval: float
    reading: InputSettings = DEFAULT_INPUT
    at_once: int = BATCH_SIZE
    clock: Callable[[], float] = time.monotonic
    _seen: set[str] = field(default_factory=set)
    _new: deque[InputFile] = field(default_factory=deque)
    _waiting: list[_Reading] = field(default_factory=list)
    _open: _Reading | None = None
    _next_scan: float = float("-inf")

    def __post_init__(self) -> None:
        self._notices = _Notices(self.clock)

    def __call__(self, drain: threading.Event) -> list[Message]:
        """Return the next messages; once ``drain`` is set, the rest of the files that were begun, and then none."""
        messages: list[Message] = []
        size, ends = 0, self.clock() + POLL_SECONDS
        while len(messages) < self.at_once and size < BYTES_PER_POLL:
            is_draining = drain.is_set()
            if self.clock() >= ends and (messages or not is_draining):  # an empty list would end a drain
                break
            if self._open is None and not self._begin(is_draining):
                if not messages:
                    drain.wait(min(WAIT_SECONDS, self.interval))
                break
            message = self._read(is_draining)
            if message is not None:
                messages.append(message)
                size += len(message.payload)
        return messages

    def _begin(self, is_draining: bool) -> bool:
        """Open a file whose next try is due, or else the next new file; return whether there is one."""
        self._notices.catch_up()
        now = self.clock()
        if self._waiting and (is_draining or self._waiting[0].due <= now):
            self._open = heapq.heappop(self._waiting)
            return True
        if is_draining or len(self._waiting) >= MAX_WAITING:
            return False
        if not self._new and now >= self._next_scan:
            self._scan()
        if not self._new:
            return False
        self._open = _Reading(now, self._new.popleft(), self.reading)
        return True

    def _read(self, is_draining: bool) -> Message | None:
        """Return the next message of the open file, or None if there is none now."""
        reading = self._open
        assert reading is not None
        try:
            message = reading.next()
        except Exception as error:  # of a disk, a network or a reader: the other files must be read all the same
            return self._failed(reading, error, is_draining)
        if message is None:
            self._open = None
            if reading.failures:
                self._notices.say(f"{reading.file.path} was read after all")
        elif reading.position > reading.given:
            reading.given += 1
            return message
        return None

    def _failed(self, reading: _Reading, error: Exception, is_draining: bool) -> Message | None:
        """Have a file tried again, or return the message with its problem."""
        self._open = None
        reading.failures += 1
        if not (is_draining or isinstance(error, FileChanged) or reading.failures > len(RETRY_SECONDS)):
            if reading.failures == 1:
                self._notices.say(f"{reading.file.path} can't be read, trying again: {cause(error)}")
            reading.begin_again(self.clock() + RETRY_SECONDS[reading.failures - 1])
            heapq.heappush(self._waiting, reading)
            return None
        self._notices.say(f"{reading.file.path} can't be read and is a dead letter: {cause(error)}")
        return reading.letter(error)

    def _scan(self) -> None:
        """Queue all new files."""
        began = self.clock()
        try:
            found = patterns.matched(self.pattern, self._seen)
        except Exception as error:  # the filesystem may be back at the next scan
            self._notices.say_lasting([f"can't look for files that match {self.pattern}, trying again: {cause(error)}"])
            found = Matches()
        else:
            self._notices.say_lasting(_troubles(self.pattern, found))
        self._seen.update(file.path for file in found.files)
        self._new.extend(sorted(found.files, key=lambda file: (file.changed_at, file.path)))
        ended = self.clock()
        self._next_scan = ended + max(self.interval, SCAN_PAUSE * (ended - began))


def _troubles(pattern: str, found: Matches) -> Iterator[str]:
    """Yield what is not read, and why."""
    for paths, why in (
        (found.broken_links, "a link to nothing"),
        (found.folders, "a folder; give the folder itself, or a pattern with /**"),
        (found.unknown, "of an unknown kind, by its ending; give --format and a pattern"),
    ):
        yield from (f"{path} is not read, since it is {why}" for path in paths)
    yield from _unreadable(pattern)


def _unreadable(pattern: str) -> Iterator[str]:
    """Yield why local folders that a pattern means can't be listed; none of their files would match."""
    if is_remote(pattern):
        return
    folders = (
        os.path.join(pattern, "**")
        if os.path.isdir(pattern)
        else os.path.dirname(patterns.literal(pattern)) or os.curdir
    )
    for folder in glob.iglob(os.path.join(folders, ""), recursive=True):
        try:
            os.scandir(folder).close()
        except FileNotFoundError:
            continue  # it was removed just now
        except OSError as error:
            yield f"{folder} can't be looked into: {error.strerror}"


def from_files(pattern: str, context: SourceContext) -> PolledMessages:
    """Return the source that ``--watch`` selects."""
    return PolledMessages(WatchedFiles(pattern, context.options["every"], context.reading, context.at_once))
