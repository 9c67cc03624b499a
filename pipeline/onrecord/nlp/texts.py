# SPDX-License-Identifier: Apache-2.0
"""What goes to an annotator and what comes back. Nothing here imports spaCy, which a process that only sends texts does not need."""

import hashlib
from dataclasses import dataclass
from datetime import datetime

from onrecord.data.article import Article
from onrecord.data.records import ArticleRecord, Provenance, Record, Segment

ID_DIGITS = 12  # 48 bits: a collision among the few hundred records of one article is practically impossible


@dataclass(frozen=True, slots=True)
class Header:
    """The fields that all records of an article share; ``text_sha256`` makes the ids of two versions of an article differ."""

    article_id: str
    published_at: datetime | None
    provenance: Provenance
    text_sha256: str

    def record_id(self, kind: str, *parts: object) -> str:
        """Return the id of a record; ``parts`` are the values that distinguish it from the others of its kind in this text."""
        digest = hashlib.sha256(repr((self.text_sha256, kind, parts)).encode("utf-8"))
        return f"{self.article_id}#{kind}-{digest.hexdigest()[:ID_DIGITS]}"


@dataclass(frozen=True, slots=True)
class Failure:
    """An error of the parse or of an extractor on one text; ``stage`` is Annotate, or the extractor: Entities, Quotes, Stances."""

    stage: str
    error_type: str
    error_message: str
    stack_trace: str


@dataclass(frozen=True, slots=True)
class Annotation:
    """The result for one text. ``language_score`` is None if the language was given; ``words`` is the number of parsed tokens."""

    language: str
    language_score: float | None
    words: int = 0
    segments: tuple[Segment, ...] = ()
    records: tuple[Record, ...] = ()
    failures: tuple[Failure, ...] = ()
    is_english: bool = True


@dataclass(frozen=True, slots=True)
class Text:
    """A text to annotate, with the header of its records, whether it is a duplicate, and its language and title if known."""

    text: str
    header: Header
    language: str | None = None
    is_duplicate: bool = False
    title: str | None = None


def article_record(article: Article, annotation: Annotation, provenance: Provenance) -> ArticleRecord:
    """Return the record of an article: its own fields, and the language and segments of its annotation."""
    return ArticleRecord(
        article_id=article.article_id,
        published_at=article.published_at,
        provenance=provenance,
        url=article.url,
        source=article.source,
        title=article.title,
        authors=article.authors,
        received_at=article.message.received_at,
        language=annotation.language,
        language_score=annotation.language_score,
        text=article.text,
        text_sha256=article.text_sha256,
        segments=annotation.segments,
        duplicate_of=article.duplicate_of,
        attributes=article.attributes,
        published_at_zone_assumed=article.published_at_zone_assumed,
        updated_at=article.updated_at,
        version=article.version,
        supersedes=article.supersedes,
        similarity=article.similarity,
    )
