# SPDX-License-Identifier: Apache-2.0
import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onrecord.dead_letters.repaired import Repaired, RepairedFileError, to_line
from tests.dead_letters.letters import letter

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)
PAYLOADS = (
    st.binary()
    | st.text().map(lambda text: text.encode("utf-8", "surrogatepass"))
    | st.builds(lambda value, indent: json.dumps(value, indent=indent).encode(), VALUES, st.none() | st.just(2))
)


@given(payload=PAYLOADS, attributes=st.dictionaries(st.text(), st.text()))
def test_every_message_comes_back(tmp_path_factory, payload, attributes):
    path = tmp_path_factory.getbasetemp() / "repaired.jsonl"
    original = replace(letter(payload), attributes=attributes)
    path.write_bytes(to_line(original) + to_line(letter(b"another", line=2)))
    again = Repaired.of_file(path).message_of(replace(original, payload=b"", attributes={}))
    assert again.attributes == original.attributes
    if "message" in json.loads(path.read_bytes().splitlines()[0]):
        assert json.loads(again.payload) == json.loads(payload)
    else:
        assert again.payload == payload


@pytest.mark.parametrize(
    ("payload", "field", "value"),
    [
        (b'{"id": "a",\r\n "text": 5}', "message", {"id": "a", "text": 5}),
        (b"[1, 2]", "message", [1, 2]),
        (b'{"text": "cut', "text", '{"text": "cut'),
        (b'{"text": NaN}', "text", '{"text": NaN}'),
        (b'{"text": "\\ud800"}', "text", '{"text": "\\ud800"}'),
        (b"", "text", ""),
        (b"\xff\xfe", "base64", "//4="),
    ],
)
def test_a_line_has_the_message_in_the_form_that_is_easiest_to_edit(payload, field, value):
    original = letter(payload, "message: not JSON")
    line = to_line(original)
    assert line.count(b"\n") == 1
    assert json.loads(line) == {
        "dead_letter_id": original.dead_letter_id,
        "origin": "feed.jsonl:1",
        "reason": "message: not JSON",
        "attributes": {},
        field: value,
    }


def test_numbers_and_repeated_names_are_kept_as_they_were_written(tmp_path):
    payload = b'{"id": 12345678901234567890123, "score": 1.50, "id": 1e2}'
    (tmp_path / "a.jsonl").write_bytes(to_line(letter(payload)))
    assert Repaired.of_file(tmp_path / "a.jsonl").message_of(letter(payload)).payload == payload


def test_attributes_may_be_changed_and_are_kept_where_they_are_left_out(tmp_path: Path):
    original = replace(letter({"text": "x"}), attributes={"desk": "foreign"})
    path = tmp_path / "a.jsonl"
    for attributes in ({}, {"attributes": {"desk": "sports"}}):
        path.write_text(json.dumps({"dead_letter_id": original.dead_letter_id, "text": "y", **attributes}))
        again = Repaired.of_file(path).message_of(original)
        assert again.attributes == attributes.get("attributes", original.attributes)


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("{", "not JSON"),
        ("[]", "dead-letters DIR --payload FILE"),
        ('{"text": "x"}', "dead_letter_id"),
        ('{"dead_letter_id": "a"}', "give one of message, text and base64, not none"),
        ('{"dead_letter_id": "a", "message": {}, "text": ""}', "not message and text"),
        ('{"dead_letter_id": "a", "base64": "?"}', "base64: "),
        ('{"dead_letter_id": "a", "text": 5}', "$.text"),
        ('{"dead_letter_id": "b", "text": "x"}', "dead_letter_id 'b' is there twice"),
    ],
)
def test_a_wrong_line_is_named(tmp_path, line, problem):
    path = tmp_path / "a.jsonl"
    path.write_text(f'\ufeff\n{{"dead_letter_id": "b", "message": {{}}}}\n{line}\n', "utf-8")
    with pytest.raises(RepairedFileError) as raised:
        Repaired.of_file(path)
    [found] = raised.value.problems
    assert found.startswith(f"{path}:3: ")
    assert problem in found


def test_a_file_without_messages_is_refused(tmp_path):
    (tmp_path / "a.jsonl").write_text("\n \n")
    with pytest.raises(RepairedFileError, match="there are no messages in this file"):
        Repaired.of_file(tmp_path / "a.jsonl")
