# SPDX-License-Identifier: Apache-2.0
"""The classifier of pairs and the judge as one list: a stance that both find is likelier than one that only one of them finds."""

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from onrecord.nlp.english.parse import Parse
from onrecord.nlp.learned import MAX_LOGIT
from onrecord.nlp.stances.candidates import Candidate
from onrecord.nlp.stances.features import first_entry
from onrecord.nlp.stances.judge import KINDS, Placed
from onrecord.nlp.stances.modality import is_denied, mood
from onrecord.nlp.stances.neural.classifier import LikelyPair, target_phrase
from onrecord.nlp.stances.neural.pairs import Judged

# Less likely pairs are not stances, whatever the judge says.
MIN_LIKELY = 0.05
# The least probability that either is taken to give, also to what it does not find.
FLOOR = 0.01
NOTHING = frozenset({"nothing", "none", "nobody"})
# Prepositions below which nothing is supported.
PASSED_OVER = frozenset({"over", "than", "against"})
# The score of a stance whose words are not in the lexicon.
UNKNOWN_SCORE = 0.5


def judged_of(parse: Parse, likelihood: float, placed: Placed) -> Judged:
    """Return a stance that the judge rates, in the form that the features of pairs are made from."""
    candidate, holder = placed.candidate, placed.holder
    mention = holder.mention
    tokens = (-1, 0) if mention is None else parse.tokens_of(mention.start, mention.end)
    kind = next((kind for kind in KINDS if kind in candidate.features), "other")
    entity = -1 if holder.entity is None else holder.entity
    return Judged(likelihood, kind, 1 if candidate.score > 0 else 2, entity, tokens, candidate.target)


def candidate_of(parse: Parse, pair: LikelyPair) -> Candidate:
    """Return a pair as a candidate; the word that most likely joins the two is its expression."""
    sign = 1 if pair.support >= pair.oppose else -1
    predicate = _joining(parse, pair)
    entry = first_entry(parse, predicate)
    agrees = entry is not None and entry.score * sign > 0
    return Candidate(
        predicate=predicate,
        holder=pair.holder,
        target=target_phrase(parse, pair.target),
        score=entry.score if entry is not None and agrees else sign * UNKNOWN_SCORE,
        expression=(predicate,),
        features=frozenset({"pair"}),
        relation=entry.relation if entry is not None and agrees else None,
    )


def is_taken_back(parse: Parse, candidate: Candidate) -> bool:
    """Whether words over a pair's target take the stance back, which a network easily overlooks: no longer supports, if it backed."""
    over = parse.head[candidate.target.head]
    if over != candidate.predicate and is_denied(parse, over):
        return True  # he denied saying that it was unsafe
    for word in islice(parse.upward(candidate.target.head), 1, None):
        if parse.lower[word] in NOTHING:
            return True  # he had nothing against it
        if candidate.score > 0 and parse.dep[word] == "prep" and parse.lower[word] in PASSED_OVER:
            return True  # he backs the one over the other
        entry = first_entry(parse, word)
        if entry is not None or word == candidate.predicate:
            how = mood(parse, word)
            is_said = entry is not None and entry.score * candidate.score > 0
            is_turned = how.negated or how.factor <= 0
            if how.cancelled or (is_said and is_turned):
                return True
        if word == candidate.predicate:
            break
    return False


def _joining(parse: Parse, pair: LikelyPair) -> int:
    """Return the highest word between the two that the lexicon has, else the highest of all."""
    holder = -1 if pair.top is None or pair.holder is None else pair.holder
    below = list(parse.upward(pair.target))
    if pair.top is None or pair.top not in below:
        way = below[:0:-1] or [parse.head[pair.target]]
    else:
        over = [] if holder < 0 else list(parse.upward(holder))
        up = over[1 : over.index(pair.top)] if pair.top in over else []
        way = [*below[1 : below.index(pair.top) + 1][::-1], *up[::-1]] or [pair.top]
    carrying = (token for token in way if token != holder and first_entry(parse, token) is not None)
    return next(carrying, way[0] if way[0] not in (holder, pair.target) else parse.head[pair.target])


def joined(
    parse: Parse, judged: Iterable[tuple[float, Placed]], read: Iterable[tuple[float, Placed]]
) -> Iterator[tuple[float, float, Placed]]:
    """Yield what either finds, with the probability of its pair and that of the judge; 0 of what one of them does not find.

    Two stances are the same where they have one holder, one polarity, and targets that overlap.
    """
    by_holder: dict[tuple[int, str, bool], list[tuple[float, Placed]]] = defaultdict(list)
    for one, placed in judged:
        by_holder[_key(parse, placed)].append((one, placed))
    found: set[int] = set()
    for one, placed in read:
        same = [other for other in by_holder.get(_key(parse, placed), ()) if _overlap(other[1], placed)]
        found.update(id(other) for _, other in same)
        other, twin = max(same, key=lambda other: other[0], default=(0.0, placed))
        is_one = twin.candidate.target.head == placed.candidate.target.head
        yield one, other, twin if is_one else placed
    for group in by_holder.values():
        for one, placed in group:
            if id(placed) not in found:
                yield 0.0, one, placed


def merged(
    parse: Parse,
    judged: Iterable[tuple[float, Placed]],
    read: Iterable[tuple[float, Placed]],
    agreement: Sequence[float],
) -> Iterator[tuple[float, Placed]]:
    """Yield what either finds, with the probability that a reader confirms it; ``agreement`` are the weights of ``described``."""
    for pair, judge, placed in joined(parse, judged, read):
        yield confidence_of(agreement, pair, judge, placed), placed


def confidence_of(agreement: Sequence[float], pair: float, judge: float, placed: Placed) -> float:
    """Return the probability that a reader confirms a stance; the network knows no neutral positions, so those are the judge's alone."""
    return together(agreement, pair, judge) if placed.candidate.score else judge


def together(agreement: Sequence[float], pair: float, judge: float) -> float:
    """Return the probability of a stance from that of its pair and that of the judge; 0 of what one of them does not find."""
    total = sum(weight * value for weight, value in zip(agreement, described(pair, judge), strict=True))
    return 1 / (1 + math.exp(-max(-MAX_LOGIT, min(MAX_LOGIT, total))))


def needed(agreement: Sequence[float], least: float, *, judged: bool = True) -> float:
    """Return the least probability of a pair with which a stance of at least a probability is possible.

    Args:
        agreement: the weights of ``described``.
        least: the least probability of the stance.
        judged: whether the judge may say anything of it; else he says nothing.
    """
    start, of_pair, of_judge, _, unjudged = agreement
    likely, unlikely = of_judge * _logit(1.0), of_judge * _logit(0.0)
    others = start + (max(likely, unlikely, unlikely + unjudged) if judged else unlikely + unjudged)
    logit = max(-MAX_LOGIT, min(MAX_LOGIT, (_logit(least) - others) / of_pair))
    return max(MIN_LIKELY, min(1.0, 1 / (1 + math.exp(-logit))))


def _key(parse: Parse, placed: Placed) -> tuple[int, str, bool]:
    return parse.sentence[placed.candidate.target.head], placed.holder.name, placed.candidate.score > 0


def _overlap(one: Placed, other: Placed) -> bool:
    first, second = one.candidate.target, other.candidate.target
    return first.start < second.end and second.start < first.end


def described(read: float, judged: float) -> tuple[float, ...]:
    """Return what the merged probability depends on."""
    return 1.0, _logit(read), _logit(judged), float(read <= FLOOR), float(judged <= FLOOR)


def _logit(probability: float) -> float:
    bounded = min(1 - FLOOR, max(FLOOR, probability))
    return math.log(bounded / (1 - bounded))
