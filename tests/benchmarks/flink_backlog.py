# SPDX-License-Identifier: Apache-2.0
"""A backlog on Flink: ``python -m tests.benchmarks.flink_backlog MESSAGES [ARTICLES.jsonl] [kill] [FLINK_KEY=VALUE] [--OPTION=VALUE]``.

Publishes messages at once, made up or those of a file over and over under new ids, and prints a tab-separated line every ten seconds: the
seconds since the job was started, articles in files, files, checkpoints completed and failed, the longest duration of the last ten in ms
and their largest size in kB, CPU seconds, and memory in MB of all processes. A checkpoint that could not begin, while workers start, did
not fail. The last line compares the time with the CPU seconds. With ``kill``, a task manager is killed when a third of the articles can be
read.
"""

import json
import signal
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import suppress
from itertools import cycle, islice
from pathlib import Path

import psutil
import pytest
from google.cloud import pubsub

from deploy.flink.cluster import Cluster
from tests.integration.backfills import files
from tests.integration.emulator import running_emulator
from tests.integration.streams import ids, make_messages, utc_now
from tests.integration.test_flink import Job
from tests.integration.test_pubsub import subscribed

STEP_SECONDS = 10.0
MAX_SECONDS = 3600.0
ROW = "{:.0f}\t{}\t{}\t{}\t{}\t{}\t{:.0f}\t{:.0f}\t{:.0f}"


def repeated(lines: list[bytes], number: int) -> Iterator[bytes]:
    """Yield messages over and over until there are enough, each with an id and a text that come only once, and without a time."""
    for index, line in enumerate(islice(cycle(lines), number)):
        message = json.loads(line)
        message["id"] = f"article-{index}"
        message["text"] = f"{message['text']}\n\nNumber {index}."
        message.pop("published_at", None)
        yield json.dumps(message).encode()


def used(spent: dict[int, float], *own: psutil.Process) -> tuple[float, float]:
    """Return the CPU seconds and the memory in MB that processes use together.

    Args:
        spent: CPU seconds by process, those of processes that have ended included; it is updated.
        own: processes, with their children; by default, the children of this one.
    """
    memory = 0.0
    for process in (*own, *(own[0] if own else psutil.Process()).children(recursive=True)):
        with suppress(psutil.Error):
            times = process.cpu_times()
            spent[process.pid] = times.user + times.system
            memory += process.memory_full_info().pss / 1e6
    return sum(spent.values()), memory


def main(number: int, articles: Path | None, is_killing: bool, conf: dict[str, str], options: list[str]) -> None:
    """Publish a backlog, and print how it is worked off."""
    with tempfile.TemporaryDirectory(prefix="onrecord-flink-") as name, pytest.MonkeyPatch.context() as patched:
        folder = Path(name)
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that everything is stopped
        with running_emulator(folder) as host, Cluster(folder / "flink", **conf) as cluster:
            patched.setenv("PUBSUB_EMULATOR_HOST", host)
            topic, subscription = subscribed(f"t-{uuid.uuid4().hex}")
            lines = articles.read_bytes().splitlines() if articles else make_messages(100, utc_now())
            sent = list(repeated(lines, number))
            with pubsub.PublisherClient() as publisher:
                for future in [publisher.publish(topic, message) for message in sent]:
                    future.result()
            wanted = {json.loads(message)["id"] for message in sent}
            spent: dict[int, float] = {}
            idle = used(spent)[0]
            began = time.monotonic()
            job = Job(cluster, host, "--subscription", subscription, "--output", folder / "out", *options)
            print("seconds\tarticles\tfiles\tcompleted\tfailed\tlongest ms\tlargest kB\tCPU s\tMB", flush=True)
            read: list[str] = []
            failed: set[int] = set()
            first, cpu = float("inf"), 0.0
            while len(set(read)) < len(wanted) and time.monotonic() - began < MAX_SECONDS:
                time.sleep(STEP_SECONDS)
                read = ids(folder / "out")
                first = min(first, time.monotonic() - began) if read else first
                if is_killing and len(read) > number / 3:
                    is_killing = False
                    cluster.kill("taskmanager-1")
                    print("killed a task manager", flush=True)
                    continue
                with suppress(OSError, KeyError):
                    found = cluster.get(f"/jobs/{job.id}/checkpoints")
                    done = [each for each in found["history"] if each["status"] == "COMPLETED"]
                    failed.update(each["id"] for each in found["history"] if each["status"] == "FAILED")
                    longest = max((each["end_to_end_duration"] for each in done), default=0)
                    largest = max((each["state_size"] for each in done), default=0) / 1000
                    counts, (cpu, memory) = found["counts"], used(spent)
                    names = sum(
                        len(files(folder / "out", kind)) for kind in ("articles", "entities", "quotes", "stances")
                    )
                    figures = (counts["completed"], len(failed), longest, largest, cpu - idle, memory)
                    print(ROW.format(time.monotonic() - began, len(read), names, *figures), flush=True)
            print(f"{len(wanted):,} articles sent, {len(read):,} in files, {len(set(read)):,} of them different")
            took, cores = time.monotonic() - began, psutil.cpu_count() or 1
            share = (cpu - idle) / cores
            print(
                f"first after {first:.0f} s, all after {took:.0f} s, {took / share:.2f} times the CPU seconds over {cores} cores"
            )
            job.cancel()


if __name__ == "__main__":
    flags = [argument for argument in sys.argv[2:] if argument.startswith("--")]
    others = [argument for argument in sys.argv[2:] if not argument.startswith("--")]
    main(
        int(sys.argv[1]),
        next((Path(argument) for argument in others if argument.endswith(".jsonl")), None),
        "kill" in others,
        {
            key.replace(".", "__").replace("-", "_"): value
            for key, _, value in (argument.partition("=") for argument in others if "=" in argument)
        },
        flags,
    )
