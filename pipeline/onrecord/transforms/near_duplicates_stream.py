# SPDX-License-Identifier: Apache-2.0
"""Near-duplicates in a stream: an article that adds nothing to one that came before is its copy, for a limited time."""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass

import apache_beam as beam
from apache_beam.coders import BytesCoder, StrUtf8Coder, TupleCoder, VarIntCoder
from apache_beam.transforms.timeutil import TimeDomain
from apache_beam.transforms.userstate import (
    AccumulatingRuntimeState,
    BagStateSpec,
    ReadModifyWriteRuntimeState,
    ReadModifyWriteStateSpec,
    RuntimeTimer,
    TimerSpec,
    on_timer,
)
from apache_beam.utils.timestamp import Timestamp

from onrecord.data.article import Article
from onrecord.data.near_duplicates import keys_of, words_of
from onrecord.data.recent_texts import RecentTexts, SeenText
from onrecord.telemetry import metrics
from onrecord.transforms.deduplicate import copy_of

# All articles have the same key, since a copy can share any of its keys with its original. Comparing takes a hundredth of the time of
# parsing, so one worker keeps up with a hundred that parse. The step after this one has many keys, and spreads the articles again.
KEY = 0
CLEANINGS = 8  # in the time for which a text is remembered: each rewrites the state

EXPIRY_TIMER = TimerSpec("expiry", TimeDomain.WATERMARK)
EXPIRY = beam.DoFn.TimerParam(EXPIRY_TIMER)
_STRING = StrUtf8Coder()
TEXTS = beam.DoFn.StateParam(BagStateSpec("texts", TupleCoder([VarIntCoder(), _STRING, _STRING, BytesCoder()])))
CONTENTS = beam.DoFn.StateParam(ReadModifyWriteStateSpec("contents", BytesCoder()))


class _Kept:
    """The texts of the state as this process last saw them, so that it need not read all of them for each article.

    A change of the state gives its contents a new name, which is in the state, too. If the state is not as it was left, because a
    bundle was tried again or ran elsewhere, the names differ.
    """

    name = b""
    texts = RecentTexts()


class RememberTextsFn(beam.DoFn):  # type: ignore[misc]
    """Remembers the texts that are not copies."""

    def __init__(self, seconds: int) -> None:
        """Remember each text for ``seconds``."""
        self.micros = seconds * 1_000_000

    def process(
        self,
        keyed: tuple[int, Article],
        timestamp: Timestamp = beam.DoFn.TimestampParam,
        texts: AccumulatingRuntimeState = TEXTS,
        contents: ReadModifyWriteRuntimeState = CONTENTS,
        expiry: RuntimeTimer = EXPIRY,
    ) -> Iterator[Article]:
        """Yield the article, marked if it is a copy."""
        _, article = keyed
        words = words_of(article.text)
        if not keys_of(words):
            yield article
            return
        recent = _recent(texts, contents)
        original = recent.original_of(article.article_id, words, timestamp.micros)
        if original is not None:
            text, similarity = original
            if text.text_sha256 != article.text_sha256:
                metrics.count(metrics.NEAR_DUPLICATES, article.duplicate_of is None)
                article = copy_of(article, text.article_id, similarity)
        elif article.duplicate_of is None:
            until = timestamp.micros + self.micros
            seen = SeenText(until, article.article_id, article.text_sha256, words.astype("<u4").tobytes())
            if not recent:
                expiry.set(Timestamp(micros=until))
            texts.add(tuple(seen))
            recent.add(seen)
            if recent.forgotten > len(recent):
                _write(texts, contents, list(recent))
            else:
                _rename(contents, recent)
        yield article

    @on_timer(EXPIRY_TIMER)  # type: ignore[untyped-decorator]
    def forget(
        self,
        timestamp: Timestamp = beam.DoFn.TimestampParam,
        texts: AccumulatingRuntimeState = TEXTS,
        contents: ReadModifyWriteRuntimeState = CONTENTS,
        expiry: RuntimeTimer = EXPIRY,
    ) -> None:
        """Forget expired texts, and set the timer for the next time."""
        alive = [text for text in _recent(texts, contents) if text.until > timestamp.micros]
        _write(texts, contents, alive)
        if alive:
            expiry.set(Timestamp(micros=timestamp.micros + self.micros // CLEANINGS))


def _recent(texts: AccumulatingRuntimeState, contents: ReadModifyWriteRuntimeState) -> RecentTexts:
    """Return the texts in the state."""
    name = contents.read()
    if name and name == _Kept.name:
        return _Kept.texts
    recent = RecentTexts()
    for values in texts.read():
        recent.add(SeenText(*values))
    return recent


def _write(texts: AccumulatingRuntimeState, contents: ReadModifyWriteRuntimeState, remembered: list[SeenText]) -> None:
    """Replace the texts in the state."""
    texts.clear()
    recent = RecentTexts()
    for text in remembered:
        texts.add(tuple(text))
        recent.add(text)
    _rename(contents, recent)


def _rename(contents: ReadModifyWriteRuntimeState, recent: RecentTexts) -> None:
    """Give the contents of the state, which are now these, a new name."""
    _Kept.name, _Kept.texts = uuid.uuid4().bytes, recent
    contents.write(_Kept.name)


@dataclass
class MarkCopies(beam.PTransform):  # type: ignore[misc]
    """Marks near-duplicates of recent articles in a stream.

    The first article *seen* is the original, as for exact duplicates, while a backfill takes the first published. Texts that a copy adds
    nothing to are remembered, copies are not: so a copy of a copy is compared with the original.

    Attributes:
        seconds: how long a text is remembered after it was seen, in event time: by the messages' publish times.
    """

    seconds: int

    def __post_init__(self) -> None:
        super().__init__()

    def expand(self, articles: beam.PCollection[Article]) -> beam.PCollection[Article]:
        """Return the articles."""
        return (
            articles
            | "Together" >> beam.Map(lambda article: (KEY, article)).with_output_types(tuple[int, Article])
            | "Remember" >> beam.ParDo(RememberTextsFn(self.seconds)).with_output_types(Article)
        )
