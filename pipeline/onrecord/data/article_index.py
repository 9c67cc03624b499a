# SPDX-License-Identifier: Apache-2.0
"""An index of articles on disk: finds repeated messages, equal texts and versions among any number of articles in bounded memory.

It decides as ``transforms.deduplicate`` does, whatever the order in which the articles are added: SQLite sorts them, in temporary files
if they are many. Only articles for which there is something to decide have a decision.
"""

import hashlib
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass

from onrecord.data.article import Article
from onrecord.data.copy_index import CopyIndex, TextKey, text_key
from onrecord.data.versions import NEVER, micros, version_of

CACHE_KIB = 8 * 1024  # memory for pages of the database
SCHEMA = """
CREATE TABLE IF NOT EXISTS articles (
    split INTEGER, position INTEGER, text BLOB, id BLOB, published INTEGER, updated INTEGER, received INTEGER, payload BLOB, origin BLOB
);
"""
# The original is the first in the order of transforms.deduplicate.precedence, and so is the message that is kept of those with an id.
DECIDE = """
DROP TABLE IF EXISTS decisions;
CREATE INDEX IF NOT EXISTS by_text ON articles (text, id);
CREATE INDEX IF NOT EXISTS by_id ON articles (id, text);
CREATE TABLE decisions AS
WITH alike AS (
    SELECT split, position, text, id,
        row_number() OVER (PARTITION BY text, id ORDER BY published, updated, received, payload, origin) > 1 AS is_repeated,
        first_value(id) OVER (PARTITION BY text ORDER BY published, id) AS first
    FROM articles WHERE text IN (SELECT text FROM articles GROUP BY text HAVING count(*) > 1)
), texts AS (
    SELECT id, text, updated, received,
        row_number() OVER (PARTITION BY id, text ORDER BY published, updated, received) AS place
    FROM articles WHERE id IN (SELECT id FROM articles GROUP BY id HAVING min(text) < max(text))
), versions AS (
    SELECT id, text, row_number() OVER one AS version, lag(text) OVER one AS supersedes
    FROM texts WHERE place = 1 WINDOW one AS (PARTITION BY id ORDER BY updated, received, text)
), decided AS (
    SELECT split, position, is_repeated, nullif(coalesce(original, first), id) AS duplicate_of, coalesce(similarity, 1) AS similarity,
        1 AS version, NULL AS supersedes
    FROM alike LEFT JOIN copied USING (text) WHERE is_repeated OR coalesce(original, first) != id
    UNION ALL
    SELECT split, position, 0, original, similarity, 1, NULL FROM copied JOIN articles USING (text) WHERE original != id
    UNION ALL
    SELECT split, position, 0, NULL, NULL, version, supersedes FROM versions JOIN articles USING (id, text) WHERE version > 1
)
SELECT split, position, max(is_repeated) AS is_repeated, max(duplicate_of) AS duplicate_of,
    iif(max(duplicate_of) IS NULL, NULL, max(similarity)) AS similarity, max(version) AS version, max(supersedes) AS supersedes
FROM decided GROUP BY split, position;
CREATE INDEX by_split ON decisions (split);
"""
DECISIONS = "SELECT position, is_repeated, duplicate_of, similarity, version, supersedes FROM decisions WHERE split = ? ORDER BY position"


@dataclass(frozen=True, slots=True)
class ArticleKey:
    """What decides whether an article repeats another one, in the form in which SQLite compares it as Python compares the values."""

    text: bytes
    id: bytes
    published: int
    updated: int
    received: int
    payload: bytes
    origin: bytes
    near: TextKey | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """What is decided about an article.

    Attributes:
        is_repeated: whether another message with its id and text is kept in its place.
        duplicate_of: id of the original, which has the same text, or one to which this adds nothing.
        version: number of its text among those of its id, from 1.
        supersedes: hash of the text before.
        similarity: to the text of the original.
    """

    is_repeated: bool
    duplicate_of: str | None
    version: int
    supersedes: str | None
    similarity: float | None = None


def key_of(article: Article, near_duplicates: bool = True) -> ArticleKey:
    """Return the key of an article.

    Args:
        article: the article.
        near_duplicates: whether near-duplicates are looked for.
    """
    version = version_of(article)
    return ArticleKey(
        bytes.fromhex(article.text_sha256),
        article.article_id.encode("utf-8", "surrogatepass"),
        micros(article.published_at or NEVER),
        version.updated,
        version.received,
        hashlib.sha256(article.message.payload).digest(),
        article.message.origin.encode("utf-8", "surrogatepass"),
        text_key(article) if near_duplicates else None,
    )


class ArticleIndex:
    """The articles of all splits of an input; a transaction is the caller's."""

    def __init__(self, database: sqlite3.Connection) -> None:
        """Use a database, and create the table if it is new."""
        self._database = database
        database.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
        database.executescript(SCHEMA)
        self._copies = CopyIndex(database)

    def add(self, split: int, keys: Sequence[ArticleKey]) -> None:
        """Add the articles of a split, in their order; the first one has the position 0."""
        self._copies.add(key.near for key in keys if key.near is not None)
        rows = (
            (split, position, key.text, key.id, key.published, key.updated, key.received, key.payload, key.origin)
            for position, key in enumerate(keys)
        )
        self._database.executemany("INSERT INTO articles VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)

    def decide(self) -> None:
        """Decide about all articles."""
        self._copies.decide()
        self._database.executescript(DECIDE)

    def decisions(self, split: int) -> dict[int, Decision]:
        """Return what is decided about the articles of a split, by their positions; others are kept as they are."""
        return {
            position: Decision(
                bool(is_repeated),
                None if duplicate_of is None else duplicate_of.decode("utf-8", "surrogatepass"),
                version,
                None if supersedes is None else supersedes.hex(),
                similarity,
            )
            for position, is_repeated, duplicate_of, similarity, version, supersedes in self._database.execute(
                DECISIONS, (split,)
            )
        }
