# SPDX-License-Identifier: Apache-2.0
"""CSV and TSV files: each row is a message, also next to a row that can't be read."""

import csv
import io
import json
from datetime import datetime, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onrecord.data.message import Message
from onrecord.sources.formats.delimited import read_messages
from onrecord.sources.stored_file import StoredFile

CHANGED_AT = datetime(2026, 1, 31, 9, 30, tzinfo=timezone.utc)


def read(stored: bytes, limit: int = 10_000) -> list[Message]:
    return list(read_messages(StoredFile(io.BytesIO(stored), "articles.csv", CHANGED_AT, limit)))


def values(stored: bytes) -> list[dict[str, str]]:
    """Return the fields of each message of a file without problems."""
    messages = read(stored)
    assert [message.problem for message in messages if message.problem] == []
    return [json.loads(message.payload) for message in messages]


@pytest.mark.parametrize(
    "stored",
    [
        b"id,text\n1,The pier closes.\n2,It reopens.\n",
        b"id;text\r\n1;The pier closes.\r\n2;It reopens.",
        b"id\ttext\n1\tThe pier closes.\n\n2\tIt reopens.\n",
        b"id,text\r1,The pier closes.\r2,It reopens.\r",
        b'\xef\xbb\xbf"id"|"text"\n"1"|"The pier closes."\n2|It reopens.\n',
        "id,text\n1,The pier closes.\n2,It reopens.\n".encode("utf-16"),
    ],
    ids=["comma", "semicolon", "tab", "old Mac", "bar", "UTF-16"],
)
def test_each_row_is_a_message_with_the_names_of_the_header(stored):
    assert values(stored) == [{"id": "1", "text": "The pier closes."}, {"id": "2", "text": "It reopens."}]


def test_a_value_in_quotation_marks_may_have_delimiters_marks_and_lines_in_it():
    [row] = values(b'id,text\n1,"He said, ""No,"" twice.\n\nThen he left."\n')
    assert row["text"] == 'He said, "No," twice.\n\nThen he left.'


def test_empty_values_are_left_out_and_columns_without_a_name_are_called_by_their_number():
    assert values(b"id,,text,text\n,a,b,c,,\n") == [{"column_2": "a", "text": "b", "column_4": "c"}]


def test_the_origin_of_a_message_is_the_first_line_of_its_row():
    messages = read(b'id,text\n1,"a\nb"\n\n2,c\n')
    assert [message.origin for message in messages] == ["articles.csv:2", "articles.csv:5"]


def test_an_article_may_be_longer_than_the_librarys_default():
    assert len(values(b"text\n" + b"x" * 1_000 + b"\n")[0]["text"]) == 1_000
    [message] = read(b"text\n" + b"x" * 200_000 + b"\n", limit=1_000_000)
    assert message.problem is None


@pytest.mark.parametrize(
    "odd",
    [
        b'2,"open',
        b"2,caf\xe9",
        b"2," + b"x" * 2_000,
        b"2,said, he",
        b'2,"an \\"open\\" mark',
    ],
    ids=["open mark", "not UTF-8", "too long", "too many values", "open mark with escapes"],
)
@pytest.mark.parametrize("behind", [b"3,c\n4,d\n", b'3,"c"\n4,"d"\n', b""], ids=["plain", "marked", "nothing"])
def test_an_odd_row_costs_one_row(odd, behind):
    first, *others = read(b"id,text\n1,a\n" + odd + b"\n" + behind, limit=1_000)
    assert json.loads(first.payload) == {"id": "1", "text": "a"}
    letter, *rows = others
    assert (letter.problem is not None, letter.origin) == (True, "articles.csv:3")
    assert letter.payload == odd[:1_000]
    assert [json.loads(row.payload)["id"] for row in rows] == (["3", "4"] if behind else [])


def test_a_sloppy_mark_on_a_line_of_its_own_is_read_as_most_programs_do():
    assert values(b'id,text\n1,"a" b\n2,c "d"\n') == [{"id": "1", "text": "a b"}, {"id": "2", "text": 'c "d"'}]


cells = st.text(st.characters(codec="utf-8", exclude_characters="\r\0"), max_size=20)
tables = st.lists(st.tuples(cells, cells, cells), max_size=8)


@given(tables, st.sampled_from(",;\t|"))
def test_what_a_program_wrote_is_read_back(rows, delimiter):
    written = io.StringIO()
    writer = csv.writer(written, delimiter=delimiter, lineterminator="\n")
    writer.writerow(["id", "text", "note"])
    writer.writerows(rows)
    expected = [
        {name: cell for name, cell in zip(("id", "text", "note"), row, strict=True) if cell.strip()} for row in rows
    ]
    assert values(written.getvalue().encode()) == [row for row in expected if row]


@given(st.binary(max_size=200), st.integers(1, 40))
def test_any_bytes_are_read_to_an_end(stored, limit):
    for message in read(b"id,text\n" + stored, limit):
        assert len(message.payload) <= limit


def test_marks_that_are_escaped_with_a_backslash_are_part_of_a_value():
    assert values(b'id,text\n1,"She said \\"No, never\\" twice."\n') == [
        {"id": "1", "text": 'She said "No, never" twice.'}
    ]


@pytest.mark.parametrize("line", [b"sep=;\n", b"\xef\xbb\xbfSEP=;\r\n", b'"sep=;"\r'], ids=["LF", "CRLF", "CR"])
def test_a_line_for_excel_before_the_header_states_the_delimiter(line):
    end = line.removeprefix(b"\xef\xbb\xbf")[-1:] if line.endswith(b"\r") else b"\n"
    assert values(line + b"a,b;text" + end + b"x;y, z" + end) == [{"a,b": "x", "text": "y, z"}]
