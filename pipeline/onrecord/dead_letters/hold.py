"""Dead letters from a Pub/Sub subscription, which stay there until what came of them is written."""

import threading
from collections.abc import Iterator
from contextlib import suppress
from types import TracebackType

from google.api_core.exceptions import DeadlineExceeded, GoogleAPICallError
from google.cloud import pubsub

from onrecord.data.message import EPOCH
from onrecord.data.records import DeadLetter
from onrecord.sinks.publisher import TOLD, original_attributes

PULL_SECONDS = 5.0  # that a wait for messages may take
CALL_SECONDS = 10.0  # for every other call
TOGETHER = 100  # messages pulled at a time, of up to 10 MB each
LEASE_SECONDS = 600  # the most that Pub/Sub gives
RENEW_SECONDS = 150.0  # so often that two renewals may fail
IDS_A_CALL = 1_000  # a request may have 512 kB, and an id has about 200 bytes


def pull(client: pubsub.SubscriberClient, subscription: str) -> list[pubsub.types.ReceivedMessage]:
    """Return some messages of a subscription, or none when no more come."""
    try:
        answer = client.pull(subscription=subscription, max_messages=TOGETHER, timeout=PULL_SECONDS, retry=None)
    except DeadlineExceeded:
        return []
    return list(answer.received_messages)


def letter_of(received: pubsub.types.ReceivedMessage, subscription: str) -> DeadLetter:
    """Return the dead letter that a message of a dead-letter topic is; any other message is one too, of which nothing is told."""
    message = received.message
    attributes = dict(message.attributes)
    told = {name: attributes.get(name, "") for name in TOLD}
    origin = f"{subscription}/{message.message_id}"
    return DeadLetter(
        dead_letter_id=told["dead_letter_id"] or origin,
        failed_at=EPOCH + (message.publish_time - EPOCH),  # the client's times are of a class of their own
        stage=told["stage"],
        error_type=told["error_type"],
        error_message=told["error_message"],
        stack_trace="",
        payload=message.data,
        attributes=original_attributes(attributes),
        origin=told["origin"] or origin,
        pipeline_version="",
    )


class HeldLetters:
    """The dead letters of a subscription, while the block runs; those that are not acknowledged are given back when it ends."""

    def __init__(self, subscription: str) -> None:
        """Hold none yet."""
        self._subscription = subscription
        self._client = pubsub.SubscriberClient()
        self._ack_ids: list[str] = []
        self._is_over = threading.Event()

    def __enter__(self) -> "HeldLetters":
        """Renew what is held from now on."""
        threading.Thread(target=self._renew, name="renew-leases", daemon=True).start()
        return self

    def __exit__(
        self, error_type: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Give back what was not acknowledged."""
        self.give_back()

    def __iter__(self) -> Iterator[list[DeadLetter]]:
        """Pull all that is there, some at a time.

        Raises:
            GoogleAPICallError: Pub/Sub can't be reached, or refuses.
        """
        while received := pull(self._client, self._subscription):
            ack_ids = [got.ack_id for got in received]
            self._ack_ids += ack_ids
            self._extend(ack_ids, LEASE_SECONDS)
            yield [letter_of(got, self._subscription) for got in received]

    def acknowledge(self) -> None:
        """Let go of the letters for good.

        Raises:
            GoogleAPICallError: Pub/Sub can't be reached, or refuses; some are delivered again.
        """
        for some in self._in_calls(self._ack_ids):
            self._client.acknowledge(subscription=self._subscription, ack_ids=some, timeout=CALL_SECONDS)
        self._ack_ids = []

    def give_back(self) -> None:
        """Have what is held delivered again at once; if Pub/Sub can't be told, it does so when the lease is over."""
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
        for start in range(0, len(ack_ids), IDS_A_CALL):
            yield ack_ids[start : start + IDS_A_CALL]
