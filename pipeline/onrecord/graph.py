# SPDX-License-Identifier: Apache-2.0
"""The whole graph, from message to file, on one screen.

source ─► Decode ─► Deduplicate ─► Annotate ─┬─► Articles ─► WriteArticles
            │                         │      ├─► Entities ─► WriteEntities
            ▼                         ▼      ├─► Quotes   ─► WriteQuotes
       dead letters ◄─────────────────┘      └─► Stances  ─► WriteStances
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import apache_beam as beam

from onrecord.data import coders
from onrecord.data.article import Article
from onrecord.data.kinds import kinds
from onrecord.data.message import Message
from onrecord.data.records import DeadLetter
from onrecord.data.settings import ExtractionSettings, OutputSettings, RecordTopic, StreamingSettings
from onrecord.dead_letters.publish import PublishDeadLetters
from onrecord.sinks import sinks
from onrecord.transforms.annotate import Annotate
from onrecord.transforms.decode import Decode
from onrecord.transforms.deduplicate import Deduplicate
from onrecord.transforms.deduplicate_stream import DeduplicateStream
from onrecord.transforms.publish_records import PublishRecords
from onrecord.transforms.validate import Validate
from onrecord.transforms.versions_stream import NumberStream
from onrecord.transforms.windows import InWindows


@dataclass(frozen=True)
class GraphSettings:
    """The settings of a graph.

    Attributes:
        extraction: which records are extracted from articles, and how.
        output: the destination of records.
        streaming: windows and duplicate detection of a stream; None for a backfill.
        dead_letter_topic: ``projects/P/topics/T`` to which dead letters are also published, or None.
        record_topics: topics to which records are also published, by record kind.
    """

    extraction: ExtractionSettings
    output: OutputSettings
    streaming: StreamingSettings | None = None
    dead_letter_topic: str | None = None
    record_topics: Mapping[str, RecordTopic] = field(default_factory=dict)


def build(messages: beam.PCollection[Message], settings: GraphSettings) -> None:
    """Connect a source of messages to all steps after it. The names of the steps are stable between releases."""
    coders.register()
    decoded, undecodable = messages | "Decode" >> Decode(settings.extraction)
    streaming = settings.streaming
    if streaming is None:
        articles = decoded | "Deduplicate" >> Deduplicate()
    else:
        once = decoded | "Deduplicate" >> DeduplicateStream(streaming.dedupe_for)
        numbered = once | "Versions" >> NumberStream(streaming.dedupe_for)
        articles = numbered | "EventTime" >> InWindows(Article, streaming)
        undecodable = undecodable | "ArrivalTime" >> InWindows(DeadLetter, streaming)
    extract(articles, undecodable, settings)


def extract(
    articles: beam.PCollection[Article], undecodable: beam.PCollection[DeadLetter], settings: GraphSettings
) -> None:
    """Connect articles, each once, and the dead letters of what could not be decoded to all steps after ``Deduplicate``."""
    coders.register()
    records = articles | "Annotate" >> Annotate(settings.extraction)
    unpublished = [
        records[name] | f"Publish{kinds()[name].title}" >> PublishRecords(topic)
        for name, topic in settings.record_topics.items()
    ]
    dead_letters = (undecodable, records[DeadLetter.kind], *unpublished) | "AllDeadLetters" >> beam.Flatten()
    records[DeadLetter.kind] = dead_letters
    sink = sinks()[settings.output.sink]
    for name, kind in kinds().items():
        checked = records[name] | kind.title >> Validate(name)
        checked | f"Write{kind.title}" >> sink.write(name, settings.output)
    if settings.dead_letter_topic:
        dead_letters | "PublishDeadLetters" >> PublishDeadLetters(settings.dead_letter_topic)
