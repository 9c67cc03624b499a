# SPDX-License-Identifier: Apache-2.0
"""The network that says how likely a reader confirms that one token holds a stance toward another.

A holder and a target are each described by the sum of the vectors of its known features, a pair by its features and by how the two fit
together. The words of both add to it, the words above each, the word above both, and the words between: as what an encoder says of them
in their sentences, or as what it says of each word on average. Before it, linear filters keep the tokens that hold or receive any stance
at all, and their pairs.
"""

import functools
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from onrecord.nlp.learned import MAX_LOGIT, arrays
from onrecord.nlp.stances.neural.columns import Hashes, Role, Tokens
from onrecord.nlp.stances.neural.encoder import Floats, means

# The weights of the network alone, and of that which has what an encoder reads.
STANDARD, ACCURATE = "stance_pairs", "stance_network"
SIDES: tuple[Role | None, ...] = ("holder", "target", None)
SMALL = 1e-5
# What is written in eight bits: as the steps of each number, with the size of a step by vector.
IN_STEPS = {"vectors", "word_vectors"}
FIRST_BITS = 16  # of a hash, by which it is found
SHIFT = np.uint64(64 - FIRST_BITS)


class Pairs(NamedTuple):
    """Pairs as the network reads them. A token that is absent is -1, and a span (0, 0).

    Attributes:
        holders, targets: the known features of the tokens that are in pairs, by row; 0 for an unknown one.
        features: those of the pairs, by row.
        holder_tokens, target_tokens: the tokens that these are.
        holder_phrases, target_phrases: the starts and the ends of their phrases, of shape (2, rows); None if no encoder reads them.
        heads: the head of each token of the article, and at the end that of an absent one, itself.
        is_clause: which targets are clauses.
        first, second: the rows of each pair's holder and target.
        ways: how they are connected.
        tops: the token above both.
        between: the start and the end of the tokens between the two; of shape (2, pairs).
    """

    holders: Tokens
    targets: Tokens
    features: Tokens
    holder_tokens: Tokens
    target_tokens: Tokens
    holder_phrases: Tokens | None
    target_phrases: Tokens | None
    heads: Tokens
    is_clause: Tokens
    first: Tokens
    second: Tokens
    ways: Tokens
    tops: Tokens
    between: Tokens


def gelu(values: Floats) -> Floats:
    """Return the Gaussian error linear unit of values, by its sigmoid (Hendrycks and Gimpel, 2016)."""
    return np.asarray(values / (1 + np.exp(np.clip(-1.702 * values, -MAX_LOGIT, MAX_LOGIT))), dtype=np.float32)


class _Rows:
    """The place of each of many hashes, found by its first bits: a few comparisons, where a binary search takes fifteen."""

    def __init__(self, hashes: Hashes) -> None:
        ends = np.searchsorted(hashes >> SHIFT, np.arange(1 << FIRST_BITS, dtype=np.uint64), side="right")
        self._starts = np.concatenate(([0], ends[:-1]))
        self._most = int((ends - self._starts).max(initial=0))
        self._hashes = np.concatenate((hashes, np.zeros(self._most, dtype=np.uint64)))

    def __call__(self, hashes: Hashes) -> Tokens:
        """Return 1 for the first hash, 2 for the second; 0 for an unknown one."""
        place = self._starts[hashes >> SHIFT]
        found = np.zeros(hashes.shape, dtype=np.int64)
        for _ in range(self._most):
            is_here = self._hashes[place] == hashes
            place += 1
            np.copyto(found, place, where=is_here)
        return found


@dataclass(frozen=True, slots=True)
class Network:
    """The weights; the first row of ``vectors`` and of ``filters`` is that of unknown features, 0.

    Attributes:
        known: the hashes of the known features, ascending.
        filters: their weights in the filters of holders, of targets and of pairs.
        bounds: the least logit that each filter keeps.
        vectors: their vectors.
        layers: the other weights by their names.
        rows: where each known feature is.
    """

    known: Hashes
    filters: Floats
    bounds: Floats
    vectors: Floats
    layers: dict[str, Floats]
    rows: "_Rows" = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "rows", _Rows(self.known))

    def rows_of(self, hashes: Hashes) -> Tokens:
        """Return the row of each feature; 0 for an unknown one."""
        return self.rows(hashes)

    def passes(self, side: Role | None, hashes: Hashes) -> NDArray[np.bool_]:
        """Return which rows of features pass the filter of holders, of targets, or of pairs (None)."""
        return np.asarray(self.promise(side, hashes) >= self.bounds[SIDES.index(side)])

    def promise(self, side: Role | None, hashes: Hashes) -> Floats:
        """Return how much a filter finds that rows of features promise: a logit."""
        return np.asarray(self.filters[self.rows_of(hashes), SIDES.index(side)].sum(axis=1), dtype=np.float32)

    def words(self, hashes: Hashes) -> Floats:
        """Return the vectors of words by their hashes, of those that an encoder has read in many articles; all others have one."""
        known = self.layers["words"]
        place = np.minimum(np.searchsorted(known, hashes), len(known) - 1)
        return self.layers["word_vectors"][np.where(known[place] == hashes, place + 1, 0)]

    def probabilities(self, pairs: Pairs, words: Floats) -> Floats:
        """Return the probabilities of no stance, support and opposition, by pair; ``words`` are the vectors of the tokens."""
        layers = self.layers
        around = Around(words, pairs.heads)
        holders, holder_fit = self._side("holder", pairs.holders, around(pairs.holder_tokens, pairs.holder_phrases))
        targets, target_fit = self._side("target", pairs.targets, around(pairs.target_tokens, pairs.target_phrases))
        targets += layers["clause"][pairs.is_clause]
        summed = holders[pairs.first] + targets[pairs.second] + layers["way"][pairs.ways] + self._sums(pairs.features)
        summed += _with_absent(words @ layers["top"])[pairs.tops]
        summed += means(words, *pairs.between) @ layers["between"]
        mean, spread = summed.mean(axis=1, keepdims=True), summed.var(axis=1, keepdims=True)
        units = gelu((summed - mean) / np.sqrt(spread + SMALL) * layers["scale"] + layers["shift"])
        units = units + gelu(units @ layers["hidden"] + layers["hidden_bias"])
        fit = np.tanh(holder_fit[pairs.first] * target_fit[pairs.second])
        logits = np.hstack([units, fit]) @ layers["output"] + layers["output_bias"]
        odds = np.exp(logits - logits.max(axis=1, keepdims=True))
        return np.asarray(odds / odds.sum(axis=1, keepdims=True), dtype=np.float32)

    def _side(self, role: Role, known: Tokens, words: Floats) -> tuple[Floats, Floats]:
        """Return what holders or targets add to their pairs, and what must fit the other side."""
        layers, features = self.layers, self._sums(known)
        fit = np.hstack([words, features]) @ layers[f"{role}_fit"] + layers[f"{role}_fit_bias"]
        return features + np.asarray(words @ layers[f"{role}_words"], dtype=np.float32) + layers[f"{role}_bias"], fit

    def _sums(self, known: Tokens) -> Floats:
        """Return the sum of the vectors of the features, by row."""
        total, one = np.zeros((2, len(known), self.vectors.shape[1]), np.float32)
        for feature in known.T:  # one after the other, in the processor's cache
            total += np.take(self.vectors, feature, axis=0, out=one, mode="clip")
        return total


class Around:
    """Says of tokens what they and the words around them mean: of shape (tokens, parts times the size of a vector)."""

    def __init__(self, words: Floats, heads: Tokens) -> None:
        self.words, self.heads, self.every = words, heads, _with_absent(words)

    def __call__(self, tokens: Tokens, phrases: Tokens | None) -> Floats:
        """Return the vectors of tokens, of their heads, and of their phrases; or, without these, of the words above and below."""
        above = self.heads[tokens]
        if phrases is not None:
            return np.hstack([self.every[tokens], self.every[above], means(self.words, *phrases)])
        below = means(self.words[self._children], *self._places[:, tokens])
        return np.hstack([self.every[tokens], self.every[above], self.every[self.heads[above]], below])

    @functools.cached_property
    def _children(self) -> Tokens:
        """All tokens that have a head, ordered by it."""
        children = np.flatnonzero(self.heads != np.arange(len(self.heads)))
        return children[np.argsort(self.heads[children], kind="stable")]

    @functools.cached_property
    def _places(self) -> Tokens:
        """The starts and the ends of each token's children among ``_children``; of shape (2, tokens)."""
        counts = np.bincount(self.heads[self._children], minlength=len(self.heads))
        ends = counts.cumsum()
        return np.stack([ends - counts, ends])


def _with_absent(vectors: Floats) -> Floats:
    """Return vectors of tokens, and 0 for an absent one at the end."""
    return np.vstack([vectors, np.zeros((1, vectors.shape[1]), np.float32)])


def _wide(array: NDArray[Any]) -> NDArray[Any]:
    return array.astype(np.float32) if array.dtype == np.float16 else array


@functools.cache
def network(name: str) -> Network:
    """Return a network with the weights that ship, ``STANDARD`` or ``ACCURATE``."""
    found = {part: _wide(array) for part, array in arrays(name).items()}
    for part in IN_STEPS & found.keys():
        found[part] = found[part] * found.pop(f"{part}_steps")[:, None]
    own = {part: found.pop(part) for part in ("known", "filters", "bounds", "vectors")}
    return Network(**own, layers=found)
