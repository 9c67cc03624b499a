# SPDX-License-Identifier: Apache-2.0
"""Versions in a stream: numbers the texts of an article as they arrive, among those of a limited time."""

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
from onrecord.data.versions import Version, version_of

BUCKETS = 256  # as for duplicates

EXPIRY_TIMER = TimerSpec("expiry", TimeDomain.WATERMARK)
EXPIRY = beam.DoFn.TimerParam(EXPIRY_TIMER)
_STRING, _INT = StrUtf8Coder(), VarIntCoder()
TEXTS = beam.DoFn.StateParam(BagStateSpec("texts", TupleCoder([_STRING, _INT, _INT, _INT, _STRING, _INT])))


@dataclass(frozen=True, slots=True)
class SeenText:
    """A text of an article: its number among the article's texts, its version, and until when it is remembered."""

    article_id: str
    number: int
    version: Version
    until: int  # event time in microseconds since 1970, by the messages' publish times

    def to_tuple(self) -> tuple[str, int, int, int, str, int]:
        """Return the fields in the form that the state's coder encodes."""
        return self.article_id, self.number, *self.version, self.until

    @classmethod
    def of_tuple(cls, values: tuple[str, int, int, int, str, int]) -> "SeenText":
        """Return what ``to_tuple`` gave."""
        article_id, number, updated, received, sha, until = values
        return cls(article_id, number, Version(updated, received, sha), until)


def with_number(article: Article, remembered: Iterable[SeenText]) -> Article:
    """Return the article with the number of its text; it supersedes the newest of the remembered texts that are older.

    A text that is older than one that came before it has a higher number all the same, since that one's record is written already.
    """
    version = version_of(article)
    texts = [text for text in remembered if text.article_id == article.article_id]
    same = next((text for text in texts if text.version.text_sha256 == article.text_sha256), None)
    number = same.number if same else max((text.number for text in texts), default=0) + 1
    older = [text.version for text in texts if text.number < number and text.version < version]
    if number == 1:
        return article
    return replace(article, version=number, supersedes=max(older).text_sha256 if older else None)


class NumberFn(beam.DoFn):  # type: ignore[misc]
    """Remembers the texts of the articles of a bucket for a limited time."""

    def __init__(self, seconds: int) -> None:
        """Remember each text for ``seconds``."""
        self.micros = seconds * 1_000_000

    def process(
        self,
        keyed: tuple[int, Article],
        timestamp: Timestamp = beam.DoFn.TimestampParam,
        texts: AccumulatingRuntimeState = TEXTS,
        expiry: RuntimeTimer = EXPIRY,
    ) -> Iterator[Article]:
        """Yield the article with the number of its text."""
        _, article = keyed
        remembered = [SeenText.of_tuple(values) for values in texts.read()]
        found = with_number(article, (text for text in remembered if text.until > timestamp.micros))
        seen = SeenText(article.article_id, found.version, version_of(article), timestamp.micros + self.micros)
        if not remembered:
            expiry.set(Timestamp(micros=seen.until))
        texts.add(seen.to_tuple())
        yield found

    @on_timer(EXPIRY_TIMER)  # type: ignore[untyped-decorator]
    def forget(
        self,
        timestamp: Timestamp = beam.DoFn.TimestampParam,
        texts: AccumulatingRuntimeState = TEXTS,
        expiry: RuntimeTimer = EXPIRY,
    ) -> None:
        """Forget expired texts, and set the timer for the next to expire."""
        remembered = [SeenText.of_tuple(values) for values in texts.read()]
        alive = [text for text in remembered if text.until > timestamp.micros]
        texts.clear()
        for text in alive:
            texts.add(text.to_tuple())
        if alive:
            expiry.set(Timestamp(micros=min(text.until for text in alive)))


def bucket_of(article: Article) -> int:
    """Return the bucket of an article's id, the same on every runner."""
    return int.from_bytes(hashlib.sha256(article.article_id.encode()).digest()[:4], "big") % BUCKETS


@dataclass
class NumberStream(beam.PTransform):  # type: ignore[misc]
    """Numbers the texts of each article by their arrival.

    Attributes:
        seconds: how long a text is remembered, in event time: by the messages' publish times.
    """

    seconds: int

    def __post_init__(self) -> None:
        super().__init__()

    def expand(self, articles: beam.PCollection[Article]) -> beam.PCollection[Article]:
        """Return the articles with the numbers of their texts."""
        return (
            articles
            | "ByBucket"
            >> beam.Map(lambda article: (bucket_of(article), article)).with_output_types(tuple[int, Article])
            | "Number" >> beam.ParDo(NumberFn(self.seconds)).with_output_types(Article)
        )
