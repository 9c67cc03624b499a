"""Stances: who stands where toward what (rules over the parse with a lexicon, judged by their kind)."""

from onrecord.nlp.stances.component import StanceFinder, make_stances

__all__ = ["StanceFinder", "make_stances"]
