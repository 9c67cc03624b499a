# SPDX-License-Identifier: Apache-2.0
"""Who can hold a stance: people and organizations, by name, noun or pronoun."""

from typing import Literal, TypeAlias

from onrecord.nlp.english.labels import ACTORS
from onrecord.nlp.english.parse import Parse
from onrecord.nlp.english.syntax import whole
from onrecord.nlp.english.words import FIRST_PERSON, person_nouns

HolderStatus: TypeAlias = Literal["name", "yes", "no", "unknown"]

THIRD_PERSON = frozenset({"he", "she", "they", "his", "her", "their"})
PERSONAL = FIRST_PERSON | THIRD_PERSON | {"you", "him", "them", "who"}
# "You can't trust them": the speaker does not.
GENERIC = frozenset({"you", "one", "anyone", "everyone"})
IMPERSONAL = frozenset(
    {"it", "this", "that", "these", "those", "which", "what", "its", "there", "others", "some", "nobody", "none"}
)


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
