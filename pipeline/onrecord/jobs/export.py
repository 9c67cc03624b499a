# SPDX-License-Identifier: Apache-2.0
"""``onrecord export``: flat tables of a run's records, complete or absent."""

import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from rich.table import Table as ShownTable

from onrecord.data.records import ArticleRecord, DeadLetter, EntityRecord
from onrecord.data.selection import Selection
from onrecord.export.index import UNKNOWN_ARTICLE, Index, Row
from onrecord.export.tables import TABLES, Table, Value
from onrecord.export.writers import WRITERS, Writer
from onrecord.jobs.exit_codes import DONE, FAILED
from onrecord.sinks.reader import ReadingError, rows
from onrecord.terminal.console import Console
from onrecord.terminal.text import print_line

# Rows are written together up to this many, or this many characters; that bounds memory, and is the size of a row group.
BATCH_ROWS = 8_192
BATCH_CHARACTERS = 8_000_000
LINE_SECONDS = 20.0  # between two lines of progress if there is no terminal
ARTICLE_FIELDS = frozenset(
    ("article_id", "text_sha256", "version", "received_at", "title", "source", "url", "published_at")
)
ENTITY_FIELDS = frozenset(
    ("entity_id", "name", "name_key", "type", "aliases", "role", "wikidata_id", "mentions", "text_sha256")
)


@dataclass(frozen=True, slots=True)
class ExportOptions:
    """The options of ``onrecord export``.

    Attributes:
        folder: an output folder of a backfill or stream.
        format: name of a writer.
        output: the folder of the tables' files, or the file of the database.
        tables: the tables to write, in order.
        selection: which articles are taken.
        all_versions: whether older versions of articles are taken too.
        separate_names: whether short names of people are kept apart from full names.
    """

    folder: str
    format: str
    output: Path
    tables: tuple[Table, ...] = TABLES
    selection: Selection = field(default_factory=Selection)
    all_versions: bool = False
    separate_names: bool = False


class _Progress:
    """Says what is being done: in a terminal on one line that changes, elsewhere now and then on a new line."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._status = console.status("reading") if console.is_terminal else None
        self._said = time.monotonic()

    def __enter__(self) -> "_Progress":
        if self._status is not None:
            self._status.start()
        return self

    def __exit__(self, *error: object) -> None:
        if self._status is not None:
            self._status.stop()

    def say(self, text: str) -> None:
        if self._status is not None:
            self._status.update(text)
        elif time.monotonic() - self._said > LINE_SECONDS:
            self._said = time.monotonic()
            self._console.say(text)


class _Export:
    """The export of a folder."""

    def __init__(self, options: ExportOptions, index: Index, progress: _Progress) -> None:
        self._options = options
        self._index = index
        self._progress = progress
        self.written: dict[str, int] = {}
        self.left_out: Counter[str] = Counter()

    def read(self) -> bool:
        """Read what rows need of other records; return whether there were too many names to join any."""
        folder = self._options.folder
        self._progress.say("reading articles")
        self._index.add_articles(rows(folder, ArticleRecord.kind, ARTICLE_FIELDS))
        if any(table.kind not in (ArticleRecord.kind, DeadLetter.kind) for table in self._options.tables):
            self._progress.say("reading entities")
            self._index.add_entities(rows(folder, EntityRecord.kind, ENTITY_FIELDS))
        return self._index.finish()

    def write(self, table: Table, writer: Writer) -> None:
        """Write a table."""
        writer.start(table)
        names = [column.name for column in table.columns]
        count = 0
        for batch in _batches(self._rows(table, names)):
            writer.write(batch)
            count += len(batch)
            self._progress.say(f"{table.name}: {count:,} rows")
        self.written[table.name] = count

    def _rows(self, table: Table, names: list[str]) -> Iterator[tuple[Value, ...]]:
        records = rows(self._options.folder, table.kind)
        is_letter = table.kind == DeadLetter.kind
        for record in records:
            article = UNKNOWN_ARTICLE if is_letter else self._index.article(record["article_id"], record["text_sha256"])
            if not (self._is_letter_wanted(record) if is_letter else self._is_wanted(table, record)):
                continue
            for values in table.rows(record, article, self._index):
                yield tuple(values[name] for name in names)

    def _is_letter_wanted(self, letter: Row) -> bool:
        """Whether a dead letter is wanted: it has no publisher, and its time is when it failed."""
        return not self._options.selection.sources and self._options.selection.has_time(letter["failed_at"])

    def _is_wanted(self, table: Table, record: Row) -> bool:
        selection = self._options.selection
        article = self._index.article(record["article_id"], record["text_sha256"])
        if not (article.is_newest or self._options.all_versions):
            self.left_out["of older versions of articles (--all-versions)"] += 1
            return False
        if not selection.has_time(record["published_at"]):
            if record["published_at"] is None:
                self.left_out["of articles without a date (--since, --until)"] += 1
            return False
        if not selection.has_source(article.source):
            return False
        return not article.is_repeated or self._index.is_first(f"{table.name} {_id_of(table, record)}")


def _id_of(table: Table, record: Row) -> str:
    """Return what a record is told by from its repetitions; an article's versions have one id."""
    own = record[table.columns[0].name] if table.columns[0].name in record else record.get("entity_id", "")
    return f"{own} {record['text_sha256']}"


def _batches(found: Iterable[tuple[Value, ...]]) -> Iterator[list[tuple[Value, ...]]]:
    batch: list[tuple[Value, ...]] = []
    characters = 0
    for row in found:
        batch.append(row)
        characters += sum(len(value) for value in row if isinstance(value, str))
        if len(batch) >= BATCH_ROWS or characters >= BATCH_CHARACTERS:
            yield batch
            batch, characters = [], 0
    if batch:
        yield batch


@contextmanager
def _complete(output: Path) -> Iterator[tuple[Path, Path]]:
    """Yield a place for the result and a scratch folder, next to the output; the result is moved there if the block succeeds."""
    with tempfile.TemporaryDirectory(prefix=f".{output.name}-", suffix=".unfinished", dir=output.parent) as folder:
        result, scratch = Path(folder, output.name), Path(folder, ".scratch")
        scratch.mkdir()
        yield result, scratch
        if output.is_dir():  # only an empty folder can be replaced in one step
            output.rename(scratch / "before")
        result.replace(output)


def run(options: ExportOptions) -> int:
    """Write the tables of a folder, and return the exit code: 0 done, 1 failed."""
    console = Console(stderr=True, highlight=False)
    writer_type = WRITERS[options.format]
    try:
        with _complete(options.output) as (result, scratch), _Progress(console) as progress:
            if writer_type.is_folder:
                result.mkdir()
            index = Index(scratch / "index", joins_names=not options.separate_names)
            try:
                export = _Export(options, index, progress)
                too_many_names = export.read()
                with writer_type(result) as writer:
                    for table in options.tables:
                        export.write(table, writer)
            finally:
                index.close()
    except ReadingError as error:
        return _failed(str(error))
    except OSError as error:
        return _failed(f"{options.output}: can't be written: {error.strerror or error}")
    _print_summary(options, export, writer.notes, too_many_names)
    return DONE


def _failed(problem: str) -> int:
    print_line(f"failed: {problem}", sys.stderr)
    return FAILED


def _print_summary(options: ExportOptions, export: _Export, notes: list[str], too_many_names: bool) -> None:
    table = ShownTable(show_header=False, box=None, padding=(0, 2, 0, 0))
    table.add_column()
    table.add_column(justify="right")
    for name, count in export.written.items():
        table.add_row(name, f"{count:,}")
    console = Console(highlight=False)
    console.print(table)
    console.say(f"written: {options.output}")
    for what, count in export.left_out.items():
        print_line(f"left out: {count:,} records {what}", sys.stderr)
    if too_many_names:
        print_line("no short names were joined with full ones: the run has too many different names", sys.stderr)
    for note in notes:
        print_line(note, sys.stderr)
