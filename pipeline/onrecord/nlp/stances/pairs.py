# SPDX-License-Identifier: Apache-2.0
"""Stances between two actors of a sentence, by a learned model of the path between them.

The rules know words and their arguments. The path between two actors shows more: words that the lexicon lacks, objects that make
the act ("imposed a curfew on"), a target inside the phrase that a rule is about.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

from onrecord.nlp.english.labels import CLAUSES, PLACES
from onrecord.nlp.english.lexicon import words
from onrecord.nlp.english.parse import Parse
from onrecord.nlp.english.syntax import phrase_of
from onrecord.nlp.english.words import BE, HAVE, with_forms
from onrecord.nlp.stances.actors import ActorMention, actors
from onrecord.nlp.stances.candidates import Candidate
from onrecord.nlp.stances.features import COMPLETING, PairFeatures, Part, RuleFinding, names_of
from onrecord.nlp.stances.modality import mood
from onrecord.nlp.stances.paths import Path, chain, is_anothers, path
from onrecord.nlp.stances.scoring import Group, Sides, Sums, probabilities
from onrecord.nlp.stances.voices import Voices

# Less likely pairs are not proposed: hardly any is right.
MIN_PROBABILITY = 0.1
# Words that contribute less than this share of the strongest one do not express the stance.
CARRYING = 0.5
MAX_WORDS = 3
# The score of a stance whose words are not in the lexicon.
UNKNOWN_SCORE = 0.5
# A stance toward a phrase is a weaker one toward the actors in it.
INSIDE = 0.8
# Prepositions before the owner or the patient of a thing.
TOUCHING = frozenset({"of", "by", "on", "against", "to", "toward", "towards", "for", "upon", "with", "between"})
MAX_STEPS = 4
# Candidates in a sentence; prose has fewer, and every pair examines all of them.
MAX_FRAMED = 60
# The labels of agents, and the prepositions before them.
HOLDING = frozenset({"nsubj", "conj", "appos", "compound", "poss", "amod", "nmod", "agent"})
BY = frozenset({"by", "of", "from", "among"})
# Pairs whose relation never occurs between holder and target are not examined further: a logit.
MIN_PLACE = -2.3
CONTENT_TAGS = ("VB", "NN", "JJ", "RB", "IN", "RP")


class Pair(NamedTuple):
    """Two actors of a sentence, and the features of their relation."""

    holder: ActorMention
    target: ActorMention
    way: Path
    place: tuple[Group, Group]


class Pairs:
    """The pairs of actors of one article.

    Args:
        parse: the columns of its Doc.
        voices: who says what in it.
        candidates: what the rules found.
        sums: the weights.
    """

    def __init__(self, parse: Parse, voices: Voices, candidates: Sequence[Candidate], sums: Sums) -> None:
        self.parse, self.sums = parse, sums
        self.actors = actors(parse, voices.parties.entity_of)
        self.features = PairFeatures(parse, [token in voices.quote_of for token in range(len(parse))], sums)
        self.framed: dict[int, list[RuleFinding]] = {}
        for candidate in candidates:
            sentence = parse.sentence_of(candidate.predicate)[0]
            if len(self.actors.get(sentence, ())) > 1:
                framed = self.framed.setdefault(sentence, [])
                if len(framed) < MAX_FRAMED:
                    framed.append(_framed(candidate, voices))

    def __iter__(self) -> Iterator[Pair]:
        """Yield each ordered pair of actors of a sentence that are not too far apart."""
        for group in self.actors.values():
            if len(group) < 2:
                continue
            chains = [chain(self.parse, actor.head) for actor in group]
            ways: dict[tuple[int, int], Path] = {}
            for one, holder in enumerate(group):
                for other, target in enumerate(group):
                    if one < other:
                        found = path(chains[one], chains[other])
                        if found is None or self._is_one_list(found):
                            continue
                        ways[one, other], ways[other, one] = found, found.back
                    way = ways.get((one, other))
                    if way is not None:
                        yield Pair(holder, target, way, self.features.place(holder, target, way))

    def words(self, pair: Pair) -> list[Part]:
        """Return the features of the words between two actors."""
        framed = self.framed.get(self.parse.sentence_of(pair.holder.head)[0], ())
        return self.features.words(pair.holder, pair.target, pair.way, framed)

    def names(self, pair: Pair) -> list[str]:
        """Return the names of all features of two actors."""
        return names_of((*pair.place, *(group for _, group, _ in self.words(pair))))

    def _is_one_list(self, way: Path) -> bool:
        """Whether the two are only coordinated."""
        steps = (*way.up, *way.down)
        return way.top in (way.start, way.end) and all(self.parse.dep[token] in ("conj", "appos") for token in steps)

    def candidates(self) -> Iterator[tuple[Candidate, float]]:
        """Yield the likely stances, each with its probability."""
        for pair in self:
            route, ends = self.sums[pair.place[0]], self.sums[pair.place[1]]
            support, oppose = route[0] + ends[0], route[1] + ends[1]
            if support < MIN_PLACE and oppose < MIN_PLACE:
                continue
            words = self.words(pair)
            for sides, _, _ in words:
                support += sides[0]
                oppose += sides[1]
            likely = probabilities(Sides(support, oppose))
            side = 0 if likely.support >= likely.oppose else 1
            if likely[side] >= MIN_PROBABILITY:
                candidate = self._candidate(pair, words, side)
                if candidate is not None:
                    yield candidate, likely[side]

    def _candidate(self, pair: Pair, parts: list[Part], side: int) -> Candidate | None:
        """Return a pair as a candidate, with the details of a rule or with the words that contribute most."""
        holder, target = pair.holder.head, pair.target.head
        sentence = self.parse.sentence_of(holder)[0]
        sign = 1 if side == 0 else -1
        same = [
            one.candidate
            for one in self.framed.get(sentence, ())
            if one.holder == holder and one.candidate.score * sign > 0
        ]
        phrase = phrase_of(self.parse, target, alone=True)
        for candidate in same:
            if candidate.target.head == target:
                return candidate
        for candidate in same:
            if candidate.target.start <= target < candidate.target.end:
                if not self._is_touched(target, candidate.target.head):
                    return None
                return replace(
                    candidate, target=phrase, score=candidate.score * INSIDE, features=candidate.features | {"inside"}
                )
        carrying = self._words(pair, parts, side)
        if not carrying or all(self.parse.lower[word] in words("stance_consultations") for word in carrying):
            return None
        if not self._may_hold(pair.way):
            return None
        if any(self._contradicts(one, carrying[0], holder) for one in self.framed.get(sentence, ())):
            return None
        moods = [mood(self.parse, word) for word in carrying]
        how = moods[0]
        if any(one.cancelled for one in moods):
            return None
        entries = [entry for word in carrying if (entry := self.features.entry_of(word))]
        known = [entry for entry in entries if entry.score * sign > 0]
        if not known and entries and not how.negated:
            return None  # the words contradict it
        if not self._is_done(carrying[0], pair.way, is_known=bool(known)):
            return None
        return Candidate(
            predicate=carrying[0],
            holder=holder,
            target=phrase,
            score=sign * max((abs(entry.score) for entry in known), default=UNKNOWN_SCORE),
            expression=tuple(sorted({*carrying, *how.words})),
            features=frozenset({"pair"}),
            relation=known[0].relation if known else None,
        )

    def _can_carry(self, token: int) -> bool:
        """Whether a word can express a stance: not a form of be or have, and not a verb that only reports speech."""
        word = self.parse.lower[token]
        return (
            self.parse.tag[token].startswith(CONTENT_TAGS)
            and word not in BE
            and word not in HAVE
            and word not in with_forms("stance_reporting_verbs")
        )

    def _may_hold(self, way: Path) -> bool:
        """Whether the first of two actors does or owns something; not a patient or a location."""
        parse = self.parse
        return all(
            parse.dep[token] in HOLDING
            or (parse.dep[token] in ("pobj", "prep") and parse.lower[parse.head[token]] in BY)
            or (parse.dep[token] == "prep" and parse.lower[token] in BY)
            for token in way.up
        )

    def _is_done(self, word: int, way: Path, *, is_known: bool) -> bool:
        """Whether a word can be what the first actor does or says.

        A word that the lexicon lacks must act on the second actor in the same clause; anything else is too uncertain.
        """
        parse = self.parse
        does = bool(way.up) and parse.dep[way.up[-1]] in ("nsubj", "agent") and parse.is_verb(way.top)
        completes = does and parse.head[word] == way.top and parse.dep[word] in COMPLETING
        if is_known:  # amid attacks on: somebody's
            return parse.dep[word] != "pobj" or word in way.up or word == way.top
        return does and (word == way.top or completes) and not any(parse.dep[token] in CLAUSES for token in way.down)

    def _is_anothers(self, token: int, top: int) -> bool:
        """Whether a word describes what somebody else does; the speaker does not count."""
        entry = self.features.entry_of(token)
        return (entry is None or entry.holder != "source") and is_anothers(self.parse, token, top)

    def _contradicts(self, one: RuleFinding, word: int, holder: int) -> bool:
        """Whether by a rule the word expresses the stance of another named holder, or toward another target."""
        if one.candidate.predicate != word:
            return False
        if "requested" in one.candidate.features:  # urged the court to overturn it: the court has not
            return True
        if one.holder is None or self.parse.tag[one.holder] == "PRP":  # unknown
            return False
        if one.holder == holder:
            return True
        named = bool(self.parse.ent_type[one.holder])
        return named and not (self._names(holder, one.holder) or self._names(one.holder, holder))

    def _names(self, token: int, other: int) -> bool:
        """Whether a noun names the same party as another one above it, or one of the same list."""
        for _ in range(MAX_STEPS):
            if token == other:
                return True
            if self.parse.dep[token] not in ("appos", "compound", "conj"):
                return False
            token = self.parse.head[token]
        return False

    def _is_touched(self, token: int, head: int) -> bool:
        """Whether a stance toward a phrase is one toward an actor in it: its owner or patient, not its location."""
        for _ in range(MAX_STEPS):
            if token == head:
                return True
            dep, above = self.parse.dep[token], self.parse.head[token]
            if dep in ("compound", "amod", "nmod") and not self.parse.ent_type[token]:
                return False
            if dep in ("compound", "nmod") and self.parse.ent_type[token] in PLACES:
                return False  # the Oslo talks
            if dep not in ("poss", "compound", "amod", "nmod", "pobj", "conj"):
                return False
            if dep == "pobj":
                if self.parse.lower[above] not in TOUCHING:
                    return False
                above = self.parse.head[above]
            token = above
        return False

    def _words(self, pair: Pair, parts: list[Part], side: int) -> list[int]:
        """Return the words that contribute most to a polarity, the strongest first."""
        weight: dict[int, float] = {}
        table = self.sums.table
        for _, (make, values), tokens in parts:
            for name, token in zip(make(*values), tokens, strict=False):
                if token is not None and name in table:
                    weight[token] = weight.get(token, 0.0) + table[name][side]
        ends = (pair.holder.head, pair.target.head)
        ranked = sorted(
            (-value, token)
            for token, value in weight.items()
            if value > 0 and token not in ends and self._can_carry(token) and not self._is_anothers(token, pair.way.top)
        )
        return [token for value, token in ranked[:MAX_WORDS] if value <= CARRYING * ranked[0][0]]


def _framed(candidate: Candidate, voices: Voices) -> RuleFinding:
    """Return a candidate with the token of its holder."""
    if candidate.holder is not None and "necessary" not in candidate.features:
        return RuleFinding(candidate, candidate.holder, speaks=False)
    over = voices.over(candidate.predicate)
    return RuleFinding(candidate, voices.head(over[-1]) if over else None, speaks=True)
