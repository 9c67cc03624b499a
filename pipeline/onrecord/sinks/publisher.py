# SPDX-License-Identifier: Apache-2.0
"""Publishes messages to a Pub/Sub topic: dead letters of a stream, and the messages of ``publish`` and ``replay``."""

import functools
from collections.abc import Iterable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass
from typing import TYPE_CHECKING

from onrecord.data.records import DeadLetter

if TYPE_CHECKING:
    from google.cloud import pubsub

# Pub/Sub's own limits.
MAX_DATA_BYTES = 10_000_000
MAX_ATTRIBUTES = 100
MAX_NAME_BYTES = 256
MAX_VALUE_BYTES = 1024

# The attributes that describe the error in the message of a dead letter.
ERROR_ATTRIBUTES = ("dead_letter_id", "stage", "error_type", "error_message", "origin")
MESSAGES_IN_FLIGHT = 100
SEND_SECONDS = 60.0  # timeout for the delivery of a message


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message to be published."""

    payload: bytes
    attributes: dict[str, str]


@functools.cache
def publisher() -> "pubsub.PublisherClient":
    """Return this process's connection to Pub/Sub, or to the emulator that ``PUBSUB_EMULATOR_HOST`` names."""
    from google.cloud import pubsub  # here, because it is slow to import, and a backfill does not need it

    return pubsub.PublisherClient()


def publish(topic: str, messages: Iterable[Outgoing]) -> Iterator[Outgoing]:
    """Publish messages, and yield each once Pub/Sub has accepted it; at most ``MESSAGES_IN_FLIGHT`` are in flight.

    Raises:
        GoogleAPICallError, TimeoutError: a message could not be delivered.
    """
    in_flight: list[tuple[Outgoing, Future[str]]] = []
    for message in messages:
        in_flight.append((message, publisher().publish(topic, message.payload, **message.attributes)))
        if len(in_flight) >= MESSAGES_IN_FLIGHT:
            yield from _delivered(in_flight)
            in_flight = []
    yield from _delivered(in_flight)


def _delivered(in_flight: Iterable[tuple[Outgoing, "Future[str]"]]) -> Iterator[Outgoing]:
    for message, future in in_flight:
        future.result(timeout=SEND_SECONDS)
        yield message


def cut(text: str, limit: int) -> str:
    """Return the longest prefix of a text with at most ``limit`` bytes in UTF-8."""
    return text.encode("utf-8")[:limit].decode("utf-8", "ignore")


def of_dead_letter(letter: DeadLetter) -> Outgoing | None:
    """Return a dead letter as a message with the payload unchanged, or None if the payload is too large for a message.

    The message's own attributes are kept where they fit Pub/Sub's limits; ``ERROR_ATTRIBUTES`` describe the error.
    """
    if len(letter.payload) > MAX_DATA_BYTES - MAX_ATTRIBUTES * (MAX_NAME_BYTES + MAX_VALUE_BYTES):
        return None
    error: dict[str, str] = {name: getattr(letter, name) for name in ERROR_ATTRIBUTES}
    own = {
        name: value
        for name, value in sorted(letter.attributes.items())
        if name
        and name not in ERROR_ATTRIBUTES
        and len(name.encode()) <= MAX_NAME_BYTES
        and len(value.encode()) <= MAX_VALUE_BYTES
    }
    kept = dict(list(own.items())[: MAX_ATTRIBUTES - len(error)])
    return Outgoing(letter.payload, {**kept, **{name: cut(value, MAX_VALUE_BYTES) for name, value in error.items()}})


def original_attributes(attributes: dict[str, str]) -> dict[str, str]:
    """Return the original attributes of a message: those of its dead letter, without ``ERROR_ATTRIBUTES``."""
    return {name: value for name, value in attributes.items() if name not in ERROR_ATTRIBUTES}
