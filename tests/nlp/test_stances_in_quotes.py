# SPDX-License-Identifier: Apache-2.0
"""Stances inside quotation marks: they are the speaker's, whatever the marks."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from spacy.language import Language
from spacy.tokens import Doc

from onrecord.nlp.annotations import Stance, quotes_of, stances_of
from onrecord.nlp.quotes.layout import QuotationLayout
from onrecord.nlp.stances.analysis import StanceAnalysis
from tests.profiles import share_of_examples

PIECES = st.sampled_from(
    [
        "The dockers", "the nurses", "Anna Lund", "we", "reject", "said", "the toll", "it ’s", "cities", ".", ",", "\n\n", " ",
        "“", "”", "‘", "’", '"', "'", "''", "``", "«", "»",
    ]
)  # fmt: skip
TEXTS = st.one_of(st.lists(PIECES, max_size=40).map(" ".join), st.lists(PIECES, max_size=40).map("".join))


def stance(doc: Doc, target: str) -> Stance:
    """Return the only stance toward a target of these words."""
    (found,) = (one for one in stances_of(doc) if one.target.mention is not None and one.target.mention.text == target)
    return found


@pytest.mark.parametrize(
    "text",
    [
        "“We reject the toll. The pilots’ union opposes the ferry plan. It must go,” Lena Brandt said.",
        "“We reject the toll,” Lena Brandt said. “The pilots’ union opposes the ferry plan.”",
        "‘We reject the toll. The pilots’ union opposes the ferry plan,’ Lena Brandt said.",
        "'We reject the toll. The pilots' union opposes the ferry plan,' Lena Brandt said.",
    ],
)
def test_a_plural_possessive_does_not_end_a_quote(nlp: Language, text: str) -> None:
    doc = nlp(text)
    found = stance(doc, "the ferry plan")
    assert [party.name for party in found.asserted_by] == ["Lena Brandt"]
    assert found.quote is not None
    content = " ".join(span.text for span in quotes_of(doc)[found.quote].content)
    assert "The pilots" in content


def test_what_follows_a_plural_possessive_in_a_quote_is_the_speakers(nlp: Language) -> None:
    doc = nlp("Lena Brandt said: “We listened to the nurses’ leaders. We oppose the ferry plan. The toll is unfair.”")
    assert {one.holder.name for one in stances_of(doc)} == {"Lena Brandt"}
    assert stance(doc, "the ferry plan").quote == stance(doc, "The toll").quote == 0


def test_a_quote_inside_a_quote_does_not_end_the_outer_one(nlp: Language) -> None:
    doc = nlp("“The sign says ‘Old Quay’ to this day. We reject the toll,” Lena Brandt said.")
    found = stance(doc, "the toll")
    assert (found.holder.name, found.quote) == ("Lena Brandt", 0)


@pytest.mark.parametrize(("opening", "closing"), ["“”", "‘’", '""', "''", "«»", ("''", "''"), ("``", "''")])
def test_a_quote_is_its_speakers_in_marks_of_any_kind(nlp: Language, opening: str, closing: str) -> None:
    before = nlp(f"{opening}We reject this toll,{closing} Lena Brandt said.")
    after = nlp(f"Lena Brandt said: {opening}This toll is a betrayal. We oppose the ferry plan.{closing}")
    for found in (stance(before, "this toll"), stance(after, "This toll"), stance(after, "the ferry plan")):
        assert (found.holder.name, found.polarity, found.quote) == ("Lena Brandt", "OPPOSE", 0)


def test_a_quote_over_several_paragraphs_is_its_speakers(nlp: Language) -> None:
    doc = nlp('"The port is safe," Lena Brandt said. "Traders have gone.\n\n"We oppose the ferry plan."')
    found = stance(doc, "the ferry plan")
    assert (found.holder.name, found.quote) == ("Lena Brandt", 0)


@pytest.mark.property
@share_of_examples(0.5)
@given(text=TEXTS)
@example("“The dockers’ toll ‘we’ reject,” Anna Lund said")
@example("'We reject it' said")
@example("“we\n\n“we")
def test_quotes_and_stances_agree_on_what_is_in_marks(nlp: Language, text: str) -> None:
    with nlp.select_pipes(disable=["onrecord_stances"]):
        doc = nlp(text)
    if not len(doc):
        return
    layout, voices = QuotationLayout.of(doc), StanceAnalysis(doc).voices
    assert [voices.is_marked(token) for token in range(len(doc))] == list(map(layout.is_marked, range(len(doc))))
    for token, quote in voices.quote_of.items():
        assert any(span.start <= doc[token].idx < span.end for span in quotes_of(doc)[quote].content)
