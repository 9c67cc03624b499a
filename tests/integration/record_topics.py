# SPDX-License-Identifier: Apache-2.0
"""Topics that records are published to, on the emulator, and the records in them."""

import io
import time
import uuid
from collections.abc import Iterable
from typing import Any

import fastavro
import msgspec
from google.cloud import pubsub
from google.pubsub_v1 import types

from onrecord.data import schemas
from onrecord.data.kinds import kinds
from onrecord.data.records import to_avro
from onrecord.sources.portable_pubsub.subscription import subscriber_client

PROJECT = "projects/test-project"
REDELIVERY_SECONDS = 30


class RecordTopics:
    """A topic for each record kind, with its schema, and a subscription to it that keeps the order of a key."""

    def __init__(self, names: Iterable[str], encoding: str = "avro") -> None:
        """Make the topics; a topic has the schema of its records if they are in Avro."""
        self.prefix = f"r-{uuid.uuid4().hex}"
        self.option = f"{PROJECT}/topics/{self.prefix}-{{kind}}"
        with pubsub.PublisherClient() as publisher, pubsub.SubscriberClient() as subscriber:
            for kind in names:
                topic: dict[str, Any] = {"name": self.option.format(kind=kind)}
                if encoding == "avro":
                    topic["schema_settings"] = {"schema": self._schema(kind), "encoding": types.Encoding.BINARY}
                publisher.create_topic(request=topic)
                subscriber.create_subscription(
                    request={"name": self.subscription(kind), "topic": topic["name"], "enable_message_ordering": True}
                )

    def subscription(self, kind: str) -> str:
        """Return the subscription to the records of a kind."""
        return f"{PROJECT}/subscriptions/{self.prefix}-{kind}"

    def _schema(self, kind: str) -> str:
        name = f"{self.prefix}-{kind}"
        with pubsub.SchemaServiceClient() as client:
            schema = types.Schema(type_=types.Schema.Type.AVRO, definition=schemas.text_of(kind))
            return str(client.create_schema(parent=PROJECT, schema=schema, schema_id=name).name)

    def records(self, kind: str, at_least: int) -> list[dict[str, Any]]:
        """Return the records of a kind in their topic, as plain values, with repetitions.

        Waits for ``at_least`` of them. Checks that the attributes of each message are those of its record.
        """
        found = []
        for message in messages_in(self.subscription(kind), at_least):
            attributes = message.attributes
            if attributes["onrecord_encoding"] == "avro":
                values: Any = fastavro.schemaless_reader(io.BytesIO(message.data), schemas.schema(kind), None)
            else:
                values = to_avro(msgspec.json.decode(message.data, type=kinds()[kind].record_type))
            record = msgspec.convert(values, kinds()[kind].record_type, builtin_types=())
            assert (attributes["onrecord_kind"], attributes["onrecord_record_id"]) == (kind, record.record_id)
            assert attributes["onrecord_article_id"] == message.ordering_key == values["article_id"]
            found.append(to_avro(record))
        return found


def messages_in(subscription: str, at_least: int = 0) -> list[pubsub.types.PubsubMessage]:
    """Return the messages in a subscription, and acknowledge them; waits for ``at_least`` of them."""
    found: list[pubsub.types.PubsubMessage] = []
    deadline = time.monotonic() + REDELIVERY_SECONDS
    with subscriber_client() as subscriber:
        while True:
            answer = subscriber.pull(subscription=subscription, max_messages=1000, return_immediately=True)
            if not answer.received_messages:
                if len(found) >= at_least or time.monotonic() > deadline:
                    return found
                time.sleep(0.2)
                continue
            found.extend(got.message for got in answer.received_messages)
            subscriber.acknowledge(subscription=subscription, ack_ids=[got.ack_id for got in answer.received_messages])
