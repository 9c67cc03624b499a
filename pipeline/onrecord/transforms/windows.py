# SPDX-License-Identifier: Apache-2.0
"""Windows: which records of a stream share a file, and when that file is written."""

import functools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

import apache_beam as beam
from apache_beam.transforms.trigger import AccumulationMode, AfterProcessingTime, AfterWatermark
from apache_beam.transforms.window import FixedWindows, TimestampedValue
from apache_beam.utils.timestamp import Timestamp

from onrecord.clock import steady_time
from onrecord.data.article import Article
from onrecord.data.dates import UnclearTime, time_of
from onrecord.data.records import DeadLetter
from onrecord.data.settings import StreamingSettings
from onrecord.telemetry import metrics

LATE_SECONDS = (
    30  # how long late records are collected at least, before they are written: otherwise each would be in its own file
)
HOUR = 3600
# The maximum time from assigning an article to a window until its records reach the sink, and an hour for ``gathered``. The runner drops
# records that exceed its allowed lateness, so that must be longer than the user's by this much.
SLACK_SECONDS = 6 * 3600


@functools.cache  # articles and dead letters are flattened later, and Beam treats two equal triggers as different
def _trigger(early_every: int | None, late_every: int) -> AfterWatermark:
    early = AfterProcessingTime(early_every) if early_every else None
    return AfterWatermark(early=early, late=AfterProcessingTime(late_every))


def windows(
    seconds: int, allowed_lateness: int, early_every: int | None = None, late_every: int = LATE_SECONDS
) -> beam.WindowInto:
    """Return the windowing of a stream's records: fixed windows, each written when it has ended, and again for late records.

    Args:
        seconds: the windows' length.
        allowed_lateness: seconds behind the watermark for which a window takes late records.
        early_every: seconds between early results of an open window, or None.
        late_every: seconds for which late records of a window are collected.
    """
    return beam.WindowInto(
        FixedWindows(seconds),
        trigger=_trigger(early_every, late_every),
        accumulation_mode=AccumulationMode.DISCARDING,
        allowed_lateness=allowed_lateness + SLACK_SECONDS,
    )


def event_time(article: Article, attribute: str | None) -> float | None:
    """Return when an article was published, in seconds since 1970.

    Args:
        article: the article.
        attribute: the attribute that holds the time, in RFC 3339 or milliseconds since 1970; None for ``published_at``.

    Returns:
        None if there is no time, or it is in another form.
    """
    time_: datetime | None = article.published_at
    if attribute is not None:
        value = article.attributes.get(attribute)
        try:
            time_ = time_of(value)[0] if value else None
        except UnclearTime:
            return None
    return time_.timestamp() if time_ is not None else None


def placed(event: float | None, arrival: float, now: float, allowed_lateness: int) -> tuple[float, bool]:
    """Return the time that determines an article's window, and whether its event time was too long ago; times are seconds since 1970.

    An article from the future goes to the window of its arrival, since it can't be written earlier; so does one whose window is closed
    for good, because the runner would drop it, and one without a time. For the same reason ``now`` must not be behind the watermark by
    more than ``SLACK_SECONDS``.
    """
    earliest = now - allowed_lateness
    arrived = arrival if earliest <= arrival <= now else now
    if event is None or event > arrived:
        return arrived, False
    return (arrived, True) if event < earliest else (event, False)


def gathered(time_: float, window: int) -> float:
    """Return the time that puts a late article into the first window of its hour, in whose files all late ones of that hour are.

    Otherwise nearly every late article would be alone in the file of its own window. The hour is that of the start of the article's
    window, after which the folders are named.

    Args:
        time_: event time of the article, in seconds since 1970.
        window: length of a window, in seconds.
    """
    start = time_ - time_ % window
    hour = start - start % HOUR
    return hour + -hour % window


class PlaceFn(beam.DoFn):  # type: ignore[misc]
    """Sets the timestamps of articles and dead letters, which determine their windows."""

    def __init__(self, settings: StreamingSettings, clock: Callable[[], float]) -> None:
        self.settings = settings
        self.clock = clock

    def process(
        self, value: Article | DeadLetter, timestamp: Timestamp = beam.DoFn.TimestampParam
    ) -> Iterator[TimestampedValue]:
        """Yield the value with its timestamp."""
        now = self.clock()
        event = event_time(value, self.settings.event_time) if isinstance(value, Article) else None
        time_, is_too_late = placed(event, float(timestamp), now, self.settings.allowed_lateness)
        if isinstance(value, Article):
            window = self.settings.window
            end = time_ - time_ % window + window
            is_late = not is_too_late and end + self.settings.watermark_delay < now
            metrics.count(metrics.TOO_LATE, is_too_late)
            metrics.count(metrics.LATE, is_late)
            metrics.distribute(metrics.EVENT_TIME_LAG_SECONDS, max(0, round(now - (event if event else time_))))
            time_ = gathered(time_, window) if is_late else time_
        yield TimestampedValue(value, time_)


@dataclass
class InWindows(beam.PTransform):  # type: ignore[misc]
    """Assigns articles or dead letters to the windows of their event times; nothing is dropped.

    Attributes:
        value_type: ``Article`` or ``DeadLetter``.
        settings: the windows, and the attribute that holds the event time.
        clock: returns the current time, in seconds since 1970.
    """

    value_type: type[Article] | type[DeadLetter]
    settings: StreamingSettings
    clock: Callable[[], float] = steady_time

    def __post_init__(self) -> None:
        super().__init__()

    def expand(self, values: beam.PCollection) -> beam.PCollection:
        """Return the same values in windows."""
        settings = self.settings
        place = PlaceFn(settings, self.clock)
        return (
            values
            | "Place" >> beam.ParDo(place).with_output_types(self.value_type)
            | "Windows"
            >> windows(settings.window, settings.allowed_lateness, settings.early_every, settings.late_every)
        )
