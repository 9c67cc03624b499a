# SPDX-License-Identifier: Apache-2.0
"""Proposes the possible stances of an article; each module of rules covers one kind of word."""

from collections.abc import Iterator

from onrecord.nlp.english.parse import Parse
from onrecord.nlp.stances import lexicon
from onrecord.nlp.stances.adjective_rules import position_candidates, quality_candidates
from onrecord.nlp.stances.candidates import Candidate
from onrecord.nlp.stances.nouns import noun_candidates
from onrecord.nlp.stances.reciprocal import reciprocal_candidates
from onrecord.nlp.stances.verbs import demand_candidates, verb_candidates


def propose(parse: Parse) -> Iterator[Candidate]:
    """Yield the possible stances, in the order of their predicates."""
    verbs, nouns, adjectives = lexicon.verbs(), lexicon.nouns(), lexicon.adjectives()
    for index, word in enumerate(parse.lower):
        tag = parse.tag[index]
        if tag.startswith("VB"):
            if word in verbs:
                yield from verb_candidates(parse, index)
            if parse.dep[index] in ("ROOT", "ccomp", "conj", "xcomp", "parataxis"):
                yield from demand_candidates(parse, index)
            yield from reciprocal_candidates(parse, index)
            if word in adjectives:
                yield from quality_candidates(parse, index)
        elif tag.startswith("NN"):
            if word in nouns:
                yield from noun_candidates(parse, index)
                yield from quality_candidates(parse, index)
        elif tag.startswith("JJ"):
            if word in adjectives:
                yield from quality_candidates(parse, index)
        elif word in ("for", "against"):
            yield from position_candidates(parse, index)
