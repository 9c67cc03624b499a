# SPDX-License-Identifier: Apache-2.0
"""Properties of the quotes of any text."""

import random
import re
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from spacy.language import Language
from spacy.tokens import Doc

from onrecord.nlp.annotations import Quote, quotes_of
from onrecord.nlp.english.quotation import find_regions
from onrecord.nlp.quotes import find_quotes
from onrecord.nlp.segments import paragraphs
from tests.operations import check_linear
from tests.profiles import share_of_examples

PIECES = re.split(
    " ",
    "“ ” „ « » \" ' '' `` ‘ ’ — ( ) , . : ; ? ! he she said told says according to that Moscow Tom Reed the minister we go "
    "“We \n \n\n \t \0 \u202e 😀 é",
)
texts = st.lists(st.sampled_from(PIECES), max_size=60).flatmap(
    lambda pieces: st.sampled_from(["", " "]).map(lambda joint: joint.join(pieces))
)


def spans_of(quotes: tuple[Quote, ...]) -> list[tuple[int, int, str]]:
    mentions = [quote.speaker.mention for quote in quotes if quote.speaker and quote.speaker.mention]
    spans = [span for quote in quotes for span in (*quote.content, *quote.cue)] + mentions
    return [(span.start, span.end, span.text) for span in spans]


def check(text: str, quotes: tuple[Quote, ...]) -> None:
    for start, end, written in spans_of(quotes):
        assert text[start:end] == written
        assert written and written == written.strip()
    for index, quote in enumerate(quotes):
        offsets = [(span.start, span.end) for span in quote.content]
        assert offsets == sorted(offsets)
        assert all(one[1] <= other[0] for one, other in pairwise(offsets))
        assert 0 <= quote.confidence <= 1
        assert quote.parent is None or (quote.parent != index and 0 <= quote.parent < len(quotes))
    contents = [tuple((span.start, span.end) for span in quote.content) for quote in quotes]
    assert len(contents) == len(set(contents))


@pytest.mark.property
@share_of_examples(0.5)
@given(text=texts)
def test_any_text_has_quotes_that_slice_back(nlp: Language, text: str) -> None:
    doc = nlp(text)
    check(text, quotes_of(doc))
    assert quotes_of(doc) == find_quotes(doc)


@given(text=texts)
def test_regions_hold_a_word_and_nest(text: str) -> None:
    regions = find_regions(text, [(line.start, line.end) for line in paragraphs(text)])
    for region in regions:
        assert 0 <= region.start < region.inner_start <= region.inner_end <= region.end <= len(text)
        assert any(map(str.isalnum, text[region.inner_start : region.inner_end]))
        if region.parent is not None:
            outer = regions[region.parent]
            assert outer.start < region.start and region.end <= outer.end
    assert [region.start for region in regions] == sorted(region.start for region in regions)


@pytest.mark.scale
@pytest.mark.parametrize(
    "piece", ['"', "“", "“”", "'", "“a ", '"a." ', "he said that ", "“A b.” — Tom\n", "BOB: “hi” he said.\n"]
)
def test_thousands_of_times_the_same_is_read(nlp: Language, piece: str) -> None:
    rng = random.Random(7)
    words = piece.replace("“", " “ ").replace('"', ' " ').split() * 4_000
    words = words[:8_000]
    tags = [rng.choice(["NN", "VBD", "VB", "PRP", "NNP", "IN"]) for _ in words]
    deps = [
        "ROOT",
        *(rng.choice(["ccomp", "dobj", "conj", "nsubj", "punct", "advcl", "prep", "pobj"]) for _ in words[1:]),
    ]
    heads = [max(0, place - rng.randint(1, 3)) for place in range(len(words))]
    doc = Doc(nlp.vocab, words=words, tags=tags, deps=deps, heads=heads)
    check(doc.text, find_quotes(doc))


@pytest.mark.scale
@pytest.mark.parametrize("piece", ['"', "'", "“ a"])
def test_many_marks_take_no_more_work_than_in_proportion(nlp: Language, piece: str) -> None:
    check_linear(find_quotes, lambda count: Doc(nlp.vocab, words=(piece.split() * count)[:count]), 5_000)


@pytest.mark.scale
@pytest.mark.parametrize("piece", ['"', "'", "“ a"])
def test_a_hundred_thousand_marks_are_read(nlp: Language, piece: str) -> None:
    doc = Doc(nlp.vocab, words=(piece.split() * 100_000)[:100_000])
    check(doc.text, find_quotes(doc))


@pytest.mark.scale
@pytest.mark.parametrize("label", ["ccomp", "dobj", "conj", "nsubj", "relcl", "prep"])
@pytest.mark.parametrize("shape", ["chain", "star"])
def test_a_tree_of_any_depth_and_breadth_is_read(nlp: Language, label: str, shape: str) -> None:
    count = 10_000
    heads = [max(0, place - 1) for place in range(count)] if shape == "chain" else [0] * count
    words, tags, deps = ["said"] * count, ["VBD"] * count, ["ROOT", *[label] * (count - 1)]
    doc = Doc(nlp.vocab, words=words, tags=tags, deps=deps, heads=heads)
    check(doc.text, find_quotes(doc))


def test_a_doc_without_a_parse_has_quotes_by_its_marks_at_most(nlp: Language) -> None:
    text = "“The bridge is safe,” Anna Weller said."
    doc = Doc(nlp.vocab, words=["“The", "bridge", "is", "safe,”", "Anna", "Weller", "said."])
    check(doc.text, find_quotes(doc))
    check(text, find_quotes(nlp.make_doc(text)))


def test_an_empty_text_has_no_quotes(nlp: Language) -> None:
    assert quotes_of(nlp("")) == ()
