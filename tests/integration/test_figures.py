# SPDX-License-Identifier: Apache-2.0
"""What a running stream says of itself is true: its lag at every point of a run, its health, and why it can't start."""

import json
import signal
import time
import urllib.request
import uuid
from collections.abc import Callable
from pathlib import Path
from urllib.error import HTTPError

import pytest
from google.cloud import pubsub
from prometheus_client.parser import text_string_to_metric_families

from deploy.processes import free_port
from tests.integration.backfills import records
from tests.integration.emulator import Gate, running_emulator
from tests.integration.streams import Stream, finished
from tests.integration.test_pubsub import PROJECT, subscribed

pytestmark = pytest.mark.emulator

TOLERANCE_SECONDS = 2.0
TRIES = 10
WINDOW_SECONDS = 4
MAX_SECONDS = 120.0


@pytest.fixture(scope="module")
def emulator(tmp_path_factory):
    with running_emulator(tmp_path_factory.mktemp("emulator")) as host:
        yield host


class Run:
    """A stream on a subscription, with the truth about it: when each message was published, and which are in files."""

    def __init__(self, output: Path, gate: Gate, topic: str, subscription: str) -> None:
        self.output, self.topic = output, topic
        self.published: dict[str, float] = {}
        self.publisher = pubsub.PublisherClient()
        arguments = ("--window", WINDOW_SECONDS, "--late-every", WINDOW_SECONDS, "--status-port", 0)
        self.stream = Stream("--subscription", subscription, "--output", output, *arguments, emulator=gate.host)
        self.port = self.stream.read_event("status")["port"]

    def get(self, path: str) -> tuple[int, str]:
        """Return the status and the body of an answer."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=30) as answer:
                return answer.status, answer.read().decode()
        except HTTPError as error:
            return error.code, error.read().decode()

    def metrics(self) -> dict[str, float]:
        """Return the values of all metrics by name; those of one name are added up."""
        values: dict[str, float] = {}
        for family in text_string_to_metric_families(self.get("/metrics")[1]):
            for sample in family.samples:
                values[sample.name] = values.get(sample.name, 0.0) + sample.value
        return values

    def publish(self) -> None:
        """Publish one more article."""
        name = f"article-{len(self.published)}"
        text = f"“We will rebuild pier {name},” said Ada Marlowe, who chairs the council."
        message = json.dumps({"id": name, "text": text, "language": "en"}).encode()
        self.published[name] = time.time()
        self.publisher.publish(self.topic, message).result()

    def oldest(self) -> float | None:
        """Return when the oldest message was published that is in no file."""
        written = {one["article_id"] for one in records(self.output, "articles")}
        return min((at for name, at in self.published.items() if name not in written), default=None)

    def check_lag(self) -> float:
        """Compare the lag with the truth before and after it was asked for, and return it.

        A file is seen here as soon as it is there, and by the stream when it has the processor again, which other tests may have.
        """
        seen = []
        for _ in range(TRIES):
            ages = [self._age()]
            lag = self.metrics()["onrecord_lag_seconds"]
            ages.append(self._age())
            if min(ages) - TOLERANCE_SECONDS <= lag <= max(ages) + TOLERANCE_SECONDS:
                return lag
            seen.append((lag, ages))
            time.sleep(0.5)
        raise AssertionError(seen)

    def _age(self) -> float:
        oldest = self.oldest()
        return 0.0 if oldest is None else time.time() - oldest

    def wait_for(self, is_reached: Callable[[], bool], step: Callable[[], object] = lambda: None) -> None:
        """Wait until something is so, with a step every half second."""
        deadline = time.monotonic() + MAX_SECONDS
        while not is_reached():
            assert time.monotonic() < deadline
            step()
            time.sleep(0.5)


def test_the_lag_is_right_when_idle_under_load_in_an_outage_with_a_backlog_and_at_the_end(
    tmp_path, emulator, monkeypatch
):
    monkeypatch.setenv("PUBSUB_EMULATOR_HOST", emulator)
    gate = Gate(emulator)
    gate.open()
    run = Run(tmp_path / "out", gate, *subscribed(f"t-{uuid.uuid4().hex}"))
    assert run.get("/elsewhere")[0] == 404
    run.wait_for(lambda: run.get("/readyz") == (200, "ready\n"))
    assert run.get("/healthz") == (200, "ok\n")
    # Idle.
    assert run.check_lag() == 0
    # Load.
    lags = []
    for _ in range(12):
        run.publish()
        lags.append(run.check_lag())
        time.sleep(0.5)
    assert max(lags) > 1
    run.wait_for(lambda: run.oldest() is None, run.check_lag)
    run.wait_for(lambda: run.metrics()["onrecord_lag_seconds"] == 0)
    # Pub/Sub can't be asked: nobody knows.
    gate.shut()
    run.wait_for(lambda: run.metrics()["onrecord_lag_known"] == 0)
    assert "onrecord_lag_seconds" not in run.metrics()
    for _ in range(30):
        run.publish()
    time.sleep(5)
    assert run.stream.read_until(articles=12) is not None
    # A backlog.
    gate.open()
    run.wait_for(lambda: run.metrics()["onrecord_lag_known"] == 1)
    run.wait_for(lambda: run.metrics()["onrecord_waiting_messages"] > 0 or run.oldest() is None)
    assert run.check_lag() > 4
    run.wait_for(lambda: run.oldest() is None, run.check_lag)
    run.wait_for(lambda: run.metrics()["onrecord_lag_seconds"] == 0)
    counts = run.metrics()
    assert counts["onrecord_messages_total"] == counts["onrecord_articles_total"] == len(run.published)
    # Drain: what is waiting is written.
    run.publish()
    run.wait_for(lambda: run.metrics()["onrecord_waiting_messages"] > 0)
    run.stream.process.send_signal(signal.SIGTERM)
    last = run.stream.read_event("finished")
    finished(run.stream.process)
    assert (last["event"], last["lag_seconds"], last["waiting_messages"]) == ("finished", 0, 0)
    assert run.oldest() is None
    assert {"ready", "status", "unreachable", "reachable"} <= {line["event"] for line in run.stream.lines}
    assert [line["lag_seconds"] for line in run.stream.lines if line["event"] == "progress"].count(None) > 0


SUBSCRIPTION = f"{PROJECT}/subscriptions/articles"
NOWHERE = f"{PROJECT}/topics/nowhere"


@pytest.mark.parametrize(
    ("arguments", "exit_code", "message"),
    [
        (("--subscription", "articles"), 2, "projects/PROJECT/subscriptions/SUBSCRIPTION"),
        (("--subscription", "projects/sc/subscriptions/articles"), 2, "Invalid PubSub project name: 'sc'"),
        (("--subscription", f"{PROJECT}/subscriptions/nowhere"), 1, "Subscription does not exist"),
        (("--topic", NOWHERE), 1, f"{NOWHERE}: Topic not found; create it with"),
        (("--subscription", SUBSCRIPTION, "--dead-letter-topic", NOWHERE), 1, f"{NOWHERE}: Topic not found; create"),
        (("--subscription", SUBSCRIPTION, "--record-topic", NOWHERE), 1, f"{NOWHERE}: Topic not found; create it with"),
    ],
)
def test_a_start_that_fails_says_why_and_whether_to_try_again(tmp_path, emulator, arguments, exit_code, message):
    stream = Stream(*arguments, "--output", tmp_path, emulator=emulator)
    assert message in stream.read_event("failed")["message"]
    finished(stream.process, exit_code)
    assert "ready" not in {line["event"] for line in stream.lines}


def test_a_port_that_is_taken_is_named(tmp_path, emulator):
    port = emulator.partition(":")[2]
    stream = Stream("--subscription", SUBSCRIPTION, "--output", tmp_path, "--status-port", port, emulator=emulator)
    assert f"--status-port {port}: Address already in use; 0 takes any" in stream.read_event("failed")["message"]
    finished(stream.process, exit_code=1)


def test_a_start_is_tried_again_for_a_while_and_then_given_up(tmp_path):
    nobody = f"127.0.0.1:{free_port()}"
    stream = Stream(
        *("--subscription", f"{PROJECT}/subscriptions/articles", "--output", tmp_path, "--start-timeout", 3),
        emulator=nobody,
    )
    assert "nothing could be read for 3 s" in stream.read_event("failed")["message"]
    finished(stream.process, exit_code=1)
    assert "ready" not in {line["event"] for line in stream.lines}
