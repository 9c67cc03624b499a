"""The splittable DoFn that pulls, and the transform around it."""

import functools
import logging
import threading
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any

import apache_beam as beam
from apache_beam.coders import Coder, VarIntCoder
from apache_beam.io.gcp.pubsub import PubsubMessage
from apache_beam.metrics.metric import Metrics
from apache_beam.transforms.core import RestrictionProvider, WatermarkEstimatorProvider
from apache_beam.transforms.window import TimestampedValue
from apache_beam.utils.timestamp import MAX_TIMESTAMP, MIN_TIMESTAMP, Duration, Timestamp

from .leases import Leases
from .subscription import PULL_SECONDS, Subscription
from .turns import ENDLESS, HeldWatermark, Turns, TurnsCoder, TurnTracker

LOGGER = logging.getLogger(__name__)
NAMESPACE = "portable_pubsub"  # of the metrics
TURN_SECONDS = 1.0  # a checkpoint waits for the end of a turn
RETRY_SECONDS = 2.0  # between two tries while Pub/Sub can't be reached, or while all that may be out is out
KEEP_SECONDS = 2.0  # between two looks at the leases; the shortest lease that a subscription begins with is 10 seconds
IDLE_MARGIN = Duration(seconds=10)  # a message that is published by now may take so long to be delivered
MOST_A_PULL = 1_000  # what Pub/Sub gives out at most
DRAINING = threading.Event()
EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


def drain() -> None:
    """Let the splits of this process end, each when what it pulled is acknowledged.

    For runners whose workers live in the process that launched the job (Prism with the ``LOOPBACK`` environment): the watermark then
    goes to the end of time, which fires all windows, and the job ends.
    """
    DRAINING.set()


def publish_time(message: Any) -> datetime:
    """Return when a message was published; the client's times are of a class of their own, the sum is a plain one."""
    published: datetime = EPOCH + (message.publish_time - EPOCH)
    return published


def event_time(message: Any, attribute: str | None) -> Timestamp:
    """Return a message's time: what an attribute says, in RFC 3339 or milliseconds since 1970, else when it was published."""
    value = message.attributes.get(attribute) if attribute else None
    if value:
        try:
            told = Timestamp(micros=int(value) * 1000) if value.isdecimal() else Timestamp.from_rfc3339(value)
            if MIN_TIMESTAMP < told < MAX_TIMESTAMP:
                return told
        except (ValueError, OverflowError):
            pass  # whoever reads the message on sees the attribute too
    return Timestamp(micros=(publish_time(message) - EPOCH) // timedelta(microseconds=1))


@dataclass(frozen=True)
class Limits:
    """How much one process may have pulled and not acknowledged, and for how long.

    Attributes:
        messages: how many.
        bytes: of payload; one pull more may come on top, of 10 MB at most.
        lease_seconds: a lease is renewed for so long; after a worker was killed, its messages come again within that time. From 10
            to 600.
        hold_seconds: so long a message's lease is renewed at most; on Flink, three checkpoint intervals or more.
    """

    messages: int = 10_000
    bytes: int = 100_000_000
    lease_seconds: int = 30
    hold_seconds: int = 600


class Reader:
    """What the DoFn's instances in one process share."""

    _all: dict[str, "Reader"] = {}  # noqa: RUF012 - one a process is the point
    _all_lock = threading.Lock()

    def __init__(self, subscription: str, limits: Limits) -> None:
        """Connect."""
        self.subscription = Subscription(subscription)
        self.leases = Leases(self.subscription, limits.lease_seconds, limits.hold_seconds)
        self._users = 0
        self._lock = threading.Lock()
        self._keeper: threading.Thread | None = None

    @classmethod
    def join(cls, name: str, subscription: str, limits: Limits) -> "Reader":
        """Return this process's reader of that name, for one more instance."""
        with cls._all_lock:
            if name not in cls._all:
                cls._all[name] = cls(subscription, limits)
            cls._all[name]._users += 1
            return cls._all[name]

    def leave(self, name: str) -> None:
        """Take an instance off; after the last one, nobody is left who could commit what is out."""
        with self._all_lock:
            self._users -= 1
            if self._users == 0:
                self._all.pop(name, None)
                self.leases.give_back_all()

    def keep_leases(self) -> None:
        """Make sure that the leases are renewed."""
        with self._lock:
            if self._keeper is None:
                self._keeper = threading.Thread(target=self._keep, name="keep-leases", daemon=True)
                self._keeper.start()

    def _keep(self) -> None:
        while True:
            try:
                is_any_left = self.leases.keep()
            except Exception:  # without this thread no lease would be renewed any more
                LOGGER.exception("%s: leases could not be renewed, trying again", self.subscription.name)
                is_any_left = True
            if not is_any_left:
                with self._lock:
                    if self.leases.out() == (0, 0):  # nothing was pulled meanwhile
                        self._keeper = None
                        return
            time.sleep(KEEP_SECONDS)


class PullFn(beam.DoFn, RestrictionProvider, WatermarkEstimatorProvider):  # type: ignore[misc]
    """Pulls the messages of a subscription; an element is the number of a split, and splits differ in nothing."""

    def __init__(self, subscription: str, timestamp_attribute: str | None, limits: Limits) -> None:
        """Pull as the transform says."""
        self.subscription = subscription
        self.timestamp_attribute = timestamp_attribute
        self.limits = limits
        self.name = uuid.uuid4().hex  # two transforms of a process have leases of their own
        self.received = Metrics.counter(NAMESPACE, "received")
        self.failed_pulls = Metrics.counter(NAMESPACE, "failed_pulls")

    def setup(self) -> None:
        """Join the process's reader."""
        self.reader = Reader.join(self.name, self.subscription, self.limits)

    def teardown(self) -> None:
        """Leave it."""
        self.reader.leave(self.name)

    def initial_restriction(self, split: int) -> Turns:
        """Return all turns."""
        return Turns(0)

    def create_tracker(self, turns: Turns) -> TurnTracker:
        """Return a tracker of turns."""
        return TurnTracker(turns)

    def restriction_size(self, split: int, turns: Turns) -> int:
        """Return 1: splits are equal."""
        return 1

    def restriction_coder(self) -> Coder:
        """Return the coder of turns."""
        return TurnsCoder()

    def initial_estimator_state(self, split: int, turns: Turns) -> int:
        """Return the beginning of time: nothing is known yet."""
        micros: int = MIN_TIMESTAMP.micros
        return micros

    def create_watermark_estimator(self, micros: int) -> HeldWatermark:
        """Return the watermark as it was."""
        return HeldWatermark(micros)

    def estimator_state_coder(self) -> Coder:
        """Return the coder of a number."""
        return VarIntCoder()

    @beam.DoFn.unbounded_per_element()  # type: ignore[untyped-decorator]
    def process(
        self,
        split: int,
        finalizer: Any = beam.DoFn.BundleFinalizerParam,  # Beam breaks the call if it stands behind the tracker
        tracker: Any = beam.DoFn.RestrictionParam(),  # noqa: B008 - how Beam wants it
        watermark: Any = beam.DoFn.WatermarkEstimatorParam(),  # noqa: B008
    ) -> Iterator[TimestampedValue]:
        """Yield what comes in one turn."""
        number = tracker.current_restriction().start
        if not tracker.try_claim(number):
            return
        leases = self.reader.leases
        turn = leases.begin(split, number)
        # Without messages too: they confirm the turns before, and Prism finalizes every bundle, registered or not.
        finalizer.register(functools.partial(leases.finalize, turn))
        if DRAINING.is_set() and not leases.are_out(split):
            tracker.try_claim(ENDLESS - 1)
            return
        ends = time.monotonic() + TURN_SECONDS
        pause = 0.0
        while time.monotonic() < ends and not DRAINING.is_set():
            messages, size = leases.out()
            most = min(MOST_A_PULL, self.limits.messages - messages)
            if most <= 0 or size >= self.limits.bytes:
                pause = RETRY_SECONDS
                break
            asked = Timestamp.now()
            received = self.reader.subscription.pull(most)
            if received is None:
                self.failed_pulls.inc()
                pause = RETRY_SECONDS
                break
            times = [event_time(each.message, self.timestamp_attribute) for each in received]
            if received:
                size = sum(len(each.message.data) for each in received)
                leases.take(turn, [each.ack_id for each in received], size, min(times))
                self.reader.keep_leases()
                self.received.inc(len(received))
            watermark.advance(min(leases.oldest(), *times, asked - IDLE_MARGIN))
            for each, time_ in zip(received, times, strict=True):
                yield TimestampedValue(_message(each.message), time_)
            if not received:
                # The server may answer at once that there is nothing, as the emulator does.
                pause = max(0.0, PULL_SECONDS - float(Timestamp.now() - asked))
                break
        tracker.defer_remainder(Duration(seconds=pause))


def _message(message: Any) -> PubsubMessage:
    """Return a message as Beam's own reader gives it."""
    return PubsubMessage(
        message.data, dict(message.attributes), message.message_id, publish_time(message), message.ordering_key
    )


@dataclass
class ReadFromPubSubPortably(beam.PTransform):  # type: ignore[misc]
    """Reads ``PubsubMessage``s, with their attributes, on runners without a Pub/Sub of their own.

    Attributes:
        subscription: ``projects/P/subscriptions/S``.
        timestamp_attribute: the attribute that holds a message's time, in RFC 3339 or milliseconds since 1970; otherwise, and where
            it says no time, the time at which the message was published.
        splits: how many pull beside each other, as far as the runner has workers for them.
        limits: what may be out.
    """

    subscription: str
    timestamp_attribute: str | None = None
    splits: int = 4
    limits: Limits = Limits()

    def __post_init__(self) -> None:
        super().__init__()

    def expand(self, pbegin: beam.pvalue.PBegin) -> beam.PCollection[PubsubMessage]:
        """Return the messages, each with its time."""
        pull = PullFn(self.subscription, self.timestamp_attribute, self.limits)
        return (
            pbegin
            | "Splits" >> beam.Create(range(self.splits))
            | "Spread" >> beam.Reshuffle()
            | "Pull" >> beam.ParDo(pull).with_output_types(PubsubMessage)
        )
