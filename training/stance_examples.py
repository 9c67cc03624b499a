# SPDX-License-Identifier: Apache-2.0
"""Training examples from annotated pairs: features of each polarity, and whether it is the right one."""

from collections.abc import Iterable, Iterator
from typing import Any, TypeAlias

from spacy.tokens import Doc

from onrecord.nlp.english.syntax import Phrase, phrase_of
from onrecord.nlp.stances.analysis import StanceAnalysis
from onrecord.nlp.stances.pairs import Pair, Pairs
from onrecord.nlp.stances.scoring import Sides, Sums
from training.conditional_logit import Example, Words

SIDES = ("support", "oppose")
SIGNS = ("+", "-")
# A phrase is the annotated one if it has at least this share of common words.
MIN_SHARED = 0.2
# One in this many of the pairs without annotation is learned from.
EVERY = 8
# The same for running news, which has many more of them.
EVERY_OF_NEWS = 64
Annotated: TypeAlias = dict[str, Any]


def option(features: Iterable[str], side: int) -> list[str]:
    """Return a pair's features for one polarity: its own, and those that agree or differ with it.

    A feature with a sign counts twice: as such, and as agreeing or differing with the polarity, so that opposition learns from support.
    """
    name, sign = SIDES[side], SIGNS[side]
    found = []
    for feature in features:
        found.append(f"{name} {feature}")
        if feature.endswith(SIGNS):
            found.append(f"{'agree' if feature.endswith(sign) else 'differ'} {feature[:-1]}")
    return found


def table_of(weight: dict[str, float]) -> dict[str, Sides]:
    """Return the weights of each feature for each polarity."""
    signed: dict[str, Sides] = {}
    names = {name.partition(" ")[2] for name in weight if name.startswith(SIDES)}
    for name in weight:
        how, _, feature = name.partition(" ")
        if how in ("agree", "differ"):
            names |= {feature + sign for sign in SIGNS}
    for name in sorted(names):
        values = [sum(weight.get(one, 0.0) for one in option([name], side)) for side in range(len(SIDES))]
        signed[name] = Sides(*values)
    return signed


def groups(doc: Doc, annotated: list[Annotated] | None) -> Iterator[list[Example]]:
    """Yield the pairs of a Doc: for each polarity the features and whether it is the right one.

    Of the pairs without annotation, a sample of those that no rule found counts as pairs without a stance, as most of them are:
    annotators choose pairs of names, and the weights must hold for pronouns and plain nouns too. ``None``: the Doc is running news
    without annotated pairs.
    """
    analysis, words = StanceAnalysis(doc), Words(doc)
    paired = Pairs(analysis.parse, analysis.voices, analysis.candidates, Sums({}))
    pairs = list(paired)
    labelled = {}
    for gold in annotated or ():
        if gold["holder"] and gold["target"]:
            place = matching(analysis, words, pairs, gold)
            if place is not None:
                labelled[place] = gold["label"]
    described = [set(paired.names(pair)) for pair in pairs]
    others = [place for place, names in enumerate(described) if place not in labelled and "framed=False" in names]
    every = EVERY_OF_NEWS if annotated is None else EVERY
    for place in (*labelled, *others[every // 2 :: every]):
        names = sorted(described[place])
        label = labelled.get(place, "neutral")
        yield [(option(names, side), float(label == one)) for side, one in enumerate(SIDES)]


def matching(analysis: StanceAnalysis, words: Words, pairs: list[Pair], gold: Annotated) -> int | None:
    """Return the index of the pair whose phrases are most similar to the annotated ones."""
    holder = words.within([gold["holder"]])
    target = words.within([gold["target"]])
    best, most = None, 0.0
    for place, pair in enumerate(pairs):
        held = analysis.parties.holder_phrase(pair.holder.head)
        aimed = phrase_of(analysis.parse, pair.target.head)
        near = [
            _likeness(_tokens(phrase) & frozenset(words.places), gold_words)
            for phrase, gold_words in ((held, holder), (aimed, target))
        ]
        if min(near) >= MIN_SHARED and sum(near) > most:
            best, most = place, sum(near)
    return best


def _tokens(phrase: Phrase) -> frozenset[int]:
    return frozenset(range(phrase.start, phrase.end))


def _likeness(one: frozenset[int], other: frozenset[int]) -> float:
    """Return the share of common words."""
    return len(one & other) / len(one | other) if one and other else 0.0
