# SPDX-License-Identifier: Apache-2.0
"""How likely a mention is of a person, an organization or a place, by its context: ``her son, Yusuf``, ``in Yusuf``.

A softmax over the three and "something else". Names of the features, before ``|`` and the type (``_`` is the edge of the line, ``Aa``
another name, ``0`` a number; nouns that say what somebody or something is are classes: ``office``, ``kind:ORG``):

``*``   every name
``b=``  the word before; ``bb=`` the two words before
``a=``  the word behind; ``aa=`` the two words behind
``d=``  the name's syntactic function; ``h=`` with the word that it depends on
``is=`` the noun in apposition: "Yusuf, a farmer"
``of=`` the noun of what it possesses: "Yusuf's farm"
``said=`` the noun that says what it is: in apposition, before it, before "of", or before its list ("banks such as Credova")
``n=``  the number of words, or ``acronym``
"""

import functools
import math

from onrecord.data.records import EntityType
from onrecord.nlp.english import lexicon
from onrecord.nlp.english.names import fold
from onrecord.nlp.english.parse import Parse
from onrecord.nlp.entities import knowledge
from onrecord.nlp.entities.context import MAX_APPOSITION, POSSESSIVES, listed_as

WEIGHTS = "name_types"
LEARNED: tuple[EntityType, ...] = ("PERSON", "ORG", "GPE")
DETERMINERS = frozenset({"a", "an", "the", "his", "her", "their", "its", "my", "our"})
MAX_WORDS = 3
Chances = tuple[float, float, float]


@functools.cache
def weights() -> dict[str, Chances]:
    """Return the weight of each feature for a person, an organization and a place."""
    found: dict[str, list[float]] = {}
    for feature, weight in lexicon.rows(WEIGHTS, "weights"):
        name, _, kind = feature.rpartition("|")
        found.setdefault(name, [0.0, 0.0, 0.0])[LEARNED.index(kind)] = float(weight)
    return {name: (person, body, place) for name, (person, body, place) in found.items()}


def chances(parse: Parse, start: int, end: int, said: str | None = None) -> Chances:
    """Return the probabilities that a mention is of a person, an organization and a place; ``said`` is ``said_of`` of it, if known."""
    person = body = place = 0.0
    table = weights()
    for feature in features(parse, start, end, said):
        weight = table.get(feature)
        if weight is not None:
            person, body, place = person + weight[0], body + weight[1], place + weight[2]
    odds = math.exp(person), math.exp(body), math.exp(place)
    total = 1 + sum(odds)
    return odds[0] / total, odds[1] / total, odds[2] / total


def features(parse: Parse, start: int, end: int, said: str | None = None) -> list[str]:
    """Return the names of the features of the name at tokens ``start`` to ``end``."""
    before, behind = _word(parse, start - 1), _word(parse, end)
    head = next((i for i in range(start, end) if not start <= parse.head[i] < end), end - 1)
    letters = parse.word[start].replace(".", "")
    words = sum(parse.is_spaced(i) for i in range(start + 1, end)) + 1
    found = [
        "*",
        f"b={before}",
        f"bb={_word(parse, start - 2)} {before}",
        f"a={behind}",
        f"aa={behind} {_word(parse, end + 1)}",
        f"d={parse.dep[head]}",
        f"h={parse.dep[head]} {_word(parse, parse.head[head])}",
        "n=acronym" if end - start == 1 and len(letters) > 1 and letters.isupper() else f"n={min(words, MAX_WORDS)}",
    ]
    if behind == ",":
        found.append(f"is={_noun_behind(parse, end + 1)}")
    elif behind in POSSESSIVES:
        found.append(f"of={_noun_behind(parse, end + 1)}")
    found.append(f"said={said_of(parse, start, end) if said is None else said}")
    return found


def said_of(parse: Parse, start: int, end: int) -> str:
    """Return the class of the noun that says what a name is: ``office``, ``kind:ORG``; else a word next to it.

    "The village of Port Alder"; "Borrasca, a maker of sails"; "banks such as Credova and Tillman".
    """
    kind = listed_as(parse, start)
    if kind:
        return f"kind:{kind}"
    noun = _noun_behind(parse, end + 1) if _word(parse, end) == "," else None
    before = _word(parse, start - 1)
    return noun or (_word(parse, start - 2) if before == "of" else before)


def _noun_behind(parse: Parse, at: int) -> str | None:
    """Return the noun that the phrase starting at ``at`` is about, if it is short."""
    at += at < len(parse) and parse.word[at] in DETERMINERS
    noun = None
    for index in range(at, min(at + MAX_APPOSITION, len(parse))):
        if not parse.tag[index].startswith(("NN", "JJ", "HYPH", "VBN", "VBG")):
            break
        noun = index if parse.tag[index].startswith("NN") else noun
    return None if noun is None else _word(parse, noun)


def _word(parse: Parse, index: int) -> str:
    """Return the class of a token, or the word."""
    return _class_of(parse.word[index], parse.tag[index]) if 0 <= index < len(parse.word) else "_"


@functools.lru_cache(maxsize=1 << 13)
def _class_of(word: str, tag: str) -> str:
    if "\n" in word:
        return "_"
    folded = fold(word)
    if tag.startswith("NNP") or (tag == "NN" and word[0].isupper()):
        if folded in knowledge.titles():
            return "title" if folded in knowledge.sure_titles() else "title?"
        return "Office" if folded in knowledge.offices() else "Aa"
    if tag.startswith("NN"):
        kind = knowledge.kinds().get(folded) or knowledge.plural_kinds().get(folded)
        return "office" if folded in knowledge.offices() else f"kind:{kind}" if kind else folded
    return "0" if word[0].isdigit() else word.lower()
