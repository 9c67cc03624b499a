# SPDX-License-Identifier: Apache-2.0
"""Texts that repeat one phrase, made from the project's own lexicons: each rule meets thousands of what it looks for.

A rule whose work grows with the square of some count is fast on prose, where the count is small. It is found by repeating whatever the
rule counts: a cue, a pair of cues, a name that is never the same twice.
"""

import functools
import random
import re
import string
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources
from itertools import count, product

from onrecord.nlp.english import lexicon
from onrecord.nlp.english.morphology import verb_forms

NUMBER = "#"  # in a phrase: letters that say which repetition it is
SLOT = re.compile(r"<([\w /]+)>")  # in a phrase: a word of one of these classes
NUMBER_LETTERS = 4  # as many in every number, so that the length of a phrase does not grow
CYCLE = 40  # repetitions after which the numbers of a text with few different names begin again

# Tables of patterns and spelling rules.
NO_WORDS = frozenset({"segment_lines", "irregular_verbs", "doubling_verbs"})

SIGNS = {
    "mark": "“ ” \" ' ‘ ’ « » „ `` '' ` ‹ ›",
    "bracket": "( ) [ ] (a) (“",
    "dash": "— – -- - … ...",
    "stop": ". ! ? : ; , ?” .” ,”",
    "digit": "7 1,000 $5 5% 2026 a7 7-7 7/7/7 7.7.7 3pm",
    "clitic": "'s ’s n't 'll s' O'Aa# don't 're",
    "address": "https://example.org/# a#@example.org @a# #a example.org a/b/#",
    "odd": "a#b _ * & | / \u200b e\u0301 😀 \u202e",
    "pronoun": "he she it they we I you him her them us who whom himself",
    "determiner": "the a this that his her their our some every no",
    "complementizer": "that which who if whether what how as than",
    "conjunction": "and or but ,and nor & while because",
    "negation": "not never no nobody nothing neither without hardly n't",
    "modal": "must should may might would could can will shall ought needs",
    "preposition": "of to for by with against on in from at about toward",
    "verb": "is was be been has had do go want think ask read",
}
PHRASES = {
    "line": ["\n", "\n\n", "\n> ", "\n- ", "\n\n“", "\n    ", "\n* ", "\r\n"],
    "attribution": ["according to", "in the words of", "to quote", "quoted # as saying", "says who", "as told to", "per"],
    "name": [
        "Anna Berg", "Tom Reed", "John Aa#", "Aa# Smith", "Aa# Ba#", "J. K. Aa#", "Mr. Aa#", "Mrs. Aa#", "Aa#", "A. Aa#", "Aa# Jr.",
        "Maria de la Aa#", "Dr. Anna Aa#", "Berg", "Anna", "von Aa#", "Al-Aa#", "Aa#-Ba#", "Sir Aa# Ba# Ca#",
    ],
    "organisation": [
        "Aa# Ministry", "Ministry of Aa#", "Aa# Inc.", "University of Aa#", "the Aa# Party", "Aa# United", "Aa# and Ba#", "the EU",
        "Aa# Corp", "the Court", "AA#", "A.A.", "Aa# of Ba#", "the Ba# Aa# Union", "New Aa# Council", "Aa# v. Ba#", "Aa#gate",
    ],
    "acronym": ["(EU)", "(AA#)", "EU (European Union)", "European Union (EU)", "Aa# Ba# Ca# (ABC)", "ABC (Aa# Ba# Ca#)", "A. B. C."],
    "place": ["Oslo", "in Aa#", "Aa#, Norway", "Aa#, Texas", "city of Aa#", "Kiev", "Moscow", "the Oslo talks", "Peru-backed"],
}  # fmt: skip
FRAMES = """
according to <name>,
<pronoun> <speech verb> her that they think we want it and
<pronoun> <speech verb> that <pronoun> <modal>
<name> <speech verb> that
that <pronoun> <speech verb>
“we go,” <name> <speech verb>.
“we go,” <speech verb> <name>.
<speech verb> <name>: “we go”
“<pronoun> <modal> <negation> <stance verbs>,”
“<name> <speech verb>
‘<name> <speech verb>
<name>: we must go now.|
BOB: “hi” he <speech verb>.|
“A b c d e f.” — <name>|
“A b.” — <name>
<name>, <digit>,
<name> (<acronym>)
<name>, the <entity titles> of <organisation>,
<entity titles> <name>
<name> and
<name>,
<name> <stance verbs> <name> and
<name> <stance verbs> <organisation>.
<stance nouns> of <name>
<name>’s <stance nouns>
<name> is <stance adjectives> and
the <stance agents> who <stance verbs> the <stance nouns> that they
it is <stance adjectives> that
<pronoun> <modal> <negation> <stance verbs> <name>
<speech verb> to <stance verbs> <name> for
<name> who <speech verb> that
<name>, who <stance verbs> <name>,
quoted <name> as saying
<organisation> <entity government verbs>
<place>, <entity states>,
in <name>’s words, “go”
the <quote nominals> <speech verb>
the <quote nominals> of <organisation> <speech verb>.
<speech noun> that
the <speech noun> of <name> that
<speech adjective> that
“<name>”
<name> ‘the <name>’
“I,” he <speech verb>, “we,”
<name>'s
a <entity kinds> of
<name> <entity sport verbs> <place>
By <name>|
<place> (<acronym>) —
<stance weapons> at <name>
the <stance partitives> of the
not <stance light verbs>
<name> <stance control verbs> to
both <name> and <name> <stance reciprocal verbs>
<name>:
said:
he said, she said,
“no,
he said “
he said ‘
(he said)
— he said —
as <name> <speech verb>,
"""
LINE_END = "|"  # in a frame
SHAPES = ("repeated", "repeated", "repeated", "cycle", "varied", "varied", "halves", "mirrored")  # see Kind
SHARE_OF_FRAMES = 0.7  # of the parts of a kind that are added to a pair of words
JOINTS = [" ", " ", " ", "", ", ", " and ", ". ", "\n", " that "]


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of text: its parts and how they are repeated.

    Attributes:
        parts: the phrases of one repetition; ``#`` is where they are numbered.
        shape: ``repeated``: all parts, numbered; ``cycle``: the same with few different numbers; ``varied``: all parts, with other words
            in their slots each time; ``halves``: the first part as often as there is room in half of the text, then the others;
            ``mirrored``: as halves, with the numbers of the other half counted down.
    """

    parts: tuple[str, ...]
    shape: str = "repeated"

    @property
    def name(self) -> str:
        """The parts and, unless it is the usual one, the shape."""
        return "".join(self.parts) + ("" if self.shape == "repeated" else f" [{self.shape}]")

    def text(self, length: int) -> str:
        """Return a text of this kind with a number of characters, or a few less or more."""
        if self.shape == "varied":
            return self._varied(length)
        if self.shape in ("repeated", "cycle"):
            whole = "".join(self.parts)
            times = max(1, length // len(_numbered(whole, 0)))
            return "".join(_numbered(whole, at % CYCLE if self.shape == "cycle" else at) for at in range(times))
        first, rest = self.parts[0] + " ", "".join(self.parts[1:]) + " "
        times = max(1, length // len(_numbered(first + rest, 0)))
        order = range(times) if self.shape == "halves" else range(times - 1, -1, -1)
        return "".join([_numbered(first, at) for at in range(times)] + [_numbered(rest, at) for at in order])

    def _varied(self, length: int) -> str:
        repetitions: list[str] = []
        while length > 0:
            rng = random.Random(len(repetitions))
            repetitions.append(_numbered("".join(filled(part, rng) for part in self.parts), len(repetitions)))
            length -= len(repetitions[-1])
        return "".join(repetitions)


@functools.cache
def _letters(number: int) -> str:
    digits = []
    for _ in range(NUMBER_LETTERS):
        number, digit = divmod(number, len(string.ascii_lowercase))
        digits.append(string.ascii_lowercase[digit])
    return "".join(digits)


def _numbered(phrase: str, number: int) -> str:
    return phrase.replace(NUMBER, _letters(number))


@functools.cache
def classes() -> dict[str, tuple[str, ...]]:
    """Return the words and phrases of each class: every table of the lexicons is one, by its name."""
    found: dict[str, Sequence[str]] = {**PHRASES, **{name: signs.split() for name, signs in SIGNS.items()}}
    for folder in ("lexicons", "knowledge"):
        for file in sorted(resources.files("onrecord.nlp").joinpath(folder).iterdir(), key=lambda file: file.name):
            table = file.name.removesuffix(".tsv")
            if file.name.endswith(".tsv") and table not in NO_WORDS:
                words = sorted({row[0] for row in lexicon.rows(table, folder)})
                found[table.replace("_", " ")] = _forms(words) if table.endswith("verbs") else words
    cues = lexicon.rows("quote_cues")
    found["speech verb"] = _forms([row[0] for row in cues if row[1] == "verb" and "say" in row[2]])
    found["quote cues"] = _forms([row[0] for row in cues if row[1] == "verb"])
    found["speech noun"] = [row[0] for row in cues if row[1] == "noun"]
    found["speech adjective"] = [row[0] for row in cues if row[1] == "adjective"]
    return {name: tuple(words) for name, words in found.items()}


def _forms(verbs: Sequence[str]) -> list[str]:
    return [form for verb in verbs for form in verb_forms(verb)]


@functools.cache
def frames() -> tuple[str, ...]:
    """Return the phrases with slots, each with a space or a line end behind it."""
    return tuple(
        frame.removesuffix(LINE_END) + ("\n" if frame.endswith(LINE_END) else " ")
        for frame in FRAMES.strip().split("\n")
    )


def filled(phrase: str, rng: random.Random) -> str:
    """Return a phrase with a word of its class in each slot."""
    return SLOT.sub(lambda slot: rng.choice(classes()[slot.group(1)]), phrase)


def kinds(number: int, seed: int = 0) -> list[Kind]:
    """Return different kinds of text, always the same ones for a seed: first each frame, then frames and cues in twos and threes."""
    found: dict[str, Kind] = {}
    singles = iter([(frame,) for frame in frames()])
    pairs = list(product(sorted(classes()), repeat=2))
    random.Random(seed).shuffle(pairs)
    remaining = iter(pairs)
    for place in count():
        if len(found) >= number:
            break
        rng = random.Random(f"{seed} {place}")
        single = next(singles, None) if place % 3 == 0 else None
        if single is not None:
            kind = Kind(tuple(filled(part, rng) for part in single))
        else:
            kind = _combined(rng, [f"<{name}>" for name in next(remaining)] if place % 2 else [])
        found.setdefault(kind.name, kind)
    return list(found.values())


def _combined(rng: random.Random, parts: list[str]) -> Kind:
    """Return a kind of the parts, if any, and of some others."""
    for _ in range(rng.randint(0, 2) if parts else rng.randint(2, 3)):
        part = rng.choice(frames()) if rng.random() < SHARE_OF_FRAMES else f"<{rng.choice(sorted(classes()))}>"
        parts.insert(rng.randint(0, len(parts)), part)
    shape = rng.choice(SHAPES if len(parts) > 1 else SHAPES[:-2])
    joined = [part + rng.choice(JOINTS) for part in parts]
    return Kind(tuple(joined if shape == "varied" else [filled(part, rng) for part in joined]), shape)
