# SPDX-License-Identifier: Apache-2.0
"""Deduplication in a stream: repeated articles are recognised for the configured time."""

import apache_beam as beam
import pytest
from apache_beam.testing.test_stream import TestStream
from apache_beam.testing.util import assert_that, equal_to
from apache_beam.transforms.window import TimestampedValue
from hypothesis import given
from hypothesis import strategies as st

from onrecord.data.article import Article
from onrecord.transforms.deduplicate_stream import (
    BUCKETS,
    DeduplicateStream,
    SeenArticle,
    bucket_of,
    without_repetition,
)
from tests.conftest import article_of
from tests.streams import NOON, options

pytestmark = pytest.mark.usefixtures("value_coders")

HOUR = 3_600
TEXT = "The old ferry pier of Brinmouth closes in spring."
OTHER = "The lighthouse keeper of Brinmouth retires."


def sent(name: str, text: str = TEXT, origin: str = "s/1") -> Article:
    return article_of(id=name, text=text, origin=origin)


def expect(events: tuple[object, ...], expected: list[tuple[str, str, str | None]]) -> None:
    """Run a stream and check the article records."""
    stream = TestStream(coder=beam.coders.registry.get_coder(Article)).advance_watermark_to(NOON)
    for event in events:
        if isinstance(event, int):
            stream = stream.advance_watermark_to(NOON + event)
        else:
            stream = stream.add_elements([TimestampedValue(event[1], NOON + event[0])])
    with beam.Pipeline(options=options()) as pipeline:
        articles = pipeline | stream.advance_watermark_to_infinity() | DeduplicateStream(HOUR)
        seen = articles | beam.Map(lambda article: (article.article_id, article.message.origin, article.duplicate_of))
        assert_that(seen, equal_to(expected))


@pytest.mark.usefixtures("each_stream_runner")
def test_a_message_that_is_delivered_again_gets_no_second_record():
    expect(((1, sent("a")), (2, sent("a", origin="s/2")), (900, sent("a", origin="s/3"))), [("a", "s/1", None)])


@pytest.mark.usefixtures("each_stream_runner")
def test_a_text_under_another_id_names_the_first_that_came():
    expect(
        ((1, sent("b")), (2, sent("a")), (3, sent("c"))),
        [("b", "s/1", None), ("a", "s/1", "b"), ("c", "s/1", "b")],
    )


@pytest.mark.usefixtures("each_stream_runner")
def test_a_corrected_text_under_the_same_id_is_an_article_of_its_own():
    expect(((1, sent("a")), (2, sent("a", OTHER, "s/2"))), [("a", "s/1", None), ("a", "s/2", None)])


@pytest.mark.usefixtures("each_stream_runner")
def test_an_article_is_remembered_for_an_hour_after_it_was_last_seen():
    expect(
        ((1, sent("a")), 3_000, (3_000, sent("a", origin="s/2")), 6_000, (6_000, sent("a", origin="s/3"))),
        [("a", "s/1", None)],
    )


@pytest.mark.usefixtures("each_stream_runner")
def test_an_article_is_forgotten_when_the_hour_has_passed():
    expect(
        ((1, sent("a")), 3_700, (3_700, sent("a", origin="s/2"))),
        [("a", "s/1", None), ("a", "s/2", None)],
    )


@pytest.mark.usefixtures("each_stream_runner")
def test_what_comes_late_is_compared_by_its_own_time():
    expect(((1, sent("a")), 3_000, (5, sent("a", origin="s/2"))), [("a", "s/1", None)])


articles = st.builds(
    sent, st.sampled_from(["a", "b", "c"]), st.sampled_from([TEXT, OTHER]), st.sampled_from(["s/1", "s/2"])
)


@given(st.lists(articles, max_size=12))
def test_every_text_and_id_is_kept_once_and_one_of_a_text_is_the_original(some):
    remembered: list[SeenArticle] = []
    records: list[Article] = []
    for article in some:
        found, original = without_repetition(article, remembered)
        if found is not None:
            remembered.append(SeenArticle(article.text_sha256, article.article_id, original, 1))
            records.append(found)
    pairs = [(article.text_sha256, article.article_id) for article in records]
    assert sorted(pairs) == sorted({(article.text_sha256, article.article_id) for article in some})
    for text in {article.text_sha256 for article in some}:
        same = [article for article in records if article.text_sha256 == text]
        assert [article.duplicate_of for article in same] == [None] + [same[0].article_id] * (len(same) - 1)


@given(st.text(min_size=1).filter(str.strip))
def test_every_article_has_a_bucket_by_its_text(text):
    assert 0 <= bucket_of(sent("a", text)) < BUCKETS
    assert bucket_of(sent("a", text)) == bucket_of(sent("b", text))
