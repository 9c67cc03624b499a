# SPDX-License-Identifier: Apache-2.0
"""The steps from a layout to quotes: each is a function that can be called separately."""

import dataclasses

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from spacy.language import Language
from spacy.tokens import Doc

from onrecord.nlp.quotes.candidates import Candidate
from onrecord.nlp.quotes.features import describe
from onrecord.nlp.quotes.layout import QuotationLayout
from onrecord.nlp.quotes.nesting import parents
from onrecord.nlp.quotes.proposal import propose
from onrecord.nlp.quotes.scoring import by_cue, score
from onrecord.nlp.quotes.selection import implicit, select

TEXT = "“The dam is safe,” Tom Reed said. “Nobody ‘lost’ a barn.”\n\nThe mayor vowed to repair the road."


@pytest.fixture(scope="module")
def doc(nlp: Language) -> Doc:
    return nlp(TEXT)


def scored(doc: Doc, weight: dict[str, float]) -> tuple[QuotationLayout, list[Candidate]]:
    layout = QuotationLayout.of(doc)
    candidates = propose(layout)
    describe(candidates, layout)
    score(candidates, layout, weight)
    return layout, candidates


def test_a_layout_knows_regions_and_what_is_inside_them(doc: Doc) -> None:
    layout = QuotationLayout.of(doc)
    assert [TEXT[span.region.start : span.region.end] for span in layout.quoted] == [
        "“The dam is safe,”",
        "“Nobody ‘lost’ a barn.”",
        "‘lost’",
    ]
    assert layout.quoted[2].region.parent == 1
    assert layout.outermost(2) == 1
    marked = [token.text for token in doc if layout.is_marked(token.i) and token.is_alpha]
    assert marked == ["The", "dam", "is", "safe", "Nobody", "lost", "a", "barn"]
    assert layout.words_of(((0, len(TEXT)),)) == 18
    assert layout.marked_words_of(((0, len(TEXT)),)) == len(marked)
    assert layout.next_region(layout.quoted[0]) == 1


def test_a_layout_never_changes(doc: Doc) -> None:
    layout = QuotationLayout.of(doc)
    with pytest.raises(dataclasses.FrozenInstanceError):
        layout.quoted = ()  # type: ignore[misc]
    with pytest.raises(dataclasses.FrozenInstanceError):
        layout.quoted[0].start = 1  # type: ignore[misc]
    before = dataclasses.astuple(dataclasses.replace(layout, doc=None, parse=None))  # type: ignore[arg-type]
    candidates = propose(layout)
    describe(candidates, layout)
    score(candidates, layout, {"bias": 1.0})
    implicit(candidates, layout, select(candidates, layout))
    assert dataclasses.astuple(dataclasses.replace(layout, doc=None, parse=None)) == before  # type: ignore[arg-type]


def test_what_is_proposed_has_no_features_and_no_score_yet(doc: Doc) -> None:
    candidates = propose(QuotationLayout.of(doc))
    assert {TEXT[start:end] for candidate in candidates for start, end in candidate.content} >= {
        "“The dam is safe,”",
        "“Nobody ‘lost’ a barn.”",
        "to repair the road",
    }
    assert all(not candidate.features and candidate.score == 0 for candidate in candidates)


def test_the_candidates_of_a_cue_and_no_quote_share_one_probability(doc: Doc) -> None:
    _, candidates = scored(doc, {})
    for group in by_cue(candidates):
        # Without weights all options are equal; the best one has the probability of those that agree with it.
        assert min(candidate.score for candidate in group) == pytest.approx(1 / (len(group) + 1))
        assert all(0 < candidate.score < 1 for candidate in group)


def test_a_weight_raises_the_candidates_that_have_its_feature(doc: Doc) -> None:
    _, before = scored(doc, {})
    _, after = scored(doc, {"f=xinf": 5.0})
    raised = {
        (one.anchor, one.construction) for one, other in zip(before, after, strict=True) if other.score > one.score
    }
    assert {construction for _, construction in raised} == {"xinf"}


def test_of_each_cue_at_most_one_candidate_is_selected(doc: Doc) -> None:
    layout, candidates = scored(doc, {"bias": 9.0})
    chosen = select(candidates, layout)
    assert chosen
    assert len({candidate.anchor for candidate in chosen}) == len(chosen)
    assert select([], layout) == []


PIECES = st.lists(st.tuples(st.integers(0, 20), st.integers(1, 20)), min_size=1, max_size=3)


@given(st.lists(PIECES, max_size=6))
@example([[(0, 5), (11, 1)], [(1, 1), (10, 5)]])
def test_no_quote_is_inside_itself(contents: list[list[tuple[int, int]]]) -> None:
    spans = sorted(tuple(sorted((start, start + length) for start, length in pieces)) for pieces in contents)
    found = parents([Candidate("quote", 0, (), content, None, None) for content in spans])
    for inner in found:
        above = [inner]
        while above[-1] in found:
            above.append(found[above[-1]])
            assert above[-1] not in above[:-1]
