# SPDX-License-Identifier: Apache-2.0
"""The properties of a token and of a pair of tokens, as numbers that the network knows.

A **column** has a hash of one word or label of each token. A **feature** joins columns: ``"edge1 stem1"`` is the label of the edge above
the head of a token, with the stem of that head; the digit is the number of edges up. A feature is absent where its first column is 0.
Features are hashed into 64 bits (Weinberger et al., Feature Hashing for Large Scale Multitask Learning, 2009).
"""

import functools
from collections.abc import Collection, Iterable, Mapping, Sequence
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
MAX_WORDS = 1 << 16  # whose hashes are kept
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


@functools.lru_cache(MAX_WORDS)
def number(text: str) -> int:
    """Return a hash of 64 bits; 0 for no text."""
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "little") if text else 0


def numbers(texts: Iterable[str]) -> Hashes:
    """Return the hash of each text."""
    return np.array([number(text) for text in texts], dtype=np.uint64)


def with_role(hashes: Hashes, role: Role) -> Hashes:
    """Return hashes of a token's features as those of a holder's or a target's."""
    return np.where(hashes == 0, hashes, hashes * np.uint64(SALTS[role]))


class Hasher:
    """Hashes features from the columns of rows: a random linear combination modulo 2^64, then mixed."""

    def __init__(self, features: Sequence[str], columns: Sequence[str]) -> None:
        place = {name: index for index, name in enumerate(columns)}
        self.first = [place[feature.split()[0]] for feature in features]
        self.salts = numbers(features)
        self.multipliers = np.zeros((len(columns), len(features)), dtype=np.uint64)
        for index, feature in enumerate(features):
            for name in feature.split():
                self.multipliers[place[name], index] = number(f"{feature}|{name}") | 1

    def __call__(self, rows: Hashes, count: int | None = None) -> Hashes:
        """Return the hashes of the first ``count`` features, by row; 0 for an absent one."""
        mixed = rows @ self.multipliers[:, :count] + self.salts[:count]
        mixed ^= mixed >> np.uint64(32)
        mixed *= np.uint64(MIX)
        mixed ^= mixed >> np.uint64(29)
        mixed[rows[:, self.first[:count]] == 0] = 0
        return mixed


TOKEN_HASHER = Hasher(TOKEN_FEATURES, [f"{name}{step or ''}" for step in range(ABOVE + 1) for name in COLUMNS])
PAIR_HASHER = Hasher(PAIR_FEATURES, PAIR_COLUMNS)


@functools.cache
def stance_words() -> frozenset[str]:
    """Return the forms of all stance verbs, nouns and adjectives."""
    return frozenset().union(lexicon.verbs(), lexicon.nouns(), lexicon.adjectives())


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
        edge = numbers(
            f"{dep}:{word}" if dep in WORDED else dep for dep, word in zip(parse.dep, parse.lower, strict=True)
        )
        self.paths = np.zeros((MAX_STEPS + 1, size), dtype=np.uint64)
        for step in range(MAX_STEPS):
            self.paths[step + 1] = self.paths[step] * np.uint64(STEP) + edge[self.above[step]]
        self.words = numbers(parse.lower)
        self._columns = self._by_name(edge, voices)
        self._matrix = np.stack([self._columns[name] for name in COLUMNS], axis=1)

    def __getitem__(self, column: str) -> Hashes:
        """Return a column by its name."""
        return self._columns[column]

    def hashes(self, tokens: Tokens, role: Role, count: int | None = None) -> Hashes:
        """Return the first ``count`` features of tokens in a role, by row."""
        rows = np.hstack([self._matrix[self.above[step, tokens]] for step in range(ABOVE + 1)])
        return with_role(TOKEN_HASHER(rows, count), role)

    def _by_name(self, edge: Hashes, voices: Voices) -> dict[str, Hashes]:
        parse, size = self.parse, len(self.parse)
        listed = stance_words()
        entries = [first_entry(parse, token) if word in listed else None for token, word in enumerate(parse.lower)]
        sign = np.array([0 if entry is None else 1 if entry.score > 0 else 2 for entry in entries], dtype=np.uint64)
        words, stems = self.words, numbers(map(stem, parse.lower))
        types = [entity.type for entity in voices.parties.entities]
        kinds = [
            types[entity] if entity >= 0 else kind or (word if tag in PRONOUN_TAGS else tag)
            for entity, kind, word, tag in zip(
                self.entity.tolist(), parse.ent_type, parse.lower, parse.tag, strict=True
            )
        ]
        auxiliaries = np.zeros(size, dtype=np.uint64)
        own = self._with_label(AUXILIARIES)
        np.add.at(auxiliaries, self.above[1, own], words[own])
        return {
            "stem": stems,
            "tag": numbers(parse.tag),
            "class": numbers(tag[:2] for tag in parse.tag),
            "label": numbers(parse.dep),
            "edge": edge,
            "kind": numbers(kinds),
            "sign": sign,
            "slot": numbers("" if entry is None else f"{entry.slots[0]}|{entry.holder}" for entry in entries),
            "relation": numbers("" if entry is None else entry.relation or "" for entry in entries),
            "charge": self._of_child(QUALITIES, sign),
            "determiner": self._of_child({"det", "poss"}, words),
            "auxiliaries": auxiliaries,
            "negated": self._of_child({"neg"}, np.ones(size, dtype=np.uint64)),
            "subject": self._of_child(SUBJECTS, np.array([1 + (dep == "nsubjpass") for dep in parse.dep], np.uint64)),
            "mark": self._of_child({"mark"}, words),
            "particle": self._of_child({"prt"}, words),
            "object": self._of_child(OBJECTS, stems),
            "marked": np.array([region != NO_REGION for region in parse.region_of], dtype=np.uint64),
            "quoted": np.array([token in voices.quote_of for token in range(size)], dtype=np.uint64),
            "question": self._questions(),
            **{f"path{step}": self.paths[step] for step in range(1, ABOVE + 1)},
        }

    def _with_label(self, labels: Collection[str]) -> Tokens:
        return np.array([token for token, dep in enumerate(self.parse.dep) if dep in labels], dtype=np.int64)

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
