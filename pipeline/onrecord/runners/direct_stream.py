"""Streaming on Beam's local runner: its sources, made so that they can be told to stop.

Of Beam 2.77's local runners only ``BundleBasedDirectRunner`` fires windows while a source goes on. It can't run splittable DoFns, so
not ``MatchContinuously`` either, and what it calls a source is a root transform with an *evaluator*, which it asks for more whenever
nothing else is to be done. (So memory is bounded: the next messages are read when the last ones are through.) Three things about its
own Pub/Sub evaluator can't stay: it never ends, an idle subscription fails the job after four waits of 30 seconds, and no window is
written while it waits.

The evaluators here end when a drain is asked for: first they let all timers run out, so that what waits for late company is written
(the runner forgets that when the watermark jumps to the end of time), then they move the watermark there, which writes the rest.
"""

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from apache_beam.pvalue import PBegin
from apache_beam.runners.direct import executor
from apache_beam.runners.direct.direct_runner import BundleBasedDirectRunner, _DirectReadFromPubSub
from apache_beam.runners.direct.executor import TransformExecutor
from apache_beam.runners.direct.transform_evaluator import (
    TransformEvaluatorRegistry,
    _PubSubReadEvaluator,
    _TransformEvaluator,
)
from apache_beam.runners.direct.util import TransformResult
from apache_beam.runners.worker import statesampler
from apache_beam.transforms.window import GlobalWindows
from apache_beam.utils.counters import CounterFactory
from apache_beam.utils.timestamp import MAX_TIMESTAMP, Timestamp
from google.api_core.exceptions import DeadlineExceeded, NotFound, RetryError, ServiceUnavailable

from onrecord.sources.polled import PolledMessages

PULL_SECONDS = 2.0  # that a wait for messages may take; windows wait as long
FAR_AHEAD_SECONDS = 10 * 365 * 24 * 3600.0  # longer than any timer runs
NO_ANSWER = (DeadlineExceeded, RetryError, ServiceUnavailable)
TOLD_AGAIN_SECONDS = 60.0  # between two lines on an outage
LONGEST_REASON = 300  # code points


class Drain:
    """Whether this process's streaming job is to end; there is one job a process."""

    def __init__(self) -> None:
        """Begin with a job that goes on."""
        self.requested = threading.Event()
        self.timers_ran_out = False

    def request(self) -> None:
        """Ask the sources to stop reading."""
        self.requested.set()

    def reset(self) -> None:
        """Begin a new job."""
        self.__init__()  # type: ignore[misc]


DRAIN = Drain()

Tell = Callable[[str, str], None]  # takes an event, in a word, and the same for people


@dataclass
class Reachability:
    """Whether Pub/Sub can be reached: a line when it can't, and a line when it can again, however often it is tried meanwhile.

    Attributes:
        tell: is told.
        clock: the time, in seconds.
    """

    tell: Tell
    clock: Callable[[], float] = time.monotonic
    _lost_at: float | None = None
    _told_at: float = float("-inf")

    def lost(self, reason: str) -> None:
        """Take note that a try failed; a connection that comes and goes is told of once in a while."""
        now = self.clock()
        if self._lost_at is None and now - self._told_at >= TOLD_AGAIN_SECONDS:
            self._lost_at = self._told_at = now
            self.tell("unreachable", f"Pub/Sub can't be reached; trying until it can: {reason[:LONGEST_REASON]}")

    def found(self) -> None:
        """Take note that a try was answered."""
        if self._lost_at is not None:
            self.tell("reachable", f"Pub/Sub can be reached again, after {self.clock() - self._lost_at:,.0f} s")
            self._lost_at = None


def _let_go_of_holds(context: Any) -> None:
    """Take away what holds the watermark back behind a GroupByKey, so that the job can end.

    Late records that wait for company move that watermark back to their window's end until they are given out. A late record of a
    later window that comes meanwhile is given out at once, but leaves its hold for ever, and the runner calls the end of such a job a
    stall. Nothing behind the GroupByKeys goes by the watermark.
    """
    for keyed in context._transform_keyed_states.values():
        for state in keyed.values():
            for window in state.state.values():
                window.pop("watermark", None)
    for watermarks in context._watermark_manager._transform_to_watermarks.values():
        watermarks._keyed_earliest_holds.clear()


def _finish(evaluator: Any, poll: Callable[[], list[tuple[Timestamp, object]]]) -> TransformResult:
    """Return what a source gives when it is asked: the next values, or after a drain the end."""
    context = evaluator._evaluation_context
    if DRAIN.timers_ran_out:
        _let_go_of_holds(context)
        return TransformResult(evaluator, [], [], None, {None: MAX_TIMESTAMP})
    values = poll()
    bundles = []
    if values:
        (output,) = evaluator._outputs
        bundle = context.create_bundle(output)
        for timestamp, value in values:
            bundle.output(GlobalWindows.windowed_value(value, timestamp=timestamp))
        bundles.append(bundle)
    elif DRAIN.requested.is_set():
        clock = context._watermark_manager._clock
        clock.time = lambda: time.time() + FAR_AHEAD_SECONDS
        DRAIN.timers_ran_out = True
    again = context.create_bundle(PBegin(evaluator._applied_ptransform.transform.pipeline))
    # Not empty: the runner would keep an empty one for ever. At the end of time it holds nothing up.
    again.add(GlobalWindows.windowed_value(b"", timestamp=MAX_TIMESTAMP))
    return TransformResult(evaluator, bundles, [again], None, {None: Timestamp.of(time.time())})


class _PolledEvaluator(_TransformEvaluator):  # type: ignore[misc]
    """Asks a ``PolledMessages`` for more."""

    def process_element(self, element: object) -> None:
        """Take what asked for this turn."""

    def finish_bundle(self) -> TransformResult:
        """Return the next messages."""

        def poll() -> list[tuple[Timestamp, object]]:
            now = Timestamp.of(time.time())
            return [(now, message) for message in self._applied_ptransform.transform.poll(DRAIN.requested)]

        return _finish(self, poll)


class _ShortPull:
    """A subscriber that comes back from a wait for messages in time for other things to be done."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def pull(self, **arguments: Any) -> Any:
        return self._client.pull(**{**arguments, "timeout": PULL_SECONDS, "retry": None})

    def acknowledge(self, **arguments: Any) -> None:
        # Nobody knows whether it got there; a message that comes again is known.
        with suppress(*NO_ANSWER):
            self._client.acknowledge(**arguments)


class _PubSubEvaluator(_PubSubReadEvaluator):  # type: ignore[misc]
    """Beam's local Pub/Sub reader, which waits patiently and can be told to stop."""

    reachability = Reachability(lambda event, text: None)

    @classmethod
    def _get_subscriber_client(cls, transform: object) -> _ShortPull:
        return _ShortPull(super()._get_subscriber_client(transform))

    def finish_bundle(self) -> TransformResult:
        """Return the next messages."""

        def poll() -> list[tuple[Timestamp, object]]:
            if DRAIN.requested.is_set():
                return []
            messages: list[tuple[Timestamp, object]] = []
            try:
                messages = list(self._read_from_pubsub(None))
            except ServiceUnavailable as error:
                self.reachability.lost(str(error.message))
                DRAIN.requested.wait(PULL_SECONDS)
                return []
            except NotFound as error:
                hint = "'gcloud pubsub subscriptions create' makes one"
                said = f"{self._sub_name}: {error.message}; {hint}"
                raise NotFound(said) from None  # type: ignore[no-untyped-call]
            except NO_ANSWER:
                pass  # there is no message
            self.reachability.found()
            return messages

        return _finish(self, poll)


class _CountingExecutor(TransformExecutor):  # type: ignore[misc]
    """Runs a bundle with a state sampler of its own.

    Beam's has one a thread, which keeps the counters of the first bundle of a step and adds all later ones to that, too late: a job's
    counters are those of its first bundles.
    """

    def call(self, state_sampler: object) -> None:
        own = statesampler.StateSampler("", CounterFactory())
        statesampler.set_current_tracker(own)
        super().call(own)


def runner(tell: Tell) -> BundleBasedDirectRunner:
    """Return the local runner with sources that can be told to stop and tell when they read nothing, and with counters that count."""
    DRAIN.reset()
    _PubSubEvaluator.reachability = Reachability(tell)
    executor.TransformExecutor = _CountingExecutor
    # Named for tests, and the only way in: the runner asks this table how to run a root transform.
    TransformEvaluatorRegistry._test_evaluators_overrides.update(
        {PolledMessages: _PolledEvaluator, _DirectReadFromPubSub: _PubSubEvaluator}
    )
    return BundleBasedDirectRunner()
