# SPDX-License-Identifier: Apache-2.0
"""One key per person across articles: joins the short names of a run with the full name that they nearly always mean.

An article that calls somebody only "Okafor" has an entity with another key than one that says "Ruth Okafor". The articles that use both
names show who is meant: where nearly all of them agree, the key of the short name is replaced by the key of the full one. Entity
records are read and never changed.
"""

import functools
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations

from onrecord.data.names import fold, name_key
from onrecord.data.records import EntityRecord
from onrecord.nlp.english import lexicon

# The share of articles that must agree on who is meant. The others are relatives, namesakes, companies and the model's mistakes.
MIN_SHARE = 0.85
# A single other bearer with this share is somebody whom a bare name may mean: "Okafor", in a run about Ruth and Ben Okafor.
MAX_RIVAL_SHARE = 0.1
# Fewer articles that use both the short and the full name say little about those that use the short one only.
MIN_ARTICLES = 5
# A variant such as "Ruth Hale Okafor" is joined if this share of its articles also has the usual name of the same person. Many
# articles write only one form; one mistaken article among many must not be enough.
MIN_VARIANT_SHARE = 0.2
# The share of articles whose "she" speaks against joining a name with a man's. Lower ones are mistakes in whom a pronoun means.
MAX_OTHER_GENDER = 0.25
# One person has few forms of a given name: Liz, Elizabeth, E.
MAX_GIVEN_NAMES = 4
# Longer names are headlines or lists.
MAX_NAME_WORDS = 6
# About 150 bytes each. A run with more has no joined names, because with a part of the counts the order of files would decide.
MAX_COUNTS = 3_000_000
GENDERS = {
    **dict.fromkeys(("he", "him", "his", "himself"), "he"),
    **dict.fromkeys(("she", "her", "hers", "herself"), "she"),
}


@dataclass(frozen=True, slots=True)
class JoinedName:
    """What a short name, or a rarer variant of a name, is joined with.

    Attributes:
        written: the joined name, as it is usually written in the run.
        key: ``name_key`` of the usual full name.
        name: the full name, as it is usually written in the run.
        articles: number of articles in which the joined name is the fullest one; one that came in several versions counts for each.
        reason: the evidence, in words.
    """

    written: str
    key: str
    name: str
    articles: int
    reason: str

    def __str__(self) -> str:
        """Return the names and the reason, in words."""
        return f"{self.written} → {self.name}: {self.reason}"


class NameCounts:
    """How often people are called what; the order in which entities are added makes no difference."""

    def __init__(self, max_counts: int = MAX_COUNTS) -> None:
        self._max_counts = max_counts
        self._fullest: Counter[str] = Counter()  # articles by key
        self._spelled: Counter[tuple[str, str]] = Counter()  # articles by key and fullest name
        self._together: Counter[tuple[str, str]] = Counter()  # articles by another name and key of a person
        self._not_people: Counter[str] = Counter()  # articles by names of places, organizations and things
        self._genders: Counter[tuple[str, str]] = Counter()  # articles by key and gender
        self.overflowed = False

    def add(self, kind: str, name: str, key: str, aliases: Iterable[str], pronouns: Iterable[str]) -> None:
        """Count the names of an entity of one article.

        Args:
            kind: its type.
            name: its fullest name.
            key: its ``name_key``, or empty.
            aliases: its other names.
            pronouns: the pronouns that mean it.
        """
        if self.overflowed:
            return
        key = key or name_key(name)
        others = {name_key(alias) for alias in aliases} - {key}
        if kind != "PERSON":
            self._not_people.update({key, *others})
        elif len(key.split()) <= MAX_NAME_WORDS:
            self._fullest[key] += 1
            self._spelled[key, name] += 1
            self._together.update((other, key) for other in others)
            found = {pronoun.casefold() for pronoun in pronouns} & GENDERS.keys()
            self._genders.update({(key, GENDERS[pronoun]) for pronoun in found})
        counts = (self._fullest, self._spelled, self._together, self._not_people, self._genders)
        if sum(len(counted) for counted in counts) > self._max_counts:
            self.overflowed = True
            for counted in counts:
                counted.clear()

    def joined(self) -> dict[str, JoinedName]:
        """Return what is joined, by the key of the joined name; empty if there were too many names to count."""
        written = self._written()
        variants = self._variants(written)
        return {**dict(self._short_names(written, variants)), **variants}

    def _written(self) -> dict[str, str]:
        """Return the most frequent spelling of each key."""
        best: dict[str, tuple[int, str]] = {}
        for (key, name), count in self._spelled.items():
            best[key] = min(best.get(key, (0, "")), (-count, name))
        return {key: name for key, (_, name) in best.items()}

    def _variants(self, written: Mapping[str, str]) -> dict[str, JoinedName]:
        """Return full names that some articles use together with the usual full name of the same person."""
        pairs: defaultdict[str, Counter[str]] = defaultdict(Counter)
        for (other, key), count in self._together.items():
            if " " in other and " " in key:
                pairs[other][key] += count
                pairs[key][other] += count
        joined: dict[str, JoinedName] = {}
        for variant, found in pairs.items():
            usual, together = first(found)
            of_all = self._fullest[variant] + sum(self._together[variant, key] for key in found)
            if (
                self._fullest[usual] > self._fullest[variant] > 0
                and is_nearly_all(usual, found)
                and together >= MIN_VARIANT_SHARE * of_all
                and not self._differ_in_gender(variant, usual)
            ):
                reason = f"{together:,} of {of_all:,} articles with this name call the same person {written[usual]} too"
                joined[variant] = self._join(variant, usual, written, reason)
        for variant, usual, reason in self._given_names(written):
            joined.setdefault(variant, self._join(variant, usual, written, reason))
        # The usual name of a variant may itself be a variant. A chain ends, because each name is in more articles than the one before.
        for variant, one in joined.items():
            last = one
            while last.key in joined:
                last = joined[last.key]
            joined[variant] = JoinedName(one.written, last.key, last.name, one.articles, one.reason)
        return joined

    def _given_names(self, written: Mapping[str, str]) -> Iterator[tuple[str, str, str]]:
        """Yield names with another form of the given name, such as "Joseph" of "Joe", where hardly anybody else has the surname."""
        surnames = Counter(key.rpartition(" ")[2] for key in self._fullest if " " in key)
        families: defaultdict[str, Counter[str]] = defaultdict(Counter)
        for key, count in self._fullest.items():
            surname = key.rpartition(" ")[2]
            if surnames[surname] > 1 and " " in key:
                families[surname][key] = count
        for family in families.values():
            usual, _ = first(family)
            # Names with further words stay apart: father and son may differ only in a middle name.
            same = {key for key in family if key.count(" ") == usual.count(" ") == 1 and is_given_name_of(key, usual)}
            # "Alex" may be Alexander and Alexandra.
            if len(same) > MAX_GIVEN_NAMES or not all(
                is_given_name_of(*pair) for pair in combinations(sorted(same), 2)
            ):
                continue
            merged: Counter[str] = Counter()
            for key, count in family.items():
                merged[usual if key in same else key] += count
            if merged[usual] >= MIN_ARTICLES and is_nearly_all(usual, merged):
                reason = (
                    f"{merged[usual]:,} of {merged.total():,} articles with this surname name {written[usual]}, "
                    "with this or another form of the given name"
                )
                yield from ((key, usual, reason) for key in sorted(same - {usual}))

    def _short_names(
        self, written: Mapping[str, str], variants: Mapping[str, JoinedName]
    ) -> Iterator[tuple[str, JoinedName]]:
        """Return names that are a part of the one full name that they nearly always mean."""
        used: Counter[str] = Counter()
        for (short, _), count in self._together.items():
            used[short] += count
        meant: defaultdict[str, Counter[str]] = defaultdict(Counter)
        for (short, key), count in self._together.items():
            if used[short] >= MIN_ARTICLES:
                meant[short][variants[key].key if key in variants else key] += count
        bearers: defaultdict[str, Counter[str]] = defaultdict(Counter)
        for key, count in self._fullest.items():
            full = variants[key].key if key in variants else key
            for short in parts_of(key):
                if short in meant:
                    bearers[short][full] += count
        for short, found in meant.items():
            full, agree = first(found)
            found[""] = self._not_people[short]
            of_all = found.total()
            bearing, of_bearers = bearers[short][full], bearers[short].total()
            if (
                bearing  # the name is a part of the full one, not a nickname or the name of somebody else
                and agree >= MIN_ARTICLES
                and is_nearly_all(full, found)
                and is_nearly_all(full, bearers[short])
                and self._fullest[full] > self._fullest[short] * (" " in short)
                and short not in variants
                and not self._differ_in_gender(short, full)
            ):
                reason = (
                    f"{agree:,} of {of_all:,} articles that show whom or what this name means mean {written[full]}; "
                    f"{bearing:,} of {of_bearers:,} with it in a full name name {written[full]}"
                )
                yield short, self._join(short, full, written, reason)

    def _join(self, key: str, full: str, written: Mapping[str, str], reason: str) -> JoinedName:
        return JoinedName(written.get(key, key), full, written[full], self._fullest[key], reason)

    def _differ_in_gender(self, key: str, full: str) -> bool:
        """Whether the articles with the joined name have pronouns of another gender than those with the full name usually have."""
        he, she = self._genders[full, "he"], self._genders[full, "she"]
        same, other = ("he", "she") if he > she else ("she", "he")
        others = self._genders[key, other]
        return he != she and others > MAX_OTHER_GENDER * (others + self._genders[key, same])


def canonical_names(entities: Iterable[EntityRecord]) -> dict[str, JoinedName]:
    """Return which people's names are joined across the articles of a run, by the ``name_key`` of the joined name.

    Names that stay as they are, such as those that are ambiguous in the run, are not in it. The order of the entities makes no difference.

    Args:
        entities: the entity records of a run, such as ``onrecord.records("out", "entities")``; they are read once.
    """
    counts = NameCounts()
    for entity in entities:
        pronouns = [mention.span.text for mention in entity.mentions if mention.kind == "PRONOUN"]
        counts.add(entity.type, entity.name, entity.name_key, entity.aliases, pronouns)
    return counts.joined()


def parts_of(key: str) -> Iterator[str]:
    """Yield the first word of a name, and the endings that can be a surname."""
    words = key.split()
    if len(words) > 1:
        yield from {words[0], *(" ".join(words[start:]) for start in range(1, len(words)))}


@functools.cache
def _nicknames() -> dict[str, frozenset[str]]:
    return {fold(row[0]): frozenset(map(fold, filter(None, row[1:]))) for row in lexicon.rows("name_nicknames")}


def is_given_name_of(name: str, other: str) -> bool:
    """Whether the given names of two full names are equal, or a short form, an initial or a full form of each other."""
    first_name, second_name = name.partition(" ")[0], other.partition(" ")[0]
    if 1 in (len(first_name), len(second_name)):
        return first_name[0] == second_name[0]
    short, long = (_nicknames().get(one, frozenset()) for one in (first_name, second_name))
    return first_name == second_name or second_name in short or first_name in long or bool(short & long)


def is_nearly_all(key: str, found: Counter[str]) -> bool:
    """Whether a key has nearly all of the counts, and no other key has a noticeable share."""
    rival = max((count for other, count in found.items() if other != key), default=0)
    return found[key] >= MIN_SHARE * found.total() and rival < MAX_RIVAL_SHARE * found.total()


def first(found: Counter[str]) -> tuple[str, int]:
    """Return the most frequent key, of equally frequent ones the first by name."""
    return min(found.items(), key=lambda item: (-item[1], item[0]))
