# SPDX-License-Identifier: Apache-2.0
"""Which proposals and pairs of an article are right, by what a reader listed of it."""

import pytest
from spacy.language import Language

from onrecord.nlp.stances.analysis import StanceAnalysis
from onrecord.nlp.stances.judge import judge_weights
from onrecord.nlp.stances.neural.pairs import SAME_SENTENCE
from training.stance_judge import Listed, Listing
from training.stance_network.labels import LEFT_OUT, NONE, PairListing

TEXT = "The harbour board condemned the toll of the ferries. Anna Berg backed the pier. The board met on Monday."


def listed(holder: str, target: str, polarity: str, evidence: str) -> Listed:
    return {
        "holder": holder, "holder_words": holder, "holder_also": [], "target": target, "target_name": None,
        "polarity": polarity, "evidence": [evidence],
    }  # fmt: skip


STANCES = [
    listed(
        "harbour board", "the toll of the ferries", "OPPOSE", "The harbour board condemned the toll of the ferries."
    ),
    listed("Anna Berg", "the pier", "SUPPORT", "Anna Berg backed the pier."),
]


@pytest.fixture(scope="module")
def analysis(nlp: Language) -> StanceAnalysis:
    doc = nlp(TEXT)
    found = StanceAnalysis(doc)
    found.kept = doc  # its columns do not keep it alive
    return found


def test_a_proposal_is_right_where_a_listed_stance_has_its_parties_and_its_polarity(analysis: StanceAnalysis) -> None:
    rated = [placed for _, placed in analysis.judged(judge_weights())]
    assert len(rated) == 2
    assert all(map(Listing(analysis, STANCES).has, rated))
    turned = [{**one, "polarity": "SUPPORT" if one["polarity"] == "OPPOSE" else "OPPOSE"} for one in STANCES]
    elsewhere = [{**one, "evidence": ["The board met on Monday."]} for one in STANCES]
    others = [{**one, "holder": "Tom Okafor", "holder_words": "Okafor"} for one in STANCES]
    for wrong in (turned, elsewhere, others):
        assert not any(map(Listing(analysis, wrong).has, rated))


@pytest.mark.parametrize(
    ("holder", "target", "label"),
    [
        ("board", "toll", 2),
        ("Berg", "pier", 1),
        ("board", "ferries", LEFT_OUT),
        ("toll", "board", NONE),
    ],
)
def test_a_pair_has_the_polarity_of_its_stance_and_what_comes_near_one_is_left_out(
    analysis: StanceAnalysis, holder: str, target: str, label: int
) -> None:
    words = analysis.parse.word
    assert PairListing(analysis, STANCES).label(words.index(holder), words.index(target), SAME_SENTENCE) == label
