# SPDX-License-Identifier: Apache-2.0
"""A connection to a subscription that survives outages of Pub/Sub."""

import logging
import os
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
PULL_SECONDS = 1.0  # a pull waits this long for a message
CALL_SECONDS = 10.0  # timeout of all other calls, and of a pull that does not wait
RECONNECT_SECONDS = 10.0  # a failed connection backs off between its tries; a new one tries at once
MIN_WARNING_INTERVAL_SECONDS = 30.0
MAX_IDS_PER_CALL = 1_000  # a request may have 512 kB; an id has about 200 bytes
TRANSIENT = (ServerError, TooManyRequests, Aborted, Cancelled, RetryError)


def subscriber_client() -> Any:
    """Return a client that receives messages of any size; ``PUBSUB_EMULATOR_HOST`` is honoured."""
    # Here, since they are slow to import, and a process that only launches a job does not need them.
    import grpc
    from google.cloud import pubsub
    from google.pubsub_v1.services.subscriber.transports import SubscriberGrpcTransport

    emulator = os.environ.get("PUBSUB_EMULATOR_HOST")
    if not emulator:
        return pubsub.SubscriberClient()
    # For an emulator the client opens a channel with gRPC's own limit of 4 MiB, which ten messages of half a megabyte exceed.
    channel = grpc.insecure_channel(emulator, [("grpc.max_receive_message_length", -1)])
    return pubsub.SubscriberClient(transport=SubscriberGrpcTransport(channel=channel))


class Subscription:
    """A connection to a subscription; thread-safe."""

    def __init__(self, name: str) -> None:
        """Connect to ``projects/P/subscriptions/S``; ``PUBSUB_EMULATOR_HOST`` is honoured."""
        self.name = name
        self._lock = threading.Lock()
        self._client = subscriber_client()
        self._has_answered = False
        self._failing_since: float | None = None
        self._warned = -MIN_WARNING_INTERVAL_SECONDS

    def pull(self, limit: int) -> list[Any] | None:
        """Return messages with their ack ids, an empty list if there are none, or None if Pub/Sub is unreachable.

        Raises:
            GoogleAPICallError: the first call failed in a way that a retry won't fix, as when there is no such subscription.
        """
        request: dict[str, Any] = {"subscription": self.name, "max_messages": limit}
        try:
            try:
                answer = self._client.pull(request=request, timeout=PULL_SECONDS, retry=None)
            except DeadlineExceeded:
                # No message, or no server? The watermark depends on it, and only an answer can tell.
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
        """Acknowledge messages; return False if it should be tried again. What Pub/Sub refuses, it redelivers."""
        return self._all("acknowledge", ack_ids)

    def extend(self, ack_ids: list[str], seconds: int) -> bool:
        """Set the time until messages are redelivered, 0 for at once; return False if it should be tried again."""
        return self._all("modify_ack_deadline", ack_ids, ack_deadline_seconds=seconds)

    def _all(self, method: str, ack_ids: list[str], **more: int) -> bool:
        for start in range(0, len(ack_ids), MAX_IDS_PER_CALL):
            request = {"subscription": self.name, "ack_ids": ack_ids[start : start + MAX_IDS_PER_CALL], **more}
            try:
                getattr(self._client, method)(request=request, timeout=CALL_SECONDS, retry=None)
            except TRANSIENT as error:
                self._failed(error)
                return False
            except GoogleAPICallError as error:
                LOGGER.warning("%s: some messages will be redelivered: %s", self.name, error)
        return True

    def _answered(self) -> None:
        with self._lock:
            if self._failing_since is not None:
                LOGGER.warning("%s: Pub/Sub is reachable again", self.name)
            self._has_answered, self._failing_since = True, None

    def _failed(self, error: Exception) -> None:
        now = time.monotonic()
        with self._lock:
            if self._failing_since is None:
                self._failing_since = now
            if now - self._warned >= MIN_WARNING_INTERVAL_SECONDS:
                self._warned = now
                LOGGER.warning("%s: Pub/Sub is unreachable, retrying: %s", self.name, error)
            if now - self._failing_since >= RECONNECT_SECONDS:
                self._failing_since = now
                with suppress(
                    GoogleAuthError
                ):  # credentials may be unavailable too; then the old connection keeps trying
                    self._client = subscriber_client()
