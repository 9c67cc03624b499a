# SPDX-License-Identifier: Apache-2.0
"""Quotes: who said what, found by a learned model of cues over the parse and the quotation marks."""

from onrecord.nlp.quotes.extractor import QuoteExtractor, find_quotes, make_quote_extractor, scored_quotes

__all__ = ["QuoteExtractor", "find_quotes", "make_quote_extractor", "scored_quotes"]
