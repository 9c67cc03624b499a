# SPDX-License-Identifier: Apache-2.0
"""The role of a person: ``NATO Secretary General Erik Dahl``, ``Ann Lee, a close adviser of the premier, said``.

Three patterns over tags, with a noun for an office or a calling as their head: before the name, before the name with a
comma, and after the name between commas. They need no parse, which is often wrong in sequences of nouns.
"""

from onrecord.nlp.entities import knowledge
from onrecord.nlp.entities.mentions import ARTICLES, Name
from onrecord.nlp.entities.spelling import fold
from onrecord.nlp.entities.tokens import Tokens

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


def role_of(names: list[Name], text: str, tokens: Tokens) -> str | None:
    """Return the most informative role next to one of a person's names, or None."""
    best, best_words = None, 0
    for name in names:
        for start, end in (_before(tokens, name), _before_comma(tokens, name), _behind(tokens, name)):
            words = min(end - start, TELLING_WORDS)
            if words > best_words:
                best, best_words = text[tokens.offset[start] : tokens.end_offset(end - 1)], words
    return best


def _before(tokens: Tokens, name: Name) -> tuple[int, int]:
    """NATO Secretary General Erik Dahl; Secretary of State Paul Renner."""
    end = name.start
    if end and fold(tokens.text[end - 1]) in knowledge.titles() and not _is_office(tokens, end - 1):
        end -= 1
    return _ending_at(tokens, end)


def _before_comma(tokens: Tokens, name: Name) -> tuple[int, int]:
    """The Polish president, Marek Nowak, said."""
    behind = name.end
    if name.start < 2 or tokens.text[name.start - 1] != ",":
        return NOTHING
    if behind < len(tokens) and tokens.text[behind] not in CLOSING:
        return NOTHING
    start, end = _ending_at(tokens, name.start - 1)
    if start and (tokens.text[start - 1].lower() in ARTICLES or tokens.tag[start - 1] in ("PRP$", "POS")):
        return start, end
    return (start, end) if "POS" in tokens.tag[start:end] else NOTHING


def _behind(tokens: Tokens, name: Name) -> tuple[int, int]:
    """Ann Lee, a close adviser of the premier, said."""
    at = name.end
    if at >= len(tokens) or tokens.text[at] != ",":
        return NOTHING
    at += 1
    if at + 1 < len(tokens) and tokens.tag[at] == "CD" and tokens.text[at + 1] == ",":
        at += 2
    if at < len(tokens) and tokens.text[at].lower() in ARTICLES:
        at += 1
    head = at
    while head < len(tokens) and head - at < MAX_WORDS and _is_modifier(tokens, head):
        head += 1
    if head == at or not _is_office(tokens, head - 1):
        return NOTHING
    end = head
    if end < len(tokens) and tokens.text[end] in LINK_WORDS:
        while end < len(tokens) and tokens.text[end] not in CLOSING and end - at <= MAX_WORDS:
            end += 1
    if end < len(tokens) and tokens.text[end] not in CLOSING:
        return NOTHING
    return (at, end) if end - at <= MAX_WORDS else (at, head)


def _ending_at(tokens: Tokens, end: int) -> tuple[int, int]:
    """Return the noun phrase for an office that ends before a token, without articles."""
    head = end - 1
    link = end - 1
    while link > 0 and end - link <= MAX_WORDS and tokens.tag[link] in NOUN_TAGS:
        link -= 1
    if head >= 0 and not _is_office(tokens, head):
        if not (0 < link < head and tokens.text[link] in ("of", "for") and _is_office(tokens, link - 1)):
            return NOTHING
        head = link - 1
    start = head
    while start > 0 and end - start < MAX_WORDS and _is_modifier(tokens, start - 1):
        start -= 1
    possessive = next((i for i in range(head, start, -1) if tokens.tag[i] == "POS"), start)
    if possessive - start > MAX_POSSESSOR_WORDS or tokens.text[start].islower():
        start = possessive
    start = max([start, *(index + 1 for index in range(start, head) if _is_no_part(tokens, index, head))])
    while start < head and tokens.tag[start] in NOT_FIRST:
        start += 1
    return (start, end) if 0 <= start < end else NOTHING


def _is_no_part(tokens: Tokens, index: int, head: int) -> bool:
    """Whether there is a noun in lower case before a capitalized office, as in "a remark President Lang made"."""
    word = tokens.text[index]
    is_noun = word.islower() and tokens.tag[index] in ("NN", "NNS")
    return tokens.text[head][0].isupper() and is_noun and word not in WHERE_IN_OFFICE


def _is_modifier(tokens: Tokens, index: int) -> bool:
    return tokens.tag[index] in MODIFIER_TAGS and not tokens.text[index].isspace()


def _is_office(tokens: Tokens, index: int) -> bool:
    if tokens.tag[index] not in NOUN_TAGS:
        return False
    return fold(tokens.text[index]) in knowledge.offices()
