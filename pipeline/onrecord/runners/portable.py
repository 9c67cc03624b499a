"""Jobs that another program runs, such as Prism, Flink or Dataflow, while this process looks on."""

import importlib.util
import signal
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import Literal

import apache_beam as beam
import grpc
from apache_beam.options.pipeline_options import FlinkRunnerOptions, PipelineOptions, PortableOptions
from apache_beam.runners.runner import PipelineResult, PipelineRunner

from onrecord.runners import DATAFLOW, FLINK, PORTABLE, PRISM, Runner, flink, prism
from onrecord.runners import direct_batch as local_batch
from onrecord.runners.patient import PatientPortableRunner, PatientPrismRunner

IN_THIS_PROCESS = "LOOPBACK"  # Beam's name for workers that are threads of the process that launches the job
EMBEDDED_FLINK = ("[local]", "[auto]")
CANCEL_SECONDS = 10.0

Stop = Literal["drain", "leave", "cancel"]


def needed_flags(runner: Runner, flags: list[str], problems: list[str]) -> list[str]:
    """Return flags of Beam's that a runner needs besides those that are given; what it lacks goes to the problems."""
    if runner is PRISM:
        return prism.location_flags(flags, problems)
    if runner is FLINK:
        return flink.needed_flags(flags, problems)
    if runner is PORTABLE and not any(flag.startswith("--job_endpoint") for flag in flags):
        problems.append("--runner PortableRunner: give the job server's address, such as --job_endpoint=localhost:8099")
    if runner is DATAFLOW and importlib.util.find_spec("google.cloud.dataflow") is None:
        problems.append("--runner DataflowRunner: needs pip install 'onrecord[gcp]'")
    return []


def check_places(runner: Runner, option: str, places: Iterable[str], flags: list[str], problems: list[str]) -> None:
    """Add places that a runner's workers can't reach to the problems: those of a service know nothing of this machine's files."""
    if runner is not DATAFLOW or any(flag.startswith("--dry_run") for flag in flags):
        return
    for place in places:
        if place and "://" not in place:
            problems.append(f"{option} {place}: {runner.name} can't reach files of this machine; give gs://BUCKET/...")


def beam_runner(runner: Runner) -> PipelineRunner | None:
    """Return the one that runs a job, where it is not Beam's own of that name."""
    if runner is PRISM:
        return PatientPrismRunner()
    if runner is FLINK:
        return flink.PatientFlinkRunner()
    return PatientPortableRunner() if runner is PORTABLE else None


def stop_of(runner: Runner, options: PipelineOptions) -> Stop:
    """Return what a Ctrl-C does to a stream.

    Where the workers are threads of this process, Prism's can be told to finish. A job on a cluster is left to go on, as long as
    nothing of it lives here; otherwise it is cancelled: what was not acknowledged is delivered again.
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
    """End the job server that Beam starts within the block, if it does; Beam would take five seconds for that when we exit."""
    try:
        yield
    finally:
        local_batch.end_children(seconds=0.0)  # it has nothing to do any more


def started(pipeline: beam.Pipeline) -> PipelineResult:
    """Start a job, of which a Ctrl-C reaches only this process.

    Beam would end its job server on it, and so would the terminal, in the middle of the work.
    """
    ours = signal.signal(signal.SIGINT, signal.SIG_IGN)  # what we start now ignores it as well
    try:
        return pipeline.run()
    finally:
        signal.signal(signal.SIGINT, ours)


def _fresh(result: PipelineResult) -> PipelineResult:
    """Return a result that does not remember the counters for which it was asked before, as Beam's portable one does."""
    if hasattr(result, "_metrics"):
        result._metrics = None
    return result


@contextmanager
def polled(result: PipelineResult, seconds: float, show: Callable[[PipelineResult], None]) -> Iterator[None]:
    """Call ``show`` with the job every so many seconds while the block runs; the counters that are asked for then are up to date."""
    done = threading.Event()

    def work() -> None:
        while not done.wait(seconds):
            # The runner may be adding a metric at this moment, have none yet, or not answer; then there is a line less.
            with suppress(RuntimeError, LookupError, OSError, grpc.RpcError):
                show(_fresh(result))

    thread = threading.Thread(target=work, name="report", daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()
        _fresh(result)


def cancel(result: PipelineResult) -> None:
    """Cancel a job, if its runner still answers."""

    def work() -> None:
        with suppress(Exception):  # we are leaving, whatever it says
            result.cancel()

    thread = threading.Thread(target=work, name="cancel", daemon=True)
    thread.start()
    thread.join(CANCEL_SECONDS)
