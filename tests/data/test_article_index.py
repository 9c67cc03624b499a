# SPDX-License-Identifier: Apache-2.0
"""The index of articles on disk decides as the step ``Deduplicate`` does, however the articles are split and ordered."""

import sqlite3
from collections import defaultdict
from contextlib import closing
from dataclasses import replace
from datetime import datetime, timezone

from hypothesis import given
from hypothesis import strategies as st

from onrecord.data.article import Article, sha256
from onrecord.data.article_index import ArticleIndex, Decision, key_of
from onrecord.transforms.deduplicate import mark_duplicates, number_texts, text_of
from tests.conftest import article_of

TEXTS = ("The old ferry pier of Brinmouth closes.", "The old ferry pier of Brinmouth stays open.", "Onions are dear.")
DAYS = [datetime(2026, 2, day, tzinfo=timezone.utc) for day in (2, 3)]

articles_of_an_input = st.lists(
    st.builds(
        lambda base, text, payload, **changes: replace(
            base,
            text=text,
            text_sha256=sha256(text),
            message=replace(base.message, payload=payload),
            **changes,
        ),
        st.just(article_of(text=TEXTS[0])),
        st.sampled_from(TEXTS),
        st.sampled_from([b"one", b"two"]),
        article_id=st.sampled_from(["a", "b", "\N{SNOWMAN}"]),
        published_at=st.none() | st.sampled_from(DAYS),
        updated_at=st.none() | st.sampled_from(DAYS),
    ),
    max_size=9,
).map(
    lambda articles: [
        replace(article, message=replace(article.message, origin=f"articles.jsonl:{line}"))
        for line, article in enumerate(articles)
    ]
)


def deduplicated(articles: list[Article]) -> list[Article]:
    """Return what the step makes of articles, by the functions that it calls."""
    by_id, by_text = defaultdict(list), defaultdict(list)
    for article in articles:
        article_id, text = text_of(article)
        by_id[article_id].append(text)
        by_text[article.text_sha256].append(article)
    numbers = dict(number for texts in by_id.items() for number in number_texts(texts))
    made = []
    for group in by_text.values():
        for article in mark_duplicates(group):
            number, before = numbers.get((article.article_id, article.text_sha256), (1, ""))
            made.append(replace(article, version=number, supersedes=before or None if number > 1 else None))
    return made


def by_index(splits: list[list[Article]]) -> list[Article]:
    """Return what the index decides about the articles of splits."""
    with closing(sqlite3.connect(":memory:")) as database:
        index = ArticleIndex(database)
        for split, articles in enumerate(splits):
            index.add(split, map(key_of, articles))
        index.decide()
        made = []
        for split, articles in enumerate(splits):
            decisions = index.decisions(split)
            for position, article in enumerate(articles):
                decision = decisions.get(position, Decision(False, None, 1, None))
                if not decision.is_repeated:
                    made.append(
                        replace(
                            article,
                            duplicate_of=decision.duplicate_of,
                            version=decision.version,
                            supersedes=decision.supersedes,
                        )
                    )
    return made


def in_order(articles: list[Article]) -> list[Article]:
    return sorted(articles, key=lambda article: article.message.origin)


@given(articles=articles_of_an_input, data=st.data())
def test_decides_as_the_step_does(articles, data):
    shuffled = data.draw(st.permutations(articles))
    places = data.draw(st.lists(st.integers(0, 2), min_size=len(articles), max_size=len(articles)))
    splits = [[a for a, place in zip(shuffled, places, strict=True) if place == split] for split in range(3)]
    assert in_order(by_index(splits)) == in_order(deduplicated(articles))


def test_only_articles_with_something_to_decide_have_a_decision():
    articles = [article_of(id=f"a-{number}", text=f"{TEXTS[0]} {number}") for number in range(50)]
    with closing(sqlite3.connect(":memory:")) as database:
        index = ArticleIndex(database)
        index.add(0, map(key_of, [*articles, articles[7]]))
        index.decide()
        assert index.decisions(0) == {50: Decision(True, None, 1, None)}


def test_deciding_again_after_a_kill_decides_the_same():
    articles = [article_of(id="a", text=text) for text in TEXTS]
    with closing(sqlite3.connect(":memory:")) as database:
        index = ArticleIndex(database)
        index.add(0, map(key_of, articles))
        index.decide()
        first = index.decisions(0)
        index.decide()
        assert index.decisions(0) == first
        assert {decision.version for decision in first.values()} == {2, 3}
