# SPDX-License-Identifier: Apache-2.0
"""Pulls of the local runner: messages of any size, lines of any speed, and errors of any kind, which are reported and outlived."""

import threading
from collections.abc import Iterator
from concurrent.futures import wait
from contextlib import contextmanager

import grpc
import pytest
from google.api_core.exceptions import NotFound

from onrecord.runners import direct_pubsub
from onrecord.runners.direct_pubsub import (
    MAX_REASON_LENGTH,
    MIN_OUTAGE_INTERVAL_SECONDS,
    BackgroundPulls,
    Reachability,
)
from tests.pubsub_server import Answer, PubSubServer

SUBSCRIPTION = "projects/p/subscriptions/s"
LARGE = 9_900_000
MAX_MESSAGES = 10
ERRORS = [code for code in grpc.StatusCode if code not in (grpc.StatusCode.OK, grpc.StatusCode.NOT_FOUND)]


class Clock:
    """A clock that the test advances."""

    now = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def reports() -> list[tuple[str, str]]:
    return []


@pytest.fixture
def reachability(clock, reports) -> Reachability:
    return Reachability(lambda event, text: reports.append((event, text)), clock)


def test_an_outage_is_reported_when_it_begins_and_when_it_ends(reachability, clock, reports):
    reachability.found()
    for _ in range(100):
        reachability.lost("connection refused")
        clock.now += 2
    reachability.found()
    reachability.found()
    assert reports == [
        ("unreachable", "Pub/Sub is unreachable, retrying: connection refused"),
        ("reachable", "Pub/Sub is reachable again after 200 s"),
    ]


def test_a_connection_that_comes_and_goes_is_reported_once_per_interval(reachability, clock, reports):
    for _ in range(10 * int(MIN_OUTAGE_INTERVAL_SECONDS)):
        reachability.lost("x" * 10_000)
        reachability.found()
        clock.now += 1
    assert len(reports) == 20
    assert max(len(text) for _, text in reports) < MAX_REASON_LENGTH + 100


def test_another_cause_of_the_same_outage_is_reported_too(reachability, clock, reports):
    for cause in ("is unreachable", "answers with PermissionDenied", "answers with PermissionDenied"):
        reachability.lost("x", cause)
        clock.now += MIN_OUTAGE_INTERVAL_SECONDS
    assert [text for _, text in reports] == [
        "Pub/Sub is unreachable, retrying: x",
        "Pub/Sub answers with PermissionDenied, retrying: x",
    ]


class Drain(threading.Event):
    """A drain whose waits are over at once, and advance the clock."""

    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self._clock = clock

    def wait(self, timeout: float | None = None) -> bool:
        self._clock.now += timeout or 0
        return self.is_set()


class Pulling:
    """Background pulls from a server of the test."""

    def __init__(self, server: PubSubServer, pulls: BackgroundPulls, clock: Clock) -> None:
        self.server = server
        self.pulls = pulls
        self.clock = clock

    def payloads(self, number: int = 1) -> list[bytes]:
        """Return this many messages, however often the runner must ask for them."""
        found: list[bytes] = []
        while len(found) < number:
            found += [message.data for _, message in self.pulls.messages()]
        return found


@pytest.fixture
def pulling(clock, reachability, monkeypatch):
    @contextmanager
    def pulling(answers: list[Answer], acknowledgement: grpc.StatusCode | None = None) -> Iterator[Pulling]:
        server = PubSubServer(answers, acknowledgement)
        with server.serving() as address:
            monkeypatch.setenv("PUBSUB_EMULATOR_HOST", address)
            pulls = BackgroundPulls(SUBSCRIPTION, Drain(clock), reachability, MAX_MESSAGES, clock=clock)
            try:
                yield Pulling(server, pulls, clock)
            finally:
                pulls.close()

    return pulling


def test_messages_come_with_all_that_they_have_and_are_acknowledged(pulling, reports):
    with pulling([[b"a"], [b"b", b"c"]]) as one:
        assert one.payloads(3) == [b"a", b"b", b"c"]
        assert one.server.acknowledged == ["ack-1-0", "ack-2-0", "ack-2-1"]
    assert reports == []


def test_a_pull_may_be_of_a_hundred_megabytes_and_fewer_messages_are_asked_for_then(pulling):
    small = [[b"x"]] * 5
    with pulling([*small, [b"x" * LARGE] * 10, [b"x"], [b"x"]]) as one:
        assert [len(payload) for payload in one.payloads(17)] == [1] * 5 + [LARGE] * 10 + [1] * 2
        assert [pull.max_messages for pull in one.server.pulls] == [1, 2, 4, 8, 10, MAX_MESSAGES, 5, 10]


@pytest.mark.parametrize("code", ERRORS, ids=lambda code: code.name)
def test_every_error_is_reported_once_and_retried(pulling, reports, code):
    with pulling([code, code, code, [b"a"]]) as one:
        began = one.clock.now
        assert one.payloads() == [b"a"]
        assert one.server.acknowledged == ["ack-4-0"]
        [(lost, reason), (found, _)] = reports
        assert (lost, found) == ("unreachable", "reachable")
        assert "as the test says" in reason or code is grpc.StatusCode.DEADLINE_EXCEEDED
        assert one.clock.now - began < MIN_OUTAGE_INTERVAL_SECONDS


def test_a_subscription_that_is_not_there_at_the_start_ends_the_stream(pulling):
    with pulling([grpc.StatusCode.NOT_FOUND]) as one, pytest.raises(NotFound, match=f"{SUBSCRIPTION}.*create it with"):
        one.payloads()


def test_a_subscription_that_is_gone_later_is_waited_for(pulling, reports):
    with pulling([[], grpc.StatusCode.NOT_FOUND, [b"a"]]) as one:
        assert one.payloads() == [b"a"]
    assert [event for event, _ in reports] == ["unreachable", "reachable"]


def test_the_runner_goes_on_while_a_pull_takes_long_and_the_pull_is_not_cancelled(pulling, monkeypatch, reports):
    monkeypatch.setattr(direct_pubsub, "WAIT_SECONDS", 0.01)
    arrived = threading.Event()

    def slowly() -> list[bytes]:
        arrived.wait(60)
        return [b"a"]

    with pulling([slowly]) as one:
        assert [one.pulls.messages() for _ in range(3)] == [[], [], []]
        one.clock.now += direct_pubsub.NO_ANSWER_SECONDS
        assert one.pulls.messages() == []
        assert reports == [("unreachable", "Pub/Sub does not answer, retrying: no answer for 30 s")]
        arrived.set()
        assert one.payloads() == [b"a"]
        assert len(one.server.pulls) == 1


def test_a_pull_that_waited_for_a_message_is_not_taken_for_a_slow_one(pulling, clock, reports):
    def after_a_while() -> list[bytes]:
        clock.now += direct_pubsub.MIN_PULL_SECONDS - 1
        return [b"b"]

    with pulling([[b"a"], after_a_while, [b"c"]]) as one:
        assert one.payloads(3) == [b"a", b"b", b"c"]
        assert [pull.max_messages for pull in one.server.pulls] == [1, 2, 4]
        # A longer one could not be told from an outage.
        assert one.pulls._seconds == direct_pubsub.MIN_PULL_SECONDS
    assert reports == []


def test_a_runner_that_comes_late_for_an_answer_does_not_make_the_pull_slow(pulling, clock):
    with pulling([[b"x" * LARGE], [b"x"]]) as one:
        assert one.pulls.messages() or one.payloads()
        one.pulls._pull = direct_pubsub._started(one.pulls._call)
        one.pulls._began = clock.now
        wait([one.pulls._pull])
        clock.now += 100
        one.payloads()
        assert one.pulls._seconds == direct_pubsub.MIN_PULL_SECONDS


def test_no_message_in_time_is_no_error_if_a_pull_that_does_not_wait_is_answered(pulling, reports):
    with pulling([[], grpc.StatusCode.DEADLINE_EXCEEDED, [], [b"a"]]) as one:
        assert one.payloads() == [b"a"]
        assert [pull.return_immediately for pull in one.server.pulls] == [True, False, True, False]
    assert reports == []


def test_the_timeout_doubles_when_the_line_is_too_slow_for_a_message(pulling, reachability, reports):
    with pulling([]) as one:
        one.pulls._asks_at_once = False
        for _ in range(3):
            one.pulls._began = one.clock.now
            one.clock.now += one.pulls._seconds
            one.pulls._failed(direct_pubsub.DeadlineExceeded("slow"))
        assert one.pulls._seconds == 4 * direct_pubsub.MIN_PULL_SECONDS
    assert [event for event, _ in reports] == ["unreachable"]


def test_messages_that_can_not_be_acknowledged_are_read_and_that_is_said(pulling, reports):
    with pulling([[b"a"]], grpc.StatusCode.PERMISSION_DENIED) as one:
        assert one.payloads() == [b"a"]
    [(event, text)] = reports
    assert event == "unreachable"
    assert "PermissionDenied" in text


def test_nothing_is_read_after_a_drain(pulling):
    with pulling([[b"a"], [b"b"]]) as one:
        assert one.payloads() == [b"a"]
        one.pulls.drain.set()
        assert one.pulls.messages() == []
        assert one.server.acknowledged == ["ack-1-0"]
