# SPDX-License-Identifier: Apache-2.0
"""The stances of an article: candidates, their holders and targets, who asserts them, and their confidence."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from spacy.tokens import Doc

from onrecord.data.records import Polarity, Span
from onrecord.nlp.annotations import Stance, StanceParty
from onrecord.nlp.english.labels import MEASURES
from onrecord.nlp.english.lexicon import words
from onrecord.nlp.english.parse import Parse
from onrecord.nlp.english.syntax import Phrase, phrase_of, subject
from onrecord.nlp.english.words import FIRST_PERSON, NOBODY, person_nouns, with_forms
from onrecord.nlp.stances.arguments import GENERIC, IMPERSONAL, THIRD_PERSON, can_hold_stance
from onrecord.nlp.stances.candidates import Candidate
from onrecord.nlp.stances.coordination import expanded
from onrecord.nlp.stances.judge import Judge, Placed, judge_weights, probability
from onrecord.nlp.stances.lexicon import control_verbs
from onrecord.nlp.stances.neural.classifier import LikelyPair, PairClassifier
from onrecord.nlp.stances.neural.merging import candidate_of, is_taken_back, judged_of, merged, needed
from onrecord.nlp.stances.neural.pairs import PairFinder
from onrecord.nlp.stances.parties import Parties
from onrecord.nlp.stances.proposal import propose
from onrecord.nlp.stances.voices import Voice, Voices, same_party

# Numbers and marks that the parser makes heads: accepted $200; said: "…".
NO_TARGETS = frozenset({"CD", "$", "_SP", "SYM", ".", ",", ":", "``", "''", "-LRB-", "-RRB-", "WDT", "WP", "EX"})
# The tags of question words: which measures he backs.
ASKING = frozenset({"WDT", "WP", "WP$", "WRB"})
CLAUSE_DEPS = frozenset({"ROOT", "ccomp", "advcl", "relcl", "parataxis", "conj"})
# Event types that have only one polarity, and those whose negation is a rejection.
FAVOURABLE = frozenset({"SUPPORT", "AGREE", "COOPERATE", "AID"})
HOSTILE = frozenset({"REJECT", "ACCUSE", "THREATEN", "PROTEST", "SANCTION", "COERCE", "ASSAULT"})
WITHHELD = frozenset({"SUPPORT", "AGREE"})
# Tokens; a longer sentence is a table or a list, of which each stance would quote all.
MAX_EVIDENCE = 400
# The question mark is among the last tokens of a sentence: ?” and a space.
MAX_CLOSING = 3
# Who won by 6-4, or by 52-48, has no stance by that.
SCORE = re.compile(r"\b\d{1,3}[-–]\d{1,3}\b")
VOTING = frozenset({"vote", "votes", "voted", "voting"})
# Pronouns of one person.
PERSONS = frozenset({"he", "she", "his", "her"})
# Relations whose negation is a position; not having done the others expresses nothing.
POSITIONS = frozenset({"REJECT"})


class StanceAnalysis:
    """The stances of one article."""

    def __init__(self, doc: Doc) -> None:
        self.parse = Parse.of(doc)
        self.parties = Parties(self.parse)
        self.voices = Voices(self.parse, self.parties)
        self.candidates = [
            one
            for candidate in propose(self.parse)
            if self.parse.is_body[candidate.predicate] and not self._is_neutral_act(candidate)
            for one in expanded(self.parse, candidate)
        ]

    def stances(self, classifier: PairClassifier, least: float | None = None) -> list[Stance]:
        """Return the stances in text order, one per holder and target.

        Args:
            classifier: says how likely the pairs of the article are.
            least: the least confidence (default: that from which a reader confirms more than half).
        """
        judged = list(self.judged(judge_weights()))
        least = classifier.least if least is None else least
        pairs = self._possible(
            classifier(self.pairs(judged), needed(classifier.agreement, least)), judged, classifier, least
        )
        return self.selected(merged(self.parse, judged, self.classified(pairs), classifier.agreement), least)

    def _possible(
        self,
        pairs: Iterable[LikelyPair],
        judged: Iterable[tuple[float, Placed]],
        classifier: PairClassifier,
        least: float,
    ) -> Iterator[LikelyPair]:
        """Yield the pairs that are likely enough, or in whose sentences the judge may agree."""
        alone, sentence = needed(classifier.agreement, least, judged=False), self.parse.sentence
        agreeing = {(sentence[one.candidate.target.head], one.candidate.score > 0) for _, one in judged}
        for pair in pairs:
            if (
                max(pair.support, pair.oppose) >= alone
                or (sentence[pair.target], pair.support >= pair.oppose) in agreeing
            ):
                yield pair

    def judged(self, weights: Mapping[str, float]) -> Iterator[tuple[float, Placed]]:
        """Yield what the rules propose, each with its probability."""
        judge = Judge(self.voices)
        for placed in self.proposed():
            yield probability(judge.features(placed), weights), placed

    def pairs(self, judged: Iterable[tuple[float, Placed]]) -> PairFinder:
        """Return the finder of the pairs of the article, with what the judge says."""
        return PairFinder(
            self.parse, self.voices, (judged_of(self.parse, *one) for one in judged if one[1].candidate.score)
        )

    def classified(self, pairs: Iterable[LikelyPair]) -> Iterator[tuple[float, Placed]]:
        """Yield likely pairs as stances, each with its probability; what a clause says of its subject is not the speaker's stance too."""
        others: dict[int, list[int]] = defaultdict(list)
        for one in self.candidates:
            if one.holder is not None and one.score:
                others[one.target.head].append(one.holder)
        for pair in pairs:
            candidate = candidate_of(self.parse, pair)
            subjects = others.get(pair.target, ())
            acts = pair.holder not in subjects and (bool(subjects) or self._is_anothers(candidate))
            if acts and self._speaks_of(pair.holder, pair.target):
                continue
            placed = None if is_taken_back(self.parse, candidate) else self.placed(candidate)
            if placed is not None:
                yield max(pair.support, pair.oppose), placed

    def _is_anothers(self, candidate: Candidate) -> bool:
        """Whether somebody else, a noun that is not the target, is the subject of the predicate."""
        own = subject(self.parse, candidate.predicate)
        if own is None or own == candidate.holder or not self.parse.tag[own].startswith("NN"):
            return False
        return not candidate.target.start <= own < candidate.target.end

    def _speaks_of(self, holder: int | None, target: int) -> bool:
        """Whether a holder is who says a target's clause, and not its subject."""
        return holder is None or any(self.voices.head(voice) == holder for voice in self.voices.over(target))

    def selected(self, rated: Iterable[tuple[float, Placed]], least: float) -> list[Stance]:
        """Return the stances of at least a probability in text order, one per holder and target."""
        likely = sorted((one for one in rated if one[0] >= least), key=lambda one: (-one[0], *_reach(one[1])))
        kept: list[Stance] = []
        # Of a holder's stances toward overlapping phrases of a sentence, the likeliest: what a phrase contains is not a second target.
        targets: dict[tuple[int, object], list[tuple[int, int]]] = defaultdict(list)
        for confidence, placed in likely:
            phrase, holder = placed.candidate.target, placed.holder
            others = targets[self.parse.sentence[phrase.head], holder.name]
            if not any(phrase.start < end and start < phrase.end for start, end in others):
                others.append((phrase.start, phrase.end))
                kept.append(self.stance(placed, confidence))
        once: dict[tuple[object, ...], Stance] = {}  # "the mayor, Anna Berg, condemned" gives one stance
        for stance in kept:
            once.setdefault((stance.holder.name, stance.target.name, stance.polarity, stance.expression), stance)
        return sorted(_without_parts(_without_titles(list(once.values()))), key=_order)

    def proposed(self) -> Iterator[Placed]:
        """Yield what the rules propose, each with its parties."""
        for candidate in self.candidates:
            placed = self.placed(candidate)
            if placed is not None:
                yield placed

    def _is_neutral_act(self, candidate: Candidate) -> bool:
        """Whether a negation leaves no position: someone who did not attack is not neutral because of that."""
        return candidate.score == 0 and candidate.relation not in POSITIONS

    def placed(self, candidate: Candidate) -> Placed | None:
        """Return a candidate with its parties and its sources; None where it has no valid holder or target."""
        voices = self.voices.over(candidate.predicate)
        quote = self.voices.quote_of.get(candidate.predicate)
        if quote is not None and self._is_unsaid(quote):
            return None
        if (
            candidate.holder is not None
            and self.parse.lower[candidate.holder] == "you"
            and self._is_asked(candidate.predicate)
        ):
            return None  # do you back it?
        if "way=possessor" in candidate.features and not self.voices.is_marked(candidate.predicate):
            voices = ()  # the speaker of "Norway's attacks on" presupposes them, and so does the article
        if self._is_the_speakers(candidate):
            if not voices:
                return None
            holder, head, voices = voices[-1].party, voices[-1].head, voices[:-1]
        else:
            assert candidate.holder is not None
            phrase = self.parties.holder_phrase(candidate.holder)
            holder, head, voices = self._own_words(self.parties.party(phrase, quote), phrase.head, voices)
        target = self.parties.party(candidate.target, quote)
        if not holder.name or same_party(holder, target) or self._is_no_target(candidate.target):
            return None
        if any(map(is_nobody, (holder, target, *(voice.party for voice in voices)))):
            return None
        if self._is_result(candidate) or self.voices.is_said_by_others(candidate.predicate, candidate.target.head):
            return None
        context = candidate.features | self._context(candidate, head, voices)
        return Placed(replace(candidate, features=context), holder, target, quote, _each_once(voices))

    def _is_result(self, candidate: Candidate) -> bool:
        """Whether the words from a target up to its predicate say who won by how much, and nobody votes."""
        above = list(self.parse.upward(candidate.target.head))
        over = above[: above.index(candidate.predicate)] if candidate.predicate in above else []
        said = {self.parse.lower[token] for token in (*over, candidate.predicate)}
        if said.isdisjoint(with_forms("stance_winning_words")) or not said.isdisjoint(VOTING):
            return False
        first, end = self.parse.sentence_of(candidate.predicate)
        return SCORE.search(self.parse.source, self.parse.start[first], self.parse.end[end - 1]) is not None

    def _is_unsaid(self, quote: int | None) -> bool:
        """Whether a quote, or one around it, was not said; what someone refuses to do is a stance for itself."""
        while quote is not None:
            found = self.parties.quotes[quote]
            if found.realis != "ACTUAL" and not any(
                control_verbs().get(cue.text.lower(), 1.0) < 0 for cue in found.cue
            ):
                return True
            quote = found.parent
        return False

    def stance(self, placed: Placed, confidence: float) -> Stance:
        """Return a proposed stance in the form of the records."""
        candidate = placed.candidate
        score = round(max(-1.0, min(1.0, candidate.score)), 2) + 0.0  # no -0.0
        return Stance(
            holder=placed.holder,
            target=placed.target,
            polarity=_polarity(score),
            score=score,
            expression=self._expression(candidate),
            evidence=self._evidence(candidate),
            confidence=round(confidence, 2),
            relation=_relation(candidate.relation, _polarity(score)),
            quote=placed.quote,
            asserted_by=placed.sources,
        )

    def _is_no_target(self, phrase: Phrase) -> bool:
        """Whether a phrase cannot be a target: a number, a day, a question word."""
        tag, word = self.parse.tag[phrase.head], self.parse.lower[phrase.head]
        if tag in NO_TARGETS or self.parse.ent_type[phrase.head] in MEASURES:
            return True
        if self.parse.tag[phrase.start] in ASKING and not self.parse.is_verb(phrase.head):
            return True
        return tag.startswith("NN") and word in words("stance_empty_targets")

    def _is_the_speakers(self, candidate: Candidate) -> bool:
        """Whether the holder is the speaker of the clause."""
        holder = candidate.holder
        if holder is None or "necessary" in candidate.features:
            return True
        return self.parse.lower[holder] in GENERIC and not self.parse.children[holder]

    def _context(self, candidate: Candidate, holder: int | None, voices: tuple[Voice, ...]) -> set[str]:
        """Return the features of the holder, the target and the sources; the speaker of a quote can always hold a stance."""
        kind = "yes" if holder is None else can_hold_stance(self.parse, holder)
        features = {f"agent={kind}"}
        if voices:
            features.add("asserted")
        if self._is_asked(candidate.predicate):
            features.add("question")
        if "way=attribute" in candidate.features and not self.voices.is_marked(candidate.predicate):
            features.add("in passing")
        if self.parse.lower[candidate.target.head] in IMPERSONAL and candidate.target.end - candidate.target.start == 1:
            features.add("vague")
        return features

    def _is_asked(self, predicate: int) -> bool:
        """Whether the predicate's sentence ends as a question."""
        _, end = self.parse.sentence_of(predicate)
        return any(self.parse.lower[token] == "?" for token in range(max(predicate, end - MAX_CLOSING), end))

    def _own_words(
        self, holder: StanceParty, head: int, voices: tuple[Voice, ...]
    ) -> tuple[StanceParty, int | None, tuple[Voice, ...]]:
        """Remove the holder's own voice from those that assert the stance: "he said he supports it" is his own word.

        Returns:
            The holder with the name that a pronoun refers to, the token that shows what the holder is, and the other voices.
        """
        if not voices:
            return holder, head, voices
        inner = voices[-1]
        word = self.parse.lower[head]
        if same_party(inner.party, holder):
            return holder, head, voices[:-1]
        if word in FIRST_PERSON or (inner.head is not None and self._may_mean(word, inner)):
            return StanceParty(holder.mention, inner.party.entity, inner.party.name), inner.head, voices[:-1]
        return holder, head, tuple(voice for voice in voices if not same_party(voice.party, holder))

    def _may_mean(self, pronoun: str, speaker: Voice) -> bool:
        """Whether "he", "they" or "it" under a verb of speech can be the speaker."""
        assert speaker.head is not None
        kind, tag = self.parse.ent_type[speaker.head], self.parse.tag[speaker.head]
        if pronoun == "it":
            return kind in ("ORG", "GPE") or tag == "NN" or (tag == "NNP" and not kind)
        if pronoun in PERSONS:
            entity = speaker.party.entity
            kind = kind if entity is None else self.parties.entities[entity].type
            return kind == "PERSON" or self.parse.lower[speaker.head] in PERSONS | person_nouns()
        return pronoun in THIRD_PERSON

    def _expression(self, candidate: Candidate) -> tuple[Span, ...]:
        """Return the tokens that express the stance, adjacent ones joined."""
        runs: list[list[int]] = []
        for token in candidate.expression:
            if runs and token == runs[-1][1]:
                runs[-1][1] = token + 1
            else:
                runs.append([token, token + 1])
        return tuple(self.parties.span(start, end) for start, end in runs)

    def _evidence(self, candidate: Candidate) -> Span:
        """Return the clause of the stance; the sentence if the clause lacks the holder or the target."""
        parse = self.parse
        above = list(parse.upward(candidate.predicate))
        index = next((one for one in above if parse.dep[one] in CLAUSE_DEPS and parse.is_verb(one)), above[-1])
        phrase = phrase_of(parse, index, clause=True)
        needed = [*candidate.expression, candidate.target.start, candidate.target.end - 1]
        if candidate.holder is not None:
            needed.append(candidate.holder)
        if phrase.start <= min(needed) and max(needed) < phrase.end and candidate.holder is not None:
            return self.parties.span(phrase.start, phrase.end)
        start, end = parse.sentence_of(candidate.predicate)
        if end - start > MAX_EVIDENCE:
            start, end = (
                max(start, candidate.predicate - MAX_EVIDENCE // 2),
                min(end, candidate.predicate + MAX_EVIDENCE // 2),
            )
        while start < end - 1 and parse.word[start].isspace():
            start += 1
        while end - 1 > start and parse.word[end - 1].isspace():
            end -= 1
        return self.parties.span(start, end)


def _without_parts(stances: list[Stance]) -> list[Stance]:
    """Drop the stance of whom the name of another one contains who has the same stance: of "the pilots" in "the pilots' union"."""
    holders: dict[object, list[Span]] = defaultdict(list)
    for stance in stances:
        if stance.holder.mention is not None:
            holders[_place(stance.target), stance.polarity].append(stance.holder.mention)

    def is_part(stance: Stance) -> bool:
        own = stance.holder.mention
        return own is not None and any(
            other.start <= own.start and own.end <= other.end and own != other
            for other in holders[_place(stance.target), stance.polarity]
        )

    return [stance for stance in stances if not is_part(stance)]


def _without_titles(stances: list[Stance]) -> list[Stance]:
    """Drop the stance of a title whose bearer has the same stance: of "the envoy" in "the envoy Ana Berg"."""
    named = defaultdict(list)
    for stance in stances:
        mention = stance.holder.mention
        if mention is not None and stance.holder.entity is not None:
            named[_place(stance.target), stance.polarity, mention.start].append(mention)

    def is_title(stance: Stance) -> bool:
        own = stance.holder.mention
        if own is None or stance.holder.entity is not None:
            return False
        rests = (
            other.text.removeprefix(own.text).lstrip()
            for other in named[_place(stance.target), stance.polarity, own.start]
            if other.end > own.end
        )
        return any(rest[:1].isupper() for rest in rests)

    return [stance for stance in stances if not is_title(stance)]


def is_nobody(party: StanceParty) -> bool:
    """Whether a party is a pronoun that refers to nobody known."""
    return party.entity is None and party.name.lower() in NOBODY


def _each_once(voices: tuple[Voice, ...]) -> tuple[StanceParty, ...]:
    """Return the parties of the voices, the first one of each name."""
    parties: dict[str, StanceParty] = {}
    for voice in voices:
        parties.setdefault(voice.party.name, voice.party)
    return tuple(parties.values())


def _polarity(score: float) -> Polarity:
    return "SUPPORT" if score > 0 else "OPPOSE" if score < 0 else "NEUTRAL"


def _place(party: StanceParty) -> object:
    return party.name if party.mention is None else (party.mention.start, party.mention.end)


def _reach(placed: Placed) -> tuple[int, ...]:
    """Return the tokens of a proposed stance, by which equally likely ones are ordered."""
    candidate = placed.candidate
    return candidate.predicate, candidate.target.start, candidate.target.end, candidate.holder or -1


def _order(stance: Stance) -> tuple[int, int, int, str]:
    holder = stance.holder.mention
    target = stance.target.mention
    return (
        stance.expression[0].start,
        -1 if holder is None else holder.start,
        -1 if target is None else target.start,
        stance.polarity,
    )


def _relation(relation: str | None, polarity: Polarity) -> str | None:
    """Return the event type of a stance: not supporting is rejecting; not attacking has no type."""
    if relation in FAVOURABLE and polarity == "OPPOSE":
        return "REJECT" if relation in WITHHELD else None
    return None if relation in HOSTILE and polarity != "OPPOSE" else relation
