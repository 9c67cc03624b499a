# SPDX-License-Identifier: Apache-2.0
"""The messages that a process has pulled and not yet acknowledged."""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from apache_beam.utils.timestamp import MAX_TIMESTAMP, Timestamp

LOGGER = logging.getLogger(__name__)
MIN_WARNING_INTERVAL_SECONDS = 30.0


class Server(Protocol):
    """Where messages are acknowledged and leases are renewed."""

    def acknowledge(self, ack_ids: list[str]) -> bool:
        """Acknowledge messages; return False if it should be tried again."""

    def extend(self, ack_ids: list[str], seconds: int) -> bool:
        """Set the time until messages are redelivered, 0 for at once; return False if it should be tried again."""


@dataclass(eq=False)
class Turn:
    """The messages of one turn of one split, until they are acknowledged."""

    split: int
    number: int
    began: int  # a count of events, by which turns are compared with finalizations
    until: float  # seconds of the clock; then the messages are given up
    renew_at: float = 0.0
    finalized: int | None = None
    is_confirmed: bool = False
    ack_ids: list[str] = field(default_factory=list)
    size: int = 0  # bytes
    oldest: Timestamp = MAX_TIMESTAMP


class Leases:
    """The messages that one process has pulled from a subscription and not yet acknowledged; thread-safe."""

    def __init__(
        self, server: Server, lease_seconds: int, hold_seconds: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Start without messages; ``Limits`` explains the times."""
        self._server = server
        self._lease_seconds = lease_seconds
        self._hold_seconds = hold_seconds
        self._clock = clock
        self._lock = threading.Lock()
        self._turns: dict[tuple[int, int], Turn] = {}
        self._events = 0
        self._warned = -MIN_WARNING_INTERVAL_SECONDS

    def _tick(self) -> int:
        self._events += 1
        return self._events

    def begin(self, split: int, number: int) -> Turn:
        """Return a new turn. If the split had turns with this number or later ones, they were undone: their messages are given back."""
        with self._lock:
            undone = [turn for turn in self._turns.values() if turn.split == split and turn.number >= number]
            for turn in undone:
                del self._turns[turn.split, turn.number]
            begun = Turn(split, number, self._tick(), self._clock() + self._hold_seconds)
            self._turns[split, number] = begun
        self._give_back(undone)
        return begun

    def take(self, turn: Turn, ack_ids: list[str], size: int, oldest: Timestamp) -> None:
        """Add messages that were pulled in a turn, with their total size in bytes and the time of the oldest."""
        with self._lock:
            turn.ack_ids += ack_ids
            turn.size += size
            turn.oldest = min(turn.oldest, oldest)
            turn.renew_at = 0.0  # the first lease is as long as the subscription says, 10 seconds or more

    def finalize(self, turn: Turn) -> None:
        """Note that the runner has finalized a turn; acknowledge turns that were finalized before this one began."""
        with self._lock:
            if self._turns.get((turn.split, turn.number)) is not turn:
                return  # it was given up or given back
            turn.finalized = self._tick()
            for other in self._turns.values():
                if other.split == turn.split and other.finalized is not None and other.finalized < turn.began:
                    other.is_confirmed = True
            if not turn.ack_ids:
                del self._turns[turn.split, turn.number]
        self.acknowledge_confirmed()

    def acknowledge_confirmed(self) -> None:
        """Acknowledge the turns that are known to be committed; ``keep`` retries failed ones."""
        with self._lock:
            confirmed = [turn for turn in self._turns.values() if turn.is_confirmed]
        for turn in confirmed:
            if self._server.acknowledge(turn.ack_ids):
                with self._lock:
                    self._turns.pop((turn.split, turn.number), None)

    def keep(self) -> bool:
        """Renew leases that are due, give up messages held for too long, retry failed acknowledgements; return whether any are left."""
        self.acknowledge_confirmed()
        now = self._clock()
        with self._lock:
            expired = [turn for turn in self._turns.values() if turn.until <= now]
            for turn in expired:
                del self._turns[turn.split, turn.number]
            due = [turn for turn in self._turns.values() if turn.ack_ids and turn.renew_at <= now]
            for turn in due:
                turn.renew_at = now + self._lease_seconds / 3
            ids = [ack_id for turn in due for ack_id in turn.ack_ids]
            is_any_left = bool(self._turns)
        if ids:
            self._server.extend(ids, self._lease_seconds)
        given_up = sum(len(turn.ack_ids) for turn in expired)
        if given_up and now - self._warned >= MIN_WARNING_INTERVAL_SECONDS:
            self._warned = now
            LOGGER.warning(
                "%d messages were not committed within %.0f s and will be redelivered: the runner does not finalize bundles (on Flink,"
                " is checkpointing enabled?), or takes longer to do so; hold_seconds should be at least three checkpoint intervals",
                given_up,
                self._hold_seconds,
            )
        return is_any_left

    def give_back_all(self) -> None:
        """Give all messages back, when no one is left to commit them."""
        with self._lock:
            turns, self._turns = list(self._turns.values()), {}
        self._give_back(turns)

    def _give_back(self, turns: list[Turn]) -> None:
        ids = [ack_id for turn in turns for ack_id in turn.ack_ids]
        if ids:
            self._server.extend(ids, 0)

    def unacknowledged(self) -> tuple[int, int]:
        """Return the number and the size in bytes of unacknowledged messages."""
        with self._lock:
            turns = self._turns.values()
            return sum(len(turn.ack_ids) for turn in turns), sum(turn.size for turn in turns)

    def has_unacknowledged(self, split: int) -> bool:
        """Whether a split has unacknowledged messages."""
        with self._lock:
            return any(turn.ack_ids for turn in self._turns.values() if turn.split == split)

    def oldest(self) -> Timestamp:
        """Return the time of the oldest unacknowledged message; the end of time if there is none."""
        with self._lock:
            return min((turn.oldest for turn in self._turns.values()), default=MAX_TIMESTAMP)
