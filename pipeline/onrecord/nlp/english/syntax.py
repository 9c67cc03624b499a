# SPDX-License-Identifier: Apache-2.0
"""Subjects, objects and phrases, through passives, control, relative clauses and coordination."""

from collections.abc import Iterator
from itertools import takewhile
from typing import NamedTuple

from onrecord.nlp.english.labels import ACTORS, AUXILIARIES, FINITE, PREDICATIVE, PROPER, SUBJECTS
from onrecord.nlp.english.lexicon import words
from onrecord.nlp.english.parse import MAX_CLIMB, Parse, once_per_token
from onrecord.nlp.english.words import BE, HAVE, INDEFINITE, RELATIVE, charging_verbs, light_verbs, with_plurals

# After these prepositions an -ing form is a charge, and its agent the object of the verb: accused the bank of hiding it.
CHARGED = frozenset({"of", "for", "from"})
# Verbs that always name whom they ask to act, unless they are passive.
TOLD = frozenset(
    {"advised", "encouraged", "forbidden", "instructed", "invited", "ordered", "required", "told", "urged"}
)
NAMED = frozenset({"PERSON", "ORG", "GPE"})
# Longer phrases and clauses are cut to the core of their head: nobody reads a phrase of a hundred words.
MAX_PHRASE = 60
# Tokens from the first to the last of a phrase, those in between included that do not belong to it.
MAX_EXTENT = 300
TRAILING = frozenset({"relcl", "advcl", "parataxis", "punct", "appos", "cc", "preconj", "mark", "discourse", "intj"})
# The same for clauses, to which the other modifiers belong.
CLAUSE_TRAILING = frozenset({"parataxis", "punct", "mark", "cc"})
# Modifiers after a comma do not belong to the core of a clause.
ADDED = frozenset({"appos", "npadvmod", "dep", "relcl"})
LEADING = frozenset({"mark", "cc", "preconj"})
EDGE_SIGNS = frozenset("\"'“”‘’«»()[]„‚`")
EDGE_TAGS = frozenset({"_SP", ",", ":", "``", "''", "."})
PRENOMINAL = frozenset({"det", "amod", "compound", "nummod", "poss", "nmod", "quantmod"})


class Phrase(NamedTuple):
    """Tokens ``[start, end)`` and their head."""

    head: int
    start: int
    end: int


def is_finite(parse: Parse, verb: int) -> bool:
    """Whether a verb or an auxiliary of it is finite."""
    return parse.tag[verb] in FINITE or any(
        parse.dep[child] in AUXILIARIES and parse.tag[child] in FINITE for child in parse.children[verb]
    )


def has_mark(parse: Parse, token: int, *words: str) -> bool:
    """Whether a child before a token is one of the words."""
    return any(child < token and parse.lower[child] in words for child in parse.children[token])


def is_passive(parse: Parse, verb: int) -> bool:
    """Whether a verb is in the passive: was condemned; the plan condemned by; never has condemned."""
    if parse.tag[verb] not in ("VBN", "VBD"):
        return False
    if parse.child(verb, "auxpass", "nsubjpass", "agent") is not None:
        return True
    auxiliaries = [parse.lower[child] for child in parse.children[verb] if parse.dep[child] == "aux"]
    if any(word in HAVE for word in auxiliaries):
        return False
    if parse.tag[verb] == "VBN" and any(word in BE for word in auxiliaries):
        return True
    if not auxiliaries and parse.lower[verb] in TOLD and _is_before_infinitive(parse, verb):
        return True  # the headline "Thousands told to stay indoors"
    if parse.dep[verb] == "conj" and parse.is_verb(parse.head[verb]) and parse.tag[verb] == "VBN":
        if parse.child(verb, "nsubj", "dobj") is not None:
            return False
        return parse.child(parse.head[verb], "auxpass") is not None
    if parse.dep[verb] == "advcl" and parse.next_word[parse.sentence_of(verb)[0]] == verb:
        return parse.child(verb, *SUBJECTS) is None  # "Told that it was late, …": taggers take it for a past tense
    return parse.tag[verb] == "VBN" and parse.dep[verb] in ("acl", "amod", "advcl")


def _is_before_infinitive(parse: Parse, verb: int) -> bool:
    """Whether "to" and a verb follow right behind a verb."""
    to = verb + 1 + (parse.lower[verb + 1 : verb + 2] == ["not"])
    return parse.lower[to : to + 1] == ["to"] and parse.tag[to + 1 : to + 2] == ["VB"]


def is_named(parse: Parse, noun: int) -> bool:
    """Whether a noun is, or ends, the name of a person, an organization or a place."""
    return parse.ent_type[noun] in ACTORS and parse.tag[noun].startswith(("NNP", "NNS"))


def is_somebody(parse: Parse, noun: int) -> bool:
    """Whether a common noun is introduced as one person: one machine operator, who has worked there since May."""
    clause = parse.child(noun, "relcl")
    teller = None if clause is None else parse.child(clause, "nsubj", "nsubjpass")
    is_new = any(parse.lower[child] in INDEFINITE for child in parse.children[noun])
    return is_new and teller is not None and parse.lower[teller] == "who" and parse.tag[noun] == "NN"


def clause_verb(parse: Parse, token: int) -> int | None:
    """Return the nearest verb at or above a token."""
    return next((above for above in parse.upward(token) if parse.is_verb(above)), None)


def head_of(parse: Parse, start: int, end: int) -> int:
    """Return the head of the words ``[start, end)``: the token that the last one depends on and that depends on none of them."""
    chain = list(takewhile(lambda token: start <= token < end, parse.upward(end - 1)))
    return chain[-1]


# Relative clauses and parts


def antecedent(parse: Parse, noun: int) -> int:
    """Return the antecedent of a relative pronoun, or the noun itself; of "Ana Berg, a nurse who" Ana Berg."""
    is_relative = parse.lower[noun] in RELATIVE and parse.tag[noun] in ("WDT", "WP", "IN")
    if not is_relative and parse.tag[noun] != "WP$":
        return noun
    clause = next((token for token in parse.upward(noun) if parse.dep[token] == "relcl"), None)
    if clause is None:
        return noun
    found = _described(parse, parse.head[clause])
    if parse.lower[noun] == "that" and parse.dep[found] == "pobj" and parse.tag[found] in PROPER:
        above = parse.head[
            parse.head[found]
        ]  # "an email from the Ministry that stated": a name would have "which" or "who"
        found = above if parse.tag[above] in ("NN", "NNS") else found
    return found


def _described(parse: Parse, noun: int) -> int:
    """Return the name that a noun after a comma describes, or the noun itself."""
    name = parse.head[noun]
    is_description = parse.dep[noun] == "appos" and parse.ent_type[noun] not in NAMED
    return name if is_description and is_named(parse, name) else noun


def whole(parse: Parse, noun: int) -> int:
    """Return the whole of a number or a part: a number of officials, most of the farmers."""
    return _after_of(parse, noun) if parse.lower[noun] in words("stance_partitives") else noun


def counted(parse: Parse, number: int) -> int:
    """Return what a number counts: freed (eleven of) the prisoners, sued (one of) its critics."""
    return _after_of(parse, number) if parse.tag[number] == "CD" else number


def _after_of(parse: Parse, token: int) -> int:
    for child in parse.children[token]:
        if parse.lower[child] == "of":
            return parse.child(child, "pobj") or token
    return token


# Subjects


@once_per_token
def subject(parse: Parse, predicate: int) -> int | None:
    """Return the surface subject of a verb, or of an adjective or noun after a verb."""
    index = predicate
    for _ in range(MAX_CLIMB):
        own = parse.child(index, *SUBJECTS)
        if own is not None:
            return antecedent(parse, own)
        if parse.head[index] == index:
            return None
        step = _subject_above(parse, index, parse.head[index], parse.dep[index])
        if step is None:
            return None
        index, found = step
        if found:
            return antecedent(parse, index)
    return None


def _subject_above(parse: Parse, index: int, head: int, dep: str) -> tuple[int, bool] | None:
    """Return where to look for the subject of a predicate without its own, and whether that is the subject."""
    if dep == "conj":
        if parse.tag[index] == "VBD" and (parse.dep[head], parse.tag[head]) == ("xcomp", "VB"):
            head = parse.head[head]  # "urged the bank to move and offered help"
        return (head, False) if parse.is_verb(head) or parse.dep[head] in ("xcomp", *PREDICATIVE) else None
    if dep in ("xcomp", *PREDICATIVE):  # asked the court to rule; seems unfair
        held = parse.child(head, "dobj") if dep == "xcomp" and parse.is_verb(head) else None
        return (head, False) if held is None else (held, True)
    if dep == "advcl":
        return (head, False) if parse.tag[index] in ("VBG", "VBN", "VB") and parse.is_verb(head) else None
    if dep == "pcomp":
        return _subject_before(parse, head)
    if dep == "acl":
        if parse.lower[head] in with_plurals("stance_utterances"):
            owner = parse.child(head, "poss")
            return (owner, True) if owner is not None else _maker_step(parse, head) or (head, True)
        return (head, True) if parse.tag[index] in ("VBG", "VBN") else _possessor_step(parse, head)
    return (head, False) if dep == "prep" and parse.is_verb(head) else None


def _subject_before(parse: Parse, preposition: int) -> tuple[int, bool] | None:
    """Return where to look for the subject of an -ing form after a preposition."""
    head, charges = parse.head[preposition], parse.lower[preposition] in CHARGED
    if parse.is_verb(head):
        held = parse.child(head, "dobj") if charges else None
        return (head, False) if held is None else (held, True)
    if charges and parse.dep[head] == "dobj" and parse.lower[parse.head[head]] in charging_verbs():
        return head, True
    return _possessor_step(parse, head)


def _possessor_step(parse: Parse, noun: int) -> tuple[int, bool] | None:
    """The decision to support: its possessor, else its maker."""
    owner = possessor(parse, noun)
    return _maker_step(parse, noun) if owner is None else (owner, True)


def _maker_step(parse: Parse, noun: int) -> tuple[int, bool] | None:
    """Made a decision to support, issued a statement supporting: the subject of the verb."""
    verb = parse.head[noun]
    makes = parse.dep[noun] == "dobj" and light_verbs().get((parse.lower[verb], "giver"), 0.0) > 0
    return (verb, False) if makes and not is_passive(parse, verb) else None


def author(parse: Parse, utterance: int) -> int:
    """Return the author of an utterance: issued a report critical of; the utterance itself if there is none."""
    owner = parse.child(utterance, "poss")
    made = _maker_step(parse, utterance)
    if owner is None and made is not None:
        owner = subject(parse, made[0])
    return utterance if owner is None else owner


# Other arguments


@once_per_token
def agent(parse: Parse, verb: int) -> int | None:
    """Return who does what a verb says: the subject, or in the passive the noun after "by"."""
    if not is_passive(parse, verb):
        return subject(parse, verb)
    by = parse.child(verb, "agent")
    if by is None:
        prepositions = (child for child in parse.children[verb] if parse.dep[child] == "prep")
        by = next((child for child in prepositions if parse.lower[child] == "by"), None)
    return None if by is None else parse.child(by, "pobj")


def patient(parse: Parse, verb: int) -> int | None:
    """Return to whom it is done: the object of a verb, or in the passive the subject."""
    if is_passive(parse, verb):
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
    return parse.head[verb] if parse.dep[verb] == "relcl" and _has_gap(parse, verb) else None


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
        return parse.ent_type[modifier] in ACTORS
    inside = modifier > parse.sentence_of(modifier)[0]
    return inside and parse.dep[modifier] == "compound" and parse.word[modifier].istitle()


def after_preposition(parse: Parse, token: int, preposition: str) -> Iterator[int]:
    """Yield the nouns and -ing forms after a preposition of a token."""
    for child in parse.children[token]:
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
    return parse.child(below, *SUBJECTS) if held is None else held


def complement(parse: Parse, token: int, form: str) -> int | None:
    """Return the clause under a token that has the form ``inf``, ``ing`` or ``that``."""
    for child in parse.children[token]:
        dep, tag = parse.dep[child], parse.tag[child]
        infinitive = tag == "VB" and any(
            parse.lower[word] == "to" and parse.dep[word] == "aux" for word in parse.children[child]
        )
        if form == "inf" and infinitive and dep in ("xcomp", "ccomp", "acl"):
            return child
        if form == "ing" and tag == "VBG" and dep == "xcomp":
            return child
        if form == "that" and not infinitive and dep == "ccomp" and child > token:
            return child
    return None


def according_to(parse: Parse, token: int) -> tuple[int, int | None] | None:
    """Return the "to" of "according to" and the head of the noun after it; ``token`` is "according"."""
    to = next((child for child in parse.children[token] if parse.lower[child] == "to"), None)
    if to is None and token + 1 < len(parse) and parse.lower[token + 1] == "to":
        to = token + 1  # parsers attach it to many places
    if to is None:
        return None
    named, verb = parse.child(to, "pobj"), parse.child(to, "pcomp")
    return to, parse.child(verb, "dobj") if named is None and verb is not None else named  # "to show insiders"


# Phrases


def phrase_of(parse: Parse, head: int, *, clause: bool = False, charged: bool = False, alone: bool = False) -> Phrase:
    """Return the phrase of a noun without trailing modifiers, or of a clause without its conjunction.

    Args:
        parse: the columns of a Doc.
        head: the head of the phrase.
        clause: whether it is a clause.
        charged: whether to leave out the charge: accused the council (of hiding it).
        alone: whether to leave out the other members of a list.
    """
    low = high = head
    stack = [child for child in parse.children[head] if not _trails(parse, head, child, clause=clause, top=True)]
    if charged:
        stack = [child for child in stack if parse.lower[child] not in CHARGED or parse.child(child, "pcomp") is None]
    if alone:
        stack = [child for child in stack if parse.dep[child] != "conj"]
    seen = 0
    while stack:
        token = stack.pop()
        seen += 1
        if seen > MAX_PHRASE:
            return core_of(parse, head)
        low, high = min(low, token), max(high, token)
        stack.extend(
            child for child in parse.children[token] if not _trails(parse, token, child, clause=False, top=False)
        )
    return core_of(parse, head) if high - low > MAX_EXTENT else _without_edges(parse, head, low, high + 1)


def core_of(parse: Parse, head: int) -> Phrase:
    """Return a noun with the modifiers right before it: the new prime minister."""
    low = head
    while low > max(0, head - MAX_PHRASE) and parse.head[low - 1] == head and parse.dep[low - 1] in PRENOMINAL:
        low -= 1
    return Phrase(head, low, head + 1)


def _trails(parse: Parse, token: int, child: int, *, clause: bool, top: bool) -> bool:
    """Whether a child is left out of its head's phrase; ``top``: the head is that of the phrase."""
    dep = parse.dep[child]
    if dep == "punct":
        return True
    if clause:
        infinitive = dep == "aux" and parse.lower[child] == "to" and parse.tag[token] == "VB"
        is_added = dep in ADDED or (dep == "dobj" and parse.child(token, "dobj") != child)
        added = top and child > token and is_added and _is_after_comma(parse, token, child)
        return dep in CLAUSE_TRAILING or infinitive or added or (dep == "advcl" and parse.has(child, "if"))
    if dep == "appos" and top and parse.ent_type[child] in NAMED and not parse.ent_type[token]:
        return False  # its former director, Jane Doe
    if dep == "relcl" and not top:
        return _is_after_comma(parse, token, child)
    return (top and dep == "case") or (dep in TRAILING and (child > token or dep in LEADING))


def _is_after_comma(parse: Parse, token: int, child: int) -> bool:
    """Whether there is a comma between a noun and its clause."""
    return any(parse.word[place] in (",", "–", "—", "-") for place in range(token + 1, min(child, token + MAX_PHRASE)))


def _without_edges(parse: Parse, head: int, start: int, end: int) -> Phrase:
    """Drop quote marks, spaces and commas at the edges; an opening mark without its partner goes too."""
    while start < head and (parse.word[start] in EDGE_SIGNS or parse.tag[start] in EDGE_TAGS):
        start += 1
    while end - 1 > head and (parse.word[end - 1] in EDGE_SIGNS or parse.tag[end - 1] in EDGE_TAGS):
        end -= 1
    return Phrase(head, start, end)
