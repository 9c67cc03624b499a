# SPDX-License-Identifier: Apache-2.0
import base64
import random
import zlib
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onrecord.dead_letters.topic import letter_of, of_dead_letter, original_attributes
from onrecord.sinks.publisher import problem_of
from tests.conftest import RECEIVED_AT
from tests.dead_letters.letters import letter

TOPIC = "projects/p/topics/dead"
NAMES = st.text() | st.sampled_from(
    [
        "origin",
        "stage",
        "error_type",
        "onrecord_origin",
        "onrecord_attributes_00",
        "onrecord_",
        "googclient_x",
        "topic",
        "",
    ]
)


def received(attributes, payload=b"{}"):
    """Return what comes back of a letter that went through a topic, and the message in the topic."""
    original = replace(letter(payload), attributes=attributes, count=3)
    message = of_dead_letter(original, TOPIC)
    assert message is not None
    assert problem_of(TOPIC, message) is None
    return letter_of(message.payload, message.attributes, original.failed_at, "subscription/1"), original, message


@given(attributes=st.dictionaries(NAMES, st.text()))
def test_a_letter_comes_back_with_the_attributes_of_its_message(attributes):
    again, original, message = received(attributes)
    assert replace(again, pipeline_version=original.pipeline_version) == original
    assert not any(name.lower().startswith("goog") for name in message.attributes)


@pytest.mark.parametrize(
    "attributes",
    [
        {f"name-{number}": "x" * 1_000 for number in range(99)},
        {f"{number:03}" + "n" * 253: "value" for number in range(100)},
        {str(number): "" for number in range(500)},
        {"long": "é" * 5_000, "n" * 300: "x", "short": "y"},
    ],
    ids=["99 large ones", "100 long names", "500", "over the limits"],
)
def test_more_attributes_than_a_message_may_have_come_back(attributes):
    assert received(attributes)[0].attributes == attributes


def test_attributes_that_fit_can_be_read_and_filtered_by_in_the_topic():
    *_, message = received({"desk": "foreign", "origin": "Paris"})
    assert (message.attributes["desk"], message.attributes["origin"]) == ("foreign", "Paris")
    assert message.attributes["onrecord_origin"] == "feed.jsonl:1"
    assert message.attributes["onrecord_stage"] == "Decode"


def test_a_letter_that_a_message_can_not_have_is_none():
    noise = random.Random(1).randbytes
    too_many = {str(number): base64.b64encode(noise(1_500)).decode() for number in range(100)}
    assert of_dead_letter(replace(letter(b"{}"), attributes=too_many), TOPIC) is None
    assert of_dead_letter(letter(b"x" * 10_000_000), TOPIC) is None


def test_any_other_message_becomes_a_letter_with_all_its_attributes():
    attributes = {"origin": "Paris", "onrecord_attributes_00": "x"}
    got = letter_of(b"x", attributes, RECEIVED_AT, "subscription/7")
    assert (got.dead_letter_id, got.origin, got.attributes) == ("subscription/7", "subscription/7", attributes)


@pytest.mark.parametrize(
    "pack",
    [
        lambda: b"?",
        lambda: b"AAAA",
        lambda: base64.b64encode(zlib.compress(b"[1]")),
        lambda: base64.b64encode(zlib.compress(b"\0" * 10**8, 1)),
    ],
    ids=["no base64", "not compressed", "no attributes", "too large"],
)
def test_packed_attributes_of_another_program_are_ignored(pack):
    packed = pack().decode()
    parts = {
        f"onrecord_attributes_{number:02}": packed[start : start + 1024]
        for number, start in enumerate(range(0, len(packed), 1024))
    }
    assert original_attributes({"onrecord_dead_letter_id": "a", "desk": "x", **parts}) == {"desk": "x"}
