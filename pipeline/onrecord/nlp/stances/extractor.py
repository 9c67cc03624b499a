# SPDX-License-Identifier: Apache-2.0
"""The spaCy component ``onrecord_stances``: who holds which stance toward what, with the words that show it."""

from spacy.language import Language
from spacy.tokens import Doc

from onrecord.nlp.annotations import annotate
from onrecord.nlp.components import NAMED, SPANS, check_requirements, draw_stances
from onrecord.nlp.stances.analysis import StanceAnalysis
from onrecord.nlp.stances.neural.classifier import PairClassifier, classifier

REQUIRES = (*NAMED, "doc._.onrecord_quotes")


class StanceExtractor:
    """Sets ``doc._.onrecord_stances``.

    Attributes:
        least: the least confidence of a stance; None for that from which a reader confirms more stances than she rejects.

    Args:
        name: of the component.
        spans_key: where in ``doc.spans`` holders, targets and the words of stances go; None for nowhere.
        accurate: whether the pairs of an article are also read by a small language model, which needs the packages of
            ``onrecord[accurate]``.
    """

    def __init__(self, name: str = "onrecord_stances", spans_key: str | None = None, accurate: bool = False) -> None:
        self.name = name
        self.spans_key = spans_key
        self.accurate = accurate
        self.least: float | None = None

    def prepare(self) -> PairClassifier:
        """Load what reads pairs; it is loaded once in a process.

        Raises:
            ImportError: packages of ``onrecord[accurate]`` are not installed.
        """
        return classifier(accurate=self.accurate)

    def __call__(self, doc: Doc) -> Doc:
        """Find the stances of a Doc.

        Raises:
            MissingAnnotation: a component that must run before has not.
        """
        check_requirements(doc, self.name, REQUIRES)
        annotate(doc, stances=tuple(StanceAnalysis(doc).stances(self.prepare(), self.least)) if len(doc) else ())
        draw_stances(doc, self.spans_key)
        return doc


@Language.factory(
    "onrecord_stances",
    default_config={"spans_key": "onrecord_stances", "accurate": False},
    assigns=["doc._.onrecord_stances", SPANS],
    requires=list(REQUIRES),
)
def make_stance_extractor(nlp: Language, name: str, spans_key: str | None, accurate: bool) -> StanceExtractor:
    """Return the spaCy component ``onrecord_stances``; for its arguments, see ``StanceExtractor``."""
    return StanceExtractor(name, spans_key, accurate)
