# SPDX-License-Identifier: Apache-2.0
"""Organizations recognized by the last word of the name, ``Port Alder Stock Exchange``, and by the names that they are joined to.

The small model labels a place as a name of its own inside a longer one: "Jakarta" in "Jakarta Stock Exchange".
"""

from onrecord.data.records import EntityType
from onrecord.nlp.english.names import fold
from onrecord.nlp.english.parse import Parse
from onrecord.nlp.entities import knowledge
from onrecord.nlp.entities.mentions import ENTITY_TYPES, PARTS_OF_ORGANIZATION, Name, make_name

# "Northern Rail Passengers Union" has four words; longer ones are found by the model or are rows of names.
MAX_WORDS = 6
# Longer names that are joined to others say themselves what they are.
MAX_JOINED_WORDS = 2
FIELD_WORDS = frozenset({"of", "on", "for", "against"})
DATES = frozenset({
    "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday", "january", "february", "march", "april",
    "may", "june", "july", "august", "september", "october", "november", "december",
})  # fmt: skip
KINDS: tuple[EntityType, ...] = ("ORG", "FAC", "EVENT")


def organizations_by_form(text: str, parse: Parse, names: list[Name]) -> list[Name]:
    """Return the names, in text order, with organizations that the model missed; they replace names inside them."""
    owner = {index: name for name in names for index in range(name.start, name.end)}
    designators = knowledge.designators()
    found: list[Name] = []
    for last in parse.capitals:
        kind = designators.get(fold(parse.word[last]))
        if not last or kind not in KINDS or not _is_name_word(parse, last) or parse.shouted[last]:
            continue
        if last in owner or (last + 1 < len(parse) and _is_name_word(parse, last + 1)):
            continue
        start = _start(parse, last)
        inside = {owner[index].start: owner[index] for index in range(start, last) if index in owner}
        if start == last or any(
            name.start < start or name.type not in PARTS_OF_ORGANIZATION for name in inside.values()
        ):
            continue
        if last < parse.headline_end and not parse.outside_headlines.issuperset(parse.word[start : last + 1]):
            continue  # "Voters Abandon Party"
        name = make_name(text, parse, start, last + 1, kind, guessed=False)
        if name is not None and len(name.words) > 1:
            found.append(name)
    found += _with_their_field(text, parse, owner)
    covered = {index for name in found for index in range(name.start, name.end)}
    kept = (name for name in names if covered.isdisjoint(range(name.start, name.end)))
    return sorted([*kept, *found], key=lambda name: name.start) if found else names


def _with_their_field(text: str, parse: Parse, owner: dict[int, Name]) -> list[Name]:
    """Return the names that continue after "of" and "on" where the model found at most the first word: Treaty on the Moon."""
    found = []
    for first in parse.capitals:
        if first + 2 >= len(parse) or parse.word[first + 1] not in FIELD_WORDS:
            continue
        kind = knowledge.designators().get(fold(parse.word[first]))
        if kind not in (*KINDS, "LAW") or not _is_name_word(parse, first):
            continue
        start = first + (3 if parse.word[first + 2].lower() == "the" else 2)
        end = start
        while end < len(parse) and end - start < MAX_WORDS and _is_name_word(parse, end) and not _is_other(parse, end):
            end += 1
        inside = {owner[index].start: owner[index] for index in range(first, end) if index in owner}
        if end > start and all(_is_part(name, first, end) for name in inside.values()):
            name = make_name(text, parse, first, end, kind, guessed=False)
            if name is not None and not any(old.words == name.words for old in inside.values()):
                found.append(name)
    return found


def _is_part(name: Name, start: int, end: int) -> bool:
    """Whether a name may be part of an organization's: not "room for Lang"."""
    return start <= name.start and name.end <= end and name.type in (*PARTS_OF_ORGANIZATION, "LAW")


def _is_other(parse: Parse, index: int) -> bool:
    """Whether a capitalized word does not belong to an organization's name: a title, a day, a month."""
    word = fold(parse.word[index])
    return word in knowledge.titles() or word in knowledge.common_words() or word in DATES


def _start(parse: Parse, last: int) -> int:
    """Return where the run of capitalised words that ends with a token starts."""
    start = last
    while start > 0 and last - start < MAX_WORDS and _is_name_word(parse, start - 1):
        start -= 1
    return start


def _is_name_word(parse: Parse, index: int) -> bool:
    word = parse.word[index]
    return word[0].isupper() and word[-1].isalnum() and parse.tag[index].startswith("NNP")


def with_joined_types(names: list[Name], parse: Parse) -> list[Name]:
    """Return the names, of which those joined to a well-known body or place are said to be one too: "Google and Meta"."""
    at = {token: place for place, name in enumerate(names) for token in range(name.start, name.end)}
    result, known_names = list(names), knowledge.known_names()
    for token, place in at.items():
        joined = at.get(parse.head[token], place) if parse.dep[token] == "conj" and not parse.headline[token] else place
        for one, other in ((place, joined), (joined, place)):
            name, known = names[one], known_names.get(names[other].words)
            is_open = name.type in PARTS_OF_ORGANIZATION and name.said not in ENTITY_TYPES
            kind = known.type if known and known.sure else ""
            if kind in ("ORG", "GPE") and is_open and one != other and len(name.words) <= MAX_JOINED_WORDS:
                result[one] = name._replace(said=kind)
    return result
