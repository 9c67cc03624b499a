"""A real model with all of onrecord's components, loaded once for all tests of language."""

import pytest
from onrecord.nlp.model import DEFAULT_MODEL, load_model
from spacy.language import Language


@pytest.fixture(scope="session")
def nlp() -> Language:
    """The default model with every onrecord component: ``nlp(text)`` gives an annotated Doc."""
    return load_model(DEFAULT_MODEL).as_one_pipeline()
