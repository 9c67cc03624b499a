# SPDX-License-Identifier: Apache-2.0
"""The whole graph, from message to file, on one screen.

source ─► Decode ─► Deduplicate ─► Annotate ─┬─► Articles ─► WriteArticles
            │                         │      ├─► Entities ─► WriteEntities
            ▼                         ▼      ├─► Quotes   ─► WriteQuotes
       dead letters ◄─────────────────┘      └─► Stances  ─► WriteStances
"""

from dataclasses import dataclass

import apache_beam as beam

from onrecord.data import coders
from onrecord.data.article import Article
from onrecord.data.kinds import kinds
from onrecord.data.message import Message
from onrecord.data.records import DeadLetter
from onrecord.data.settings import ExtractionSettings, OutputSettings, StreamingSettings
from onrecord.dead_letters.publish import PublishDeadLetters
from onrecord.sinks import sinks
from onrecord.transforms.annotate import Annotate
from onrecord.transforms.decode import Decode
from onrecord.transforms.deduplicate import Deduplicate
from onrecord.transforms.deduplicate_stream import DeduplicateStream
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
    """

    extraction: ExtractionSettings
    output: OutputSettings
    streaming: StreamingSettings | None = None
    dead_letter_topic: str | None = None


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
    records = articles | "Annotate" >> Annotate(settings.extraction)
    dead_letters = (undecodable, records[DeadLetter.kind]) | "AllDeadLetters" >> beam.Flatten()
    records[DeadLetter.kind] = dead_letters
    sink = sinks()[settings.output.sink]
    for name, kind in kinds().items():
        checked = records[name] | kind.title >> Validate(name)
        checked | f"Write{kind.title}" >> sink.write(name, settings.output)
    if settings.dead_letter_topic:
        dead_letters | "PublishDeadLetters" >> PublishDeadLetters(settings.dead_letter_topic)
