# SPDX-License-Identifier: Apache-2.0
"""Records as messages of a topic: they decode with their schema, and what a message can't hold is a dead letter."""

import io
from dataclasses import replace

import apache_beam as beam
import fastavro
import msgspec
import pytest
from apache_beam.testing.test_pipeline import TestPipeline
from apache_beam.testing.util import assert_that
from hypothesis import given
from hypothesis import strategies as st

from onrecord.data import schemas
from onrecord.data.kinds import extracted
from onrecord.data.records import ArticleRecord, Provenance, from_avro
from onrecord.data.settings import RecordTopic
from onrecord.nlp.texts import Annotation, article_record
from onrecord.sinks.publisher import MAX_REQUEST_BYTES, problem_of
from onrecord.transforms.publish_records import PublishRecords, message_of
from tests.conftest import RECORDS_OF_KIND, article_of
from tests.streams import quote

TOPIC = "projects/p/topics/records"
some_records = st.one_of(*(RECORDS_OF_KIND[kind] for kind in ("articles", *extracted())))


@given(some_records)
def test_a_record_comes_back_from_both_encodings(record):
    schema = schemas.schema(record.kind)
    data = message_of(record, "avro").payload
    assert from_avro(type(record), fastavro.schemaless_reader(io.BytesIO(data), schema, None)) == record
    assert msgspec.json.decode(message_of(record, "json").payload, type=type(record)) == record


@given(some_records)
def test_its_attributes_say_what_it_is_and_pubsub_accepts_them(record):
    message = message_of(record, "avro")
    assert problem_of(TOPIC, message) is None
    assert message.attributes == {
        "onrecord_kind": record.kind,
        "onrecord_article_id": record.article_id,
        "onrecord_record_id": record.record_id,
        "onrecord_encoding": "avro",
        "onrecord_schema": schemas.fingerprint(record.kind),
    }
    assert message.ordering_key == record.article_id


def test_ids_that_are_longer_than_pubsub_allows_are_hashes_that_differ():
    ids = ["ü" * 600, "ü" * 601, "short"]
    messages = [message_of(replace(quote("a"), article_id=one, quote_id=f"{one}#1"), "avro") for one in ids]
    assert [problem_of(TOPIC, message) for message in messages] == [None] * 3
    assert len({message.ordering_key for message in messages}) == 3
    assert messages[2].attributes["onrecord_record_id"] == "short#1"
    assert len(messages[0].attributes["onrecord_record_id"]) == 64


@pytest.mark.parametrize("encoding", ["avro", "json"])
def test_a_record_over_the_limit_is_a_dead_letter_with_the_record(value_coders, encoding):
    article = article_of(id="a", text="The pier closes.", scan="x" * MAX_REQUEST_BYTES)
    large = article_record(article, Annotation("en", None), Provenance("1", "m", "2"))

    def check(letters):
        (letter,) = letters
        assert (letter.stage, letter.error_type) == ("PublishRecords", "NotPublished")
        assert "over Pub/Sub's limit" in letter.error_message
        assert msgspec.json.decode(letter.payload, type=ArticleRecord) == large
        assert (letter.origin, letter.attributes) == (large.record_id, {"onrecord_kind": "articles"})

    with TestPipeline(runner="FnApiRunner") as pipeline:
        records = pipeline | beam.Create([large]).with_output_types(ArticleRecord)
        assert_that(records | PublishRecords(RecordTopic(TOPIC, encoding)), check)
