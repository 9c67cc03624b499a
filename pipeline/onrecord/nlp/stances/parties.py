# SPDX-License-Identifier: Apache-2.0
"""Holders, targets and sources as in the records: their mention, entity and name."""

from onrecord.data.records import Span
from onrecord.nlp.annotations import StanceParty, entities_of, quotes_of, references_of, text_span
from onrecord.nlp.english.parse import MAX_CLIMB, Parse
from onrecord.nlp.english.syntax import Phrase, antecedent, core_of, phrase_of
from onrecord.nlp.english.words import FIRST_PERSON, person_nouns
from onrecord.nlp.entities import entity_index
from onrecord.nlp.stances.coordination import named_conjuncts

# Tokens of a holder's phrase; a longer one is a sentence that the parser attached to a noun.
MAX_HOLDER = 20


def _closes(text: str, start: int, end: int) -> bool:
    """Whether the mark after a stretch of text closes one that was opened inside it."""
    mark = text[end : end + 1]
    inside = text[start:end]
    return (mark == '"' and inside.count(mark) % 2 == 1) or (mark == "”" and inside.count("“") > inside.count(mark))


def _name(text: str) -> str:
    """Return text as a name: on one line, without unpaired marks."""
    odd = '"' if text.count('"') % 2 else ""
    odd += "“”" if text.count("“") != text.count("”") else ""
    return " ".join("".join(char for char in text if char not in odd).split())


class Parties:
    """Resolves the phrases of one article."""

    def __init__(self, parse: Parse) -> None:
        self.parse = parse
        self.text = parse.source
        self.entities = entities_of(parse.doc)
        self.quotes = quotes_of(parse.doc)
        self.entity_of = entity_index(parse)
        self.references = references_of(parse.doc)
        self._parties: dict[tuple[Phrase, int | None], StanceParty] = {}
        self._holder_phrases: dict[int, Phrase] = {}
        # The parties that speaker phrases such as "he" refer to, as the quotes resolved them, by their first code point.
        self.meant: dict[int, StanceParty] = {}
        for quote in self.quotes:
            speaker = quote.speaker
            if speaker is None or speaker.mention is None or speaker.name is None:
                continue
            if speaker.entity is not None or speaker.name != " ".join(speaker.mention.text.split()):
                self.meant.setdefault(speaker.mention.start, StanceParty(speaker.mention, speaker.entity, speaker.name))

    def span(self, start: int, end: int) -> Span:
        """Return tokens ``[start, end)`` as a span of code points."""
        first, stop = self.parse.start[start], self.parse.end[end - 1]
        return text_span(self.text, first, stop + _closes(self.text, first, stop))

    def party(self, phrase: Phrase, quote: int | None) -> StanceParty:
        """Return the party that a phrase names; ``quote`` is the quote that it is in."""
        found = self._parties.get((phrase, quote))
        if found is None:
            found = self._parties[phrase, quote] = self._party(phrase, quote)
        return found

    def _party(self, phrase: Phrase, quote: int | None) -> StanceParty:
        span = self.span(phrase.start, phrase.end)
        is_one_word = phrase.end == phrase.start + 1
        if quote is not None and is_one_word and self.parse.lower[phrase.head] in FIRST_PERSON:
            speaker = self.speaker(quote)
            if speaker is not None:
                return StanceParty(span, speaker.entity, speaker.name)
        entity = self.entity_of.get(phrase.head)
        if entity is not None:
            return StanceParty(span, entity, self.entities[entity].name)
        meant = self.meant.get(span.start)
        if meant is not None and meant.mention is not None and meant.mention.end == span.end:
            return StanceParty(span, meant.entity, meant.name)
        if self.parse.tag[phrase.start] == "WP$" and self.parse.lower[phrase.head] in person_nouns():
            owner = antecedent(self.parse, phrase.start)
            if owner != phrase.start:
                return self._named_by(owner, span)  # Peru, whose minister
        reference = self.references.get(phrase.head)
        if reference is not None and reference.entity is not None:
            return StanceParty(span, reference.entity, self.entities[reference.entity].name)
        if reference is not None and reference.noun is not None and is_one_word:
            return self._named_by(reference.noun, span)
        return StanceParty(span, None, _name(span.text))

    def _named_by(self, noun: int, word: Span) -> StanceParty:
        """Return the party of a word that refers to a noun: the noun's entity, else its words."""
        entity = self.entity_of.get(noun)
        if entity is not None:
            return StanceParty(word, entity, self.entities[entity].name)
        phrase = core_of(self.parse, noun)
        return StanceParty(word, None, _name(self.span(phrase.start, phrase.end).text))

    def speaker(self, quote: int) -> StanceParty | None:
        """Return the speaker of a quote, if known."""
        speaker = self.quotes[quote].speaker
        if speaker is None:
            return None
        name = speaker.name or (speaker.mention.text if speaker.mention else "")
        return None if not name.strip() else StanceParty(speaker.mention, speaker.entity, name)

    def holder_phrase(self, head: int) -> Phrase:
        """Return the phrase of a holder; of a list of names, only its own name."""
        found = self._holder_phrases.get(head)
        if found is None:
            found = self._holder_phrases[head] = self._holder_phrase(head)
        return found

    def _holder_phrase(self, head: int) -> Phrase:
        noun = antecedent(self.parse, head)
        first = noun
        for _ in range(MAX_CLIMB):  # a longer list is not one of parties (MAX_PARTIES)
            if self.parse.dep[first] != "conj" or self.parse.head[first] >= first:
                break
            first = self.parse.head[first]
        phrase = phrase_of(self.parse, noun, charged=True, alone=bool(named_conjuncts(self.parse, first)))
        return phrase if phrase.end - phrase.start <= MAX_HOLDER else core_of(self.parse, noun)
