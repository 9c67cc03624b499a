# SPDX-License-Identifier: Apache-2.0
"""Both graphs translate for Dataflow without a network, and their steps keep the names by which a running job is updated.

``dataflow_steps.txt`` lists every step as Dataflow sees it. A job that is replaced by a newer version (``--update``) keeps its state and
the messages in flight only for steps whose names, inputs and state did not change. When this fails and the change is intended, rewrite the
file with ``python -m tests.deploy.test_dataflow_graph`` and say in CHANGELOG.md that a running stream has to be drained first, or with
which ``--transform-name-mappings`` it can be updated.
"""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from apache_beam.portability.api import beam_runner_api_pb2
from google.cloud import dataflow

from onrecord.data.kinds import kinds
from onrecord.transforms.deduplicate_stream import BUCKETS
from onrecord.transforms.windows import SLACK_SECONDS
from tests.deploy.jobs import IMAGE, STREAMING, Job, translated

STEPS = Path(__file__).with_name("dataflow_steps.txt")
COMMANDS = ("backfill", "stream")
PARDO = "beam:transform:pardo:v1"
GROUP = "beam:transform:group_by_key:v1"


def described(job: Job) -> Iterator[str]:
    """Yield a line for each step: its name, what it is, and its state."""
    for name, step in sorted(job.transforms.items()):
        # Beam's own steps have a line of its source in their names; none of them keeps state.
        line = f"{re.sub(r'core.py:[0-9]+', 'core.py', name)}  {step.spec.urn.split(':')[-2]}"
        if step.spec.urn == PARDO:
            payload = beam_runner_api_pb2.ParDoPayload.FromString(step.spec.payload)
            line += "".join(f"  state:{state}" for state in sorted(payload.state_specs))
            line += "".join(f"  timer:{timer}" for timer in sorted(payload.timer_family_specs))
        yield line


@pytest.fixture(scope="module")
def jobs() -> dict[str, Job]:
    return {command: translated(command) for command in COMMANDS}


def text_of(jobs: dict[str, Job]) -> str:
    return "\n".join(line for command in COMMANDS for line in (f"# {command}", *described(jobs[command]), ""))


def test_the_steps_keep_their_names(jobs):
    assert text_of(jobs) == STEPS.read_text("utf-8"), "see the top of this file"


def test_every_kind_of_record_has_its_file_writer(jobs):
    for job in jobs.values():
        names = {f"Write{kind.title().replace('_', '')}/Group" for kind in kinds()}
        assert {name for name, step in job.transforms.items() if step.spec.urn == GROUP and "Write" in name} == names


def test_a_stream_reads_with_the_reader_of_dataflow_which_knows_publish_times_and_does_not_rely_on_an_attribute_for_ids(
    jobs,
):
    reader = jobs["stream"].transforms["Read/Receive/Read"]
    assert reader.spec.urn == "beam:transform:pubsub_read:v1"
    payload = beam_runner_api_pb2.PubSubReadPayload.FromString(reader.spec.payload)
    assert payload.subscription == "projects/example-project/subscriptions/articles"
    assert payload.with_attributes
    # Messages sent twice are found by id and text, in our own state: an id attribute would be one more thing to ask of the sender.
    assert not payload.id_attribute
    assert not payload.timestamp_attribute


def _inputs(job: Job, name: str) -> beam_runner_api_pb2.PCollection:
    (collection,) = job.transforms[name].inputs.values()
    return job.graph.components.pcollections[collection]


def test_what_a_stream_remembers_is_in_keyed_state_that_event_time_clears(jobs):
    step = jobs["stream"].transforms["Deduplicate/Remember"]
    payload = beam_runner_api_pb2.ParDoPayload.FromString(step.spec.payload)
    assert [state.WhichOneof("spec") for state in payload.state_specs.values()] == ["bag_spec"]
    domains = [timer.time_domain for timer in payload.timer_family_specs.values()]
    assert domains == [beam_runner_api_pb2.TimeDomain.EVENT_TIME]  # so a drain, which ends event time, clears it too
    components = jobs["stream"].graph.components
    coder = components.coders[_inputs(jobs["stream"], "Deduplicate/Remember").coder_id]
    key = components.coders[coder.component_coder_ids[0]]
    assert key.spec.urn == "beam:coder:varint:v1", "a key of Dataflow's must be encoded the same way everywhere"
    assert BUCKETS >= 100, (
        "a key is worked on by one thread at a time: fewer keys than threads would leave workers idle"
    )


def test_a_stream_writes_its_files_from_windows_that_wait_for_what_is_late(jobs):
    strategies = jobs["stream"].graph.components.windowing_strategies
    for kind in kinds():
        strategy = strategies[
            _inputs(jobs["stream"], f"Write{kind.title().replace('_', '')}/Group").windowing_strategy_id
        ]
        assert strategy.allowed_lateness == (STREAMING.allowed_lateness + SLACK_SECONDS) * 1_000
        assert strategy.accumulation_mode == beam_runner_api_pb2.AccumulationMode.DISCARDING
        assert strategy.window_fn.urn == "beam:window_fn:fixed_windows:v1"


def test_a_backfill_is_bounded_from_end_to_end(jobs):
    collections = jobs["backfill"].graph.components.pcollections.values()
    assert {collection.is_bounded for collection in collections} == {beam_runner_api_pb2.IsBounded.BOUNDED}


@pytest.mark.parametrize("command", COMMANDS)
def test_workers_run_our_image_with_one_process_per_core_and_no_public_address(jobs, command):
    (pool,) = jobs[command].environment.proto.worker_pools
    (container,) = pool.sdk_harness_container_images
    assert container.container_image == IMAGE
    assert container.use_single_core_per_container  # docs/how-to/dataflow.md: a Python process uses one core
    assert pool.num_threads_per_worker == 2
    assert pool.ip_configuration == dataflow.WorkerIPAddressConfiguration.WORKER_IP_PRIVATE
    assert jobs[command].environment.proto.service_account_email == "worker@example-project.iam.gserviceaccount.com"
    assert not pool.packages, "everything is in the image; nothing is installed when a worker starts"


if __name__ == "__main__":
    STEPS.write_text(text_of({command: translated(command) for command in COMMANDS}), "utf-8")
