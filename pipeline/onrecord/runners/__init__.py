"""Which of Beam's runners can do what, as data; ``docs/runners.md`` says the same for readers."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal

Source = Literal["files", "subscription", "topic", "watch"]

STREAM_SOURCES: tuple[Source, ...] = ("subscription", "topic", "watch")
_WATCHES_HERE = "files are watched by DirectRunner only, which is the default"
_NO_TOPIC = "reads from a --subscription only; make one with 'gcloud pubsub subscriptions create NAME --topic TOPIC', or with any client"
_FIRES_NOTHING = (
    "would read the messages and never write a record, because no window fires there; DirectRunner, the default, streams on this"
    " machine"
)
_FOR_STREAMS = "is for streams; DirectRunner, the default, runs a backfill on this machine"
_DOWNLOADS = "chooses a runner by what it can download; say DirectRunner or PrismRunner"


@dataclass(frozen=True, slots=True)
class Runner:
    """What a runner can do.

    Attributes:
        name: as ``--runner`` takes it.
        batch: what Beam calls the one that runs a backfill.
        streaming: what Beam calls the one that runs a stream.
        refusals: what it can't read from, and why; all else it can.
        is_local: whether it is made of what Beam's Python package brings along, in processes of this machine that we start.
        has_pubsub: whether it reads Pub/Sub by itself; to others we bring a source.
        counts_once: whether its counters count a retried bundle once.
        asks_for_stable_input: whether it must be told which steps need the same input again when they are repeated, and can do that.
    """

    name: str
    batch: str
    streaming: str
    refusals: Mapping[Source, str] = field(default_factory=lambda: MappingProxyType({}))
    is_local: bool = False
    has_pubsub: bool = False
    counts_once: bool = False
    asks_for_stable_input: bool = False


_STREAMS_REFUSED: dict[Source, str] = dict.fromkeys(STREAM_SOURCES, _FIRES_NOTHING)
_PORTABLE: dict[Source, str] = {"topic": _NO_TOPIC, "watch": _WATCHES_HERE}
_EVERYTHING: tuple[Source, ...] = ("files", *STREAM_SOURCES)

DIRECT = Runner(
    "DirectRunner", "FnApiRunner", "BundleBasedDirectRunner", is_local=True, has_pubsub=True, counts_once=True
)
PRISM = Runner("PrismRunner", "PrismRunner", "PrismRunner", _PORTABLE, counts_once=True)
FLINK = Runner("FlinkRunner", "FlinkRunner", "FlinkRunner", _PORTABLE, asks_for_stable_input=True)
DATAFLOW = Runner("DataflowRunner", "DataflowRunner", "DataflowRunner", {"watch": _WATCHES_HERE}, has_pubsub=True)
PORTABLE = Runner("PortableRunner", "PortableRunner", "PortableRunner", _PORTABLE)
RUNNERS = (
    DIRECT,
    PRISM,
    FLINK,
    DATAFLOW,
    PORTABLE,
    Runner("FnApiRunner", "FnApiRunner", "", _STREAMS_REFUSED, is_local=True, counts_once=True),
    Runner(
        "BundleBasedDirectRunner", "", "BundleBasedDirectRunner", {"files": _FOR_STREAMS},
        is_local=True, has_pubsub=True, counts_once=True,
    ),
    Runner("SwitchingDirectRunner", "", "", dict.fromkeys(_EVERYTHING, _DOWNLOADS)),
)  # fmt: skip
BY_NAME = {runner.name.lower(): runner for runner in RUNNERS}
OFFERED = tuple(runner.name for runner in RUNNERS if len(runner.refusals) < len(_EVERYTHING))


def chosen(name: str, source: Source, problems: list[str]) -> Runner:
    """Return the runner of a name, in upper or lower case; why it can't read from a source goes to the problems."""
    runner = BY_NAME.get(name.lower())
    if runner is None:
        problems.append(
            f"--runner {name}: choose from {', '.join(OFFERED)}; one that has a Beam job server is reached by PortableRunner with"
            " --job_endpoint"
        )
        return DIRECT
    if source in runner.refusals:
        problems.append(f"--runner {runner.name}: {runner.refusals[source]}")
    return runner
