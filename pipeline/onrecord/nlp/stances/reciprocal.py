# SPDX-License-Identifier: Apache-2.0
"""Stances that parties take toward one another: Peru and Chile agreed to; the two ministers' names joined by "and"."""

from collections.abc import Iterator
from itertools import permutations

from onrecord.nlp.english.parse import Parse
from onrecord.nlp.english.syntax import is_passive, phrase_of, subject
from onrecord.nlp.stances import lexicon
from onrecord.nlp.stances.candidates import Candidate
from onrecord.nlp.stances.coordination import named_conjuncts
from onrecord.nlp.stances.modality import mood

# Among more than three, "they agreed" shows little about any two.
MAX_PARTNERS = 3


def reciprocal_candidates(parse: Parse, verb: int) -> Iterator[Candidate]:
    """Yield the stances of the joined subjects of a reciprocal verb toward each other."""
    found = lexicon.reciprocal_verbs().get(parse.lower[verb])
    if found is None or parse.child(verb, "neg") is not None or is_passive(parse, verb):
        return
    objects, score, relation = found
    if objects:
        what = parse.child(verb, "dobj")
        if what is None or parse.lower[what] not in objects:
            return
    first = subject(parse, verb)
    parties = [] if first is None else named_conjuncts(parse, first)
    if not 2 <= len(parties) <= MAX_PARTNERS:
        return
    how = mood(parse, verb)
    if how.cancelled or how.negated:
        return
    for holder, target in permutations(parties, 2):
        yield Candidate(
            predicate=verb,
            holder=holder,
            target=phrase_of(parse, target, alone=True),
            score=score * how.factor,
            expression=(verb,),
            features=frozenset({"verb", "reciprocal"}),
            relation=relation,
        )
