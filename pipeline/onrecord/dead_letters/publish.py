# SPDX-License-Identifier: Apache-2.0
"""Publishes dead letters to a Pub/Sub topic."""

from collections.abc import Iterator
from dataclasses import dataclass

import apache_beam as beam

from onrecord.data.forgotten import Forgotten
from onrecord.data.records import DeadLetter
from onrecord.dead_letters.topic import of_dead_letter
from onrecord.sinks.publisher import Outgoing, publish
from onrecord.telemetry import metrics


class PublishFn(beam.DoFn):  # type: ignore[misc]
    """Publishes the dead letters of a bundle; the bundle is done when Pub/Sub has them."""

    def __init__(self, topic: str) -> None:
        """Publish to a topic."""
        self.topic = topic

    def start_bundle(self) -> None:
        """Discard the letters of a failed bundle."""
        self.waiting: list[Outgoing] = []

    def process(self, letter: DeadLetter) -> Iterator[None]:
        """Add a letter; one that a message can't hold is only in the files, and so is that of a forgotten article."""
        if letter.error_type == Forgotten.__name__:
            return iter(())
        message = of_dead_letter(letter, self.topic)
        if message is None:
            metrics.count(metrics.NOT_PUBLISHED)
        else:
            self.waiting.append(message)
        return iter(())

    def finish_bundle(self) -> None:
        """Publish the letters of the bundle."""
        for delivery in publish(self.topic, self.waiting):
            metrics.count(metrics.PUBLISHED if delivery.problem is None else metrics.NOT_PUBLISHED)


@dataclass
class PublishDeadLetters(beam.PTransform):  # type: ignore[misc]
    """Publishes dead letters to a topic: the payload unchanged, the error in attributes of their own.

    Beam's own ``WriteToPubSub`` opens a new connection for every bundle on the local runner, even for empty ones.

    Attributes:
        topic: ``projects/P/topics/T``.
    """

    topic: str

    def __post_init__(self) -> None:
        super().__init__()

    def expand(self, letters: beam.PCollection[DeadLetter]) -> beam.PCollection[None]:
        """Return an empty ``PCollection``: published letters have no further output."""
        return letters | "Publish" >> beam.ParDo(PublishFn(self.topic))
