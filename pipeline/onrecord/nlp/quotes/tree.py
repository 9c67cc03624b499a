# SPDX-License-Identifier: Apache-2.0
"""The dependency tree of a Doc as plain lists: attributes of tokens are looked up once, not in every loop."""

from bisect import bisect_right

from spacy.tokens import Doc

FINITE = frozenset({"VBD", "VBZ", "VBP", "MD"})
MAX_CHILDREN = 80  # of one token; more come from a table or noise
MAX_CLIMB = 40  # edges; no English sentence nests deeper, and a broken parse must not cost more


class Tree:
    """Tags, labels, heads and the extent of each subtree, by token index.

    ``left[i]`` and ``right[i]`` are the first and the last token of the subtree of token ``i``; ``starts`` and ``ends`` are
    code points.
    """

    def __init__(self, doc: Doc) -> None:
        """Read the tokens of a Doc; without a parse, every token is its own root."""
        self.text = doc.text
        self.doc = doc
        tokens = list(doc)
        self.size = len(tokens)
        self.words = [token.text for token in tokens]
        self.lower = [word.lower() for word in self.words]
        self.tags = [token.tag_ for token in tokens]
        self.labels = [token.dep_ for token in tokens]
        self.heads = [token.head.i for token in tokens]
        self.starts = [token.idx for token in tokens]
        self.ends = [start + len(word) for start, word in zip(self.starts, self.words, strict=True)]
        # The edges of an unparsed Doc's tokens are not set.
        parsed = doc.has_annotation("DEP")
        self.left = [token.left_edge.i for token in tokens] if parsed else list(range(self.size))
        self.right = [token.right_edge.i for token in tokens] if parsed else list(range(self.size))
        self.entity_types = [token.ent_type_ for token in tokens]
        self.children: list[list[int]] = [[] for _ in tokens]
        for index, head in enumerate(self.heads):
            if head != index:
                self.children[head].append(index)
        for head, children in enumerate(self.children):
            if len(children) > MAX_CHILDREN:
                nearest = sorted(children, key=lambda child: (abs(child - head), child))[:MAX_CHILDREN]
                self.children[head] = sorted(nearest)
        self.sentence_starts = [token.i for token in tokens if token.is_sent_start] or [0]
        # Taggers mistake stray signs for nouns; a token with a letter or a digit is a word.
        self.is_word = [word.isalnum() or any(map(str.isalnum, word)) for word in self.words]
        self.next_word = self._next_words()
        self.previous_word = self._previous_words()

    def _next_words(self) -> list[int]:
        """Return, for each token, the first word at or after it; the number of tokens where there is none."""
        found, nearest = [self.size] * (self.size + 1), self.size
        for token in range(self.size - 1, -1, -1):
            if self.is_word[token]:
                nearest = token
            found[token] = nearest
        return found

    def _previous_words(self) -> list[int]:
        """Return, for each token, the last word at or before it; -1 where there is none."""
        found, nearest = [], -1
        for token in range(self.size):
            if self.is_word[token]:
                nearest = token
            found.append(nearest)
        return found

    def sentence(self, token: int) -> tuple[int, int]:
        """Return the first token of the token's sentence and the one after its last."""
        place = bisect_right(self.sentence_starts, token)
        start = self.sentence_starts[place - 1] if place else 0
        end = self.sentence_starts[place] if place < len(self.sentence_starts) else self.size
        return start, end

    def first_at(self, offset: int) -> int:
        """Return the first token that ends after the code point ``offset``."""
        return bisect_right(self.ends, offset)

    def child(self, token: int, *labels: str) -> int | None:
        """Return the first child of the token with one of the labels."""
        return next((child for child in self.children[token] if self.labels[child] in labels), None)

    def is_finite(self, token: int) -> bool:
        """Whether the verb or an auxiliary of it is finite."""
        return self.tags[token] in FINITE or any(
            self.labels[child] in ("aux", "auxpass") and self.tags[child] in FINITE for child in self.children[token]
        )

    def has_mark(self, token: int, *words: str) -> bool:
        """Whether a child before the token is one of the words."""
        return any(child < token and self.lower[child] in words for child in self.children[token])
