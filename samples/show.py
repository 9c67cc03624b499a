# SPDX-License-Identifier: Apache-2.0
"""Prints a first look at the records of a backfill: those of the article with the most quotes, and one dead letter.

usage: python samples/show.py OUTPUT_FOLDER
"""

import io
import re
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeAlias

from rich.table import Table
from rich.text import Text

from onrecord.sinks.reader import ReadingError, paths, rows
from onrecord.terminal.console import Console
from onrecord.terminal.parser import Parser
from onrecord.terminal.text import print_line, printable

Record: TypeAlias = dict[str, Any]

MAX_WIDTH = 110  # columns
ROWS = 15  # per kind; a long article has a hundred quotes
KINDS = ("articles", "entities", "quotes", "stances", "dead_letters")
SHOWN_POLARITY = {"SUPPORT": ("for", "green"), "OPPOSE": ("against", "red"), "NEUTRAL": ("neutral", "yellow")}
SHOWN_REALIS = {"NEGATED": "not said", "HYPOTHETICAL": "may be said"}
SHOWN_TYPE = {
    "PERSON": "person",
    "ORG": "organisation",
    "GPE": "place",
    "LOC": "place",
    "NORP": "group",
    "FAC": "building",
    "EVENT": "event",
    "LAW": "law",
    "PRODUCT": "product",
    "WORK_OF_ART": "work",
}
LINE_ENDS = re.compile(r"[\r\n\v\f\u2028\u2029]+")
SPACES = re.compile(r"[^\S\x1c-\x1f\x85]")
MAX_NAME = 48  # code points; some speakers are "diplomats, who asked not to be named because …"
MAX_CONTENT = 220  # code points; some quotes go on for paragraphs
MAX_MESSAGE = 500  # code points of an error message


class NoRecords(Exception):
    """There is nothing to show; the message says what to do."""


def visible(text: str) -> str:
    """Return a text on one line.

    The end of a paragraph is shown as ¶, any other line break as a space, and a control character as its escape sequence.
    """
    on_one_line = LINE_ENDS.sub(lambda ends: " ¶ " if len(ends.group().splitlines()) > 1 else " ", text)
    return printable(SPACES.sub(" ", on_one_line))


def shortened(text: str, limit: int) -> str:
    """Return a text on one line, cut to at most ``limit`` code points; an ellipsis shows the cut."""
    shown = visible(text)
    return shown if len(shown) <= limit else f"{shown[: limit - 1].rstrip()}…"


def records(output: Path, kind: str) -> Iterator[Record]:
    """Yield the records of one kind below an output folder.

    Raises:
        NoRecords: a file is broken.
    """
    try:
        yield from rows(output, kind)
    except ReadingError as error:
        raise NoRecords(f"{error}; or run the backfill again with --overwrite") from None


def records_of(output: Path, kind: str, article_id: str) -> list[Record]:
    """Return an article's records of one kind."""
    return [record for record in records(output, kind) if record["article_id"] == article_id]


def chosen_article(output: Path) -> Record | None:
    """Return the article with the most quotes, the one with the lowest id if there are several; None if there are no articles."""
    quotes = Counter(quote["article_id"] for quote in records(output, "quotes"))
    return min(
        records(output, "articles"),
        key=lambda article: (-quotes[article["article_id"]], article["article_id"]),
        default=None,
    )


def joined(spans: list[Record]) -> str:
    """Return the texts of several spans, with an ellipsis between them."""
    return shortened(" … ".join(span["text"] for span in spans), MAX_CONTENT)


def starts(spans: list[Record]) -> list[int]:
    """Return the offsets of spans, which order records as in the text."""
    return [span["start"] for span in spans]


def name_of(party: Record | None) -> str:
    """Return the fullest name of a speaker, a holder or a target, or the phrase that names it."""
    if party is None:
        return "unknown"
    mention = party["mention"]
    return shortened(party["name"] or (mention["text"] if mention else "unknown"), MAX_NAME)


def entity_rows(entities: list[Record]) -> Iterator[tuple[Text, ...]]:
    """Yield a row for each entity, the most salient first."""
    for entity in sorted(entities, key=lambda entity: -entity["salience"]):
        others = [alias for alias in entity["aliases"] if alias != entity["name"]]
        notes = [entity["role"] or "", f"also {', '.join(others)}" if others else ""]
        yield (
            Text(shortened(entity["name"], MAX_NAME), style="bold"),
            Text(SHOWN_TYPE.get(entity["type"], str(entity["type"])), style="cyan"),
            Text(f"{len(entity['mentions'])}×"),
            Text(shortened("; ".join(note for note in notes if note), MAX_CONTENT), style="dim"),
        )


def speakers_of(quote: Record) -> str:
    """Return the names of who said it."""
    return ", ".join(map(name_of, (quote["speaker"], *quote["co_speakers"])))


def quote_rows(quotes: list[Record]) -> Iterator[tuple[Text, ...]]:
    """Yield a row for each quote, in the order of the text; one inside another is indented."""
    for quote in sorted(quotes, key=lambda quote: (starts(quote["content"]), quote["parent_quote_id"] or "")):
        indent = "  ↳ " if quote["parent_quote_id"] else ""
        style = "bold" if quote["speaker"] else "dim"
        yield (
            Text(f"{indent}{speakers_of(quote)}:", style=style),
            Text(joined(quote["content"])),
            Text(SHOWN_REALIS.get(quote["realis"], quote["type"].lower()), style="dim"),
        )


def stance_rows(stances: list[Record]) -> Iterator[tuple[Text, ...]]:
    """Yield a row for each stance, in the order of the text."""
    for stance in sorted(stances, key=lambda stance: (stance["evidence"]["start"], starts(stance["expression"]))):
        polarity, colour = SHOWN_POLARITY.get(stance["polarity"], (stance["polarity"].lower(), ""))
        sources = ", ".join(name_of(source) for source in stance["asserted_by"])
        yield (
            Text(f"{name_of(stance['holder'])} → {name_of(stance['target'])}", style="bold"),
            Text(polarity, style=colour),
            Text(joined(stance["expression"]) + (f" (according to {sources})" if sources else ""), style="dim"),
        )


def print_rows(console: Console, heading: str, rows: list[tuple[Text, ...]], ratios: tuple[int, ...]) -> None:
    """Print rows under a heading; ``ratios`` are the columns' shares of the width, 0 for the width of the content."""
    console.print()
    console.print(Text(f"{heading} ({len(rows)})", style="bold underline"))
    table = Table.grid(padding=(0, 2, 0, 0), expand=True)
    for ratio in ratios:
        table.add_column(ratio=ratio or None, overflow="fold", no_wrap=not ratio)
    for row in rows[:ROWS]:
        table.add_row(*row)
    console.print(table)
    if len(rows) > ROWS:
        console.print(Text(f"… and {len(rows) - ROWS:,} more", style="dim"))


def print_article(console: Console, output: Path, article: Record) -> None:
    """Print an article's headline, source, date and records."""
    article_id = article["article_id"]
    published = article["published_at"]
    about = [article["source"] or "", published.strftime("%Y-%m-%d %H:%M UTC") if published else "", article_id]
    title = article["title"] or article["text"].strip().splitlines()[0]
    console.print(Text(shortened(title, MAX_CONTENT), style="bold reverse"))
    console.print(Text(shortened(" · ".join(part for part in about if part), MAX_CONTENT), style="dim"))
    print_rows(console, "Entities", list(entity_rows(records_of(output, "entities", article_id))), (3, 0, 0, 5))
    print_rows(console, "Quotes", list(quote_rows(records_of(output, "quotes", article_id))), (2, 6, 0))
    print_rows(console, "Stances", list(stance_rows(records_of(output, "stances", article_id))), (5, 0, 4))


def print_dead_letter(console: Console, letter: Record, count: int) -> None:
    """Print why one message, the first of ``count``, could not be processed."""
    console.print()
    console.print(Text(f"Dead letters: messages that could not be processed (1 of {count:,})", style="bold underline"))
    console.print(Text(f"{visible(letter['origin'])}, failed in step {visible(letter['stage'])}", style="dim"))
    console.print(Text(shortened(letter["error_message"], MAX_MESSAGE), style="red"))


def show(console: Console, output: Path) -> None:
    """Print an article's records, a dead letter, and how to read all records.

    Raises:
        NoRecords: there are no records, or a file is broken.
    """
    article = chosen_article(output)
    letter = next(records(output, "dead_letters"), None)
    if article is None and letter is None:
        raise NoRecords(
            f"no records in {output}; write some with: onrecord backfill --input samples/*.jsonl --output {output}"
        )
    if article is not None:
        print_article(console, output, article)
    if letter is not None:
        print_dead_letter(console, letter, sum(1 for _ in records(output, "dead_letters")))
    kind = next(kind for kind in ("quotes", *KINDS) if paths(str(output), kind))
    console.print()
    console.print(Text("To read all records of a kind in Python:", style="dim"))
    console.print(Text(f"import onrecord; list(onrecord.records({str(output)!r}, {kind!r}))"), soft_wrap=True)


def main() -> int:
    """Run the command line; return 0, or 1 if there is nothing to show."""
    parser = Parser(description="Show the records of the article with the most quotes.")
    parser.add_argument("output", type=Path, metavar="OUTPUT_FOLDER", help="the --output of onrecord backfill")
    output: Path = parser.parse_args().output
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # escapes where the terminal is not UTF-8
    console = Console(highlight=False)
    console.width = min(console.width, MAX_WIDTH) if console.is_terminal else MAX_WIDTH
    try:
        show(console, output)
    except NoRecords as nothing:
        print_line(f"show.py: {nothing}", sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
