# SPDX-License-Identifier: Apache-2.0
"""The learned ranker: one small neural network for each kind of anaphor, which scores a row of features."""

import functools
import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from onrecord.nlp.coreference.anaphors import Anaphor
from onrecord.nlp.learned import arrays

Array = NDArray[np.float32]
KINDS = ("person", "thing", "noun")  # he and she; it and they; noun phrases


def kind_of(anaphor: Anaphor) -> str:
    """Return which network ranks the candidates of an anaphor."""
    if not anaphor.is_pronoun:
        return "noun"
    return "person" if anaphor.male else "thing"


@dataclass(frozen=True, slots=True)
class Network:
    """A network with one hidden layer: ``features @ hidden + bias``, rectified, ``@ output``."""

    hidden: Array
    bias: Array
    output: Array

    def probabilities(self, rows: Array) -> list[float]:
        """Return the probability of each candidate of an anaphor, by the rows of their features; they sum to 1."""
        layer = rows @ self.hidden
        layer += self.bias
        scores = (np.maximum(layer, 0, out=layer) @ self.output).tolist()
        # For a few numbers Python takes less time than NumPy.
        highest = max(scores)
        odds = [math.exp(score - highest) for score in scores]
        total = sum(odds)
        return [share / total for share in odds]


@functools.cache
def networks() -> Mapping[str, Network]:
    """Return the network for each kind of anaphor."""
    found = arrays("coreference")
    return {kind: Network(*(found[f"{kind}_{part}"] for part in ("hidden", "bias", "output"))) for kind in KINDS}
