# SPDX-License-Identifier: Apache-2.0
"""Dates and times as pages state and show them. Nothing is guessed: 03/04/2026 has no meaning, and no zone is assumed."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from onrecord.data.dates import MAX_LENGTH, MONTH, SENTINELS, WEEKDAY, UnclearTime, named_zone, parsed_time

EARLIEST_YEAR, LATEST_YEAR = 1800, 2200  # digitised newspapers have the date of the paper
# Pages show the date only of a time that stands for a missing one: in a zone west of Greenwich, it is that of the day before.
PLACEHOLDERS = frozenset(
    (time - timedelta(seconds=seconds)).date() for time in SENTINELS if time.hour == 0 for seconds in (0, 1)
)
# Written in summer and winter.
US_ZONES = {"et": "America/New_York", "ct": "America/Chicago", "mt": "America/Denver", "pt": "America/Los_Angeles"}

_LABEL = re.compile(
    r"(?:first\s)?(?:published|posted|publication date|date|originally published)(?:\s(?:on|at))?\s?:?\s?",
    re.IGNORECASE,
)
_SEPARATOR = re.compile(r" ?(?:[|•·–—] ?|, )|(?:^| )-+ ")
_POINT_IN_TIME = re.compile(r"(?<![.\d])(\d{1,2})\.(?=\d\d(?![.\d]))")
_IN_BRACKETS = re.compile(r" ?\((?:([a-z]{2,4})|[a-z ]{1,40})\)$", re.IGNORECASE)
_TIME_FIRST = re.compile(
    rf"{WEEKDAY}(?P<time>\d{{1,2}}:\d\d.*?) (?:on )?(?P<date>{WEEKDAY}(?:{MONTH} |\d).*\d{{4}})", re.IGNORECASE
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

    def as_utc(self) -> "Stated":
        """Return it with UTC for a zone that is not stated."""
        return self if self.time.tzinfo else Stated(self.time.replace(tzinfo=timezone.utc), self.has_time)

    def has_same_clock(self, other: "Stated") -> bool:
        """Whether both are the same date and time of day, in whatever zones; some places leave out the seconds."""
        clocks = (self.time.replace(tzinfo=None), other.time.replace(tzinfo=None))
        return self.has_time and other.has_time and abs(clocks[0] - clocks[1]) < timedelta(minutes=1)

    def is_same_moment(self, other: "Stated") -> bool:
        """Whether both are one moment; some places leave out the seconds."""
        return self.exact and other.exact and abs(self.time - other.time) < timedelta(minutes=1)

    def is_less_exact_than(self, other: "Stated") -> bool:
        """Whether another one is the same date, stated with a time or zone that this one lacks."""
        if self.exact or not other.has_time:
            return False
        if not other.exact:
            return not self.has_time and self.time.date() == other.time.date()
        in_utc = Stated(other.time.astimezone(timezone.utc), has_time=True)
        if not self.has_time:
            return self.time.date() in (other.time.date(), in_utc.time.date())
        return self.has_same_clock(other) or self.has_same_clock(in_utc)


def _zone(name: str, time: datetime) -> timezone | None:
    """Return the zone that a page's name for it means, or None if it is unknown or has more than one meaning."""
    try:
        if name in US_ZONES and time.year >= 1900:
            return timezone(time.replace(tzinfo=ZoneInfo(US_ZONES[name])).utcoffset() or timedelta())
        return named_zone(name, time)
    except (ValueError, ZoneInfoNotFoundError):  # the latter on a system without a database of zones
        return None


def _in_standard_form(text: str) -> str:
    """Return a date as it is shown to readers in the form of one for machines."""
    text = _SEPARATOR.sub(" ", text.replace("\u2212", "-")).strip()
    text = _TIME_FIRST.sub(r"\g<date> \g<time>", _POINT_IN_TIME.sub(r"\1:", text))
    return _IN_BRACKETS.sub(r" \1", text).strip()


def stated(text: object) -> Stated | None:
    """Return the date that a text states, or None if it states none, or one that has more than one meaning."""
    if not isinstance(text, str | int) or isinstance(text, bool):
        return None
    words = " ".join(str(text)[: MAX_LENGTH + 1].split())
    if len(words) > MAX_LENGTH:
        return None
    words = _in_standard_form(_LABEL.sub("", words, count=1) if _LABEL.match(words) else words)
    try:
        time, has_time = parsed_time(words, _zone)
    except UnclearTime:
        return None
    if not EARLIEST_YEAR <= time.year <= LATEST_YEAR or time.date() in PLACEHOLDERS:
        return None
    return Stated(time.replace(microsecond=0), has_time)
