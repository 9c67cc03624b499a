# SPDX-License-Identifier: Apache-2.0
"""Writes tables: a file for each (Parquet, CSV, JSON lines), or one database of all (SQLite, DuckDB).

A table's rows are the same in all of them. Times are in UTC and have no zone in the types of a database, so that the day of an article is
the same wherever the table is read.
"""

import csv
import sqlite3
from abc import ABC, abstractmethod
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, TypeAlias

import msgspec

from onrecord.export.tables import Table, Value
from onrecord.terminal.cells import safe_cell

if TYPE_CHECKING:
    import pyarrow as pa

Rows: TypeAlias = Sequence[tuple[Value, ...]]
# Of the characters of a cell that a spreadsheet can hold; the rest would go to the next rows, and move all others.
MAX_CELL = 32_767
TIME = "%Y-%m-%d %H:%M:%S"  # which spreadsheets and SQLite take for a time
SQL_TYPES = {"text": "VARCHAR", "integer": "BIGINT", "real": "DOUBLE", "time": "TIMESTAMP"}
SQLITE_TYPES = {"text": "TEXT", "integer": "INTEGER", "real": "REAL", "time": "TEXT"}
DUCKDB_MEMORY = "128MB"


class Writer(ABC):
    """Writes tables one after another; a context manager, whose end completes the last one.

    Attributes:
        notes: what a reader of the tables should know.
    """

    extension: str
    is_folder = True
    needs: tuple[str, ...] = ()

    def __init__(self, path: Path) -> None:
        """Take where to write: a folder that is there, or a database file that is not."""
        self.path = path
        self.notes: list[str] = []

    def __enter__(self) -> "Writer":
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    @abstractmethod
    def start(self, table: Table) -> None:
        """Begin a table."""

    @abstractmethod
    def write(self, rows: Rows) -> None:
        """Add rows to it."""

    @abstractmethod
    def close(self) -> None:
        """Complete what was written."""

    def file_of(self, table: Table) -> Path:
        """Return the path of a table's own file."""
        return self.path / f"{table.name}{self.extension}"


class CsvWriter(Writer):
    """CSV as in RFC 4180.

    It begins with a byte order mark, without which Excel takes UTF-8 for another encoding; DuckDB, pandas and Polars leave it out. No cell
    is a formula, and none has more characters than a spreadsheet can hold.
    """

    extension = ".csv"
    _file: IO[str] | None = None
    _cut = 0

    def start(self, table: Table) -> None:
        """Begin a file."""
        self._close()
        self._file = self.file_of(table).open("w", encoding="utf-8-sig", newline="")
        self._writer = csv.writer(self._file)
        self._writer.writerow(column.name for column in table.columns)

    def write(self, rows: Rows) -> None:
        """Add lines."""
        self._writer.writerows([self._cell(value) for value in row] for row in rows)

    def close(self) -> None:
        """Complete the last file."""
        self._close()
        if self._cut:
            self.notes.append(
                f"{self._cut:,} texts of over {MAX_CELL:,} characters are cut, since a spreadsheet can't hold them;"
                " the other formats have all of them"
            )

    def _close(self) -> None:
        if self._file is not None:
            self._file.close()

    def _cell(self, value: Value) -> Value:
        if isinstance(value, str):
            text = safe_cell(value)
            if len(text) <= MAX_CELL:
                return text
            self._cut += 1
            return f"{text[: MAX_CELL - 1]}…"
        return value.strftime(TIME) if isinstance(value, datetime) else value


class JsonWriter(Writer):
    """JSON lines: an object for each row, with all columns."""

    extension = ".jsonl"
    _file: IO[bytes] | None = None

    def start(self, table: Table) -> None:
        """Begin a file."""
        self.close()
        self._names = [column.name for column in table.columns]
        self._file = self.file_of(table).open("wb")
        self._encoder = msgspec.json.Encoder()

    def write(self, rows: Rows) -> None:
        """Add lines."""
        assert self._file is not None
        objects = [dict(zip(self._names, row, strict=True)) for row in rows]
        self._file.write(self._encoder.encode_lines(objects))

    def close(self) -> None:
        """Complete the last file."""
        if self._file is not None:
            self._file.close()


class ParquetWriter(Writer):
    """Parquet: the rows of each call are a row group."""

    extension = ".parquet"
    needs = ("pyarrow",)
    _writer: Any = None

    def start(self, table: Table) -> None:
        """Begin a file."""
        from pyarrow import parquet

        self.close()
        self._schema = arrow_schema(table)
        self._writer = parquet.ParquetWriter(self.file_of(table), self._schema, compression="zstd")

    def write(self, rows: Rows) -> None:
        """Add a row group."""
        self._writer.write_table(batch_of(rows, self._schema))

    def close(self) -> None:
        """Complete the last file."""
        if self._writer is not None:
            self._writer.close()


class SqliteWriter(Writer):
    """A SQLite database with all tables, and indexes."""

    extension = ".sqlite"
    is_folder = False

    def __init__(self, path: Path) -> None:
        """Make the database."""
        super().__init__(path)
        self._database = sqlite3.connect(path)
        # The file gets its name when it is complete: what a crash leaves is not looked at.
        self._database.executescript("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF")
        self._tables: list[Table] = []

    def start(self, table: Table) -> None:
        """Make a table."""
        self._tables.append(table)
        columns = ", ".join(f'"{column.name}" {SQLITE_TYPES[column.type]}' for column in table.columns)
        self._database.execute(f'CREATE TABLE "{table.name}" ({columns})')
        self._insert = f'INSERT INTO "{table.name}" VALUES ({", ".join("?" * len(table.columns))})'  # noqa: S608 - our names

    def write(self, rows: Rows) -> None:
        """Add rows."""
        self._database.executemany(self._insert, (tuple(map(self._value, row)) for row in rows))

    def close(self) -> None:
        """Make the indexes, and close the database."""
        for table in self._tables:
            for column in table.indexed:
                self._database.execute(f'CREATE INDEX "{table.name}_{column}" ON "{table.name}" ("{column}")')
        self._database.commit()
        self._database.close()

    @staticmethod
    def _value(value: Value) -> Value:
        return value.strftime(TIME) if isinstance(value, datetime) else value


class DuckDbWriter(Writer):
    """A DuckDB database with all tables; the columns have their meaning as comments."""

    extension = ".duckdb"
    is_folder = False
    needs = ("duckdb", "pyarrow")

    def __init__(self, path: Path) -> None:
        """Make the database."""
        import duckdb

        super().__init__(path)
        self._database = duckdb.connect(str(path), config={"memory_limit": DUCKDB_MEMORY, "threads": 1})

    def start(self, table: Table) -> None:
        """Make a table."""
        self._table = table
        self._schema = arrow_schema(table)
        columns = ", ".join(f'"{column.name}" {SQL_TYPES[column.type]}' for column in table.columns)
        self._database.execute(f'CREATE TABLE "{table.name}" ({columns})')
        self._database.execute(f"COMMENT ON TABLE \"{table.name}\" IS '{_quoted(table.meaning)}'")
        for column in table.columns:
            self._database.execute(f'COMMENT ON COLUMN "{table.name}"."{column.name}" IS \'{_quoted(column.meaning)}\'')

    def write(self, rows: Rows) -> None:
        """Add rows."""
        self._database.register("rows", batch_of(rows, self._schema))
        self._database.execute(f'INSERT INTO "{self._table.name}" SELECT * FROM rows')  # noqa: S608 - our name
        self._database.unregister("rows")

    def close(self) -> None:
        """Close the database."""
        self._database.close()


def _quoted(text: str) -> str:
    return text.replace("'", "''")


def arrow_schema(table: Table) -> "pa.Schema":
    """Return the Arrow schema of a table, with the meaning of each column."""
    import pyarrow as pa

    types = {
        "text": pa.string(),
        "integer": pa.int64(),
        "real": pa.float64(),
        "time": pa.timestamp("us"),
    }
    return pa.schema(
        [
            pa.field(column.name, types[column.type], metadata={"description": column.meaning})
            for column in table.columns
        ],
        {"description": table.meaning},
    )


def batch_of(rows: Rows, schema: "pa.Schema") -> "pa.Table":
    """Return rows as an Arrow table."""
    import pyarrow as pa

    columns = [
        [value.replace(tzinfo=None) if isinstance(value, datetime) else value for value in column]
        for column in zip(*rows, strict=True)
    ]
    arrays = [pa.array(column, field.type) for column, field in zip(columns, schema, strict=True)]
    return pa.Table.from_arrays(arrays, schema=schema)


WRITERS: dict[str, type[Writer]] = {
    "parquet": ParquetWriter,
    "csv": CsvWriter,
    "jsonl": JsonWriter,
    "sqlite": SqliteWriter,
    "duckdb": DuckDbWriter,
}
