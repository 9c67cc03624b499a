# SPDX-License-Identifier: Apache-2.0
"""Stances by the network of pairs, which ``--stances accurate`` gives what an encoder reads."""

from collections.abc import Collection
from pathlib import Path

import numpy as np
import pytest
import spacy
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from spacy.language import Language
from spacy.tokens import Doc

import onrecord
from onrecord.nlp.annotations import Stance, stances_of
from onrecord.nlp.english.parse import Parse
from onrecord.nlp.model import load_model
from onrecord.nlp.stances.analysis import StanceAnalysis
from onrecord.nlp.stances.judge import Judge, judge_weights
from onrecord.nlp.stances.neural.columns import Hashes, Role, number, numbers
from onrecord.nlp.stances.neural.encoder import (
    MAX_LENGTH,
    MAX_PIECES_OF_WORD,
    MAX_SENTENCES,
    SIZE,
    Encoder,
    Pieces,
    means,
)
from onrecord.nlp.stances.neural.merging import MIN_LIKELY, joined, merged, needed, together
from onrecord.nlp.stances.neural.network import Around, Network
from onrecord.nlp.stances.neural.pairs import BEFORE, SAME_SENTENCE, SPEAKER, PairFinder
from tests.profiles import share_of_examples

SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", ":"]
VOCABULARY = [*SPECIAL, "the", "may", "##or", "anna", "berg", "a", "##n", "##na", "'", "s", "e"]
ARTICLE = (
    "Mayor Anna Berg condemned the ferry company's plan on Monday. Tom Okafor, a fisherman, said the plan would ruin the bay. "
    "“We need this pier,” said Ines Duarte. Duarte has long fought the harbour board."
)


@pytest.fixture(scope="module")
def accurate() -> Language:
    pytest.importorskip("onnxruntime")
    return onrecord.load(stances="accurate")


@pytest.fixture(scope="module")
def encoder() -> Encoder:
    pytest.importorskip("onnxruntime")
    return Encoder()


def everything(_side: Role | None, hashes: Hashes) -> NDArray[np.bool_]:
    return np.ones(len(hashes), dtype=bool)


def analysed(nlp: Language, text: str) -> tuple[StanceAnalysis, PairFinder]:
    doc = nlp(text)
    analysis = StanceAnalysis(doc)
    analysis.kept = doc  # its columns do not keep it alive
    return analysis, PairFinder(analysis.parse, analysis.voices)


@pytest.mark.parametrize(
    ("word", "pieces"),
    [
        ("the", ["the"]),
        ("Mayor", ["may", "##or"]),
        ("ÁNNA", ["anna"]),
        ("Ann", ["a", "##n", "##n"]),
        ("Berg's", ["berg", "'", "s"]),
        ("a\u200bn", ["a", "##n"]),
        ("pier", ["[UNK]"]),
        ("berg-pier", ["berg", "[UNK]", "[UNK]"]),
        ("\n", ["[UNK]"]),
        ("", ["[UNK]"]),
    ],
)
def test_words_are_split_into_the_longest_pieces_of_a_vocabulary(word: str, pieces: list[str]) -> None:
    assert [VOCABULARY[number] for number in Pieces(VOCABULARY).of_word(word)] == pieces


def test_a_word_of_a_megabyte_has_few_pieces() -> None:
    assert len(Pieces(VOCABULARY).of_word("an" * 500_000)) == MAX_PIECES_OF_WORD


@pytest.mark.property
@share_of_examples(0.2)
@given(
    sentences=st.lists(
        st.lists(st.sampled_from(["mayor", "Anna", "the", "x"]), min_size=1, max_size=90), min_size=1, max_size=9
    ),
    data=st.data(),
)
def test_windows_have_each_wanted_sentence_once_and_stay_within_their_bounds(
    sentences: list[list[str]], data: st.DataObject
) -> None:
    doc = Doc(
        spacy.blank("en").vocab,
        words=[word for sentence in sentences for word in sentence],
        sent_starts=[place == 0 for sentence in sentences for place in range(len(sentence))],
    )
    parse = Parse(doc)
    wanted: Collection[int] = data.draw(st.sets(st.integers(0, len(sentences) - 1)))
    windows = list(Pieces(VOCABULARY).windows(parse, {0: ["Anna Berg"]}, wanted))
    tokens = [token for window in windows for token in window.tokens]
    assert len(tokens) == len(set(tokens))
    for window in windows:
        covered = {parse.sentence[token] for token in window.tokens}
        assert covered <= set(wanted) and len(covered) <= MAX_SENTENCES
        assert len(window.pieces) <= MAX_LENGTH + MAX_SENTENCES
        assert all(0 < start < end <= len(window.pieces) for start, end in zip(window.starts, window.ends, strict=True))
    for sentence in wanted:
        first, _ = parse.sentence_of(parse.sentence_starts[sentence])
        assert first in tokens


def test_means_are_those_of_the_rows() -> None:
    rows = np.arange(8, dtype=np.float32).reshape(4, 2)
    assert means(rows, np.array([0, 1, 2]), np.array([4, 2, 2])).tolist() == [[3, 4], [2, 3], [0, 0]]


def test_words_have_their_vectors_and_unknown_ones_the_first() -> None:
    known, vectors = np.sort(numbers(["ferry", "toll"])), np.arange(6, dtype=np.float32).reshape(3, 2)
    none = np.zeros((1, 3), np.float32)
    read = Network(known, none, none[0], none, {"words": known, "word_vectors": vectors})
    found = read.words(np.array([known[1], number("pier"), known[0]]))
    assert found.tolist() == [[4, 5], [0, 1], [2, 3]]


def test_features_have_the_same_order_in_every_process(nlp: Language) -> None:
    text = "The council did not want to support Ana Berg's plan, she said. It must reject the port's attacks on Peru, Berg said."
    analysis = StanceAnalysis(nlp(text))
    judge = Judge(analysis.voices)
    found = [[name for name in judge.features(one) if name.startswith("c=")] for one in analysis.proposed()]
    assert sum(map(len, found)) > 10
    assert found == [sorted(names) for names in found]


def test_around_a_token_are_the_words_above_and_the_mean_of_those_below() -> None:
    # a (root) over b, b over c and d; e is absent
    words, heads = np.array([[1], [2], [4], [8]], np.float32), np.array([0, 0, 1, 1, 4])
    assert Around(words, heads)(np.array([1, 3, 4]), None).tolist() == [[2, 1, 1, 6], [8, 2, 1, 0], [0, 0, 0, 0]]


def test_pairs_are_of_a_sentence_of_a_speaker_and_of_the_sentence_before(nlp: Language) -> None:
    analysis, finder = analysed(nlp, ARTICLE)
    table, word = finder.table(everything), analysis.parse.word
    found = {
        (word[holder] if holder >= 0 else "", word[target], way)
        for holder, target, way in zip(table.holders, table.targets, table.ways, strict=True)
    }
    assert {("Berg", "plan", SAME_SENTENCE), ("Okafor", "bay", SAME_SENTENCE), ("Berg", "bay", BEFORE)} <= found
    assert ("Duarte", "pier", SAME_SENTENCE) in found or ("Duarte", "pier", SPEAKER) in found
    assert not any(holder == "Duarte" and target == "Duarte" for holder, target, _ in found)


def test_what_the_judge_rates_is_a_pair_whatever_the_filters_say_and_known_as_such(nlp: Language) -> None:
    def nothing(_side: Role | None, hashes: Hashes) -> NDArray[np.bool_]:
        return np.zeros(len(hashes), dtype=bool)

    analysis, _ = analysed(nlp, "Anna Berg condemned the plan. Norway backed the treaty.")
    word, rated = analysis.parse.word, list(analysis.judged(judge_weights()))
    pairs = analysis.pairs(rated).table(nothing)
    named = {(word[holder], word[target]) for holder, target in zip(pairs.holders, pairs.targets, strict=True)}
    assert named == {("Berg", "plan"), ("Norway", "treaty")}
    surer = analysis.pairs([(min(1.0, likelihood + 0.3), placed) for likelihood, placed in rated]).table(nothing)
    assert (surer.hashes != pairs.hashes).any(axis=1).all()


def test_a_list_of_names_has_no_pairs(nlp: Language) -> None:
    _, finder = analysed(
        nlp, "They are " + ", ".join(f"Anna Berg{letter}" for letter in "abcdefghijklmnopqrstuvwxyz" * 2) + "."
    )
    assert len(finder.table(everything).targets) == 0


def test_a_stance_that_both_find_is_one_and_keeps_both_probabilities(nlp: Language) -> None:
    analysis, _ = analysed(nlp, "Anna Berg condemned the plan. Norway backed the treaty.")
    placed = [one for candidate in analysis.candidates if (one := analysis.placed(candidate)) is not None]
    first, second = (next(one for one in placed if one.target.name.endswith(name)) for name in ("plan", "treaty"))
    found = list(joined(analysis.parse, [(0.4, first), (0.3, second)], [(0.7, first)]))
    assert [(read, judged, one.target.name) for read, judged, one in found] == [
        (0.7, 0.4, first.target.name),
        (0.0, 0.3, second.target.name),
    ]
    both, alone = (
        one for one, _ in merged(analysis.parse, [(0.4, first), (0.4, second)], [(0.7, first)], [0, 1, 1, 0, 0])
    )
    assert both > alone


def test_the_networks_find_what_no_rule_says_and_keep_what_the_judge_is_sure_of(
    accurate: Language, nlp: Language
) -> None:
    text = (
        "The farmers' league fears that the tariff will drive prices down. The minister, Ruth Hale, praised the tariff."
    )
    fears, praises = ("The farmers' league", "OPPOSE", "the tariff"), ("Ruth Hale", "SUPPORT", "the tariff")
    analysis, _ = analysed(nlp, text)
    judged = analysis.selected(analysis.judged(judge_weights()), 0.0)
    ruled = {(one.holder.name, one.polarity, one.target.name) for one in judged}
    assert praises in ruled and fears not in ruled
    for pipeline in (accurate, nlp):
        found = {(one.holder.name, one.polarity, one.target.name) for one in stances_of(pipeline(text))}
        assert {fears, praises} <= found


def test_the_stances_of_an_article_do_not_depend_on_others(accurate: Language) -> None:
    alone: tuple[Stance, ...] = stances_of(accurate(ARTICLE))
    _, among = accurate.pipe(["Chile rejected the offer of Peru. " * 9, ARTICLE], batch_size=2)
    assert stances_of(among) == alone and alone


def test_the_records_name_the_weights_that_made_them(accurate: Language) -> None:
    made = onrecord.read(ARTICLE, stances="accurate")
    plain = onrecord.read(ARTICLE)
    assert "stance_network-" in made.article.provenance.weights_version
    assert "stance_network-" not in plain.article.provenance.weights_version


def test_an_accurate_pipeline_can_be_saved(accurate: Language, tmp_path: Path) -> None:
    accurate.to_disk(tmp_path / "saved")
    again = spacy.load(tmp_path / "saved")
    assert stances_of(again(ARTICLE)) == stances_of(accurate(ARTICLE))


def test_vectors_depend_on_nothing_outside_their_window(encoder: Encoder, nlp: Language) -> None:
    analysis, _ = analysed(nlp, ARTICLE)
    more, part = encoder(analysis.parse, {}, [0, 1, 3]), encoder(analysis.parse, {}, [0, 1])
    end = analysis.parse.sentence_starts[2]
    assert more.shape == (len(analysis.parse), SIZE)
    assert (more[:end] == part[:end]).all() and more[:end].any()
    assert more[end:].any() and not part[end:].any()


def test_a_text_without_pairs_has_no_stances(accurate: Language) -> None:
    assert stances_of(accurate("Rain.")) == () == stances_of(accurate("\n"))


def test_an_unknown_way_of_finding_stances_is_refused() -> None:
    with pytest.raises(ValueError, match="stances"):
        load_model(stances="best")


@given(
    st.floats(0.01, 0.99),
    st.floats(0.05, 1.0),
    st.floats(0.0, 1.0),
    st.tuples(*[st.floats(-1, 1)] * 4),
    st.floats(0.2, 1),
)
def test_a_less_likely_pair_than_needed_gives_no_stance(
    least: float, pair: float, judged: float, others: tuple[float, float, float, float], of_pair: float
) -> None:
    agreement = [others[0], of_pair, *others[1:]]
    if MIN_LIKELY <= pair < needed(agreement, least):
        assert together(agreement, pair, judged) <= least + 1e-9
    if MIN_LIKELY <= pair < needed(agreement, least, judged=False):
        assert together(agreement, pair, 0.0) <= least + 1e-9
