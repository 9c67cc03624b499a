# SPDX-License-Identifier: Apache-2.0
"""The internals of Beam that onrecord uses still exist, and only one module uses them."""

import ast
import importlib
import inspect
import re
import textwrap
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from apache_beam.portability.api import beam_runner_api_pb2
from apache_beam.runners.portability.fn_api_runner.worker_handlers import SubprocessSdkWorkerHandler

from onrecord import beam_internals
from onrecord.beam_internals import TESTED_WITH, UntestedBeamError, check_version

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
    Internal(EVALUATOR, "_PubSubReadEvaluator._read_from_pubsub", "pulls"),
    Internal(EVALUATOR, "_PubSubReadEvaluator._get_subscriber_client", "gives the client that is made to wait less"),
    Internal(EVALUATOR, "_PubSubReadEvaluator._sub_name", "names the subscription in an error"),
    Internal(f"{DIRECT}.evaluation_context", "EvaluationContext.create_bundle", "makes bundles"),
    Internal(f"{DIRECT}.evaluation_context", "EvaluationContext._transform_keyed_states", "has the holds of windows"),
    Internal(
        f"{DIRECT}.evaluation_context", "EvaluationContext._watermark_manager", "has the clock and the watermarks"
    ),
    Internal(f"{DIRECT}.watermark_manager", "WatermarkManager._clock", "is moved ahead, so that timers fire"),
    Internal(f"{DIRECT}.watermark_manager", "WatermarkManager._transform_to_watermarks", "has the watermarks"),
    Internal(f"{DIRECT}.watermark_manager", "_TransformWatermarks._keyed_earliest_holds", "has the holds of keys"),
    Internal("apache_beam.transforms.trigger", "InMemoryUnmergedState.state", "has the holds of windows"),
    Internal(SAMPLER, "StateSampler", "counts for one bundle"),
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


def test_the_thread_that_waits_for_a_worker_process_still_has_the_name_that_a_death_is_recognized_by():
    """Without it, a backfill whose worker dies would hang."""
    named = []

    class Recorded(SubprocessSdkWorkerHandler):
        def __init__(self) -> None:
            self._worker_command_line, self.worker_id, self.provision_info = b"", "w", None

        control_address = "localhost:1"

    handler = Recorded()
    hook, threading.excepthook = threading.excepthook, lambda arguments: named.append(arguments.thread.name)
    try:
        handler.start_worker()
        handler.stop_worker()
    finally:
        threading.excepthook = hook
    assert named == [beam_internals.WORKER_THREAD]


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
        from onrecord.runners import FLINK, PORTABLE, PRISM, direct_batch, direct_stream, portable

        monkeypatch.setattr(beam_internals, "TESTED_WITH", ("2.1",))
        for runner in (FLINK, PORTABLE, PRISM):
            with pytest.raises(UntestedBeamError):
                portable.beam_runner(runner)
        with pytest.raises(UntestedBeamError):
            direct_stream.runner(lambda event, text: None)
        with pytest.raises(UntestedBeamError):
            direct_batch.runner(2)
        assert direct_batch.runner(1) is not None
