# SPDX-License-Identifier: Apache-2.0
"""Copies among the articles of a backfill: the same groups whatever the order, by Beam's groupings and by the index on disk."""

import random
import sqlite3
from contextlib import closing
from datetime import datetime, timedelta, timezone

import apache_beam as beam
import pytest
from apache_beam.testing.test_pipeline import TestPipeline
from apache_beam.testing.util import assert_that, equal_to
from hypothesis import given
from hypothesis import strategies as st

from onrecord.data.article import Article
from onrecord.data.article_index import ArticleIndex, key_of
from onrecord.telemetry import metrics
from onrecord.transforms.deduplicate import Deduplicate
from tests.conftest import article_of
from tests.stories import earnings, reprint, sentence, story

pytestmark = pytest.mark.usefixtures("value_coders")

START = datetime(2026, 2, 2, 8, tzinfo=timezone.utc)
PAPERS = 12


def at(hours: int) -> str:
    return (START + timedelta(hours=hours)).isoformat()


def agency_stories() -> list[Article]:
    """Return two stories, each in several papers, and what only looks like copies of them."""
    articles = []
    for seed in (1, 2):
        articles.append(article_of(id=f"agency-{seed}", text=story(seed, 20), published_at=at(seed)))
        articles += [
            article_of(
                id=f"paper-{seed}-{paper}",
                text=reprint(story(seed, 20), 100 * seed + paper, 0.5 + paper / 2 / PAPERS, 0.02),
                published_at=at(10 + paper),
            )
            for paper in range(PAPERS)
        ]
    articles += [
        article_of(id=f"earnings-{n}", text=earnings("Arden", "Callow", n), published_at=at(n)) for n in range(9)
    ]
    articles.append(article_of(id="follow-up", text=f"{story(3, 20)}\n\n{story(1, 20)}", published_at=at(50)))
    articles.append(
        article_of(id="agency-1", text=f"{story(1, 20)}\n\n{sentence(random.Random(4))}", published_at=at(40))
    )
    articles.append(article_of(id="last", text=articles[3].text, published_at=at(70)))
    return articles


STORIES = agency_stories()
ORIGINALS = {f"paper-{seed}-{paper}": f"agency-{seed}" for seed in (1, 2) for paper in range(PAPERS)} | {
    "last": "agency-1"
}


def by_index(articles: list[Article]) -> dict[str, tuple[str, float]]:
    """Return the originals and similarities of texts by their hashes, as the index on disk finds them."""
    with closing(sqlite3.connect(":memory:")) as database:
        index = ArticleIndex(database)
        index.add(0, [key_of(article, near_duplicates=True) for article in articles])
        index.decide()
        decisions = index.decisions(0).items()
        return {
            articles[place].text_sha256: (found.duplicate_of, found.similarity)
            for place, found in decisions
            if found.duplicate_of
        }


def test_each_paper_s_version_names_the_agency_s_and_nothing_else_is_a_copy_for_beam_and_for_the_index_on_disk():
    pipeline = TestPipeline(runner="FnApiRunner")
    kept = pipeline | beam.Create(STORIES[::-1], reshuffle=False) | Deduplicate()
    found = (
        kept
        | beam.Map(lambda one: (one.article_id, one.duplicate_of, one.similarity))
        | beam.Filter(lambda one: one[1])
    )
    copies = by_index(STORIES)
    sha_of = {article.article_id: article.text_sha256 for article in STORIES}
    assert_that(found, equal_to([(name, *copies[sha_of[name]]) for name in ORIGINALS]))
    result = pipeline.run()
    result.wait_until_finish()
    assert {name: copies[sha_of[name]][0] for name in ORIGINALS} == ORIGINALS
    counts = metrics.counts(result)
    assert (counts[metrics.NEAR_DUPLICATES], counts.get(metrics.DUPLICATE_TEXTS, 0)) == (len(ORIGINALS), 0)


def test_without_near_duplicates_only_equal_texts_are_duplicates():
    with TestPipeline(runner="FnApiRunner") as pipeline:
        kept = pipeline | beam.Create(STORIES, reshuffle=False) | Deduplicate(near_duplicates=False)
        found = (
            kept | beam.Filter(lambda one: one.duplicate_of) | beam.Map(lambda one: (one.article_id, one.similarity))
        )
        assert_that(found, equal_to([("last", 1.0)]))


some_papers = st.lists(
    st.tuples(st.integers(1, 3), st.integers(0, 9), st.floats(0.5, 1), st.none() | st.integers(0, 3)),
    min_size=2,
    max_size=10,
    unique_by=lambda paper: paper[1],
)


@given(some_papers, st.randoms(use_true_random=False))
def test_the_order_of_the_articles_never_matters_and_no_copy_has_copies(papers, chance):
    articles = [
        article_of(
            id=f"p{paper}", text=reprint(story(seed), paper, kept), published_at=None if hour is None else at(hour)
        )
        for seed, paper, kept, hour in papers
    ]
    found = by_index(articles)
    shuffled = articles.copy()
    chance.shuffle(shuffled)
    assert by_index(shuffled) == found
    copies = {article.article_id for article in articles if article.text_sha256 in found}
    assert not copies & {original for original, _ in found.values()}


def test_a_copy_of_a_copy_that_adds_to_the_original_is_an_original():
    pieces = [sentence(random.Random(number)) for number in range(30)]
    first, second, third = (" ".join(pieces[start : start + 20]) for start in (0, 2, 4))
    articles = [
        article_of(id=name, text=text, published_at=at(n))
        for n, (name, text) in enumerate(zip("abc", (first, second, third), strict=True))
    ]
    found = by_index(articles)
    assert {article.article_id: found.get(article.text_sha256, (None,))[0] for article in articles} == {
        "a": None,
        "b": "a",
        "c": None,
    }
