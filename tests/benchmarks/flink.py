# SPDX-License-Identifier: Apache-2.0
"""Checkpoints of a stream on Flink over time: ``python -m tests.benchmarks.flink MINUTES [MESSAGES_PER_SECOND] [FLINK_KEY=VALUE]``.

Prints a tab-separated line per minute: minutes, articles written, checkpoints completed and failed, and the largest state in kB and the
longest duration in ms of that minute's checkpoints.
"""

import sys
import tempfile
import time
import uuid
from pathlib import Path

import pytest
from google.cloud import pubsub

from deploy.flink.cluster import Cluster
from tests.integration.emulator import running_emulator
from tests.integration.streams import ids, make_messages, utc_now
from tests.integration.test_flink import Job
from tests.integration.test_pubsub import subscribed

# The state of articles and windows must expire within the test.
BOUNDED = ("--window", 60, "--dedupe-for", 300, "--allowed-lateness", 300)
ROW = "{:.0f}\t{}\t{}\t{}\t{:.0f}\t{}"


def main(minutes: int, rate: float, conf: dict[str, str]) -> None:
    """Stream at a steady rate and print what checkpoints take."""
    with tempfile.TemporaryDirectory(prefix="onrecord-flink-") as name, pytest.MonkeyPatch.context() as patched:
        folder = Path(name)
        with running_emulator(folder) as host, Cluster(folder / "flink", **conf) as cluster:
            patched.setenv("PUBSUB_EMULATOR_HOST", host)
            topic, subscription = subscribed(f"t-{uuid.uuid4().hex}")
            job = Job(cluster, host, "--subscription", subscription, "--output", folder / "out", *BOUNDED)
            print("minutes\tarticles\tcompleted\tfailed\tlargest kB\tlongest ms", flush=True)
            begun, sent, seen = time.monotonic(), 0, 0
            with pubsub.PublisherClient() as publisher:
                for minute in range(1, minutes + 1):
                    while (now := time.monotonic() - begun) < minute * 60:
                        for message in make_messages(max(0, int(now * rate) - sent), utc_now(), sent, sent):
                            publisher.publish(topic, message)
                            sent += 1
                        time.sleep(1)
                    found = cluster.get(f"/jobs/{job.id}/checkpoints")
                    new = [each for each in found["history"] if each["id"] > seen and each["status"] == "COMPLETED"]
                    seen = max((each["id"] for each in new), default=seen)
                    largest = max((each["state_size"] for each in new), default=0) / 1000
                    longest = max((each["end_to_end_duration"] for each in new), default=0)
                    counts = found["counts"]
                    written = len(ids(folder / "out"))
                    print(
                        ROW.format(minute, written, counts["completed"], counts["failed"], largest, longest), flush=True
                    )
            job.cancel()


if __name__ == "__main__":
    numbers = [argument for argument in sys.argv[1:] if "=" not in argument]
    settings = dict(argument.split("=", 1) for argument in sys.argv[1:] if "=" in argument)
    main(
        int(numbers[0]),
        float(numbers[1]) if len(numbers) > 1 else 5.0,
        {key.replace(".", "__").replace("-", "_"): value for key, value in settings.items()},
    )
