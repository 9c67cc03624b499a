# SPDX-License-Identifier: Apache-2.0
"""Whether an act that a word names took place: negation, condition, question, modality, and the words above that decide it.

The values are those of Light ERE: ACTUAL, NEGATED (did not say), HYPOTHETICAL (may say, if she says, plans to say).
"""

import functools
from collections.abc import Mapping
from types import MappingProxyType
from typing import cast

from onrecord.data.records import Realis
from onrecord.nlp.english.cues import nouns, verbs
from onrecord.nlp.english.labels import AUXILIARIES, SUBJECTS
from onrecord.nlp.english.lexicon import rows
from onrecord.nlp.english.morphology import verb_forms
from onrecord.nlp.english.parse import MAX_CLIMB, Parse
from onrecord.nlp.english.words import BE_OR_SHORT, CONDITIONS, NEGATIONS, NEGATIVE_PRONOUNS, light_verbs

FIRST = frozenset({"i", "we"})
ANYBODY = frozenset({"anyone", "anybody", "whoever", "any", *NEGATIVE_PRONOUNS})
MODALS = frozenset({"may", "might", "could", "can", "ca", "must", "should", "ought", "shall"})
WOULD = frozenset({"would", "'d", "’d"})
WILL = frozenset({"will", "'ll", "’ll", "wo"})
# "She would later say": a past event seen from before it; "he would often say": a habit; "would only say": said that much.
TOLD_LATER = frozenset(
    {"later", "eventually", "subsequently", "often", "sometimes", "always", "repeatedly", "usually", "then", "only"}
)
# "Would like" and "would appear" are polite forms of the present.
POLITE = frozenset({"like", "love", "prefer", "hate", "appear", "seem", "welcome", "hope", "want", "wish"})
# Saying so does it: "I would say", "we can confirm", "I will admit".
PERFORMED = frozenset(
    {"say", "tell", "add", "admit", "argue", "concede", "confirm", "note", "stress", "suggest", "urge", "ask"}
)
REVEALED = frozenset({"reveal", "report", "confirm", "disclose"})  # "The Gazette can reveal that"
MENTAL = frozenset({"think", "feel"})  # classes of cues from which "can" takes nothing away: can understand, can see
LIMITED = frozenset({"only", "just", "merely", "simply"})  # "not only said"
NEARLY = frozenset({"almost", "nearly"})
UNTIL = frozenset({"until", "till", "once"})  # with a verb in the present
EXCLUDING = frozenset({"without", "instead", "short", "than"})
LACKS = frozenset({"lack", "absence"})
# At no time, by no means.
NEVER = frozenset(
    {("at", "time"), ("at", "point"), ("by", "means"), ("in", "way"), ("in", "sense"), ("in", "circumstances")}
    | {("under", "circumstances"), ("under", "circumstance"), ("on", "account"), ("in", "case"), ("in", "event")}
)
CERTAIN = frozenset({"doubt", "question", "secret", "wonder", "denying"})  # "There is no doubt that he said it"
MAX_CLAUSES = 4  # one inside another, of those above an act
COORDINATED = frozenset({"VB", "VBN", "VBG"})
OPENING = frozenset({"CC", "UH", "``", "''", ",", ":", "-LRB-", "_SP"})


@functools.cache
def _complements() -> Mapping[tuple[str, str], Realis]:
    """Return the realis of what a word form governs, by the form of the complement."""
    return MappingProxyType(
        {
            (inflected, form): cast(Realis, value)
            for word, form, value in rows("complement_realis")
            for inflected in verb_forms(word)
        }
    )


def is_denial(parse: Parse, token: int) -> bool:
    """Whether a word makes the clause that depends on it untrue: denied that; brushed off claims that; it is false that."""
    return _complements().get((_with_particle(parse, token), "clause")) == "NEGATED"


def _with_particle(parse: Parse, verb: int) -> str:
    """Return a word, and the particle of a verb with it: rule out."""
    particle = parse.child(verb, "prt")
    return parse.lower[verb] if particle is None else f"{parse.lower[verb]} {parse.lower[particle]}"


def negates(parse: Parse, child: int) -> bool:
    """Whether a dependent negates its head: not, never, no, hardly, no longer, at no time; but not in "not only"."""
    if parse.dep[child] == "prep":
        noun = parse.child(child, "pobj")
        return noun is not None and (parse.lower[child], parse.lower[noun]) in NEVER and parse.has(noun, "no")
    if parse.lower[child] in ("longer", "more") and parse.dep[child] == "advmod":
        return child > 0 and parse.lower[child - 1] == "no"
    if parse.lower[child] not in NEGATIONS or parse.dep[child] not in ("neg", "det", "advmod", "preconj"):
        return False
    return not (child + 1 < len(parse) and parse.lower[child + 1] in LIMITED | {"necessarily", "longer", "more"})


def is_negative_subject(parse: Parse, noun: int) -> bool:
    """Whether a subject is nobody: no minister, none of them, not one of them, few ministers."""
    few = next((token for token in (noun, *parse.children[noun]) if parse.lower[token] == "few"), None)
    if few is not None and not any(parse.has(token, "a", "the", "these", "those") for token in (noun, few)):
        return True
    return parse.lower[noun] in NEGATIVE_PRONOUNS or any(
        parse.lower[child] in ("no", "neither", "not") and parse.dep[child] in ("det", "preconj", "neg", "advmod", "cc")
        for child in parse.children[noun]
        if child < noun and not parse.has(noun, "only")
    )


def shares_auxiliaries(parse: Parse, verb: int, first: int) -> bool:
    """Whether the negation before the first of two verbs holds for both: did not back or endorse; not: didn't act and lost."""
    joins = [parse.lower[child] for child in parse.children[first] if parse.dep[child] == "cc" and child < verb]
    if joins[-1:] == ["nor"]:
        return True
    return parse.tag[verb] == parse.tag[first] and parse.tag[verb] in COORDINATED and joins[-1:] == ["or"]


def would(parse: Parse, verb: int) -> bool:
    """Whether a verb has "would" before it, without "have" and a condition."""
    return parse.has(verb, *WOULD) and not parse.has(verb, "have", "if", "not", "n't", "n’t", "never")


def realis(parse: Parse, act: int, content: tuple[tuple[int, int], ...] = ()) -> Realis:
    """Return whether the act that a token names took place, as far as its sentence says it.

    Args:
        parse: the columns of a Doc.
        act: a verb, or a noun or an adjective that names an act.
        content: the words quoted, in code points, ends exclusive; parsers attach words of it to the act.

    Returns:
        NEGATED where an odd number of negations is above the act, else HYPOTHETICAL where anything makes it unreal.
    """
    return _Climb(parse, act, content).result()


class _Climb:
    """The way from an act up to the verb of its clause."""

    def __init__(self, parse: Parse, act: int, content: tuple[tuple[int, int], ...], depth: int = 0) -> None:
        self.parse, self.act, self.content, self.depth = parse, act, content, depth
        self.token = act
        self.negations = 0
        self.is_unreal = False
        self.inherits_negation = True

    def result(self) -> Realis:
        for _ in range(MAX_CLIMB):
            if self._is_conditional() or self._is_asked() or self._is_told_to() or self._is_anybodys():
                return "HYPOTHETICAL"
            if self.inherits_negation:
                self.negations += self._own_negations()
            self.is_unreal = self.is_unreal or self._is_modal()
            above = self._above()
            if above is None:
                break
            self.token = above
        if self.negations % 2:
            return "NEGATED"
        return "HYPOTHETICAL" if self.is_unreal and not self.negations else "ACTUAL"  # could not resist saying

    def _own(self) -> list[int]:
        """Return the dependents of the current word that are outside the content and in the same quotation."""
        parse, token = self.parse, self.token
        return [
            child
            for child in parse.children[token]
            if parse.region_of[child] == parse.region_of[token]
            and not any(start <= parse.start[child] < end for start, end in self.content)
        ]

    def _is_conditional(self) -> bool:
        """Whether the clause begins with a condition: if he says; unless she says; whether it said; until they say."""
        parse, token = self.parse, self.token
        words = CONDITIONS | UNTIL if parse.tag[token] in ("VBZ", "VBP") else CONDITIONS
        return any(
            parse.lower[child] in words and child < token and parse.dep[child] in ("mark", "advmod")
            for child in self._own()
        )

    def _own_negations(self) -> int:
        """Count what negates the current word: an adverb, its subject, "nothing" as its object."""
        parse, token = self.parse, self.token
        count = 0
        own = self._own()
        for child in parse.children[token]:
            word, dep = parse.lower[child], parse.dep[child]
            if child not in own and dep != "dobj":
                continue
            if negates(parse, child) and (child < token or parse.lower[token] in BE_OR_SHORT):
                count += word != "nor" or not parse.has(token, "not", "n't", "n’t", "never")
            elif dep == "cc" and word == "nor" and child < token:  # nor did she say
                count += 1
            elif dep in SUBJECTS:
                count += is_negative_subject(parse, child)
            elif dep == "dobj" and token == self.act:  # said nothing; made no promise
                is_named = word in nouns() or parse.child(child, "acl", "ccomp") is not None
                count += word == "nothing" or (is_named and parse.has(child, "no"))
            elif dep == "advmod" and word in NEARLY and child == token - 1 == self.act - 1:
                count += 1
        return min(count, 1)

    def _is_modal(self) -> bool:
        """Whether an auxiliary makes the current word unreal: may say, would say, will say."""
        parse, token = self.parse, self.token
        helpers = [parse.lower[child] for child in self._auxiliaries()]
        modal = next((word for word in helpers if word in MODALS | WOULD | WILL), None)
        if modal is None or (modal in ("'d", "’d") and parse.tag[token] == "VBN"):
            return False  # "he'd said" is "he had said"
        cue = verbs().get(parse.lower[token])
        lemma, main = (cue.lemma, cue.classes[0]) if cue else (parse.lower[token], "")
        perfect = "have" in helpers or "'ve" in helpers or "’ve" in helpers
        if modal in WOULD and not perfect:
            if lemma in POLITE or parse.has(token, "rather") or self._is_told_later():
                return self._depends_on_condition() or (lemma in POLITE and token != self.act and not self._is_mine())
            if parse.has(token, "on") and lemma == "go":  # would go on to say
                return False
        if modal == "can" and (lemma in REVEALED or main in MENTAL):
            return False
        performs = lemma in PERFORMED and not perfect and self._is_mine()
        return not performs or self._depends_on_condition()

    def _is_told_later(self) -> bool:
        parse, token = self.parse, self.token
        return parse.has(token, *TOLD_LATER) or (token + 1 < len(parse) and parse.lower[token + 1] == "only")

    def _auxiliaries(self) -> list[int]:
        """Return the auxiliaries of the current word, without the name that a tagger takes for one: Will Reed said."""
        parse, token = self.parse, self.token
        found = [child for child in self._own() if parse.dep[child] in AUXILIARIES]
        is_name = parse.tag[token] in ("VBD", "VBZ", "VBN") and len(found) == 1 and parse.word[found[0]].istitle()
        return [] if is_name and parse.lower[found[0]] in MODALS | WILL else found

    def _depends_on_condition(self) -> bool:
        """Whether the current clause has a condition: would say it if asked."""
        parse = self.parse
        return any(
            parse.dep[child] == "advcl" and parse.has(child, "if", "unless") for child in parse.children[self.token]
        )

    def _is_mine(self) -> bool:
        """Whether the subject is the first person."""
        parse = self.parse
        subject = parse.child(self.token, *SUBJECTS)
        return subject is not None and parse.lower[subject] in FIRST

    def _is_asked(self) -> bool:
        """Whether a clause begins with its auxiliary: did he say; had he said; or is a question about who said it."""
        parse, token = self.parse, self.token
        subject = parse.child(token, *SUBJECTS)
        if subject is None:
            return False
        begin, end = parse.sentence_of(token)
        first = min([subject, *self._auxiliaries()])
        first = token if parse.lower[token] in BE_OR_SHORT and token < subject else first
        if first < subject and parse.tag[first] != "WRB":
            before = [place for place in range(max(begin, first - 2), first) if parse.is_word[place]]
            return all(parse.tag[place] in OPENING and parse.lower[place] != "nor" for place in before[-1:])
        if parse.lower[subject] not in ("who", "you") or parse.dep[token] == "relcl":
            return False
        return any(parse.word[place] == "?" for place in range(max(token, end - 3), end))

    def _is_told_to(self) -> bool:
        """Whether the current word is an imperative: note that it closed."""
        parse, token = self.parse, self.token
        if parse.tag[token] != "VB" or parse.dep[token] != "ROOT" or parse.lower[token] == "let":
            return False
        if any(parse.dep[child] in (*SUBJECTS, "aux") for child in parse.children[token]):
            return False
        begin = parse.sentence_of(token)[0]
        place = parse.previous_word[token - 1] if token else -1
        return place < begin or parse.tag[place] in ("RB", "UH", "CC")

    def _is_anybodys(self) -> bool:
        """Whether it is an act of anybody who does it: anyone who says it; knew of no plan or any effort to say it."""
        parse, token = self.parse, self.token
        noun = parse.head[token]
        if parse.dep[token] == "acl":
            return parse.has(noun, "any")
        return parse.dep[token] == "relcl" and (parse.lower[noun] in ANYBODY or parse.has(noun, "any", "no"))

    def _above(self) -> int | None:
        """Return the word that decides about the current one, if there is any, and take its own part into account."""
        parse, token = self.parse, self.token
        head, dep = parse.head[token], parse.dep[token]
        if head == token:
            return None
        if dep == "conj":
            return self._coordinated(head)
        if dep in ("acomp", "attr", "oprd") or (dep == "prep" and token != self.act):
            return head if parse.is_verb(head) or parse.lower[head] in BE_OR_SHORT else None
        if parse.is_verb(token):
            return self._over_verb(head, dep)
        if dep in ("dobj", "pobj", "nsubj", "nsubjpass"):
            return self._over_noun(head, dep)
        return None

    def _over_verb(self, head: int, dep: str) -> int | None:
        parse, token = self.parse, self.token
        form = self._form()
        if dep == "csubj" and form in ("inf", "ing"):  # to say it would be wrong
            self.is_unreal = True
        elif parse.has(token, "than"):  # rather than say it
            self.negations += 1
        elif dep == "pcomp":
            return self._after_preposition(head)
        elif form == "inf" and dep in ("xcomp", "ccomp", "acl", "advcl", "relcl"):
            return self._infinitive(head, dep)
        elif form == "ing" and dep in ("xcomp", "ccomp"):
            return self._governed(head, "ing", "ACTUAL")
        elif dep in ("ccomp", "acl") and head < token:
            self._clause(head)
        return None

    def _form(self) -> str:
        """Return the form of the current clause: inf, ing or finite."""
        parse, token = self.parse, self.token
        tag = parse.tag[token]
        if tag == "VBG" and parse.child(token, *AUXILIARIES) is None:
            return "ing"
        helpers = [child for child in parse.children[token] if parse.dep[child] in AUXILIARIES]
        if any(parse.lower[child] == "having" for child in helpers):
            return "ing"
        if any(parse.lower[child] == "to" for child in helpers):
            return "inf"
        return "inf" if tag == "VB" and not helpers else "finite"

    def _infinitive(self, head: int, dep: str) -> int | None:
        """An infinitive: plans to say; the first to say; held a meeting to say."""
        parse, token = self.parse, self.token
        helpers = [parse.lower[child] for child in parse.children[token] if parse.dep[child] in AUXILIARIES]
        if dep == "ccomp" and parse.has(token, "that"):  # demanded that he say it
            self.is_unreal = True
            return None
        if "have" in helpers:  # is reported to have said
            return head
        if parse.has(head, "yet") and parse.lower[head] in ("have", "has", "had", "is", "are", "was", "were"):
            self.negations += 1
            return None
        if parse.has(head, "too"):  # too early to say
            self.negations += 1
            return head
        if dep == "advcl":
            self.is_unreal |= token < head  # "To prove it, she ordered more tests"
            return head
        if parse.lower[head] in BE_OR_SHORT and self._is_equated(head):
            return None
        if parse.lower[head] in BE_OR_SHORT or (parse.lower[head] == "going" and not parse.has(head, "on", "far")):
            self.is_unreal = True
            return head
        if parse.lower[head] in ("had", "let", "'ve", "have", "want", "like", "need") and self._is_willing(head):
            return head
        known = next(
            (
                value
                for word in (head, *parse.children[head])
                if word < token and (value := _complements().get((parse.lower[word], "inf")))
                if word == head or parse.dep[word] in ("amod", "advmod", "prt", "det")
            ),
            None,
        )
        return self._apply(known or "HYPOTHETICAL", head)

    def _is_equated(self, copula: int) -> bool:
        """Whether the subject of a copula names the act itself: his response was to say it; not: the minister is to say it."""
        subject = self.parse.child(copula, "nsubj")
        return subject is not None and _complements().get((self.parse.lower[subject], "inf")) == "ACTUAL"

    def _is_willing(self, head: int) -> bool:
        """Whether a governor takes nothing away: had to say; I want to say, let me say."""
        parse = self.parse
        if parse.lower[head] == "had":
            return True
        subject = parse.child(head, *SUBJECTS)
        if parse.lower[head] == "let":
            own = parse.child(self.token, *SUBJECTS) or parse.child(head, "dobj")
            return own is not None and parse.lower[own] in ("me", "us")
        cue = verbs().get(parse.lower[self.token])
        is_said = cue is not None and cue.lemma in PERFORMED
        return is_said and subject is not None and parse.lower[subject] in FIRST

    def _governed(self, head: int, form: str, default: Realis) -> int | None:
        return self._apply(_complements().get((_with_particle(self.parse, head), form), default), head)

    def _apply(self, value: Realis, head: int) -> int:
        self.negations += value == "NEGATED"
        self.is_unreal = self.is_unreal or value == "HYPOTHETICAL"
        return head

    def _after_preposition(self, preposition: int) -> int | None:
        """An -ing form: without saying, stopped short of saying, refrained from saying, began by saying."""
        parse = self.parse
        head, word = parse.head[preposition], parse.lower[preposition]
        near = {word, parse.lower[preposition - 1] if preposition else ""}
        near |= {parse.lower[child] for child in parse.children[preposition]}
        if near & EXCLUDING:
            self.negations += 1
            return None
        if word == "from":
            before = parse.lower[preposition - 1] if preposition else ""
            values = (_complements().get((governor, "from")) for governor in (parse.lower[head], before))
            return self._apply(next((value for value in values if value), "ACTUAL"), head)
        if word == "against":
            self.is_unreal = True
        return head if word in ("by", "as") and parse.is_verb(head) else None

    def _clause(self, head: int) -> None:
        """A finite clause: denied that he said; did not believe that he said."""
        parse = self.parse
        is_copula = parse.lower[head] in BE_OR_SHORT
        attribute = parse.child(head, "acomp", "attr") if is_copula else None
        governor = head if attribute is None else attribute
        value = _complements().get((parse.lower[governor], "clause"))
        if parse.dep[self.token] == "acl" and value is None:
            over = parse.head[head]
            denied = parse.dep[head] in ("dobj", "nsubjpass") and is_denial(parse, over)
            value = "NEGATED" if denied or (parse.has(head, "no") and parse.lower[head] not in CERTAIN) else None
        elif value is None and (is_copula or parse.lower[head] in verbs()):
            value = None if self._realis_of(head) == "ACTUAL" else "HYPOTHETICAL"
        self._apply(value or "ACTUAL", head)

    def _realis_of(self, head: int) -> Realis:
        """Return the realis of an act that the current one is the content of."""
        return "ACTUAL" if self.depth == MAX_CLAUSES else _Climb(self.parse, head, (), self.depth + 1).result()

    def _coordinated(self, head: int) -> int | None:
        """The second of two words shares what is before the first: did not say or suggest; will meet them and say."""
        parse, token = self.parse, self.token
        if parse.child(token, *SUBJECTS) is not None:
            return None
        if parse.is_verb(token):
            if shares_auxiliaries(parse, token, head):
                return head
            self.inherits_negation = False
            own = parse.child(token, *AUXILIARIES)
            return (
                head
                if own is None and parse.tag[token] == parse.tag[head] and parse.tag[token] in COORDINATED
                else None
            )
        self.inherits_negation = parse.has(head, "or", "nor")
        return head

    def _over_noun(self, head: int, dep: str) -> int | None:
        """An act that a noun names: made no claim; without a promise; denied claims."""
        parse = self.parse
        if dep in ("nsubj", "nsubjpass"):
            passive = dep == "nsubjpass" and (parse.lower[head], "giver") in light_verbs()
            return head if passive and not is_denial(parse, head) else None
        if dep == "pobj":
            excluded = parse.lower[head] in EXCLUDING or parse.lower[parse.head[head]] in LACKS | EXCLUDING
            self.negations += excluded
            return None
        if is_denial(parse, head):
            self.negations += parse.child(self.token, "poss") is None
            return None
        if light_verbs().get((parse.lower[head], "giver"), 0.0) > 0:
            return head
        self.negations += parse.lower[head] in verbs() and self._realis_of(head) == "NEGATED"  # did not unveil plans
        return None
