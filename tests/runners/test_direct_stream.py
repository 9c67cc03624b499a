# SPDX-License-Identifier: Apache-2.0
"""An outage of Pub/Sub is reported when it begins and when it ends, and not at each retry."""

import pytest

from onrecord.runners.direct_pubsub import MAX_REASON_LENGTH, MIN_OUTAGE_INTERVAL_SECONDS, Reachability


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
