# SPDX-License-Identifier: Apache-2.0
"""The tables of an export: their columns, and the rows that the records of a run become.

A row needs no other table: a quote has its speaker's name and key, and the title, source and date of its article. Texts of several parts,
such as the names of authors, are one text with "; " between them; the parts of an interrupted quote have " … " between them.
"""

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypeAlias

from onrecord.data.names import phrase_key
from onrecord.export.index import ArticleFacts, Index, Row

Type: TypeAlias = Literal["text", "integer", "real", "time"]
Value: TypeAlias = str | int | float | datetime | None

BETWEEN_NAMES = "; "
BETWEEN_SPANS = " … "
MAX_PAYLOAD = (
    2_000  # characters of a refused message that are shown; "onrecord dead-letters --payload" writes all of it
)


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its name, its type, and what it means."""

    name: str
    type: Type
    meaning: str


@dataclass(frozen=True, slots=True)
class Table:
    """A table.

    Attributes:
        name: its name, and that of its file.
        meaning: what a row is.
        kind: the record kind that it is made of.
        columns: in order.
        rows: from a record, the facts of its article, and the index to the rows that it becomes: values by the name of their column.
        indexed: columns that a database has an index on.
    """

    name: str
    meaning: str
    kind: str
    columns: tuple[Column, ...]
    rows: Callable[[Row, ArticleFacts, Index], Iterable[dict[str, Value]]]
    indexed: tuple[str, ...] = ()


def _columns(*columns: tuple[str, Type, str]) -> tuple[Column, ...]:
    return tuple(Column(*column) for column in columns)


OF_ARTICLE = _columns(
    ("article_id", "text", "Id of the article."),
    ("article_title", "text", "Its title."),
    ("source", "text", "Its publisher's domain."),
    ("published_at", "time", "When it was published (UTC)."),
    ("url", "text", "Its web address."),
)


def _of_article(record: Row, article: ArticleFacts) -> dict[str, Value]:
    return {
        "article_id": record["article_id"],
        "article_title": article.title,
        "source": article.source,
        "published_at": record["published_at"],
        "url": article.url,
    }


def _texts(spans: Iterable[Row]) -> str:
    return BETWEEN_SPANS.join(span["text"] for span in spans)


def _text(span: Row | None) -> str | None:
    return None if span is None else span["text"]


def _name(party: Row) -> str | None:
    """Return the name of a speaker, holder or target in its article, or the words that mean it."""
    return party["name"] or _text(party["mention"])


def _full_name(party: Row, index: Index) -> str:
    entity = index.entity(party["entity_id"])
    return entity.name if entity else _name(party) or ""


def _full_names(parties: Iterable[Row], index: Index) -> str | None:
    return BETWEEN_NAMES.join(_full_name(party, index) for party in parties) or None


def _party_columns(prefix: str, what: str) -> tuple[Column, ...]:
    return _columns(
        (
            prefix,
            "text",
            f"{what}: the fullest name in all articles where that is sure, else in this one, else the words.",
        ),
        (f"{prefix}_key", "text", "The same for all spellings of the name in all articles: group by it."),
        (f"{prefix}_type", "text", "Type of the entity, such as PERSON or ORG; null without an entity."),
        (f"{prefix}_entity_id", "text", "Id of the entity in this article; null without an entity."),
        (f"{prefix}_wikidata_id", "text", "Wikidata's id of the entity, where it is known."),
        (
            f"{prefix}_pronoun",
            "text",
            "he or she, as this article calls a person; null if it does not, or calls them both.",
        ),
        (f"{prefix}_mention", "text", "The words at this place."),
    )


def _party(prefix: str, party: Row | None, index: Index) -> dict[str, Value]:
    if party is None:
        return dict.fromkeys(column.name for column in _party_columns(prefix, ""))
    entity = index.entity(party["entity_id"])
    name = _full_name(party, index) or None
    return {
        prefix: name,
        f"{prefix}_key": entity.key if entity else name and phrase_key(name),
        f"{prefix}_type": entity and entity.type,
        f"{prefix}_entity_id": party["entity_id"],
        f"{prefix}_wikidata_id": entity and entity.wikidata_id,
        f"{prefix}_pronoun": entity and entity.pronoun,
        f"{prefix}_mention": _text(party["mention"]),
    }


def _quotes(record: Row, article: ArticleFacts, index: Index) -> Iterator[dict[str, Value]]:
    speaker = record["speaker"]
    about = speaker or {}
    yield {
        "quote_id": record["quote_id"],
        **_of_article(record, article),
        "type": record["type"],
        "content": _texts(record["content"]),
        "cue": _texts(record["cue"]) or None,
        **_party("speaker", speaker, index),
        "speaker_kind": about.get("kind"),
        "speaker_title": about.get("title"),
        "speaker_resolution": about.get("resolution"),
        "anonymity": _text(about.get("anonymity")),
        "co_speakers": _full_names(record["co_speakers"], index),
        "realis": record["realis"],
        "parent_quote_id": record["parent_quote_id"],
        "confidence": record["confidence"],
        "start_char": record["content"][0]["start"] if record["content"] else None,
        "end_char": record["content"][-1]["end"] if record["content"] else None,
    }


def _stances(record: Row, article: ArticleFacts, index: Index) -> Iterator[dict[str, Value]]:
    yield {
        "stance_id": record["stance_id"],
        **_of_article(record, article),
        **_party("holder", record["holder"], index),
        **_party("target", record["target"], index),
        "polarity": record["polarity"],
        "score": record["score"],
        "relation": record["relation"],
        "expression": _texts(record["expression"]) or None,
        "evidence": record["evidence"]["text"],
        "quote_id": record["quote_id"],
        "asserted_by": _full_names(record["asserted_by"], index),
        "confidence": record["confidence"],
        "start_char": record["evidence"]["start"],
        "end_char": record["evidence"]["end"],
    }


def _entities(record: Row, article: ArticleFacts, index: Index) -> Iterator[dict[str, Value]]:
    entity = index.entity(record["entity_id"])
    yield {
        "entity_id": record["entity_id"],
        **_of_article(record, article),
        "entity": entity.name if entity else record["name"],
        "entity_key": entity.key if entity else record["name_key"],
        "name": record["name"],
        "type": record["type"],
        "aliases": BETWEEN_NAMES.join(record["aliases"]) or None,
        "role": record["role"],
        "pronoun": entity and entity.pronoun,
        "wikidata_id": record["wikidata_id"],
        "country_code": record["country_code"],
        "refers_to": record["refers_to"],
        "salience": record["salience"],
        "mentions": len(record["mentions"]),
    }


def _mentions(record: Row, article: ArticleFacts, index: Index) -> Iterator[dict[str, Value]]:
    entity = index.entity(record["entity_id"])
    for mention in record["mentions"]:
        yield {
            **_of_article(record, article),
            "entity_id": record["entity_id"],
            "entity": entity.name if entity else record["name"],
            "entity_key": entity.key if entity else record["name_key"],
            "entity_type": record["type"],
            "kind": mention["kind"],
            "text": mention["span"]["text"],
            "start_char": mention["span"]["start"],
            "end_char": mention["span"]["end"],
        }


def _articles(record: Row, article: ArticleFacts, index: Index) -> Iterator[dict[str, Value]]:
    yield {
        "article_id": record["article_id"],
        "title": record["title"],
        "source": record["source"],
        "published_at": record["published_at"],
        "url": record["url"],
        "authors": BETWEEN_NAMES.join(record["authors"]) or None,
        "language": record["language"],
        "received_at": record["received_at"],
        "duplicate_of": record["duplicate_of"],
        "version": record.get("version", 1),
        "supersedes": record.get("supersedes"),
        "attributes": json.dumps(record["attributes"], ensure_ascii=False, sort_keys=True)
        if record["attributes"]
        else None,
        "text_sha256": record["text_sha256"],
        "text": record["text"],
    }


def _duplicates(record: Row, article: ArticleFacts, index: Index) -> Iterator[dict[str, Value]]:
    if record["duplicate_of"] is None:
        return
    original = index.article(record["duplicate_of"], "")
    yield {
        "article_id": record["article_id"],
        "title": record["title"],
        "source": record["source"],
        "published_at": record["published_at"],
        "url": record["url"],
        "duplicate_of": record["duplicate_of"],
        "similarity": 1.0 if record.get("similarity") is None else record["similarity"],
        "original_title": original.title,
        "original_source": original.source,
        "original_published_at": original.published_at,
    }


def _dead_letters(record: Row, article: ArticleFacts, index: Index) -> Iterator[dict[str, Value]]:
    yield {
        "dead_letter_id": record["dead_letter_id"],
        "failed_at": record["failed_at"],
        "stage": record["stage"],
        "error_type": record["error_type"],
        "error_message": record["error_message"],
        "origin": record["origin"],
        "count": record["count"],
        "payload": record["payload"][: 4 * MAX_PAYLOAD].decode("utf-8", "replace")[:MAX_PAYLOAD],
        "payload_bytes": len(record["payload"]),
        "attributes": json.dumps(record["attributes"], ensure_ascii=False, sort_keys=True)
        if record["attributes"]
        else None,
        "pipeline_version": record["pipeline_version"],
    }


PLACE = _columns(
    ("start_char", "integer", "Where it begins in the article's text, in code points."),
    ("end_char", "integer", "Where it ends."),
)
ARTICLE = _columns(
    ("article_id", "text", "Id of the article."),
    ("title", "text", "Its title."),
    ("source", "text", "Its publisher's domain."),
    ("published_at", "time", "When it was published (UTC)."),
    ("url", "text", "Its web address."),
)
TABLES = (
    Table(
        "articles",
        "An article.",
        "articles",
        (
            *ARTICLE,
            *_columns(
                ("authors", "text", "Names of the authors."),
                ("language", "text", "BCP 47 tag of the language."),
                ("received_at", "time", "When its message came (UTC)."),
                (
                    "duplicate_of",
                    "text",
                    "Id of the article whose text this one repeats, or to which it adds nothing, or null; nothing is extracted from it.",
                ),
                (
                    "version",
                    "integer",
                    "1, 2, … of the texts that came under this id; the newest one without --all-versions.",
                ),
                ("supersedes", "text", "Hash of the text before, or null."),
                ("attributes", "text", "What else came with the message, as a JSON object."),
                ("text_sha256", "text", "Hash of the text."),
                ("text", "text", "The text."),
            ),
        ),
        _articles,
        ("article_id",),
    ),
    Table(
        "entities",
        "Somebody or something in an article.",
        "entities",
        (
            Column("entity_id", "text", "Id of the entity in this article."),
            *OF_ARTICLE,
            *_columns(
                ("entity", "text", "The fullest name in all articles where that is sure, else in this one."),
                ("entity_key", "text", "The same for all spellings of the name in all articles: group by it."),
                ("name", "text", "The fullest name in this article."),
                ("type", "text", "PERSON, ORG, GPE, LOC, NORP, FAC, EVENT, LAW, PRODUCT or WORK_OF_ART."),
                ("aliases", "text", "Other names in this article."),
                ("role", "text", "Such as a post or a title, as this article has it."),
                (
                    "pronoun",
                    "text",
                    "he or she, as this article calls a person; null if it does not, or calls them both.",
                ),
                ("wikidata_id", "text", "Wikidata's id, where it is known."),
                ("country_code", "text", "ISO 3166-1 code of a country, or of the country of a place."),
                ("refers_to", "text", "For a metonym such as a capital, whom it stands for."),
                ("salience", "real", "How much the article is about it, 0 to 1."),
                ("mentions", "integer", "Number of places of the article that speak of it."),
            ),
        ),
        _entities,
        ("article_id", "entity_key"),
    ),
    Table(
        "mentions",
        "A place of an article that speaks of an entity.",
        "entities",
        (
            *OF_ARTICLE,
            *_columns(
                ("entity_id", "text", "Id of the entity in this article."),
                ("entity", "text", "Its name, as in entities."),
                ("entity_key", "text", "Its key, as in entities."),
                ("entity_type", "text", "Its type, as in entities."),
                ("kind", "text", "NAME, NOMINAL or PRONOUN."),
                ("text", "text", "The words."),
            ),
            *PLACE,
        ),
        _mentions,
        ("entity_id", "entity_key"),
    ),
    Table(
        "quotes",
        "A quote.",
        "quotes",
        (
            Column("quote_id", "text", "Id of the quote."),
            *OF_ARTICLE,
            *_columns(
                ("type", "text", "DIRECT, INDIRECT or MIXED."),
                ("content", "text", "What was said."),
                ("cue", "text", "The words that say that it was said."),
            ),
            *_party_columns("speaker", "Who said it"),
            *_columns(
                (
                    "speaker_kind",
                    "text",
                    "NAMED_PERSON, UNNAMED_PERSON, NAMED_GROUP, UNNAMED_GROUP, ORGANIZATION or DOCUMENT.",
                ),
                ("speaker_title", "text", "How the article presents the speaker."),
                ("speaker_resolution", "text", "How the speaker is found: NAME, NOMINAL, PRONOUN or IMPLICIT."),
                ("anonymity", "text", "The words that say why a source is not named."),
                ("co_speakers", "text", "Names of the others who said it together."),
                ("realis", "text", "ACTUAL, NEGATED (was not said) or HYPOTHETICAL (may be said)."),
                ("parent_quote_id", "text", "Id of the quote that this one is in."),
                ("confidence", "real", "The chance that a reader finds content and speaker right, 0 to 1."),
            ),
            *PLACE,
        ),
        _quotes,
        ("article_id", "speaker_key"),
    ),
    Table(
        "stances",
        "For or against: a holder's stance toward a target, with the words that carry it.",
        "stances",
        (
            Column("stance_id", "text", "Id of the stance."),
            *OF_ARTICLE,
            *_party_columns("holder", "Whose stance it is"),
            *_party_columns("target", "What it is about"),
            *_columns(
                ("polarity", "text", "SUPPORT, OPPOSE or NEUTRAL."),
                ("score", "real", "From -1 (wholly against) to 1 (wholly for)."),
                ("relation", "text", "PLOVER type of the event, such as ACCUSE."),
                ("expression", "text", "The words that carry it."),
                ("evidence", "text", "The clause or sentence."),
                ("quote_id", "text", "Id of the quote that voices it."),
                (
                    "asserted_by",
                    "text",
                    "By whose claim alone the holder takes it; null if the article itself asserts it.",
                ),
                ("confidence", "real", "The chance that a reader finds it right, 0 to 1."),
            ),
            *PLACE,
        ),
        _stances,
        ("article_id", "holder_key", "target_key"),
    ),
    Table(
        "duplicates",
        "An article that repeats an earlier one.",
        "articles",
        (
            *ARTICLE,
            *_columns(
                ("duplicate_of", "text", "Id of the original."),
                ("similarity", "real", "Share of its words copied from the original, 1 for equal texts."),
                ("original_title", "text", "Its title."),
                ("original_source", "text", "Its publisher's domain."),
                ("original_published_at", "time", "When it was published (UTC)."),
            ),
        ),
        _duplicates,
    ),
    Table(
        "dead_letters",
        "A message that could not be processed.",
        "dead_letters",
        _columns(
            ("dead_letter_id", "text", "Its id."),
            ("failed_at", "time", "When it failed (UTC)."),
            ("stage", "text", "The step in which it failed."),
            ("error_type", "text", "Type of the error."),
            ("error_message", "text", "What is wrong, beginning with the field."),
            ("origin", "text", "File and line, or subscription and message id."),
            ("count", "integer", "Number of equal messages."),
            ("payload", "text", f"The first {MAX_PAYLOAD:,} characters of the message."),
            ("payload_bytes", "integer", "Its size."),
            ("attributes", "text", "The message's attributes, as a JSON object."),
            ("pipeline_version", "text", "Version of onrecord that refused it."),
        ),
        _dead_letters,
    ),
)
BY_NAME = {table.name: table for table in TABLES}
