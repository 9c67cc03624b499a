# SPDX-License-Identifier: Apache-2.0
"""Dates as pages state them."""

import pytest

from onrecord.sources.html.dates import stated


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-03-03T23:30:00-05:00", "2026-03-03T23:30:00-05:00"),
        ("2026-03-03T23:30Z", "2026-03-03T23:30:00+00:00"),
        ("2026-03-03 23:30", "2026-03-03T23:30:00"),
        ("20260303T130500Z", "2026-03-03T13:05:00+00:00"),
        ("1772543100000", "2026-03-03T13:05:00+00:00"),
        ("Tue, 3 Mar 2026 13:05:00 +0100", "2026-03-03T13:05:00+01:00"),
        ("Mar. 3, 2026 at 1:05 p.m. ET", "2026-03-03T13:05:00-05:00"),
        ("July 3, 2026, 1:05pm ET", "2026-07-03T13:05:00-04:00"),
        ("3rd March 2026 13.05 BST", "2026-03-03T13:05:00"),
        ("Published: March 3, 2026", "2026-03-03"),
        ("Tue Nov 19 2019 10:00:00 GMT-0500 (Eastern Standard Time)", "2019-11-19T10:00:00-05:00"),
        ("19/11/2019", "2019-11-19"),
        ("11/19/2019 10:05 PM EST", "2019-11-19T22:05:00-05:00"),
        ("10:05 PM EST 11/19/2019", "2019-11-19T22:05:00-05:00"),
        ("Tue 10:05 PM, Nov 19, 2019", "2019-11-19T22:05:00"),
        ("Published 10.05pm (ET) on Tue, 19 Nov 2019", "2019-11-19T22:05:00-05:00"),
        ("- Nov. 19th 2019 | 10:05 am PT", "2019-11-19T10:05:00-08:00"),
        ("July 3, 1990 at 1:05 pm ET", "1990-07-03T13:05:00-04:00"),
        ("2019-11-19 10:05 \u22120500", "2019-11-19T10:05:00-05:00"),
    ],
)
def test_a_date_is_read_as_exactly_as_it_is_stated(text, expected):
    date = stated(text)
    assert date is not None
    assert date.text() == expected


@pytest.mark.parametrize(
    "text",
    [
        *(
            "03/04/2026",
            "03.04.2026",
            "2026-02-30",
            "0001-01-01T00:00:00Z",
            "1970-01-01",
            "December 31, 1969",
            "1900-01-01",
            "December 30, 1899",
            "March 3",
            "Updated March 3, 2026",
        ),
        *("13:05 p.m. 3 March 2026", "", True, None, 17),
    ],
)
def test_no_date_is_guessed(text):
    assert stated(text) is None
