"""Adds stances up to positions; reads one record after another and keeps one sum for each position."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, TypeAlias

import fastavro

from onrecord.data.kinds import kinds
from onrecord.data.records import EntityRecord, StanceRecord
from onrecord.positions.keys import name_key

Row: TypeAlias = dict[str, Any]
STANCES, ENTITIES = StanceRecord.kind, EntityRecord.kind
KIND_OF = {"Stance": STANCES, "Entity": ENTITIES}
# What is read of the entities: their names and what they have in common with other articles.
NAMES = {
    "type": "record",
    "name": "Entity",
    "namespace": "org.onrecord",
    "fields": [{"name": "name", "type": "string"}, {"name": "name_key", "type": "string", "default": ""}],
}
SIDES = ("SUPPORT", "OPPOSE", "NEUTRAL")


class ReadingError(Exception):
    """The records can't be read; the message says which, why, and what to do."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which stances are added up, and how finely.

    Attributes:
        claims: also those that a holder takes only by somebody else's claim.
        by_day: a position for each day (UTC) on which articles appeared.
        least_confidence: 0 to 1; less sure stances are left out.
        holder: part of the holder's name, or None for all.
        target: part of the target's name, or None for all.
    """

    claims: bool = False
    by_day: bool = False
    least_confidence: float = 0.0
    holder: str | None = None
    target: str | None = None


@dataclass(frozen=True, slots=True)
class Example:
    """A stance to read: its article, its record, the clause, and how sure it is."""

    article_id: str
    stance_id: str
    text: str
    confidence: float


@dataclass(frozen=True, slots=True)
class Position:
    """Where a holder stands toward a target, over all articles or those of a day.

    ``score`` is the mean of the stances' scores, -1 to 1, weighted by their confidence. ``first_seen`` and ``last_seen`` are when the
    first and the last article with it appeared (UTC); None where no article says when it did.
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

    @property
    def stances(self) -> int:
        """How many stances were added up."""
        return self.support + self.oppose + self.neutral

    @property
    def example(self) -> Example | None:
        """The example of the side that prevails."""
        sides = (self.support_example, self.oppose_example)
        first, second = sides if self.support >= self.oppose else sides[::-1]
        return first or second


class _Sum:
    """What is kept of the stances of one position."""

    __slots__ = ("counts", "examples", "first", "last", "weight", "weighted")

    def __init__(self) -> None:
        self.counts = [0, 0, 0]
        self.weight = self.weighted = 0.0
        self.first: datetime | None = None
        self.last: datetime | None = None
        self.examples: list[Example | None] = [None, None, None]

    def add(self, row: Row) -> None:
        side = SIDES.index(row["polarity"])
        self.counts[side] += 1
        self.weight += row["confidence"]
        self.weighted += row["confidence"] * row["score"]
        seen = row["published_at"]
        if seen is not None:
            self.first = seen if self.first is None else min(self.first, seen)
            self.last = seen if self.last is None else max(self.last, seen)
        best = self.examples[side]
        # The surest; of equals, the one whose id comes first, whatever the order of the files.
        if best is None or (-row["confidence"], row["stance_id"]) < (-best.confidence, best.stance_id):
            self.examples[side] = Example(
                row["article_id"], row["stance_id"], row["evidence"]["text"], row["confidence"]
            )


def stance_files(folder: Path) -> list[Path]:
    """Return the Avro files with the stances of an output folder, in order.

    Raises:
        ReadingError: there is no such folder, or it holds no records of a run.
    """
    if not folder.is_dir():
        raise ReadingError(f"{folder}: is no folder; give the --output of a backfill")
    files = sorted((folder / STANCES).rglob("*.avro")) if (folder / STANCES).is_dir() else []
    if not files and not any((folder / kind).is_dir() for kind in kinds()) and not (folder / "summary.json").is_file():
        raise ReadingError(
            f"{folder}: holds no {STANCES} folder and nothing else of a run; give the --output of a backfill, "
            f"not a folder inside it"
        )
    return files


def entity_keys(folder: Path) -> dict[str, str]:
    """Return the key of each name that the entities of an output folder have; empty where it has no entities.

    Raises:
        ReadingError: a file can't be read, is cut off, or holds something else.
    """
    files = sorted((folder / ENTITIES).rglob("*.avro"))
    return {row["name"]: row["name_key"] for row in rows(files, "Entity", NAMES) if row["name_key"]}


def rows(files: Iterable[Path], record: str = "Stance", schema: Row | None = None) -> Iterator[Row]:
    """Yield the records of the files.

    Args:
        files: Avro files.
        record: the name of the records that they hold.
        schema: what is read of a record; None for all of it.

    Raises:
        ReadingError: a file can't be read, is cut off, or holds something else.
    """
    for path in files:
        try:
            with path.open("rb") as file:
                reader = fastavro.reader(file, schema)
                name = reader.writer_schema.get("name", "") if isinstance(reader.writer_schema, dict) else ""
                if name.rpartition(".")[2] != record:
                    raise ReadingError(f"{path}: holds no {KIND_OF[record]}")
                for row in reader:
                    assert isinstance(row, dict)
                    yield row
        except ReadingError:
            raise
        except Exception as error:  # whatever a library says of broken bytes
            reason = str(error) or type(error).__name__
            raise ReadingError(f"{path}: can't be read ({reason}); write the records again") from error


def add_up(stances: Iterable[Row], wanted: Wanted, keys: Mapping[str, str] | None = None) -> list[Position]:
    """Return the positions that stances come to: by day, then the most often taken first.

    ``keys`` are those of the entities' names; a party that is no entity has one made of its own name.
    """
    keys = keys or {}
    sums: dict[tuple[str, str, date | None], _Sum] = {}
    names: dict[str, Counter[str]] = {}
    holder_part, target_part = (None if part is None else name_key(part) for part in (wanted.holder, wanted.target))
    for row in stances:
        if (row["asserted_by"] and not wanted.claims) or row["confidence"] < wanted.least_confidence:
            continue
        holder, target = _key(row["holder"], keys), _key(row["target"], keys)
        if (holder_part or "") not in holder or (target_part or "") not in target:
            continue
        day = row["published_at"].date() if wanted.by_day and row["published_at"] is not None else None
        sums.setdefault((holder, target, day), _Sum()).add(row)
        for key, party in ((holder, row["holder"]), (target, row["target"])):
            names.setdefault(key, Counter())[party["name"]] += 1
    shown = {key: min(found, key=lambda name: (-found[name], name)) for key, found in names.items()}
    positions = [_position(key, one, shown) for key, one in sums.items()]
    return sorted(positions, key=_order)


def _key(party: Row, keys: Mapping[str, str]) -> str:
    known = keys.get(party["name"]) if party["entity_id"] is not None else None
    return known or name_key(party["name"])


def _position(key: tuple[str, str, date | None], one: _Sum, shown: dict[str, str]) -> Position:
    holder, target, day = key
    return Position(
        holder_key=holder,
        holder=shown[holder],
        target_key=target,
        target=shown[target],
        day=day,
        support=one.counts[0],
        oppose=one.counts[1],
        neutral=one.counts[2],
        score=round(one.weighted / one.weight, 3) + 0.0 if one.weight else 0.0,
        first_seen=one.first,
        last_seen=one.last,
        support_example=one.examples[0],
        oppose_example=one.examples[1],
    )


def _order(position: Position) -> tuple[object, ...]:
    day = position.day
    return (
        day is None,
        day or date.min,
        -position.stances,
        -abs(position.score),
        position.holder_key,
        position.target_key,
    )
