# SPDX-License-Identifier: Apache-2.0
"""Quotes without marks after a colon: "The mayor wrote: we will not bow", and the lines of an interview."""

from bisect import bisect_right
from collections.abc import Iterator

from onrecord.nlp.english.cues import Cue, nouns, verbs
from onrecord.nlp.quotes.candidates import Candidate
from onrecord.nlp.quotes.layout import QuotationLayout
from onrecord.nlp.quotes.quotation_candidates import MAX_NAME, NO_PREDICATES, STATEMENT
from onrecord.nlp.quotes.speakers import phrase, source_of, source_of_noun

MIN_LINE = 3  # tokens of an interview line with its colon; a shorter one says nothing
MAX_FEW_LINES = 2  # lines; more are a transcript
MAX_GAP = 30  # tokens from a cue to its colon


class ColonCandidates:
    """Proposes what follows a colon."""

    def __init__(self, layout: QuotationLayout) -> None:
        self.layout = layout
        self.parse = layout.parse

    def __iter__(self) -> Iterator[Candidate]:
        yield from self.transcript_lines()
        parse = self.parse
        for colon in range(1, len(parse) - 1):
            if parse.word[colon] != ":" or self.layout.skip[colon] or self.layout.region_of[colon] >= 0:
                continue
            place = bisect_right(self.layout.paragraph_starts, colon)
            end = self.layout.paragraph_start(place)
            begin = parse.next_word[colon + 1]
            construction = "colon"
            if begin >= end:  # the colon ends its paragraph and introduces the next one
                construction, begin, end = (
                    "block",
                    parse.next_word[min(end, len(parse))],
                    self.layout.paragraph_start(place + 1),
                )
            if begin < end and self.layout.region_of[begin] < 0 and not self.layout.skip[begin]:
                yield from self.introduced(construction, colon, begin, end)

    def introduced(self, construction: str, colon: int, begin: int, end: int) -> Iterator[Candidate]:
        """Yield the text between two tokens as what the cue before a colon introduces."""
        parse = self.parse
        found = self._cue(colon)
        if found is None:
            return
        cue, token, source = found
        where = phrase(parse, source, token)
        last = parse.previous_word[end - 1]
        ends = [last]
        stop = parse.previous_word[min(parse.sentence_of(begin)[1], end) - 1]
        if construction == "colon" and stop < last:
            ends.append(stop)
        for place in ends:
            content = ((parse.start[begin], parse.end[place]),)
            links = (f"colon={'sentence' if place == stop else 'paragraph'}",)
            yield Candidate(
                construction, token, ((token, token + 1),), content, where, source, lexical=cue, links=links
            )

    def _cue(self, colon: int) -> tuple[Cue, int, int | None] | None:
        """Return the cue before a colon, its token and the head of its source."""
        parse = self.parse
        verb_cues, noun_cues = verbs(), nouns()
        low = max(parse.sentence_of(colon - 1)[0], colon - MAX_GAP)
        for token in range(colon - 1, low - 1, -1):
            tag, word = parse.tag[token], parse.lower[token]
            if tag[:2] == "VB" and parse.dep[token] not in NO_PREDICATES:
                cue = verb_cues.get(word)
                return (cue, token, source_of(parse, token)) if cue is not None and cue.is_speech else None
            if tag in ("NN", "NNS") and word in noun_cues and "quote" in noun_cues[word].takes:
                source = source_of_noun(parse, token)
                if source is not None:
                    return noun_cues[word], token, source
        return None

    def transcript_lines(self) -> Iterator[Candidate]:
        """Yield the lines of an interview: a name, a colon, and what he or she says."""
        parse = self.parse
        found = []
        for paragraph, start in enumerate(self.layout.paragraph_starts):
            end = self.layout.paragraph_end(paragraph)
            colon = next((t for t in range(start, min(end, start + MAX_NAME + 1)) if parse.word[t] == ":"), None)
            start = parse.next_word[start]
            if colon is None or start >= colon or self.layout.skip[start]:
                continue
            if any(not parse.word[t][0].isupper() for t in range(start, colon) if parse.is_word[t]):
                continue
            while end > colon + 1 and parse.word[end - 1].isspace():
                end -= 1
            if end - colon >= MIN_LINE:
                found.append((start, colon, end))
        second = self.layout.paragraph_start(1)
        # A label before a headline ("UPDATE: …") is not a speaker; a speaker is named again.
        found = [turn for turn in found if turn[0] >= second or self._is_named_again(*turn)]
        repeated = "many" if len(found) > MAX_FEW_LINES else "few"
        for start, colon, end in found:
            capitals = "capitals" if parse.source[parse.start[start] : parse.end[colon - 1]].isupper() else "name"
            content = ((parse.start[colon + 1], parse.end[end - 1]),)
            links = (f"turn={capitals}-{repeated}", f"turn={parse.ent_type[colon - 1]}")
            cue = ((colon, colon + 1),)
            yield Candidate("turn", colon, cue, content, (start, colon), colon - 1, lexical=STATEMENT, links=links)

    def _is_named_again(self, start: int, colon: int, end: int) -> bool:
        """Whether the last word before a colon occurs again, capitalized as a name."""
        name = self.parse.lower[colon - 1]
        return any(
            self.parse.lower[token] == name and self.parse.word[token][0].isupper()
            for token in range(end, len(self.parse))
        )
