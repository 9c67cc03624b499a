# SPDX-License-Identifier: Apache-2.0
"""A user's own list of names: its format, its limits, and the error messages."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onrecord.data.gazetteer import MAX_BYTES, MAX_ENTRIES, GazetteerError, ListedName, parse


def problems(data: str | bytes, extension: str = ".csv") -> list[str]:
    """Return the mistakes in a list."""
    with pytest.raises(GazetteerError) as refusal:
        parse(data.encode() if isinstance(data, str) else data, extension)
    return refusal.value.problems


def test_columns_may_be_in_any_order_and_some_may_be_missing():
    data = "aliases,name,type\nHB|The Board,Harbour Board,ORG\n,Port Alder,GPE\n"
    assert parse(data.encode(), ".csv") == (
        ListedName("Harbour Board", "ORG", aliases=("HB", "The Board")),
        ListedName("Port Alder", "GPE"),
    )


def test_every_column_is_read():
    data = "name\ttype\twikidata_id\tcountry_code\taliases\nIlse Brandt\tPERSON\tQ4242\tNO\tI. Brandt | Ilse\n"
    [entry] = parse(data.encode(), ".tsv")
    assert entry == ListedName("Ilse Brandt", "PERSON", "Q4242", "NO", ("I. Brandt", "Ilse"))
    assert entry.names == ("Ilse Brandt", "I. Brandt", "Ilse")


def test_comments_blank_lines_a_byte_order_mark_and_windows_line_ends_are_ignored():
    data = b'\xef\xbb\xbf# ours\r\nname,type\r\n\r\n"Board, the",ORG\r\n# more\r\n'
    assert parse(data, ".csv") == (ListedName("Board, the", "ORG"),)


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        ("", "no header line with the columns"),
        ("# nothing\n", "no header line with the columns"),
        ("name,kind\nA,ORG\n", "unknown column 'kind', no column 'type'"),
        ("name,type,type\nA,ORG,ORG\n", "column 'type' appears twice"),
        ("name,type\nA,ORG\n", "line 2: name 'A': shorter than 2 characters"),
        ("name,type\nAB,ORG\nBC,CITY\n", "line 3: type 'CITY'"),
        ("name,type\n,ORG\n", "line 2: name '': contains no letter"),
        ("name,type\nAB,ORG,Q1\n", "line 2: 3 values for 2 columns"),
        ("name,type,wikidata_id\nAB,ORG,42\n", "line 2: wikidata_id '42'"),
        ("name,type,country_code\nAB,GPE,Norway\n", "line 2: country_code 'Norway'"),
        ("name,type,aliases\nAB,ORG,BC\nBC,ORG,\n", "line 3: name 'BC' is already in line 2"),
        ('name,type\n"A,ORG\n', "line 2:"),
        ("name,type\n" + "A" * 201 + ",ORG\n", "line 2: name 'AAAAAAAAAAAAAAAAAAAA'…"),
        (b"name,type\nAB,ORG\n\xff,ORG\n", "line 3: not UTF-8"),
    ],
)
def test_a_mistake_is_reported_with_its_line(data, problem):
    assert any(problem in found for found in problems(data))


def test_all_mistakes_are_reported_together():
    assert len(problems("name,type,wikidata_id\nAB,X,1\nBC,ORG,\nBC,GPE,\n")) == 3


@pytest.mark.scale
def test_a_list_has_bounds():
    assert "bytes" in problems(b"x" * (MAX_BYTES + 1))[0]
    rows = "".join(f"Board {index},ORG\n" for index in range(MAX_ENTRIES + 1))
    assert problems("name,type\n" + rows) == [f"line {MAX_ENTRIES + 2}: too many names; the maximum is {MAX_ENTRIES:,}"]


def test_a_list_at_its_bounds_is_read():
    rows = "".join(f"Board {index},ORG\n" for index in range(MAX_ENTRIES))
    assert len(parse(f"name,type\n{rows}\n# the end\n".encode(), ".csv")) == MAX_ENTRIES


def test_other_files_are_refused():
    assert problems("name,type\n", ".txt") == ["the file's name must end in .csv or .tsv"]


@given(st.binary(max_size=200), st.sampled_from([".csv", ".tsv"]))
def test_anything_is_read_or_refused(data, extension):
    try:
        entries = parse(data, extension)
    except GazetteerError as error:
        assert error.problems
    else:
        assert all(entry.name for entry in entries)
