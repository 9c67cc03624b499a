# SPDX-License-Identifier: Apache-2.0
"""Resolves speakers to entities: names, pronouns, nominals ("the minister") and speakers who are not mentioned again.

A pronoun refers to the most salient person: subjects outside quotation marks before other mentions, near ones before far ones, and the
last speaker first, as in the salience weights of Lappin and Leass (1994). Names inside a quote are not salient outside it.
"""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from onrecord.data.records import Span
from onrecord.nlp.annotations import Attribution, Entity, code_points, entities_of, text_span
from onrecord.nlp.english.parse import Parse
from onrecord.nlp.english.words import nominals
from onrecord.nlp.entities import entity_index, gender
from onrecord.nlp.quotes.cues import verbs
from onrecord.nlp.quotes.layout import QuotationLayout
from onrecord.nlp.quotes.salience import FOR_SUBJECT, SUBJECT_LABELS, MentionSalience, SalientMention
from onrecord.nlp.quotes.speakers import phrase

HE_OR_SHE = {"he": "m", "him": "m", "his": "m", "she": "f", "her": "f"}
FIRST_PERSON = frozenset({"i", "we", "me", "us"})
BODIES = frozenset({"ORG", "GPE", "NORP", "LOC", "FAC"})
PLURAL = frozenset({"NNS", "NNPS"})
PLACES = frozenset(
    {"city", "town", "country", "nation", "state", "republic", "kingdom", "province", "county", "village"}
)
MAX_GROUP_DISTANCE = 80  # tokens between "they" and the group that it refers to
MAX_SPEAKERS = 3  # the last speakers that a pronoun or a noun may refer to
MAX_TITLE = 8  # tokens before a name that may be its title
INDEFINITE = frozenset({"a", "an", "one"})
LEAD_PARAGRAPHS = 4  # headline, standfirst and promos may come before the first sentence
DEFINITE_ARTICLES = frozenset({"the", "this", "that"})
VIEW = 12  # sentences

# What adds to a person's salience.
FOR_SPEAKER = 1.6  # who spoke last
FOR_GENDER = 0.8  # the given name or a title shows it; otherwise it is only not contradicted
PER_SENTENCE = -0.45
PER_PARAGRAPH = -0.15
# The same for nominals: "the minister" refers to someone with that title.
FOR_TITLE = 2.0
FOR_AGREEMENT = 1.0  # "the Russian president": somebody whose role or name has "Russian" in it
MIN_TITLED = -2.5
MIN_UNTITLED = 0.2  # a subject or speaker of this sentence or the one before


@dataclass(frozen=True, slots=True)
class _Titled:
    """The entities that a noun is a title of; those whose name or role has a word, in their order, if the noun can refer to them."""

    entities: frozenset[int]
    by_modifier: Mapping[str, Sequence[int]]


class Resolver:
    """Resolves the speaker phrases of one article. Call it in text order: it remembers who spoke last."""

    def __init__(self, layout: QuotationLayout) -> None:
        self.layout = layout
        self.parse: Parse = layout.parse
        self.entities: tuple[Entity, ...] = entities_of(layout.doc)
        self.index = entity_index(layout.doc)
        self.surnames: dict[str, list[int]] = {}
        for number, entity in enumerate(self.entities):
            if entity.type == "PERSON" and " " in entity.name:
                self.surnames.setdefault(entity.name.split()[-1].lower(), []).append(number)
        self.salience = MentionSalience(layout, self.entities)
        self.genders: dict[int, str | None] = {}
        self.last: Attribution | None = None
        self.last_token = -1
        self.spoken: list[tuple[int, int]] = []  # token and entity of each speaker
        self.in_marks: dict[int, Attribution] = {}  # the speakers of the outermost regions, where known
        self._titled: dict[str, _Titled] = {}

    def gender(self, entity: int) -> str | None:
        """Return "m", "f" or None if the article does not show it."""
        if entity not in self.genders:
            self.genders[entity] = gender(self.entities[entity], self.parse.source)
        return self.genders[entity]

    def resolve(self, head: int | None, where: tuple[int, int] | None, anchor: int) -> Attribution | None:
        """Return the speaker that a phrase refers to, and remember them."""
        if head is None or where is None:
            return None
        parse = self.parse
        mention = text_span(parse.source, parse.start[where[0]], parse.end[where[1] - 1])
        attribution = self._attribute(head, where, mention)
        if self.layout.region_of[anchor] < 0:
            self.remember(attribution, head)
        return attribution

    def next_speaker(self, token: int) -> Attribution | None:
        """Return who speaks next at a token: the last speaker of this paragraph or the one before, or the last subject of this one."""
        starts = self.layout.paragraph_starts
        here = bisect_right(starts, token)
        last = self.last if here - bisect_right(starts, self.last_token) <= 1 else None
        for salient in reversed(self.salience.before(token)):
            if salient.token <= self.last_token and last is not None:
                break
            if bisect_right(starts, salient.token) != here:
                break
            entity = self.entities[salient.entity]
            if entity.type == "PERSON" and salient.salience >= FOR_SUBJECT:
                return Attribution(code_points(self.layout.doc[salient.token]), salient.entity, entity.name, "IMPLICIT")
        if last is None:
            return None
        return Attribution(last.mention, last.entity, last.name, "IMPLICIT")

    def remember(self, attribution: Attribution, token: int) -> None:
        """Make this the last speaker."""
        self.last, self.last_token = attribution, token
        if attribution.entity is not None:
            self.spoken.append((token, attribution.entity))

    def _attribute(self, head: int, where: tuple[int, int], mention: Span) -> Attribution:
        parse = self.parse
        named = self._named(head, where)
        if named is not None:
            return Attribution(mention, named, self.entities[named].name, "NAME")
        word = parse.lower[head]
        if parse.tag[head] in ("PRP", "PRP$") or word in HE_OR_SHE or word in ("they", "we", "i", "it", "you"):
            return self._pronoun(word, head, mention)
        meant = self._nominal(head, where)
        if meant is None:
            meant = self._named_next(head, where)
        if meant is not None:
            return Attribution(mention, meant, self.entities[meant].name, "NOMINAL")
        if parse.tag[head] in ("WP", "WDT", "DT", "EX") and not parse.word[head].isupper():
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
        if self.parse.word[head][0].islower() or self.parse.tag[head] not in ("NNP", "NN", "NNS", "NNPS"):
            return None
        bearers = self.surnames.get(word, [])
        return bearers[0] if len(bearers) == 1 else None

    def _pronoun(self, word: str, head: int, mention: Span) -> Attribution:
        parse, region = self.parse, self.layout.region_of[head]
        meant: int | None = None
        name: str | None = None
        if word in HE_OR_SHE:
            meant = self._most_in_view(head, HE_OR_SHE[word])
            if (
                meant is None
                and self.last is not None
                and self.last.entity is None
                and self.last.resolution == "NOMINAL"
            ):
                name = self.last.name
        elif word in ("they", "them", "it", "its"):
            plural = word.startswith("th")
            sentence = bisect_right(parse.sentence_starts, head)
            group = self._group_in_view(head) if plural and region < 0 else None
            if group is not None and bisect_right(parse.sentence_starts, group) == sentence:
                meant, name = self._group(group)
            elif region < 0 and self.last is not None and self._fits_body(self.last, plural):
                meant, name = self.last.entity, self.last.name
            elif group is not None:
                meant, name = self._group(group)
            elif region < 0:
                meant = self._body_in_view(head)
        elif word in FIRST_PERSON and region >= 0:
            enclosing = self._enclosing(head)
            if enclosing is not None:
                meant, name = enclosing.entity, enclosing.name
        if meant is not None:
            name = self.entities[meant].name
        return Attribution(mention, meant, name, "PRONOUN")

    def _fits_body(self, last: Attribution, plural: bool) -> bool:
        if last.entity is not None:
            return self.entities[last.entity].type in BODIES
        many = self.parse.tag[self.last_token] in PLURAL or self.parse.child(self.last_token, "conj") is not None
        body = nominals().get(self.parse.lower[self.last_token], ("", ""))[0] == "ORG"
        return plural and last.mention is not None and last.resolution == "NOMINAL" and (many or body)

    def _group_in_view(self, token: int) -> int | None:
        """Return the nearest plural subject outside marks, in the sentence of the token or the one before."""
        parse = self.parse
        place = max(bisect_right(parse.sentence_starts, token) - 2, 0)
        for other in range(token - 1, max(parse.sentence_starts[place], token - MAX_GROUP_DISTANCE) - 1, -1):
            if parse.dep[other] in SUBJECT_LABELS and parse.tag[other] in PLURAL and self.layout.region_of[other] < 0:
                return other
        return None

    def _group(self, head: int) -> tuple[int | None, str | None]:
        """Return the entity of a plural subject, and its name or its words."""
        if head in self.index:
            return self.index[head], self.entities[self.index[head]].name
        where = phrase(self.parse, head, self.parse.head[head])
        return None, " ".join(
            self.parse.source[self.parse.start[where[0]] : self.parse.end[where[1] - 1]].split()
        ) if where is not None else None

    def _enclosing(self, token: int) -> Attribution | None:
        """Return the speaker of the quotation around a token, if known."""
        region = self.layout.region_of[token]
        return None if region < 0 else self.in_marks.get(self.layout.outermost(region))

    def _distance(self, token: int, other: int) -> float:
        parse, starts = self.parse, self.layout.paragraph_starts
        sentences = bisect_right(parse.sentence_starts, token) - bisect_right(parse.sentence_starts, other)
        lines = bisect_right(starts, token) - bisect_right(starts, other)
        return PER_SENTENCE * min(sentences, VIEW) + PER_PARAGRAPH * min(lines, VIEW)

    def _most_in_view(self, token: int, gender: str) -> int | None:
        """Return the person that "he" or "she" at a token refers to."""
        scores: dict[int, float] = {}
        enclosing = self._enclosing(token)
        oneself = None if enclosing is None else enclosing.entity  # the person quoted says "I"
        for salient in self.salience.before(token):
            entity = salient.entity
            if self.entities[entity].type != "PERSON" or entity == oneself:
                continue
            known_gender = self.gender(entity)
            if known_gender is not None and known_gender != gender:
                continue
            score = salient.salience + self._distance(token, salient.token) + (FOR_GENDER if known_gender else 0)
            scores[entity] = max(score, scores.get(entity, score))
        for place, entity in self.spoken[-MAX_SPEAKERS:]:
            if entity == oneself:
                continue
            if entity in scores or (self.entities[entity].type == "PERSON" and self.gender(entity) in (None, gender)):
                score = FOR_SPEAKER + self._distance(token, place) + (FOR_GENDER if self.gender(entity) else 0)
                scores[entity] = max(score, scores.get(entity, score))
        if not scores:
            return None
        return max(scores, key=lambda entity: (scores[entity], -entity))

    def _body_in_view(self, token: int) -> int | None:
        for salient in reversed(self.salience.before(token)):
            if self.entities[salient.entity].type == "ORG" and salient.salience >= FOR_SUBJECT:
                return salient.entity
        return None

    def _nominal(self, head: int, where: tuple[int, int]) -> int | None:
        """Return the entity that "the minister" or "the company" refers to, if something in the article shows it.

        That is a title or an apposition of the entity, words of its role or name, or, for a bare noun, high salience.
        """
        parse = self.parse
        word = parse.lower[head]
        if parse.lower[where[0]] not in DEFINITE_ARTICLES or parse.tag[head] not in ("NN", "NNP", "JJ", "CD"):
            return None
        kind, gender = ("PERSON", "") if word.endswith("-year-old") else nominals().get(word, ("", ""))
        found = self._titled_by(word, kind, gender)
        titled = found.entities
        if not kind and not titled:
            return None
        modifiers = {
            parse.lower[token] for token in range(*where) if token != head and parse.tag[token][:2] in ("NN", "JJ")
        }
        view = self.salience.before(head)
        sentence = parse.sentence_of(head)[0]
        # Someone whom the sentence names already is not referred to by a second noun in it: "According to Reed, the mayor said …".
        near = {salient.entity for salient in view} - {one.entity for one in view if one.token >= sentence}
        saliences: dict[int, float] = {}
        for one in view:
            salience = one.salience + self._distance(head, one.token)
            saliences[one.entity] = max(salience, saliences.get(one.entity, salience))
        scores: dict[int, float] = {}
        # Of the titled who are far away only the first with a modifier of the noun in the name or role has a chance (MIN_TITLED).
        recent = near | {salient.entity for salient in view} | {who for _, who in self.spoken[-MAX_SPEAKERS:]}
        far = (
            next((entity for entity in found.by_modifier.get(modifier, ()) if entity not in recent), None)
            for modifier in modifiers
        )
        for entity in sorted({*near, *(titled & recent), *(entity for entity in far if entity is not None)}):
            if not self._may_be(entity, word, kind, gender):
                continue
            score = max(
                [
                    saliences.get(entity, PER_SENTENCE * VIEW),
                    *(
                        FOR_SPEAKER + self._distance(head, at)
                        for at, who in self.spoken[-MAX_SPEAKERS:]
                        if who == entity
                    ),
                ]
            )
            if entity in titled:
                score += FOR_TITLE
            score += FOR_AGREEMENT * bool(modifiers & self._words_of(entity)) - FOR_AGREEMENT * bool(
                modifiers and entity not in titled
            )
            scores[entity] = score
        best = max(scores, key=lambda entity: (scores[entity], -entity), default=None)
        if best is None or scores[best] < (MIN_TITLED if best in titled else MIN_UNTITLED):
            return None
        return best

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
        first = self.salience.first_from(starts[here])
        if first is None or bisect_right(starts, first.token) != here + 1 or first.salience < FOR_SUBJECT:
            return None
        earlier = any(salient.entity == first.entity for salient in self.salience.before(first.token))
        is_person = self.entities[first.entity].type == "PERSON"
        speaks = parse.lower[parse.head[first.token]] in verbs()
        return first.entity if is_person and speaks and not earlier else None

    def _titled_by(self, word: str, kind: str, gender: str) -> "_Titled":
        """Return the entities that a noun is a title of; of a noun for organizations also those whose names end with it."""
        if word not in self._titled:
            entities = set(self._by_title.get(word, ()))
            if kind == "ORG":  # "the committee": an organization whose name ends with the word
                entities |= self._by_last_word.get(word, set())
            by_modifier: dict[str, list[int]] = {}
            for entity in sorted(entities):
                if self._may_be(entity, word, kind, gender):
                    for modifier in self._words_of(entity):
                        by_modifier.setdefault(modifier, []).append(entity)
            self._titled[word] = _Titled(frozenset(entities), by_modifier)
        return self._titled[word]

    def _may_be(self, entity: int, word: str, kind: str, gender: str) -> bool:
        """Whether a noun can refer to an entity, by its type and gender."""
        return self._fits(entity, kind, gender) and (word not in PLACES or self.entities[entity].type == "GPE")

    def _fits(self, entity: int, kind: str, gender: str) -> bool:
        found = self.entities[entity].type
        if kind == "PERSON" and (found != "PERSON" or (gender and self.gender(entity) not in (None, gender))):
            return False
        return kind != "ORG" or found in ("ORG", "GPE")

    def _words_of(self, entity: int) -> set[str]:
        named = self.entities[entity]
        return set(f"{named.role or ''} {named.name}".lower().replace("-", " ").split())

    @cached_property
    def _by_title(self) -> dict[str, set[int]]:
        """The entities by the nouns that are their titles or appositions in the article."""
        found: dict[str, set[int]] = {}
        for salient in self.salience.outside:
            for word in self._nouns_at(salient):
                found.setdefault(word, set()).add(salient.entity)
        return found

    @cached_property
    def _by_last_word(self) -> dict[str, set[int]]:
        """The entities with a name of several words by the last one."""
        found: dict[str, set[int]] = {}
        for number, entity in enumerate(self.entities):
            _, space, last = entity.name.lower().rpartition(" ")
            if space:
                found.setdefault(last, set()).add(number)
        return found

    def _nouns_at(self, salient: SalientMention) -> set[str]:
        parse = self.parse
        entity = self.entities[salient.entity]
        found = {word.lower() for word in (entity.role or "").replace("-", " ").split()}
        head = salient.token
        start = max(parse.left[head], head - MAX_TITLE)
        found |= {
            parse.lower[token]
            for token in range(start, head)
            if parse.head[token] == head and parse.dep[token] in ("compound", "nmod", "appos")
        }
        appositions = [child for child in parse.children[head] if parse.dep[child] == "appos"]
        if parse.dep[head] == "appos":
            appositions.append(parse.head[head])
        if parse.dep[head] in SUBJECT_LABELS:
            appositions += [child for child in parse.children[parse.head[head]] if parse.dep[child] == "attr"]
        found |= {parse.lower[token] for token in appositions}
        return found - {entity.name.lower()}
