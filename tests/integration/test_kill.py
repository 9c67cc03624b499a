# SPDX-License-Identifier: Apache-2.0
"""A backfill that is killed leaves no broken file, and a rerun gives exactly the records of an uninterrupted one."""

import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from onrecord.data.kinds import kinds
from tests.integration.backfills import SAMPLES, TIMEOUT_SECONDS, backfill, files, fingerprint, records, start

INPUT = ("--input", *sorted(SAMPLES.glob("*.jsonl")), "--shards", 2)


def has_a_file(output: Path) -> bool:
    return any(files(output, kind) for kind in kinds())


def has_files_of_three_kinds(output: Path) -> bool:
    return sum(bool(files(output, kind)) for kind in kinds()) >= 3


def kill_when(reached: Callable[[Path], bool], output: Path, process: "subprocess.Popen[str]") -> None:
    """Kill a backfill and its workers as soon as its output folder is in a certain state."""
    deadline = time.monotonic() + TIMEOUT_SECONDS
    while not reached(output):
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.005)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    assert process.returncode == -signal.SIGKILL


def check_files(output: Path) -> None:
    """Check that every file under its final name is complete."""
    for kind in kinds():
        if files(output, kind):
            assert records(output, kind)


@pytest.mark.parametrize("sink", ["avro", pytest.param("parquet", marks=pytest.mark.long)])
def test_kill_9_at_any_stage_costs_nothing(sink, tmp_path):
    undisturbed, output = tmp_path / "undisturbed", tmp_path / "out"
    for workers, reached in ((2, has_a_file), (1, has_files_of_three_kinds)):
        for left in (path for kind in kinds() for path in files(output, kind)):
            left.unlink()  # so that the test waits for files of this run
        kill_when(
            reached, output, start(*INPUT, "--output", output, "--overwrite", "--workers", workers, "--sink", sink)
        )
        check_files(output)
    assert not (output / "summary.json").exists()
    backfill(*INPUT, "--output", output, "--overwrite", "--sink", sink)
    backfill(*INPUT, "--output", undisturbed)
    assert fingerprint(output) == fingerprint(undisturbed)
