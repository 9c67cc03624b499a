# SPDX-License-Identifier: Apache-2.0
"""An explanation has what made the record: the weights add up, the alternatives are all there, the candidates of a pronoun too."""

from collections import defaultdict
from dataclasses import replace
from datetime import datetime, timezone
from typing import Any

import pytest

import onrecord
from onrecord.data.article import sha256
from onrecord.data.records import ArticleRecord
from onrecord.nlp.annotator import Annotator
from onrecord.nlp.english import lexicon
from onrecord.nlp.explanations import feature_names
from onrecord.nlp.explanations.reader import NotMadeAgain, explain
from onrecord.nlp.explanations.stances import explain_stance
from onrecord.nlp.model import Model
from onrecord.nlp.texts import Header, Text
from onrecord.version import __version__

TEXT = """Rosa Whitby, the harbour master, met Lena Marsh on Monday. She praised the port fund and attacked the mayor of Quay Town.

“The quay is a bargain,” she said. “It pays for itself.” Whitby said that the ferry would sail in May.

Tom Okafor accused Whitby of wasting money. “Nobody asked the dockers in the old town about it.”
"""
WHEN = datetime(2026, 1, 5, tzinfo=timezone.utc)


@pytest.fixture(scope="module")
def article(model: Model) -> ArticleRecord:
    return ArticleRecord(
        "a1", WHEN, model.provenance(__version__), None, None, None, (), WHEN, "en", None, TEXT, sha256(TEXT), (), None, {}
    )  # fmt: skip


@pytest.fixture(scope="module")
def records(model: Model, article: ArticleRecord) -> dict[str, list[Any]]:
    header = Header("a1", WHEN, article.provenance, article.text_sha256)
    (annotation,) = Annotator(model).annotate([Text(TEXT, header, "en")])
    assert not annotation.failures
    found: dict[str, list[Any]] = defaultdict(list)
    for record in annotation.records:
        found[record.kind].append(record)
    return found


def quote_with(records: dict[str, list[Any]], words: str) -> Any:
    return next(one for one in records["quotes"] if words in one.content[0].text)


def test_every_record_is_explained_and_the_last_number_is_the_records(records, article, model):
    assert all(records[kind] for kind in ("entities", "quotes", "stances"))
    for kind, value in (("entities", "salience"), ("quotes", "confidence"), ("stances", "confidence")):
        for record in records[kind]:
            found, differences = explain(record, article, model)
            assert found.steps[-1].value == getattr(record, value), record.record_id
            assert found.rule
            assert found.words
            assert differences == ()


def test_the_weights_of_a_quote_add_up_and_all_readings_are_listed(records, article, model):
    quote = quote_with(records, "the ferry would sail")
    found, _ = explain(quote, article, model)
    logit, own = found.steps[0].value, found.steps[1].value
    assert sum(one.weight for one in found.reasons) == pytest.approx(logit)
    assert {one.feature for one in found.reasons} >= {"bias", "w=say", "f=that"}
    assert "no quote" in {one.meaning for one in found.alternatives}
    # A reading of less than a thousandth is not listed.
    assert own + sum(one.value for one in found.alternatives) == pytest.approx(1, abs=0.02)
    assert [(one.role, one.span.text) for one in found.words][1:] == [("cue", "said"), ("speaker", "Whitby")]


def test_whoever_else_a_pronoun_could_mean_is_listed(records, article, model):
    found, _ = explain(quote_with(records, "The quay is a bargain"), article, model)
    (weighing,) = found.weighings
    assert weighing.mention.text == "she"
    assert weighing.meant == weighing.candidates[0].meaning
    assert {"Rosa Whitby", "Lena Marsh", "nobody known"} <= {one.meaning for one in weighing.candidates}
    assert sum(one.value for one in weighing.candidates) == pytest.approx(1, abs=0.001)
    assert weighing.reasons


def test_a_quote_without_a_cue_has_a_fixed_score(records, article, model):
    quote = quote_with(records, "Nobody asked the dockers")
    found, _ = explain(quote, article, model)
    assert quote.cue == ()
    assert found.reasons == ()
    assert "last speaker" in found.steps[0].meaning


def test_the_weights_of_a_stance_add_up(records, article, model):
    stance = next(one for one in records["stances"] if one.expression[0].text == "accused")
    found, _ = explain(stance, article, model)
    assert found.claim == "Tom Okafor against Rosa Whitby"
    total = next(step.value for step in found.steps if "of the judge" in step.meaning)
    assert sum(one.weight for one in found.reasons if not one.side) == pytest.approx(total)
    assert "“accuse” is in the stance lexicon" in " ".join(found.rule)


def test_the_votes_of_an_entity_add_up_and_its_pronouns_are_weighed(records, article, model):
    record = next(one for one in records["entities"] if one.name == "Rosa Whitby")
    found, _ = explain(record, article, model)
    votes: dict[str, float] = defaultdict(float)
    for one in found.reasons:
        votes[one.side] += one.weight
    assert votes["PERSON"] == pytest.approx(found.steps[0].value, abs=0.05)
    assert {one.meaning for one in found.alternatives} <= set(votes)
    assert "she" in {one.mention.text.lower() for one in found.weighings}


def test_another_text_does_not_give_the_record(records, article, model):
    other = TEXT.replace("in May", "in June")
    changed = replace(article, text=other, text_sha256=sha256(other))
    with pytest.raises(NotMadeAgain) as raised:
        explain(quote_with(records, "the ferry would sail"), changed, model)
    assert raised.value.nearest.startswith("a1#quote-")


def test_other_versions_and_other_values_are_told(records, article, model):
    quote = quote_with(records, "the ferry would sail")
    older = replace(quote, confidence=0.123, provenance=replace(quote.provenance, weights_version="quotes-0"))
    _, differences = explain(older, article, model)
    assert differences[0].startswith("weights_version: the record has quotes-0, here it is")
    assert differences[1] == f"confidence is different now (0.123 before, {quote.confidence} now)"


@pytest.mark.parametrize(
    ("table", "names"),
    [("quotes", feature_names.QUOTES), ("stance_judge", feature_names.JUDGE)],
)
def test_every_learned_feature_has_a_name_in_words(table, names):
    learned = {feature_names.name_of(row[0]) for row in lexicon.rows(table, "weights")} - {"slope", "level", "spoken"}
    assert learned <= set(names)
    assert feature_names.in_words("bias", names) == names["bias"]


def test_a_neutral_position_is_explained(nlp):
    text = "Anna Berg has not rejected the plan."
    (record,) = onrecord.read(text).stances
    assert record.polarity == "NEUTRAL"
    assert explain_stance(record, 0, nlp(text)).steps[-1].value == record.confidence
