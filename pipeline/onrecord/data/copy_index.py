# SPDX-License-Identifier: Apache-2.0
"""An index of texts on disk: finds copies among any number of texts in bounded memory.

It decides as ``transforms.near_duplicates`` does, whatever the order in which the texts are added: SQLite groups and sorts them, in
temporary files if they are many. A text takes about 3 kB on the disk, four bytes per word and 24 per key.
"""

import sqlite3
from collections.abc import Iterable
from itertools import groupby
from operator import itemgetter
from typing import NamedTuple

import numpy as np

from onrecord.data.article import Article
from onrecord.data.near_duplicates import UNDATED, Candidate, Words, copied, keys_of, pairs, words_of
from onrecord.data.versions import micros

SCHEMA = """
CREATE TABLE IF NOT EXISTS texts (number INTEGER PRIMARY KEY, text BLOB, published INTEGER, id BLOB, length INTEGER, words BLOB);
CREATE TABLE IF NOT EXISTS keys (key INTEGER, number INTEGER);
"""
# Of equal texts the first is compared; all of them have the same words.
GROUP = """
DROP TABLE IF EXISTS firsts;
DROP TABLE IF EXISTS compared;
DROP TABLE IF EXISTS copies;
DROP TABLE IF EXISTS copied;
CREATE TABLE firsts AS SELECT number FROM (
    SELECT number, row_number() OVER (PARTITION BY text ORDER BY published, id) AS place FROM texts
) WHERE place = 1;
CREATE UNIQUE INDEX first_numbers ON firsts (number);
CREATE INDEX IF NOT EXISTS by_key ON keys (key, number);
CREATE TABLE compared (number INTEGER, other INTEGER, PRIMARY KEY (number, other)) WITHOUT ROWID;
CREATE TABLE copies (number INTEGER, other INTEGER, similarity REAL, PRIMARY KEY (number, other)) WITHOUT ROWID;
"""
OF_KEYS = """
SELECT key, number, published, id, text, length FROM keys JOIN firsts USING (number) JOIN texts USING (number)
WHERE key IN (SELECT key FROM keys GROUP BY key HAVING count(*) > 1) ORDER BY key
"""
# Only a text that is not a copy has copies; a text that is a copy of several is one of the first.
FIRST = """
CREATE TABLE copied AS SELECT copy.text, original.id AS original, similarity FROM (
    SELECT copies.number, other, similarity,
        row_number() OVER (PARTITION BY copies.number ORDER BY published, id, text) AS place
    FROM copies JOIN texts ON texts.number = other WHERE other NOT IN (SELECT number FROM copies)
) JOIN texts AS copy USING (number) JOIN texts AS original ON original.number = other WHERE place = 1;
CREATE UNIQUE INDEX copied_texts ON copied (text);
"""


class TextKey(NamedTuple):
    """A text that is long enough to be compared.

    Attributes:
        text: its SHA-256.
        published: in microseconds since 1970; ``UNDATED`` if unknown.
        article_id: of the article.
        words: its hashed words, little-endian.
        keys: its keys.
    """

    text: bytes
    published: int
    article_id: bytes
    words: bytes
    keys: list[int]


def text_key(article: Article) -> TextKey | None:
    """Return the key of an article's text; None if it is too short to be compared."""
    words = words_of(article.text)
    keys = keys_of(words)
    if not keys:
        return None
    published = UNDATED if article.published_at is None else micros(article.published_at)
    article_id = article.article_id.encode("utf-8", "surrogatepass")
    return TextKey(bytes.fromhex(article.text_sha256), published, article_id, words.astype("<u4").tobytes(), keys)


class CopyIndex:
    """The texts of an input; a transaction is the caller's."""

    def __init__(self, database: sqlite3.Connection) -> None:
        """Use a database, and create the tables if it is new."""
        self._database = database
        database.executescript(SCHEMA)

    def add(self, texts: Iterable[TextKey]) -> None:
        """Add texts."""
        for text in texts:
            values = text.text, text.published, text.article_id, len(text.words) // 4, text.words
            number = self._database.execute(
                "INSERT INTO texts (text, published, id, length, words) VALUES (?, ?, ?, ?, ?)", values
            ).lastrowid
            self._database.executemany("INSERT INTO keys VALUES (?, ?)", ((key, number) for key in text.keys))

    def decide(self) -> None:
        """Compare the texts that share a key, and write the table ``copied``: copies, the ids of their originals, and similarities."""
        execute = self._database.execute
        self._database.executescript(GROUP)
        for _, of_key in groupby(execute(OF_KEYS), key=itemgetter(0)):
            numbers = {_candidate(*values): number for _, number, *values in of_key}
            to_compare = ((numbers[text], numbers[other]) for text, other in pairs(numbers))
            self._database.executemany("INSERT OR IGNORE INTO compared VALUES (?, ?)", to_compare)
        for number, of_text in groupby(execute("SELECT * FROM compared ORDER BY number, other"), key=itemgetter(0)):
            words = self._words(number)
            shares = ((number, other, copied(words, self._words(other))) for _, other in of_text)
            found = (row for row in shares if row[2] is not None)
            self._database.executemany("INSERT INTO copies VALUES (?, ?, ?)", found)
        self._database.executescript(FIRST)

    def _words(self, number: int) -> Words:
        (words,) = self._database.execute("SELECT words FROM texts WHERE number = ?", (number,)).fetchone()
        return np.frombuffer(words, dtype="<u4")


def _candidate(published: int, article_id: bytes, text: bytes, length: int) -> Candidate:
    return Candidate(published, article_id.decode("utf-8", "surrogatepass"), text.hex(), length)
