# SPDX-License-Identifier: Apache-2.0
"""Messages from Pub/Sub keep their payload, their attributes and their time of publication."""

from datetime import datetime, timezone

from apache_beam.io.gcp.pubsub import PubsubMessage
from google.api_core.datetime_helpers import DatetimeWithNanoseconds

from onrecord.data.message import Message
from onrecord.sources.pubsub import message_of

SUBSCRIPTION = "projects/test-project/subscriptions/articles"


def test_a_message_comes_as_it_was_sent():
    published = DatetimeWithNanoseconds(2026, 3, 3, 12, 0, 0, nanosecond=123_456_789, tzinfo=timezone.utc)
    received = PubsubMessage(b"\xff{}", {"desk": "foreign"}, "17", published)
    message = message_of(received, SUBSCRIPTION)
    at = datetime(2026, 3, 3, 12, 0, 0, 123_456, tzinfo=timezone.utc)
    assert message == Message(b"\xff{}", f"{SUBSCRIPTION}/17", at, {"desk": "foreign"})
    assert type(message.received_at) is datetime  # the client's own class can't be coded


def test_a_message_without_data_is_an_empty_payload():
    assert message_of(PubsubMessage(None, {"a": "b"}, "17"), SUBSCRIPTION).payload == b""
