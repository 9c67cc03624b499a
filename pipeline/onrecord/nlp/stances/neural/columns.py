# SPDX-License-Identifier: Apache-2.0
"""The properties of a token and of a pair of tokens, as numbers that the network knows.

A **column** has a hash of one word or label of each token. A **feature** joins columns: ``"edge1 stem1"`` is the label of the edge above
the head of a token, with the stem of that head; the digit is the number of edges up. A feature is absent where its first column is 0.
Features are hashed into 64 bits (Weinberger et al., Feature Hashing for Large Scale Multitask Learning, 2009).
"""

import functools
from collections.abc import Callable, Collection, Mapping, Sequence
from hashlib import blake2b
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from onrecord.nlp.english.labels import AUXILIARIES, SUBJECTS
from onrecord.nlp.english.parse import Parse
from onrecord.nlp.english.quotation import NO_REGION
from onrecord.nlp.stances import lexicon
from onrecord.nlp.stances.features import WORDED, first_entry, stem
from onrecord.nlp.stances.voices import Voices

Hashes: TypeAlias = NDArray[np.uint64]
Tokens: TypeAlias = NDArray[np.int64]
Role: TypeAlias = Literal["holder", "target"]

# Holders and targets have features of their own, though their columns are the same.
SALTS: Mapping[Role, int] = {"holder": 0x5851F42D4C957F2D, "target": 0x14057B7EF767814F}
MIX = 0x9E3779B97F4A7C15
STEP = 0x100000001B3  # multiplies the hash of a path before the next label is added
MAX_STEPS = 8  # edges that are followed up the tree
MAX_WORDS = 1 << 16  # whose hashes are kept, in 10 MB: most of those of a thousand articles
# The question mark is among the last tokens of a sentence: ?” and a space.
MAX_CLOSING = 3
OBJECTS = frozenset({"dobj", "acomp", "xcomp", "attr", "oprd"})
QUALITIES = frozenset({"amod", "acomp", "attr", "advmod", "compound"})
PRONOUN_TAGS = frozenset({"PRP", "PRP$", "DT", "WP", "WP$"})

COLUMNS = (
    "stem", "tag", "class", "label", "edge", "kind", "sign", "slot", "relation", "charge", "determiner", "auxiliaries", "negated",
    "subject", "mark", "particle", "object", "marked", "quoted", "question", "path1", "path2", "path3",
)  # fmt: skip
ABOVE = 3  # edges up to the last token whose columns are features
# The first are those by which a token is considered at all.
FILTERING = 8
TOKEN_FEATURES = (
    "stem", "label tag", "kind label", "edge stem1", "edge edge1", "slot sign", "path2 stem2", "class quoted marked question",
    "edge", "kind", "path3 stem3", "sign1 edge slot1", "sign2 path2 slot2", "sign3 path3", "charge", "determiner",
    "auxiliaries1 label", "label negated1 negated2", "relation1 edge", "object1 stem1 edge", "auxiliaries",
    "subject negated mark", "particle1 stem1 edge", "stem1 stem2 label",
)  # fmt: skip
PAIR_COLUMNS = (
    "way", "up", "down", "steps", "order", "voice", "top_stem", "top_sign", "top_slot", "top_class", "top_negated", "top_auxiliaries",
    "top_particle", "top_object", "top_relation", "below_label", "below_sign", "under_label", "holder_kind", "holder_label",
    "holder_marked", "target_kind", "target_label", "target_marked", "target_above_sign",
    "judged_sign", "judged_likelihood", "judged_kind", "inner_sign", "inner_edge", "outer_sign", "other_sign", "other_likelihood",
)  # fmt: skip
FILTERING_PAIRS = 8
PAIR_FEATURES = (
    "way voice holder_marked target_marked", "holder_kind target_kind way", "top_class up down", "up top_class", "down top_class",
    "order way", "holder_label target_label target_above_sign way", "voice target_kind target_label",
    "top_stem up down", "top_stem below_label up", "top_sign top_slot up down", "top_sign below_label under_label", "steps",
    "target_above_sign up steps top_sign", "below_sign below_label up", "top_negated top_sign", "top_auxiliaries top_sign",
    "top_particle top_stem up down", "top_object top_stem below_label under_label", "top_relation up down",
    "way voice target_above_sign target_label", "judged_sign judged_likelihood", "judged_sign judged_kind way",
    "judged_likelihood judged_kind", "inner_sign inner_edge judged_sign", "outer_sign way", "other_sign other_likelihood way",
)  # fmt: skip


class _Numbers(dict[str, int]):
    """A number of each text, which is computed once; of no more than ``MAX_WORDS`` texts, the last ones."""

    def __init__(self, compute: Callable[[str], int]) -> None:
        super().__init__()
        self._compute = compute

    def __missing__(self, text: str) -> int:
        if len(self) >= MAX_WORDS:
            self.clear()
        found = self[text] = self._compute(text)
        return found


def _hash(text: str) -> int:
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "little") if text else 0


_NUMBERS = _Numbers(_hash)
_STEMS = _Numbers(lambda word: _hash(stem(word)))
_CLASSES = _Numbers(lambda tag: _hash(tag[:2]))


def number(text: str) -> int:
    """Return a hash of 64 bits; 0 for no text."""
    return _NUMBERS[text]


def numbers(texts: Sequence[str], table: _Numbers = _NUMBERS) -> Hashes:
    """Return the hash of each text."""
    return np.fromiter(map(table.__getitem__, texts), np.uint64, len(texts))


def with_role(hashes: Hashes, role: Role) -> Hashes:
    """Return hashes of a token's features as those of a holder's or a target's."""
    return np.where(hashes == 0, hashes, hashes * np.uint64(SALTS[role]))


class Hasher:
    """Hashes features from the columns of rows: a random linear combination modulo 2^64, then mixed."""

    def __init__(self, features: Sequence[str], columns: Collection[str]) -> None:
        self.parts: list[tuple[np.uint64, list[tuple[str, np.uint64]]]] = []
        for feature in features:
            names = feature.split()
            assert all(name in columns for name in names), feature
            parts = [(name, np.uint64(number(f"{feature}|{name}") | 1)) for name in names]
            self.parts.append((np.uint64(number(feature)), parts))

    def __call__(self, columns: Mapping[str, Hashes], count: int | None = None) -> Hashes:
        """Return the hashes of the first ``count`` features, by row; 0 for an absent one."""
        features = self.parts[:count]
        mixed = np.empty((len(features), len(columns[features[0][1][0][0]])), dtype=np.uint64)
        for total, (salt, parts) in zip(mixed, features, strict=True):
            total[:] = salt
            for name, multiplier in parts:
                total += columns[name] * multiplier
        mixed ^= mixed >> np.uint64(32)
        mixed *= np.uint64(MIX)
        mixed ^= mixed >> np.uint64(29)
        for total, (_, parts) in zip(mixed, features, strict=True):
            total *= columns[parts[0][0]] != 0
        return np.ascontiguousarray(mixed.T)


# By the name that it has in features, a column and the number of edges up.
PLACES = {f"{name}{step or ''}": (name, step) for step in range(ABOVE + 1) for name in COLUMNS}
TOKEN_HASHER = Hasher(TOKEN_FEATURES, PLACES)
PAIR_HASHER = Hasher(PAIR_FEATURES, PAIR_COLUMNS)


@functools.cache
def stance_words() -> frozenset[str]:
    """Return the forms of all stance verbs, nouns and adjectives."""
    return frozenset().union(lexicon.verbs(), lexicon.nouns(), lexicon.adjectives())


class _Rows(dict[str, Hashes]):
    """The columns of some tokens and of those above them, by the names that they have in features; each is made when it is asked for."""

    def __init__(self, columns: "TokenColumns", tokens: Tokens) -> None:
        super().__init__()
        self._columns, self._tokens = columns, tokens

    def __missing__(self, place: str) -> Hashes:
        name, step = PLACES[place]
        found: Hashes = self._columns[name][self._columns.above[step, self._tokens]]
        self[place] = found
        return found


class TokenColumns:
    """The columns of the tokens of an article.

    Attributes:
        above: ``above[k]`` is the token ``k`` edges up, by token.
        entity: the index of the entity that a token names or refers to; -1 for none.
        paths: ``paths[k]`` is a hash of the labels of the ``k`` edges up from a token.
        words: a hash of each word.
    """

    def __init__(self, parse: Parse, voices: Voices) -> None:
        self.parse = parse
        parties, size = voices.parties, len(parse)
        self.above = np.empty((MAX_STEPS + 1, size), dtype=np.int64)
        self.above[0], head = np.arange(size), np.array(parse.head)
        for step in range(MAX_STEPS):
            self.above[step + 1] = head[self.above[step]]
        self.entity = np.full(size, -1)
        for token, reference in parties.references.items():
            if reference.entity is not None:
                self.entity[token] = reference.entity
        self.entity[list(parties.entity_of)] = list(parties.entity_of.values())
        self._label = numbers(parse.dep)
        edge = self._label.copy()
        worded = self._with_label(WORDED)
        edge[worded] = numbers([f"{parse.dep[token]}:{parse.lower[token]}" for token in worded.tolist()])
        self.paths = np.zeros((MAX_STEPS + 1, size), dtype=np.uint64)
        for step in range(MAX_STEPS):
            self.paths[step + 1] = self.paths[step] * np.uint64(STEP) + edge[self.above[step]]
        self.words = numbers(parse.lower)
        self._columns = self._by_name(edge, voices)

    def __getitem__(self, column: str) -> Hashes:
        """Return a column by its name."""
        return self._columns[column]

    def hashes(self, tokens: Tokens, role: Role) -> Hashes:
        """Return the features of tokens in a role, by row."""
        return with_role(TOKEN_HASHER(_Rows(self, tokens)), role)

    def filtering(self, tokens: Tokens, role: Role) -> Hashes:
        """Return the first features of tokens in a role, by row."""
        return with_role(self._filtering[tokens], role)

    @functools.cached_property
    def _filtering(self) -> Hashes:
        """The first features of every token."""
        return TOKEN_HASHER(_Rows(self, np.arange(len(self.parse))), FILTERING)

    def _by_name(self, edge: Hashes, voices: Voices) -> dict[str, Hashes]:
        parse, size = self.parse, len(self.parse)
        words, stems, tags = self.words, numbers(parse.lower, _STEMS), numbers(parse.tag)
        sign, slot, relation, auxiliaries, marked, quoted = np.zeros((6, size), dtype=np.uint64)
        listed = stance_words()
        for token, word in enumerate(parse.lower):
            if word in listed and (entry := first_entry(parse, token)) is not None:
                sign[token] = 1 if entry.score > 0 else 2
                slot[token] = number(f"{entry.slots[0]}|{entry.holder}")
                relation[token] = number(entry.relation or "")
        is_pronoun = np.fromiter(map(PRONOUN_TAGS.__contains__, parse.tag), np.bool_, size)
        types = numbers([entity.type for entity in voices.parties.entities] or [""])
        kinds = numbers(parse.ent_type)
        kinds = np.where(kinds != 0, kinds, np.where(is_pronoun, words, tags))
        own = self._with_label(AUXILIARIES)
        np.add.at(auxiliaries, self.above[1, own], words[own])
        marked[:] = np.array(parse.region_of) != NO_REGION
        quoted[list(voices.quote_of)] = 1
        return {
            "stem": stems,
            "tag": tags,
            "class": numbers(parse.tag, _CLASSES),
            "label": self._label,
            "edge": edge,
            "kind": np.where(self.entity >= 0, types[self.entity], kinds),
            "sign": sign,
            "slot": slot,
            "relation": relation,
            "charge": self._of_child(QUALITIES, sign),
            "determiner": self._of_child({"det", "poss"}, words),
            "auxiliaries": auxiliaries,
            "negated": self._of_child({"neg"}, np.ones(size, dtype=np.uint64)),
            "subject": self._of_child(SUBJECTS, 1 + (self._label == number("nsubjpass")).astype(np.uint64)),
            "mark": self._of_child({"mark"}, words),
            "particle": self._of_child({"prt"}, words),
            "object": self._of_child(OBJECTS, stems),
            "marked": marked,
            "quoted": quoted,
            "question": self._questions(),
            **{f"path{step}": self.paths[step] for step in range(1, ABOVE + 1)},
        }

    def _with_label(self, labels: Collection[str]) -> Tokens:
        return np.flatnonzero(functools.reduce(np.logical_or, (self._label == number(label) for label in labels)))

    def _of_child(self, labels: Collection[str], values: Hashes) -> Hashes:
        """Return by token the value of its last child with one of the labels that has any; 0 where there is none."""
        found = np.zeros(len(self.parse), dtype=np.uint64)
        children = self._with_label(labels)
        children = children[values[children] != 0]
        found[self.above[1, children]] = values[children]
        return found

    def _questions(self) -> Hashes:
        """Return by token whether its sentence ends as a question."""
        parse = self.parse
        asked = np.zeros(len(parse), dtype=np.uint64)
        for start in parse.sentence_starts:
            first, end = parse.sentence_of(start)
            asked[first:end] = "?" in parse.lower[max(first, end - MAX_CLOSING) : end]
        return asked
