# SPDX-License-Identifier: Apache-2.0
"""Copies in a stream: the first article seen is the original, for the configured time."""

from dataclasses import replace

import apache_beam as beam
import pytest
from apache_beam.testing.test_stream import TestStream
from apache_beam.testing.util import assert_that, equal_to
from apache_beam.transforms.window import TimestampedValue

from onrecord.data.article import Article
from onrecord.data.near_duplicates import words_of
from onrecord.data.recent_texts import RecentTexts, SeenText
from onrecord.transforms.near_duplicates_stream import MarkCopies
from tests.conftest import article_of
from tests.stories import reprint, story
from tests.streams import NOON, options

pytestmark = pytest.mark.usefixtures("value_coders")

HOUR = 3_600
AGENCY = article_of(id="agency", text=story(1))
PAPER = article_of(id="paper", text=reprint(story(1), 1, 0.6))
OTHER = article_of(id="other", text=reprint(story(1), 2, 0.8))
LATE = article_of(id="late", text=reprint(story(1), 3, 0.9))
UNRELATED = article_of(id="unrelated", text=story(2))


def expect(events: tuple[object, ...], expected: list[tuple[str, str | None]]) -> None:
    """Run a stream of articles, each with its seconds after noon, and of watermarks; check which are copies."""
    stream = TestStream(coder=beam.coders.registry.get_coder(Article)).advance_watermark_to(NOON)
    for event in events:
        if isinstance(event, int):
            stream = stream.advance_watermark_to(NOON + event)
        else:
            stream = stream.add_elements([TimestampedValue(event[1], NOON + event[0])])
    with beam.Pipeline(options=options()) as pipeline:
        articles = pipeline | stream.advance_watermark_to_infinity() | MarkCopies(HOUR)
        assert_that(articles | beam.Map(lambda article: (article.article_id, article.duplicate_of)), equal_to(expected))


@pytest.mark.usefixtures("each_stream_runner")
def test_the_first_article_seen_is_the_original_for_an_hour():
    exact = replace(PAPER, article_id="exact", duplicate_of="paper", similarity=1.0)
    correction = article_of(id="agency", text=reprint(story(1), 4, 1.0))
    expect(
        (
            (1, AGENCY), (2, UNRELATED), (3, PAPER), (4, exact), (5, correction), 3_000,
            (3_000, OTHER), 3_700,
            (3_700, LATE),
        ),
        [
            ("agency", None), ("unrelated", None), ("paper", "agency"), ("exact", "agency"), ("agency", None),
            ("other", "agency"), ("late", None),
        ],
    )  # fmt: skip


def test_a_longer_version_that_comes_later_is_an_original():
    whole = article_of(id="whole", text=f"{story(1)}\n\n{story(3)}")
    expect(((1, AGENCY), (2, whole), (3, PAPER)), [("agency", None), ("whole", None), ("paper", "agency")])


def seen(name: str, text: str) -> SeenText:
    return SeenText(10, name, name, words_of(text).astype("<u4").tobytes())


def test_the_oldest_texts_make_room_for_new_ones():
    first, second, third = (seen(str(number), story(number)) for number in range(3))
    texts = RecentTexts(max_bytes=len(first.words) + len(second.words))
    for text in (first, second, third):
        texts.add(text)
    assert list(texts) == [second, third]
    assert texts.forgotten == 1
    assert texts.original_of("copy", words_of(reprint(story(0), 1)), 0) is None
    found = texts.original_of("copy", words_of(reprint(story(2), 1)), 0)
    assert found is not None
    assert found[0] == third
