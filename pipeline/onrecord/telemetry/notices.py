# SPDX-License-Identifier: Apache-2.0
"""Notices of a step that waits for something outside: a file that can't be read yet, a disk that is full.

Beam gives a step no way to the log of the job. On this machine the job listens to the notices and logs them; in the workers of a cluster
they go to the log of the worker.
"""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeAlias

LOGGER = logging.getLogger(__name__)

Report: TypeAlias = Callable[[str, str], None]  # takes the name of an event, and a description for people

_listeners: list[Report] = []


def say(event: str, text: str) -> None:
    """Give notice of an event.

    Args:
        event: short name of the event.
        text: description for people, without any text of an article.
    """
    if not _listeners:
        LOGGER.warning("%s", text)
    for listener in _listeners:
        listener(event, text)


@contextmanager
def heard_by(listener: Report) -> Iterator[None]:
    """Pass the notices of this process to a listener while the block runs."""
    _listeners.append(listener)
    try:
        yield
    finally:
        _listeners.remove(listener)
