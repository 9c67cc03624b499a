# SPDX-License-Identifier: Apache-2.0
"""``compact`` on the files of a stream that goes on writing, killed again and again: readers get every record once, and no error."""

import multiprocessing
import os
import random
import signal
import time
from collections import Counter
from pathlib import Path

import pytest

import onrecord
from onrecord.jobs import compact
from tests.sinks.test_compact import written

MEGABYTE = 1_000_000
FILES = 349
KILLS = 10
FORK = multiprocessing.get_context(
    "fork"
)  # a process of its own would import Beam each time, which takes longer than all the work


def stream(folder: Path, minutes: int) -> None:
    """Write files as a stream does, late panes of windows that have files included, until it is killed."""
    for number in range(100_000):
        written(folder, number * 7 % minutes, f"new-{number}", pane=100 + number)
        time.sleep(0.01)


def compacting(folder: Path) -> None:
    os._exit(compact.run(compact.CompactOptions(str(folder), MEGABYTE)))


def articles(folder: Path) -> Counter[str]:
    return Counter(one.article_id for one in onrecord.records(folder, "quotes"))


@pytest.mark.long  # tests/sinks/test_compact.py has each moment of one file's merge
@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_killed_at_ten_moments_under_a_running_stream_it_loses_and_doubles_nothing(tmp_path):
    chance = random.Random(7)
    for number in range(FILES):
        written(tmp_path, number % 200, f"old-{number}", pane=number // 200)
    old = {f"old-{number}" for number in range(FILES)}
    writer = FORK.Process(target=stream, args=(tmp_path, 200))
    writer.start()
    killed = read = 0
    took = 1.0
    try:
        while killed < KILLS:
            one = FORK.Process(target=compacting, args=(tmp_path,))
            began = time.monotonic()
            one.start()
            until = began + chance.uniform(0, took)
            while time.monotonic() < until and one.is_alive():
                before = set(articles(tmp_path))
                found = articles(tmp_path)
                assert set(found.values()) == {1}
                assert old <= found.keys()
                assert before <= found.keys()
                read += 1
            if one.is_alive():
                os.kill(one.pid, signal.SIGKILL)
                killed += 1
            else:
                assert one.exitcode == 0
                took = time.monotonic() - began
            one.join()
            found = articles(tmp_path)
            assert set(found.values()) == {1}
            assert old <= found.keys()
    finally:
        writer.kill()
        writer.join()
    assert read > 0
    assert compact.run(compact.CompactOptions(str(tmp_path), MEGABYTE)) == 0
    found = articles(tmp_path)
    news = len(found) - FILES
    assert found == Counter([*old, *(f"new-{number}" for number in range(news))])
    assert len(list(tmp_path.rglob("*.avro"))) < 20
