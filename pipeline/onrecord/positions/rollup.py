# SPDX-License-Identifier: Apache-2.0
"""Adds stances up to positions, in memory for the positions, names, article ids and digests of sentences only."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from math import inf
from typing import Any

from onrecord.data.names import comparable, depends_on_article, has_words
from onrecord.data.selection import Selection
from onrecord.positions.records import Articles, Names, Row
from onrecord.positions.repetitions import Repetitions

SIDES = ("SUPPORT", "OPPOSE", "NEUTRAL")


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which stances are added up, and how finely.

    Attributes:
        claims: include stances that a holder takes only according to somebody else.
        by_day: one position per day (UTC) on which articles appeared.
        min_confidence: 0 to 1; less certain stances are left out.
        holders: names of which a holder must have one, as whole words; empty for all holders.
        targets: names of which a target must have one, as whole words; empty for all targets.
        selection: the articles.
        all_versions: include stances of older versions of articles.
    """

    claims: bool = False
    by_day: bool = False
    min_confidence: float = 0.0
    holders: tuple[str, ...] = ()
    targets: tuple[str, ...] = ()
    selection: Selection = field(default_factory=Selection)
    all_versions: bool = False


@dataclass(frozen=True, slots=True)
class Example:
    """A stance or quote to read: its article, its record, the clause or what was said, and its confidence."""

    article_id: str
    record_id: str
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
        pronouns: left out because only the article shows who or what the holder or target is: one "he" or "his campaign" is not another.
        other_names: left out because of the wanted holders and targets.
        other_articles: left out because of the wanted times and publishers.
        old: left out because their article has a newer version.
        repeated: left out because the outlet repeats the sentence.
    """

    positions: list[Position]
    read: int
    claims: int
    unsure: int
    pronouns: int
    other_names: int
    other_articles: int
    old: int
    repeated: int


@dataclass(frozen=True, slots=True)
class NamedParty:
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
        if best is None or (-row["confidence"], row["stance_id"]) < (-best.confidence, best.record_id):
            self.examples[side] = Example(
                row["article_id"], row["stance_id"], row["evidence"]["text"], row["confidence"]
            )


class Chosen:
    """Which stances are added up, and under which keys."""

    def __init__(self, stances: Iterable[Row], wanted: Wanted, names: Names, articles: Articles) -> None:
        """Read the stances once, to know which are repeated."""
        self._wanted = wanted
        self._names = names
        self._articles = articles
        self._repetitions = Repetitions()
        for row in stances:
            if not self._reason_against(row):
                self._repetitions.add(*self._statement(row))

    def keys(self, row: Row) -> tuple[str, str]:
        """Return the keys of holder and target, joined with those of full names."""
        holder, target = (self._names.full_key(self._names.key(row[side])) for side in ("holder", "target"))
        return holder, target

    def reason_against(self, row: Row) -> str:
        """Return why a stance is left out; empty if it is added up."""
        return self._reason_against(row) or (
            "repeated" if self._repetitions.is_repetition(*self._statement(row)) else ""
        )

    def _statement(self, row: Row) -> tuple[str, str, tuple[str, ...]]:
        source = self._articles.sources.get(row["article_id"], "")
        return row["stance_id"], row["evidence"]["text"], (source, *self.keys(row), row["polarity"])

    def _reason_against(self, row: Row) -> str:
        wanted = self._wanted
        if not (
            wanted.selection.has_time(row["published_at"])
            and wanted.selection.has_source(self._articles.sources.get(row["article_id"]))
        ):
            return "article"
        if self._articles.is_old(row) and not wanted.all_versions:
            return "old"
        if row["asserted_by"] and not wanted.claims:
            return "claim"
        if row["confidence"] < wanted.min_confidence:
            return "unsure"
        parties = (row["holder"], row["target"])
        if any(party["entity_id"] is None and depends_on_article(party["name"]) for party in parties):
            return "pronoun"
        return ""


def add_up(
    stances: Iterable[Row],
    wanted: Wanted,
    names: Names | None = None,
    articles: Articles | None = None,
    chosen: Chosen | None = None,
) -> RollUp:
    """Return the positions of stances.

    Args:
        stances: records as plain values; they are iterated over twice.
        wanted: which of them are added up.
        names: the entities of the same run.
        articles: the articles of the same run.
        chosen: what chooses among these stances, if the caller has it already.
    """
    names, articles = names or Names(), articles or Articles()
    chosen = chosen or Chosen(stances, wanted, names, articles)
    sums: dict[tuple[str, str, date | None], _Sum] = {}
    written: defaultdict[str, Counter[str]] = defaultdict(Counter)
    left_out: Counter[str] = Counter()
    for row in articles.each_once(stances, "stance_id"):
        reason = chosen.reason_against(row)
        left_out[reason] += 1
        if reason:
            continue
        for side in ("holder", "target"):
            written[names.key(row[side])][row[side]["name"]] += 1
        day = row["published_at"].date() if wanted.by_day and row["published_at"] is not None else None
        sums.setdefault((*chosen.keys(row), day), _Sum()).add(row)
    parties = parties_of(written, names)
    # Only now are all names of a key known, so that a filter by any of them finds the same positions, with the same sums.
    holders, targets = (keys_with(texts, parties) for texts in (wanted.holders, wanted.targets))
    positions = [
        _position(key, one, parties, articles.sources)
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
        other_articles=left_out["article"],
        old=left_out["old"],
        repeated=left_out["repeated"],
    )


def evidence(
    stances: Iterable[Row], positions: Iterable[Position], wanted: Wanted, names: Names, articles: Articles
) -> dict[tuple[str, str], list[Row]]:
    """Return the stances that were added up to positions, by the keys of holder and target; of each the first published comes first."""
    chosen = Chosen(stances, wanted, names, articles)
    found: dict[tuple[str, str], dict[str, Row]] = {(one.holder_key, one.target_key): {} for one in positions}
    for row in stances:
        keys = chosen.keys(row)
        if keys in found and not chosen.reason_against(row):
            found[keys][row["stance_id"]] = row
    return {keys: sorted(rows.values(), key=_published) for keys, rows in found.items()}


def _published(row: Row) -> tuple[bool, float, str]:
    time = row["published_at"]
    return time is None, time.timestamp() if time else 0.0, row["stance_id"]


def parties_of(written: Mapping[str, Counter[str]], names: Names) -> dict[str, NamedParty]:
    """Return the holders and targets by key, with their names and those joined with them."""
    keys_of: defaultdict[str, list[str]] = defaultdict(list)
    for key in sorted(written):
        keys_of[names.full_key(key)].append(key)
    parties = {}
    for full, keys in keys_of.items():
        joined = tuple(names.joined[key] for key in keys if key in names.joined)
        spelled = written.get(full)
        shown = min(spelled, key=lambda name: (-spelled[name], name)) if spelled else joined[0].name
        shown = f"{shown}s" if spelled and f"{shown}s" in spelled else shown  # of a group: "Muslim" is its adjective
        found = {full, *keys, *(name for key in keys for name in written[key]), *(one.name for one in joined)}
        aliases = {alias for key in (full, *keys) for alias in names.aliases.get(key, ())}
        parties[full] = NamedParty(shown, frozenset(map(comparable, found)) | aliases, tuple(map(str, joined)))
    return parties


def keys_with(wanted: tuple[str, ...], parties: Mapping[str, NamedParty]) -> frozenset[str]:
    """Return the keys of which a written name, an alias, or the key itself has one of the wanted names in it."""
    if not wanted:
        return frozenset(parties)
    texts = {comparable(text) for text in wanted}
    return frozenset(
        key for key, party in parties.items() if any(has_words(name, text) for name in party.names for text in texts)
    )


def _position(
    key: tuple[str, str, date | None], one: _Sum, parties: Mapping[str, NamedParty], sources: Mapping[str, str]
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


# What positions can be ordered by: the largest first, and names by the alphabet. Those that are equal keep their order.
SORTS: dict[str, Callable[[Position], Any]] = {
    "articles": lambda one: -one.articles,
    "sources": lambda one: -(one.sources or 0),
    "stances": lambda one: -one.stances,
    "for": lambda one: -one.support,
    "against": lambda one: -one.oppose,
    "score": lambda one: -one.score,
    "last": lambda one: -one.last_seen.timestamp() if one.last_seen else inf,
    "holder": lambda one: comparable(one.holder),
    "target": lambda one: comparable(one.target),
}
