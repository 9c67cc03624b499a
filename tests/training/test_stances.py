# SPDX-License-Identifier: Apache-2.0
"""Learning the stance between two actors from annotated sentences."""

import json
from pathlib import Path

import pytest
from spacy.language import Language

from onrecord.nlp.stances.analysis import StanceAnalysis
from onrecord.nlp.stances.pairs import Pairs
from onrecord.nlp.stances.scoring import Sums, logits, pair_weights, probabilities
from training import stance_examples as examples
from training import stances as fit
from training.conditional_logit import conditional_logit
from training.stance_crossvalidation import cross_validated

NAMES = ("Norway", "Peru", "Chile", "Kenya")


def sentence(holder: str, verb: str, target: str, label: str) -> dict[str, object]:
    text = f"{holder} {verb} {target} on Monday."
    start = len(holder) + len(verb) + 2
    pair = {"holder": [0, len(holder)], "target": [start, start + len(target)], "label": label}
    return {"text": text, "pairs": [pair]}


def test_a_sentence_is_learned_from_once_and_never_when_it_is_held_out(tmp_path: Path) -> None:
    train, held_out = tmp_path / "train.jsonl", tmp_path / "held_out.jsonl"
    lines = [{"text": text, "pairs": []} for text in ("Norway  backed Peru.", "norway backed peru.", "Chile left.")]
    train.write_text("".join(json.dumps(line) + "\n" for line in lines), "utf-8")
    held_out.write_text(json.dumps({"text": "CHILE left.", "pairs": []}) + "\n", "utf-8")
    assert [line["text"] for line in fit.read([train], [held_out])] == ["Norway  backed Peru."]


@pytest.mark.scale
def test_a_verb_that_no_lexicon_has_is_learned(nlp: Language) -> None:
    sentences = [
        sentence(holder, verb, target, label)
        for holder in NAMES
        for target in NAMES
        if holder != target
        for verb, label in (("ghosted", "oppose"), ("visited", "neutral"))
    ]
    data = [group for one in sentences for group in examples.groups(nlp(str(one["text"])), one["pairs"])]
    table = examples.table_of(conditional_logit(data))
    assert table == examples.table_of(conditional_logit(data))

    def oppose(text: str) -> float:
        analysis = StanceAnalysis(nlp(text))
        pairs = Pairs(analysis.parse, analysis.voices, analysis.candidates, Sums({}))
        pair = next(pair for pair in pairs if pair.holder.head == 0)
        return probabilities(logits(pairs.names(pair), table)).oppose

    assert oppose("Sweden ghosted Malta on Monday.") > 0.5 > oppose("Sweden visited Malta on Monday.")


def test_what_speaks_with_a_sign_is_learned_for_both_polarities() -> None:
    table = examples.table_of({"agree xl": 1.5, "differ xl": -0.5, "support bias": -1.0, "oppose xl-": 0.25})
    assert table["xl+"] == (1.5, -0.5)
    assert table["xl-"] == (-0.5, 1.75)
    assert table["bias"] == (-1.0, 0.0)


def test_the_weights_that_ship_are_small_numbers_with_a_name() -> None:
    table = pair_weights()
    assert len(table) > 1000
    assert all(name.strip() and max(map(abs, sides)) < 10 for name, sides in table.items())


@pytest.mark.scale
def test_folds_tell_how_well_a_verb_is_learned_from_other_sentences(nlp: Language) -> None:
    sentences = [
        {**sentence(holder, "ghosted", target, "oppose"), "file": "a.jsonl"}
        for holder in NAMES
        for target in NAMES
        if holder != target
    ]
    docs = [nlp(str(one["text"])) for one in sentences]
    (result,) = cross_validated(docs, sentences, 3)
    assert (result.file, result.pairs) == ("a.jsonl", len(sentences))
    assert result.oppose > 50 > result.support
