# SPDX-License-Identifier: Apache-2.0
"""All that onrecord uses of Beam without a promise that it stays: private names, classes of runners, what a runner calls its threads.

Everything else in the package uses Beam's public API only; ``tests/runners/test_beam_internals.py`` holds a table of the names used
here and scans the package for others. A new version of Beam is tried by running the tests with ``ONRECORD_ANY_BEAM=1``, then added to
``TESTED_WITH`` and to the range in ``pyproject.toml``.
"""

import os
import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent import futures
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

import apache_beam as beam
import grpc
import requests
from apache_beam.coders import Coder, FastPrimitivesCoder
from apache_beam.metrics.cells import CounterCell
from apache_beam.options.pipeline_options import FlinkRunnerOptions, PipelineOptions
from apache_beam.portability import common_urns
from apache_beam.portability.api import beam_artifact_api_pb2_grpc as artifact_services
from apache_beam.portability.api import endpoints_pb2
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
from apache_beam.runners.portability import artifact_service
from apache_beam.runners.portability.abstract_job_service import JarArtifactManager
from apache_beam.runners.portability.flink_runner import FlinkRunner
from apache_beam.runners.portability.flink_uber_jar_job_server import FlinkBeamJob, FlinkUberJarJobServer
from apache_beam.runners.portability.portable_runner import JobServiceHandle, PortableRunner
from apache_beam.runners.portability.prism_runner import PrismRunner
from apache_beam.runners.runner import PipelineResult
from apache_beam.runners.worker import statesampler
from apache_beam.transforms import core
from apache_beam.transforms.window import GlobalWindows
from apache_beam.utils.counters import CounterFactory
from apache_beam.utils.timestamp import MAX_TIMESTAMP, Timestamp

from onrecord import clock

TESTED_WITH = ("2.77",)
ANY_BEAM = "ONRECORD_ANY_BEAM"  # environment variable: 1 runs with versions that were not tested


class UntestedBeamError(RuntimeError):
    """The installed version of Beam may not have the internals that onrecord depends on."""


def check_version(installed: str = beam.__version__) -> None:
    """Refuse to run with a version of Beam that was not tested; runners that need something of this module call this first.

    Raises:
        UntestedBeamError: another version is installed, and ``ONRECORD_ANY_BEAM`` is not set to 1.
    """
    if ".".join(installed.split(".")[:2]) in TESTED_WITH or os.environ.get(ANY_BEAM) == "1":
        return
    raise UntestedBeamError(
        f"apache-beam {installed} is installed; onrecord was tested with {' and '.join(TESTED_WITH)} and uses internals of Beam that"
        f" other versions may lack; install one with pip install 'apache-beam=={TESTED_WITH[-1]}.*', or set {ANY_BEAM}=1 to run with"
        " this one"
    )


# --- The local streaming runner -------------------------------------------------------------------------------------------------------
#
# Of Beam's local runners only BundleBasedDirectRunner fires windows while a source is still running. It runs a root transform through an
# *evaluator*, which it asks for more input whenever it has nothing else to do (so memory is bounded: the next messages are read when the
# last ones are through). Beam's own Pub/Sub evaluator never ends, fails the job after four waits of 30 seconds without a message, and
# blocks all windows while it waits. The evaluators here end when a drain is requested: first they let all timers fire, so that records
# held back for late company are written (the runner forgets them when the watermark jumps to the end of time); then they move the
# watermark to the end of time, which writes the rest.
#
# Replacement: Prism, once `pip install apache-beam` brings a binary, with sources/portable_pubsub and a splittable DoFn for --watch.

FAR_AHEAD_SECONDS = 10 * 365 * 24 * 3600.0  # longer than any timer runs

Values = list[tuple[Timestamp, Any]]
Read = Callable[[beam.PTransform], Values]
Pull = Callable[[str], Values]
# Takes a function, returns the names and the defaults of its arguments.
Arguments = Callable[[Any], tuple[list[str], list[Any]]]


class _Ending:
    """How far a job has come in ending; shared by the evaluators of its sources."""

    def __init__(self, requested: threading.Event) -> None:
        self.requested = requested
        self.timers_fired = False
        self.failure: Exception | None = None

    def values(self, read: Callable[[], Values]) -> Values:
        """Return the values that a source reads.

        The runner tries a failed bundle four times, and a source would resume behind its error, as if there had been none.
        So the first error is raised each time, which fails the job.
        """
        if self.failure is None:
            try:
                return read()
            except Exception as error:
                self.failure = error
        raise self.failure


def _release_holds(context: Any) -> None:
    """Remove the holds on the watermarks behind GroupByKeys, so that the job can end.

    Late records that wait for others move that watermark back to the end of their window until they are emitted. A late record of a
    later window that arrives in the meantime is emitted at once but never releases its hold, and the runner reports the end of such a
    job as a stall. Nothing behind the GroupByKeys depends on the watermark.
    """
    for keyed in context._transform_keyed_states.values():
        for state in keyed.values():
            for window in state.state.values():
                window.pop("watermark", None)
    for watermarks in context._watermark_manager._transform_to_watermarks.values():
        watermarks._keyed_earliest_holds.clear()


def _fire_timers(context: Any) -> None:
    """Set the runner's clock so far ahead that all processing-time timers are due."""
    context._watermark_manager._clock.time = lambda: clock.steady_time() + FAR_AHEAD_SECONDS


def _bundle_result(evaluator: Any, ending: _Ending, read: Callable[[], Values]) -> TransformResult:
    """Return what a source gives when it is asked for more: the next values, or the end after a drain."""
    context = evaluator._evaluation_context
    if ending.timers_fired:
        _release_holds(context)
        return TransformResult(evaluator, [], [], None, {None: MAX_TIMESTAMP})
    # For its timers: the system's clock may be set back, and they would not fire until it is where it was.
    context._watermark_manager._clock.time = clock.steady_time
    values = ending.values(read)
    bundles = []
    if values:
        (output,) = evaluator._outputs
        bundle = context.create_bundle(output)
        for timestamp, value in values:
            bundle.output(GlobalWindows.windowed_value(value, timestamp=timestamp))
        bundles.append(bundle)
    elif ending.requested.is_set():
        _fire_timers(context)
        ending.timers_fired = True
    unprocessed = context.create_bundle(PBegin(evaluator._applied_ptransform.transform.pipeline))
    # Not empty, since the runner would keep an empty bundle forever. At the end of time it does not hold the watermark back.
    unprocessed.add(GlobalWindows.windowed_value(b"", timestamp=MAX_TIMESTAMP))
    return TransformResult(evaluator, bundles, [unprocessed], None, {None: Timestamp.of(clock.steady_time())})


class _PolledEvaluator(_TransformEvaluator):  # type: ignore[misc]
    """Reads the values of a root transform with a function."""

    def __init__(self, ending: _Ending, read: Read, *arguments: Any) -> None:
        self._ending = ending
        self._read = read
        super().__init__(*arguments)

    def process_element(self, element: object) -> None:
        """Ignore the element, which only keeps the bundle from being empty."""

    def finish_bundle(self) -> TransformResult:
        return _bundle_result(self, self._ending, lambda: self._read(self._applied_ptransform.transform))


class _PubSubEvaluator(_PubSubReadEvaluator):  # type: ignore[misc]
    """Beam's local Pub/Sub reader, which makes the subscription of a topic, with pulls supplied by the caller."""

    def __init__(self, ending: _Ending, pull: Pull, *arguments: Any) -> None:
        self._ending = ending
        self._pull = pull
        super().__init__(*arguments)

    def finish_bundle(self) -> TransformResult:
        return _bundle_result(self, self._ending, lambda: self._pull(self._sub_name))


class _CountingExecutor(TransformExecutor):  # type: ignore[misc]
    """Runs each bundle with a state sampler of its own.

    Beam has one sampler per thread, which keeps the counters of the first bundle of a step and adds those of all later bundles to it too
    late: a job's counters would be those of its first bundles.
    """

    def call(self, state_sampler: object) -> None:
        own = statesampler.StateSampler("", CounterFactory())
        statesampler.set_current_tracker(own)
        super().call(own)


def _remembering(inspect_function: Arguments) -> Arguments:
    """Return a function that inspects each function once, instead of for each bundle, which took a third of the runner's time."""
    known: WeakKeyDictionary[Any, tuple[list[str], list[Any]]] = WeakKeyDictionary()

    def arguments(function: Any) -> tuple[list[str], list[Any]]:
        plain = getattr(function, "__func__", None)  # of a bound method, which is new for each bundle
        if plain is None:
            return inspect_function(function)
        if plain not in known:
            known[plain] = inspect_function(function)
        names, defaults = known[plain]
        return list(names), list(defaults)

    return arguments


_ARGUMENTS = _remembering(core.get_function_args_defaults)


def streaming_runner(
    drain: threading.Event, polled: type[beam.PTransform], read: Read, pull: Pull
) -> BundleBasedDirectRunner:
    """Return the local streaming runner, with sources that end after a drain and counters that count every bundle.

    It changes Beam for the whole process, which therefore runs one such job at a time.

    Args:
        drain: once set, the sources end when they have no more values.
        polled: the class of root transforms that are read with ``read``.
        read: returns the next values of such a transform, with their timestamps, after a short wait at most.
        pull: returns the next values of a Pub/Sub subscription, with their timestamps, after a short wait at most; takes its name.
    """
    check_version()
    ending = _Ending(drain)
    executor.TransformExecutor = _CountingExecutor
    core.get_function_args_defaults = _ARGUMENTS
    # Beam has this table for its tests. There is no other way to tell the runner how to run a root transform.
    overrides = TransformEvaluatorRegistry._test_evaluators_overrides
    overrides[polled] = partial(_PolledEvaluator, ending, read)
    overrides[_DirectReadFromPubSub] = partial(_PubSubEvaluator, ending, pull)
    return BundleBasedDirectRunner()


# --- Steps without a runner -----------------------------------------------------------------------------------------------------------
#
# A step's function can be called without a runner; only its metrics then go nowhere. Beam looks for what takes them in its thread.
#
# Replacement: a public way to run a step's function and get its metrics.


class _CounterTracker:
    """Takes the updates of counters in place of a runner's sampler."""

    def __init__(self) -> None:
        self.counts: dict[str, int] = {}

    def update_metric(self, name: Any, value: int) -> None:
        """Add to a counter; distributions are left out."""
        if name.cell_type is CounterCell:
            counter = name.metric_name.name
            self.counts[counter] = self.counts.get(counter, 0) + value


@contextmanager
def counting() -> Iterator[dict[str, int]]:
    """Yield the counters of the steps whose functions are called in this thread while the block runs, by their names."""
    check_version()
    before = statesampler.get_current_tracker()
    tracker = _CounterTracker()
    statesampler.set_current_tracker(tracker)
    try:
        yield tracker.counts
    finally:
        statesampler.set_current_tracker(before)


# --- Portable runners -----------------------------------------------------------------------------------------------------------------
#
# Beam stops watching a job after `--job_server_timeout`, five minutes, although the option's help says that it is not a limit on the job:
# the call that streams the job's states has that deadline too. And a portable result asks for metrics once, and then repeats its answer.
#
# Replacement: a public way to set the deadline of the state stream, and to refresh metrics.


class NoDeadline:
    """Lets a portable runner watch a job for as long as it runs."""

    def create_job_service_handle(self, job_service: Any, options: Any) -> JobServiceHandle:
        """Return the client of the job server, without a deadline."""
        handle = super().create_job_service_handle(job_service, options)  # type: ignore[misc]
        handle.timeout = None
        return handle


class NoDeadlinePrismRunner(NoDeadline, PrismRunner):  # type: ignore[misc]
    """Prism, without a deadline."""


class NoDeadlinePortableRunner(NoDeadline, PortableRunner):  # type: ignore[misc]
    """A job server at an address, without a deadline."""


def forget_metrics(result: PipelineResult) -> None:
    """Make a result ask its runner for metrics the next time; other results than portable ones always do."""
    if hasattr(result, "_metrics"):
        result._metrics = None


# --- Flink ----------------------------------------------------------------------------------------------------------------------------
#
# Beam submits a job to a Flink cluster as a jar, over Flink's REST API. Its client can't resume from a savepoint, and fails when the job
# manager is away for a moment, as it is when another one takes over.
#
# Replacement: Beam's own job server (a Java process) or Flink's Kubernetes operator.

POLL_SECONDS = 1.0
# As Beam's own server: no limits on a message, and no connection is closed because of its pings.
SERVER_OPTIONS = (
    ("grpc.max_receive_message_length", -1),
    ("grpc.max_send_message_length", -1),
    ("grpc.http2.max_pings_without_data", 0),
    ("grpc.http2.max_ping_strikes", 0),
    ("grpc.http2.min_ping_interval_without_data_ms", 20_000),
)


def _socket() -> Path:
    """Return the path of a socket that does not exist yet, in a new folder that only this user can enter."""
    return Path(tempfile.mkdtemp(prefix="socket-"), "s")


class _FlinkJob(FlinkBeamJob):  # type: ignore[misc]
    """A job that was submitted as a jar, and that can resume and wait for its job manager."""

    restore: dict[str, Any]  # what to resume from, as fields of Flink's request to run a jar
    max_away_seconds: float
    tls: dict[str, Any]  # what proves to the job manager who asks, as arguments of the requests library

    def request(self, method: Any, path: str, expected_status: int = 200, **request: Any) -> Any:
        return super().request(method, path, expected_status, **{**self.tls, **request})

    def _start_artifact_service(self, jar: str, requested_port: int) -> None:
        """Take the job's files on a Unix socket; Beam would open a port on all interfaces, through which anybody could add to the jar."""
        self._artifact_manager = JarArtifactManager(jar, self.ARTIFACT_FOLDER)
        self._artifact_staging_service = artifact_service.ArtifactStagingService(self._artifact_manager.file_writer)
        dependencies = {name: one.dependencies for name, one in self._pipeline_proto.components.environments.items()}
        self._artifact_staging_service.register_job(self._job_id, dependencies)
        self._artifact_staging_server = grpc.server(futures.ThreadPoolExecutor(), options=SERVER_OPTIONS)
        artifact_services.add_ArtifactStagingServiceServicer_to_server(
            self._artifact_staging_service, self._artifact_staging_server
        )
        self._socket = _socket()
        address = f"unix:{self._socket}"
        self._artifact_staging_server.add_insecure_port(address)
        self._artifact_staging_endpoint = endpoints_pb2.ApiServiceDescriptor(url=address)
        self._artifact_staging_server.start()

    def _stop_artifact_service(self) -> None:
        super()._stop_artifact_service()
        shutil.rmtree(self._socket.parent, ignore_errors=True)

    def post(self, path: str, **request: Any) -> Any:
        if path.endswith("/run"):
            request["json"] = {**request["json"], **self.restore}
        return super().post(path, **request)

    def get(self, path: str, **request: Any) -> Any:
        deadline = time.monotonic() + self.max_away_seconds
        while True:
            try:
                return super().get(path, **request)
            except (requests.ConnectionError, RuntimeError):  # Beam raises RuntimeError for every status but 200
                if time.monotonic() > deadline:
                    raise
            time.sleep(POLL_SECONDS)

    def get_state_stream(self) -> Iterator[Any]:
        """Yield the job's states; Beam's own would notice the end of a job up to a minute late."""

        def states() -> Iterator[Any]:
            while True:
                yield self.get_state()
                time.sleep(POLL_SECONDS)

        for state, timestamp in self.with_state_history(states()):
            yield state, timestamp
            if self.is_terminal_state(state):
                return


class _FlinkJobServer(FlinkUberJarJobServer):  # type: ignore[misc]
    """Submits jobs as jars."""

    def __init__(
        self,
        master: str,
        options: PipelineOptions,
        restore: dict[str, Any],
        tls: dict[str, Any],
        max_away_seconds: float,
    ) -> None:
        super().__init__(master, options)
        self._restore = restore
        self._tls = tls
        self._max_away_seconds = max_away_seconds

    def create_beam_job(self, job_id: str, job_name: str, pipeline: object, options: object) -> _FlinkJob:
        job = _FlinkJob(
            self._master_url,
            self.executable_jar(),
            job_id,
            job_name,
            pipeline,
            options,
            artifact_port=self._artifact_port,
        )
        job.restore = self._restore
        job.tls = self._tls
        job.max_away_seconds = self._max_away_seconds
        return job


class ResumingFlinkRunner(NoDeadline, FlinkRunner):  # type: ignore[misc]
    """Beam's runner for Flink, whose jobs resume from savepoints and wait for a job manager that is away."""

    def __init__(
        self,
        restore: Callable[[PipelineOptions], dict[str, Any]],
        tls: Callable[[PipelineOptions], dict[str, Any]],
        max_away_seconds: float,
    ) -> None:
        """Take what is specific to a job.

        Args:
            restore: returns what a job resumes from, as fields of Flink's request to run a jar.
            tls: returns the certificates for the connection to the job manager, as arguments of the requests library.
            max_away_seconds: how long the job manager may fail to answer, or not know the job yet.
        """
        super().__init__()
        self._restore = restore
        self._tls = tls
        self._max_away_seconds = max_away_seconds

    def default_job_server(self, options: PipelineOptions) -> Any:
        """Return the server that submits the job."""
        # Read first: Beam overwrites the option when it makes the server.
        master = self.add_http_scheme(options.view_as(FlinkRunnerOptions).flink_master)
        server = super().default_job_server(options)
        if not isinstance(server, FlinkUberJarJobServer):
            return server
        return _FlinkJobServer(master, options, self._restore(options), self._tls(options), self._max_away_seconds)


# --- Stable input ---------------------------------------------------------------------------------------------------------------------
#
# Beam's model and its Java SDK have @RequiresStableInput; the Python SDK can't express it, so the flag is set in the pipeline's proto.
#
# Replacement: the annotation in the Python SDK.


class StableParDo(beam.ParDo):  # type: ignore[misc]
    """A ``ParDo`` that receives an element only when the runner would deliver the very same one again after a failure.

    Flink holds the elements back until the checkpoint that contains them is complete. Without it, what is written between a checkpoint
    and a failure is computed again from messages that come in another order, and a window's second pane may already have been written
    with records that are in its first one now.
    """

    def to_runner_api_parameter(self, context: Any, **extra: Any) -> tuple[str, Any]:
        """Return the URN and the payload of the step in the pipeline's proto."""
        urn, payload = super().to_runner_api_parameter(context, **extra)
        payload.requires_stable_input = True
        context.add_requirement(common_urns.requirements.REQUIRES_STABLE_INPUT.urn)
        return urn, payload


# --- Coders ---------------------------------------------------------------------------------------------------------------------------
#
# For elements of an unknown type, or of none, Beam takes a coder that falls back to pickle. Whoever can send bytes to a worker, or change
# what a runner stores, would then run code in it.
#
# Replacement: a registry without that fallback.


class UnsafeCoderError(TypeError):
    """A step's elements would be sent between workers as pickles, which can run code when they are read."""


def _parts(coder: Coder) -> Iterator[Coder]:
    yield coder
    for part in coder._get_component_coders():
        yield from _parts(part)


class _UsedCollections(beam.pipeline.PipelineVisitor):  # type: ignore[misc]
    """Collects the PCollections that some step reads; the others are never encoded."""

    def __init__(self) -> None:
        self.found: list[beam.pvalue.PCollection[Any]] = []

    def visit_transform(self, node: Any) -> None:
        """Add the inputs of a step."""
        self.found += [value for value in node.inputs if isinstance(value, beam.pvalue.PCollection)]


def refuse_pickle(pipeline: beam.Pipeline) -> None:
    """Check that Beam has a coder for the elements of each step; for an unknown type, or none, it would take pickle.

    Raises:
        UnsafeCoderError: it has none for the elements of a step.
    """
    used = _UsedCollections()
    pipeline.visit(used)
    for collection in used.found:
        coder = beam.coders.registry.get_coder(collection.element_type)
        if any(isinstance(part, FastPrimitivesCoder) for part in _parts(coder)):
            step = collection.producer.full_label if collection.producer else "the input"
            raise UnsafeCoderError(
                f"{step}: its elements have the type {collection.element_type}, for which Beam would take pickle, which is not safe;"
                " give the step .with_output_types(...), and register a coder for the type with beam.coders.registry.register_coder"
            )
