# SPDX-License-Identifier: Apache-2.0
"""Article messages from Pub/Sub, with Beam's own reader, or with the portable one on runners without a reader."""

from dataclasses import dataclass, field

import apache_beam as beam
from apache_beam.io.gcp.pubsub import PubsubMessage, ReadFromPubSub

from onrecord.data.dates import EPOCH
from onrecord.data.message import Message
from onrecord.sources import SourceContext
from onrecord.sources.portable_pubsub import Limits, ReadFromPubSubPortably, coder
from onrecord.sources.portable_pubsub.read import publish_time


def message_of(received: PubsubMessage, origin: str) -> Message:
    """Return a ``PubsubMessage`` as a message; ``received_at`` is its publish time, which is the same for each delivery.

    Args:
        received: data, attributes, message id and publish time.
        origin: the subscription or topic.
    """
    return Message(
        payload=received.data or b"",
        origin=f"{origin}/{received.message_id}",
        received_at=publish_time(received) if received.publish_time else EPOCH,
        attributes=dict(received.attributes or {}),
    )


@dataclass
class ReadPubSub(beam.PTransform):  # type: ignore[misc]
    """Reads the messages of a subscription, or of a topic through a new subscription, which starts now.

    Attributes:
        subscription: ``projects/P/subscriptions/S``, or None.
        topic: ``projects/P/topics/T``, or None.
        has_pubsub: whether the runner has its own Pub/Sub reader; if not, a subscription is required.
        limits: how much is pulled, on a runner without a reader.
    """

    subscription: str | None
    topic: str | None
    has_pubsub: bool = True
    limits: Limits = field(default_factory=Limits)

    def __post_init__(self) -> None:
        super().__init__()

    def expand(self, pbegin: beam.pvalue.PBegin) -> beam.PCollection[Message]:
        """Return the messages; their timestamps are their publish times."""
        coder.register()
        origin = self.subscription or self.topic or ""
        receive: beam.PTransform = ReadFromPubSubPortably(origin, limits=self.limits)
        if self.has_pubsub:
            receive = ReadFromPubSub(topic=self.topic, subscription=self.subscription, with_attributes=True)
        return pbegin | "Receive" >> receive | "Messages" >> beam.Map(message_of, origin).with_output_types(Message)


def from_subscription(name: str, context: SourceContext) -> ReadPubSub:
    """Return the source that ``--subscription`` selects."""
    own = context.options
    limits = Limits(messages=own["max_unacknowledged"], turn_seconds=own["pull_ahead"]) if own else Limits()
    return ReadPubSub(name, None, context.has_pubsub, limits)


def from_topic(name: str, context: SourceContext) -> ReadPubSub:
    """Return the source that ``--topic`` selects."""
    return ReadPubSub(None, name, context.has_pubsub)
