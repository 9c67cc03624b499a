"""The whole way of an article, from message to Avro file, on one screen.

source ─► Decode ─► Deduplicate ─► Annotate ─┬─► Articles ─► WriteArticles
            │                         │      ├─► Entities ─► WriteEntities
            ▼                         ▼      ├─► Quotes   ─► WriteQuotes
       dead letters ◄─────────────────┘      └─► Stances  ─► WriteStances
"""

from dataclasses import dataclass

import apache_beam as beam

from onrecord.data import coders
from onrecord.data.article import Article, Message
from onrecord.data.gazetteer import ListedName
from onrecord.data.records import DeadLetter, Extractor, Kind, Record
from onrecord.dead_letters.publish import PublishDeadLetters
from onrecord.sinks.avro import WriteAvro
from onrecord.transforms.annotate import Annotate
from onrecord.transforms.decode import Decode
from onrecord.transforms.deduplicate import Deduplicate
from onrecord.transforms.deduplicate_stream import DeduplicateStream
from onrecord.transforms.validate import Checked
from onrecord.transforms.windows import InWindows


@dataclass(frozen=True)
class Stream:
    """What a graph needs besides when its messages never end; all times are seconds."""

    job: str
    window: int
    allowed_lateness: int
    early_every: int | None
    dedupe_for: int
    event_time: str | None
    dead_letter_topic: str | None = None
    asks_for_stable_input: bool = False


@dataclass(frozen=True)
class Graph:
    """What a graph is built with; the options say what each of these means."""

    output: str
    model: str
    extract: frozenset[Extractor]
    shards: int
    batch_size: int
    max_text_length: int
    progress_folder: str | None
    gazetteer: tuple[ListedName, ...] = ()
    time_limit: int | None = None  # seconds
    stream: Stream | None = None


def build(messages: beam.PCollection[Message], graph: Graph) -> None:
    """Connect a source of messages with everything behind it. The steps' names are stable between releases."""
    coders.register()
    decode = Decode(graph.max_text_length, graph.progress_folder, graph.time_limit)
    decoded, undecodable = messages | "Decode" >> decode
    stream = graph.stream
    if stream is None:
        articles = decoded | "Deduplicate" >> Deduplicate(graph.progress_folder)
    else:
        places = (stream.window, stream.allowed_lateness, stream.early_every, stream.event_time)
        once = decoded | "Deduplicate" >> DeduplicateStream(stream.dedupe_for)
        articles = once | "EventTime" >> InWindows(Article, *places)
        undecodable = undecodable | "ArrivalTime" >> InWindows(DeadLetter, *places)
    annotate = Annotate(
        graph.model, graph.extract, graph.batch_size, graph.progress_folder, graph.gazetteer, graph.time_limit
    )
    annotated = articles | "Annotate" >> annotate
    dead_letters = (undecodable, annotated.dead_letters) | "AllDeadLetters" >> beam.Flatten()

    def write(kind: Kind, records: beam.PCollection[Record]) -> None:
        name = kind.title().replace("_", "")
        job, is_stable = (stream.job, stream.asks_for_stable_input) if stream else ("", False)
        sink = WriteAvro(kind, graph.output, graph.shards, job, is_stable)
        records | name >> Checked(kind) | f"Write{name}" >> sink

    write("articles", annotated.articles)
    write("entities", annotated.entities)
    write("quotes", annotated.quotes)
    write("stances", annotated.stances)
    write("dead_letters", dead_letters)
    if stream and stream.dead_letter_topic:
        dead_letters | "PublishDeadLetters" >> PublishDeadLetters(stream.dead_letter_topic)
