# SPDX-License-Identifier: Apache-2.0
"""Says of the pairs of an article how likely each is a stance, by the network, and by what an encoder reads if there is one."""

import functools
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from onrecord.nlp.english.parse import Parse, once_per_token
from onrecord.nlp.english.syntax import Phrase, phrase_of
from onrecord.nlp.stances.neural.columns import FILTERING_PAIRS, Tokens
from onrecord.nlp.stances.neural.encoder import Encoder, Floats
from onrecord.nlp.stances.neural.network import ACCURATE, STANDARD, Network, Pairs, network
from onrecord.nlp.stances.neural.pairs import BEFORE, SAME_SENTENCE, SPEAKER, PairFinder, PairTable
from onrecord.nlp.stances.voices import Voices

MAX_NAMES = 2  # of speakers before a sentence

# Sentences that promise less are not read: a logit. ``JUDGED`` is what a stance that the judge is sure of adds to it.
MIN_PROMISE = -2.5
JUDGED = 4.0
# An encoder reads the sentences in which the network without it finds a stance at least this likely.
MIN_WORTH_READING = 0.1


class LikelyPair(NamedTuple):
    """A pair that may be a stance.

    Attributes:
        holder: the token of the holder; None for the speaker of the target's clause.
        target: the token of the target.
        top: the lowest token above both, if they are in one sentence.
        support, oppose: the probabilities.
    """

    holder: int | None
    target: int
    top: int | None
    support: float
    oppose: float


@once_per_token
def target_phrase(parse: Parse, token: int) -> Phrase:
    """Return the phrase of a target: a clause, or a noun with what belongs to it."""
    return phrase_of(parse, token, clause=parse.is_verb(token), alone=not parse.is_verb(token))


def pairs_of(finder: PairFinder, table: PairTable, network: Network, *, phrases: bool) -> Pairs:
    """Return the pairs of a table as a network reads them; with the phrases of holders and targets if an encoder reads these."""
    parse, parties = finder.parse, finder.voices.parties
    holders = np.unique(table.holders[table.holders >= 0])
    targets, second = np.unique(table.targets, return_inverse=True)
    first = np.where(table.holders < 0, len(holders), np.searchsorted(holders, table.holders))
    own_phrases = [parties.holder_phrase(token) for token in holders.tolist()] if phrases else None
    target_phrases = [target_phrase(parse, token) for token in targets.tolist()] if phrases else None
    of_holders = network.rows_of(finder.tokens.hashes(holders, "holder"))
    return Pairs(
        holders=np.vstack([of_holders, np.zeros((1, of_holders.shape[1]), np.int64)]),
        targets=network.rows_of(finder.tokens.hashes(targets, "target")),
        features=network.rows_of(table.hashes),
        holder_tokens=np.append(holders, len(parse)),
        target_tokens=targets,
        holder_phrases=None if own_phrases is None else np.hstack([_ends(own_phrases), [[0], [0]]]),
        target_phrases=None if target_phrases is None else _ends(target_phrases),
        heads=np.append(parse.head, len(parse)),
        is_clause=np.array([parse.is_verb(token) for token in targets.tolist()], dtype=np.int64),
        first=first,
        second=second.reshape(-1),
        ways=table.ways,
        tops=table.tops,
        between=_between(parse, table),
    )


def _ends(phrases: list[Phrase]) -> Tokens:
    """Return the starts and the ends of phrases."""
    return np.array([[phrase.start for phrase in phrases], [phrase.end for phrase in phrases]], dtype=np.int64)


def _between(parse: Parse, table: PairTable) -> Tokens:
    """Return the tokens between the two; of a holder elsewhere, those before the target."""
    starts = np.array(parse.sentence_starts)[np.array(parse.sentence)]
    is_near = table.ways == SAME_SENTENCE
    low = np.where(is_near, np.minimum(table.holders, table.targets) + 1, starts[table.targets])
    high = np.where(is_near, np.maximum(table.holders, table.targets), table.targets)
    return np.stack([low, np.maximum(low, high)])


def speaker_names(parse: Parse, voices: Voices, targets: Tokens) -> dict[int, list[str]]:
    """Return the speakers outside a sentence of whom a target in it is said, by the number of the sentence."""
    names: dict[int, list[str]] = {}
    for target in targets.tolist():
        start, end = parse.sentence_of(target)
        for voice in voices.over(target):
            head = voices.head(voice)
            known = names.setdefault(parse.sentence[target], [])
            is_outside = head is None or not start <= head < end
            if is_outside and voice.party.name not in known and len(known) < MAX_NAMES:
                known.append(voice.party.name)
    return names


def likely_pairs(table: PairTable, odds: Floats, least: float) -> Iterator[LikelyPair]:
    """Yield the pairs of a table that are stances with at least a probability; ``odds`` are those of no stance, support and opposition."""
    for index in np.flatnonzero(odds[:, 1:].max(axis=1) >= least).tolist():
        holder = None if table.ways[index] == SPEAKER else int(table.holders[index])
        top = int(table.tops[index])
        _, support, oppose = odds[index].tolist()
        yield LikelyPair(holder, int(table.targets[index]), top if top >= 0 else None, support, oppose)


def sentences_of(finder: PairFinder, table: PairTable) -> set[int]:
    """Return the numbers of the sentences that pairs are in, and of one between two of them, which is their context."""
    holders = table.holders[(table.ways != SPEAKER) & (table.holders >= 0)]
    found = {finder.parse.sentence[token] for token in np.union1d(table.targets, holders).tolist()}
    return found | {sentence + 1 for sentence in found if sentence + 2 in found}


def _unread_odds(finder: PairFinder, table: PairTable, network: Network) -> Floats:
    """Return the probabilities of a network for which no encoder reads the sentences."""
    return network.probabilities(pairs_of(finder, table, network, phrases=False), network.words(finder.tokens.words))


def _worth_reading(finder: PairFinder, table: PairTable) -> PairTable:
    """Return the pairs of the sentences in which the network without an encoder finds a stance."""
    odds = _unread_odds(finder, table, network(STANDARD))
    sentence = np.array(finder.parse.sentence)[table.targets]
    best = np.zeros(len(finder.parse.sentence_starts))
    np.maximum.at(best, sentence, 1 - odds[:, 0])
    return table.where(best[sentence] >= MIN_WORTH_READING)


class PairClassifier:
    """Says how likely pairs are stances.

    Args:
        accurate: whether an encoder reads the sentences of the pairs.

    Attributes:
        agreement: the weights by which ``merging`` joins what it says and what the judge says.
        least: the probability below which a reader rejects more stances than she confirms.

    Raises:
        ImportError: the packages of ``onrecord[accurate]`` are not installed.
    """

    def __init__(self, *, accurate: bool) -> None:
        self.network: Network = network(ACCURATE if accurate else STANDARD)
        self.encoder = Encoder() if accurate else None
        self.agreement: list[float] = self.network.layers["agreement"].tolist()
        self.least = float(self.network.layers["least"])

    def __call__(self, finder: PairFinder, least: float) -> Iterator[LikelyPair]:
        """Yield the pairs of an article that are stances with at least a probability."""
        parse, voices = finder.parse, finder.voices
        table = finder.table(self.network.passes)
        if not len(table.targets):
            return
        if self.encoder is None:
            table = self._promising(finder, table)
            odds = _unread_odds(finder, table, self.network)
        else:
            table = _worth_reading(finder, table)
            names = speaker_names(parse, voices, np.unique(table.targets))
            words = self.encoder(parse, names, sentences_of(finder, table))
            odds = self.network.probabilities(pairs_of(finder, table, self.network, phrases=True), words)
        yield from likely_pairs(table, odds, least)

    def _promising(self, finder: PairFinder, table: PairTable) -> PairTable:
        """Return the pairs of the sentences that promise a stance; four in ten sentences of political news do not."""
        sentence = np.array(finder.parse.sentence)
        promise = self.network.promise(None, table.hashes[:, :FILTERING_PAIRS])
        best = np.full(len(finder.parse.sentence_starts), -np.inf)
        np.maximum.at(best, sentence[table.targets], promise)
        judged = np.zeros_like(best)
        for one in finder.judged:
            at = finder.parse.sentence[one.target.head]
            judged[at] = max(judged[at], one.likelihood)
        kept = (best + JUDGED * judged)[sentence[table.targets]] >= MIN_PROMISE
        kept &= (table.ways != BEFORE) | (promise >= MIN_PROMISE)
        return table.where(kept)


@functools.cache
def classifier(*, accurate: bool) -> PairClassifier:
    """Return the classifier with the weights that ship; it is loaded once in a process."""
    return PairClassifier(accurate=accurate)
