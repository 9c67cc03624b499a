# SPDX-License-Identifier: Apache-2.0
"""Positions as a file (CSV, Avro) and as a table in the terminal; text from an article is escaped in both."""

import csv
import json
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, TextIO

import fastavro
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from onrecord.data.kinds import schema_folder
from onrecord.positions.canonical_names import JoinedName
from onrecord.positions.records import Row
from onrecord.positions.rollup import Example, Position
from onrecord.positions.speakers import Speaker, content_of
from onrecord.terminal.cells import FORMULAS
from onrecord.terminal.console import Console
from onrecord.terminal.text import print_cells

COLUMNS = (
    *("day", "holder", "target", "support", "oppose", "neutral", "score", "first_seen", "last_seen"),
    *("support_example", "support_article_id", "oppose_example", "oppose_article_id", "holder_key", "target_key"),
    *("articles", "sources", "holder_joined", "target_joined"),
)
# The width in columns from which a terminal has room for the articles, for the publishers and the days, and for an example.
MIN_WIDTH_FOR_ARTICLES, MIN_WIDTH_FOR_DAYS, MIN_WIDTH_FOR_EXAMPLE = 70, 100, 110
MIN_NAME_WIDTH = 12
SIDES = {"SUPPORT": "for", "OPPOSE": "against", "NEUTRAL": "neutral"}


def plain(text: str) -> str:
    """Return a text on one line, with spaces in place of white space and of control characters, which a terminal would obey."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def cell(text: str) -> str:
    """Return a text as a cell that a spreadsheet does not take for a formula."""
    shown = plain(text)
    return f"'{shown}" if text[:1] in FORMULAS or shown[:1] in FORMULAS else shown


def _time(time: datetime | None) -> str:
    return "" if time is None else time.strftime("%Y-%m-%dT%H:%M:%SZ")


def _day(day: date | datetime | None) -> str:
    return "" if day is None else day.strftime("%Y-%m-%d")


def _cells(position: Position) -> Iterator[str]:
    yield _day(position.day)
    yield cell(position.holder)
    yield cell(position.target)
    yield from (str(count) for count in (position.support, position.oppose, position.neutral))
    yield f"{position.score:.3f}"
    yield _time(position.first_seen)
    yield _time(position.last_seen)
    for example in (position.support_example, position.oppose_example):
        yield "" if example is None else cell(example.text)
        yield "" if example is None else cell(example.article_id)
    yield cell(position.holder_key)
    yield cell(position.target_key)
    yield str(position.articles)
    yield str(position.sources or "")
    yield cell("; ".join(position.holder_joined))
    yield cell("; ".join(position.target_joined))


def write_csv(positions: Sequence[Position], path: Path) -> None:
    """Write positions as CSV (RFC 4180, UTF-8, with a header line)."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        writer.writerows(_cells(position) for position in positions)


def _avro_row(position: Position) -> dict[str, object]:
    def example(one: Example | None) -> dict[str, object] | None:
        if one is None:
            return None
        return {
            "article_id": one.article_id,
            "stance_id": one.record_id,
            "text": one.text,
            "confidence": one.confidence,
        }

    return {
        **{name: getattr(position, name) for name in COLUMNS if hasattr(position, name)},
        "holder_joined": list(position.holder_joined),
        "target_joined": list(position.target_joined),
        "support_example": example(position.support_example),
        "oppose_example": example(position.oppose_example),
    }


def write_avro(positions: Sequence[Position], path: Path) -> None:
    """Write positions as Avro, with the schema in ``schemas/position.avsc``."""
    schema = fastavro.parse_schema(json.loads((schema_folder() / "position.avsc").read_text("utf-8")))
    with path.open("wb") as file:
        fastavro.writer(file, schema, map(_avro_row, positions), codec="deflate", strict=True)


WRITERS: dict[str, Callable[[Sequence[Position], Path], None]] = {".csv": write_csv, ".avro": write_avro}


def write(positions: Sequence[Position], path: Path) -> None:
    """Write positions to a file in the format of its suffix; the file is complete or absent.

    Raises:
        OSError: the file can't be written.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        WRITERS[path.suffix.lower()](positions, temporary)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the table.

    Attributes:
        title: its header.
        text: returns its value for a row, as it was read or as we write it if it is a number or a day.
        min_width: the width of the terminal from which it is shown.
        number: whether it is aligned to the right and never wrapped.
        ratio: its share of a wide terminal; None for as wide as its text.
    """

    title: str
    text: Callable[[Any], str]
    min_width: int = 0
    number: bool = False
    ratio: int | None = None


def _columns(by_day: bool, width: int) -> list[Column]:
    columns = [
        *([Column("day", lambda one: _day(one.day) or "undated")] if by_day else []),
        Column("holder", lambda one: one.holder, ratio=2),
        Column("target", lambda one: one.target, ratio=3),
        Column("for", lambda one: str(one.support), number=True),
        Column("against", lambda one: str(one.oppose), number=True),
        Column("score", lambda one: f"{one.score:+.2f}", number=True),
        Column("articles", lambda one: str(one.articles), MIN_WIDTH_FOR_ARTICLES, number=True),
        Column("sources", lambda one: str(one.sources or ""), MIN_WIDTH_FOR_DAYS, number=True),
        *([] if by_day else [Column("first", lambda one: _day(one.first_seen), MIN_WIDTH_FOR_DAYS)]),
        *([] if by_day else [Column("last", lambda one: _day(one.last_seen), MIN_WIDTH_FOR_DAYS)]),
        Column("example", lambda one: one.example.text if one.example else "", MIN_WIDTH_FOR_EXAMPLE, ratio=4),
        Column("in", lambda one: one.example.article_id if one.example else "", MIN_WIDTH_FOR_EXAMPLE, ratio=2),
    ]
    return [column for column in columns if column.min_width <= width]


def print_table(positions: Sequence[Position], console: Console, *, by_day: bool) -> None:
    """Print positions as a table that fits the terminal."""
    print_rows(positions, _columns(by_day, console.width), console)


def print_lines(positions: Sequence[Position], stream: TextIO, *, by_day: bool) -> None:
    """Print positions for another program: one per line, columns separated by tabs, nothing shortened."""
    print_row_lines(positions, _columns(by_day, MIN_WIDTH_FOR_EXAMPLE), stream)


def print_rows(rows: Sequence[Any], columns: Sequence[Column], console: Console) -> None:
    """Print rows as a table that fits the terminal."""
    table = Table(box=None, padding=(0, 2, 0, 0), expand=console.width >= MIN_WIDTH_FOR_EXAMPLE, header_style="bold")
    for column in columns:
        min_width = None if column.ratio is None else MIN_NAME_WIDTH
        table.add_column(
            column.title,
            justify="right" if column.number else "left",
            no_wrap=column.number,
            overflow="ellipsis" if column.number else "fold",
            ratio=column.ratio if console.width >= MIN_WIDTH_FOR_EXAMPLE else None,
            min_width=min_width if console.width >= MIN_WIDTH_FOR_ARTICLES else None,
        )
    for row in rows:
        table.add_row(*(Text(plain(column.text(row))) for column in columns))
    console.print(table)


def print_row_lines(rows: Sequence[Any], columns: Sequence[Column], stream: TextIO) -> None:
    """Print rows for another program: one per line, columns separated by tabs, nothing shortened."""
    print_cells((column.title for column in columns), stream)
    for row in rows:
        print_cells((one.text(row) if one.number else cell(one.text(row)) for one in columns), stream)


def print_evidence(found: Sequence[tuple[Position, Sequence[Row]]], console: Console, stream: TextIO) -> None:
    """Print positions with the clauses behind them: as paragraphs in a terminal, as lines with tabs elsewhere."""
    if not console.is_terminal:
        print_cells(("holder", "target", "side", "score", "confidence", "published", "in", "clause"), stream)
        for position, rows in found:
            for row in rows:
                about = (f"{row['score']:+.2f}", f"{row['confidence']:.2f}", _time(row["published_at"]))
                names = (cell(position.holder), cell(position.target), SIDES[row["polarity"]])
                print_cells((*names, *about, cell(row["article_id"]), cell(row["evidence"]["text"])), stream)
        return
    for position, rows in found:
        counts = f"{position.support} for, {position.oppose} against, {position.score:+.2f}"
        console.print(Text(f"{plain(position.holder)} → {plain(position.target)}: {counts}", style="bold"))
        for row in rows:
            facts = f"  {_day(row['published_at']) or 'undated'}  {SIDES[row['polarity']]}  {plain(row['article_id'])}"
            console.print(Text(facts, style="dim"))
            console.print(Padding(Text(plain(row["evidence"]["text"])), (0, 0, 0, 4)))


def print_joined(names: Sequence[JoinedName], console: Console, stream: TextIO) -> None:
    """Print which names are joined, and why: as a table in a terminal, as lines with tabs elsewhere."""
    titles = ("name", "full name", "articles", "reason")
    lines = [(one.written, one.name, str(one.articles), one.reason) for one in names]
    if not console.is_terminal:
        for line in (titles, *lines):
            print_cells(map(cell, line), stream)
        return
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    for title in titles:
        table.add_column(title, justify="right" if title == "articles" else "left", overflow="fold")
    for line in lines:
        table.add_row(*(Text(plain(text)) for text in line))
    console.print(table)


def speaker_columns(width: int = MIN_WIDTH_FOR_EXAMPLE) -> list[Column]:
    """Return the columns of speakers for which a width has room."""
    columns = [
        Column("speaker", lambda one: one.name, ratio=2),
        Column("quotes", lambda one: str(one.quotes), number=True),
        Column("direct", lambda one: str(one.direct), number=True),
        Column("articles", lambda one: str(one.articles), number=True),
        Column("sources", lambda one: str(one.sources or ""), MIN_WIDTH_FOR_ARTICLES, number=True),
        Column("first", lambda one: _day(one.first_seen), MIN_WIDTH_FOR_DAYS),
        Column("last", lambda one: _day(one.last_seen), MIN_WIDTH_FOR_DAYS),
        Column("example", lambda one: one.example.text, MIN_WIDTH_FOR_EXAMPLE, ratio=4),
        Column("in", lambda one: one.example.article_id, MIN_WIDTH_FOR_EXAMPLE, ratio=2),
    ]
    return [column for column in columns if column.min_width <= width]


def print_quotes(found: Sequence[tuple[Speaker, Sequence[Row]]], console: Console, stream: TextIO) -> None:
    """Print speakers with their quotes: as paragraphs in a terminal, as lines with tabs elsewhere."""
    if not console.is_terminal:
        print_cells(("speaker", "type", "confidence", "published", "in", "quote"), stream)
        for speaker, rows in found:
            for row in rows:
                texts = (cell(row["article_id"]), cell(content_of(row)))
                about = (row["type"], f"{row['confidence']:.2f}", _time(row["published_at"]))
                print_cells((cell(speaker.name), *about, *texts), stream)
        return
    for speaker, rows in found:
        console.print(Text(f"{plain(speaker.name)}: {speaker.quotes:,}", style="bold"))
        for row in rows:
            facts = f"  {_day(row['published_at']) or 'undated'}  {row['type'].lower()}  {plain(row['article_id'])}"
            console.print(Text(facts, style="dim"))
            console.print(Padding(Text(plain(content_of(row))), (0, 0, 0, 4)))
