# SPDX-License-Identifier: Apache-2.0
"""Compares a backfill on Flink and one on the local runner, each with two workers.

usage: python -m tests.benchmarks.flink_backfill ARTICLES.jsonl

Prints the elapsed and the CPU seconds of both, the latter without starting and stopping Flink, and whether the files are identical
byte for byte.
"""

import resource
import sys
import tempfile
import time
from pathlib import Path

from deploy.flink.cluster import Cluster
from tests.integration.backfills import EXTRACTED, files, start

SHARDS = 4


def cpu_seconds() -> float:
    """Return the CPU seconds of all processes below this one that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def timed(*arguments: object) -> float:
    """Run a backfill and return the elapsed seconds."""
    began = time.monotonic()
    process = start(*arguments, "--shards", SHARDS)
    _, err = process.communicate()
    assert process.returncode == 0, err
    return time.monotonic() - began


def main(articles: str) -> None:
    """Run both and compare."""
    with tempfile.TemporaryDirectory(prefix="onrecord-flink-") as name:
        folder = Path(name)
        began = cpu_seconds()
        local = timed("--input", articles, "--output", folder / "local", "--workers", 1)
        local_cpu = cpu_seconds() - began
        with Cluster(folder / "empty"):
            pass
        idle_cpu = cpu_seconds() - began - local_cpu
        with Cluster(folder / "cluster") as cluster:
            flink = timed("--input", articles, "--output", folder / "flink", *cluster.beam_flags())
        flink_cpu = cpu_seconds() - began - local_cpu - 2 * idle_cpu
        print(f"local runner, 1 worker\t{local:.0f} s\t{local_cpu:.0f} CPU s")
        print(f"Flink, 2 workers\t{flink:.0f} s\t{flink_cpu:.0f} CPU s\t{local / flink:.2f} times as fast")
        for kind in EXTRACTED:
            same = [[path.read_bytes() for path in files(folder / where, kind)] for where in ("local", "flink")]
            print(f"{kind}\t{'the same' if same[0] == same[1] and same[0] else 'NOT the same'}")


if __name__ == "__main__":
    main(sys.argv[1])
