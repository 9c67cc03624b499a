# SPDX-License-Identifier: Apache-2.0
"""Reads the records of a run and adds them up to what the page shows.

Each record is encoded as soon as it is read, so that memory is needed for compact JSON and the sums, not for a dataclass per mention.
Offsets are those of JavaScript, UTF-16 code units.
"""

from array import array
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, TypeAlias

import msgspec

from onrecord.data.kinds import kinds
from onrecord.data.records import (
    ArticleRecord,
    DeadLetter,
    EntityRecord,
    Party,
    QuoteRecord,
    Record,
    Span,
    Speaker,
    StanceRecord,
)
from onrecord.data.selection import Selection
from onrecord.dead_letters.reasons import Reasons
from onrecord.positions.records import Articles, Names, NameTable, Row
from onrecord.positions.rollup import Chosen, Position, RollUp, Wanted, add_up
from onrecord.report.speakers import SpeakerSum, best_titles, common_names
from onrecord.sinks.reader import records

# Below it most stances are wrong; `positions` has the same default.
MIN_CONFIDENCE = 0.2
MAX_REASONS = 100
Json: TypeAlias = Any
encode = msgspec.json.encode


@dataclass(slots=True)
class _Article:
    """An article of the page, and its encoded records."""

    record: ArticleRecord
    number: int = -1
    wide: "array[int] | None" = None
    entities: list[bytes] = field(default_factory=list)
    quotes: list[bytes] = field(default_factory=list)
    stances: list[bytes] = field(default_factory=list)

    def at(self, offset: int) -> int:
        """Return an offset in code points as one in UTF-16 code units."""
        return offset if self.wide is None else self.wide[min(offset, len(self.wide) - 1)]

    def span(self, span: Span) -> tuple[int, int]:
        """Return the offsets of a span."""
        return self.at(span.start), self.at(span.end)

    def encoded(self) -> bytes:
        """Return the article with its records, for a part of the page."""
        segments = [
            (one.kind, self.at(one.start), self.at(one.end)) for one in self.record.segments if one.kind != "BODY"
        ]
        made = (
            encode(self.record.text),
            encode(segments),
            *(b"[" + b",".join(found) + b"]" for found in (self.entities, self.quotes, self.stances)),
        )
        return b"[" + b",".join(made) + b"]"


def _utf16_offsets(text: str) -> "array[int] | None":
    """Return the UTF-16 offset of each code point and of the end; None where they are the same."""
    if text.isascii() or max(text) <= "\uffff":
        return None
    offsets = array("L", [0])
    for char in text:
        offsets.append(offsets[-1] + (2 if char > "\uffff" else 1))
    return offsets


@dataclass(slots=True)
class Report:
    """What the page shows.

    Attributes:
        core: all but the articles' texts and records, which JavaScript reads first.
        articles: each article with its records, as JSON, in the order of ``core["articles"]``.
    """

    core: dict[str, Json]
    articles: list[bytes]

    @classmethod
    def empty(cls, title: str) -> "Report":
        """Return the report of a run that has written nothing yet."""
        return of_records([], title)


class _NameNumbers:
    """Gives each speaker, holder and target a number; the names of one key have the same."""

    def __init__(self, names: Names) -> None:
        self._names = names
        self._numbers: dict[str, int] = {}
        self._written: defaultdict[int, Counter[str]] = defaultdict(Counter)

    def key(self, name: str, entity_id: str | None) -> str:
        """Return the key of a name, that of the full name it is joined with if there is one."""
        return self._names.full_key(self._names.key({"name": name, "entity_id": entity_id}))

    def number(self, name: str, entity_id: str | None) -> int:
        """Return the number of a name, and count the spelling."""
        own = self._names.key({"name": name, "entity_id": entity_id})
        key = self._names.full_key(own)
        number = self._numbers.setdefault(key, len(self._numbers))
        shown = self._names.joined[own].name if own in self._names.joined else name
        self._written[number][shown] += 1
        return number

    def rows(self) -> list[tuple[str, str]]:
        """Return the usual spelling and the key by number."""
        return [
            (min(self._written[number].items(), key=lambda item: (-item[1], item[0]))[0], key)
            for key, number in self._numbers.items()
        ]

    def of_key(self, key: str) -> int:
        """Return the number of a key."""
        return self._numbers[key]


def _found(folder: str, kind: str) -> Iterator[Any]:
    try:
        yield from records(folder, kind)
    except FileNotFoundError:
        return  # the run was not asked for this kind


class _Collector:
    def __init__(self, selection: Selection) -> None:
        self.selection = selection
        self.articles: dict[str, _Article] = {}
        self.names = NameTable()
        self.speakers: defaultdict[int, SpeakerSum] = defaultdict(SpeakerSum)
        self.counts: Counter[str] = Counter()
        self.pairs: defaultdict[tuple[str, str], list[tuple[int, int]]] = defaultdict(list)

    def add_articles(self, found: Iterable[ArticleRecord]) -> None:
        """Take the articles; of several versions of one, the last that was received."""
        for record in found:
            if not (self.selection.has_time(record.published_at) and self.selection.has_source(record.source)):
                continue
            known = self.articles.get(record.article_id)
            order = (record.received_at, record.text_sha256)
            if known is None or order > (known.record.received_at, known.record.text_sha256):
                self.articles[record.article_id] = _Article(record)
        for number, one in enumerate(sorted(self.articles.values(), key=_order)):
            one.number = number
            one.wide = _utf16_offsets(one.record.text)

    def _article(self, record: EntityRecord | QuoteRecord | StanceRecord) -> _Article | None:
        """Return the article of a record; None if it is not shown, or the record is of another version of its text."""
        article = self.articles.get(record.article_id)
        if article is None or record.text_sha256 not in ("", article.record.text_sha256):
            return None
        self.counts[record.kind] += 1
        return article

    def add_entities(self, found: Iterable[EntityRecord]) -> None:
        """Take the entities."""
        for one in found:
            article = self._article(one)
            if article is None:
                continue
            pronouns = [mention.span.text for mention in one.mentions if mention.kind == "PRONOUN"]
            self.names.add(one.type, one.name, one.name_key, one.aliases, pronouns)
            mentions = [(*article.span(mention.span), mention.kind[2]) for mention in one.mentions]
            notes = (one.role, one.wikidata_id, one.country_code, one.refers_to)
            article.entities.append(
                encode((_suffix(one), one.name, one.type, *notes, round(one.salience, 3), mentions))
            )

    def add_quotes(self, found: Iterable[QuoteRecord], numbers: _NameNumbers) -> None:
        """Take the quotes."""
        for one in found:
            article = self._article(one)
            if article is None:
                continue
            sources = [source for source in (one.speaker, *one.co_speakers) if source is not None]
            article.quotes.append(
                encode(
                    (
                        _suffix(one),
                        one.type,
                        [article.span(span) for span in one.content],
                        [article.span(span) for span in one.cue],
                        [self._speaker(one, source, article, numbers) for source in sources],
                        one.realis,
                        _short(one.parent_quote_id, one.article_id),
                        round(one.confidence, 3),
                    )
                )
            )

    def _speaker(self, quote: QuoteRecord, source: Speaker, article: _Article, numbers: _NameNumbers) -> Json:
        name = source.name or (source.mention.text if source.mention is not None else None)
        number = -1
        if name is not None:
            number = numbers.number(name, source.entity_id)
            self.speakers[number].add(quote, source, article.number)
        return (
            number,
            name,
            article.span(source.mention) if source.mention else None,
            source.resolution,
            source.kind,
            source.title,
            article.span(source.anonymity) if source.anonymity else None,
        )

    def add_stances(self, found: Iterable[StanceRecord], numbers: _NameNumbers) -> RollUp:
        """Take the stances, and return their sums."""
        rows: list[Row] = []
        places: list[tuple[int, int]] = []
        for one in found:
            article = self._article(one)
            if article is None:
                continue
            rows.append(_row(one))
            places.append((article.number, len(article.stances)))
            article.stances.append(
                encode(
                    (
                        _suffix(one),
                        *(_party(party, article, numbers) for party in (one.holder, one.target)),
                        one.polarity,
                        round(one.score, 3),
                        one.relation,
                        [article.span(span) for span in one.expression],
                        article.span(one.evidence),
                        _short(one.quote_id, one.article_id),
                        [_party(party, article, numbers) for party in one.asserted_by],
                        round(one.confidence, 3),
                    )
                )
            )
        wanted, names = Wanted(min_confidence=MIN_CONFIDENCE), self.names.names()
        articles = Articles({key: one.record.source for key, one in self.articles.items() if one.record.source})
        chosen = Chosen(rows, wanted, names, articles)
        for row, place in zip(rows, places, strict=True):
            if not chosen.reason_against(row):
                self.pairs[chosen.keys(row)].append(place)
        return add_up(rows, wanted, names, articles, chosen)


def _suffix(record: Record) -> str:
    """Return the part of a record's id behind the article's id."""
    return _short(record.record_id, getattr(record, "article_id", "")) or ""


def _short(record_id: str | None, article_id: str) -> str | None:
    return None if record_id is None else record_id.removeprefix(article_id)


def _order(article: _Article) -> tuple[object, ...]:
    """Order articles by date, the newest first and those without one last."""
    seen = article.record.published_at
    return seen is None, 0 if seen is None else -seen.timestamp(), article.record.article_id


def _row(stance: StanceRecord) -> Row:
    """Return the fields of a stance that are added up."""

    def party(one: Party) -> Row:
        return {"name": one.name, "entity_id": one.entity_id}

    return {
        "article_id": stance.article_id,
        "text_sha256": stance.text_sha256,
        "published_at": stance.published_at,
        "stance_id": stance.stance_id,
        "holder": party(stance.holder),
        "target": party(stance.target),
        "polarity": stance.polarity,
        "score": stance.score,
        "confidence": stance.confidence,
        "asserted_by": stance.asserted_by,
        "evidence": {"text": stance.evidence.text},
    }


def _party(party: Party, article: _Article, numbers: _NameNumbers) -> Json:
    return (
        numbers.number(party.name, party.entity_id),
        party.name,
        article.span(party.mention) if party.mention else None,
    )


def _position(one: Position, numbers: _NameNumbers, refs: list[tuple[int, int]]) -> Json:
    pair = (numbers.of_key(one.holder_key), numbers.of_key(one.target_key))
    return (*pair, one.support, one.oppose, one.neutral, one.score, one.articles, sorted(refs))


def _speaker(number: int, one: SpeakerSum) -> Json:
    realis = [one.realis[name] for name in ("ACTUAL", "NEGATED", "HYPOTHETICAL")]
    return (number, *realis, one.kind, common_names(one.names), best_titles(one.titles), sorted(one.articles))


def _dead_letters(found: Iterable[DeadLetter]) -> tuple[int, list[Json]]:
    """Return the number of refused messages, and the reasons."""
    reasons, number = Reasons(), 0
    for letter in found:
        number += letter.count
        reasons.add(letter.error_type, letter.stage, letter.error_message, letter.origin, letter.count)
    return number, [(one.count, one.text, one.stage, one.origin) for one in reasons.most_common(MAX_REASONS)]


def _article_row(one: _Article, outlets: dict[str, int]) -> Json:
    record = one.record
    seen = record.published_at
    return (
        record.article_id,
        record.title or next(iter(record.text.strip().splitlines()), "")[:200],
        outlets.setdefault(record.source, len(outlets)) if record.source else -1,
        None if seen is None else int(seen.timestamp() * 1000),
        record.language,
        record.url,
        list(record.authors),
        record.duplicate_of,
        len(one.quotes),
        len(one.stances),
    )


def collect(folder: str, selection: Selection | None = None, title: str = "") -> Report:
    """Return what the page shows of a run.

    Args:
        folder: the output folder of a run: a local path, ``gs://`` or ``s3://``.
        selection: which articles are shown; all by default.
        title: what the page calls the run; the folder by default.

    Raises:
        FileNotFoundError: there is no such folder, or it has no articles.
        OSError, ValueError: a file can't be read.
    """
    selection = selection or Selection()
    collected = _Collector(selection)
    collected.add_articles(records(folder, ArticleRecord.kind))
    collected.add_entities(_found(folder, EntityRecord.kind))
    numbers = _NameNumbers(collected.names.names())
    collected.add_quotes(_found(folder, QuoteRecord.kind), numbers)
    positions = collected.add_stances(_found(folder, StanceRecord.kind), numbers)
    # A dead letter has neither a date nor a publisher: a selection can't say which belong to it.
    dead, reasons = _dead_letters(_found(folder, DeadLetter.kind)) if selection.is_everything else (0, [])
    return _report(collected, numbers, positions, title or folder, dead, reasons)


def of_records(found: Iterable[Record], title: str) -> Report:
    """Return what the page shows of records in memory, such as those of one article."""
    by_kind: dict[str, list[Any]] = {kind: [] for kind in kinds()}
    for record in found:
        by_kind.setdefault(record.kind, []).append(record)
    collected = _Collector(Selection())
    collected.add_articles(by_kind[ArticleRecord.kind])
    collected.add_entities(by_kind[EntityRecord.kind])
    numbers = _NameNumbers(collected.names.names())
    collected.add_quotes(by_kind[QuoteRecord.kind], numbers)
    positions = collected.add_stances(by_kind[StanceRecord.kind], numbers)
    return _report(collected, numbers, positions, title, *_dead_letters(by_kind[DeadLetter.kind]))


def _report(
    collected: _Collector, numbers: _NameNumbers, found: RollUp, title: str, dead: int, reasons: list[Json]
) -> Report:
    articles = sorted(collected.articles.values(), key=lambda one: one.number)
    outlets: dict[str, int] = {}
    rows = [_article_row(one, outlets) for one in articles]
    speakers = sorted(
        collected.speakers.items(), key=lambda item: (-item[1].realis["ACTUAL"], -len(item[1].articles), item[0])
    )
    chosen = collected.selection
    core = {
        "title": title,
        "since": chosen.since and chosen.since.date().isoformat(),
        "until": chosen.until and (chosen.until - timedelta(days=1)).date().isoformat(),
        "chosenOutlets": sorted(chosen.sources),
        "counts": {kind: collected.counts[kind] for kind in ("entities", "quotes", "stances")},
        "articles": rows,
        "outlets": list(outlets),
        "speakers": [_speaker(number, one) for number, one in speakers],
        "positions": [
            _position(one, numbers, collected.pairs[one.holder_key, one.target_key]) for one in found.positions
        ],
        "leftOut": {"claims": found.claims, "unsure": found.unsure, "pronouns": found.pronouns},
        "deadLetters": dead,
        "reasons": reasons,
        "names": numbers.rows(),
    }
    return Report(core, [one.encoded() for one in articles])
