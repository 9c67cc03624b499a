# SPDX-License-Identifier: Apache-2.0
"""Streams from the real Pub/Sub emulator: every message id is accounted for, whatever fails."""

import json
import math
import os
import signal
import time
import uuid
from collections import Counter

import pytest
from google.cloud import pubsub

from onrecord.dead_letters.make import dead_letter
from onrecord.dead_letters.topic import of_dead_letter
from onrecord.sinks.publisher import Outgoing, problem_of
from onrecord.sources.portable_pubsub.subscription import subscriber_client
from tests.conftest import message_of
from tests.dead_letters.letters import letter, letters_in
from tests.integration.backfills import SAMPLES, backfill, records
from tests.integration.emulator import Gate, running_emulator
from tests.integration.here import finished_here
from tests.integration.streams import (
    Stream,
    comparable,
    finished,
    ids,
    make_messages,
    onrecord,
    resized,
    utc_now,
    write_lines,
)

pytestmark = pytest.mark.emulator

REDELIVERY_SECONDS = 30
MESSAGES = int(os.environ.get("ONRECORD_STREAM_MESSAGES", "100"))
PROJECT = "projects/test-project"


@pytest.fixture(scope="module")
def emulator(tmp_path_factory):
    with running_emulator(tmp_path_factory.mktemp("emulator")) as host:
        yield host


@pytest.fixture
def pubsub_names(emulator, monkeypatch):
    """Return names of a topic and its subscription that are unique to the test."""
    monkeypatch.setenv("PUBSUB_EMULATOR_HOST", emulator)
    return subscribed(f"t-{uuid.uuid4().hex}")


def subscribed(name: str) -> tuple[str, str]:
    """Make a topic and a subscription to it."""
    topic, subscription = f"{PROJECT}/topics/{name}", f"{PROJECT}/subscriptions/{name}"
    with pubsub.PublisherClient() as publisher, pubsub.SubscriberClient() as subscriber:
        publisher.create_topic(name=topic)
        subscriber.create_subscription(name=subscription, topic=topic)
    return topic, subscription


def publish(path: object, topic: str, *arguments: object) -> None:
    finished_here("publish", path, "--topic", topic, *arguments)


def is_broken(message: bytes) -> bool:
    """Whether a message of ``make_messages`` or ``resized`` is malformed."""
    return b'"broken-' in message or len(message) == 1


def sent_ids(messages: list[bytes]) -> tuple[set[str], int]:
    """Return the ids of the valid messages, and the number of invalid ones."""
    whole = [message for message in messages if not is_broken(message)]
    return {json.loads(message)["id"] for message in whole}, len(messages) - len(whole)


def test_every_message_is_an_article_a_dead_letter_or_was_sent_again(tmp_path, emulator, pubsub_names):
    """1 byte to 9.9 MB, 5 % malformed, 5 % sent twice, 10 % late, at a steady rate; the records are those of a backfill."""
    topic, subscription = pubsub_names
    sent = resized(make_messages(MESSAGES, utc_now()))
    everything = write_lines(tmp_path / "all.jsonl", sent)
    stream = Stream(
        "--subscription", subscription, "--output", tmp_path / "out", "--window", 10, "--shards", 2, emulator=emulator
    )
    stream.read_until(messages=0)
    publish(everything, topic, "--rate", 40)
    stream.read_until(messages=MESSAGES)
    last = stream.drain()

    whole, broken = sent_ids(sent)
    assert ids(tmp_path / "out") == sorted(whole)
    letters = records(tmp_path / "out", "dead_letters")
    assert sorted(letter["payload"] for letter in letters) == sorted(filter(is_broken, sent))
    assert all(letter["origin"].startswith(f"{subscription}/") for letter in letters)
    assert last["messages"] == MESSAGES == len(whole) + broken + last["duplicates"]
    backfill("--input", everything, "--output", tmp_path / "backfill")
    assert comparable(tmp_path / "out") == comparable(tmp_path / "backfill")


@pytest.mark.long
def test_a_drain_in_the_middle_loses_nothing(tmp_path, emulator, pubsub_names):
    topic, subscription = pubsub_names
    sent = list(dict.fromkeys(make_messages(100, utc_now(), seed=11)))
    publish(write_lines(tmp_path / "all.jsonl", sent), topic)
    messages = 0
    for number in (signal.SIGTERM, signal.SIGINT):
        stream = Stream("--subscription", subscription, "--output", tmp_path / "out", emulator=emulator)
        stream.read_until(messages=10)
        messages += stream.drain(number)["messages"]
    stream = Stream("--subscription", subscription, "--output", tmp_path / "out", emulator=emulator)
    stream.read_until(messages=len(sent) - messages)
    messages += stream.drain()["messages"]
    whole, broken = sent_ids(sent)
    assert set(ids(tmp_path / "out")) == whole
    assert len(records(tmp_path / "out", "dead_letters")) == broken
    assert messages == len(sent)


def test_attributes_come_along_and_may_tell_the_event_time_and_the_risk_is_said(tmp_path, emulator, pubsub_names):
    topic, subscription = pubsub_names
    with pubsub.PublisherClient() as publisher:
        payload = json.dumps({"id": "a", "text": "The pier closes, the mayor said."}).encode()
        publisher.publish(topic, payload, desk="foreign", seen="2 o'clock").result()
    stream = Stream(
        "--subscription", subscription, "--output", tmp_path / "out", "--event-time", "seen", emulator=emulator
    )
    stream.read_until(articles=1)
    stream.drain()
    [article] = records(tmp_path / "out", "articles")
    assert article["attributes"] == {"desk": "foreign", "seen": "2 o'clock"}
    [warning] = [line["message"] for line in stream.lines if line["event"] == "warning"]
    assert "acknowledges a message before it is processed" in warning


@pytest.mark.long
def test_a_topic_is_read_from_now_on(tmp_path, emulator, pubsub_names):
    topic, _ = pubsub_names
    stream = Stream("--topic", topic, "--output", tmp_path / "out", emulator=emulator)
    stream.read_until(messages=0)
    deadline = 30
    with pubsub.PublisherClient() as publisher:
        # Messages that are sent before the job has made its subscription are lost.
        while len(list(publisher.list_topic_subscriptions(topic=topic))) < 2 and deadline:
            stream.read_until(messages=0)
            deadline -= 1
    publish(SAMPLES / "articles.jsonl", topic)
    stream.read_until(messages=16)
    assert stream.drain()["articles"] == 15


def test_an_outage_is_reported_and_loses_nothing(tmp_path, emulator, pubsub_names):
    topic, subscription = pubsub_names
    gate = Gate(emulator)
    stream = Stream("--subscription", subscription, "--output", tmp_path / "out", emulator=gate.host)
    stream.read_event("unreachable")
    publish(SAMPLES / "articles.jsonl", topic)
    gate.open()
    stream.read_event("reachable")
    stream.read_until(messages=16)
    gate.shut()
    assert stream.drain()["articles"] == 15
    assert [line["event"] for line in stream.lines].count("unreachable") == 1


@pytest.mark.parametrize(
    ("number", "size", "bytes_per_second"),
    [
        pytest.param(6, 900_000, math.inf, marks=pytest.mark.long),
        pytest.param(30, 600_000, math.inf, marks=pytest.mark.long),
        pytest.param(2, 9_900_000, math.inf, marks=pytest.mark.long),
        (10, 380_000, 1_000_000),
    ],
    ids=["six", "thirty", "largest", "slow-line"],
)
def test_large_messages_come_over_fast_and_slow_lines(tmp_path, emulator, pubsub_names, number, size, bytes_per_second):
    topic, subscription = pubsub_names
    with pubsub.PublisherClient() as publisher:
        for index in range(number):
            message = json.dumps({"id": f"article-{index:02}", "text": f"Pier {index} closes.", "language": "en"})
            publisher.publish(topic, message.ljust(size).encode()).result()
    gate = Gate(emulator, bytes_per_second)
    gate.open()
    stream = Stream("--subscription", subscription, "--output", tmp_path / "out", emulator=gate.host)
    stream.read_until(articles=number)
    assert stream.drain()["messages"] == number
    gate.shut()
    assert ids(tmp_path / "out") == [f"article-{index:02}" for index in range(number)]
    assert "unreachable" not in [line["event"] for line in stream.lines]


def test_a_stream_that_fails_says_why(tmp_path, emulator, pubsub_names):
    stream = Stream("--subscription", f"{PROJECT}/subscriptions/nowhere", "--output", tmp_path, emulator=emulator)
    line = stream.read_event("failed")
    assert line["error"] == "NotFound"
    assert f"{PROJECT}/subscriptions/nowhere: Subscription does not exist" in line["message"]
    finished(stream.process, exit_code=1)


@pytest.mark.long
def test_dead_letters_go_round_and_every_message_ends_as_an_article_once(tmp_path, emulator, pubsub_names):
    """Break the contract, repair the messages, replay them through the topics."""
    topic, subscription = pubsub_names
    dead_topic, dead_subscription = subscribed(topic.rpartition("/")[2] + "-dead")
    sent = sorted({message for message in make_messages(30, utc_now(), seed=12) if b'"broken-' not in message})
    with pubsub.PublisherClient() as publisher:
        for message in sent:
            publisher.publish(topic, message, desk="foreign").result()
    arguments = ("--subscription", subscription, "--dead-letter-topic", dead_topic)
    broken = Stream(*arguments, "--output", tmp_path / "broken", "--max-text-length", 10, emulator=emulator)
    broken.read_until(dead_letters=len(sent))
    broken.drain()
    with pubsub.SubscriberClient() as subscriber:
        pulled = subscriber.pull(subscription=dead_subscription, max_messages=1)
        [got] = pulled.received_messages
        assert got.message.data in sent
        told = dict(got.message.attributes)
        assert told.keys() == {
            "desk",
            *(f"onrecord_{name}" for name in ("dead_letter_id", "stage", "error_type", "error_message", "origin")),
        }
        assert (told["desk"], told["onrecord_stage"]) == ("foreign", "Decode")
        subscriber.modify_ack_deadline(subscription=dead_subscription, ack_ids=[got.ack_id], ack_deadline_seconds=0)

    replay = ("replay", "--subscription", dead_subscription, "--topic", topic)
    out, _ = finished_here(*replay)
    assert f"{len(sent)} dead letters replayed" in out
    mended = Stream(*arguments, "--output", tmp_path / "mended", emulator=emulator)
    mended.read_until(articles=len(sent))
    last = mended.drain()
    assert (last["dead_letters"], last["duplicates"]) == (0, 0)
    assert ids(tmp_path / "mended") == sorted(json.loads(message)["id"] for message in sent)
    assert all(record["attributes"] == {"desk": "foreign"} for record in records(tmp_path / "mended", "articles"))
    out, _ = finished_here(*replay)
    assert out.startswith("0 dead letters replayed")

    # The same letters are also in the files, and go to the topic once.
    replay_files = ("replay", tmp_path / "broken", "--topic", topic)
    assert f"{len(sent)} dead letters replayed" in finished_here(*replay_files)[0]
    assert f"{len(sent)} skipped" in finished_here(*replay_files)[0]
    assert Counter(payloads(subscription, len(sent))) == Counter(sent)


def dead_letters_to(subscription: str, letters: list[bytes]) -> None:
    """Publish dead letters to a subscription's topic, as a stream does; the last comes twice."""
    messages = [message_of(letter) for letter in letters]
    topic = subscription.replace("/subscriptions/", "/topics/")
    told = [
        of_dead_letter(dead_letter(message, "Decode", "InvalidMessage", "text: is too long"), topic)
        for message in messages
    ]
    with pubsub.PublisherClient() as publisher:
        for outgoing in [*told, told[-1]]:
            assert outgoing is not None
            publisher.publish(topic, outgoing.payload, **outgoing.attributes).result()


@pytest.mark.long
def test_dead_letters_of_a_topic_are_replayed_as_a_backfill(tmp_path, emulator, pubsub_names):
    _, subscription = pubsub_names
    sent = [message for message in dict.fromkeys(make_messages(30, utc_now(), seed=13)) if b'"broken-' not in message]
    dead_letters_to(subscription, sent)
    replay = ("replay", "--subscription", subscription, "--output")
    out, _ = finished_here(*replay, tmp_path / "mended")
    assert out.endswith(f"{len(sent)} dead letters replayed\n")
    assert ids(tmp_path / "mended") == sorted(json.loads(message)["id"] for message in sent)
    out, _ = finished_here(*replay, tmp_path / "nothing")
    assert out == "0 dead letters replayed\n"
    assert not (tmp_path / "nothing").exists()


@pytest.mark.long
@pytest.mark.parametrize("stop", [None, signal.SIGINT])
def test_dead_letters_of_a_topic_stay_there_when_their_records_can_not_be_written(
    tmp_path, emulator, pubsub_names, monkeypatch, stop
):
    _, subscription = pubsub_names
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    sent = [
        json.dumps({"id": str(n), "text": f"Pier {n} closes. " * 2_000, "language": "en"}).encode() for n in range(8)
    ]
    dead_letters_to(subscription, sent)
    if stop is None:
        (tmp_path / "out").mkdir()
        (tmp_path / "out" / "articles").write_text("is no folder")
    arguments = ("--output", tmp_path / "out", "--overwrite")
    replay = onrecord("replay", "--subscription", subscription, *arguments, emulator=emulator)
    if stop is not None:
        deadline = time.monotonic() + 60
        while not (tmp_path / "out" / "articles").exists():
            assert time.monotonic() < deadline
            time.sleep(0.05)
        replay.send_signal(stop)
    out, _ = finished(replay, exit_code=1 if stop is None else 130)
    assert "replayed" not in out
    assert Counter(payloads(subscription)) == Counter([*sent, sent[-1]])
    assert not list(tmp_path.glob("onrecord-*"))


def payloads(subscription: str, at_least: int = 0) -> list[bytes]:
    """Return the payloads of the messages in a subscription; see ``messages_in``."""
    return [message.data for message in messages_in(subscription, at_least)]


def messages_in(subscription: str, at_least: int = 0) -> list[pubsub.types.PubsubMessage]:
    """Return the messages in a subscription.

    A pull of a stream that was stopped may still get some of them, which come back after their deadline; waits for ``at_least`` messages.
    """
    found: list[pubsub.types.PubsubMessage] = []
    deadline = time.monotonic() + REDELIVERY_SECONDS
    with subscriber_client() as subscriber:
        while True:
            answer = subscriber.pull(subscription=subscription, max_messages=100, return_immediately=True)
            if not answer.received_messages:
                if len(found) >= at_least or time.monotonic() > deadline:
                    return found
                time.sleep(0.2)
                continue
            found.extend(got.message for got in answer.received_messages)
            ack_ids = [got.ack_id for got in answer.received_messages]
            subscriber.acknowledge(subscription=subscription, ack_ids=ack_ids)


def test_what_cannot_be_published_is_said(tmp_path, emulator, pubsub_names):
    lines = write_lines(tmp_path / "a.jsonl", [b"{}"])
    _, err = finished_here("publish", lines, "--topic", f"{PROJECT}/topics/nowhere", exit_code=1)
    assert f"failed after 0 messages to {PROJECT}/topics/nowhere" in err
    assert "Traceback" not in err


def test_messages_that_pubsub_can_not_accept_are_counted_and_the_others_go(tmp_path, emulator, pubsub_names):
    """One at the limit, one a byte over it, an empty row, then one that is fine."""
    topic, subscription = pubsub_names
    most = next(size for size in range(9_999_999, 0, -1) if problem_of(topic, Outgoing(bytes(size), {})) is None)
    lines = write_lines(tmp_path / "a.jsonl", [b"x" * (most + 1), b"x" * most, b"{}"])
    out, err = finished_here("publish", lines, "--topic", topic, exit_code=1)
    assert f"2 messages published to {topic}, 1 not" in out
    assert f"not published: {lines}:1: 10,000,001 bytes" in err
    assert Counter(map(len, payloads(subscription))) == Counter([most, 2])


def test_a_letter_that_can_not_be_sent_stays_and_the_others_go(tmp_path, emulator, pubsub_names):
    """Whatever their attributes are called."""
    topic, subscription = pubsub_names
    names = ("topic", "data", "self", "retry", "timeout", "ordering_key", "origin", "stage", "onrecord_stage")
    attributes = {name: f"its {name}" for name in names}
    good = [letter(message_of({"id": str(n), "text": "x"}, f"a.jsonl:{n}", attributes)) for n in range(3)]
    bad = [
        letter(b"", "file: the archive is broken from here on", 11),
        letter({"id": "big", "text": "x" * 10_000_000}, line=12),
        letter(message_of({"text": "x"}, "a.jsonl:13", {str(n): "" for n in range(101)})),
    ]
    folder = letters_in(tmp_path / "out", [*bad[:2], *good, *bad[2:]])
    for number in (len(good), 0):
        out, _ = finished_here("replay", folder, "--topic", topic, exit_code=1)
        assert f"{number} dead letters replayed" in out
        assert "1 left alone, without an article message" in out
        assert "2 can't be sent" in out
        assert "101 attributes are over the limit of 100 (a.jsonl:13)" in out
    sent = messages_in(subscription)
    assert sorted(message.data for message in sent) == sorted(one.payload for one in good)
    assert all(dict(message.attributes) == attributes for message in sent)


@pytest.mark.long
def test_large_letters_of_a_topic_are_replayed_and_one_without_a_message_stays(tmp_path, emulator, pubsub_names):
    _, dead = pubsub_names
    topic, subscription = subscribed(f"t-{uuid.uuid4().hex}")
    sizes = [1, 600_000, 900_000, 900_000, 900_000, 900_000, 900_000, 9_900_000]
    sent = [json.dumps({"id": str(n), "text": "x" * size}).encode() for n, size in enumerate(sizes)]
    dead_letters_to(dead, [*sent, b"not JSON", sent[0]])
    out, _ = finished_here("replay", "--subscription", dead, "--topic", topic, exit_code=1)
    assert f"{len(sent)} dead letters replayed" in out
    assert "1 left alone, without an article message" in out
    assert Counter(payloads(subscription, len(sent))) == Counter(sent)
    assert payloads(dead) == [b"not JSON"]


def test_a_subscription_that_can_not_be_pulled_is_a_failure(tmp_path, emulator, pubsub_names):
    nowhere = f"{PROJECT}/subscriptions/nowhere"
    for target in (("--topic", pubsub_names[0]), ("--output", tmp_path / "out")):
        _, err = finished_here("replay", "--subscription", nowhere, *target, exit_code=1)
        assert "Subscription does not exist" in err
        assert "Traceback" not in err
