# SPDX-License-Identifier: Apache-2.0
"""What the rows of a table need of other records: the article of a quote, the entity of a speaker. Kept on disk, so that memory is flat."""

import sqlite3
from collections.abc import Callable, Iterable
from datetime import datetime, timezone
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

from onrecord.data.names import name_key
from onrecord.positions.canonical_names import GENDERS, MAX_OTHER_GENDER, JoinedName, NameCounts

Row: TypeAlias = dict[str, Any]

SCHEMA = """\
PRAGMA journal_mode = OFF;
PRAGMA synchronous = OFF;
CREATE TABLE articles (
    article_id TEXT, text_sha256 TEXT, version INTEGER, received_at TEXT, title TEXT, source TEXT, url TEXT, published_at TEXT,
    copies INTEGER DEFAULT 1, PRIMARY KEY (article_id, text_sha256)
) WITHOUT ROWID;
CREATE TABLE entities (
    entity_id TEXT PRIMARY KEY, name TEXT, key TEXT, type TEXT, role TEXT, wikidata_id TEXT, pronoun TEXT
) WITHOUT ROWID;
CREATE TABLE written (record_id TEXT PRIMARY KEY) WITHOUT ROWID;
"""
KNOWN_ARTICLES, KNOWN_ENTITIES = 64, 1_024  # in memory; the records of an article are next to each other


class ArticleFacts(NamedTuple):
    """The columns of a record's article; ``is_newest`` is whether no newer version of the article is there."""

    title: str | None = None
    source: str | None = None
    url: str | None = None
    published_at: datetime | None = None
    is_newest: bool = True
    is_repeated: bool = False


class EntityFacts(NamedTuple):
    """The columns of an entity that a record points to.

    ``name`` is the fullest name of all articles where that is sure, and ``key`` is the same in all articles. ``pronoun`` is "he" or
    "she" if that is how the article speaks of it.
    """

    name: str
    key: str
    type: str
    role: str | None
    wikidata_id: str | None
    pronoun: str | None


UNKNOWN_ARTICLE = ArticleFacts()


class Index:
    """The articles and entities of a run."""

    def __init__(self, path: Path, *, joins_names: bool = True) -> None:
        """Make an index in a new file.

        Args:
            path: the file.
            joins_names: whether short names of people are joined with full ones.
        """
        self._database = sqlite3.connect(path)
        self._database.executescript(SCHEMA)
        self._counts = NameCounts() if joins_names else None
        self._joined: dict[str, JoinedName] = {}
        self.article: Callable[[str, str], ArticleFacts] = lru_cache(KNOWN_ARTICLES)(self._article)
        self.entity: Callable[[str | None], EntityFacts | None] = lru_cache(KNOWN_ENTITIES)(self._entity)

    def close(self) -> None:
        """Close the file."""
        self._database.close()

    def add_articles(self, rows: Iterable[Row]) -> None:
        """Add the articles of a run."""
        self._database.executemany(
            "INSERT INTO articles VALUES (?, ?, ?, ?, ?, ?, ?, ?, 1) ON CONFLICT DO UPDATE SET copies = copies + 1,"
            " version = max(version, excluded.version), received_at = max(received_at, excluded.received_at)",
            (
                (
                    row["article_id"],
                    row["text_sha256"],
                    row.get("version", 1),
                    row["received_at"].isoformat(),
                    *(row[name] for name in ("title", "source", "url")),
                    row["published_at"] and row["published_at"].isoformat(),
                )
                for row in rows
            ),
        )

    def add_entities(self, rows: Iterable[Row]) -> None:
        """Add the entities of a run."""
        self._database.executemany(
            "INSERT OR IGNORE INTO entities VALUES (?, ?, ?, ?, ?, ?, ?)", map(self._facts, rows)
        )

    def finish(self) -> bool:
        """Join short names with full ones, when all entities are there; return whether there were too many names for that."""
        self._database.commit()
        if self._counts is None:
            return False
        self._joined = self._counts.joined()
        return self._counts.overflowed

    def _facts(self, row: Row) -> tuple[str | None, ...]:
        key = row["name_key"] or name_key(row["name"])
        pronouns = [one["span"]["text"] for one in row["mentions"] if one["kind"] == "PRONOUN"]
        if self._counts is not None:
            self._counts.add(row["type"], row["name"], key, row["aliases"], pronouns)
        return row["entity_id"], row["name"], key, row["type"], row["role"], row["wikidata_id"], pronoun_of(pronouns)

    def _article(self, article_id: str, text_sha256: str) -> ArticleFacts:
        """Return an article; records of earlier versions of this package have no hash of the text, and are of the newest one."""
        versions = self._database.execute(
            "SELECT text_sha256, title, source, url, published_at, copies FROM articles WHERE article_id = ?"
            " ORDER BY version DESC, received_at DESC, text_sha256 DESC",
            (article_id,),
        ).fetchall()
        for number, (digest, title, source, url, published_at, copies) in enumerate(versions):
            if not text_sha256 or digest == text_sha256:
                time = published_at and datetime.fromisoformat(published_at).astimezone(timezone.utc)
                return ArticleFacts(title, source, url, time, number == 0, copies > 1)
        return UNKNOWN_ARTICLE

    def _entity(self, entity_id: str | None) -> EntityFacts | None:
        if entity_id is None:
            return None
        found = self._database.execute(
            "SELECT name, key, type, role, wikidata_id, pronoun FROM entities WHERE entity_id = ?", (entity_id,)
        ).fetchone()
        if found is None:
            return None
        facts = EntityFacts(*found)
        joined = self._joined.get(facts.key) if facts.type == "PERSON" else None
        return facts._replace(name=joined.name, key=joined.key) if joined else facts

    def is_first(self, record_id: str) -> bool:
        """Whether a record of a repeated article was not written yet; a stream that is started again may write records twice."""
        return self._database.execute("INSERT OR IGNORE INTO written VALUES (?)", (record_id,)).rowcount == 1


def pronoun_of(pronouns: Iterable[str]) -> str | None:
    """Return "he" or "she" if nearly all of the pronouns of a mention that are of a gender are of this one; None otherwise."""
    found = [GENDERS[pronoun.casefold()] for pronoun in pronouns if pronoun.casefold() in GENDERS]
    for gender in ("he", "she"):
        if found and found.count(gender) >= (1 - MAX_OTHER_GENDER) * len(found):
            return gender
    return None
