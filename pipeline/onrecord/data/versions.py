# SPDX-License-Identifier: Apache-2.0
"""Versions: the texts of one article id in their order.

A text is later than another if its article was updated later (``updated_at``, else ``published_at``), then if it was received later,
then by its hash. An article without either time is earlier than any that has one.
"""

from collections.abc import Callable, Iterable
from datetime import datetime, timezone
from typing import NamedTuple

from onrecord.data.article import Article
from onrecord.data.records import ArticleRecord, Record

EARLIEST = datetime.min.replace(tzinfo=timezone.utc)
NEVER = datetime.max.replace(tzinfo=timezone.utc)
EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


class Version(NamedTuple):
    """The place of a text among those of its article id; values compare as the texts do.

    Attributes:
        updated: when it was last updated, or else published, in microseconds since 1970.
        received: when it was received, in microseconds since 1970.
        text_sha256: its hash.
    """

    updated: int
    received: int
    text_sha256: str


def version_of(article: Article) -> Version:
    """Return the place of an article's text."""
    return _version(article.updated_at, article.published_at, article.message.received_at, article.text_sha256)


def _version(updated_at: datetime | None, published_at: datetime | None, received_at: datetime, sha: str) -> Version:
    return Version(micros(updated_at or published_at or EARLIEST), micros(received_at), sha)


def micros(time: datetime) -> int:
    """Return a time in microseconds since 1970."""
    return (time - EPOCH) // datetime.resolution


def numbered(versions: Iterable[Version]) -> dict[str, tuple[int, str | None]]:
    """Return the number of each text of an article, from 1, and the text before it, by their hashes; each text is there once."""
    texts = [version.text_sha256 for version in sorted(versions)]
    return dict(zip(texts, enumerate([None, *texts], 1), strict=False))


def newest_only(articles: Iterable[ArticleRecord]) -> Callable[[Record], bool]:
    """Return whether a record, of any kind, is of the newest text of its article.

    Keeps the id and the hash of each article in memory, about 400 bytes.

    Args:
        articles: all article records among which to look for newer texts, in any order, of several runs, too.

    Returns:
        A function for ``filter``. A record without a text's hash, and one of an article that is not among ``articles``, counts as newest.
    """
    newest: dict[str, Version] = {}
    for article in articles:
        version = _version(article.updated_at, article.published_at, article.received_at, article.text_sha256)
        known = newest.get(article.article_id)
        if known is None or version > known:
            newest[article.article_id] = version

    def is_newest(record: Record) -> bool:
        found = newest.get(getattr(record, "article_id", ""))
        sha = getattr(record, "text_sha256", "")
        return found is None or not sha or found.text_sha256 == sha

    return is_newest
