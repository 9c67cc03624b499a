# SPDX-License-Identifier: Apache-2.0
"""How much is pulled in a turn: what the runner is done with in the time that a turn may take, whatever the articles are like."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onrecord.sources.portable_pubsub.pace import FIRST_BYTES, FIRST_MESSAGES, MAX_MESSAGES, Pace

SECONDS = 3.0


class Runner:
    """A runner with backpressure: it asks for the next turn when the steps behind have room for it; its time is not the clock's.

    Attributes:
        seconds_each: how long the steps behind work on a message.
        size: bytes of a message.
        room: how many messages fit between the source and the steps behind.
    """

    def __init__(self, splits: int = 1, seconds_each: float = 0.1, size: int = 4_000, room: int = 0) -> None:
        self.now = 0.0
        self.seconds_each, self.size, self.room = seconds_each, size, room
        self.paces = [Pace(SECONDS, lambda: self.now) for _ in range(splits)]
        self._waiting = 0.0  # messages between the source and the steps behind

    def turn(self, pace: Pace, waiting: int | None = None) -> int:
        """Give a split a turn, with this many messages in the subscription, or very many; return how many it pulled."""
        pace.begin()
        taken = 0
        while (left := pace.left()) and (waiting is None or taken < waiting):
            pulled = min(left, 100, MAX_MESSAGES if waiting is None else waiting - taken)
            pace.take(pulled, pulled * self.size)
            taken += pulled
        self._waiting += taken
        blocked = max(0.0, self._waiting - self.room) * self.seconds_each + 0.01
        self.now += blocked
        self._waiting = max(0.0, self._waiting - blocked / self.seconds_each)
        return taken

    def turns(self, number: int, waiting: int | None = None) -> int:
        """Give every split this many turns; return how many messages were pulled by the last turn of each, in all."""
        for _ in range(number):
            taken = sum(self.turn(pace, waiting) for pace in self.paces)
        return taken


def test_the_first_turn_is_small():
    assert Runner().turns(1) == FIRST_MESSAGES
    assert Runner(size=FIRST_BYTES).turns(1) <= 100


@pytest.mark.parametrize("splits", [1, 2, 4])
@pytest.mark.parametrize("seconds_each", [0.002, 0.1, 1.0])
@pytest.mark.parametrize("room", [0, 100])
def test_the_splits_of_a_process_together_pull_what_takes_the_given_time(splits, seconds_each, room):
    taken = Runner(splits, seconds_each, size=400, room=room).turns(150)
    assert taken * seconds_each == pytest.approx(SECONDS, rel=0.5)


def test_the_turn_that_fills_the_buffers_does_not_wait_for_long():
    runner = Runner(seconds_each=0.15, size=4_500, room=500)
    longest = 0.0
    for _ in range(100):
        before = runner.now
        runner.turns(1)
        longest = max(longest, runner.now - before)
    assert longest < 4 * SECONDS


def test_an_article_that_takes_longer_than_a_turn_comes_alone():
    assert Runner(seconds_each=60.0).turns(20) == 1


def test_large_articles_that_follow_small_ones_are_not_pulled_in_the_same_number():
    runner = Runner(seconds_each=0.01, size=1_000)
    assert runner.turns(80) == pytest.approx(300, rel=0.2)
    runner.seconds_each, runner.size = 1.0, 100_000
    # The bytes of a turn end it after the first pull.
    assert runner.turns(1) <= 100
    runner.turns(10)
    assert runner.turns(1) == pytest.approx(3, abs=1)


def test_a_trickle_does_not_keep_a_flood_back():
    runner = Runner(seconds_each=0.01)
    runner.turns(50, waiting=1)
    assert runner.turns(80) == pytest.approx(300, rel=0.3)


@given(st.lists(st.tuples(st.integers(0, 10_000), st.floats(0, 1e6), st.integers(0, 10_000_000)), max_size=50))
def test_something_is_always_pulled_and_never_too_much(turns):
    now = 0.0
    pace = Pace(SECONDS, lambda: now)
    for messages, seconds, size in turns:
        pace.begin()
        assert 1 <= pace.left() <= MAX_MESSAGES
        pace.take(min(messages, pace.left()), size)
        now += seconds
