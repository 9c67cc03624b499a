# SPDX-License-Identifier: Apache-2.0
"""The spaCy component ``onrecord_stances``: who holds which stance toward what, with the words that show it."""

from spacy.language import Language
from spacy.tokens import Doc

from onrecord.nlp.stances.analysis import StanceAnalysis


class StanceExtractor:
    """Sets ``doc._.onrecord_stances``."""

    def __call__(self, doc: Doc) -> Doc:
        """Find the stances of a tagged and parsed Doc; uses its entities and quotes where it has them."""
        doc._.onrecord_stances = tuple(StanceAnalysis(doc).stances()) if len(doc) else ()
        return doc


@Language.factory("onrecord_stances", assigns=["doc._.onrecord_stances"])
def make_stance_extractor(nlp: Language, name: str) -> StanceExtractor:
    """Return the spaCy component ``onrecord_stances``."""
    return StanceExtractor()
