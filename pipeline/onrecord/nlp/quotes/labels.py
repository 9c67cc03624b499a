# SPDX-License-Identifier: Apache-2.0
"""Labels, which name a speaker outside of any sentence: "Ann Lee, 43, a nurse: …", "• Moore (Labour): …", "[Moore] …", "Q: …"."""

import re
from bisect import bisect_left
from dataclasses import dataclass
from functools import cached_property

from onrecord.nlp.annotations import entities_of
from onrecord.nlp.english.cues import nouns
from onrecord.nlp.english.labels import FINITE
from onrecord.nlp.english.lexicon import words
from onrecord.nlp.english.words import nominals
from onrecord.nlp.entities import entity_index
from onrecord.nlp.quotes.layout import QuotationLayout

MAX_LABEL = 16  # tokens: "Name Surname, 43, a teacher from Town, speaking to the Gazette"
MAX_NAME = 5  # words
OPENING_MARKS = '“"„«'  # before a label in a transcript that is quoted in full
# What may come before a label or a text: bullets, times, marks of bold type.
LEAD = re.compile(
    r"(?:[•▪●◦■►▶]\s*|[·*»›–—-]{1,3}\s+|[*_]{2}"
    r"|\d{1,2}[.:]\d\d(?:\s?[ap]\.?m\b\.?)?(?:\s[A-Z]{2,4}\b)?\s*[–—:|-]?\s+){0,3}"
)
SLUG = re.compile(r"(?P<slug>[A-Z]{3,}(?: [A-Z]{2,}){0,2})\s?[–—:|-]\s+")  # "EXCLUSIVE – "
WORD = r"[^\W\d_][^\s:“”\"«»(),]{0,40}"
LABEL = re.compile(
    r"(?:(?P<role>Q|A|Question|Answer)\s?[.:]"
    r"|[\[(](?P<boxed>[A-Z][^\])\n:]{0,40})[\])]:?"
    rf"|@?(?P<name>{WORD}(?: {WORD}){{0,{MAX_NAME - 1}}})(?P<aside> \([^()\n]{{1,40}}\)|, [^:“”\"\n]{{1,80}})?:"
    r")[*_]{0,2}(?=\s|$)"
)
PARTICLES = frozenset(
    {"de", "da", "di", "du", "van", "von", "der", "den", "la", "le", "el", "al", "bin", "of", "the", "and"}
)
FROM = frozenset({"from", "by"})
QUESTION, ANSWER = frozenset({"q", "question"}), frozenset({"a", "answer"})


@dataclass(frozen=True, slots=True)
class Label:
    """The label at the start of a paragraph.

    Attributes:
        start: its first token.
        name_end: the token after its name.
        end: the token after the name and the description behind it.
        sign: the token of its colon or closing bracket.
        text: its name in lower case.
        form: "role" (Q and A), "boxed" (in brackets) or "name".
        is_handle: whether it is the name of an account, "@ann_lee".
        is_described: whether a description follows the name.
    """

    start: int
    name_end: int
    end: int
    sign: int
    text: str
    form: str
    is_handle: bool
    is_described: bool


class Labels:
    """Reads labels, and finds whom they name among the people and bodies of an article."""

    def __init__(self, layout: QuotationLayout) -> None:
        self.layout = layout
        self.parse = layout.parse
        self.entities = entities_of(layout.doc)

    @cached_property
    def index(self) -> dict[int, int]:
        """The entity of each token of a name."""
        return entity_index(self.parse)

    @cached_property
    def _by_name(self) -> dict[str, int]:
        """Entities by what a label may call them: their names, surnames and initials; without those that mean two."""
        found: dict[str, set[int]] = {}
        for number, entity in enumerate(self.entities):
            if entity.type not in ("PERSON", "ORG"):
                continue
            for name in (entity.name, *entity.aliases):
                words = name.lower().split()
                short = words[1:] if words[0] == "the" else words
                keys = {" ".join(words), " ".join(short), "".join(words)}
                keys |= {"".join(word[0] for word in some) for some in (words, short) if len(some) > 1}
                if entity.type == "PERSON":
                    keys.add(words[-1])
                for key in keys:
                    found.setdefault(key, set()).add(number)
        return {key: min(numbers) for key, numbers in found.items() if len(numbers) == 1}

    def start_of(self, paragraph: int) -> int:
        """Return the first code point of a paragraph behind bullets and times."""
        start = self.parse.start[self.layout.paragraph_starts[paragraph]]
        for pattern in (LEAD, SLUG):
            found = pattern.match(self.parse.source, start)
            start = found.end() if found and (pattern is LEAD or found["slug"] in words("segment_labels")) else start
        return start

    def label_of(self, paragraph: int) -> Label | None:
        """Return the label of a paragraph, if it begins with one whose words are capitalised."""
        parse = self.parse
        start = self.start_of(paragraph)
        found = LABEL.match(parse.source, start + (parse.source[start] in OPENING_MARKS))
        if found is None or found.end() > parse.end[self.layout.paragraph_end(paragraph) - 1]:
            return None
        form = found.lastgroup if found.lastgroup != "aside" else "name"
        assert form is not None
        name = found.group(form)
        if form == "name" and not all(
            (word[0].isupper() and word[-2:] not in ("’s", "'s")) or word in PARTICLES for word in name.split()
        ):
            return None
        start, sign = parse.first_at(found.start(form)), parse.first_at(found.end() - 1)
        end = parse.tokens_of(found.start(form), found.end("aside") if found.group("aside") else found.end(form))[1]
        end = min(end, max(sign, start + 1))
        name_end = min(end, parse.tokens_of(*found.span(form))[1])
        return Label(
            start, name_end, end, sign, name.lower(), form, found.group()[0] == "@", found.group("aside") is not None
        )

    def named(self, text: str) -> int | None:
        """Return the last token of the first mention of the person or body that a label calls by its name, surname or initials."""
        number = self._by_name.get(text.removeprefix("the "))
        return None if number is None else self._token_of(number)

    def _token_of(self, number: int) -> int | None:
        span = next(mention.span for mention in self.entities[number].mentions if mention.kind == "NAME")
        return bisect_left(self.parse.start, span.end) - 1

    def person_in(self, start: int, end: int) -> int | None:
        """Return the last token of the first person named among the tokens."""
        parse = self.parse
        first = next((t for t in range(start, end) if self.is_person(t)), None)
        if first is None:
            text = parse.source[parse.start[start] : parse.end[end - 1]] if start < end else ""
            return next(filter(None, map(self.named, text.lower().split())), None) if text.isupper() else None
        while first + 1 < end and self.index.get(first + 1) == self.index[first]:
            first += 1
        return first

    def is_person(self, token: int) -> bool:
        """Whether a token is of a person's name."""
        return token in self.index and self.entities[self.index[token]].type == "PERSON"

    def source_in(self, start: int, end: int) -> int | None:
        """Return the head of whom a text without a verb names as the speaker of the quotation after it.

        The first person ("Harwick captain Sean Dunne, speaking to the Gazette"), the body it is from ("A note from Kestrel"), or the
        person whose words are announced ("Excerpts from the judge’s speech"). A text that begins with a preposition names a topic
        ("On her rival, Ann Lee: …").
        """
        parse = self.parse
        start = parse.next_word[start]
        if not start < end <= start + MAX_LABEL or any(
            parse.tag[token] in FINITE and not (token == end - 1 and parse.lower[token] in nouns())
            for token in range(start, end)
        ):
            return None
        if parse.tag[start] == "IN" and parse.lower[start] not in FROM:
            return None
        person = self.person_in(start, end)
        if person is not None:
            return person
        for token in range(start, end):
            if (
                parse.tag[min(token + 1, end - 1)] == "POS"
                and nominals().get(parse.lower[token], ("", ""))[0] == "PERSON"
            ):
                return token
            if parse.lower[token] in FROM:
                first = next(
                    (t for t in range(token + 1, end) if t in self.index or parse.tag[t] in ("NN", "NNS")), None
                )
                while (
                    first is not None
                    and first + 1 < end
                    and (
                        self.index.get(first + 1, -1) == self.index.get(first) or parse.tag[first + 1] in ("NN", "NNS")
                    )
                ):
                    first += 1
                return first
        return None
