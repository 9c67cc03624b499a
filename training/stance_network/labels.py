# SPDX-License-Identifier: Apache-2.0
"""Which pairs of a holder and a target are stances, by the stances that a reader listed."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from spacy.tokens import Doc

from onrecord.nlp.english.syntax import head_of
from onrecord.nlp.english.words import FIRST_PERSON
from onrecord.nlp.stances.analysis import StanceAnalysis
from onrecord.nlp.stances.judge import Placed
from onrecord.nlp.stances.neural.classifier import target_phrase
from onrecord.nlp.stances.neural.pairs import SPEAKER, PairFinder, PairTable
from training.stance_judge import ARGUMENTS, Example, Listed, Listing, examples, is_same, words_of

LABELS = {"SUPPORT": 1, "OPPOSE": 2}
NONE, LEFT_OUT = 0, -1
# The beginnings of the tags of words that can head a target.
HEADS = ("NN", "VB", "PRP")


@dataclass(frozen=True, slots=True)
class Stated:
    """A listed stance: its label, its holder's names, the heads of its target, all tokens of it, its name, and its sentences."""

    label: int
    holders: list[list[str]]
    heads: frozenset[int]
    inside: frozenset[int]
    name: list[str]
    sentences: frozenset[int]


class PairListing(Listing):
    """The stances that a reader listed of one article, as those of pairs."""

    def __init__(self, analysis: StanceAnalysis, listed: Sequence[Listed]) -> None:
        super().__init__(analysis, listed)
        self.stated = [self._stated(one) for one in listed]
        self._holders: dict[tuple[int, int], list[list[str]]] = {}
        self._targets: dict[int, list[list[str]]] = {}

    def _stated(self, one: Listed) -> Stated:
        sentences = frozenset(
            self.parse.sentence[token] for passage in one["evidence"] for token in self.tokens(passage)
        )
        places = [place for place in self.places(one["target"]) if self.parse.sentence[place[0]] in sentences]
        return Stated(
            LABELS.get(one["polarity"], LEFT_OUT),
            [words_of(name) for name in (one["holder"], one["holder_words"], *one.get("holder_also", ()))],
            frozenset(self._head(*place) for place in places),
            frozenset(token for place in places for token in range(*place)),
            words_of(one["target_name"] or one["target"]),
            sentences,
        )

    def _head(self, start: int, end: int) -> int:
        """Return the head of a target; the first noun or verb over the others where its last part hangs on a word before it."""
        found = head_of(self.parse, start, end)
        if self.parse.tag[found].startswith(HEADS):
            return found
        over = (
            token
            for token in range(start, end)
            if not start <= self.parse.head[token] < end or self.parse.head[token] == token
        )
        return next((token for token in over if self.parse.tag[token].startswith(HEADS)), found)

    def label(self, holder: int, target: int, way: int) -> int:
        """Return the label of a pair."""
        found = NONE
        for stated in self.stated:
            if self.parse.sentence[target] in stated.sentences:
                fits = self._target_fits(stated, target)
                if fits and self._holder_fits(stated, holder, target, way):
                    if fits > 1:
                        return stated.label
                    found = LEFT_OUT
        return found

    def holds(self, token: int) -> bool:
        """Whether a token is the holder of a listed stance of its sentence."""
        sentence = self.parse.sentence[token]
        return any(sentence in one.sentences and self._holder_fits(one, token, token, 0) for one in self.stated)

    def receives(self, token: int) -> bool:
        """Whether a token is the head of the target of a listed stance."""
        sentence = self.parse.sentence[token]
        return any(sentence in one.sentences and self._target_fits(one, token) > 1 for one in self.stated)

    def _target_fits(self, stated: Stated, target: int) -> int:
        """Return 2 where a token heads the target, 1 where it comes near, 0 else."""
        if target in stated.heads:
            return 2
        if target not in self._targets:
            phrase = target_phrase(self.parse, target)
            party = self.analysis.parties.party(phrase, self.analysis.voices.quote_of.get(target))
            self._targets[target] = [words_of(party.name), words_of(party.mention.text if party.mention else "")]
        names = self._targets[target]
        if not stated.heads and stated.name in names and stated.name:
            return 2
        own = {target, *(child for child in self.parse.children[target] if self.parse.dep[child] in ARGUMENTS)}
        is_near = target in stated.inside or own & stated.heads or any(set(name) & set(stated.name) for name in names)
        return int(bool(is_near))

    def _holder_fits(self, stated: Stated, holder: int, target: int, way: int) -> bool:
        key = (holder, target if holder < 0 or way == SPEAKER else -1)
        if key not in self._holders:
            self._holders[key] = [words_of(name) for name in self._names(holder, target, way)]
        return any(is_same(one, other) for one in self._holders[key] for other in stated.holders)

    def _names(self, holder: int, target: int, way: int) -> Iterator[str]:
        voices, parties = self.analysis.voices, self.analysis.parties
        if way == SPEAKER:
            party = voices.over(target)[-1].party
        else:
            party = parties.party(parties.holder_phrase(holder), voices.quote_of.get(holder))
            over = voices.over(holder)
            if over and self.parse.lower[holder] in FIRST_PERSON:
                party = over[-1].party
        yield party.name
        if party.mention is not None:
            yield party.mention.text


@dataclass(slots=True)
class Article:
    """An article to learn from; ``listing`` is None where nobody read it, ``proposed`` are the examples of the judge."""

    doc: Doc
    analysis: StanceAnalysis
    listing: PairListing | None
    proposed: list[Example]
    judged: list[tuple[float, Placed]]
    finder: PairFinder

    @classmethod
    def of(cls, doc: Doc, listed: Sequence[Listed] | None) -> "Article":
        """Read a Doc, with its stances if they were listed."""
        analysis = StanceAnalysis(doc)
        listing = None if listed is None else PairListing(analysis, listed)
        proposed = [] if listed is None else examples(doc, listed)
        return cls(doc, analysis, listing, proposed, [], analysis.pairs(()))

    def judge(self, table: Mapping[str, float]) -> None:
        """Rate what the rules and pairs of names propose, by weights of the judge."""
        self.judged = list(self.analysis.judged(table))
        self.finder = self.analysis.pairs(self.judged)


def labels_of(article: Article, table: PairTable) -> NDArray[np.int64]:
    """Return the label of each pair of a table."""
    assert article.listing is not None
    found = map(article.listing.label, table.holders.tolist(), table.targets.tolist(), table.ways.tolist())
    return np.array(list(found), dtype=np.int64)
