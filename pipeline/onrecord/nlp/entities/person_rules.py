# SPDX-License-Identifier: Apache-2.0
"""Persons recognized by the form of the name: ``Marta Kowal``, ``P. Okoro``, ``Joe "Red" Hart``, ``Senator Okoro``.

A given name or an initial before a capitalized word that is not otherwise well known is a person, also where the model found half of
the name or labelled it as a place. A capitalized word after a title, and a given name alone that is somebody who acts, is a person where
the model found no name at all.
"""

import re
from collections.abc import Container, Mapping

from onrecord.nlp.english.cues import verbs as speech_verbs
from onrecord.nlp.english.names import PARTICLES, fold
from onrecord.nlp.english.parse import Parse
from onrecord.nlp.entities import knowledge
from onrecord.nlp.entities.mentions import QUOTE_MARKS, Name, behind_hyphens, make_name, may_hold_verb
from onrecord.nlp.entities.type_context import chances

# "Luiz Inacio Lula da Silva" has five words; most have two or three.
MAX_WORDS = 5
MAX_NICKNAME_WORDS = 4
MIN_SURNAME_LETTERS = 2
MAX_SPEAKER_WORDS = 3
# Months that are given names too are months elsewhere: "in May Lund said".
MONTHS = frozenset({"april", "may", "june", "august"})
# Where a given name without a surname is somebody's: not "in Charlotte".
ALONE = frozenset({"nsubj", "nsubjpass", "dobj", "dative", "poss", "conj"})
BEFORE_SUBJECTS = frozenset({",", "CC", "VBD", "VBZ", "``"})
# The chance from which on a name after a word that may be a title is a person's.
SURE = 0.9
# "-Ann Lee" signs a quote, and the tokenizer leaves the dash at the name.
DASH_LETTERS = "-–—―"
ORDINAL = re.compile("[IVX]+")  # Queen Ingrid II
MEMBER_OF = frozenset({"of", "from", "at"})  # Folasade Adeyemi of Kestrel Bank
HYPHENS = re.compile("[-'’]")


def persons_by_form(text: str, parse: Parse, names: list[Name]) -> list[Name]:
    """Return the names, in text order, with persons added whose names are not part of a longer one.

    Such a person replaces a name that the model found inside it.
    """
    owner: dict[int, Name] = {index: name for name in names for index in range(name.start, name.end)}
    found: list[Name] = []
    replaced: set[int] = set()
    after, common = 0, parse.common_words
    for index, word in enumerate(parse.word):
        if index < after or not (word[0].isupper() or word[0] in DASH_LETTERS):
            continue
        end = _person_end(parse, index) if _opens_person(parse, index) else index
        if end == index and index not in owner:
            if _is_titled(parse, index):
                end = _titled_end(parse, index, owner)
            elif parse.dep[index] in ALONE and _is_given_name_alone(parse, index):
                end += word.lower() not in common
            elif word.lower() not in common:
                end = _speaker_end(parse, index, owner)
        after = end
        if end == index or (index in owner and (owner[index].start, owner[index].end) == (index, end)):
            continue
        within = {owner[token].start: owner[token] for token in range(index, end) if token in owner}
        name = make_name(text, parse, index, end, "PERSON", guessed=False)
        seen = any(name is not None and (old.start, old.end) == (name.start, name.end) for old in within.values())
        if name is not None and not seen and all(_gives_way(old, index, end) for old in within.values()):
            replaced.update(within)
            found.append(name)
    kept = [name for name in names if name.start not in replaced]
    return sorted([*kept, *found], key=lambda name: name.start)


def _gives_way(name: Name, start: int, end: int) -> bool:
    """Whether a name is part of the person's, or the person's with a nationality before it: "American Ann Lee"."""
    if start <= name.start:
        return name.end <= end
    return name.end == end and name.start == start - 1 and _is_nationality(name.words[0])


def _is_titled(parse: Parse, index: int) -> bool:
    """Whether a token begins a name after a title that begins no other names: "President Okoro", "Foreign Minister Folasade Adeyemi"."""
    if (
        not index
        or not parse.word[index - 1][0].isupper()
        or not parse.word[index][0].isupper()
        or parse.shouted[index]
    ):
        return False
    title = fold(parse.word[index - 1])
    if title not in knowledge.titles() or not _is_plain_surname(parse, index):
        return False
    if title in knowledge.sure_titles():
        return True
    end = max(_titled_end(parse, index, ()), index + 1)
    is_telling = knowledge.titles()[title] is not None or end - index > 1
    return is_telling and chances(parse, index, end)[0] > SURE


def _is_given_name_alone(parse: Parse, index: int) -> bool:
    """Whether a token is the whole name of a man or a woman: "when Noreen returned"."""
    return (
        bool(knowledge.given_names().get(fold(parse.word[index])))
        and _opens_person(parse, index)
        and parse.word[index].istitle()
        and not parse.headline[index]
        and not any(_is_name_word(parse, near) for near in (index - 1, index + 1) if 0 <= near < len(parse))
    )


def _titled_end(parse: Parse, start: int, owner: Container[int]) -> int:
    """Return the end of a name after a title, or ``start`` if it continues with something that is not part of a person's name."""
    end = start + 1
    while end < min(len(parse), start + MAX_WORDS) and end not in owner and _is_plain_surname(parse, end):
        end += 1
    if end < len(parse) and ORDINAL.fullmatch(parse.word[end]):
        return end + 1
    return start if end < len(parse) and _is_name_word(parse, end) else end


def _speaker_end(parse: Parse, start: int, owner: Mapping[int, Name]) -> int:
    """Return the end of words that may be the name of who speaks, "Folasade Adeyemi said", or of whom "who" or "of" tells, or ``start``."""
    end = start
    while end < min(len(parse), start + MAX_SPEAKER_WORDS) and end not in owner and _is_plain_surname(parse, end):
        end += 1
    around = [near for near in (start - 1, end) if 0 <= near < len(parse)]
    if end == start or any(parse.word[near][0].isupper() for near in around) or parse.headline[start]:
        return start
    head, is_one = parse.head[end - 1], parse.tag[end - 1] == "NNP"
    verb = speech_verbs().get(parse.lower[head]) if parse.dep[end - 1] == "nsubj" and is_one else None
    speaks = (
        verb is not None and verb.is_speech and parse.tag[head].startswith("VB") and not parse.starts_sentence[start]
    )
    is_of_body = end + 1 in owner and parse.lower[end] in MEMBER_OF and owner[end + 1].type == "ORG"
    is_told_of = end - start > 1 and (is_of_body or parse.lower[end : end + 2] == [",", "who"])
    return end if speaks or is_told_of else start


def _is_nationality(word: str) -> bool:
    known = knowledge.known_names().get((word,))
    return known is not None and known.type == "NORP"


def _opens_person(parse: Parse, index: int) -> bool:
    """Whether a token can be the given name or initial that a person's name starts with."""
    if not parse.tag[index].startswith("NNP") and parse.word[index][0] not in DASH_LETTERS:
        return False
    word = parse.word[index].lstrip(DASH_LETTERS)
    if not word or not word[0].isupper() or parse.shouted[index]:
        return False
    if index and _is_name_word(parse, index - 1) and not _may_precede(parse.word[index - 1]):
        return False
    if _is_initial(word):
        return True
    folded = fold(word)
    if folded in MONTHS and not (parse.starts_sentence[index] or (index and parse.tag[index - 1] in BEFORE_SUBJECTS)):
        return False
    return folded in knowledge.given_names() and (folded,) not in knowledge.known_names()


def _person_end(parse: Parse, start: int) -> int:
    """Return where the name that starts with a given name or an initial ends, or ``start`` if no surname follows."""
    end = start + 1
    surname = start
    limit = start + MAX_WORDS
    run = next((i for i in range(end, min(len(parse), limit)) if not _is_name_word(parse, i)), limit)
    if may_hold_verb(parse, start, min(run, len(parse))):
        return _end_known_to_story(parse, start, run)
    while end < min(len(parse), limit):
        word = parse.word[end]
        if _is_initial(word):
            end += 1
        elif word in QUOTE_MARKS and surname == start:
            after = _behind_nickname(parse, end)
            if after == end:
                break
            limit += after - end
            end = after
        elif word in PARTICLES and end + 1 < len(parse) and _is_surname(parse, end + 1):
            end += 2
            surname = end
        elif _is_surname(parse, end) or (surname == start and _is_place_as_surname(parse, end)):
            end = behind_hyphens(parse, end + 1)
            surname = end
        else:
            break
    if end < len(parse) and surname == end and _is_name_word(parse, end) and not _is_surname(parse, end):
        return start
    return surname


def _end_known_to_story(parse: Parse, start: int, end: int) -> int:
    """Return the end of a name in a headline whose surname the story has, or ``start`` if the story has none of the words."""
    words = parse.word[start + 1 : end]
    known = (i for i, word in enumerate(words) if word in parse.outside_headlines and fold(word) not in PARTICLES)
    return start + next((i + 2 for i in known), 0)


def _behind_nickname(parse: Parse, quote: int) -> int:
    """Return the token after the nickname in quotation marks that starts at ``quote``, or ``quote`` if there is none."""
    for end in range(quote + 2, min(quote + 2 + MAX_NICKNAME_WORDS, len(parse) - 1)):
        if parse.word[end] in QUOTE_MARKS:
            return end + 1 if parse.word[quote + 1][0].isupper() and _is_surname(parse, end + 1) else quote
    return quote


def _is_surname(parse: Parse, index: int) -> bool:
    word = parse.word[index]
    folded = fold(word)
    return (
        _is_name_word(parse, index)
        and len(word) >= MIN_SURNAME_LETTERS
        and not word.isupper()
        and folded not in knowledge.designators()
        and folded not in knowledge.titles()
        and (folded,) not in knowledge.known_names()
    )


def _is_plain_surname(parse: Parse, index: int) -> bool:
    return _is_surname(parse, index) and HYPHENS.sub("", parse.word[index]).isalpha()


def _is_place_as_surname(parse: Parse, index: int) -> bool:
    """Whether a place is in the position of a surname and nothing of the name follows: ``Pilar Montenegro``."""
    known = knowledge.known_names().get((fold(parse.word[index]),))
    if known is None or known.type != "GPE" or not known.sure or not _is_name_word(parse, index):
        return False
    return parse.word[index].istitle() and (index + 1 == len(parse) or not _is_name_word(parse, index + 1))


def _is_name_word(parse: Parse, index: int) -> bool:
    return parse.tag[index].startswith("NNP") and parse.word[index][0].isupper()


def _may_precede(word: str) -> bool:
    """Whether a capitalized word before a person's name does not belong to it: a title, a nationality, an organization."""
    folded = fold(word)
    words = (folded,)
    return (
        folded in knowledge.titles()
        or folded in knowledge.offices()
        or words in knowledge.known_names()
        or words in knowledge.portfolios()
    )


def _is_initial(word: str) -> bool:
    return len(word) == 2 and word[1] == "." and word[0].isupper()
