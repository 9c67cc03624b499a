# SPDX-License-Identifier: Apache-2.0
"""Holds dead letters of a Pub/Sub subscription until their records are written."""

import threading
from collections.abc import Iterable, Iterator
from contextlib import suppress
from types import TracebackType

from google.api_core.exceptions import GoogleAPIError
from google.cloud import pubsub

from onrecord.data.records import DeadLetter
from onrecord.dead_letters.topic import letter_of
from onrecord.sources.portable_pubsub.read import publish_time
from onrecord.sources.portable_pubsub.subscription import subscriber_client

# Timeout of a pull, which does not wait for messages but may have to carry large ones over a slow line.
PULL_SECONDS = 300.0
# Pub/Sub may answer that there is nothing although there is. Only several such answers in a row, a second apart, mean that it is all.
MAX_EMPTY_PULLS = 5
PAUSE_SECONDS = 1.0
CALL_SECONDS = 10.0  # timeout of all other calls
MAX_MESSAGES_PER_PULL = 100
BYTES_PER_PULL = 4_000_000  # about; more could take longer than the subscription waits for an acknowledgement
LEASE_SECONDS = 600  # the maximum that Pub/Sub allows
RENEW_SECONDS = 150.0  # often enough that two renewals may fail
MAX_IDS_PER_CALL = 1_000  # a request may have 512 kB, and an id has about 200 bytes


class HeldLetters:
    """The dead letters of a subscription while the block runs; unacknowledged ones are given back when it ends."""

    def __init__(self, subscription: str) -> None:
        """Connect to Pub/Sub."""
        self._subscription = subscription
        self._client = subscriber_client()
        self._lock = threading.Lock()
        self._ack_ids: dict[str, dict[str, str]] = {}  # by letter and message: a letter may have been published twice
        self._messages: set[str] = set()  # received, by id
        self._letters: set[str] = set()  # received, by id
        self._done: set[str] = set()  # acknowledged letters
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
        """Pull all letters, each once, in batches.

        Raises:
            GoogleAPIError: Pub/Sub can't be reached, or rejects the call.
        """
        limit, largest, empty = 1, 1, 0
        while empty <= MAX_EMPTY_PULLS:
            # With return_immediately, a pull that takes long has something to carry, so it can't be mistaken for the end.
            request = {"subscription": self._subscription, "max_messages": limit, "return_immediately": True}
            received = list(self._client.pull(request=request, timeout=PULL_SECONDS).received_messages)
            self._extend([got.ack_id for got in received], LEASE_SECONDS)
            known = len(self._messages)
            letters = self._hold(received)
            if letters:
                yield letters
            if len(self._messages) > known:
                empty = 0
                largest = max(largest, *(len(got.message.data) for got in received))
                limit = max(1, min(2 * limit, BYTES_PER_PULL // largest, MAX_MESSAGES_PER_PULL))
            else:
                empty += 1
                self._is_over.wait(PAUSE_SECONDS)

    def _hold(self, received: Iterable[pubsub.types.ReceivedMessage]) -> list[DeadLetter]:
        """Keep the newest ack ids, and return the letters that were not received before."""
        letters: list[DeadLetter] = []
        for got in received:
            message = got.message
            letter = letter_of(
                message.data,
                dict(message.attributes),
                publish_time(message),
                f"{self._subscription}/{message.message_id}",
            )
            if letter.dead_letter_id not in self._letters:
                letters.append(letter)
            self._letters.add(letter.dead_letter_id)
            self._messages.add(message.message_id)
            with self._lock:
                self._ack_ids.setdefault(letter.dead_letter_id, {})[message.message_id] = got.ack_id
        self.acknowledge(self._done & self._ack_ids.keys())
        return letters

    def acknowledge(self, letters: Iterable[str]) -> None:
        """Acknowledge letters, by their ids, and every copy of them that comes later.

        Raises:
            GoogleAPIError: Pub/Sub can't be reached, or rejects the call; some are delivered again.
        """
        letters = set(letters)
        self._done |= letters
        with self._lock:
            ack_ids = [ack_id for letter in letters for ack_id in self._ack_ids.pop(letter, {}).values()]
        for some in _in_calls(ack_ids):
            self._client.acknowledge(subscription=self._subscription, ack_ids=some, timeout=CALL_SECONDS)

    def give_back(self) -> None:
        """Have the letters redelivered at once; if Pub/Sub can't be reached, that happens when their leases expire."""
        self._is_over.set()
        with suppress(GoogleAPIError):
            self._extend(self._held(), 0)

    def _held(self) -> list[str]:
        with self._lock:
            return [ack_id for messages in self._ack_ids.values() for ack_id in messages.values()]

    def _renew(self) -> None:
        while not self._is_over.wait(RENEW_SECONDS):
            with suppress(GoogleAPIError):
                self._extend(self._held(), LEASE_SECONDS)

    def _extend(self, ack_ids: list[str], seconds: int) -> None:
        for some in _in_calls(ack_ids):
            self._client.modify_ack_deadline(
                subscription=self._subscription, ack_ids=some, ack_deadline_seconds=seconds, timeout=CALL_SECONDS
            )


def _in_calls(ack_ids: list[str]) -> Iterator[list[str]]:
    for start in range(0, len(ack_ids), MAX_IDS_PER_CALL):
        yield ack_ids[start : start + MAX_IDS_PER_CALL]
