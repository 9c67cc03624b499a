# SPDX-License-Identifier: Apache-2.0
"""The summary of a run: made from its counters, and printed."""

from collections.abc import Collection, Iterator
from dataclasses import asdict, dataclass

from rich.table import Table

from onrecord.data.kinds import extracted
from onrecord.telemetry import metrics
from onrecord.terminal.console import Console


@dataclass(frozen=True, slots=True)
class Summary:
    """The counts of a run. Every message is an article, a repetition, or a dead letter."""

    messages: int
    articles: int
    duplicates: int
    refused: int
    floods: int
    skipped: dict[str, int]
    left_out: dict[str, int]
    markup_in_text: int
    duplicate_texts: int
    near_duplicates: int
    not_english: int
    records: dict[str, int]
    written: dict[str, int]
    dead_letters: dict[str, int]
    words: int
    seconds: float

    @property
    def words_per_second(self) -> float:
        """Tokens parsed per second of the whole run."""
        return self.words / self.seconds if self.seconds else 0.0

    def values(self) -> dict[str, object]:
        """Return the contents of ``summary.json``."""
        return {**asdict(self), "words_per_second": round(self.words_per_second)}

    @property
    def unaccounted(self) -> int:
        """Messages that are neither an article, a repetition nor a dead letter: any other number than 0 is a bug."""
        return self.messages - self.articles - self.duplicates - self.refused


def summarise(counts: dict[str, int], seconds: float) -> Summary:
    """Return a run's summary from its counters."""
    return Summary(
        messages=counts.get(metrics.MESSAGES, 0),
        articles=counts.get(metrics.ARTICLES, 0),
        duplicates=counts.get(metrics.DUPLICATES, 0),
        refused=counts.get(metrics.REFUSED, 0),
        floods=counts.get(metrics.FLOODS, 0),
        skipped=metrics.with_prefix(counts, metrics.SKIPPED),
        markup_in_text=counts.get(metrics.MARKUP_IN_TEXT, 0),
        left_out=metrics.with_prefix(counts, metrics.LEFT_OUT),
        duplicate_texts=counts.get(metrics.DUPLICATE_TEXTS, 0),
        near_duplicates=counts.get(metrics.NEAR_DUPLICATES, 0),
        not_english=counts.get(metrics.NOT_ENGLISH, 0),
        records=metrics.with_prefix(counts, metrics.RECORDS),
        written=metrics.with_prefix(counts, metrics.WRITTEN),
        dead_letters=metrics.with_prefix(counts, metrics.DEAD_LETTERS),
        words=counts.get(metrics.WORDS, 0),
        seconds=round(seconds, 1),
    )


def _if_any(*rows: tuple[str, int]) -> Iterator[tuple[str, str]]:
    yield from ((name, f"{number:,}") for name, number in rows if number)


def _rows(summary: Summary, extract: Collection[str]) -> Iterator[tuple[str, str]]:
    left_out = ((f"  {field} left out, since it can't be read", number) for field, number in summary.left_out.items())
    skipped = ((f"  {reason}", number) for reason, number in summary.skipped.items())
    dead_letters = ((f"  {error_type}", number) for error_type, number in summary.dead_letters.items())
    yield "messages read", f"{summary.messages:,}"
    yield "articles", f"{summary.articles:,}"
    yield from _if_any(
        ("  with the text of another", summary.duplicate_texts),
        ("  with nearly the text of another", summary.near_duplicates),
        ("  not in English, not extracted from", summary.not_english),
        *left_out,
        ("  with HTML in the text, to be sent as html", summary.markup_in_text),
        ("repeated messages", summary.duplicates),
    )
    yield from ((kind, f"{summary.records.get(kind, 0):,}") for kind in extracted() if kind in extract)
    yield from _if_any(("skipped", sum(summary.skipped.values())), *skipped)
    yield "dead letters", f"{sum(summary.dead_letters.values()):,}"
    yield from _if_any(("  files with too many messages", summary.floods), *dead_letters)
    yield "seconds", f"{summary.seconds:,.1f}"
    yield "words per second", f"{summary.words_per_second:,.0f}"


def print_summary(summary: Summary, output: str, extract: Collection[str], console: Console) -> None:
    """Print a run's summary as a table, and the folder of the records."""
    table = Table(show_header=False, box=None, padding=(0, 2, 0, 0))
    table.add_column()
    table.add_column(justify="right")
    for row in _rows(summary, extract):
        table.add_row(*row)
    console.print(table)
    console.say(f"records: {output}")
