# SPDX-License-Identifier: Apache-2.0
"""One candidate, several parties: "France and Spain" are two holders; a stance toward someone's act is one toward them."""

from collections.abc import Iterator
from dataclasses import replace

from onrecord.nlp.english.parse import Parse
from onrecord.nlp.english.syntax import Phrase, after_preposition, is_named, phrase_of
from onrecord.nlp.stances.arguments import can_hold_stance
from onrecord.nlp.stances.candidates import Candidate

# No list of parties in a sentence is longer.
MAX_PARTIES = 12


def expanded(parse: Parse, candidate: Candidate) -> Iterator[Candidate]:
    """Yield the candidate for each named holder and target, and for the author of the target."""
    for holder in _holders(parse, candidate.holder):
        for target in _targets(parse, candidate.target):
            yield replace(candidate, holder=holder, target=target)
    owner = _author(parse, candidate.target.head)
    if owner is not None and candidate.score:
        yield replace(candidate, target=phrase_of(parse, owner, alone=True), features=candidate.features | {"derived"})


def _author(parse: Parse, noun: int) -> int | None:
    """Return the named owner or author of a thing: Peru's decision, a call from Peru."""
    owner = parse.child(noun, "poss")
    if owner is not None and is_named(parse, owner):
        return owner
    if can_hold_stance(parse, noun) != "unknown":
        return None
    authors = (author for word in ("from", "by") for author in after_preposition(parse, noun, word))
    return next((author for author in authors if is_named(parse, author)), None)


def named_conjuncts(parse: Parse, head: int) -> list[int]:
    """Return the heads of a list with a name in it: Ana Berg, Peru and other states; nothing for any other phrase."""
    heads = [head]
    for place in range(MAX_PARTIES):
        if place == len(heads):
            break
        heads.extend(child for child in parse.children[heads[place]] if parse.dep[child] == "conj")
    return heads if 1 < len(heads) <= MAX_PARTIES and any(is_named(parse, one) for one in heads) else []


def _holders(parse: Parse, holder: int | None) -> list[int | None]:
    if holder is None:
        return [None]
    return [*named_conjuncts(parse, holder)] or [holder]


def _targets(parse: Parse, target: Phrase) -> list[Phrase]:
    heads = named_conjuncts(parse, target.head)
    if not all(is_named(parse, head) for head in heads):
        return [target]  # Peru and the others: one thing
    return [phrase_of(parse, head, alone=True) for head in heads] or [target]
