# SPDX-License-Identifier: Apache-2.0
"""The local production stack, as started and stopped by ``make stack-up`` and ``make stack-down``."""

import json
import os
import stat
import subprocess
import sys
import time

import psutil
import pytest

from tests.integration.backfills import ROOT, SAMPLES
from tests.integration.streams import finished, ids, onrecord

pytestmark = [pytest.mark.flink, pytest.mark.emulator]
REACHED_SECONDS = 240.0


@pytest.fixture
def stack(tmp_path):
    """Return a function that runs a command of the stack; the stack is stopped afterwards in any case."""

    def run(command: str) -> tuple[int, str]:
        done = subprocess.run(
            [sys.executable, "-m", "deploy.stack", command],
            cwd=ROOT,
            env={**os.environ, "ONRECORD_STACK": str(tmp_path)},
            capture_output=True,
            text=True,
            timeout=REACHED_SECONDS * 2,
        )
        return done.returncode, done.stdout + done.stderr

    yield run
    run("down")


def left_running(folder):
    """Return the command lines of processes that name a folder."""
    lines = []
    for process in psutil.process_iter():
        try:
            lines.append(" ".join(process.cmdline()))
        except psutil.Error:
            continue
    return [line for line in lines if f"{folder}/" in line and "pytest" not in line]


def listening(folder):
    """Return the addresses on which the stack's processes listen."""
    supervisor = psutil.Process(json.loads((folder / "stack.json").read_text())["pid"])
    return {
        connection.laddr.ip.removeprefix("::ffff:")
        for process in supervisor.children(recursive=True)
        for connection in process.net_connections("inet")
        if connection.status == psutil.CONN_LISTEN
    }


def test_articles_that_are_published_to_the_stack_become_records(tmp_path, stack):
    assert stack("status") == (1, "the stack is not up; 'make stack-up' starts it\n")
    assert stack("down") == (0, "the stack is not up\n")
    code, said = stack("up")
    assert code == 0, said
    assert "streaming job   running" in said
    code, again = stack("up")
    assert code == 0
    assert again.startswith("the stack is already up")
    host = f"127.0.0.1:{json.loads((tmp_path / 'stack.json').read_text())['ports']['pubsub']}"
    topic = "projects/onrecord-local/topics/articles"
    finished(onrecord("publish", SAMPLES / "articles.jsonl", "--topic", topic, emulator=host))
    deadline = time.monotonic() + REACHED_SECONDS
    while len(ids(tmp_path / "records")) < 15 and time.monotonic() < deadline:
        time.sleep(1)
    assert len(ids(tmp_path / "records")) == 15
    if sys.platform == "linux":
        assert listening(tmp_path) == {"127.0.0.1"}
    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o700
    code, said = stack("down")
    assert code == 0, said
    assert left_running(tmp_path) == []
