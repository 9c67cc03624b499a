# SPDX-License-Identifier: Apache-2.0
"""Why a stance is a stance: the word or the pair that proposed it, what the judge and the network weighed, and what else was proposed."""

from collections.abc import Mapping
from typing import NamedTuple

from spacy.tokens import Doc

from onrecord.data.records import StanceRecord
from onrecord.nlp.annotations import Stance, stances_of
from onrecord.nlp.explanations.explanation import (
    Alternative,
    Explanation,
    Step,
    Words,
    reasons_of,
    shortened,
)
from onrecord.nlp.explanations.feature_names import JUDGE, in_words
from onrecord.nlp.explanations.references import References
from onrecord.nlp.stances.analysis import StanceAnalysis
from onrecord.nlp.stances.features import first_entry
from onrecord.nlp.stances.judge import Judge, Placed, judge_weights, probability
from onrecord.nlp.stances.neural.classifier import PairClassifier, classifier
from onrecord.nlp.stances.neural.merging import MIN_LIKELY, confidence_of, joined

SIDES = {"SUPPORT": "for", "OPPOSE": "against", "NEUTRAL": "neutral"}
RULES = {
    "demand": "A demand says what should be.",
    "quality": "A word says what the holder finds good or bad.",
    "position": "A phrase such as “for” or “against” says where the holder stands.",
    "adjective": "An adjective of the stance lexicon says how the holder stands to the target.",
    "noun": "A noun of the stance lexicon says what the holder does or feels.",
    "verb": "A verb of the stance lexicon says what the holder does or feels.",
    "pair": "No rule: the network finds it in the holder, the target, and the words between them.",
}
READ = ", which read the two words in their sentences"
MAX_ALTERNATIVES = 12


class _Rated(NamedTuple):
    """A proposed stance, its probabilities by the network, by the judge and together, and what the judge weighs."""

    placed: Placed
    pair: float
    judge: float
    both: float
    features: list[str]


def _rated(analysis: StanceAnalysis, table: Mapping[str, float], network: PairClassifier) -> list[_Rated]:
    """Return all proposed stances of an article."""
    judge = Judge(analysis.voices)
    features = {one: list(judge.features(one)) for one in analysis.proposed()}
    judged = [(probability(names, table), one) for one, names in features.items()]
    found = analysis.classified(network(analysis.pairs(judged), MIN_LIKELY))
    return [
        _Rated(one, pair, sure, confidence_of(network.agreement, pair, sure, one), features.get(one, []))
        for pair, sure, one in joined(analysis.parse, judged, found)
    ]


def explain_stance(record: StanceRecord, place: int, doc: Doc, *, is_accurate: bool = False) -> Explanation:
    """Return why a stance is in the records.

    Args:
        record: the stance.
        place: its index in ``doc._.onrecord_stances``.
        doc: the Doc, with all annotations.
        is_accurate: whether the network had what an encoder reads.
    """
    stance = stances_of(doc)[place]
    analysis = StanceAnalysis(doc)
    table, network = judge_weights(), classifier(accurate=is_accurate)
    as_record = [(analysis.stance(one.placed, one.both), one) for one in _rated(analysis, table, network)]
    own = next(one for found, one in as_record if found == stance)
    placed, features = own.placed, own.features
    references = References(doc)
    weighings = [references.of(party.mention) for party in (record.holder, record.target)]
    return Explanation(
        record.record_id,
        record.kind,
        f"{_told(stance)}",
        _rule(placed, analysis),
        (
            *(Words("holder", one) for one in (record.holder.mention,) if one is not None),
            *(Words("expression", span) for span in record.expression),
            *(Words("target", one) for one in (record.target.mention,) if one is not None),
            Words("sentence", record.evidence),
        ),
        (
            Step(
                sum(table.get(name, 0.0) for name in features),
                f"sum of the weights of {sum(1 for name in features if table.get(name))} features of the judge",
            ),
            Step(own.judge, "by the judge of what the rules propose; 0 if they did not propose it"),
            Step(own.pair, f"by the network{READ if is_accurate else ''}; 0 if it did not find the pair"),
            Step(
                record.confidence, f"the chance that a reader confirms it; below {network.least:.2f} there is no record"
            ),
        ),
        tuple(reasons_of(features, table, lambda name: in_words(name, JUDGE))),
        (
            *_others(stance, [(found, one.placed) for found, one in as_record], placed, analysis),
            Alternative(round(1 - own.both, 4), "no stance that a reader confirms"),
        ),
        tuple(one for one in weighings if one is not None),
    )


def _told(stance: Stance) -> str:
    return f"{shortened(stance.holder.name)} {SIDES[stance.polarity]} {shortened(stance.target.name)}"


def _rule(placed: Placed, analysis: StanceAnalysis) -> tuple[str, ...]:
    candidate, parse = placed.candidate, analysis.parse
    kind = next((kind for kind in RULES if kind in candidate.features), "pair")
    found = [RULES[kind]]
    entry = first_entry(parse, candidate.predicate)
    if entry is not None:
        word = " ".join(filter(None, (entry.word, entry.particle)))
        event = f", event {entry.relation}" if entry.relation else ""
        found.append(
            f"“{word}” is in the stance lexicon: score {entry.score:+.1f}, the holder is its {entry.holder}{event}."
        )
    properties = sorted(one for one in candidate.features if one not in RULES)
    if properties:
        found.append(f"Properties: {', '.join(properties)}.")
    if placed.sources:
        found.append(f"Only according to {', '.join(one.name for one in placed.sources)}.")
    if candidate.holder is None:
        found.append(f"The holder is the speaker of the clause around “{parse.word[candidate.predicate]}”.")
    return tuple(found)


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
