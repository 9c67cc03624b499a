# SPDX-License-Identifier: Apache-2.0
"""The restriction of the portable Pub/Sub source: unbounded turns, of constant size, none lost or repeated."""

import pytest
from apache_beam.utils.timestamp import MIN_TIMESTAMP, Timestamp
from hypothesis import given
from hypothesis import strategies as st

from onrecord.sources.portable_pubsub.turns import ENDLESS, HeldWatermark, Turns, TurnsCoder, TurnTracker

starts = st.integers(0, ENDLESS - 2)
fractions = st.floats(0, 1)


@given(starts, fractions)
def test_a_turn_that_was_taken_stays_and_all_later_ones_are_given_away(start, fraction):
    tracker = TurnTracker(Turns(start))
    assert tracker.try_claim(start)
    assert tracker.try_split(fraction) == ((start, start + 1), (start + 1, ENDLESS))
    tracker.check_done()
    assert tracker.try_split(fraction) is None


@given(starts, fractions)
def test_before_a_turn_is_taken_all_are_given_away_and_none_can_be_taken(start, fraction):
    tracker = TurnTracker(Turns(start))
    assert tracker.try_split(fraction) == ((start, start), (start, ENDLESS))
    assert not tracker.try_claim(start)
    tracker.check_done()


@given(st.lists(st.booleans(), max_size=50))
def test_from_one_turn_to_the_next_none_is_left_out_and_none_comes_twice(splits_before):
    """Whether the runner splits before a turn is claimed, or the source defers the rest after it."""
    left = Turns(0)
    taken = []
    for is_split_before in splits_before:
        tracker = TurnTracker(left)
        if not is_split_before:
            assert tracker.try_claim(left.start)
            taken.append(left.start)
        _, left = tracker.try_split(0)
        tracker.check_done()
    assert taken == list(range(len(taken)))
    assert left == (len(taken), ENDLESS)


@given(starts)
def test_turns_that_are_left_over_are_an_error(start):
    tracker = TurnTracker(Turns(start))
    with pytest.raises(ValueError, match="are left"):
        tracker.check_done()
    tracker.try_claim(start)
    with pytest.raises(ValueError, match="are left"):
        tracker.check_done()


@given(starts)
def test_the_last_turn_of_all_can_be_taken_which_ends_a_split(start):
    tracker = TurnTracker(Turns(start))
    assert tracker.try_claim(start)
    assert tracker.try_claim(ENDLESS - 1)
    assert tracker.try_split(0) is None
    tracker.check_done()


@given(starts)
def test_a_turn_is_not_taken_twice(start):
    tracker = TurnTracker(Turns(start))
    tracker.try_claim(start)
    with pytest.raises(ValueError, match="can't be taken"):
        tracker.try_claim(start)


@given(starts)
def test_a_restriction_has_few_bytes_and_comes_back_the_same(start):
    encoded = TurnsCoder().encode(Turns(start))
    assert TurnsCoder().decode(encoded) == Turns(start)
    assert len(encoded) <= 20


def test_turns_never_end():
    assert not TurnTracker(Turns(0)).is_bounded()


@given(st.lists(st.integers(MIN_TIMESTAMP.micros, 2**60), min_size=1))
def test_the_watermark_never_goes_back_and_its_state_is_a_number(micros):
    watermark = HeldWatermark(MIN_TIMESTAMP.micros)
    for moment in micros:
        before = watermark.current_watermark()
        watermark.advance(Timestamp(micros=moment))
        assert watermark.current_watermark() >= before
    assert watermark.get_estimator_state() == max(micros)
    assert HeldWatermark(watermark.get_estimator_state()).current_watermark() == watermark.current_watermark()
