# SPDX-License-Identifier: Apache-2.0
"""A possible quote: a cue, its content and its source."""

from dataclasses import dataclass

from onrecord.nlp.english.cues import Cue

Spans = tuple[tuple[int, int], ...]
Features = tuple[list[str], ...]  # their names, in parts that candidates share
STATEMENT = Cue("", ("say",), frozenset({"quote"}))  # of a quote that a colon, a dash or a label introduces
# Verbs with an object who is asked to do what an infinitive says.
REQUESTING = frozenset({"advise", "ask", "beg", "implore", "instruct", "order", "remind", "tell", "urge", "warn"})
SURE = ("layout=sure",)  # the link of a candidate whose form alone shows that someone is quoted


@dataclass(slots=True)
class Candidate:
    """One possible quote.

    Attributes:
        construction: how the content depends on the cue ("that", "inf", "obj", "of", "trail", ...).
        anchor: the main token of the cue.
        cue: the tokens of the cue, ends exclusive.
        content: the content in code points, ends exclusive.
        source: the tokens of the speaker phrase, end exclusive.
        source_head: the head of the speaker phrase.
        features: the names of its features (``features``).
        score: its probability (``scoring``).
        lexical: the cue's entry in the lexicon.
        links: how the content is joined to its neighbours.
        region: the region in quotation marks that the content begins with, where it was found by its marks.
    """

    construction: str
    anchor: int
    cue: tuple[tuple[int, int], ...]
    content: Spans
    source: tuple[int, int] | None
    source_head: int | None
    features: Features = ()
    score: float = 0.0
    lexical: Cue | None = None
    links: tuple[str, ...] = ()
    region: int | None = None
