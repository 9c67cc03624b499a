# SPDX-License-Identifier: Apache-2.0
"""The context of a name: prepositions, places after a comma, nouns that say what it is."""

from onrecord.data.records import EntityType
from onrecord.nlp.english.names import fold
from onrecord.nlp.english.parse import Parse
from onrecord.nlp.entities import knowledge
from onrecord.nlp.entities.knowledge import Words

POSSESSIVES = ("'s", "’s", "‘s", "'S", "’S", "'", "’")
PLACE_PREPOSITIONS = frozenset(
    {
        "in",
        "near",
        "outside",
        "around",
        "to",
        "from",
        "at",
        "into",
        "across",
        "through",
        "via",
        "toward",
        "towards",
        "off",
    }
)
# Parse between a name and the noun that says what it is: "Borrasca, a small Danish maker of sails".
MAX_APPOSITION = 6
# Parse between a name and the beginning of its list.
MAX_LIST = 16
LIST_OPENERS = frozenset({"as", "including", "like"})
LIST_LINKS = frozenset({",", "and", "or", "&", "the", "of"})


def place_preposition(parse: Parse, start: int) -> str:
    """Return the preposition of place before a name, or an empty string."""
    before = parse.word[start - 1].lower() if start else ""
    return before if before in PLACE_PREPOSITIONS else ""


def listed_as(parse: Parse, start: int) -> EntityType | None:
    """Return the type that the noun before a list gives a name in it, as in "banks such as Credova and Tillman"."""
    index = start - 1
    while index > max(0, start - MAX_LIST) and _is_of_list(parse.word[index]):
        index -= 1
    if index < 1 or parse.word[index] not in LIST_OPENERS:
        return None
    if parse.word[index] == "as":
        index -= 1
        if parse.word[index] != "such":
            return None
    before = index - 2 if parse.word[index - 1] == "," else index - 1
    return (
        knowledge.plural_kinds().get(parse.word[before].lower()) if before >= 0 and parse.tag[before] == "NNS" else None
    )


def _is_of_list(word: str) -> bool:
    return word in LIST_LINKS or word[0].isupper()


def place_behind(parse: Parse, end: int) -> Words:
    """Return the words of the well-known place that follows a comma, as in "Springfield, Illinois"; none where there is none."""
    if end + 1 >= len(parse) or parse.word[end] != ",":
        return ()
    known = knowledge.known_names()
    words = tuple(map(fold, parse.word[end + 1 : end + 3]))
    return next((place for place in (words[:1], words) if place in known and known[place].type == "GPE"), ())
