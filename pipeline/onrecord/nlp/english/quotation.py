# SPDX-License-Identifier: Apache-2.0
"""Quotation marks: which stretches of a text, and which of its tokens, are inside them.

This is the only reader of quotation marks: quotes and stances must agree on the text in marks. Straight marks look the same
whether they open or close, so the characters around them decide. A paragraph that opens with a mark and never closes it is a quote
that continues in the next paragraph, if that opens with a mark as well.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

# Not the apostrophe for letters left out at the beginning: '90s, 'em.
ELIDED = r"(?!\d\ds?\b|(?:em|til|tis|twas|n)\b)"
MARK = re.compile(rf"[“”„«»‹›\"’‚]|‘{ELIDED}|``|''|(?<![\w'])'{ELIDED}|'(?![\w'])")
SINGLE = frozenset("‘’‚'‹›")
DOUBLE = frozenset('“”„"«»') | {"``", "''"}
ALL_MARKS = SINGLE | DOUBLE
APOSTROPHES = frozenset("’'")
STRAIGHT = frozenset({'"', "''"})
OPENING = frozenset("“„«‹‘‚") | {"``"}
CLOSING = frozenset("”»›’")
ANGLED = str.maketrans("«»‹›", "»«›‹")
BEFORE_OPENING = frozenset("([{—–-―/:;,>…“\"‘'«„`")
ENDS_SPEECH = frozenset(".,!?…—–-;:")
MAX_DEPTH = 4  # marks within marks; deeper ones are noise
NO_REGION = -1  # the region of a token that is in no marks


@dataclass(frozen=True, slots=True)
class Region:
    """A stretch of text in quotation marks, in code points.

    Attributes:
        start: the first code point of the opening mark.
        end: the end (exclusive) of the closing mark.
        inner_start: the first code point inside the marks.
        inner_end: the end (exclusive) of the text inside the marks.
        paragraph: the index of its paragraph.
        parent: the index of the region around it, or None.
        goes_on: whether its paragraph ends before the mark is closed.
        single: whether its marks are single ones.
    """

    start: int
    end: int
    inner_start: int
    inner_end: int
    paragraph: int
    parent: int | None
    goes_on: bool
    single: bool


@dataclass(frozen=True, slots=True)
class _Open:
    start: int
    inner: int
    single: bool
    curly: bool


@dataclass(frozen=True, slots=True)
class _Pair:
    start: int
    end: int
    inner_start: int
    inner_end: int
    goes_on: bool
    single: bool


def _can_open(text: str, start: int, end: int) -> bool:
    before = text[start - 1] if start else " "
    after = text[end] if end < len(text) else " "
    return (before.isspace() or before in BEFORE_OPENING) and not after.isspace()


def _can_close(text: str, start: int, end: int) -> bool:
    before = text[start - 1] if start else " "
    after = text[end] if end < len(text) else " "
    return not before.isspace() and not after.isalnum()


def _is_possessive(text: str, start: int, end: int, later_close: bool) -> bool:
    """Whether a single mark after an s is the possessive of a plural ("the dockers’ union"), not the end of a quotation."""
    return (
        later_close
        and text[start - 1 : start] == "s"
        and text[end : end + 1] == " "
        and text[end + 1 : end + 2].islower()
    )


def _roles(text: str, mark: re.Match[str], is_reversed: bool = False) -> tuple[bool, bool]:
    """Return whether a mark can open and whether it can close a quotation, by its shape and its neighbours.

    ``is_reversed``: guillemets point inwards, »as in German and Danish«.
    """
    sign, (start, end) = mark.group(), mark.span()
    sign = sign.translate(ANGLED) if is_reversed else sign
    after_space = not start or text[start - 1].isspace()
    may_open, may_close = _can_open(text, start, end), _can_close(text, start, end)
    can_open = sign in OPENING or (sign not in CLOSING and may_open)
    can_close = sign in CLOSING or (sign not in OPENING and may_close)
    if sign in APOSTROPHES:
        can_close = can_close and may_close
    if sign == "‘":
        can_open = may_open
    if sign == "“" and may_close and not may_open:
        return True, True  # „as in German“, or “typed wrong“
    if sign == "”" and may_open and after_space:
        return True, True  # ”as in Swedish”
    if sign in STRAIGHT and after_space and (end == len(text) or text[end].isspace()):
        return True, True  # " set apart on both sides ": it closes what is open, and opens if nothing is
    if can_open and can_close and after_space:
        can_close = False
    return can_open, can_close


def _has_reversed(text: str, start: int, end: int) -> bool:
    """Whether the first guillemet of a paragraph is one that points inwards and another one closes it."""
    first = next((at for at in (text.find(sign, start, end) for sign in "»›") if at >= 0), -1)
    if first < 0 or any(text.find(sign, start, first) >= 0 for sign in "«‹"):
        return False
    opens = first == start or text[first - 1].isspace() or text[first - 1] in BEFORE_OPENING
    return opens and any(text.find(sign, first, end) >= 0 for sign in "«‹")


def _pairs(text: str, start: int, end: int, single_may_go_on: bool) -> list[_Pair]:
    """Pair the marks of one paragraph; an outermost mark that is never closed runs to its end.

    A single one, which may be an apostrophe, does so only where the next paragraph opens with such a mark.
    """
    is_reversed = _has_reversed(text, start, end)
    marks = [(mark, *_roles(text, mark, is_reversed)) for mark in MARK.finditer(text, start, end)]
    closers_left = single_may_go_on + sum(can_close and mark.group() in APOSTROPHES for mark, _, can_close in marks)
    stack: list[_Open] = []
    found: list[_Pair] = []
    for mark, can_open, can_close in marks:
        sign, (at, after) = mark.group(), mark.span()
        single = sign in SINGLE
        closers_left -= can_close and sign in APOSTROPHES
        partner = next((i for i in range(len(stack) - 1, -1, -1) if stack[i].single == single), None)
        if can_close and partner is not None and not (single and _is_possessive(text, at, after, closers_left > 0)):
            opened = stack[partner]
            del stack[partner:]
            found.append(_Pair(opened.start, after, opened.inner, at, False, single))
            continue
        if not can_open or len(stack) >= MAX_DEPTH:
            continue
        if not single and partner is not None and not (sign == "“" and stack[partner].curly):
            del stack[partner:]  # the earlier mark was never closed
        stack.append(_Open(at, after, single, sign in OPENING))
    left_open = next((opened for opened in stack if single_may_go_on or not opened.single), None)
    if left_open is not None and text[left_open.inner : end].strip():
        found.append(_Pair(left_open.start, end, left_open.inner, end, True, left_open.single))
    return sorted(found, key=lambda pair: (pair.start, -pair.end))


def _opens_with_single(text: str, start: int) -> bool:
    mark = MARK.match(text, start)
    return mark is not None and mark.group() in SINGLE and _roles(text, mark)[0]


def find_regions(text: str, spans: Sequence[tuple[int, int]]) -> list[Region]:
    """Return the regions of a text that are in quotation marks, in text order.

    Args:
        text: the article's text.
        spans: its paragraphs, in code points, ends exclusive.
    """
    regions: list[Region] = []
    for paragraph, (start, end) in enumerate(spans):
        enclosing: list[int] = []
        single_may_go_on = paragraph + 1 < len(spans) and _opens_with_single(text, spans[paragraph + 1][0])
        for piece in _pairs(text, start, end, single_may_go_on):
            inner = text[piece.inner_start : piece.inner_end]
            if not any(map(str.isalnum, inner)):
                continue
            stripped_end = piece.end - (
                len(text[piece.start : piece.end]) - len(text[piece.start : piece.end].rstrip())
            )
            while enclosing and regions[enclosing[-1]].end < piece.end:
                enclosing.pop()
            parent = enclosing[-1] if enclosing else None
            regions.append(
                Region(
                    piece.start,
                    stripped_end,
                    piece.inner_start,
                    min(piece.inner_end, stripped_end),
                    paragraph,
                    parent,
                    piece.goes_on,
                    piece.single,
                )
            )
            enclosing.append(len(regions) - 1)
    return regions
