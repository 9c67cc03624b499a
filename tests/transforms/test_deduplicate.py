# SPDX-License-Identifier: Apache-2.0
"""Deduplicate: one record for a message sent twice, one extraction for a text published twice."""

from dataclasses import replace
from datetime import datetime, timezone

import apache_beam as beam
import pytest
from apache_beam.testing.test_pipeline import TestPipeline
from apache_beam.testing.util import assert_that, equal_to
from hypothesis import given
from hypothesis import strategies as st

from onrecord.data.article import Article
from onrecord.telemetry import metrics
from onrecord.transforms.deduplicate import Deduplicate, mark_duplicates
from tests.conftest import article_of

pytestmark = pytest.mark.usefixtures("value_coders")

TEXT = "The old ferry pier of Brinmouth closes in spring."
MONDAY, TUESDAY = "2026-02-02T08:00:00Z", "2026-02-03T08:00:00Z"


def marks(articles: list[Article]) -> dict[str, str | None]:
    """Return the ids of articles with what they are duplicates of."""
    return {article.article_id: article.duplicate_of for article in articles}


def test_a_single_article_is_not_a_duplicate():
    assert marks(mark_duplicates([article_of(id="a", text=TEXT)])) == {"a": None}


def test_a_message_that_was_sent_twice_is_one_article():
    sent = [article_of(id="a", text=TEXT, origin=origin) for origin in ("one.jsonl:1", "two.jsonl:5")]
    assert mark_duplicates(sent) == [sent[0]]


def test_a_text_under_two_ids_is_two_articles_and_the_later_names_the_first_published():
    reprint = article_of(id="a", text=TEXT, published_at=TUESDAY)
    original = article_of(id="b", text=TEXT, published_at=MONDAY)
    assert marks(mark_duplicates([reprint, original])) == {"b": None, "a": "b"}


def test_an_article_without_a_date_is_not_the_original_if_another_has_one():
    undated = article_of(id="a", text=TEXT)
    dated = article_of(id="b", text=TEXT, published_at=TUESDAY)
    assert marks(mark_duplicates([undated, dated])) == {"b": None, "a": "b"}


def test_all_reprints_name_the_original_itself():
    reprints = [article_of(id=name, text=TEXT, published_at=TUESDAY) for name in "bcd"]
    original = article_of(id="a", text=TEXT, published_at=MONDAY)
    assert marks(mark_duplicates([*reprints, original])) == {"a": None, "b": "a", "c": "a", "d": "a"}


def test_of_an_id_that_was_sent_twice_the_one_published_first_is_kept():
    early = article_of(id="a", text=TEXT, published_at=MONDAY)
    late = article_of(id="a", text=TEXT, published_at=TUESDAY)
    assert mark_duplicates([late, early]) == [early]


some_articles = st.lists(
    st.builds(
        replace,
        st.just(article_of(text=TEXT)),
        article_id=st.sampled_from(["a", "b", "c"]),
        published_at=st.none() | st.sampled_from([datetime(2026, 2, day, tzinfo=timezone.utc) for day in (2, 3)]),
        title=st.none() | st.sampled_from(["Pier closes", "Pier to close"]),
    ),
    min_size=1,
    max_size=8,
).map(
    lambda articles: [
        replace(article, message=replace(article.message, origin=f"articles.jsonl:{line}"))
        for line, article in enumerate(articles)
    ]
)


@given(some_articles, st.data())
def test_the_order_of_arrival_never_matters(articles, data):
    assert mark_duplicates(data.draw(st.permutations(articles))) == mark_duplicates(articles)


@given(some_articles)
def test_every_id_is_kept_once_and_exactly_one_article_is_the_original(articles):
    kept = mark_duplicates(articles)
    assert sorted(article.article_id for article in kept) == sorted({article.article_id for article in articles})
    [original] = [article for article in kept if article.duplicate_of is None]
    assert {article.duplicate_of for article in kept} <= {None, original.article_id}


def test_only_articles_of_the_same_text_are_compared():
    articles = [
        article_of(id="a", text=TEXT, origin="x:1"),
        article_of(id="a", text=TEXT, origin="x:2"),
        article_of(id="b", text=TEXT, origin="x:3"),
        article_of(id="a", text=TEXT + " Corrected.", origin="x:4"),
        article_of(id="c", text=TEXT.upper(), origin="x:5"),
    ]
    pipeline = TestPipeline(runner="FnApiRunner")
    kept = pipeline | beam.Create(articles, reshuffle=False) | "Deduplicate" >> Deduplicate()
    assert_that(
        kept | beam.Map(lambda article: (article.article_id, article.message.origin, article.duplicate_of)),
        equal_to([("a", "x:1", None), ("b", "x:3", "a"), ("a", "x:4", None), ("c", "x:5", None)]),
    )
    result = pipeline.run()
    result.wait_until_finish()
    counts = metrics.counts(result)
    assert (counts[metrics.DUPLICATES], counts[metrics.DUPLICATE_TEXTS]) == (1, 1)


def test_the_texts_of_an_id_are_numbered_in_their_order_whatever_the_order_of_arrival():
    first = article_of(id="a", text=TEXT, origin="x:1", published_at=MONDAY)
    again = article_of(id="a", text=TEXT, origin="x:2", published_at=MONDAY, updated_at=TUESDAY)
    corrected = article_of(id="a", text=f"{TEXT} Corrected.", origin="x:3", published_at=MONDAY, updated_at=TUESDAY)
    reprint = article_of(id="b", text=TEXT, origin="x:4", published_at=TUESDAY)
    with TestPipeline(runner="FnApiRunner") as pipeline:
        kept = pipeline | beam.Create([corrected, reprint, again, first], reshuffle=False) | Deduplicate()
        assert_that(
            kept | beam.Map(lambda one: (one.article_id, one.message.origin, one.version, one.supersedes)),
            equal_to([("a", "x:1", 1, None), ("a", "x:3", 2, first.text_sha256), ("b", "x:4", 1, None)]),
        )
