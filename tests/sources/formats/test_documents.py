# SPDX-License-Identifier: Apache-2.0
"""Files that are one article each: saved pages and plain texts."""

import gzip
import io
import json
from datetime import datetime, timezone

import pytest

from onrecord.data.message import Message
from onrecord.sources.formats.documents import read_page, read_text
from onrecord.sources.stored_file import StoredFile

CHANGED_AT = datetime(2026, 1, 31, 9, 30, tzinfo=timezone.utc)
TEXT = "“The pier closes,” said the café’s owner.\n\nIt rained.\n"


def text_message(stored: bytes, limit: int = 10_000) -> Message:
    [message] = read_text(StoredFile(io.BytesIO(stored), "pier.txt", CHANGED_AT, limit))
    return message


@pytest.mark.parametrize(
    "stored",
    [TEXT.encode(), b"\xef\xbb\xbf" + TEXT.encode(), TEXT.encode("utf-16"), gzip.compress(TEXT.encode())],
    ids=["UTF-8", "byte order mark", "UTF-16", "gzip"],
)
def test_a_text_is_one_message_character_for_character(stored):
    message = text_message(stored)
    assert json.loads(message.payload) == {"text": TEXT}
    assert (message.origin, message.problem) == ("pier.txt", None)


def test_a_page_is_one_message_in_the_encoding_that_it_states():
    page = f'<html><head><meta charset="windows-1252"></head><body><p>{TEXT}</p></body></html>'
    [message] = read_page(StoredFile(io.BytesIO(page.encode("cp1252")), "pier.html", CHANGED_AT))
    assert json.loads(message.payload) == {"html": page}


def test_a_blank_file_has_no_article():
    assert list(read_text(StoredFile(io.BytesIO(b" \n\n"), "pier.txt", CHANGED_AT))) == []


@pytest.mark.parametrize(
    ("stored", "problem"),
    [
        (b"caf\xe9", "text: not UTF-8"),
        (b"x" * 101, "file: it is over the limit of 100 bytes"),
        (gzip.compress(TEXT.encode())[:-9], "file: "),
    ],
    ids=["not UTF-8", "too long", "cut short"],
)
def test_a_file_that_can_not_be_read_is_a_dead_letter(stored, problem):
    message = text_message(stored, limit=100)
    assert message.problem is not None
    assert message.problem.startswith(problem)
    assert len(message.payload) <= 100
