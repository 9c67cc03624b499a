# SPDX-License-Identifier: Apache-2.0
"""Where an article names its entities, and how salient each name makes its entity."""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

from onrecord.data.records import Span
from onrecord.nlp.annotations import Entity
from onrecord.nlp.english.parse import MAX_CLIMB
from onrecord.nlp.quotes.layout import QuotationLayout

SUBJECT_LABELS = frozenset({"nsubj", "nsubjpass"})
EMBEDDED = frozenset({"relcl", "acl"})
FOR_SUBJECT = 1.0
FOR_EMBEDDED_SUBJECT = 0.7  # "Lang, whom Reed had asked, …": a sentence is about the subject of its main clause
FOR_POSSESSOR = -0.6
LOOK_BACK = 40  # names; a person not mentioned for longer is named again


@dataclass(frozen=True, slots=True)
class SalientMention:
    """A name in the text: its head token, its entity and the salience that its position gives the entity."""

    token: int
    entity: int
    salience: float


class MentionSalience:
    """The names in an article: those ``outside`` quotation marks in text order, and those inside marks by their region."""

    def __init__(self, layout: QuotationLayout, entities: Sequence[Entity]) -> None:
        self.layout = layout
        self.outside: list[SalientMention] = []
        self._inside: dict[int, list[SalientMention]] = {}
        found = [
            salient
            for number, entity in enumerate(entities)
            for mention in entity.mentions
            if mention.kind == "NAME" and (salient := self._salient_mention(number, mention.span)) is not None
        ]
        for salient in sorted(found, key=lambda salient: (salient.token, salient.entity)):
            region = layout.region_of[salient.token]
            where = self.outside if region < 0 else self._inside.setdefault(layout.outermost(region), [])
            where.append(salient)
        self._places = [salient.token for salient in self.outside]

    def _salient_mention(self, entity: int, span: Span) -> SalientMention | None:
        parse = self.layout.parse
        first, last = parse.first_at(span.start), bisect_left(parse.start, span.end) - 1
        if last < first:
            return None
        head = last
        for _ in range(MAX_CLIMB):
            if not first <= parse.head[head] <= last or parse.head[head] == head:
                break
            head = parse.head[head]
        top = parse.head[head] if parse.dep[head] == "appos" else head
        salience = 0.0
        if parse.dep[top] in SUBJECT_LABELS:
            salience = FOR_EMBEDDED_SUBJECT if parse.dep[parse.head[top]] in EMBEDDED else FOR_SUBJECT
        elif parse.dep[top] in ("poss", "compound"):
            salience = FOR_POSSESSOR
        return SalientMention(head, entity, salience)

    def before(self, token: int) -> list[SalientMention]:
        """Return the last names before a token; names inside marks count only inside the same marks."""
        place = bisect_left(self._places, token)
        found = self.outside[max(0, place - LOOK_BACK) : place]
        region = self.layout.region_of[token]
        if region >= 0:
            inside = self._inside.get(self.layout.outermost(region), [])
            place = bisect_left(inside, token, key=lambda salient: salient.token)
            found += inside[max(0, place - LOOK_BACK) : place]
        return found

    def first_from(self, token: int) -> SalientMention | None:
        """Return the first name outside marks at or after a token."""
        place = bisect_left(self._places, token)
        return self.outside[place] if place < len(self.outside) else None
