# SPDX-License-Identifier: Apache-2.0
"""Holds dead letters of a Pub/Sub subscription until their records are written."""

import threading
from collections.abc import Iterator
from contextlib import suppress
from types import TracebackType

from google.api_core.exceptions import DeadlineExceeded, GoogleAPICallError
from google.cloud import pubsub

from onrecord.data.message import EPOCH
from onrecord.data.records import DeadLetter
from onrecord.sinks.publisher import ERROR_ATTRIBUTES, original_attributes

PULL_SECONDS = 5.0  # timeout of a pull
CALL_SECONDS = 10.0  # timeout of all other calls
MAX_MESSAGES_PER_PULL = 100  # of up to 10 MB each
LEASE_SECONDS = 600  # the maximum that Pub/Sub allows
RENEW_SECONDS = 150.0  # often enough that two renewals may fail
MAX_IDS_PER_CALL = 1_000  # a request may have 512 kB, and an id has about 200 bytes


def pull(client: pubsub.SubscriberClient, subscription: str) -> list[pubsub.types.ReceivedMessage]:
    """Return the next messages of a subscription, or an empty list if no more arrive within ``PULL_SECONDS``."""
    try:
        answer = client.pull(
            subscription=subscription, max_messages=MAX_MESSAGES_PER_PULL, timeout=PULL_SECONDS, retry=None
        )
    except DeadlineExceeded:
        return []
    return list(answer.received_messages)


def letter_of(received: pubsub.types.ReceivedMessage, subscription: str) -> DeadLetter:
    """Return the dead letter in a message of a dead-letter topic; any other message becomes one without error details."""
    message = received.message
    attributes = dict(message.attributes)
    error = {name: attributes.get(name, "") for name in ERROR_ATTRIBUTES}
    origin = f"{subscription}/{message.message_id}"
    return DeadLetter(
        dead_letter_id=error["dead_letter_id"] or origin,
        failed_at=EPOCH + (message.publish_time - EPOCH),  # the client returns its own subclass of datetime
        stage=error["stage"],
        error_type=error["error_type"],
        error_message=error["error_message"],
        stack_trace="",
        payload=message.data,
        attributes=original_attributes(attributes),
        origin=error["origin"] or origin,
        pipeline_version="",
    )


class HeldLetters:
    """The dead letters of a subscription while the block runs; unacknowledged ones are given back when it ends."""

    def __init__(self, subscription: str) -> None:
        """Connect to Pub/Sub."""
        self._subscription = subscription
        self._client = pubsub.SubscriberClient()
        self._ack_ids: list[str] = []
        self._is_over = threading.Event()

    def __enter__(self) -> "HeldLetters":
        """Start renewing leases."""
        threading.Thread(target=self._renew, name="renew-leases", daemon=True).start()
        return self

    def __exit__(
        self, error_type: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Give back the unacknowledged letters."""
        self.give_back()

    def __iter__(self) -> Iterator[list[DeadLetter]]:
        """Pull all letters, in batches.

        Raises:
            GoogleAPICallError: Pub/Sub can't be reached, or rejects the call.
        """
        while received := pull(self._client, self._subscription):
            ack_ids = [got.ack_id for got in received]
            self._ack_ids += ack_ids
            self._extend(ack_ids, LEASE_SECONDS)
            yield [letter_of(got, self._subscription) for got in received]

    def acknowledge(self) -> None:
        """Acknowledge all letters.

        Raises:
            GoogleAPICallError: Pub/Sub can't be reached, or rejects the call; some are delivered again.
        """
        for some in self._in_calls(self._ack_ids):
            self._client.acknowledge(subscription=self._subscription, ack_ids=some, timeout=CALL_SECONDS)
        self._ack_ids = []

    def give_back(self) -> None:
        """Have the letters redelivered at once; if Pub/Sub can't be reached, that happens when their leases expire."""
        self._is_over.set()
        with suppress(GoogleAPICallError):
            self._extend(self._ack_ids, 0)

    def _renew(self) -> None:
        while not self._is_over.wait(RENEW_SECONDS):
            with suppress(GoogleAPICallError):
                self._extend(list(self._ack_ids), LEASE_SECONDS)

    def _extend(self, ack_ids: list[str], seconds: int) -> None:
        for some in self._in_calls(ack_ids):
            self._client.modify_ack_deadline(
                subscription=self._subscription, ack_ids=some, ack_deadline_seconds=seconds, timeout=CALL_SECONDS
            )

    @staticmethod
    def _in_calls(ack_ids: list[str]) -> Iterator[list[str]]:
        for start in range(0, len(ack_ids), MAX_IDS_PER_CALL):
            yield ack_ids[start : start + MAX_IDS_PER_CALL]
