# SPDX-License-Identifier: Apache-2.0
"""Properties of the stances of any text: spans match the text, values are in range, nothing raises."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from spacy.language import Language
from spacy.tokens import Doc

from onrecord.data.records import Span
from onrecord.nlp.annotations import Stance, StanceParty, stances_of
from tests.operations import check_linear
from tests.profiles import share_of_examples

PIECES = st.sampled_from(
    [
        "The mayor", "Anna Lund", "Chile", "they", "we", "“", "”", '"', "'", ",", ".", "?", "\n", "\n\n", "condemned", "said",
        "that", "must", "not", "support for", "accused", "of", "weakening", "the plan", "is unfair", "called", "a betrayal",
        "and", "which", "no", "if", "according to", "\u200f", "🙂", "\x00", "threatened to", "(", ")", "…", "opposed",
    ]
)  # fmt: skip
TEXTS = st.one_of(
    st.lists(PIECES, max_size=40).map(" ".join),
    st.lists(PIECES, max_size=40).map("".join),
    st.text(max_size=200),
)


def spans(stance: Stance) -> list[Span]:
    parties: list[StanceParty] = [stance.holder, stance.target, *stance.asserted_by]
    return [
        *(party.mention for party in parties if party.mention is not None),
        *stance.expression,
        stance.evidence,
    ]


@pytest.mark.property
@share_of_examples(0.3)
@given(text=TEXTS)
def test_every_span_slices_back_and_has_no_white_space_around_it(nlp: Language, text: str) -> None:
    for stance in stances_of(nlp(text)):
        for span in spans(stance):
            assert span.text == text[span.start : span.end]
            assert span.text.strip() == span.text != ""


@pytest.mark.property
@share_of_examples(0.3)
@given(text=TEXTS)
def test_score_polarity_and_confidence_agree(nlp: Language, text: str) -> None:
    for stance in stances_of(nlp(text)):
        assert -1 <= stance.score <= 1
        assert 0 <= stance.confidence <= 1
        assert stance.polarity == ("SUPPORT" if stance.score > 0 else "OPPOSE" if stance.score < 0 else "NEUTRAL")
        assert stance.expression


@pytest.mark.property
@share_of_examples(0.3)
@given(text=TEXTS)
def test_no_two_stances_are_the_same(nlp: Language, text: str) -> None:
    keys = [
        (one.holder.name, one.holder.mention, one.target.mention, one.polarity, one.expression, one.asserted_by)
        for one in stances_of(nlp(text))
    ]
    assert len(set(keys)) == len(keys)


@pytest.mark.parametrize(
    "text",
    [
        "",
        " \n ",
        "“”\"''" * 200,
        "..., ;: !?" * 200,
        "\x00\x00",
        "\u202e\u200fThe mayor condemned\u200f the toll",
    ],
)
def test_text_that_is_not_prose_has_no_stance_and_raises_nothing(nlp: Language, text: str) -> None:
    assert len(stances_of(nlp(text))) <= 1


@pytest.mark.scale
def test_the_work_grows_with_the_text_and_not_with_its_square(nlp: Language) -> None:
    sentence = "the mayor who condemned the plan that they said must not support the unfair deal and "

    def parsed(repeats: int) -> Doc:
        with nlp.select_pipes(disable=["onrecord_stances"]):
            return nlp(sentence * repeats)

    check_linear(nlp.get_pipe("onrecord_stances"), parsed, 40)
