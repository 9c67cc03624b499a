# SPDX-License-Identifier: Apache-2.0
"""What an encoder says of each word on average, in few numbers: so that a network that reads no sentences still knows what words mean."""

from collections.abc import Iterable

import numpy as np
import torch
from numpy.typing import NDArray

from onrecord.nlp.stances.neural.encoder import Pieces
from training.stance_network.labels import Article
from training.stance_network.model import SentenceReader

MIN_OCCURRENCES = 5
SIZE = 128  # the principal components that are kept have nine tenths of the variance


def word_means(reader: SentenceReader, articles: Iterable[Article], pieces: Pieces) -> dict[str, NDArray[np.float32]]:
    """Return the mean vector of each frequent word of articles, reduced to its principal components."""
    rows: dict[str, int] = {}
    sums, counts = np.zeros((0, reader.size)), np.zeros(0)
    for article in articles:
        parse = article.finder.parse
        windows = list(pieces.windows(parse, {}, range(len(parse.sentence_starts))))
        with torch.no_grad():
            vectors = reader.read(windows, len(parse)).numpy()
        places = [rows.setdefault(word, len(rows)) for word in parse.lower]
        more = len(rows) - len(sums)
        sums, counts = np.vstack([sums, np.zeros((more, reader.size))]), np.append(counts, np.zeros(more))
        np.add.at(sums, places, vectors)
        np.add.at(counts, places, 1)
    kept = np.flatnonzero(counts >= MIN_OCCURRENCES)
    means = sums[kept] / counts[kept, None]
    means -= means.mean(axis=0)
    _, _, components = np.linalg.svd(means, full_matrices=False)
    small = means @ components[:SIZE].T
    words = list(rows)
    return dict(zip((words[row] for row in kept), (small / small.std()).astype(np.float32), strict=True))
