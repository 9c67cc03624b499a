"""Windows: which records of a stream stand in one file, and when that file is written."""

import apache_beam as beam
from apache_beam.transforms.trigger import AccumulationMode, AfterProcessingTime, AfterWatermark
from apache_beam.transforms.window import FixedWindows

# Late records wait so long for company; one by one they would make a file each.
LATE_SECONDS = 30
# Between the moment in which an article is given its window and the one in which its records reach the sink; the runner drops what
# comes later than it allows, so it is told to allow this much more than we do.
SLACK_SECONDS = 6 * 3600


def windows(seconds: int, allowed_lateness: int, early_every: int | None = None) -> beam.WindowInto:
    """Return the windowing of a stream's records: fixed windows, each written once it has passed, and again when more comes in.

    Args:
        seconds: the windows' length.
        allowed_lateness: seconds behind the watermark until which a window takes more in.
        early_every: seconds after which a window that has not passed yet is written so far, or None.
    """
    early = AfterProcessingTime(early_every) if early_every else None
    return beam.WindowInto(
        FixedWindows(seconds),
        trigger=AfterWatermark(early=early, late=AfterProcessingTime(LATE_SECONDS)),
        accumulation_mode=AccumulationMode.DISCARDING,
        allowed_lateness=allowed_lateness + SLACK_SECONDS,
    )
