"""Whether Pub/Sub can be reached: told when that changes, and no more often than anybody wants to read."""

import pytest

from onrecord.runners.direct_stream import LONGEST_REASON, TOLD_AGAIN_SECONDS, Reachability


class Clock:
    """A clock that stands still until it is moved."""

    now = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def told() -> list[tuple[str, str]]:
    return []


@pytest.fixture
def reachability(clock, told) -> Reachability:
    return Reachability(lambda event, text: told.append((event, text)), clock)


def test_an_outage_is_a_line_when_it_begins_and_a_line_when_it_ends(reachability, clock, told):
    reachability.found()
    for _ in range(100):
        reachability.lost("connection refused")
        clock.now += 2
    reachability.found()
    reachability.found()
    assert told == [
        ("unreachable", "Pub/Sub can't be reached; trying until it can: connection refused"),
        ("reachable", "Pub/Sub can be reached again, after 200 s"),
    ]


def test_a_connection_that_comes_and_goes_is_told_of_once_in_a_while(reachability, clock, told):
    for _ in range(10 * int(TOLD_AGAIN_SECONDS)):
        reachability.lost("x" * 10_000)
        reachability.found()
        clock.now += 1
    assert len(told) == 20
    assert max(len(text) for _, text in told) < LONGEST_REASON + 100
