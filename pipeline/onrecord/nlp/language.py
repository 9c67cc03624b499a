# SPDX-License-Identifier: Apache-2.0
"""Language identification by character n-grams (Lui and Baldwin, langid.py, ACL 2012)."""

import functools

from py3langid.langid import MODEL_FILE, LanguageIdentifier

SAMPLE_LENGTH = 600  # code points: enough to identify a language, and bounds the cost of a long text
UNDETERMINED = "und"
NOT_LINGUISTIC = "zxx"  # the detector's tag for figures and punctuation


@functools.cache
def _identifier() -> LanguageIdentifier:
    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)


def detect(text: str) -> tuple[str, float]:
    """Return the BCP 47 tag of the language at the beginning of a text, and its probability; ``und`` if there is none."""
    sample = text.strip()[:SAMPLE_LENGTH]
    if not any(character.isalpha() for character in sample):
        return UNDETERMINED, 0.0
    tag, probability = _identifier().classify(sample)
    return (UNDETERMINED if tag == NOT_LINGUISTIC else str(tag)), float(probability)


def is_english(tag: str) -> bool:
    """Whether a BCP 47 tag, or an ISO 639-2 one, means English."""
    return tag.split("-")[0].lower() in {"en", "eng"}
