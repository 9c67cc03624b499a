# SPDX-License-Identifier: Apache-2.0
"""Extracts the records of a single text, without Beam."""

import functools
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from spacy.language import Language

from onrecord.data import article
from onrecord.data.gazetteer import ListedName, parse
from onrecord.data.message import Contract, Message
from onrecord.data.records import ArticleRecord, EntityRecord, QuoteRecord, Record, StanceRecord
from onrecord.data.settings import DEFAULT_MODEL, STANCES
from onrecord.nlp.annotator import Annotator
from onrecord.nlp.model import load_model
from onrecord.nlp.texts import Annotation, Header, Text, article_record
from onrecord.version import __version__

ORIGIN = "onrecord.read"


class ExtractionError(RuntimeError):
    """A text could not be parsed, or an extractor failed on it; the message says which and why."""


@dataclass(frozen=True, slots=True)
class TextRecords:
    """The records of one text, the same as a backfill writes for it.

    Attributes:
        article: the article itself.
        entities: in order of their first mention.
        quotes: in text order.
        stances: in text order.
        other: records of kinds that other packages register.
    """

    article: ArticleRecord
    entities: tuple[EntityRecord, ...]
    quotes: tuple[QuoteRecord, ...]
    stances: tuple[StanceRecord, ...]
    other: tuple[Record, ...] = ()


def load(
    model: str = DEFAULT_MODEL, *, gazetteer: str | Path | Iterable[ListedName] = (), stances: str = STANCES[0]
) -> Language:
    """Return a spaCy pipeline that parses a text and annotates it with segments, entities, quotes and stances.

    The results are ``doc._.onrecord_segments``, ``doc._.onrecord_entities``, ``doc._.onrecord_quotes`` and
    ``doc._.onrecord_stances``: tuples of ``onrecord.Entity``, ``onrecord.Quote``, ``onrecord.Stance``.
    Their spans are also in ``doc.spans``.

    Args:
        model: an English spaCy model with tagger, parser and named-entity recognizer, by package or folder.
        gazetteer: your own names to find, or the path of a .csv or .tsv file with them.
        stances: ``standard``, or ``accurate``, which needs the packages of ``onrecord[accurate]``.

    Raises:
        ImportError: packages of ``onrecord[accurate]`` are not installed.
        onrecord.nlp.installed_model.ModelError: the model is not installed, is not English, or lacks a component.
        onrecord.data.gazetteer.GazetteerError: the file of names has mistakes; it lists all of them.
    """
    if isinstance(gazetteer, (str, Path)):
        path = Path(gazetteer)
        gazetteer = parse(path.read_bytes(), path.suffix)
    return load_model(model, gazetteer=gazetteer, stances=stances).as_one_pipeline()


@functools.lru_cache(maxsize=2)  # a model takes about 300 MB
def _annotator(model: str, stances: str) -> Annotator:
    return Annotator(load_model(model, stances=stances))


def read(
    text: str,
    *,
    title: str | None = None,
    article_id: str | None = None,
    url: str | None = None,
    published_at: datetime | str | int | None = None,
    language: str | None = None,
    model: str = DEFAULT_MODEL,
    stances: str = STANCES[0],
) -> TextRecords:
    """Return the records of one text.

    The model is loaded at the first call and kept for later ones.

    Args:
        text: the article's text; spans are offsets into it, in code points, end exclusive.
        title: its title, unless it is part of the text.
        article_id: its id; by default derived from the URL, or else from the text.
        url: its web address.
        published_at: when it was published: a datetime, a string such as 2026-01-31T08:00:00Z, or seconds or milliseconds since 1970 (UTC).
        language: BCP 47 tag; detected by default. Nothing is extracted from a text that is not English.
        model: an English spaCy model, by package or folder.
        stances: ``standard``, or ``accurate``, which needs the packages of ``onrecord[accurate]``.

    Raises:
        ImportError: packages of ``onrecord[accurate]`` are not installed.
        ValueError: the text is empty or too long, or an argument is malformed; the message names it.
        ExtractionError: the text can't be parsed, or an extractor fails on it.
        onrecord.nlp.installed_model.ModelError: the model is not installed, is not English, or lacks a component.
    """
    stamp = published_at.isoformat() if isinstance(published_at, datetime) else published_at
    contract = Contract(id=article_id, text=text, url=url, title=title, language=language, published_at=stamp)
    article.check_length(contract, article.MAX_TEXT_LENGTH)
    one = article.article(Message(b"", ORIGIN, datetime.now(timezone.utc), {}), contract, {})
    if one.left_out:
        (name, *_) = one.left_out
        raise ValueError(f"{name}: {one.attributes[name][:60]!r} can't be used; see docs/reference/messages.md")
    annotator = _annotator(model, stances)
    provenance = annotator.provenance(__version__)
    header = Header(one.article_id, one.published_at, provenance, one.text_sha256)
    (annotation,) = annotator.annotate([Text(one.text, header, one.language, title=one.title)])
    if annotation.failures:
        raise ExtractionError("; ".join(f"{each.stage}: {each.error_message}" for each in annotation.failures))
    return TextRecords(article_record(one, annotation, provenance), *_by_kind(annotation))


def _by_kind(annotation: Annotation) -> tuple[Any, ...]:
    own = (EntityRecord, QuoteRecord, StanceRecord)
    return (
        *(tuple(record for record in annotation.records if isinstance(record, kind)) for kind in own),
        tuple(record for record in annotation.records if not isinstance(record, own)),
    )
