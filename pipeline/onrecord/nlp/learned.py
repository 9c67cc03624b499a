# SPDX-License-Identifier: Apache-2.0
"""The learned weights: their cards, and the bound that learning and scoring share.

Each table ``weights/NAME.tsv`` has a card, ``weights/NAME.json``.
"""

import functools
import json
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from types import MappingProxyType
from typing import Any

import numpy
from numpy.typing import NDArray

# Weights that only an option uses.
OPTIONAL = frozenset({"stance_network"})
MAX_LOGIT = 30.0  # of a sum of weights, so that its exponential is a number


@dataclass(frozen=True, slots=True)
class Card:
    """The card of a table of learned weights: where its weights come from, and how well they do.

    Attributes:
        version: raised each time the weights are learned again.
        learned_from: the annotated texts that they were learned from.
        date: when they were learned, as YYYY-MM-DD.
        command: the command that learns them.
        licence: an SPDX licence identifier.
        scores: the measure, the method, and the figures.
        features: the module that explains the names of the features.
    """

    version: str
    learned_from: list[str]
    date: str
    command: str
    licence: str
    scores: dict[str, Any]
    features: str


@functools.cache
def cards() -> Mapping[str, Card]:
    """Return the cards of the tables of weights by their names.

    Raises:
        TypeError: a card lacks a field or has an unknown one.
    """
    files = resources.files("onrecord.nlp").joinpath("weights").iterdir()
    return MappingProxyType(
        {
            file.name.removesuffix(".json"): Card(**json.loads(file.read_text("utf-8")))
            for file in sorted(files, key=lambda file: file.name)
            if file.name.endswith(".json")
        }
    )


@functools.cache
def arrays(name: str) -> Mapping[str, NDArray[Any]]:
    """Return the arrays of ``weights/NAME.npz`` by their names."""
    with resources.files("onrecord.nlp").joinpath(f"weights/{name}.npz").open("rb") as file:
        return MappingProxyType(dict(numpy.load(file, allow_pickle=False)))


@functools.cache
def weights_version(*optional: str) -> str:
    """Return the versions of the weights, as they are in a record's provenance: ``quotes-1 stance_pairs-1``.

    Args:
        optional: the names of the optional weights that are used.
    """
    return " ".join(
        f"{name}-{card.version}" for name, card in cards().items() if name in optional or name not in OPTIONAL
    )
