# SPDX-License-Identifier: Apache-2.0
"""CPU cost of the portable Pub/Sub source with the real emulator: ``python -m tests.benchmarks.portable_pubsub [MESSAGES]``.

Prints the CPU seconds of the reading process per idle second, and per thousand messages of 4 kB.
"""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil
from google.cloud import pubsub

from tests.integration.emulator import running_emulator
from tests.integration.test_pubsub import subscribed

READER = """
import sys
import apache_beam as beam
from onrecord.sources.portable_pubsub import ReadFromPubSubPortably

with beam.Pipeline("FnApiRunner") as pipeline:
    pipeline | ReadFromPubSubPortably(sys.argv[1]) | beam.Map(lambda message: print("read"))
"""
IDLE_SECONDS = 10.0
PATIENCE_SECONDS = 600.0
BYTES = 4_000


def cpu_seconds(process: "subprocess.Popen[bytes]") -> float:
    """Return the CPU time that a process has used."""
    times = psutil.Process(process.pid).cpu_times()
    return times.user + times.system


def wait_for(printed: Path, lines: int) -> None:
    """Wait until this many messages have been read."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while printed.read_bytes().count(b"\n") < lines:
        if time.monotonic() > deadline:
            raise TimeoutError(f"{lines} messages were not read in {PATIENCE_SECONDS:.0f} s")
        time.sleep(0.2)


def main(messages: int) -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as folder, running_emulator(Path(folder)) as host:
        os.environ["PUBSUB_EMULATOR_HOST"] = host
        topic, subscription = subscribed("benchmark")
        publisher = pubsub.PublisherClient()
        printed = Path(folder, "printed")
        with printed.open("wb") as out:
            reader = subprocess.Popen([sys.executable, "-u", "-c", READER, subscription], stdout=out)
        try:
            publisher.publish(topic, b"first").result()
            wait_for(printed, 1)
            before = cpu_seconds(reader)
            time.sleep(IDLE_SECONDS)
            print(f"idle: {(cpu_seconds(reader) - before) / IDLE_SECONDS:.3f} CPU seconds a second")
            before = cpu_seconds(reader)
            for future in [publisher.publish(topic, b"x" * BYTES) for _ in range(messages)]:
                future.result()
            wait_for(printed, messages + 1)
            print(
                f"{messages:,} messages: {(cpu_seconds(reader) - before) / messages * 1000:.3f} CPU seconds a thousand"
            )
        finally:
            reader.kill()
            reader.wait()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000)
