# SPDX-License-Identifier: Apache-2.0
"""The times of messages, and turns with the real emulator: the calls that a runner makes, one at a time."""

import uuid
from datetime import datetime, timedelta, timezone

import pytest
from apache_beam.io.gcp.pubsub import PubsubMessage
from apache_beam.runners.sdf_utils import RestrictionTrackerView, ThreadsafeRestrictionTracker
from apache_beam.transforms.core import _BundleFinalizerParam
from apache_beam.utils.timestamp import MIN_TIMESTAMP, Timestamp
from google.cloud import pubsub
from google.cloud.pubsub_v1 import types
from hypothesis import given
from hypothesis import strategies as st

from onrecord.sources.portable_pubsub import Limits
from onrecord.sources.portable_pubsub.pace import FIRST_MESSAGES
from onrecord.sources.portable_pubsub.read import DRAINING, IDLE_MARGIN, PullFn, drain, event_time
from onrecord.sources.portable_pubsub.turns import ENDLESS
from onrecord.sources.pubsub import message_of
from tests.integration.emulator import running_emulator
from tests.integration.test_pubsub import payloads, subscribed

NOON = datetime(2026, 3, 3, 12, tzinfo=timezone.utc)


def message(**attributes: str) -> types.PubsubMessage:
    """Return a message that was published at noon."""
    return types.PubsubMessage(data=b"The pier closes.", attributes=attributes, message_id="1", publish_time=NOON)


def test_a_message_has_the_time_at_which_it_was_published():
    assert event_time(message(), None) == Timestamp.from_rfc3339("2026-03-03T12:00:00Z")


@pytest.mark.parametrize("value", ["2026-03-01T08:00:00Z", "2026-03-01T09:00:00+01:00", "1772352000000"])
def test_an_attribute_may_give_another_time(value):
    assert event_time(message(seen=value), "seen") == Timestamp.from_rfc3339("2026-03-01T08:00:00Z")


@given(st.text() | st.integers().map(str))
def test_whatever_an_attribute_says_a_message_has_a_time(value):
    assert event_time(message(seen=value), "seen") > MIN_TIMESTAMP


@pytest.mark.parametrize("value", ["2 o'clock", "", "9" * 30, "-5"])
def test_an_attribute_that_is_not_a_time_leaves_the_time_of_publishing(value):
    assert event_time(message(seen=value), "seen") == event_time(message(), None)


class ByHand:
    """A runner of one split: takes turns, and finalizes them on request."""

    def __init__(self, subscription: str, limits: Limits, attribute: str | None = None) -> None:
        self.pull = PullFn(subscription, attribute, limits)
        self.pull.setup()
        self.turns = self.pull.initial_restriction(0)
        self.state = self.pull.initial_estimator_state(0, self.turns)
        self.bundles: list[_BundleFinalizerParam] = []

    def turn(self) -> list[PubsubMessage]:
        """Return the messages of the next turn."""
        tracker = ThreadsafeRestrictionTracker(self.pull.create_tracker(self.turns))
        watermark = self.pull.create_watermark_estimator(self.state)
        finalizer = _BundleFinalizerParam()
        found = [output.value for output in self.pull.process(0, finalizer, RestrictionTrackerView(tracker), watermark)]
        tracker.check_done()
        self.bundles.append(finalizer)
        self.state = watermark.get_estimator_state()
        left = tracker.deferred_status()
        self.turns = left[0] if left else None
        return found

    def finalize(self) -> None:
        """Finalize all bundles until now."""
        for bundle in self.bundles:
            bundle.finalize_bundle()
        self.bundles = []

    @property
    def watermark(self) -> Timestamp:
        return Timestamp(micros=self.state)


@pytest.mark.emulator
class TestByHand:
    @pytest.fixture(scope="class")
    def emulator(self, tmp_path_factory):
        with running_emulator(tmp_path_factory.mktemp("emulator")) as host:
            yield host

    @pytest.fixture
    def names(self, emulator, monkeypatch):
        monkeypatch.setenv("PUBSUB_EMULATOR_HOST", emulator)
        return subscribed(f"t-{uuid.uuid4().hex}")

    @pytest.fixture
    def topic(self, names):
        return names[0]

    @pytest.fixture
    def subscription(self, names):
        return names[1]

    @pytest.fixture
    def by_hand(self, subscription):
        """Return a function that makes a runner, which releases all messages in the end."""
        made: list[ByHand] = []

        def make(limits: Limits | None = None, attribute: str | None = None) -> ByHand:
            made.append(ByHand(subscription, limits or Limits(), attribute))
            return made[-1]

        yield make
        for runner in made:
            runner.pull.teardown()

    def publish(self, topic: str, *texts: str, **attributes: str) -> None:
        with pubsub.PublisherClient() as publisher:
            for future in [publisher.publish(topic, text.encode(), **attributes) for text in texts]:
                future.result(timeout=30)

    def test_messages_come_as_beams_own_reader_gives_them(self, topic, subscription, by_hand):
        self.publish(topic, "The pier closes.", desk="foreign")
        runner = by_hand()
        [found] = runner.turn()
        assert (found.data, found.attributes) == (b"The pier closes.", {"desk": "foreign"})
        ours = message_of(found, subscription)
        assert ours.origin == f"{subscription}/{found.message_id}"
        assert abs(ours.received_at - datetime.now(timezone.utc)) < timedelta(minutes=5)

    def test_no_more_is_out_than_the_limits_allow(self, topic, subscription, by_hand):
        self.publish(topic, *[f"message {number}" for number in range(50)])
        runner = by_hand(Limits(messages=20))
        first = runner.turn()
        assert 0 < len(first) <= 20
        while len(first) < 20:
            first += runner.turn()
        assert runner.turn() == []
        runner.finalize()
        runner.turn()
        runner.finalize()
        found = first
        while len(found) < 50:
            found += runner.turn()
            runner.finalize()
        assert sorted(one.data for one in found) == sorted(f"message {number}".encode() for number in range(50))

    def test_a_turn_pulls_what_the_turns_before_say_about_the_steps_behind(self, topic, subscription, by_hand):
        self.publish(topic, *[f"message {number}" for number in range(10 * FIRST_MESSAGES)])
        runner = by_hand(Limits(turn_seconds=3))
        pace = runner.pull.reader.paces[0]
        now = 0.0
        pace.clock = lambda: now
        while not (first := runner.turn()):
            pass
        now += 120.0  # that the runner takes until it asks for the next turn
        assert len(first) <= FIRST_MESSAGES
        assert len(runner.turn()) <= FIRST_MESSAGES / 2

    def test_the_bytes_are_limited_too(self, topic, subscription, by_hand):
        self.publish(topic, "x" * 1000)
        runner = by_hand(Limits(bytes=1000))
        assert len(runner.turn()) == 1
        self.publish(topic, "y")
        assert runner.turn() == []

    def test_the_watermark_waits_for_what_is_out_and_goes_on_when_nothing_is(self, topic, subscription, by_hand):
        runner = by_hand(attribute="seen")
        self.publish(topic, "an old one", seen="2026-03-01T08:00:00Z")
        assert len(runner.turn()) == 1
        old = Timestamp.from_rfc3339("2026-03-01T08:00:00Z")
        runner.turn()
        assert runner.watermark == old
        runner.finalize()
        runner.turn()
        assert runner.watermark == old
        runner.finalize()
        before = Timestamp.now()
        runner.turn()
        assert runner.watermark >= before - IDLE_MARGIN

    def test_a_drain_ends_the_split_when_all_is_acknowledged(self, topic, subscription, by_hand):
        self.publish(topic, "one")
        runner = by_hand()
        assert len(runner.turn()) == 1
        drain()
        try:
            self.publish(topic, "another")
            while runner.turns is not None:
                assert runner.turn() == []
                runner.finalize()
        finally:
            DRAINING.clear()
        assert payloads(subscription) == [b"another"]

    def test_what_nobody_can_commit_any_more_is_given_back_at_once(self, topic, subscription, by_hand):
        self.publish(topic, "one")
        runner = by_hand()
        assert len(runner.turn()) == 1
        runner.pull.teardown()
        assert payloads(subscription) == [b"one"]

    def test_the_state_stays_as_small_as_it_was(self, topic, subscription, by_hand):
        runner = by_hand()
        coders = runner.pull.restriction_coder(), runner.pull.estimator_state_coder()
        sizes = set()
        for number in range(5):
            self.publish(topic, *[f"message {number}-{index}" for index in range(20)])
            runner.turn()
            sizes.add(len(coders[0].encode(runner.turns)) + len(coders[1].encode(runner.state)))
        assert runner.turns.stop == ENDLESS
        assert max(sizes) <= 30
