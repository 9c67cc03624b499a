# SPDX-License-Identifier: Apache-2.0
"""The arguments of a predicate that fill the target slots of the stance lexicon."""

from onrecord.nlp.english.parse import Parse
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
from onrecord.nlp.stances.holders import can_hold_stance


def fillers(parse: Parse, index: int, slot: str) -> list[tuple[int, bool]]:
    """Return the heads that fill a target slot of a predicate, each with whether it is a clause."""
    if slot in ("inf", "ing", "that"):
        found = complement(parse, index, slot)
        return [] if found is None else [(found, True)]
    noun: int | None
    if slot == "obj":
        noun = patient(parse, index)
    elif slot == "who":
        noun = patient(parse, index)
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
