# SPDX-License-Identifier: Apache-2.0
"""The features that the network knows, and the linear filters before it."""

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from onrecord.nlp.stances.neural.columns import FILTERING, FILTERING_PAIRS, Hashes, Role
from onrecord.nlp.stances.neural.network import SIDES, Network
from training.stance_network.labels import Article, labels_of

# Of what they keep of the tokens that hold or receive a stance, and of their pairs.
KEPT = 0.97
STEPS = 200
RATE = 0.1
PENALTY = 1.0
MIN_ARTICLES = 8  # with a feature; a rarer one does not generalize to other articles


def empty(known: Hashes) -> Network:
    """Return a network whose filters keep everything."""
    filters = np.zeros((len(known) + 1, len(SIDES)), np.float32)
    return Network(known, filters, np.full(len(SIDES), -np.inf, np.float32), np.zeros((0, 0), np.float32), {})


def frequent(articles: Iterable[Sequence[Hashes]]) -> Hashes:
    """Return the features of at least ``MIN_ARTICLES`` articles, ascending."""
    each = [np.unique(np.concatenate([hashes.ravel() for hashes in one])) for one in articles]
    found, counts = np.unique(np.concatenate(each), return_counts=True)
    return np.asarray(found[(counts >= MIN_ARTICLES) & (found != 0)])


def learn_filter(weights: Network, side: Role | None, hashes: Hashes, truth: NDArray[np.bool_]) -> None:
    """Learn a filter, a logistic regression, and its bound; by whole batches, without randomness."""
    index = SIDES.index(side)
    rows, weight = weights.rows_of(hashes), weights.filters[:, index]
    mean, square = np.zeros_like(weight), np.zeros_like(weight)
    for step in range(1, STEPS + 1):
        error = 1 / (1 + np.exp(-weight[rows].sum(axis=1))) - truth
        gradient = np.bincount(rows.ravel(), np.repeat(error, rows.shape[1]), len(weight)) + PENALTY * weight
        gradient[0] = 0
        mean += 0.1 * (gradient - mean)
        square += 0.01 * (gradient**2 - square)
        change = (mean / (1 - 0.9**step)) / (np.sqrt(square / (1 - 0.99**step)) + 1e-8)
        weight -= (RATE * (1 - step / (STEPS + 1)) * change).astype(np.float32)
    scores = weight[rows].sum(axis=1)
    weights.bounds[index] = np.quantile(scores[truth], 1 - KEPT)
    print(f"the filter of {side or 'pair'}s keeps {(scores >= weights.bounds[index]).mean():.1%} of {len(scores)}")


def filtering(articles: Sequence[Article]) -> Network:
    """Return a network whose filters are learned, and which knows the frequent features."""
    tokens: dict[Role, list[Hashes]] = {"holder": [], "target": []}
    truths: dict[Role, list[NDArray[np.bool_]]] = {"holder": [], "target": []}
    for article in articles:
        assert article.listing is not None
        holders, targets = article.finder.candidates()
        tokens["holder"].append(article.finder.tokens.hashes(holders, "holder"))
        truths["holder"].append(np.array(list(map(article.listing.holds, holders.tolist())), dtype=bool))
        tokens["target"].append(article.finder.tokens.hashes(targets, "target"))
        truths["target"].append(np.array(list(map(article.listing.receives, targets.tolist())), dtype=bool))
    weights = empty(frequent(zip(*tokens.values(), strict=True)))
    for role in tokens:
        learn_filter(weights, role, np.concatenate(tokens[role])[:, :FILTERING], np.concatenate(truths[role]))
    tables = [article.finder.table(weights.passes) for article in articles]
    wide = empty(np.union1d(weights.known, frequent([table.hashes] for table in tables)))
    wide.filters[np.searchsorted(wide.known, weights.known) + 1] = weights.filters[1:]
    wide.bounds[:] = weights.bounds
    labels = np.concatenate([labels_of(article, table) for article, table in zip(articles, tables, strict=True)])
    learn_filter(wide, None, np.concatenate([table.hashes[:, :FILTERING_PAIRS] for table in tables]), labels > 0)
    return wide
