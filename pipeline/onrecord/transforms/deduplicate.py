"""Deduplicate: one record for a message that was sent twice, one extraction for a text that was published twice."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timezone

import apache_beam as beam

from onrecord.data.article import Article
from onrecord.telemetry import metrics
from onrecord.telemetry.progress import Tally

NEVER = datetime.max.replace(tzinfo=timezone.utc)


def precedence(article: Article) -> tuple[datetime, str, bytes, str]:
    """Return what orders articles of one text: the one published first is the original, whatever order they come in."""
    return article.published_at or NEVER, article.article_id, article.message.payload, article.message.origin


def mark_duplicates(articles: Iterable[Article]) -> list[Article]:
    """Return one article for each id among articles of the same text; all but the first name it in ``duplicate_of``."""
    by_id: dict[str, Article] = {}
    for article in articles:
        known = by_id.get(article.article_id)
        if known is None or precedence(article) < precedence(known):
            by_id[article.article_id] = article
    original, *others = sorted(by_id.values(), key=precedence)
    return [original, *(replace(other, duplicate_of=original.article_id) for other in others)]


class MarkDuplicatesFn(beam.DoFn):  # type: ignore[misc]
    """Marks the articles of one text."""

    def __init__(self, progress_folder: str | None) -> None:
        """Report to a folder, or to nobody."""
        self.progress_folder = progress_folder

    def setup(self) -> None:
        """Begin this worker's tally."""
        self.tally = Tally(self.progress_folder)

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
        """Write down what was done."""
        self.tally.flush()


@dataclass
class Deduplicate(beam.PTransform):  # type: ignore[misc]
    """Exact duplicates by the text's SHA-256. Its GroupByKey also spreads the articles of one file over all workers.

    Attributes:
        progress_folder: where this job's workers tell how far they are, or None.
    """

    progress_folder: str | None = None

    def __post_init__(self) -> None:
        super().__init__()

    def expand(self, articles: beam.PCollection[Article]) -> beam.PCollection[Article]:
        """Return the articles that get a record."""
        return (
            articles
            | "ByText"
            >> beam.Map(lambda article: (article.text_sha256, article)).with_output_types(tuple[str, Article])
            | "SameText" >> beam.GroupByKey()
            | "MarkDuplicates" >> beam.ParDo(MarkDuplicatesFn(self.progress_folder)).with_output_types(Article)
        )
