# SPDX-License-Identifier: Apache-2.0
"""The output of a small run, with every kind of record that an export makes something of."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path

from onrecord.data.records import (
    ArticleRecord,
    DeadLetter,
    EntityRecord,
    Mention,
    Party,
    Provenance,
    QuoteRecord,
    Record,
    Span,
    Speaker,
    StanceRecord,
)
from onrecord.sinks import file_sink
from onrecord.sinks.files import file_name, write_file

MONDAY = datetime(2026, 3, 2, 7, 30, tzinfo=timezone.utc)
PROVENANCE = Provenance("1", "en_core_web_sm", "3")
ARTICLE = ArticleRecord(
    article_id="pier",
    published_at=MONDAY,
    provenance=PROVENANCE,
    url="https://harbourpost.example/pier",
    source="harbourpost.example",
    title="=Pier “closed”",
    authors=("Ines Okoro", "Piet Sandoval"),
    received_at=MONDAY + timedelta(hours=1),
    language="en",
    language_score=0.9,
    text="“It is gone,” said Ruth Hale, who leads the board.\n\nShe blamed the toll.",
    text_sha256="sha-pier",
    segments=(),
    duplicate_of=None,
    attributes={"feed": "a;b"},
)
HALE = EntityRecord(
    article_id="pier",
    published_at=MONDAY,
    provenance=PROVENANCE,
    entity_id="pier#entity-hale",
    name="Ruth Hale",
    type="PERSON",
    aliases=("Hale",),
    role="leader of the board",
    wikidata_id="Q1",
    country_code=None,
    refers_to=None,
    salience=0.5,
    mentions=(Mention(Span(19, 28, "Ruth Hale"), "NAME"), Mention(Span(53, 56, "She"), "PRONOUN")),
    name_key="ruth hale",
    text_sha256="sha-pier",
)
QUOTE = QuoteRecord(
    article_id="pier",
    published_at=MONDAY,
    provenance=PROVENANCE,
    quote_id="pier#quote-1",
    type="DIRECT",
    content=(Span(0, 13, "“It is gone,”"), Span(29, 49, "who leads the board.")),
    cue=(Span(14, 18, "said"),),
    speaker=Speaker(Span(19, 28, "Ruth Hale"), "pier#entity-hale", "Ruth Hale", "NAME", "NAMED_PERSON"),
    parent_quote_id=None,
    confidence=0.9,
    co_speakers=(Speaker(Span(40, 49, "the board"), None, "the board", "NOMINAL"),),
    text_sha256="sha-pier",
)
STANCE = StanceRecord(
    article_id="pier",
    published_at=MONDAY,
    provenance=PROVENANCE,
    stance_id="pier#stance-1",
    holder=Party(Span(53, 56, "She"), "pier#entity-hale", "Ruth Hale"),
    target=Party(Span(64, 72, "the toll"), None, "the toll"),
    polarity="OPPOSE",
    score=-0.7,
    relation="ACCUSE",
    expression=(Span(57, 63, "blamed"),),
    evidence=Span(53, 73, "She blamed the toll."),
    quote_id=None,
    asserted_by=(),
    confidence=0.6,
    text_sha256="sha-pier",
)
LETTER = DeadLetter(
    dead_letter_id="dead-1",
    failed_at=MONDAY + timedelta(days=1),
    stage="Decode",
    error_type="InvalidMessage",
    error_message="text: is missing",
    stack_trace="",
    payload=b"\xff{}",
    origin="feed.jsonl:1",
    pipeline_version="1",
)
COPY = replace(
    ARTICLE,
    article_id="copy",
    source="quaynews.example",
    url=None,
    duplicate_of="pier",
    published_at=MONDAY + timedelta(days=3),
)
UNDATED = replace(ARTICLE, article_id="undated", published_at=None, source=None, text_sha256="sha-u", attributes={})
RECORDS: tuple[Record, ...] = (ARTICLE, COPY, UNDATED, HALE, QUOTE, STANCE, LETTER)


def write_run(folder: Path, records: Iterable[Record] = RECORDS, sink: str = "avro", shard: int = 0) -> Path:
    """Write records as a run does, a file for each kind, and return the output folder."""
    found = tuple(records)
    extension = file_sink(sink).extension
    for kind in ("articles", "entities", "quotes", "stances", "dead_letters"):
        (folder / kind).mkdir(parents=True, exist_ok=True)
        of_kind = [record for record in found if record.kind == kind]
        if of_kind:
            write_file(str(folder), file_name(kind, shard, 2, extension), kind, of_kind, file_sink(sink))
    (folder / "summary.json").write_text("{}", "utf-8")
    return folder
