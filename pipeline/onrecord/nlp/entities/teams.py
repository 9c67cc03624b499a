# SPDX-License-Identifier: Apache-2.0
"""Teams with the name of their place: in a report of a match, ``Sweden beat Panama`` is about neither country.

This applies only to reports of sport: those with enough words of sport. A name is a team's where one of its mentions plays
(it beats, it is followed by a score, it has a captain); its other mentions are the team's too unless they say where
something is: in brackets, after "in", as the dateline.
"""

import functools
import re
from collections import defaultdict

from onrecord.data.records import EntityType
from onrecord.nlp.english import lexicon
from onrecord.nlp.english.morphology import forms_to_verb
from onrecord.nlp.english.parse import Parse
from onrecord.nlp.entities import knowledge
from onrecord.nlp.entities.knowledge import Words
from onrecord.nlp.entities.mentions import Name, make_name

# A report of sport has at least as many words of sport, and with the scores they are at least this share of its tokens.
# Reports of polls have scores too.
MIN_WORDS_OF_SPORT = 3
MIN_SHARE_OF_SPORT = 0.012
MIN_SHARE_OF_FEW = 0.02  # of the tokens, where there are fewer
# This many numbers after a name at the beginning of a line are a row of standings.
MIN_NUMBERS = 3
SCORE = re.compile(r"\b\d{1,3}-\d{1,3}\b")
PLACE_TYPES: frozenset[EntityType] = frozenset({"GPE", "LOC", "FAC", "ORG", "NORP"})
WHERE = frozenset({"in", "at", "from", "near", "to", "outside", "around"})
VERSUS = frozenset({"v", "vs", "vs.", "versus"})
AGAINST = VERSUS | {"against", "over", "between"}
LOSES_TO = frozenset({"lose", "loses", "lost", "losing", "fall", "falls", "fell", "bow", "bowed"})
CENTURIES = ("19", "20")
MAX_DATELINE = 4  # tokens between a dateline's place and its date: a comma and the country
# "the club side Turin", "he played for Turin"
OF_TEAM = frozenset(
    {"for", "side", "club", "rivals", "champions", "leaders", "neighbours", "neighbors", "visitors", "hosts"}
)
ACTOR_LABELS = frozenset({"nsubj", "dobj", "nsubjpass", "agent"})


def with_teams(names: list[Name], text: str, parse: Parse) -> list[Name]:
    """Return the names, in text order, those of teams marked as such."""
    if not _is_sport(text, parse):
        return names
    names = _with_rows(names, text, parse)
    known = knowledge.known_names()
    surnames = {name.words[-1:] for name in names if name.type == "PERSON" and len(name.words) > 1}
    forms: dict[Words, list[Name]] = defaultdict(list)
    for name in names:
        kind = known[name.words].type if name.words in known else name.type
        if kind in PLACE_TYPES and not name.titled and name.words not in surnames:
            forms[name.words].append(name)
    teams: set[int] = set()
    for of_form in forms.values():
        away = [name for name in of_form if not _says_where(parse, name)]
        if any(_plays(parse, name) for name in away):
            teams.update(name.start for name in away)
    return [name._replace(team=True) if name.start in teams else name for name in names]


def _with_rows(names: list[Name], text: str, parse: Parse) -> list[Name]:
    """Add the teams of tables, a row of which is "Turin 3 Geneva 2" or "Turin 4 2 1 1 7"; a full name in a row is a player's."""
    owner = {index: name for name in names for index in range(name.start, name.end)}
    found: dict[int, Name] = {}
    start = 0
    for end in range(len(parse) + 1):
        if end < len(parse) and parse.word[end][0].isupper():
            continue
        opens = start == 0 or "\n" in parse.word[start - 1] or (parse.word[start - 1].isdigit() and start - 1 in found)
        numbers = sum(word.isdigit() for word in parse.word[end : end + MIN_NUMBERS])
        is_row = numbers == MIN_NUMBERS or _is_result(parse, start, end, start - 1 in found)
        inside = {owner[index].start: owner[index] for index in range(start, end) if index in owner}
        if (
            end > start
            and opens
            and is_row
            and not any(
                name.start < start or name.end > end + 1 or (name.type == "PERSON" and len(name.words) > 1)
                for name in inside.values()
            )
        ):
            name = make_name(text, parse, start, end, "ORG", guessed=False)
            if name is not None:
                found[end] = name
        start = end + 1
    rows = list(found.values())
    covered = {index for name in rows for index in range(name.start, name.end)}
    kept = (name for name in names if covered.isdisjoint(range(name.start, name.end)))
    return sorted([*kept, *(name._replace(team=True) for name in rows)], key=lambda name: name.start)


def _is_result(parse: Parse, start: int, end: int, is_second: bool) -> bool:
    """Whether one number follows a name, and then either the other team or, behind the second one, the line's end."""
    if end >= len(parse) or not parse.word[end].isdigit():
        return False
    behind = parse.word[end + 1] if end + 1 < len(parse) else "\n"
    return "\n" in behind or behind[0] == "(" if is_second else behind[0].isupper()


def _is_sport(text: str, parse: Parse) -> bool:
    vocabulary = lexicon.words("entity_sport")
    count = sum(word in vocabulary for word in parse.lower)
    if count < MIN_WORDS_OF_SPORT:
        return count > 1 and count >= MIN_SHARE_OF_FEW * len(parse)
    return count + len(SCORE.findall(text)) >= MIN_SHARE_OF_SPORT * len(parse)


def _plays(parse: Parse, name: Name) -> bool:
    before = parse.word[name.start - 1].lower() if name.start else ""
    behind = parse.word[name.end] if name.end < len(parse) else ""
    if before in AGAINST or before in OF_TEAM or behind[:1].isdigit() or _is_in_fixture(parse, name):
        return True
    if _wins(parse, name) or (behind.lower() in knowledge.offices() and behind.islower()) or behind.lower() in VERSUS:
        return True
    index = _head(parse, name)
    head = parse.head[index]
    if parse.dep[index] == "poss":  # Turin's defeat
        return parse.lower[head] in _games() or parse.lower[head] in lexicon.words("entity_sport")
    return parse.dep[index] in ACTOR_LABELS and parse.lower[head] in _games()


def _wins(parse: Parse, name: Name) -> bool:
    """Whether others lose to the team."""
    before = name.start - 1
    return name.start > 0 and parse.lower[before] == "to" and parse.lower[parse.head[before]] in LOSES_TO


def _head(parse: Parse, name: Name) -> int:
    """Return the token of a name that depends on another word."""
    inside = range(name.start, name.end)
    return next((index for index in inside if parse.head[index] not in inside), name.start)


@functools.cache
def _games() -> frozenset[str]:
    """Return all forms of the verbs for what teams do to each other."""
    return frozenset(forms_to_verb(lexicon.words("entity_sport_verbs")))


def _is_in_fixture(parse: Parse, name: Name) -> bool:
    """A line such as ``TURIN AT GENEVA``, the visitors first."""
    behind = parse.word[name.end : name.end + 1]
    return parse.shouted[name.start] and (parse.word[name.start - 1] == "AT" or behind == ["AT"])


def _says_where(parse: Parse, name: Name) -> bool:
    before = parse.word[name.start - 1] if name.start else "\n"
    behind = parse.word[name.end] if name.end < len(parse) else "\n"
    if _is_in_fixture(parse, name):
        return False
    if before == "," and (behind[:2] in CENTURIES or "\n" in behind):
        return True  # the end of a dateline: "Turin, Italy 1998-05-02"
    if before.lower() in WHERE:  # "in Turin"; not "in Turin history"
        return parse.head[_head(parse, name)] == name.start - 1 and not _wins(parse, name)
    if before == "(" or name.before_place:
        return True
    # A dateline: the place, with or without its country, then the date or a dash.
    end = name.end + 1 if behind == "," else name.end
    while name.end < end < min(len(parse), name.end + MAX_DATELINE) and parse.word[end][0].isupper():
        end += 1
    behind = parse.word[end] if end < len(parse) else "\n"
    return "\n" in before and behind[:2] in (*CENTURIES, "--", "—", "–", "(R", "(A")
