# SPDX-License-Identifier: Apache-2.0
"""Whether two names can be of one person."""

from collections.abc import Container

from onrecord.nlp.english.names import GENERATIONS, PARTICLES, sound
from onrecord.nlp.entities import knowledge
from onrecord.nlp.entities.knowledge import Gender, Words

# Shorter words sound alike by chance: Lee and Li.
MIN_SOUND_LETTERS = 4


def without_generation(words: Words) -> Words:
    """Return a name without Jr, Sr, II, III."""
    while len(words) > 1 and words[-1].rstrip(",") in GENERATIONS:
        words = (*words[:-2], words[-2].rstrip(","))
    return words


def surname_of(words: Words) -> Words:
    """Return the last word of a name, with the particles before it: ``("le", "pen")``."""
    start = len(words) - 1
    while start > 1 and words[start - 1] in PARTICLES:
        start -= 1
    return words[start:]


def is_surname_only(words: Words, bare: Container[Words] = ()) -> bool:
    """Whether a name has no given name: ``Merkel``, ``Le Pen``; not ``Di Marlow`` where ``bare`` names have a ``Marlow``."""
    return all(word in PARTICLES for word in words[:-1]) and (len(words) != 2 or words[1:] not in bare)


def same_given_name(first: str, second: str) -> bool:
    """Whether two given names can be one person's: equal, an initial, a short form, another spelling."""
    if first == second:
        return True
    if len(first) == 1 or len(second) == 1:
        return first[0] == second[0]
    short, long = knowledge.nicknames().get(first, frozenset()), knowledge.nicknames().get(second, frozenset())
    if second in short or first in long or short & long:
        return True
    return sounds_same(first, second)


def sounds_same(first: str, second: str) -> bool:
    """Whether two words are transliterations of one."""
    return min(len(first), len(second)) >= MIN_SOUND_LETTERS and sound(first) == sound(second)


def same_surname(first: Words, second: Words) -> bool:
    """Whether two surnames are one, or two spellings of one."""
    if first == second or first[-1] == second[-1]:
        return True
    # Haddad-Visser and Haddad Visser
    if "-" in first[-1] + second[-1] and " ".join(first).replace("-", " ") == " ".join(second).replace("-", " "):
        return True
    return sounds_same(first[-1], second[-1])


def same_person(first: Words, second: Words) -> bool:
    """Whether two names of two words or more can be one person's."""
    if first == second:
        return True
    short, long = sorted((first, second), key=len)
    if len(short) > 1 and (long[: len(short)] == short or long[-len(short) :] == short):
        return True
    if not same_surname(surname_of(first), surname_of(second)):
        return False
    if not same_given_name(first[0], second[0]):
        return False
    middle_first, middle_second = _middle(first), _middle(second)
    return not (middle_first and middle_second) or middle_first[0][0] == middle_second[0][0]


def _middle(words: Words) -> Words:
    return words[1 : len(words) - len(surname_of(words))]


def gender_of_given_name(words: Words) -> Gender | None:
    """Return the gender of the given name of a full name."""
    return knowledge.given_names().get(words[0].split("-")[0]) if len(words) > 1 else None
