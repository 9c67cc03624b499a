# SPDX-License-Identifier: Apache-2.0
"""Decode: every message becomes an article or a dead letter, and only a bug stops the job."""

import json
from dataclasses import replace

import apache_beam as beam
import pytest
from apache_beam.testing.test_pipeline import TestPipeline
from apache_beam.testing.util import assert_that, equal_to, is_empty
from hypothesis import given
from hypothesis import strategies as st

from onrecord import __version__
from onrecord.data.article import Article
from onrecord.data.message import InvalidMessage, Message
from onrecord.data.settings import ExtractionSettings
from onrecord.telemetry import metrics
from onrecord.transforms.decode import Decode, DecodeFn, decode_article
from tests.conftest import RECEIVED_AT, message_of

pytestmark = pytest.mark.usefixtures("value_coders")

TEXT = "The harbour council of Brinmouth voted on Tuesday to close the old ferry pier."
PAGE = f"<html><head><title>Pier closes</title></head><body><article><p>{TEXT}</p><p>{TEXT}</p></article></body></html>"

any_characters = st.text(st.characters())  # half surrogate pairs among them
any_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | any_characters,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(any_characters, inner, max_size=3),
    max_leaves=5,
)
FIELDS = ("id", "text", "html", "url", "title", "source", "language", "authors", "published_at", "section")
near_misses = st.fixed_dictionaries(
    {"text": st.just(TEXT) | any_json}, optional={name: any_characters | any_json for name in FIELDS if name != "text"}
).map(lambda fields: json.dumps(fields).encode())


def check_is_whole(article: Article) -> None:
    """Check that an article can become a valid record."""
    assert article.text.strip()
    assert article.article_id.strip()
    assert article.published_at is None or article.published_at.utcoffset().total_seconds() == 0
    strings = [article.article_id, article.text, article.url, article.source, article.title, article.language]
    for value in (*strings, *article.authors, *article.attributes, *article.attributes.values()):
        (value or "").encode("utf-8")


@given(st.binary() | near_misses | st.tuples(near_misses, st.binary(max_size=3)).map(b"".join))
def test_any_bytes_are_an_article_or_an_invalid_message(payload):
    message = message_of(payload)
    try:
        article = decode_article(message)
    except InvalidMessage as refusal:
        assert ": " in str(refusal)
    else:
        check_is_whole(article)
        assert decode_article(message) == article


@given(near_misses, st.data())
def test_a_message_that_was_damaged_on_its_way_is_an_article_or_an_invalid_message(payload, data):
    damaged = bytearray(payload)
    damaged[data.draw(st.integers(0, len(payload) - 1))] = data.draw(st.integers(0, 255))
    cut = damaged[: data.draw(st.integers(0, len(payload)))]
    for broken in (bytes(damaged), bytes(cut)):
        try:
            check_is_whole(decode_article(message_of(broken)))
        except InvalidMessage as refusal:
            assert ": " in str(refusal)


def test_a_page_becomes_an_article():
    article = decode_article(message_of({"html": PAGE, "id": "pier-1"}))
    assert article.article_id == "pier-1"
    assert article.text.splitlines()[-1] == TEXT
    assert article.title == "Pier closes"


def test_a_text_goes_before_a_page():
    assert decode_article(message_of({"html": PAGE, "text": "The pier closes."})).text == "The pier closes."


def test_the_limit_holds_for_the_text_of_a_page():
    with pytest.raises(InvalidMessage, match=r"text: \d+ characters are over the limit of 50"):
        decode_article(message_of({"html": PAGE}), max_text_length=50)


def test_a_message_that_the_source_could_not_read_is_refused_with_the_sources_words():
    message = Message(b'{"text": "x"}', "a.jsonl:9", RECEIVED_AT, {}, "message: 11 bytes are over the limit of 10")
    with pytest.raises(InvalidMessage, match=r"^message: 11 bytes are over the limit of 10$"):
        decode_article(message)


def test_a_dead_letter_holds_the_message_as_it_came_and_what_is_wrong_with_it():
    message = message_of(b'{"text": 5}\r', origin="articles.jsonl:7", attributes={"feed": "north"})
    with TestPipeline(runner="FnApiRunner") as pipeline:
        articles, dead_letters = pipeline | beam.Create([message]) | "Decode" >> Decode()
        assert_that(articles, is_empty(), "no article")

        def check(letters: list) -> None:
            [letter] = letters
            assert letter.payload == b'{"text": 5}\r'
            assert (letter.origin, letter.attributes) == ("articles.jsonl:7", {"feed": "north"})
            assert (letter.stage, letter.error_type) == ("Decode", "InvalidMessage")
            assert letter.error_message == "text: not a string; one of text and html is required"
            assert letter.stack_trace == ""
            assert letter.pipeline_version == __version__
            assert letter.failed_at > RECEIVED_AT

        assert_that(dead_letters, check, "one dead letter")


def test_every_message_is_counted_and_the_refused_among_them():
    messages = [message_of({"text": TEXT}), message_of({"text": " "}), message_of(b"\xff"), message_of({"html": PAGE})]
    pipeline = TestPipeline(runner="FnApiRunner")
    articles, _ = pipeline | beam.Create(messages) | "Decode" >> Decode()
    assert_that(
        articles | beam.Map(lambda article: article.message.payload),
        equal_to([messages[0].payload, messages[3].payload]),
    )
    result = pipeline.run()
    result.wait_until_finish()
    counts = metrics.counts(result)
    assert (counts[metrics.MESSAGES], counts[metrics.REFUSED]) == (4, 2)
    assert metrics.with_prefix(counts, metrics.DEAD_LETTERS) == {"InvalidMessage": 2}


def test_fields_left_out_and_markup_are_counted():
    messages = [
        message_of({"text": TEXT, "published_at": "soon", "language": "und"}),
        message_of({"text": f"<p>{TEXT}</p>", "published_at": True, "id": [], "authors": [7, "Jo Fenn"]}),
    ]
    pipeline = TestPipeline(runner="FnApiRunner")
    pipeline | beam.Create(messages) | "Decode" >> Decode()
    result = pipeline.run()
    result.wait_until_finish()
    counts = metrics.counts(result)
    assert metrics.with_prefix(counts, metrics.LEFT_OUT) == {"authors": 1, "id": 1, "published_at": 2}
    assert (counts[metrics.MARKUP_IN_TEXT], counts.get(metrics.REFUSED, 0)) == (1, 0)


def test_the_same_failure_has_the_same_id_and_another_has_another():
    def letter_id(payload: bytes, origin: str) -> str:
        step = DecodeFn(ExtractionSettings(max_text_length=10))
        step.setup()
        [output] = step.process(message_of(payload, origin))
        return output.value.dead_letter_id

    assert letter_id(b"{}", "a.jsonl:1") == letter_id(b"{}", "a.jsonl:1")
    assert len({letter_id(b"{}", "a.jsonl:1"), letter_id(b"{}", "a.jsonl:2"), letter_id(b"[]", "a.jsonl:1")}) == 3


def test_a_bug_is_not_a_dead_letter():
    step = DecodeFn(ExtractionSettings(max_text_length=10))
    step.setup()
    with pytest.raises(TypeError):
        list(step.process(replace(message_of(b""), payload=None)))
