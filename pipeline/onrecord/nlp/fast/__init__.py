# SPDX-License-Identifier: Apache-2.0
"""Faster implementations of the layers of spaCy's CNN models, with the same results; inference only.

``speed_up`` replaces what it recognises. It compares the replacement with spaCy's own code on a short text first, and leaves spaCy's code
where the structure is another one or the results differ: another architecture, another version of spaCy.
"""

from spacy.language import Language
from spacy.pipeline import DependencyParser, EntityRecognizer, Tok2Vec
from thinc.api import Model, NumpyOps

from onrecord.nlp.fast import parser, recognizer, vectors
from onrecord.nlp.fast.products import StableOps
from onrecord.nlp.fast.structure import Unsupported, probe


def stabilize(nlp: Language) -> None:
    """Let the matrix products of a pipeline give each row the same bits in any batch."""
    ops = StableOps()
    for _, component in nlp.components:
        model = getattr(component, "model", None)
        for layer in model.walk() if isinstance(model, Model) else ():
            # Layers that use BLIS have that property already: the last one of the parser and of the recognizer.
            if type(layer.ops) is NumpyOps and not layer.ops.use_blis:  # type: ignore[attr-defined]
                layer.ops = ops


def speed_up(nlp: Language) -> tuple[str, ...]:
    """Replace the token vectors, the parser and the entity recognizer of a pipeline by faster code.

    Returns:
        a line for each component that keeps spaCy's code, in whole or in part, with the reason.
    """
    notes = []
    for name, component in nlp.pipeline:
        for replace in (_replace_vectors, _replace_parser, _replace_recognizer):
            try:
                replace(nlp, name, component)
            except Unsupported as reason:
                notes.append(f"{name}: spaCy's own code, since {reason}")
            except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
                notes.append(
                    f"{name}: spaCy's own code, since its structure is unknown ({type(error).__name__}: {error})"
                )
    return tuple(notes)


def _replace_vectors(nlp: Language, name: str, component: object) -> None:
    """Replace the token vectors of a component that has them: its own or, in a recognizer, the first layer."""
    if isinstance(component, Tok2Vec):
        component.model = vectors.checked(component.model, probe(nlp, name))
    elif isinstance(component, EntityRecognizer):
        features = component.model.layers[0]
        if "listener" not in features.layers[0].name:
            features.layers[0] = vectors.checked(features.layers[0], probe(nlp, name))


def _replace_parser(nlp: Language, name: str, component: object) -> None:
    if isinstance(component, DependencyParser):
        parser.add(nlp, name)


def _replace_recognizer(nlp: Language, name: str, component: object) -> None:
    if isinstance(component, EntityRecognizer):
        recognizer.add(nlp, name)
