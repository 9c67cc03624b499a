# SPDX-License-Identifier: Apache-2.0
"""Turns of pulling, as a restriction of a splittable DoFn, and a watermark whose state is a number."""

from typing import NamedTuple

from apache_beam.coders import Coder, TupleCoder, VarIntCoder
from apache_beam.io.iobase import RestrictionProgress, RestrictionTracker, WatermarkEstimator
from apache_beam.utils.timestamp import Timestamp

ENDLESS = 2**62


class Turns(NamedTuple):
    """A restriction: the turns from ``start`` to before ``stop``."""

    start: int
    stop: int = ENDLESS


class TurnsCoder(Coder):  # type: ignore[misc]
    """Encodes turns. Savepoints contain the bytes, so the format must not change."""

    _coder = TupleCoder([VarIntCoder(), VarIntCoder()])

    def encode(self, value: Turns) -> bytes:
        """Return the bytes."""
        encoded: bytes = self._coder.encode(tuple(value))
        return encoded

    def decode(self, encoded: bytes) -> Turns:
        """Return the turns."""
        return Turns(*self._coder.decode(encoded))

    def is_deterministic(self) -> bool:
        """Equal turns have equal bytes."""
        return True


class TurnTracker(RestrictionTracker):  # type: ignore[misc]
    """Tracks which turns are taken and which are left for later."""

    def __init__(self, turns: Turns) -> None:
        """Start with no turn taken."""
        self._turns = turns
        self._taken: int | None = None

    def current_restriction(self) -> Turns:
        """Return the turns of this tracker."""
        return self._turns

    def current_progress(self) -> RestrictionProgress:
        """Return one half, since no one knows how many messages will come."""
        return RestrictionProgress(fraction=0.5)

    def try_claim(self, position: int) -> bool:
        """Take all turns up to this one; return False if it was given away."""
        if position >= self._turns.stop:
            return False
        if position < self._turns.start or (self._taken is not None and position <= self._taken):
            raise ValueError(f"turn {position} of {self._turns} can't be taken after {self._taken}")
        self._taken = position
        return True

    def try_split(self, fraction_of_remainder: float) -> tuple[Turns, Turns] | None:
        """Give away all turns that are not taken; return None if there are none. The current turn can't be divided."""
        first_left = self._turns.start if self._taken is None else self._taken + 1
        if first_left >= self._turns.stop:
            return None
        residual = Turns(first_left, self._turns.stop)
        self._turns = Turns(self._turns.start, first_left)
        return self._turns, residual

    def check_done(self) -> None:
        """Raise a ``ValueError`` if some turns were neither taken nor given away."""
        done_until = self._turns.start if self._taken is None else self._taken + 1
        if done_until < self._turns.stop:
            raise ValueError(f"turns from {done_until} on are left of {self._turns}")

    def is_bounded(self) -> bool:
        """Return False, since there may always be more messages."""
        return False


class HeldWatermark(WatermarkEstimator):  # type: ignore[misc]
    """A watermark that is set explicitly and never goes back; its state is a number of microseconds."""

    def __init__(self, micros: int) -> None:
        """Start with a saved state."""
        self._watermark = Timestamp(micros=micros)

    def observe_timestamp(self, timestamp: Timestamp) -> None:
        """Leave the watermark as it is."""

    def current_watermark(self) -> Timestamp:
        """Return the watermark."""
        return self._watermark

    def get_estimator_state(self) -> int:
        """Return the watermark in microseconds since 1970."""
        micros: int = self._watermark.micros
        return micros

    def advance(self, watermark: Timestamp) -> None:
        """Move the watermark forward; earlier times are ignored."""
        self._watermark = max(self._watermark, watermark)
