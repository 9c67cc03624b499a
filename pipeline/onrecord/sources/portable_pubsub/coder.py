# SPDX-License-Identifier: Apache-2.0
"""How Pub/Sub's messages are sent between workers; Beam has no coder for them, and would take pickle."""

from datetime import datetime
from typing import Any

import apache_beam as beam
import msgspec
from apache_beam.coders import Coder
from apache_beam.io.gcp.pubsub import PubsubMessage


class _Fields(msgspec.Struct, frozen=True, array_like=True):
    """The fields of a ``PubsubMessage``."""

    data: bytes | None
    attributes: dict[str, str] | None
    message_id: str | None
    publish_time: datetime | None
    ordering_key: str


class PubsubMessageCoder(Coder):  # type: ignore[misc]
    """Encodes ``PubsubMessage`` as MessagePack."""

    def encode(self, value: PubsubMessage) -> bytes:
        """Return a message's bytes."""
        fields = _Fields(value.data, value.attributes, value.message_id, value.publish_time, value.ordering_key)
        return msgspec.msgpack.encode(fields, order="deterministic")

    def decode(self, encoded: bytes) -> PubsubMessage:
        """Return the message that was encoded."""
        fields = msgspec.msgpack.decode(encoded, type=_Fields)
        return PubsubMessage(
            fields.data, fields.attributes, fields.message_id, fields.publish_time, fields.ordering_key
        )

    def is_deterministic(self) -> bool:
        """Equal messages have equal bytes."""
        return True

    def to_type_hint(self) -> Any:
        """Return the type of the messages."""
        return PubsubMessage


def register() -> None:
    """Register the coder with Beam."""
    beam.coders.registry.register_coder(PubsubMessage, PubsubMessageCoder)
