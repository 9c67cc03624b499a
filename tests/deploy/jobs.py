# SPDX-License-Identifier: Apache-2.0
"""Both graphs, translated for Dataflow as its runner does it, up to the first access to the network."""

from dataclasses import dataclass

import apache_beam as beam
from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.portability.api import beam_runner_api_pb2
from apache_beam.runners.dataflow.internal import apiclient

from onrecord.data.settings import ExtractionSettings, OutputSettings, RecordTopic, StreamingSettings
from onrecord.graph import GraphSettings, build
from onrecord.sources.files import ReadFiles
from onrecord.sources.pubsub import ReadPubSub

IMAGE = "europe-docker.pkg.dev/example-project/onrecord/worker@sha256:" + "0" * 64
COMMON = (
    "--runner=DataflowRunner",
    "--dry_run=true",
    "--job_name=onrecord",
    "--project=example-project",
    "--region=europe-west1",
    "--temp_location=gs://example-bucket/temp",
    "--staging_location=gs://example-bucket/staging",
    f"--sdk_container_image={IMAGE}",
    "--sdk_location=container",
    "--service_account_email=worker@example-project.iam.gserviceaccount.com",
    "--no_use_public_ips",
    "--number_of_worker_harness_threads=2",
)
STREAMING = StreamingSettings()
DEAD_LETTER_TOPIC = "projects/example-project/topics/dead-letters"
QUOTE_TOPIC = "projects/example-project/topics/quotes"


@dataclass(frozen=True)
class Job:
    """A translated job: the graph, and the options of the request to Dataflow."""

    graph: beam_runner_api_pb2.Pipeline
    environment: apiclient.Environment

    @property
    def transforms(self) -> dict[str, beam_runner_api_pb2.PTransform]:
        """Return the steps that the graph runs, by name."""
        return {step.unique_name: step for step in self.graph.components.transforms.values() if step.spec.urn}


def translated(command: str) -> Job:
    """Return the job of ``backfill`` or ``stream``."""
    is_stream = command == "stream"
    options = PipelineOptions([*COMMON, *(["--streaming"] if is_stream else [])])
    pipeline = beam.Pipeline(options=options)
    source = (
        ReadPubSub("projects/example-project/subscriptions/articles", None)
        if is_stream
        else ReadFiles(("gs://example-bucket/*.jsonl",))
    )
    settings = GraphSettings(
        extraction=ExtractionSettings(time_limit=60 if is_stream else 300),
        output=OutputSettings("gs://example-bucket/records", shards=4, job="job" if is_stream else ""),
        streaming=STREAMING if is_stream else None,
        dead_letter_topic=DEAD_LETTER_TOPIC if is_stream else None,
        record_topics={"quotes": RecordTopic(QUOTE_TOPIC)} if is_stream else {},
    )
    build(pipeline | "Read" >> source, settings)
    translated_graph = pipeline.run().job.proto_pipeline
    staged = "gs://example-bucket/staging/pipeline.pb"
    major = apiclient._FNAPI_ENVIRONMENT_MAJOR_VERSION
    return Job(translated_graph, apiclient.Environment([], options, major, staged, translated_graph))
