# SPDX-License-Identifier: Apache-2.0
"""The discourse model of an article: who and what has been mentioned until now, where, and in which syntactic role."""

import re
from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate

from onrecord.nlp.annotations import Entity
from onrecord.nlp.coreference import nouns
from onrecord.nlp.coreference.agreement import nations, not_called
from onrecord.nlp.coreference.gender import gender_score
from onrecord.nlp.coreference.referents import (
    ACTING,
    EMBEDDED_SUBJECT,
    OBJECT,
    OBLIQUE,
    OTHER,
    POSSESSOR,
    SUBJECT,
    Mentions,
    Occurrence,
    Referent,
    Role,
)
from onrecord.nlp.english.cues import verbs as speech_verbs
from onrecord.nlp.english.labels import SUBJECTS
from onrecord.nlp.english.names import fold
from onrecord.nlp.english.parse import MAX_CLIMB, Parse
from onrecord.nlp.english.quotation import NO_REGION
from onrecord.nlp.english.syntax import after_preposition, head_of, is_somebody
from onrecord.nlp.entities import knowledge

EMBEDDED = frozenset({"relcl", "acl", "advcl", "ccomp"})
PLACING = frozenset({"in", "at", "near", "across"})
OBJECTS = frozenset({"dobj", "dative", "attr", "oprd"})
ENDS_OFFICE = frozenset({"of", "for", "to", "at", "in", "on", "under"})
OWNED = re.compile("['’]s\\b")  # Chile's president is of Chile
UNREAL = frozenset({"if", "whether", "unless"})
# Ann Lee, prosecuting, said; Ann Lee, for the defence, said.
IN_COURT = {
    "prosecuting": "prosecutor", "prosecution": "prosecutor", "defending": "barrister", "defence": "barrister",
    "defense": "barrister",
}  # fmt: skip
CALLED = {"dr": "doctor", "prof": "professor"}  # by their titles
MAX_PERSON_WORDS = 3
MIN_PERSON_LETTERS = 4
MAX_TITLE = 8  # tokens before a name that may be its title, or before a possessor that belong to it
MAX_ASIDE = 40  # tokens in brackets
MAX_SPEECH_GAP = 12  # tokens between a quotation and the verb that introduces it


def _asides(parse: Parse) -> frozenset[int]:
    """Return the tokens in brackets."""
    found: set[int] = set()
    opened = None
    for token, word in enumerate(parse.word):
        if word == "(":
            opened = token
        elif word == ")" and opened is not None:
            if token - opened <= MAX_ASIDE:
                found.update(range(opened, token))
            opened = None
    return frozenset(found)


def offices(role: str) -> set[str]:
    """Return the head nouns of a role: "finance minister and deputy head of the board" is a minister and a head."""
    words = role.lower().replace("-", " ").split()
    ends = [index for index, word in enumerate(words) if word in ENDS_OFFICE] + [len(words)]
    heads = {words[end - 1] for end in ends[: 1 + words[: ends[0]].count("and") or 1] if end}
    return heads | {words[index - 1] for index, word in enumerate(words[: ends[0]]) if word == "and" and index}


def _head(entity: Entity) -> str:
    """Return the head noun of a name: the court of the Court of Appeal, the lee of Ann Lee."""
    words = entity.name.lower().split()
    end = next((place for place, word in enumerate(words) if word in ENDS_OFFICE), 0)
    return words[(end or len(words)) - 1] if entity.type != "PERSON" else words[-1]


def _looks_like_person(entity: Entity) -> bool:
    """Whether a name that the recognizer takes for a place, a company or a thing may be that of a person."""
    words = entity.name.split()
    if entity.wikidata_id is not None or entity.type == "NORP" or len(words) > MAX_PERSON_WORDS:
        return False
    if fold(words[0]) in knowledge.given_names():
        return True
    parts = {tuple(map(fold, part)) for part in (*((word,) for word in words), words[:2])}
    if len(words) > 1 and not parts.isdisjoint(knowledge.known_names()):
        return False  # the Hong Kong Standard
    is_plain = all(word.replace("-", "").isalpha() and word.istitle() for word in words)
    return is_plain and len(entity.name) >= MIN_PERSON_LETTERS and knowledge.designated(tuple(map(fold, words))) is None


class Discourse:
    """The sentences, paragraphs and quotations of a Doc, and the mentions that were found in it."""

    def __init__(self, parse: Parse, entities: Sequence[Entity]) -> None:
        """Find the places and the names of a Doc."""
        self.parse = parse
        verbs = speech_verbs()
        self.speaking = frozenset(
            token
            for token, dep in enumerate(parse.dep)
            if dep == "nsubj" and (verb := verbs.get(parse.lower[parse.head[token]])) is not None and verb.is_speech
        )
        self.sentence = parse.sentence
        self.asides = _asides(parse)
        paragraphs = frozenset(parse.paragraph_starts)
        self.paragraph = list(accumulate(map(paragraphs.__contains__, range(len(parse)))))
        outermost = [*map(self._outermost, range(len(parse.regions))), NO_REGION]  # NO_REGION is -1: the last
        self.region = [outermost[region] for region in parse.region_of]
        # The token of the speaker of each outermost region, where the syntax shows it.
        self.speaker_of: dict[int, int] = {}
        self._find_speakers()
        self.entities, self.nouns = Mentions(), Mentions()
        self.spoken: list[Occurrence] = []
        self.in_name: dict[int, int] = {}
        self.roles = [entity.role or "" for entity in entities]
        self.referents = [self._referent(index, entity) for index, entity in enumerate(entities)]
        self.by_noun: dict[str, Referent] = {}
        self.by_word: dict[str, list[Referent]] = {}
        self.by_group: dict[int, list[Referent]] = {}
        self.by_type: dict[str, list[Referent]] = {}
        for referent in sorted(self.referents, key=lambda referent: -referent.salience):
            self.by_type.setdefault(referent.type, []).append(referent)
        self.referent_at: dict[int, Referent] = {}  # by the head of a mention
        self.last_by_pronoun: dict[object, Referent] = {}
        self.agreements: dict[tuple[str, float, bool], dict[Referent, bool]] = {}
        self.named = self._names(entities)
        self._named_tokens = [occurrence.token for occurrence in self.named]

    # ---- places

    def _outermost(self, region: int) -> int:
        while region != NO_REGION:
            parent = self.parse.regions[region].parent
            if parent is None:
                break
            region = parent
        return region

    def role(self, token: int) -> tuple[Role, int]:
        """Return the role of the phrase with a head token, and the verb, or other word, that governs it."""
        parse = self.parse
        dep, head = parse.dep[token], parse.head[token]
        for _ in range(MAX_CLIMB):  # Ann Lee (and Tom Roe); the mayor, (Ann Lee)
            if dep not in ("appos", "conj") or parse.head[head] == head:
                break
            dep, head = parse.dep[head], parse.head[head]
        if dep in SUBJECTS:
            return EMBEDDED_SUBJECT if parse.dep[head] in EMBEDDED else SUBJECT, head
        if dep in OBJECTS:
            return OBJECT, head
        if dep == "pobj":
            return OBLIQUE, parse.head[head]
        if dep == "poss":
            for _ in range(MAX_CLIMB):
                if parse.tag[head].startswith("VB") or parse.head[head] == head:
                    break
                head = parse.head[head]
            return POSSESSOR, head
        return OTHER, head

    def occurrence(self, token: int, referent: Referent, *, is_name: bool) -> Occurrence:
        """Return the mention of a referent whose head is a token."""
        role, clause = self.role(token)
        return Occurrence(
            token, self.sentence[token], self.paragraph[token], self.region[token], role, clause, is_name, referent
        )

    # ---- mentions

    def add(self, occurrence: Occurrence) -> None:
        """Add a mention to the earlier ones."""
        (self.nouns if occurrence.referent.entity is None else self.entities).add(occurrence)
        occurrence.referent.count += 1
        occurrence.referent.last = occurrence
        self.referent_at[occurrence.token] = occurrence.referent
        if occurrence.token in self.speaking and occurrence.region == NO_REGION:
            self.spoken.append(occurrence)

    def names_after(self, token: int, count: int) -> list[Occurrence]:
        """Return the next mentions by name after a token."""
        place = bisect_right(self._named_tokens, token)
        return self.named[place : place + count]

    def possessor_words(self, possessor: int | None) -> frozenset[str]:
        """Return the words of the possessor of a noun: (Chile's) president."""
        if possessor is None:
            return frozenset()
        first = max(self.parse.left[possessor], possessor - MAX_TITLE)
        return frozenset(self.parse.lower[first : possessor + 1])

    def parallel_possessor(self, token: int) -> Referent | None:
        """Return who owns what is joined before that of a possessive: (Lee)'s record and "his" vote; not his sister and "her" vote."""
        parse, noun = self.parse, self.parse.head[token]
        before = parse.head[noun]
        if parse.dep[token] != "poss" or parse.dep[noun] != "conj" or parse.lower[token + 1] == "own":
            return None
        # The parser joins some nouns to the verb.
        objects = [child for child in parse.children[before] if child < token and parse.dep[child] == "dobj"]
        before = objects[-1] if objects else before
        kind = nouns.kind(parse.lower[before])
        owners = [child for child in parse.children[before] if parse.dep[child] == "poss"]
        return self.referent_at.get(owners[0]) if owners and not (kind and kind.is_person) else None

    def _names(self, entities: Sequence[Entity]) -> list[Occurrence]:
        """Return the mentions by name of all entities, in text order."""
        parse = self.parse
        found = []
        for index, entity in enumerate(entities):
            for mention in entity.mentions:
                if mention.kind != "NAME":
                    continue
                first, end = parse.tokens_of(mention.span.start, mention.span.end)
                if first < end:
                    self.in_name.update(dict.fromkeys(range(first, end), index))
                    found.append(self.occurrence(head_of(parse, first, end), self.referents[index], is_name=True))
        found.sort(key=lambda occurrence: occurrence.token)
        countries: dict[Referent, set[str]] = {}
        placed, acts = set[Referent](), set[Referent]()
        for occurrence in found:
            occurrence.referent.nouns |= self._nouns_at(occurrence.token)
            occurrence.referent.may_be_person &= not self._is_no_person(occurrence)
            acts |= {occurrence.referent} if occurrence.role in ACTING else set()
            placed |= {occurrence.referent} if self._is_placed(occurrence) else set()
            countries.setdefault(occurrence.referent, set()).update(self._countries_at(occurrence.token))
        for referent in self.referents:
            entity = entities[referent.entity or 0]
            is_known = entity.type == "ORG" and entity.wikidata_id is not None
            referent.is_place = referent in placed - acts and not is_known and referent.type != "PERSON"
            role = (entity.role or "").lower()
            owners = countries.get(referent, set()) if referent.type == "PERSON" else set()
            referent.description = frozenset(referent.nouns).union(owners, OWNED.sub("", role).split())
            words = sorted({*referent.nouns, referent.noun})
            for word in words:
                self.by_word.setdefault(word, []).append(referent)
            # The last word of a person's name says nothing: Ann Church.
            telling = words if referent.type != "PERSON" else sorted(referent.nouns)
            referent.kinds = frozenset(kind for word in telling for kind in nouns.types(word))
            referent.groups = frozenset(group for word in telling for group in nouns.groups(word))
            shown = {kind for word in referent.nouns for kind in nouns.types(word)}
            if referent.type != "PERSON" and shown and "PERSON" not in shown:
                referent.may_be_person = False  # the chipmaker Corvia
            for group in sorted(referent.groups):
                self.by_group.setdefault(group, []).append(referent)
            if not referent.male and referent.type == "PERSON":
                referent.male = nouns.gender(referent.nouns)
                referent.fix()
        return found

    def noun_referent(self, token: int) -> Referent:
        """Return what a common noun refers to: the same as the last one with the same word."""
        parse = self.parse
        word = parse.lower[token]
        if word not in self.by_noun:
            kind = nouns.kind(word)
            is_person = (kind is not None and kind.is_person) or is_somebody(parse, token)
            is_body = kind is not None and kind.is_group and not is_person
            is_plural = parse.tag[token] == "NNS" or is_body
            male = {"m": 1.0, "f": -1.0}.get(kind.gender if kind else "", 0.0)
            self.by_noun[word] = Referent(
                None,
                "PERSON" if is_person else "",
                male,
                is_plural,
                noun=word,
                may_be_person=is_person,
                is_body=is_body,
            )
        return self.by_noun[word]

    def _referent(self, index: int, entity: Entity) -> Referent:
        names = [mention for mention in entity.mentions if mention.kind == "NAME"]
        words = frozenset(
            f"{entity.role or ''} {entity.name} {' '.join(entity.aliases)}".lower().replace("-", " ").split()
        )
        may_be_person = entity.type == "PERSON" or _looks_like_person(entity)
        return Referent(
            entity=index,
            type=entity.type,
            male=gender_score(entity, self.parse.source) if may_be_person else 0.0,
            is_plural=entity.type == "NORP" or (entity.type == "ORG" and entity.name.endswith("s")),
            names=len(names),
            salience=entity.salience,
            words=words,
            nouns=offices(entity.role or ""),
            noun=_head(entity),
            may_be_person=may_be_person,
            is_known=entity.wikidata_id is not None or any(name.isupper() for name in (entity.name, *entity.aliases)),
            not_called=not_called(entity) if entity.type == "GPE" else frozenset(),
        )

    def _nouns_at(self, head: int) -> set[str]:
        """Return the nouns that a name's title, apposition or predicate uses for it."""
        parse = self.parse
        found = {
            CALLED.get(parse.lower[child].rstrip("."), parse.lower[child])
            for child in parse.children[head]
            if head - MAX_TITLE <= child < head
            and parse.dep[child] in ("compound", "nmod", "appos")
            and child not in self.in_name
        }
        others = [child for child in parse.children[head] if parse.dep[child] == "appos"]
        if parse.dep[head] == "appos":
            others.append(parse.head[head])
        at = head + 4 if parse.lower[head + 2 : head + 4] == ["for", "the"] else head + 2
        if parse.word[head + 1 : head + 2] == parse.word[at + 1 : at + 2] == [","] and parse.lower[at] in IN_COURT:
            found.add(IN_COURT[parse.lower[at]])
        if parse.dep[head] in SUBJECTS:
            others += self._parts(parse.head[head], ("attr",))
        return found | {parse.lower[token] for token in others if token not in self.in_name}

    def _is_no_person(self, name: Occurrence) -> bool:
        """Whether a name not typed as a person's is a place, or that of a body: in Corvia, a spokeswoman for Corvia, the Corvia Mail."""
        parse, preposition = self.parse, self.parse.head[name.token]
        if name.referent.type == "PERSON":
            return False
        first = next(at for at in range(name.token, -1, -1) if self.in_name.get(at - 1) != name.referent.entity)
        if first > 1 and parse.lower[first - 1] == "of" and parse.tag[first - 2] == "NNP":
            return True  # Ann Lee of Corvia
        first = parse.next_word[parse.left[name.token]]
        if parse.lower[first] == "the" and all(
            self.in_name.get(part) == name.referent.entity for part in range(first + 1, name.token)
        ):
            return True
        if parse.dep[name.token] != "pobj":
            return False
        kind = nouns.kind(parse.lower[parse.head[preposition]])
        return parse.lower[preposition] in PLACING or (kind is not None and kind.is_person)

    def _is_placed(self, name: Occurrence) -> bool:
        """Whether a name says where something is: in Eastgate, the Eastgate plant; at Corvia may be both."""
        parse, head = self.parse, self.parse.head[name.token]
        if parse.dep[name.token] == "compound":
            return nouns.types(parse.lower[head]) == {"FAC"}
        is_open = parse.lower[head] == "at" and name.referent.type == "ORG"
        return parse.dep[name.token] == "pobj" and parse.lower[head] in PLACING and not is_open

    def _countries_at(self, head: int) -> set[str]:
        """Return the words for countries at a name: (Chile)'s Ann Lee, (Chilean) poet Ann Lee, Ann Lee of (Chile)."""
        before = range(max(self.parse.left[head], head - MAX_TITLE), head)
        words = {self.parse.lower[token] for token in (*before, *after_preposition(self.parse, head, "of"))}
        return {word for word in words if nations({word})}

    def _parts(self, verb: int, labels: Sequence[str]) -> list[int]:
        """Return the children of a verb with some labels; none if what it says is not so."""
        return [child for child in self.parse.children[verb] if self.parse.dep[child] in labels and self.is_so(verb)]

    def is_so(self, verb: int) -> bool:
        """Whether what a verb says is so, not: Lee is not, or may be, the mayor; if Lee is the mayor."""
        parse = self.parse
        return all(
            parse.dep[child] != "neg" and parse.tag[child] != "MD" and parse.lower[child] not in UNREAL
            for child in parse.children[verb]
        )

    def linked(self, token: int) -> int | None:
        """Return the entity that a noun describes: Ann Lee, the mayor; Lee is the mayor; the mayor Ann Lee; the city of Alder Bay."""
        parse, dep, head = self.parse, self.parse.dep[token], self.parse.head[token]
        if dep == "appos" or (dep == "compound" and token + 1 in self.in_name):
            names = [head]
        elif dep == "attr":
            names = self._parts(head, SUBJECTS)
        else:
            names = []
        for child in parse.children[token]:
            if parse.dep[child] == "appos":
                names.append(child)
            elif parse.lower[child] == "of" and parse.lower[token] in knowledge.kinds():
                names += [name for name in parse.children[child] if parse.dep[name] == "pobj"]  # the city of Alder Bay
        # The mayor of Alder Bay, Ann Lee, of which the parser has made a list.
        title = parse.word[token : token + MAX_TITLE]
        behind = self.in_name.get(token + title.index(",") + 1) if "," in title else None
        if behind is not None and parse.lower[token] in offices(self.roles[behind]):
            return behind
        return next((self.in_name[name] for name in names if name in self.in_name), None)

    def named_in(self, first: int, token: int) -> list[Referent]:
        """Return the referents that the words before a noun name: the (Alder Bay) movement."""
        parse, inside = self.parse, range(first, token)
        found = (self.in_name[part] for part in inside if part in self.in_name and parse.head[part] == token)
        return [self.referents[entity] for entity in dict.fromkeys(found)]

    # ---- speakers

    def _find_speakers(self) -> None:
        """Find the subject of the verb of speech right behind or before each outermost region."""
        parse = self.parse
        for index, region in enumerate(parse.regions):
            if region.parent is not None:
                continue
            first, last = parse.tokens_of(region.start, region.end)
            behind = range(last, min(last + MAX_SPEECH_GAP, len(parse)))
            before = range(first - 1, max(first - MAX_SPEECH_GAP, 0) - 1, -1)
            speaker = self._speaker(behind, first)
            if speaker is None:
                speaker = self._speaker(before, first)
            if speaker is not None:
                self.speaker_of[index] = speaker

    def _speaker(self, tokens: range, first: int) -> int | None:
        parse = self.parse
        paragraph = self.paragraph[min(first, len(self.paragraph) - 1)]
        for token in tokens:
            if parse.region_of[token] != NO_REGION or self.paragraph[token] != paragraph:
                return None
            cue = speech_verbs().get(parse.lower[token])
            if cue is not None and cue.is_speech and parse.tag[token].startswith("VB"):
                subject = next((child for child in parse.children[token] if parse.dep[child] == "nsubj"), None)
                return subject if subject is not None and parse.region_of[subject] == NO_REGION else None
            if tokens.step > 0 and token > tokens.start and self.sentence[token] != self.sentence[token - 1]:
                return None
        return None
