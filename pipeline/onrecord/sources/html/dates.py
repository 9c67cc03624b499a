# SPDX-License-Identifier: Apache-2.0
"""Dates and times as pages state them. Nothing is guessed: 03/04/2026 has no meaning, and no zone is assumed."""

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone

EARLIEST_YEAR, LATEST_YEAR = 1800, 2200  # digitised newspapers have the date of the paper
# Systems that have no date write the beginning of their calendar.
PLACEHOLDERS = frozenset(
    (date(1900, 1, 1), date(1899, 12, 30), date(1899, 12, 31), date(1970, 1, 1), date(1969, 12, 31))
)
MAX_STATED_LENGTH = 100  # code points

MONTHS = {
    name: number
    for number, month in enumerate(
        [
            "january",
            "february",
            "march",
            "april",
            "may",
            "june",
            "july",
            "august",
            "september",
            "october",
            "november",
            "december",
        ],
        start=1,
    )
    for name in (month, month[:3])
} | {"sept": 9}
# The names of RFC 2822, and others that mean one zone only: BST, IST and AST are left out.
ZONES = {
    **dict.fromkeys(("z", "ut", "utc", "gmt"), 0),
    "est": -5,
    "edt": -4,
    "cst": -6,
    "cdt": -5,
    "mst": -7,
    "mdt": -6,
    "pst": -8,
    "pdt": -7,
    "akst": -9,
    "akdt": -8,
    "hst": -10,
    "wet": 0,
    "cet": 1,
    "cest": 2,
    "eest": 3,
    "jst": 9,
    "aest": 10,
    "aedt": 11,
    "nzst": 12,
    "nzdt": 13,
}
US_ZONES = {"et": -5, "ct": -6, "mt": -7, "pt": -8}  # standard time; "ET" is also written in summer

_TIME = r"(?P<hour>\d{1,2})[:.](?P<minute>\d\d)(?::(?P<second>\d\d)(?:[.,]\d{1,9})?)?(?:\s?(?P<half>[ap])\.?m\b\.?)?"
_OFFSET = r"(?:(?:GMT|UTC)\s?)?(?P<sign>[+\-\u2212])(?P<offset_hour>\d\d):?(?P<offset_minute>\d\d)?"
_ZONE = rf"(?:{_OFFSET}|(?P<zone>[A-Za-z]{{1,4}}))"
_MONTH = rf"(?P<month>{'|'.join(sorted(MONTHS, key=len, reverse=True))})\b\.?"
_WEEKDAY = r"(?:(?:mon|tue|wed|thu|fri|sat|sun)[a-z]{0,6}\.?,?\s)?"
_DAY = r"(?P<day>\d{1,2})(?:st|nd|rd|th)?"
_LATER = rf"(?:(?:\s?[,|•·\-–—]\s?|\s)(?:at\s)?{_TIME}(?:\s?,?\s?\(?{_ZONE}\)?)?)?(?:\s\([A-Za-z ]{{1,40}}\))?"
_FORMS = [
    re.compile(form, re.IGNORECASE)
    for form in (
        rf"(?P<year>\d{{4}})-(?P<month>\d\d)-(?P<day>\d\d)(?:(?:\s?T\s?|\s){_TIME}(?:\s?{_ZONE})?)?",
        rf"(?P<year>\d{{4}})[/.](?P<month>\d\d?)[/.](?P<day>\d\d?){_LATER}",
        r"(?P<year>\d{4})(?P<month>\d\d)(?P<day>\d\d)"
        rf"(?:T?(?P<hour>\d\d)(?P<minute>\d\d)(?P<second>\d\d)?(?P<half>)\s?(?:{_ZONE})?)?",
        rf"{_WEEKDAY}{_MONTH}\s{_DAY},?\s(?P<year>\d{{4}}){_LATER}",
        rf"{_WEEKDAY}{_DAY}[\s\-](?:of\s)?{_MONTH},?[\s\-](?P<year>\d{{4}}){_LATER}",
        rf"{_WEEKDAY}{_MONTH}\s{_DAY}\s{_TIME}\s{_ZONE}\s(?P<year>\d{{4}})",  # the date command and Java
        rf"{_TIME}(?:\s?\(?{_ZONE}\)?)?(?:\s?[,|•·\-–—]\s?|\s)(?:on\s)?{_WEEKDAY}{_MONTH}\s{_DAY},?\s(?P<year>\d{{4}})",
        rf"{_TIME}(?:\s?\(?{_ZONE}\)?)?(?:\s?[,|•·\-–—]\s?|\s)(?:on\s)?{_WEEKDAY}{_DAY}\s{_MONTH},?\s(?P<year>\d{{4}})",
    )
]
_NUMBERS = re.compile(
    rf"(?P<first>\d\d?)(?P<mark>[/.\-])(?P<other>\d\d?)(?P=mark)(?P<year>\d{{4}}){_LATER}", re.IGNORECASE
)
_EPOCH = re.compile(r"\d{10}(?:\d{3})?")
_LABEL = re.compile(
    r"(?:first\s)?(?:published|posted|publication date|date|originally published)(?:\s(?:on|at))?\s?:?\s?",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Stated:
    """A date as it was stated: with or without a time of day, whose zone is known if it is aware."""

    time: datetime
    has_time: bool

    def text(self) -> str:
        """Return it in the form of RFC 3339, without what was not stated."""
        return self.time.isoformat() if self.has_time else self.time.date().isoformat()

    @property
    def exact(self) -> bool:
        """Whether it is one moment."""
        return self.has_time and self.time.tzinfo is not None

    def is_less_exact_than(self, other: "Stated") -> bool:
        """Whether another one is the same date, stated with a time or zone that this one lacks."""
        if self.exact or not other.has_time:
            return False
        if not other.exact:
            return not self.has_time and self.time.date() == other.time.date()
        clocks = [other.time.replace(tzinfo=None), other.time.astimezone(timezone.utc).replace(tzinfo=None)]
        if not self.has_time:
            return self.time.date() in {clock.date() for clock in clocks}
        return any(abs(self.time - clock) < timedelta(minutes=1) for clock in clocks)


def _second_sunday(year: int, month: int, number: int) -> datetime:
    first = datetime(year, month, 1)
    return first + timedelta(days=(6 - first.weekday()) % 7 + 7 * (number - 1), hours=2)


def _us_offset(standard: int, time: datetime) -> timedelta:
    """Return the offset of a zone of the United States by the rules since 2007."""
    summer = _second_sunday(time.year, 3, 2) <= time < _second_sunday(time.year, 11, 1)
    return timedelta(hours=standard + summer)


def _zone(parts: dict[str, str | None], time: datetime) -> timezone | None:
    """Return the stated zone, or None if it is not stated or has more than one meaning."""
    if parts.get("sign"):
        minutes = int(parts["offset_hour"] or 0) * 60 + int(parts["offset_minute"] or 0)
        return timezone(timedelta(minutes=minutes if parts["sign"] == "+" else -minutes))
    name = (parts.get("zone") or "").lower()
    if name in US_ZONES and time.year >= 2007:
        return timezone(_us_offset(US_ZONES[name], time))
    return timezone(timedelta(hours=ZONES[name])) if name in ZONES else None


def _hour(parts: dict[str, str | None]) -> int:
    hour, half = int(parts["hour"] or 0), (parts.get("half") or "").lower()
    if not half:
        return hour
    if not 1 <= hour <= 12:
        raise ValueError(hour)
    return hour % 12 + (12 if half == "p" else 0)


def _made(parts: dict[str, str | None]) -> Stated | None:
    month = parts["month"] or ""
    year, day = int(parts["year"] or 0), int(parts["day"] or 0)
    try:
        time = datetime(year, MONTHS.get(month.lower()) or int(month), day)
        if not parts.get("hour"):
            return Stated(time, has_time=False)
        time = time.replace(
            hour=_hour(parts), minute=int(parts["minute"] or 0), second=min(59, int(parts["second"] or 0))
        )
        return Stated(time.replace(tzinfo=_zone(parts, time)), has_time=True)
    except ValueError:  # no such day, hour or offset
        return None


def _from_numbers(match: re.Match[str]) -> Stated | None:
    """Read a date such as 19/11/2019, if only one order of day and month is possible."""
    first, other = int(match["first"]), int(match["other"])
    if first <= 12 and other <= 12 and first != other:
        return None
    day, month = (first, other) if first > 12 else (other, first)
    return _made({**match.groupdict(), "day": str(day), "month": str(month)})


def _read(text: str) -> Stated | None:
    if _EPOCH.fullmatch(text):
        seconds = int(text) if len(text) == 10 else int(text) / 1_000
        return Stated(datetime.fromtimestamp(seconds, timezone.utc), has_time=True)
    for form in _FORMS:
        if match := form.fullmatch(text):
            return _made(match.groupdict())
    match = _NUMBERS.fullmatch(text)
    return _from_numbers(match) if match else None


def stated(text: object) -> Stated | None:
    """Return the date that a text states, or None if it states none, or one that has more than one meaning."""
    if not isinstance(text, str | int) or isinstance(text, bool):
        return None
    words = " ".join(str(text)[: MAX_STATED_LENGTH + 1].split())
    if len(words) > MAX_STATED_LENGTH:
        return None
    found = _read(_LABEL.sub("", words, count=1) if _LABEL.match(words) else words)
    if found is None or not EARLIEST_YEAR <= found.time.year <= LATEST_YEAR or found.time.date() in PLACEHOLDERS:
        return None
    return found
