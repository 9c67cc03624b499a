# SPDX-License-Identifier: Apache-2.0
from datetime import datetime, timezone

import pytest

from onrecord.data.selection import Selection, moment


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=timezone.utc)


@pytest.mark.parametrize(
    ("text", "begin", "end"),
    [
        ("2026-02-28", utc(2026, 2, 28), utc(2026, 3, 1)),
        ("2 March 2026", utc(2026, 3, 2), utc(2026, 3, 3)),
        ("2026-03-02T08:00:00+02:00", utc(2026, 3, 2, 6), utc(2026, 3, 2, 6)),
    ],
)
def test_a_day_ends_at_the_beginning_of_the_next(text: str, begin: datetime, end: datetime):
    assert moment(text) == begin
    assert moment(text, is_end=True) == end


@pytest.mark.parametrize("text", ["", "soon", "03/04/2026", "9999-12-31"])
def test_what_is_no_clear_time_is_refused(text: str):
    with pytest.raises(ValueError):
        moment(text)


def test_what_is_selected():
    day = Selection(since=utc(2026, 3, 2), until=utc(2026, 3, 3))
    assert day.has_time(utc(2026, 3, 2))
    assert not day.has_time(utc(2026, 3, 3))
    assert not day.has_time(None)
    assert Selection().has_time(None)
    assert Selection(sources=frozenset({"coast.example"})).has_source("www.Coast.example")
    assert not Selection(sources=frozenset({"coast.example"})).has_source(None)
    assert Selection().has_source(None)
