# SPDX-License-Identifier: Apache-2.0
"""Mentions by name: the model's named entities, cut and trimmed to the name itself."""

import re
from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple, cast, get_args

from spacy.tokens import Doc

from onrecord.data.gazetteer import ListedName
from onrecord.data.records import EntityType, Span
from onrecord.nlp.annotations import segments_of, text_span
from onrecord.nlp.english.labels import SUBJECTS
from onrecord.nlp.english.names import GENERATIONS, PARTICLES, fold
from onrecord.nlp.english.parse import Parse
from onrecord.nlp.entities import knowledge
from onrecord.nlp.entities.context import POSSESSIVES, place_behind, place_preposition
from onrecord.nlp.entities.knowledge import Gender, Words
from onrecord.nlp.entities.type_context import Chances, chances, said_of

ENTITY_TYPES: frozenset[str] = frozenset(get_args(EntityType))
ARTICLES = frozenset({"the", "a", "an"})
# Prepositions that no name begins with: "Near Port Alder, a bridge fell".
BEFORE_NAMES = frozenset({"near", "off", "outside", "from", "around", "across", "toward", "towards", "via"})
# Types whose names contain neither commas nor numbers: "Market Hall, Leeds", "Norway 3-0".
PLAIN_TYPES = frozenset({"PERSON", "GPE", "LOC", "FAC", "NORP"})
# No person, place or people has a digit in the name: IE6, GX-134.
WITHOUT_DIGITS = frozenset({"PERSON", "GPE", "LOC", "NORP"})
# Words between two names that the model takes for one.
JOINING = frozenset({"and", ",", "to"})
AND = frozenset({"and", "&"})
# Types of which "A and B" are two.
LISTED_TYPES = frozenset({"GPE", "LOC"})
# Types of names that a title may follow, which does not belong to them: "Harbour Board Spokeswoman".
TITLED_BEHIND = frozenset({"ORG", "GPE", "LOC", "FAC"})
# Words and signs inside a longer name of an organization.
PARTS_OF_ORGANIZATION: frozenset[EntityType] = frozenset({"GPE", "LOC", "FAC", "NORP", "ORG"})
# Words that make the name of a place that of another one, or of a part: Upper Austria, South Sudan.
SIDES = frozenset(
    {"North", "South", "East", "West", "Northeast", "Northwest", "Southeast", "Southwest"}
    | {"Northern", "Southern", "Eastern", "Western", "Central", "Lower", "Upper", "Inner", "Outer", "Greater"}
)
BRACKETS = frozenset("()[]{}<>;:|*•")
DASHES = frozenset({"-", "–", "—", "―", "--"})
QUOTE_MARKS = frozenset({'"', "“", "”", "„", "«", "»", "``", "''"})
HANDLES = ("@", "#")  # "@annaberg" and "#SaveThePort" are addresses and topics
SINGLE_LETTER = re.compile(r"[A-Z]\.")
NICKNAME = re.compile(r"[\"“”][^\"“”]*[\"“”]")
# A name of an organization can be long ("Royal Society for the Protection of Rivers and Lakes"); longer ones are errors.
MAX_WORDS = 12
# A named entity may be a list or a table and is cut into names; a whole page is an error.
MAX_TOKENS = 200
# Two numbers or more in a name are a line of a table: "Lisbon 3 Turin 2".
TABLE_NUMBERS = 2
# The chance from which on a title before a name is one.
LIKELY = 0.5
# In a headline, a longer name may hold a verb.
MAX_HEADLINE_WORDS = 2
MAX_AGE = 120
# What the last word of a name is that doesn't modify another.
ARGUMENTS = frozenset({*SUBJECTS, "dobj", "pobj", "conj", "appos", "poss"})
SAINTS = frozenset({"st", "saint"})
NAME_TAGS = frozenset({"NNP", "NNPS"})
# Text of these kinds is the newsroom's, not the story's.
NOT_READ = frozenset({"PROMO", "CREDIT", "BYLINE"})


class Name(NamedTuple):
    """One mention by name: tokens ``start`` to ``end`` (exclusive), the folded words, the guessed type.

    Attributes:
        title: the folded title before it.
        title_gender: the gender that the title shows (Mr, Mrs).
        before_place: the words of the well-known place after it, as in "Springfield, Illinois".
        said: the type that a noun next to it gives ("the newspaper Coastal Letters"), or a word.
        chances: the probabilities that it is a person's, an organization's and a place's, by its context.
        preposition: the preposition of place before it.
        guessed: whether the model found this mention.
        team: whether the name of a place refers to its team.
        listed: the entry in the user's list.
    """

    start: int
    end: int
    span: Span
    words: Words
    type: EntityType
    title: str = ""
    title_gender: Gender | None = None
    before_place: Words = ()
    chances: Chances = (0.0, 0.0, 0.0)
    said: str = ""
    preposition: str = ""
    guessed: bool = True
    team: bool = False
    listed: ListedName | None = None

    @property
    def titled(self) -> bool:
        """Whether there is a title before it: not St Olave's Hospital."""
        return bool(self.title) and not (self.title in SAINTS and knowledge.designated(self.words))


def names_of_model(doc: Doc, text: str, parse: Parse) -> list[Name]:
    """Return the names among the model's named entities, in text order; none overlap.

    Named entities in a line of capitals are left out: the model labels half of the words as names. In a headline With Capitals they
    are kept only if the story has the name too, or it is well known.
    """
    names: list[Name] = []
    several: list[tuple[int, int, EntityType]] = []
    for start, end, label in _labelled(doc, parse):
        if parse.shouted[start] or end - start > MAX_TOKENS:
            continue
        if any(token in POSSESSIVES or token in JOINING for token in parse.word[start : end - 1]):
            several.append((start, end, label))
        else:
            names.extend(_names_in(text, parse, start, end, label))
    if several:
        people = {words for name in names if name.type == "PERSON" for words in (name.words, name.words[-1:])}
        bearers = people | {name.words for name in names}
        for start, end, label in several:
            for part_start, part_end in _names_joined(parse, start, end, bearers, people):
                names.extend(_names_in(text, parse, part_start, part_end, label))
        names.sort(key=lambda name: name.start)
    return _without_common_words(_without_headline_slips(names, parse), parse)


def _labelled(doc: Doc, parse: Parse) -> list[tuple[int, int, EntityType]]:
    """Return start, end and label of the model's names.

    A word before a place that makes it another place is part of it, if the model missed it: Lower Saxony is not Saxony.
    """
    result: list[tuple[int, int, EntityType]] = []
    for entity in doc.ents:
        if entity.label_ not in ENTITY_TYPES:
            continue
        label = cast("EntityType", entity.label_)
        start, end = parse.at(entity.start_char), parse.at(entity.end_char)
        if label == "PERSON" and end - start > 1:
            end = behind_hyphens(parse, end)
        before = result[-1] if result else (-1, -1, label)
        if before[1:] == (start, label) and label in LISTED_TYPES and _is_full_name(parse, before[0], end):
            start, label = result.pop()[0], "PERSON"
        elif label in LISTED_TYPES and start > max(before[1], 0) and parse.word[start] not in SIDES:
            start -= parse.word[start - 1] in SIDES and parse.is_spaced(start)
        result.append((start, end, label))
    return result


def behind_hyphens(parse: Parse, end: int) -> int:
    """Return where a name goes on to behind hyphens: "Wong Yeung-tat won"; not "the Ann Lee-backed bill"."""
    while end + 1 < len(parse) and parse.word[end] == "-" and not parse.is_spaced(end) and not parse.is_spaced(end + 1):
        if parse.dep[end + 1] not in ARGUMENTS or not parse.word[end + 1].isalpha():
            break
        end += 2
    return end


def _is_full_name(parse: Parse, start: int, end: int) -> bool:
    """Whether two places with only a space between them are one person: Oksana London, but not Lisbon Portugal."""
    known = (fold(parse.word[start]),) in knowledge.known_names()
    return end - start == 2 and not known and parse.word[start].istitle() and not parse.headline[start]


def _without_headline_slips(names: list[Name], parse: Parse) -> list[Name]:
    """Leave out names of headlines that may hold a verb or are common words, and those of the first line that the story does not have."""
    in_story = {name.words for name in names if not parse.headline[name.start]}
    known, given_names = knowledge.known_names(), knowledge.given_names()
    return [
        name
        for name in names
        if name.words in in_story
        or name.words in known
        or (
            not may_hold_verb(parse, name.start, name.end, name.type)
            and not parse.common_words.issuperset(parse.lower[name.start : name.end])
            and (
                name.start >= parse.headline_end
                or (name.words[0] in given_names and parse.word[name.end - 1] in parse.outside_headlines)
            )
        )
    ]


def may_hold_verb(parse: Parse, start: int, end: int, kind: EntityType = "PERSON") -> bool:
    """Whether a person's name is in a headline, longer than most, and other words follow."""
    if kind != "PERSON" or not parse.headline[start]:
        return False
    starts = (parse.word[index] for index in range(start, end) if index == start or parse.is_spaced(index))
    words = sum(word[0].isupper() and word[1:] != "." for word in starts)
    goes_on = end < len(parse) and parse.word[end][0].isalnum()
    return words > MAX_HEADLINE_WORDS + (not goes_on)


def _without_common_words(names: list[Name], parse: Parse) -> list[Name]:
    """Leave out single words that the article also has in lower case: as often, as in "Iodine is cheap", and "too little iodine".

    Besides, the first word of a sentence unless it is tagged as a name or is part of a name elsewhere: "Aides said".
    """
    counts = Counter(parse.word)
    is_known, is_given = knowledge.known_names().__contains__, knowledge.given_names().__contains__
    parts = {name.words[-1:] for name in names if len(name.words) > 1}
    elsewhere = parts | {name.words for name in names if not _opens_sentence(name, parse)}

    def is_common(name: Name) -> bool:
        word, lower = parse.word[name.start], parse.lower[name.start]
        if name.end - name.start > 1 or is_known(name.words) or name.titled or name.words in parts:
            return False
        is_told = is_given(lower) or name.said in ENTITY_TYPES
        if word.istitle() and counts[word] <= counts[lower] and not is_told:
            return True
        is_name = parse.tag[name.start] in NAME_TAGS or name.type == "NORP" or name.words in elsewhere
        return parse.starts_sentence[name.start] and not is_name

    return [name for name in names if not is_common(name)]


def _opens_sentence(name: Name, parse: Parse) -> bool:
    return name.end - name.start == 1 and parse.starts_sentence[name.start]


def without_swallowed(names: list[Name], text: str, parse: Parse) -> list[Name]:
    """Cut persons' names that hold other words: "Billionaire Ann Lee", "Ann Lee Slams Tom Okafor", "Will Lee come?".

    A name ends, or starts, where the story's other mentions of the person show that it does.
    """
    people = [name for name in names if name.type == "PERSON" and not parse.headline[name.start]]
    uses = Counter(name.words for name in people)
    bearers = {
        name.words[-1]: name.words for name in people if len(name.words) > 1 and parse.tag[name.start] in NAME_TAGS
    }
    result = []
    for name in names:
        start, end = _own_part(name, parse, uses, bearers)
        if (start, end) != (name.start, name.end):
            name = make_name(text, parse, start, end, "PERSON") or name
        result.append(name)
    return result


def _own_part(name: Name, parse: Parse, uses: Counter[Words], bearers: dict[str, Words]) -> tuple[int, int]:
    """Return the first token and the end of a name without what it has swallowed."""
    words, is_given, is_person = name.words, knowledge.given_names().__contains__, name.type == "PERSON"
    starts = [index for index in range(name.start, name.end) if index == name.start or parse.is_spaced(index)]
    if len(words) < 2 or len(starts) != len(words) or words in knowledge.known_names():
        return name.start, name.end
    opens = parse.starts_sentence[name.start]
    is_slip = opens and parse.tag[name.start] not in NAME_TAGS
    if is_slip and len(words) == 2 and bearers.get(words[1], words) != words:
        return starts[1], name.end
    for first in range(1, len(words) - 1):
        if (
            uses[words[first:]]
            and not is_given(words[0])
            and (
                is_slip or (is_given(words[first]) and (is_person or opens or words[:first] in knowledge.known_names()))
            )
        ):
            return starts[first], name.end
    whole, in_headline = uses[words] + uses[words[-1:]], parse.headline[name.start]
    for last in range(len(words) - 1, 0, -1):
        if words[last] in GENERATIONS:
            break
        full, bare = uses[words[:last]], uses[words[last - 1 : last]]
        is_used = (bare or is_given(words[0])) and (full or in_headline) and full + bare > whole
        if (
            is_person
            and is_used
            and (last > 1 or (in_headline and parse.word[starts[1]] not in parse.outside_headlines))
        ):
            return name.start, starts[last]
        if (full or bare) and last + 1 < len(words) and words[last:] in knowledge.known_names():
            return name.start, starts[last]
    return name.start, name.end


def make_name(text: str, parse: Parse, start: int, end: int, label: EntityType, *, guessed: bool = True) -> Name | None:
    """Return the name that tokens ``start`` to ``end`` hold, trimmed, or None if nothing of the name is left."""
    start, end = _trim(parse, start, end, label)
    if start >= end or end - start > MAX_WORDS:
        return None
    first, last = parse.start[start], parse.end[end - 1]
    while first < last and text[first] in DASHES:
        first += 1  # "-Ann Lee" signs a quote
    words = knowledge.words_of(text[first:last])
    if words not in knowledge.known_names():
        for mark in POSSESSIVES:
            if last - first > len(mark) and text.endswith(mark, first, last):
                last -= len(mark)
                words = knowledge.words_of(text[first:last])
                break
    if SINGLE_LETTER.fullmatch(text, first, last):
        last -= 1  # "in a post on X." ends with the sentence
        words = knowledge.words_of(text[first:last])
    written = text[first:last]
    if text[max(first - 1, 0) : first + 1].startswith(HANDLES) or written.startswith(HANDLES):
        return None
    if label == "PERSON" and not QUOTE_MARKS.isdisjoint(written):
        words = knowledge.words_of(NICKNAME.sub(" ", written))
    words = knowledge.state_abbreviations().get(written, words)
    if words in knowledge.short_acronyms() and not written.replace(".", "").isupper():
        words = (written,)  # "Who" is not the WHO.
    if not words or written.islower() or not any(map(str.isalpha, written)) or _is_portfolio(parse, start, end, words):
        return None
    if label in WITHOUT_DIGITS and any(map(str.isdigit, written)) and words not in knowledge.known_names():
        label = "PRODUCT"
    title = fold(parse.word[start - 1]) if start else ""
    if start > 1 and not title and parse.word[start - 2].isupper():
        title = fold(parse.word[start - 2])  # the tokenizer cuts "MS." in two
    titles = knowledge.titles()
    if label == "PERSON" and guessed and title not in titles and _ends_in_noun(parse, end, words):
        label = "ORG"  # "Alder Studio", and "the studio"
    said = said_of(parse, start, end)
    is_speaker = start in parse.speaker_labels and words not in knowledge.known_names()
    kind = "PERSON" if is_speaker or _has_age(parse, end) else said.removeprefix("kind:")
    return Name(
        start=start,
        end=end,
        span=text_span(text, first, last),
        words=words,
        type=label,
        title=title if title in titles else "",
        title_gender=titles.get(title),
        before_place=place_behind(parse, end),
        chances=chances(parse, start, end, said),
        said=kind,
        preposition=place_preposition(parse, start),
        guessed=guessed,
    )


def _ends_in_noun(parse: Parse, end: int, words: Words) -> bool:
    """Whether a name of several words ends in a common noun of the article, and begins with no given name."""
    is_person = len(words[0]) == 1 or words[0].split("-")[0] in knowledge.given_names()
    return len(words) > 1 and not is_person and parse.lower[end - 1] in parse.common_nouns and parse.is_spaced(end - 1)


def _has_age(parse: Parse, end: int) -> bool:
    """Whether an age follows, as in "Okoro, 24, said"."""
    behind = parse.word[end : end + 3]
    return len(behind) == 3 and behind[0] == behind[2] == "," and behind[1].isdecimal() and int(behind[1]) <= MAX_AGE


def is_read(doc: Doc, names: list[Name]) -> list[bool]:
    """Return, for each name in text order, whether it is in the story and not in a promo, credit or byline.

    A dateline's place is the story's, its agency is not.
    """
    segments = [segment for segment in segments_of(doc) if segment.kind in NOT_READ or segment.kind == "DATELINE"]
    result, at = [], 0
    for name in names:
        while at < len(segments) and segments[at].end <= name.span.start:
            at += 1
        outside = at == len(segments) or name.span.end <= segments[at].start
        result.append(outside or (segments[at].kind == "DATELINE" and _is_place(name)))
    return result


def _is_place(name: Name) -> bool:
    known = knowledge.known_names().get(name.words)
    return (known.type if known else name.type) in ("GPE", "LOC")


def _names_in(text: str, parse: Parse, start: int, end: int, label: EntityType) -> Iterator[Name]:
    for piece_start, piece_end in _pieces(parse, start, end, label):
        name = make_name(text, parse, piece_start, piece_end, label)
        if name is not None:
            yield name


def _names_joined(
    parse: Parse, start: int, end: int, bearers: set[Words], people: set[Words]
) -> Iterator[tuple[int, int]]:
    """Cut "Okoro's League of Farmers" where the possessor is a name of its own, and "Okoro and Lund" where both are.

    "According to Okoro, Norwick police …" has two names if Okoro is somebody's; a firm may be called "Okoro, Lund & Roe".

    "People's Party" and "Marks and Spencer" stay whole.
    """
    known = knowledge.known_names()
    for index in range(start + 1, end - 1):
        if parse.word[index] not in JOINING and parse.word[index] not in POSSESSIVES:
            continue
        before, behind = (tuple(map(fold, parse.word[a:b])) for a, b in ((start, index), (index + 1, end)))
        is_joined = parse.word[index] in JOINING and (
            (before in people and behind in people)
            or (before in bearers and behind in bearers and {before, behind} & known.keys())
            or (parse.word[index] == "," and before in people and AND.isdisjoint(parse.word[index:end]))
        )
        if is_joined or (parse.word[index] in POSSESSIVES and (before in bearers or before in known)):
            yield start, index
            start = index + 1
    yield start, end


def _pieces(parse: Parse, start: int, end: int, label: EntityType) -> Iterator[tuple[int, int]]:
    """Cut an entity where a name cannot continue: at line ends, brackets, dashes between words, numbers of a table."""
    plain = label in PLAIN_TYPES
    is_known = knowledge.words_of(" ".join(parse.word[start:end])) in knowledge.known_names()
    table = sum(text[0].isdigit() for text in parse.word[start:end]) >= TABLE_NUMBERS
    piece = start
    for index in range(start, end):
        text = parse.word[index]
        if (
            (text.isspace() and text.strip(" \xa0"))
            or text in BRACKETS
            or (text in DASHES and parse.is_spaced(index))
            or (plain and (text == "," or text in QUOTE_MARKS))
            or (label == "PERSON" and _is_plain_word(parse, index))
            or _is_plain_verb(parse, index)
            or (label in LISTED_TYPES and text == "and" and not is_known)
            or ((plain or table) and text[0].isdigit())
        ):
            if piece < index:
                yield piece, index
            piece = index + 1
    if piece < end:
        yield piece, end


def _is_plain_word(parse: Parse, index: int) -> bool:
    """Whether a token is a word in lower case that is never part of a person's name: not "van", nor the end of "Min-ho"."""
    text = parse.word[index]
    return text.islower() and text not in PARTICLES and parse.is_spaced(index)


def _is_plain_verb(parse: Parse, index: int) -> bool:
    """Whether a token is a finite verb in lower case, such as that of "Lund hit Okoro"."""
    return parse.word[index].islower() and parse.tag[index] in ("VBD", "VBZ", "VBP") and parse.is_spaced(index)


def _trim(parse: Parse, start: int, end: int, label: EntityType) -> tuple[int, int]:
    """Leave out articles, titles and other words before the name, and possessives, punctuation and titles after it."""
    texts = parse.word
    titles, given_names = knowledge.titles(), knowledge.given_names()
    while end > start:
        text = texts[end - 1]
        if text in POSSESSIVES:
            if end - start == 2 and knowledge.words_of(texts[start] + text) in knowledge.known_names():
                break
        elif (
            _is_sign(text)
            or (text.islower() and parse.is_spaced(end - 1))
            or _is_caption(parse, end)
            or (label == "PERSON" and end - start > 1 and text in knowledge.honours())
            or (text[0].isdigit() and tuple(map(fold, texts[start : end - 1])) in knowledge.known_names())
        ):
            pass
        elif not (
            label in TITLED_BEHIND
            and end - start > 1
            and fold(text) in titles
            and fold(text) not in knowledge.designators()
            # "Harbour Board Spokeswoman", but not "Office of the Inspector General".
            and not next((word for word in texts[end - 2 : start : -1] if fold(word) not in titles), "").islower()
        ):
            break
        end -= 1
    while start < end:
        text = texts[start]
        lower = text.lower()
        is_person = label == "PERSON" or (end - start > 2 and fold(texts[start + 1]) in given_names)
        is_title = end - start > 1 and fold(text) in titles and fold(text) not in given_names
        is_ranked = end - start > 1 and fold(text) in knowledge.ranks() and parse.is_spaced(start + 1)
        is_ranked &= knowledge.designated(tuple(map(fold, texts[start:end]))) is None
        is_title &= is_person or is_ranked or (end - start == 2 and _is_titled_surname(parse, start + 1))
        is_calling = end - start > 2 and fold(text) in knowledge.offices()  # "Farmer Ada Lindt", and "the farmer"
        is_title |= is_calling and (
            fold(texts[start + 1]) in given_names
            or (lower in parse.common_nouns and knowledge.designated(tuple(map(fold, texts[start:end]))) is None)
        )
        is_lower = (text.islower() and lower not in PARTICLES) or (
            lower in BEFORE_NAMES and (parse.tag[start] == "IN" or (is_person and parse.starts_sentence[start]))
        )
        is_verb = label == "PERSON" and parse.tag[start].startswith("VB") and fold(text) not in given_names
        if not (is_title or is_lower or (is_verb and end - start > 1) or lower in ARTICLES or _is_sign(text)):
            break
        start += 1
    return start, end


def _is_titled_surname(parse: Parse, index: int) -> bool:
    """Whether the word after a title is a person's name, and the title not the first word of another: General Motors."""
    title, word = parse.word[index - 1], fold(parse.word[index])
    known = knowledge.known_names()
    if title.isupper() or word in knowledge.designators() or (word,) in known or (fold(title), word) in known:
        return False
    return fold(title) in knowledge.sure_titles() or chances(parse, index - 1, index + 1)[0] > LIKELY


def _is_sign(text: str) -> bool:
    return not any(map(str.isalnum, text))


def _is_caption(parse: Parse, end: int) -> bool:
    """Whether the last word labels what follows: "Lisbon Photo: ..."."""
    return end < len(parse) and parse.word[end] == ":" and fold(parse.word[end - 1]) in knowledge.common_words()


def _is_portfolio(parse: Parse, start: int, end: int, words: Words) -> bool:
    """Whether the words are a minister's or secretary's charge: "Education Minister", "Secretary of State"."""
    if words not in knowledge.portfolios():
        return False
    if end < len(parse) and fold(parse.word[end]) in knowledge.titles():
        return True
    return start > 1 and parse.word[start - 1] in ("of", "for") and fold(parse.word[start - 2]) in knowledge.titles()
