"""All readings of one Doc: candidates from syntax and from marks, snapped to the marks, described and weighed."""

from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import replace

from spacy.tokens import Doc

from onrecord.nlp.annotations import segments_of
from onrecord.nlp.quotes.candidates import Candidate, Spans
from onrecord.nlp.quotes.colons import Colons
from onrecord.nlp.quotes.features import Describer
from onrecord.nlp.quotes.marks import Region, find_regions
from onrecord.nlp.quotes.quotation_candidates import Direct, Marked, mark_tokens
from onrecord.nlp.quotes.speakers import other_sources, phrase, quoted_as
from onrecord.nlp.quotes.syntax_candidates import Frames
from onrecord.nlp.quotes.tree import FINITE, Tree
from onrecord.nlp.quotes.weights import weigh
from onrecord.nlp.segments import paragraphs

# Forms that say clearly enough that someone is quoted, and that are too rare to be learned: guesses, by frame or link. Names in
# capitals before line after line are a transcript.
LEAST_BY_FORM = {"worded": 0.8, "labelled": 0.6, "quoted-as": 0.6, "turn=capitals-many": 0.6}
# The forms that name their source themselves.
WITH_SOURCE = ("named", "signed", "turn", "worded", "labelled", "inverted", "according")
STOPS = frozenset(".!?;")
LONGEST_CHAIN = 40  # regions that one quote runs over; speeches printed in full have about twenty paragraphs


class Reading:
    """One Doc's tree, its regions in marks, and the candidates, best reading first for each cue."""

    def __init__(self, doc: Doc, table: Mapping[str, float]) -> None:
        """Read a parsed Doc; ``table`` are the features' weights."""
        self.doc = doc
        self.tree = Tree(doc)
        tree = self.tree
        self.paragraphs = [(line.start, line.end) for line in paragraphs(tree.text)]
        self.paragraph_starts = [tree.first_at(start) for start, _ in self.paragraphs]
        self.skip = self._skipped(doc)
        self.marked = mark_tokens(tree, find_regions(tree.text, self.paragraphs))
        self.region_of = [-1] * tree.size  # the innermost region of each token
        for item in self.marked:
            for token in range(item.inner_start, item.inner_end):
                self.region_of[token] = item.index
        self._marked_words = [0]
        self._words = [0]
        for token in range(tree.size):
            self._words.append(self._words[-1] + tree.is_word[token])
            self._marked_words.append(self._marked_words[-1] + (tree.is_word[token] and self.region_of[token] >= 0))
        self.joins = self._plain_joins()
        self.trailing: dict[int, Candidate] = {}
        self._other_sources: dict[tuple[int, int | None], list[tuple[int | None, tuple[int, int] | None]]] = {}
        self.candidates = self._candidates()
        weigh(self, table)
        self._raise_sure_forms()

    def _raise_sure_forms(self) -> None:
        """Give the best reading of each cue in one of the sure forms the least probability of that form."""
        best: dict[tuple[int, str], Candidate] = {}
        for candidate in self.candidates:
            forms = [form for form in (candidate.frame, *candidate.links) if form in LEAST_BY_FORM]
            if quoted_as(self.tree, candidate.anchor) is not None:
                forms.append("quoted-as")
            for form in forms:
                other = best.setdefault((candidate.anchor, form), candidate)
                if candidate.score > other.score:
                    best[candidate.anchor, form] = candidate
        for (_, form), candidate in best.items():
            candidate.score = max(candidate.score, LEAST_BY_FORM[form])

    def _skipped(self, doc: Doc) -> list[bool]:
        tree = self.tree
        skip = [False] * tree.size
        for segment in segments_of(doc):
            if segment.kind != "BODY":
                for token in range(tree.first_at(segment.start), bisect_left(tree.starts, segment.end)):
                    skip[token] = True
        return skip

    def words_of(self, spans: Spans) -> int:
        """Return the number of words in spans of code points."""
        return sum(self._count(self._words, start, end) for start, end in spans)

    def marked_words_of(self, spans: Spans) -> int:
        """Return the number of words in spans of code points that stand in marks."""
        return sum(self._count(self._marked_words, start, end) for start, end in spans)

    def shared(self, one: Spans, other: Spans) -> float:
        """Return the share of common words in all words of two contents."""
        if one == other:
            return 1.0
        common = 0
        for start, end in one:
            for low, high in other:
                if max(start, low) < min(end, high):
                    common += self._count(self._words, max(start, low), min(end, high))
        total = self.words_of(one) + self.words_of(other) - common
        return common / total if total else 1.0

    def _count(self, sums: list[int], start: int, end: int) -> int:
        return sums[bisect_left(self.tree.starts, end)] - sums[self.tree.first_at(start)]

    def _plain_joins(self) -> list[int | None]:
        """Return, for each region, the one that goes on with it with no word between."""
        first_of_paragraph: dict[int, int] = {}
        for item in self.marked:
            if item.region.parent is None:
                first_of_paragraph.setdefault(item.region.paragraph, item.index)
        joins: list[int | None] = [None] * len(self.marked)
        for item in self.marked:
            region = item.region
            if region.goes_on:
                later = first_of_paragraph.get(region.paragraph + 1)
                if later is not None and self.marked[later].start == self.paragraph_starts[region.paragraph + 1]:
                    joins[item.index] = later
                continue
            later = self._next(item)
            if later is not None and self._words[self.marked[later].start] == self._words[item.end]:
                joins[item.index] = later
        return joins

    def _next(self, item: Marked) -> int | None:
        """Return the next region of the same paragraph that does not stand in this one."""
        for place in range(item.index + 1, min(item.index + 12, len(self.marked))):
            other = self.marked[place].region
            if other.paragraph != item.region.paragraph:
                return None
            if other.parent == item.region.parent and other.start >= item.region.end:
                return place
        return None

    def _chain(self, place: int) -> list[int]:
        """Return the regions that go on with the quote of a region, itself first."""
        chain = [place]
        while len(chain) < LONGEST_CHAIN:
            later = self.joins[chain[-1]]
            if later is None or later in self.trailing:
                break
            chain.append(later)
        return chain

    def chain(self, place: int) -> list[Region]:
        """Return the regions of the quote that begins with a region."""
        return [self.marked[index].region for index in self._chain(place)]

    def _continuation(self, item: Marked, cue: int) -> list[int]:
        """Return the regions that go on behind an attribution: "…," X said. "…"."""
        tree = self.tree
        later = self._next(item)
        if later is None or later in self.trailing:
            return []
        other = self.marked[later]
        if other.start <= cue or other.start - cue > LONGEST_CHAIN:
            return []
        stops = 0
        for token in range(cue + 1, other.start):
            if tree.tags[token] in FINITE and tree.labels[token] not in ("aux", "auxpass"):
                introduces = token == tree.previous_word[other.start - 1] and tree.words[token + 1] not in STOPS
                if introduces or tree.labels[token] != "relcl":
                    return []
            if stops and tree.is_word[token]:
                return []
            stops += tree.words[token] in (".", "!", "?", ";")
        last = next((t for t in range(other.start - 1, cue, -1) if not tree.words[t].isspace()), cue)
        if tree.words[last] not in (".", ",", ":", ";", "!", "?", "—", "–") and last != cue:
            return []
        return self._chain(later)

    def _lengths(self, place: int, candidate: Candidate) -> list[Candidate]:
        """Return a candidate of a region with all regions that go on with it, and with fewer of them."""
        item = self.marked[place]
        chain, later = self._chain(place), []
        if candidate.frame.startswith("trail") and len(chain) == 1:
            later = self._continuation(item, candidate.anchor)
        links = (f"sentence={item.is_sentence}", f"verb={item.is_clause}", f"last={item.last_sign}")
        whole = chain + later
        kinds = [(len(whole), "whole")]
        if later:
            stop = any(
                self.tree.words[token] in STOPS for token in range(candidate.anchor, self.marked[later[0]].start)
            )
            kinds = [(len(whole), f"stop-{stop}-with"), (1, f"stop-{stop}-without")]
        elif len(chain) > 1:
            kinds = [(len(chain), "chain-with"), (1, "chain-without")]
        found = []
        for length, kind in kinds:
            content = tuple((self.marked[at].region.start, self.marked[at].region.end) for at in whole[:length])
            found.append(replace(candidate, content=content, place=place, links=(*links, f"goes-on={kind}")))
        return found

    def _candidates(self) -> list[Candidate]:
        tree = self.tree
        found = list(Frames(tree, self.skip))
        for candidate in found:
            candidate.content = self._snap(candidate)
        marks = Direct(tree, self.marked, self.skip, self.paragraph_starts)
        direct = list(marks)
        found += Colons(tree, self.skip, self.region_of, self.paragraph_starts)
        for place, candidate in direct:
            if candidate.frame.startswith(("trail-comma", "trail-ask")):
                self.trailing.setdefault(place, candidate)
        for place, candidate in direct:
            found += self._lengths(place, candidate)
        kept = [other for candidate in found if candidate.content for other in self._with_other_sources(candidate)]
        describer = Describer(self)
        for candidate in kept:
            candidate.features = describer.describe(candidate)
        return kept

    def _with_other_sources(self, candidate: Candidate) -> list[Candidate]:
        """Return the candidate, and a copy for each other phrase that may be its source."""
        if candidate.frame.startswith(WITH_SOURCE):
            return [candidate]
        others = self._other_sources.get((candidate.anchor, candidate.source_head))
        if others is None:
            others = self._other_sources[candidate.anchor, candidate.source_head] = [
                (head, None if head is None else phrase(self.tree, head, candidate.anchor))
                for head in other_sources(self.tree, candidate.anchor, candidate.source_head)
            ]
        return [candidate, *(replace(candidate, source=where, source_head=head) for head, where in others)]

    def _snap(self, candidate: Candidate) -> Spans:
        """Keep content within the marks that its cue stands in, and let it take in marks that it cuts through."""
        tree = self.tree
        outer = self.region_of[candidate.anchor]
        snapped = []
        for start, end in candidate.content:
            if outer >= 0:
                region = self.marked[outer].region
                start, end = max(start, region.inner_start), min(end, region.inner_end)
            if start >= end:
                continue
            last = self.region_of[bisect_left(tree.starts, end) - 1]
            if last >= 0 and last != outer:
                region = self.marked[last].region
                if region.start >= start - 2 and region.end > end:
                    end = region.end
            first = self.region_of[tree.first_at(start)]
            if first >= 0 and first != outer:
                region = self.marked[first].region
                if (
                    region.start < start
                    and region.end <= end + 2
                    and not region.start <= tree.starts[candidate.anchor] < region.end
                ):
                    start, end = region.start, max(end, region.end)
            while start < end and tree.text[start].isspace():
                start += 1
            while start < end and tree.text[end - 1].isspace():
                end -= 1
            if start < end and self.words_of(((start, end),)):
                snapped.append((start, end))
        return _joined(snapped)

    def outermost(self, region: int) -> int:
        """Return the region that holds a region and stands in no other one."""
        for _ in range(len(self.marked)):
            parent = self.marked[region].region.parent
            if parent is None:
                break
            region = parent
        return region


def _joined(spans: list[tuple[int, int]]) -> Spans:
    """Return the spans in text order, those that overlap as one."""
    joined: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return tuple(joined)
