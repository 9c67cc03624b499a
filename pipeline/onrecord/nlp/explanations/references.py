# SPDX-License-Identifier: Apache-2.0
"""To whom the pronouns and noun phrases of an article could refer, and what decided."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from spacy.tokens import Doc

from onrecord.data.records import Span
from onrecord.nlp.annotations import entities_of, text_span
from onrecord.nlp.coreference.anaphors import Anaphor
from onrecord.nlp.coreference.features import ANAPHOR, CANDIDATE, Candidates
from onrecord.nlp.coreference.ranker import Network, kind_of, networks
from onrecord.nlp.coreference.referents import Referent
from onrecord.nlp.coreference.resolver import by_rank, resolve
from onrecord.nlp.english.parse import Parse
from onrecord.nlp.english.syntax import head_of, phrase_of
from onrecord.nlp.explanations.explanation import Alternative, Reason, Weighing, shortened

NOBODY = "nobody known"
# Some features of the anaphor are called as those of a candidate.
NAMES = (*(f"{name} (of the pronoun or phrase)" for name in ANAPHOR), *CANDIDATE)
MIN_WEIGHT = 0.05  # of a feature's share in the difference of two scores


class References:
    """The decisions about the pronouns and noun phrases of one Doc."""

    def __init__(self, doc: Doc) -> None:
        self.parse = Parse.of(doc)
        # As they were when the references were resolved: with their names only.
        self.entities = tuple(
            replace(entity, mentions=tuple(one for one in entity.mentions if one.kind == "NAME"))
            for entity in entities_of(doc)
        )
        self._weighed: dict[int, tuple[tuple[Alternative, ...], tuple[Reason, ...]]] = {}
        self._of: dict[int, Weighing] = {}
        for anaphor, reference in resolve(self.parse, self.entities, self._choose):
            meant = self._name(reference.entity, reference.noun)
            candidates, reasons = self._weighed.get(anaphor.token, ((), ()))
            how = (
                "the name next to it tells"
                if anaphor.named is not None
                else f"the likeliest of {len(candidates)}, at {reference.probability:.2f}"
                if candidates
                else "the nearest noun, as no name agrees with it"
                if meant is not None
                else "no name and no noun agrees with it"
            )
            span = text_span(self.parse.source, self.parse.start[anaphor.first], self.parse.end[anaphor.token])
            self._of[anaphor.token] = Weighing(span, meant, how, candidates, reasons)

    def of(self, mention: Span | None) -> Weighing | None:
        """Return the decision about a mention; None if it is a name, or words that refer to nothing before them."""
        if mention is None:
            return None
        start, end = self.parse.tokens_of(mention.start, mention.end)
        return self._of.get(head_of(self.parse, start, end)) if start < end else None

    def _name(self, entity: int | None, noun: int | None) -> str | None:
        if entity is not None:
            return self.entities[entity].name
        return None if noun is None else self._words(noun)

    def _words(self, noun: int) -> str:
        phrase = phrase_of(self.parse, noun)
        return shortened(self.parse.source[self.parse.start[phrase.start] : self.parse.end[phrase.end - 1]])

    def _choose(self, anaphor: Anaphor, candidates: Candidates) -> tuple[Referent | None, float]:
        """Decide as the pipeline does, and keep the shares of all."""
        if len(candidates.rows):
            network = networks()[kind_of(anaphor)]
            shares = network.probabilities(candidates.rows)
            names = [self._name(one.entity, one.last.token if one.last else None) or "" for one in candidates.referents]
            order = sorted(range(len(shares)), key=lambda place: -shares[place])
            weighed = tuple(Alternative(round(shares[place], 4), (*names, NOBODY)[place]) for place in order)
            self._weighed[anaphor.token] = weighed, _difference(network, candidates.rows, order[0], order[1])
        return by_rank(anaphor, candidates)


def _difference(network: Network, rows: NDArray[np.float32], first: int, second: int) -> tuple[Reason, ...]:
    """Return how much each feature adds to the difference between the scores of two candidates.

    The network is linear in the features as long as the same units are active, so a score is a sum over features.
    """

    def parts(row: NDArray[np.float32]) -> NDArray[np.float32]:
        is_active = (row @ network.hidden + network.bias) > 0
        return np.asarray(row * (network.hidden[:, is_active] @ network.output[is_active]))

    difference = parts(rows[first]) - parts(rows[second])
    found = [
        Reason(round(float(weight), 3), name, name)
        for name, weight in zip(NAMES, difference, strict=True)
        if abs(weight) >= MIN_WEIGHT
    ]
    return tuple(sorted(found, key=lambda reason: -abs(reason.weight)))
