# SPDX-License-Identifier: Apache-2.0
"""Whom a speaker phrase names: by its head, an apposition or a title, and by a noun for several people who are named before it."""

from onrecord.nlp.annotations import Entity
from onrecord.nlp.english.labels import BODIES, NOUNS, PLURAL
from onrecord.nlp.english.parse import Parse
from onrecord.nlp.english.syntax import counted
from onrecord.nlp.english.words import DEFINITE, INDEFINITE
from onrecord.nlp.quotes.sources import Sources, members

LOOK_BACK = 200  # tokens in which two people are looked for
MAX_SENTENCES = 2  # before "both women", in which they are named
TWO = frozenset({"both", "two", "couple", "pair", "duo"})


class Names:
    """The entities that the phrases of an article name; ``index`` is of each token of a name."""

    def __init__(self, parse: Parse, entities: tuple[Entity, ...], index: dict[int, int], sources: Sources) -> None:
        self.parse = parse
        self.entities = entities
        self.index = index
        self.sources = sources
        self.surnames: dict[str, list[int]] = {}
        for number, entity in enumerate(entities):
            if entity.type == "PERSON" and " " in entity.name:
                self.surnames.setdefault(entity.name.split()[-1].lower(), []).append(number)

    def person(self, token: int) -> int | None:
        """Return the person in whose name a token is."""
        entity = self.index.get(token)
        return entity if entity is not None and self.entities[entity].type == "PERSON" else None

    def named(self, head: int, where: tuple[int, int]) -> int | None:
        """Return the entity that the phrase names, by its head or by an apposition to it."""
        parse = self.parse
        if head in self.index:
            return self.index[head]
        # "her aunt, Ada Lindt", also where the parser sees no apposition
        behind = {self.index.get(token) for token in range(head + 2, where[1])}
        is_set_off = len(behind) == 1 and parse.word[head + 1] == ","
        for token in range(head + 1, where[1]):
            is_described = parse.dep[token] == "appos" or (is_set_off and token == where[1] - 1)
            if token not in self.index or not is_described:
                continue
            if parse.head[token] == head and self.entities[self.index[token]].type in BODIES:
                return self.index[token]  # rail operator Norlink
            if self.person(token) is not None:
                # "the head of the board, Ada Lindt", but not "a spokesman for the mayor, Ada Lindt" nor "for the mayor Ada Lindt"
                own = parse.head[token] if parse.dep[parse.head[token]] == "pobj" else head
                described = next((place - 1 for place in range(token, head, -1) if parse.word[place] == ","), own)
                is_other = described not in (head, counted(parse, head)) and self.sources.is_people(described)
                return None if is_other else self.person(token)
        last = next((token - 1 for token in range(head, where[0], -1) if parse.word[token] == "("), where[1] - 1)
        if last < head and self.person(last) is not None:  # Ada Lindt (D-Norwick)
            return self.index[last]
        comma = next((token for token in range(head + 1, where[1]) if parse.word[token] == ","), where[1])
        for end in (comma, where[1]):
            if end - 1 > head and self.person(end - 1) is not None and self._is_whole_title(head, (where[0], end)):
                return self.index[end - 1]
        if parse.dep[head] == "compound" and parse.head[head] in self.index:
            return self.index[parse.head[head]]
        return self._by_surname(head)

    def together(self, head: int, where: tuple[int, int] | None) -> tuple[int, ...]:
        """Return the people whom one phrase means: both women, the Bergs, the judges Ada Lindt and Mia Rask."""
        parse = self.parse
        if parse.tag[head] in PLURAL and where is not None:
            named = next((token for token in range(head + 1, where[1]) if self.person(token) is not None), head)
            while named > head and parse.head[named] > named and self.person(parse.head[named]) == self.person(named):
                named = parse.head[named]
            listed = [self.person(token) for token in (named, *members(parse, named))]
            people = tuple(one for one in dict.fromkeys(listed) if one is not None)
            is_next = all(parse.word[token] == "," or parse.tag[token] == "NNP" for token in range(head + 1, named))
            if named > head and is_next and len(people) > 1:
                return people
        word, is_definite = parse.lower[head], any(parse.lower[child] in DEFINITE for child in parse.children[head])
        if is_definite and parse.word[head][0].isupper():
            bearers = self.surnames.get(word.removesuffix("s"), []) if word.endswith("s") else []
            return tuple(bearers) if len(bearers) > 1 else ()
        is_two = is_definite and (parse.has(head, "two") or word in TWO)
        is_people = word in TWO or self.sources.is_people(head)
        if not is_people or (word != "both" and not parse.has(head, "both") and not is_two):
            return ()
        earliest = parse.sentence_starts[max(0, parse.sentence[head] - MAX_SENTENCES)]
        for token in range(head - 1, max(earliest, head - LOOK_BACK) - 1, -1):
            others = [self.person(other) for other in members(parse, token)] if token in self.index else []
            pair = [one for one in dict.fromkeys((self.person(token), *others)) if one is not None]
            if others and parse.dep[token] != "conj" and len(pair) > len(others):
                return tuple(pair) if len(pair) == 2 else ()
        return ()

    def _is_whole_title(self, head: int, where: tuple[int, int]) -> bool:
        """Whether a phrase before a name is its title: "head of the Water Board Ada Lindt", not "spokesman for Mayor Ada Lindt"."""
        parse, name = self.parse, where[1] - 1
        while self.index.get(name - 1) == self.index[where[1] - 1]:
            name -= 1
        if parse.tag[head] in PLURAL or parse.tag[name - 1] not in NOUNS or parse.lower[where[0]] in INDEFINITE:
            return False
        for token in range(head + 1, name):  # "chairman, president and CEO Ada Lindt" is one person
            if parse.word[token] == "," and not self.sources.is_people(token + 1):
                return False
            before = next((at for at in range(token - 1, head, -1) if parse.tag[at] not in (*NOUNS, "JJ")), head)
            if self.sources.is_people(token) and parse.lower[before] not in ("and", ","):
                return False
        return self.sources.is_people(head)

    def _by_surname(self, head: int) -> int | None:
        """Return the only person with a surname that the recognizer missed: "MOORE: …"."""
        word = self.parse.lower[head]
        if self.parse.word[head][0].islower() or self.parse.tag[head] not in NOUNS:
            return None
        bearers = self.surnames.get(word, [])
        return bearers[0] if len(bearers) == 1 else None
