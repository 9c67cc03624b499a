# SPDX-License-Identifier: Apache-2.0
"""Who and what an article mentions, and the mentions themselves: the data that the discourse model (``discourse``) is made of."""

import functools
import math
import struct
from bisect import bisect_left
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import IntEnum


class Role(IntEnum):
    """The syntactic role of a mention, from the most to the least prominent."""

    SUBJECT = 0
    EMBEDDED_SUBJECT = 1
    OBJECT = 2
    OBLIQUE = 3
    POSSESSOR = 4
    OTHER = 5


# To read a member of an Enum takes thirty times longer than to read a global.
SUBJECT, EMBEDDED_SUBJECT, OBJECT, OBLIQUE, POSSESSOR, OTHER = Role
ACTING = (SUBJECT, EMBEDDED_SUBJECT, POSSESSOR)  # roles of a body that does something


def packed(*numbers: float) -> bytes:
    """Return part of a row of features: 32-bit numbers, which NumPy reads several times faster than those of lists."""
    return _packer(len(numbers))(*numbers)


@functools.cache
def _packer(count: int) -> Callable[..., bytes]:
    return struct.Struct(f"{count}f").pack


@dataclass(slots=True, eq=False)
class Referent:
    """Someone or something that the article mentions: an entity, or what a common noun refers to.

    Attributes:
        entity: its index in ``doc._.onrecord_entities``; None if the article does not name it.
        type: the type of the entity; an empty string if there is none.
        male: how sure it is that a person is a man: from -1 (a woman) to 1; 0 if nothing shows it.
        is_plural: whether it is a group.
        names: how many times it is named in the article.
        salience: that of the entity.
        words: the words of its names and of its role.
        nouns: the nouns that the article uses for it, in appositions, titles and predicates.
        masculine: how many times "he" has referred to it.
        feminine: how many times "she" has referred to it.
        neuter: how many times "it" or "they" has referred to it.
        count: how many times it has been mentioned.
        noun: the head of its name, such as the surname, or the common noun.
        description: the words with which the article describes it: its role, and ``nouns``.
        called: the nouns that have referred to it.
        last: its last mention.
        may_be_person: whether "he" and "she" can refer to it.
        is_place: whether things are in or at it and it does nothing.
        is_body: whether it is a common noun for a body, such as a committee.
        is_known: whether it is well known, or has an abbreviation for a name.
        kinds: the types that the article's words for it show, which may not be ``type``: the cruise ship Borrasca.
        groups: the groups of nouns of these words.
        not_called: nouns that cannot mean it: a city is not called a country.
        fixed: those of its features that are the same at each place (``features.FIXED``), packed.
    """

    entity: int | None
    type: str
    male: float
    is_plural: bool
    names: int = 0
    salience: float = 0.0
    words: frozenset[str] = frozenset()
    nouns: set[str] = field(default_factory=set)
    masculine: int = 0
    feminine: int = 0
    neuter: int = 0
    count: int = 0
    noun: str = ""
    description: frozenset[str] = frozenset()
    called: set[str] = field(default_factory=set)
    last: "Occurrence | None" = None
    may_be_person: bool = False
    is_place: bool = False
    is_body: bool = False
    is_known: bool = False
    kinds: frozenset[str] = frozenset()
    groups: frozenset[int] = frozenset()
    not_called: frozenset[str] = frozenset()
    fixed: bytes = b""

    def __post_init__(self) -> None:
        self.fix()

    def fix(self) -> None:
        """Make ``fixed`` again, after another field has changed."""
        self.fixed = packed(
            self.entity is None,
            self.type == "PERSON",
            self.type == "ORG",
            self.type == "GPE",
            self.type == "NORP",
            math.log1p(self.names) / 3,
            self.salience,
            abs(self.male) == 1,
            self.entity == 0,
        )


@dataclass(slots=True, eq=False)
class Occurrence:
    """A mention: its head token, where it is, and what it refers to; ``is_name`` is False for pronouns and nouns."""

    token: int
    sentence: int
    paragraph: int
    region: int
    role: Role
    clause: int
    is_name: bool
    referent: Referent


class Mentions:
    """The earlier mentions, in text order."""

    def __init__(self) -> None:
        self._tokens: list[int] = []
        self._occurrences: list[Occurrence] = []

    def add(self, occurrence: Occurrence) -> None:
        """Add a mention, which may come before others."""
        place = bisect_left(self._tokens, occurrence.token)
        self._tokens.insert(place, occurrence.token)
        self._occurrences.insert(place, occurrence)

    def before(self, token: int, count: int) -> list[Occurrence]:
        """Return the last mentions before a token, the nearest first."""
        place = bisect_left(self._tokens, token)
        return self._occurrences[max(0, place - count) : place][::-1]
