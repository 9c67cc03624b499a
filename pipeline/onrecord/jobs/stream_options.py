# SPDX-License-Identifier: Apache-2.0
"""The options of a stream. Nothing in this module needs Beam, so that a command line can be checked quickly."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone

from onrecord.data.settings import (
    DEFAULT_INPUT,
    ExtractionSettings,
    InputSettings,
    LogFormat,
    OutputSettings,
    RecordTopic,
    StreamingSettings,
)
from onrecord.runners import Runner
from onrecord.sources import Source


@dataclass(frozen=True, slots=True)
class StreamOptions:
    """The options of a stream.

    Attributes:
        source: the source of messages.
        source_value: value of the source's option: a subscription, a file pattern.
        source_options: values of the source's own options.
        reading: how files are read.
        extraction: which records are extracted, and how.
        output: the destination of records.
        streaming: windows and duplicate detection.
        runner: the runner of the job.
        dead_letter_topic: a topic to which dead letters are also published, or None.
        record_topics: topics to which records are also published, by record kind.
        report_every: seconds between progress lines.
        log_format: format of the log on standard error.
        verbose: whether Beam's log is shown.
        status_port: port of this machine on which the status is served; 0 for any free one, None for none.
        start_timeout: seconds for which a stream may try to start while something that it needs is unavailable; 0 for no second try, and
            no limit for a source that does not answer.
        detach: whether the job is left running on its cluster.
        beam_flags: Beam's own options.
    """

    source: Source
    source_value: str
    source_options: Mapping[str, int]
    extraction: ExtractionSettings
    output: OutputSettings
    streaming: StreamingSettings
    runner: Runner
    reading: InputSettings = DEFAULT_INPUT
    dead_letter_topic: str | None = None
    record_topics: Mapping[str, RecordTopic] = field(default_factory=dict)
    report_every: int = 60
    log_format: LogFormat = "text"
    verbose: bool = False
    status_port: int | None = None
    start_timeout: int = 0
    detach: bool = False
    beam_flags: tuple[str, ...] = ()


def job_name() -> str:
    """Return a unique run id (timestamp and random suffix) for file names."""
    return f"{datetime.now(timezone.utc):%Y%m%dT%H%M%SZ}-{uuid.uuid4().hex[:6]}"
