# SPDX-License-Identifier: Apache-2.0
"""Other names of the fields are mapped to those of the article message, and nothing else is changed."""

import json

import msgspec
import pytest

from onrecord.data.field_names import FieldName, FieldNameError, rename
from onrecord.data.message import decode


def mapped(message: object, *names: str) -> dict[str, object]:
    fields = msgspec.json.decode(json.dumps(message).encode(), type=dict[str, msgspec.Raw])
    rename(fields, [FieldName.parse(name) for name in names])
    return dict(json.loads(msgspec.json.encode(fields)))


def test_a_value_moves_to_the_field_that_it_is_for():
    assert mapped({"body": "a", "headline": "b", "n": 1}, "text=body", "title=headline") == {
        "text": "a",
        "title": "b",
        "n": 1,
    }


def test_dots_lead_to_nested_values():
    message = {"meta": {"date": "2026-03-03", "section": "news"}, "body": [{"p": "a"}, {"p": "b"}], "a.b": "c"}
    assert mapped(message, "published_at=meta.date", "text=body.1.p", "title=a.b") == {
        "published_at": "2026-03-03",
        "meta": {"section": "news"},
        "text": "b",
        "body": [{"p": "a"}, {"p": "b"}],
        "title": "c",
    }


@pytest.mark.parametrize("message", [{"meta": 1}, {"meta": {}}, {"meta": {"date": None}}, {"meta": [1]}, {}])
def test_a_message_without_the_value_keeps_its_own_field(message):
    assert mapped({**message, "text": "a"}, "text=meta.date") == {**message, "text": "a"}


def test_a_value_whose_place_is_taken_is_kept():
    assert mapped({"text": "teaser", "body": "a"}, "text=body") == {"text": "a", "sent_text": "teaser"}


def test_two_fields_can_change_places():
    assert mapped({"id": "a", "url": "b"}, "id=url", "url=id") == {"id": "b", "url": "a"}


def test_a_message_is_decoded_by_the_names_of_its_feed():
    names = [FieldName.parse("text=body"), FieldName.parse("id=meta.n")]
    contract, unknown = decode(b'{"body": "a", "meta": {"n": 123456789012345678901234567890}, "x": 1.50}', names=names)
    assert (contract.text, contract.id) == ("a", "123456789012345678901234567890")
    assert unknown == {"meta": "{}", "x": "1.50"}


@pytest.mark.parametrize("value", ["text", "=body", "text=", "text=.", "body=text", "TEXT=body"])
def test_a_mapping_that_says_nothing_is_refused(value):
    with pytest.raises(FieldNameError):
        FieldName.parse(value)
