# SPDX-License-Identifier: Apache-2.0
"""The status of a running stream: its figures, and whether it reads and writes."""

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

from onrecord.telemetry.figures import Figures

KEEP_SECONDS = 1.0  # figures are made at most this often, however many clients ask
MAX_STUCK_SECONDS = (
    600.0  # without a sign of life: longer than any batch of articles, or a write to a disk that is away, takes
)


@dataclass
class Status:
    """The status of a stream: its figures, and whether it is ready; thread-safe.

    Attributes:
        figures: returns the figures; it is called at most every KEEP_SECONDS.
        phase: ``starting``, then ``ready``, then ``draining``.
        alive_at: returns when the runner gave its last sign of life, in seconds of ``clock``; None if only its figures are one.
        clock: returns seconds.
    """

    figures: Callable[[], Figures] = Figures
    phase: str = "starting"
    alive_at: Callable[[], float] | None = None
    clock: Callable[[], float] = time.monotonic
    _started: float = field(init=False)
    _answered: float = field(default=0.0, init=False)
    _asked: float = field(default=float("-inf"), init=False)
    _latest: Figures = field(default_factory=Figures, init=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False)

    def __post_init__(self) -> None:
        self._started = self.clock()

    @property
    def has_begun(self) -> bool:
        """Whether the job may have read a message."""
        return self.figures is not Figures

    @property
    def is_ready(self) -> bool:
        """Whether the stream reads and writes."""
        return self.phase == "ready"

    @property
    def is_stuck(self) -> bool:
        """Whether the runner has not given a sign of life for long, so that a restart may help."""
        self.latest()
        signs = [self._started, self._answered, *([] if self.alive_at is None else [self.alive_at()])]
        return self.clock() - max(signs) > MAX_STUCK_SECONDS

    @property
    def up_seconds(self) -> float:
        """Time since the stream was started."""
        return self.clock() - self._started

    def latest(self) -> Figures:
        """Return the figures, which are at most KEEP_SECONDS old, or older while the runner can't say new ones."""
        with self._lock:
            now = self.clock()
            if now - self._asked >= KEEP_SECONDS:
                self._asked = now
                with suppress(
                    Exception
                ):  # the runner has no metrics yet, is changing them at this moment, or doesn't answer
                    self._latest = self.figures()
                    # A runner in this process always has figures, also when it is stuck.
                    self._answered = now if self.alive_at is None else 0.0
            return self._latest
