# SPDX-License-Identifier: Apache-2.0
"""What a backfill in splits has to remember to go on after a kill: a database in the folder of its work, next to the articles it read.

The splits that are done are in the manifest of the output folder. All else is here: the options, the input files, what was read of
them, and the index of all articles. A transaction is on the disk before the next one begins.
"""

import sqlite3
from collections.abc import Iterable, Sequence
from contextlib import closing
from pathlib import Path

import msgspec

from onrecord.data.article_index import ArticleIndex, ArticleKey, Decision
from onrecord.data.input_file import InputFile
from onrecord.sinks.manifest import Part
from onrecord.sources.splits import Position

LEDGER = "ledger.sqlite"
# The folder is locked already (sinks.lock), and not all disks have the locks that SQLite would take.
WITHOUT_LOCKS = "unix-none"
SCHEMA = """
CREATE TABLE IF NOT EXISTS run (name TEXT PRIMARY KEY, value TEXT);
CREATE TABLE IF NOT EXISTS files (number INTEGER PRIMARY KEY, path BLOB, size INTEGER, changed_at REAL);
CREATE TABLE IF NOT EXISTS splits (number INTEGER PRIMARY KEY, file INTEGER, messages INTEGER, parts TEXT, counts TEXT);
"""


class Ledger:
    """The ledger in a folder."""

    def __init__(self, folder: Path) -> None:
        """Open the ledger, or create it in an existing folder."""
        self._database = sqlite3.connect(f"{(folder / LEDGER).absolute().as_uri()}?vfs={WITHOUT_LOCKS}", uri=True)
        self._database.executescript(SCHEMA)
        self._index = ArticleIndex(self._database)

    def close(self) -> None:
        """Close the database."""
        self._database.close()

    def begin(self, settings: dict[str, str], files: Sequence[InputFile]) -> None:
        """Note the options and the input of a new run."""
        with self._database:
            self._set("settings", msgspec.json.encode(settings).decode())
            self._database.executemany(
                "INSERT INTO files VALUES (?, ?, ?, ?)",
                (
                    (number, file.path.encode("utf-8", "surrogateescape"), file.size, file.changed_at)
                    for number, file in enumerate(files)
                ),
            )

    def settings(self) -> dict[str, str] | None:
        """Return the options of the run; None if the ledger is new."""
        found = self._get("settings")
        return None if found is None else msgspec.json.decode(found, type=dict[str, str])

    def files(self) -> list[InputFile]:
        """Return the input files, in the order in which they are read."""
        rows = self._database.execute("SELECT path, size, changed_at FROM files ORDER BY number")
        return [InputFile(path.decode("utf-8", "surrogateescape"), size, changed) for path, size, changed in rows]

    def position(self) -> Position:
        """Return where reading goes on."""
        rows = self._database.execute("SELECT number + 1, file, messages FROM splits ORDER BY number DESC LIMIT 1")
        return next((Position(*row) for row in rows), Position())

    def add(self, at: Position, parts: Sequence[Part], counts: dict[str, int], keys: Iterable[ArticleKey]) -> None:
        """Note a split that was read.

        Args:
            at: where reading goes on behind it.
            parts: its input.
            counts: metrics of reading it.
            keys: those of its articles, in order.
        """
        with self._database:
            self._index.add(at.split - 1, keys)
            self._database.execute(
                "INSERT INTO splits VALUES (?, ?, ?, ?, ?)",
                (
                    at.split - 1,
                    at.file,
                    at.messages,
                    msgspec.json.encode(parts).decode(),
                    msgspec.json.encode(counts).decode(),
                ),
            )

    def read(self, split: int) -> tuple[list[Part], dict[str, int]]:
        """Return the input of a split, and the metrics of reading it."""
        query = "SELECT parts, counts FROM splits WHERE number = ?"
        with closing(self._database.execute(query, (split,))) as rows:
            parts, counts = rows.fetchone()
        return msgspec.json.decode(parts, type=list[Part]), msgspec.json.decode(counts, type=dict[str, int])

    def decide(self) -> None:
        """Note that everything was read, and decide which articles repeat others."""
        self._index.decide()
        with self._database:
            self._set("is_read", "1")

    @property
    def is_read(self) -> bool:
        """Whether everything was read."""
        return self._get("is_read") is not None

    def decisions(self, split: int) -> dict[int, Decision]:
        """Return what is decided about the articles of a split, by their positions."""
        return self._index.decisions(split)

    def _get(self, name: str) -> str | None:
        with closing(self._database.execute("SELECT value FROM run WHERE name = ?", (name,))) as rows:
            row = rows.fetchone()
        return None if row is None else str(row[0])

    def _set(self, name: str, value: str) -> None:
        self._database.execute("INSERT OR REPLACE INTO run VALUES (?, ?)", (name, value))
