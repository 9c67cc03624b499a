# SPDX-License-Identifier: Apache-2.0
"""Quotes without marks after a colon: "The mayor wrote: we will not bow", and the paragraphs below "The mayor wrote:"."""

from bisect import bisect_right
from collections.abc import Iterator

from onrecord.nlp.english.cues import Cue, nouns, verbs
from onrecord.nlp.english.labels import FINITE, SUBJECTS
from onrecord.nlp.english.words import FIRST_PERSON
from onrecord.nlp.quotes.building import TokenRange
from onrecord.nlp.quotes.candidates import STATEMENT, SURE, Candidate, Spans
from onrecord.nlp.quotes.layout import QuotationLayout
from onrecord.nlp.quotes.quotation_candidates import NO_PREDICATES
from onrecord.nlp.quotes.speakers import phrase, source_of, source_of_noun
from onrecord.nlp.quotes.turns import SECOND_PERSON, Turns

MAX_GAP = 30  # tokens from a cue to its colon


ADDRESSED = FIRST_PERSON | SECOND_PERSON


class ColonCandidates:
    """Proposes what follows a colon."""

    def __init__(self, layout: QuotationLayout, turns: Turns) -> None:
        self.layout = layout
        self.parse = layout.parse
        self.turns = turns

    def __iter__(self) -> Iterator[Candidate]:
        parse = self.parse
        for colon in range(1, len(parse) - 1):
            if parse.word[colon] != ":" or self.layout.skip[colon] or self.layout.region_of[colon] >= 0:
                continue
            place = bisect_right(self.layout.paragraph_starts, colon)
            end = self.layout.paragraph_start(place)
            begin = parse.next_word[colon + 1]
            if begin >= end:
                yield from self._block(colon, place - 1)
            elif self.layout.region_of[begin] < 0:
                yield from self._same_paragraph(colon, begin, end)

    def _same_paragraph(self, colon: int, begin: int, end: int) -> Iterator[Candidate]:
        """Yield the rest of a paragraph, and of a sentence, behind a cue and a colon."""
        parse = self.parse
        last = parse.previous_word[end - 1]
        ends = {last: "paragraph", parse.previous_word[min(parse.sentence_of(begin)[1], end) - 1]: "sentence"}
        for place, kind in ends.items():
            if place <= last:
                content = ((parse.start[begin], parse.end[place]),)
                is_post = kind == "paragraph" and self._is_post(begin, end)
                links = (f"colon={kind}", *(("colon=post",) if is_post else ()))
                yield from self._introduced("colon", colon, content, links)

    def _is_post(self, begin: int, end: int) -> bool:
        """Whether the sentences behind the first one are a source's own words: "Lee posted: The road is gone. Please stay home"."""
        parse = self.parse
        first, stop = parse.sentence_of(begin)
        is_own = stop < end and parse.word[begin][0].isupper()
        while stop < end and is_own:
            first, stop = parse.sentence_of(stop)
            is_own = not ADDRESSED.isdisjoint(parse.lower[first:stop]) or not any(
                parse.tag[token] in FINITE and parse.child(token, *SUBJECTS) is not None for token in range(first, stop)
            )
        return is_own and not any(self.layout.is_marked(token) for token in range(begin, end))

    def _block(self, colon: int, paragraph: int) -> Iterator[Candidate]:
        """Yield the paragraphs below one that ends with a cue and a colon, as far as they go on in the same voice."""
        cue = self._cue(colon)
        content = self.turns.block(paragraph, cue[2]) if cue is not None else ()
        if content:
            yield from self._introduced("block", colon, content, SURE)

    def _introduced(self, construction: str, colon: int, content: Spans, links: tuple[str, ...]) -> Iterator[Candidate]:
        found = self._cue(colon)
        if found is not None:
            cue, token, source = found
            where = phrase(self.parse, source, token)
            if construction == "block" and not self._is_followed_by_words(cue, token, colon, where):
                links = ("colon=paragraph",)
            yield Candidate(
                construction, token, ((token, token + 1),), content, where, source, lexical=cue, links=links
            )

    def _is_followed_by_words(self, cue: Cue, token: int, colon: int, where: TokenRange | None) -> bool:
        """Whether a paragraph with a cue and a colon at its end certainly introduces what somebody else says.

        Not so: "You can sum it up in a few words:", "The poll found that:", "The paper noted the poor attendance:".
        """
        parse = self.parse
        if (
            where is None
            or parse.lower[where[0]] in ADDRESSED
            or cue.classes[0] != "say"
            or parse.lower[colon - 1] == "that"
        ):
            return False
        thing = parse.child(token, "dobj")
        return thing is None or parse.lower[thing] in nouns() or parse.tag[thing] in ("DT", "VBG", "WP")

    def _cue(self, colon: int) -> tuple[Cue, int, int | None] | None:
        """Return the cue before a colon, its token and the head of its source."""
        parse = self.parse
        verb_cues, noun_cues = verbs(), nouns()
        low = max(parse.sentence_of(colon - 1)[0], colon - MAX_GAP)
        for token in range(colon - 1, low - 1, -1):
            tag, word = parse.tag[token], parse.lower[token]
            if tag[:2] == "VB" and parse.dep[token] not in NO_PREDICATES:
                cue = verb_cues.get(word)
                thing = parse.child(token, "dobj")
                if thing is not None and parse.lower[thing] == "this" and thing == colon - 1:
                    cue = STATEMENT  # "The owner has sent us this:"
                return (cue, token, source_of(parse, token)) if cue is not None and cue.is_speech else None
            if tag in ("NN", "NNS") and word in noun_cues and "quote" in noun_cues[word].takes:
                source = source_of_noun(parse, token)
                if source is not None:
                    return noun_cues[word], token, source
        return None
