# SPDX-License-Identifier: Apache-2.0
"""Deduplicate in a stream: finds articles that came before, from a record of the articles of a limited time."""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import apache_beam as beam
from apache_beam.coders import StrUtf8Coder, TupleCoder, VarIntCoder
from apache_beam.transforms.timeutil import TimeDomain
from apache_beam.transforms.userstate import (
    AccumulatingRuntimeState,
    BagStateSpec,
    RuntimeTimer,
    TimerSpec,
    on_timer,
)
from apache_beam.utils.timestamp import Timestamp

from onrecord.data.article import Article
from onrecord.telemetry import metrics
from onrecord.telemetry.waiting import WAITING, waiting_key

# One key per text would be simpler, but the local runner never forgets a key, and visits all keys in every step.
BUCKETS = 256

EXPIRY_TIMER = TimerSpec("expiry", TimeDomain.WATERMARK)
EXPIRY = beam.DoFn.TimerParam(EXPIRY_TIMER)
SEEN = beam.DoFn.StateParam(
    BagStateSpec("seen", TupleCoder([StrUtf8Coder(), StrUtf8Coder(), StrUtf8Coder(), VarIntCoder()]))
)


@dataclass(frozen=True, slots=True)
class SeenArticle:
    """An article that was seen: the hash of its text, its id, the id of the first with that text, and until when it is remembered."""

    text_sha256: str
    article_id: str
    original: str
    until: int  # event time in microseconds since 1970, by the messages' publish times

    def to_tuple(self) -> tuple[str, str, str, int]:
        """Return the fields in the form that the state's coder encodes."""
        return self.text_sha256, self.article_id, self.original, self.until


def without_repetition(article: Article, remembered: Iterable[SeenArticle]) -> tuple[Article | None, str]:
    """Return the article, or None if it gets no record, and the id of the first article with its text.

    It gets none if the same id came with the same text before; if the text came under another id, ``duplicate_of`` is the first of these.
    """
    same_text = [entry for entry in remembered if entry.text_sha256 == article.text_sha256]
    if not same_text:
        return article, article.article_id
    original = same_text[0].original
    if any(entry.article_id == article.article_id for entry in same_text):
        return None, original
    return replace(article, duplicate_of=original, similarity=1.0), original


class RememberFn(beam.DoFn):  # type: ignore[misc]
    """Remembers the articles of a bucket for a limited time."""

    def __init__(self, seconds: int) -> None:
        """Remember each article for ``seconds`` after it was last seen."""
        self.micros = seconds * 1_000_000

    def process(
        self,
        keyed: tuple[int, Article],
        timestamp: Timestamp = beam.DoFn.TimestampParam,
        seen: AccumulatingRuntimeState = SEEN,
        expiry: RuntimeTimer = EXPIRY,
    ) -> Iterator[Article]:
        """Yield the article if it gets a record."""
        _, article = keyed
        remembered = [SeenArticle(*values) for values in seen.read()]
        alive = [entry for entry in remembered if entry.until > timestamp.micros]
        kept, original = without_repetition(article, alive)
        entry = SeenArticle(article.text_sha256, article.article_id, original, timestamp.micros + self.micros)
        if kept is None:
            metrics.count(metrics.DUPLICATES)
            WAITING.remove(waiting_key(article))
            self._write(seen, [_latest(entry, other) for other in remembered])
            return
        if not remembered:
            expiry.set(Timestamp(micros=entry.until))
        seen.add(entry.to_tuple())
        if kept.duplicate_of is not None:
            metrics.count(metrics.DUPLICATE_TEXTS)
        yield kept

    @on_timer(EXPIRY_TIMER)  # type: ignore[untyped-decorator]
    def forget(
        self,
        timestamp: Timestamp = beam.DoFn.TimestampParam,
        seen: AccumulatingRuntimeState = SEEN,
        expiry: RuntimeTimer = EXPIRY,
    ) -> None:
        """Forget expired articles, and set the timer for the next to expire."""
        alive = [entry for values in seen.read() if (entry := SeenArticle(*values)).until > timestamp.micros]
        self._write(seen, alive)
        if alive:
            expiry.set(Timestamp(micros=min(entry.until for entry in alive)))

    @staticmethod
    def _write(seen: AccumulatingRuntimeState, remembered: Iterable[SeenArticle]) -> None:
        values = [entry.to_tuple() for entry in remembered]
        seen.clear()
        for value in values:
            seen.add(value)


def _latest(new: SeenArticle, other: SeenArticle) -> SeenArticle:
    """Return an entry, with a later expiry if the new one is of the same article."""
    is_same = (new.text_sha256, new.article_id) == (other.text_sha256, other.article_id)
    return replace(other, until=max(other.until, new.until)) if is_same else other


def bucket_of(article: Article) -> int:
    """Return the bucket of an article's text, the same on every runner."""
    return int.from_bytes(hashlib.sha256(article.text_sha256.encode()).digest()[:4], "big") % BUCKETS


@dataclass
class DeduplicateStream(beam.PTransform):  # type: ignore[misc]
    """Finds exact duplicates by id and by the SHA-256 of the text, among recent articles.

    A stream can't know later articles: the first article *seen* with a text is the original, while a backfill takes the first published.
    A message that comes again after it was forgotten, or after the job was started again, gets records again, with the same ids.

    Attributes:
        seconds: how long an article is remembered after it was last seen, in event time: by the messages' publish times.
    """

    seconds: int

    def __post_init__(self) -> None:
        super().__init__()

    def expand(self, articles: beam.PCollection[Article]) -> beam.PCollection[Article]:
        """Return the articles that get a record."""
        return (
            articles
            | "ByBucket"
            >> beam.Map(lambda article: (bucket_of(article), article)).with_output_types(tuple[int, Article])
            | "Remember" >> beam.ParDo(RememberFn(self.seconds)).with_output_types(Article)
        )
