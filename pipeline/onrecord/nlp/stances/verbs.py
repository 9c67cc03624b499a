# SPDX-License-Identifier: Apache-2.0
"""Stances expressed by verbs: condemned, was condemned by, refused to support, must be stopped."""

from collections.abc import Iterator
from dataclasses import replace

from onrecord.nlp.english.lexicon import words
from onrecord.nlp.english.parse import Parse
from onrecord.nlp.english.syntax import agent, counted, is_passive, possessor, subject
from onrecord.nlp.english.words import with_forms, with_plurals
from onrecord.nlp.stances import lexicon
from onrecord.nlp.stances.arguments import fillers
from onrecord.nlp.stances.candidates import Candidate, expressed
from onrecord.nlp.stances.lexicon import LexiconEntry
from onrecord.nlp.stances.modality import Mood, meant, mood

REFLEXIVE = frozenset({"himself", "herself", "itself", "themselves", "ourselves", "myself", "yourself", "who", "what"})
OBJECTS = frozenset({"obj", "who"})
DEMAND = 0.5
# Relations that are about an act of the target: accused, praised.
CHARGING = frozenset({"ACCUSE", "SUPPORT"})


def verb_candidates(parse: Parse, verb: int) -> Iterator[Candidate]:
    """Yield the stances that a verb expresses."""
    fitting = verb_entries(parse, verb)
    if fitting:
        how = mood(parse, verb)
        if not how.cancelled:
            for entry in fitting:
                if entry.holder == "refuser" and how.factor >= 0:
                    continue  # meeting somebody is not a stance toward them
                yield from _entry_candidates(parse, verb, entry, how)


def verb_entries(parse: Parse, verb: int) -> list[LexiconEntry]:
    """Return the entries of a verb in the stance lexicon; those with its particle, if it has one: took, took on."""
    entries = lexicon.verbs().get(parse.lower[verb], ())
    fitting = [entry for entry in entries if _particle(parse, verb, entry) is not None]
    return [entry for entry in fitting if entry.particle] or fitting


def _particle(parse: Parse, verb: int, entry: LexiconEntry) -> tuple[int, ...] | None:
    """Return the tokens of an entry's particle, or None if it is absent."""
    if not entry.particle:
        return ()
    for child in parse.children[verb]:
        if parse.lower[child] == entry.particle and parse.dep[child] in ("prt", "advmod", "prep"):
            return (child,)
    return None


def _entry_candidates(parse: Parse, verb: int, entry: LexiconEntry, how: Mood) -> Iterator[Candidate]:
    features = {"verb", f"holder={entry.holder}"}
    if parse.dep[verb] == "acl" and parse.tag[verb] == "VB":
        features.add("purpose")  # efforts to end it: work, and little of a stance
    passive = is_passive(parse, verb)
    if passive:
        features.add("passive")
    holder, filled = _arguments(parse, verb, entry, passive=passive)
    if entry.holder == "source":
        features.add("evaluative")
    elif holder is None:
        if not (how.necessary and passive):
            return
        features.add("necessary")
    if _is_requested(parse, verb):
        features.add("requested")
    words = _particle(parse, verb, entry) or ()
    score = meant(entry.score, how, judgement=entry.holder == "source")
    for slot, named, is_clause in filled:
        filler = named if is_clause else counted(parse, named)
        if filler in (holder, verb) or parse.lower[filler] in REFLEXIVE:
            continue
        if _is_empty(parse, filler, is_clause=is_clause, refused=score < 0):
            continue
        if parse.is_verb(filler) and not is_clause:
            is_clause = True
        found, charged = features | {f"slot={slot}"}, slot == "subj" or entry.relation in CHARGING
        relation = None if slot == "that" and _is_stated(parse, filler, entry) else entry.relation
        yield expressed(
            parse,
            verb,
            holder,
            filler,
            score,
            how,
            found,
            relation,
            clause=is_clause,
            charged=charged,
            with_words=words,
        )


def _is_stated(parse: Parse, clause: int, entry: LexiconEntry) -> bool:
    """Whether a clause states a fact and is not a request: insisted that the visit had been private, not that they leave."""
    if entry.relation != "REQUEST":
        return False
    finite = next((child for child in parse.children[clause] if parse.dep[child] in ("aux", "auxpass")), clause)
    return parse.tag[finite] in ("VBD", "VBZ")


def _arguments(
    parse: Parse, verb: int, entry: LexiconEntry, *, passive: bool
) -> tuple[int | None, list[tuple[str, int, bool]]]:
    """Return the holder and the fillers of the target slots, as (slot, head, whether a clause)."""
    if entry.holder == "obj":
        return _felt(parse, verb, passive=passive)
    filled = [(slot, head, is_clause) for slot in entry.slots for head, is_clause in fillers(parse, verb, slot)]
    if entry.holder == "source":
        if passive:
            return None, []
        return None, filled
    if passive and not any(slot in OBJECTS for slot, _, _ in filled):
        return (None, []) if OBJECTS & set(entry.slots) else (subject(parse, verb), filled)
    if _is_requested(parse, verb):
        return agent(parse, parse.head[verb]), filled
    return _wielder(parse, agent(parse, verb)), filled


def _is_requested(parse: Parse, verb: int) -> bool:
    """Whether a verb is what somebody is asked to do, so that the asker holds the stance: urged the court to reject it."""
    above = parse.head[verb]
    if parse.dep[verb] not in ("xcomp", "ccomp") or parse.lower[above] not in with_forms("stance_requesting_verbs"):
        return False
    if parse.tag[verb] != "VB" or not parse.has(verb, "to"):
        return False
    return is_passive(parse, above) or parse.child(verb, "nsubj") is not None or parse.child(above, "dobj") is not None


def _wielder(parse: Parse, holder: int | None) -> int | None:
    """Return the owner of a weapon: (Peruvian) jets bombed the port."""
    if holder is None or parse.lower[holder] not in with_plurals("stance_weapons"):
        return holder
    owner = possessor(parse, holder)
    return holder if owner is None else owner


def _felt(parse: Parse, verb: int, *, passive: bool) -> tuple[int | None, list[tuple[str, int, bool]]]:
    """X angered Y; Y was angered by X: Y holds the stance."""
    if not passive:
        holder = next((head for head, _ in fillers(parse, verb, "obj")), None)
        return holder, [("subj", head, is_clause) for head, is_clause in fillers(parse, verb, "subj")]
    found = [
        (slot, head, is_clause)
        for slot in ("by", "at", "with", "over", "about")
        for head, is_clause in fillers(parse, verb, slot)
    ]
    return next((head for head, _ in fillers(parse, verb, "obj")), None), found


def _is_empty(parse: Parse, filler: int, *, is_clause: bool, refused: bool) -> bool:
    """Whether a target says nothing (declined to comment) or has a better stance of its own (hopes to defeat)."""
    if is_clause and parse.lower[filler] in lexicon.transitive_verbs():
        return True
    return parse.lower[filler] in words("stance_empty_targets") and (refused or not is_clause)


def demand_candidates(parse: Parse, verb: int) -> Iterator[Candidate]:
    """Yield what the speaker demands: the council must repair the roof."""
    modal = _demand(parse, verb)
    if modal is None or subject(parse, verb) is None:
        return
    how = mood(parse, verb)
    if how.cancelled:
        return
    score, features = -DEMAND if how.negated else DEMAND, {"demand", "evaluative", "slot=that"}
    demand = expressed(parse, verb, None, verb, score, how, features, "REQUEST", clause=True)
    yield replace(demand, expression=tuple(sorted({*how.words, modal})))


def _demand(parse: Parse, verb: int) -> int | None:
    """Return the word that makes the verb a demand: must, should, ought, needs to."""
    for child in parse.children[verb]:
        if parse.dep[child] == "aux" and parse.lower[child] in ("must", "should", "ought"):
            return None if parse.has(verb, "have") else child
    head = parse.head[verb]
    if parse.dep[verb] == "xcomp" and parse.lower[head] in ("need", "needs", "needed"):
        return head
    return None
