# SPDX-License-Identifier: Apache-2.0
"""Names of the user's list: found where they are spelled as in the list, whatever the model labels them."""

from collections import defaultdict
from collections.abc import Iterable

from onrecord.data.gazetteer import MAX_NAME_LENGTH, ListedName
from onrecord.nlp.annotations import text_span
from onrecord.nlp.english.parse import Parse
from onrecord.nlp.entities import knowledge
from onrecord.nlp.entities.mentions import Name

# Names are looked up by how they start, which bounds the work for each token; none is shorter.
PREFIX_LETTERS = 2
# In a line of capitals a shorter name may be a common word.
MIN_SHOUTED_LETTERS = 4


class ListedNames:
    """A user's list, ready to be found in texts."""

    def __init__(self, entries: Iterable[ListedName] = ()) -> None:
        """Index the entries of a list."""
        self.listed = tuple(entries)
        self._entries: dict[str, ListedName] = {}
        self._shouted: dict[str, ListedName] = {}
        for entry in self.listed:
            for name in entry.names:
                self._entries.setdefault(name, entry)
                if len(name) >= MIN_SHOUTED_LETTERS:
                    self._shouted.setdefault(name.upper(), entry)
        self._lengths = _lengths(self._entries)
        self._shouted_lengths = _lengths(self._shouted)

    def find(self, text: str, parse: Parse) -> list[Name]:
        """Return the names of the list in a text, in text order, the longest where several begin."""
        if not self._entries:
            return []
        found = []
        skip_to = 0
        for index, offset in enumerate(parse.start):
            if index < skip_to:
                continue
            # A dateline is in capitals too: "VILLACH, May 2".
            shouted = parse.shouted[index] or (
                parse.word[index].isupper() and len(parse.word[index]) >= MIN_SHOUTED_LETTERS
            )
            entries, lengths = (self._shouted, self._shouted_lengths) if shouted else (self._entries, self._lengths)
            for length in lengths.get(text[offset : offset + PREFIX_LETTERS], ()):
                entry = entries.get(text[offset : offset + length])
                last = parse.ending_at(offset + length)
                if entry is None or last is None:
                    continue
                # The first word of a sentence may be the common word: "Shells were found."
                is_common = last == index and parse.word[index].lower() in parse.common_words
                if is_common and parse.starts_sentence[index] and not parse.tag[index].startswith("NNP"):
                    continue
                found.append(_name(text, parse, index, last + 1, entry))
                skip_to = last + 1
                break
        return found


def _lengths(names: Iterable[str]) -> dict[str, list[int]]:
    """Return the lengths of the names that start with the same letters, the longest first."""
    lengths: dict[str, set[int]] = defaultdict(set)
    for name in names:
        lengths[name[:PREFIX_LETTERS]].add(min(len(name), MAX_NAME_LENGTH))
    return {prefix: sorted(of_prefix, reverse=True) for prefix, of_prefix in lengths.items()}


def _name(text: str, parse: Parse, start: int, end: int, entry: ListedName) -> Name:
    span = text_span(text, parse.start[start], parse.end[end - 1])
    return Name(start, end, span, knowledge.words_of(span.text) or (span.text.casefold(),), entry.type, listed=entry)


def with_listed(names: list[Name], listed: list[Name]) -> list[Name]:
    """Return all names in text order: a listed one takes the place of those that it overlaps, unless it is part of a longer one."""
    if not listed:
        return names
    owner = {index: name for name in listed for index in range(name.start, name.end)}
    kept = []
    beaten: set[int] = set()
    for name in names:
        overlapping = {owner[i].start: owner[i] for i in range(name.start, name.end) if i in owner}
        inside = [other for other in overlapping.values() if name.start <= other.start and other.end <= name.end]
        if len(inside) == len(overlapping) and all(o.end - o.start < name.end - name.start for o in inside):
            kept.append(name)
            beaten.update(overlapping)
    return sorted([*kept, *(name for name in listed if name.start not in beaten)], key=lambda name: name.start)
