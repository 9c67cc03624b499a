# SPDX-License-Identifier: Apache-2.0
"""Messages of a source that Beam's local streaming runner polls."""

import threading
from typing import Protocol

import apache_beam as beam
from apache_beam.pvalue import PBegin, PCollection
from apache_beam.transforms.window import GlobalWindows

from onrecord.data.message import Message


class Poll(Protocol):
    """Returns the messages of a polled source."""

    def __call__(self, drain: threading.Event) -> list[Message]:
        """Return the next messages, or an empty list after a short wait; once ``drain`` is set, an empty list means the end."""


class PolledMessages(beam.PTransform):  # type: ignore[misc]
    """Messages that the local runner polls for whenever it is idle; their timestamps are the times of the polls."""

    def __init__(self, poll: Poll) -> None:
        super().__init__()
        self.poll = poll

    def expand(self, pbegin: PBegin) -> PCollection[Message]:
        """Return the messages."""
        messages = PCollection(pbegin.pipeline, is_bounded=False)
        messages.element_type = Message
        return messages

    def get_windowing(self, inputs: object) -> beam.Windowing:
        """Return the global window."""
        return beam.Windowing(GlobalWindows())
