# SPDX-License-Identifier: Apache-2.0
"""The work of the rules grows with the length of a text and not faster, whatever phrase it repeats."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onrecord.nlp.model import Model
from tests.growth import Rules
from tests.operations import check_linear
from tests.profiles import share_of_examples
from tests.repeated_text import Kind, kinds

# Characters. Where a rule has a bound, its work grows faster until the bound is reached.
SHORT, MIDDLE, LONG = 1_500, 4_000, 8_000
GROWTH_OF_SHORT = 2.8
CUE_AFTER_CUE = [("quotes", "according to Anna Berg, "), ("stances", "he told her that they think we want it and ")]
# Each once took time in proportion to the square of its length: it was compared with everything in the article.
FORMERLY_QUADRATIC = [
    ("quotes", Kind(("The Aa# Committee met. ", "The committee said that it is bad. "), "halves")),
    ("quotes", Kind(("Minister John Aa# left. ", "The minister said that it is bad. "), "halves")),
    ("entities", Kind(("Mary Lang met Otto Lang. ", *["President Lang said no. "] * 9))),
    ("entities", Kind(("A# Smith, ",))),
]


@pytest.fixture(scope="module")
def rules(model: Model) -> Rules:
    return Rules(model)


@pytest.mark.scale
@pytest.mark.parametrize(("extractor", "phrase"), CUE_AFTER_CUE)
def test_cue_after_cue_takes_no_more_work_than_in_proportion(rules: Rules, extractor: str, phrase: str) -> None:
    check_linear(rules.only(extractor), lambda length: rules.annotated(Kind((phrase,)).text(length)), LONG)


@pytest.mark.scale
@pytest.mark.parametrize(
    "phrase", [*(phrase for _, phrase in CUE_AFTER_CUE), "the mayor who rejected the plan that they "]
)
def test_the_records_of_an_endless_sentence_are_no_longer_than_in_proportion(rules: Rules, phrase: str) -> None:
    shorter, longer = (rules(rules.parsed(Kind((phrase,)).text(length))) for length in (MIDDLE, 2 * MIDDLE))
    assert longer <= GROWTH_OF_SHORT * shorter


@pytest.mark.scale
@pytest.mark.parametrize(("extractor", "kind"), FORMERLY_QUADRATIC, ids=lambda value: getattr(value, "name", value))
def test_what_was_quadratic_is_not(rules: Rules, extractor: str, kind: Kind) -> None:
    check_linear(rules.only(extractor), lambda length: rules.annotated(kind.text(length)), MIDDLE)


@pytest.mark.property
@share_of_examples(0.03)
@given(kind=st.sampled_from(kinds(300)))
def test_no_phrase_of_the_lexicons_takes_more_work_than_in_proportion(rules: Rules, kind: Kind) -> None:
    check_linear(rules, lambda length: rules.parsed(kind.text(length)), SHORT, GROWTH_OF_SHORT)
