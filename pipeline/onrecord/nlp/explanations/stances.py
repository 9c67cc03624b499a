# SPDX-License-Identifier: Apache-2.0
"""Why a stance is a stance: the word or the pair that proposed it, what the judge weighed, and what else was proposed."""

from collections.abc import Mapping
from dataclasses import replace
from typing import NamedTuple

from spacy.tokens import Doc

from onrecord.data.records import StanceRecord
from onrecord.nlp.annotations import Stance, stances_of
from onrecord.nlp.explanations.explanation import (
    Alternative,
    Explanation,
    Reason,
    Step,
    Words,
    reasons_of,
    shortened,
)
from onrecord.nlp.explanations.feature_names import JUDGE, PAIRS, in_words
from onrecord.nlp.explanations.references import References
from onrecord.nlp.stances.analysis import StanceAnalysis
from onrecord.nlp.stances.judge import MIN_CONFIDENCE, Judge, Placed, judge_weights, probability
from onrecord.nlp.stances.neural.classifier import classifier
from onrecord.nlp.stances.neural.merging import MIN_LIKELY, MIN_TOGETHER, joined, together
from onrecord.nlp.stances.pairs import Pairs
from onrecord.nlp.stances.scoring import logits, pair_sums, pair_weights, probabilities

SIDES = {"SUPPORT": "for", "OPPOSE": "against", "NEUTRAL": "neutral"}
RULES = {
    "demand": "A demand says what should be.",
    "quality": "A word says what the holder finds good or bad.",
    "position": "A phrase such as “for” or “against” says where the holder stands.",
    "adjective": "An adjective of the stance lexicon says how the holder stands to the target.",
    "noun": "A noun of the stance lexicon says what the holder does or feels.",
    "verb": "A verb of the stance lexicon says what the holder does or feels.",
    "pair": "No rule: the way in the sentence from one name to the other, and the words on it, show it.",
}
MAX_ALTERNATIVES = 12


class _Rated(NamedTuple):
    """A proposed stance, its probabilities by the classifier of pairs, by the judge and together, and what the judge weighs."""

    placed: Placed
    pair: float
    judge: float
    both: float
    features: list[str]


def _rated(analysis: StanceAnalysis, pairs: Pairs, table: Mapping[str, float], is_accurate: bool) -> list[_Rated]:
    """Return all proposed stances of an article."""
    judge = Judge(analysis.voices, pairs.features)
    features = {one: list(judge.features(one)) for one in analysis.proposed(pairs)}
    judged = [(probability(names, table), one) for one, names in features.items()]
    if not is_accurate:
        return [_Rated(one, 0.0, sure, sure, features[one]) for sure, one in judged]
    reader = classifier()
    found = analysis.classified(reader(analysis.pairs(judged), MIN_LIKELY))
    return [
        _Rated(one, pair, sure, together(reader.agreement, pair, sure), features.get(one, []))
        for pair, sure, one in joined(analysis.parse, judged, found)
    ]


def explain_stance(record: StanceRecord, place: int, doc: Doc, *, is_accurate: bool = False) -> Explanation:
    """Return why a stance is in the records.

    Args:
        record: the stance.
        place: its index in ``doc._.onrecord_stances``.
        doc: the Doc, with all annotations.
        is_accurate: whether the classifier of pairs was asked, too.
    """
    stance = stances_of(doc)[place]
    analysis = StanceAnalysis(doc)
    pairs = Pairs(analysis.parse, analysis.voices, analysis.candidates, pair_sums())
    table = judge_weights()
    as_record = [(analysis.stance(one.placed, one.both), one) for one in _rated(analysis, pairs, table, is_accurate)]
    own = next(one for found, one in as_record if found == stance)
    placed, features = own.placed, own.features
    least = MIN_TOGETHER if is_accurate else MIN_CONFIDENCE
    references = References(doc)
    weighings = [references.of(party.mention) for party in (record.holder, record.target)]
    return Explanation(
        record.record_id,
        record.kind,
        f"{_told(stance)}",
        _rule(placed, analysis, pairs),
        (
            *(Words("holder", one) for one in (record.holder.mention,) if one is not None),
            *(Words("expression", span) for span in record.expression),
            *(Words("target", one) for one in (record.target.mention,) if one is not None),
            Words("sentence", record.evidence),
        ),
        (
            *_pair_steps(placed, pairs),
            Step(
                sum(table.get(name, 0.0) for name in features),
                f"sum of the weights of {sum(1 for name in features if table.get(name))} features of the judge",
            ),
            *_steps_together(own, is_accurate),
            Step(record.confidence, f"the chance that a reader confirms it; below {least} there is no record"),
        ),
        (*reasons_of(features, table, lambda name: in_words(name, JUDGE)), *_pair_reasons(placed, pairs)),
        (
            *_others(stance, [(found, one.placed) for found, one in as_record], placed, analysis),
            Alternative(round(1 - own.both, 4), "no stance that a reader confirms"),
        ),
        tuple(one for one in weighings if one is not None),
    )


def _steps_together(own: _Rated, is_accurate: bool) -> list[Step]:
    if not is_accurate:
        return []
    return [
        Step(own.judge, "by the judge; 0 if it was not asked"),
        Step(own.pair, "by the classifier, which read the two words in their sentences; 0 if it did not find the pair"),
    ]


def _told(stance: Stance) -> str:
    return f"{shortened(stance.holder.name)} {SIDES[stance.polarity]} {shortened(stance.target.name)}"


def _rule(placed: Placed, analysis: StanceAnalysis, pairs: Pairs) -> tuple[str, ...]:
    candidate, parse = placed.candidate, analysis.parse
    kind = next((kind for kind in RULES if kind in candidate.features), "pair")
    found = [RULES[kind]]
    entry = pairs.features.entry_of(candidate.predicate)
    if entry is not None:
        word = " ".join(filter(None, (entry.word, entry.particle)))
        event = f", event {entry.relation}" if entry.relation else ""
        found.append(
            f"“{word}” is in the stance lexicon: score {entry.score:+.1f}, the holder is its {entry.holder}{event}."
        )
    if placed.likelihood is not None and kind != "pair":
        found.append("The way in the sentence from one name to the other shows it too.")
    properties = sorted(one for one in candidate.features if one not in RULES)
    if properties:
        found.append(f"Properties: {', '.join(properties)}.")
    if placed.sources:
        found.append(f"Only according to {', '.join(one.name for one in placed.sources)}.")
    if candidate.holder is None:
        found.append(f"The holder is the speaker of the clause around “{parse.word[candidate.predicate]}”.")
    return tuple(found)


def _pair_features(placed: Placed, pairs: Pairs) -> list[str]:
    """Return the features of the pair that proposed a stance; none if a rule did."""
    candidate = placed.candidate
    if placed.likelihood is None or candidate.holder is None:
        return []
    for pair in pairs:
        if pair.holder.head == candidate.holder and pair.target.head == candidate.target.head:
            return pairs.names(pair)
    return []


def _pair_steps(placed: Placed, pairs: Pairs) -> list[Step]:
    features = _pair_features(placed, pairs)
    if not features:
        return []
    both = logits(features, pair_weights())
    likely = probabilities(both)
    return [
        Step(likely.support, "by the way between the two names: for"),
        Step(likely.oppose, "by the way between the two names: against"),
        Step(1 - likely.support - likely.oppose, "by the way between the two names: neither"),
    ]


def _pair_reasons(placed: Placed, pairs: Pairs) -> list[Reason]:
    side = 0 if placed.candidate.score > 0 else 1
    name = ("for", "against")[side]
    table = {feature: both[side] for feature, both in pair_weights().items()}
    found = reasons_of(_pair_features(placed, pairs), table, lambda feature: in_words(feature, PAIRS))
    return [replace(one, side=name) for one in found]


def _others(
    stance: Stance, rated: list[tuple[Stance, Placed]], placed: Placed, analysis: StanceAnalysis
) -> list[Alternative]:
    """Return the other stances that were proposed of the same words or the same target."""
    sentence, target = analysis.parse.sentence, placed.candidate.target
    likelihood: dict[str, float] = {}
    for other, one in rated:
        phrase = one.candidate.target
        if sentence[one.candidate.predicate] != sentence[placed.candidate.predicate] or _told(other) == _told(stance):
            continue
        is_near = one.candidate.predicate == placed.candidate.predicate
        if is_near or (phrase.start < target.end and target.start < phrase.end):
            likelihood[_told(other)] = max(other.confidence, likelihood.get(_told(other), 0.0))
    found = [Alternative(value, told) for told, value in likelihood.items()]
    return sorted(found, key=lambda one: (-one.value, one.meaning))[:MAX_ALTERNATIVES]
