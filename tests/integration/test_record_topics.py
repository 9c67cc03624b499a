# SPDX-License-Identifier: Apache-2.0
"""Records on topics of the real emulator: each at least once, none invented, after a drain and after a kill."""

import json
import os
import signal
import uuid
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from google.cloud import pubsub

from onrecord.data.kinds import extracted
from onrecord.sinks.publisher import MAX_REQUEST_BYTES
from tests.integration.backfills import backfill, records
from tests.integration.emulator import running_emulator
from tests.integration.record_topics import PROJECT, RecordTopics
from tests.integration.streams import Stream, make_messages, utc_now, write_lines

pytestmark = pytest.mark.emulator

KINDS = ("articles", *extracted())
MESSAGES = 20


@pytest.fixture(scope="module")
def emulator(tmp_path_factory):
    with running_emulator(tmp_path_factory.mktemp("emulator")) as host:
        yield host


@pytest.fixture
def names(emulator, monkeypatch) -> tuple[str, str]:
    """Return a topic of article messages and its subscription."""
    monkeypatch.setenv("PUBSUB_EMULATOR_HOST", emulator)
    name = uuid.uuid4().hex
    topic, subscription = f"{PROJECT}/topics/t-{name}", f"{PROJECT}/subscriptions/t-{name}"
    with pubsub.PublisherClient() as publisher, pubsub.SubscriberClient() as subscriber:
        publisher.create_topic(name=topic)
        subscriber.create_subscription(name=subscription, topic=topic)
    return topic, subscription


def send(topic: str, messages: list[bytes]) -> None:
    with pubsub.PublisherClient() as publisher:
        for future in [publisher.publish(topic, message) for message in messages]:
            future.result()


def comparable(some: list[dict[str, Any]]) -> Counter[str]:
    """Return records without what differs from run to run."""
    return Counter(json.dumps(record | {"received_at": None}, default=str, sort_keys=True) for record in some)


def expected(folder: Path, messages: list[bytes]) -> dict[str, Counter[str]]:
    """Return the records that a backfill makes of the messages."""
    backfill("--input", write_lines(folder / "all.jsonl", messages), "--output", folder / "backfill")
    return {kind: comparable(records(folder / "backfill", kind)) for kind in KINDS}


@pytest.mark.long
@pytest.mark.parametrize("encoding", ["avro", "json"])
def test_after_a_kill_and_a_drain_every_record_is_on_its_topic_and_none_is_invented(
    tmp_path, emulator, names, encoding
):
    """A run is killed; what it has read is sent again, since the local runner has acknowledged it."""
    topic, subscription = names
    sent = [message for message in make_messages(MESSAGES, utc_now(), seed=31) if b'"broken-' not in message]
    topics = RecordTopics(KINDS, encoding)
    arguments = (
        *("--subscription", subscription, "--output", tmp_path / "out", "--window", 5),
        *("--record-topic", topics.option, "--record-encoding", encoding),
    )
    send(topic, sent)
    killed = Stream(*arguments, emulator=emulator)
    killed.read_until(articles=5)
    os.killpg(killed.process.pid, signal.SIGKILL)
    killed.process.communicate()
    send(topic, sent)
    stream = Stream(*arguments, emulator=emulator)
    stream.read_until(messages=len(sent))
    stream.drain()
    for kind, counts in expected(tmp_path, sent).items():
        found = comparable(topics.records(kind, at_least=len(counts)))
        assert found.keys() == counts.keys(), kind
        assert found.total() >= counts.total()


def test_a_drain_publishes_each_record_once_and_a_record_over_the_limit_is_a_dead_letter(tmp_path, emulator, names):
    topic, subscription = names
    texts = ["The pier closes, the mayor said.", "The pier closes in May, the mayor said."]
    sent = [json.dumps({"id": "a", "text": text, "updated_at": day}).encode() for day, text in enumerate(texts, 10**9)]
    # With the other fields, the message is just below the limit; the record has more of them.
    padding = "y" * (MAX_REQUEST_BYTES - 300)
    large = json.dumps({"id": "large", "text": "The road stays, Tom Reed said.", "scan": padding}).encode()
    topics = RecordTopics(KINDS)
    stream = Stream(
        *("--subscription", subscription, "--output", tmp_path / "out", "--record-topic", topics.option),
        emulator=emulator,
    )
    stream.read_until(messages=0)
    for number, message in enumerate([*sent, large], 1):  # one after the other: versions count by arrival
        send(topic, [message])
        stream.read_until(articles=number)
    stream.drain()
    assert {article["article_id"] for article in records(tmp_path / "out", "articles")} == {"a", "large"}
    articles = topics.records("articles", at_least=2)
    assert [(one["text"], one["version"]) for one in articles] == list(zip(texts, (1, 2), strict=True))
    assert comparable(topics.records("quotes", at_least=3)) == comparable(records(tmp_path / "out", "quotes"))
    (letter,) = records(tmp_path / "out", "dead_letters")
    assert (letter["stage"], letter["error_type"], letter["origin"]) == ("PublishRecords", "NotPublished", "large")
    assert json.loads(letter["payload"])["attributes"]["scan"] == padding


@pytest.mark.long
def test_records_that_the_schema_of_a_topic_refuses_are_dead_letters_and_the_stream_goes_on(tmp_path, emulator, names):
    topic, subscription = names
    topics = RecordTopics(["articles"])
    stream = Stream(
        *("--subscription", subscription, "--output", tmp_path / "out"),
        *("--record-topic", f"articles={topics.option.format(kind='articles')}", "--record-encoding", "json"),
        emulator=emulator,
    )
    stream.read_until(messages=0)
    for number, name in enumerate("abc", 1):
        send(topic, [json.dumps({"id": name, "text": f"The pier closes, {name} said."}).encode()])
        stream.read_until(articles=number)
    stream.drain()
    assert {letter["origin"] for letter in records(tmp_path / "out", "dead_letters")} == set("abc")
    assert {article["article_id"] for article in records(tmp_path / "out", "articles")} == set("abc")
