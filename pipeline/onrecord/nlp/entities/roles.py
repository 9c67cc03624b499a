# SPDX-License-Identifier: Apache-2.0
"""How an article presents a person: ``NATO Secretary General Erik Dahl``, ``Ann Lee, a fellow at the Kestrel Institute, said``.

Patterns over tags: before the name, before the name with a comma, after the name between commas or in brackets, and after a copula.
They hardly need the parse, which is often wrong in sequences of nouns.
"""

from onrecord.nlp.english.labels import BODIES, FINITE, MEASURES, NOUNS, PLURAL, SUBJECTS
from onrecord.nlp.english.names import fold
from onrecord.nlp.english.parse import Parse
from onrecord.nlp.english.words import BE_OR_SHORT, INDEFINITE, RELATIVE, source_nouns
from onrecord.nlp.entities import knowledge
from onrecord.nlp.entities.mentions import ARTICLES, Name

# "former Deputy Prime Minister and Foreign Minister" has seven words; more before a name are of a clause.
MAX_WORDS = 9
# Of a role after the name: "elected ramp representative with the Transport Workers Union of America Local 555" has twelve words.
MAX_WORDS_BEHIND = 25
# More words do not make a role more informative: the first such one is used.
TELLING_WORDS = 4
# "Dahl's spokesman" keeps its possessor; longer ones are left out.
MAX_POSSESSOR_WORDS = 1
MODIFIER_TAGS = NOUNS | {"JJ", "JJR", "JJS", "VBN", "HYPH", "POS"}
# Also "acting director", "the 37-year-old teacher", "its only doctor".
MODIFIER_TAGS_BEHIND = MODIFIER_TAGS | {"VBG", "CD", "FW", "NFP", "AFX", "RBS", "RBR"}
# "chosen running mate" is chosen just now.
NOT_FIRST = frozenset({"POS", "HYPH", "VBN"})
# "former state Attorney General"
WHERE_IN_OFFICE = frozenset({"state", "city", "county", "company", "campaign", "party", "team"})
POSSESSIVES = frozenset({"his", "her", "its", "their"})
LINK_WORDS = frozenset({"of", "for", "to", "at", "in", "on", "with", "from", "under", "within", "behind"})
# Endings of nouns that are not for people.
ABSTRACT = ("tion", "sion", "ment", "ness", "ity", "ance", "ence", "ing", "ism", "ship", "age", "ure", "sis", "acy")
OPENING = frozenset({",", "(", "–", "—", "--"})
CLOSING = OPENING | {".", ";", ")", ":", "[", "]", '"', "“", "”", "''", "``"}
LEADS = frozenset({"chairs", "directs", "heads", "leads", "oversees", "owns", "represents", "runs"})
NOW = frozenset({"now", "currently"})
NO_LONGER = frozenset({"then", "once", "formerly", "previously"})
NOTHING = (0, 0)


def role_of(names: list[Name], text: str, parse: Parse) -> str | None:
    """Return the most informative role next to one of a person's names, or None."""
    best, best_words = None, 0
    for name in names:
        for start, end in (_before(parse, name), _before_comma(parse, name), _behind(parse, name)):
            words = min(end - start, TELLING_WORDS)
            if words > best_words:
                best, best_words = (start, end), words
    if best is None:
        best = next(filter(None, (_said_of(parse, name) for name in names)), None)
    return None if best is None else " ".join(text[parse.start[best[0]] : parse.end[best[1] - 1]].split())


def _before(parse: Parse, name: Name) -> tuple[int, int]:
    """NATO Secretary General Erik Dahl; Secretary of State Paul Renner."""
    return _ending_at(parse, _without_title(parse, name.start))


def _without_title(parse: Parse, start: int) -> int:
    """Return where the honorific before a name begins, or the name."""
    is_titled = start and fold(parse.word[start - 1]) in knowledge.titles() and not _is_office(parse, start - 1)
    return start - 1 if is_titled else start


def _before_comma(parse: Parse, name: Name) -> tuple[int, int]:
    """The Polish president, Marek Nowak, said; the head of the water board, Dame Annick Dubois, said."""
    behind, first = name.end, _without_title(parse, name.start)
    if first < 2 or parse.word[first - 1] != ",":
        return NOTHING
    if behind < len(parse) and parse.word[behind] not in CLOSING:
        return NOTHING
    start, end = _ending_at(parse, first - 1)
    if start and (parse.word[start - 1].lower() in ARTICLES or parse.tag[start - 1] in ("PRP$", "POS")):
        return start, end
    if "POS" in parse.tag[start:end]:
        return start, end
    head = next((parse.head[token] for token in range(name.start, behind) if parse.dep[token] == "appos"), behind)
    if parse.lower[head : head + 2] == ["one", "of"]:  # one of the port's directors, Annick Dubois, said
        found = _presentation(parse, head, is_apposition=False)
        return found if found[1] == first - 1 else NOTHING
    if head >= first or not _is_office(parse, head) or parse.word[parse.left[head]].lower() not in ARTICLES:
        return NOTHING
    start, end = parse.left[head] + 1, first - 1
    is_whole = end - start <= MAX_WORDS and "," not in parse.word[start:end]
    return (start, end) if head < end and is_whole else NOTHING


def _behind(parse: Parse, name: Name) -> tuple[int, int]:
    """Ann Lee, a close adviser of the premier, said; Ann Lee (the mayor of Norwick); Ann Lee, 37, co-founder and head of Kestrel."""
    at = name.end
    if at >= len(parse) or parse.word[at] not in OPENING:
        return NOTHING
    at += 1
    if at + 1 < len(parse) and parse.tag[at] == "CD" and parse.word[at + 1] == ",":
        at += 2
    word, behind = (*parse.lower[at : at + 2], "", "")[:2]
    is_over, is_as = word in NO_LONGER, word == "as" and behind not in INDEFINITE  # as head of the board
    start, end = _presentation(parse, at + (is_over or is_as or word in NOW), is_apposition=True)
    if not end:
        return NOTHING
    body = end + 1  # chief economist, Kestrel Bank
    while body < len(parse) and parse.word[end] == "," and parse.ent_type[body] == "ORG":
        body += 1
    is_named = end + 1 < body < len(parse) and parse.word[body] in CLOSING
    return at if is_over else start, body if is_named else end


def _presentation(parse: Parse, at: int, *, is_apposition: bool) -> tuple[int, int]:
    """Return the noun phrase for a person that begins at a token, with what follows it, but without its article and clauses.

    Where the place does not say that it is an apposition, its noun must be known to be for people.
    """
    start = at + 1 if parse.word[at : at + 1] and parse.word[at].lower() in ARTICLES else at
    head = _head(parse, at, is_apposition=is_apposition)
    if head is None:
        return NOTHING
    end = head + 1
    while end + 1 < len(parse) and parse.lower[end] in ("and", "&"):
        other = _head(parse, end + 1, is_apposition=is_apposition)
        if other is None:
            break
        end = other + 1
    first = end
    if end < len(parse) and parse.lower[end] in LINK_WORDS:
        while end < len(parse) and end - at <= MAX_WORDS_BEHIND and not _ends(parse, end):
            end += 1
        if parse.lower[end - 1] in LINK_WORDS or parse.tag[end - 1] == "POS" or end - at > MAX_WORDS_BEHIND:
            end = first
    if is_apposition and end < len(parse) and parse.tag[end] in FINITE and parse.dep[head] in SUBJECTS:
        return NOTHING  # "As for Ann Lee, the council said …"
    is_cut = end == first and end < len(parse) and parse.lower[end] in LINK_WORDS
    return (start, end) if is_cut or end == len(parse) or _ends(parse, end) else NOTHING


def _ends(parse: Parse, token: int) -> bool:
    """Whether a role ends before a token: a sign, a relative clause, a verb, or "and" with a verb."""
    word = parse.lower[token]
    if word in CLOSING or word in RELATIVE or word in ("whose", "where", "when", "told") or "\n" in word:
        return True
    if parse.tag[token] in FINITE:
        return True
    return word == "and" and token + 1 < len(parse) and parse.tag[token + 1] in FINITE


def _head(parse: Parse, at: int, *, is_apposition: bool) -> int | None:
    """Return the head of a noun phrase for one person: the last noun of "one of the port's student directors"."""
    is_part = parse.lower[at : at + 2] == ["one", "of"]
    token = at + 2 if is_part else at
    is_determined = token < len(parse) and (parse.lower[token] in ARTICLES or parse.lower[token] in POSSESSIVES)
    token += is_determined
    begin = token
    while token < len(parse) and token - at < MAX_WORDS_BEHIND and parse.tag[token] in MODIFIER_TAGS_BEHIND:
        token += 1
    head = token - 1
    if head < begin or parse.tag[head] not in NOUNS:
        return None
    if _is_office(parse, head) or (is_part and parse.tag[head] == "NNS"):
        return head
    kind, _ = source_nouns().get(parse.lower[head], ("people", ""))
    is_one = parse.tag[head] in ("NN", "NNP") and kind in ("people", "anyone") and parse.ent_type[head] not in MEASURES
    is_named = parse.word[head][0].isupper() and parse.ent_type[head] not in ("", "NORP")
    is_apposition = is_apposition and parse.dep[head] == "appos" and not parse.lower[head].endswith(ABSTRACT)
    behind = parse.lower[head + 1] if head + 1 < len(parse) else ""
    is_post = parse.tag[head] == "NN" and behind in ("at", "with")  # senior fellow at the Kestrel Institute
    return head if is_apposition and (is_determined or is_post) and is_one and not is_named else None


def _said_of(parse: Parse, name: Name) -> tuple[int, int] | None:
    """Ann Lee is the director of Kestrel; Ann Lee, who heads the water board, said; Ann Lee of the Kestrel Institute said."""
    at = name.end
    at += at < len(parse) and parse.word[at] == ","
    at += at < len(parse) and parse.lower[at] == "who"
    if at + 1 >= len(parse):
        return None
    word = parse.lower[at]
    if (word in LEADS and at > name.end) or (word in ("of", "from") and parse.ent_type[name.end - 1] == "PERSON"):
        end = at + 1
        while end < len(parse) and end - at <= MAX_WORDS and not _ends(parse, end) and parse.ent_type[end] != "DATE":
            end += 1
        is_named = "ORG" in parse.ent_type[at:end] and parse.ent_type[end - 1]
        is_whole = end - at <= MAX_WORDS and parse.tag[end - 1] in NOUNS and (word in LEADS or is_named)
        return (at, end) if is_whole and end > at + 1 else None
    if word not in BE_OR_SHORT or parse.tag[at] != "VBZ":
        return None
    found = _presentation(parse, at + 1, is_apposition=False)
    return None if found == NOTHING else found


def _ending_at(parse: Parse, end: int) -> tuple[int, int]:
    """Return the noun phrase for an office that ends before a token, without articles."""
    head = end - 1
    link = end - 1
    while link > 0 and end - link <= MAX_WORDS and parse.tag[link] in NOUNS:
        link -= 1
    if head >= 0 and not _is_office(parse, head):
        if not (0 < link < head and parse.word[link] in ("of", "for") and _is_office(parse, link - 1)):
            return NOTHING
        head = link - 1
    start = head
    while start > 0 and end - start < MAX_WORDS and _is_modifier(parse, start - 1):
        start -= 1
    possessive = next((i for i in range(head, start, -1) if parse.tag[i] == "POS"), start)
    is_name = all(kind in BODIES for kind in parse.ent_type[start:possessive])
    if (possessive - start > MAX_POSSESSOR_WORDS and not is_name) or parse.word[start].islower():
        start = possessive
    start = max([start, *(index + 1 for index in range(start, head) if _is_no_part(parse, index, head))])
    while start < head and parse.tag[start] in NOT_FIRST:
        start += 1
    while start > 0 and parse.ent_type[start] == parse.ent_type[start - 1] == "ORG":
        start -= 1  # the rest of "University of Oslo rector"
    start += start < head and parse.lower[start] in ARTICLES
    return (start, end) if 0 <= start < end else NOTHING


def _is_no_part(parse: Parse, index: int, head: int) -> bool:
    """Whether there is a noun in lower case before a capitalized office, as in "a remark President Lang made"."""
    word = parse.word[index]
    is_noun = word.islower() and parse.tag[index] in ("NN", "NNS")
    return parse.word[head][0].isupper() and is_noun and word not in WHERE_IN_OFFICE and not _is_office(parse, index)


def _is_modifier(parse: Parse, index: int) -> bool:
    return parse.tag[index] in MODIFIER_TAGS and not parse.word[index].isspace()


def _is_office(parse: Parse, index: int) -> bool:
    """Whether a token is a noun for an occupation or for people."""
    if parse.tag[index] not in NOUNS:
        return False
    is_plural = parse.tag[index] in PLURAL
    kind, _ = source_nouns().get(parse.word[index], ("", ""))
    return fold(parse.word[index]) in knowledge.offices() or (kind in ("people", "representative") and not is_plural)
