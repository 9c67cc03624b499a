"""What a run came to: counted, added up, printed, and left beside the records."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass

from apache_beam.io.filesystems import FileSystems
from rich.console import Console
from rich.table import Table

from onrecord.data.records import EXTRACTORS, Extractor
from onrecord.sinks import output_folder as folder
from onrecord.sinks.avro import TEMPORARY
from onrecord.telemetry import metrics


@dataclass(frozen=True, slots=True)
class Summary:
    """What a run came to. Every message is an article, was sent again, or was refused and is a dead letter."""

    messages: int
    articles: int
    duplicates: int
    refused: int
    duplicate_texts: int
    not_english: int
    records: dict[str, int]
    dead_letters: dict[str, int]
    words: int
    seconds: float

    @property
    def words_a_second(self) -> float:
        """Tokens parsed in a second of the whole run."""
        return self.words / self.seconds if self.seconds else 0.0

    @property
    def unaccounted(self) -> int:
        """Messages of which nothing is known: always 0, or the run has failed."""
        return self.messages - self.articles - self.duplicates - self.refused


def summarise(counts: dict[str, int], seconds: float) -> Summary:
    """Return a run's summary from its counters."""
    return Summary(
        messages=counts.get(metrics.MESSAGES, 0),
        articles=counts.get(metrics.ARTICLES, 0),
        duplicates=counts.get(metrics.DUPLICATES, 0),
        refused=counts.get(metrics.REFUSED, 0),
        duplicate_texts=counts.get(metrics.DUPLICATE_TEXTS, 0),
        not_english=counts.get(metrics.NOT_ENGLISH, 0),
        records=metrics.with_prefix(counts, metrics.RECORDS),
        dead_letters=metrics.with_prefix(counts, metrics.DEAD_LETTERS),
        words=counts.get(metrics.WORDS, 0),
        seconds=round(seconds, 1),
    )


def _rows(summary: Summary, extract: Iterable[Extractor]) -> Iterator[tuple[str, str]]:
    yield "messages read", f"{summary.messages:,}"
    yield "articles", f"{summary.articles:,}"
    if summary.duplicate_texts:
        yield "  with the text of another", f"{summary.duplicate_texts:,}"
    if summary.not_english:
        yield "  not in English, not extracted from", f"{summary.not_english:,}"
    if summary.duplicates:
        yield "messages sent again", f"{summary.duplicates:,}"
    for extractor in EXTRACTORS:
        if extractor in extract:
            yield extractor, f"{summary.records.get(extractor, 0):,}"
    yield "dead letters", f"{sum(summary.dead_letters.values()):,}"
    for error_type, number in summary.dead_letters.items():
        yield f"  {error_type}", f"{number:,}"
    yield "seconds", f"{summary.seconds:,.1f}"
    yield "words a second", f"{summary.words_a_second:,.0f}"


def print_summary(summary: Summary, output: str, extract: Iterable[Extractor], console: Console) -> None:
    """Print a run's summary as a table, and where the records lie."""
    table = Table(show_header=False, box=None, padding=(0, 2, 0, 0))
    table.add_column()
    table.add_column(justify="right")
    for row in _rows(summary, extract):
        table.add_row(*row)
    console.print(table)
    console.print(f"records: {output}", soft_wrap=True, markup=False, highlight=False)


def write_summary(summary: Summary, output: str, name: str = folder.SUMMARY) -> None:
    """Write the summary: the last file of a run, so where it is, the run is complete."""
    temporary = FileSystems.join(output, TEMPORARY, name)
    values = {**asdict(summary), "words_a_second": round(summary.words_a_second)}
    with FileSystems.create(temporary, "application/json") as file:
        file.write(f"{json.dumps(values, indent=2)}\n".encode())
    FileSystems.rename([temporary], [FileSystems.join(output, name)])
