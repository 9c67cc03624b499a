# SPDX-License-Identifier: Apache-2.0
"""How much a split pulls in one turn: what the runner, by the turns before, is done with in a given time."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

FIRST_MESSAGES, FIRST_BYTES = 16, 100_000  # in the first turn, when nothing is known
MAX_MESSAGES, MAX_BYTES = 10_000, 100_000_000
# From one turn to the next. What a runner has room for it is not yet done with: at first turns seem to take no time, until its buffers are
# full, and then the last of these turns waits for all of itself. With a tenth of growth, it has a tenth of the messages in the buffers.
MAX_GROWTH = 1.1


@dataclass
class Allowance:
    """How much of something a turn may take."""

    size: float
    most: float

    def adapt(self, taken: float, takes_seconds: float, seconds: float, is_limited: bool) -> None:
        """Follow the pace of a turn.

        Args:
            taken: how much the turn took.
            takes_seconds: the time until the next turn of its split began.
            seconds: the time that a turn should take.
            is_limited: whether the turn ended because it had taken all it was allowed.
        """
        fitting = taken / max(takes_seconds, 1e-3) * seconds
        if fitting < self.size:
            self.size = max(fitting, 1.0)
        elif is_limited:
            self.size = min(fitting, self.size * MAX_GROWTH, self.most)


@dataclass
class Pace:
    """The pace of one split of one process.

    A runner with backpressure asks for the next turn when the steps behind have room for it. So the time from the beginning of a turn to
    that of the next one is how long they work on the messages of one turn, however many splits share them.

    Attributes:
        seconds: how long the steps behind should work on the messages of a turn.
        clock: returns the time in seconds.
    """

    seconds: float
    clock: Callable[[], float] = time.monotonic
    _messages: Allowance = field(default_factory=lambda: Allowance(FIRST_MESSAGES, MAX_MESSAGES))
    _bytes: Allowance = field(default_factory=lambda: Allowance(FIRST_BYTES, MAX_BYTES))
    _began: float = 0.0
    _taken: tuple[int, int] = (0, 0)

    def begin(self) -> None:
        """Begin a turn."""
        now = self.clock()
        messages, size = self._taken
        if messages:
            took, is_limited = now - self._began, self.left() == 0
            self._messages.adapt(messages, took, self.seconds, is_limited)
            self._bytes.adapt(size, took, self.seconds, is_limited)
        self._began, self._taken = now, (0, 0)

    def take(self, messages: int, size: int) -> None:
        """Count messages that were pulled, and their bytes."""
        self._taken = self._taken[0] + messages, self._taken[1] + size

    def left(self) -> int:
        """Return how many messages the turn may still pull."""
        messages, size = self._taken
        if size >= self._bytes.size:
            return 0
        return max(0, round(self._messages.size) - messages)
