# SPDX-License-Identifier: Apache-2.0
"""The features of an anaphor and of each referent that it may have.

They are numbers from about -1 to 1 in the order of ``NAMES``: first those of the anaphor, which all of its candidates share, then those of
the candidate, which are 0 for "nobody".
"""

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from onrecord.nlp.coreference.agreement import INSTITUTIONS, differ, is_other_part, nations
from onrecord.nlp.coreference.anaphors import COMPATRIOT, POSSESSIVE, Anaphor
from onrecord.nlp.coreference.center import center_of
from onrecord.nlp.coreference.discourse import Discourse
from onrecord.nlp.coreference.nouns import GROUPS
from onrecord.nlp.coreference.referents import (
    EMBEDDED_SUBJECT,
    OBJECT,
    OBLIQUE,
    OTHER,
    POSSESSOR,
    SUBJECT,
    Occurrence,
    Referent,
    Role,
    packed,
)
from onrecord.nlp.english.labels import PLACES
from onrecord.nlp.english.parse import Parse
from onrecord.nlp.english.quotation import NO_REGION

ANAPHOR = (
    "plural", "reflexive", "possessive", "subject", "embedded subject", "object", "oblique", "in marks",
    "speaks", "no entity near", "expletive", "first sentences", "demonstrative", "possessed", "modified",
    "postmodified", "predicate", "known noun", "introduced before", "capital", "person", "organization", "place",
    "no speech yet", "short text", "rate",
)  # fmt: skip
# Of a referent in any place: these are made once for each.
FIXED = (
    "common noun", "PERSON", "ORG", "GPE", "NORP", "names", "salience", "gender shown", "first of article",
)  # fmt: skip
CANDIDATE = (
    "candidate", *FIXED, "same sentence", "sentence before", "two before", "distance", "same paragraph",
    "paragraph before", "rank", "nearest", "subject", "embedded subject", "object", "oblique", "possessor", "other role",
    "same role", "by name", "subject near", "count", "gender", "gender unknown", "gender of others known",
    "same pronoun before", "other pronoun before", "last of pronoun", "speaker of marks", "last speaker",
    "last speaker near", "other marks", "same clause", "bound", "own", "cataphora", "number", "alone", "most mentioned",
    "in brackets", "joined", "in clause above", "in clause below", "tokens between",
    # Of noun phrases only.
    "type", "noun of it", "last word", "word", "modifiers", "names it", "possessor of it", "surname of possessor",
    "called so before", "nearest of type", "alone of type", "most mentioned of type",
    "kind", "group", "nearest of words", "alone of words",
)  # fmt: skip
NAMES = ANAPHOR + CANDIDATE
OF_NOUN = 16  # the last features, which pronouns don't have
NO_NOUN = packed(*[0] * OF_NOUN)
NOBODY, SOMEBODY = packed(*[0] * len(CANDIDATE)), packed(1)
MAX_SHORT = 8  # sentences of a short text
VIEW = 6  # sentences that a pronoun looks back
MAX_LOOK_BACK = 60  # mentions of entities
MAX_CANDIDATES = 8
MAX_NOUNS_BACK = 16  # common nouns
NOUN_VIEW = 1  # sentences that a pronoun looks back for one
MAX_CATAPHORS = 2
MAX_NAMED = 4  # candidates by the words of a noun phrase, besides those near
MAX_FAR = 16  # candidates of a noun phrase besides those near
MAX_OF_TYPE = 3  # by the type that its noun wants, of each type: the most salient
BE = frozenset({"is", "was", "be", "been", "'s", "’s", "seems", "seemed", "appears", "appeared", "remains", "became"})
UNIQUE = PLACES | {"EVENT", "FAC", "LAW"}  # types of what a proper name before a noun tells apart
YEAR = 4  # digits
SUBJECT_ROLES = (SUBJECT, EMBEDDED_SUBJECT)
CLAUSES = frozenset({"ccomp", "xcomp", "advcl", "acomp", "csubj"})

# The features that a small number decides.
MAX_DISTANCE = 10  # sentences
MAX_TOKENS = 60  # between a candidate and an anaphor
BY_SENTENCES = tuple(packed(n == 0, n == 1, n == 2, n / 5) for n in range(MAX_DISTANCE + 1))
BY_PARAGRAPHS = (packed(1, 0), packed(0, 1), packed(0, 0))
BY_RANK = tuple(
    packed(1 / (1 + n), n == 0) for n in range(MAX_CANDIDATES + MAX_CATAPHORS + max(MAX_NOUNS_BACK, MAX_FAR))
)
BY_ROLE = {role: packed(*(role == other for other in Role)) for role in Role}
NO_ROWS = np.empty((0, len(NAMES)), np.float32)
LOG = tuple(math.log1p(n) / 3 for n in range(100))


@dataclass(slots=True)
class Candidates:
    """The referents that an anaphor may have.

    Attributes:
        referents: the nearest first.
        rows: the features (``NAMES``) of each referent and, last, of nobody; no rows if no candidate is an entity.
        center: the one that goes on to speak (``center_of``).
    """

    referents: list[Referent]
    rows: NDArray[np.float32]
    center: Referent | None = None


def _agrees(anaphor: Anaphor, referent: Referent) -> bool:
    if anaphor.is_pronoun:
        if anaphor.male:
            is_one = referent.entity is not None or not referent.is_plural
            return referent.may_be_person and is_one and referent.male * anaphor.male > -1
        if anaphor.is_plural:
            return referent.entity is not None or referent.is_plural
        return (
            referent.type != "NORP"
            and abs(referent.male) < 1
            and (referent.entity is not None or not referent.is_plural)
        )
    if referent.entity is None or (anaphor.male and referent.type == "PERSON" and referent.male * anaphor.male <= -1):
        return False
    if referent.type == "PERSON" if anaphor.is_plural else referent.type != "PERSON" and anaphor.kind is COMPATRIOT:
        return False
    if anaphor.word in referent.nouns or anaphor.word == referent.noun:
        return True
    if referent.type != "PERSON" and not anaphor.is_plural and not referent.groups.isdisjoint(anaphor.groups):
        return True
    if anaphor.kind is None:
        return False
    if anaphor.kind.is_person:
        return referent.may_be_person and not anaphor.is_plural
    if referent.type == "NORP":
        return anaphor.is_plural or "NORP" in anaphor.kind.types
    if referent.is_place and anaphor.kind.is_group and PLACES.isdisjoint(anaphor.kind.types):
        return False  # where its plant is, is not the company
    return referent.type != "PERSON" and not anaphor.is_plural


class _Agreement(dict[Referent, bool]):
    """Whether each referent agrees with the anaphors of one word, which is asked again and again for the same ones."""

    def __init__(self, anaphor: Anaphor) -> None:
        super().__init__()
        self._anaphor = anaphor

    def __missing__(self, referent: Referent) -> bool:
        found = self[referent] = _agrees(self._anaphor, referent)
        return found


def _agreement(discourse: Discourse, anaphor: Anaphor) -> dict[Referent, bool]:
    word = "" if anaphor.is_pronoun else anaphor.word
    key = word, anaphor.male, anaphor.is_plural
    if key not in discourse.agreements:
        discourse.agreements[key] = _Agreement(anaphor)
    return discourse.agreements[key]


def _is_excluded(anaphor: Anaphor, words: frozenset[str], referent: Referent) -> bool:
    """Whether the words of a noun phrase contradict what the article says of a referent."""
    if anaphor.word in referent.not_called and anaphor.word not in referent.nouns:
        return True
    if is_other_part(anaphor.word, referent.nouns | referent.called):
        return True
    if anaphor.word in referent.nouns:
        return differ(words, referent.description, is_same_office=True)
    if anaphor.word in INSTITUTIONS and referent.groups.isdisjoint(anaphor.groups) and not referent.is_known:
        return True  # "the regulator" does not mean a company
    # "The president" is somebody whom the article calls a president, or nobody.
    return (anaphor.kind is not None and anaphor.kind.is_office) or differ(words, referent.description)


def candidates_of(discourse: Discourse, anaphor: Anaphor) -> Candidates:
    """Return the referents that an anaphor may have, the nearest first, and the features of all."""
    near, center = _near(discourse, anaphor), center_of(discourse, anaphor)
    entities = [referent for referent in near if referent.entity is not None]
    if not entities:
        return Candidates([*near], NO_ROWS, center)
    is_shown = bool(anaphor.male) and any(referent.male * anaphor.male >= 1 for referent in near)
    common = _Common(
        discourse.sentence[anaphor.token],
        discourse.paragraph[anaphor.token],
        discourse.region[anaphor.token],
        discourse.referent_at.get(discourse.speaker_of.get(discourse.region[anaphor.token], -1)),
        discourse.last_by_pronoun.get(anaphor.male if anaphor.is_person else anaphor.word[:2]),
        next((one for one in reversed(discourse.spoken[-3:]) if one.token < anaphor.token), None),
        discourse.referent_at.get(anaphor.possessor) if anaphor.possessor is not None else None,
        len(entities) == 1,
        max(referent.count for referent in entities),
        is_shown,
        [] if anaphor.is_pronoun else _of_type(anaphor, near),
        [] if anaphor.is_pronoun else _of_words(anaphor, near),
        [] if anaphor.is_pronoun else discourse.named_in(anaphor.first, anaphor.token),
    )
    shared = _of_anaphor(discourse, anaphor, near)
    rows = [
        _of_candidate(discourse, anaphor, common, rank, referent, *places)
        for rank, (referent, places) in enumerate(near.items())
    ]
    matrix = b"".join([part for row in (*rows, NOBODY) for part in (shared, row)])
    return Candidates([*near], np.frombuffer(matrix, np.float32).reshape(-1, len(NAMES)), center)


class _Common(NamedTuple):
    """What the features of all candidates of an anaphor are made of."""

    sentence: int
    paragraph: int
    region: int
    speaker: Referent | None
    last_of_pronoun: Referent | None
    last_speaker: Occurrence | None
    possessor: Referent | None
    is_alone: bool
    most: int
    is_gender_shown: bool
    of_type: list[Referent]
    of_words: list[Referent]
    named_in: list[Referent]


def _of_type(anaphor: Anaphor, near: dict[Referent, tuple[Occurrence, Occurrence | None]]) -> list[Referent]:
    """Return the candidates of the type that a noun wants, the nearest first."""
    types = anaphor.kind.types if anaphor.kind is not None else frozenset()
    fitting = [(places[0].token, referent) for referent, places in near.items() if referent.type in types]
    return [referent for _, referent in sorted(fitting, key=lambda item: -item[0])]


def _of_words(anaphor: Anaphor, near: dict[Referent, tuple[Occurrence, Occurrence | None]]) -> list[Referent]:
    """Return the candidates for which the article uses the noun, or one of its group, the nearest first."""
    fitting = [
        (places[0].token, referent)
        for referent, places in near.items()
        if anaphor.word in referent.nouns
        or anaphor.word == referent.noun
        or not referent.groups.isdisjoint(anaphor.groups)
    ]
    return [referent for _, referent in sorted(fitting, key=lambda item: -item[0])]


def _near(discourse: Discourse, anaphor: Anaphor) -> dict[Referent, tuple[Occurrence, Occurrence | None]]:
    """Return the referents that agree with an anaphor, each with its last mention and its last mention as a subject."""
    token, sentence = anaphor.token, discourse.sentence[anaphor.token]
    last: dict[Referent, Occurrence] = {}
    subject: dict[Referent, Occurrence] = {}
    oneself: Referent | None = None
    parse, agrees = discourse.parse, _agreement(discourse, anaphor)
    is_object = parse.dep[token] in ("dobj", "dative") and not anaphor.word.endswith(("self", "selves"))
    # "Her" boss, Ann Lee, is somebody else's.
    own = discourse.linked(parse.head[token]) if anaphor.is_pronoun and parse.dep[token] == "poss" else None
    first_sentence = sentence - VIEW if anaphor.is_pronoun else -1
    others = set[Referent]()
    for occurrence in discourse.entities.before(anaphor.first, MAX_LOOK_BACK):
        if occurrence.sentence < first_sentence:
            break
        referent = occurrence.referent
        is_whole = occurrence.is_name and referent.type == "PERSON" and occurrence.role is not OTHER
        if is_whole and discourse.speaker_of.get(parse.region_of[occurrence.token]) == token:
            others.add(referent)  # “Ann Lee lied,” she said: not Ann Lee
        if is_object and occurrence.clause == anaphor.clause and occurrence.role in SUBJECT_ROLES:
            oneself = referent  # "Ann Lee met her": somebody else
        if referent not in last:
            if len(last) >= MAX_CANDIDATES or referent is oneself or not agrees[referent]:
                continue
            last[referent] = occurrence
        if occurrence.role is SUBJECT and referent not in subject:
            subject[referent] = occurrence
    complete = _with_nouns_and_cataphors if anaphor.is_pronoun else _with_those_called_so
    last = complete(discourse, anaphor, last)
    others |= set() if own is None else {discourse.referents[own]}
    last = {referent: occurrence for referent, occurrence in last.items() if referent not in others}
    parallel = discourse.parallel_possessor(token) if anaphor.is_pronoun else None
    if parallel in last:
        last = {parallel: last[parallel]}
    return {referent: (occurrence, subject.get(referent)) for referent, occurrence in last.items()}


def _with_nouns_and_cataphors(
    discourse: Discourse, anaphor: Anaphor, last: dict[Referent, Occurrence]
) -> dict[Referent, Occurrence]:
    """Return the candidates of a pronoun with common nouns, the nearest first, then the names behind it in its sentence."""
    token, sentence = anaphor.token, discourse.sentence[anaphor.token]
    agrees = _agreement(discourse, anaphor)
    for occurrence in discourse.nouns.before(anaphor.first, MAX_NOUNS_BACK):
        if occurrence.sentence < sentence - NOUN_VIEW:
            break
        referent = occurrence.referent
        can_speak = referent.may_be_person or referent.is_body or token not in discourse.speaking
        if referent not in last and can_speak and agrees[referent]:
            last[referent] = occurrence
    last = dict(sorted(last.items(), key=lambda item: -item[1].token))
    end = discourse.parse.sentence_of(token)[1]
    for occurrence in discourse.names_after(token, MAX_CATAPHORS):
        if occurrence.token < end and occurrence.referent not in last and agrees[occurrence.referent]:
            last[occurrence.referent] = occurrence
    return last


def _is_proper(parse: Parse, part: int) -> bool:
    """Whether a word before a noun names something, or is a year; possessors are something else."""
    word = parse.word[part]
    return parse.dep[part] != "poss" and (parse.tag[part].startswith("NNP") or (len(word) == YEAR and word.isdecimal()))


def _with_those_called_so(
    discourse: Discourse, anaphor: Anaphor, last: dict[Referent, Occurrence]
) -> dict[Referent, Occurrence]:
    """Return the candidates of a noun phrase with those farther away whom its noun names, without those that its words exclude."""
    others = discourse.by_word.get(anaphor.word, [])[:MAX_NAMED] + discourse.named_in(anaphor.first, anaphor.token)
    for group in sorted(anaphor.groups):
        others += discourse.by_group.get(group, [])[:MAX_NAMED]
    for kind in sorted(anaphor.kind.types) if anaphor.kind else ():
        others += discourse.by_type.get(kind, [])[:MAX_OF_TYPE]
    for referent in others[:MAX_FAR]:
        if referent not in last and referent.last is not None and _agrees(anaphor, referent):
            last[referent] = referent.last
    parse, token = discourse.parse, anaphor.token
    words = anaphor.modifiers | discourse.possessor_words(anaphor.possessor)
    # Whoever is named inside a phrase is somebody else: Berg's lawyer, the Peru striker. But the (Alder Bay) movement may be Alder Bay.
    is_person = anaphor.kind is not None and anaphor.kind.is_person
    inside = {
        discourse.in_name[part]
        for part in range(anaphor.first, token)
        if part in discourse.in_name and (is_person or parse.head[part] != token or parse.dep[part] == "poss")
    }
    # The Shanghai airport is not Brussels Airport, nor the 1967 protocol that of 1951; but the Ohio company may be any company.
    proper = {parse.lower[part] for part in range(anaphor.first, token) if _is_proper(parse, part)}
    countries = nations({anaphor.word}) if anaphor.kind is COMPATRIOT else set()
    compatriots = [referent for referent in last if not countries.isdisjoint(nations(referent.description))]
    # If Lee is the mayor: she may be or not.
    verb = parse.head[token] if parse.dep[token] == "attr" and not discourse.is_so(parse.head[token]) else None
    # Her mother is not she.
    owner = discourse.referent_at.get(anaphor.possessor) if anaphor.possessor is not None else None
    return {
        referent: occurrence
        for referent, occurrence in last.items()
        if referent.entity not in inside
        and not (compatriots and referent not in compatriots)
        and not (is_person and referent is owner)
        and not (occurrence.clause == verb and occurrence.role in SUBJECT_ROLES)
        and not (proper and referent.type in UNIQUE and proper.isdisjoint(referent.words))
        and not _is_excluded(anaphor, words, referent)
    }


def _of_anaphor(
    discourse: Discourse, anaphor: Anaphor, near: dict[Referent, tuple[Occurrence, Occurrence | None]]
) -> bytes:
    """Return ``ANAPHOR``, packed."""
    parse, token = discourse.parse, anaphor.token
    role, head = anaphor.role, parse.head[anaphor.token]
    kind = anaphor.kind
    sentence = discourse.sentence[token]
    noun = discourse.by_noun.get(anaphor.word)
    types = kind.types if kind else frozenset()
    return packed(
        anaphor.is_plural,
        anaphor.word.endswith(("self", "selves")),
        anaphor.word in POSSESSIVE and parse.dep[token] == "poss",
        role is SUBJECT,
        role is EMBEDDED_SUBJECT,
        role is OBJECT,
        role is OBLIQUE,
        discourse.region[token] != NO_REGION,
        token in discourse.speaking,
        not any(r.entity is not None and sentence - o.sentence <= 2 for r, (o, _) in near.items()),
        anaphor.word == "it"
        and (parse.lower[head] in BE or any(parse.dep[child] in CLAUSES for child in parse.children[head])),
        sentence < 2,
        anaphor.determiner in ("this", "that", "these", "those"),
        anaphor.possessor is not None,
        bool(anaphor.modifiers),
        any(child > token and parse.dep[child] in ("prep", "relcl", "acl") for child in parse.children[token]),
        parse.dep[token] == "attr",
        kind is not None,
        noun is not None and noun.count > 0,
        not anaphor.is_pronoun and parse.word[token][0].isupper() and parse.tag[token].startswith("NNP"),
        "PERSON" in types,
        not GROUPS.isdisjoint(types),
        not PLACES.isdisjoint(types),
        # Encyclopedias refer to people in other ways than news does.
        not discourse.spoken and not parse.regions,
        len(parse.sentence_starts) <= MAX_SHORT,
        anaphor.rate,
    )


def _of_candidate(
    discourse: Discourse,
    anaphor: Anaphor,
    common: _Common,
    rank: int,
    referent: Referent,
    last: Occurrence,
    subject: Occurrence | None,
) -> bytes:
    """Return ``CANDIDATE``, packed, of a referent with its last mention, and its last one as a subject."""
    parse, sentences = discourse.parse, min(common.sentence - last.sentence, MAX_DISTANCE)
    role, is_same_clause = last.role, last.clause == anaphor.clause
    is_subject = role in SUBJECT_ROLES
    same, other = referent.neuter, referent.masculine + referent.feminine
    if anaphor.male:
        same, other = referent.masculine, referent.feminine
        if anaphor.male < 0:
            same, other = other, same
    spoke = common.last_speaker is not None and common.last_speaker.referent is referent
    of_place = packed(
        role is anaphor.role,
        last.is_name,
        1 / (1 + common.sentence - subject.sentence) if subject is not None else 0.0,
        LOG[min(referent.count, 99)],
        referent.male * anaphor.male,
        bool(anaphor.male) and not referent.male,
        common.is_gender_shown and abs(referent.male) < 1,
        min(same, 3) / 3,
        min(other, 3) / 3,
        common.last_of_pronoun is referent,
        common.speaker is referent,
        spoke,
        spoke and common.last_speaker is not None and common.paragraph - common.last_speaker.paragraph <= 1,
        last.region not in (NO_REGION, common.region),
        is_same_clause,
        is_same_clause and is_subject and (anaphor.role is OBJECT or anaphor.role is OBLIQUE),
        is_same_clause and is_subject and anaphor.role is POSSESSOR,
        last.token > anaphor.token,
        anaphor.is_plural == referent.is_plural,
        common.is_alone,
        referent.count == common.most,
        last.token in discourse.asides,
        parse.dep[last.token] == "conj",
        not is_same_clause and parse.left[last.clause] <= anaphor.token <= parse.right[last.clause],
        not is_same_clause and parse.left[anaphor.clause] <= last.token <= parse.right[anaphor.clause],
        min(abs(anaphor.token - last.token), MAX_TOKENS) / MAX_TOKENS,
    )
    of_noun = NO_NOUN if anaphor.is_pronoun else _of_noun(anaphor, common, referent)
    where = BY_SENTENCES[max(sentences, 0)], BY_PARAGRAPHS[min(max(common.paragraph - last.paragraph, 0), 2)]
    return b"".join((SOMEBODY, referent.fixed, *where, BY_RANK[rank], BY_ROLE[role], of_place, of_noun))


def _of_noun(anaphor: Anaphor, common: _Common, referent: Referent) -> bytes:
    word, modifiers, possessor, of_type = anaphor.word, anaphor.modifiers, common.possessor, common.of_type
    return packed(
        anaphor.kind is not None and referent.type in anaphor.kind.types,
        word in referent.nouns,
        word == referent.noun,
        word in referent.words and word != referent.noun,
        len(modifiers & (referent.words | referent.nouns)) / len(modifiers) if modifiers else 0.0,
        referent in common.named_in,
        possessor is referent,
        possessor is not None and possessor is not referent and possessor.noun == referent.noun,
        word in referent.called,
        of_type[:1] == [referent],
        of_type == [referent],
        referent in of_type and referent.count == max(other.count for other in of_type),
        anaphor.kind is not None and not referent.kinds.isdisjoint(anaphor.kind.types),
        not referent.groups.isdisjoint(anaphor.groups),
        common.of_words[:1] == [referent],
        common.of_words == [referent],
    )
