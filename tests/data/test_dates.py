# SPDX-License-Identifier: Apache-2.0
"""Times: every form with one meaning is read, and nothing is guessed."""

from datetime import datetime, timedelta, timezone
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onrecord.data.dates import EPOCH, UnclearTime, time_of


@pytest.mark.parametrize(
    ("value", "utc", "zone_assumed"),
    [
        ("2026-03-03T13:05:00Z", "2026-03-03T13:05:00+00:00", False),
        ("2026-03-03 13:05:00z", "2026-03-03T13:05:00+00:00", False),
        ("2026-03-03t13:05", "2026-03-03T13:05:00+00:00", True),
        ("2026-03-03 13:05", "2026-03-03T13:05:00+00:00", True),
        ("2026-03-03T13:05+01", "2026-03-03T12:05:00+00:00", False),
        ("2026-03-03T13:05:00 +0100", "2026-03-03T12:05:00+00:00", False),
        ("20260303T130500Z", "2026-03-03T13:05:00+00:00", False),
        ("20260303T1305Z", "2026-03-03T13:05:00+00:00", False),
        ("20260303T130500.123+01", "2026-03-03T12:05:00.123000+00:00", False),
        ("20260303130500", "2026-03-03T13:05:00+00:00", True),
        ("20260303", "2026-03-03T00:00:00+00:00", True),
        ("2026-03-03", "2026-03-03T00:00:00+00:00", True),
        ("2026/03/03", "2026-03-03T00:00:00+00:00", True),
        ("2026/3/3 9:05", "2026-03-03T09:05:00+00:00", True),
        ("Tue, 03 Mar 2026 13:05:00 GMT", "2026-03-03T13:05:00+00:00", False),
        ("Tue, 3 Mar 26 13:05:00 EST", "2026-03-03T18:05:00+00:00", False),
        ("3 Mar 2026 13:05:00 -0500", "2026-03-03T18:05:00+00:00", False),
        ("Tue Mar  3 13:05:00 2026", "2026-03-03T13:05:00+00:00", True),
        ("Tue Mar  3 13:05:00 UTC 2026", "2026-03-03T13:05:00+00:00", False),
        ("Tue Mar 03 13:05:00 +0000 2026", "2026-03-03T13:05:00+00:00", False),
        ("Tue Mar 03 2026 13:05:00 GMT+0100 (Central European Standard Time)", "2026-03-03T12:05:00+00:00", False),
        ("January 5, 2026", "2026-01-05T00:00:00+00:00", True),
        ("Jan. 5, 2026", "2026-01-05T00:00:00+00:00", True),
        ("5 January 2026", "2026-01-05T00:00:00+00:00", True),
        ("3 Mar 2026 14:05", "2026-03-03T14:05:00+00:00", True),
        ("5th of January 2026", "2026-01-05T00:00:00+00:00", True),
        ("March 3, 2026 at 1:05 p.m. EST", "2026-03-03T18:05:00+00:00", False),
        ("March 3, 2026 1:05 PM", "2026-03-03T13:05:00+00:00", True),
        ("March 3, 2026, 1 PM", "2026-03-03T13:00:00+00:00", True),
        ("1772543100", "2026-03-03T13:05:00+00:00", False),
        ("1772543100000", "2026-03-03T13:05:00+00:00", False),
        ("1772543100123456", "2026-03-03T13:05:00.123456+00:00", False),
        ("1772543100123456789", "2026-03-03T13:05:00.123456+00:00", False),
        ("1772543100.123", "2026-03-03T13:05:00.123000+00:00", False),
        ("1772543100123.5", "2026-03-03T13:05:00.123500+00:00", False),
        ("1.7725431e12", "2026-03-03T13:05:00+00:00", False),
        ("20260303.0", "2026-03-03T00:00:00+00:00", True),
        ("12/31/2026", "2026-12-31T00:00:00+00:00", True),
        ("31.12.2026 14:05", "2026-12-31T14:05:00+00:00", True),
        ("03/03/2026", "2026-03-03T00:00:00+00:00", True),
        ("1970-01-01", "1970-01-01T00:00:00+00:00", True),
        ("1900-01-01", "1900-01-01T00:00:00+00:00", True),
        ("2026-03-03 13:05 HST", "2026-03-03T23:05:00+00:00", False),
        ("2016-12-31T23:59:60Z", "2017-01-01T00:00:00+00:00", False),
        ("2017-01-01T00:59:60+01:00", "2017-01-01T00:00:00+00:00", False),
        ("2026-03-03T24:00:00Z", "2026-03-04T00:00:00+00:00", False),
        ("Tuesday, 03-Mar-26 13:05:00 GMT", "2026-03-03T13:05:00+00:00", False),
        ("2026-03-03T13:05:00,25Z", "2026-03-03T13:05:00.250000+00:00", False),
        ("2026-03-03T13:05:00.123456789123Z", "2026-03-03T13:05:00.123457+00:00", False),
        ("2026-03-03 13:05:00 +0000 UTC", "2026-03-03T13:05:00+00:00", False),
        ("2026-03-03T13:05:00+01:00[Europe/Paris]", "2026-03-03T12:05:00+00:00", False),
        ("2026-03-03T13:05:00Z[UTC]", "2026-03-03T13:05:00+00:00", False),
        ("-1000000000000", "1938-04-24T22:13:20+00:00", False),
        ("202603031305", "2026-03-03T13:05:00+00:00", True),
        ("2026-03-03T13:05:00-00:00", "2026-03-03T13:05:00+00:00", False),
        ("1951-05-04T00:00:00Z", "1951-05-04T00:00:00+00:00", False),
        ("20260303130500123", "2026-03-03T13:05:00.123000+00:00", True),
        ("Tue, 3 Mar 2026", "2026-03-03T00:00:00+00:00", True),
        ("2026-03-03T13:05:00.000Z", "2026-03-03T13:05:00+00:00", False),
        ("2026-03-03 1:05 PM", "2026-03-03T13:05:00+00:00", True),
        ("Tue, 03 Mar 2026 13:05:00 +0000 (UTC)", "2026-03-03T13:05:00+00:00", False),
        (1772543100, "2026-03-03T13:05:00+00:00", False),
        (20260303130500, "2026-03-03T13:05:00+00:00", True),
    ],
)
def test_a_time_with_one_meaning_is_read(value, utc, zone_assumed):
    time, assumed = time_of(value)
    assert (time.isoformat(), assumed) == (utc, zone_assumed)
    assert time.tzinfo is timezone.utc


@pytest.mark.parametrize(
    "value",
    [
        "",
        "yesterday",
        "03/04/2026",
        "3-4-2026",
        "03.04.2026 10:00",
        "3/14/26",
        "2026-13-01",
        "2026-02-30T08:00:00Z",
        "2026-01-31T25:00:00Z",
        "2026-01-31T24:00:01Z",
        "2017-01-01T00:59:60Z",
        "0001-01-01T00:00:00Z",
        "0001-01-01T00:00:00+01:00",
        "0000-00-00",
        "9999-12-31T23:59:59Z",
        "1970-01-01T00:00:00Z",
        "1969-12-31T19:00:00-05:00",
        "1900-01-01T00:00:00Z",
        "1899-12-30 00:00:00",
        "0",
        "-2147483648",
        "-62135596800000",
        "253402300799",
        "253402300799999",
        "253402300800",
        "4294967295",
        "-9223372036854775808",
        "9223372036854775807",
        "9223372036854",
        "2262-04-11T23:47:16.854775807Z",
        "1753-01-01T00:00:00",
        "134170167000000000",
        "639081219000000000",
        "2026030313",
        "12345678901",
        "99999999999999999999",
        "1.0e9999999",
        "2026-03-03 13:05 BST",
        "2026-03-03T13:05:00+24:00",
        "２０２６-01-31",
        "NaN",
        "1" * 101,
        10**16,
        10**30,
    ],
)
def test_nothing_is_guessed(value):
    with pytest.raises(UnclearTime):
        time_of(value)


def test_a_number_of_any_size_is_unclear():
    with pytest.raises(UnclearTime):
        time_of(10**5_000)


@given(st.text() | st.integers() | st.floats().map(str) | st.text("0123456789-/:.,TZ+ apmJanEST()[]"))
def test_any_value_is_a_time_or_unclear(value):
    try:
        time, _ = time_of(value)
    except UnclearTime:
        return
    assert time.tzinfo is timezone.utc


zones = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
with_zones = st.datetimes(datetime(1971, 1, 1), datetime(2099, 12, 31), timezones=zones)
of_news = st.datetimes(datetime(1974, 1, 1), datetime(2100, 1, 1), timezones=st.just(timezone.utc))
WITH_ZONE = (
    "%Y-%m-%dT%H:%M:%S%z",
    "%Y-%m-%d %H:%M:%S %z",
    "%Y%m%dT%H%M%S%z",
    "%a, %d %b %Y %H:%M:%S %z",
    "%a %b %d %H:%M:%S %z %Y",
)
WITHOUT_ZONE = (
    "%Y-%m-%d %H:%M:%S",
    "%Y%m%d%H%M%S",
    "%c",
    "%B %d, %Y %I:%M:%S %p",
    "%d %B %Y, %H:%M:%S",
    "%Y/%m/%d %H:%M:%S",
)


@given(with_zones)
def test_every_rendering_with_a_zone_is_that_moment(time):
    assert time_of(time.isoformat()) == (time, False)
    whole = time.replace(microsecond=0)
    for form in WITH_ZONE:
        assert time_of(whole.strftime(form)) == (whole, False)
    assert time_of(format_datetime(whole)) == (whole, False)


@given(of_news)
def test_every_rendering_without_a_zone_is_that_moment_in_utc(time):
    whole = time.replace(microsecond=0)
    for form in WITHOUT_ZONE:
        assert time_of(whole.strftime(form)) == (whole, True)


@given(of_news.map(lambda time: (time - EPOCH) // timedelta(microseconds=1)).filter(lambda number: number > 2 * 10**14))
def test_every_unit_is_told_by_the_size_of_the_number(microseconds):
    time = EPOCH + timedelta(microseconds=microseconds)
    assert time_of(microseconds) == (time, False)
    if microseconds >= 10**15:  # in nanoseconds, a smaller number could also be one of Windows or .NET
        assert time_of(microseconds * 1000) == (time, False)
    assert time_of(microseconds // 1000)[0] == time.replace(microsecond=time.microsecond // 1000 * 1000)
    assert time_of(f"{microseconds // 10**6}.{microseconds % 10**6:06d}")[0] == time
