# SPDX-License-Identifier: Apache-2.0
"""Streaming on Beam's local runner: sources that can be asked to stop, and that wait while Pub/Sub is unreachable."""

import threading
from typing import Any

from apache_beam.runners.runner import PipelineRunner
from apache_beam.utils.timestamp import Timestamp

from onrecord import beam_internals, clock
from onrecord.runners.direct_pubsub import PubSub, Reachability
from onrecord.sources.polled import PolledMessages
from onrecord.telemetry.notices import Report
from onrecord.telemetry.waiting import WAITING


class Drain:
    """Whether this process's streaming job should end; a process runs one such job at a time."""

    def __init__(self) -> None:
        """Start with a job that keeps running."""
        self.requested = threading.Event()

    def request(self) -> None:
        """Ask the sources to stop reading."""
        self.requested.set()

    def reset(self) -> None:
        """Prepare for another job."""
        self.requested.clear()


DRAIN = Drain()


def _polled(transform: PolledMessages) -> list[tuple[Timestamp, Any]]:
    """Return the next messages of a polled source."""
    WAITING.polled()
    now = Timestamp.of(clock.steady_time())
    return [(now, message) for message in transform.poll(DRAIN.requested)]


def runner(report: Report, max_messages: int) -> PipelineRunner:
    """Return the local streaming runner, with sources that end after ``DRAIN.request()``.

    Args:
        report: called at the beginning and the end of each outage of Pub/Sub.
        max_messages: maximum number of messages of a pull; they are through all steps before the next ones come.

    Raises:
        UntestedBeamError: onrecord was not tested with the installed version of Beam.
    """
    DRAIN.reset()
    pubsub = PubSub(DRAIN.requested, Reachability(report), max_messages)
    return beam_internals.streaming_runner(DRAIN.requested, PolledMessages, _polled, pubsub.messages)
