# SPDX-License-Identifier: Apache-2.0
"""Names of the metrics, and functions to update and read them: Beam metrics in one namespace."""

import time

from apache_beam.metrics.metric import Metrics, MetricsFilter
from apache_beam.runners.runner import PipelineResult

NAMESPACE = "onrecord"

MESSAGES = "messages"  # read from the source
ARTICLES = "articles"  # article records, duplicates of another text included
REFUSED = "refused"  # messages that are not valid articles: each becomes a dead letter
SKIPPED = "skipped."  # + reason: parts of files that are not article messages, such as images in web archives
LEFT_OUT = "left_out."  # + field: articles of which its value could not be used, and is kept in the attributes
MARKUP_IN_TEXT = "markup_in_text"  # articles whose text has HTML tags or entities: it should be sent as html
FLOODS = "floods"  # files with more messages than they may have, whose rest was not read
DUPLICATES = "duplicates"  # messages that were sent again: same id, same text, no record
DUPLICATE_TEXTS = "duplicate_texts"  # articles with the text of another: a record, but no extraction
NEAR_DUPLICATES = "near_duplicates"  # articles that add nothing to the text of another: a record, but no extraction
NOT_ENGLISH = "not_english"  # articles in other languages, from which nothing was extracted
WORDS = "words"  # tokens parsed
PARSE_MILLISECONDS = "parse_milliseconds"  # time in the model and the extractors
RECORDS = "records."  # + kind: records passed to the sink
WRITTEN = "written."  # + kind: records in files that have got their final names
LATE = "late"  # articles of a stream that came after the end of their window: written in a later pane
TOO_LATE = "too_late"  # articles of a stream older than the allowed lateness: assigned to the window of their arrival
PUBLISHED = "dead_letters_published"  # to --dead-letter-topic
NOT_PUBLISHED = "dead_letters_not_published"  # by size or attributes no Pub/Sub message: only in the files
RECORDS_PUBLISHED = "records_published."  # + kind: to --record-topic
DEAD_LETTERS = "dead_letters."  # + error type: refused messages, and articles on which an extractor failed


def count(name: str, amount: int = 1) -> None:
    """Add to a counter of the running step."""
    Metrics.counter(NAMESPACE, name).inc(amount)


# Distributions: count, sum, smallest and largest.
PARSE_MILLISECONDS_PER_BATCH = "parse_milliseconds_a_batch"  # time of a batch in the model and the extractors
WORDS_PER_BATCH = "words_a_batch"  # tokens parsed together
EVENT_TIME_LAG_SECONDS = "event_time_lag_seconds"  # time since an article of a stream was published
RECEIVED_AT_SECONDS = "received_at_seconds"  # of messages, since 1970; the largest is the newest


def distribute(name: str, value: int) -> None:
    """Add to a distribution of the running step."""
    Metrics.distribution(NAMESPACE, name).update(value)


# Gauges of sources/portable_pubsub, which is a namespace of its own since the folder is independent of this package.
SOURCE_NAMESPACE = "portable_pubsub"
ACKNOWLEDGED_UNTIL = "acknowledged_until_seconds"  # all messages from before this time, since 1970, are in a checkpoint


def age(time_: float) -> float:
    """Return how long ago a time was, in seconds since 1970."""
    return max(0.0, time.time() - time_)


def smallest_gauge(result: PipelineResult, name: str) -> int | None:
    """Return the smallest value of a gauge of the portable Pub/Sub source; None if there is none."""
    found = result.metrics().query(MetricsFilter().with_namespace(SOURCE_NAMESPACE).with_name(name))["gauges"]
    values = [metric.committed.value for metric in found if metric.committed is not None]
    return min((value for value in values if value), default=None)


def counts(result: PipelineResult) -> dict[str, int]:
    """Return all of a job's counters, summed over its steps."""
    totals: dict[str, int] = {}
    counters = result.metrics().query(MetricsFilter().with_namespace(NAMESPACE))["counters"]
    for counter in counters:
        value = counter.committed if counter.committed is not None else counter.attempted
        totals[counter.key.metric.name] = totals.get(counter.key.metric.name, 0) + int(value or 0)
    return totals


def with_prefix(totals: dict[str, int], prefix: str) -> dict[str, int]:
    """Return the counters whose names begin with a prefix, without the prefix, in the order of their names."""
    return {name.removeprefix(prefix): value for name, value in sorted(totals.items()) if name.startswith(prefix)}
