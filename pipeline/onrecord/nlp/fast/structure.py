# SPDX-License-Identifier: Apache-2.0
"""What the replacements share: a text to compare them on, and the refusal of what they were not written for."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np
from spacy.language import Language
from spacy.tokens import Doc
from thinc.api import Model

from onrecord.nlp.fast.products import Floats, of_document

AnyModel: TypeAlias = Model[Any, Any]

# Names, numbers, marks, line ends and a repeated word: every kind of move and of attribute.
PROBE = (
    "Marlowe & Felt Ltd. rejects “a 12.5% cut”, says Ada Marlowe\n\n"
    "BRINMOUTH, March 3 — The mayor of Brinmouth, Ada Marlowe, informed the Tarn Group on Monday that $4 million for the old pier "
    "wasn't enough.  Jonas Felt of the University of Oslo said the the Norwegians had won 7-2 in 2026.\n"
)


class Unsupported(Exception):
    """A component has a structure or gives results for which there is no replacement; the message completes "since …"."""


def require(condition: bool, reason: str) -> None:
    """Refuse a component.

    Raises:
        Unsupported: the condition is false.
    """
    if not condition:
        raise Unsupported(reason)


class StateLayers:
    """The layers of a transition-based component: those of the tokens, of what each adds to a state, and of the moves.

    Attributes:
        lower: what a token adds to a state, by its role in it.
        upper: the scores of the moves.
        bias: what is added to a state.
    """

    def __init__(self, cfg: Mapping[str, object], model: AnyModel) -> None:
        """Find the layers.

        Raises:
            Unsupported: it has another structure.
        """
        require(cfg["beam_width"] == 1, "it searches with a beam")
        require(model.attrs["has_upper"] and not model.attrs["unseen_classes"], "its last layer is of another kind")
        features, self.lower, self.upper = model.layers
        names = [layer.name for layer in features.layers[1:]]
        require(names == ["list2array", "linear"], "its first layers are of another kind")
        self._vectors, _, linear = features.layers
        self._linear, self._linear_bias = parameter(linear, "W"), parameter(linear, "b")
        weights = parameter(self.lower, "W")
        self._weights = weights.reshape(-1, weights.shape[-1])
        self._nothing = parameter(self.lower, "pad").reshape(-1)
        self.bias = parameter(self.lower, "b")

    def rows(self, docs: Sequence[Doc], out: Floats | None = None) -> Floats:
        """Return what each token of the Docs adds to a state in all its roles, after a first row for "no token".

        Args:
            docs: the Docs.
            out: where to; it may have more rows.
        """
        shape = sum(map(len, docs)) + 1, len(self._weights)
        rows = np.empty(shape, np.float32) if out is None else out[: shape[0]]
        rows[0] = self._nothing
        end = 1
        for doc, vectors in zip(docs, self._vectors.predict(docs), strict=True):
            start, end = end, end + len(doc)
            tokens = of_document(vectors, self._linear)
            tokens += self._linear_bias
            of_document(tokens, self._weights, rows[start:end])
        return rows


def parameter(layer: AnyModel, name: str) -> Floats:
    """Return a layer's parameter."""
    return np.asarray(layer.get_param(name), np.float32)


def probe(nlp: Language, name: str) -> Doc:
    """Return the text to compare on, as the component ``name`` gets it."""
    doc = nlp.make_doc(PROBE)
    for before, component in nlp.pipeline:
        if before == name:
            break
        doc = component(doc)
    return doc
