"""The whole way of an article, from message to Avro file, on one screen.

source ─► Decode ─► Deduplicate ─► Annotate ─┬─► Articles ─► WriteArticles
│                         │      ├─► Entities ─► WriteEntities
▼                         ▼      ├─► Quotes   ─► WriteQuotes
dead letters ◄─────────────────┘      └─► Stances  ─► WriteStances
"""

from dataclasses import dataclass

import apache_beam as beam

from pipeline import coders
from pipeline.article import Message
from pipeline.gazetteer import ListedName
from pipeline.records import Extractor, Kind, Record
from pipeline.sinks.avro_files import WriteAvro
from pipeline.transforms.annotate import Annotate
from pipeline.transforms.decode import Decode
from pipeline.transforms.deduplicate import Deduplicate
from pipeline.transforms.records import Checked


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


def build(messages: beam.PCollection[Message], graph: Graph) -> None:
    """Connect a source of messages with everything behind it. The steps' names are stable between releases."""
    coders.register()
    decoded, undecodable = messages | "Decode" >> Decode(graph.max_text_length, graph.progress_folder)
    articles = decoded | "Deduplicate" >> Deduplicate(graph.progress_folder)
    annotated = articles | "Annotate" >> Annotate(
        graph.model, graph.extract, graph.batch_size, graph.progress_folder, graph.gazetteer
    )
    dead_letters = (undecodable, annotated.dead_letters) | "AllDeadLetters" >> beam.Flatten()

    def write(kind: Kind, records: beam.PCollection[Record]) -> None:
        name = kind.title().replace("_", "")
        records | name >> Checked(kind) | f"Write{name}" >> WriteAvro(kind, graph.output, graph.shards)

    write("articles", annotated.articles)
    write("entities", annotated.entities)
    write("quotes", annotated.quotes)
    write("stances", annotated.stances)
    write("dead_letters", dead_letters)
