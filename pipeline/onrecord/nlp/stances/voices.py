# SPDX-License-Identifier: Apache-2.0
"""Who asserts a clause: the speakers above it, outermost first."""

from dataclasses import dataclass

from onrecord.nlp.annotations import StanceParty
from onrecord.nlp.english.parse import MAX_CLIMB, Parse
from onrecord.nlp.english.quotation import NO_REGION
from onrecord.nlp.english.syntax import according_to, agent, head_of, is_passive
from onrecord.nlp.english.words import FIRST_PERSON, NEGATIVE_PRONOUNS, with_forms, with_plurals
from onrecord.nlp.stances.arguments import can_hold_stance
from onrecord.nlp.stances.parties import Parties

CONTENT = frozenset({"ccomp", "parataxis"})


@dataclass(frozen=True, slots=True)
class Voice:
    """Someone who asserts a clause; ``head`` is the token of the mention, if known."""

    party: StanceParty
    head: int | None


class Voices:
    """Finds the voices over the tokens of one article."""

    def __init__(self, parse: Parse, parties: Parties) -> None:
        self.parse, self.parties = parse, parties
        self.cues: list[list[int]] = []  # of each quote
        self._chains: dict[int, tuple[tuple[int, ...], int]] = {}
        self._heard: dict[int, list[Voice]] = {}  # by token; tokens above each other share them
        self._over: dict[int, tuple[Voice, ...]] = {}  # by token
        self._speakers: dict[int, Voice | None] = {}  # by quote
        self._heads: dict[tuple[int, int], int] = {}  # by the code points of a mention
        self.quote_of = self._quotes_by_token()

    def _quotes_by_token(self) -> dict[int, int]:
        """Return the innermost quote over each token: the one with the shortest span, and of two the first.

        Quotes may extend beyond their marks where nothing else shows the end. So a token outside marks that open in the quote belongs
        to the quote only where it depends on the words that introduce the quote.
        """
        parse = self.parse
        spans: list[tuple[int, int, int, int, int]] = []  # length and quote; start, first token, the one after the last
        for index, quote in enumerate(self.parties.quotes):
            self.cues.append([token for span in quote.cue for token in range(*parse.tokens_of(span.start, span.end))])
            for span in quote.content:
                first, end = parse.tokens_of(span.start, span.end)
                spans.append((span.end - span.start, index, span.start, first, end))
        over: dict[int, int] = {}
        for _, index, start, first, end in sorted(spans):  # the shortest first, so that each token is decided once
            cues, tops = self.cues[index], self._tops(self.cues[index])
            for token in range(first, end):
                if token in over:
                    continue
                if not cues or self._is_marked_from(token, start) or self._is_under(token, cues, tops):
                    over[token] = index
        return over

    def _tops(self, cues: list[int]) -> frozenset[int]:
        """Return a quote's cues, and the head verbs of such as "according to"."""
        parse = self.parse
        return frozenset({*cues, *(parse.head[cue] for cue in cues if not parse.is_verb(cue))})

    def _is_marked_from(self, token: int, start: int) -> bool:
        """Whether a token is inside marks that open at or after a code point."""
        region = self.parse.region_of[token]
        return region != NO_REGION and self.parse.regions[region].start >= start

    def _is_under(self, token: int, cues: list[int], tops: frozenset[int]) -> bool:
        """Whether a token depends on one of ``tops``: a quote's cue, or the head verb of a cue such as "according to"."""
        parse = self.parse
        above, last = self._above(token)
        if not tops.isdisjoint(above):
            return True
        # "The dam is safe, he said": the parser attaches the cue to the content.
        return any(parse.dep[cue] in CONTENT and parse.head[cue] == last for cue in cues)

    def _above(self, token: int) -> tuple[tuple[int, ...], int]:
        """Return a token with those above it, ``MAX_CLIMB`` at most, and the one above these; at the root, the root itself."""
        if token not in self._chains:
            found = tuple(self.parse.upward(token))
            self._chains[token] = found, self.parse.head[found[-1]]
        return self._chains[token]

    def is_marked(self, token: int) -> bool:
        """Whether a token is inside quotation marks."""
        return self.parse.region_of[token] != NO_REGION

    def is_said_by_others(self, predicate: int, token: int) -> bool:
        """Whether a token is in marks that are unrelated to a predicate before or after them.

        "It was condemned by the league, which said: “Ministers have …”" does not condemn the ministers.
        """
        quote = self.quote_of.get(token)
        if quote is None or not self.is_marked(token) or self.is_marked(predicate):
            return False
        return predicate not in self.cues[quote]

    def over(self, token: int) -> tuple[Voice, ...]:
        """Return the voices over the clause of a token, outermost first."""
        found = self._over.get(token)
        if found is None:
            found = self._over[token] = self._found_over(token)
        return found

    def _found_over(self, token: int) -> tuple[Voice, ...]:
        voices = self._reported(token)
        quote = self.quote_of.get(token)
        quoted: list[Voice] = []
        for _ in range(MAX_CLIMB):
            if quote is None:
                break
            speaker = self._speaker(quote)
            if speaker is not None:
                quoted.append(speaker)
            quote = self.parties.quotes[quote].parent
        if not quoted and not voices:
            return ()
        # Who is a subject above the token and the speaker of a quote around it has the place of that quote among the others.
        placed = [
            next((one for one in voices if same_party(one.party, outer.party)), outer) for outer in reversed(quoted)
        ]
        return _without_first_persons((*placed, *(voice for voice in voices if voice not in placed)))

    def head(self, voice: Voice) -> int | None:
        """Return the head of a voice's mention, if it has one."""
        if voice.head is not None or voice.party.mention is None:
            return voice.head
        place = voice.party.mention.start, voice.party.mention.end
        found = self._heads.get(place)
        if found is None:
            found = self._heads[place] = head_of(self.parse, *self.parse.tokens_of(*place))
        return found

    def _speaker(self, quote: int) -> Voice | None:
        """Return the voice of a quote's speaker, if known."""
        if quote not in self._speakers:
            party = self.parties.speaker(quote)
            self._speakers[quote] = None if party is None else Voice(party, None)
        return self._speakers[quote]

    def _reported(self, token: int) -> list[Voice]:
        """Return the subjects of the verbs of speech and thought above a token."""
        parse = self.parse
        way: list[int] = []
        found: list[Voice] = []
        for index in parse.upward(token):
            if index in self._heard:
                found = self._heard[index]
                break
            way.append(index)
        else:
            for child in parse.children[way[-1]]:
                source = according_to(parse, child) if parse.lower[child] == "according" else None
                self._add(found, source[1] if source is not None else None)
        reporting = with_forms("stance_reporting_verbs")
        for index in reversed(way):
            head = parse.head[index]
            if parse.dep[index] in CONTENT and parse.lower[head] in reporting and not is_passive(parse, head):
                found = [*found]
                self._add(found, agent(parse, head))
            self._heard[index] = found
        return found

    def _add(self, found: list[Voice], head: int | None) -> None:
        if head is None or any(voice.head == head for voice in found):
            return
        if self.parse.lower[head] in NEGATIVE_PRONOUNS:  # "nobody says that …": the claim has no source
            return
        if can_hold_stance(self.parse, head) == "no" and self.parse.lower[head] not in ("it", "which"):
            return
        if can_hold_stance(self.parse, head) == "unknown" and self.parse.lower[head] not in with_plurals(
            "stance_utterances"
        ):
            return  # the results show that
        phrase = self.parties.holder_phrase(head)
        found.append(Voice(self.parties.party(phrase, self.quote_of.get(head)), head))


def _without_first_persons(voices: tuple[Voice, ...]) -> tuple[Voice, ...]:
    """Drop the I of "I believe it is wrong", he said: the speaker is already among the voices."""
    return tuple(
        voice
        for place, voice in enumerate(voices)
        if place == 0 or voice.party.mention is None or voice.party.mention.text.lower() not in FIRST_PERSON
    )


def same_party(one: StanceParty, other: StanceParty) -> bool:
    """Whether two parties are the same mention or the same entity."""
    if one.entity is not None and one.entity == other.entity:
        return True
    if one.mention is None or other.mention is None:
        return one.name == other.name
    return one.mention.start < other.mention.end and other.mention.start < one.mention.end
