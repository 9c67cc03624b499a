# SPDX-License-Identifier: Apache-2.0
"""Joins clusters of persons: full names of one person, and the short names that belong to them."""

from bisect import bisect_right
from collections import defaultdict
from itertools import islice

from onrecord.nlp.english.names import PARTICLES, sound
from onrecord.nlp.entities import knowledge, person_names
from onrecord.nlp.entities.abbreviations import is_short_form
from onrecord.nlp.entities.cluster import EntityCluster
from onrecord.nlp.entities.knowledge import Gender, Words
from onrecord.nlp.entities.mentions import Name

# No article names more people of one surname; it bounds the time that a text of nothing but names takes.
MAX_BEARERS = 40
OFTEN_IN_FULL = 3
# Tokens after a full name, about a sentence, in which a surname refers to the same person.
JUST_NAMED = 30


def join_full_names(people: list[EntityCluster]) -> list[EntityCluster]:
    """Join full names that can be one person's, the longest first; a name that fits two people stays alone."""
    joined: list[EntityCluster] = []
    by_word: dict[str, dict[int, EntityCluster]] = defaultdict(dict)
    for cluster in sorted(people, key=lambda r: (-len(r.forms[0]), r.names[0].start)):
        words = person_names.without_generation(cluster.forms[0])
        # Two names of one person share the surname, as it is written or sounds, or the first two words.
        keys = sorted({words[-1], sound(words[-1]), " ".join(words[:2])})
        candidates = {id(r): r for key in keys for r in islice(by_word[key].values(), MAX_BEARERS)}
        fitting = [r for r in candidates.values() if r.may_be(cluster) and _can_be(r, words)]
        if len(fitting) == 1:
            target = fitting[0]
            target.join(cluster)
        else:
            target = cluster
            joined.append(cluster)
        for key in keys:
            by_word[key].setdefault(id(target), target)
    return joined


def _can_be(cluster: EntityCluster, words: Words) -> bool:
    forms = cluster.forms[:MAX_BEARERS]
    return all(person_names.same_person(person_names.without_generation(form), words) for form in forms)


def join_short_names(
    people: list[EntityCluster], short: list[EntityCluster]
) -> tuple[list[EntityCluster], list[EntityCluster]]:
    """Join names of one word with the people who bear them; return the persons left alone, and the names that are not persons."""
    bearers = _Bearers(people)
    single: list[EntityCluster] = []
    rest: list[EntityCluster] = []
    # Given names first: someone called by the given name is not the one that the surname alone refers to.
    for of_surname in (False, True):
        for cluster in short:
            word = cluster.forms[0][-1]
            if (word in bearers.surnames) is of_surname:
                person, other = _person_and_other(cluster, bearers.surnames[word]) if of_surname else (cluster, None)
                if other is not None:
                    rest.append(other)
                if person is not None and of_surname:
                    person, stranger = _without_stranger(person, bearers.surnames[word])
                    single.extend(filter(None, [stranger]))
                if person is not None and not bearers.take(person, word):
                    (single if person.type == "PERSON" else rest).append(person)
    return single, rest


def _without_stranger(
    cluster: EntityCluster, bearers: list[EntityCluster]
) -> tuple[EntityCluster | None, EntityCluster | None]:
    """Separate from a surname's mentions those of an office-holder whom the article never names in full.

    In an article with Mary Lang and Otto Lang, "President Lang" is a third, unless one of them is "President Otto Lang" somewhere.
    """
    if len(bearers) < 2:
        return _without_other_gender(cluster, bearers[0])
    if not any(map(_is_of_office, cluster.names)):
        return cluster, None
    titles = frozenset[str]().union(*(bearer.titles for bearer in bearers))
    of_stranger = [name for name in cluster.names if _is_of_office(name) and name.title not in titles]
    if not of_stranger:
        return cluster, None
    words, others = (
        cluster.forms[0],
        [name for name in cluster.names if not _is_of_office(name) or name.title in titles],
    )
    return EntityCluster.of_form(words, others) if others else None, EntityCluster.of_form(words, of_stranger)


def _without_other_gender(
    cluster: EntityCluster, bearer: EntityCluster
) -> tuple[EntityCluster | None, EntityCluster | None]:
    """Separate "Mr. Khan" from "Ms. Khan" where the article names only one of them in full."""
    gender = bearer.gender or _gender_nearby(bearer, cluster.names, bearer.starts)
    strangers = [name for name in cluster.names if gender and name.title_gender not in (None, gender)]
    if len({name.title_gender for name in cluster.names} - {None}) < 2 or not strangers:
        return cluster, None
    words, own = cluster.forms[0], [name for name in cluster.names if name.title_gender in (None, gender)]
    return EntityCluster.of_form(words, own) if own else None, EntityCluster.of_form(words, strangers)


def _gender_nearby(person: EntityCluster, names: list[Name], full_names: list[int]) -> Gender | None:
    """Return the gender that the first title after the full name shows, before any of the ``full_names`` that follows it."""
    start = person.starts[0]
    end = min((other for other in full_names if other > start), default=start + JUST_NAMED)
    near = [name for name in names if name.title_gender and start < name.start <= min(end, start + JUST_NAMED)]
    return min(near, key=lambda name: name.start).title_gender if near else None


def _is_of_office(name: Name) -> bool:
    return name.title in knowledge.offices() and name.title_gender is None


def _person_and_other(
    cluster: EntityCluster, bearers: list[EntityCluster]
) -> tuple[EntityCluster | None, EntityCluster | None]:
    """Separate the mentions of a person from those of a place or organization with the person's surname.

    Where the article never says that something is in, from or near the place, and names the person first, the person is meant.
    """
    words = cluster.forms[0]
    if cluster.type != "PERSON" and all(is_short_form(name.span.text) and not name.titled for name in cluster.names):
        return None, cluster
    known = knowledge.known_names().get(words)
    if known is None or known.type == "PERSON":
        return cluster, None
    named_since = min(bearer.names[0].start for bearer in bearers)
    if not any(name.preposition or name.before_place or name.start < named_since for name in cluster.names):
        return cluster, None
    of_person = [name for name in cluster.names if name.titled or name.type == "PERSON"]
    of_other = [name for name in cluster.names if not (name.titled or name.type == "PERSON")]
    return (
        EntityCluster.of_form(words, of_person) if of_person else None,
        EntityCluster.of_form(words, of_other) if of_other else None,
    )


class _Bearers:
    """The people by the words of their names."""

    def __init__(self, people: list[EntityCluster]) -> None:
        self.surnames: dict[str, list[EntityCluster]] = defaultdict(list)
        self.given_names: dict[str, list[EntityCluster]] = defaultdict(list)
        self.by_sound: dict[str, list[EntityCluster]] = defaultdict(list)
        self.called_by_given_name: set[int] = set()
        for person in people:
            forms = list(map(person_names.without_generation, person.forms))
            surnames = sorted({form[-1] for form in forms})
            for word in surnames:
                self.surnames[word].append(person)
            for key in sorted({sound(word) for word in surnames if len(word) >= person_names.MIN_SOUND_LETTERS}):
                self.by_sound[key].append(person)
            for word in sorted({word for form in forms for word in form[:-1]}.difference(surnames)):
                if len(word) > 1 and word not in PARTICLES:
                    self.given_names[word].append(person)

    def take(self, cluster: EntityCluster, word: str) -> bool:
        """Give the mentions of a short name to the people who bear it; return whether there are any."""
        if word in self.surnames:
            bearers = self.surnames[word][:MAX_BEARERS]
            if len(bearers) > 1:
                bearers = list(filter(_is_credible, bearers)) or bearers
                bearers = self._meant_by_surname(bearers)
            _hand_out(cluster, bearers)
            return True
        bearers = self.given_names.get(word, [])
        if cluster.type != "PERSON" and not (bearers and _may_be_given_name(cluster)):
            return False
        if len(bearers) == 1:
            self.called_by_given_name.add(id(bearers[0]))
        elif len(word) >= person_names.MIN_SOUND_LETTERS and not bearers:
            bearers = self.by_sound.get(sound(word), [])
        if len(bearers) == 1:
            bearers[0].join_short_name(cluster)
        return len(bearers) == 1

    def _meant_by_surname(self, bearers: list[EntityCluster]) -> list[EntityCluster]:
        """Leave out people who are called by the given name, unless the article names that one in full first."""
        others = [bearer for bearer in bearers if id(bearer) not in self.called_by_given_name]
        first = min(bearers, key=_FirstInFull(bearers))
        return others if others and id(first) not in self.called_by_given_name else bearers


class _FirstInFull:
    """Where a person is first named in full, also as Ruth in "Ruth and Ben Okafor"."""

    def __init__(self, people: list[EntityCluster]) -> None:
        self._full = {name.start for person in people for name in person.names if len(name.words) > 1}

    def __call__(self, person: EntityCluster) -> int:
        return min(name.start for name in person.names if len(name.words) > 1 or name.end + 1 in self._full)


def _may_be_given_name(cluster: EntityCluster) -> bool:
    """Whether a name that the model labelled as a place or organization may be a given name: not a known place and not an acronym."""
    words = cluster.forms[0]
    if words in knowledge.known_names() or cluster.listed:
        return False
    return words[-1] in knowledge.given_names() or not any(name.span.text.isupper() for name in cluster.names)


def _is_credible(person: EntityCluster) -> bool:
    """Whether a full name is reliable: named twice, or with a known given name or an initial."""
    if len(person.names) > 1:
        return True
    first = person.forms[0][0]
    return len(first) == 1 or first in knowledge.given_names()


def _hand_out(cluster: EntityCluster, bearers: list[EntityCluster]) -> None:
    """Give each mention of a surname to the person it refers to.

    That is one whose gender fits the title; of several the one just named in full, else the one named first. Someone who is named in
    full again and again, and not first, is being distinguished from another: the surname alone never refers to that person.
    """
    if len(bearers) == 1:
        bearers[0].join_short_name(cluster)
        return
    starts = [bearer.starts.copy() for bearer in bearers]  # names that are handed out don't count
    all_starts = [start for of_one in starts for start in of_one]
    genders = [bearer.gender or _gender_nearby(bearer, cluster.names, all_starts) for bearer in bearers]
    for name in cluster.names:
        gender_of_title = name.title_gender
        fitting = [
            i for i, gender in enumerate(genders) if gender_of_title is None or gender in (None, gender_of_title)
        ]
        fitting = fitting or list(range(len(bearers)))
        chosen = first = min(fitting, key=lambda i: starts[i][0])
        near = [i for i in fitting if i == first or len(starts[i]) < OFTEN_IN_FULL]
        nearest = min(near, key=lambda i: (_distance(starts[i], name.start), i))
        behind, distance = _distance(starts[nearest], name.start)
        if not behind and distance <= JUST_NAMED:
            chosen = nearest
        bearers[chosen].join_short_name(EntityCluster([name], cluster.votes, cluster.forms))


def _distance(starts: list[int], at: int) -> tuple[int, int]:
    """Return the distance to the last mention before ``at``; later mentions are farther than any earlier one."""
    before = bisect_right(starts, at)
    return (0, at - starts[before - 1]) if before else (1, starts[0] - at)
