# SPDX-License-Identifier: Apache-2.0
"""The actors of each sentence: possible holders and targets of a stance, by name, noun or pronoun."""

from collections.abc import Mapping
from typing import NamedTuple

from onrecord.nlp.english.parse import Parse
from onrecord.nlp.english.words import person_nouns

# A sentence that names more is a list; the rest are ignored.
MAX_ACTORS = 10
# The types of names that can be holder or target; dates and sums cannot.
NAMES = frozenset({"PERSON", "ORG", "GPE", "NORP", "LOC", "FAC", "EVENT", "LAW", "PRODUCT", "WORK_OF_ART"})
PRONOUNS = frozenset({"he", "she", "they", "we", "i", "it", "who", "him", "her", "them", "us"})
# The labels of a name that modifies a noun: (Syrian) troops.
MODIFYING = ("compound", "amod", "nmod", "poss")
HYPHENS = frozenset({"-", "‐", "‑"})
# No name is longer, in tokens.
MAX_NAME = 8


class ActorMention(NamedTuple):
    """The head of an actor's phrase and its kind: an entity type, NAME, AGENT or PRONOUN."""

    head: int
    kind: str


def actors(parse: Parse, entity_of: Mapping[int, int]) -> dict[int, list[ActorMention]]:
    """Return the actors of each sentence, by its first token; ``entity_of`` gives the entity of each token of a name."""
    found: dict[int, list[ActorMention]] = {}
    for index in range(len(parse)):
        kind = _kind(parse, entity_of, index)
        if kind:
            place = found.setdefault(parse.sentence_of(index)[0], [])
            if len(place) < MAX_ACTORS:
                place.append(ActorMention(index, kind))
    return found


def _kind(parse: Parse, entity_of: Mapping[int, int], index: int) -> str:
    """Return the kind of the actor whose head the token is, or an empty string."""
    word, entity_type = parse.lower[index], parse.ent_type[index]
    if index in entity_of or entity_type in NAMES:
        if _is_inside(parse, entity_of, index) or _describes_an_actor(parse, entity_of, index):
            return ""
        if _is_hyphenated(parse, entity_of, index):
            return ""
        return entity_type if entity_type in NAMES else "NAME"
    if word in PRONOUNS and parse.tag[index] in ("PRP", "WP"):
        return "PRONOUN"
    is_agent = parse.tag[index].startswith("NN") and word in person_nouns()
    return "AGENT" if is_agent and not _describes_an_actor(parse, entity_of, index) else ""


def _is_hyphenated(parse: Parse, entity_of: Mapping[int, int], index: int) -> bool:
    """Whether a name is part of another word: the Peru-backed plan, anti-Okafor leaflets."""
    for hyphen in (index - 1, index + 1):
        if 0 <= hyphen < len(parse) and parse.lower[hyphen] in HYPHENS:
            in_name = hyphen in entity_of or parse.ent_type[hyphen] == parse.ent_type[index] != ""
            if not in_name:
                return True
    return False


def _is_inside(parse: Parse, entity_of: Mapping[int, int], index: int) -> bool:
    """Whether the token belongs to a name whose head is another token."""
    head = parse.head[index]
    low, high = min(index, head), max(index, head)
    if low == high or high - low > MAX_NAME:
        return False
    if index in entity_of:
        return all(entity_of.get(token) == entity_of[index] for token in range(low, high + 1))
    return all(parse.ent_type[token] == parse.ent_type[index] for token in range(low, high + 1))


def _describes_an_actor(parse: Parse, entity_of: Mapping[int, int], index: int) -> bool:
    """Whether a word only modifies an actor: (Syrian) troops, (Senate) Leader Ruth Okafor, Ruth Okafor, (an envoy)."""
    for _ in range(MAX_NAME):
        dep, head = parse.dep[index], parse.head[index]
        if dep == "appos" and head in entity_of and index not in entity_of:
            return True
        if dep not in MODIFYING and not (dep == "appos" and parse.ent_type[head] and not parse.ent_type[index]):
            return False
        if parse.ent_type[head] in ("PERSON", "ORG") or parse.lower[head] in person_nouns():
            return True
        index = head
    return False
