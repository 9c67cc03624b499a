# SPDX-License-Identifier: Apache-2.0
"""From publication to a readable file: ``python -m tests.benchmarks.latency RATE SECONDS [ARTICLES.jsonl] [scrape] [--OPTION=VALUE]``.

Publishes RATE messages per second, made up or those of a file over and over under new ids, to a stream on the local runner; a fifth of the
articles were published ten minutes to three hours ago. Prints a tab-separated line every minute: the seconds, messages sent, articles in
files, files, the lag that the stream reports and the true one in seconds, CPU seconds since it was ready, and memory in MB. At the end come
the quantiles of the times from publication to a file. With ``scrape``, metrics are asked for every five seconds instead of every minute.
"""

import json
import random
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path

import psutil
import pytest
from google.cloud import pubsub
from prometheus_client.parser import text_string_to_metric_families

from onrecord.data.kinds import kinds
from onrecord.sinks import AVRO
from tests.benchmarks.flink_backlog import repeated, used
from tests.integration.backfills import ROOT, files
from tests.integration.emulator import running_emulator
from tests.integration.streams import make_messages, utc_now
from tests.integration.test_pubsub import subscribed

LOOK_SECONDS = 0.25
SCRAPE_SECONDS = 5.0
LINE_SECONDS = 60.0
MAX_SECONDS = 3600.0
LATE_SHARE = 0.2
ROW = "{:.0f}\t{}\t{}\t{}\t{}\t{:.1f}\t{:.0f}\t{:.0f}"


class Articles:
    """Messages, when each was published, and when its article was first in a file."""

    def __init__(self, topic: str, messages: list[bytes]) -> None:
        """Prepare to publish messages."""
        self._topic = topic
        self._publisher = pubsub.PublisherClient()
        self._messages = [json.loads(message) for message in messages]
        self._known: set[Path] = set()
        chance = random.Random(7)
        self.late = {
            message["id"]: chance.uniform(10, 180) for message in self._messages if chance.random() < LATE_SHARE
        }
        self.sent: dict[str, float] = {}
        self.read: dict[str, float] = {}
        self.doubled = 0

    def publish(self, until: int) -> None:
        """Publish messages until this many are published."""
        for message in self._messages[len(self.sent) : until]:
            published = utc_now() - timedelta(minutes=self.late.get(message["id"], 0))
            self.sent[message["id"]] = time.time()
            self._publisher.publish(
                self._topic, json.dumps({**message, "published_at": published.isoformat()}).encode()
            )

    def look(self, output: Path) -> None:
        """Read the files that are new."""
        new = [path for path in files(output, "articles") if path not in self._known]
        now = time.time()
        self._known.update(new)
        for path in new:
            with path.open("rb") as file:
                for record in AVRO.rows(file, kinds()["articles"], {"article_id"}):
                    self.doubled += record["article_id"] in self.read
                    self.read.setdefault(record["article_id"], now)

    @property
    def is_done(self) -> bool:
        """Whether all articles are in files."""
        return len(self.read) == len(self._messages)

    @property
    def lag(self) -> float:
        """The age of the oldest message that is in no file, in seconds."""
        oldest = min((at for name, at in self.sent.items() if name not in self.read), default=None)
        return 0.0 if oldest is None else time.time() - oldest

    def quantiles(self, are_late: bool) -> str:
        """Return how long it took until articles could be read."""
        took = [at - self.sent[name] for name, at in self.read.items() if (name in self.late) is are_late]
        p95 = statistics.quantiles(took, n=20)[-1]
        return f"{len(took):,}: p50 {statistics.median(took):.1f} s, p95 {p95:.1f} s, max {max(took):.1f} s"


@contextmanager
def running_stream(log: Path, *arguments: object) -> Iterator["tuple[psutil.Process, int]"]:
    """Run a stream while the block does, and yield its process and its status port."""
    command = (sys.executable, "-m", "onrecord", "stream", "--log-format", "json", "--status-port", "0")
    with log.open("wb") as file:
        process = subprocess.Popen([*command, *map(str, arguments)], cwd=ROOT, stdin=subprocess.DEVNULL, stderr=file)
    try:
        port = None
        while port is None or get(port, "readyz")[0] != 200:
            assert process.poll() is None, log.read_text()
            time.sleep(LOOK_SECONDS)
            lines = map(json.loads, log.read_text().splitlines())
            port = next((line["port"] for line in lines if line["event"] == "status"), None)
        yield psutil.Process(process.pid), port
    finally:
        process.terminate()
        print(f"exit code {process.wait()}; at the end: {log.read_text().splitlines()[-1]}")


def get(port: int, path: str) -> tuple[int, str]:
    """Return the status and the body of an answer."""
    with suppress(urllib.error.URLError), urllib.request.urlopen(f"http://127.0.0.1:{port}/{path}") as answer:
        return answer.status, answer.read().decode()
    return 0, ""


def lag_of(port: int) -> str:
    """Return the lag that a stream reports."""
    for family in text_string_to_metric_families(get(port, "metrics")[1]):
        for sample in family.samples:
            if sample.name == "onrecord_lag_seconds":
                return f"{sample.value:.1f}"
    return "unknown"


def watched(
    articles: Articles, rate: float, seconds: float, output: Path, stream: psutil.Process, port: int, pause: float
) -> None:
    """Publish at a steady rate, and print what the stream is done with, until everything can be read."""
    spent: dict[int, float] = {}
    ready = used(spent, stream)[0]
    began = printed = scraped = time.monotonic()
    print("seconds\tsent\tin files\tfiles\tlag\ttrue lag\tCPU s\tMB", flush=True)
    while not articles.is_done and (now := time.monotonic()) - began < MAX_SECONDS:
        articles.publish(int(min(now - began, seconds) * rate))
        articles.look(output)
        if now - scraped >= pause:
            scraped = now
            get(port, "metrics")
        if now - printed >= LINE_SECONDS or articles.is_done:
            printed = now
            number = sum(len(files(output, kind)) for kind in kinds())
            counts = len(articles.sent), len(articles.read), number
            cpu, memory = used(spent, stream)
            print(ROW.format(now - began, *counts, lag_of(port), articles.lag, cpu - ready, memory), flush=True)
        time.sleep(LOOK_SECONDS)


def main(rate: float, seconds: float, source: Path | None, pause: float, options: list[str]) -> None:
    """Publish to a stream at a steady rate, and print when the articles can be read."""
    with tempfile.TemporaryDirectory(prefix="onrecord-latency-") as name, pytest.MonkeyPatch.context() as patched:
        folder = Path(name)
        arguments = ("--output", folder / "out", *options)
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that everything is stopped
        lines = source.read_bytes().splitlines() if source else make_messages(100, utc_now())
        whole = [line for line in lines if b'"broken-' not in line]
        with running_emulator(folder) as host:
            patched.setenv("PUBSUB_EMULATOR_HOST", host)
            topic, subscription = subscribed(f"t-{uuid.uuid4().hex}")
            articles = Articles(topic, list(repeated(whole, int(rate * seconds))))
            with running_stream(folder / "log", "--subscription", subscription, *arguments) as (stream, port):
                watched(articles, rate, seconds, folder / "out", stream, port, pause)
        for title, are_late in (("on time", False), ("late", True)):
            print(f"{title} {articles.quantiles(are_late)}")
        print(f"doubled {articles.doubled:,}")


if __name__ == "__main__":
    flags = [argument for argument in sys.argv[3:] if argument.startswith("--")]
    source = next((Path(argument) for argument in sys.argv[3:] if argument.endswith(".jsonl")), None)
    pause = SCRAPE_SECONDS if "scrape" in sys.argv[3:] else LINE_SECONDS
    main(float(sys.argv[1]), float(sys.argv[2]), source, pause, flags)
