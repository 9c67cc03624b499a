# SPDX-License-Identifier: Apache-2.0
"""The features of an anaphor and of each referent that it may have.

They are numbers from about -1 to 1 in the order of ``NAMES``: first those of the anaphor, which all of its candidates share, then those of
the candidate, which are 0 for "nobody".
"""

import math
from dataclasses import dataclass, field

from onrecord.nlp.coreference.agreement import differ
from onrecord.nlp.coreference.anaphors import POSSESSIVE, Anaphor
from onrecord.nlp.coreference.discourse import Discourse, Occurrence, Referent, Role
from onrecord.nlp.english.quotation import NO_REGION

ANAPHOR = (
    "feminine", "plural", "reflexive", "possessive", "subject", "embedded subject", "object", "oblique", "in marks",
    "speaks", "no entity near", "expletive", "first sentences", "demonstrative", "possessed", "modified",
    "postmodified", "predicate", "known noun", "introduced before", "capital", "person", "organization", "place",
)  # fmt: skip
CANDIDATE = (
    "candidate", "common noun", "same sentence", "sentence before", "two before", "distance", "same paragraph",
    "paragraph before", "rank", "nearest", "subject", "embedded subject", "object", "oblique", "possessor", "same role",
    "by name", "subject near", "count", "names", "salience", "PERSON", "ORG", "GPE", "NORP", "gender", "gender unknown",
    "same pronoun before", "other pronoun before", "last of pronoun", "speaker of marks", "last speaker",
    "last speaker near", "other marks", "same clause", "bound", "own", "cataphora", "number", "type", "noun of it",
    "last word", "word", "modifiers", "gender shown", "names it", "possessor of it", "surname of possessor", "alone of type", "called so before",
    "most mentioned", "first of article", "known gender of another",
)  # fmt: skip
NAMES = ANAPHOR + CANDIDATE
VIEW = 6  # sentences that a pronoun looks back
MAX_LOOK_BACK = 60  # mentions of entities
MAX_CANDIDATES = 8
MAX_NOUNS_BACK = 16  # common nouns
NOUN_VIEW = 1  # sentences that a pronoun looks back for one
MAX_CATAPHORS = 2
MAX_NAMED = 4  # candidates by the words of a noun phrase, besides those near
BE = frozenset({"is", "was", "be", "been", "'s", "’s", "seems", "seemed", "appears", "appeared", "remains", "became"})
CLAUSES = frozenset({"ccomp", "xcomp", "advcl", "acomp", "csubj"})
NOT_IT = frozenset({"PERSON", "NORP"})
PLACES = frozenset({"GPE", "LOC", "FAC"})
BODIES = frozenset({"ORG", "NORP"})


@dataclass(slots=True)
class Candidates:
    """The referents that an anaphor may have, each with its last mention, and the features of each and, last, of nobody."""

    referents: list[Referent] = field(default_factory=list)
    rows: list[list[float]] = field(default_factory=list)


def _agrees(anaphor: Anaphor, referent: Referent) -> bool:
    if anaphor.is_pronoun:
        if anaphor.male:
            return referent.may_be_person and referent.male * anaphor.male > -1
        if anaphor.is_plural:
            return referent.entity is not None or referent.is_plural
        return (
            referent.type != "NORP"
            and abs(referent.male) < 1
            and (referent.entity is not None or not referent.is_plural)
        )
    if referent.entity is None or (anaphor.male and referent.type == "PERSON" and referent.male * anaphor.male <= -1):
        return False
    if anaphor.word in referent.nouns or anaphor.word == referent.noun:
        return True
    if anaphor.kind is None:
        return False
    if anaphor.kind.is_person:
        return referent.may_be_person and not anaphor.is_plural
    return referent.type != "PERSON" and anaphor.is_plural == (referent.type == "NORP")


def candidates_of(discourse: Discourse, anaphor: Anaphor) -> Candidates:
    """Return the referents that an anaphor may have, the nearest first, and the features of all."""
    near = _near(discourse, anaphor)
    found = Candidates()
    if not near and not anaphor.is_pronoun:
        return found
    shared = _of_anaphor(discourse, anaphor, near)
    most = max((referent.count for referent in near if referent.entity is not None), default=0)
    named = sum(referent.entity is not None for referent in near)
    known = anaphor.male and any(referent.male * anaphor.male >= 1 for referent in near)
    last_speaker = _last_speaker(discourse, anaphor)
    for rank, (referent, (occurrence, subject)) in enumerate(near.items()):
        row = _of_candidate(discourse, anaphor, referent, occurrence, subject, last_speaker)
        is_most = referent.count == most and most > 0
        extra = [
            named == 1,
            anaphor.word in referent.called,
            is_most,
            referent.entity == 0,
            known and abs(referent.male) < 1,
        ]
        row[RANK] = 1 / (1 + rank)
        row[RANK + 1] = rank == 0
        found.referents.append(referent)
        found.rows.append([*shared, *row, *map(float, extra)])
    found.rows.append([*shared, *NOBODY])
    return found


NOBODY = (0.0,) * len(CANDIDATE)
RANK = CANDIDATE.index("rank")


def _near(discourse: Discourse, anaphor: Anaphor) -> dict[Referent, tuple[Occurrence, Occurrence | None]]:
    """Return the referents that agree with an anaphor, each with its last mention and its last mention as a subject."""
    token, sentence = anaphor.token, discourse.sentence[anaphor.token]
    last: dict[Referent, Occurrence] = {}
    subject: dict[Referent, Occurrence] = {}
    first_sentence = sentence - VIEW if anaphor.is_pronoun else -1
    for occurrence in discourse.entities.before(anaphor.first, MAX_LOOK_BACK):
        if occurrence.sentence < first_sentence:
            break
        referent = occurrence.referent
        if referent not in last:
            if len(last) >= MAX_CANDIDATES or not _agrees(anaphor, referent):
                continue
            last[referent] = occurrence
        if occurrence.role == Role.SUBJECT and referent not in subject:
            subject[referent] = occurrence
    if anaphor.is_pronoun:
        for occurrence in discourse.nouns.before(anaphor.first, MAX_NOUNS_BACK):
            if occurrence.sentence < sentence - NOUN_VIEW:
                break
            if occurrence.referent not in last and _agrees(anaphor, occurrence.referent):
                last[occurrence.referent] = occurrence
        last = dict(sorted(last.items(), key=lambda item: -item[1].token))
    if not anaphor.is_pronoun:
        for referent in discourse.by_word.get(anaphor.word, ())[:MAX_NAMED]:
            if referent not in last and referent.last is not None and _agrees(anaphor, referent):
                last[referent] = referent.last
    end = discourse.parse.sentence_of(token)[1]
    for occurrence in discourse.names_after(anaphor.token, MAX_CATAPHORS):
        if not anaphor.is_pronoun or occurrence.token >= end:
            break
        if occurrence.referent not in last and _agrees(anaphor, occurrence.referent):
            last[occurrence.referent] = occurrence
    if not anaphor.is_pronoun:
        words = anaphor.modifiers | discourse.possessor_words(anaphor.possessor)
        parse = discourse.parse
        inside = {
            discourse.in_name[part]
            for part in range(anaphor.first, token)
            if part in discourse.in_name and (parse.head[part] != token or parse.dep[part] == "poss")
        }
        last = {
            referent: occurrence
            for referent, occurrence in last.items()
            if referent.entity not in inside and not differ(words, referent.description)
        }
    return {referent: (occurrence, subject.get(referent)) for referent, occurrence in last.items()}


def _last_speaker(discourse: Discourse, anaphor: Anaphor) -> Occurrence | None:
    for occurrence in reversed(discourse.spoken[-3:]):
        if occurrence.token < anaphor.token:
            return occurrence
    return None


def _of_anaphor(
    discourse: Discourse, anaphor: Anaphor, near: dict[Referent, tuple[Occurrence, Occurrence | None]]
) -> list[float]:
    parse, token = discourse.parse, anaphor.token
    role, head = anaphor.role, parse.head[anaphor.token]
    kind = anaphor.kind
    sentence = discourse.sentence[token]
    noun = discourse.by_noun.get(anaphor.word)
    types = kind.types if kind else frozenset()
    return list(map(float, (
        anaphor.male < 0,
        anaphor.is_plural,
        anaphor.word.endswith(("self", "selves")),
        anaphor.word in POSSESSIVE and parse.dep[token] == "poss",
        role == Role.SUBJECT,
        role == Role.EMBEDDED_SUBJECT,
        role == Role.OBJECT,
        role == Role.OBLIQUE,
        discourse.region[token] != NO_REGION,
        token in discourse.speaking,
        not any(r.entity is not None and sentence - o.sentence <= 2 for r, (o, _) in near.items()),
        anaphor.word == "it" and (
            parse.lower[head] in BE or any(parse.dep[child] in CLAUSES for child in parse.children[head])
        ),
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
        not BODIES.isdisjoint(types),
        not PLACES.isdisjoint(types),
    )))  # fmt: skip


def _of_candidate(
    discourse: Discourse,
    anaphor: Anaphor,
    referent: Referent,
    occurrence: Occurrence,
    subject: Occurrence | None,
    last_speaker: Occurrence | None,
) -> list[float]:
    token = anaphor.token
    sentences = discourse.sentence[token] - occurrence.sentence
    paragraphs = discourse.paragraph[token] - occurrence.paragraph
    region = discourse.region[token]
    role, is_person = occurrence.role, anaphor.is_person
    same_clause = occurrence.clause == anaphor.clause
    pronouns = (referent.masculine, referent.feminine) if anaphor.male > 0 else (referent.feminine, referent.masculine)
    if not anaphor.is_pronoun:
        pronouns = (0, 0)
    elif not is_person:
        pronouns = (referent.neuter, referent.masculine + referent.feminine)
    is_last = discourse.last_by_pronoun.get(anaphor.male if is_person else anaphor.word[:2]) is referent
    speaker = discourse.speaker_of.get(region)
    is_speaker = speaker is not None and discourse.referent_at.get(speaker) is referent
    is_last_speaker = last_speaker is not None and last_speaker.referent is referent
    modifiers = anaphor.modifiers
    described = referent.words | referent.nouns
    possessor = discourse.referent_at.get(anaphor.possessor) if anaphor.possessor is not None else None
    type_fits = anaphor.kind is not None and referent.type in anaphor.kind.types
    return [
        1.0,
        float(referent.entity is None),
        float(sentences == 0),
        float(sentences == 1),
        float(sentences == 2),
        min(sentences, 10) / 5,
        float(paragraphs == 0),
        float(paragraphs == 1),
        0.0,
        0.0,
        float(role == Role.SUBJECT),
        float(role == Role.EMBEDDED_SUBJECT),
        float(role == Role.OBJECT),
        float(role == Role.OBLIQUE),
        float(role == Role.POSSESSOR),
        float(role == anaphor.role),
        float(occurrence.is_name),
        1 / (1 + discourse.sentence[token] - subject.sentence) if subject is not None else 0.0,
        math.log1p(referent.count) / 3,
        math.log1p(referent.names) / 3,
        referent.salience,
        float(referent.type == "PERSON"),
        float(referent.type == "ORG"),
        float(referent.type == "GPE"),
        float(referent.type == "NORP"),
        referent.male * anaphor.male,
        float(bool(anaphor.male) and not referent.male),
        min(pronouns[0], 3) / 3,
        min(pronouns[1], 3) / 3,
        float(is_last),
        float(is_speaker),
        float(is_last_speaker),
        float(
            is_last_speaker and last_speaker is not None and discourse.paragraph[token] - last_speaker.paragraph <= 1
        ),
        float(occurrence.region not in (NO_REGION, region)),
        float(same_clause),
        float(
            same_clause
            and anaphor.role in (Role.OBJECT, Role.OBLIQUE)
            and role in (Role.SUBJECT, Role.EMBEDDED_SUBJECT)
        ),
        float(same_clause and anaphor.role == Role.POSSESSOR and role in (Role.SUBJECT, Role.EMBEDDED_SUBJECT)),
        float(occurrence.token > token),
        float(anaphor.is_plural == referent.is_plural),
        float(type_fits),
        float(anaphor.word in referent.nouns),
        float(anaphor.word == referent.noun),
        float(anaphor.word in referent.words and anaphor.word != referent.noun),
        len(modifiers & described) / len(modifiers) if modifiers else 0.0,
        float(abs(referent.male) == 1),
        float(not anaphor.is_pronoun and discourse.is_named_in(anaphor.first, token, referent)),
        float(possessor is referent),
        float(possessor is not None and possessor is not referent and possessor.noun == referent.noun),
    ]
