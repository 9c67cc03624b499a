# SPDX-License-Identifier: Apache-2.0
"""Avro files: a row is a message; broken or hostile data gives a message with a problem, and uses no more than a block of memory."""

import base64
import bz2
import copy
import io
import json
import lzma
import math
import random
import tracemalloc
import uuid
import zlib
from datetime import datetime, timezone
from decimal import Decimal
from typing import Any

import fastavro
import pyarrow
import pytest
import zstandard

from onrecord.data import schemas
from onrecord.data.message import Message
from onrecord.sources.formats import avro
from onrecord.sources.formats.avro import CODECS, MAGIC, MAX_BLOCK_BYTES, read_messages
from onrecord.sources.formats.avro_values import MAX_VALUES
from onrecord.sources.stored_file import StoredFile
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
    return list(read_messages(StoredFile(io.BytesIO(stored), "a.avro", CHANGED_AT, **limits)))


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


def record(name: str, fields: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of a record with these types of its fields."""
    return {"type": "record", "name": name, "fields": [{"name": key, "type": type_} for key, type_ in fields.items()]}


def logical(type_: str, name: str, **others: Any) -> dict[str, Any]:
    return {"type": type_, "logicalType": name, **others}


def fixed(size: int, **others: Any) -> dict[str, Any]:
    return {"type": "fixed", "name": f"Fixed{size}", "size": size, **others}


NOON = datetime(2026, 3, 3, 12, 5, 6, 123_000, timezone.utc)
DAY = datetime(2026, 3, 3).date()
UUID_ = uuid.UUID("6f9619ff-8b86-d011-b42d-00cf4fc964ff")
COLUMNS: dict[str, tuple[Any, Any, Any]] = {
    # the type of a column, the value that is written, what the message has
    "string": ("string", "Ana María", "Ana María"),
    "bytes that are UTF-8": ("bytes", "“Ana María”".encode(), "“Ana María”"),
    "bytes that are not": ("bytes", b"\xff", {"base64": "/w=="}),
    "fixed that is UTF-8": (fixed(3), b"NYC", "NYC"),
    "fixed that is not": (fixed(2), b"\xc3\x28", {"base64": "wyg="}),
    "boolean": ("boolean", True, True),
    "int": ("int", -(2**31), -(2**31)),
    "long": ("long", 2**63 - 1, 2**63 - 1),
    "float": ("float", 0.5, 0.5),
    "not a number": ("double", math.nan, "NaN"),
    "infinity": ("double", -math.inf, "-Infinity"),
    "enum": ({"type": "enum", "name": "Desk", "symbols": ["LOCAL", "WORLD"]}, "WORLD", "WORLD"),
    "array": ({"type": "array", "items": ["null", "bytes"]}, [b"a", None, b"\xff"], ["a", None, {"base64": "/w=="}]),
    "map": ({"type": "map", "values": "bytes"}, {"é": b"b"}, {"é": "b"}),
    "record": (record("Inner", {"a": "string", "b": ["null", "long"]}), {"a": "x", "b": 1}, {"a": "x", "b": 1}),
    "date": (logical("int", "date"), DAY, "2026-03-03"),
    "date in the year 30000": (logical("int", "date"), 10_250_000, {"date": 10_250_000}),
    "time-millis": (logical("int", "time-millis"), NOON.time(), "12:05:06.123000"),
    "time-micros of 30 hours": (logical("long", "time-micros"), 108 * 10**9, {"time-micros": 108 * 10**9}),
    "timestamp-millis": (logical("long", "timestamp-millis"), NOON, "2026-03-03T12:05:06.123000Z"),
    "timestamp-micros": (logical("long", "timestamp-micros"), NOON, "2026-03-03T12:05:06.123000Z"),
    "timestamp-nanos": (logical("long", "timestamp-nanos"), 1_772_539_506_123_000_000, "2026-03-03T12:05:06.123000Z"),
    "local timestamp": (
        logical("long", "local-timestamp-millis"),
        NOON.replace(tzinfo=None),
        "2026-03-03T12:05:06.123000",
    ),
    "timestamp of no year": (logical("long", "timestamp-micros"), 2**62, {"timestamp-micros": 2**62}),
    "decimal": (logical("bytes", "decimal", precision=9, scale=2), Decimal("-12.50"), "-12.50"),
    "decimal in a fixed": (fixed(4, logicalType="decimal", precision=9), Decimal("125"), "125"),
    "decimal of 65 bytes": (logical("bytes", "decimal", precision=9), b"1" * 65, {"decimal": "1" * 65}),
    "uuid": (logical("string", "uuid"), UUID_, str(UUID_)),
    "uuid in a fixed": (fixed(16, logicalType="uuid"), UUID_.bytes, str(UUID_)),
    "duration": (
        fixed(12, logicalType="duration"),
        b"\1\0\0\0\2\0\0\0\3\0\0\0",
        {"months": 1, "days": 2, "milliseconds": 3},
    ),
}


@pytest.mark.parametrize(("type_", "written", "expected"), COLUMNS.values(), ids=COLUMNS)
def test_a_column_of_any_type_is_a_value_in_the_message(type_, written, expected):
    [message] = read(
        file_of([{"text": "It closes.", "desk": written}], record("Row", {"text": "string", "desk": type_}))
    )
    assert (message.problem, json.loads(message.payload)) == (None, {"text": "It closes.", "desk": expected})


def test_text_in_bytes_is_text():
    schema = record("Row", {"id": "bytes", "text": ["null", "bytes"], "authors": {"type": "array", "items": "bytes"}})
    [message] = read(file_of([{"id": b"b-1", "text": "“We will,” he said.".encode(), "authors": [b"Jo Fenn"]}], schema))
    article = decode_article(message)
    assert (article.article_id, article.text, article.authors) == ("b-1", "“We will,” he said.", ("Jo Fenn",))


def test_other_columns_are_attributes():
    schema = record("Row", {"text": "string", "desk": "string", "page": "int", "scan": "bytes", "score": "double"})
    row = {"text": "It closes.", "desk": "local", "page": 7, "scan": b"\xff", "score": math.nan}
    [message] = read(file_of([row], schema))
    expected = {"desk": "local", "page": "7", "scan": '{"base64":"/w=="}', "score": "NaN"}
    assert decode_article(message).attributes == expected


def test_the_files_that_this_pipeline_writes_can_be_read():
    span = {"kind": "BODY", "start": 0, "end": 10}
    row = {
        "article_id": "a1",
        "published_at": NOON,
        "text": "It closes.",
        "attributes": {"desk": "local"},
        "segments": [span],
        "received_at": NOON,
    }
    schema = copy.deepcopy(schemas.schema("articles"))
    schema["fields"] = [field for field in schema["fields"] if field["name"] in row]
    [message] = read(file_of([row], schema))
    times = {"published_at": "2026-03-03T12:05:06.123000Z", "received_at": "2026-03-03T12:05:06.123000Z"}
    assert json.loads(message.payload) == {**row, **times}


def deflated(plain: bytes) -> bytes:
    """Return the bytes of zlib without its head and checksum; before Python 3.11 it can't leave them out."""
    return zlib.compress(plain, 1)[2:-4]


def compressed(codec: str, plain: bytes) -> bytes:
    """Return a block as a codec stores it."""
    match codec:
        case "deflate":
            return deflated(plain)
        case "snappy":
            return pyarrow.compress(plain, "snappy", asbytes=True) + zlib.crc32(plain).to_bytes(4, "big")
        case "zstandard":
            return zstandard.compress(plain)
        case "bzip2":
            return bz2.compress(plain)
        case "xz":
            return lzma.compress(plain)
    return plain


def encoded(rows: list[dict[str, Any]], schema: Any = SCHEMA) -> bytes:
    """Return rows as the bytes of a block."""
    file = io.BytesIO()
    for row in rows:
        fastavro.schemaless_writer(file, schema, row)
    return file.getvalue()


@pytest.mark.parametrize("codec", CODECS)
def test_the_blocks_of_every_codec_are_read(codec):
    blocks = [(5, compressed(codec, encoded(rows))) for rows in (ROWS[:5], ROWS[5:])]
    assert ids(read(container(SCHEMA, codec, *blocks))) == [row["id"] for row in ROWS]


@pytest.mark.parametrize("codec", sorted(CODECS.keys() - {"null"}))
def test_a_block_that_can_not_be_decompressed_costs_its_rows(codec):
    good = compressed(codec, encoded(ROWS[:5]))
    bad = good[:20] + bytes(byte ^ 0x55 for byte in good[20:50]) + good[50:]
    stored = container(SCHEMA, codec, (5, bad), (5, compressed(codec, encoded(ROWS[5:]))))
    messages = read(stored)
    assert ids(messages)[-5:] == [row["id"] for row in ROWS[5:]]
    assert messages[-1].origin == "a.avro:10"
    [broken] = [message for message in messages if message.problem]
    assert "to 5 can't be read" in broken.problem
    assert broken.attributes == {"offset": str(len(file_of([], SCHEMA)) + len(long_(len(codec)) + codec.encode()) - 5)}


@pytest.mark.parametrize("codec", sorted(CODECS.keys() - {"null"}))
def test_a_bomb_costs_its_block(codec, monkeypatch):
    monkeypatch.setattr(avro, "MAX_BLOCK_BYTES", 100_000)
    bomb = compressed(codec, b"\0" * 100_001)
    messages = read(container(SCHEMA, codec, (1, bomb), (5, compressed(codec, encoded(ROWS[:5])))))
    assert "over the limit" in messages[0].problem
    assert ids(messages) == [row["id"] for row in ROWS[:5]]


def test_snappy_data_are_not_decompressed_into_more_than_the_limit_whatever_they_state():
    bomb = b"\xff\xff\xff\xff\x0f" + b"\0" * 10
    assert "over the limit" in problem(container(SCHEMA, "snappy", (1, bomb)))


def test_a_wrong_checksum_is_reported():
    block = compressed("snappy", encoded(ROWS))
    assert "checksum" in problem(container(SCHEMA, "snappy", (10, block[:-1] + b"?")))


def ids(messages: list[Message]) -> list[str]:
    """Return the ids of the messages without a problem."""
    return [json.loads(message.payload)["id"] for message in messages if message.problem is None]


def test_a_file_that_is_cut_short_gives_what_came_before():
    stored = file_of(ROWS)
    *whole, last = read(stored[:-30])
    assert ids(whole) == [f"a{number}" for number in range(1, len(whole) + 1)]
    assert len(whole) > 5
    start = int(last.attributes["offset"])
    expected = f"file: its bytes {start:,} to {len(stored) - 30:,} can't be read (the file is cut short); repair the file and rerun"
    assert (last.problem, last.payload, last.origin) == (expected, stored[start:-30], f"a.avro:{len(whole) + 1}")


@pytest.mark.parametrize("column", ["text", "html"])
def test_an_article_that_is_not_utf8_costs_one_row(column):
    schema = record("Row", {"id": "string", column: "string"})
    stored = file_of(
        [{"id": str(number), column: f"Pier {number} closes."} for number in range(9)], schema, interval=10_000
    )
    messages = read(stored.replace(b"Pier 4", b"Pier \xff"))
    assert messages[4].problem == f"{column}: not UTF-8 (invalid start byte at byte 5)"
    assert base64.b64decode(json.loads(messages[4].payload)[column]["base64"]) == b"Pier \xff closes."
    assert ids(messages) == ["0", "1", "2", "3", "5", "6", "7", "8"]


def test_another_column_that_is_not_utf8_costs_no_row():
    messages = read(file_of(ROWS, interval=10_000).replace(b"Jo Fenn", b"Jo F\xffnn", 1))
    assert ids(messages) == [row["id"] for row in ROWS]
    assert json.loads(messages[0].payload)["authors"] == [{"base64": "Sm8gRv9ubg=="}]


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (b"\x7f", "a union has no branch"),
        (b"\x02\x05", "a length is negative"),
        (b"\x02" + b"\xff" * 10, "a number has too many bytes"),
        (b"\x02\xfe\xff\x03", "the data end within a value"),
    ],
)
def test_bytes_that_can_not_be_followed_cost_the_rest_of_their_block(damage, said):
    blocks = [(5, encoded(ROWS[:2]) + damage + encoded(ROWS[2:5])), (5, encoded(ROWS[5:]))]
    messages = read(container(SCHEMA, "null", *blocks))
    assert ids(messages) == ["a1", "a2", "a6", "a7", "a8", "a9", "a10"]
    broken = messages[2]
    assert f"rows 3 to 5 can't be read ({said}" in broken.problem
    assert (broken.origin, broken.payload) == ("a.avro:3", damage + encoded(ROWS[2:5]))
    assert messages[-1].origin == "a.avro:10"


def test_rows_behind_the_stated_number_are_reported():
    [*_, broken] = read(container(SCHEMA, "null", (2, encoded(ROWS[:3]))))
    assert "bytes more than the stated number of rows has" in broken.problem
    assert broken.payload == encoded(ROWS[2:3])


@pytest.mark.parametrize(
    "damage",
    [
        long_(-1) + long_(5),
        long_(1) + long_(-5),
        long_(1) + long_(10**15),
        long_(1) + long_(5) + b"abcdefgh",
        long_(1) + long_(MAX_BLOCK_BYTES) + b"abcdefgh",
        b"\xff" * 50,
        b"",
        MAGIC + b"\xff" * 50,
    ],
)
def test_reading_goes_on_behind_the_next_mark(damage):
    first, second = (long_(5) + long_(len(data)) + data + SYNC for data in map(encoded, (ROWS[:5], ROWS[5:])))
    stored = file_of([], SCHEMA) + first + damage + SYNC + second
    messages = read(stored)
    assert ids(messages) == [row["id"] for row in ROWS]
    [broken] = [message for message in messages if message.problem]
    start = len(file_of([], SCHEMA) + first)
    assert f"its bytes {start:,} to {start + len(damage + SYNC):,} can't be read" in broken.problem
    assert (broken.payload, broken.attributes) == (damage, {"offset": str(start)})


def test_a_block_over_the_limit_costs_its_rows(monkeypatch):
    monkeypatch.setattr(avro, "MAX_BLOCK_BYTES", 100_000)
    large = encoded([{"id": "large", "text": "x" * 100_000}])
    messages = read(container(SCHEMA, "null", (5, encoded(ROWS[:5])), (1, large), (5, encoded(ROWS[5:]))))
    assert ids(messages) == [row["id"] for row in ROWS]
    assert "bytes is over the limit of 100,000" in messages[5].problem
    assert b"large" in messages[5].payload


def test_files_that_were_joined_are_read():
    other = record("Other", {"id": "string", "text": "string"})
    assert ids(read(file_of(ROWS[:2]) + file_of([{"id": "b", "text": "It opens."}], other, "deflate"))) == [
        "a1",
        "a2",
        "b",
    ]


@pytest.mark.parametrize("union", [lambda row: [row], lambda row: ["null", row]])
def test_rows_may_be_a_union_with_one_record(union):
    row = record("Row", {"id": "string", "text": "string"})
    assert ids(read(file_of([{"id": "a", "text": "It closes."}], union(row)))) == ["a"]


THREAD = record("Thread", {"id": "string", "text": "string", "next": ["null", "Thread"]})
COMMENTS = record("Article", {"id": "string", "text": "string", "comments": {"type": "array", "items": "Article"}})


def test_a_type_may_hold_itself():
    comment = {"id": "c", "text": "No!", "comments": []}
    [message] = read(file_of([{"id": "a", "text": "It closes.", "comments": [comment]}], COMMENTS))
    assert json.loads(message.payload)["comments"] == [comment]


LEVELS = 50_000


def test_values_that_are_nested_without_end_cost_no_row():
    deep = b"\2a\2t" + b"\2\2c\2t" * LEVELS + b"\0"
    shallow = encoded([{"id": "b", "text": "It closes.", "next": None}], THREAD)
    first, second = read(container(THREAD, "zstandard", (2, zstandard.compress(deep + shallow))))
    unreadable = {"unreadable": "nested more than 64 levels deep"}
    assert json.loads(first.payload) == {"id": "a", "text": "t", "next": unreadable}
    assert json.loads(second.payload)["id"] == "b"


def test_an_array_of_too_many_values_costs_no_row():
    schema = record("Row", {"id": "string", "text": "string", "flags": {"type": "array", "items": "boolean"}})
    rows = [
        {"id": "a", "text": "It closes.", "flags": [True] * (MAX_VALUES + 1)},
        {"id": "b", "text": "It opens.", "flags": []},
    ]
    first, second = read(container(schema, "deflate", (2, compressed("deflate", encoded(rows, schema)))))
    assert json.loads(first.payload)["flags"] == {"unreadable": "more than 100,000 values"}
    assert json.loads(second.payload)["id"] == "b"


@pytest.mark.parametrize(
    "type_",
    [
        {"type": "array", "items": "null"},
        {"type": "array", "items": fixed(0)},
        {"type": "array", "items": record("Nothing", {"nothing": "null"})},
    ],
)
def test_values_without_bytes_are_not_counted_for_ever(type_):
    block = (1, b"\2a" + long_(10**15) + b"\0")
    schema = record("Row", {"text": "string", "nothing": type_})
    assert "it states more values than its bytes can hold" in problem(container(schema, "null", block))


def test_work_grows_with_the_stored_bytes_when_every_block_is_damaged():
    damage = (long_(1) + long_(MAX_BLOCK_BYTES - 100) + SYNC) * 20_000
    reads = []

    class Counting(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            reads.append(super().read(size))
            return reads[-1]

    stored = file_of([], SCHEMA) + damage
    assert sum(1 for _ in read_messages(StoredFile(Counting(stored), "a.avro", CHANGED_AT))) == 20_000
    assert sum(map(len, reads)) < len(stored) + 1_000


def test_a_message_over_the_limit_is_reported():
    [message] = read(file_of([{"text": "x" * 2_000}]), limit=1_000)
    assert message.problem is not None
    assert message.problem.endswith("bytes are over the limit of 1,000")
    assert len(message.payload) == 1_000


def nested(depth: int) -> Any:
    """Return a schema of ``depth`` nested arrays."""
    return {"type": "array", "items": nested(depth - 1)} if depth else "string"


@pytest.mark.parametrize(
    ("stored", "said"),
    [
        (b"", "it is not an Avro file"),
        (b'{"text": "It closes."}\n', "it is not an Avro file"),
        (file_of([])[:20], "its header can't be read: the data end within a value"),
        (container(SCHEMA, "lz4"), "its codec 'lz4' is none of null, deflate, snappy, zstandard, bzip2, xz"),
        (file_of([], "long"), "its rows are not records with fields"),
        (file_of([], {"type": "record", "name": "Row", "fields": []}), "its rows are not records with fields"),
        (file_of([], ["null", "string"]), "its rows are not records with fields"),
        (file_of([]).replace(b'"string"', b'"strung"'), "it has no schema that can be read"),
        (file_of([], record("Row", {"text": nested(200)})), "its schema nests types more than 32 levels deep"),
    ],
)
def test_a_file_without_articles_is_reported(stored, said):
    assert said in problem(stored)


@pytest.mark.parametrize(
    "block",
    [
        (1, deflated(b"\0" * (MAX_BLOCK_BYTES + 1))),
        (10**15, deflated(b"")),
        (1, deflated(b"\0" + long_(10**15))),
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


def test_any_damage_ends_in_messages():
    stored = file_of(ROWS, codec="deflate")
    chance = random.Random(7)
    for _ in range(500):
        damaged = bytearray(stored)
        damaged[chance.randrange(len(damaged))] = chance.randrange(256)
        for message in read(bytes(damaged)):
            assert message.problem or json.loads(message.payload)


@pytest.mark.parametrize("codec", ["snappy", "bzip2"])  # these have checksums
def test_damage_costs_no_row_of_another_block(codec):
    blocks = [(1, compressed(codec, encoded([row]))) for row in ROWS]
    stored = container(SCHEMA, codec, *blocks)
    start = len(container(SCHEMA, codec))
    chance = random.Random(8)
    for _ in range(300):
        at = chance.randrange(start, len(stored))
        size = chance.randrange(1, 40)
        damaged = stored[:at] + chance.choice([b"", chance.randbytes(size)]) + stored[at + size :]
        messages = read(damaged)
        touched = {row["id"] for row, (_, data) in zip(ROWS, blocks, strict=True) if data + SYNC not in damaged}
        assert {row["id"] for row in ROWS} - touched <= {*ids(messages), *lost_with_the_mark_before(damaged, blocks)}
        assert damaged == stored or any(message.problem for message in messages)


def lost_with_the_mark_before(damaged: bytes, blocks: list[tuple[int, bytes]]) -> set[str]:
    """Return the ids in whole blocks with damage right before them: they can't be told from the damage."""
    whole = {row["id"]: long_(1) + long_(len(data)) + data for row, (_, data) in zip(ROWS, blocks, strict=True)}
    return {id_ for id_, block in whole.items() if SYNC + block not in damaged}
