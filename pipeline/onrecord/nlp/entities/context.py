# SPDX-License-Identifier: Apache-2.0
"""The context of a name: prepositions, places after a comma, nouns that say what it is."""

from onrecord.data.records import EntityType
from onrecord.nlp.entities import knowledge
from onrecord.nlp.entities.knowledge import Words
from onrecord.nlp.entities.spelling import fold
from onrecord.nlp.entities.tokens import Tokens

POSSESSIVES = ("'s", "’s", "'S", "’S", "'", "’")
WHERE = frozenset({"in", "near", "outside", "around"})
PLACE_PREPOSITIONS = WHERE | {"to", "from", "at", "into", "across", "through", "via", "toward", "towards", "off"}
# Tokens between a name and the noun that says what it is: "Borrasca, a small Danish maker of sails".
MAX_APPOSITION = 6
# Tokens between a name and the beginning of its list.
MAX_LIST = 16
LIST_OPENERS = frozenset({"as", "including", "like"})
LIST_LINKS = frozenset({",", "and", "or", "&", "the", "of"})
IN_SOMEBODY = frozenset(
    {
        "confidence",
        "trust",
        "faith",
        "interest",
        "interested",
        "belief",
        "believe",
        "believes",
        "believed",
        "disappointed",
        "change",
    }
)


def is_located(tokens: Tokens, start: int) -> bool:
    """Whether a name is a location: not "confidence in Smith", nor "in Smith's opinion"."""
    if not start or tokens.text[start - 1].lower() not in WHERE:
        return False
    if start + 1 < len(tokens) and tokens.text[start + 1] in POSSESSIVES:
        return False
    return start < 2 or tokens.text[start - 2].lower() not in IN_SOMEBODY


def place_preposition(tokens: Tokens, start: int) -> str:
    """Return the preposition of place before a name, or an empty string."""
    before = tokens.text[start - 1].lower() if start else ""
    return before if before in PLACE_PREPOSITIONS else ""


def said_to_be(tokens: Tokens, start: int, end: int) -> EntityType | None:
    """Return the type that a noun next to a name gives it.

    "The village of Port Alder"; "Borrasca, a maker of sails"; "banks such as Credova and Tillman".
    """
    kinds = knowledge.kinds()
    before = start - 1
    if before > 0 and tokens.text[before] == "of" and kinds.get(tokens.text[before - 1]) in ("GPE", "LOC"):
        return kinds[tokens.text[before - 1]]
    if before >= 0 and tokens.text[before] in kinds and tokens.tag[before] == "NN":
        return kinds[tokens.text[before]]
    if end + 2 < len(tokens) and tokens.text[end] == "," and tokens.text[end + 1] in ("a", "an"):
        for index in range(end + 2, min(end + 2 + MAX_APPOSITION, len(tokens))):
            if not tokens.tag[index].startswith(("NN", "JJ", "HYPH", "VBN", "VBG")):
                break
            if index + 1 == len(tokens) or not tokens.tag[index + 1].startswith(("NN", "HYPH")):
                return kinds.get(tokens.text[index])
    return _listed_as(tokens, start)


def _listed_as(tokens: Tokens, start: int) -> EntityType | None:
    """Return the type that the noun before a list gives a name in it, as in "banks such as Credova and Tillman"."""
    index = start - 1
    while index > max(0, start - MAX_LIST) and _is_of_list(tokens.text[index]):
        index -= 1
    if index < 1 or tokens.text[index] not in LIST_OPENERS:
        return None
    if tokens.text[index] == "as":
        index -= 1
        if tokens.text[index] != "such":
            return None
    before = index - 2 if tokens.text[index - 1] == "," else index - 1
    return (
        knowledge.plural_kinds().get(tokens.text[before].lower())
        if before >= 0 and tokens.tag[before] == "NNS"
        else None
    )


def _is_of_list(word: str) -> bool:
    return word in LIST_LINKS or word[0].isupper()


def place_behind(tokens: Tokens, end: int) -> Words:
    """Return the words of the well-known place that follows a comma, as in "Springfield, Illinois"; none where there is none."""
    if end + 1 >= len(tokens) or tokens.text[end] != ",":
        return ()
    known = knowledge.known_names()
    words = tuple(map(fold, tokens.text[end + 1 : end + 3]))
    return next((place for place in (words[:1], words) if place in known and known[place].type == "GPE"), ())
