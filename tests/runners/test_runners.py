# SPDX-License-Identifier: Apache-2.0
"""Features that a runner lacks are rejected before anything starts, with a hint what to do."""

import sys
from pathlib import Path

import pytest
from apache_beam.options.pipeline_options import PipelineOptions, PrismRunnerOptions, StandardOptions

from onrecord.commands import backfill, parser
from onrecord.commands.arguments import UsageError
from onrecord.commands.stream import MAX_DEFAULT_WORKERS, check
from onrecord.jobs.stream import at_once, pipeline_options, source_of
from onrecord.jobs.stream_options import StreamOptions
from onrecord.runners import DIRECT, FLINK, OFFERED, RUNNERS, Runner, find, flink, portable, prism
from onrecord.sources import sources
from tests.integration.backfills import ROOT

TABLE = (ROOT / "docs" / "reference" / "runners.md").read_text("utf-8").partition("\n## ")[0]
SUBSCRIPTION = "projects/test-project/subscriptions/articles"
TOPIC = "projects/test-project/topics/articles"


def refused(runner: Runner, source: str) -> str | None:
    """Return why a runner can't read from a source."""
    if source == "files":
        return runner.no_batch or None
    return runner.no_streaming or sources()[source].refusals.get(runner.name)


def refusal(name: str, source: str, tmp_path: Path) -> str | None:
    """Return the command line's error for a runner that can't read from a source."""
    articles = tmp_path / "articles.jsonl"
    articles.write_text("{}\n", "utf-8")
    value = {"subscription": SUBSCRIPTION, "topic": TOPIC, "files": str(articles), "watch": str(articles)}[source]
    command = ["backfill", "--input", value] if source == "files" else ["stream", f"--{source}", value]
    arguments, others = parser().parse_known_args([*command, "--output", str(tmp_path / "out"), "--runner", name])
    try:
        (backfill.check if source == "files" else check)(arguments, others)
    except UsageError as error:
        return next((problem for problem in error.problems if "--runner" in problem), None)
    return None


@pytest.mark.parametrize("name", ["DirectRunner", "PrismRunner", "FlinkRunner", "DataflowRunner", "PortableRunner"])
def test_a_backfill_and_a_subscription_are_read_by_every_runner_that_is_offered_for_both(name):
    runner = find(name)
    assert runner is not None
    assert refused(runner, "files") is None
    assert refused(runner, "subscription") is None


@pytest.mark.parametrize(
    ("name", "source", "way_out"),
    [
        ("FnApiRunner", "subscription", "DirectRunner, the default, streams on this machine"),
        ("FnApiRunner", "watch", "it never closes a window"),
        ("BundleBasedDirectRunner", "files", "DirectRunner, the default, runs a backfill"),
        ("SwitchingDirectRunner", "files", "give DirectRunner or PrismRunner"),
        ("SwitchingDirectRunner", "subscription", "give DirectRunner or PrismRunner"),
        ("PrismRunner", "topic", "reads from a --subscription only"),
        ("FlinkRunner", "topic", "gcloud pubsub subscriptions create"),
        ("FlinkRunner", "watch", "only DirectRunner, the default, can watch files"),
        ("DataflowRunner", "watch", "only DirectRunner, the default, can watch files"),
        ("SparkRunner", "files", "PortableRunner with --job_endpoint"),
        ("apache_beam.runners.portability.flink_runner.FlinkRunner", "files", "choose from DirectRunner"),
    ],
)
def test_unsupported_sources_are_refused_with_the_way_out(name, source, way_out, tmp_path):
    reason = refusal(name, source, tmp_path)
    assert reason is not None
    assert reason.startswith(f"--runner {name}: ")
    assert way_out in reason


def test_a_name_may_be_in_lower_case():
    assert find("prismrunner") is find("PrismRunner") is not None


def test_every_runner_is_one_that_beam_knows():
    for runner in RUNNERS:
        assert {runner.name, runner.batch, runner.streaming} <= {"", *StandardOptions.KNOWN_RUNNER_NAMES}
        assert find(runner.name) is runner


def test_no_runner_is_used_that_downloads_another():
    assert (DIRECT.batch, DIRECT.streaming) == ("FnApiRunner", "BundleBasedDirectRunner")
    assert "SwitchingDirectRunner" not in OFFERED


@pytest.mark.parametrize("runner", RUNNERS, ids=lambda runner: runner.name)
def test_the_page_says_what_the_table_says(runner: Runner):
    [row] = [line for line in TABLE.splitlines() if line.startswith(f"| `{runner.name}`")]
    cells = [cell.strip() for cell in row.strip("|").split("|")]
    can = ["no" if refused(runner, source) else "yes" for source in ("files", *sources())]
    assert [cell.split(",")[0].split(" ")[0] for cell in cells[1:5]] == can


class TestPrism:
    """It is looked for, and never downloaded."""

    @pytest.fixture(autouse=True)
    def _empty_machine(self, tmp_path, monkeypatch):
        monkeypatch.setenv("ONRECORD_CACHE", str(tmp_path / "cache"))
        monkeypatch.setenv("PATH", str(tmp_path / "bin"))

    def put(self, path: Path, content: bytes = b"apache/beam") -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        path.chmod(0o755)
        return path

    def test_without_one_the_problem_names_the_command_that_builds_it(self):
        problems: list[str] = []
        prism.location_flags([], problems)
        [problem] = problems
        assert f"go install {prism.MODULE}@v{prism.BEAM_VERSION}" in problem

    def test_the_one_in_the_cache_is_found(self):
        path = self.put(prism.cache() / "prism")
        options = PipelineOptions(prism.location_flags([], []))
        assert options.view_as(PrismRunnerOptions).prism_location == str(path)

    def test_the_one_on_the_path_is_found(self, tmp_path):
        path = self.put(tmp_path / "bin" / "prism")
        assert prism.find() == path

    @pytest.mark.parametrize("content", [b"#!/usr/bin/env node\n", b""])
    def test_another_program_of_that_name_is_not_used(self, tmp_path, content):
        self.put(tmp_path / "bin" / "prism", content)
        assert prism.find() is None

    @pytest.mark.parametrize("flags", [["--prism_location={}"], ["--prism_location", "{}"]])
    def test_a_file_that_is_given_comes_before_the_one_that_is_found(self, tmp_path, flags):
        self.put(prism.cache() / "prism")
        mine = self.put(tmp_path / "mine")
        given = [flag.format(mine) for flag in flags]
        problems: list[str] = []
        options = PipelineOptions([*prism.location_flags(given, problems), *given])
        assert options.view_as(PrismRunnerOptions).prism_location == str(mine)
        assert problems == []

    @pytest.mark.parametrize("location", ["nowhere", "https://github.com/apache/beam/releases/tag/v2.77.0"])
    def test_an_address_to_download_from_is_refused(self, location):
        problems: list[str] = []
        prism.location_flags([f"--prism_location={location}"], problems)
        [problem] = problems
        assert "none is downloaded" in problem


class TestFlink:
    """Beam's runner for it is looked for, and never downloaded."""

    MASTER = "--flink_master=localhost:8081"

    @pytest.fixture(autouse=True)
    def _empty_cache(self, tmp_path, monkeypatch):
        monkeypatch.setenv("ONRECORD_CACHE", str(tmp_path))

    def test_without_a_cluster_the_problem_names_the_command_that_starts_one(self):
        problems: list[str] = []
        flink.needed_flags([], problems)
        [problem] = problems
        assert "--flink_master=localhost:8081" in problem
        assert "make stack-up" in problem

    def test_without_the_jar_the_problem_names_the_command_that_fetches_it(self):
        problems: list[str] = []
        flink.needed_flags([self.MASTER], problems)
        [problem] = problems
        assert "make flink" in problem

    def test_the_jar_in_the_cache_is_found(self, tmp_path):
        jar = tmp_path / "flink-1.19.3" / "beam.jar"
        jar.parent.mkdir()
        jar.write_bytes(b"")
        problems: list[str] = []
        assert f"--flink_job_server_jar={jar}" in flink.needed_flags([self.MASTER], problems)
        assert problems == []


SUBMITTED = ["--flink_submit_uber_jar", "--flink_job_server_jar=beam.jar"]


def stream_options(tmp_path: Path, runner: str, *beam_flags: str) -> StreamOptions:
    """Return the checked options of a stream from a subscription."""
    line = [
        "stream",
        "--subscription",
        SUBSCRIPTION,
        "--output",
        str(tmp_path / "out"),
        "--runner",
        runner,
        "--allow-open-ports",
        *beam_flags,
    ]
    return check(*parser().parse_known_args(line))


@pytest.mark.parametrize(
    ("name", "flags", "stop"),
    [
        ("DirectRunner", [], "drain"),
        ("FlinkRunner", ["--flink_job_server_jar=beam.jar"], "cancel"),
        (
            "FlinkRunner",
            ["--flink_master=localhost:8081", "--flink_job_server_jar=beam.jar", "--environment_type=LOOPBACK"],
            "cancel",
        ),
        (
            "FlinkRunner",
            ["--flink_master=localhost:8081", "--flink_job_server_jar=beam.jar", "--environment_type=PROCESS"],
            "leave",
        ),
        ("PortableRunner", ["--job_endpoint=localhost:8099"], "leave"),
    ],
)
def test_a_stop_leaves_a_cluster_alone_and_cancels_what_can_not_continue(tmp_path, name, flags, stop):
    options = stream_options(tmp_path, name, *flags)
    assert portable.stop_of(options.runner, pipeline_options(options)) == stop


@pytest.mark.parametrize(
    ("name", "flags", "opened"),
    [
        ("PrismRunner", [], "Prism listens on all interfaces"),
        ("FlinkRunner", ["--flink_job_server_jar=beam.jar"], "Beam's job server"),
        ("FlinkRunner", [*SUBMITTED, "--flink_master=localhost:8081", "--environment_type=PROCESS"], "a task manager"),
        ("FlinkRunner", [*SUBMITTED, "--flink_master=http://127.0.0.1:8081"], "a task manager"),
        ("FlinkRunner", [*SUBMITTED, "--flink_master=[auto]"], "Beam's job server"),
        ("FlinkRunner", [*SUBMITTED, "--flink_master=flink.example:8081", "--environment_type=LOOPBACK"], "LOOPBACK"),
        ("PortableRunner", ["--job_endpoint=embed"], "--job_endpoint=embed"),
        ("DirectRunner", ["--direct_running_mode=multi_processing"], "--workers N opens none"),
        ("DirectRunner", ["--direct_running_mode=multi_threading"], "--workers N opens none"),
    ],
)
def test_a_job_that_opens_ports_on_this_machine_is_refused_unless_that_is_allowed(tmp_path, name, flags, opened):
    line = ["stream", "--subscription", SUBSCRIPTION, "--output", str(tmp_path / "out"), "--runner", name, *flags]
    with pytest.raises(UsageError) as refused:
        check(*parser().parse_known_args(line))
    [problem] = [problem for problem in refused.value.problems if "--allow-open-ports" in problem]
    assert opened in problem
    try:
        check(*parser().parse_known_args([*line, "--allow-open-ports"]))
    except UsageError as other:  # Prism may not be installed
        assert not [problem for problem in other.problems if "ports" in problem]


@pytest.mark.skipif(sys.platform != "linux", reason="the sockets are those of Linux's epoll")
def test_the_jar_of_make_flink_opens_no_ports_for_worker_processes(tmp_path, monkeypatch):
    monkeypatch.setenv("ONRECORD_CACHE", str(tmp_path))
    flags = [
        "--flink_submit_uber_jar",
        f"--flink_job_server_jar={tmp_path}/flink-1/beam.jar",
        "--flink_master=localhost:1",
    ]
    processes = PipelineOptions([*flags, "--environment_type=PROCESS"])
    assert portable.open_ports(FLINK, processes) is None
    assert "a task manager" in str(portable.open_ports(FLINK, PipelineOptions([*flags, "--environment_type=EXTERNAL"])))


@pytest.mark.parametrize(
    ("name", "flags"),
    [
        ("DirectRunner", []),
        ("FlinkRunner", [*SUBMITTED, "--flink_master=flink.example:8081", "--environment_type=PROCESS"]),
        ("PortableRunner", ["--job_endpoint=beam.example:8099"]),
    ],
)
def test_a_job_that_opens_no_ports_on_this_machine_needs_no_permission(tmp_path, name, flags):
    line = ["stream", "--subscription", SUBSCRIPTION, "--output", str(tmp_path / "out"), "--runner", name, *flags]
    check(*parser().parse_known_args(line))


ELSEWHERE = ("--flink_master=flink.example:8081", "--flink_job_server_jar=beam.jar", "--flink_submit_uber_jar")


@pytest.mark.parametrize(
    ("runner", "flags", "seconds"),
    [
        ("DirectRunner", (), None),
        ("DirectRunner", ("--early-every", "20"), 20),
        ("FlinkRunner", ELSEWHERE, 90),
        ("FlinkRunner", (*ELSEWHERE, "--early-every", "20"), 20),
        ("FlinkRunner", (*ELSEWHERE, "--early-every", "0"), None),
    ],
)
def test_a_backlog_does_not_keep_records_out_of_files_where_it_keeps_windows_open(tmp_path, runner, flags, seconds):
    options = stream_options(tmp_path, runner, "--window", "60", *flags)
    assert options.streaming.early_every == seconds


def test_workers_of_a_stream_are_processes_of_the_local_runner(tmp_path):
    options = stream_options(tmp_path, "DirectRunner", "--workers", "3", "--batch-size", "10")
    assert (options.extraction.annotators, at_once(options)) == (3, 30)
    assert stream_options(tmp_path, "DirectRunner").extraction.annotators <= MAX_DEFAULT_WORKERS
    assert stream_options(tmp_path, "FlinkRunner", *ELSEWHERE).extraction.annotators == 1
    with pytest.raises(UsageError, match=r"--workers.*DirectRunner only"):
        stream_options(tmp_path, "FlinkRunner", *ELSEWHERE, "--workers", "2")


def test_how_much_is_pulled_is_an_option_of_the_portable_source(tmp_path):
    options = stream_options(tmp_path, "FlinkRunner", *ELSEWHERE, "--pull-ahead", "7", "--max-unacknowledged", "500")
    read = source_of(options)
    assert (read.limits.turn_seconds, read.limits.messages) == (7, 500)


@pytest.mark.prism
@pytest.mark.parametrize(
    ("flags", "stop"),
    [([], "drain"), (["--environment_type=LOOPBACK"], "drain"), (["--environment_type=PROCESS"], "cancel")],
)
def test_prism_is_drained_where_its_worker_is_in_this_process(tmp_path, flags, stop):
    options = stream_options(tmp_path, "PrismRunner", *flags)
    assert portable.stop_of(options.runner, pipeline_options(options)) == stop
