# SPDX-License-Identifier: Apache-2.0
"""The layout of an article, in which quotes are searched for: its parse, its paragraphs, and the text in quotation marks.

A layout is complete when it is made and never changes. Candidates are proposed, scored and selected from it.
"""

from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

import numpy
from numpy.typing import NDArray
from spacy.tokens import Doc

from onrecord.nlp.english.parse import Parse
from onrecord.nlp.english.quotation import ENDS_SPEECH, NO_REGION, Region
from onrecord.nlp.quotes.candidates import Spans

CLOSING_MARKS = "’'”\"»"
ENDS_SENTENCE = frozenset(".!?…—,")
MAX_FUNCTION_WORD = 4  # letters: such words stay in lower case in titles
TITLE_SHARE = 0.7  # of the longer words of a title, the share that is capitalised
MAX_REGIONS_BETWEEN = 11  # regions inside a region, among which the one after it is looked for


@dataclass(frozen=True, slots=True)
class QuotedSpan:
    """A region in quotation marks with its tokens (ends exclusive)."""

    region: Region
    index: int
    start: int
    end: int
    inner_start: int
    inner_end: int
    last_sign: str  # the last sign inside the marks, or the one right after them
    is_sentence: bool  # begins with a capital and ends with a stop
    is_clause: bool  # contains a verb
    is_title: bool  # nearly every word is capitalised

    @property
    def is_prose(self) -> bool:
        """Whether it is a clause and no title."""
        return self.is_clause and not self.is_title


@dataclass(frozen=True, slots=True)
class QuotationLayout:
    """The parse, the paragraphs and the regions in quotation marks of one Doc.

    Attributes:
        doc: the Doc.
        parse: its parse.
        paragraph_starts: the first token of each paragraph.
        skip: for each token, whether it is outside the body (in a caption, a credit, a promo).
        quoted: the regions in quotation marks, in text order.
        region_of: for each token, the index of the innermost region around it, or ``NO_REGION``.
        joined: for each region, the index of the one that continues it with no word between them, or None.
        begun: for each code point, and the end of the text, how many words begin before it.
        ended: how many words end at or before it.
        marked_begun: ``begun``, of the words in quotation marks.
        marked_ended: ``ended``, of the words in quotation marks.
    """

    doc: Doc
    parse: Parse
    paragraph_starts: Sequence[int]
    skip: Sequence[bool]
    quoted: Sequence[QuotedSpan]
    region_of: Sequence[int]
    joined: Sequence[int | None]
    begun: Sequence[int]
    ended: Sequence[int]
    marked_begun: Sequence[int]
    marked_ended: Sequence[int]

    @classmethod
    def of(cls, doc: Doc) -> "QuotationLayout":
        """Return the layout of a parsed Doc."""
        parse = Parse.of(doc)
        quoted = tuple(_quoted_span(parse, index, region) for index, region in enumerate(parse.regions))
        words_before = tuple(accumulate(parse.is_word, initial=0))
        skip = [not inside for inside in parse.is_body]
        words = numpy.array(parse.is_word)
        marked = words & (numpy.array(parse.region_of) >= 0)
        return cls(
            doc=doc,
            parse=parse,
            paragraph_starts=parse.paragraph_starts,
            skip=skip,
            quoted=quoted,
            region_of=parse.region_of,
            joined=tuple(_joined(quoted, parse.paragraph_starts, skip, words_before)),
            begun=_until(parse.start, words, len(parse.source), 1),
            ended=_until(parse.end, words, len(parse.source), 0),
            marked_begun=_until(parse.start, marked, len(parse.source), 1),
            marked_ended=_until(parse.end, marked, len(parse.source), 0),
        )

    def words_of(self, spans: Spans) -> int:
        """Return the number of words in spans of code points."""
        begun, ended = self.begun, self.ended
        return sum([begun[end] - ended[start] for start, end in spans])

    def marked_words_of(self, spans: Spans) -> int:
        """Return the number of words in spans of code points that are in quotation marks."""
        begun, ended = self.marked_begun, self.marked_ended
        return sum([begun[end] - ended[start] for start, end in spans])

    def shared(self, one: Spans, other: Spans) -> float:
        """Return the words that two contents have in common, as a share of all their words."""
        if one == other:
            return 1.0
        common = 0
        for start, end in one:
            for low, high in other:
                first, last = max(start, low), min(end, high)
                if first < last:
                    common += self.begun[last] - self.ended[first]
        total = self.words_of(one) + self.words_of(other) - common
        return common / total if total else 1.0

    def is_marked(self, token: int) -> bool:
        """Whether a token is in quotation marks."""
        return self.region_of[token] != NO_REGION

    def outermost(self, region: int) -> int:
        """Return the region around a region that is in no other one."""
        for _ in range(len(self.quoted)):
            parent = self.quoted[region].region.parent
            if parent is None:
                break
            region = parent
        return region

    def paragraph_end(self, paragraph: int) -> int:
        """Return the first token after a paragraph."""
        return self.paragraph_start(paragraph + 1)

    def paragraph_start(self, paragraph: int) -> int:
        """Return the first token of a paragraph; after the last one, the number of tokens."""
        return self.paragraph_starts[paragraph] if paragraph < len(self.paragraph_starts) else len(self.parse)

    def next_region(self, span: QuotedSpan) -> int | None:
        """Return the next region of the same paragraph that is not inside this one."""
        return _next_region(self.quoted, span)


def _until(offsets: list[int], is_counted: NDArray[numpy.bool_], length: int, behind: int) -> Sequence[int]:
    """Return how many of the counted offsets are at or before each code point minus ``behind``, for ``length`` code points and the end."""
    counts = numpy.bincount(numpy.array(offsets)[is_counted] + behind, minlength=length + 1)
    return array("i", numpy.cumsum(counts).astype(numpy.int32).tobytes())


def _quoted_span(parse: Parse, index: int, region: Region) -> QuotedSpan:
    start, end = parse.tokens_of(region.start, region.end)
    inner_start, inner_end = parse.tokens_of(region.inner_start, region.inner_end)
    inside = range(inner_start, inner_end)
    first = next((token for token in inside if parse.is_word[token]), None)
    inner = parse.source[region.inner_start : region.inner_end].rstrip().rstrip(CLOSING_MARKS)
    last = inner[-1:] if inner[-1:] in ENDS_SPEECH else parse.source[region.end : region.end + 1].strip()
    long_words = [token for token in inside if len(parse.word[token]) > MAX_FUNCTION_WORD]
    is_clause = any(parse.is_verb(token) or parse.tag[token] == "MD" for token in inside)
    if is_clause and long_words[:1] == [first]:
        long_words = long_words[1:]  # a sentence begins with a capital
    capitalised = sum(parse.word[token][0].isupper() for token in long_words)
    return QuotedSpan(
        region=region,
        index=index,
        start=start,
        end=end,
        inner_start=inner_start,
        inner_end=inner_end,
        last_sign=last,
        is_sentence=first is not None and parse.word[first][0].isupper() and last in ENDS_SENTENCE,
        is_clause=is_clause,
        is_title=capitalised > TITLE_SHARE * len(long_words),
    )


def _joined(
    quoted: Sequence[QuotedSpan], starts: Sequence[int], skip: Sequence[bool], words_before: Sequence[int]
) -> list[int | None]:
    """Return, for each region, the one that continues it with no word between them."""
    first_of_paragraph: dict[int, int] = {}
    for span in quoted:
        if span.region.parent is None:
            first_of_paragraph.setdefault(span.region.paragraph, span.index)
    joined: list[int | None] = [None] * len(quoted)
    for span in quoted:
        region = span.region
        if region.goes_on:
            below = next((p for p in range(region.paragraph + 1, len(starts)) if not skip[starts[p]]), None)
            later = None if below is None else first_of_paragraph.get(below)
            if below is not None and later is not None and quoted[later].start == starts[below]:
                joined[span.index] = later
            continue
        later = _next_region(quoted, span)
        if later is not None and words_before[quoted[later].start] == words_before[span.end]:
            joined[span.index] = later
    return joined


def _next_region(quoted: Sequence[QuotedSpan], span: QuotedSpan) -> int | None:
    for index in range(span.index + 1, min(span.index + 1 + MAX_REGIONS_BETWEEN, len(quoted))):
        other = quoted[index].region
        if other.paragraph != span.region.paragraph:
            return None
        if other.parent == span.region.parent and other.start >= span.region.end:
            return index
    return None
