# SPDX-License-Identifier: Apache-2.0
"""Which articles the commands that read records take: by their time of publication and by their publisher."""

from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

from onrecord.data.dates import parsed_time


@dataclass(frozen=True, slots=True)
class Selection:
    """The articles that are wanted; one without a date is none of those of a time, and one without a publisher none of a publisher's.

    Attributes:
        since: the earliest time of publication, or None.
        until: the time of publication from which on articles are left out, or None.
        sources: publishers, as ``publisher`` returns them; empty for all.
    """

    since: datetime | None = None
    until: datetime | None = None
    sources: frozenset[str] = frozenset()

    @property
    def is_everything(self) -> bool:
        """Whether no article is left out."""
        return not self.has_times and not self.sources

    @property
    def has_times(self) -> bool:
        """Whether articles are chosen by their time of publication."""
        return self.since is not None or self.until is not None

    def has_time(self, time: datetime | None) -> bool:
        """Whether articles of a time of publication are wanted."""
        if time is None:
            return not self.has_times
        return (self.since is None or self.since <= time) and (self.until is None or time < self.until)

    def has_source(self, source: str | None) -> bool:
        """Whether articles of a publisher are wanted."""
        return not self.sources or (source is not None and publisher(source) in self.sources)


def publisher(source: str) -> str:
    """Return a publisher in the form in which it is compared: without case, and a domain without "www."."""
    return source.strip().casefold().removeprefix("www.")


def moment(text: str, *, is_end: bool = False) -> datetime:
    """Return the time (UTC) that a text states; of a day its beginning, or its end, which is the beginning of the next one.

    Raises:
        ValueError: the text can't be read as a time, or could mean several.
    """
    time, has_time = parsed_time(text)
    utc = time.replace(tzinfo=timezone.utc) if time.tzinfo is None else time.astimezone(timezone.utc)
    return utc + timedelta(days=1) if is_end and not has_time else utc
