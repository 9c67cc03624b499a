# SPDX-License-Identifier: Apache-2.0
"""``onrecord publish``: publishes files of messages to a Pub/Sub topic, for trials and load tests."""

import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

from google.api_core.exceptions import GoogleAPIError
from google.auth.exceptions import GoogleAuthError

from onrecord.data.settings import DEFAULT_INPUT, InputSettings
from onrecord.jobs.exit_codes import DONE, FAILED
from onrecord.sinks.publisher import Outgoing, publish
from onrecord.sources import patterns
from onrecord.sources.files import read_file
from onrecord.terminal.text import print_line

LINE_SECONDS = 20.0
MAX_REFUSED_SHOWN = 1_000


@dataclass
class _Refused:
    """The messages that were not published."""

    number: int = 0
    shown: list[str] = field(default_factory=list)

    def add(self, problem: str, origin: str) -> None:
        self.number += 1
        if len(self.shown) < MAX_REFUSED_SHOWN:
            self.shown.append(f"{origin}: {problem}")

    def print(self) -> None:
        for line in self.shown:
            print_line(f"not published: {line}", sys.stderr)
        if self.number > len(self.shown):
            print_line(f"not published: {self.number - len(self.shown):,} more", sys.stderr)


@dataclass
class _Files:
    """The messages of files, with unchanged payloads, at up to ``rate`` messages per second."""

    files: tuple[str, ...]
    rate: float | None
    refused: _Refused
    settings: InputSettings
    skipped: int = 0

    def __iter__(self) -> Iterator[Outgoing]:
        started, sent = time.monotonic(), 0
        for given in self.files:
            for file in patterns.matched(given).files:
                for message in read_file(file, self.settings):
                    if message.skipped is not None:
                        self.skipped += message.repeats
                        continue
                    if message.problem is not None:
                        self.refused.add(message.problem, message.origin)
                        continue
                    if self.rate:
                        time.sleep(max(0.0, started + sent / self.rate - time.monotonic()))
                    sent += 1
                    yield Outgoing(message.payload, {}, message.origin)


def run(files: tuple[str, ...], topic: str, rate: float | None, settings: InputSettings = DEFAULT_INPUT) -> int:
    """Publish the messages of files, and return the exit code: 0 if all were published, 1 if not.

    Args:
        files: paths or patterns; each line is published as a message, valid or not, and so is each row of an Avro file.
        topic: ``projects/P/topics/T``.
        rate: messages per second, or None for no limit.
        settings: how files are read.
    """
    refused = _Refused()
    messages = _Files(files, rate, refused, settings)
    sent = 0
    reported = time.monotonic()
    try:
        for delivery in publish(topic, messages):
            if delivery.problem is not None:
                refused.add(delivery.problem, delivery.message.origin)
                continue
            sent += 1
            if time.monotonic() - reported > LINE_SECONDS:
                reported = time.monotonic()
                print_line(f"{sent:,} messages published", sys.stderr)
    except (GoogleAPIError, GoogleAuthError, TimeoutError) as error:
        refused.print()
        print_line(f"failed after {sent:,} messages to {topic}: {error or type(error).__name__}", sys.stderr)
        return FAILED
    refused.print()
    print_line(f"{sent:,} messages published to {topic}" + (f", {refused.number:,} not" if refused.number else ""))
    if messages.skipped:
        print_line(f"{messages.skipped:,} skipped: not articles, such as images in web archives")
    return FAILED if refused.number else DONE
