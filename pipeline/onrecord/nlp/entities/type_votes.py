# SPDX-License-Identifier: Apache-2.0
"""The entity type of a name: a vote of all its mentions in the article and of the knowledge about its words."""

import math
from collections.abc import Iterable, Iterator
from typing import TypeAlias, get_args

from onrecord.data.records import EntityType
from onrecord.nlp.entities import knowledge
from onrecord.nlp.entities.knowledge import Words
from onrecord.nlp.entities.mentions import Name
from onrecord.nlp.entities.type_context import LEARNED

Votes: TypeAlias = dict[EntityType, float]
TYPE_ORDER: tuple[EntityType, ...] = get_args(EntityType)
TYPE_NAMED: dict[str, EntityType] = {kind: kind for kind in TYPE_ORDER}
# Weights in units of one guess of the model.
FOUND_AGAIN = 0.2  # repeats other mentions
CONTEXT = 0.6
USUAL = (0.45, 0.25, 0.2)
MIN_CHANCE = 0.02
PLACES: tuple[EntityType, ...] = ("GPE", "LOC")
TITLE = 3.0
KNOWN = 3.0
KNOWN_MENTION = 1.0  # a known name is outvoted by titles only, however often the model is wrong
DESIGNATOR = 2.0
BEFORE_PLACE = 1.5  # Springfield, Illinois
GIVEN_NAME = 1.5
SAID = 1.5  # "the newspaper Coastal Letters"
TEAM = 8.0  # outvotes the well-known place
LISTED = 100.0  # the user's list decides
# "Clara Jensen Prize for Young Writers" has a given name too.
MAX_PERSON_WORDS = 4


def votes_for(words: Words, names: Iterable[Name]) -> Votes:
    """Return how strongly each type is supported by the mentions that have these words."""
    votes: Votes = dict.fromkeys(TYPE_ORDER, 0.0)
    for _, kind, weight in ballots(words, names):
        votes[kind] += weight
    return votes


def ballots(words: Words, names: Iterable[Name]) -> Iterator[tuple[str, EntityType, float]]:
    """Yield each vote of the mentions that have these words: what shows it, for which type, and its weight."""
    known = knowledge.known_names().get(words)
    designated = knowledge.designated(words)
    given = words[0].split("-")[0]
    is_given = 1 < len(words) <= MAX_PERSON_WORDS and (len(given) == 1 or given in knowledge.given_names())
    is_surname = not designated or (len(words) == 2 and words[-1] in knowledge.designating_surnames())
    if known:
        yield "a well-known name", known.type, KNOWN
    for name in names:
        if name.listed:
            yield "in the list of names", name.listed.type, LISTED
        if name.team:
            yield "the team of a place", "ORG", TEAM
        if name.guessed:
            yield "the model's label", name.type, 1.0
        else:
            yield "found again", name.type, FOUND_AGAIN
        for kind, chance, usual in zip(LEARNED, name.chances, USUAL, strict=True):
            own = name.type if kind == "GPE" and name.type in PLACES else kind
            yield "the words around it", own, CONTEXT * math.log(max(chance, MIN_CHANCE) / usual)
        if name.titled:
            yield "a title before it", "PERSON", TITLE
        elif name.said in TYPE_NAMED:
            yield "a noun says what it is", TYPE_NAMED[name.said], SAID
        if known:
            yield "a well-known name", known.type, KNOWN_MENTION
        if is_given and not known and is_surname:
            yield "a given name", "PERSON", GIVEN_NAME
        elif designated:
            yield "a word in it, such as Board", designated, DESIGNATOR
        elif name.before_place:
            yield "a place behind it", "GPE", BEFORE_PLACE


def winner(votes: Votes) -> EntityType:
    """Return the type with most votes; of two, the one that ``EntityType`` names first."""
    return max(TYPE_ORDER, key=votes.__getitem__)
