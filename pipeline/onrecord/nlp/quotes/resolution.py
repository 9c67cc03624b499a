# SPDX-License-Identifier: Apache-2.0
"""Resolves speakers to entities: names, pronouns, nominals ("the minister") and speakers who are not mentioned again.

To what pronouns and definite noun phrases refer is what ``onrecord_coreference`` found.
"""

from bisect import bisect_right
from itertools import islice

from onrecord.data.records import Span
from onrecord.nlp.annotations import Attribution, Entity, code_points, entities_of, references_of, text_span
from onrecord.nlp.english.cues import verbs
from onrecord.nlp.english.labels import NOUNS, SUBJECTS
from onrecord.nlp.english.parse import Parse
from onrecord.nlp.english.words import FIRST_PERSON, INDEFINITE, nominals, pronouns
from onrecord.nlp.entities import entity_index
from onrecord.nlp.quotes.layout import QuotationLayout
from onrecord.nlp.quotes.speakers import phrase

LEAD_PARAGRAPHS = 4  # headline, standfirst and promos may come before the first sentence
MAX_SKIPPED = 4  # paragraphs from the last speaker to the next quotation, with promos between them
LOOK_BACK = 200  # tokens in which the last subject of a paragraph is looked for
WITHOUT_NOUN = frozenset({"WP", "WDT", "DT", "EX"})


class Resolver:
    """Resolves the speaker phrases of one article. Call it in text order: it remembers who spoke last."""

    def __init__(self, layout: QuotationLayout) -> None:
        self.layout = layout
        self.parse: Parse = layout.parse
        self.entities: tuple[Entity, ...] = entities_of(layout.doc)
        self.index = entity_index(layout.doc)
        self.references = references_of(layout.doc)
        self.surnames: dict[str, list[int]] = {}
        for number, entity in enumerate(self.entities):
            if entity.type == "PERSON" and " " in entity.name:
                self.surnames.setdefault(entity.name.split()[-1].lower(), []).append(number)
        self.last: Attribution | None = None
        self.last_token = -1
        self.in_marks: dict[int, Attribution] = {}  # the speakers of the outermost regions, where known
        self.voices: list[tuple[int, int, Attribution]] = []  # statements without marks, code points, in text order

    def resolve(self, head: int | None, where: tuple[int, int] | None, anchor: int) -> Attribution | None:
        """Return the speaker that a phrase refers to, and remember them."""
        if head is None or where is None:
            return None
        parse = self.parse
        mention = text_span(parse.source, parse.start[where[0]], parse.end[where[1] - 1])
        attribution = self._attribute(head, where, mention)
        if self.layout.region_of[anchor] < 0:
            self.last, self.last_token = attribution, head
        return attribution

    def next_speaker(self, token: int) -> Attribution | None:
        """Return who speaks next at a token: the last speaker of this paragraph or the one before, or the last subject of this one."""
        starts = self.layout.paragraph_starts
        here = bisect_right(starts, token)
        since = (starts[at] for at in range(bisect_right(starts, self.last_token), here))
        last = self.last if sum(not self.layout.skip[start] for start in islice(since, MAX_SKIPPED)) <= 1 else None
        first = max(starts[here - 1] if here else 0, self.last_token + 1 if last is not None else 0, token - LOOK_BACK)
        for subject in range(token - 1, first - 1, -1):
            if self._is_main_subject(subject) and self.entities[self.index[subject]].type == "PERSON":
                entity = self.index[subject]
                mention = code_points(self.layout.doc[subject])
                return Attribution(mention, entity, self.entities[entity].name, "IMPLICIT")
        return None if last is None else Attribution(last.mention, last.entity, last.name, "IMPLICIT")

    def _is_main_subject(self, token: int) -> bool:
        """Whether a token is the head of a name outside marks that is a subject, but not of a relative clause."""
        parse = self.parse
        if token not in self.index or parse.dep[token] not in SUBJECTS or self.layout.region_of[token] >= 0:
            return False
        return parse.dep[parse.head[token]] not in ("relcl", "acl")

    def _attribute(self, head: int, where: tuple[int, int], mention: Span) -> Attribution:
        parse = self.parse
        named = self._named(head, where)
        if named is not None:
            return Attribution(mention, named, self.entities[named].name, "NAME")
        word = parse.lower[head]
        if parse.tag[head] in ("PRP", "PRP$") or word in pronouns():
            return self._pronoun(word, head, mention)
        reference = self.references.get(head)
        meant = reference.entity if reference is not None else None
        if meant is None:
            meant = self._named_next(head, where)
        if meant is not None:
            return Attribution(mention, meant, self.entities[meant].name, "NOMINAL")
        if parse.tag[head] in WITHOUT_NOUN and not parse.word[head].isupper():
            return Attribution(mention, None, None, "PRONOUN")
        return Attribution(mention, None, " ".join(mention.text.split()), "NOMINAL")

    def _named(self, head: int, where: tuple[int, int]) -> int | None:
        """Return the entity that the phrase names, by its head or by an apposition to it."""
        parse = self.parse
        if head in self.index:
            return self.index[head]
        for child in parse.children[head]:
            entity = self.index.get(child) if parse.dep[child] == "appos" and where[0] <= child < where[1] else None
            if entity is not None and self.entities[entity].type == "PERSON":
                return entity
        if parse.dep[head] == "compound" and parse.head[head] in self.index:
            return self.index[parse.head[head]]
        return self._by_surname(head)

    def _by_surname(self, head: int) -> int | None:
        """Return the only person with a surname that the recognizer missed: "MOORE: …"."""
        word = self.parse.lower[head]
        if self.parse.word[head][0].islower() or self.parse.tag[head] not in NOUNS:
            return None
        bearers = self.surnames.get(word, [])
        return bearers[0] if len(bearers) == 1 else None

    def _pronoun(self, word: str, head: int, mention: Span) -> Attribution:
        meant: int | None = None
        name: str | None = None
        reference = self.references.get(head)
        if word in FIRST_PERSON:
            enclosing = self._enclosing(head)
            if enclosing is not None:
                meant, name = enclosing.entity, enclosing.name
        elif reference is not None:
            meant = reference.entity
            name = None if reference.noun is None else self._words_of(reference.noun)
        if meant is not None:
            name = self.entities[meant].name
        return Attribution(mention, meant, name, "PRONOUN")

    def _words_of(self, noun: int) -> str | None:
        """Return the words of the phrase of a noun."""
        where = phrase(self.parse, noun, self.parse.head[noun])
        if where is None:
            return None
        return " ".join(self.parse.source[self.parse.start[where[0]] : self.parse.end[where[1] - 1]].split())

    def _enclosing(self, token: int) -> Attribution | None:
        """Return the speaker of the quotation around a token, if known."""
        region = self.layout.region_of[token]
        if region >= 0:
            return self.in_marks.get(self.layout.outermost(region))
        start, end, voice = self.voices[-1] if self.voices else (0, 0, None)
        return voice if start <= self.parse.start[token] < end else None

    def _named_next(self, head: int, where: tuple[int, int]) -> int | None:
        """Return the person whom the lead does not name: "An aide said …", and the next paragraph opens with the name.

        News writers call this delayed identification.
        """
        parse, starts = self.parse, self.layout.paragraph_starts
        if parse.lower[where[0]] not in INDEFINITE or nominals().get(parse.lower[head], ("", ""))[0] != "PERSON":
            return None
        here = bisect_right(starts, head)
        if here > LEAD_PARAGRAPHS or here >= len(starts):
            return None
        end = starts[here + 1] if here + 1 < len(starts) else len(parse)
        names = (
            token for token in range(starts[here], end) if token in self.index and self.layout.region_of[token] < 0
        )
        first = next(names, None)
        while first is not None and self.index.get(parse.head[first]) == self.index[first]:
            first = parse.head[first]
        if first is None or not self._is_main_subject(first) or parse.lower[parse.head[first]] not in verbs():
            return None
        entity = self.entities[self.index[first]]
        is_new = entity.mentions[0].span.start >= parse.start[starts[here]]
        return self.index[first] if entity.type == "PERSON" and is_new else None
