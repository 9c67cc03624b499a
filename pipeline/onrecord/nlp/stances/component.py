"""The spaCy component ``onrecord_stances``: who stands where toward what, with the words that show it."""

from spacy.language import Language
from spacy.tokens import Doc

from onrecord.nlp.stances.extractor import Reading


class StanceFinder:
    """Sets ``doc._.onrecord_stances``."""

    def __call__(self, doc: Doc) -> Doc:
        """Find the stances of a Doc that has tags and a tree; entities and quotes are used where they were found."""
        doc._.onrecord_stances = tuple(Reading(doc).stances()) if len(doc) else ()
        return doc


@Language.factory("onrecord_stances", assigns=["doc._.onrecord_stances"])
def make_stances(nlp: Language, name: str) -> StanceFinder:
    """Return the component."""
    return StanceFinder()
