# SPDX-License-Identifier: Apache-2.0
"""Fixtures and builders that the tests share: messages, articles, and strategies for every value that is sent between workers."""

import json
from datetime import datetime, timezone

import pytest
from hypothesis import strategies as st
from spacy.language import Language

from onrecord.data.article import Article, article
from onrecord.data.message import Message, decode
from onrecord.data.records import (
    ArticleRecord,
    DeadLetter,
    EntityRecord,
    EntityType,
    Mention,
    Party,
    Polarity,
    Provenance,
    QuoteRecord,
    QuoteType,
    Realis,
    Segment,
    SourceKind,
    Span,
    Speaker,
    StanceRecord,
)
from onrecord.nlp.model import Model, load_model
from tests import markers, streams

pytest_collection_modifyitems = markers.pytest_collection_modifyitems

RECEIVED_AT = datetime(2026, 1, 31, 9, 30, tzinfo=timezone.utc)


def message_of(
    fields: bytes | dict[str, object], origin: str = "articles.jsonl:1", attributes: dict[str, str] | None = None
) -> Message:
    """Return a message with these fields as JSON, or with these bytes unchanged."""
    payload = fields if isinstance(fields, bytes) else json.dumps(fields).encode("utf-8")
    return Message(payload, origin, RECEIVED_AT, attributes or {})


def article_of(origin: str = "articles.jsonl:1", **fields: object) -> Article:
    """Return the article of a message with these fields."""
    message = message_of(fields, origin)
    return article(message, *decode(message.payload))


@pytest.fixture(scope="session")
def model() -> Model:
    """Return the default model, loaded once."""
    return load_model()


@pytest.fixture(scope="session")
def nlp() -> Language:
    """The default model with every onrecord component: ``nlp(text)`` gives an annotated Doc."""
    return load_model().as_one_pipeline()


@pytest.fixture(scope="session")
def value_coders() -> None:
    """Register the coders of our value types with Beam, as the graph does."""
    from onrecord.data import coders

    coders.register()


@pytest.fixture(params=[streams.RUNNER, pytest.param("PrismRunner", marks=pytest.mark.prism)])
def each_stream_runner(request, monkeypatch) -> str:
    """Run a test's streams on each runner of this machine that knows TestStream."""
    monkeypatch.setattr(streams, "RUNNER", request.param)
    return request.param


@pytest.fixture(params=["avro", pytest.param("parquet", marks=pytest.mark.long)])
def each_format(request, monkeypatch) -> str:
    """Write a test's streams in each format of files."""
    monkeypatch.setattr(streams, "SINK", request.param)
    return request.param


short_text = st.text(max_size=12)
maybe_text = st.none() | short_text
texts = st.lists(short_text, max_size=3).map(tuple)
offsets = st.integers(0, 2**31 - 1)
shares = st.floats(0, 1)
times = st.datetimes(timezones=st.just(timezone.utc))
maybe_time = st.none() | times
attributes = st.dictionaries(short_text, short_text, max_size=3)
spans = st.builds(Span, offsets, offsets, short_text)
some_spans = st.lists(spans, max_size=3).map(tuple)
provenances = st.builds(Provenance, short_text, short_text, short_text)
parties = st.builds(Party, st.none() | spans, maybe_text, short_text)

messages = st.builds(Message, st.binary(max_size=30), short_text, times, attributes, maybe_text)
articles = st.builds(
    Article,
    messages,
    article_id=short_text,
    text=short_text,
    text_sha256=short_text,
    url=maybe_text,
    source=maybe_text,
    title=maybe_text,
    authors=texts,
    language=maybe_text,
    published_at=maybe_time,
    published_at_zone_assumed=st.booleans(),
    attributes=attributes,
    duplicate_of=maybe_text,
    updated_at=maybe_time,
    version=offsets,
    supersedes=maybe_text,
)
article_records = st.builds(
    ArticleRecord,
    article_id=short_text,
    published_at=maybe_time,
    provenance=provenances,
    url=maybe_text,
    source=maybe_text,
    title=maybe_text,
    authors=texts,
    received_at=times,
    language=short_text,
    language_score=st.none() | shares,
    text=short_text,
    text_sha256=short_text,
    segments=st.lists(st.builds(Segment, start=offsets, end=offsets), max_size=3).map(tuple),
    duplicate_of=maybe_text,
    attributes=attributes,
    published_at_zone_assumed=st.booleans(),
    updated_at=maybe_time,
    version=offsets,
    supersedes=maybe_text,
)
entity_records = st.builds(
    EntityRecord,
    article_id=short_text,
    published_at=maybe_time,
    provenance=provenances,
    entity_id=short_text,
    name=short_text,
    type=st.from_type(EntityType),
    aliases=texts,
    role=maybe_text,
    wikidata_id=maybe_text,
    country_code=maybe_text,
    refers_to=maybe_text,
    salience=shares,
    mentions=st.lists(st.builds(Mention, spans), max_size=3).map(tuple),
    text_sha256=short_text,
)
speakers = st.builds(
    Speaker,
    st.none() | spans,
    maybe_text,
    maybe_text,
    kind=st.none() | st.from_type(SourceKind),
    title=maybe_text,
    anonymity=st.none() | spans,
)
quote_records = st.builds(
    QuoteRecord,
    article_id=short_text,
    published_at=maybe_time,
    provenance=provenances,
    quote_id=short_text,
    type=st.from_type(QuoteType),
    content=some_spans,
    cue=some_spans,
    speaker=st.none() | speakers,
    co_speakers=st.lists(speakers, max_size=2).map(tuple),
    realis=st.from_type(Realis),
    parent_quote_id=maybe_text,
    confidence=shares,
    text_sha256=short_text,
)
stance_records = st.builds(
    StanceRecord,
    article_id=short_text,
    published_at=maybe_time,
    provenance=provenances,
    stance_id=short_text,
    holder=parties,
    target=parties,
    polarity=st.from_type(Polarity),
    score=st.floats(-1, 1),
    relation=maybe_text,
    expression=some_spans,
    evidence=spans,
    quote_id=maybe_text,
    asserted_by=st.lists(parties, max_size=2).map(tuple),
    confidence=shares,
    text_sha256=short_text,
)
dead_letters = st.builds(
    DeadLetter,
    dead_letter_id=short_text,
    failed_at=times,
    stage=short_text,
    error_type=short_text,
    error_message=short_text,
    stack_trace=short_text,
    payload=st.binary(max_size=30),
    origin=short_text,
    pipeline_version=short_text,
    attributes=attributes,
)
RECORDS_OF_KIND = {
    "articles": article_records,
    "entities": entity_records,
    "quotes": quote_records,
    "stances": stance_records,
    "dead_letters": dead_letters,
}
records = st.one_of(*RECORDS_OF_KIND.values())
