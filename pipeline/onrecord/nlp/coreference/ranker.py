# SPDX-License-Identifier: Apache-2.0
"""The learned ranker: one small neural network for each kind of anaphor, which scores a row of features."""

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import resources

import numpy as np
from numpy.typing import NDArray

from onrecord.nlp.coreference.anaphors import Anaphor

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

    def probabilities(self, rows: Sequence[Sequence[float]] | Array) -> list[float]:
        """Return the probability of each row; they sum to 1."""
        layer = np.maximum(np.array(rows, dtype=np.float32) @ self.hidden + self.bias, 0)
        scores = layer @ self.output
        odds = np.exp(scores - scores.max())
        found: list[float] = (odds / odds.sum()).tolist()
        return found


@functools.cache
def networks() -> Mapping[str, Network]:
    """Return the network for each kind of anaphor."""
    with resources.files("onrecord.nlp").joinpath("weights/coreference.npz").open("rb") as file:
        arrays = np.load(file, allow_pickle=False)
        return {kind: Network(*(arrays[f"{kind}_{part}"] for part in ("hidden", "bias", "output"))) for kind in KINDS}
