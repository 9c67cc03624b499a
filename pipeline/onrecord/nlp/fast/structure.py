# SPDX-License-Identifier: Apache-2.0
"""What the replacements share: a text to compare them on, and the refusal of what they were not written for."""

from collections.abc import Mapping
from typing import Any, TypeAlias

import numpy as np
from spacy.language import Language
from spacy.tokens import Doc
from thinc.api import Model

from onrecord.nlp.fast.products import Floats

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


def state_layers(cfg: Mapping[str, object], model: AnyModel) -> tuple[AnyModel, AnyModel, AnyModel]:
    """Return the layers of a transition-based component: those of the tokens, of what each adds to a state, and of the moves.

    Raises:
        Unsupported: it has another structure.
    """
    require(cfg["beam_width"] == 1, "it searches with a beam")
    require(model.attrs["has_upper"] and not model.attrs["unseen_classes"], "its last layer is of another kind")
    features, lower, upper = model.layers
    return features, lower, upper


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
