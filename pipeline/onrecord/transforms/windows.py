"""Windows: which records of a stream stand in one file, and when that file is written."""

import functools
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

import apache_beam as beam
from apache_beam.transforms.trigger import AccumulationMode, AfterProcessingTime, AfterWatermark
from apache_beam.transforms.window import FixedWindows, TimestampedValue
from apache_beam.utils.timestamp import Timestamp

from onrecord.data.article import Article, InvalidMessage, published
from onrecord.data.records import DeadLetter
from onrecord.telemetry import metrics

# Late records wait so long for company; one by one they would make a file each.
LATE_SECONDS = 30
# Between the moment in which an article is given its window and the one in which its records reach the sink; the runner drops what
# comes later than it allows, so it is told to allow this much more than we do.
SLACK_SECONDS = 6 * 3600


@functools.cache  # articles and dead letters meet again; Beam takes two equal triggers for different ones
def _trigger(early_every: int | None) -> AfterWatermark:
    early = AfterProcessingTime(early_every) if early_every else None
    return AfterWatermark(early=early, late=AfterProcessingTime(LATE_SECONDS))


def windows(seconds: int, allowed_lateness: int, early_every: int | None = None) -> beam.WindowInto:
    """Return the windowing of a stream's records: fixed windows, each written once it has passed, and again when more comes in.

    Args:
        seconds: the windows' length.
        allowed_lateness: seconds behind the watermark until which a window takes more in.
        early_every: seconds after which a window that has not passed yet is written so far, or None.
    """
    return beam.WindowInto(
        FixedWindows(seconds),
        trigger=_trigger(early_every),
        accumulation_mode=AccumulationMode.DISCARDING,
        allowed_lateness=allowed_lateness + SLACK_SECONDS,
    )


def event_time(article: Article, attribute: str | None) -> float | None:
    """Return when an article was published, in seconds since 1970.

    Args:
        article: the article.
        attribute: the one of its attributes that says so, in RFC 3339 or milliseconds since 1970; None for ``published_at``.

    Returns:
        None where it is not told, or told in another form.
    """
    time_: datetime | None = article.published_at
    if attribute is not None:
        value = article.attributes.get(attribute)
        try:
            time_ = published(int(value) if value.lstrip("-").isdecimal() else value)[0] if value else None
        except (InvalidMessage, ValueError):
            return None
    return time_.timestamp() if time_ is not None else None


def placed(event: float | None, arrival: float, now: float, allowed_lateness: int) -> tuple[float, bool]:
    """Return the time that decides on an article's window, and whether its own was too long ago. All are seconds since 1970.

    Nobody can write before an article has come, so one from the future stands where it arrived; so does one whose window is closed
    for good, because the runner would drop it, and one without a time.
    """
    earliest = now - allowed_lateness
    arrived = arrival if earliest <= arrival <= now else now
    if event is None or event > arrived:
        return arrived, False
    return (arrived, True) if event < earliest else (event, False)


class PlaceFn(beam.DoFn):  # type: ignore[misc]
    """Gives articles and dead letters the times that decide on their windows."""

    def __init__(self, window: int, allowed_lateness: int, attribute: str | None, clock: Callable[[], float]) -> None:
        """Place with windows of so many seconds."""
        self.window = window
        self.allowed_lateness = allowed_lateness
        self.attribute = attribute
        self.clock = clock

    def process(
        self, value: Article | DeadLetter, timestamp: Timestamp = beam.DoFn.TimestampParam
    ) -> Iterator[TimestampedValue]:
        """Yield the value with its time."""
        now = self.clock()
        event = event_time(value, self.attribute) if isinstance(value, Article) else None
        time_, is_too_late = placed(event, float(timestamp), now, self.allowed_lateness)
        if isinstance(value, Article):
            metrics.count(metrics.TOO_LATE, is_too_late)
            metrics.count(metrics.LATE, not is_too_late and time_ - time_ % self.window + self.window < now)
            metrics.distribute(metrics.EVENT_TIME_LAG_SECONDS, max(0, round(now - (event if event else time_))))
        yield TimestampedValue(value, time_)


@dataclass
class InWindows(beam.PTransform):  # type: ignore[misc]
    """Articles, or dead letters, in the windows of the times that they were published at; nothing is dropped.

    Attributes:
        value_type: which of them.
        window: seconds.
        allowed_lateness: seconds; an older article stands in the window in which it came.
        early_every: seconds after which a window is written so far, or None.
        attribute: the attribute that holds the time, or None for ``published_at``.
        clock: the time now, in seconds since 1970.
    """

    value_type: type[Article] | type[DeadLetter]
    window: int
    allowed_lateness: int
    early_every: int | None = None
    attribute: str | None = None
    clock: Callable[[], float] = time.time

    def __post_init__(self) -> None:
        super().__init__()

    def expand(self, values: beam.PCollection) -> beam.PCollection:
        """Return the same values in windows."""
        place = PlaceFn(self.window, self.allowed_lateness, self.attribute, self.clock)
        return (
            values
            | "Place" >> beam.ParDo(place).with_output_types(self.value_type)
            | "Windows" >> windows(self.window, self.allowed_lateness, self.early_every)
        )
