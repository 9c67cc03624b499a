# SPDX-License-Identifier: Apache-2.0
"""A stream numbers the texts of an article as they arrive, as long as it remembers them."""

import apache_beam as beam
import pytest
from apache_beam.testing.test_stream import TestStream
from apache_beam.testing.util import assert_that, equal_to
from apache_beam.transforms.window import TimestampedValue

from onrecord.data.article import Article
from onrecord.data.versions import version_of
from onrecord.transforms.versions_stream import NumberStream, SeenText, with_number
from tests.conftest import article_of
from tests.streams import NOON, options

pytestmark = pytest.mark.usefixtures("value_coders")

HOUR = 3_600
TEXTS = [f"The old ferry pier of Brinmouth closes in {month}." for month in ("April", "May", "June")]
MONDAY, TUESDAY, WEDNESDAY = (f"2026-02-0{day}T08:00:00Z" for day in (2, 3, 4))


def sent(text: int, updated_at: str | None = None, name: str = "a") -> Article:
    return article_of(id=name, text=TEXTS[text], updated_at=updated_at)


def test_a_text_that_is_older_than_one_before_it_supersedes_what_is_older_still():
    first, second, third = sent(0, MONDAY), sent(1, WEDNESDAY), sent(2, TUESDAY)
    remembered = [SeenText("a", number, version_of(one), 0) for number, one in enumerate((first, second), 1)]
    found = with_number(third, remembered)
    assert (found.version, found.supersedes) == (3, first.text_sha256)
    assert with_number(sent(2, TUESDAY, "b"), remembered).version == 1


def test_a_text_that_is_still_remembered_keeps_its_number():
    first, second = sent(0, MONDAY), sent(1, TUESDAY)
    remembered = [SeenText("a", number, version_of(one), 0) for number, one in enumerate((first, second), 1)]
    assert with_number(first, remembered) == first
    assert with_number(second, remembered).supersedes == first.text_sha256


@pytest.mark.usefixtures("each_stream_runner")
def test_texts_are_numbered_for_an_hour():
    stream = TestStream(coder=beam.coders.registry.get_coder(Article)).advance_watermark_to(NOON)
    for second, article in ((1, sent(0)), (2, sent(1)), (3, sent(0, name="b")), (3_700, sent(2))):
        stream = stream.advance_watermark_to(NOON + second - 0.5).add_elements(
            [TimestampedValue(article, NOON + second)]
        )
    with beam.Pipeline(options=options()) as pipeline:
        articles = pipeline | stream.advance_watermark_to_infinity() | NumberStream(HOUR)
        seen = articles | beam.Map(lambda one: (one.article_id, one.text, one.version, one.supersedes))
        assert_that(
            seen,
            equal_to(
                [
                    ("a", TEXTS[0], 1, None),
                    ("a", TEXTS[1], 2, sent(0).text_sha256),
                    ("b", TEXTS[0], 1, None),
                    ("a", TEXTS[2], 1, None),
                ]
            ),
        )
