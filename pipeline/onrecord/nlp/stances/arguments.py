# SPDX-License-Identifier: Apache-2.0
"""Subjects and objects of a predicate, through passives, control, relative clauses and coordination."""

from collections.abc import Iterator

from onrecord.nlp.stances import lexicon
from onrecord.nlp.stances.holders import can_hold_stance, is_named, whole
from onrecord.nlp.stances.parse import MAX_CLIMB, RELATIVE, Parse

SUBJECTS = ("nsubj", "nsubjpass")
SHARED = ("xcomp", "acomp", "attr", "oprd")
# After these, the agent of the -ing form is the object of the verb: accused the bank of hiding it.
OBJECT_PREPOSITIONS = frozenset({"for", "of", "from"})
HOLDER_MODIFIERS = frozenset({"GPE", "NORP", "ORG", "PERSON"})


def antecedent(parse: Parse, noun: int) -> int:
    """Return the antecedent of a relative pronoun, or the noun itself; of "Ana Berg, a nurse who" Ana Berg."""
    is_relative = parse.lower[noun] in RELATIVE and parse.tag[noun] in ("WDT", "WP", "IN")
    if not is_relative and parse.tag[noun] != "WP$":
        return noun
    clause = noun
    for _ in range(MAX_CLIMB):
        if parse.dep[clause] == "relcl":
            return _described(parse, parse.head[clause])
        if parse.head[clause] == clause:
            break
        clause = parse.head[clause]
    return noun


def _described(parse: Parse, noun: int) -> int:
    """Return the name that a noun after a comma describes, or the noun itself."""
    above = parse.head[noun]
    is_description = parse.dep[noun] == "appos" and parse.ent_type[noun] not in ("PERSON", "ORG", "GPE")
    return above if is_description and is_named(parse, above) else noun


def subject(parse: Parse, predicate: int) -> int | None:
    """Return the surface subject of a verb, or of an adjective or noun after a verb."""
    index = predicate
    for _ in range(MAX_CLIMB):
        own = parse.child(index, *SUBJECTS)
        if own is not None:
            return antecedent(parse, own)
        head, dep = parse.head[index], parse.dep[index]
        if head == index:
            return None
        step = _subject_above(parse, index, head, dep)
        if step is None:
            return None
        index, found = step
        if found:
            return antecedent(parse, index)
    return None


def _subject_above(parse: Parse, index: int, head: int, dep: str) -> tuple[int, bool] | None:
    """Return where to look for the subject of a predicate without its own, and whether that is the subject."""
    if dep == "conj":
        return (head, False) if parse.is_verb(head) or parse.dep[head] in SHARED else None
    if dep in SHARED:
        held = parse.child(head, "dobj") if dep == "xcomp" and parse.is_verb(head) else None
        return (head, False) if held is None else (held, True)
    if dep == "advcl":
        return (head, False) if parse.tag[index] in ("VBG", "VBN", "VB") and parse.is_verb(head) else None
    if dep == "pcomp":
        above = parse.head[head]
        if not parse.is_verb(above):
            charged = (
                parse.dep[above] == "dobj" and parse.lower[head] in OBJECT_PREPOSITIONS and _is_charged(parse, above)
            )
            return (above, True) if charged else _possessor_step(parse, above)
        held = parse.child(above, "dobj") if parse.lower[head] in OBJECT_PREPOSITIONS else None
        return (above, False) if held is None else (held, True)
    if dep == "acl":
        if parse.lower[head] in lexicon.utterances():
            owner = parse.child(head, "poss")
            return (owner, True) if owner is not None else _maker_step(parse, head) or (head, True)
        return (head, True) if parse.tag[index] in ("VBG", "VBN") else _possessor_step(parse, head)
    if dep == "prep" and parse.is_verb(head):
        return head, False
    return None


def author(parse: Parse, utterance: int) -> int:
    """Return the author of an utterance: issued a report critical of; the utterance itself if there is none."""
    owner = parse.child(utterance, "poss")
    made = _maker_step(parse, utterance)
    if owner is None and made is not None:
        owner = subject(parse, made[0])
    return utterance if owner is None else owner


def _is_charged(parse: Parse, noun: int) -> bool:
    """Whether the noun is held responsible for what follows its verb: accused the bank of hiding it, praised her for acting."""
    entries = lexicon.verbs().get(parse.lower[parse.head[noun]], ())
    return any("obj" in entry.slots and entry.relation in ("ACCUSE", "SUPPORT") for entry in entries)


def _possessor_step(parse: Parse, noun: int) -> tuple[int, bool] | None:
    """The decision to support: its possessor, else its maker."""
    owner = possessor(parse, noun)
    return _maker_step(parse, noun) if owner is None else (owner, True)


def _maker_step(parse: Parse, noun: int) -> tuple[int, bool] | None:
    """Made a decision to support, issued a statement supporting: the subject of the verb."""
    verb = parse.head[noun]
    makes = parse.dep[noun] == "dobj" and lexicon.light_verbs().get((parse.lower[verb], "giver"), 0.0) > 0
    return (verb, False) if makes and not parse.is_passive(verb) else None


def doer(parse: Parse, verb: int) -> int | None:
    """Return the agent of a verb: the subject, or in the passive the noun after "by"."""
    if not parse.is_passive(verb):
        return subject(parse, verb)
    agent = parse.child(verb, "agent")
    if agent is None:
        by = [child for child in parse.children[verb] if parse.lower[child] == "by" and parse.dep[child] == "prep"]
        agent = by[0] if by else None
    return None if agent is None else parse.child(agent, "pobj")


def sufferer(parse: Parse, verb: int) -> int | None:
    """Return the patient of a verb: the object, or in the passive the subject."""
    if parse.is_passive(verb):
        own = parse.child(verb, "nsubjpass")
        if own is not None:
            return antecedent(parse, own)
        if parse.dep[verb] in ("acl", "amod"):
            return parse.head[verb]
        return subject(parse, verb) if parse.dep[verb] in ("conj", "advcl", "xcomp") else None
    own = parse.child(verb, "dobj")
    if own is not None:
        return antecedent(parse, own)
    for child in parse.children[verb]:
        if parse.dep[child] == "conj" and parse.is_verb(child) and parse.child(child, *SUBJECTS) is None:
            return parse.child(child, "dobj")
    if parse.dep[verb] == "relcl" and _has_gap(parse, verb):
        return parse.head[verb]
    return None


def _has_gap(parse: Parse, verb: int) -> bool:
    """Whether a relative clause lacks its object: the plan he opposed."""
    own = parse.child(verb, "nsubj")
    return own is not None and parse.lower[own] not in RELATIVE and parse.child(verb, "prep", "ccomp", "xcomp") is None


def possessor(parse: Parse, noun: int) -> int | None:
    """Return the possessor of a noun: Norway’s opposition, Norwegian opposition."""
    owner = parse.child(noun, "poss")
    if owner is not None:
        return owner
    for child in parse.children[noun]:
        if parse.dep[child] in ("compound", "amod", "nmod") and _is_name(parse, child):
            return child
    return None


def _is_name(parse: Parse, modifier: int) -> bool:
    """Whether a word before a noun is a name: Russian opposition, a Keller supporter."""
    if parse.ent_type[modifier]:
        return parse.ent_type[modifier] in HOLDER_MODIFIERS
    inside = modifier > parse.sentence[modifier][0]
    return inside and parse.dep[modifier] == "compound" and parse.doc[modifier].text.istitle()


def after_preposition(parse: Parse, index: int, preposition: str) -> Iterator[int]:
    """Yield the nouns and -ing forms after a preposition of the token."""
    for child in parse.children[index]:
        if parse.lower[child] == preposition and parse.dep[child] in ("prep", "agent", "dative"):
            for complement in parse.children[child]:
                if parse.dep[complement] in ("pobj", "pcomp"):
                    yield complement


def recipient(parse: Parse, verb: int) -> int | None:
    """Return the recipient of a verb."""
    child = parse.child(verb, "dative")
    if child is not None:
        return parse.child(child, "pobj") if parse.lower[child] in ("to", "for") else child
    return next(after_preposition(parse, verb, "to"), None)


def causee(parse: Parse, verb: int) -> int | None:
    """Return who is let or made to do something: allowed inspectors to enter."""
    below = parse.child(verb, "ccomp", "xcomp")
    if below is None or not parse.has(below, "to"):
        return None
    held = parse.child(verb, "dobj")
    return parse.child(below, "nsubj", "nsubjpass") if held is None else held


def clause(parse: Parse, index: int, form: str) -> int | None:
    """Return the clause under the token that has the form ``inf``, ``ing`` or ``that``."""
    for child in parse.children[index]:
        if parse.dep[child] not in ("xcomp", "ccomp", "acl", "advcl"):
            continue
        tag = parse.tag[child]
        infinitive = tag == "VB" and any(
            parse.lower[word] == "to" and parse.dep[word] == "aux" for word in parse.children[child]
        )
        if form == "inf" and infinitive and parse.dep[child] != "advcl":
            return child
        if form == "ing" and tag == "VBG" and parse.dep[child] == "xcomp":
            return child
        if form == "that" and not infinitive and parse.dep[child] in ("ccomp",) and child > index:
            return child
    return None


def fillers(parse: Parse, index: int, slot: str) -> list[tuple[int, bool]]:
    """Return the heads that fill a target slot of a predicate, each with whether it is a clause."""
    if slot in ("inf", "ing", "that"):
        found = clause(parse, index, slot)
        return [] if found is None else [(found, True)]
    noun: int | None
    if slot == "obj":
        noun = sufferer(parse, index)
    elif slot == "who":
        noun = sufferer(parse, index)
        noun = None if noun is None else whole(parse, noun)
        noun = noun if noun is not None and can_hold_stance(parse, noun) in ("name", "yes") else None
    elif slot == "subj":
        noun = subject(parse, index)
    elif slot == "dat":
        noun = recipient(parse, index)
    elif slot == "causee":
        noun = causee(parse, index)
    elif slot == "poss":
        noun = possessor(parse, index)
    else:
        return [(filler, parse.dep[filler] == "pcomp") for filler in after_preposition(parse, index, slot)]
    return [] if noun is None else [(noun, False)]
