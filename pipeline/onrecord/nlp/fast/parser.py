# SPDX-License-Identifier: Apache-2.0
"""Greedy decoding of spaCy's transition-based dependency parser, all paragraphs of a batch at once.

The moves are arc-eager (Nivre 2008) and non-monotonic (Honnibal and Johnson 2015): shift, reduce, left arc, right arc, break. Where a
token is marked as the start of a sentence, as the first of each paragraph is, no arc crosses and the stack is empty: what is between two
such tokens, a stretch, is parsed as if it were alone, and one step takes a move of every stretch. spaCy takes the moves one by one; in its
wheels since 3.8.8, each asks for Python's global lock some fifty times.
"""

import itertools
import operator
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple, cast

import numpy as np
from spacy.language import Language
from spacy.pipeline import DependencyParser
from spacy.pipeline._parser_internals import nonproj
from spacy.tokens import Doc
from spacy.util import minibatch
from thinc.types import Ints2d

from onrecord.nlp.fast.products import Floats
from onrecord.nlp.fast.recognizer import Flags, Indices
from onrecord.nlp.fast.structure import StateLayers, probe, require

FACTORY = "onrecord_parser"
FEATURES, PIECES = 8, 2  # tokens that describe a state, and the pieces of the maxout
ACTIONS = "SDLRB"  # shift, reduce, left arc, right arc, break
SHIFT, REDUCE, LEFT, RIGHT, BREAK = range(len(ACTIONS))
ROLES = np.arange(FEATURES)[:, None]
# A document with a longer stretch is left to spaCy: a step takes about as long for one stretch as for fifty.
MAX_STRETCH = 300
MAX_KEPT_ROWS = 16_000  # of the tokens of a batch, in 64 MB, which are not asked of the system for each batch
MAX_ROUNDS = 4  # of parsing stretches again, since the one before was


class _Tokens:
    """What the moves did to the tokens of a batch, each column a token: 0 for none, and the batch begins with 1.

    Attributes:
        fronts: whether it is the first of a stretch.
        starts: whether it is the first of a sentence.
        held: whether it was put back, so that it is not shifted again.
        head: its head.
        move: the move that gave it its head.
        last_left: its last child to the left.
        last_right: its last child to the right.
        previous_right: the child to the right that its head had before it.
        below: the one below it on the stack.
        behind: the one that was put back before it.
    """

    def __init__(self, fronts: Flags, starts: Flags) -> None:
        self.fronts, self.starts = fronts, starts
        self.held = np.zeros(len(starts), bool)
        self.columns = np.zeros((7, len(starts)), np.intp)
        self.head, self.move, self.last_left, self.last_right, self.previous_right, self.below, self.behind = (
            self.columns
        )

    def reset(self, front: int, stop: int, is_marked: bool) -> None:
        """Undo the moves of a stretch; ``is_marked``: whether its second token is the first of a sentence."""
        self.starts[front + 1 : stop], self.held[front:stop] = False, False
        self.starts[front + 1] = is_marked
        self.columns[:, front:stop] = 0


class _States(NamedTuple):
    """The stretches that are not parsed to their end, one an element.

    Attributes:
        top: the top of the stack.
        back: the token that was put back last.
        front: the first token that was never shifted.
        stop: the end of the stretch.
        end: the end of its document.
        has_marked: whether it has marked the start of a sentence behind it.
    """

    top: Indices
    back: Indices
    front: Indices
    stop: Indices
    end: Indices
    has_marked: Flags


class FastParser:
    """Parses as a ``DependencyParser`` does; that parser parses what this one is not faster for."""

    def __init__(self, parser: DependencyParser) -> None:
        """Check a parser.

        Raises:
            Unsupported: it has another structure.
        """
        require(parser.postprocesses == (nonproj.deprojectivize,), "it merges tokens")
        self._layers = StateLayers(parser.cfg, parser.model)
        lower = self._layers.lower
        require((lower.get_dim("nF"), lower.get_dim("nP")) == (FEATURES, PIECES), "its states have other features")
        names = [parser.moves.get_class_name(number) for number in range(parser.moves.n_moves)]
        labels = [name.partition("-")[2] for name in names]
        require("subtok" not in labels, "it merges tokens")
        self._stock = parser
        self._action = np.array([ACTIONS.index(name[0]) for name in names])
        self._label = np.array([parser.vocab.strings.add(label) if label else 0 for label in labels], np.uint64)
        self._is_decorated = np.array([nonproj.is_decorated(label) for label in labels])
        self._root = np.uint64(parser.vocab.strings.add("ROOT"))
        self._bias = self._layers.bias.reshape(-1)
        self._rows = np.empty((0, lower.get_dim("nF") * len(self._bias)), np.float32)
        # By which moves a state allows, as a binary number: shift, arcs, break, and not reduce.
        is_allowed = np.stack(
            [np.arange(16) & bit == wanted for bit, wanted in ((1, 1), (8, 0), (2, 2), (2, 2), (4, 4))]
        )
        self._penalties = np.where(is_allowed[self._action].T, 0, -np.inf).astype(np.float32)

    def __call__(self, doc: Doc) -> Doc:
        """Parse a Doc."""
        return next(self.pipe([doc]))

    def pipe(self, docs: Iterable[Doc], *, batch_size: int = 256) -> Iterator[Doc]:
        """Parse Docs; each is parsed the same in any batch."""
        for batch in minibatch(docs, size=batch_size):  # type: ignore[no-untyped-call]
            is_ours = [self._has_short_stretches(doc) for doc in batch]
            by_spacy = list(itertools.compress(batch, map(operator.not_, is_ours)))
            if any(is_ours):
                by_spacy += self.parse(list(itertools.compress(batch, is_ours)))
            list(self._stock.pipe(by_spacy, batch_size=batch_size))
            yield from batch

    def _has_short_stretches(self, doc: Doc) -> bool:
        marks = doc.to_array("SENT_START").astype(np.int64)
        edges = np.concatenate(([0], np.flatnonzero(marks == 1), [len(doc)]))
        return len(doc) > 0 and int(marks.min()) >= 0 and int(np.diff(edges).max()) <= MAX_STRETCH

    def parse(self, docs: Sequence[Doc]) -> list[Doc]:
        """Parse Docs that are not empty; return those that it gave up."""
        lengths = [len(doc) for doc in docs]
        ends = np.cumsum(lengths) + 1
        firsts: Indices = ends - np.array(lengths)
        starts = np.concatenate([[0], *(doc.to_array("SENT_START") for doc in docs)]) == 1
        edges = starts.copy()
        edges[firsts] = True
        fronts = np.flatnonzero(edges)
        stops = np.append(fronts[1:], ends[-1])
        doc_ends = np.repeat(ends, np.add.reduceat(edges, firsts, dtype=np.intp))
        if len(starts) > len(self._rows):
            self._rows = np.empty((len(starts), self._rows.shape[1]), np.float32)
        rows = self._layers.rows(docs, self._rows).reshape(len(starts) * FEATURES, -1)
        if len(self._rows) > MAX_KEPT_ROWS:
            self._rows = self._rows[:0].copy()
        tokens = _Tokens(edges, starts)
        marked: set[int] = set()  # stretches of which the one before marks the second token
        pending = list(range(len(fronts)))
        for _ in range(MAX_ROUNDS):
            marks = self._run(tokens, rows, fronts[pending], stops[pending], doc_ends[pending])
            changed = (set(np.searchsorted(fronts, marks).tolist()) ^ marked) & {stretch + 1 for stretch in pending}
            if not changed:
                break
            marked ^= changed
            pending = sorted(changed)
            for stretch in pending:
                tokens.reset(fronts[stretch], stops[stretch], stretch in marked)
        given_up = []
        for doc, first, end in zip(docs, firsts.tolist(), ends.tolist(), strict=True):
            if changed and any(first <= front < end for front in fronts[pending].tolist()):
                given_up.append(doc)
            else:
                self._annotate(doc, tokens, np.arange(first, end))
        return given_up

    def _run(self, tokens: _Tokens, rows: Floats, fronts: Indices, stops: Indices, ends: Indices) -> list[int]:
        """Take all moves of some stretches; return the ends of those whose last moves mark the start of a sentence behind them."""
        none = np.zeros(len(fronts), np.intp)
        states = _States(none, none, fronts, stops, ends, none > 0)
        marks: list[int] = []
        while len(states.top):
            top, back, front, stop, end, has_marked = states
            below, is_back = tokens.below[top], back > 0
            unseen = np.where(front < end, front, 0)
            first = np.where(is_back, back, unseen)
            behind = tokens.behind[back]
            second = np.where(behind > 0, behind, np.where(is_back, unseen, np.where(front + 1 < end, front + 1, 0)))
            is_last = first == stop
            # What the stretch marks behind itself, only the next one sees.
            may_mark = ~np.where(is_last, tokens.fronts[second] | has_marked, tokens.starts[second])
            moves = self._best(tokens, rows, first, second, top, may_mark)
            action = self._action[moves]
            self._attach(tokens, first, top, moves, action)
            breaks, is_pushed = action == BREAK, (action == SHIFT) | (action == RIGHT)
            tokens.starts[second[breaks & ~is_last]] = True
            tokens.below[first[is_pushed]] = top[is_pushed]
            is_put_back = (action == REDUCE) & (tokens.head[top] == 0) & (below > 0)
            put_back = top[is_put_back]
            tokens.held[put_back], tokens.behind[put_back] = True, back[is_put_back]
            states = _States(
                np.where(is_pushed, first, np.where(breaks, top, below)),
                np.where(is_put_back, top, np.where(is_pushed, behind, back)),
                front + (is_pushed & ~is_back),
                stop,
                end,
                has_marked | (breaks & is_last),
            )
            marks += stop[breaks & is_last].tolist()
            going = (states.top > 0) | (states.back > 0) | (states.front < stop)
            if not going.all():
                states = _States._make(column[going] for column in states)
        return marks

    def _best(
        self, tokens: _Tokens, rows: Floats, first: Indices, second: Indices, top: Indices, may_mark: Flags
    ) -> Indices:
        """Return the best of the moves that each state allows."""
        below = tokens.below[top]
        described = np.array(
            [
                first,
                second,
                top,
                below,
                tokens.below[below],
                tokens.last_left[first],
                tokens.last_left[top],
                tokens.last_right[top],
            ]
        )
        hidden = np.add.reduce(rows.take(described * FEATURES + ROLES, axis=0), axis=0)
        hidden += self._bias
        scores = self._layers.upper.predict(np.maximum(hidden[:, 0::PIECES], hidden[:, 1::PIECES]))
        is_empty = top == 0
        may_attach = ~is_empty & (first > 0) & ~tokens.starts[first]
        may_shift = is_empty | (may_attach & (second > 0) & ~tokens.held[first])
        may_break = may_mark & (second == first + 1) & (first > 0)
        scores += self._penalties.take(may_shift + 2 * may_attach + 4 * may_break + 8 * is_empty, axis=0)
        best: Indices = scores.argmax(axis=1)
        return best

    def _attach(self, tokens: _Tokens, first: Indices, top: Indices, moves: Indices, action: Indices) -> None:
        """Draw the arcs of the moves."""
        left, right = action == LEFT, action == RIGHT
        child, head = top[left], first[left]
        lost = tokens.head[child]  # the head to the left that a child had; the child is the last of that
        tokens.last_right[lost[lost > 0]] = tokens.previous_right[child[lost > 0]]
        tokens.head[child], tokens.move[child] = head, moves[left]
        tokens.last_left[head], tokens.held[head] = child, False
        child, head = first[right], top[right]
        tokens.head[child], tokens.move[child] = head, moves[right]
        tokens.previous_right[child], tokens.last_right[head] = tokens.last_right[head], child

    def _annotate(self, doc: Doc, tokens: _Tokens, own: Indices) -> None:
        """Set the heads and labels of a Doc, of which ``own`` are the tokens."""
        heads, moves = tokens.head[own], tokens.move[own]
        has_head = heads > 0
        columns = (
            np.where(has_head, heads - own, 0).astype(np.uint64),
            np.where(has_head, self._label[moves], self._root),
        )
        doc.from_array(["HEAD", "DEP"], cast(Ints2d, np.stack(columns, axis=1)))
        if (self._is_decorated[moves] & has_head).any():
            nonproj.deprojectivize(doc)


@Language.factory(
    FACTORY,
    assigns=["token.dep", "token.head", "token.is_sent_start", "doc.sents"],
    default_config={"stock": "parser"},
)
def make_fast_parser(nlp: Language, name: str, stock: str) -> FastParser:
    """Return a component that does the work of the pipeline's component ``stock``."""
    return FastParser(nlp.get_pipe(stock))


def add(nlp: Language, stock: str) -> None:
    """Put the fast parser into the place of the component ``stock``, which is disabled, if it gives the same trees.

    Raises:
        Unsupported: the parser has another structure, or gives other trees.
    """
    parser = nlp.get_pipe(stock)
    ours, theirs = probe(nlp, stock), parser(probe(nlp, stock))
    left_out = FastParser(parser).parse([ours])
    columns: list[int | str] = ["HEAD", "DEP", "SENT_START"]
    require(
        not left_out and np.array_equal(ours.to_array(columns), theirs.to_array(columns)), "the trees are not the same"
    )
    nlp.add_pipe(FACTORY, config={"stock": stock}, after=stock)
    nlp.disable_pipe(stock)
