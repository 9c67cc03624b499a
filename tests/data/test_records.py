# SPDX-License-Identifier: Apache-2.0
"""Records as values: conversion to Avro and back, and their spans."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import fields, is_dataclass

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from onrecord.data.kinds import kinds
from onrecord.data.records import DeadLetter, QuoteRecord, Span, from_avro, spans_of, to_avro
from tests.conftest import RECORDS_OF_KIND, records


@given(records)
def test_a_record_survives_the_way_to_avro_values_and_back(record):
    assert from_avro(type(record), to_avro(record)) == record


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("articles", "article_id"),
        ("entities", "entity_id"),
        ("quotes", "quote_id"),
        ("stances", "stance_id"),
        ("dead_letters", "dead_letter_id"),
    ],
)
@given(data=st.data())
def test_a_record_knows_its_kind_and_its_own_id(kind, name, data):
    record = data.draw(RECORDS_OF_KIND[kind])
    assert record.kind == kind
    assert record.record_id == getattr(record, name)


def test_the_kinds_are_in_the_order_in_which_they_are_made():
    assert tuple(RECORDS_OF_KIND) == tuple(kinds())


def spans_within(value: object) -> Iterator[Span]:
    """Yield every span in a value, at any depth."""
    if isinstance(value, Span):
        yield value
    elif is_dataclass(value):
        for field in fields(value):
            yield from spans_within(getattr(value, field.name))
    elif isinstance(value, tuple):
        for item in value:
            yield from spans_within(item)


@pytest.mark.parametrize("kind", ["entities", "quotes", "stances"])
@given(data=st.data())
def test_no_span_of_a_record_is_overlooked(kind, data):
    record = data.draw(RECORDS_OF_KIND[kind])
    assert Counter(spans_of(record)) == Counter(spans_within(record))


@pytest.mark.parametrize(
    ("record_type", "values"),
    [
        (QuoteRecord, {}),
        (QuoteRecord, {"article_id": 5}),
        (DeadLetter, {"dead_letter_id": "a", "failed_at": "no time"}),
    ],
)
def test_values_of_another_shape_are_not_a_record(record_type, values):
    with pytest.raises(msgspec.ValidationError):
        from_avro(record_type, values)
