# SPDX-License-Identifier: Apache-2.0
"""Pulls from Pub/Sub for Beam's local runner: in the background, through outages, and whatever the size of the messages.

The runner has one thread, which also writes the windows. It asks for messages again and again, and gets those of a finished pull, or
none after a second. A pull goes on in a thread of its own meanwhile, so that large messages on a slow line are not cancelled, delivered
and cancelled again.
"""

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, wait
from dataclasses import dataclass, field
from typing import Any

from apache_beam.io.gcp.pubsub import PubsubMessage
from apache_beam.utils.timestamp import Timestamp
from google.api_core.exceptions import DeadlineExceeded, NotFound, ServiceUnavailable
from google.api_core.retry import Retry

from onrecord.sources.portable_pubsub.read import message_and_time, publish_time
from onrecord.sources.portable_pubsub.subscription import subscriber_client
from onrecord.telemetry.notices import Report
from onrecord.telemetry.waiting import WAITING

MIN_OUTAGE_INTERVAL_SECONDS = 60.0  # between two reports of an outage
MAX_REASON_LENGTH = 300  # code points

WAIT_SECONDS = 1.0  # the runner waits this long for a pull, and writes no window meanwhile
MIN_PULL_SECONDS = 20.0  # timeout of a pull
MAX_PULL_SECONDS = 600.0  # timeout of a pull over a slow line
NO_ANSWER_SECONDS = 30.0  # a pull that takes longer is reported, and goes on
MIN_EMPTY_SECONDS = 2.0  # a pull that takes longer waits for messages: if there are some, they are sent at once
ACKNOWLEDGE_SECONDS = 10.0
MIN_PAUSE_SECONDS, MAX_PAUSE_SECONDS = 1.0, 10.0  # between failed pulls
# Pub/Sub redelivers what is not acknowledged in time, which is 10 seconds for most subscriptions.
SLOW_SECONDS = 5.0  # a pull that takes longer is followed by one of fewer messages
LARGE_BYTES = 32 * 1024 * 1024  # and so is a pull of more bytes
WAITED_BYTES = 1024 * 1024  # one of fewer bytes that took long has waited for messages

Values = list[tuple[Timestamp, PubsubMessage]]


@dataclass
class Reachability:
    """Tracks outages of Pub/Sub: reports the beginning and the end of each, and another cause, but not each retry.

    Attributes:
        report: called with the name and the description of each event.
        clock: returns the time in seconds.
    """

    report: Report
    clock: Callable[[], float] = time.monotonic
    _lost_at: float | None = None
    _cause: str = ""
    _reported_at: float = float("-inf")

    def lost(self, reason: str, cause: str = "is unreachable") -> None:
        """Record a failed call; an unstable connection is reported once per interval.

        Args:
            reason: description of the error.
            cause: what Pub/Sub does, in words that are the same for each error of a kind.
        """
        WAITING.unreachable()
        now = self.clock()
        is_known = self._lost_at is not None and self._cause == cause
        if not is_known and now - self._reported_at >= MIN_OUTAGE_INTERVAL_SECONDS:
            self._lost_at = now if self._lost_at is None else self._lost_at
            self._reported_at, self._cause = now, cause
            self.report("unreachable", f"Pub/Sub {cause}, retrying: {' '.join(reason.split())[:MAX_REASON_LENGTH]}")

    def found(self) -> None:
        """Record an answered call."""
        if self._lost_at is not None:
            self.report("reachable", f"Pub/Sub is reachable again after {self.clock() - self._lost_at:,.0f} s")
            self._lost_at = None

    def failed(self, error: BaseException) -> None:
        """Record the error of a call."""
        if isinstance(error, ServiceUnavailable):
            self.lost(str(error.message))
        else:
            self.lost(f"{type(error).__name__}: {error}", f"answers with {type(error).__name__}")


def _started(call: Callable[[], Any]) -> "Future[Any]":
    """Return the future result of a call in a thread that does not keep the process alive."""
    future: Future[Any] = Future()

    def run() -> None:
        try:
            future.set_result(call())
        except BaseException as error:
            future.set_exception(error)

    threading.Thread(target=run, name="pull", daemon=True).start()
    return future


@dataclass
class BackgroundPulls:
    """Pulls from one subscription, one pull at a time.

    Attributes:
        subscription: ``projects/P/subscriptions/S``.
        drain: once set, no more messages are taken.
        reachability: tracks how the calls end.
        max_messages: maximum number of messages of a pull.
        connect: returns a client.
        clock: returns the time in seconds.
    """

    subscription: str
    drain: threading.Event
    reachability: Reachability
    max_messages: int
    connect: Callable[[], Any] = subscriber_client
    clock: Callable[[], float] = time.monotonic
    _client: Any = None
    _pull: "Future[Any] | None" = None
    _began: float = 0.0
    _messages: int = 1
    _seconds: float = MIN_PULL_SECONDS
    _pause: float = MIN_PAUSE_SECONDS
    _not_before: float = float("-inf")
    _asks_at_once: bool = True  # the first time, so that it is known soon whether the service answers
    _has_answered: bool = False

    def __post_init__(self) -> None:
        """Connect; missing credentials are an error."""
        self._client = self.connect()

    def messages(self) -> Values:
        """Return the messages of a finished pull, acknowledged; none after a short wait, or if the pull failed.

        Raises:
            NotFound: there is no such subscription.
        """
        WAITING.polled()
        if self.drain.is_set():
            self.close()
            return []
        if self._pull is None:
            pause = self._not_before - self.clock()
            if pause > 0:
                self.drain.wait(min(pause, WAIT_SECONDS))
                return []
            self._began = self.clock()
            self._pull = _started(self._call)
        if not wait([self._pull], WAIT_SECONDS).done:
            self._still_pulling()
            return []
        pull, self._pull = self._pull, None
        if (error := pull.exception()) is not None:
            self._failed(error)
            return []
        return self._taken(*pull.result())

    def close(self) -> None:
        """Cancel the pull; what it was sent is redelivered."""
        if self._client is not None:
            self._client.close()
            self._client = None

    def _call(self) -> Any:
        if self._client is None:
            self._client = self.connect()
        request = {"subscription": self.subscription, "max_messages": self._messages}
        if self._asks_at_once:
            request["return_immediately"] = True
        answer = self._client.pull(request=request, timeout=self._seconds, retry=None)
        # The runner may come back long after the answer.
        return answer.received_messages, self.clock() - self._began

    def _still_pulling(self) -> None:
        waited = self.clock() - self._began
        if waited >= MIN_EMPTY_SECONDS:
            WAITING.nothing_more()
        if waited >= NO_ANSWER_SECONDS:
            self.reachability.lost(f"no answer for {waited:,.0f} s", "does not answer")

    def _failed(self, error: BaseException) -> None:
        took = self.clock() - self._began
        if isinstance(error, NotFound) and not self._has_answered:
            reason = f"{self.subscription}: {error.message}; create it with 'gcloud pubsub subscriptions create'"
            raise NotFound(reason) from None  # type: ignore[no-untyped-call]
        self._messages = 1
        if isinstance(error, DeadlineExceeded):
            # No message, no server or a slow line? A pull that does not wait for messages tells.
            if not self._asks_at_once:
                self._asks_at_once = True
                return
            self.reachability.lost(f"no answer within {took:,.0f} s", "does not answer")
            if took >= 0.9 * self._seconds:
                self._seconds = min(2 * self._seconds, MAX_PULL_SECONDS)
        else:
            self.reachability.failed(error)
            if self._pause == MAX_PAUSE_SECONDS:
                self.close()  # a failed connection waits up to two minutes between its tries; a new one tries at once
        self._not_before = self.clock() + self._pause
        self._pause = min(2 * self._pause, MAX_PAUSE_SECONDS)

    def _taken(self, received: Any, took: float) -> Values:
        size = sum(len(each.message.data) for each in received)
        has_waited = not self._asks_at_once and size < WAITED_BYTES
        self._has_answered, self._asks_at_once, self._pause = True, False, MIN_PAUSE_SECONDS
        self._seconds = min(max(0.0 if has_waited else 2 * took, MIN_PULL_SECONDS), MAX_PULL_SECONDS)
        self.reachability.found()
        # A pull that gives fewer than it may means that no more are there, nearly always; if not, the next pull tells.
        has_more = len(received) == self._messages
        WAITING.answered(min(publish_time(each.message) for each in received) if has_more else None)
        if not received:
            self.drain.wait(max(0.0, WAIT_SECONDS - took))  # the emulator answers at once that it has none
            return []
        is_much = size > LARGE_BYTES or (took > SLOW_SECONDS and not has_waited)
        self._messages = max(1, self._messages // 2) if is_much else min(2 * self._messages, self.max_messages)
        self._acknowledge([each.ack_id for each in received])
        return [message_and_time(each.message) for each in received]

    def _acknowledge(self, ack_ids: list[str]) -> None:
        """Acknowledge messages; if that fails, they are redelivered, and dropped as duplicates."""
        retry = Retry(timeout=ACKNOWLEDGE_SECONDS)
        request = {"subscription": self.subscription, "ack_ids": ack_ids}
        try:
            self._client.acknowledge(request=request, timeout=ACKNOWLEDGE_SECONDS, retry=retry)
        except Exception as error:
            self.reachability.failed(error)


@dataclass
class PubSub:
    """The subscriptions that a job reads.

    Attributes:
        drain: once set, no more messages are taken.
        reachability: tracks how the calls end.
        max_messages: maximum number of messages of a pull.
    """

    drain: threading.Event
    reachability: Reachability
    max_messages: int
    _pulls: dict[str, BackgroundPulls] = field(default_factory=dict)

    def messages(self, subscription: str) -> Values:
        """Return the next messages of a subscription; see ``BackgroundPulls``."""
        if subscription not in self._pulls:
            self._pulls[subscription] = BackgroundPulls(subscription, self.drain, self.reachability, self.max_messages)
        return self._pulls[subscription].messages()
