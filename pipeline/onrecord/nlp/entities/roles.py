# SPDX-License-Identifier: Apache-2.0
"""The role of a person: ``NATO Secretary General Erik Dahl``, ``Ann Lee, a close adviser of the premier, said``.

Three patterns over tags, with a noun for an office or a calling as their head: before the name, before the name with a
comma, and after the name between commas. They need no parse, which is often wrong in sequences of nouns.
"""

from onrecord.nlp.english.names import fold
from onrecord.nlp.english.parse import Parse
from onrecord.nlp.entities import knowledge
from onrecord.nlp.entities.mentions import ARTICLES, Name

# "former Deputy Prime Minister and Foreign Minister" has seven words; longer ones are clauses.
MAX_WORDS = 9
# More words do not make a role more informative: the first such one is used.
TELLING_WORDS = 4
# "Dahl's spokesman" keeps its possessor; longer ones are left out.
MAX_POSSESSOR_WORDS = 1
NOUN_TAGS = frozenset({"NN", "NNS", "NNP", "NNPS"})
MODIFIER_TAGS = NOUN_TAGS | {"JJ", "JJS", "VBN", "HYPH", "POS"}
# "chosen running mate" is chosen just now.
NOT_FIRST = frozenset({"POS", "HYPH", "VBN"})
# "former state Attorney General"
WHERE_IN_OFFICE = frozenset({"state", "city", "county", "company", "campaign", "party", "team"})
LINK_WORDS = frozenset({"of", "for", "to", "at", "in", "on"})
CLOSING = frozenset({",", ".", ";", "(", ")", "–", "—", "--"})
NOTHING = (0, 0)


def role_of(names: list[Name], text: str, parse: Parse) -> str | None:
    """Return the most informative role next to one of a person's names, or None."""
    best, best_words = None, 0
    for name in names:
        for start, end in (_before(parse, name), _before_comma(parse, name), _behind(parse, name)):
            words = min(end - start, TELLING_WORDS)
            if words > best_words:
                best, best_words = text[parse.start[start] : parse.end[end - 1]], words
    return best


def _before(parse: Parse, name: Name) -> tuple[int, int]:
    """NATO Secretary General Erik Dahl; Secretary of State Paul Renner."""
    end = name.start
    if end and fold(parse.word[end - 1]) in knowledge.titles() and not _is_office(parse, end - 1):
        end -= 1
    return _ending_at(parse, end)


def _before_comma(parse: Parse, name: Name) -> tuple[int, int]:
    """The Polish president, Marek Nowak, said."""
    behind = name.end
    if name.start < 2 or parse.word[name.start - 1] != ",":
        return NOTHING
    if behind < len(parse) and parse.word[behind] not in CLOSING:
        return NOTHING
    start, end = _ending_at(parse, name.start - 1)
    if start and (parse.word[start - 1].lower() in ARTICLES or parse.tag[start - 1] in ("PRP$", "POS")):
        return start, end
    return (start, end) if "POS" in parse.tag[start:end] else NOTHING


def _behind(parse: Parse, name: Name) -> tuple[int, int]:
    """Ann Lee, a close adviser of the premier, said."""
    at = name.end
    if at >= len(parse) or parse.word[at] != ",":
        return NOTHING
    at += 1
    if at + 1 < len(parse) and parse.tag[at] == "CD" and parse.word[at + 1] == ",":
        at += 2
    if at < len(parse) and parse.word[at].lower() in ARTICLES:
        at += 1
    head = at
    while head < len(parse) and head - at < MAX_WORDS and _is_modifier(parse, head):
        head += 1
    if head == at or not _is_office(parse, head - 1):
        return NOTHING
    end = head
    if end < len(parse) and parse.word[end] in LINK_WORDS:
        while end < len(parse) and parse.word[end] not in CLOSING and end - at <= MAX_WORDS:
            end += 1
    if end < len(parse) and parse.word[end] not in CLOSING:
        return NOTHING
    return (at, end) if end - at <= MAX_WORDS else (at, head)


def _ending_at(parse: Parse, end: int) -> tuple[int, int]:
    """Return the noun phrase for an office that ends before a token, without articles."""
    head = end - 1
    link = end - 1
    while link > 0 and end - link <= MAX_WORDS and parse.tag[link] in NOUN_TAGS:
        link -= 1
    if head >= 0 and not _is_office(parse, head):
        if not (0 < link < head and parse.word[link] in ("of", "for") and _is_office(parse, link - 1)):
            return NOTHING
        head = link - 1
    start = head
    while start > 0 and end - start < MAX_WORDS and _is_modifier(parse, start - 1):
        start -= 1
    possessive = next((i for i in range(head, start, -1) if parse.tag[i] == "POS"), start)
    if possessive - start > MAX_POSSESSOR_WORDS or parse.word[start].islower():
        start = possessive
    start = max([start, *(index + 1 for index in range(start, head) if _is_no_part(parse, index, head))])
    while start < head and parse.tag[start] in NOT_FIRST:
        start += 1
    return (start, end) if 0 <= start < end else NOTHING


def _is_no_part(parse: Parse, index: int, head: int) -> bool:
    """Whether there is a noun in lower case before a capitalized office, as in "a remark President Lang made"."""
    word = parse.word[index]
    is_noun = word.islower() and parse.tag[index] in ("NN", "NNS")
    return parse.word[head][0].isupper() and is_noun and word not in WHERE_IN_OFFICE


def _is_modifier(parse: Parse, index: int) -> bool:
    return parse.tag[index] in MODIFIER_TAGS and not parse.word[index].isspace()


def _is_office(parse: Parse, index: int) -> bool:
    if parse.tag[index] not in NOUN_TAGS:
        return False
    return fold(parse.word[index]) in knowledge.offices()
