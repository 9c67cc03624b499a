"""The messages that a process has pulled and not acknowledged yet."""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from apache_beam.utils.timestamp import MAX_TIMESTAMP, Timestamp

LOGGER = logging.getLogger(__name__)
WARN_SECONDS = 30.0  # between two warnings of the same thing


class Server(Protocol):
    """What leases are kept with."""

    def acknowledge(self, ack_ids: list[str]) -> bool:
        """Acknowledge messages; whether that is settled."""

    def extend(self, ack_ids: list[str], seconds: int) -> bool:
        """Set the time until messages are delivered again, 0 for at once; whether that is settled."""


@dataclass(eq=False)
class Turn:
    """The messages of one turn of one split, until they are acknowledged."""

    split: int
    number: int
    began: int  # by the count of what happened to the leases
    until: float  # seconds of the clock; then they are given up
    renew_at: float = 0.0
    finalized: int | None = None
    is_confirmed: bool = False
    ack_ids: list[str] = field(default_factory=list)
    size: int = 0  # bytes
    oldest: Timestamp = MAX_TIMESTAMP


class Leases:
    """The messages that one process has pulled from a subscription and not acknowledged yet; for many threads."""

    def __init__(
        self, server: Server, lease_seconds: int, hold_seconds: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Begin with none; see ``ReadFromPubSubPortably`` for the times."""
        self._server = server
        self._lease_seconds = lease_seconds
        self._hold_seconds = hold_seconds
        self._clock = clock
        self._lock = threading.Lock()
        self._turns: dict[tuple[int, int], Turn] = {}
        self._happened = 0
        self._warned = -WARN_SECONDS

    def _tick(self) -> int:
        self._happened += 1
        return self._happened

    def begin(self, split: int, number: int) -> Turn:
        """Return a new turn. Turns of the split with this number and later ones did not count: their messages are given back."""
        with self._lock:
            undone = [turn for turn in self._turns.values() if turn.split == split and turn.number >= number]
            for turn in undone:
                del self._turns[turn.split, turn.number]
            begun = Turn(split, number, self._tick(), self._clock() + self._hold_seconds)
            self._turns[split, number] = begun
        self._give_back(undone)
        return begun

    def take(self, turn: Turn, ack_ids: list[str], size: int, oldest: Timestamp) -> None:
        """Note messages that were pulled in a turn: their bytes together, and the time of the oldest."""
        with self._lock:
            turn.ack_ids += ack_ids
            turn.size += size
            turn.oldest = min(turn.oldest, oldest)
            turn.renew_at = 0.0  # a new lease begins with what the subscription says, 10 seconds or more

    def finalize(self, turn: Turn) -> None:
        """Note that the runner says that a turn is committed; acknowledge those before it of which it said so earlier."""
        with self._lock:
            if self._turns.get((turn.split, turn.number)) is not turn:
                return  # given up, or given back
            turn.finalized = self._tick()
            for other in self._turns.values():
                if other.split == turn.split and other.finalized is not None and other.finalized < turn.began:
                    other.is_confirmed = True
            if not turn.ack_ids:
                del self._turns[turn.split, turn.number]
        self.acknowledge_confirmed()

    def acknowledge_confirmed(self) -> None:
        """Acknowledge what is known to be committed; what fails is tried again by ``keep``."""
        with self._lock:
            confirmed = [turn for turn in self._turns.values() if turn.is_confirmed]
        for turn in confirmed:
            if self._server.acknowledge(turn.ack_ids):
                with self._lock:
                    self._turns.pop((turn.split, turn.number), None)

    def keep(self) -> bool:
        """Renew what is due, give up what was held for too long, acknowledge again what failed; whether any is left."""
        self.acknowledge_confirmed()
        now = self._clock()
        with self._lock:
            over = [turn for turn in self._turns.values() if turn.until <= now]
            for turn in over:
                del self._turns[turn.split, turn.number]
            due = [turn for turn in self._turns.values() if turn.ack_ids and turn.renew_at <= now]
            for turn in due:
                turn.renew_at = now + self._lease_seconds / 3
            ids = [ack_id for turn in due for ack_id in turn.ack_ids]
            is_any_left = bool(self._turns)
        if ids:
            self._server.extend(ids, self._lease_seconds)
        given_up = sum(len(turn.ack_ids) for turn in over)
        if given_up and now - self._warned >= WARN_SECONDS:
            self._warned = now
            LOGGER.warning(
                "%d messages were not committed within %.0f s and will be delivered again: the runner does not finalize bundles"
                " (on Flink, is checkpointing on?), or it takes longer; hold_seconds should be three checkpoint intervals",
                given_up,
                self._hold_seconds,
            )
        return is_any_left

    def give_back_all(self) -> None:
        """Give all messages back: nobody is left who could commit them."""
        with self._lock:
            turns, self._turns = list(self._turns.values()), {}
        self._give_back(turns)

    def _give_back(self, turns: list[Turn]) -> None:
        ids = [ack_id for turn in turns for ack_id in turn.ack_ids]
        if ids:
            self._server.extend(ids, 0)

    def out(self) -> tuple[int, int]:
        """Return how many messages and bytes are out."""
        with self._lock:
            turns = self._turns.values()
            return sum(len(turn.ack_ids) for turn in turns), sum(turn.size for turn in turns)

    def are_out(self, split: int) -> bool:
        """Whether any messages of a split are out."""
        with self._lock:
            return any(turn.ack_ids for turn in self._turns.values() if turn.split == split)

    def oldest(self) -> Timestamp:
        """Return the time of the oldest message that is out; the end of time where there is none."""
        with self._lock:
            return min((turn.oldest for turn in self._turns.values()), default=MAX_TIMESTAMP)
