# SPDX-License-Identifier: Apache-2.0
"""Counts who is quoted how often, in how many articles and by how many publishers."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from math import inf
from typing import Any

from onrecord.data.names import comparable, depends_on_article
from onrecord.data.selection import Selection
from onrecord.positions.records import Articles, Names, Row
from onrecord.positions.repetitions import Repetitions
from onrecord.positions.rollup import Example, keys_with, parties_of

BETWEEN_SPANS = " … "
UNNAMED = frozenset({"UNNAMED_PERSON", "UNNAMED_GROUP"})
# Reasons for which quotes are left out.
NOT_SAID = "that were not said, or may be said"
UNSURE = "with a lower confidence (--min-confidence)"
NOBODY = "of unnamed or unknown speakers (--unnamed)"
OTHER_ARTICLE = "of other articles (--since, --until, --source)"
OLD = "of older versions of articles (--all-versions)"
REPEATED = "that a publisher repeats, which count once"
OTHER_NAME = "of other speakers (--speaker)"


@dataclass(frozen=True, slots=True)
class WantedQuotes:
    """Which quotes are counted.

    Attributes:
        min_confidence: 0 to 1; less certain quotes are left out.
        names: names of which a speaker must have one, as whole words; empty for all speakers.
        unnamed: include speakers without a name, such as "officials".
        selection: the articles.
        all_versions: include quotes of older versions of articles.
    """

    min_confidence: float = 0.0
    names: tuple[str, ...] = ()
    unnamed: bool = False
    selection: Selection = field(default_factory=Selection)
    all_versions: bool = False


@dataclass(frozen=True, slots=True)
class Speaker:
    """A speaker in all articles; ``direct`` is the number of quotes of which at least a part is in quotation marks."""

    key: str
    name: str
    quotes: int
    direct: int
    articles: int
    sources: int | None
    first_seen: datetime | None
    last_seen: datetime | None
    example: Example
    joined: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Speakers:
    """The speakers, how many quotes were read, and how many of them are left out, by the reason."""

    speakers: list[Speaker]
    read: int
    left_out: Counter[str]


def content_of(row: Row) -> str:
    """Return what was said."""
    return BETWEEN_SPANS.join(span["text"] for span in row["content"])


class ChosenQuotes:
    """Which quotes are counted, and for whom."""

    def __init__(self, quotes: Iterable[Row], wanted: WantedQuotes, names: Names, articles: Articles) -> None:
        """Read the quotes once, to know which are repeated."""
        self._wanted = wanted
        self._names = names
        self._articles = articles
        self._repetitions = Repetitions()
        for row in quotes:
            if not self._reason_against(row):
                self._repetitions.add(*self._statement(row))

    def parties(self, row: Row) -> Iterator[Row]:
        """Yield those who said it, each with a name; the unnamed only if they are wanted."""
        for party in filter(None, (row["speaker"], *row["co_speakers"])):
            name = party["name"] or (party["mention"] and party["mention"]["text"])
            is_named = party["entity_id"] is not None or (party["name"] and party.get("kind") not in UNNAMED)
            if name and (is_named or (self._wanted.unnamed and not depends_on_article(name))):
                yield {**party, "name": name}

    def key(self, party: Row) -> str:
        """Return the key of a speaker, joined with that of the full name."""
        return self._names.full_key(self._names.key(party))

    def reason_against(self, row: Row) -> str:
        """Return why a quote is left out; empty if it is counted."""
        repeats = self._repetitions.is_repetition
        return self._reason_against(row) or (REPEATED if repeats(*self._statement(row)) else "")

    def _statement(self, row: Row) -> tuple[str, str, tuple[str, ...]]:
        keys = sorted({self.key(party) for party in self.parties(row)})
        return row["quote_id"], content_of(row), (self._articles.sources.get(row["article_id"], ""), *keys)

    def _reason_against(self, row: Row) -> str:
        wanted = self._wanted
        selection, source = wanted.selection, self._articles.sources.get(row["article_id"])
        reasons = (
            (not (selection.has_time(row["published_at"]) and selection.has_source(source)), OTHER_ARTICLE),
            (self._articles.is_old(row) and not wanted.all_versions, OLD),
            (row["realis"] != "ACTUAL", NOT_SAID),
            (row["confidence"] < wanted.min_confidence, UNSURE),
            (next(self.parties(row), None) is None, NOBODY),
        )
        return next((reason for is_against, reason in reasons if is_against), "")


class _Sum:
    """The running sums of one speaker."""

    __slots__ = ("articles", "direct", "example", "first", "last", "quotes")

    def __init__(self) -> None:
        self.quotes = self.direct = 0
        self.articles: set[str] = set()
        self.first: datetime | None = None
        self.last: datetime | None = None
        self.example: Example | None = None

    def add(self, row: Row) -> None:
        self.quotes += 1
        self.direct += row["type"] != "INDIRECT"
        self.articles.add(row["article_id"])
        seen = row["published_at"]
        if seen is not None:
            self.first = seen if self.first is None else min(self.first, seen)
            self.last = seen if self.last is None else max(self.last, seen)
        best = self.example
        # Of equally certain quotes the one with the first id, whatever the order of the files.
        if best is None or (-row["confidence"], row["quote_id"]) < (-best.confidence, best.record_id):
            self.example = Example(row["article_id"], row["quote_id"], content_of(row), row["confidence"])


def count_speakers(quotes: Iterable[Row], wanted: WantedQuotes, names: Names, articles: Articles) -> Speakers:
    """Return the speakers of quotes, those with the most quotes first.

    Args:
        quotes: records as plain values; they are iterated over twice.
        wanted: which of them are counted.
        names: the entities of the same run.
        articles: the articles of the same run.
    """
    chosen = ChosenQuotes(quotes, wanted, names, articles)
    sums: defaultdict[str, _Sum] = defaultdict(_Sum)
    written: defaultdict[str, Counter[str]] = defaultdict(Counter)
    left_out: Counter[str] = Counter()
    for row in articles.each_once(quotes, "quote_id"):
        reason = chosen.reason_against(row)
        left_out[reason] += 1
        if reason:
            continue
        parties = list(chosen.parties(row))
        for party in parties:
            written[names.key(party)][party["name"]] += 1
        for key in {chosen.key(party) for party in parties}:
            sums[key].add(row)
    shown = parties_of(written, names)
    found = keys_with(wanted.names, shown)
    speakers = [
        _speaker(key, one, shown[key].name, shown[key].joined, articles) for key, one in sums.items() if key in found
    ]
    read, counted = left_out.total(), left_out.pop("", 0)
    left_out[OTHER_NAME] = 0 if speakers else counted
    return Speakers(sorted(speakers, key=_order), read, left_out)


def _speaker(key: str, one: _Sum, name: str, joined: tuple[str, ...], articles: Articles) -> Speaker:
    assert one.example is not None
    return Speaker(
        key=key,
        name=name,
        quotes=one.quotes,
        direct=one.direct,
        articles=len(one.articles),
        sources=len({articles.sources[article] for article in one.articles if article in articles.sources}) or None,
        first_seen=one.first,
        last_seen=one.last,
        example=one.example,
        joined=joined,
    )


def quotes_of(
    quotes: Iterable[Row], speakers: Iterable[Speaker], wanted: WantedQuotes, names: Names, articles: Articles
) -> dict[str, list[Row]]:
    """Return the quotes that were counted for speakers, by their keys; the first published comes first."""
    chosen = ChosenQuotes(quotes, wanted, names, articles)
    found: dict[str, dict[str, Row]] = {one.key: {} for one in speakers}
    for row in quotes:
        if not chosen.reason_against(row):
            for key in {chosen.key(party) for party in chosen.parties(row)} & found.keys():
                found[key][row["quote_id"]] = row
    return {key: sorted(rows.values(), key=_published) for key, rows in found.items()}


def _published(row: Row) -> tuple[bool, float, str]:
    time = row["published_at"]
    return time is None, time.timestamp() if time else 0.0, row["quote_id"]


def _order(one: Speaker) -> tuple[object, ...]:
    return -one.quotes, -one.articles, one.key


# What speakers can be ordered by: the largest first, and names by the alphabet. Those that are equal keep their order.
SORTS: dict[str, Callable[[Speaker], Any]] = {
    "quotes": lambda one: -one.quotes,
    "direct": lambda one: -one.direct,
    "articles": lambda one: -one.articles,
    "sources": lambda one: -(one.sources or 0),
    "last": lambda one: -one.last_seen.timestamp() if one.last_seen else inf,
    "speaker": lambda one: comparable(one.name),
}
