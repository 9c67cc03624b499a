# SPDX-License-Identifier: Apache-2.0
"""The splittable DoFn that pulls, and the transform around it."""

import functools
import logging
import threading
import time
import uuid
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any

import apache_beam as beam
from apache_beam.coders import Coder, VarIntCoder
from apache_beam.io.gcp.pubsub import PubsubMessage
from apache_beam.metrics.metric import Metrics
from apache_beam.transforms.core import RestrictionProvider, WatermarkEstimatorProvider
from apache_beam.transforms.window import GlobalWindows, TimestampCombiner, TimestampedValue
from apache_beam.utils.timestamp import MAX_TIMESTAMP, MIN_TIMESTAMP, Duration, Timestamp

from . import coder
from .leases import Leases
from .pace import Pace
from .subscription import PULL_SECONDS, Subscription
from .turns import ENDLESS, HeldWatermark, Turns, TurnsCoder, TurnTracker

LOGGER = logging.getLogger(__name__)
NAMESPACE = "portable_pubsub"  # of metrics
TURN_SECONDS = 1.0  # a checkpoint waits for the end of the turn
RETRY_SECONDS = 2.0  # between tries while Pub/Sub is unreachable, or while a limit is reached
KEEP_SECONDS = 2.0  # between checks of the leases; the shortest that a subscription can start with is 10 seconds
IDLE_MARGIN = Duration(seconds=10)  # a message may take this long from being published to being delivered
MAX_MESSAGES_PER_PULL = 100  # few enough that the bytes of one pull exceed what a turn may take by little
DRAINING = threading.Event()
EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


def drain() -> None:
    """Let the splits of this process end, each as soon as all it has pulled is acknowledged.

    For runners whose workers are in the process that launched the job (Prism with the ``LOOPBACK`` environment). The watermark then
    moves to the end of time, which fires all windows, and the job ends.
    """
    DRAINING.set()


def publish_time(message: Any) -> datetime:
    """Return when a message was published, as a plain ``datetime`` instead of the client's own subclass."""
    published: datetime = EPOCH + (message.publish_time - EPOCH)
    return published


def event_time(message: Any, attribute: str | None) -> Timestamp:
    """Return a message's time: that of an attribute, in RFC 3339 or milliseconds since 1970, or else when it was published."""
    value = message.attributes.get(attribute) if attribute else None
    if value:
        try:
            given = Timestamp(micros=int(value) * 1000) if value.isdecimal() else Timestamp.from_rfc3339(value)
            if MIN_TIMESTAMP < given < MAX_TIMESTAMP:
                return given
        except (ValueError, OverflowError):
            pass  # not a time; the attribute stays on the message
    return Timestamp(micros=(publish_time(message) - EPOCH) // timedelta(microseconds=1))


@dataclass(frozen=True)
class Limits:
    """How much one process may have pulled and not acknowledged, and for how long.

    Attributes:
        messages: maximum number of unacknowledged messages.
        bytes: maximum size of their payloads; the last pull may exceed it by up to 10 MB.
        lease_seconds: how long each renewal extends a lease, from 10 to 600. The messages of a killed worker are redelivered within
            this time.
        hold_seconds: how long a lease is renewed at most; on Flink, at least three checkpoint intervals.
        turn_seconds: how long the steps behind should work on what a split pulls at a time; how much that is, is measured. A checkpoint
            waits for it.
    """

    messages: int = 10_000
    bytes: int = 100_000_000
    lease_seconds: int = 30
    hold_seconds: int = 600
    turn_seconds: float = 3.0


class Reader:
    """The subscription and the leases that the instances of a DoFn in one process share."""

    _all: dict[str, "Reader"] = {}  # noqa: RUF012 - shared by all instances on purpose
    _all_lock = threading.Lock()

    def __init__(self, subscription: str, limits: Limits) -> None:
        """Connect to a subscription."""
        self.subscription = Subscription(subscription)
        self.leases = Leases(self.subscription, limits.lease_seconds, limits.hold_seconds)
        self.paces: defaultdict[int, Pace] = defaultdict(lambda: Pace(limits.turn_seconds))  # by split
        self._users = 0
        self._lock = threading.Lock()
        self._keeper: threading.Thread | None = None

    @classmethod
    def join(cls, name: str, subscription: str, limits: Limits) -> "Reader":
        """Return this process's reader of that name, and count one more user."""
        with cls._all_lock:
            if name not in cls._all:
                cls._all[name] = cls(subscription, limits)
            cls._all[name]._users += 1
            return cls._all[name]

    def leave(self, name: str) -> None:
        """Count one user less; after the last one all messages are given back, since no one is left to commit them."""
        with self._all_lock:
            self._users -= 1
            if self._users == 0:
                self._all.pop(name, None)
                self.leases.give_back_all()

    def keep_leases(self) -> None:
        """Start the thread that renews leases, unless it is running."""
        with self._lock:
            if self._keeper is None:
                self._keeper = threading.Thread(target=self._keep, name="keep-leases", daemon=True)
                self._keeper.start()

    def _keep(self) -> None:
        while True:
            try:
                is_any_left = self.leases.keep()
            except Exception:  # the thread must survive, or no lease would be renewed
                LOGGER.exception("%s: failed to renew leases, retrying", self.subscription.name)
                is_any_left = True
            if not is_any_left:
                with self._lock:
                    if self.leases.unacknowledged() == (0, 0):  # nothing was pulled in the meantime
                        self._keeper = None
                        return
            time.sleep(KEEP_SECONDS)


class PullFn(beam.DoFn, RestrictionProvider, WatermarkEstimatorProvider):  # type: ignore[misc]
    """Pulls the messages of a subscription; an element is the number of a split, and all splits do the same."""

    def __init__(self, subscription: str, timestamp_attribute: str | None, limits: Limits) -> None:
        """Take the arguments of ``ReadFromPubSubPortably``."""
        self.subscription = subscription
        self.timestamp_attribute = timestamp_attribute
        self.limits = limits
        self.name = uuid.uuid4().hex  # separate leases for each transform of a process
        self.received = Metrics.counter(NAMESPACE, "received")
        self.failed_pulls = Metrics.counter(NAMESPACE, "failed_pulls")
        # All messages from before this time, since 1970, are acknowledged; it stands still while Pub/Sub can't be asked.
        self.acknowledged_until = Metrics.gauge(NAMESPACE, "acknowledged_until_seconds")

    def setup(self) -> None:
        """Join the process's reader."""
        self.reader = Reader.join(self.name, self.subscription, self.limits)

    def teardown(self) -> None:
        """Leave the process's reader."""
        self.reader.leave(self.name)

    def initial_restriction(self, split: int) -> Turns:
        """Return all turns."""
        return Turns(0)

    def create_tracker(self, turns: Turns) -> TurnTracker:
        """Return a tracker of turns."""
        return TurnTracker(turns)

    def restriction_size(self, split: int, turns: Turns) -> int:
        """Return 1, since all splits are equal."""
        return 1

    def restriction_coder(self) -> Coder:
        """Return the coder of turns."""
        return TurnsCoder()

    def initial_estimator_state(self, split: int, turns: Turns) -> int:
        """Return the beginning of time, as long as no message is known."""
        micros: int = MIN_TIMESTAMP.micros
        return micros

    def create_watermark_estimator(self, micros: int) -> HeldWatermark:
        """Return the watermark with its saved state."""
        return HeldWatermark(micros)

    def estimator_state_coder(self) -> Coder:
        """Return the coder of a number."""
        return VarIntCoder()

    @beam.DoFn.unbounded_per_element()  # type: ignore[untyped-decorator]
    def process(
        self,
        split: int,
        finalizer: Any = beam.DoFn.BundleFinalizerParam,  # must come before the tracker, or Beam passes the wrong arguments
        tracker: Any = beam.DoFn.RestrictionParam(),  # noqa: B008 - Beam's convention
        watermark: Any = beam.DoFn.WatermarkEstimatorParam(),  # noqa: B008
    ) -> Iterator[TimestampedValue]:
        """Yield the messages of one turn."""
        number = tracker.current_restriction().start
        if not tracker.try_claim(number):
            return
        leases = self.reader.leases
        turn = leases.begin(split, number)
        # Turns without messages too: they confirm earlier turns, and Prism finalizes every bundle, registered or not.
        finalizer.register(functools.partial(leases.finalize, turn))
        if DRAINING.is_set() and not leases.has_unacknowledged(split):
            tracker.try_claim(ENDLESS - 1)
            return
        pace = self.reader.paces[split]
        pace.begin()
        ends = time.monotonic() + TURN_SECONDS
        pause = 0.0
        while (left := pace.left()) and time.monotonic() < ends and not DRAINING.is_set():
            messages, size = leases.unacknowledged()
            limit = min(MAX_MESSAGES_PER_PULL, left, self.limits.messages - messages)
            if limit <= 0 or size >= self.limits.bytes:
                pause = RETRY_SECONDS
                self.acknowledged_until.set(leases.oldest().micros // 1_000_000)
                break
            asked = Timestamp.now()
            received = self.reader.subscription.pull(limit)
            if received is None:
                self.failed_pulls.inc()
                pause = RETRY_SECONDS
                break
            times = [event_time(each.message, self.timestamp_attribute) for each in received]
            if received:
                size = sum(len(each.message.data) for each in received)
                leases.take(turn, [each.ack_id for each in received], size, min(times))
                pace.take(len(received), size)
                self.reader.keep_leases()
                self.received.inc(len(received))
            watermark.advance(min(leases.oldest(), *times, asked - IDLE_MARGIN))
            self.acknowledged_until.set(min(leases.oldest(), asked).micros // 1_000_000)
            for each, time_ in zip(received, times, strict=True):
                yield TimestampedValue(_message(each.message), time_)
            if not received:
                # The server may answer at once that it has no messages, as the emulator does.
                pause = max(0.0, PULL_SECONDS - float(Timestamp.now() - asked))
                break
        tracker.defer_remainder(Duration(seconds=pause))


def _message(message: Any) -> PubsubMessage:
    """Return a message in the form of Beam's own reader."""
    return PubsubMessage(
        message.data, dict(message.attributes), message.message_id, publish_time(message), message.ordering_key
    )


def message_and_time(message: Any) -> tuple[Timestamp, PubsubMessage]:
    """Return a message in the form of Beam's own reader, and before it the time at which it was published."""
    return event_time(message, None), _message(message)


@dataclass
class ReadFromPubSubPortably(beam.PTransform):  # type: ignore[misc]
    """Reads ``PubsubMessage``s with their attributes, on runners without a Pub/Sub reader of their own.

    Attributes:
        subscription: ``projects/P/subscriptions/S``.
        timestamp_attribute: the attribute with a message's time, in RFC 3339 or milliseconds since 1970; without it, or if it is not a
            valid time, the time at which the message was published.
        splits: how many pull in parallel, if the runner has enough workers.
        limits: how much may be pulled and not acknowledged.
    """

    subscription: str
    timestamp_attribute: str | None = None
    splits: int = 4
    limits: Limits = Limits()

    def __post_init__(self) -> None:
        super().__init__()

    def expand(self, pbegin: beam.pvalue.PBegin) -> beam.PCollection[PubsubMessage]:
        """Return the messages, each with its time."""
        coder.register()
        pull = PullFn(self.subscription, self.timestamp_attribute, self.limits)
        return (
            pbegin
            | "Splits" >> beam.Create(range(self.splits), reshuffle=False)
            # Not Reshuffle, for whose elements Beam would take pickle. Like it, this keeps the splits' time: the watermark starts from it.
            | "Keyed" >> beam.Map(lambda split: (split, split)).with_output_types(tuple[int, int])
            | "SameTime" >> beam.WindowInto(GlobalWindows(), timestamp_combiner=TimestampCombiner.OUTPUT_AT_EARLIEST)
            | "Spread" >> beam.GroupByKey()
            | "Split" >> beam.Keys().with_output_types(int)
            | "Pull" >> beam.ParDo(pull).with_output_types(PubsubMessage)
        )
