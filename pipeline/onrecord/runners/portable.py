# SPDX-License-Identifier: Apache-2.0
"""Jobs that another program runs, such as Prism, Flink or Dataflow, while this process watches."""

import importlib.util
import re
import signal
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import Literal

import apache_beam as beam
import grpc
from apache_beam.options.pipeline_options import DirectOptions, FlinkRunnerOptions, PipelineOptions, PortableOptions
from apache_beam.runners.runner import PipelineResult, PipelineRunner

from onrecord import beam_internals
from onrecord.data.paths import is_remote
from onrecord.runners import DATAFLOW, FLINK, PORTABLE, PRISM, Runner, flink, prism
from onrecord.runners.local_workers import end_children

WORKER_PORTS = "Beam's services for its workers listen on all interfaces, without authentication"
LOOPBACK_HOST = re.compile(r"(https?://)?(localhost|127\.[\d.]+|\[::1\])(:|/|$)")
DIRECT_MODE = "in_memory"  # Beam's name for the mode in which FnApiRunner takes the environment that it is given
PROCESSES = "PROCESS"  # Beam's name for workers that a runner starts as processes
EMBEDDED_SERVER = "embed"  # Beam's name for a job server in the launching process
IN_THIS_PROCESS = "LOOPBACK"  # Beam's name for workers that are threads of the launching process
EMBEDDED_FLINK = ("[local]", "[auto]")
MAX_CANCEL_SECONDS = 10.0

Stop = Literal["drain", "leave", "cancel"]


def needed_flags(runner: Runner, flags: list[str], problems: list[str]) -> list[str]:
    """Return the Beam flags to add to the user's for a runner; add what is missing to the problems."""
    if runner is PRISM:
        return prism.location_flags(flags, problems)
    if runner is FLINK:
        return flink.needed_flags(flags, problems)
    if runner is PORTABLE and not any(flag.startswith("--job_endpoint") for flag in flags):
        problems.append("--runner PortableRunner: give the job server's address, such as --job_endpoint=localhost:8099")
    if runner is DATAFLOW and importlib.util.find_spec("google.cloud.dataflow") is None:
        problems.append(
            "--runner DataflowRunner: install Beam's Google Cloud client first: pip install 'onrecord[gcp]'"
        )
    return []


def check_places(runner: Runner, option: str, places: Iterable[str], flags: list[str], problems: list[str]) -> None:
    """Add files that a runner's workers can't reach to the problems: Dataflow's workers can't read this machine's files."""
    if runner is not DATAFLOW or any(flag.startswith("--dry_run") for flag in flags):
        return
    for place in places:
        if place and not is_remote(place):
            problems.append(f"{option} {place}: {runner.name} can't reach files of this machine; give gs://BUCKET/...")


def open_ports(runner: Runner, options: PipelineOptions) -> str | None:
    """Return which ports a job opens on this machine to everybody who reaches it, or None for none."""
    if runner.is_local:
        is_ours = options.view_as(DirectOptions).direct_running_mode == DIRECT_MODE
        return None if is_ours else f"--direct_running_mode: {WORKER_PORTS}; --workers N opens none"
    if runner is PRISM:
        return (
            f"--runner {runner.name}: Prism listens on all interfaces, without authentication, and so does the worker"
        )
    portable_options = options.view_as(PortableOptions)
    if portable_options.environment_type == IN_THIS_PROCESS:
        return f"--environment_type={IN_THIS_PROCESS}: {WORKER_PORTS}"
    if portable_options.job_endpoint == EMBEDDED_SERVER:
        return f"--job_endpoint={EMBEDDED_SERVER}: {WORKER_PORTS}"
    if runner is FLINK:
        has_process_workers = portable_options.environment_type == PROCESSES
        return _flink_ports(options.view_as(FlinkRunnerOptions), has_process_workers)
    return None


def _flink_ports(options: FlinkRunnerOptions, has_process_workers: bool) -> str | None:
    ports = "listen on all interfaces, without authentication"
    if not options.flink_submit_uber_jar or options.flink_master in EMBEDDED_FLINK:
        return f"--runner FlinkRunner without --flink_submit_uber_jar: Beam's job server and its workers {ports}"
    # The runner in the jar of "make flink" talks to worker processes over Unix sockets.
    has_sockets = has_process_workers and flink.has_socket_workers(options.flink_job_server_jar)
    if LOOPBACK_HOST.match(options.flink_master) and not has_sockets:
        return f"--flink_master={options.flink_master}: the services of a task manager for its Python workers {ports}"
    return None


def beam_runner(runner: Runner) -> PipelineRunner | None:
    """Return the runner of a job; None if Beam's own runner of that name is used.

    Raises:
        UntestedBeamError: onrecord was not tested with the installed version of Beam.
    """
    if runner not in (PRISM, FLINK, PORTABLE):
        return None
    beam_internals.check_version()
    if runner is FLINK:
        return flink.runner()
    return beam_internals.NoDeadlinePrismRunner() if runner is PRISM else beam_internals.NoDeadlinePortableRunner()


def stop_of(runner: Runner, options: PipelineOptions) -> Stop:
    """Return the effect of Ctrl-C on a stream.

    Prism can be asked to finish if its workers are threads of this process. A job on a cluster is left running if no part of it is on
    this machine; otherwise it is cancelled, and Pub/Sub redelivers unacknowledged messages.
    """
    environment = options.view_as(PortableOptions).environment_type
    if runner.is_local:
        return "drain"
    if runner is PRISM and environment in (None, IN_THIS_PROCESS):
        return "drain"
    is_embedded = runner is FLINK and options.view_as(FlinkRunnerOptions).flink_master in EMBEDDED_FLINK
    return "cancel" if runner is PRISM or is_embedded or environment == IN_THIS_PROCESS else "leave"


@contextmanager
def job_server() -> Iterator[None]:
    """End the job server that Beam may start within the block; at exit Beam itself would take five seconds to do so."""
    try:
        yield
    finally:
        end_children(seconds=0.0)  # it has no more work


def started(pipeline: beam.Pipeline) -> PipelineResult:
    """Start a job so that Ctrl-C reaches only this process.

    Both Beam and the terminal would interrupt the job server, in the middle of its work.
    """
    handler = signal.signal(signal.SIGINT, signal.SIG_IGN)  # child processes inherit that it is ignored
    try:
        return pipeline.run()
    finally:
        signal.signal(signal.SIGINT, handler)


@contextmanager
def polled(result: PipelineResult, seconds: float, show: Callable[[PipelineResult], None]) -> Iterator[None]:
    """Call ``show`` with the job every ``seconds`` while the block runs, with counters that are up to date."""
    done = threading.Event()

    def work() -> None:
        while not done.wait(seconds):
            beam_internals.forget_metrics(result)
            # The runner may be adding a metric at this moment, have none yet, or not answer; then one report is left out.
            with suppress(RuntimeError, LookupError, OSError, grpc.RpcError):
                show(result)

    thread = threading.Thread(target=work, name="report", daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()
        beam_internals.forget_metrics(result)


def cancel(result: PipelineResult) -> None:
    """Cancel a job, unless its runner does not answer in time."""

    def work() -> None:
        with suppress(Exception):  # this process exits next, whatever the answer
            result.cancel()

    thread = threading.Thread(target=work, name="cancel", daemon=True)
    thread.start()
    thread.join(MAX_CANCEL_SECONDS)
