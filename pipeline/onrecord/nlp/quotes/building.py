# SPDX-License-Identifier: Apache-2.0
"""Builds candidates from tokens; shared by the rules of syntax."""

from collections.abc import Iterator

from onrecord.nlp.english.cues import Cue
from onrecord.nlp.english.parse import Parse
from onrecord.nlp.quotes.candidates import Candidate
from onrecord.nlp.quotes.speakers import phrase

TokenRange = tuple[int, int]
CLOSING = frozenset({"%", ")"})  # signs that end a content
CONJUNCTIONS = frozenset(
    {"IN", "WDT"}
)  # tags of "that" before a clause; taggers often take it for a relative pronoun there


class Builder:
    """Builds candidates from token ranges of one Doc."""

    def __init__(self, parse: Parse) -> None:
        self.parse = parse

    def make(
        self,
        construction: str,
        token: int,
        cue: Cue,
        ranges: list[TokenRange],
        source: int | None,
        with_word: int | None = None,
        links: tuple[str, ...] = (),
    ) -> Iterator[Candidate]:
        """Yield the candidate, unless its content has no words.

        Args:
            construction: how the content depends on the cue.
            token: the cue's main token.
            cue: its entry in the lexicon.
            ranges: the tokens of the content, ends exclusive.
            source: the head of the speaker phrase.
            with_word: a preposition that belongs to the cue.
            links: how the content is joined to its neighbours.
        """
        parse = self.parse
        content = tuple(kept for start, end in ranges if (kept := self.trimmed(start, end)))
        if not content:
            return
        words = [token, *(word for word in (parse.child(token, "prt"), with_word) if word is not None)]
        words = [word for word in words if parse.is_word[word]]
        yield Candidate(
            construction=construction,
            anchor=token,
            cue=tuple((word, word + 1) for word in words),
            content=content,
            source=phrase(parse, source, token),
            source_head=source,
            lexical=cue,
            links=links,
        )

    def trimmed(self, start: int, end: int) -> tuple[int, int] | None:
        """Return the code points from the first to the last word of a token range, without a complementizer."""
        parse = self.parse
        start = parse.next_word[start]
        if start < end and parse.lower[start] == "that" and parse.tag[start] in CONJUNCTIONS:
            start = parse.next_word[start + 1]
        if start >= end:
            return None
        start -= start > 0 and parse.tag[start - 1] == "$"
        last = parse.previous_word[end - 1]
        if last + 1 < end and parse.word[last + 1] in CLOSING:
            last += 1
        return (parse.start[start], parse.end[last]) if start <= last else None

    def reach(self, token: int) -> TokenRange:
        """Return the tokens of a subtree, end exclusive."""
        return self.parse.left[token], self.parse.right[token] + 1
