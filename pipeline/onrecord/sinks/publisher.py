# SPDX-License-Identifier: Apache-2.0
"""Publishes messages to a Pub/Sub topic: records and dead letters of a stream, and the messages of ``publish`` and ``replay``.

A message that Pub/Sub can't accept is reported, and the others are sent all the same.
"""

import functools
from collections.abc import Iterable, Iterator
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from google.cloud import pubsub

# Pub/Sub's own limits.
MAX_REQUEST_BYTES = 10_000_000  # of a message with its attributes, the name of its topic, and their lengths
MAX_ATTRIBUTES = 100
MAX_NAME_BYTES = 256
MAX_VALUE_BYTES = 1024

MAX_MESSAGES_IN_FLIGHT = 100
MAX_BYTES_IN_FLIGHT = 16_000_000  # they are delivered within SEND_SECONDS on a slow line, too
SEND_SECONDS = 60.0  # timeout for the delivery of a message
CHECK_SECONDS = 10.0  # and for the question whether a topic exists
# The client takes attributes as keyword arguments, next to these.
CLIENT_ARGUMENTS = frozenset(("self", "topic", "data", "ordering_key", "retry", "timeout"))


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message to be published.

    Attributes:
        payload: its data.
        attributes: its attributes.
        origin: where it comes from, for the caller.
        key: by which the caller finds it again.
        ordering_key: messages with the same one are delivered in the order in which they are published; "" for none.
    """

    payload: bytes
    attributes: dict[str, str]
    origin: str = ""
    key: str = ""
    ordering_key: str = ""


@dataclass(frozen=True, slots=True)
class Delivery:
    """A message that Pub/Sub has accepted, or can't accept: then ``problem`` says why."""

    message: Outgoing
    problem: str | None = None


_InFlight: TypeAlias = "list[tuple[Outgoing, Future[str] | None]]"


@functools.cache
def publisher(in_order: bool = False) -> "pubsub.PublisherClient":
    """Return this process's connection to Pub/Sub, or to the emulator that ``PUBSUB_EMULATOR_HOST`` names.

    Args:
        in_order: whether it takes messages with an ordering key, which it sends one request per key.
    """
    from google.cloud import pubsub  # here, because it is slow to import, and a backfill does not need it

    if not in_order:
        return pubsub.PublisherClient()
    return pubsub.PublisherClient(publisher_options=pubsub.types.PublisherOptions(enable_message_ordering=True))


def check_topic(topic: str) -> None:
    """Check that a topic exists; if Pub/Sub does not say, it is taken to: not everyone who may publish may look.

    Args:
        topic: ``projects/P/topics/T``.

    Raises:
        NotFound: it does not exist; the message says how to create it.
    """
    from google.api_core.exceptions import NotFound, PermissionDenied, ServerError

    try:
        publisher().get_topic(topic=topic, timeout=CHECK_SECONDS, retry=None)
    except NotFound as error:
        reason = f"{topic}: {error.message}; create it with 'gcloud pubsub topics create'"
        raise NotFound(reason) from None  # type: ignore[no-untyped-call]
    except (PermissionDenied, ServerError):
        return


def _request(topic: str, message: Outgoing) -> "pubsub.types.PublishRequest":
    from google.cloud import pubsub

    sent = pubsub.types.PubsubMessage(
        data=message.payload, attributes=message.attributes, ordering_key=message.ordering_key
    )
    return pubsub.types.PublishRequest(topic=topic, messages=[sent])


def problem_of(topic: str, message: Outgoing) -> str | None:
    """Return why Pub/Sub can't accept a message, by its published limits; None if nothing is wrong."""
    if not message.payload and not message.attributes:
        return "the message is empty, and Pub/Sub accepts only messages with a payload or an attribute"
    if len(message.attributes) > MAX_ATTRIBUTES:
        return f"{len(message.attributes):,} attributes are over the limit of {MAX_ATTRIBUTES}"
    try:
        for name, value in message.attributes.items():
            if not 0 < len(name.encode()) <= MAX_NAME_BYTES:
                return (
                    f"the name of an attribute has {len(name.encode()):,} bytes; the limits are 1 and {MAX_NAME_BYTES}"
                )
            if len(value.encode()) > MAX_VALUE_BYTES:
                return f"an attribute of {len(value.encode()):,} bytes is over the limit of {MAX_VALUE_BYTES:,}"
    except UnicodeEncodeError:
        return "an attribute can't be encoded in UTF-8"
    size = _request(topic, message)._pb.ByteSize()
    if size > MAX_REQUEST_BYTES:
        return f"{size:,} bytes with attributes and topic are over Pub/Sub's limit of {MAX_REQUEST_BYTES:,}"
    return None


def publish(topic: str, messages: Iterable[Outgoing]) -> Iterator[Delivery]:
    """Publish messages, and yield each once Pub/Sub has accepted it, or when it turns out that it can't be accepted.

    Args:
        topic: ``projects/P/topics/T``.
        messages: the messages; at most ``MAX_MESSAGES_IN_FLIGHT`` are in flight.

    Raises:
        GoogleAPIError, TimeoutError: a message could not be delivered, and neither could others.
    """
    in_flight: _InFlight = []
    size = 0
    for message in messages:
        problem = problem_of(topic, message)
        if problem is not None:
            yield Delivery(message, problem)
            continue
        if in_flight and (
            size + len(message.payload) > MAX_BYTES_IN_FLIGHT or len(in_flight) >= MAX_MESSAGES_IN_FLIGHT
        ):
            yield from _delivered(topic, in_flight)
            in_flight, size = [], 0
        is_alone = bool(message.attributes.keys() & CLIENT_ARGUMENTS)
        sent = None if is_alone else _send(topic, message)
        in_flight.append((message, sent))
        size += len(message.payload)
    yield from _delivered(topic, in_flight)


def _send(topic: str, message: Outgoing) -> "Future[str]":
    client = publisher(bool(message.ordering_key))
    sent: Future[str] = client.publish(topic, message.payload, ordering_key=message.ordering_key, **message.attributes)
    return sent


def _resume(topic: str, message: Outgoing) -> None:
    """Let the client send messages with a message's ordering key again, which it stops doing when one of them fails."""
    if message.ordering_key:
        with suppress(RuntimeError):  # it has not stopped
            publisher(in_order=True).resume_publish(topic, message.ordering_key)


def _delivered(topic: str, in_flight: _InFlight) -> Iterator[Delivery]:
    from google.api_core.exceptions import InvalidArgument
    from google.cloud.pubsub_v1.publisher.exceptions import PublishToPausedOrderingKeyException

    for message, future in in_flight:
        if future is None:
            yield _delivered_alone(topic, message)
            continue
        try:
            future.result(timeout=SEND_SECONDS)
        except (InvalidArgument, PublishToPausedOrderingKeyException):
            # The client sends several messages in one request, which is refused for any of them.
            _resume(topic, message)
            yield _delivered_alone(topic, message)
        except Exception:
            for other, _ in in_flight:
                _resume(topic, other)
            raise
        else:
            yield Delivery(message)


def _delivered_alone(topic: str, message: Outgoing) -> Delivery:
    """Publish one message in a request of its own."""
    from google.api_core.exceptions import InvalidArgument
    from google.pubsub_v1 import PublisherClient  # the base class, which does not collect messages

    try:
        PublisherClient.publish(publisher(), request=_request(topic, message), timeout=SEND_SECONDS)
    except InvalidArgument as error:
        return Delivery(message, f"Pub/Sub refuses it: {error.message}")
    return Delivery(message)


def cut(text: str, limit: int) -> str:
    """Return the longest prefix of a text with at most ``limit`` bytes in UTF-8."""
    return text.encode("utf-8")[:limit].decode("utf-8", "ignore")
