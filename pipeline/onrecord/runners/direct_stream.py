# SPDX-License-Identifier: Apache-2.0
"""Streaming on Beam's local runner: sources that can be asked to stop, and that wait while Pub/Sub is unreachable."""

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from apache_beam.runners.runner import PipelineRunner
from apache_beam.utils.timestamp import Timestamp
from google.api_core.exceptions import DeadlineExceeded, NotFound, RetryError, ServiceUnavailable

from onrecord import beam_internals, clock
from onrecord.sources.polled import PolledMessages

PULL_SECONDS = 2.0  # a pull waits this long for messages, and no window is written meanwhile
NO_ANSWER = (DeadlineExceeded, RetryError, ServiceUnavailable)
MIN_OUTAGE_INTERVAL_SECONDS = 60.0  # between two reports of an outage
MAX_REASON_LENGTH = 300  # code points

Values = list[tuple[Timestamp, Any]]


class Drain:
    """Whether this process's streaming job should end; a process runs one such job at a time."""

    def __init__(self) -> None:
        """Start with a job that keeps running."""
        self.requested = threading.Event()

    def request(self) -> None:
        """Ask the sources to stop reading."""
        self.requested.set()

    def reset(self) -> None:
        """Prepare for another job."""
        self.requested.clear()


DRAIN = Drain()

Report = Callable[[str, str], None]  # takes the name of an event, and a description for people


@dataclass
class Reachability:
    """Tracks outages of Pub/Sub: reports the beginning and the end of each, but not each retry.

    Attributes:
        report: called with the name and the description of each event.
        clock: returns the time in seconds.
    """

    report: Report
    clock: Callable[[], float] = time.monotonic
    _lost_at: float | None = None
    _reported_at: float = float("-inf")

    def lost(self, reason: str) -> None:
        """Record a failed call; an unstable connection is reported once per interval."""
        now = self.clock()
        if self._lost_at is None and now - self._reported_at >= MIN_OUTAGE_INTERVAL_SECONDS:
            self._lost_at = self._reported_at = now
            self.report("unreachable", f"Pub/Sub is unreachable, retrying: {reason[:MAX_REASON_LENGTH]}")

    def found(self) -> None:
        """Record an answered call."""
        if self._lost_at is not None:
            self.report("reachable", f"Pub/Sub is reachable again after {self.clock() - self._lost_at:,.0f} s")
            self._lost_at = None


def _polled(transform: PolledMessages) -> Values:
    """Return the next messages of a polled source."""
    now = Timestamp.of(clock.steady_time())
    return [(now, message) for message in transform.poll(DRAIN.requested)]


class _ShortPull:
    """A Pub/Sub client whose pulls return soon enough for the runner to do its other work."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def pull(self, **arguments: Any) -> Any:
        return self._client.pull(**{**arguments, "timeout": PULL_SECONDS, "retry": None})

    def acknowledge(self, **arguments: Any) -> None:
        # The call may have succeeded. If not, the message is redelivered, and dropped as a duplicate.
        with suppress(*NO_ANSWER):
            self._client.acknowledge(**arguments)


@dataclass
class _PubSub:
    """Pulls from a subscription, through outages."""

    reachability: Reachability

    def pull(self, pull: Callable[[], Values], subscription: str) -> Values:
        """Return the next messages; an empty list if there are none, or no answer.

        Raises:
            NotFound: there is no such subscription.
        """
        if DRAIN.requested.is_set():
            return []
        messages: Values = []
        try:
            messages = pull()
        except ServiceUnavailable as error:
            self.reachability.lost(str(error.message))
            DRAIN.requested.wait(PULL_SECONDS)
            return []
        except NotFound as error:
            reason = f"{subscription}: {error.message}; create it with 'gcloud pubsub subscriptions create'"
            raise NotFound(reason) from None  # type: ignore[no-untyped-call]
        except NO_ANSWER:
            pass  # no message arrived in time
        self.reachability.found()
        return messages


def runner(report: Report) -> PipelineRunner:
    """Return the local streaming runner, with sources that end after ``DRAIN.request()``.

    Args:
        report: called at the beginning and the end of each outage of Pub/Sub.

    Raises:
        UntestedBeamError: onrecord was not tested with the installed version of Beam.
    """
    DRAIN.reset()
    pubsub = _PubSub(Reachability(report))
    return beam_internals.streaming_runner(DRAIN.requested, PolledMessages, _polled, pubsub.pull, _ShortPull)
