# SPDX-License-Identifier: Apache-2.0
"""How likely a reader confirms a stance that the rules propose.

A logistic regression over named features, learned from articles of which readers listed every stance. A feature is "name=value"; a bar
joins values that were seen together.

* The proposal: ``kind`` of rule, alone and with other values; ``c`` its features and
  its context (``analysis``); ``sign`` and ``score``; ``relation``.
* The word that takes the stance: ``word`` its stem; ``tag``, ``dep``; ``above`` its label and the stem of its head; ``child`` its
  objects, particles, auxiliaries and negation.
* The target: ``target`` its tag, label, stem, type and length; ``of`` its determiner and modifiers.
* The holder: ``holder`` its tag, label, type and what kind of noun it is; ``absent``: it is not in the sentence.
* Both: the labels on the path (``path``, ``up`` from the holder to the lowest word above both, ``down`` to the target; prepositions as
  words) and their number (``len``); ``kinds``, ``ends`` their types and labels; ``order`` which one comes first; ``in`` which are quoted.
* The sources: ``sources`` their number; ``quote`` its form and confidence; ``marked`` what of it is in quotation marks.
"""

import functools
import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import repeat
from types import MappingProxyType

from onrecord.nlp.annotations import StanceParty
from onrecord.nlp.english.lexicon import rows
from onrecord.nlp.learned import MAX_LOGIT
from onrecord.nlp.stances.arguments import can_hold_stance
from onrecord.nlp.stances.candidates import Candidate
from onrecord.nlp.stances.features import WORDED, sign, stem
from onrecord.nlp.stances.paths import chain, path
from onrecord.nlp.stances.voices import Voices

JUDGE_WEIGHTS = "stance_judge"
KINDS = ("demand", "quality", "position", "adjective", "noun", "verb")
MAX_SOURCES = 3
MAX_LENGTH = 8  # tokens of a target
TELLING = frozenset({"aux", "neg", "auxpass", "prt", "mark", "dobj", "prep", "advmod", "acomp"})
DESCRIBING = frozenset({"det", "poss", "amod", "neg"})


@dataclass(frozen=True, slots=True)
class Placed:
    """A candidate with its parties, the quote that it is in, and the sources that assert it."""

    candidate: Candidate
    holder: StanceParty
    target: StanceParty
    quote: int | None
    sources: tuple[StanceParty, ...]


@functools.cache
def judge_weights() -> Mapping[str, float]:
    """Return the weight of each feature."""
    return MappingProxyType({row[0]: float(row[1]) for row in rows(JUDGE_WEIGHTS, "weights")})


def probability(names: Iterable[str], table: Mapping[str, float]) -> float:
    """Return the probability that a reader confirms a stance with these features."""
    logit = sum(map(table.get, names, repeat(0.0)))
    return 1 / (1 + math.exp(-max(-MAX_LOGIT, min(MAX_LOGIT, logit))))


class Judge:
    """Describes the proposed stances of one article."""

    def __init__(self, voices: Voices) -> None:
        self.parse, self.voices, self.parties = voices.parse, voices, voices.parties

    def features(self, placed: Placed) -> Iterator[str]:
        """Yield the features of a proposed stance."""
        candidate = placed.candidate
        word, target, holder = candidate.predicate, candidate.target.head, candidate.holder
        parse = self.parse
        own = stem(parse.lower[word])
        kind = next((kind for kind in KINDS if kind in candidate.features), "other")
        end = sign(candidate.score) if candidate.score else "0"
        quoted, sources = placed.quote is not None, min(MAX_SOURCES, len(placed.sources))
        yield from (
            "bias",
            f"relation={candidate.relation}",
            f"sign={end}",
            f"score={abs(candidate.score):.1f}",
        )
        # Sums depend on the order in the last digit, and the order of a set on the process.
        yield from (f"c={feature}" for feature in sorted(candidate.features))
        yield from (
            f"word={own}",
            f"word={own}|{end}|{parse.dep[target]}",
            f"tag={parse.tag[word]}",
            f"dep={parse.dep[word]}",
            f"above={parse.dep[word]}|{stem(parse.lower[parse.head[word]])}",
            *(
                f"child={dep}|{stem(parse.lower[child])}"
                for child in parse.children[word]
                if (dep := parse.dep[child]) in TELLING
            ),
            f"sources={sources}",
            f"quoted={quoted}",
            f"marked={self.voices.is_marked(word)}|{self.voices.is_marked(target)}",
            f"kind={kind}",
            f"kind={kind}|{own}",
            f"kind={kind}|{candidate.relation}",
            f"kind={kind}|{parse.ent_type[target]}",
            f"kind={kind}|{parse.tag[target]}",
            f"kind={kind}|{sources}",
            f"kind={kind}|{quoted}|{parse.tag[word]}",
        )
        if placed.quote is not None:
            quote = self.parties.quotes[placed.quote]
            yield from (f"quote={quote.type}", f"quote={quote.phrase_confidence:.1f}")
        yield from self._target(placed)
        if holder is None:
            yield from ("absent", f"absent|{kind}")
            return
        yield from (
            f"holder={parse.tag[holder]}",
            f"holder={parse.dep[holder]}",
            f"holder={parse.ent_type[holder]}",
            f"holder={can_hold_stance(parse, holder)}",
            f"holder={self._type(placed.holder)}",
        )
        yield from self._relation(holder, target)

    def _relation(self, holder: int, target: int) -> Iterator[str]:
        """Yield the features of both ends, if they are near enough in the tree."""
        parse, quote_of = self.parse, self.voices.quote_of
        way = path(chain(parse, holder), chain(parse, target))
        if way is None:
            return
        up, down = ">".join(map(self._label, way.up)), "<".join(map(self._label, way.down))
        yield from (
            f"path={up}|{parse.tag[way.top][:2]}|{down}",
            f"up={up}",
            f"down={down}",
            f"len={len(way.up) + len(way.down)}",
            f"kinds={parse.ent_type[holder]}|{parse.ent_type[target]}",
            f"ends={parse.dep[holder]}|{parse.dep[target]}",
            f"order={holder < target}",
            f"in={holder in quote_of}|{target in quote_of}",
        )

    def _label(self, token: int) -> str:
        label = self.parse.dep[token]
        return f"{label}:{self.parse.lower[token]}" if label in WORDED else label

    def _target(self, placed: Placed) -> Iterator[str]:
        parse, phrase = self.parse, placed.candidate.target
        head = phrase.head
        yield from (
            f"target={parse.tag[head]}",
            f"target={parse.dep[head]}",
            f"target={parse.ent_type[head]}",
            f"target={self._type(placed.target)}",
            f"target={stem(parse.lower[head])}",
            f"target={min(MAX_LENGTH, phrase.end - phrase.start)}",
            *(f"of={dep}|{parse.lower[one]}" for one in parse.children[head] if (dep := parse.dep[one]) in DESCRIBING),
        )

    def _type(self, party: StanceParty) -> str:
        return "unnamed" if party.entity is None else f"is {self.parties.entities[party.entity].type}"
