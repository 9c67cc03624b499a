# SPDX-License-Identifier: Apache-2.0
"""Articles in the layouts of news feeds: every quote that a reader expects, and no others.

``layouts/*.txt`` are articles written for this test, two or three in each layout. Below a line of dashes each has the quotes that a reader
expects, ``Speaker: content``:

* ``A [...] B`` is the text from A to the first B after it; `` + `` joins the spans of one content.
* ``A/B: …``: either speaker; ``-`` is nobody.
* ``? …``: it may be a record or not, and its speaker is not checked.
"""

import re
from collections import Counter
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest
from spacy.language import Language

from onrecord.nlp.annotations import Quote, quotes_of

ARTICLES = Path(__file__).parent / "layouts"
MIN_SHARED = 0.7  # of the words of both contents, for the same quote
MIN_TOUCHED = 0.25  # less is another quote
ARTICLE = re.compile(r"^(?:the|an?) ")
WORD = re.compile(r"\w+")


@dataclass(frozen=True)
class Expected:
    """A quote that a reader expects."""

    speakers: tuple[str, ...]
    words: frozenset[int]
    is_optional: bool
    line: str


def _span_words(text: str, start: int, end: int) -> set[int]:
    return {match.start() for match in WORD.finditer(text, start, end)}


def _read(path: Path) -> tuple[str, list[Expected]]:
    text, _, below = path.read_text(encoding="utf-8").partition("\n----\n")
    expected = []
    for line in below.splitlines():
        speakers, _, content = line.removeprefix("? ").partition(": ")
        words: set[int] = set()
        end = 0
        for span in content.split(" + "):
            begin, *rest = span.split("[...]")
            start = text.index(begin.strip(), end)
            end = start + len(begin.strip())
            for part in rest:
                end = text.index(part.strip(), end) + len(part.strip())
            words |= _span_words(text, start, end)
        expected.append(Expected(tuple(speakers.split("/")), frozenset(words), line.startswith("? "), line))
    return text, expected


def _shared(one: frozenset[int], other: frozenset[int]) -> float:
    return len(one & other) / max(len(one | other), 1)


def judged(nlp: Language, path: Path) -> tuple[Counter[str], list[str]]:
    """Return how many records are right or wrong and how many quotes are missed, and a line for each that is not right."""
    text, expected = _read(path)
    count: Counter[str] = Counter(expected=sum(not each.is_optional for each in expected))
    remarks, touched = [], set()
    for quote in quotes_of(nlp(text)):
        if quote.realis != "ACTUAL":
            continue
        words = frozenset().union(*(_span_words(text, span.start, span.end) for span in quote.content))
        best = max(expected, key=lambda each: (_shared(words, each.words), not each.is_optional))
        share = _shared(words, best.words)
        if share >= MIN_TOUCHED:
            touched.add(best.line)
        if share >= MIN_SHARED and best.is_optional:
            continue
        is_right = share >= MIN_SHARED and _name(quote) in {ARTICLE.sub("", name.casefold()) for name in best.speakers}
        count["right" if is_right else "wrong"] += 1
        if not is_right:
            given = " + ".join(span.text for span in quote.content)
            wanted = best.line if share >= MIN_TOUCHED else "nothing"
            remarks.append(f"{path.stem}: wrong: {_name(quote)}: {given!r}; expected: {wanted}")
    for each in expected:
        if not each.is_optional and each.line not in touched:
            count["missed"] += 1
            remarks.append(f"{path.stem}: missed: {each.line}")
    return count, remarks


def _name(quote: Quote) -> str:
    name = quote.speaker.name if quote.speaker and quote.speaker.name else "-"
    return ARTICLE.sub("", name.casefold())
