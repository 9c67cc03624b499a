# SPDX-License-Identifier: Apache-2.0
"""The time limit: a child process that answers requests, and is killed when it takes too long."""

import os
import signal
from collections.abc import Iterator

import pytest

from onrecord.sandbox.process import LimitedProcess, ProcessDied, TimeLimitExceeded

SECONDS = 1.0


def load() -> tuple[int, object]:
    """Greet with the process's id; answer a word with its letters, some of which stop, end or fail the work."""

    def letters(word: str) -> Iterator[str]:
        for letter in word:
            if letter == "!":
                raise LookupError("an exclamation mark")
            if letter == ".":
                signal.pause()
            if letter == "#":
                os.kill(os.getpid(), signal.SIGKILL)
            yield letter

    return os.getpid(), letters


@pytest.fixture
def process() -> Iterator[LimitedProcess]:
    limited = LimitedProcess(load, SECONDS, "spelling")
    yield limited
    del limited


def test_requests_are_answered_by_another_process(process):
    assert process.start() != os.getpid()
    assert process.ask("pier") == (["p", "i", "e", "r"], None)
    assert process.ask("") == ([], None)


def test_a_request_over_the_limit_is_given_up_and_its_earlier_answers_are_kept(process):
    answers, lost = process.ask("pi.er")
    assert answers == ["p", "i"]
    assert isinstance(lost, TimeLimitExceeded)
    assert "spelling took longer than 1 s; a higher --time-limit" in str(lost)
    assert process.ask("pier") == (["p", "i", "e", "r"], None)


def test_the_death_of_the_process_is_reported(process):
    answers, lost = process.ask("pi#er")
    assert answers == ["p", "i"]
    assert isinstance(lost, ProcessDied)
    assert "died while spelling" in str(lost)
    assert process.ask("pier") == (["p", "i", "e", "r"], None)


def test_an_error_of_the_work_is_raised_here_and_the_process_is_kept(process):
    first = process.start()
    with pytest.raises(LookupError, match="an exclamation mark"):
        process.ask("pi!er")
    assert process.ask("pier") == (["p", "i", "e", "r"], None)
    assert os.waitid(os.P_PID, first, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None
