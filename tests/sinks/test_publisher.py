# SPDX-License-Identifier: Apache-2.0
from bisect import bisect
from collections.abc import Iterator

import grpc
import pytest
from google.api_core.exceptions import NotFound
from google.cloud.pubsub_v1.publisher.exceptions import MessageTooLargeError

from onrecord.sinks.publisher import Outgoing, check_topic, problem_of, publisher
from tests.pubsub_server import PubSubServer

TOPIC = "projects/p/topics/articles"


@pytest.mark.parametrize(
    ("payload", "attributes", "problem"),
    [
        (b"", {}, "the message is empty"),
        (b"", {"desk": ""}, None),
        (b"x", {}, None),
        (b"x", {str(number): "" for number in range(100)}, None),
        (b"x", {str(number): "" for number in range(101)}, "101 attributes are over the limit of 100"),
        (b"x", {"": "x"}, "the name of an attribute has 0 bytes"),
        (b"x", {"é" * 128: "x"}, None),
        (b"x", {"é" * 128 + "x": "x"}, "the name of an attribute has 257 bytes"),
        (b"x", {"desk": "é" * 512}, None),
        (b"x", {"desk": "é" * 512 + "x"}, "an attribute of 1,025 bytes is over the limit of 1,024"),
        (b"x", {"desk": "\ud800"}, "can't be encoded"),
    ],
)
def test_what_pubsub_can_not_accept_is_said(payload, attributes, problem):
    found = problem_of(TOPIC, Outgoing(payload, attributes))
    assert found is None if problem is None else found is not None and problem in found


@pytest.mark.parametrize("attributes", [{}, {"desk": "foreign", "section": "x" * 200}])
def test_the_limit_of_a_message_is_that_of_the_client(attributes, monkeypatch):
    monkeypatch.setenv("PUBSUB_EMULATOR_HOST", "127.0.0.1:1")  # nothing is sent
    publisher.cache_clear()
    sizes = range(9_999_000, 10_000_001)
    size = sizes[
        bisect(sizes, False, key=lambda size: problem_of(TOPIC, Outgoing(bytes(size), attributes)) is not None)
    ]
    with pytest.raises(MessageTooLargeError):
        publisher().publish(TOPIC, bytes(size), **attributes)
    publisher().publish(TOPIC, bytes(size - 1), **attributes).cancel()
    publisher.cache_clear()


@pytest.fixture
def asked(monkeypatch) -> Iterator[PubSubServer]:
    """Run a Pub/Sub server, and yield it."""
    server = PubSubServer([])
    with server.serving() as host:
        monkeypatch.setenv("PUBSUB_EMULATOR_HOST", host)
        publisher.cache_clear()
        yield server
        publisher.cache_clear()


@pytest.mark.parametrize("status", [None, grpc.StatusCode.PERMISSION_DENIED, grpc.StatusCode.UNAVAILABLE])
def test_a_topic_that_nobody_can_look_at_is_taken_to_exist(asked, status):
    asked.topic = status
    check_topic(TOPIC)


def test_a_topic_that_does_not_exist_is_named_with_the_way_out(asked):
    asked.topic = grpc.StatusCode.NOT_FOUND
    with pytest.raises(NotFound, match=f"{TOPIC}: .*gcloud pubsub topics create"):
        check_topic(TOPIC)
