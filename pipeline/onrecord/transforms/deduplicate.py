# SPDX-License-Identifier: Apache-2.0
"""Deduplicate: one record for a message that was sent twice, one extraction for a text that was published twice."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime, timezone

import apache_beam as beam

from onrecord.data.article import Article
from onrecord.telemetry import metrics
from onrecord.telemetry.progress import Tally

NEVER = datetime.max.replace(tzinfo=timezone.utc)


def precedence(article: Article) -> tuple[datetime, str, bytes, str]:
    """Return the sort key of articles with the same text: the one published first is the original, regardless of the order of arrival."""
    return article.published_at or NEVER, article.article_id, article.message.payload, article.message.origin


def mark_duplicates(articles: Iterable[Article]) -> list[Article]:
    """Return one article per id among articles with the same text; all but the original name it in ``duplicate_of``."""
    by_id: dict[str, Article] = {}
    for article in articles:
        known = by_id.get(article.article_id)
        if known is None or precedence(article) < precedence(known):
            by_id[article.article_id] = article
    original, *others = sorted(by_id.values(), key=precedence)
    return [original, *(replace(other, duplicate_of=original.article_id) for other in others)]


class MarkDuplicatesFn(beam.DoFn):  # type: ignore[misc]
    """Marks the articles that have the same text."""

    def setup(self) -> None:
        """Start this worker's tally."""
        self.tally = Tally()

    def process(self, group: tuple[str, Iterable[Article]]) -> Iterator[Article]:
        """Yield the articles that get a record."""
        articles = list(group[1])
        kept = mark_duplicates(articles)
        sent_again = len(articles) - len(kept)
        metrics.count(metrics.DUPLICATES, sent_again)
        metrics.count(metrics.DUPLICATE_TEXTS, len(kept) - 1)
        self.tally.add(duplicates=sent_again)
        yield from kept

    def finish_bundle(self) -> None:
        """Write the tally."""
        self.tally.flush()


class Deduplicate(beam.PTransform):  # type: ignore[misc]
    """Marks exact duplicates by the SHA-256 of the text. Its GroupByKey also spreads the articles of one file over all workers."""

    def expand(self, articles: beam.PCollection[Article]) -> beam.PCollection[Article]:
        """Return the articles that get a record."""
        return (
            articles
            | "ByText"
            >> beam.Map(lambda article: (article.text_sha256, article)).with_output_types(tuple[str, Article])
            | "SameText" >> beam.GroupByKey()
            | "MarkDuplicates" >> beam.ParDo(MarkDuplicatesFn()).with_output_types(Article)
        )
