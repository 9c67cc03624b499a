# SPDX-License-Identifier: Apache-2.0
"""A parsed ``Doc`` as plain lists, so that the rules access no ``Token`` in their loops."""

from dataclasses import dataclass
from functools import cached_property

from spacy.tokens import Doc

# Longer phrases and clauses are cut to the core of their head: nobody reads a target of a hundred words.
MAX_PHRASE = 60
# Tokens from the first to the last of a phrase, those in between included that do not belong to it.
MAX_EXTENT = 300
# Edges that a rule climbs; deeper nesting is a parser error or not prose.
MAX_CLIMB = 30
# No word of prose has more dependents; the rest of a longer list is ignored.
MAX_CHILDREN = 100
TRAILING = frozenset({"relcl", "advcl", "parataxis", "punct", "appos", "cc", "preconj", "mark", "discourse", "intj"})
# The same for clauses, to which the other modifiers belong.
CLAUSE_TRAILING = frozenset({"parataxis", "punct", "mark", "cc"})
# Modifiers after a comma do not belong to the core of a clause.
ADDED = frozenset({"appos", "npadvmod", "dep", "relcl"})
LEADING = frozenset({"mark", "cc", "preconj"})
# After these an -ing form is a charge: accused the council of hiding it.
CHARGED = frozenset({"of", "for", "from"})
BRACKETS = frozenset("\"'“”‘’«»()[]„‚`")
# The country, the trade and the World Health Organization are not "us", "it" and "who".
NAMES_LIKE_PRONOUNS = frozenset({"US", "IT", "WHO"})
HAVE = frozenset({"have", "has", "had", "'ve", "’ve", "having"})
WERE = frozenset({"is", "are", "was", "were", "be", "been", "being"})
NAMED = frozenset({"PERSON", "ORG", "GPE"})
CONDITIONS = frozenset({"if", "unless", "whether", "lest"})
RELATIVE = frozenset({"who", "which", "that", "whom"})


@dataclass(frozen=True, slots=True)
class Phrase:
    """Tokens ``[start, end)`` and their head."""

    head: int
    start: int
    end: int


class Parse:
    """Words, tags and tree of a Doc by token index."""

    def __init__(self, doc: Doc) -> None:
        """Read the columns of a Doc."""
        self.doc = doc
        self.tag = [token.tag_ for token in doc]
        self.lower = [
            token.text if token.text in NAMES_LIKE_PRONOUNS and tag.startswith("NNP") else token.lower_
            for token, tag in zip(doc, self.tag, strict=True)
        ]
        self.dep = [token.dep_ for token in doc]
        self.head = [token.head.i for token in doc]
        self.children: list[list[int]] = [[] for _ in self.head]
        for index, head in enumerate(self.head):
            if head != index and len(self.children[head]) < MAX_CHILDREN:
                self.children[head].append(index)

    def __len__(self) -> int:
        """Return the number of tokens."""
        return len(self.head)

    @cached_property
    def ent_type(self) -> list[str]:
        """The type of the named entity that each token belongs to, or an empty string."""
        return [token.ent_type_ for token in self.doc]

    @cached_property
    def sentence(self) -> list[tuple[int, int]]:
        """The sentence of each token, as token indices."""
        bounds: list[tuple[int, int]] = []
        for sentence in self.doc.sents:
            bounds.extend([(sentence.start, sentence.end)] * (sentence.end - sentence.start))
        return bounds

    @cached_property
    def conditional(self) -> frozenset[int]:
        """The tokens that "if" and the like introduce."""
        return frozenset(
            index
            for index, children in enumerate(self.children)
            if any(self.lower[child] in CONDITIONS and self.dep[child] in ("mark", "advmod") for child in children)
        )

    def child(self, index: int, *deps: str) -> int | None:
        """Return the first child with one of the labels."""
        for child in self.children[index]:
            if self.dep[child] in deps:
                return child
        return None

    def has(self, index: int, *words: str) -> bool:
        """Whether a child of the token is one of the words."""
        return any(self.lower[child] in words for child in self.children[index])

    def is_verb(self, index: int) -> bool:
        """Whether the token is tagged as a verb."""
        return self.tag[index].startswith("VB")

    def is_passive(self, index: int) -> bool:
        """Whether a verb is in the passive: was condemned; the plan condemned by; never has condemned."""
        if self.tag[index] not in ("VBN", "VBD"):
            return False
        if self.child(index, "auxpass", "nsubjpass", "agent") is not None:
            return True
        auxiliaries = [self.lower[child] for child in self.children[index] if self.dep[child] == "aux"]
        if any(word in HAVE for word in auxiliaries):
            return False
        if self.tag[index] == "VBN" and any(word in WERE for word in auxiliaries):
            return True
        if self.dep[index] == "conj" and self.is_verb(self.head[index]) and self.tag[index] == "VBN":
            if self.child(index, "nsubj", "dobj") is not None:
                return False
            return self.child(self.head[index], "auxpass") is not None
        return self.tag[index] == "VBN" and self.dep[index] in ("acl", "amod", "advcl")

    def phrase(self, head: int, *, clause: bool = False, charged: bool = False, alone: bool = False) -> Phrase:
        """Return the phrase of a noun without trailing modifiers, or of a clause without its conjunction.

        Args:
            head: the head of the phrase.
            clause: whether it is a clause.
            charged: whether to leave out the charge: accused the council (of hiding it).
            alone: whether to leave out the other members of a list.
        """
        low = high = head
        stack = [child for child in self.children[head] if not self._trails(head, child, clause=clause, top=True)]
        if charged:
            stack = [child for child in stack if not self._is_charge(child)]
        if alone:
            stack = [child for child in stack if self.dep[child] != "conj"]
        seen = 0
        while stack:
            token = stack.pop()
            seen += 1
            if seen > MAX_PHRASE:
                return self.core(head)
            low, high = min(low, token), max(high, token)
            stack.extend(
                child for child in self.children[token] if not self._trails(token, child, clause=False, top=False)
            )
        if high - low > MAX_EXTENT:
            return self.core(head)
        return self._without_edges(head, low, high + 1)

    def _is_charge(self, child: int) -> bool:
        """Whether a child of a noun is a charge: (accused the council) of hiding it."""
        return self.lower[child] in CHARGED and self.child(child, "pcomp") is not None

    def _trails(self, token: int, child: int, *, clause: bool, top: bool) -> bool:
        """Whether a child is left out of its head's phrase; ``top``: the head is that of the phrase."""
        dep = self.dep[child]
        if dep == "punct":
            return True
        if clause:
            infinitive = dep == "aux" and self.lower[child] == "to" and self.tag[token] == "VB"
            is_added = dep in ADDED or (dep == "dobj" and self.child(token, "dobj") != child)
            added = top and child > token and is_added and self._after_comma(token, child)
            return dep in CLAUSE_TRAILING or infinitive or added or (dep == "advcl" and self.has(child, "if"))
        if dep == "appos" and top and self.ent_type[child] in NAMED and not self.ent_type[token]:
            return False  # its former director, Jane Doe
        if dep == "relcl" and not top:
            return self._after_comma(token, child)
        return (top and dep == "case") or (dep in TRAILING and (child > token or dep in LEADING))

    def _after_comma(self, token: int, child: int) -> bool:
        """Whether there is a comma between a noun and its clause."""
        return any(
            self.lower[between] in (",", "–", "—", "-") for between in range(token + 1, min(child, token + MAX_PHRASE))
        )

    def core(self, head: int) -> Phrase:
        """Return a noun with the modifiers right before it: the new prime minister."""
        low = head
        while low > max(0, head - MAX_PHRASE) and self.head[low - 1] == head and self.dep[low - 1] in (
            "det", "amod", "compound", "nummod", "poss", "nmod", "quantmod",
        ):  # fmt: skip
            low -= 1
        return Phrase(head, low, head + 1)

    def _without_edges(self, head: int, start: int, end: int) -> Phrase:
        """Drop quote marks, spaces and commas at the edges; an opening mark without its partner goes too."""
        while start < head and (self.lower[start] in BRACKETS or self.tag[start] in ("_SP", ",", ":", "``", "''", ".")):
            start += 1
        while end - 1 > head and (
            self.lower[end - 1] in BRACKETS or self.tag[end - 1] in ("_SP", ",", ":", "``", "''", ".")
        ):
            end -= 1
        return Phrase(head, start, end)
