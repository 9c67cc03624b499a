# SPDX-License-Identifier: Apache-2.0
"""Resolves speakers to entities: names, pronouns, nominals ("the minister") and speakers who are not mentioned again.

To what pronouns and definite noun phrases refer is what ``onrecord_coreference`` found.
"""

from bisect import bisect_right
from dataclasses import replace
from itertools import islice, takewhile
from typing import TypeAlias

from onrecord.data.records import Span
from onrecord.nlp.annotations import Attribution, Entity, code_points, entities_of, references_of, text_span
from onrecord.nlp.coreference.agreement import differ
from onrecord.nlp.coreference.discourse import offices
from onrecord.nlp.coreference.gender import gender_score
from onrecord.nlp.coreference.nouns import groups
from onrecord.nlp.english.cues import verbs
from onrecord.nlp.english.labels import BODIES, NOUNS, PLURAL, PROPER, SUBJECTS
from onrecord.nlp.english.parse import Parse
from onrecord.nlp.english.realis import is_negative_subject
from onrecord.nlp.english.syntax import author, phrase_of, subject
from onrecord.nlp.english.words import FIRST_PERSON, INDEFINITE, nominals, pronouns
from onrecord.nlp.entities import entity_index
from onrecord.nlp.quotes.layout import QuotationLayout
from onrecord.nlp.quotes.naming import Names
from onrecord.nlp.quotes.sources import Sources, members
from onrecord.nlp.quotes.speakers import is_said_in_court, phrase

Speakers: TypeAlias = tuple[Attribution, ...]  # of one quote; empty where nobody is known

LEAD_PARAGRAPHS = 4  # headline, standfirst and promos may come before the first sentence
MAX_SKIPPED = 4  # paragraphs from the last speaker to the next quotation, with promos between them
LOOK_BACK = 200  # tokens in which the last subject of a paragraph is looked for
# What a pronoun may mean that says little of its own.
SOLE = {"they": frozenset({"PERSON", "ORG"}), "it": frozenset({"ORG", "GPE"})}
POSSESSED = {"its": "it", "their": "they"}
SURE_THEY = 0.7  # the probability from which "they" means the body that coreference finds
MAX_BEAT = 6  # tokens of the name with which the sentence after a quotation begins
OWNERS = frozenset({"owner", "operator", "maker", "manufacturer", "publisher", "developer", "parent"})
SPEAKING = frozenset({"people", "body", "representative", "anyone", "group"})
OWNING = frozenset(
    {"poss", "compound", "nmod", "amod", "prep", "acl", "relcl"}
)  # labels of what says whose statement one is
WITHOUT_NOUN = frozenset({"WP", "WDT", "DT", "EX"})


class Resolver:
    """Resolves the speaker phrases of one article. Call it in text order: it remembers who spoke last."""

    def __init__(self, layout: QuotationLayout) -> None:
        self.layout = layout
        self.parse: Parse = layout.parse
        self.entities: tuple[Entity, ...] = entities_of(layout.doc)
        self.references = references_of(layout.doc)
        # The Kenyan is somebody.
        self.index = {token: one for token, one in entity_index(self.parse).items() if token not in self.references}
        self.sources = Sources(self.parse, self.entities, self.index, self.references)
        self.names = Names(self.parse, self.entities, self.index, self.sources)
        self.last: Speakers = ()
        self.before: Speakers = ()  # who spoke before the last one
        self.last_asks = False
        self.last_token = -1
        self.in_marks: dict[int, Attribution] = {}  # the speakers of the outermost regions, where known
        self.voices: list[tuple[int, int, Attribution]] = []  # statements without marks, code points, in text order

    def resolve(self, head: int | None, where: tuple[int, int] | None, anchor: int) -> Speakers:
        """Return the speakers that a phrase refers to, the first one first, and remember them."""
        if head is None or where is None or is_said_in_court(self.parse, anchor, head):
            return ()
        head, where = (head, where) if head in self.index else self._unnamed_beside(head, where)
        mention = self._mention(where)
        reference = self.references.get(head)
        noun = head if reference is None or reference.noun is None or reference.entity is not None else reference.noun
        together = self.names.together(noun, phrase(self.parse, noun) if noun != head else where)
        if together:
            speakers = tuple(
                self._described(Attribution(mention, one, self.entities[one].name, "NOMINAL"), head, where)
                for one in together
            )
        elif self._is_open_they(head) and self._spoke_as_group(head):
            speakers = tuple(replace(speaker, mention=mention, resolution="PRONOUN") for speaker in self.last)
        else:
            first = self._attribute(head, where, mention)
            others = self._others(first, head, where)
            if others and first.entity is None:
                first = replace(self._alone(head), mention=mention)
            speakers = (first, *others)
        if self.layout.region_of[anchor] < 0 and not is_negative_subject(self.parse, head):
            if [one.name for one in speakers] != [one.name for one in self.last]:
                self.before = self.last
            self.last, self.last_token = speakers, head
            cue = verbs().get(self.parse.lower[anchor])
            self.last_asks = cue is not None and cue.lemma == "ask"
        return speakers

    def _unnamed_beside(self, head: int, where: tuple[int, int]) -> tuple[int, tuple[int, int]]:
        """Return the source whom the parser takes for an apposition: "she is to be his successor, *a person close to him* said"."""
        for child in self.parse.children[head]:
            if child > head and self.parse.dep[child] == "appos" and self.sources.noun_class(child) == "anyone":
                return child, phrase(self.parse, child) or where
        return head, where

    def certainty(self, head: int | None) -> float:
        """Return how likely a phrase means whom it was traced to: 1 for a name."""
        reference = None if head is None or head in self.index else self.references.get(head)
        return 1.0 if reference is None else reference.probability

    def next_speaker(self, token: int) -> Speakers:
        """Return who speaks next at a token: the last speaker of this paragraph or the one before, or the last subject of this one."""
        starts = self.layout.paragraph_starts
        here = bisect_right(starts, token)
        last = self.last if self._is_near(token) else ()
        if last and self.last_asks and self.last_token < starts[here - 1]:
            last = self.before  # “Is it closed?” Berg asked.
        first = max(starts[here - 1] if here else 0, self.last_token + 1 if last else 0, token - LOOK_BACK)
        for before in range(token - 1, first - 1, -1):
            if self._is_main_subject(before) and self.entities[self.index[before]].type == "PERSON":
                entity = self.index[before]
                mention = code_points(self.layout.doc[before])
                found = Attribution(mention, entity, self.entities[entity].name, "IMPLICIT")
                return (self._described(found, before, (before, before + 1)),)
        region = self.layout.region_of[min(token + 1, len(self.parse) - 1)]
        if not last and region >= 0:  # “It is closed.” Ann Lee looked at the floor.
            behind = self.parse.next_word[self.layout.quoted[region].end]
            stop = min(self.layout.paragraph_end(here - 1), behind + MAX_BEAT)
            subject = next((other for other in range(behind, stop) if self._is_main_subject(other)), None)
            if subject is not None and self.names.person(subject) is not None and self.parse.left[subject] == behind:
                where = (behind, subject + 1)
                return (replace(self._attribute(subject, where, self._mention(where)), resolution="IMPLICIT"),)
        return tuple(replace(speaker, resolution="IMPLICIT") for speaker in last)

    def _is_near(self, token: int) -> bool:
        """Whether the last speaker is of the paragraph of a token or the one before, promos not counted."""
        starts = self.layout.paragraph_starts
        since = (starts[at] for at in range(bisect_right(starts, self.last_token), bisect_right(starts, token)))
        return sum(not self.layout.skip[start] for start in islice(since, MAX_SKIPPED)) <= 1

    def _mention(self, where: tuple[int, int]) -> Span:
        return text_span(self.parse.source, self.parse.start[where[0]], self.parse.end[where[1] - 1])

    def _described(self, found: Attribution, head: int, where: tuple[int, int]) -> Attribution:
        """Add the kind of a source, its title, and why it is not named."""
        head = self.sources.noun(head) if found.entity is None else head
        reason = self.sources.anonymity(head, where) if found.entity is None else None
        kind = self.sources.kind(head, found.entity, reason)
        title = self.entities[found.entity].role if found.entity is not None and kind == "NAMED_PERSON" else None
        return replace(found, kind=kind, title=title, anonymity=reason if kind.startswith("UNNAMED") else None)

    def _is_open_they(self, head: int) -> bool:
        """Whether a phrase is "they", and coreference knows nobody by name whom it surely means."""
        reference = self.references.get(head)
        is_open = reference is None or reference.entity is None or reference.probability < SURE_THEY
        return self.parse.lower[head] == "they" and is_open

    def _spoke_as_group(self, head: int) -> bool:
        """Whether several people spoke last: by name up to a paragraph before, or as a group up to a sentence before."""
        if len(self.last) > 1:
            return self._is_near(head)
        is_next = self.parse.sentence[head] - self.parse.sentence[self.last_token] <= 1
        kind = self.last[0].kind if self.last and is_next else None
        is_plural = kind is not None and self.parse.tag[self.sources.noun(self.last_token)] in PLURAL
        return is_plural or kind in ("UNNAMED_GROUP", "NAMED_GROUP")

    def _others(self, first: Attribution, head: int, where: tuple[int, int]) -> Speakers:
        """Return the other speakers of a list in which somebody is named."""
        parse = self.parse
        listed = [member for member in members(parse, head) if parse.left[member] <= where[1]]
        is_list = any(parse.has(token, "and", "&") for token in (head, *listed))
        if not is_list or "both" in parse.lower[head + 1 : where[1]]:  # people close to both the mayor and Ada Lindt
            return ()
        found: dict[int | str | None, Attribution] = {}
        for member in listed:
            # "Ada Lindt and her lawyer", but not "Ada Lindt, her lawyer and best friend"
            is_own = parse.tag[member] in PLURAL or parse.child(member, "det", "poss") is not None
            is_plain = parse.tag[member] in NOUNS and is_own and "," not in parse.word[head:member]
            if member in self.index or (is_plain and self.sources.noun_class(member) in SPEAKING):
                one = self._alone(member)
                found.setdefault(one.name if one.entity is None else one.entity, one)
        found.pop(first.entity, None)
        is_named = first.entity is not None or any(one.entity is not None for one in found.values())
        return tuple(found.values()) if is_named else ()

    def _alone(self, head: int) -> Attribution:
        """Return the speaker that one member of a list is."""
        alone = phrase_of(self.parse, head, alone=True)
        where = (alone.start, alone.end)
        return self._attribute(head, where, self._mention(where))

    def _is_main_subject(self, token: int) -> bool:
        """Whether a token is the head of a name outside marks that is a subject, but not of a relative clause."""
        parse = self.parse
        if token not in self.index or parse.dep[token] not in SUBJECTS or self.layout.region_of[token] >= 0:
            return False
        return parse.dep[parse.head[token]] not in ("relcl", "acl")

    def _attribute(self, head: int, where: tuple[int, int], mention: Span) -> Attribution:
        parse = self.parse
        named = self.names.named(head, where)
        if named is not None:
            return self._described(Attribution(mention, named, self.entities[named].name, "NAME"), head, where)
        word = parse.lower[head]
        if parse.tag[head] in ("PRP", "PRP$") or word in pronouns():
            return self._pronoun(word, head, where, mention)
        maker = self._maker(head)
        if maker is not None:
            of_maker = phrase(parse, maker) or (maker, maker + 1)
            made = self._attribute(maker, of_maker, self._mention(of_maker))
            if made.name is not None:
                return replace(made, mention=mention, resolution="NOMINAL")
        if self._goes_on_in(head):
            return replace(self.last[0], mention=mention, resolution="NOMINAL")
        meant = self._meant(head)
        if meant is None:
            meant = self._named_later(head, where)
        if meant is not None:
            return self._described(Attribution(mention, meant, self.entities[meant].name, "NOMINAL"), head, where)
        if parse.tag[head] in WITHOUT_NOUN and not parse.word[head].isupper() and self.sources.noun(head) == head:
            return self._described(Attribution(mention, None, None, "PRONOUN"), head, where)
        return self._unnamed(head, where, mention)

    def _unnamed(self, head: int, where: tuple[int, int], mention: Span) -> Attribution:
        """Return a source without a name, by the earlier phrase that introduces it."""
        noun = self.sources.noun(head)
        earlier = self.sources.introduction(noun)
        words, own_name = " ".join(mention.text.split()), self.sources.name(head)
        if own_name is None or own_name not in words:
            own_name = words
        own_name = self.sources.with_owner(noun, own_name)
        if earlier is None:
            return self._described(Attribution(mention, None, own_name, "NOMINAL"), head, where)
        name = self.sources.with_owner(earlier, self.sources.name(earlier) or own_name)
        found = Attribution(mention, None, name, "NOMINAL")
        own = self.sources.anonymity(noun, where)
        introduced = self._described(found, earlier, phrase(self.parse, earlier) or (earlier, earlier + 1))
        return introduced if own is None or introduced.kind is None else replace(introduced, anonymity=own)

    def _maker(self, head: int) -> int | None:
        """Return who makes a statement or writes a letter, also where an earlier phrase names them."""
        maker = self.sources.maker(head)
        earlier = self.sources.introduction(head) if maker is None and self.sources.is_voice(head) else None
        return maker if earlier is None else self.sources.maker(earlier) or self._issuer(earlier)

    def _issuer(self, noun: int) -> int | None:
        """Return who says something in a statement, or issues one."""
        parse = self.parse
        verb = parse.head[parse.head[noun]]
        if parse.dep[noun] == "pobj" and parse.lower[parse.head[noun]] == "in" and parse.lower[verb] in verbs():
            issuer = subject(parse, verb)
        else:
            issuer = author(parse, noun)
        where = None if issuer is None else phrase(parse, issuer)
        return (
            issuer if issuer is not None and where is not None and self.names.named(issuer, where) is not None else None
        )

    def _goes_on_in(self, head: int) -> bool:
        """Whether a statement is that of the last speaker: "The bank is sorry, the mayor said. “It will pay,” the statement read."."""
        parse = self.parse
        others = (child for child in parse.children[head] if parse.dep[child] in OWNING and parse.lower[child] != "in")
        is_bare = all(parse.dep[child] == "relcl" and parse.word[parse.left[child] - 1] == "," for child in others)
        is_same = is_bare and (parse.lower[head] == "statement" or not parse.has(head, *INDEFINITE))
        return is_same and len(self.last) == 1 and self._is_near(head) and self.sources.is_voice(head)

    def _meant(self, head: int) -> int | None:
        """Return the entity that a noun refers to; nobody is his own lawyer, and "the lawyer representing Berg" is somebody else again."""
        reference = self.references.get(head)
        meant = None if reference is None else reference.entity
        for child in self.parse.children[head]:
            if self.parse.dep[child] == "acl" and child > head and self.parse.word[head + 1] != ",":
                return None
            if meant is not None and self.parse.dep[child] == "poss":
                # "Berg's father" is rarely somebody whom the article has named before, nor is anyone of somebody whom it never names
                is_unknown = child not in self.index and self.parse.tag[child] in PROPER
                if is_unknown or self.names.person(child) is not None:
                    return None
                owner = self.references.get(child)
                if self.index.get(child) == meant or (owner is not None and owner.entity == meant):
                    return None
        return None if meant is not None and self._is_another(head, meant) else meant

    def _is_another(self, head: int, entity: int) -> bool:
        """Whether a noun is that of an unnamed source before it, and no title of an entity: "one expert said … the expert said"."""
        parse, earlier = self.parse, self.sources.introduction(head)
        if earlier is None or parse.lower[head] in (self.entities[entity].role or "").lower().split():
            return False
        is_new = parse.dep[earlier] in SUBJECTS and parse.has(earlier, *INDEFINITE)
        where = phrase(parse, earlier) if is_new else None
        return where is not None and self.names.named(earlier, where) is None  # not "one expert, Ada Lindt, said"

    def _pronoun(self, word: str, head: int, where: tuple[int, int], mention: Span) -> Attribution:
        meant: int | None = None
        reference = self.references.get(head)
        if word in FIRST_PERSON:
            enclosing = self._enclosing(head)
            if enclosing is not None:
                return replace(enclosing, mention=mention, resolution="PRONOUN")
        elif (noun := self._noun_meant(head, word)) is not None:
            of_noun = phrase(self.parse, noun, self.parse.head[noun]) or (noun, noun + 1)
            found = self._unnamed(noun, of_noun, self._mention(of_noun))
            return replace(found, mention=mention, resolution="PRONOUN")
        elif reference is not None and not self._is_open_they(head):
            meant = reference.entity
            # Nobody else is in view, as behind a long answer.
            is_alone = self._follows_answer(head) or (meant is None and reference.probability == 1)
            if is_alone and self._agrees_with_last(word, head):
                meant = self.last[0].entity
        word = POSSESSED.get(word, word)
        if meant is None and word in SOLE:
            is_again = self.last and self._is_near(head) and self.parse.lower[self.last_token] == word
            meant = self.last[0].entity if is_again else self._sole_subject(head, SOLE[word])
        name = None if meant is None else self.entities[meant].name
        return self._described(Attribution(mention, meant, name, "PRONOUN"), head, where)

    def _follows_answer(self, head: int) -> bool:
        """Whether a token is outside of an interview's answers, and nobody has been named since the last one."""
        end = self.voices[-1][1] if self.voices else -1
        since = range(self.parse.first_at(end), head) if 0 <= end <= self.parse.start[head] else range(0)
        return bool(since) and all(self.names.person(token) is None for token in since)

    def _noun_meant(self, head: int, word: str) -> int | None:
        """Return the noun that a pronoun refers to; a notice on "its" website, or an operation, has none."""
        parse, reference = self.parse, self.references.get(head)
        noun = reference.noun if reference is not None and reference.entity is None else None
        if noun is None or word not in POSSESSED:
            return noun
        return None if parse.left[noun] <= head <= parse.right[noun] or not self.sources.noun_class(noun) else noun

    def _agrees_with_last(self, word: str, head: int) -> bool:
        """Whether he or she, outside of what anybody says, may be the last speaker."""
        entity = self.last[0].entity if len(self.last) == 1 and self._enclosing(head) is None else None
        if entity is None or self.entities[entity].type != "PERSON":
            return False
        gender = {"m": 1, "f": -1}.get(pronouns()[word].gender, 0) if word in pronouns() else 0
        return bool(gender) and gender * gender_score(self.entities[entity], self.parse.source) > -1

    def _sole_subject(self, head: int, types: frozenset[str]) -> int | None:
        """Return whom "they" or "it" means where coreference finds nobody: the subject of the sentence before, if it has only one."""
        parse = self.parse
        first, here = parse.sentence_of(max(parse.sentence_of(head)[0] - 1, 0))[0], parse.sentence_of(head)[0]
        subjects = [token for token in range(max(first, here - LOOK_BACK), here) if self._is_subject(token)]
        named = {self.index.get(token) for token in subjects}
        only = named.pop() if len(named) == 1 else None
        return only if only is not None and self.entities[only].type in types else None

    def _is_subject(self, token: int) -> bool:
        """Whether a token outside marks is the subject of a clause, but not a pronoun in it."""
        is_outside = self.layout.region_of[token] < 0
        return is_outside and self.parse.dep[token] in SUBJECTS and self.parse.tag[token] in NOUNS

    def _enclosing(self, token: int) -> Attribution | None:
        """Return the speaker of the quotation around a token, if known."""
        region = self.layout.region_of[token]
        if region >= 0:
            return self.in_marks.get(self.layout.outermost(region))
        start, end, voice = self.voices[-1] if self.voices else (0, 0, None)
        return voice if start <= self.parse.start[token] < end else None

    def _named_later(self, head: int, where: tuple[int, int]) -> int | None:
        """Return whom the lead does not name: "A prosecutor said …", and then "District Attorney Ada Lindt".

        News writers call this delayed identification.
        """
        parse, starts = self.parse, self.layout.paragraph_starts
        is_person = nominals().get(parse.lower[head], ("", ""))[0] == "PERSON" and parse.tag[head] not in PLURAL
        is_somebody = is_person and parse.lower[where[0]] in INDEFINITE
        is_owner = parse.lower[where[0]] == "its" and parse.lower[head] in OWNERS
        here = bisect_right(starts, head)
        if (is_somebody and here <= LEAD_PARAGRAPHS) or (
            is_person and (parse.has(head, "the") or (here == 1 and parse.child(head, "det", "poss") is None))
        ):
            titled = self._titled_later(head, where, here)
            if titled is not None:
                return titled
        if not is_somebody and not is_owner:
            return None
        if here > LEAD_PARAGRAPHS or here >= len(starts):
            return None
        end = starts[here + 1] if here + 1 < len(starts) else len(parse)
        names = (
            token for token in range(starts[here], end) if token in self.index and self.layout.region_of[token] < 0
        )
        first = next(names, None)
        if first is None:
            return None
        name = self.index[first]
        *_, last = takewhile(lambda token: self.index.get(token) == name, parse.upward(first))
        if not self._is_main_subject(last) or parse.lower[parse.head[last]] not in verbs():
            return None
        if parse.dep[last] == "nsubjpass" or verbs()[parse.lower[parse.head[last]]].lemma == "deny":
            return None  # "A prosecutor said …" of him who is charged
        entity = self.entities[name]
        is_new = entity.mentions[0].span.start >= parse.start[starts[here]]
        is_fitting = entity.type == "PERSON" or (is_owner and entity.type in BODIES)
        return name if is_fitting and is_new else None

    def _titled_later(self, head: int, where: tuple[int, int], here: int) -> int | None:
        """Return the only person first named behind a phrase whose title is its noun, or one that may take it up."""
        parse, word = self.parse, self.parse.lower[head]
        if any(token in self.index for token in range(*where)):
            return None  # the governor of Alder Bay
        is_lead, modifiers = here <= LEAD_PARAGRAPHS, frozenset(parse.lower[where[0] : head])
        found = []
        for number, entity in enumerate(self.entities):
            if entity.type != "PERSON" or not entity.role:
                continue
            titles = offices(entity.role)
            is_same = word in titles or (is_lead and any(not groups(word).isdisjoint(groups(one)) for one in titles))
            description = frozenset(entity.role.lower().split())
            if is_same and not differ(modifiers, description, is_same_office=word in titles and "the" in modifiers):
                found.append(number)
        is_new = len(found) == 1 and self.entities[found[0]].mentions[0].span.start > parse.start[head]
        return found[0] if is_new else None
