# SPDX-License-Identifier: Apache-2.0
"""JSON-lines files: each line is a message with its line number, also in damaged files."""

import gzip
import io
import random
import tracemalloc
from collections.abc import Callable
from datetime import datetime, timezone

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from onrecord.data.message import InvalidMessage, Message
from onrecord.sources.json_lines import read_messages
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
    return list(read_messages(io.BytesIO(stored), name, CHANGED_AT, limit))


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
        (b"a\n\xef\xbb\xbfb\n", [(b"a", 1), (b"\xef\xbb\xbfb", 2)]),
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
def test_a_file_that_is_not_an_archive_is_one_dead_letter(name):
    [message] = read(b'{"text": "not packed"}\n', name)
    assert message.problem is not None
    assert message.problem.startswith("file: the archive is broken from here on")
    assert message.problem.endswith("repair the file and rerun")
    assert message.origin == f"{name}:1"


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


def test_a_broken_archive_is_refused_by_the_decoder_with_the_same_words():
    [message] = read(b"no archive", "articles.jsonl.gz")
    with pytest.raises(InvalidMessage, match="file: the archive is broken"):
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
    messages = list(read_messages(Trickle(stored, sizes), "articles.jsonl", CHANGED_AT, limit))
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
    lines = stored.removeprefix(b"\xef\xbb\xbf").split(b"\n")
    expected = [(line.removesuffix(b"\r"), number) for number, line in enumerate(lines, 1) if line.strip()]
    assert lines_with_numbers(read(stored)) == expected


@given(st.binary(), st.sampled_from(sorted(PACK)))
def test_any_bytes_are_read_to_an_end(stored, name):
    messages = read(stored, name)
    assert [message.problem for message in messages[:-1] if message.problem] == []


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
    assert peak < 10_000_000
