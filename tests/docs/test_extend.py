# SPDX-License-Identifier: Apache-2.0
"""The package of how-to/extend.md, installed and run as it is written there."""

import os
import re
import subprocess
import sys
from itertools import islice, takewhile
from pathlib import Path

import pytest

from tests.docs.tutorials import ROOT

PAGE = (ROOT / "docs" / "how-to" / "extend.md").read_text("utf-8")
FILE = re.compile(r"^```\w+ title=\"(?P<name>[^\"]+)\"\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
MAX_PROGRESS_LINES = 120  # one per second
READ = """
import sys, onrecord
for topic in onrecord.records(sys.argv[1], "topics"):
    print(topic.article_id, topic.topic, *(span.text for span in topic.words))
"""


def run(command: list[str], environment: dict[str, str], exit_code: int = 0) -> str:
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == exit_code, done.stdout + done.stderr
    return done.stdout + done.stderr


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Install the package of the page, and return an environment that has it."""
    source, installed = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("installed")
    for found in FILE.finditer(PAGE):
        path = source / found["name"]
        path.parent.mkdir(exist_ok=True)
        path.write_text(found["text"], encoding="utf-8")
    (source / "harbour" / "__init__.py").touch()
    pip = [
        sys.executable,
        "-m",
        "pip",
        "--disable-pip-version-check",
        "install",
        "--quiet",
        "--no-deps",
        "--no-build-isolation",
    ]
    run([*pip, "--target", str(installed), str(source)], dict(os.environ))
    return {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, (str(installed), os.environ.get("PYTHONPATH"))))}


@pytest.mark.process
def test_a_kind_and_a_sink_of_another_package_are_written_and_read(environment: dict[str, str], tmp_path: Path):
    onrecord = [sys.executable, "-m", "onrecord"]
    options = [
        "--input",
        "samples/articles.jsonl",
        "--output",
        str(tmp_path),
        "--workers",
        "1",
        "--extract",
        "quotes,topics",
    ]
    printed = run([*onrecord, "backfill", *options, "--sink", "msgpack"], environment)
    assert re.search(r"^topics +\d+ *$", printed, re.MULTILINE)
    assert list((tmp_path / "topics").glob("topics-*.msgpack"))
    read = run([sys.executable, "-c", READ, str(tmp_path)], environment)
    assert "meridian-20260303-0417 transport " in read
    assert run([*onrecord, "schema", "topics"], environment).startswith("{")


@pytest.mark.process
def test_a_source_of_another_package_is_an_option_that_some_runners_refuse(environment: dict[str, str], tmp_path: Path):
    stream = [
        sys.executable,
        "-m",
        "onrecord",
        "stream",
        "--output",
        str(tmp_path / "out"),
        "--pipe",
        str(tmp_path / "pipe"),
    ]
    refused = run([*stream, "--runner", "FlinkRunner"], environment, exit_code=2)
    assert "only DirectRunner, the default, can read a pipe" in refused


@pytest.mark.long
@pytest.mark.process
def test_a_stream_reads_a_source_of_another_package(environment: dict[str, str], tmp_path: Path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    command = [
        sys.executable,
        "-m",
        "onrecord",
        "stream",
        "--output",
        str(tmp_path / "out"),
        "--pipe",
        str(pipe),
        "--report-every",
        "1",
    ]
    stream = subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    writer = os.open(pipe, os.O_RDWR)  # so that writing does not wait for the reader
    try:
        os.write(writer, b'{"id": "a-1", "text": "The ferry leaves from the new quay, Anna Berg said."}\n')
        assert stream.stderr is not None
        lines = list(takewhile(lambda line: "1 messages" not in line, islice(stream.stderr, MAX_PROGRESS_LINES)))
        assert stream.poll() is None and len(lines) < MAX_PROGRESS_LINES, lines
        stream.terminate()
        stream.communicate(timeout=120)
    finally:
        os.close(writer)
        stream.kill()
    assert stream.returncode == 0
    assert "a-1 port quay" in run([sys.executable, "-c", READ, str(tmp_path / "out")], environment)
