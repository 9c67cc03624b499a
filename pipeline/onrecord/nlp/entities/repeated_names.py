# SPDX-License-Identifier: Apache-2.0
"""Names that the model missed: those found elsewhere in the article, and well-known ones."""

import functools
import re
from collections import Counter, defaultdict
from collections.abc import Iterable

from onrecord.data.records import EntityType
from onrecord.nlp.english.lexicon import rows
from onrecord.nlp.english.names import fold
from onrecord.nlp.english.parse import Parse
from onrecord.nlp.entities import abbreviations, knowledge
from onrecord.nlp.entities.knowledge import Words
from onrecord.nlp.entities.mentions import Name, make_name

# In a line of capitals a shorter word may be a common one: IT, WHO, US.
MIN_SHOUTED_LETTERS = 4
# Names with the same first word; it bounds the time for a text of nothing but names.
MAX_SAME_START = 40
# Two capitals may be something else: TV, PM.
MIN_ACRONYM_LETTERS = 3
FIRST_WORD = re.compile(r"[^\s\-'’]+")
Spellings = dict[str, list[tuple[str, EntityType]]]
Foldings = dict[str, list[tuple[Words, EntityType]]]


def repeated_names(text: str, parse: Parse, names: list[Name]) -> list[Name]:
    """Return the further mentions of the names, of the surnames of persons, and of well-known names."""
    seen = _spellings_of(parse, names)
    known, known_folded = _known_spellings(), _known_foldings()
    folded = _foldings_of(seen)
    search = _Search(text, parse, _taken(parse, names))
    found = []
    skip_to = 0
    for index, word in enumerate(parse.word):
        if word not in seen and word not in known and not word.isupper() and not parse.shouted[index]:
            continue
        if index < skip_to or search.taken[index] or word.islower():
            continue
        if parse.shouted[index] or _is_shouted(parse, index):
            first = fold(word)
            hit = search.folded(index, folded.get(first, [])[:MAX_SAME_START]) or search.folded(
                index, known_folded.get(first, ())
            )
        else:
            hit = search.spelled(index, seen.get(word, [])[:MAX_SAME_START]) or search.spelled(
                index, known.get(word, ())
            )
        if hit:
            end, kind = hit
            name = make_name(text, parse, index, end, kind, guessed=False)
            if name is not None:
                found.append(name)
                skip_to = end
    return found


def whole_known_places(text: str, parse: Parse) -> list[Name]:
    """Return the well-known places of several words, also where the model found only a part: Trinidad and Tobago."""
    search = _Search(text, parse, [False] * len(parse))
    places = _long_known_places()
    found = []
    skip_to = 0
    for index, word in enumerate(parse.word):
        if word in places and index >= skip_to:
            hit = search.spelled(index, places[word])
            name = make_name(text, parse, index, hit[0], hit[1], guessed=False) if hit else None
            if hit and name is not None:
                found.append(name)
                skip_to = hit[0]
    return found


class _Search:
    """Searches for names at tokens that are not covered by a name."""

    def __init__(self, text: str, parse: Parse, taken: list[bool]) -> None:
        self.text = text
        self.parse = parse
        self.taken = taken

    def spelled(self, start: int, spellings: Iterable[tuple[str, EntityType]]) -> tuple[int, EntityType] | None:
        """Return the end of the longest name that starts here, unless it is part of a longer one."""
        parse = self.parse
        offset = parse.start[start]
        for spelling, kind in spellings:
            if not self.text.startswith(spelling, offset):
                continue
            last = parse.ending_at(offset + len(spelling))
            if last is None or any(self.taken[start : last + 1]):
                continue
            if last == start and spelling.lower() in parse.common_words and self._may_be_common(start):
                continue
            in_headline = parse.headline[start]  # where capitals show nothing
            if not in_headline and (self._continues_name(start - 1) or self._continues_name(last + 1)):
                continue
            return last + 1, kind
        return None

    def folded(self, start: int, foldings: Iterable[tuple[Words, EntityType]]) -> tuple[int, EntityType] | None:
        """The same in a line of capitals, where case is ignored, except for words that are common ones elsewhere."""
        for words, kind in foldings:
            end = start + len(words)
            if tuple(map(fold, self.parse.word[start:end])) != words or any(self.taken[start:end]):
                continue
            if len(words) == 1 and (len(words[0]) < MIN_SHOUTED_LETTERS or words[0] in self.parse.common_words):
                continue
            return end, kind
        return None

    def _may_be_common(self, index: int) -> bool:
        """Whether a capital may be due to the start of a sentence, or the word is not tagged as a name."""
        return self.parse.starts_sentence[index] or not self.parse.tag[index].startswith(("NNP", "JJ"))

    def _continues_name(self, index: int) -> bool:
        """Whether a neighbouring token looks like another word of the same name."""
        parse = self.parse
        if not 0 <= index < len(parse) or self.taken[index]:
            return False
        word = parse.word[index]
        if not word[0].isupper() or not parse.tag[index].startswith("NNP"):
            return False
        folded = fold(word)
        if folded in knowledge.titles() or folded in knowledge.offices():
            return False
        return not (parse.starts_sentence[index] and word.lower() in parse.common_words)


def _is_shouted(parse: Parse, index: int) -> bool:
    """Whether a word is in capitals and not an acronym: it is long, or another such word follows ("DES MOINES")."""
    words = [word for word in parse.word[index : index + 2] if word.isupper()]
    return bool(words) and parse.word[index].isupper() and max(map(len, words)) >= MIN_SHOUTED_LETTERS


def _taken(parse: Parse, names: list[Name]) -> list[bool]:
    taken = [False] * len(parse)
    for name in names:
        taken[name.start : name.end] = [True] * (name.end - name.start)
    return taken


def _spellings_of(parse: Parse, names: list[Name]) -> Spellings:
    """Return how the names and the persons' surnames are written, by first token, the longest first."""
    votes: dict[tuple[str, str], Counter[EntityType]] = defaultdict(Counter)
    for name in names:
        first, last = parse.word[name.start], parse.word[name.end - 1]
        votes[first, name.span.text][name.type] += 1
        if name.type == "PERSON" and name.end - name.start > 1 and last[0].isupper() and len(last) > 2:
            votes[last, last]["PERSON"] += 1
        elif name.type == "ORG" and len(name.words) >= MIN_ACRONYM_LETTERS:
            for initials in abbreviations.initials_of(name.words):
                votes[initials.upper(), initials.upper()]["ORG"] += 1
    for key in [key for key in votes if fold(key[1]) in knowledge.common_words()]:
        del votes[key]
    spellings: Spellings = defaultdict(list)
    for (first, spelling), kinds in sorted(votes.items(), key=lambda item: -len(item[0][1])):
        spellings[first].append((spelling, kinds.most_common(1)[0][0]))
    return spellings


def _foldings_of(spellings: Spellings) -> Foldings:
    foldings: Foldings = defaultdict(list)
    for of_first in spellings.values():
        for spelling, kind in of_first:
            words = knowledge.words_of(spelling)
            if words:
                foldings[words[0]].append((words, kind))
    for candidates in foldings.values():
        candidates.sort(key=lambda candidate: -len(candidate[0]))
    return foldings


@functools.cache
def _known_spellings() -> Spellings:
    spellings: Spellings = defaultdict(list)
    known = knowledge.known_names()
    for name, *_ in sorted(rows("entity_known"), key=lambda row: -len(row[0])):
        entry = known[knowledge.words_of(name)]
        first = FIRST_WORD.match(name)
        if first and entry.sure and entry.type != "NORP":
            spellings[first.group()].append((name, entry.type))
    return dict(spellings)


@functools.cache
def _long_known_places() -> Spellings:
    long: Spellings = defaultdict(list)
    for first, of_first in _known_spellings().items():
        for name, kind in of_first:
            if " " in name and kind in ("GPE", "LOC"):
                long[first].append((name, kind))
    return dict(long)


@functools.cache
def _known_foldings() -> Foldings:
    foldings: Foldings = defaultdict(list)
    for words, known in sorted(knowledge.known_names().items(), key=lambda item: -len(item[0])):
        if known.sure and known.type != "NORP":
            foldings[words[0]].append((words, known.type))
    return dict(foldings)
