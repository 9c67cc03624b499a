# SPDX-License-Identifier: Apache-2.0
"""Deduplicate: one record for a message that was sent twice, one extraction for a text that was published twice, versions numbered."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime

import apache_beam as beam

from onrecord.data.article import Article
from onrecord.data.versions import NEVER, Version, micros, numbered, version_of
from onrecord.telemetry import metrics
from onrecord.telemetry.progress import Tally

# A text of an article: when it was published, in microseconds since 1970, and its version.
Text = tuple[int, tuple[int, int, str]]
# The id of an article with the hash of one of its texts; the number of this text with the hash of the text before.
Numbered = tuple[tuple[str, str], tuple[int, str]]


def precedence(article: Article) -> tuple[datetime, str, Version, bytes, str]:
    """Return the sort key of articles with the same text: the one published first is the original, regardless of the order of arrival."""
    message = article.message
    payload = hashlib.sha256(message.payload).digest()
    return article.published_at or NEVER, article.article_id, version_of(article), payload, message.origin


def text_of(article: Article) -> tuple[str, Text]:
    """Return an article's id and text."""
    return article.article_id, (micros(article.published_at or NEVER), version_of(article))


def number_texts(texts: tuple[str, Iterable[Text]]) -> Iterator[Numbered]:
    """Yield the texts of an article in their order, if it has several."""
    article_id, of_one = texts
    first: dict[str, Text] = {}  # of a message that was sent again, by the precedence by which one is kept
    for text in of_one:
        first[text[1][2]] = min(text, first.get(text[1][2], text))
    if len(first) > 1:
        for sha, (number, before) in numbered(Version(*version) for _, version in first.values()).items():
            yield (article_id, sha), (number, before or "")


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

    def process(
        self, group: tuple[str, Iterable[Article]], numbers: Mapping[tuple[str, str], tuple[int, str]]
    ) -> Iterator[Article]:
        """Yield the articles that get a record, with the numbers of their texts."""
        articles = list(group[1])
        kept = mark_duplicates(articles)
        sent_again = len(articles) - len(kept)
        metrics.count(metrics.DUPLICATES, sent_again)
        metrics.count(metrics.DUPLICATE_TEXTS, len(kept) - 1)
        self.tally.add(duplicates=sent_again)
        for article in kept:
            number, before = numbers.get((article.article_id, article.text_sha256), (1, ""))
            yield replace(article, version=number, supersedes=before or None) if number > 1 else article

    def finish_bundle(self) -> None:
        """Write the tally."""
        self.tally.flush()


class Deduplicate(beam.PTransform):  # type: ignore[misc]
    """Marks exact duplicates by the SHA-256 of the text, and numbers the texts of each article.

    The GroupByKey of texts also spreads the articles of one file over all workers.
    """

    def expand(self, articles: beam.PCollection[Article]) -> beam.PCollection[Article]:
        """Return the articles that get a record."""
        numbers = (
            articles
            | "ById" >> beam.Map(text_of).with_output_types(tuple[str, Text])
            | "SameId" >> beam.GroupByKey()
            | "NumberTexts" >> beam.FlatMap(number_texts).with_output_types(Numbered)
        )
        return (
            articles
            | "ByText"
            >> beam.Map(lambda article: (article.text_sha256, article)).with_output_types(tuple[str, Article])
            | "SameText" >> beam.GroupByKey()
            | "MarkDuplicates" >> beam.ParDo(MarkDuplicatesFn(), beam.pvalue.AsDict(numbers)).with_output_types(Article)
        )
