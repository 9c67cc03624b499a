# SPDX-License-Identifier: Apache-2.0
"""Windows of a stream: by publication time, and never a window that is already closed."""

import apache_beam as beam
import pytest
from apache_beam.testing.test_stream import TestStream
from apache_beam.testing.util import assert_that, equal_to
from apache_beam.transforms.window import TimestampedValue
from hypothesis import given
from hypothesis import strategies as st

from onrecord.data.article import Article
from onrecord.data.settings import StreamingSettings
from onrecord.telemetry import metrics
from onrecord.transforms.windows import HOUR, InWindows, event_time, gathered, placed
from tests.conftest import article_of
from tests.streams import NOON, options

DAY = 24 * 3600
NOW = float(NOON)
TEXT = "The old ferry pier of Brinmouth closes in spring."

pytestmark = pytest.mark.usefixtures("value_coders")


def noon() -> float:
    return NOW


def test_an_article_is_in_the_window_of_its_publication():
    assert placed(NOW - 600, NOW - 5, NOW, DAY) == (NOW - 600, False)


def test_without_a_time_it_is_in_the_window_of_its_arrival():
    assert placed(None, NOW - 5, NOW, DAY) == (NOW - 5, False)


def test_nothing_is_published_in_the_future():
    assert placed(NOW + 9 * DAY, NOW - 5, NOW, DAY) == (NOW - 5, False)


def test_an_article_older_than_allowed_is_in_the_window_of_its_arrival():
    assert placed(NOW - 2 * DAY, NOW - 5, NOW, DAY) == (NOW - 5, True)


def test_a_message_kept_in_the_subscription_for_longer_than_allowed_is_in_the_current_window():
    assert placed(NOW - 3 * DAY, NOW - 2 * DAY, NOW, DAY) == (NOW, True)
    assert placed(None, NOW - 2 * DAY, NOW, DAY) == (NOW, False)


@given(st.none() | st.floats(-1e11, 1e11), st.floats(-1e11, 1e11), st.floats(0, 1e11), st.integers(0, 10 * DAY))
def test_no_article_is_placed_where_the_runner_would_drop_it_or_wait_for_ever(event, arrival, now, allowed):
    time_, _ = placed(event, arrival, now, allowed)
    assert now - allowed <= time_ <= now


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2026-03-03T12:00:00Z", NOW),
        ("2026-03-03T13:00:00+01:00", NOW),
        (str(int(NOW) * 1000), NOW),
        ("yesterday", None),
        ("", None),
        ("9" * 40, None),
        ("-", None),
    ],
)
def test_an_attribute_gives_the_time_or_is_ignored(value, expected):
    assert event_time(article_of(text=TEXT, seen=value), "seen") == expected


def test_an_attribute_that_is_not_there_tells_nothing():
    assert event_time(article_of(text=TEXT, published_at="2026-03-03T12:00:00Z"), "seen") is None


@pytest.mark.parametrize("window", [1, 10, 300, 420, 3_600, 7_200, 86_400])
def test_late_articles_are_gathered_in_the_first_window_of_the_hour_whose_folder_is_theirs(window):
    for time_ in range(int(NOW) - 10_000, int(NOW), 97):
        start = time_ - time_ % window
        gathering = gathered(time_, window)
        assert gathering % window == 0
        assert gathering <= start
        assert gathering // HOUR == start // HOUR
        assert (gathering - window) // HOUR < start // HOUR


@pytest.mark.usefixtures("each_stream_runner")
def test_the_records_windows_are_those_of_the_articles_and_late_ones_are_counted():
    published = {
        "now": NOW - 1,
        "late": NOW - 3_600,
        "also late": NOW - 2_400,
        "too late": NOW - 9 * DAY,
        "future": NOW + 3_600,
    }
    stream = TestStream(coder=beam.coders.registry.get_coder(Article)).advance_watermark_to(NOON)
    articles = [article_of(id=name, text=name, published_at=int(time_ * 1000)) for name, time_ in published.items()]
    stream = stream.add_elements([TimestampedValue(article, NOON - 10) for article in articles])
    pipeline = beam.Pipeline(options=options())

    def window_of(article: Article, window: object = beam.DoFn.WindowParam) -> tuple[str, float]:
        return article.article_id, float(window.start) - NOW

    found = (
        pipeline
        | stream.advance_watermark_to_infinity()
        | InWindows(Article, StreamingSettings(window=300, allowed_lateness=7 * DAY), clock=noon)
        | beam.Map(window_of)
    )
    assert_that(
        found,
        equal_to(
            [("now", -300.0), ("late", -3_600.0), ("also late", -3_600.0), ("too late", -300.0), ("future", -300.0)]
        ),
    )
    result = pipeline.run()
    result.wait_until_finish()
    counts = metrics.counts(result)
    assert (counts[metrics.LATE], counts[metrics.TOO_LATE]) == (2, 1)
