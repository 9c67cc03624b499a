# SPDX-License-Identifier: Apache-2.0
"""A small file causes little work, and nothing of it is lost."""

import gzip
from datetime import datetime, timezone
from itertools import groupby
from pathlib import Path

import fastavro
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from onrecord.data.input_file import InputFile
from onrecord.data.message import Message
from onrecord.data.settings import InputSettings
from onrecord.sources.files import read_file
from onrecord.sources.floods import MAX_SEPARATE, MIN_MESSAGES, collapsed
from tests.sources.formats.test_warc import record

NOW = datetime(2026, 2, 3, tzinfo=timezone.utc)
LINES = 3 * MIN_MESSAGES
ROW = {"type": "record", "name": "Row", "fields": [{"name": "text", "type": "string"}]}


def read(path: Path, max_messages: int | None = None) -> list[Message]:
    return list(read_file(InputFile(str(path), path.stat().st_size), InputSettings(max_messages=max_messages)))


def flood(folder: Path, form: str) -> Path:
    """Write a small file with very many lines, rows or responses."""
    path = folder / f"flood{form}"
    if form == ".jsonl.gz":
        path.write_bytes(gzip.compress(b"x\n" * LINES))
    elif form == ".blank.jsonl.gz":
        path.write_bytes(gzip.compress(b"\n" * LINES))
    elif form == ".warc.zst":
        path.write_bytes(zstandard.compress(record(b"") * LINES))
    else:
        with path.open("wb") as file:
            fastavro.writer(file, ROW, ({"text": ""} for _ in range(LINES)), codec="deflate")
    return path


@pytest.mark.parametrize("form", [".jsonl.gz", ".blank.jsonl.gz", ".avro", ".warc.zst"])
def test_a_small_file_with_very_many_messages_is_not_read_to_its_end(tmp_path, form):
    path = flood(tmp_path, form)
    assert path.stat().st_size < LINES
    *messages, last = read(path)
    allowed = max(MIN_MESSAGES, path.stat().st_size)
    assert len(messages) == (0 if "blank" in form else allowed)
    assert last.problem is not None
    assert f"more than {allowed:,}" in last.problem
    assert "--max-messages-per-file" in last.problem
    assert last.origin == f"{path}:{allowed + 1}"


def test_a_file_may_have_a_message_for_each_of_its_bytes(tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_bytes(b"x\n" * LINES)
    assert [message.problem for message in read(path)] == [None] * LINES


def test_the_limit_can_be_set(tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_bytes(b"a\nb\nc\n")
    assert [message.payload for message in read(path, 3)] == [b"a", b"b", b"c"]
    *messages, last = read(path, 2)
    assert [message.payload for message in messages] == [b"a", b"b"]
    assert last.problem
    assert read(flood(tmp_path, ".jsonl.gz"), LINES)[-1].problem is None


runs = st.lists(st.tuples(st.sampled_from([b"x", b"y"]), st.integers(1, 3 * MAX_SEPARATE)), max_size=6)


@given(runs)
def test_equal_messages_in_a_row_become_few_that_stand_for_all(lengths):
    sent = [Message(payload, "", NOW, {}) for payload, times in lengths for _ in range(times)]
    sent = [Message(message.payload, f"a.jsonl:{line}", NOW, {}) for line, message in enumerate(sent, start=1)]
    passed_on = list(collapsed(sent))
    assert [message.payload for message in passed_on for _ in range(message.repeats)] == [one.payload for one in sent]
    line = 1
    for message in passed_on:
        assert message.origin == f"a.jsonl:{line}"
        line += message.repeats
    for _, equal in groupby(passed_on, key=lambda message: message.payload):
        *separate, last = equal
        assert [message.repeats for message in separate] == [1] * len(separate)
        assert len(separate) <= MAX_SEPARATE
        assert last.repeats == 1 or len(separate) == MAX_SEPARATE
