# SPDX-License-Identifier: Apache-2.0
"""Texts of one article id have an order that does not depend on the order in which they come, and the newest can be chosen."""

from dataclasses import replace
from datetime import datetime, timedelta, timezone

from hypothesis import given
from hypothesis import strategies as st

from onrecord.data.article import Article
from onrecord.data.records import ArticleRecord, Provenance
from onrecord.data.versions import newest_only, numbered, version_of
from onrecord.nlp.texts import Annotation, article_record
from tests.conftest import article_of
from tests.streams import quote

TEXT = "The old ferry pier of Brinmouth closes in spring."
MONDAY, TUESDAY = "2026-02-02T08:00:00Z", "2026-02-03T08:00:00Z"


def numbers(*articles: Article) -> list[int]:
    found = numbered(map(version_of, articles))
    return [found[article.text_sha256][0] for article in articles]


def received(article: Article, minutes: int) -> Article:
    message = replace(article.message, received_at=article.message.received_at + timedelta(minutes=minutes))
    return replace(article, message=message)


def test_a_text_that_was_updated_later_is_later():
    first = article_of(id="a", text=TEXT, published_at=MONDAY)
    second = article_of(id="a", text=f"{TEXT} Corrected.", published_at=MONDAY, updated_at=TUESDAY)
    assert numbers(second, first) == [2, 1]
    assert numbered(map(version_of, [second, first]))[second.text_sha256] == (2, first.text_sha256)
    assert numbered(map(version_of, [second, first]))[first.text_sha256] == (1, None)


def test_without_an_update_the_time_of_publication_counts_and_without_that_what_was_received():
    undated = article_of(id="a", text=TEXT)
    published = article_of(id="a", text=f"{TEXT} It rains.", published_at=MONDAY)
    updated = article_of(id="a", text=f"{TEXT} It snows.", updated_at=TUESDAY)
    assert numbers(updated, undated, published) == [3, 1, 2]
    assert numbers(received(undated, 5), replace(published, published_at=None)) == [2, 1]


def test_an_update_is_read_as_a_time_and_one_that_is_none_is_kept_as_it_came():
    assert article_of(text=TEXT, updated_at=1770192000).updated_at == datetime(2026, 2, 4, 8, tzinfo=timezone.utc)
    odd = article_of(text=TEXT, updated_at="recently")
    assert (odd.updated_at, odd.attributes["updated_at"], odd.left_out) == (None, "recently", ("updated_at",))


days = st.none() | st.sampled_from([datetime(2026, 2, day, tzinfo=timezone.utc) for day in (2, 3)])
some_articles = st.lists(
    st.builds(
        lambda word, updated, published, minutes: received(
            replace(article_of(id="a", text=f"{TEXT} {word}"), updated_at=updated, published_at=published), minutes
        ),
        st.integers(0, 9),
        days,
        days,
        st.integers(0, 2),
    ),
    max_size=6,
    unique_by=lambda article: article.text_sha256,
)


@given(some_articles, st.data())
def test_the_order_in_which_texts_come_never_matters(articles, data):
    found = numbered(map(version_of, articles))
    assert numbered(map(version_of, data.draw(st.permutations(articles)))) == found
    in_order = sorted(found.values(), key=lambda value: value[0])
    assert [number for number, _ in in_order] == list(range(1, len(articles) + 1))
    by_number = {number: sha for sha, (number, _) in found.items()}
    assert all(before == by_number.get(number - 1) for number, before in found.values())
    if articles:
        records = list(map(record_of, articles))
        (newest,) = filter(newest_only(data.draw(st.permutations(records))), records)
        assert found[newest.text_sha256][0] == len(articles)


def record_of(article: Article) -> ArticleRecord:
    return article_record(article, Annotation("en", None), Provenance("1", "m", "2"))


def test_records_of_an_older_text_are_told_from_those_of_the_newest():
    old = article_of(id="a", text=TEXT, published_at=MONDAY)
    new = article_of(id="a", text=f"{TEXT} Corrected.", published_at=TUESDAY)
    is_newest = newest_only([record_of(new), record_of(old)])
    quotes = [replace(quote("a"), text_sha256=sha) for sha in (old.text_sha256, new.text_sha256, "")]
    assert [is_newest(one) for one in quotes] == [False, True, True]
    assert is_newest(quote("b"))
