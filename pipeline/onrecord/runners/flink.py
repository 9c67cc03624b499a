"""Jobs on a Flink cluster: Beam's runner for it, with savepoints, and with patience while the job manager is away."""

import argparse
import os
import time
from collections.abc import Container, Iterator
from pathlib import Path
from typing import Any

import requests
from apache_beam.options.pipeline_options import FlinkRunnerOptions, PipelineOptions
from apache_beam.runners.portability.flink_runner import FlinkRunner
from apache_beam.runners.portability.flink_uber_jar_job_server import FlinkBeamJob, FlinkUberJarJobServer

from onrecord.runners.patient import Patient

# Articles that are handed to a worker together, and the time after which fewer are. A checkpoint waits until they are through: at 30
# articles a second, a second or two; Beam's 1,000 would be half a minute.
MAX_BUNDLE_SIZE = 50
MAX_BUNDLE_MILLIS = 500
# What is acknowledged to Pub/Sub is what the last checkpoint but one holds, and a file is written with the checkpoint behind it.
CHECKPOINT_MILLIS = 10_000
AWAY_SECONDS = 300.0  # for which a job manager that was killed may not answer, or not know the job yet
POLL_SECONDS = 1.0


class FlinkJobOptions(PipelineOptions):  # type: ignore[misc]
    """Options of Beam's Flink runner, as that one spells them. Only what is given is passed on."""

    @classmethod
    def _add_argparse_args(cls, parser: argparse.ArgumentParser) -> None:
        add = parser.add_argument
        add("--checkpointing_interval", type=int, help="milliseconds between two checkpoints, on Flink")
        add("--max_bundle_size", type=int, help="elements of a bundle at most, on Flink")
        add("--max_bundle_time_mills", type=int, help="milliseconds until a bundle is finished, on Flink")
        add("--savepoint_path", help="savepoint or checkpoint of Flink's that the job goes on from")
        add(
            "--allow_non_restored_state",
            action="store_true",
            default=None,
            help="go on without state of steps that are gone",
        )


def _cached_jar() -> Path | None:
    """Return Beam's runner for Flink as ``make flink`` has fetched it, the newest where there are several."""
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    folder = Path(os.environ.get("ONRECORD_CACHE") or Path(home, "onrecord"))
    return max(folder.glob("flink-*/beam.jar"), key=lambda jar: jar.stat().st_mtime, default=None)


def _jar_flags(given: Container[str], problems: list[str]) -> list[str]:
    """Return the flags for Beam's runner, which Beam would download; what is missing goes to the problems."""
    if "--flink_job_server_jar" in given:
        return []
    if "--flink_master" not in given:
        problems.append(
            "--runner FlinkRunner: give the cluster's address, such as --flink_master=localhost:8081; make stack-up starts a small one"
        )
        return []
    jar = _cached_jar()
    if jar is None:
        problems.append(
            "--runner FlinkRunner: needs Beam's runner for it: fetch it with make flink, or give --flink_job_server_jar"
        )
        return []
    return ["--flink_submit_uber_jar", f"--flink_job_server_jar={jar}"]


def needed_flags(flags: list[str], problems: list[str]) -> list[str]:
    """Return the flags that a job on Flink needs besides those that are given; what is missing goes to the problems."""
    ours = {
        "--checkpointing_interval": CHECKPOINT_MILLIS,
        "--max_bundle_size": MAX_BUNDLE_SIZE,
        "--max_bundle_time_mills": MAX_BUNDLE_MILLIS,
    }
    given = {flag.partition("=")[0] for flag in flags}
    return [*_jar_flags(given, problems), *(f"{name}={value}" for name, value in ours.items() if name not in given)]


class _Job(FlinkBeamJob):  # type: ignore[misc]
    """A job that was submitted as a jar: Beam's, which can't go on from a savepoint, and fails when the job manager does."""

    restore: dict[str, Any]  # what to go on from, as Flink takes it

    def post(self, path: str, **request: Any) -> Any:
        """Send something to Flink; with the order to run goes what to go on from."""
        if path.endswith("/run"):
            request["json"] = {**request["json"], **self.restore}
        return super().post(path, **request)

    def get(self, path: str, **request: Any) -> Any:
        """Ask Flink, again and again while the job manager is away."""
        until = time.monotonic() + AWAY_SECONDS
        while True:
            try:
                return super().get(path, **request)
            except (requests.ConnectionError, RuntimeError):  # Beam's word for every answer that is not 200
                if time.monotonic() > until:
                    raise
            time.sleep(POLL_SECONDS)

    def get_state_stream(self) -> Iterator[Any]:
        """Yield the job's states; Beam would look after the end of a job once a minute."""

        def states() -> Iterator[Any]:
            while True:
                yield self.get_state()
                time.sleep(POLL_SECONDS)

        for state, timestamp in self.with_state_history(states()):
            yield state, timestamp
            if self.is_terminal_state(state):
                return


class _JobServer(FlinkUberJarJobServer):  # type: ignore[misc]
    """What submits jobs as jars."""

    def __init__(self, master: str, options: PipelineOptions) -> None:
        super().__init__(master, options)
        asked = options.view_as(FlinkJobOptions)
        self._restore: dict[str, Any] = {}
        if asked.savepoint_path:
            self._restore["savepointPath"] = asked.savepoint_path
        if asked.allow_non_restored_state:
            self._restore["allowNonRestoredState"] = True

    def create_beam_job(self, job_id: str, job_name: str, pipeline: object, options: object) -> _Job:
        job = _Job(
            self._master_url,
            self.executable_jar(),
            job_id,
            job_name,
            pipeline,
            options,
            artifact_port=self._artifact_port,
        )
        job.restore = self._restore
        return job


class PatientFlinkRunner(Patient, FlinkRunner):  # type: ignore[misc]
    """Beam's runner, with our kind of job where a job is submitted as a jar."""

    def default_job_server(self, options: PipelineOptions) -> Any:
        """Return what submits the job."""
        asked = options.view_as(FlinkRunnerOptions)
        master = self.add_http_scheme(asked.flink_master)
        server = super().default_job_server(options)
        return _JobServer(master, options) if isinstance(server, FlinkUberJarJobServer) else server
