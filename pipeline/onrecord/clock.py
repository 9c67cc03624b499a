# SPDX-License-Identifier: Apache-2.0
"""The time as a stream needs it: never earlier than it was before."""

import threading
import time
from collections.abc import Callable


class SteadyClock:
    """Follows the system's clock, and continues at the same pace from where it was when that is set back."""

    def __init__(
        self, system: Callable[[], float] = time.time, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        """Take the two clocks, which return seconds; the system's are since 1970."""
        self._system = system
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._read_at = monotonic()
        self._time = self._system()

    def __call__(self) -> float:
        """Return the seconds since 1970."""
        with self._lock:
            read_at = self._monotonic()
            self._time = max(self._system(), self._time + max(0.0, read_at - self._read_at))
            self._read_at = read_at
            return self._time


_CLOCK = SteadyClock()


def steady_time() -> float:
    """Return the seconds since 1970, on one clock for all threads of this process.

    A stream's watermark follows this clock and never goes back. Where the system's clock is set back, articles must not get the windows of
    that time: the watermark has closed them, and the runner would drop what is in them.
    """
    return _CLOCK()
