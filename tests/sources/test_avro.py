# SPDX-License-Identifier: Apache-2.0
"""Avro files: a row is a message; broken or hostile data gives a message with a problem, and uses no more than a block of memory."""

import io
import json
import random
import tracemalloc
import zlib
from datetime import datetime, timezone
from typing import Any

import fastavro
import pytest
import zstandard

from onrecord.data.message import Message
from onrecord.sources.avro import MAX_BLOCK_BYTES, read_messages
from onrecord.transforms.decode import decode_article

CHANGED_AT = datetime(2026, 2, 3, tzinfo=timezone.utc)
PUBLISHED_AT = datetime(2026, 1, 31, 8, tzinfo=timezone.utc)
SYNC = b"0123456789abcdef"
SCHEMA = {
    "type": "record",
    "name": "Article",
    "fields": [
        {"name": "id", "type": ["null", "string"], "default": None},
        {"name": "text", "type": "string"},
        {"name": "authors", "type": {"type": "array", "items": "string"}, "default": []},
        {
            "name": "published_at",
            "type": ["null", {"type": "long", "logicalType": "timestamp-millis"}],
            "default": None,
        },
        {"name": "desk", "type": ["null", "string"], "default": None},
    ],
}
ROWS = [
    {"id": f"a{number}", "text": f"Pier {number} closes.", "authors": ["Jo Fenn"], "published_at": PUBLISHED_AT}
    for number in range(1, 11)
]


def file_of(rows: list[dict[str, Any]], schema: Any = SCHEMA, codec: str = "null", interval: int = 100) -> bytes:
    """Return an Avro file whose blocks have about ``interval`` bytes."""
    file = io.BytesIO()
    fastavro.writer(file, schema, rows, codec=codec, sync_interval=interval, sync_marker=SYNC)
    return file.getvalue()


def long_(number: int) -> bytes:
    """Return a number as Avro writes it."""
    file = io.BytesIO()
    fastavro.schemaless_writer(file, "long", number)
    return file.getvalue()


def container(schema: Any, codec: str, *blocks: tuple[int, bytes]) -> bytes:
    """Return an Avro file with these numbers of rows and bytes in its blocks, whatever they are."""
    empty = file_of([], schema).replace(b"\x08null", long_(len(codec)) + codec.encode())
    return empty + b"".join(long_(rows) + long_(len(data)) + data + SYNC for rows, data in blocks)


def read(stored: bytes, **limits: int) -> list[Message]:
    return list(read_messages(io.BytesIO(stored), "a.avro", CHANGED_AT, **limits))


def problem(stored: bytes) -> str:
    """Return the problem of a file that gives only one."""
    [message] = read(stored)
    assert message.problem is not None
    return message.problem


@pytest.mark.parametrize("codec", ["null", "deflate"])
def test_a_row_is_the_message_of_its_columns(codec):
    messages = read(file_of([*ROWS, {"text": "No more."}], codec=codec))
    assert [message.origin for message in messages] == [f"a.avro:{number}" for number in range(1, 12)]
    assert json.loads(messages[0].payload) == {
        "id": "a1",
        "text": "Pier 1 closes.",
        "authors": ["Jo Fenn"],
        "published_at": "2026-01-31T08:00:00Z",
    }
    assert json.loads(messages[-1].payload) == {"text": "No more.", "authors": []}
    article = decode_article(messages[0])
    assert (article.article_id, article.authors, article.published_at) == ("a1", ("Jo Fenn",), PUBLISHED_AT)


def test_other_columns_are_attributes():
    schema = {
        "type": "record",
        "name": "Row",
        "fields": [
            {"name": "text", "type": "string"},
            {"name": "desk", "type": "string"},
            {"name": "page", "type": "int"},
            {"name": "scan", "type": "bytes"},
        ],
    }
    [message] = read(file_of([{"text": "It closes.", "desk": "local", "page": 7, "scan": b"\xff"}], schema))
    assert decode_article(message).attributes == {"desk": "local", "page": "7", "scan": "/w=="}


def test_zstandard_blocks_are_read():
    data = b"".join(file_of([row])[len(file_of([])) + 2 : -len(SYNC)] for row in ROWS[:2])
    [first, second] = read(container(SCHEMA, "zstandard", (2, zstandard.compress(data))))
    assert (json.loads(first.payload)["id"], json.loads(second.payload)["id"]) == ("a1", "a2")


def test_a_file_that_is_cut_short_gives_what_came_before():
    stored = file_of(ROWS)
    *whole, last = read(stored[:-30])
    assert [json.loads(message.payload)["id"] for message in whole] == [
        "a1",
        "a2",
        "a3",
        "a4",
        "a5",
        "a6",
        "a7",
        "a8",
        "a9",
    ][: len(whole)]
    assert len(whole) > 5
    assert last.problem == "file: it can't be read from here on (the file is cut short); repair the file and rerun"
    assert last.origin == f"a.avro:{len(whole) + 1}"


def test_a_broken_row_costs_the_rest_of_its_block():
    stored = file_of(ROWS).replace(b"Pier 4", b"Pier \xff")
    messages = read(stored)
    [broken] = [message for message in messages if message.problem]
    assert broken.origin == "a.avro:4"
    assert "rows 4 to" in broken.problem
    assert b"Pier \xff" in broken.payload
    others = [json.loads(message.payload)["id"] for message in messages if not message.problem]
    assert others[:3] == ["a1", "a2", "a3"]
    assert others[-1] == "a10"


def test_any_damage_ends_in_messages():
    stored = file_of(ROWS, codec="deflate")
    chance = random.Random(7)
    for _ in range(500):
        damaged = bytearray(stored)
        damaged[chance.randrange(len(damaged))] = chance.randrange(256)
        for message in read(bytes(damaged)):
            assert message.problem or json.loads(message.payload)


def test_a_message_over_the_limit_is_reported():
    [message] = read(file_of([{"text": "x" * 2_000}]), limit=1_000)
    assert message.problem is not None
    assert message.problem.endswith("bytes are over the limit of 1,000")
    assert len(message.payload) == 1_000


@pytest.mark.parametrize(
    ("stored", "said"),
    [
        (b"", "it is not an Avro file"),
        (b'{"text": "It closes."}\n', "it is not an Avro file"),
        (file_of([])[:20], "it is not an Avro file"),
        (container(SCHEMA, "snappy"), "its codec 'snappy' is none of null, deflate, zstandard"),
        (file_of([], "long"), "its rows are not records with fields"),
        (file_of([], {"type": "record", "name": "Row", "fields": []}), "its rows are not records with fields"),
        (file_of([]).replace(b'"string"', b'"strung"'), "it has no schema that can be read"),
    ],
)
def test_a_file_without_articles_is_reported(stored, said):
    assert said in problem(stored)


def nested(depth: int) -> Any:
    """Return a schema of ``depth`` nested arrays."""
    return {"type": "array", "items": nested(depth - 1)} if depth else "string"


def with_field(type_: Any) -> Any:
    return {"type": "record", "name": "Row", "fields": [{"name": "text", "type": type_}]}


@pytest.mark.parametrize(
    ("schema", "said"),
    [
        (with_field({"type": "array", "items": "null"}), "it has arrays of items that take no bytes"),
        (
            with_field({"type": "array", "items": {"type": "fixed", "name": "None", "size": 0}}),
            "it has arrays of items that take no bytes",
        ),
        (with_field(["null", {"type": "array", "items": "Row"}]), "its type Row contains itself"),
        (with_field(nested(200)), "levels deep"),
    ],
)
def test_a_schema_whose_values_may_have_no_end_is_refused(schema, said):
    assert said in problem(file_of([], schema))


@pytest.mark.parametrize(
    "block",
    [
        (1, zlib.compress(b"\0" * (MAX_BLOCK_BYTES + 1), wbits=-15)),
        (10**15, zlib.compress(b"", wbits=-15)),
        (1, zlib.compress(b"\0" + long_(10**15), wbits=-15)),
    ],
    ids=["a bomb", "a number of rows", "a length of a text"],
)
def test_memory_is_bounded_by_a_block_not_by_what_it_states(block):
    stored = container(SCHEMA, "deflate", block)
    tracemalloc.start()
    try:
        assert "can't be read" in problem(stored)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 3 * MAX_BLOCK_BYTES


def test_a_block_that_states_more_bytes_than_any_may_have_is_not_read():
    stored = file_of([]) + long_(1) + long_(10**15)
    assert "1,000,000,000,000,000 bytes is over the limit" in problem(stored)
