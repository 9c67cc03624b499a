# SPDX-License-Identifier: Apache-2.0
"""Backfills and streams on a real Flink: a job manager, two task managers and ZooKeeper, as processes of this machine."""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable
from pathlib import Path

import pytest
from google.cloud import pubsub

from deploy.flink.cluster import Cluster
from deploy.processes import free_port
from onrecord.data.kinds import kinds
from tests.integration import emulator as pubsub_emulator
from tests.integration.backfills import ROOT, SAMPLES, backfill, files, records
from tests.integration.streams import comparable, ids, make_messages, utc_now, write_lines
from tests.integration.test_pubsub import sent_ids, subscribed

pytestmark = pytest.mark.flink

streaming = pytest.mark.emulator

# The full test has 5000 messages and 9 kills, and takes ten minutes on two cores.
MESSAGES = int(os.environ.get("ONRECORD_FLINK_MESSAGES", "120"))
KILLS = int(os.environ.get("ONRECORD_FLINK_KILLS", "1"))  # of each kind of process
BACKLOG = int(os.environ.get("ONRECORD_FLINK_BACKLOG", "2000"))
BACKLOG_SECONDS = float(
    os.environ.get("ONRECORD_FLINK_BACKLOG_SECONDS", "1800")
)  # deadline for all of it to be in files
REACHED_SECONDS = float(os.environ.get("ONRECORD_FLINK_SECONDS", "240"))
MAX_SECONDS_BETWEEN_KILLS = 15.0
AWAY_SECONDS = float(os.environ.get("ONRECORD_FLINK_AWAY_SECONDS", "15"))


@pytest.fixture(scope="module")
def emulator(tmp_path_factory):
    with pubsub_emulator.running_emulator(tmp_path_factory.mktemp("emulator")) as host:
        yield host


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    with Cluster(tmp_path_factory.mktemp("flink")) as running:
        yield running


@pytest.fixture
def names(emulator, monkeypatch):
    """Return names of a topic and its subscription that are unique to the test."""
    monkeypatch.setenv("PUBSUB_EMULATOR_HOST", emulator)
    return subscribed(f"t-{uuid.uuid4().hex}")


def until(reached: Callable[[], bool], what: str, seconds: float = REACHED_SECONDS) -> None:
    """Wait until a condition holds."""
    deadline = time.monotonic() + seconds
    while not reached():
        assert time.monotonic() < deadline, f"not reached: {what}"
        time.sleep(0.5)


class Job:
    """A stream on a cluster that runs until it is stopped."""

    def __init__(self, cluster: Cluster, emulator: str, *arguments: object, code: Path = ROOT) -> None:
        """Start it with the code in a folder."""
        self.cluster = cluster
        before = self._ids()
        workers = {"PUBSUB_EMULATOR_HOST": emulator}
        if code != ROOT:
            workers["PYTHONPATH"] = str(code / "pipeline")
        process = subprocess.run(
            [sys.executable, "-m", "onrecord", "stream", "--window", "10", "--shards", "2", "--detach", *map(str, arguments),
             *cluster.beam_flags(workers=workers)],
            cwd=code, env={**os.environ, **workers}, capture_output=True, text=True,
        )  # fmt: skip
        assert process.returncode == 0, process.stderr
        [self.id] = self._ids() - before

    def _ids(self) -> set[str]:
        return {job["jid"] for job in self.cluster.get("/jobs/overview")["jobs"]}

    def checkpoints(self, which: str = "completed") -> int:
        """Return the number of completed checkpoints, or of failed ones."""
        found: int = self.cluster.get(f"/jobs/{self.id}/checkpoints")["counts"][which]
        return found

    def stop_with_savepoint(self) -> str:
        """Stop it, and return the path of the savepoint."""
        trigger = self.cluster.ask(f"/jobs/{self.id}/stop", {"drain": False})["request-id"]
        answer: dict[str, dict[str, str]] = {}

        def is_done() -> bool:
            answer.update(self.cluster.get(f"/jobs/{self.id}/savepoints/{trigger}"))
            return answer["status"]["id"] == "COMPLETED"

        until(is_done, "a savepoint")
        assert "failure-cause" not in answer["operation"], answer
        return answer["operation"]["location"]

    def cancel(self) -> None:
        """End it."""
        self.cluster.ask(f"/jobs/{self.id}?mode=cancel", method="PATCH")
        until(lambda: self.cluster.get(f"/jobs/{self.id}")["state"] == "CANCELED", "the end of the job")


def publish(topic: str, messages: list[bytes]) -> None:
    with pubsub.PublisherClient() as publisher:
        for sent in [publisher.publish(topic, message) for message in messages]:
            sent.result()


def is_all_written(output: Path, messages: list[bytes]) -> bool:
    whole, broken = sent_ids(messages)
    return set(ids(output)) == whole and len(records(output, "dead_letters")) >= broken


def kill(cluster: Cluster, what: str, chance: random.Random) -> None:
    """Kill a process, as a failing machine would."""
    if what == "worker":
        until(lambda: bool(cluster.worker_pids()), "a worker")
        os.kill(chance.choice(cluster.worker_pids()), signal.SIGKILL)
    else:
        cluster.kill(chance.choice([name for name in cluster.processes if name.startswith(what)]))


@pytest.mark.parametrize("sink", ["avro", "parquet"])
def test_a_backfill_gives_the_same_files_byte_for_byte(sink, tmp_path, cluster):
    inputs = ("--input", SAMPLES / "articles.jsonl", SAMPLES / "broken.jsonl", "--sink", sink)
    backfill(*inputs, "--output", tmp_path / "flink", "--shards", 2, *cluster.beam_flags())
    backfill(*inputs, "--output", tmp_path / "local", "--shards", 2)
    for kind in set(kinds()) - {"dead_letters"}:  # which say when they failed
        on_flink, locally = (
            {path.name: path.read_bytes() for path in files(tmp_path / where, kind)} for where in ("flink", "local")
        )
        assert on_flink == locally
        assert on_flink
    assert comparable(tmp_path / "flink") == comparable(tmp_path / "local")


@streaming
def test_killed_processes_cost_nothing(tmp_path, cluster, emulator, names):
    """Task managers, workers and the job manager are killed at random moments while messages arrive; no record is lost or duplicated."""
    topic, subscription = names
    sent = make_messages(MESSAGES, utc_now(), seed=21)
    chance = random.Random(int(os.environ.get("ONRECORD_FLINK_SEED", "5")))
    victims = ["taskmanager", "worker", "jobmanager"] * KILLS
    chance.shuffle(victims)
    job = Job(cluster, emulator, "--subscription", subscription, "--output", tmp_path / "out")
    until(lambda: job.checkpoints() > 0, "a checkpoint")
    part = -(-len(sent) // (len(victims) + 1))
    for number, victim in enumerate(victims):
        publish(topic, sent[number * part : (number + 1) * part])
        time.sleep(chance.uniform(0, MAX_SECONDS_BETWEEN_KILLS))  # the moment is random, not waited for
        kill(cluster, victim, chance)
    publish(topic, sent[len(victims) * part :])
    cluster.wait_until_complete()
    until(lambda: is_all_written(tmp_path / "out", sent), "all records")
    job.cancel()
    whole, _ = sent_ids(sent)
    assert ids(tmp_path / "out") == sorted(whole)
    backfill("--input", write_lines(tmp_path / "all.jsonl", sent), "--output", tmp_path / "backfill")
    without_letters = sorted(set(kinds()) - {"dead_letters"})
    assert comparable(tmp_path / "out", *without_letters) == comparable(tmp_path / "backfill", *without_letters)
    letters = {letter["payload"] for letter in records(tmp_path / "out", "dead_letters")}
    assert letters == {message for message in sent if b'"broken-' in message}


def articles_without_a_time(number: int) -> list[bytes]:
    """Return the messages of distinct articles, all of the window in which they are published."""
    messages = [json.loads(message) for message in make_messages(number, utc_now(), seed=51)]
    return [
        json.dumps(
            {"id": f"article-{index}", "text": f"{message['text']} It is letter {index}.", "language": "en"}
        ).encode()
        for index, message in enumerate(messages)
    ]


@streaming
@pytest.mark.long
def test_a_backlog_is_worked_off_checkpoint_by_checkpoint_also_when_a_task_manager_is_killed(
    tmp_path, cluster, emulator, names
):
    """All messages are published before the job starts, in one window. Files appear, and messages are acknowledged, long before the end."""
    topic, subscription = names
    sent = articles_without_a_time(BACKLOG)
    publish(topic, sent)
    arguments = ("--subscription", subscription, "--output", tmp_path / "out", "--early-every", 5)
    job = Job(cluster, emulator, *arguments)
    until(lambda: job.checkpoints() > 0, "a checkpoint", BACKLOG_SECONDS)
    failed = job.checkpoints("failed")  # before the workers had started
    until(lambda: bool(ids(tmp_path / "out")), "the first file", BACKLOG_SECONDS)
    assert len(ids(tmp_path / "out")) < BACKLOG
    assert job.checkpoints("failed") == failed
    cluster.kill("taskmanager-1")
    until(lambda: len(set(ids(tmp_path / "out"))) == BACKLOG, "all records", BACKLOG_SECONDS)
    job.cancel()
    assert ids(tmp_path / "out") == sorted(json.loads(message)["id"] for message in sent)


def with_one_more_field(folder: Path) -> Path:
    """Return a copy of the code whose quotes have a new optional field, as a next version would."""
    for name in ("pipeline", "schemas"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    schema = folder / "schemas" / "quote.avsc"
    declared = json.loads(schema.read_text("utf-8"))
    declared["fields"].append({"name": "is_read_out", "type": "boolean", "default": False})
    schema.write_text(json.dumps(declared), "utf-8")
    code = folder / "pipeline" / "onrecord" / "data" / "records.py"
    lines = code.read_text("utf-8").split("\n")
    begin = next(number for number, line in enumerate(lines) if line.startswith("class QuoteRecord"))
    last = next(number for number in range(begin, len(lines)) if lines[number].startswith("    confidence:"))
    lines.insert(last + 1, "    is_read_out: bool = False")
    code.write_text("\n".join(lines), "utf-8")
    return folder


@streaming
def test_a_job_resumes_from_a_savepoint_with_code_that_has_one_more_field(tmp_path, cluster, emulator, names):
    """Deduplication state is kept, open windows are written, and every quote of the next version has the field."""
    topic, subscription = names
    sent = list(dict.fromkeys(make_messages(60, utc_now(), seed=31)))
    arguments = ("--subscription", subscription, "--output", tmp_path / "out")
    job = Job(cluster, emulator, *arguments)
    publish(topic, sent[:30])
    until(lambda: is_all_written(tmp_path / "out", sent[:30]), "the first records")
    publish(topic, sent[30:40])
    seen = job.checkpoints()
    until(lambda: job.checkpoints() > seen, "a checkpoint")  # some of them may wait for the end of their window
    savepoint = job.stop_with_savepoint()
    code = with_one_more_field(tmp_path / "next")
    job = Job(cluster, emulator, *arguments, f"--savepoint_path={savepoint}", code=code)
    publish(topic, sent[:10] + sent[40:])  # the first ones for the second time
    until(lambda: is_all_written(tmp_path / "out", sent), "all records")
    job.cancel()
    whole, _ = sent_ids(sent)
    assert ids(tmp_path / "out") == sorted(whole)
    quotes = records(tmp_path / "out", "quotes")
    assert {quote.get("is_read_out") for quote in quotes} == {None, False}


@streaming
def test_a_job_continues_after_an_outage_of_pubsub(tmp_path, cluster):
    """The emulator loses its topics and messages when it stops; the job keeps what it has read, and resumes when they are recreated."""
    port = free_port()
    sent = make_messages(60, utc_now(), seed=41)
    name = "outage"
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("PUBSUB_EMULATOR_HOST", f"127.0.0.1:{port}")
        with pubsub_emulator.running_emulator(tmp_path, port) as emulator:
            topic, subscription = subscribed(name)
            job = Job(cluster, emulator, "--subscription", subscription, "--output", tmp_path / "out")
            publish(topic, sent[:30])
            until(lambda: is_all_written(tmp_path / "out", sent[:30]), "the first records")
        time.sleep(AWAY_SECONDS)  # the length of the outage is what is tested
        with pubsub_emulator.running_emulator(tmp_path, port):
            subscribed(name)
            publish(topic, sent[30:])
            until(lambda: is_all_written(tmp_path / "out", sent), "all records")
            assert cluster.get(f"/jobs/{job.id}/exceptions")["exceptionHistory"]["entries"] == []
            job.cancel()
    whole, _ = sent_ids(sent)
    assert ids(tmp_path / "out") == sorted(whole)
