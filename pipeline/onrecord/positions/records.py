# SPDX-License-Identifier: Apache-2.0
"""Reads what positions and speakers are made of: records, the names of entities, the publishers and versions of articles."""

import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, TypeAlias

from onrecord.data.names import comparable, name_key, phrase_key
from onrecord.data.records import ArticleRecord, EntityRecord, StanceRecord
from onrecord.positions.canonical_names import JoinedName, NameCounts
from onrecord.sinks.reader import rows

Row: TypeAlias = dict[str, Any]
STANCES, ENTITIES, ARTICLES = StanceRecord.kind, EntityRecord.kind, ArticleRecord.kind
# The fields that are read of an entity, to know its names, and of an article, to know its publisher and its versions.
NAME_FIELDS = frozenset({"name", "type", "aliases", "name_key", "mentions"})
ARTICLE_FIELDS = frozenset({"article_id", "source", "text_sha256", "version", "received_at"})


@dataclass(frozen=True, slots=True)
class Rows:
    """The records of a kind in an output folder as plain values; they are read whenever they are iterated over.

    Iterating raises a ``ReadingError`` if a file can't be read, is truncated, or has other records.

    Attributes:
        folder: the output of a run: a local folder, or where Beam is installed ``gs://`` or ``s3://``.
        kind: name of the record kind.
        fields: names of the fields that are needed; None for all.
    """

    folder: str | Path
    kind: str
    fields: frozenset[str] | None = None

    def __iter__(self) -> Iterator[Row]:
        return rows(self.folder, self.kind, self.fields)


@dataclass(frozen=True, slots=True)
class Articles:
    """The publishers and versions of the articles of a run.

    Attributes:
        sources: the publisher of an article by its id.
        newest: by the id of each article that came with several texts, the hash of the newest one.
        repeated: ids of articles that were written more than once, as a stream does that is started again.
    """

    sources: Mapping[str, str] = field(default_factory=dict)
    newest: Mapping[str, str] = field(default_factory=dict)
    repeated: frozenset[str] = frozenset()

    def is_old(self, row: Row) -> bool:
        """Whether a record is of another text of its article than the newest one."""
        return bool(row["text_sha256"]) and self.newest.get(row["article_id"], row["text_sha256"]) != row["text_sha256"]

    def each_once(self, rows: Iterable[Row], id_field: str) -> Iterator[Row]:
        """Yield the records without those that stand again in the files; only ids of repeated articles are remembered."""
        seen: set[str] = set()
        for row in rows:
            if row["article_id"] in self.repeated:
                if row[id_field] in seen:
                    continue
                seen.add(row[id_field])
            yield row


@dataclass(frozen=True, slots=True)
class Names:
    """The names of the entities of a run.

    Attributes:
        keys: the key of an entity by its name.
        aliases: by key, the other names of the entity, in ``comparable`` form.
        joined: by key, the full names of people that short names are joined with.
        too_many: whether there were too many names to join any.
    """

    keys: Mapping[str, str] = field(default_factory=dict)
    aliases: Mapping[str, frozenset[str]] = field(default_factory=dict)
    joined: Mapping[str, JoinedName] = field(default_factory=dict)
    too_many: bool = False

    def key(self, party: Row) -> str:
        """Return the key of a holder or target; one that is not an entity has a key of its own name."""
        known = self.keys.get(party["name"]) if party["entity_id"] is not None else None
        return known or phrase_key(party["name"])

    def full_key(self, key: str) -> str:
        """Return the key of the full name that a key is joined with, or the key itself."""
        return self.joined[key].key if key in self.joined else key


class NameTable:
    """Collects the names of the entities of a run.

    Args:
        with_aliases: whether aliases are kept, which only a search for names needs.
        join: whether short names of people are joined with full ones.
    """

    def __init__(self, *, with_aliases: bool = False, join: bool = True) -> None:
        self._keys: dict[str, str] = {}
        self._aliases: defaultdict[str, set[str]] | None = defaultdict(set) if with_aliases else None
        self._counts = NameCounts() if join else None

    def add(self, kind: str, name: str, key: str, aliases: Iterable[str], pronouns: Iterable[str]) -> None:
        """Add an entity: its type, name, ``name_key``, other names, and the pronouns that mean it."""
        if key:
            # An organisation and a person of one name have two keys: the same one is chosen whatever the order of the files.
            self._keys[name] = min(self._keys.get(name, key), key)
        aliases = tuple(aliases)
        if self._aliases is not None:
            self._aliases[key or name_key(name)].update(map(comparable, aliases))
        if self._counts is not None:
            self._counts.add(kind, name, key, aliases, pronouns)

    def names(self) -> Names:
        """Return what was collected."""
        aliases = {key: frozenset(found) for key, found in (self._aliases or {}).items()}
        counts = self._counts or NameCounts()
        return Names(self._keys, aliases, counts.joined(), counts.overflowed)


def entity_names(folder: str | Path, *, with_aliases: bool = False, join: bool = True) -> Names:
    """Return the names of the entities of an output folder; none if it has no entities.

    Args:
        folder: the output of a run.
        with_aliases: whether aliases are returned, which only a search for names needs.
        join: whether short names of people are joined with full ones.

    Raises:
        ReadingError: a file can't be read, is truncated, or has other records.
    """
    table = NameTable(with_aliases=with_aliases, join=join)
    for row in Rows(folder, ENTITIES, NAME_FIELDS):
        pronouns = [one["span"]["text"] for one in row["mentions"] if one["kind"] == "PRONOUN"] if join else ()
        table.add(row["type"], row["name"], row["name_key"], row["aliases"], pronouns)
    return table.names()


def known_articles(folder: str | Path) -> Articles:
    """Return the publishers and versions of the articles of an output folder; none if it has no articles.

    Raises:
        ReadingError: a file can't be read, is truncated, or has other records.
    """
    sources: dict[str, str] = {}
    newest: dict[str, tuple[int, datetime, str]] = {}
    several: set[str] = set()
    repeated: set[str] = set()
    for row in Rows(folder, ARTICLES, ARTICLE_FIELDS):
        article = row["article_id"]
        if row["source"]:
            # Of a publisher's name one copy is kept. Of the versions of an article the same one counts, whatever the order of the files.
            source = sys.intern(row["source"])
            sources[article] = min(sources.get(article, source), source)
        version = (row.get("version", 1), row["received_at"], row["text_sha256"])
        known = newest.setdefault(article, version)
        if known is not version:
            (repeated if known[2] == version[2] else several).add(article)
            newest[article] = max(known, version)
    return Articles(sources, {article: newest[article][2] for article in several}, frozenset(repeated))
