# SPDX-License-Identifier: Apache-2.0
"""Sources of article messages: one module and one registration per source.

A backfill reads files; a stream reads one of the registered ``Source``s. Another package adds one with an entry point in the group
``onrecord.sources``. Nothing in this module needs Beam, so that the command line can list the sources quickly.
"""

import functools
import pkgutil
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from onrecord.data.plugins import PluginError, registered
from onrecord.data.settings import BATCH_SIZE, DEFAULT_INPUT, InputSettings

if TYPE_CHECKING:
    import apache_beam as beam

ENTRY_POINTS = "onrecord.sources"
MAX_SECONDS = 366 * 24 * 3600
SUBSCRIPTION = re.compile(r"projects/[^/]+/subscriptions/[^/]+")
TOPIC = re.compile(r"projects/[^/]+/topics/[^/]+")


@dataclass(frozen=True)
class SourceContext:
    """Properties of a run that a source may depend on.

    Attributes:
        has_pubsub: whether the runner has its own Pub/Sub reader.
        options: values of the source's own options, by their names with underscores.
        reading: how files are read.
        at_once: how many messages are read at a time on the local runner, which is done with them before it reads the next.
    """

    has_pubsub: bool
    options: Mapping[str, int]
    reading: InputSettings = DEFAULT_INPUT
    at_once: int = BATCH_SIZE


@dataclass(frozen=True)
class SourceOption:
    """An option of a single source; its value is an integer."""

    name: str
    metavar: str
    default: int
    help: str
    minimum: int = 1
    maximum: int = MAX_SECONDS


def no_problem(value: str) -> str | None:
    """Accept every value."""
    return None


@dataclass(frozen=True)
class Source:
    """Something that ``onrecord stream`` can read from.

    Attributes:
        name: name of the option that selects it: ``watch`` for ``--watch``.
        metavar: placeholder for that option's value in its help.
        help: help text of that option.
        transform: ``package.module:function`` from the option's value and a ``SourceContext`` to the ``PTransform`` that reads
            ``Message``s. It is imported when the job is built.
        problem: returns why a value is invalid, or None.
        options: further options.
        acknowledges: whether messages are acknowledged to a service, which then does not redeliver messages that are lost in memory.
        refusals: the runners that can't read it, by name, each with the reason and the way out; all others can.
    """

    name: str
    metavar: str
    help: str
    transform: str
    problem: Callable[[str], str | None] = no_problem
    options: tuple[SourceOption, ...] = ()
    acknowledges: bool = False
    refusals: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

    def read(self, value: str, context: SourceContext) -> "beam.PTransform":
        """Return the step that reads messages."""
        make: Callable[[str, SourceContext], Any] = pkgutil.resolve_name(self.transform)
        return make(value, context)


def watch_problem(value: str) -> str | None:
    """Return why files can't be watched, or None."""
    return (
        "standard input can't be watched; give a folder or pattern, or read it with 'onrecord backfill -'"
        if value == "-"
        else None
    )


def subscription_problem(value: str) -> str | None:
    """Return why a name of a Pub/Sub subscription is invalid, or None."""
    return None if SUBSCRIPTION.fullmatch(value) else "give the full name, projects/PROJECT/subscriptions/SUBSCRIPTION"


def topic_problem(value: str) -> str | None:
    """Return why a name of a Pub/Sub topic is invalid, or None."""
    return None if TOPIC.fullmatch(value) else "give the full name, projects/PROJECT/topics/TOPIC"


_NO_TOPIC = "reads from a --subscription only; create one with 'gcloud pubsub subscriptions create NAME --topic TOPIC', or with any client"
_WATCHES_HERE = "only DirectRunner, the default, can watch files"

BUILT_IN = (
    Source(
        name="subscription",
        metavar="NAME",
        help="Pub/Sub subscription to read from: projects/P/subscriptions/S",
        transform="onrecord.sources.pubsub:from_subscription",
        problem=subscription_problem,
        options=(
            SourceOption(
                "pull-ahead",
                "SECONDS",
                3,
                "on runners that use onrecord's reader, such as Flink: how many seconds of work are pulled at a time; a checkpoint waits"
                " for them",
                maximum=600,
            ),
            SourceOption(
                "max-unacknowledged",
                "N",
                10_000,
                "on the same runners: maximum number of messages that are pulled and not acknowledged, per worker",
                maximum=1_000_000,
            ),
        ),
        acknowledges=True,
    ),
    Source(
        name="topic",
        metavar="NAME",
        help="Pub/Sub topic to read from, starting now: projects/P/topics/T",
        transform="onrecord.sources.pubsub:from_topic",
        problem=topic_problem,
        acknowledges=True,
        refusals=MappingProxyType(dict.fromkeys(("PrismRunner", "FlinkRunner", "PortableRunner"), _NO_TOPIC)),
    ),
    Source(
        name="watch",
        metavar="GLOB",
        help="folder or pattern of files to read once each, as soon as they appear under their final names",
        transform="onrecord.sources.watched_files:from_files",
        problem=watch_problem,
        options=(SourceOption("every", "SECONDS", 10, "seconds between scans for new files"),),
        refusals=MappingProxyType(
            dict.fromkeys(("PrismRunner", "FlinkRunner", "DataflowRunner", "PortableRunner"), _WATCHES_HERE)
        ),
    ),
)


@functools.cache
def sources() -> Mapping[str, Source]:
    """Return the sources of a stream by name: the package's own, then those of other packages.

    Raises:
        PluginError: another package registers a source that can't be used.
    """
    found: dict[str, Source] = {}
    for source in (*BUILT_IN, *registered(ENTRY_POINTS, Source)):
        if source.name in found:
            raise PluginError(f"source {source.name!r}: another package registers the same name")
        found[source.name] = source
    return MappingProxyType(found)
