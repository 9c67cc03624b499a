# SPDX-License-Identifier: Apache-2.0
"""Segments of an article: which lines are its body, and which are promos, credits, bylines, datelines and captions.

The segments are marked, not removed, so offsets into the article's text stay valid. The component also marks the starts of paragraphs for
the parser, since a headline without a full stop would otherwise be parsed as part of the sentence below it.
"""

import functools
import itertools
import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np
from spacy.language import Language
from spacy.tokens import Doc
from thinc.types import Ints2d

from onrecord.data.records import Segment, SegmentKind
from onrecord.nlp.annotations import annotate, text_of
from onrecord.nlp.english import lexicon

# A promo or a credit is short; a longer line is prose, and bounding it bounds the regular expressions too.
MAX_MARKED_LINE = 300
HEAD_LINES = 8  # bylines and dates are among the first lines that are not blank
TAIL_LINES = 6  # contact lines and sources are among the last lines
# Hard-wrapped text has no longer lines than this (captions copied from a PDF), and most of its lines end in mid-sentence.
MAX_WRAPPED_LINE = 120
MIN_WRAPPED_LINE = 40  # of the longest line; shorter lines are of a list or a table
MIN_WRAPPED_SHARE = 0.6
MIN_WRAPPED_LINES = 3
KEPT_TEXTS = 64  # whose paragraphs are kept, for all that asks for them: those of a few batches
TERMINAL = frozenset(".!?:;…\"”’'»)]")
CLOSING_MARKS = "\"”’'»"  # a line in lower case below one of these continues it: “It failed,”⏎said Anna Berg

# Pictures, bullets and arrows before a line's first word.
ORNAMENT = re.compile(r"[^\w\s“„\"'‘«`(©@#$£€-][\W_]{0,3}?(?=[\w(])")
LINE_END = re.compile("\n")
LINE = re.compile(r"[^\r\n\v\f\x1c-\x1e\x85\u2028\u2029]+")
NAME = r"(?:[A-Z][\w.'’-]*|de|da|di|van|von|der|den|la|le|el|al|bin|Mc[A-Z]\w+)"
BYLINE = re.compile(
    rf"(?:[Bb]y|BY|Text by|Story by|From)\s*:?\s+(?P<name>{NAME}(?:[ \t]+{NAME}){{1,4}})"
    r"(?=$|\s*[,;|/&(—–·•@-]|\s+and\s+[A-Z]|\s+AND\s+[A-Z]|\s+(?:in|for|at|of)\s+[A-Z])"
)
STAFF = re.compile(
    rf"{NAME}(?:[ \t]+{NAME}){{1,3}}\s*[,|–—-]\s*(?:[\w.'’]+[ \t]+){{0,5}}"
    r"(?:[Rr]eporter|[Cc]orrespondent|[Ss]taff(?: [Ww]riter)?|[Ee]ditor|[Ww]riter|[Cc]olumnist)\.?$"
)
MONTH = (
    r"(?:Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?|Sept?(?:ember)?|Oct(?:ober)?|"
    r"Nov(?:ember)?|Dec(?:ember)?)\.?"
)
DATE = rf"(?:\d{{4}}-\d\d-\d\d|{MONTH} \d{{1,2}}(?:st|nd|rd|th)?(?:,? \d{{4}})?|\d{{1,2}}(?:st|nd|rd|th)? {MONTH}(?:,? \d{{4}})?)"
WEEKDAY = r"(?:(?:Mon|Tues?|Wed(?:nes)?|Thu(?:rs)?|Fri|Sat(?:ur)?|Sun)(?:day)?\.?,? )"
TIME = r"(?:,?\s*(?:at )?\d{1,2}[:.]\d\d(?:\s*[AaPp]\.?[Mm]\.?)?(?:\s*[A-Z]{2,4})?)"
DATE_LINE = re.compile(
    rf"(?:(?:Published|Updated|Posted|Last updated|Last modified|First published|Date)\b\s*:?\s*(?:on |at )?)?{WEEKDAY}?{DATE}{TIME}?\s*$",
    re.IGNORECASE,
)
UPPER = "A-ZÀ-ÖØ-Þ"
PLACE = rf"[{UPPER}][{UPPER}.'’-]+(?:[ /][{UPPER}][{UPPER}.'’-]*){{0,2}}"
REGION = rf"(?:, [{UPPER}][\w.’']{{1,16}}(?: [{UPPER}][a-z]{{1,16}})?)"
PLACE_DATE_LINE = re.compile(rf"{PLACE}{REGION}?,? {DATE}\s*$")
# "GENEVA, March 3 (Agency) — ": a place in capitals, or any place before a name in brackets, and a dash. After a place alone,
# a sentence must begin: "NATO — the alliance of 32 — met" is prose.
DASH = r"(?:\s?—\s?|\s?(?:–|--?)\s+)(?=\S)"
AGENCY = rf"\([{UPPER}][A-Za-z.&/ ]{{1,30}}\)"
SENTENCE = rf"(?=[\W_]{{0,3}}[{UPPER}\d])"
DATELINE = re.compile(
    rf"(?P<place>{PLACE}){REGION}?{DASH}{SENTENCE}"
    rf"|{PLACE}{REGION}?(?:,? {DATE}(?: ?{AGENCY})?| ?{AGENCY}){DASH}"
    rf"|[{UPPER}][\w.'’-]+(?: [{UPPER}][\w.'’-]+){{0,2}}{REGION}?(?:,? {DATE})? ?{AGENCY}{DASH}{SENTENCE}"
    rf"|{AGENCY}{DASH}{SENTENCE}"
)
# Only prose has these: promos and captions report no speech, bylines and dates are not sentences.
REPORTED = re.compile(r"\b(?:said|says|told|shouted|cried|asked|added|wrote)\b", re.IGNORECASE)
SENTENCE_ENDS = (".", "!", "?")


@dataclass(frozen=True, slots=True)
class Line:
    """A line or, in wrapped text, a paragraph: code points, no white space at either end."""

    start: int
    end: int
    text: str


def _lines(text: str) -> list[Line]:
    lines = []
    for match in LINE.finditer(text):
        stripped = match.group().strip()
        if stripped:
            start = match.start() + match.group().index(stripped[0])
            lines.append(Line(start, start + len(stripped), stripped))
    return lines


def _is_wrapped(lines: list[Line]) -> bool:
    """Whether the text is hard-wrapped, so that most line ends are meaningless."""
    longest = max((len(line.text) for line in lines), default=0)
    if len(lines) < MIN_WRAPPED_LINES or not MIN_WRAPPED_LINE <= longest <= MAX_WRAPPED_LINE:
        return False
    full = [line for line in lines[:-1] if len(line.text) >= MIN_WRAPPED_SHARE * longest]
    open_ended = sum(line.text[-1] not in TERMINAL for line in full)
    return 2 * len(full) > len(lines) and 2 * open_ended > len(full)


@functools.lru_cache(maxsize=KEPT_TEXTS)
def paragraphs(text: str) -> tuple[Line, ...]:
    """Return the paragraphs of a text in order: its lines, joined where a line ends in mid-sentence."""
    lines = _lines(text)
    if not lines:
        return ()
    wrapped = _is_wrapped(lines)
    width = max(len(line.text) for line in lines) * MIN_WRAPPED_SHARE
    starts = [0]
    for index, (above, below) in enumerate(itertools.pairwise(lines), 1):
        gap = text[above.end : below.start]
        blank_between = gap.count("\n") > 1 or gap.count("\r") > 1 or "\u2029" in gap
        is_open = above.text[-1] not in TERMINAL or above.text[-1] in CLOSING_MARKS
        mid_sentence = is_open and below.text[0].islower()
        wraps = wrapped and (above.text[-1] not in TERMINAL or len(above.text) >= width)
        if blank_between or not (mid_sentence or wraps):
            starts.append(index)
    joined = []
    for first, end in zip(starts, [*starts[1:], len(lines)], strict=True):
        start, stop = lines[first].start, lines[end - 1].end
        joined.append(Line(start, stop, text[start:stop]))
    return tuple(joined)


@functools.cache
def _marked_lines() -> tuple[tuple[SegmentKind, str, re.Pattern[str]], ...]:
    kinds: dict[str, SegmentKind] = {"PROMO": "PROMO", "CREDIT": "CREDIT", "CAPTION": "CAPTION"}
    return tuple(
        (kinds[kind], where, re.compile(pattern, re.IGNORECASE))
        for kind, where, pattern in lexicon.rows("segment_lines")
    )


def _kind(line: str, index: int, count: int) -> SegmentKind:
    """Return the kind of the paragraph at ``index`` of ``count``, by its words and its position."""
    if len(line) > MAX_MARKED_LINE:
        return "BODY"
    here = {"any": True, "inner": index > 0, "tail": index >= count - TAIL_LINES}
    if index < HEAD_LINES:
        if not line.endswith(SENTENCE_ENDS) and (BYLINE.match(line) or STAFF.fullmatch(line)):
            return "BYLINE"
        if DATE_LINE.match(line) or PLACE_DATE_LINE.match(line):
            return "DATELINE"
    ornament = ORNAMENT.match(line)
    begin = ornament.end() if ornament else 0
    for kind, where, pattern in _marked_lines():
        if here[where] and pattern.match(line, begin) and (kind == "CREDIT" or REPORTED.search(line) is None):
            return kind
    return "BODY"


def _dateline_end(line: str) -> int:
    """Return where the body begins after a dateline at the start of a paragraph; 0 if there is none."""
    match = DATELINE.match(line, 0, MAX_MARKED_LINE)
    if match is None or (match.group("place") or "") in lexicon.words("segment_labels"):
        return 0
    is_headline = line[:MAX_MARKED_LINE].isupper()
    return 0 if is_headline else match.end()


def line_ends(text: str, starts: Sequence[int]) -> list[int]:
    """Return the tokens that only wrap a paragraph; a line that begins with a number or a sign may be of a table or a list.

    Args:
        text: the text.
        starts: where each of its tokens begins, in code points.
    """
    found = dict.fromkeys(bisect_right(starts, end.start()) - 1 for end in LINE_END.finditer(text))
    lines = [(line.start, line.end) for line in paragraphs(text)] if found else []
    wraps = []
    for token in found:
        place = bisect_right(lines, (starts[token], len(text))) - 1
        if place >= 0 and starts[token] < lines[place][1] and text[starts[token + 1]].isalpha():
            wraps.append(token)
    return wraps


def find_segments(text: str) -> tuple[Segment, ...]:
    """Return the segments of a text, in order; adjacent paragraphs of the body are one segment.

    Together they cover every paragraph. Offsets are code points, end exclusive.
    """
    return _segments(paragraphs(text))


def _segments(units: Sequence[Line]) -> tuple[Segment, ...]:
    found: list[Segment] = []

    def add(kind: SegmentKind, start: int, end: int) -> None:
        if found and found[-1].kind == kind == "BODY":
            start = found.pop().start
        found.append(Segment(kind, start, end))

    for index, line in enumerate(units):
        kind = _kind(line.text, index, len(units))
        body = line.start
        if kind == "BODY" and (length := _dateline_end(line.text)):
            body += length
            add("DATELINE", line.start, line.start + len(line.text[:length].rstrip()))
        add(kind, body, line.end)
    return tuple(found)


class SegmentMarker:
    """Sets ``doc._.onrecord_segments`` and, on a Doc that is not parsed yet, where paragraphs begin."""

    def __call__(self, doc: Doc) -> Doc:
        """Mark the segments of a Doc."""
        units = paragraphs(text_of(doc))
        segments = _segments(units)
        annotate(doc, segments=segments)
        if not doc.has_annotation("DEP") and not doc.has_annotation("SENT_START"):
            starts = [*(unit.start for unit in units), *(segment.start for segment in segments)]
            is_start = np.isin(doc.to_array("IDX"), starts).astype(np.uint64)
            is_start[:1] = 1  # as in any Doc
            doc.from_array("SENT_START", cast(Ints2d, is_start))
        return doc


@Language.factory("onrecord_segments", assigns=["doc._.onrecord_segments", "token.is_sent_start"])
def make_segment_marker(nlp: Language, name: str) -> SegmentMarker:
    """Return the spaCy component ``onrecord_segments``; it must run before the parser, for which it marks the starts of paragraphs."""
    return SegmentMarker()
