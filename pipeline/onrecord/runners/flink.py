# SPDX-License-Identifier: Apache-2.0
"""Jobs on a Flink cluster: the options, the defaults, and the jar with Beam's runner."""

import argparse
import sys
from collections.abc import Container
from pathlib import Path
from typing import Any

from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.runners.runner import PipelineRunner

from onrecord.beam_internals import ResumingFlinkRunner
from onrecord.data.settings import BATCH_SIZE
from onrecord.runners.cache import cache_folder

# A bundle is a unit of work: a checkpoint waits until the current bundles are done, those of each step behind the other. Sixteen articles,
# which are parsed together, take two or three seconds; Beam's default of 1,000 would take minutes.
MAX_BUNDLE_SIZE = BATCH_SIZE
MAX_BUNDLE_MILLIS = 500
# Messages are acknowledged to Pub/Sub once the last checkpoint but one contains them; files are written with the checkpoint that follows.
CHECKPOINT_MILLIS = 10_000
MAX_AWAY_SECONDS = 300.0  # a restarted job manager may take this long to answer and to recover its jobs


class FlinkJobOptions(PipelineOptions):  # type: ignore[misc]
    """Options of Beam's Flink runner, under their original names. Only those that are given are passed on."""

    @classmethod
    def _add_argparse_args(cls, parser: argparse.ArgumentParser) -> None:
        add = parser.add_argument
        add("--checkpointing_interval", type=int, help="Flink: milliseconds between checkpoints")
        add("--max_bundle_size", type=int, help="Flink: maximum number of elements in a bundle")
        add("--max_bundle_time_mills", type=int, help="Flink: maximum milliseconds before a bundle is finished")
        add(
            "--flink_certificate",
            help="Flink: PEM file with the certificate and key of this client, for a REST interface that asks for one"
            " (security.ssl.rest.authentication-enabled); the interface's own certificate must be in the file or signed by one in it",
        )
        add("--savepoint_path", help="Flink: savepoint or checkpoint to resume from")
        add(
            "--allow_non_restored_state",
            action="store_true",
            default=None,
            help="Flink: resume although the savepoint has state of steps that no longer exist",
        )


def _cached_jar() -> Path | None:
    """Return the jar that ``make flink`` fetched, the newest if there are several."""
    return max(cache_folder().glob("flink-*/beam.jar"), key=lambda jar: jar.stat().st_mtime, default=None)


def has_socket_workers(jar: str | None) -> bool:
    """Whether a jar has the runner of ``make flink``, which on Linux talks to worker processes over private Unix sockets."""
    return sys.platform == "linux" and jar is not None and Path(jar).parent.parent.resolve() == cache_folder().resolve()


def _jar_flags(given: Container[str], problems: list[str]) -> list[str]:
    """Return the flags that name the jar with Beam's runner, which Beam would download; add what is missing to the problems."""
    if "--flink_job_server_jar" in given:
        return []
    if "--flink_master" not in given:
        problems.append(
            "--runner FlinkRunner: give the cluster's address, such as --flink_master=localhost:8081; 'make stack-up' starts a small one"
        )
        return []
    jar = _cached_jar()
    if jar is None:
        problems.append(
            "--runner FlinkRunner: Beam's runner for Flink was not found; fetch it with 'make flink', or give --flink_job_server_jar"
        )
        return []
    return ["--flink_submit_uber_jar", f"--flink_job_server_jar={jar}"]


def needed_flags(flags: list[str], problems: list[str]) -> list[str]:
    """Return the flags to add to the user's for a job on Flink; add what is missing to the problems."""
    defaults = {
        "--checkpointing_interval": CHECKPOINT_MILLIS,
        "--max_bundle_size": MAX_BUNDLE_SIZE,
        "--max_bundle_time_mills": MAX_BUNDLE_MILLIS,
    }
    given = {flag.partition("=")[0] for flag in flags}
    return [*_jar_flags(given, problems), *(f"{name}={value}" for name, value in defaults.items() if name not in given)]


def _restore(options: PipelineOptions) -> dict[str, Any]:
    """Return the savepoint that a job resumes from, as fields of Flink's request to run a jar."""
    asked = options.view_as(FlinkJobOptions)
    fields: dict[str, Any] = {}
    if asked.savepoint_path:
        fields["savepointPath"] = asked.savepoint_path
    if asked.allow_non_restored_state:
        fields["allowNonRestoredState"] = True
    return fields


def _tls(options: PipelineOptions) -> dict[str, Any]:
    """Return the certificates for the connection to the job manager, as arguments of the requests library."""
    certificate = options.view_as(FlinkJobOptions).flink_certificate
    return {"cert": certificate, "verify": certificate} if certificate else {}


def runner() -> PipelineRunner:
    """Return Beam's runner for Flink, with savepoints, certificates, and retries while the job manager is unavailable."""
    return ResumingFlinkRunner(_restore, _tls, MAX_AWAY_SECONDS)
