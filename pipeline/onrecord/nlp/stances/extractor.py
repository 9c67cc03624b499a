# SPDX-License-Identifier: Apache-2.0
"""The spaCy component ``onrecord_stances``: who holds which stance toward what, with the words that show it."""

from spacy.language import Language
from spacy.tokens import Doc

from onrecord.nlp.annotations import annotate
from onrecord.nlp.components import NAMED, SPANS, check_requirements, draw_stances
from onrecord.nlp.stances.analysis import StanceAnalysis

REQUIRES = (*NAMED, "doc._.onrecord_quotes")


class StanceExtractor:
    """Sets ``doc._.onrecord_stances``.

    Args:
        name: of the component.
        spans_key: where in ``doc.spans`` holders, targets and the words of stances go; None for nowhere.
    """

    def __init__(self, name: str = "onrecord_stances", spans_key: str | None = None) -> None:
        self.name = name
        self.spans_key = spans_key

    def __call__(self, doc: Doc) -> Doc:
        """Find the stances of a Doc.

        Raises:
            MissingAnnotation: a component that must run before has not.
        """
        check_requirements(doc, self.name, REQUIRES)
        annotate(doc, stances=tuple(StanceAnalysis(doc).stances()) if len(doc) else ())
        draw_stances(doc, self.spans_key)
        return doc


@Language.factory(
    "onrecord_stances",
    default_config={"spans_key": "onrecord_stances"},
    assigns=["doc._.onrecord_stances", SPANS],
    requires=list(REQUIRES),
)
def make_stance_extractor(nlp: Language, name: str, spans_key: str | None) -> StanceExtractor:
    """Return the spaCy component ``onrecord_stances``; ``spans_key`` is the place of its spans in ``doc.spans``."""
    return StanceExtractor(name, spans_key)
