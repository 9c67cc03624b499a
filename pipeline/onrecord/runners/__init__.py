# SPDX-License-Identifier: Apache-2.0
"""The capabilities of Beam's runners, as data; the documentation has the same table for users."""

from dataclasses import dataclass

_FIRES_NOTHING = (
    "would read the messages and never write a record, because it never closes a window; DirectRunner, the default, streams on this"
    " machine"
)
_FOR_STREAMS = "is for streams; DirectRunner, the default, runs a backfill on this machine"
_DOWNLOADS = "chooses a runner by what it can download; give DirectRunner or PrismRunner"


@dataclass(frozen=True, slots=True)
class Runner:
    """The capabilities of a runner. Sources and sinks list the runners that they refuse.

    Attributes:
        name: as ``--runner`` takes it.
        batch: Beam's name of the runner for a backfill.
        streaming: Beam's name of the runner for a stream.
        no_batch: why it can't run a backfill, and the way out; empty if it can.
        no_streaming: why it can't run a stream, and the way out; empty if it can.
        is_local: whether it is part of Beam's Python package and runs in local processes that onrecord starts.
        has_pubsub: whether it has its own Pub/Sub reader; others use the portable one.
        counts_once: whether its counters count a retried bundle once.
        waits_for_backlog: whether a window stays open, in a stream, until a backlog of messages is worked off.
        asks_for_stable_input: whether it retries a step with the same input after a failure, but only if asked for stable input.
    """

    name: str
    batch: str
    streaming: str
    no_batch: str = ""
    no_streaming: str = ""
    is_local: bool = False
    has_pubsub: bool = False
    counts_once: bool = False
    waits_for_backlog: bool = False
    asks_for_stable_input: bool = False


DIRECT = Runner(
    "DirectRunner", "FnApiRunner", "BundleBasedDirectRunner", is_local=True, has_pubsub=True, counts_once=True
)
PRISM = Runner("PrismRunner", "PrismRunner", "PrismRunner", counts_once=True)
FLINK = Runner("FlinkRunner", "FlinkRunner", "FlinkRunner", waits_for_backlog=True, asks_for_stable_input=True)
DATAFLOW = Runner("DataflowRunner", "DataflowRunner", "DataflowRunner", has_pubsub=True, waits_for_backlog=True)
PORTABLE = Runner("PortableRunner", "PortableRunner", "PortableRunner", waits_for_backlog=True)
RUNNERS = (
    DIRECT,
    PRISM,
    FLINK,
    DATAFLOW,
    PORTABLE,
    Runner("FnApiRunner", "FnApiRunner", "", no_streaming=_FIRES_NOTHING, is_local=True, counts_once=True),
    Runner(
        "BundleBasedDirectRunner", "", "BundleBasedDirectRunner", no_batch=_FOR_STREAMS,
        is_local=True, has_pubsub=True, counts_once=True,
    ),
    Runner("SwitchingDirectRunner", "", "", no_batch=_DOWNLOADS, no_streaming=_DOWNLOADS),
)  # fmt: skip
_BY_NAME = {runner.name.lower(): runner for runner in RUNNERS}
OFFERED = tuple(runner.name for runner in RUNNERS if not (runner.no_batch and runner.no_streaming))


def find(name: str) -> Runner | None:
    """Return the runner with a name, in upper or lower case; None if there is none."""
    return _BY_NAME.get(name.lower())
