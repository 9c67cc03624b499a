# SPDX-License-Identifier: Apache-2.0
"""Deduplicate: one record for a message that was sent twice, one extraction for a text that was published twice, versions numbered."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

import apache_beam as beam

from onrecord.data.article import Article
from onrecord.data.near_duplicates import Copy
from onrecord.data.versions import NEVER, Version, micros, numbered, version_of
from onrecord.telemetry import metrics
from onrecord.telemetry.progress import Tally
from onrecord.transforms.near_duplicates import CopyValues, FindCopies
from onrecord.transforms.sides import Sides, Tagged

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


def mark_duplicates(articles: Iterable[Article], copy: Copy | None = None) -> list[Article]:
    """Return one article per id among articles with the same text, marked as duplicates.

    Args:
        articles: the articles with the text.
        copy: what the text is a copy of; without it, all but the original name that in ``duplicate_of``.
    """
    by_id: dict[str, Article] = {}
    for article in articles:
        known = by_id.get(article.article_id)
        if known is None or precedence(article) < precedence(known):
            by_id[article.article_id] = article
    original, *others = sorted(by_id.values(), key=precedence)
    if copy is None:
        return [original, *(replace(other, duplicate_of=original.article_id, similarity=1.0) for other in others)]
    return [copy_of(article, copy.original, copy.similarity) for article in (original, *others)]


def copy_of(article: Article, original: str, similarity: float) -> Article:
    """Return an article marked as a copy; another text of the original's own id is a version of it, and no copy."""
    if article.article_id == original:
        return article
    return replace(article, duplicate_of=original, similarity=similarity)


def count_duplicate(article: Article) -> None:
    """Count an article if it is a duplicate."""
    if article.duplicate_of is not None:
        metrics.count(metrics.DUPLICATE_TEXTS if article.similarity == 1 else metrics.NEAR_DUPLICATES)


class MarkDuplicatesFn(beam.DoFn):  # type: ignore[misc]
    """Marks the articles that have the same text, and those whose text is a copy."""

    def __init__(self, sides: Sides) -> None:
        self.sides = sides

    def setup(self) -> None:
        """Start this worker's tally."""
        self.tally = Tally()

    def process(
        self, group: tuple[str, Iterable[Tagged]], numbers: Mapping[tuple[str, str], tuple[int, str]]
    ) -> Iterator[Article]:
        """Yield the articles that get a record, with the numbers of their texts."""
        found = self.sides.of(group[1])
        articles, copies = found["articles"], [Copy(*values) for values in found["copies"]]
        kept = mark_duplicates(articles, next(iter(copies), None))
        sent_again = len(articles) - len(kept)
        metrics.count(metrics.DUPLICATES, sent_again)
        self.tally.add(duplicates=sent_again)
        for article in kept:
            count_duplicate(article)
            number, before = numbers.get((article.article_id, article.text_sha256), (1, ""))
            yield replace(article, version=number, supersedes=before or None) if number > 1 else article

    def finish_bundle(self) -> None:
        """Write the tally."""
        self.tally.flush()


@dataclass
class Deduplicate(beam.PTransform):  # type: ignore[misc]
    """Marks exact duplicates by the SHA-256 of the text, and near-duplicates, and numbers the texts of each article.

    The grouping of texts also spreads the articles of one file over all workers.

    Attributes:
        near_duplicates: whether near-duplicates are found.
    """

    near_duplicates: bool = True

    def __post_init__(self) -> None:
        super().__init__()

    def expand(self, articles: beam.PCollection[Article]) -> beam.PCollection[Article]:
        """Return the articles that get a record."""
        numbers = (
            articles
            | "ById" >> beam.Map(text_of).with_output_types(tuple[str, Text])
            | "SameId" >> beam.GroupByKey()
            | "NumberTexts" >> beam.FlatMap(number_texts).with_output_types(Numbered)
        )
        by_text = articles | "ByText" >> beam.Map(lambda article: (article.text_sha256, article)).with_output_types(
            tuple[str, Article]
        )
        of_texts = {"articles": by_text}
        if self.near_duplicates:
            of_texts["copies"] = articles | "FindCopies" >> FindCopies()
        sides = Sides(articles=Article, copies=CopyValues)
        return sides.grouped(**of_texts) | "MarkDuplicates" >> (
            beam.ParDo(MarkDuplicatesFn(sides), beam.pvalue.AsDict(numbers)).with_output_types(Article)
        )
