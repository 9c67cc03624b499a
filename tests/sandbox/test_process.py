"""The time limit: a process that answers, and is ended when it does not."""

import os
import signal
from collections.abc import Iterator

import pytest

from onrecord.sandbox.process import LimitedProcess, ProcessDied, TimeLimitExceeded

SECONDS = 1.0


def load() -> tuple[int, object]:
    """Greet with the process's id; answer a word with its letters, which may stop anywhere."""

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
    limited = LimitedProcess(load, SECONDS, "the spelling")
    yield limited
    del limited


def test_what_is_in_time_is_answered_by_another_process(process):
    assert process.start() != os.getpid()
    assert process.ask("pier") == (["p", "i", "e", "r"], None)
    assert process.ask("") == ([], None)


def test_what_takes_too_long_is_ended_and_what_was_answered_before_is_kept(process):
    answers, lost = process.ask("pi.er")
    assert answers == ["p", "i"]
    assert isinstance(lost, TimeLimitExceeded)
    assert "the spelling took longer than 1 s; a higher --time-limit" in str(lost)
    assert process.ask("pier") == (["p", "i", "e", "r"], None)


def test_what_ends_the_process_is_told(process):
    answers, lost = process.ask("pi#er")
    assert answers == ["p", "i"]
    assert isinstance(lost, ProcessDied)
    assert "died in the spelling" in str(lost)
    assert process.ask("pier") == (["p", "i", "e", "r"], None)


def test_an_error_of_the_work_is_raised_here_and_the_process_goes_on(process):
    first = process.start()
    with pytest.raises(LookupError, match="an exclamation mark"):
        process.ask("pi!er")
    assert process.ask("pier") == (["p", "i", "e", "r"], None)
    assert os.waitid(os.P_PID, first, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None
