# SPDX-License-Identifier: Apache-2.0
"""Time limit for pages: a page that exceeds it becomes a dead letter, and the others are read."""

import json

import pytest

from onrecord.data.message import Contract, InvalidMessage
from onrecord.data.settings import ExtractionSettings
from onrecord.dead_letters.make import DEAD_LETTERS
from onrecord.sandbox.pages import SandboxedPageReader
from onrecord.sandbox.process import TimeLimitExceeded
from onrecord.sources.html import read_page
from onrecord.transforms.decode import DecodeFn
from tests import poison
from tests.conftest import message_of

TEXT = "<p>The harbour council of Brinmouth voted on Tuesday to close the old ferry pier.</p>" * 2
PAGE = f"<html><head><title>Pier closes</title></head><body><article>{TEXT}</article></body></html>"
SECONDS = 2.0  # quick pages take this long on a busy machine


@pytest.fixture(scope="module")
def pages() -> SandboxedPageReader:
    return SandboxedPageReader(SECONDS)


def test_quick_pages_are_read_or_refused_as_without_a_limit(pages):
    assert pages(Contract(html=PAGE, id="pier")) == read_page(Contract(html=PAGE, id="pier"))
    with pytest.raises(InvalidMessage, match="no main text"):
        pages(Contract(html="<p>"))


def test_a_slow_page_costs_its_time_limit_and_the_next_is_read(pages):
    with pytest.raises(TimeLimitExceeded, match="reading the page took longer"):
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
