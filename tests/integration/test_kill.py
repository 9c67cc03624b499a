"""A backfill that is killed leaves no broken file, and run again it leaves exactly the records of one that was not."""

import os
import random
import signal
import subprocess
import time

import fastavro
import pytest

from onrecord.data.kinds import kinds
from tests.integration.backfills import SAMPLES, backfill, files, fingerprint, start

pytestmark = pytest.mark.integration

KILLS = 10
SEED = 20260131


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    output = tmp_path_factory.mktemp("undisturbed") / "out"
    started = time.monotonic()
    backfill("--input", *sorted(SAMPLES.glob("*.jsonl")), "--output", output, "--shards", 2)
    return fingerprint(output), time.monotonic() - started


def test_kill_9_at_random_moments_costs_nothing(undisturbed, tmp_path):
    expected, seconds = undisturbed
    moments = random.Random(SEED)
    output = tmp_path / "out"
    killed = 0
    for _ in range(KILLS):
        arguments = ("--input", *sorted(SAMPLES.glob("*.jsonl")), "--output", output, "--shards", 2, "--overwrite")
        process = start(*arguments, "--workers", moments.choice((1, 2)))
        try:
            process.communicate(timeout=moments.uniform(0, seconds))
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
            killed += 1
        for kind in kinds():
            for path in files(output, kind):
                with path.open("rb") as file:
                    assert list(fastavro.reader(file)), path
        backfill(*arguments)
        assert fingerprint(output) == expected
    assert killed >= KILLS // 3  # on a busy machine some end before their time has come
