"""A connection to a subscription that lives through Pub/Sub's being away."""

import logging
import threading
import time
from contextlib import suppress
from typing import Any

from google.api_core.exceptions import (
    Aborted,
    Cancelled,
    DeadlineExceeded,
    GoogleAPICallError,
    RetryError,
    ServerError,
    TooManyRequests,
)
from google.auth.exceptions import GoogleAuthError

LOGGER = logging.getLogger(__name__)
PULL_SECONDS = 1.0  # that a pull waits for a message
CALL_SECONDS = 10.0  # for every other call, and for a pull that does not wait
RECONNECT_SECONDS = (
    10.0  # a connection that failed waits longer and longer before it tries again; a new one tries at once
)
WARN_SECONDS = 30.0  # between two warnings
IDS_A_CALL = 1_000  # a request may have 512 kB, and an id has about 200 bytes
TRANSIENT = (ServerError, TooManyRequests, Aborted, Cancelled, RetryError)


class Subscription:
    """A connection to a subscription, for many threads."""

    def __init__(self, name: str) -> None:
        """Connect to ``projects/P/subscriptions/S``; ``PUBSUB_EMULATOR_HOST`` is honoured."""
        self.name = name
        self._lock = threading.Lock()
        self._client = self._connected()
        self._has_answered = False
        self._failing_since: float | None = None
        self._warned = -WARN_SECONDS

    @staticmethod
    def _connected() -> Any:
        from google.cloud import pubsub  # here: it takes long, and who only launches a job has no use for it

        return pubsub.SubscriberClient()

    def pull(self, most: int) -> list[Any] | None:
        """Return messages with their ack ids, an empty list where there are none, and None if Pub/Sub can't be reached.

        Raises:
            GoogleAPICallError: it never answered, and trying again won't help, as when there is no such subscription.
        """
        request: dict[str, Any] = {"subscription": self.name, "max_messages": most}
        try:
            try:
                answer = self._client.pull(request=request, timeout=PULL_SECONDS, retry=None)
            except DeadlineExceeded:
                # Nothing to be had, or nobody there? Only an answer tells, and the watermark depends on it.
                request["return_immediately"] = True
                answer = self._client.pull(request=request, timeout=CALL_SECONDS, retry=None)
        except (GoogleAPICallError, RetryError) as error:
            if not self._has_answered and not isinstance(error, TRANSIENT):
                raise
            self._failed(error)
            return None
        self._answered()
        return list(answer.received_messages)

    def acknowledge(self, ack_ids: list[str]) -> bool:
        """Acknowledge messages; whether that is settled: what Pub/Sub refuses, it delivers again."""
        return self._all("acknowledge", ack_ids)

    def extend(self, ack_ids: list[str], seconds: int) -> bool:
        """Set the time until messages are delivered again, 0 for at once; whether that is settled."""
        return self._all("modify_ack_deadline", ack_ids, ack_deadline_seconds=seconds)

    def _all(self, method: str, ack_ids: list[str], **more: int) -> bool:
        for start in range(0, len(ack_ids), IDS_A_CALL):
            request = {"subscription": self.name, "ack_ids": ack_ids[start : start + IDS_A_CALL], **more}
            try:
                getattr(self._client, method)(request=request, timeout=CALL_SECONDS, retry=None)
            except TRANSIENT as error:
                self._failed(error)
                return False
            except GoogleAPICallError as error:
                LOGGER.warning("%s: some messages will be delivered again: %s", self.name, error)
        return True

    def _answered(self) -> None:
        with self._lock:
            if self._failing_since is not None:
                LOGGER.warning("%s: Pub/Sub answers again", self.name)
            self._has_answered, self._failing_since = True, None

    def _failed(self, error: Exception) -> None:
        now = time.monotonic()
        with self._lock:
            if self._failing_since is None:
                self._failing_since = now
            if now - self._warned >= WARN_SECONDS:
                self._warned = now
                LOGGER.warning("%s: Pub/Sub can't be reached, trying again: %s", self.name, error)
            if now - self._failing_since >= RECONNECT_SECONDS:
                self._failing_since = now
                with suppress(GoogleAuthError):  # credentials may be away too; then the old connection goes on trying
                    self._client = self._connected()
