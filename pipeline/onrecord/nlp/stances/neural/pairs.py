# SPDX-License-Identifier: Apache-2.0
"""The pairs of tokens of an article that may be holder and target of a stance, with the features of each pair."""

from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from onrecord.nlp.english.labels import SUBJECTS
from onrecord.nlp.english.parse import Parse
from onrecord.nlp.english.syntax import Phrase
from onrecord.nlp.stances.neural.columns import (
    FILTERING_PAIRS,
    MAX_STEPS,
    PAIR_COLUMNS,
    PAIR_HASHER,
    Hashes,
    Role,
    TokenColumns,
    Tokens,
    number,
)
from onrecord.nlp.stances.voices import Voices

NAMES = frozenset({"PERSON", "ORG", "GPE", "NORP", "LOC", "FAC", "EVENT", "LAW", "PRODUCT", "WORK_OF_ART"})
# Names of these types neither hold nor receive a stance.
AMOUNTS = frozenset({"DATE", "TIME", "MONEY", "PERCENT", "ORDINAL"})
INNER = frozenset({"compound", "amod", "nmod", "det"})
ARGUMENTS = frozenset({"nsubj", "dobj", "pobj", "nsubjpass", "agent", "attr", "appos", "conj", "poss"})
# The tags of words that can stand for a noun.
PRONOMINAL = frozenset({"PRP", "DT", "WP", "CD", "JJ", "JJS"})
CLAUSES = frozenset(
    {"ccomp", "xcomp", "advcl", "pcomp", "acl", "csubj", "conj", "relcl", "ROOT", "parataxis", "csubjpass", "prep", "dep", "pobj"}
    | {"dobj", "amod", "acomp"}
)  # fmt: skip
MAX_NAME = 5  # tokens from a part of a name to its head
# Tokens, and pairs of one sentence; with more it is a table or a list.
MAX_SENTENCE = 150
MAX_PAIRS = 1500
# Of the sentence before: the subjects that may go on holding.
MAX_BEFORE = 3
MAX_DISTANCE = 6  # the logarithm of the tokens between the two; farther counts as this
STEPS_OF_LIKELIHOOD = 20  # of the judge's probability, from 0 to 1
JUDGED = [name for name in PAIR_COLUMNS if name.startswith(("judged_", "inner_", "outer_", "other_"))]
# How the holder is connected to the target.
SAME_SENTENCE, SPEAKER, BEFORE = range(3)
# The columns of the lowest word above both.
TOP = ("stem", "sign", "slot", "class", "negated", "auxiliaries", "particle", "object", "relation")


class Filter(Protocol):
    """Says which rows of features may be a holder, a target, or a pair of the two."""

    def __call__(self, side: Role | None, hashes: Hashes) -> NDArray[np.bool_]:
        """Return which rows pass; ``side`` None is for pairs."""


class PairTable(NamedTuple):
    """The pairs of an article, each array by pair.

    Attributes:
        holders: the token of the holder; -1 where only the name of a speaker is known.
        targets: the token of the target.
        ways: how the holder is connected to the target.
        tops: the lowest token above both; -1 for none.
        hashes: the features.
    """

    holders: Tokens
    targets: Tokens
    ways: Tokens
    tops: Tokens
    hashes: Hashes

    def where(self, kept: NDArray[np.bool_]) -> "PairTable":
        """Return the pairs that are kept."""
        return PairTable(self.holders[kept], self.targets[kept], self.ways[kept], self.tops[kept], self.hashes[kept])


class Judged(NamedTuple):
    """A stance that the judge rates.

    Attributes:
        likelihood: its probability.
        kind: how it was found.
        sign: 1 for support, 2 for opposition.
        entity: the index of the holder's entity; -1 for none.
        holder: the tokens of the holder, as (start, end); (-1, 0) for a speaker who is only named.
        target: the phrase of the target.
    """

    likelihood: float
    kind: str
    sign: int
    entity: int
    holder: tuple[int, int]
    target: Phrase


class PairFinder:
    """Finds the pairs of one article: of one sentence, of a speaker and what he says, and of adjacent sentences.

    Args:
        parse: the article.
        voices: who says what in it.
        judged: the stances that the judge rates.
    """

    def __init__(self, parse: Parse, voices: Voices, judged: Iterable[Judged] = ()) -> None:
        self.parse, self.voices = parse, voices
        self.judged = sorted(judged, key=lambda one: one.likelihood)
        self.tokens = TokenColumns(parse, voices)

    def candidates(self) -> tuple[Tokens, Tokens]:
        """Return the tokens that can hold a stance, and those that can receive one."""
        parse = self.parse
        holders, targets = [], []
        for token, (tag, dep, kind) in enumerate(zip(parse.tag, parse.dep, parse.ent_type, strict=True)):
            if not parse.is_body[token] or not parse.is_word[token]:
                continue
            if tag.startswith("VB"):
                if dep in CLAUSES:
                    targets.append(token)
            elif tag == "PRP$":
                holders.append(token)
            elif tag.startswith("NN") or (tag in PRONOMINAL and dep in ARGUMENTS) or (tag == "JJ" and kind == "NORP"):
                if kind in AMOUNTS or (dep in INNER and not self._is_name(token)):
                    continue
                holders.append(token)
                if tag != "WP":
                    targets.append(token)
        return np.array(holders, dtype=np.int64), np.array(targets, dtype=np.int64)

    def _is_name(self, token: int) -> bool:
        """Whether a word inside a noun phrase is the head of a name: (Peru)'s plan, (Syrian) troops."""
        parse, entity_of = self.parse, self.voices.parties.entity_of
        head, kind, entity = parse.head[token], parse.ent_type[token], entity_of.get(token)
        if entity is None and kind not in NAMES:
            return False
        if abs(head - token) > MAX_NAME:
            return True
        return entity_of.get(head) != entity if entity is not None else parse.ent_type[head] != kind

    def table(self, passes: Filter) -> PairTable:
        """Return the pairs whose tokens and features pass a filter, and those that the judge rates."""
        holders, targets = self.candidates()
        holders = self._kept(holders, "holder", passes, [token for one in self.judged for token in range(*one.holder)])
        targets = self._kept(targets, "target", passes, [one.target.head for one in self.judged])
        rows = np.array(list(self._pairs(holders.tolist(), targets.tolist())), dtype=np.int64).reshape(-1, 4)
        first, second, ways, voices = rows.T
        tops, columns = self._columns(first, second, ways, voices)
        kept = passes(None, PAIR_HASHER(columns, FILTERING_PAIRS)) | (columns["judged_sign"] != 0)
        hashes = PAIR_HASHER({name: column[kept] for name, column in columns.items()})
        return PairTable(first[kept], second[kept], ways[kept], tops[kept], hashes)

    def _kept(self, tokens: Tokens, role: Role, passes: Filter, judged: list[int]) -> Tokens:
        """Return the tokens that pass a filter, and those that the judge names."""
        return tokens[passes(role, self.tokens.filtering(tokens, role)) | np.isin(tokens, judged)]

    def _pairs(self, holders: list[int], targets: list[int]) -> Iterator[tuple[int, int, int, int]]:
        """Yield holder, target, way and voice of each pair."""
        parse, entity = self.parse, self.tokens.entity.tolist()
        by_sentence: dict[int, list[int]] = defaultdict(list)
        subjects: dict[int, list[int]] = defaultdict(list)
        for holder in holders:
            by_sentence[parse.sentence[holder]].append(holder)
            if parse.dep[holder] in SUBJECTS and parse.tag[holder].startswith("NN"):
                subjects[parse.sentence[holder]].append(holder)
        size = Counter(parse.sentence[target] for target in targets)
        for target in targets:
            sentence, own = parse.sentence[target], entity[target]
            start, end = parse.sentence_of(target)
            if end - start > MAX_SENTENCE or len(by_sentence[sentence]) * size[sentence] > MAX_PAIRS:
                continue
            over = [(self.voices.head(voice), voice.party.entity) for voice in self.voices.over(target)]
            for holder in by_sentence[sentence]:
                if holder != target and not 0 <= entity[holder] == own:
                    yield holder, target, SAME_SENTENCE, _voice(holder, entity[holder], over) if over else 0
            if over:
                head, who = over[-1]
                is_outside = head is None or not start <= head < end
                if is_outside and not 0 <= own == (-1 if who is None else who):
                    yield -1 if head is None else head, target, SPEAKER, 1
            for holder in subjects.get(sentence - 1, [])[:MAX_BEFORE]:
                if not 0 <= entity[holder] == own:
                    yield holder, target, BEFORE, _voice(holder, entity[holder], over) if over else 0

    def _columns(
        self, holders: Tokens, targets: Tokens, ways: Tokens, voices: Tokens
    ) -> tuple[Tokens, dict[str, Hashes]]:
        """Return the lowest token above both, and the columns, by pair."""
        tokens, known, first = self.tokens, holders >= 0, np.maximum(holders, 0)
        up, down, top = self._path(first, targets, ways)
        joined, none, one = top >= 0, np.uint64(0), np.uint64(1)
        below = tokens.above[np.maximum(down - 1, 0), targets]
        under = tokens.above[np.maximum(up - 1, 0), first]
        distance = targets - first
        far = np.minimum(np.log2(np.maximum(np.abs(distance), 1)), MAX_DISTANCE).astype(np.int64)
        found = {
            "way": ways + 1,
            "up": np.where(joined, tokens.paths[np.maximum(up, 0), first] + one, none),
            "down": np.where(joined, tokens.paths[np.maximum(down, 0), targets] + one, none),
            "steps": (up + 1) * (MAX_STEPS + 2) + down + 2,
            "order": np.where(known, 8 + far * np.sign(distance) + 8 * (distance > 0), 1),
            "voice": voices,
            **{f"top_{name}": np.where(joined, tokens[name][top], none) for name in TOP},
            "below_label": np.where(joined, tokens["label"][below], none),
            "below_sign": np.where(joined, tokens["sign"][below], none),
            "under_label": np.where(joined, tokens["label"][under], none),
            "holder_kind": np.where(known, tokens["kind"][first], one),
            "holder_label": np.where(known, tokens["label"][first], one),
            "holder_marked": tokens["marked"][first],
            "target_kind": tokens["kind"][targets],
            "target_label": tokens["label"][targets],
            "target_marked": tokens["marked"][targets],
            "target_above_sign": tokens["sign"][tokens.above[1, targets]],
            **self._judgements(holders, targets),
        }
        return top, {name: found[name].astype(np.uint64, copy=False) for name in PAIR_COLUMNS}

    def _judgements(self, holders: Tokens, targets: Tokens) -> dict[str, Hashes]:
        """Return the columns that say what the judge says of each pair, of the likeliest stance."""
        values: dict[str, dict[int, int]] = {name: {} for name in JUDGED}  # by pair
        holder_of, target_of = holders.tolist(), targets.tolist()  # the targets ascend
        entity_of = self.tokens.entity[holders].tolist()  # without a holder, that of the last token
        for one in self.judged:  # a likelier one replaces what a less likely one has written
            step = 1 + int(one.likelihood * STEPS_OF_LIKELIHOOD)
            start, end = one.holder
            for token in {*range(one.target.start, one.target.end), *self.parse.upward(one.target.head)}:
                for index in range(bisect_left(target_of, token), bisect_right(target_of, token)):
                    holder = holder_of[index]
                    is_mine = start <= holder < end or (holder >= 0 and 0 <= entity_of[index] == one.entity)
                    if not is_mine and token == one.target.head:
                        values["other_sign"][index], values["other_likelihood"][index] = one.sign, step
                    elif token == one.target.head:
                        values["judged_sign"][index], values["judged_likelihood"][index] = one.sign, step
                        values["judged_kind"][index] = number(one.kind)
                    elif is_mine and one.target.start <= token < one.target.end:
                        values["inner_sign"][index] = one.sign
                        values["inner_edge"][index] = int(self.tokens["edge"][token])
                    elif is_mine:
                        values["outer_sign"][index] = one.sign
        columns = np.zeros((len(JUDGED), len(holders)), dtype=np.uint64)
        for column, of_pairs in zip(columns, values.values(), strict=True):
            column[list(of_pairs)] = np.fromiter(of_pairs.values(), np.uint64, len(of_pairs))
        return dict(zip(JUDGED, columns, strict=True))

    def _path(self, holders: Tokens, targets: Tokens, ways: Tokens) -> tuple[Tokens, Tokens, Tokens]:
        """Return the edges up from each holder and from each target to the lowest token above both, and that token; -1 for none."""
        up, down = np.full(len(holders), -1), np.full(len(holders), -1)
        from_holder, from_target = self.tokens.above[:, holders], self.tokens.above[:, targets]
        apart = ways == SAME_SENTENCE
        for total in range(MAX_STEPS + 2):
            for steps in range(max(0, total - MAX_STEPS), min(MAX_STEPS, total) + 1):
                met = apart & (from_holder[steps] == from_target[total - steps])
                up[met], down[met] = steps, total - steps
                apart &= ~met
        return up, down, np.where(up >= 0, from_holder[np.maximum(up, 0), np.arange(len(holders))], -1)


def _voice(holder: int, entity: int, over: list[tuple[int | None, int | None]]) -> int:
    """Return whose words a target is in, of those that voices are over: 1 the holder's, 2 his through another's, 3 another's."""
    mine = [holder == head or 0 <= entity == (-1 if who is None else who) for head, who in over]
    return 1 if mine[-1] else 2 if any(mine) else 3
