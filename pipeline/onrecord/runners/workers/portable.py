"""A worker process that a portable runner such as Flink starts.

Command: ``python -m onrecord.runners.workers.portable --id=… --control_endpoint=…``.

It takes the arguments of Beam's container contract, as the boot program in Beam's images does, for machines without containers: all
that a pipeline needs is installed here already, so nothing is fetched. Beam's worker outlives a runner that is killed while it is
busy; this one ends with the process that started it.
"""

import argparse
import os
import sys
import threading
import time

import grpc
from apache_beam.portability.api import beam_provision_api_pb2 as provision
from apache_beam.portability.api import beam_provision_api_pb2_grpc as provision_grpc
from apache_beam.portability.api import endpoints_pb2
from apache_beam.runners.worker import sdk_worker_main
from google.protobuf import json_format, text_format

FOLLOW_SECONDS = 1.0
PROVISION_SECONDS = 60.0  # a runner that does not answer by then is gone
ENDED = 1


def _follow(parent: int) -> None:
    """End with the process that started this one; its parent is another one then."""
    while os.getppid() == parent:
        time.sleep(FOLLOW_SECONDS)
    os._exit(ENDED)


def _provision(worker_id: str, endpoint: str) -> provision.ProvisionInfo:
    """Return what the runner has to say about a worker: the pipeline's options, and where its services are."""
    with grpc.insecure_channel(endpoint) as channel:
        stub = provision_grpc.ProvisionServiceStub(channel)
        answer = stub.GetProvisionInfo(
            provision.GetProvisionInfoRequest(), metadata=[("worker_id", worker_id)], timeout=PROVISION_SECONDS
        )
    return answer.info


def _service(told: endpoints_pb2.ApiServiceDescriptor, argument: str | None) -> str:
    """Return an endpoint as Beam's worker takes it from its environment; what was said when it was asked comes first."""
    text: str = text_format.MessageToString(
        told if told.url else endpoints_pb2.ApiServiceDescriptor(url=argument or "")
    )
    return text


def main() -> None:
    """Work until the runner is done."""
    threading.Thread(target=_follow, args=(os.getppid(),), name="follow-parent", daemon=True).start()
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
