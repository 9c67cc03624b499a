# SPDX-License-Identifier: Apache-2.0
"""Stances: who holds which stance toward what, by rules over the parse with a lexicon, and a network that reads every pair of tokens."""

from onrecord.nlp.stances.extractor import StanceExtractor, make_stance_extractor

__all__ = ["StanceExtractor", "make_stance_extractor"]
