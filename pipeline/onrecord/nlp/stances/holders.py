# SPDX-License-Identifier: Apache-2.0
"""Who can hold a stance: people and organizations, by name, noun or pronoun."""

from typing import Literal, TypeAlias

from onrecord.nlp.stances import lexicon
from onrecord.nlp.stances.parse import Parse

HolderStatus: TypeAlias = Literal["name", "yes", "no", "unknown"]

FIRST_PERSON = frozenset({"i", "we", "me", "us", "my", "our", "mine", "ours"})
THIRD_PERSON = frozenset({"he", "she", "they", "his", "her", "their"})
PERSONAL = FIRST_PERSON | THIRD_PERSON | {"you", "him", "them", "who"}
# "You can't trust them": the speaker does not.
GENERIC = frozenset({"you", "one", "anyone", "everyone"})
IMPERSONAL = frozenset(
    {"it", "this", "that", "these", "those", "which", "what", "its", "there", "others", "some", "nobody", "none"}
)
HOLDER_TYPES = frozenset({"PERSON", "ORG", "GPE", "NORP"})


def can_hold_stance(parse: Parse, head: int) -> HolderStatus:
    """Return whether a noun refers to someone who can hold a stance: "name" for a name, "yes", "no" or "unknown"."""
    head = whole(parse, head)
    word, kind = parse.lower[head], parse.ent_type[head]
    if kind in HOLDER_TYPES or (parse.tag[head].startswith("NNP") and not kind):
        return "name"
    if word in PERSONAL or word in lexicon.person_nouns():
        return "yes"
    if word in IMPERSONAL or kind or not parse.tag[head].startswith("NN"):
        return "no"
    return "unknown"


def whole(parse: Parse, head: int) -> int:
    """Return the whole of a number or a part: a number of officials, most of the farmers."""
    if parse.lower[head] in lexicon.partitives():
        for child in parse.children[head]:
            if parse.lower[child] == "of":
                return parse.child(child, "pobj") or head
    return head


def counted(parse: Parse, head: int) -> int:
    """Return what a number counts: freed (eleven of) the prisoners, sued (one of) its critics."""
    if parse.tag[head] == "CD":
        for child in parse.children[head]:
            if parse.lower[child] == "of":
                return parse.child(child, "pobj") or head
    return head


def is_named(parse: Parse, head: int) -> bool:
    """Whether a noun is, or ends, the name of a person, an organization or a place."""
    return parse.ent_type[head] in HOLDER_TYPES and parse.tag[head].startswith(("NNP", "NNS"))
