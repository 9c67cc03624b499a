# SPDX-License-Identifier: Apache-2.0
"""Abbreviations that an article introduces: ``European Union (EU)``, ``GVP (Green Valley Party)``.

Pairs are tested as in Schwartz and Hearst, "A simple algorithm for identifying abbreviation definitions in
biomedical text" (2003), simplified: the letters occur in the long form in that order, the first one at its start.
"""

from collections import Counter
from dataclasses import dataclass

from onrecord.nlp.english.names import LINKS, fold
from onrecord.nlp.english.parse import Parse
from onrecord.nlp.entities.context import POSSESSIVES
from onrecord.nlp.entities.knowledge import Words
from onrecord.nlp.entities.mentions import Name, make_name

MIN_LETTERS, MAX_LETTERS = 2, 7
# Parse of a long form: one for each letter, and as many of "of", "and" and the like.
MAX_LONG_FORM = 2 * MAX_LETTERS


@dataclass(frozen=True, slots=True)
class Abbreviations:
    """The names of an article with the introduced short ones added, and the long form's words for each short form's."""

    names: list[Name]
    long_forms: dict[Words, Words]


def find_abbreviations(text: str, parse: Parse, names: list[Name]) -> Abbreviations:
    """Find the short forms in brackets after a name, or before a name in brackets."""
    names = _with_defined(text, parse, names)
    starting = {name.start: name for name in names}
    result: dict[int, Name] = dict(starting)
    long_forms: dict[Words, Words] = {}
    times = Counter(parse.word)
    for name in names:
        bracket = name.end
        if bracket + 2 < len(parse) and parse.word[bracket] == "(" and parse.word[bracket + 2] == ")":
            short = parse.word[bracket + 1]
            if is_short_form(short) and (abbreviates(short, name.words) or _is_foreign(short, name, times[short])):
                found = result.get(bracket + 1) or make_name(text, parse, bracket + 1, bracket + 2, name.type)
                if found is not None:
                    result[bracket + 1] = found
                    long_forms.setdefault(found.words, name.words)
        elif is_short_form(name.span.text) and bracket + 1 < len(parse) and parse.word[bracket] == "(":
            long = starting.get(bracket + 1) or starting.get(bracket + 2)
            if long is not None and abbreviates(name.span.text, long.words):
                long_forms.setdefault(name.words, long.words)
    return Abbreviations([result[start] for start in sorted(result)], long_forms)


def _with_defined(text: str, parse: Parse, names: list[Name]) -> list[Name]:
    """Add the names that the model missed and whose initials follow in brackets: "Harbour Safety Office (HSO)"."""
    starting, ending = {name.start for name in names}, {name.end for name in names}
    added = []
    for bracket in range(1, len(parse) - 2):
        if parse.word[bracket] == "(" and parse.word[bracket + 2] == ")" and is_short_form(parse.word[bracket + 1]):
            start = _start_of_long_form(parse, bracket, fold(parse.word[bracket + 1]))
            name = make_name(text, parse, start, bracket, "ORG", guessed=False) if start < bracket else None
            if name is not None and (bracket not in ending or not starting.isdisjoint(range(name.start + 1, bracket))):
                added.append(name)
    covered = {index for name in added for index in range(name.start, name.end)}
    kept = (name for name in names if covered.isdisjoint(range(name.start, name.end)))
    return sorted([*kept, *added], key=lambda name: name.start) if added else names


def _start_of_long_form(parse: Parse, end: int, letters: str) -> int:
    """Return where the words start whose initials are the letters, those of "of" and "and" left out or not; ``end`` if none do."""
    full = main = ""
    for start in range(end - 1, max(-1, end - 1 - MAX_LONG_FORM), -1):
        word = parse.word[start]
        if word in POSSESSIVES:
            continue
        if not (word[0].isupper() or word.lower() in LINKS):
            break
        full = fold(word)[:1] + full
        main = main if word.islower() else fold(word)[:1] + main
        if word[0].isupper() and letters in (full, main):
            return start
    return end


def _is_foreign(short: str, name: Name, times: int) -> bool:
    """Whether a short form may be of the name in another language: of an organization, used again, with the same first letter."""
    return name.type == "ORG" and len(name.words) > 1 and times > 1 and fold(short)[0] == name.words[0][0]


def is_short_form(text: str) -> bool:
    """Whether a name is written like an acronym."""
    letters = text.replace(".", "").replace("&", "")
    return MIN_LETTERS <= len(letters) <= MAX_LETTERS and letters.isalpha() and sum(map(str.isupper, letters)) > 1


def abbreviates(short: str, words: Words) -> bool:
    """Whether the letters of a short form occur in the words in that order, the first one at their start."""
    letters = fold(short)
    if len(words) < 2 or not letters or words[0][0] != letters[0]:
        return False
    rest = iter("".join(words))
    return all(letter in rest for letter in letters if letter.isalnum())


def initials_of(words: Words) -> list[str]:
    """Return the first letters of the words, with and without those of "of", "and" and the like."""
    parts = [part for word in words for part in word.split("-") if part]
    if len(parts) < MIN_LETTERS:
        return []
    full = "".join(part[0] for part in parts)
    return sorted({full, "".join(part[0] for part in parts if part not in LINKS)})
