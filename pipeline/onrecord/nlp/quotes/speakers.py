# SPDX-License-Identifier: Apache-2.0
"""The speaker phrase: the noun phrase that is the source of a cue."""

import functools
import re
from itertools import islice

from onrecord.nlp.english.cues import verb_class, verbs
from onrecord.nlp.english.labels import FINITE, NOUNS, SUBJECTS
from onrecord.nlp.english.lexicon import words
from onrecord.nlp.english.morphology import verb_forms
from onrecord.nlp.english.parse import Parse, once_per_token
from onrecord.nlp.english.syntax import (
    CHARGED,
    after_preposition,
    agent,
    clause_verb,
    head_of,
    is_passive,
    possessor,
    subject,
)
from onrecord.nlp.english.words import RELATIVE, person_nouns, source_nouns

# Labels of a noun or adjective whose holder is the subject of its head verb: "made the claim that".
OF_SUBJECT = frozenset({"dobj", "attr", "acomp", "pobj", "prep", "conj", "dative", "oprd"})
HEARING = frozenset(verb_forms("hear")) | {"hear"}
GIVER = ("from", "by", "among")
CLITICS = frozenset({"’s", "’ve", "’d", "’re", "'s", "'ve", "'d", "'re"})
ANGRY = ("with", "at")  # upset with Reed for saying
CLOSING = frozenset({")", "%", "”", '"'})  # signs that may end a phrase
CLOCK = re.compile(r"\d{1,2}[.:]\d\d(?:[ap]m)?")
MAX_PHRASE = 60  # tokens to each side of the head
COURTS = frozenset({"court", "hearing", "inquest", "inquiry", "jury", "tribunal"})
DOCUMENT_NOUNS = frozenset({"statement", "letter", "document"})  # classes of nouns
WRITTEN_ACTS = frozenset(
    {"say", "judge", "accuse", "name", "commit"}
)  # classes of cues: a law that requires something says nothing
OF_LETTER = frozenset({"to", "of", "for", "on", "in"})  # a letter to the head of the board
CLOSING_MARKS = frozenset({"”", "’", "''", '"'})
MAX_ASIDE = 12  # tokens
MAX_NOUNS = 3  # from a participle to the document: "a letter to the head of the board saying"


def phrase(parse: Parse, head: int | None, cue: int | None = None) -> tuple[int, int] | None:
    """Return the noun phrase of ``head`` as tokens, end exclusive: everything that depends on it, except the cue."""
    if head is None or not (parse.is_word[head] or parse.word[head] == "%"):
        return None
    start, end = parse.left[head], parse.right[head] + 1
    if cue is not None and start <= cue < end:
        if cue > head:
            top = next((token for token in parse.upward(cue) if parse.head[token] == head), head)
            end = min(cue, max(parse.left[top], head + 1))
        else:
            start = cue + 1
    start, end = max(start, head - MAX_PHRASE), min(end, head + MAX_PHRASE)
    if start < head and CLOCK.fullmatch(parse.word[start]):
        start += 1  # a live blog: "16:50 The operator says"
    start = min(parse.next_word[start] if parse.is_word[head] else start, head)
    while end - 1 > head and _is_loose_end(parse, start, end):
        end -= 1
    return start, end


def _is_loose_end(parse: Parse, start: int, end: int) -> bool:
    """Whether the last token does not belong to a phrase: a comma, an unpaired mark, a relative pronoun without its clause."""
    last = parse.word[end - 1]
    if parse.tag[end - 1] == "POS":
        return True  # "the mayor's claim": the mayor
    if parse.is_word[end - 1]:
        return parse.lower[end - 1] in RELATIVE
    if last not in CLOSING:
        return True
    return last in ("”", '"') and not any(sign in word for word in parse.word[start : end - 1] for sign in '“"')


def quoted_as(parse: Parse, verb: int) -> tuple[int, int] | None:
    """Return the verb before "as saying" and the head of its object: "quoted" and "Reed" in "The agency quoted Reed as saying".

    ``verb`` is "saying". None for any other verb.
    """
    if verb < 2 or parse.lower[verb - 1] != "as" or parse.tag[verb] != "VBG":
        return None
    quoting = clause_verb(parse, parse.head[verb - 1])
    if quoting is None or not parse.sentence_of(verb)[0] <= quoting < verb - 1:
        return None
    quoted = parse.child(quoting, "nsubjpass")
    if quoted is None and parse.dep[quoting] in ("acl", "relcl"):  # "quoted Reed, who lives in Rome, as saying"
        quoted = parse.head[quoting]
        quoting = quoting if parse.dep[quoting] == "acl" else parse.head[quoted]
    if quoted is None:
        quoted = parse.child(quoting, "dobj")
    if quoted is None:
        # Parsers give the object many labels; its position is certain.
        quoted = head_of(parse, quoting + 1, verb - 1) if quoting + 1 < verb - 1 else quoting
    return (quoting, quoted) if parse.is_word[quoted] and quoted != quoting else None


def source_of(parse: Parse, verb: int) -> int | None:
    """Return the head of the noun phrase that is the source of a cue verb: who says it, and "Reed" in "quoted Reed as saying"."""
    quoted = quoted_as(parse, verb)
    if quoted is not None:
        return quoted[1]
    found = charged(parse, verb)
    if found is None:
        found = writer(parse, verb)
    if found is None:
        found = agent(parse, parse.head[parse.head[verb]] if speaks_beside(parse, verb) else verb)
        subjects = [child for child in parse.children[verb] if parse.dep[child] in SUBJECTS and child < verb]
        if found in subjects[:-1] and parse.lower[found] not in source_nouns():
            # "Cross-examined by Ann Lee, Reed said"
            found = found if all(parse.is_word[found : subjects[-1]]) else subjects[-1]
        if verb and parse.tag[verb - 1] in NOUNS and parse.head[verb - 1] == verb:
            is_owner = found is not None and found < verb - 1 and parse.tag[found + 1] == "POS"
            if is_owner or (found is None and parse.dep[verb - 1] in ("compound", "nmod", "dep")):
                found = verb - 1  # parsers take "the port's policy states" and "city contracts show" for noun phrases
        before = parse.previous_word[verb - 1] if verb else -1
        if found is None and before >= 0 and parse.ent_type[before] == "PERSON" and parse.tag[verb] in FINITE:
            # "Asked whether it would close, the owner, Ann Lee, laughed"
            first = parse.head[before]
            is_listed = parse.dep[before] == "conj" and parse.ent_type[first] == "PERSON"
            found = (first if is_listed else before) if parse.tag[before] == "NNP" else None
        is_open = found is None or (found == verb - 2 and parse.lower[found].endswith("ing"))  # Lee, prosecuting, said
        if is_open and parse.tag[verb] in FINITE:
            found = _name_behind_participle(parse, verb) or _name_before_aside(parse, verb) or found
    if found and parse.lower[found] in CLITICS:  # "he’s said", of which the parser makes a subject "’s"
        found = found - 1 if parse.tag[found - 1] in ("PRP", "WP") else None
    predicate = parse.child(verb, "oprd") if found is None and is_passive(parse, verb) else None
    return found if predicate is None else next(after_preposition(parse, predicate, "by"), None)


def is_said_in_court(parse: Parse, verb: int, body: int) -> bool:
    """Whether a body hears a statement and does not make it: the court heard that …; the headline "Clerk stole savings, court hears"."""
    if parse.lower[body] not in COURTS:
        return False
    is_headline = parse.lower[verb] == "told" and parse.child(verb, "dobj", "dative", "xcomp") is None
    return is_headline or parse.lower[verb] in HEARING


def _name_behind_participle(parse: Parse, verb: int) -> int | None:
    """Return the subject that a parser gives to the participle before it: "Opening the case, Ann Lee, for the port, said …"."""
    participle = next((child for child in parse.children[verb] if child < verb), verb)
    if parse.dep[participle] != "advcl" or parse.tag[participle] not in ("VBG", "VBN"):
        return None
    commas = (token for token in range(participle + 2, verb) if parse.word[token] == ",")
    names = (token - 1 for token in commas if parse.ent_type[token - 1] == "PERSON")
    return next((name for name in names if parse.word[parse.left[name] - 1] == ","), None)


def _name_before_aside(parse: Parse, verb: int) -> int | None:
    """Return the person behind a quotation whom commas part from the verb: "“It is late,” Ann Lee, speaking in Rome, told reporters"."""
    if parse.word[verb - 1] != ",":
        return None
    first = max(parse.sentence_of(verb)[0], verb - MAX_ASIDE)
    comma = next((token for token in range(verb - 3, first, -1) if parse.word[token] == ","), first)
    start = next((token + 1 for token in range(comma - 1, first, -1) if parse.ent_type[token] != "PERSON"), comma)
    return comma - 1 if start < comma and parse.word[start - 1] in CLOSING_MARKS else None


@functools.cache
def _publishing() -> frozenset[str]:
    return words("quote_publishing").union(*map(verb_forms, words("quote_publishing")))


@once_per_token
def document_of(parse: Parse, cue: int) -> int | None:
    """Return the published document whose words a cue gives: "sent a letter to the board saying that", "a suit that accuses it of"."""
    label, above, lexical = parse.dep[cue], parse.head[cue], verbs().get(parse.lower[cue])
    is_relative = label == "relcl" and parse.lower[parse.child(cue, *SUBJECTS) or cue] in RELATIVE
    is_participle = label in ("acl", "advcl") and parse.tag[cue] == "VBG" and parse.child(cue, *SUBJECTS, "aux") is None
    if lexical is None or WRITTEN_ACTS.isdisjoint(lexical.classes) or not (is_relative or is_participle) or above > cue:
        return None
    for _ in range(MAX_NOUNS):
        if parse.is_verb(above) or parse.dep[above] == "dobj":
            verb = above if parse.is_verb(above) else parse.head[above]
            found = parse.child(verb, "dobj")
            return found if found is not None and found < cue and _is_published(parse, verb, found) else None
        if parse.dep[above] != "pobj" or is_relative or parse.lower[parse.head[above]] not in OF_LETTER:
            return None
        above = parse.head[parse.head[above]]
    return None


def _is_published(parse: Parse, verb: int, noun: int) -> bool:
    """Whether somebody does to a noun what is done to documents by who writes them."""
    particle = parse.child(verb, "prt")
    is_written = source_nouns().get(parse.lower[noun], ("", ""))[0] in DOCUMENT_NOUNS
    return is_written and parse.lower[verb] in _publishing() and (particle is None or parse.lower[particle] == "out")


def writer(parse: Parse, cue: int) -> int | None:
    """Return who says what a cue gives from a document: who publishes it."""
    document = document_of(parse, cue)
    return None if document is None else subject(parse, parse.head[document])


def is_heard(parse: Parse, verb: int) -> bool:
    """Whether a cue is what somebody hears another one do: "heard Reed say that"."""
    above = parse.head[verb]
    return parse.tag[verb] == "VB" and parse.child(verb, "nsubj") == verb - 1 and parse.lower[above] in HEARING


def is_charged(parse: Parse, verb: int) -> bool:
    """Whether a cue is what somebody holds against another one: "criticized Reed for saying that", "upset with Reed for saying"."""
    return charged(parse, verb) is not None


def charged(parse: Parse, verb: int) -> int | None:
    """Return whom a cue is held against."""
    above = parse.head[verb]
    if parse.dep[verb] != "pcomp" or parse.lower[above] not in CHARGED:
        return None
    for token in islice(parse.upward(parse.head[above]), MAX_CLAUSES):
        found = parse.child(token, "dobj") if parse.is_verb(token) else None
        for preposition in ANGRY if parse.tag[token][:2] in ("JJ", "VB") else ():
            found = next(after_preposition(parse, token, preposition), found)
        if found is not None:
            # "drew criticism for saying": the one who drew it said it
            is_abstract = parse.tag[found] in ("NN", "NNS")
            is_source = parse.lower[found] in person_nouns() or parse.lower[found] in source_nouns()
            return None if is_abstract and not is_source else found
        if parse.dep[token] not in ("pobj", "prep"):
            break
    return None


def speaks_beside(parse: Parse, verb: int) -> bool:
    """Whether a cue is attached to the content of the cue that it is coordinated with: "said the dam was safe and added that …".

    Both have the same tense, and the content has another one ("said the dam would hold but gave no details") or a subject that cannot
    speak.
    """
    content = parse.head[verb]
    outer = parse.head[content]
    if parse.dep[verb] != "conj" or parse.dep[content] != "ccomp" or not outer < content < verb:
        return False
    noun = parse.child(content, *SUBJECTS, "expl")
    if parse.tag[verb] != parse.tag[outer] or parse.tag[verb] not in FINITE or noun is None:
        return False
    if parse.tag[content] == "VB" and parse.child(verb, *SUBJECTS, "aux") is None:
        return True
    if verb_class(parse.lower[verb]) != "say":
        return False
    return parse.tag[noun] in ("NN", "NNS", "EX", "DT") and not parse.ent_type[noun]


def source_of_noun(parse: Parse, noun: int) -> int | None:
    """Return the source of a cue noun: the possessor of the claim, its giver, or the subject that made it."""
    owner = possessor(parse, noun)
    if owner is not None:
        return owner
    for giver in GIVER:
        for source in after_preposition(parse, noun, giver):
            return source
    verb = next((above for above in parse.upward(noun) if parse.dep[above] not in OF_SUBJECT), noun)
    return source_of(parse, verb) if parse.is_verb(verb) else None


MAX_OTHER_SOURCES = 3  # besides the first one
MAX_CLAUSES = 6  # above the cue


def other_sources(parse: Parse, cue: int, first: int | None) -> list[int | None]:
    """Return the heads of the phrases that may be the source of a cue without a subject of its own.

    They are the subjects of the clauses above, the nouns that these modify, and None for nobody; ``first`` is left out.
    """
    if parse.child(cue, "agent", "poss") is not None or quoted_as(parse, cue) is not None or is_charged(parse, cue):
        return []
    if document_of(parse, cue) is not None or (parse.dep[cue] == "advcl" and is_passive(parse, cue)):
        return []
    own = parse.child(cue, "nsubj")
    if own is not None and parse.lower[own] not in RELATIVE:
        return []
    found: list[int | None] = []
    for clause in islice(parse.upward(cue), MAX_CLAUSES):
        head = parse.head[clause]
        if head == clause:
            break
        if parse.dep[clause] in ("relcl", "acl") and not parse.is_verb(head):
            found.append(head)
        own = parse.child(head, *SUBJECTS, "poss")
        if own is not None and not parse.left[own] <= cue <= parse.right[own] and parse.lower[own] not in RELATIVE:
            found.append(own)
    found = [head for head in dict.fromkeys(found) if head != first][:MAX_OTHER_SOURCES]
    return found if first is None else [*found, None]


def path(parse: Parse, cue: int, source: int | None) -> str:
    """Return how a source is reached from its cue: the labels of the clauses on the way, or "own" for the cue's own subject."""
    if source is None:
        return "nobody"
    labels: list[str] = []
    for clause in islice(parse.upward(cue), MAX_CLAUSES):
        if parse.head[source] == clause:
            return ".".join(labels) or "own"
        labels.append(parse.dep[clause])
        if parse.head[clause] == source:
            return ".".join(labels) + "!"
    return "far"
