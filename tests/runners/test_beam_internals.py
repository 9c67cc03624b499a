# SPDX-License-Identifier: Apache-2.0
"""The internals of Beam that onrecord uses still exist, and only one module uses them."""

import ast
import importlib
import inspect
import re
import stat
import textwrap
import threading
import zipfile
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import NamedTuple

import apache_beam as beam
import grpc
import psutil
import pytest
from apache_beam.portability import common_urns
from apache_beam.portability.api import beam_artifact_api_pb2_grpc, beam_runner_api_pb2
from apache_beam.runners.portability import artifact_service
from apache_beam.transforms import core
from google.protobuf import struct_pb2

from onrecord import beam_internals
from onrecord.beam_internals import (
    TESTED_WITH,
    UnsafeCoderError,
    UntestedBeamError,
    _FlinkJob,
    check_version,
    refuse_pickle,
)
from onrecord.telemetry import metrics

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "pipeline" / "onrecord"
INTERNALS = PACKAGE / "beam_internals.py"


class Internal(NamedTuple):
    """A name that Beam may change in any version."""

    module: str
    path: str
    why: str

    def __str__(self) -> str:
        return f"{self.module.removeprefix('apache_beam.')}:{self.path}"


DIRECT = "apache_beam.runners.direct"
EVALUATOR = f"{DIRECT}.transform_evaluator"
PORTABILITY = "apache_beam.runners.portability"
UBER_JAR = f"{PORTABILITY}.flink_uber_jar_job_server"
JOBS = f"{PORTABILITY}.abstract_job_service"
SAMPLER = "apache_beam.runners.worker.statesampler"

TABLE = [
    Internal(f"{DIRECT}.direct_runner", "BundleBasedDirectRunner", "streams on this machine"),
    Internal(f"{DIRECT}.direct_runner", "_DirectReadFromPubSub", "the transform that our Pub/Sub evaluator runs"),
    Internal(f"{DIRECT}.executor", "TransformExecutor.call", "is given a state sampler per bundle"),
    Internal(f"{DIRECT}.util", "TransformResult", "what an evaluator returns"),
    Internal(
        EVALUATOR, "TransformEvaluatorRegistry._test_evaluators_overrides", "tells the runner about our evaluators"
    ),
    Internal(EVALUATOR, "_TransformEvaluator.process_element", "the base of our evaluators"),
    Internal(EVALUATOR, "_TransformEvaluator.finish_bundle", "where an evaluator reads"),
    Internal(EVALUATOR, "_TransformEvaluator._evaluation_context", "makes bundles"),
    Internal(EVALUATOR, "_TransformEvaluator._applied_ptransform", "what is read"),
    Internal(EVALUATOR, "_TransformEvaluator._outputs", "where messages go"),
    Internal(EVALUATOR, "_PubSubReadEvaluator._sub_name", "names the subscription that is pulled from"),
    Internal(f"{DIRECT}.evaluation_context", "EvaluationContext.create_bundle", "makes bundles"),
    Internal(f"{DIRECT}.evaluation_context", "EvaluationContext._transform_keyed_states", "has the holds of windows"),
    Internal(
        f"{DIRECT}.evaluation_context", "EvaluationContext._watermark_manager", "has the clock and the watermarks"
    ),
    Internal(f"{DIRECT}.watermark_manager", "WatermarkManager._clock", "is moved ahead, so that timers fire"),
    Internal(f"{DIRECT}.watermark_manager", "WatermarkManager._transform_to_watermarks", "has the watermarks"),
    Internal(f"{DIRECT}.watermark_manager", "_TransformWatermarks._keyed_earliest_holds", "has the holds of keys"),
    Internal("apache_beam.transforms.trigger", "InMemoryUnmergedState.state", "has the holds of windows"),
    Internal("apache_beam.transforms.core", "get_function_args_defaults", "remembers what it found"),
    Internal(SAMPLER, "StateSampler", "counts for one bundle"),
    Internal(SAMPLER, "get_current_tracker", "takes the metrics of steps in a thread"),
    Internal("apache_beam.metrics.execution", "_TypedMetricName.__init__", "has the kind of a metric, for the tracker"),
    Internal("apache_beam.metrics.cells", "CounterCell", "the kind of counters"),
    Internal(SAMPLER, "set_current_tracker", "makes a bundle count with its own sampler"),
    Internal("apache_beam.utils.counters", "CounterFactory", "what a sampler counts with"),
    Internal(f"{PORTABILITY}.portable_runner", "PortableRunner.create_job_service_handle", "its deadline is removed"),
    Internal(f"{PORTABILITY}.portable_runner", "JobServiceHandle.timeout", "the deadline"),
    Internal(f"{PORTABILITY}.portable_runner", "PipelineResult._metrics", "is cleared, so that counters are current"),
    Internal(f"{PORTABILITY}.prism_runner", "PrismRunner.create_job_service_handle", "its deadline is removed"),
    Internal(f"{PORTABILITY}.flink_runner", "FlinkRunner.create_job_service_handle", "its deadline is removed"),
    Internal(f"{PORTABILITY}.flink_runner", "FlinkRunner.default_job_server", "ours submits jobs that can resume"),
    Internal(f"{PORTABILITY}.flink_runner", "FlinkRunner.add_http_scheme", "makes the address a URL"),
    Internal(UBER_JAR, "FlinkUberJarJobServer.create_beam_job", "ours makes jobs that can resume"),
    Internal(UBER_JAR, "FlinkUberJarJobServer.executable_jar", "what is submitted"),
    Internal(UBER_JAR, "FlinkUberJarJobServer._master_url", "where it is submitted"),
    Internal(UBER_JAR, "FlinkUberJarJobServer._artifact_port", "where a job's files are served"),
    Internal(UBER_JAR, "FlinkBeamJob.request", "shows the certificate"),
    Internal(UBER_JAR, "FlinkBeamJob.post", "sends the savepoint along"),
    Internal(UBER_JAR, "FlinkBeamJob.get", "is tried again while the job manager is away"),
    Internal(UBER_JAR, "FlinkBeamJob.get_state", "is asked once a second"),
    Internal(UBER_JAR, "FlinkBeamJob.get_state_stream", "is replaced, to notice the end of a job early"),
    Internal(JOBS, "AbstractBeamJob.with_state_history", "adds the states that a job has had"),
    Internal(JOBS, "AbstractBeamJob.is_terminal_state", "says whether a job has ended"),
    Internal("apache_beam.transforms.core", "ParDo.to_runner_api_parameter", "adds that a step needs stable input"),
    Internal(
        "apache_beam.runners.pipeline_context",
        "PipelineContext.add_requirement",
        "adds that the pipeline needs stable input",
    ),
    Internal("apache_beam.portability.common_urns", "requirements.REQUIRES_STABLE_INPUT", "names that requirement"),
    Internal(
        f"{PORTABILITY}.fn_api_runner.fn_runner", "ExtendedProvisionInfo.provision_info", "has the pipeline's options"
    ),
    Internal("apache_beam.runners.worker.data_plane", "BeamFnDataServicer", "serves elements"),
    Internal("apache_beam.transforms.environments", "Environment.to_runner_api_parameter", "names our workers"),
    Internal("apache_beam.utils.thread_pool_executor", "shared_unbounded_instance", "serves the sockets"),
    Internal(JOBS, "JarArtifactManager.file_writer", "takes a job's files"),
    Internal(JOBS, "UberJarBeamJob._start_artifact_service", "ours listens on a Unix socket"),
    Internal(JOBS, "UberJarBeamJob._stop_artifact_service", "ours removes the socket"),
    Internal(JOBS, "UberJarBeamJob._artifact_manager", "has the jar"),
    Internal(JOBS, "UberJarBeamJob._artifact_staging_service", "takes a job's files"),
    Internal(JOBS, "UberJarBeamJob._artifact_staging_server", "is stopped when the files are there"),
    Internal(JOBS, "UberJarBeamJob._artifact_staging_endpoint", "is given to the client"),
    Internal(JOBS, "AbstractBeamJob._pipeline_proto", "names the files"),
    Internal(JOBS, "AbstractBeamJob._job_id", "names the job"),
    Internal("apache_beam.coders", "Coder._get_component_coders", "shows whether pickle would be used"),
]
INTERNAL_MODULES = (DIRECT, UBER_JAR, JOBS, "apache_beam.runners.worker")
ALLOWED = {"apache_beam.runners.worker.sdk_worker_main"}  # the program that Beam's containers start


def _attributes_set(class_: type) -> set[str]:
    """Return the attributes that the methods of a Python class and of its bases set on ``self``."""
    names = set()
    for base in class_.__mro__[:-1]:
        for node in ast.walk(ast.parse(textwrap.dedent(inspect.getsource(base)))):
            if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
                names.add(node.attr)
    return names


def exists(internal: Internal) -> bool:
    """Whether the installed version of Beam has a name."""
    found = importlib.import_module(internal.module)
    *parents, last = internal.path.split(".")
    for name in parents:
        found = getattr(found, name)
    return hasattr(found, last) or (inspect.isclass(found) and last in _attributes_set(found))


@pytest.mark.parametrize("internal", TABLE, ids=str)
def test_beam_still_has(internal: Internal):
    assert exists(internal), f"{internal} is gone, which {internal.why}"


def test_a_name_that_is_gone_would_be_noticed():
    assert not exists(Internal(EVALUATOR, "_TransformEvaluator._no_such_attribute", "nothing"))
    assert not exists(Internal(EVALUATOR, "_NoSuchClass", "nothing"))


def test_beam_still_describes_a_step_that_needs_stable_input():
    payload = beam_runner_api_pb2.ParDoPayload()
    payload.requires_stable_input = True
    assert payload.requires_stable_input


def open_ports() -> set[tuple[str, int]]:
    """Return the addresses at which this process listens."""
    connections = psutil.Process().net_connections("inet")
    return {tuple(at.laddr) for at in connections if at.status == psutil.CONN_LISTEN}


def staged_on(job: _FlinkJob, jar: Path) -> tuple[Path, dict[str, bytes]]:
    """Stage a file for a job as Beam's client does; return the folder of the socket, and the contents of the job's jar."""
    with zipfile.ZipFile(jar, "w") as archive:
        archive.writestr("Main.class", b"java")
    job._executable_jar, job._artifact_port = str(jar), 0
    before = open_ports()  # of the servers of other tests
    job.prepare()
    address = job.artifact_staging_endpoint().url
    folder = Path(address.removeprefix("unix:")).parent
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert open_ports() <= before
    with grpc.insecure_channel(address) as channel:
        artifact_service.offer_artifacts(
            beam_artifact_api_pb2_grpc.ArtifactStagingServiceStub(channel),
            artifact_service.ArtifactRetrievalService(artifact_service.BeamFilesystemHandler(None).file_reader),
            "a job",
        )
    job._stop_artifact_service()
    with zipfile.ZipFile(job._jar) as archive:
        return folder, {name: archive.read(name) for name in archive.namelist()}


def test_a_jobs_files_reach_its_jar_through_a_socket_that_only_this_user_can_use(tmp_path):
    staged = tmp_path / "staged.txt"
    staged.write_bytes(b"needed")
    environment = beam_runner_api_pb2.Environment(
        dependencies=[
            beam_runner_api_pb2.ArtifactInformation(
                type_urn=common_urns.artifact_types.FILE.urn,
                type_payload=beam_runner_api_pb2.ArtifactFilePayload(path=str(staged)).SerializeToString(),
                role_urn=common_urns.artifact_roles.STAGING_TO.urn,
                role_payload=beam_runner_api_pb2.ArtifactStagingToRolePayload(staged_name="staged").SerializeToString(),
            )
        ]
    )
    proto = beam_runner_api_pb2.Pipeline()
    proto.components.environments["one"].CopyFrom(environment)
    job = _FlinkJob("http://127.0.0.1:1", "", "a job", "name", proto, struct_pb2.Struct())
    folder, contents = staged_on(job, tmp_path / "runner.jar")
    assert b"needed" in contents.values()
    assert not folder.exists()


class TestRefusePickle:
    """Beam takes pickle for elements of a type that it does not know."""

    def test_steps_with_known_types_are_accepted(self):
        pipeline = beam.Pipeline(runner="FnApiRunner")
        pipeline | beam.Create(["a"]) | beam.Map(len).with_output_types(int) | beam.Map(str).with_output_types(str)
        refuse_pickle(pipeline)

    @pytest.mark.parametrize("element_type", [object, tuple[str, object], list[Fraction]])
    def test_a_step_whose_elements_have_no_coder_is_refused_by_its_name(self, element_type):
        pipeline = beam.Pipeline(runner="FnApiRunner")
        unknown = (
            pipeline | beam.Create(["a"]) | "Unknown" >> beam.Map(lambda text: text).with_output_types(element_type)
        )
        unknown | beam.Map(str).with_output_types(str)
        with pytest.raises(UnsafeCoderError, match=r"^Unknown: .* register a coder"):
            refuse_pickle(pipeline)

    def test_elements_that_nobody_reads_are_never_encoded(self):
        pipeline = beam.Pipeline(runner="FnApiRunner")
        pipeline | beam.Create(["a"]) | beam.Map(lambda text: text).with_output_types(object)
        refuse_pickle(pipeline)


def is_private(name: str) -> bool:
    """Whether a name begins with an underscore, and is not one of Python's own such as ``__version__``."""
    return name.startswith("_") and not name.startswith("__")


def is_internal(name: str) -> bool:
    """Whether a dotted name is one that Beam may change at will."""
    is_kept = name in ALLOWED or not name.startswith("apache_beam")
    return not is_kept and (any(map(is_private, name.split("."))) or name.startswith(INTERNAL_MODULES))


def imports(tree: ast.AST) -> Iterator[str]:
    """Yield the dotted names that a module imports."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def attributes(tree: ast.AST) -> Iterator[str]:
    """Yield the attributes that a module uses or sets on anything but ``self`` and ``cls``."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            is_own = isinstance(node.value, ast.Name) and node.value.id in ("self", "cls")
            if not is_own:
                yield node.attr


def uses(source: str) -> set[str]:
    """Return the internals of Beam that a module uses, as far as names show them."""
    tree = ast.parse(source)
    overridden = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
    names = {internal.path.rpartition(".")[2] for internal in TABLE}
    names = {name for name in names if is_private(name)} | {"to_runner_api_parameter"}
    return {name for name in imports(tree) if is_internal(name)} | (names & ({*attributes(tree)} | overridden))


def test_no_other_module_uses_internals_of_beam():
    modules = [path for path in PACKAGE.rglob("*.py") if path != INTERNALS]
    assert len(modules) > 100
    found = {str(path.relative_to(PACKAGE)): uses(path.read_text("utf-8")) for path in modules}
    assert {path: names for path, names in found.items() if names} == {}


@pytest.mark.parametrize(
    "source",
    [
        "from apache_beam.runners.direct import executor",
        "import apache_beam.runners.direct.executor",
        "from apache_beam.transforms.core import _BundleFinalizerParam",
        "from apache_beam.runners.portability.flink_uber_jar_job_server import FlinkBeamJob",
        "from apache_beam.runners.worker import statesampler",
        "result._metrics = None",
        "class Step(beam.ParDo):\n    def to_runner_api_parameter(self, context): pass",
    ],
)
def test_a_use_elsewhere_would_be_noticed(source):
    assert uses(source)


def test_every_private_name_that_is_used_is_in_the_table():
    tree = ast.parse(INTERNALS.read_text("utf-8"))
    listed = {name for internal in TABLE for name in internal.path.split(".")}
    nodes = [node for node in ast.walk(tree) if isinstance(node, ast.Attribute)]
    own = {node.attr for node in nodes if isinstance(node.ctx, ast.Store)}
    read = {node.attr for node in nodes if isinstance(node.ctx, ast.Load)} - own
    imported = {name.rpartition(".")[2] for name in imports(tree)}
    assert {name for name in {*attributes(tree)} | read | imported if is_private(name)} <= listed


def test_the_versions_that_may_be_installed_are_those_that_were_tested():
    [(low, high)] = re.findall(r'"apache-beam>=([\d.]+),<([\d.]+)"', (ROOT / "pyproject.toml").read_text("utf-8"))
    major, minor = map(int, TESTED_WITH[-1].split("."))
    assert low == TESTED_WITH[0]
    assert high == f"{major}.{minor + 1}"


class TestCheckVersion:
    @pytest.fixture(autouse=True)
    def _no_override(self, monkeypatch):
        monkeypatch.delenv(beam_internals.ANY_BEAM, raising=False)

    def test_a_tested_version_is_accepted(self):
        check_version(f"{TESTED_WITH[0]}.3")

    @pytest.mark.parametrize("version", ["2.79.0", "2.7", "2.770.0", "3.0.0.dev0"])
    def test_another_version_is_refused_with_the_ways_out(self, version):
        with pytest.raises(UntestedBeamError) as refused:
            check_version(version)
        assert f"apache-beam {version} is installed; onrecord was tested with {TESTED_WITH[0]}" in str(refused.value)
        assert f"pip install 'apache-beam=={TESTED_WITH[-1]}.*'" in str(refused.value)
        assert "ONRECORD_ANY_BEAM=1" in str(refused.value)

    def test_another_version_can_be_tried(self, monkeypatch):
        monkeypatch.setenv("ONRECORD_ANY_BEAM", "1")
        check_version("2.79.0")

    def test_runners_that_need_the_internals_check_first(self, monkeypatch):
        from onrecord.runners import FLINK, PORTABLE, PRISM, direct_stream, portable

        monkeypatch.setattr(beam_internals, "TESTED_WITH", ("2.1",))
        for runner in (FLINK, PORTABLE, PRISM):
            with pytest.raises(UntestedBeamError):
                portable.beam_runner(runner)
        with pytest.raises(UntestedBeamError):
            direct_stream.runner(lambda event, text: None, 10)
        with pytest.raises(UntestedBeamError), beam_internals.counting():
            pass


def test_a_source_that_failed_does_not_go_on_as_if_it_had_not():
    """The runner asks a failed source again, three times."""
    ending = beam_internals._Ending(threading.Event())
    answers = iter([OSError("gone"), ValueError("not reached")])

    def read() -> beam_internals.Values:
        raise next(answers)

    for _ in range(4):
        with pytest.raises(OSError, match="gone"):
            ending.values(read)


def test_the_counters_of_a_step_that_is_called_without_a_runner_are_counted():
    metrics.count("before")
    with beam_internals.counting() as counts:
        metrics.count("messages", 2)
        metrics.count("messages")
        metrics.distribute("seconds", 7)
        with beam_internals.counting() as inner:
            metrics.count("messages", 5)
    metrics.count("messages")
    assert counts == {"messages": 3}
    assert inner == {"messages": 5}


def test_a_function_is_inspected_once_and_what_is_found_can_be_changed():
    inspected = []

    def inspect_function(function):
        inspected.append(function)
        return core.get_function_args_defaults(function)

    class Step(beam.DoFn):
        def process(self, element, timestamp=beam.DoFn.TimestampParam):
            yield element

    arguments = beam_internals._remembering(inspect_function)
    expected = core.get_function_args_defaults(Step().process)
    for _ in range(3):
        found = arguments(Step().process)
        assert found == expected
        found[0].clear()
    assert len(inspected) == 1
    for function in (Step.process, lambda one, two=2: one):
        assert arguments(function) == core.get_function_args_defaults(function)
