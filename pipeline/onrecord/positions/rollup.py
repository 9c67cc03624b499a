# SPDX-License-Identifier: Apache-2.0
"""Adds stances up to positions: reads the records once, and needs memory for the positions, names and article ids only."""

import json
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any, TypeAlias

import fastavro

from onrecord.data.kinds import kinds
from onrecord.data.names import comparable, has_words, is_pronoun, name_key
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
SIDES = ("SUPPORT", "OPPOSE", "NEUTRAL")


class ReadingError(Exception):
    """The records can't be read; the message says which, why, and what to do."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which stances are added up, and how finely.

    Attributes:
        claims: include stances that a holder takes only according to somebody else.
        by_day: one position per day (UTC) on which articles appeared.
        min_confidence: 0 to 1; less certain stances are left out.
        holders: names of which a holder must have one, as whole words; empty for all holders.
        targets: names of which a target must have one, as whole words; empty for all targets.
    """

    claims: bool = False
    by_day: bool = False
    min_confidence: float = 0.0
    holders: tuple[str, ...] = ()
    targets: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Example:
    """A stance to read: its article, its record, the clause, and its confidence."""

    article_id: str
    stance_id: str
    text: str
    confidence: float


@dataclass(frozen=True, slots=True)
class Position:
    """Where a holder stands toward a target, over all articles or those of a day.

    ``articles`` is the number of articles with these stances, ``sources`` that of their publishers, None if none is known.
    ``holder_joined`` and ``target_joined`` say which other names of a person were joined with this one, and on what evidence.
    ``score`` is the mean of the stances' scores, -1 to 1, weighted by their confidence. ``first_seen`` and ``last_seen`` are when the
    first and the last article with it appeared (UTC); None if no article has a date.
    """

    holder_key: str
    holder: str
    target_key: str
    target: str
    day: date | None
    support: int
    oppose: int
    neutral: int
    score: float
    first_seen: datetime | None
    last_seen: datetime | None
    support_example: Example | None
    oppose_example: Example | None
    articles: int
    sources: int | None
    holder_joined: tuple[str, ...]
    target_joined: tuple[str, ...]

    @property
    def stances(self) -> int:
        """The number of stances that were added up."""
        return self.support + self.oppose + self.neutral

    @property
    def example(self) -> Example | None:
        """The example of the side with more stances."""
        sides = (self.support_example, self.oppose_example)
        first, second = sides if self.support >= self.oppose else sides[::-1]
        return first or second


@dataclass(frozen=True, slots=True)
class RollUp:
    """The positions, and how many stances are in none of them.

    Attributes:
        positions: by day, then by number of articles and of stances.
        read: number of stances in the files.
        claims: left out because they are only claimed by somebody else.
        unsure: left out because of their confidence.
        pronouns: left out because their holder or target is a pronoun without an antecedent: one "he" is not another.
        other_names: left out because of the wanted holders and targets.
    """

    positions: list[Position]
    read: int
    claims: int
    unsure: int
    pronouns: int
    other_names: int


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


@dataclass(frozen=True, slots=True)
class _Party:
    """A holder or target of the added stances.

    Attributes:
        name: as it is shown.
        names: all its names, in ``comparable`` form.
        joined: which names of other keys were joined with it, and why.
    """

    name: str
    names: frozenset[str]
    joined: tuple[str, ...]


class _Sum:
    """The running sums of one position."""

    __slots__ = ("articles", "counts", "examples", "first", "last", "weight", "weighted")

    def __init__(self) -> None:
        self.counts = [0, 0, 0]
        self.weight = self.weighted = 0.0
        self.first: datetime | None = None
        self.last: datetime | None = None
        self.examples: list[Example | None] = [None, None, None]
        self.articles: set[str] = set()

    def add(self, row: Row) -> None:
        side = SIDES.index(row["polarity"])
        self.counts[side] += 1
        self.articles.add(row["article_id"])
        self.weight += row["confidence"]
        self.weighted += row["confidence"] * row["score"]
        seen = row["published_at"]
        if seen is not None:
            self.first = seen if self.first is None else min(self.first, seen)
            self.last = seen if self.last is None else max(self.last, seen)
        best = self.examples[side]
        # Of equally certain stances the one with the first id, whatever the order of the files.
        if best is None or (-row["confidence"], row["stance_id"]) < (-best.confidence, best.stance_id):
            self.examples[side] = Example(
                row["article_id"], row["stance_id"], row["evidence"]["text"], row["confidence"]
            )


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
    keys: dict[str, str] = {}
    aliases: defaultdict[str, set[str]] = defaultdict(set)
    counts = NameCounts()
    for row in rows(sorted((folder / ENTITIES).rglob("*.avro")), "Entity", _fields(ENTITIES, NAME_FIELDS)):
        name, key = row["name"], row["name_key"]
        if key:
            # An organisation and a person of one name have two keys: the same one is chosen whatever the order of the files.
            keys[name] = min(keys.get(name, key), key)
        if with_aliases:
            aliases[key or name_key(name)].update(map(comparable, row["aliases"]))
        if join:
            pronouns = [one["span"]["text"] for one in row["mentions"] if one["kind"] == "PRONOUN"]
            counts.add(row["type"], name, key, row["aliases"], pronouns)
    return Names(keys, {key: frozenset(found) for key, found in aliases.items()}, counts.joined(), counts.overflowed)


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


def add_up(
    stances: Iterable[Row], wanted: Wanted, names: Names | None = None, sources: Mapping[str, str] | None = None
) -> RollUp:
    """Return the positions of stances.

    Args:
        stances: records, as an Avro reader returns them.
        wanted: which of them are added up.
        names: the entities of the same run.
        sources: the publishers of the same run's articles by article id.
    """
    names = names or Names()
    sums: dict[tuple[str, str, date | None], _Sum] = {}
    written: defaultdict[str, Counter[str]] = defaultdict(Counter)
    left_out: Counter[str] = Counter()
    for row in stances:
        reason = _reason_against(row, wanted)
        left_out[reason] += 1
        if reason:
            continue
        keys = tuple(names.key(row[side]) for side in ("holder", "target"))
        for key, side in zip(keys, ("holder", "target"), strict=True):
            written[key][row[side]["name"]] += 1
        holder, target = map(names.full_key, keys)
        day = row["published_at"].date() if wanted.by_day and row["published_at"] is not None else None
        sums.setdefault((holder, target, day), _Sum()).add(row)
    parties = _parties(written, names)
    # Only now are all names of a key known, so that a filter by any of them finds the same positions, with the same sums.
    holders, targets = (_keys_with(texts, parties) for texts in (wanted.holders, wanted.targets))
    positions = [
        _position(key, one, parties, sources or {})
        for key, one in sums.items()
        if key[0] in holders and key[1] in targets
    ]
    return RollUp(
        positions=sorted(positions, key=_order),
        read=left_out.total(),
        claims=left_out["claim"],
        unsure=left_out["unsure"],
        pronouns=left_out["pronoun"],
        other_names=left_out[""] - sum(one.stances for one in positions),
    )


def _parties(written: Mapping[str, Counter[str]], names: Names) -> dict[str, _Party]:
    """Return the holders and targets by key, with their names and those joined with them."""
    keys_of: defaultdict[str, list[str]] = defaultdict(list)
    for key in sorted(written):
        keys_of[names.full_key(key)].append(key)
    parties = {}
    for full, keys in keys_of.items():
        joined = tuple(names.joined[key] for key in keys if key in names.joined)
        spelled = written.get(full)
        shown = min(spelled, key=lambda name: (-spelled[name], name)) if spelled else joined[0].name
        found = {full, *keys, *(name for key in keys for name in written[key]), *(one.name for one in joined)}
        aliases = {alias for key in (full, *keys) for alias in names.aliases.get(key, ())}
        parties[full] = _Party(shown, frozenset(map(comparable, found)) | aliases, tuple(map(str, joined)))
    return parties


def _reason_against(row: Row, wanted: Wanted) -> str:
    """Return why a stance is left out; empty if it is added up."""
    if row["asserted_by"] and not wanted.claims:
        return "claim"
    if row["confidence"] < wanted.min_confidence:
        return "unsure"
    if any(party["entity_id"] is None and is_pronoun(party["name"]) for party in (row["holder"], row["target"])):
        return "pronoun"
    return ""


def _keys_with(wanted: tuple[str, ...], parties: Mapping[str, _Party]) -> frozenset[str]:
    """Return the keys of which a written name, an alias, or the key itself has one of the wanted names in it."""
    if not wanted:
        return frozenset(parties)
    texts = {comparable(text) for text in wanted}
    return frozenset(
        key for key, party in parties.items() if any(has_words(name, text) for name in party.names for text in texts)
    )


def _position(
    key: tuple[str, str, date | None], one: _Sum, parties: Mapping[str, _Party], sources: Mapping[str, str]
) -> Position:
    holder, target, day = key
    return Position(
        holder_key=holder,
        holder=parties[holder].name,
        target_key=target,
        target=parties[target].name,
        day=day,
        support=one.counts[0],
        oppose=one.counts[1],
        neutral=one.counts[2],
        score=round(one.weighted / one.weight, 3) + 0.0 if one.weight else 0.0,
        first_seen=one.first,
        last_seen=one.last,
        support_example=one.examples[0],
        oppose_example=one.examples[1],
        articles=len(one.articles),
        sources=len({sources[article] for article in one.articles if article in sources}) or None,
        holder_joined=parties[holder].joined,
        target_joined=parties[target].joined,
    )


def _order(position: Position) -> tuple[object, ...]:
    day = position.day
    return (
        day is None,
        day or date.min,
        -position.articles,
        -position.stances,
        -abs(position.score),
        position.holder_key,
        position.target_key,
    )
