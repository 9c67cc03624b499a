# SPDX-License-Identifier: Apache-2.0
"""Reads from an output folder what positions are made of: stances, the names of entities, and the publishers of articles."""

import json
import re
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

import fastavro

from onrecord.data.kinds import kinds
from onrecord.data.names import comparable, name_key
from onrecord.data.records import ArticleRecord, EntityRecord, StanceRecord
from onrecord.positions.canonical_names import JoinedName, NameCounts

Row: TypeAlias = dict[str, Any]
STANCES, ENTITIES, ARTICLES = StanceRecord.kind, EntityRecord.kind, ArticleRecord.kind
KIND_OF = {"Stance": STANCES, "Entity": ENTITIES, "Article": ARTICLES}
SUMMARY = "summary.json"
# The fields that are read of an entity, to know its names, and of an article, to know its publisher.
NAME_FIELDS = frozenset({"name", "type", "aliases", "name_key", "mentions"})
SOURCE_FIELDS = frozenset({"article_id", "source"})
# A path has lost one of the two slashes of "gs://bucket/folder".
REMOTE = re.compile(r"[a-z][a-z0-9]+:/")


class ReadingError(Exception):
    """The records can't be read; the message says which, why, and what to do."""


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
        return known or name_key(party["name"])

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


def stance_files(folder: Path) -> list[Path]:
    """Return the Avro files with the stances of an output folder, in order.

    Raises:
        ReadingError: the folder does not exist, or is not the output of a run.
    """
    if REMOTE.match(str(folder)):
        raise ReadingError(f"{folder}: only local folders can be read; copy the records to one")
    if not folder.is_dir():
        raise ReadingError(f"{folder}: no such folder; give the --output folder of a run")
    files = sorted((folder / STANCES).rglob("*.avro"))
    if not files and not any((folder / name).exists() for name in (*kinds(), SUMMARY)):
        raise ReadingError(
            f"{folder}: this is not the output of a run; give its --output folder, not a folder inside it"
        )
    return files


def entity_names(folder: Path, *, with_aliases: bool = False, join: bool = True) -> Names:
    """Return the names of the entities of an output folder; none if it has no entities.

    Args:
        folder: the output of a run.
        with_aliases: whether aliases are returned, which only a search for names needs.
        join: whether short names of people are joined with full ones.

    Raises:
        ReadingError: a file can't be read, is truncated, or has other records.
    """
    found = NameTable(with_aliases=with_aliases, join=join)
    for row in rows(sorted((folder / ENTITIES).rglob("*.avro")), "Entity", _fields(ENTITIES, NAME_FIELDS)):
        pronouns = [one["span"]["text"] for one in row["mentions"] if one["kind"] == "PRONOUN"] if join else []
        found.add(row["type"], row["name"], row["name_key"], row["aliases"], pronouns)
    return found.names()


def article_sources(folder: Path) -> dict[str, str]:
    """Return the publishers of the articles of an output folder by article id; none if it has no articles.

    Raises:
        ReadingError: a file can't be read, is truncated, or has other records.
    """
    files = sorted((folder / ARTICLES).rglob("*.avro"))
    found = rows(files, "Article", _fields(ARTICLES, SOURCE_FIELDS))
    # Of a publisher's name one copy is kept. Of the versions of an article the same one counts, whatever the order of the files.
    sources: dict[str, str] = {}
    for row in found:
        if row["source"]:
            source = sys.intern(row["source"])
            sources[row["article_id"]] = min(sources.get(row["article_id"], source), source)
    return sources


def _fields(kind: str, names: frozenset[str]) -> Row:
    """Return the schema of a record kind with some of its fields, so that the others are skipped."""
    schema = json.loads(kinds()[kind].schema.read_text("utf-8"))
    return {**schema, "fields": [one for one in schema["fields"] if one["name"] in names]}


def rows(files: Iterable[Path], record: str = "Stance", schema: Row | None = None) -> Iterator[Row]:
    """Yield the records of the files.

    Args:
        files: Avro files.
        record: the name of their records.
        schema: the fields to read; None for all of them.

    Raises:
        ReadingError: a file can't be read, is truncated, or has other records.
    """
    for path in files:
        try:
            with path.open("rb") as file:
                reader = fastavro.reader(file, schema)
                name = reader.writer_schema.get("name", "") if isinstance(reader.writer_schema, dict) else ""
                if name.rpartition(".")[2] != record:
                    raise ReadingError(f"{path}: this is not a file of {KIND_OF[record]}")
                for row in reader:
                    assert isinstance(row, dict)
                    yield row
        except ReadingError:
            raise
        except Exception as error:  # whatever a library raises for broken bytes
            reason = str(error) or type(error).__name__
            raise ReadingError(f"{path}: can't be read ({reason}); write the records again") from error
