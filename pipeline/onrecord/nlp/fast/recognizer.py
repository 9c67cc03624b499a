# SPDX-License-Identifier: Apache-2.0
"""Greedy decoding of spaCy's transition-based entity recognizer, all tokens of a document at once.

The moves are those of BILUO (Lample et al. 2016): begin, in, last, unit, out. Outside an entity, the recognizer's state is the next token
alone, so the best move of every token there is one product. Inside, it is the next token and the entity's first; the entities that begin at
every token that could begin one are followed in parallel, token by token, although most begin inside another and are dropped at the end.
spaCy takes the moves one by one; in its wheels since 3.8.8, each asks for Python's global lock some hundred times.
"""

import functools
from typing import NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt
from spacy.language import Language
from spacy.pipeline import EntityRecognizer
from spacy.tokens import Doc, Span

from onrecord.nlp.fast.products import Floats
from onrecord.nlp.fast.structure import StateLayers, probe, require

FACTORY = "onrecord_ner"
FEATURES = 3  # of a state: the next token, the first of the open entity, the last before the next
# Entities are followed in parallel for this many tokens, and only those that are found after that: a text in which each token begins an
# entity without an end would otherwise take quadratic time.
ROUNDS = 8
STRETCH = 64  # tokens by which a long entity is followed

Indices: TypeAlias = "npt.NDArray[np.intp]"
Flags: TypeAlias = "npt.NDArray[np.bool_]"


class _Moves(NamedTuple):
    """The recognizer's moves, by number.

    Attributes:
        labels: the label of each, empty for out.
        is_begin: which begin an entity of several tokens.
        is_unit: which make an entity of one token.
        outside: which are allowed outside an entity, in the middle of a sentence.
        go_on: the move that continues the entity that a move begins.
        close: the move that closes it.
    """

    labels: list[str]
    is_begin: Flags
    is_unit: Flags
    outside: Flags
    go_on: Indices
    close: Indices

    @classmethod
    def of(cls, recognizer: EntityRecognizer) -> "_Moves":
        names = [recognizer.moves.get_class_name(number) for number in range(recognizer.moves.n_moves)]
        actions, labels = zip(*(name.partition("-")[::2] for name in names), strict=True)
        action, is_labelled = np.array(actions), np.array([bool(label) for label in labels])
        numbers = {name: number for number, name in enumerate(names)}
        is_begin, is_unit = (action == "B") & is_labelled, (action == "U") & is_labelled

        def of_same_label(letter: str) -> Indices:
            return np.array(
                [numbers[f"{letter}-{label}"] if begins else -1 for label, begins in zip(labels, is_begin, strict=True)]
            )

        return cls(
            list(labels),
            is_begin,
            is_unit,
            is_begin | is_unit | (action == "O"),
            of_same_label("I"),
            of_same_label("L"),
        )


class _Open(NamedTuple):
    """Entities that are open, one an element.

    Attributes:
        place: of the entity among all.
        first: its first token.
        at: the token after those that are certain to be in it.
        go_on: the move that continues it.
        close: the move that closes it.
    """

    place: Indices
    first: Indices
    at: Indices
    go_on: Indices
    close: Indices


class FastRecognizer:
    """Finds the entities that an ``EntityRecognizer`` finds; where entities are set already, by that recognizer."""

    def __init__(self, recognizer: EntityRecognizer) -> None:
        """Check a recognizer.

        Raises:
            Unsupported: it has another structure.
        """
        self._layers = StateLayers(recognizer.cfg, recognizer.model)
        lower = self._layers.lower
        require(lower.get_dim("nF") == FEATURES and lower.get_dim("nP") > 1, "its states have other features")
        self._shape = FEATURES, lower.get_dim("nO"), lower.get_dim("nP")
        self._stock = recognizer
        self._moves = _Moves.of(recognizer)

    def __call__(self, doc: Doc) -> Doc:
        """Set the entities of a Doc."""
        if not len(doc) or doc.has_annotation("ENT_IOB"):
            found_by_spacy: Doc = self._stock(doc)
            return found_by_spacy
        states = self._layers.rows([doc]).reshape(-1, *self._shape)
        nothing, tokens = states[0], states[1:]
        must_end, best = self._outside(doc, tokens, nothing)
        begins = np.flatnonzero(self._moves.is_begin[best])
        ends = np.arange(1, len(doc) + 1)
        ends[begins] = self._ends(tokens, must_end, begins, best[begins])
        found = np.flatnonzero(self._moves.is_begin[best] | self._moves.is_unit[best])
        entities, free = [], 0
        for start, move, end in zip(found.tolist(), best[found].tolist(), ends[found].tolist(), strict=True):
            if start >= free:
                free = end or self._end_of_long(tokens, must_end, start, move)
                entities.append(Span(doc, start, free, label=self._moves.labels[move]))
        doc.set_ents(entities, default="outside")
        return doc

    def _scores(self, states: Floats) -> Floats:
        """Return the score of every move, given the sum of the features of each state: (states, hidden, pieces)."""
        states += self._layers.bias
        hidden = functools.reduce(np.maximum, np.moveaxis(states, 2, 0))
        scores: Floats = self._layers.upper.predict(np.ascontiguousarray(hidden))
        return scores

    def _outside(self, doc: Doc, tokens: Floats, nothing: Floats) -> tuple[Flags, Indices]:
        """Return which tokens must be the last of an entity, and the best move at each token outside of entities."""
        moves = self._moves
        sentence_start, is_space = doc.to_array(["SENT_START", "IS_SPACE"]).T == 1
        must_end = np.append(sentence_start[1:], True)
        scores = self._scores(tokens[:, 0] + nothing[1] + nothing[2])
        scores[:, ~moves.outside] = -np.inf
        scores[np.ix_(must_end | is_space, moves.is_begin)] = -np.inf
        scores[np.ix_(is_space, moves.is_unit)] = -np.inf
        return must_end, scores.argmax(axis=1)

    def _closed(self, tokens: Floats, must_end: Flags, entities: "_Open") -> Flags:
        """Return which entities end with their next token."""
        _, first, at, go_on, close = entities
        scores = self._scores(tokens[at, 0] + tokens[first, 1] + tokens[at - 1, 2])
        each = np.arange(len(at))
        more, last = scores[each, go_on], scores[each, close]
        # Of equal scores, spaCy takes the move with the lower number.
        closed: Flags = must_end[at] | (last > more) | ((last == more) & (close < go_on))
        return closed

    def _ends(self, tokens: Floats, must_end: Flags, begins: Indices, moves: Indices) -> Indices:
        """Return where the entities end that begin at some tokens, exclusive; 0 for those of more than ``ROUNDS`` + 1 tokens."""
        ends = np.zeros(len(begins), np.intp)
        entities = _Open(np.arange(len(begins)), begins, begins + 1, self._moves.go_on[moves], self._moves.close[moves])
        for _ in range(ROUNDS):
            if not len(entities.at):
                break
            closed = self._closed(tokens, must_end, entities)
            ends[entities.place[closed]] = entities.at[closed] + 1
            entities = _Open(*(column[~closed] for column in entities))
            entities.at[:] += 1
        return ends

    def _end_of_long(self, tokens: Floats, must_end: Flags, begin: int, move: int) -> int:
        """Return where a long entity ends, exclusive; the last token of a document must end it."""
        at = begin + 1 + ROUNDS
        while True:
            next_tokens = np.arange(at, min(at + STRETCH, len(must_end)))
            same = np.full(len(next_tokens), begin)
            entity = _Open(same, same, next_tokens, self._moves.go_on[[move]], self._moves.close[[move]])
            closed = np.flatnonzero(self._closed(tokens, must_end, entity))
            if len(closed):
                return at + int(closed[0]) + 1
            at += STRETCH


@Language.factory(FACTORY, assigns=["doc.ents", "token.ent_iob", "token.ent_type"], default_config={"stock": "ner"})
def make_fast_recognizer(nlp: Language, name: str, stock: str) -> FastRecognizer:
    """Return a component that does the work of the pipeline's component ``stock``."""
    return FastRecognizer(nlp.get_pipe(stock))


def add(nlp: Language, stock: str) -> None:
    """Put the fast recognizer into the place of the component ``stock``, which is disabled, if it finds the same entities.

    Raises:
        Unsupported: the recognizer has another structure, or finds other entities.
    """
    recognizer = nlp.get_pipe(stock)
    ours, theirs = FastRecognizer(recognizer)(probe(nlp, stock)), recognizer(probe(nlp, stock))
    require(
        [(span.start, span.end, span.label) for span in ours.ents]
        == [(span.start, span.end, span.label) for span in theirs.ents],
        "the entities are not the same",
    )
    nlp.add_pipe(FACTORY, config={"stock": stock}, after=stock)
    nlp.disable_pipe(stock)
