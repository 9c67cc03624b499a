# SPDX-License-Identifier: Apache-2.0
"""Parquet files: a row is a message; broken or hostile data gives a message with a problem, and costs no other row group."""

import errno
import io
import json
import math
import random
import struct
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest
from pyarrow import parquet

from onrecord.data.message import Message
from onrecord.sources.formats.parquet import MAX_LIST_ITEMS, read_messages
from onrecord.sources.stored_file import StoredFile
from onrecord.transforms.decode import decode_article

CHANGED_AT = datetime(2026, 2, 3, tzinfo=timezone.utc)
NOON = datetime(2026, 3, 3, 12, 5, 6, 123_000, timezone.utc)
ROWS = [
    {"id": f"a{number}", "text": f"Pier {number} closes.", "authors": ["Jo Fenn"], "published_at": NOON, "desk": None}
    for number in range(1, 11)
]


def file_of(table: pa.Table, **options: Any) -> bytes:
    file = io.BytesIO()
    parquet.write_table(table, file, **options)
    return file.getvalue()


ARTICLES = file_of(pa.Table.from_pylist(ROWS), row_group_size=4, compression="snappy")


def read(stored: bytes, **limits: Any) -> list[Message]:
    return list(read_messages(StoredFile(io.BytesIO(stored), "a.parquet", CHANGED_AT, **limits)))


def ids(messages: list[Message]) -> list[str]:
    """Return the ids of the messages without a problem."""
    return [json.loads(message.payload)["id"] for message in messages if message.problem is None]


@pytest.mark.parametrize("compression", ["none", "snappy", "gzip", "zstd", "lz4", "brotli"])
def test_a_row_is_the_message_of_its_columns(compression):
    messages = read(file_of(pa.Table.from_pylist(ROWS), row_group_size=4, compression=compression))
    assert [message.origin for message in messages] == [f"a.parquet:{number}" for number in range(1, 11)]
    assert json.loads(messages[0].payload) == {
        "id": "a1",
        "text": "Pier 1 closes.",
        "authors": ["Jo Fenn"],
        "published_at": "2026-03-03T12:05:06.123000Z",
    }
    article = decode_article(messages[-1])
    assert (article.article_id, article.authors, article.published_at) == ("a10", ("Jo Fenn",), NOON)


def scalar(type_: pa.DataType, value: Any) -> pa.Array:
    return pa.array([value], type_)


def not_utf8(data: bytes) -> pa.Array:
    """Return a column of text that is not text, as some writers store it."""
    return pa.StringArray.from_buffers(1, pa.py_buffer(struct.pack("<ii", 0, len(data))), pa.py_buffer(data))


STRUCT = pa.struct({"name": pa.string(), "at": pa.timestamp("ms")})
COLUMNS: dict[str, tuple[pa.Array, Any]] = {
    "text": (scalar(pa.string(), "Ana María"), "Ana María"),
    "large text": (scalar(pa.large_string(), "Ana"), "Ana"),
    "text that is not UTF-8": (not_utf8(b"\xff"), {"base64": "/w=="}),
    "bytes that are UTF-8": (scalar(pa.binary(), "“Ana María”".encode()), "“Ana María”"),
    "bytes that are not": (scalar(pa.binary(), b"\xff"), {"base64": "/w=="}),
    "bytes of a fixed size": (scalar(pa.binary(3), b"NYC"), "NYC"),
    "boolean": (scalar(pa.bool_(), True), True),
    "the largest number": (scalar(pa.uint64(), 2**64 - 1), 2**64 - 1),
    "half a number": (scalar(pa.float16(), 0.5), 0.5),
    "not a number": (scalar(pa.float64(), math.nan), "NaN"),
    "infinity": (scalar(pa.float32(), math.inf), "Infinity"),
    "decimal": (scalar(pa.decimal128(9, 2), Decimal("-12.50")), "-12.50"),
    "dictionary": (scalar(pa.string(), "local").dictionary_encode(), "local"),
    "list": (scalar(pa.list_(pa.binary()), [b"a", None, b"\xff"]), ["a", None, {"base64": "/w=="}]),
    "map": (scalar(pa.map_(pa.string(), pa.int64()), [("a", 1)]), {"a": 1}),
    "struct": (scalar(STRUCT, {"name": "Ana", "at": None}), {"name": "Ana", "at": None}),
    "struct with no year": (
        scalar(STRUCT, {"name": "Ana", "at": 2**62}),
        {"name": "Ana", "at": {"timestamp[ms]": 2**62}},
    ),
    "date": (scalar(pa.date32(), date(2026, 3, 3)), "2026-03-03"),
    "time": (scalar(pa.time64("ns"), time(12, 5)), "12:05:00"),
    "duration": (scalar(pa.duration("ms"), timedelta(seconds=90)), "PT90S"),
    "timestamp": (scalar(pa.timestamp("ms", "UTC"), NOON), "2026-03-03T12:05:06.123000Z"),
    "nanoseconds": (scalar(pa.timestamp("ns", "UTC"), 1_772_539_506_123_456_789), "2026-03-03T12:05:06.123456Z"),
    "elsewhere": (scalar(pa.timestamp("us", "America/New_York"), NOON), "2026-03-03T12:05:06.123000Z"),
    "without a zone": (scalar(pa.timestamp("ms"), NOON.replace(tzinfo=None)), "2026-03-03T12:05:06.123000"),
    "no year": (scalar(pa.timestamp("us", "UTC"), 2**62), {"timestamp[us, tz=UTC]": 2**62}),
}


@pytest.mark.parametrize(("column", "expected"), COLUMNS.values(), ids=COLUMNS)
def test_a_column_of_any_type_is_a_value_in_the_message(column, expected):
    [message] = read(file_of(pa.table({"text": ["It closes."], "desk": column})))
    assert (message.problem, json.loads(message.payload)) == (None, {"text": "It closes.", "desk": expected})


def test_old_timestamps_of_spark_and_hive_are_read():
    table = pa.table({"text": ["It closes."], "published_at": pa.array([datetime(9999, 1, 1)], pa.timestamp("us"))})
    [message] = read(file_of(table, use_deprecated_int96_timestamps=True))
    assert json.loads(message.payload)["published_at"] == "9999-01-01T00:00:00"


def test_an_article_that_is_not_utf8_costs_one_row():
    texts = pa.chunked_array([["It closes."], not_utf8(b"caf\xe9"), ["It opens."]])
    messages = read(file_of(pa.table({"id": ["a", "b", "c"], "text": texts})))
    assert ids(messages) == ["a", "c"]
    assert messages[1].problem == "text: not UTF-8 (unexpected end of data at byte 3)"


def test_a_message_over_the_limit_is_reported():
    [message] = read(file_of(pa.table({"text": ["x" * 2_000]})), limit=1_000)
    assert message.problem.endswith("bytes are over the limit of 1,000")
    assert len(message.payload) == 1_000


def test_a_broken_row_group_costs_its_rows():
    metadata = parquet.ParquetFile(io.BytesIO(ARTICLES)).metadata
    start = metadata.row_group(1).column(1).dictionary_page_offset
    messages = read(ARTICLES[:start] + b"\xff" * 20 + ARTICLES[start + 20 :])
    assert ids(messages) == ["a1", "a2", "a3", "a4", "a9", "a10"]
    broken = messages[4]
    assert "rows 5 to 8 can't be read" in broken.problem
    assert (broken.origin, messages[-1].origin) == ("a.parquet:5", "a.parquet:10")
    offset = int(broken.attributes["offset"])
    assert offset < start < offset + len(broken.payload)
    assert broken.payload.startswith(ARTICLES[offset:start])


def tail(footer: bytes, magic: bytes = b"PAR1") -> bytes:
    return b"PAR1" + footer + struct.pack("<I", len(footer)) + magic


@pytest.mark.parametrize(
    ("stored", "said"),
    [
        (b"", "does not end as a Parquet file does"),
        (b"PAR1", "does not end as a Parquet file does"),
        (ARTICLES[:-1], "does not end as a Parquet file does"),
        (b"PAR1" + b"\xff\xff\xff\x7fPAR1", "its footer states a size of 2,147,483,647 bytes"),
        (tail(b"", b"PARE"), "it is encrypted"),
        (tail(b"\xff" * 100), "it can't be read"),
    ],
)
def test_a_file_that_can_not_be_read_is_one_message(stored, said):
    [message] = read(stored)
    assert said in message.problem
    assert (message.payload, message.origin) == (stored, "a.parquet:1")


def nested(depth: int) -> bytes:
    """Return the footer of a file with a column in this many others, in Thrift's compact protocol."""
    number = bytes([(depth + 2) & 0x7F | 0x80, (depth + 2) >> 7 & 0x7F | 0x80, (depth + 2) >> 14])
    elements = b"\x48\x01r\x15\x02\x00" + b"\x35\x00\x18\x01a\x15\x02\x00" * depth + b"\x15\x02\x25\x00\x18\x01b\x00"
    return b"\x15\x02\x19\xfc" + number + elements + b"\x16\x00\x19\x0c\x00"


def test_columns_may_not_be_nested_so_deeply_that_the_stack_overflows():
    assert read(tail(nested(MAX_LIST_ITEMS - 10))) == []
    [message] = read(tail(nested(100_000)))
    assert "it can't be read" in message.problem


@pytest.mark.parametrize("version", ["1.0", "2.0"])
def test_a_page_over_the_limit_costs_its_row_group(version, monkeypatch):
    monkeypatch.setattr("onrecord.sources.formats.parquet_pages.MAX_PAGE_BYTES", 10_000)
    table = pa.table({"id": ["a", "b", "c"], "text": ["It closes.", "x" * 20_000, "It opens."]})
    messages = read(
        file_of(table, row_group_size=1, compression="zstd", data_page_version=version, use_dictionary=False)
    )
    assert ids(messages) == ["a", "c"]
    assert "bytes is over the limit of 10,000" in messages[1].problem


@pytest.mark.parametrize("version", ["1.0", "2.0"])
@pytest.mark.parametrize("dictionary", [True, False])
def test_every_page_is_checked(version, dictionary, monkeypatch):
    rows = [{"id": str(number), "text": f"{number} " * 100} for number in range(300)]
    layout = {
        "data_page_version": version,
        "use_dictionary": dictionary,
        "data_page_size": 1_000,
        "write_batch_size": 10,
    }
    monkeypatch.setattr("onrecord.sources.formats.parquet_pages.MAX_PAGE_BYTES", 200_000)
    assert len(ids(read(file_of(pa.Table.from_pylist(rows), **layout)))) == 300
    large = [*rows, {"id": "large", "text": "x" * 200_001}]
    [broken] = read(file_of(pa.Table.from_pylist(large), **layout, dictionary_pagesize_limit=10_000))
    assert "is over the limit of 200,000" in broken.problem


def test_a_text_that_is_stored_once_is_in_memory_once():
    text = pa.DictionaryArray.from_arrays(pa.array([0] * 100, pa.int32()), ["x" * 4_000_000])
    stored = file_of(pa.table({"text": text}), compression="zstd", store_schema=False)
    before = pa.total_allocated_bytes()
    peak = max(
        pa.total_allocated_bytes() for _ in read_messages(StoredFile(io.BytesIO(stored), "a.parquet", CHANGED_AT))
    )
    assert peak - before < 5 * 4_000_000


class Pipe(io.BytesIO):
    def seekable(self) -> bool:
        return False

    def seek(self, *_: int) -> int:
        raise io.UnsupportedOperation


def test_a_file_that_can_not_be_searched_is_copied():
    assert len(ids(list(read_messages(StoredFile(Pipe(ARTICLES), "-", CHANGED_AT))))) == 10


def test_a_file_that_can_not_be_searched_may_not_have_any_size(monkeypatch):
    monkeypatch.setattr("onrecord.sources.formats.parquet.MAX_COPY_BYTES", len(ARTICLES) - 1)
    [message] = read_messages(StoredFile(Pipe(ARTICLES), "-", CHANGED_AT))
    assert "can't be searched: save it to a file" in message.problem


def test_a_broken_file_that_can_not_be_searched_is_one_message():
    [message] = read_messages(StoredFile(Pipe(ARTICLES[:-1]), "-", CHANGED_AT))
    assert message.payload == ARTICLES[:-1]


def test_an_error_of_the_file_system_is_not_taken_for_a_broken_file():
    class Failing(io.BytesIO):
        has_failed = False

        def read(self, size: int | None = -1) -> bytes:
            if not self.has_failed and self.tell() < len(ARTICLES) // 2:
                self.has_failed = True
                raise OSError(errno.EIO, "Input/output error")
            return super().read(size)

    with pytest.raises(OSError, match="Input/output error"):
        list(read_messages(StoredFile(Failing(ARTICLES), "a.parquet", CHANGED_AT)))


def test_every_row_is_counted():
    class Enough(Exception): ...

    counted = []

    def count() -> None:
        counted.append(1)
        if len(counted) > 5:
            raise Enough

    with pytest.raises(Enough):
        read(ARTICLES, count=count)


def test_any_damage_ends_in_messages():
    chance = random.Random(7)
    for _ in range(300):
        damaged = bytearray(ARTICLES)
        for _ in range(chance.randrange(1, 4)):
            damaged[chance.randrange(len(damaged))] = chance.randrange(256)
        for message in read(bytes(damaged)):
            assert message.problem or json.loads(message.payload)
