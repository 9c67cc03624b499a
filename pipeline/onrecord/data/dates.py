# SPDX-License-Identifier: Apache-2.0
"""Times as news sources write them: read if they have one clear meaning, and refused if they have several or none.

``03/04/2026`` is April in one country and March in another, so it is refused; ``31/12/2026`` is read.
"""

import re
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from decimal import Decimal

import msgspec

MAX_LENGTH = 100  # characters
EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
NO_TIME = "no time"

# Seconds since 1970 have 9 or 10 digits from 1973 to 2286. In each unit the numbers of these years have other lengths, so that the length
# shows the unit; numbers of other lengths, 0 among them, are not plausible as times of publication. Nor are nanoseconds of 18 digits, from
# before 2001: present times have 18 digits in Windows (since 1601) and in .NET (since the year 1).
DIGITS_OF_UNITS = {9: 0, 10: 0, 12: 3, 13: 3, 15: 6, 16: 6, 19: 9}
CALENDAR_FORMATS = {8: "%Y%m%d", 10: "%Y%m%d%H", 12: "%Y%m%d%H%M", 14: "%Y%m%d%H%M%S"}
CALENDAR_YEARS = range(1600, 2101)  # of digits that could also be a count of seconds or milliseconds
MAX_EXPONENT = 25
# The smallest and the largest time of 32 bits and of 64 bits of nanoseconds (as pandas has it), and the beginning of time of Unix, Windows,
# SQL Server and OLE, to the second: written where a time is missing.
SENTINELS = {
    EPOCH,
    EPOCH - timedelta(seconds=2**31),
    EPOCH + timedelta(seconds=2**31 - 1),
    EPOCH + timedelta(seconds=2**32 - 1),
    EPOCH - timedelta(seconds=2**63 // 10**9 + 1),
    EPOCH + timedelta(seconds=2**63 // 10**9),
    datetime(1601, 1, 1, tzinfo=timezone.utc),
    datetime(1753, 1, 1, tzinfo=timezone.utc),
    datetime(1900, 1, 1, tzinfo=timezone.utc),
    datetime(1899, 12, 30, tzinfo=timezone.utc),
}
SENTINEL_YEARS = (1, 9999)
END_OF_9999 = "253402300"  # the first digits of its number of seconds, in any unit
MIN_DIGITS_OF_END = 12

NUMBER = re.compile(r"([+-]?)(\d+)(?:\.(\d*))?(?:[eE][+-]?\d+)?", re.ASCII)

MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
MONTH = (
    r"(?P<name>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?"
    r"|dec(?:ember)?)\.?"
)
WEEKDAY = r"(?:(?:mon|tue(?:s)?|wed(?:nes)?|thu(?:rs?)?|fri|sat(?:ur)?|sun)(?:day)?\.?,? ?)?"
DAY = r"(?P<day>\d{1,2})(?:st|nd|rd|th)?"
YEAR = r"(?P<year>\d{4})"
TIME = (
    r"(?P<hour>\d{1,2})(?::(?P<minute>\d\d)(?::(?P<second>\d\d)(?:[.,](?P<fraction>\d+))?)?(?: ?(?P<half>[ap])\.?m\b\.?)?"
    r"|(?<=\d\d)(?P<minute2>\d\d)(?:(?P<second2>\d\d)(?:[.,](?P<fraction2>\d+))?)?| ?(?P<half2>[ap])\.?m\b\.?)"
)
# "GMT+0100 (Central European Time)" of JavaScript, "+01:00[Europe/Paris]" of Java and "+0000 UTC" of Go among them.
ZONE = (
    r"(?P<zone>z|[a-z]{2,4}(?![a-z+-])|(?:gmt|utc)?[+-]\d\d(?::?\d\d)?)"
    r"(?: ?(?:\[[\w/+-]+\]|\([\w .+-]+\)|(?<=\d) [a-z]{3,4}))?"
)
DATES = (
    r"(?P<year>\d{4})(?P<mark>[-/.]?)(?P<month>\d\d)(?P=mark)(?P<day>\d\d)",
    r"(?P<year>\d{4})(?P<mark>[-/.])(?P<month>\d{1,2})(?P=mark)(?P<day>\d{1,2})",
    rf"{WEEKDAY}{DAY}(?: of |[ -]){MONTH}(?:,? |-)(?P<year>\d{{4}}|\d\d)",
    rf"{WEEKDAY}{MONTH} {DAY},? {YEAR}",
    r"(?P<one>\d{1,2})(?P<mark>[-/.])(?P<other>\d{1,2})(?P=mark)(?P<year>\d{4})",
)
FORMS = tuple(
    re.compile(form, re.ASCII | re.IGNORECASE)
    for form in (
        *(rf"{date}(?:(?: ?t ?|[ _]|, | at |, at | - ){TIME}(?: ?{ZONE})?)?" for date in DATES),
        rf"{WEEKDAY}{MONTH} {DAY} {TIME}(?: {ZONE})? {YEAR}",
    )
)
# Hours east of Greenwich: the names of RFC 822, and others that mean one zone. BST, IST and CST outside of mail mean several.
ZONES = {
    **dict.fromkeys(("z", "utc", "ut", "gmt", "wet"), 0),
    "edt": -4,
    "est": -5,
    "cdt": -5,
    "cst": -6,
    "mdt": -6,
    "mst": -7,
    "pdt": -7,
    "pst": -8,
    "akdt": -8,
    "akst": -9,
    "hst": -10,
    "cet": 1,
    "west": 1,
    "cest": 2,
    "eet": 2,
    "eest": 3,
    "msk": 3,
    "jst": 9,
    "aest": 10,
    "aedt": 11,
    "nzst": 12,
    "nzdt": 13,
}


class UnclearTime(ValueError):
    """A value that is not a time, or could mean several."""


def named_zone(name: str, _time: datetime) -> timezone | None:
    """Return the zone that a name in lower case means.

    Raises:
        ValueError: it means several zones, or none.
    """
    if name not in ZONES:
        raise ValueError("of an unknown zone")
    return timezone(timedelta(hours=ZONES[name]))


def time_of(value: int | str) -> tuple[datetime, bool]:
    """Return the time in UTC that a value states, and whether its zone had to be assumed; a date is the beginning of its day.

    Args:
        value: as for ``parsed_time``.

    Raises:
        UnclearTime: the value is not a time, could mean several, or is one that stands for a missing time.
    """
    time, _ = parsed_time(value)
    return _in_utc(time), time.tzinfo is None


def parsed_time(
    value: int | str, zone: Callable[[str, datetime], timezone | None] = named_zone
) -> tuple[datetime, bool]:
    """Return the time that a value states, without a zone if it states none, and whether it is more than a date.

    A number is the time since 1970 in seconds, milliseconds, microseconds or nanoseconds, by its size, or the digits of a calendar date,
    such as 20260131 or 20260131080000.

    Args:
        value: a number, or a text in one of the forms of RFC 3339, ISO 8601, RFC 2822 or English dates.
        zone: returns the zone that a name means at a time without one, or None if it is to be taken as not stated.

    Raises:
        UnclearTime: the value is not a time, could mean several, or is one that stands for a missing time.
    """
    if isinstance(value, int) and abs(value) >= 10**MAX_LENGTH:
        raise UnclearTime("too large")
    text = " ".join(str(value).split())
    if len(text) > MAX_LENGTH:
        raise UnclearTime("too long")
    try:
        time, has_time = _rfc_3339(text) or (_number(text) if NUMBER.fullmatch(text) else _written(text, zone))
        utc = _in_utc(time)
    except (ValueError, OverflowError, ArithmeticError) as error:
        raise UnclearTime(str(error)) from None
    if (
        utc.year in SENTINEL_YEARS
        or time.year in SENTINEL_YEARS
        or (has_time and utc.replace(microsecond=0) in SENTINELS)
    ):
        raise UnclearTime(NO_TIME)
    return time, has_time


def _in_utc(time: datetime) -> datetime:
    return time.astimezone(timezone.utc) if time.tzinfo else time.replace(tzinfo=timezone.utc)


def _rfc_3339(text: str) -> tuple[datetime, bool] | None:
    """Return the time of the commonest form, which a library reads fastest; None if it is another one."""
    try:
        return msgspec.convert(text, datetime), True
    except msgspec.ValidationError:
        return None


def _number(text: str) -> tuple[datetime, bool]:
    number = Decimal(text)
    if abs(number.adjusted()) > MAX_EXPONENT:
        raise ValueError("too large")
    whole = int(number)
    fraction = abs(number - whole)
    digits = str(abs(whole))
    calendar = _calendar(digits) if number > 0 and not fraction else None
    if calendar is not None:
        if len(digits) == 10:
            raise ValueError("seconds since 1970, or the hour of a day")
        return calendar, len(digits) > len("YYYYMMDD")
    if len(digits) >= MIN_DIGITS_OF_END and digits.startswith(END_OF_9999):
        raise ValueError(NO_TIME)
    if len(digits) not in DIGITS_OF_UNITS:
        raise ValueError("of no unit")
    microseconds = int(number.scaleb(6 - DIGITS_OF_UNITS[len(digits)]))
    return EPOCH + timedelta(microseconds=microseconds), True


def _calendar(digits: str) -> datetime | None:
    """Return the time that digits write out, or None if they don't."""
    milliseconds = int(digits[14:]) if len(digits) == 17 else 0
    written = digits[:14] if len(digits) == 17 else digits
    form = CALENDAR_FORMATS.get(len(written))
    try:
        time = datetime.strptime(written, form) if form else None
    except ValueError:
        return None
    if time is None or time.year not in CALENDAR_YEARS:
        return None
    return time.replace(microsecond=1000 * milliseconds)


def _written(text: str, zone_of: Callable[[str, datetime], timezone | None]) -> tuple[datetime, bool]:
    found = next(filter(None, (form.fullmatch(text) for form in FORMS)), None)
    if found is None:
        raise ValueError("of no known form")
    parts = found.groupdict()
    year, month, day = _date(parts)
    time = datetime(year, month, day)
    if parts["hour"] is None:
        return time, False
    time += _time_of_day(parts)
    zone = (parts["zone"] or "").lower()
    if zone:
        time = time.replace(tzinfo=_offset(zone) if zone[-1].isdigit() else zone_of(zone, time))
    if (parts["second"] or parts["second2"]) == "60":
        _check_leap_second(time)
    return time, True


def _date(parts: dict[str, str | None]) -> tuple[int, int, int]:
    year = _full_year(parts["year"] or "")
    if parts.get("name"):
        return year, MONTHS.index((parts["name"] or "")[:3].lower()) + 1, int(parts["day"] or 0)
    if parts.get("month"):
        return year, int(parts["month"] or 0), int(parts["day"] or 0)
    one, other = int(parts["one"] or 0), int(parts["other"] or 0)
    if one != other and one <= 12 and other <= 12:
        raise ValueError("the day or the month first")
    return (year, other, one) if one > 12 else (year, one, other)


def _full_year(year: str) -> int:
    """Return a year; two digits are of 1950 to 2049, as RFC 2822 says."""
    if len(year) == 2:
        return int(year) + (2000 if int(year) < 50 else 1900)
    return int(year)


def _time_of_day(parts: dict[str, str | None]) -> timedelta:
    hour, minute, second = (int(parts[name] or parts.get(f"{name}2") or 0) for name in ("hour", "minute", "second"))
    half = parts["half"] or parts["half2"]
    if half:
        if not 1 <= hour <= 12:
            raise ValueError("no hour")
        hour = hour % 12 + (12 if half.lower() == "p" else 0)
    microsecond = int((parts["fraction"] or parts["fraction2"] or "0")[:6].ljust(6, "0"))
    # ISO 8601 writes midnight at the end of a day as 24:00, and a leap second as 60.
    if hour > 24 or minute > 59 or second > 60 or (hour == 24 and (minute or second or microsecond)):
        raise ValueError("no time of day")
    return timedelta(hours=hour, minutes=minute, seconds=second, microseconds=microsecond)


def _offset(zone: str) -> timezone:
    offset = zone.removeprefix("gmt").removeprefix("utc")
    digits = offset[1:].replace(":", "").ljust(4, "0")
    if int(digits[2:]) > 59:
        raise ValueError("of an unknown zone")
    east = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return timezone(east if offset[0] == "+" else -east)


def _check_leap_second(after: datetime) -> None:
    """Check that a second of the number 60 is the last of a day in UTC, so that it is the first of the next day without it."""
    utc = _in_utc(after)
    if (utc.hour, utc.minute) != (0, 0):
        raise ValueError("no leap second")
