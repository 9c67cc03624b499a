# SPDX-License-Identifier: Apache-2.0
"""Values are sent between workers unchanged, and equal values give equal bytes."""

from dataclasses import replace

import apache_beam as beam
import pytest
from hypothesis import given
from hypothesis import strategies as st

from onrecord.data.article import Article
from onrecord.data.coders import CompressedCoder
from onrecord.data.kinds import kinds
from onrecord.data.message import Message
from tests.conftest import articles, messages, records

pytestmark = pytest.mark.usefixtures("value_coders")

values = st.one_of(messages, articles, records)


@given(values)
def test_a_value_arrives_as_it_was_sent(value):
    coder = CompressedCoder(type(value))
    assert coder.decode(coder.encode(value)) == value


@given(values.filter(lambda value: len(getattr(value, "attributes", ())) > 1))
def test_equal_values_have_equal_bytes(value):
    turned = replace(value, attributes=dict(reversed(value.attributes.items())))
    assert turned == value
    coder = CompressedCoder(type(value))
    assert coder.encode(turned) == coder.encode(value)


@pytest.mark.parametrize("value_type", [Message, Article, *(kind.record_type for kind in kinds().values())])
def test_beam_takes_this_coder_for_every_value_that_travels(value_type):
    coder = beam.coders.registry.get_coder(value_type)
    assert coder == CompressedCoder(value_type)
    assert coder.is_deterministic()
    assert coder.to_type_hint() is value_type


def test_the_coders_of_two_types_differ():
    assert CompressedCoder(Message) != CompressedCoder(Article)
    assert len({CompressedCoder(Message), CompressedCoder(Message), CompressedCoder(Article)}) == 2
