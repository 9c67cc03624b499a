# SPDX-License-Identifier: Apache-2.0
"""The portable Pub/Sub source with the real emulator, on the runners that it supports and as in its documentation."""

import json
import os
import re
import signal
import subprocess
import sys
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from google.api_core.exceptions import NotFound
from google.cloud import pubsub

from onrecord.runners import prism
from onrecord.sources.portable_pubsub.read import TURN_SECONDS
from onrecord.sources.portable_pubsub.subscription import PULL_SECONDS, Subscription
from tests.integration.backfills import ROOT, backfill, records
from tests.integration.emulator import free_port, running_emulator
from tests.integration.streams import Stream, comparable, finished, ids, make_messages, utc_now, write_lines
from tests.integration.test_pubsub import PROJECT, payloads, subscribed

pytestmark = pytest.mark.emulator

PAGE = ROOT / "docs" / "how-to" / "portable-pubsub.md"
SECONDS = 90  # deadline for an expected state
SHORTEST_LEASE_SECONDS = 10
PRINT = """
import sys
import apache_beam as beam
from onrecord.sources.portable_pubsub import Limits, ReadFromPubSubPortably

with beam.Pipeline(sys.argv[2]) as p:
    messages = p | ReadFromPubSubPortably(sys.argv[1], splits=1, limits=Limits(lease_seconds=10))
    messages | beam.Map(lambda message: print(message.data.decode()))
"""


@pytest.fixture(scope="module")
def emulator(tmp_path_factory):
    with running_emulator(tmp_path_factory.mktemp("emulator")) as host:
        yield host


@pytest.fixture
def pubsub_names(emulator, monkeypatch):
    monkeypatch.setenv("PUBSUB_EMULATOR_HOST", emulator)
    return subscribed(f"t-{uuid.uuid4().hex}")


def publish(topic: str, messages: list[bytes], **attributes: str) -> None:
    with pubsub.PublisherClient() as publisher:
        for future in [publisher.publish(topic, message, **attributes) for message in messages]:
            future.result(timeout=SECONDS)


def until(is_reached: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + SECONDS
    while not is_reached():
        assert time.monotonic() < deadline, f"{what} was not reached in {SECONDS} s"
        time.sleep(0.2)


@contextmanager
def running(folder: Path, script: str, *arguments: str) -> Iterator[Callable[[], list[str]]]:
    """Run a script while the block runs, and yield a function that returns the lines that it has printed."""
    printed = folder / "printed"
    with printed.open("wb") as out, (folder / "errors").open("wb") as errors:
        process = subprocess.Popen(
            [sys.executable, "-u", "-c", script, *arguments],
            cwd=ROOT,
            stdout=out,
            stderr=errors,
            start_new_session=True,
        )
        try:
            yield lambda: printed.read_text("utf-8").splitlines()
        finally:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


@pytest.mark.long
def test_what_was_read_is_acknowledged(tmp_path, pubsub_names):
    """On FnApiRunner, which reads and finalizes; no window would fire there."""
    topic, subscription = pubsub_names
    sent = [f"message {number}" for number in range(100)]
    publish(topic, [text.encode() for text in sent])
    with running(tmp_path, PRINT, subscription, "FnApiRunner") as printed:
        until(lambda: len(printed()) >= len(sent), "the last message")
        assert sorted(printed()) == sorted(sent)
        # A turn confirms those that were over when it began, so two more have to pass.
        enough = time.monotonic() + 3 * (TURN_SECONDS + PULL_SECONDS)
        while time.monotonic() < enough:
            marker = f"marker {len(printed())}"
            publish(topic, [marker.encode()])
            until(lambda marker=marker: marker in printed(), marker)
    # The leases of unacknowledged messages expire.
    left: set[bytes] = set()
    over = time.monotonic() + SHORTEST_LEASE_SECONDS + 5
    while time.monotonic() < over:
        left |= set(payloads(subscription))
        time.sleep(0.5)
    assert not [text for text in left if not text.startswith(b"marker")]


@pytest.mark.prism
def test_the_example_of_the_page_counts_messages_by_window(tmp_path, pubsub_names):
    topic, subscription = pubsub_names
    [example] = re.findall(r"```python\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    arguments = (subscription, "--runner=PrismRunner", f"--prism_location={prism.find()}")
    with running(tmp_path, example, *arguments) as printed:
        publish(topic, [b"x"] * 30, desk="foreign")
        publish(topic, [b"x"] * 12, desk="sports")

        def sums(desk: str) -> int:
            return sum(int(number) for number in re.findall(rf"'{desk}', (\d+)", "\n".join(printed())))

        until(lambda: (sums("foreign"), sums("sports")) == (30, 12), "every message in a window")


@pytest.mark.prism
def test_a_stream_on_prism_gives_the_records_of_a_backfill_and_acknowledges_them(tmp_path, emulator, pubsub_names):
    topic, subscription = pubsub_names
    sent = make_messages(100, utc_now())
    everything = write_lines(tmp_path / "all.jsonl", sent)
    out = tmp_path / "out"
    arguments = (
        "--runner",
        "PrismRunner",
        "--allow-open-ports",
        "--subscription",
        subscription,
        "--output",
        out,
        "--window",
        10,
    )
    stream = Stream(*arguments, "--shards", 2, emulator=emulator)
    publish(topic, sent[:50])
    stream.read_until(messages=50)
    publish(topic, sent[50:])
    stream.read_until(messages=100)
    last = stream.drain()
    assert last["messages"] == 100 == last["articles"] + last["duplicates"] + last["dead_letters"]
    backfill("--input", everything, "--output", tmp_path / "backfill")
    assert comparable(out) == comparable(tmp_path / "backfill")
    assert payloads(subscription) == []


@pytest.mark.prism
def test_a_job_continues_after_an_outage_of_pubsub(tmp_path, monkeypatch):
    """The emulator loses its messages when it stops, so the job reads all of them first; later messages are read as well."""
    port = free_port()
    name = f"t-{uuid.uuid4().hex}"
    sent = sorted({message for message in make_messages(40, utc_now()) if b'"broken-' not in message})
    out = tmp_path / "out"
    with running_emulator(tmp_path, port) as host:
        monkeypatch.setenv("PUBSUB_EMULATOR_HOST", host)
        topic, subscription = subscribed(name)
        stream = Stream(
            "--runner",
            "PrismRunner",
            "--allow-open-ports",
            "--subscription",
            subscription,
            "--output",
            out,
            emulator=host,
        )
        publish(topic, sent[:20])
        stream.read_until(articles=20)
    stream.read_until(messages=20)
    with running_emulator(tmp_path, port):
        subscribed(name)
        publish(topic, sent[20:], desk="foreign")
        stream.read_until(articles=len(sent))
        os.killpg(stream.process.pid, signal.SIGINT)  # what a terminal does on Ctrl-C: Prism gets it too
        finished(stream.process)
    desks = Counter(record["attributes"].get("desk") for record in records(out, "articles"))
    assert desks == {None: 20, "foreign": len(sent) - 20}
    assert ids(out) == sorted(json.loads(message)["id"] for message in sent)


def test_a_connection_lives_through_an_outage(tmp_path, monkeypatch):
    port = free_port()
    name = f"t-{uuid.uuid4().hex}"
    with running_emulator(tmp_path, port) as host:
        monkeypatch.setenv("PUBSUB_EMULATOR_HOST", host)
        topic, subscription = subscribed(name)
        connection = Subscription(subscription)
        assert connection.pull(10) == []
        publish(topic, [b"before"])
        [before] = connection.pull(10) or []
    assert connection.pull(10) is None
    assert not connection.acknowledge([before.ack_id])
    with running_emulator(tmp_path, port):
        subscribed(name)
        publish(topic, [b"after"])
        found: list[bytes] = []

        def is_read() -> bool:
            found.extend(got.message.data for got in connection.pull(10) or [])
            return b"after" in found

        until(is_read, "the message after the outage")


def test_a_subscription_that_is_not_there_fails_the_job_at_once(pubsub_names):
    with pytest.raises(NotFound):
        Subscription(f"{PROJECT}/subscriptions/nowhere").pull(10)
