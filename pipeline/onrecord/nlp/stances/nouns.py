# SPDX-License-Identifier: Apache-2.0
"""Stances expressed by nouns: their opposition to, voiced support for, drew criticism from, a critic of, has no right."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from onrecord.nlp.english.labels import SUBJECTS
from onrecord.nlp.english.lexicon import words
from onrecord.nlp.english.parse import Parse
from onrecord.nlp.english.syntax import after_preposition, agent, is_passive, possessor, recipient, subject
from onrecord.nlp.english.words import HAVE, light_verbs
from onrecord.nlp.stances import lexicon
from onrecord.nlp.stances.candidates import Candidate, expressed
from onrecord.nlp.stances.lexicon import LexiconEntry
from onrecord.nlp.stances.modality import meant, mood

SOURCES = ("from", "among", "by")
LACKING = frozenset({"lack", "lacks", "lacked", "lacking"})


@dataclass(frozen=True, slots=True)
class Held:
    """The holder of a noun's stance: the holder, the sign and the word that gives it, how it was found, and the verb."""

    holder: int
    sign: float
    carrier: int | None
    way: str
    verb: int | None = None


def noun_candidates(parse: Parse, noun: int) -> Iterator[Candidate]:
    """Yield the stances that a noun expresses."""
    entries = lexicon.nouns().get(parse.lower[noun], ())
    for entry in entries:
        if entry.holder in ("poss", "seeker"):
            yield from _attitudes(parse, noun, entry)
        elif entry.holder == "self":
            yield from _described(parse, noun, entry)
        elif entry.slots[0] == "none":
            yield from _missing(parse, noun, entry)
        elif entry.slots[0] in ("lack", "have"):
            yield from _had(parse, noun, entry)


def _attitudes(parse: Parse, noun: int, entry: LexiconEntry) -> Iterator[Candidate]:
    held = _holder(parse, noun, entry)
    if held is None:
        return
    how = mood(parse, noun)
    if how.cancelled:
        return
    score, words = meant(entry.score * held.sign, how), () if held.carrier is None else (held.carrier,)
    relation = entry.relation if held.sign > 0 else None
    for slot in entry.slots:
        features = "noun", f"way={held.way}", f"slot={slot}"
        for target, is_clause in _targets(parse, noun, slot, held.verb, held.way):
            if target != held.holder:
                yield expressed(
                    parse, noun, held.holder, target, score, how, features, relation, clause=is_clause, with_words=words
                )


def _holder(parse: Parse, noun: int, entry: LexiconEntry) -> Held | None:
    """Return the holder of a noun's stance."""
    light = _light_verb(parse, noun, entry)
    if light is not None or entry.holder == "seeker":
        return light
    owner = possessor(parse, noun)
    if owner is not None:
        return Held(owner, 1.0, None, "possessor")
    for preposition in (*SOURCES, *(() if "of" in entry.slots else ("of",))):
        for source in after_preposition(parse, noun, preposition):
            if parse.dep[source] == "pobj":
                return Held(source, 1.0, None, "preposition")
    return None


def _light_verb(parse: Parse, noun: int, entry: LexiconEntry) -> Held | None:
    """Voice support for; win praise from; support was voiced by; in support of; call for sanctions on."""
    head, dep = parse.head[noun], parse.dep[noun]
    if dep == "conj":
        head, dep = parse.head[head], parse.dep[head]
    if dep == "pobj" and parse.lower[head] == "of" and parse.lower[parse.head[head]] in words("stance_partitives"):
        head, dep = parse.head[parse.head[head]], parse.dep[parse.head[head]]  # launched a wave of attacks on
    if dep in ("dobj", "nsubjpass") and parse.is_verb(head):
        return _lent(parse, noun, head)
    if dep == "pobj":
        verb = parse.head[head]
        if parse.dep[verb] == "pobj":  # went on strike in protest at
            verb = parse.head[parse.head[verb]]
        return _lent_by_preposition(parse, head, verb, entry) if parse.is_verb(verb) else None
    return None


def _lent(parse: Parse, noun: int, verb: int) -> Held | None:
    """Return the holder by the verb whose object the noun is."""
    lights, word = light_verbs(), _with_particle(parse, verb)
    sign = lights.get((word, "giver"))
    holder = None if sign is None else agent(parse, verb)
    if sign is not None and holder is not None:
        return Held(holder, sign, verb, "giver", verb)
    sign = lights.get((word, "receiver"))
    return None if sign is None else _received(parse, noun, verb, sign)


def _received(parse: Parse, noun: int | None, verb: int, sign: float) -> Held | None:
    """Return the giver of what a verb's subject receives: drew criticism from; came under fire from."""
    for word in SOURCES:
        for index in (verb,) if noun is None else (noun, verb):
            for source in after_preposition(parse, index, word):
                return Held(source, sign, verb, "receiver", verb)
    return None


def _with_particle(parse: Parse, verb: int) -> str:
    """Return a light verb as it is in the lexicon: lifted; rolled back."""
    for child in parse.children[verb]:
        both = f"{parse.lower[verb]} {parse.lower[child]}"
        if parse.tag[child] == "RP" and any((both, role) in light_verbs() for role in ("giver", "receiver")):
            return both
    return parse.lower[verb]


def _lent_by_preposition(parse: Parse, preposition: int, verb: int, entry: LexiconEntry) -> Held | None:
    """Return the holder of a noun after a verb's preposition: call for, rally in."""
    word = parse.lower[preposition]
    phrase = f"{parse.lower[verb]} {word}"
    sign = light_verbs().get((phrase, "receiver"))
    if sign is not None:
        return _received(parse, parse.child(preposition, "pobj"), verb, sign)
    sign = light_verbs().get((phrase, "giver"))
    if sign is None:
        if word != "in" or entry.holder != "poss":
            return None
        sign = 1.0
    holder = agent(parse, verb)
    return None if holder is None else Held(holder, sign, preposition if sign > 0 else verb, "adverbial", verb)


def _targets(parse: Parse, noun: int, slot: str, carrier: int | None, way: str) -> Iterator[tuple[int, bool]]:
    """Yield the targets in a slot of the noun or, where it has none, of its verb."""
    if way == "receiver" and carrier is not None:
        received = subject(parse, carrier)
        if received is not None:
            yield received, False
        return
    if slot == "poss":
        owner = possessor(parse, noun)
        if owner is None:
            owner = next(after_preposition(parse, noun, "of"), None)
        if owner is not None and parse.tag[owner] != "PRP$":  # announced his resignation
            yield owner, False
        return
    if slot == "inf":
        for child in parse.children[noun]:
            says_it_itself = parse.lower[child] in lexicon.transitive_verbs()
            if parse.dep[child] == "acl" and parse.tag[child] == "VB" and not says_it_itself:
                yield child, True
        return
    if slot == "that":
        for child in parse.children[noun]:
            if parse.dep[child] in ("acl", "ccomp") and parse.has(child, "that") and parse.child(child, *SUBJECTS):
                yield child, True
        return
    own = list(after_preposition(parse, noun, slot))
    if not own and carrier is not None and parse.is_verb(carrier):
        own = [
            target for target in after_preposition(parse, carrier, slot) if target > noun or is_passive(parse, carrier)
        ]
        if not own and slot in ("to", "for"):
            given = recipient(parse, carrier)
            own = [] if given is None else [given]
    for target in own:
        yield target, parse.dep[target] == "pcomp"


def _described(parse: Parse, noun: int, entry: LexiconEntry) -> Iterator[Candidate]:
    """X, a critic of Y; X is a supporter of Y: the noun describes its holder."""
    holder = _bearer(parse, noun)
    how = mood(parse, noun)
    if holder is None or how.cancelled:
        return
    score = meant(entry.score, how)
    for slot in entry.slots:
        features = "noun", "way=self", f"slot={slot}"
        for target, is_clause in _targets(parse, noun, slot, None, "self"):
            if target != holder:
                yield expressed(parse, noun, holder, target, score, how, features, entry.relation, clause=is_clause)


def _bearer(parse: Parse, noun: int) -> int | None:
    """Return the person that a noun describes: X, a critic of Y; X is a critic of Y; the Y critic X."""
    if parse.dep[noun] == "appos":
        return parse.head[noun]
    return subject(parse, noun) if parse.dep[noun] == "attr" else parse.child(noun, "appos")


def _missing(parse: Parse, noun: int, entry: LexiconEntry) -> Iterator[Candidate]:
    """There is no justification for the killings."""
    verb = parse.head[noun]
    if not parse.has(noun, "no") or not parse.has(verb, "there"):
        return
    how = mood(parse, noun)
    for target in after_preposition(parse, noun, "for"):
        if not how.cancelled:
            is_clause = parse.dep[target] == "pcomp"
            found = expressed(parse, noun, None, target, entry.score, how, (), entry.relation, clause=is_clause)
            yield replace(found, features=frozenset({"noun", "evaluative", "slot=for", "way=none"}))


def _had(parse: Parse, noun: int, entry: LexiconEntry) -> Iterator[Candidate]:
    """They have no mandate; the court lacks legitimacy; they have the right."""
    verb = parse.head[noun]
    if parse.dep[noun] != "dobj" or parse.lower[verb] not in HAVE | LACKING:
        return
    target = subject(parse, verb)
    if target is None:
        return
    how = mood(parse, noun)
    lacking = how.negated or parse.lower[verb] in LACKING
    if how.cancelled or lacking != (entry.slots[0] == "lack"):
        return
    found = expressed(parse, noun, None, target, entry.score, how, (), entry.relation, with_words=(verb,))
    yield replace(found, features=frozenset({"noun", "evaluative", "slot=subj", f"way={entry.slots[0]}"}))
