# SPDX-License-Identifier: Apache-2.0
"""The figures of a running stream, by the names that its log line, Beam's metrics, the endpoint and the alerts share."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from apache_beam.runners.runner import PipelineResult

from onrecord.telemetry import metrics
from onrecord.telemetry.waiting import Waiting


@dataclass(frozen=True, slots=True)
class Figures:
    """What a stream has done, and how far it is behind.

    Attributes:
        counts: Beam's counters by name, since the job was started.
        lag_seconds: age of the oldest message that is not in a file, 0 if there is none; on Flink, that no checkpoint holds. None if nobody
            knows, since Pub/Sub can't be asked or the runner doesn't say.
        waiting_messages: how many messages were read and are not in a file; None on clusters, where no process knows.
    """

    counts: Mapping[str, int] = field(default_factory=dict)
    lag_seconds: float | None = None
    waiting_messages: int | None = None

    def count(self, name: str) -> int:
        """Return a counter, or the sum of those with a prefix that ends with a dot."""
        if name.endswith("."):
            return sum(value for key, value in self.counts.items() if key.startswith(name))
        return self.counts.get(name, 0)

    @property
    def seconds_per_article(self) -> float | None:
        """Time in the model and the extractors for an article; None before the first."""
        articles = self.count(metrics.ARTICLES)
        return self.count(metrics.PARSE_MILLISECONDS) / 1000 / articles if articles else None

    def values(self) -> dict[str, Any]:
        """Return the figures of a progress line by name; what a runner has not is left out, but for the lag."""
        values = {
            "messages": self.count(metrics.MESSAGES),
            "lag_seconds": None if self.lag_seconds is None else round(self.lag_seconds, 1),
            "waiting_messages": self.waiting_messages,
            "articles": self.count(metrics.ARTICLES),
            "records": self.count(metrics.RECORDS),
            "dead_letters": self.count(metrics.DEAD_LETTERS),
            "duplicates": self.count(metrics.DUPLICATES),
            "late": self.count(metrics.LATE) + self.count(metrics.TOO_LATE),
            "seconds_per_article": None if self.seconds_per_article is None else round(self.seconds_per_article, 3),
        }
        return {name: value for name, value in values.items() if value is not None or name == "lag_seconds"}


def figures_of(result: PipelineResult, waiting: Waiting | None) -> Figures:
    """Return the figures of a job.

    Args:
        result: the job.
        waiting: what it has read and not written, if it runs in this process.
    """
    counts = metrics.counts(result)
    if waiting is not None:
        return Figures(counts, waiting.lag(), waiting.count())
    acknowledged = metrics.smallest_gauge(result, metrics.ACKNOWLEDGED_UNTIL)
    return Figures(counts, acknowledged if acknowledged is None else metrics.age(acknowledged))
