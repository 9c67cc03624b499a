"""Candidates from tokens: what the rules of syntax have in common."""

from collections.abc import Iterator

from onrecord.nlp.quotes.candidates import Candidate
from onrecord.nlp.quotes.cues import Cue
from onrecord.nlp.quotes.speakers import phrase
from onrecord.nlp.quotes.tree import Tree

TokenRange = tuple[int, int]
CLOSING = frozenset({"%", ")"})  # signs that end a content


class Builder:
    """Makes candidates of ranges of one Doc's tokens."""

    def __init__(self, tree: Tree) -> None:
        """Take the tree that the tokens are of."""
        self.tree = tree

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
        """Yield the candidate, if there is any word in its content.

        ``ranges`` are the content's tokens, ends exclusive; ``with_word`` is a preposition that belongs to the cue.
        """
        tree = self.tree
        content = tuple(kept for start, end in ranges if (kept := self.trimmed(start, end)))
        if not content:
            return
        words = [token, *(word for word in (tree.child(token, "prt"), with_word) if word is not None)]
        words = [word for word in words if tree.is_word[word]]
        yield Candidate(
            construction=construction,
            anchor=token,
            cue=tuple((word, word + 1) for word in words),
            content=content,
            source=None if source is None else phrase(tree, source, token),
            source_head=source,
            lexical=cue,
            links=links,
        )

    def trimmed(self, start: int, end: int) -> tuple[int, int] | None:
        """Return the code points of the tokens from the first to the last word, without the complementiser."""
        tree = self.tree
        start = tree.next_word[start]
        if start < end and tree.lower[start] == "that" and tree.tags[start] == "IN":
            start = tree.next_word[start + 1]
        if start >= end:
            return None
        last = tree.previous_word[end - 1]
        if last + 1 < end and tree.words[last + 1] in CLOSING:
            last += 1
        return (tree.starts[start], tree.ends[last]) if start <= last else None

    def reach(self, token: int) -> TokenRange:
        """Return the tokens of a subtree, end exclusive."""
        return self.tree.left[token], self.tree.right[token] + 1
