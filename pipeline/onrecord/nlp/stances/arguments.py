# SPDX-License-Identifier: Apache-2.0
"""The arguments of a predicate: who can hold a stance, and what fills the target slots of the stance lexicon."""

from typing import Literal, TypeAlias

from onrecord.nlp.english.labels import ACTORS
from onrecord.nlp.english.parse import Parse, once_per_token
from onrecord.nlp.english.syntax import (
    after_preposition,
    causee,
    complement,
    patient,
    possessor,
    recipient,
    subject,
    whole,
)
from onrecord.nlp.english.words import FIRST_PERSON, person_nouns

HolderStatus: TypeAlias = Literal["name", "yes", "no", "unknown"]

# The arguments that are nouns, by slot.
NOUN_SLOTS = {"obj": patient, "who": patient, "subj": subject, "dat": recipient, "causee": causee, "poss": possessor}

THIRD_PERSON = frozenset({"he", "she", "they", "his", "her", "their"})
PERSONAL = FIRST_PERSON | THIRD_PERSON | {"you", "him", "them", "who"}
# "You can't trust them": the speaker does not.
GENERIC = frozenset({"you", "one", "anyone", "everyone"})
IMPERSONAL = frozenset(
    {"it", "this", "that", "these", "those", "which", "what", "its", "there", "others", "some", "nobody", "none"}
)


@once_per_token
def can_hold_stance(parse: Parse, head: int) -> HolderStatus:
    """Return whether a noun refers to someone who can hold a stance: "name" for a name, "yes", "no" or "unknown"."""
    head = whole(parse, head)
    word, kind = parse.lower[head], parse.ent_type[head]
    if kind in ACTORS or (parse.tag[head].startswith("NNP") and not kind):
        return "name"
    if word in PERSONAL or word in person_nouns():
        return "yes"
    if word in IMPERSONAL or kind or not parse.tag[head].startswith("NN"):
        return "no"
    return "unknown"


def fillers(parse: Parse, index: int, slot: str) -> list[tuple[int, bool]]:
    """Return the heads that fill a target slot of a predicate, each with whether it is a clause."""
    if slot in ("inf", "ing", "that"):
        found = complement(parse, index, slot)
        return [] if found is None else [(found, True)]
    if slot not in NOUN_SLOTS:
        return [(filler, parse.dep[filler] == "pcomp") for filler in after_preposition(parse, index, slot)]
    noun = NOUN_SLOTS[slot](parse, index)
    if noun is not None and slot == "who":
        noun = whole(parse, noun)
        noun = noun if can_hold_stance(parse, noun) in ("name", "yes") else None
    return [] if noun is None else [(noun, False)]
