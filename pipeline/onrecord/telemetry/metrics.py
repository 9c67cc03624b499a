"""The names of everything that is counted, and how it is counted: Beam metrics under one namespace."""

from apache_beam.metrics.metric import Metrics, MetricsFilter
from apache_beam.runners.runner import PipelineResult

NAMESPACE = "onrecord"

MESSAGES = "messages"  # read from the source
ARTICLES = "articles"  # article records, duplicates of another text included
REFUSED = "refused"  # messages that are no article: each is a dead letter
DUPLICATES = "duplicates"  # messages that were sent again: same id, same text, no record
DUPLICATE_TEXTS = "duplicate_texts"  # articles with the text of another: a record, not extracted from again
NOT_ENGLISH = "not_english"  # articles that nothing was extracted from, for their language
WORDS = "words"  # tokens parsed
PARSE_MILLISECONDS = "parse_milliseconds"  # time in the model and the extractors
RECORDS = "records."  # + kind: records handed to the sink
LATE = "late"  # articles of a stream whose window had passed when they came: a further pane
TOO_LATE = "too_late"  # articles of a stream older than the allowed lateness: in the window in which they came
PUBLISHED = "dead_letters_published"  # to --dead-letter-topic
NOT_PUBLISHED = "dead_letters_not_published"  # too large for a Pub/Sub message: in the files alone
DEAD_LETTERS = "dead_letters."  # + error type: refused messages, and what an extractor failed on


def count(name: str, amount: int = 1) -> None:
    """Add to a counter of the running step."""
    Metrics.counter(NAMESPACE, name).inc(amount)


# Distributions: count, sum, smallest and largest.
PARSE_MILLISECONDS_A_BATCH = "parse_milliseconds_a_batch"  # time of a batch in the model and the extractors
WORDS_A_BATCH = "words_a_batch"  # tokens parsed together
EVENT_TIME_LAG_SECONDS = "event_time_lag_seconds"  # from when an article of a stream was published until now
RECEIVED_AT_SECONDS = "received_at_seconds"  # of messages, since 1970; the largest is the newest


def distribute(name: str, value: int) -> None:
    """Add to a distribution of the running step."""
    Metrics.distribution(NAMESPACE, name).update(value)


def largest(result: PipelineResult, name: str) -> int | None:
    """Return the largest value of a distribution, over all of a job's steps; None where there is none yet."""
    found = result.metrics().query(MetricsFilter().with_namespace(NAMESPACE).with_name(name))["distributions"]
    values = [metric.committed.max for metric in found if metric.committed is not None and metric.committed.count]
    return max(values, default=None)


def counts(result: PipelineResult) -> dict[str, int]:
    """Return all of a job's counters, summed over its steps."""
    totals: dict[str, int] = {}
    counters = result.metrics().query(MetricsFilter().with_namespace(NAMESPACE))["counters"]
    for counter in counters:
        value = counter.committed if counter.committed is not None else counter.attempted
        totals[counter.key.metric.name] = totals.get(counter.key.metric.name, 0) + int(value or 0)
    return totals


def with_prefix(totals: dict[str, int], prefix: str) -> dict[str, int]:
    """Return the counters whose names begin so, without the prefix, in the order of their names."""
    return {name.removeprefix(prefix): value for name, value in sorted(totals.items()) if name.startswith(prefix)}
