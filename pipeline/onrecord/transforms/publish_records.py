# SPDX-License-Identifier: Apache-2.0
"""Publishes records to Pub/Sub topics, as messages in Avro or JSON, ordered by article."""

import hashlib
import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

import apache_beam as beam
import fastavro
import msgspec
from apache_beam.utils.timestamp import Timestamp
from apache_beam.utils.windowed_value import WindowedValue

from onrecord.data import schemas
from onrecord.data.message import Message
from onrecord.data.records import DeadLetter, Record, to_avro
from onrecord.data.settings import RecordEncoding, RecordTopic
from onrecord.dead_letters.make import dead_letter
from onrecord.sinks.publisher import MAX_VALUE_BYTES, Outgoing, problem_of, publish
from onrecord.telemetry import metrics

STAGE = "PublishRecords"
NOT_PUBLISHED = "NotPublished"  # error type of a record that Pub/Sub can't accept
PREFIX = "onrecord_"  # of the attributes


def as_avro(record: Record) -> bytes:
    """Return a record in Avro's binary encoding, without the schema."""
    data = io.BytesIO()
    fastavro.schemaless_writer(data, schemas.schema(record.kind), to_avro(record), strict=True)
    return data.getvalue()


def as_json(record: Record) -> bytes:
    """Return a record as a JSON object with the fields of its schema; times are in RFC 3339."""
    return msgspec.json.encode(record, order="deterministic")


ENCODERS: dict[RecordEncoding, Callable[[Record], bytes]] = {"avro": as_avro, "json": as_json}


def message_of(record: Record, encoding: RecordEncoding) -> Outgoing:
    """Return a record as a message. Its ordering key is the id of its article; the id of the record tells repetitions apart."""
    article_id = _bounded(getattr(record, "article_id", ""))
    attributes = {
        "kind": record.kind,
        "article_id": article_id,
        "record_id": _bounded(record.record_id),
        "encoding": encoding,
        "schema": schemas.fingerprint(record.kind),
    }
    named = {f"{PREFIX}{name}": value for name, value in attributes.items()}
    return Outgoing(ENCODERS[encoding](record), named, origin=record.record_id, ordering_key=article_id)


def _bounded(name: str) -> str:
    """Return an id, or its SHA-256 if it is longer than Pub/Sub allows for attributes and ordering keys."""
    data = name.encode("utf-8")
    return name if len(data) <= MAX_VALUE_BYTES else hashlib.sha256(data).hexdigest()


def letter_of_record(record: Record, problem: str) -> DeadLetter:
    """Return the dead letter of a record that Pub/Sub can't accept; its payload is the record in JSON."""
    attributes = {f"{PREFIX}kind": record.kind}
    message = Message(as_json(record), record.record_id, datetime.now(timezone.utc), attributes)
    return dead_letter(message, STAGE, NOT_PUBLISHED, problem)


class PublishFn(beam.DoFn):  # type: ignore[misc]
    """Publishes the records of a bundle; the bundle is done when Pub/Sub has them."""

    def __init__(self, topic: RecordTopic) -> None:
        self.topic = topic

    def start_bundle(self) -> None:
        """Discard the records of a failed bundle."""
        self.waiting: list[Outgoing] = []
        self.places: dict[str, tuple[Record, Any, Timestamp]] = {}

    def process(
        self, record: Record, window: Any = beam.DoFn.WindowParam, timestamp: Timestamp = beam.DoFn.TimestampParam
    ) -> Iterator[DeadLetter]:
        """Add a record; yield a dead letter instead if a message can't hold it."""
        message = message_of(record, self.topic.encoding)
        problem = problem_of(self.topic.name, message)
        if problem is not None:
            yield letter_of_record(record, problem)
            return
        self.waiting.append(message)
        self.places[message.origin] = record, window, timestamp

    def finish_bundle(self) -> Iterator[WindowedValue]:
        """Publish the records of the bundle; yield dead letters of those that Pub/Sub refuses, such as for the schema of the topic."""
        for delivery in publish(self.topic.name, self.waiting):
            record, window, timestamp = self.places[delivery.message.origin]
            if delivery.problem is None:
                metrics.count(metrics.RECORDS_PUBLISHED + record.kind)
            else:
                yield WindowedValue(letter_of_record(record, delivery.problem), timestamp, [window])


@dataclass
class PublishRecords(beam.PTransform):  # type: ignore[misc]
    """Publishes records of one kind to a topic, each at least once.

    Attributes:
        topic: the topic, and the encoding of its messages.
    """

    topic: RecordTopic

    def __post_init__(self) -> None:
        super().__init__()

    def expand(self, records: beam.PCollection[Record]) -> beam.PCollection[DeadLetter]:
        """Return the dead letters of records that Pub/Sub can't accept."""
        return records | "Publish" >> beam.ParDo(PublishFn(self.topic)).with_output_types(DeadLetter)
