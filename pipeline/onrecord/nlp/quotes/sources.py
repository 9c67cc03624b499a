# SPDX-License-Identifier: Apache-2.0
"""What kind of source a speaker phrase is, to which earlier phrase it leads back, and why the article does not name the source."""

from bisect import bisect_left
from collections.abc import Iterator
from functools import cached_property
from itertools import islice

from onrecord.data.records import SourceKind, Span
from onrecord.nlp.annotations import Entity, Reference, text_span
from onrecord.nlp.coreference.agreement import is_compatriot
from onrecord.nlp.english.cues import verb_class
from onrecord.nlp.english.labels import NOUNS, PLURAL, SUBJECTS
from onrecord.nlp.english.names import LINKS
from onrecord.nlp.english.parse import Parse
from onrecord.nlp.english.quotation import NO_REGION
from onrecord.nlp.english.syntax import after_preposition, counted, is_somebody, phrase_of, whole
from onrecord.nlp.english.words import DEFINITE, FIRST_PERSON, INDEFINITE, person_nouns, pronouns, source_nouns
from onrecord.nlp.quotes.speakers import DOCUMENT_NOUNS

BODIES = frozenset({"ORG", "GPE", "LOC", "FAC", "EVENT"})
DOCUMENTS = frozenset({"LAW", "WORK_OF_ART", "PRODUCT"})
MINDS = frozenset({"ask", "commit", "feel", "plan", "think"})  # classes of cues whose subjects are people
TELL = frozenset({"tell", "tells", "told"})
COLLECTIVE = frozenset({"people", "police", "everybody", "everyone"})
PEOPLE = frozenset({"people", "representative", "anyone", "group"})
# Endings of nouns for people that no lexicon has: "vloggers", "hydrologist".
OF_PEOPLE = tuple(ending + s for ending in ("er", "or", "ist", "ian", "ee", "ant") for s in ("", "s"))
OF_PARTISANS = ("crat", "can", "ist", "ive")
GIVERS = ("from", "by")  # of a statement
# Of people: a senior party figure; others are numbers.
LEADING = frozenset(
    {"influential", "leading", "opposition", "party", "political", "prominent", "public", "religious", "senior", "top"}
)
ASIDE = frozenset({",", "(", "—", "–", "--"})  # begins what a name goes without
GUARDS = frozenset({"border", "coast", "home", "national"})
OWN_PAGES = frozenset({"website", "site", "webpage", "page", "homepage", "blog", "channel", "account", "feed", "app"})
FOR_BODY = ("for", "of", "at", "with", "from", "in")  # a spokesman for the company
MAX_LOOK_BACK = 10  # earlier phrases with the same noun
MAX_STEPS = 4  # from one phrase to the earlier one
SURE_OWNER = 0.6  # the probability from which a pronoun is replaced by a name
MAX_NAME = 25  # tokens of the earlier phrase that becomes the name

# Words that say that a source wanted no name, if what they depend on is denied or asked for.
UNNAMED = frozenset({"anonymity", "anonymously"})
IDENTIFIED = frozenset({"named", "identified", "quoted", "name", "names", "identity"})
IN_NAMING = frozenset({"be", "being", "give", "gave", "provide", "using", "by"})
ALLOWED = frozenset({"authorised", "authorized", "allowed", "permitted", "cleared"})
TO_SPEAK = frozenset(
    {"speak", "discuss", "comment", "talk", "disclose", "brief", "release", "share", "reveal", "address"}
)
# "Not allowed to speak at the hearing" does not say why a source has no name.
OCCASIONS = (["at"], ["during"], ["before"])
REFUSING = frozenset({"not", "n't", "n’t", "never", "without", "declined", "refused", "withheld", "unwilling"})
FEARED = frozenset({"retaliation", "reprisal", "reprisals", "retribution", "repercussions"})
REASONS = UNNAMED | IDENTIFIED | ALLOWED | FEARED | {"background", "record"}
ACCESS = frozenset({"familiar", "knowledge", "briefed", "privy", "informed", "close"})
MAX_CLAUSE = 60  # tokens to each side of a source, in which the reason is looked for
NEAR = 8  # tokens between such words


class Sources:
    """Describes the sources of one article. What it needs of the whole article is found once, for the first source that needs it."""

    def __init__(
        self, parse: Parse, entities: tuple[Entity, ...], index: dict[int, int], references: dict[int, Reference]
    ) -> None:
        self.parse = parse
        self.entities = entities
        self.index = index
        self.references = references

    def _entity(self, token: int) -> int | None:
        """Return the entity that a word names or refers to."""
        entity = self.index.get(token)
        return self.references[token].entity if entity is None and token in self.references else entity

    # Kinds

    def kind(self, head: int, entity: int | None, reason: Span | None) -> SourceKind:
        """Return the kind of the source that a phrase with this head is."""
        parse = self.parse
        if entity is not None:
            return self._kind_of_entity(head, self.entities[entity])
        word = parse.lower[head]
        pronoun = pronouns().get(word)
        if pronoun is not None:
            if word == "it":
                return "ORGANIZATION"
            return "UNNAMED_GROUP" if pronoun.number == "plural" or word in ("they", "them") else "UNNAMED_PERSON"
        return self._kind_of_noun(head, reason)

    def _kind_of_entity(self, head: int, entity: Entity) -> SourceKind:
        parse = self.parse
        if entity.type == "PERSON":
            is_own = head in self.index and self.entities[self.index[head]] is entity
            is_family = is_own and parse.tag[head] == "NNPS" and parse.lower[max(head - 1, 0)] == "the"
            return "NAMED_GROUP" if is_family else "NAMED_PERSON"
        if entity.type == "NORP":
            return "NAMED_GROUP" if not self._is_one_person(head) else "UNNAMED_PERSON"
        *words, last_word = entity.name.lower().split()
        last = source_nouns().get(last_word, ("", ""))[0] if LINKS.isdisjoint(words) else ""
        if entity.type in DOCUMENTS or last in DOCUMENT_NOUNS:
            return "DOCUMENT"
        return "ORGANIZATION"

    def _is_one_person(self, head: int) -> bool:
        """Whether a name for a people or a party means one person: a Democrat, the Republican."""
        parse = self.parse
        if parse.tag[head] in PLURAL:
            return False
        is_one = parse.lower[head].endswith(OF_PARTISANS) or is_compatriot(parse.lower[head])
        articles = INDEFINITE | {"the"} if is_one else INDEFINITE
        return any(parse.lower[child] in articles for child in parse.children[head] if child < head)

    def _kind_of_noun(self, head: int, reason: Span | None) -> SourceKind:
        parse = self.parse
        kind = self.noun_class(head)
        is_plural = parse.tag[head] in PLURAL or kind == "group" or parse.lower[head] in COLLECTIVE
        if kind in DOCUMENT_NOUNS or (not kind and not self._acts_as_people(head)):
            return "DOCUMENT"
        if kind == "body":
            _, key = source_nouns().get(parse.lower[head], ("", ""))
            is_several = key not in ("", parse.lower[head]) and not parse.tag[head].startswith("NNP")
            return "UNNAMED_GROUP" if is_several else "ORGANIZATION"
        if kind == "representative" and self._speaks_for_body(head):
            return "ORGANIZATION"
        # People who were each asked and want no name are sources of their own, not a group.
        return "UNNAMED_GROUP" if is_plural and reason is None else "UNNAMED_PERSON"

    def _acts_as_people(self, head: int) -> bool:
        """Whether a noun that nobody knows does what people do: superdelegates say, the whip thinks; not: the slide says."""
        parse, verb = self.parse, self.parse.head[head]
        is_said = parse.tag[head] in PLURAL and verb_class(parse.lower[verb]) == "say"
        is_mind = is_said or verb_class(parse.lower[verb]) in MINDS or parse.lower[verb] in TELL
        return is_mind and parse.dep[head] in SUBJECTS

    def noun(self, head: int) -> int:
        """Return the noun that is counted: some 70 percent of *skippers*, two of the *people*."""
        part = counted(self.parse, head)
        of = whole(self.parse, part)
        return of if of != part and self.is_people(of) else part

    def noun_class(self, head: int) -> str:
        """Return the class of a noun (``source_nouns.tsv``); an empty string if it is neither known nor looks like one for people."""
        parse = self.parse
        word = parse.lower[head].rstrip(".")
        kind, _ = source_nouns().get(word) or source_nouns().get(word.rpartition("-")[2], ("", ""))
        if word in ("figure", "figures") and any(parse.lower[child] in LEADING for child in parse.children[head]):
            return "people"
        if word == "guard" and parse.lower[max(head - 1, 0)] in GUARDS:
            return "body"
        if kind == "body" and is_somebody(parse, head):
            return "people"
        if kind:
            return kind
        if word in person_nouns() or word.endswith((*OF_PEOPLE, "man", "men", "-year-old")) or is_compatriot(word):
            return "people"
        if word.startswith("@") or (word == "old" and parse.lower[max(head - 2, 0)] == "year"):  # the 22-year-old
            return "people"
        if word in DEFINITE - {"those", "these"} or word == "which":
            return "document"
        if parse.tag[head] not in NOUNS:  # the unemployed, 12 of them, those who spoke
            return "group"
        is_who = any(
            parse.lower[below] == "who"
            for child in parse.children[head]
            if parse.dep[child] == "relcl"
            for below in parse.children[child]
        )
        if is_who:
            return "people"
        return "body" if parse.tag[head].startswith("NNP") else ""

    def is_people(self, head: int) -> bool:
        """Whether a noun is for people."""
        return self.parse.tag[head] in NOUNS and self.noun_class(head) in PEOPLE

    def _speaks_for_body(self, head: int) -> bool:
        """Whether a representative speaks for a body or comes from one: a Kestrel Ferries spokesman, lawyers from Lang & Moe."""
        parse = self.parse
        principals = [
            child for child in parse.children[head] if parse.dep[child] in ("poss", "compound", "nmod", "amod")
        ]
        for preposition in FOR_BODY:
            principals += after_preposition(parse, head, preposition)
        for principal in principals:
            entity = self._entity(principal)
            if entity is not None:
                if self.entities[entity].type in BODIES:
                    return True
            elif self.noun_class(principal) == "body" and parse.tag[principal] in NOUNS:
                return True
        return False

    # Earlier phrases

    def maker(self, head: int) -> int | None:
        """Return the head of the phrase of who makes a statement or writes a letter: a statement from *Anna Berg*, *her* letter."""
        parse = self.parse
        for place in after_preposition(parse, head, "on"):  # a notice on its website
            owner = parse.child(place, "poss") if parse.lower[place] in OWN_PAGES else None
            if owner is not None and (parse.tag[owner] == "PRP$" or self._kind_of_noun(owner, None) == "ORGANIZATION"):
                return owner
        if not self.is_voice(head):
            return None
        makers = [child for child in parse.children[head] if parse.dep[child] == "poss"]
        for giver in GIVERS:
            makers += after_preposition(parse, head, giver)
        for maker in makers:
            entity = self._entity(maker)
            is_person = entity is not None and self.entities[entity].type == "PERSON"
            if entity is not None and (is_person or self.noun_class(head) == "statement"):
                return maker
        return None

    def is_voice(self, head: int) -> bool:
        """Whether a noun is for words through which somebody speaks: a statement, a letter, but not "the emails show"."""
        kind = self.noun_class(head)
        return kind == "statement" or (kind == "letter" and self.parse.tag[head] not in PLURAL)

    def introduction(self, head: int) -> int | None:
        """Return the head of the phrase that introduces a definite one: "a report by the Kestrel Institute" of "the report"."""
        found = None
        for _ in range(MAX_STEPS):
            earlier = self._earlier(head if found is None else found)
            if earlier is None:
                break
            found = earlier
        return found

    def _earlier(self, head: int) -> int | None:
        """Return the head of the nearest earlier phrase that a definite one may mean."""
        parse = self.parse
        places = self._places.get(self._key(head) or "", [])
        before = places[max(0, bisect_left(places, head) - MAX_LOOK_BACK) : bisect_left(places, head)]
        if not before or not self._is_definite(head):
            return None
        words, owner = self._modifiers(head), self._owner(head)
        if owner in FIRST_PERSON:
            return None
        for other in reversed(before):
            is_owner = parse.dep[other] == "poss" and self.is_people(other) and not parse.has(other, *INDEFINITE)
            if is_owner or parse.right[other] >= head or parse.left[head] <= other:
                continue  # "the port president's son" introduces no president
            is_same = (parse.tag[other] in PLURAL) == (parse.tag[head] in PLURAL) and words <= self._modifiers(other)
            if is_same and (owner is None or owner == self._owner(other)):
                return other
        return None

    def name(self, head: int) -> str | None:
        """Return the words of the phrase of a noun, without what trails it; None if they say no more than the noun."""
        parse = self.parse
        if not self._tells(head):
            return None
        phrase = phrase_of(parse, head)
        start, end = phrase.start, phrase.end
        if end - start > MAX_NAME:
            start, end = max(start, head - MAX_NAME), head + 1
        if not any(parse.dep[child] in ("appos", "conj") for child in parse.children[head]):
            # A clerk, speaking on Friday; a report (published in May); the petition — filed late
            end = next((at for at in range(head + 1, end) if parse.word[at] in ASIDE), end)
        return " ".join(parse.source[parse.start[start] : parse.end[end - 1]].split())

    def with_owner(self, head: int, name: str) -> str:
        """Return the name of a source with the name of the one whose it is: Ann Lee's lawyers, for "her lawyers"."""
        parse = self.parse
        is_one = parse.tag[head] not in PLURAL and self.is_people(head)
        for child in parse.children[head] if not is_one else ():
            reference = self.references.get(child)
            if parse.tag[child] != "PRP$" or reference is None or reference.entity is None:
                continue
            if reference.probability >= SURE_OWNER:
                before, word, behind = f" {name} ".partition(f" {parse.word[child]} ")
                owner = f" {self.entities[reference.entity].name}'s " if word else ""
                return f"{before}{owner}{behind}".strip()
        return name

    @cached_property
    def _places(self) -> dict[str, list[int]]:
        """The nouns that introduce sources, by the noun under which they are looked up."""
        parse = self.parse
        found: dict[str, list[int]] = {}
        for token, tag in enumerate(parse.tag):
            if tag in NOUNS and token not in self.index and parse.dep[token] != "compound":
                key = self._key(token)
                if key is not None and (self._tells(token) or not self._is_definite(token)):
                    found.setdefault(key, []).append(token)
        return found

    def _key(self, head: int) -> str | None:
        kind, key = source_nouns().get(self.parse.lower[head], ("", ""))
        return key if kind not in ("", "body", "group") else None

    def _is_definite(self, head: int) -> bool:
        parse = self.parse
        return any(
            parse.lower[child] in DEFINITE or parse.dep[child] == "poss"
            for child in parse.children[head]
            if child < head
        )

    def _modifiers(self, head: int) -> frozenset[str]:
        """Return the words before a noun, and those that narrow it down behind it."""
        parse = self.parse
        return frozenset(
            parse.lower[child]
            for child in parse.children[head]
            if parse.dep[child] in ("amod", "compound", "nmod", "nummod", "acl", "relcl", "prep")
            and parse.lower[child] not in ("same", "new", "latest", "two", "three")
        )

    def _tells(self, head: int) -> bool:
        """Whether a definite phrase says more than its noun."""
        return bool(self._modifiers(head)) or self._owner(head) is not None

    def _owner(self, head: int) -> int | str | None:
        """Return whose it is, as the index of an entity or a word."""
        parse = self.parse
        owners = [child for child in parse.children[head] if parse.dep[child] == "poss"]
        owners += after_preposition(parse, head, "for")
        for owner in owners:
            entity = self._entity(owner)
            return parse.lower[owner] if entity is None else entity
        return None

    # Reasons for having no name

    def anonymity(self, head: int, where: tuple[int, int]) -> Span | None:
        """Return the words that say why a source is not named, in its sentence or the next; else those that say how it knows."""
        parse = self.parse
        if parse.tag[head] in NOUNS and not self.is_people(head):
            return None
        found = (self._reasons and self._told(head, where)) or self._access(head, where)
        return None if found is None else text_span(parse.source, parse.start[found[0]], parse.end[found[1] - 1])

    def _told(self, head: int, where: tuple[int, int]) -> tuple[int, int] | None:
        """Return the reason given in the phrase of a source, in its sentence, or in the next one."""
        parse = self.parse
        first, end = parse.sentence_of(head)
        found = self._reason(*where) or self._reason(max(first, head - MAX_CLAUSE), min(end, head + MAX_CLAUSE))
        if found is None and end < len(parse) and self._goes_on(end, head):
            found = self._reason(end, min(parse.sentence_of(end)[1], end + MAX_CLAUSE))
        return found

    def _goes_on(self, start: int, head: int) -> bool:
        """Whether the subject of a sentence is the source of the one before: "The official asked not to be named"."""
        parse = self.parse
        for token in range(start, min(start + NEAR, parse.sentence_of(start)[1])):
            if parse.dep[token] in SUBJECTS:
                is_same = self._key(token) in (self._key(head), "person") and self._is_definite(token)
                return is_same or parse.lower[token] in ("he", "she", "they", "both", "all")
        return False

    def _reason(self, start: int, end: int) -> tuple[int, int] | None:
        first = bisect_left(self._reasons, start)
        return self._clause(self._reasons[first]) if first < len(self._reasons) and self._reasons[first] < end else None

    @cached_property
    def _reasons(self) -> list[int]:
        """The words that say that a source wanted no name, outside quotation marks."""
        found = [token for token, word in enumerate(self.parse.lower) if word in REASONS and self._is_reason(token)]
        return [token for token in found if self.parse.region_of[token] == NO_REGION]

    def _is_reason(self, token: int) -> bool:
        words = self.parse.lower
        start, end = self.parse.sentence_of(token)
        word, before = words[token], words[max(start, token - NEAR) : token]
        if word in IDENTIFIED:
            return not REFUSING.isdisjoint(before) and not IN_NAMING.isdisjoint(before)
        if word in ALLOWED:
            speaks = next((at for at in range(token + 1, min(end, token + NEAR)) if words[at] in TO_SPEAK), None)
            is_barred = speaks is not None and words[speaks + 1 : speaks + 2] in OCCASIONS
            return not REFUSING.isdisjoint(before) and speaks is not None and not is_barred
        if word in FEARED:
            return any(other.startswith("fear") for other in before)
        return word in UNNAMED or before[-2:] == ["off", "the"] or (word == "background" and before[-1:] == ["on"])

    def _clause(self, token: int) -> tuple[int, int]:
        """Return the clause of a word, within a sentence: "who asked not to be named because the talks are private"."""
        parse = self.parse
        start, end = parse.sentence_of(token)
        start, end = max(start, token - MAX_CLAUSE), min(end, token + MAX_CLAUSE)
        top = below = token
        for above in islice(parse.upward(token), NEAR):
            if not start <= above < end:
                break
            is_condition = parse.lower[parse.left[above]] == "that"  # on the condition that she not be named
            if parse.dep[above] in ("relcl", "advcl", "acl") and not is_condition:
                top = above
                break
            if parse.dep[above] == "ROOT" or (parse.is_verb(above) and parse.child(above, "ccomp") is not None):
                top = below if parse.child(above, "ccomp") is not None else above
                break
            below = top = above
        first, last = max(parse.left[top], start), min(parse.right[top] + 1, end)
        if parse.dep[top] == "ROOT":
            subject = parse.child(top, *SUBJECTS)
            first = first if subject is None or parse.right[subject] >= token else parse.right[subject] + 1
        first = parse.next_word[first]
        while last < end and parse.tag[last] == "RB":  # parsers attach "to speak publicly said" to what follows
            last += 1
        while last - 1 > token and not parse.is_word[last - 1]:
            last -= 1
        return min(first, token), max(last, token + 1)

    def _access(self, head: int, where: tuple[int, int]) -> tuple[int, int] | None:
        """Return how a source without a name knows: "familiar with the talks", "with knowledge of the plan"."""
        parse = self.parse
        says_nothing = source_nouns().get(parse.lower[head], ("", ""))[0] == "anyone"
        for child in parse.children[head]:
            if child <= head or parse.dep[child] not in ("prep", "relcl", "acl", "amod", "advcl"):
                continue
            if parse.lower[child] in ("like", "of", "for", "than"):
                continue
            words = parse.lower[parse.left[child] : min(parse.right[child] + 1, parse.left[child] + NEAR)]
            if says_nothing or not ACCESS.isdisjoint(words):
                return parse.left[child], max(min(parse.right[child] + 1, where[1]), child + 1)
        return None


MAX_SPEAKERS = 8  # of one quote


def members(parse: Parse, head: int) -> Iterator[int]:
    """Yield the other members of a list: "Anna Berg and *Tom Okafor*"."""
    for _ in range(MAX_SPEAKERS - 1):
        following = next((child for child in parse.children[head] if child > head and parse.dep[child] == "conj"), None)
        if following is None:
            following = _beside(parse, head)
        if following is None:
            return
        head = following
        yield head


def _beside(parse: Parse, head: int) -> int | None:
    """Return the other subject of a verb, where the parser has made two of "Anna Berg and Tom Okafor"."""
    last = parse.right[head]
    if parse.dep[head] in SUBJECTS and parse.lower[last] == "and" and parse.head[last] == head:
        for child in parse.children[parse.head[head]]:
            if child > head and parse.dep[child] == parse.dep[head]:
                return child if parse.left[child] == last + 1 else None
    return None
