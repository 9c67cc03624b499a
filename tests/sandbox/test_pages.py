"""Pages with a time limit: what one page costs beyond it is its own dead letter."""

import json

import pytest

from onrecord.data.article import Contract, InvalidMessage
from onrecord.data.settings import ExtractionSettings
from onrecord.dead_letters.make import DEAD_LETTERS
from onrecord.sandbox.pages import LimitedPages
from onrecord.sandbox.process import TimeLimitExceeded
from onrecord.sources.html import read_page
from onrecord.transforms.decode import DecodeFn
from tests import poison
from tests.conftest import message_of

TEXT = "<p>The harbour council of Brinmouth voted on Tuesday to close the old ferry pier.</p>" * 2
PAGE = f"<html><head><title>Pier closes</title></head><body><article>{TEXT}</article></body></html>"
SECONDS = 2.0  # a busy machine needs it for the quick pages too


@pytest.fixture(scope="module")
def pages() -> LimitedPages:
    return LimitedPages(SECONDS)


def test_what_is_in_time_is_read_or_refused_as_without_a_limit(pages):
    assert pages(Contract(html=PAGE, id="pier")) == read_page(Contract(html=PAGE, id="pier"))
    with pytest.raises(InvalidMessage, match="no main text"):
        pages(Contract(html="<p>"))


def test_a_slow_page_costs_its_time_limit_and_the_next_is_read(pages):
    with pytest.raises(TimeLimitExceeded, match="the reading of the page took longer"):
        pages(Contract(html=poison.PAGE))
    assert pages(Contract(html=PAGE)).title == "Pier closes"


def test_a_slow_page_is_a_dead_letter_of_decode():
    decode = DecodeFn(ExtractionSettings(max_text_length=10_000, time_limit=SECONDS))
    decode.setup()
    slow = message_of({"id": "slow", "html": poison.PAGE})
    [letter] = list(decode.process(slow))
    assert letter.tag == DEAD_LETTERS
    assert (letter.value.stage, letter.value.error_type) == ("Decode", "TimeLimitExceeded")
    assert letter.value.payload == slow.payload
    [article] = list(decode.process(message_of({"id": "quick", "html": PAGE})))
    assert article.title == "Pier closes"
    [article] = list(decode.process(message_of(json.dumps({"id": "text", "text": "No page."}).encode())))
    assert article.text == "No page."
