# SPDX-License-Identifier: Apache-2.0
"""Pulled messages are acknowledged when a checkpoint contains them, their leases renewed until then, and released on a rollback.

The server is a minimal Pub/Sub: it delivers messages that are neither acknowledged nor leased, and the test advances its clock.
"""

from collections import Counter

import pytest
from apache_beam.utils.timestamp import MAX_TIMESTAMP, Timestamp
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from onrecord.sources.portable_pubsub.leases import Leases, Turn

LEASE_SECONDS, HOLD_SECONDS = 30, 600


class SmallPubSub:
    """Delivers each message again and again, until it is acknowledged; ``acknowledge`` and ``extend`` fail while it is down."""

    def __init__(self) -> None:
        self.now = 0.0
        self.is_down = False
        self.due: dict[str, float] = {}
        self.acknowledged: list[str] = []
        self.extended: Counter[str] = Counter()

    def publish(self, *names: str) -> None:
        self.due.update(dict.fromkeys(names, 0.0))

    def pull(self, most: int) -> list[str]:
        names = [name for name, at in self.due.items() if at <= self.now][:most]
        self.due.update(dict.fromkeys(names, self.now + 10))
        return names

    def acknowledge(self, ack_ids: list[str]) -> bool:
        if not self.is_down:
            self.acknowledged += ack_ids
            for name in ack_ids:
                self.due.pop(name, None)
        return not self.is_down

    def extend(self, ack_ids: list[str], seconds: int) -> bool:
        if not self.is_down:
            self.extended.update(ack_ids)
            self.due.update({name: self.now + seconds for name in ack_ids if name in self.due})
        return not self.is_down


@pytest.fixture
def server():
    return SmallPubSub()


@pytest.fixture
def leases(server):
    return Leases(server, LEASE_SECONDS, HOLD_SECONDS, lambda: server.now)


def taken(leases: Leases, server: SmallPubSub, split: int, number: int, *names: str, oldest: int = 0) -> Turn:
    """Begin a turn and pull messages in it."""
    turn = leases.begin(split, number)
    if names:
        server.publish(*names)
        leases.take(turn, server.pull(100), 10 * len(names), Timestamp(oldest))
    return turn


def test_a_turn_is_acknowledged_when_one_that_began_after_its_finalization_is_finalized(leases, server):
    first = taken(leases, server, 0, 0, "a", "b")
    leases.finalize(first)
    assert server.acknowledged == []
    leases.finalize(taken(leases, server, 0, 1))
    assert server.acknowledged == ["a", "b"]
    assert leases.unacknowledged() == (0, 0)


def test_turns_that_one_checkpoint_finalizes_together_do_not_confirm_each_other(leases, server):
    """Flink finalizes what ended after the checkpoint's barrier too: the second turn may be in no checkpoint yet."""
    first, second = taken(leases, server, 0, 0, "a"), taken(leases, server, 0, 1, "b")
    leases.finalize(first)
    leases.finalize(second)
    assert server.acknowledged == []
    leases.finalize(taken(leases, server, 0, 2))
    assert server.acknowledged == ["a", "b"]


def test_the_turn_of_another_split_confirms_nothing(leases, server):
    """Another split may be in another task, which hears of the same checkpoint later."""
    leases.finalize(taken(leases, server, 0, 0, "a"))
    leases.finalize(taken(leases, server, 1, 0))
    assert server.acknowledged == []


def test_when_a_runner_goes_back_what_came_since_is_delivered_again(leases, server):
    kept = taken(leases, server, 0, 4, "kept")
    lost = [taken(leases, server, 0, number, f"lost-{number}") for number in (5, 6)]
    for turn in (kept, *lost):
        leases.finalize(turn)
    again = taken(leases, server, 0, 5)
    for turn in (again, *lost):
        leases.finalize(turn)
    leases.finalize(taken(leases, server, 0, 6))
    assert server.acknowledged == ["kept"]
    assert server.pull(10) == ["lost-5", "lost-6"]


def test_leases_are_renewed_in_time_until_they_are_given_up(leases, server):
    taken(leases, server, 0, 0, "a")
    while server.now < HOLD_SECONDS:
        assert server.pull(10) == []
        assert leases.keep()
        server.now += 2
    assert not leases.keep()
    assert leases.unacknowledged() == (0, 0)
    server.now += LEASE_SECONDS
    assert server.pull(10) == ["a"]


def test_messages_that_a_turn_takes_after_a_renewal_are_renewed_as_well(leases, server):
    turn = taken(leases, server, 0, 0, "a")
    leases.keep()
    server.publish("b")
    leases.take(turn, server.pull(10), 10, Timestamp(0))
    leases.keep()
    assert server.extended["b"] == 1


def test_what_cannot_be_acknowledged_is_acknowledged_later(leases, server):
    leases.finalize(taken(leases, server, 0, 0, "a"))
    server.is_down = True
    leases.finalize(taken(leases, server, 0, 1))
    assert leases.unacknowledged() == (1, 10)
    server.is_down = False
    assert not leases.keep()
    assert server.acknowledged == ["a"]


def test_the_watermark_waits_for_the_oldest_message_that_is_not_acknowledged(leases, server):
    assert leases.oldest() == MAX_TIMESTAMP
    first = taken(leases, server, 0, 0, "a", oldest=5)
    taken(leases, server, 1, 0, "b", oldest=7)
    assert leases.oldest() == Timestamp(5)
    leases.finalize(first)
    assert leases.oldest() == Timestamp(5)
    leases.finalize(taken(leases, server, 0, 1))
    assert leases.oldest() == Timestamp(7)


def test_when_nobody_is_left_who_could_commit_it_everything_is_given_back(leases, server):
    leases.finalize(taken(leases, server, 0, 0, "a"))
    taken(leases, server, 1, 0, "b")
    leases.give_back_all()
    assert server.pull(10) == ["a", "b"]


def test_a_runner_that_never_finalizes_is_warned_of(leases, server, caplog):
    taken(leases, server, 0, 0, "a")
    server.now += HOLD_SECONDS
    leases.keep()
    assert "does not finalize bundles" in caplog.text


class Checkpointing(RuleBasedStateMachine):
    """A runner like Flink.

    It has a task with some splits, checkpoints, finalization that is late and includes too much, failures that return to the last
    checkpoint in the same process, and a server with occasional outages.
    """

    @initialize(splits=st.integers(1, 3))
    def start(self, splits: int) -> None:
        self.server = SmallPubSub()
        self.leases = Leases(self.server, LEASE_SECONDS, HOLD_SECONDS, lambda: self.server.now)
        self.published: list[str] = []
        self.numbers = [0] * splits  # state of the runner: the number of each split's next turn
        self.processed: set[str] = set()  # messages since the last checkpoint, and those in it
        self.checkpoint: tuple[list[int], set[str]] = (list(self.numbers), set())
        self.completed = self.checkpoint
        self.is_pending = False
        self.waiting: list[Turn] = []  # ended, and not finalized

    @rule(number=st.integers(1, 5))
    def publish(self, number: int) -> None:
        names = [f"m{len(self.published) + index}" for index in range(number)]
        self.published += names
        self.server.publish(*names)

    @rule(which=st.integers(0, 2), most=st.integers(1, 4))
    def take_a_turn(self, which: int, most: int) -> None:
        split = which % len(self.numbers)
        turn = self.leases.begin(split, self.numbers[split])
        names = self.server.pull(most)
        if names:
            self.leases.take(turn, names, len(names), Timestamp(0))
        self.processed |= set(names)
        self.numbers[split] += 1
        self.waiting.append(turn)

    @precondition(lambda self: not self.is_pending)
    @rule()
    def begin_checkpoint(self) -> None:
        self.checkpoint = list(self.numbers), set(self.processed)
        self.is_pending = True

    @precondition(lambda self: self.is_pending)
    @rule()
    def complete_checkpoint(self) -> None:
        self.completed, self.is_pending = self.checkpoint, False
        finalized, self.waiting = self.waiting, []
        for turn in finalized:
            self.leases.finalize(turn)

    @rule()
    def fail(self) -> None:
        numbers, processed = self.completed
        self.numbers, self.processed = list(numbers), set(processed)
        self.waiting, self.is_pending = [], False

    @rule(seconds=st.sampled_from([1, 20, 700]))
    def wait(self, seconds: int) -> None:
        self.server.now += seconds
        self.leases.keep()

    @rule()
    def go_down_or_come_up(self) -> None:
        self.server.is_down = not self.server.is_down

    @invariant()
    def whatever_is_acknowledged_is_in_a_checkpoint(self) -> None:
        if hasattr(self, "server"):
            assert set(self.server.acknowledged) <= self.completed[1]

    def teardown(self) -> None:
        """In the end every message was delivered and acknowledged."""
        if not hasattr(self, "server"):
            return
        self.server.is_down = False
        for _ in range(4):
            self.server.now += HOLD_SECONDS + LEASE_SECONDS
            self.leases.keep()
            for split in range(len(self.numbers)):
                self.take_a_turn(split, len(self.published) + 1)
            if not self.is_pending:
                self.begin_checkpoint()
            self.complete_checkpoint()
        for _ in range(2):
            for split in range(len(self.numbers)):
                self.take_a_turn(split, len(self.published) + 1)
            self.begin_checkpoint()
            self.complete_checkpoint()
        assert set(self.published) <= self.completed[1]
        assert not self.server.due


TestCheckpointing = Checkpointing.TestCase
TestCheckpointing.settings = settings(stateful_step_count=40)
