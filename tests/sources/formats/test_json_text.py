# SPDX-License-Identifier: Apache-2.0
"""JSON files: each line or value is a message with its number, also in damaged files."""

import gzip
import io
import json
import random
import tracemalloc
from collections.abc import Callable
from datetime import datetime, timezone

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from onrecord.data.message import InvalidMessage, Message
from onrecord.sources.formats.json_text import read_messages
from onrecord.sources.stored_file import StoredFile
from onrecord.transforms.decode import decode_article

CHANGED_AT = datetime(2026, 1, 31, 9, 30, tzinfo=timezone.utc)
PACK: dict[str, Callable[[bytes], bytes]] = {
    "articles.jsonl": bytes,
    "articles.jsonl.gz": gzip.compress,
    "articles.jsonl.zst": zstandard.compress,
}
every_form = pytest.mark.parametrize("name", PACK)
every_archive = pytest.mark.parametrize("name", ["articles.jsonl.gz", "articles.jsonl.zst"])


def read(stored: bytes, name: str = "articles.jsonl", limit: int = 1_000) -> list[Message]:
    """Return the messages of a file."""
    return list(read_messages(StoredFile(io.BytesIO(stored), name, CHANGED_AT, limit)))


def lines_with_numbers(messages: list[Message]) -> list[tuple[bytes, int]]:
    """Return each message's payload and line, of messages that have no problem."""
    assert [message.problem for message in messages if message.problem] == []
    return [(message.payload, int(message.origin.rpartition(":")[2])) for message in messages]


def random_lines(number: int) -> bytes:
    """Return lines that hardly compress, so that some can be read wherever the archive is cut."""
    randomness = random.Random(number)
    return b"".join(randomness.randbytes(40).hex().encode() + b"\n" for _ in range(number))


@every_form
def test_each_line_is_a_message_with_its_origin(name):
    messages = read(PACK[name](b'{"id": "a"}\n{"id": "b"}\n'), name)
    assert messages == [
        Message(b'{"id": "a"}', f"{name}:1", CHANGED_AT, {}),
        Message(b'{"id": "b"}', f"{name}:2", CHANGED_AT, {}),
    ]


@pytest.mark.parametrize(
    ("stored", "lines"),
    [
        (b"", []),
        (b"\n", []),
        (b"a", [(b"a", 1)]),
        (b"a\nb", [(b"a", 1), (b"b", 2)]),
        (b"a\r\nb\r\n", [(b"a", 1), (b"b", 2)]),
        (b"\n\na\n \t\n\r\nb\n\n", [(b"a", 3), (b"b", 6)]),
        (b"\xef\xbb\xbfa\nb\n", [(b"a", 1), (b"b", 2)]),
        (b"\xef\xbb\xbf\na\n", [(b"a", 2)]),
        (b"a\n\xef\xbb\xbfb\n", [(b"a", 1), (b"b", 2)]),
        (b"a\rb\n", [(b"a\rb", 1)]),
        (b"a\xe2\x80\xa8b\x0cc\n", [(b"a\xe2\x80\xa8b\x0cc", 1)]),
        (b"\x00\xff\n", [(b"\x00\xff", 1)]),
    ],
    ids=[
        "empty file",
        "blank line",
        "no end",
        "no last end",
        "crlf",
        "blank lines count",
        "byte order mark",
        "byte order mark alone",
        "byte order mark inside",
        "lone carriage return",
        "unicode separators",
        "no text",
    ],
)
@every_form
def test_a_line_ends_at_a_line_feed_alone(name, stored, lines):
    assert lines_with_numbers(read(PACK[name](stored), name)) == lines


@every_archive
def test_an_archive_may_have_several_parts_and_a_line_may_span_them(name):
    parts = [b"first\nsec", b"", b"ond\n", b"third"]
    stored = b"".join(map(PACK[name], parts))
    assert lines_with_numbers(read(stored, name)) == [(b"first", 1), (b"second", 2), (b"third", 3)]


@every_archive
@pytest.mark.parametrize("share", [0.4, 0.7, 0.99])
def test_a_truncated_archive_is_one_dead_letter_after_what_could_be_read(name, share):
    lines = random_lines(20_000)
    stored = PACK[name](lines)
    *whole, last = read(stored[: int(share * len(stored))], name)
    assert last.problem is not None
    assert last.origin == f"{name}:{len(whole) + 1}"
    assert [message.payload for message in whole] == lines.split(b"\n")[: len(whole)]
    assert len(whole) > (share - 0.2) * 20_000


@every_archive
def test_an_archive_that_lacks_its_last_byte_is_truncated(name):
    assert read(PACK[name](b"a\nb\n")[:-1], name)[-1].problem is not None


@every_archive
def test_a_file_that_is_no_archive_in_spite_of_its_name_is_read_as_it_is(name):
    assert lines_with_numbers(read(b'{"text": "not packed"}\n', name)) == [(b'{"text": "not packed"}', 1)]


@every_archive
def test_an_archive_whose_beginning_is_damaged_is_not_taken_for_text(name):
    [message] = read(b"\x1f\x00\x01" + PACK[name](b"a\n")[3:], name)
    assert message.problem is not None


@every_archive
def test_an_empty_archive_is_not_taken_for_one_without_lines(name):
    [message] = read(b"", name)
    assert message.problem is not None
    assert read(PACK[name](b""), name) == []


@every_archive
def test_behind_a_damaged_part_of_an_archive_reading_goes_on(name):
    parts = [PACK[name](random_lines(number)) for number in (100, 200, 300)]
    middle = bytearray(parts[1])
    middle[len(middle) // 2 : len(middle) // 2 + 100] = bytes(100)
    messages = read(parts[0] + bytes(middle) + parts[2], name)
    lines = {message.payload for message in messages if message.problem is None}
    assert lines >= {line for number in (100, 300) for line in random_lines(number).splitlines()}
    [problem] = [message.problem for message in messages if message.problem]
    assert "the archive is damaged" in problem


@every_archive
def test_an_archive_with_something_else_behind_it_keeps_its_lines(name):
    *whole, last = read(PACK[name](b"a\nb\n") + b"something else", name)
    assert lines_with_numbers(whole) == [(b"a", 1), (b"b", 2)]
    assert last.problem is not None
    assert last.origin == f"{name}:3"


@every_archive
def test_an_archive_with_a_wrong_checksum_is_not_taken_for_whole(name):
    packed = zstandard.ZstdCompressor(write_checksum=True).compress if name.endswith("zst") else gzip.compress
    stored = bytearray(packed(b"a\nb\n"))
    stored[-5 if name.endswith("gz") else -1] ^= 0xFF
    assert read(bytes(stored), name)[-1].problem is not None


def test_a_damaged_archive_is_refused_by_the_decoder_with_the_same_words():
    message = read(gzip.compress(b"cut short")[:-4], "articles.jsonl.gz")[-1]
    with pytest.raises(InvalidMessage, match="file: the archive is damaged"):
        decode_article(message)


@every_form
def test_a_line_over_the_limit_is_one_dead_letter_and_the_next_is_read(name):
    stored = b"x" * 10 + b"\n" + b"y" * 11 + b"\n" + b"z" * 5_000 + b"\nlast\n"
    first, second, third, last = read(PACK[name](stored), name, limit=10)
    assert (first.payload, first.problem) == (b"x" * 10, None)
    assert (second.payload, second.problem) == (b"y" * 10, "message: 11 bytes are over the limit of 10")
    assert (third.payload, third.problem) == (b"z" * 10, "message: 5,000 bytes are over the limit of 10")
    assert (last.payload, last.problem, last.origin) == (b"last", None, f"{name}:4")


def test_a_message_behind_more_blanks_than_the_limit_is_not_lost():
    [message] = read(b" " * 20 + b'{"text": "x"}\n', limit=10)
    assert message.problem == "message: 33 bytes are over the limit of 10"


@pytest.mark.parametrize("stored", [b"0123456789\r\n", b"\xef\xbb\xbf0123456789\n"], ids=["crlf", "byte order mark"])
def test_neither_line_end_nor_byte_order_mark_counts_toward_the_limit(stored):
    assert lines_with_numbers(read(stored, limit=10)) == [(b"0123456789", 1)]


class Trickle(io.BytesIO):
    """A file whose reads give no more than a few bytes."""

    def __init__(self, stored: bytes, sizes: list[int]) -> None:
        super().__init__(stored)
        self._sizes = sizes

    def read(self, size: int | None = -1) -> bytes:
        return super().read(self._sizes.pop() if self._sizes else 7)


some_bytes = st.lists(st.sampled_from([b"a", b"bc", b"\n", b"\r\n", b" ", b"\xef\xbb\xbf", b"x" * 30])).map(b"".join)
limits = st.integers(1, 40)


@given(some_bytes, st.lists(st.integers(1, 50)), limits)
def test_messages_do_not_depend_on_how_the_bytes_arrive(stored, sizes, limit):
    messages = list(read_messages(StoredFile(Trickle(stored, sizes), "articles.jsonl", CHANGED_AT, limit)))
    assert messages == read(stored, limit=limit)
    assert all(len(message.payload) <= limit for message in messages)


@every_archive
@given(parts=st.lists(some_bytes, min_size=1), limit=limits)
def test_an_archive_holds_the_messages_of_the_plain_file_however_it_is_packed(name, parts, limit):
    def shown(messages: list[Message]) -> list[tuple[bytes, str, str | None]]:
        return [(message.payload, message.origin.rpartition(":")[2], message.problem) for message in messages]

    packed = read(b"".join(map(PACK[name], parts)), name, limit)
    assert shown(packed) == shown(read(b"".join(parts), limit=limit))


@given(some_bytes)
def test_every_line_that_is_not_blank_is_a_message(stored):
    lines = [line.removeprefix(b"\xef\xbb\xbf").removesuffix(b"\r") for line in stored.split(b"\n")]
    expected = [(line, number) for number, line in enumerate(lines, 1) if line.strip()]
    assert lines_with_numbers(read(stored)) == expected


@given(st.binary(), st.sampled_from(sorted(PACK)))
def test_any_bytes_are_read_to_an_end(stored, name):
    messages = read(stored, name)
    assert [message.problem for message in messages[:-1] if message.problem] == []


ARTICLES = [
    {"id": "a", "text": 'He said: "No." {not} [this], \\ or \u201cthat\u201d'},
    {"id": "b", "text": "Two\nlines", "source": {"name": "x", "tags": [{"y": 1}, []]}},
    {"id": "c", "text": ""},
]


def indented(articles: list[dict[str, object]]) -> bytes:
    """Return articles as an array as most programs write it."""
    return json.dumps(articles, indent=2).encode()


@pytest.mark.parametrize(
    "stored",
    [
        json.dumps(ARTICLES).encode(),
        indented(ARTICLES),
        json.dumps(ARTICLES, indent="\t", ensure_ascii=False).encode(),
        b"\xef\xbb\xbf\r\n" + indented(ARTICLES).replace(b"\n", b"\r\n"),
        b"\n".join(json.dumps(article, indent=1).encode() for article in ARTICLES),
        b"".join(json.dumps(article, indent=0).encode() for article in ARTICLES),
        b"[" + b"\n,".join(json.dumps(article).encode() for article in ARTICLES) + b"]\n",
        b"[]\n" + json.dumps(ARTICLES[:2]).encode() + b"\n" + json.dumps(ARTICLES[2:]).encode(),
        indented(ARTICLES).decode().encode("utf-16"),
        "\ufeff".encode("utf-32-be") + indented(ARTICLES).decode().encode("utf-32-be"),
    ],
    ids=[
        "array",
        "indented",
        "tabs",
        "Windows",
        "objects",
        "no indentation",
        "array of lines",
        "arrays",
        "UTF-16",
        "UTF-32",
    ],
)
def test_objects_are_found_however_they_are_laid_out(stored):
    messages = read(stored)
    assert [json.loads(message.payload) for message in messages] == ARTICLES
    assert [message.origin for message in messages] == ["articles.jsonl:1", "articles.jsonl:2", "articles.jsonl:3"]


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
objects = st.lists(st.dictionaries(st.text(max_size=5), values, min_size=1, max_size=4), max_size=5)


@given(objects, st.sampled_from([None, 0, 1, 4, "\t"]), st.booleans(), st.lists(st.integers(1, 50)))
def test_every_object_is_read_as_it_was_written(objects, indent, is_array, sizes):
    texts = [json.dumps(value, indent=indent, ensure_ascii=False) for value in objects]
    stored = "[" + ",".join(texts) + "]" if is_array else "\n".join(texts)
    messages = list(read_messages(StoredFile(Trickle(stored.encode(), sizes), "a.json", CHANGED_AT, 10_000)))
    assert [message.payload.decode() for message in messages] == texts


@pytest.mark.parametrize(
    "broken", ['{"id": "x", "text": "open}', '{"id": "x", "tags": ["y"}', '{"id": "x", {"y": 1}', '{"id": "x" "y"}']
)
def test_an_odd_object_of_an_array_costs_one_object(broken):
    lines = [json.dumps(article) for article in ARTICLES]
    stored = "[\n  " + ",\n  ".join([lines[0], broken, *lines[1:]]) + "\n]\n"
    messages = read(stored.encode())
    assert [
        message.payload.decode().rstrip("}") for message in messages if message.payload.startswith(b'{"id": "x"')
    ] == [broken.rstrip("}")]
    assert [line for line in lines if line not in {message.payload.decode() for message in messages}] == []


def test_an_object_without_end_costs_no_more_than_itself_in_a_large_file():
    lines = [json.dumps({"id": str(number), "text": "x" * 100}) for number in range(1_000)]
    stored = ",\n ".join([*lines[:10], '{"id": "x", "text": "open}', *lines[10:]])
    messages = read(f"[\n {stored}\n]".encode(), limit=1_000)
    assert [message.payload.decode() for message in messages] == [
        *lines[:10],
        '{"id": "x", "text": "open}',
        *lines[10:],
    ]


@pytest.mark.parametrize("stored", [b"{broken\n", b'{"a": 1,\n', b'{"a":\n'])
def test_a_first_line_that_is_cut_short_does_not_hide_the_lines_behind_it(stored):
    lines = b'{"id": "b"}\n{"id": "c"}\n'
    assert [message.payload for message in read(stored + lines)] == [stored.strip(), *lines.splitlines()]


def test_an_object_that_is_cut_short_is_a_message_of_its_own():
    stored = indented(ARTICLES)
    *whole, cut = read(stored[:-30])
    assert [json.loads(message.payload) for message in whole] == ARTICLES[:2]
    assert cut.payload.startswith(b"{")


def test_an_object_over_the_limit_is_one_dead_letter_and_the_next_is_read():
    long, short = {"text": "y" * 5_000}, {"text": "z"}
    for stored in (json.dumps([long, short]), json.dumps([long, short], indent=2)):
        first, second = read(stored.encode(), limit=100)
        assert first.problem is not None
        assert "bytes are over the limit of 100" in first.problem
        assert json.loads(second.payload) == short


@given(st.text('[]{}",:\\ \nab1', max_size=60), st.lists(st.integers(1, 9)), limits)
def test_any_text_is_read_to_an_end_with_nothing_left_out(text, sizes, limit):
    stored = text.encode()
    messages = list(read_messages(StoredFile(Trickle(stored, sizes), "a.json", CHANGED_AT, limit)))
    assert messages == list(read_messages(StoredFile(io.BytesIO(stored), "a.json", CHANGED_AT, limit)))
    letters = bytes(byte for byte in stored if byte in b"ab1")
    if not any(message.problem for message in messages):
        assert bytes(byte for message in messages for byte in message.payload if byte in b"ab1") == letters


@pytest.mark.scale
def test_memory_is_bounded_by_the_limit_not_by_the_line():
    stored = gzip.compress(b"x" * 100_000_000)
    tracemalloc.start()
    try:
        [message] = read(stored, "articles.jsonl.gz", limit=1_000)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert message.problem == "message: 100,000,000 bytes are over the limit of 1,000"
    assert peak < 30_000_000  # threads that other tests have left count, too
