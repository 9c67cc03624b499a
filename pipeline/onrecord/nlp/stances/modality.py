# SPDX-License-Identifier: Apache-2.0
"""Whether a predicate holds: negation, refusal, condition, possibility.

The path from the predicate up to its finite verb is walked once; every step may turn, weaken or cancel the stance.
"""

from dataclasses import dataclass

from onrecord.nlp.english.parse import MAX_CLIMB, Parse, once_per_token
from onrecord.nlp.english.realis import is_denial, is_negative_subject, negates, shares_auxiliaries
from onrecord.nlp.english.words import CONDITIONS
from onrecord.nlp.stances import lexicon

POSSIBILITY = frozenset({"could", "might", "may", "can"})
FUTURE = frozenset({"will", "'ll", "’ll"})
HYPOTHETICAL = frozenset({"would", "'d", "’d"})
NECESSITY = frozenset({"must", "should", "ought", "shall"})
NECESSARY_VERBS = frozenset({"need", "needs", "needed", "have", "has", "had", "got"})
# A negated stance is weaker than its opposite: not supporting a plan is not yet fighting it.
NEGATED = -0.5


@dataclass(frozen=True, slots=True)
class Mood:
    """The mood of a predicate: the ``factor`` on its score, and what was found."""

    factor: float
    negated: bool
    cancelled: bool
    possible: bool
    necessary: bool
    words: tuple[int, ...]

    @property
    def features(self) -> set[str]:
        """The features of a candidate in this mood."""
        found = {name for name in ("negated", "possible", "necessary") if getattr(self, name)}
        return found if self.factor == 1.0 else found | {"controlled"}


@once_per_token
def mood(parse: Parse, predicate: int) -> Mood:
    """Return the mood of the predicate at a token."""
    factor, negations = 1.0, 0
    cancelled = possible = necessary = False
    words: list[int] = []
    index = predicate
    for _ in range(MAX_CLIMB):
        for child in parse.children[index]:
            word, dep = parse.lower[child], parse.dep[child]
            if negates(parse, child):
                negations += 1
                words.append(child)
            elif dep == "aux":
                possible = possible or word in POSSIBILITY or (word in FUTURE and _hypothetical(parse, index))
                necessary = necessary or word in NECESSITY
                cancelled = cancelled or (word in HYPOTHETICAL and _hypothetical(parse, index))
            elif dep in ("mark", "advmod") and word in CONDITIONS:
                cancelled = True
            elif dep in ("nsubj", "nsubjpass") and is_negative_subject(parse, child):
                negations += 1
                words.append(child)
        head, dep = parse.head[index], parse.dep[index]
        if dep == "advcl" and parse.tag[index] == "VB" and lexicon.control_verbs().get(parse.lower[head], 1.0) <= 0:
            dep = "xcomp"  # hesitated to back
        if head == index or dep not in (
            "xcomp",
            "acomp",
            "attr",
            "oprd",
            "conj",
            "dobj",
            "pobj",
            "prep",
            "pcomp",
            "acl",
        ):
            break
        if dep in ("conj", "acl") and parse.child(index, "nsubj", "nsubjpass") is not None:
            break
        if dep == "conj" and parse.is_verb(index) and not shares_auxiliaries(parse, index, head):
            break
        if dep == "xcomp" and parse.is_verb(head):
            particle = parse.child(head, "prt")
            above = parse.lower[head] if particle is None else f"{parse.lower[head]} {parse.lower[particle]}"
            necessary = necessary or above in NECESSARY_VERBS
            step = lexicon.control_verbs().get(above, 1.0)
            # Hesitated to back it; used to back it.
            is_past = above == "used" and parse.child(head, "dobj") is None
            cancelled = cancelled or not step or is_past
            factor *= step
            if step < 0:
                words.append(head)
        if dep == "prep" and parse.lower[index] == "from" and parse.child(head, "dobj") is None:
            # Refrained from attacking: that alone is not a position.
            cancelled = cancelled or lexicon.control_verbs().get(parse.lower[head], 1.0) < 0
        cancelled = cancelled or (dep == "prep" and parse.lower[head] == "short")  # stopped short of condemning
        if dep in ("dobj", "pobj") and not _carries(parse, index, head):
            break
        index = head
    cancelled = cancelled or _in_condition(parse, index) or is_denied(parse, predicate)
    negated = negations % 2 == 1
    return Mood(factor, negated, cancelled, possible, necessary, tuple(words))


def _carries(parse: Parse, noun: int, head: int) -> bool:
    """Whether the verb above a stance noun is part of the predicate: did not voice support."""
    if parse.dep[noun] == "pobj":
        return parse.lower[head] in ("in", "for", "to", "of")
    return parse.is_verb(head)


def _hypothetical(parse: Parse, verb: int) -> bool:
    """Whether "would" has a condition: would back it if; would have backed it."""
    for child in parse.children[verb]:
        if parse.dep[child] == "aux" and parse.lower[child] == "have":
            return True
        if parse.dep[child] == "advcl" and parse.has(child, "if", "unless", "were"):
            return True
    return False


def _in_condition(parse: Parse, verb: int) -> bool:
    """Whether the clause, or one above it in the same sentence, is a condition."""
    return any(
        parse.lower[child] in CONDITIONS and parse.dep[child] in ("mark", "advmod")
        for above in parse.upward(verb)
        if parse.dep[above] in ("advcl", "ccomp", "pcomp")
        for child in parse.children[above]
    )


@once_per_token
def is_denied(parse: Parse, predicate: int) -> bool:
    """Whether the predicate is in what someone denies: denied that it backs them, denied backing them, rejected claims that it does."""
    for above in parse.upward(predicate):
        head, dep = parse.head[above], parse.dep[above]
        if dep in ("ccomp", "xcomp") and head < above:
            attribute = parse.child(head, "acomp", "attr")
            if is_denial(parse, head) or (attribute is not None and attribute < above and is_denial(parse, attribute)):
                return True
        if dep == "acl" and parse.dep[head] == "dobj" and is_denial(parse, parse.head[head]):
            return True
    return False


def meant(score: float, how: Mood, *, judgement: bool = False) -> float:
    """Return the score of an entry in its mood; 0 where a negation leaves a neutral position."""
    value = score * how.factor
    if how.negated:
        value = value * NEGATED if value > 0 or judgement else 0.0
    return value
