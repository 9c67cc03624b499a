# SPDX-License-Identifier: Apache-2.0
"""The messages of a stream on this machine that are not in a file yet, and its lag: the age of the oldest of them.

Only a process that runs a whole stream keeps them. Pub/Sub delivers about in the order of publication, so while a message that was read
is waiting, those that were not read are taken to be younger.
"""

import threading
import time
from collections.abc import Hashable, Iterator
from contextlib import contextmanager
from datetime import datetime

from onrecord.data.article import Article
from onrecord.data.records import ArticleRecord, Record

# A pull may wait this long for a message. When the last answer is older, nobody knows whether there are messages.
MAX_SILENT_SECONDS = 60.0


class Waiting:
    """What a process has read and not written; thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._is_kept = False
        self._since: dict[Hashable, float] = {}
        self._is_asked = self._is_answered = False
        self._answered = 0.0  # seconds of the monotonic clock
        self._is_reachable = True
        self._unread_since: float | None = None
        self.polled_at = 0.0  # seconds of the monotonic clock, when the runner last asked a source

    @contextmanager
    def kept(self) -> Iterator[None]:
        """Keep what is waiting, from nothing, while the block runs: in the process that reads and writes a stream."""
        with self._lock:
            self._since.clear()
            self._is_kept = self._is_reachable = True
            self._is_asked = self._is_answered = False
            self._unread_since = None
        try:
            yield
        finally:
            self._is_kept = False

    def add(self, key: Hashable, received_at: datetime) -> None:
        """Add what will be in a file.

        Args:
            key: what ``remove`` recognizes it by, see ``waiting_key``.
            received_at: when its message was received: of Pub/Sub, published.
        """
        if self._is_kept:
            with self._lock:
                self._since[key] = received_at.timestamp()

    def remove(self, key: Hashable) -> None:
        """Remove what is in a file, or what gets into none since it is a repetition."""
        if self._is_kept:
            with self._lock:
                self._since.pop(key, None)

    def answered(self, oldest: datetime | None) -> None:
        """Note an answer of the service that messages are read from.

        Args:
            oldest: when the oldest message of the answer was published, if there may be more, which are not older; None if not.
        """
        with self._lock:
            self._is_asked = self._is_answered = self._is_reachable = True
            self._answered = time.monotonic()
            self._unread_since = None if oldest is None else oldest.timestamp()

    def polled(self) -> None:
        """Note that the runner asks for messages, which is its sign of life."""
        self.polled_at = time.monotonic()

    def nothing_more(self) -> None:
        """Note that the service has been asked and does not answer, as if it had no message."""
        with self._lock:
            self._unread_since = None

    @property
    def is_answered(self) -> bool:
        """Whether the service that messages are read from can be asked, as far as is known."""
        return self._is_answered and self._is_reachable

    def unreachable(self) -> None:
        """Note that the service can't be asked."""
        with self._lock:
            self._is_asked, self._is_reachable = True, False

    def count(self) -> int:
        """Return how many messages were read and are not in a file."""
        with self._lock:
            return len(self._since)

    def lag(self, now: float | None = None) -> float | None:
        """Return the age of the oldest message that is not in a file, in seconds: 0 if there is none, None if nobody knows.

        Args:
            now: seconds since 1970; by default the present.
        """
        with self._lock:
            is_silent = self._is_asked and time.monotonic() - self._answered > MAX_SILENT_SECONDS
            if not self._is_kept or not self._is_reachable or is_silent:
                return None
            oldest = min(self._since.values(), default=self._unread_since)
        return 0.0 if oldest is None else max(0.0, (time.time() if now is None else now) - oldest)


WAITING = Waiting()  # of this process


def waiting_key(value: Article | Record) -> Hashable:
    """Return what an article, and later its record, or a dead letter is recognized by."""
    if isinstance(value, Article):
        return value.article_id, value.message.received_at
    if isinstance(value, ArticleRecord):
        return value.article_id, value.received_at
    return value.record_id
