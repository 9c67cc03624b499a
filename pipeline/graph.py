"""The whole way of an article, from message to Avro file, on one screen.

source ─► Decode ─► Deduplicate ─► Annotate ─┬─► Articles ─► WriteArticles
│                         │      ├─► Entities ─► WriteEntities
▼                         ▼      ├─► Quotes   ─► WriteQuotes
dead letters ◄─────────────────┘      └─► Stances  ─► WriteStances
"""

from dataclasses import dataclass

import apache_beam as beam

from pipeline import coders
from pipeline.article import Article, Message
from pipeline.gazetteer import ListedName
from pipeline.records import DeadLetter, Extractor, Kind, Record
from pipeline.sinks.avro_files import WriteAvro
from pipeline.sinks.dead_letter_topic import PublishDeadLetters
from pipeline.transforms.annotate import Annotate
from pipeline.transforms.decode import Decode
from pipeline.transforms.deduplicate import Deduplicate
from pipeline.transforms.deduplicate_stream import DeduplicateStream
from pipeline.transforms.records import Checked
from pipeline.transforms.windows import InWindows


@dataclass(frozen=True)
class Stream:
    """What a graph needs besides when its messages never end; all times are seconds."""

    job: str
    window: int
    allowed_lateness: int
    early_every: int | None
    dedupe_for: int
    event_time: str | None
    time_limit: int
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
    stream: Stream | None = None


def build(messages: beam.PCollection[Message], graph: Graph) -> None:
    """Connect a source of messages with everything behind it. The steps' names are stable between releases."""
    coders.register()
    decoded, undecodable = messages | "Decode" >> Decode(graph.max_text_length, graph.progress_folder)
    stream = graph.stream
    if stream is None:
        articles = decoded | "Deduplicate" >> Deduplicate(graph.progress_folder)
    else:
        places = (stream.window, stream.allowed_lateness, stream.early_every, stream.event_time)
        once = decoded | "Deduplicate" >> DeduplicateStream(stream.dedupe_for)
        articles = once | "EventTime" >> InWindows(Article, *places)
        undecodable = undecodable | "ArrivalTime" >> InWindows(DeadLetter, *places)
    time_limit = stream.time_limit if stream else None
    annotate = Annotate(
        graph.model, graph.extract, graph.batch_size, graph.progress_folder, graph.gazetteer, time_limit
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
