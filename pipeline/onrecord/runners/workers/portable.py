# SPDX-License-Identifier: Apache-2.0
"""A worker process that a portable runner such as Flink starts.

Command: ``python -m onrecord.runners.workers.portable --id=… --control_endpoint=…``.

It takes the arguments of Beam's container contract, as the boot program in Beam's images does, but runs on machines without containers.
It downloads nothing, since all that a pipeline needs is already installed. Beam's worker outlives a runner that is killed while the worker
is busy; this one ends with the process that started it.
"""

import argparse
import os
import sys

import grpc
from apache_beam.portability.api import beam_provision_api_pb2 as provision
from apache_beam.portability.api import beam_provision_api_pb2_grpc as provision_grpc
from apache_beam.portability.api import endpoints_pb2
from apache_beam.runners.worker import sdk_worker_main
from google.protobuf import json_format, text_format

from onrecord.runners.workers.follow import end_without

MAX_PROVISION_SECONDS = 60.0  # after this time the runner is considered gone


def _provision(worker_id: str, endpoint: str) -> provision.ProvisionInfo:
    """Ask the runner for the pipeline's options and the addresses of its services."""
    with grpc.insecure_channel(endpoint) as channel:
        stub = provision_grpc.ProvisionServiceStub(channel)
        answer = stub.GetProvisionInfo(
            provision.GetProvisionInfoRequest(), metadata=[("worker_id", worker_id)], timeout=MAX_PROVISION_SECONDS
        )
    return answer.info


def _service(answered: endpoints_pb2.ApiServiceDescriptor, argument: str | None) -> str:
    """Return an endpoint in the form of the worker's environment variables: from the runner's answer, or else the argument."""
    text: str = text_format.MessageToString(
        answered if answered.url else endpoints_pb2.ApiServiceDescriptor(url=argument or "")
    )
    return text


def main() -> None:
    """Work until the runner ends."""
    parent = os.getppid()
    end_without(lambda: os.getppid() == parent)  # a process whose parent has ended gets another one
    parser = argparse.ArgumentParser(prog="onrecord.runners.workers.portable", description=__doc__, allow_abbrev=False)
    for name in ("id", "provision_endpoint"):
        parser.add_argument(f"--{name}", required=True)
    for name in ("control_endpoint", "logging_endpoint", "artifact_endpoint"):
        parser.add_argument(f"--{name}")
    arguments, _ = parser.parse_known_args()
    info = _provision(arguments.id, arguments.provision_endpoint)
    os.environ.update(
        {
            "WORKER_ID": arguments.id,
            "PIPELINE_OPTIONS": json_format.MessageToJson(info.pipeline_options),
            "CONTROL_API_SERVICE_DESCRIPTOR": _service(info.control_endpoint, arguments.control_endpoint),
            "LOGGING_API_SERVICE_DESCRIPTOR": _service(info.logging_endpoint, arguments.logging_endpoint),
            "RUNNER_CAPABILITIES": " ".join(info.runner_capabilities),
        }
    )
    sdk_worker_main.main(sys.argv)


if __name__ == "__main__":
    main()
