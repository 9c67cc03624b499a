# SPDX-License-Identifier: Apache-2.0
"""The clock of a stream follows that of the system, but not back."""

from hypothesis import given
from hypothesis import strategies as st

from onrecord.clock import SteadyClock, steady_time


class Clock:
    """A clock that the test sets."""

    def __init__(self, now: float) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


def test_a_clock_that_is_set_back_goes_on_from_where_it_was_until_the_system_has_caught_up():
    system, elapsed = Clock(1_000), Clock(5)
    clock = SteadyClock(system, elapsed)
    assert clock() == 1_000
    system.now, elapsed.now = 1_010, 15
    assert clock() == 1_010
    system.now = 500  # an hour of daylight saving, a wrong time server
    assert clock() == 1_010
    system.now, elapsed.now = 560, 75
    assert clock() == 1_070
    system.now, elapsed.now = 2_000, 80
    assert clock() == 2_000


@given(st.lists(st.tuples(st.floats(-1e6, 1e6), st.floats(0, 1e4))))
def test_it_never_goes_back_and_is_never_behind_the_system(steps):
    system, elapsed = Clock(1e9), Clock(0)
    clock = SteadyClock(system, elapsed)
    before = clock()
    for jump, seconds in steps:
        system.now += jump + seconds
        elapsed.now += seconds
        now = clock()
        assert now >= max(before, system.now)
        before = now


def test_all_of_a_process_have_the_same():
    assert steady_time() <= steady_time()
