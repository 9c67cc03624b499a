# SPDX-License-Identifier: Apache-2.0
"""``onrecord publish``: publishes files of messages to a Pub/Sub topic, for trials and load tests."""

import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

from google.api_core.exceptions import GoogleAPICallError
from google.auth.exceptions import GoogleAuthError

from onrecord.data.settings import DEFAULT_INPUT, InputSettings
from onrecord.jobs.exit_codes import DONE, FAILED
from onrecord.sinks.publisher import MAX_DATA_BYTES, Outgoing, publish
from onrecord.sources import patterns
from onrecord.sources.files import read_file
from onrecord.terminal.text import print_line

LINE_SECONDS = 20.0


@dataclass
class _Files:
    """The messages of files, with unchanged payloads, at up to ``rate`` messages per second."""

    files: tuple[str, ...]
    rate: float | None
    settings: InputSettings
    refused: list[str] = field(default_factory=list)

    def __iter__(self) -> Iterator[Outgoing]:
        started, sent = time.monotonic(), 0
        for given in self.files:
            for file in patterns.matched(given).files:
                for message in read_file(file, self.settings):
                    if message.passed_over is not None:
                        continue
                    if message.problem is not None or len(message.payload) > MAX_DATA_BYTES:
                        self.refused.append(f"{message.origin}: {message.problem or 'too large for a Pub/Sub message'}")
                        continue
                    if self.rate:
                        time.sleep(max(0.0, started + sent / self.rate - time.monotonic()))
                    sent += 1
                    yield Outgoing(message.payload, {})


def run(files: tuple[str, ...], topic: str, rate: float | None, settings: InputSettings = DEFAULT_INPUT) -> int:
    """Publish the messages of files, and return the exit code: 0 if all were published, 1 if not.

    Args:
        files: paths or patterns; each line is published as a message, valid or not, and so is each row of an Avro file.
        topic: ``projects/P/topics/T``.
        rate: messages per second, or None for no limit.
        settings: how files are read.
    """
    messages = _Files(files, rate, settings)
    sent = 0
    reported = time.monotonic()
    try:
        for _ in publish(topic, messages):
            sent += 1
            if time.monotonic() - reported > LINE_SECONDS:
                reported = time.monotonic()
                print_line(f"{sent:,} messages published", sys.stderr)
    except (GoogleAPICallError, GoogleAuthError, TimeoutError) as error:
        print_line(f"failed after {sent:,} messages to {topic}: {error or type(error).__name__}", sys.stderr)
        return FAILED
    for line in messages.refused:
        print_line(f"not published: {line}", sys.stderr)
    print_line(f"{sent:,} messages published to {topic}")
    return FAILED if messages.refused else DONE
