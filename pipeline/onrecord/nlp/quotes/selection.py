# SPDX-License-Identifier: Apache-2.0
"""Which candidates become quotes: one per cue, no content twice, and no text in more than ``MAX_NESTED`` quotes."""

from bisect import bisect_left, insort
from collections.abc import Iterable, Mapping, Sequence
from itertools import accumulate
from types import MappingProxyType

from onrecord.nlp.english.cues import nouns
from onrecord.nlp.english.lexicon import words
from onrecord.nlp.english.parse import Parse
from onrecord.nlp.english.words import source_nouns
from onrecord.nlp.quotes.candidates import Candidate, Spans
from onrecord.nlp.quotes.continuation import attributed_regions, chain
from onrecord.nlp.quotes.features import content_head
from onrecord.nlp.quotes.layout import QuotationLayout
from onrecord.nlp.quotes.scoring import SPOKEN, is_term

# F1 is flat from 0.4 to 0.5 (its optimum is at half of the best F1, Lipton et al. 2014); the upper end gives more precision.
MIN_PROBABILITY = 0.5
# "Rejected a compromise", "knew what was coming": without a clause and without marks an act is as frequent as an utterance.
MIN_PROBABILITY_OF_ACT = 0.72
MIN_PROBABILITY_OF_RECORD = 0.6  # documents do little but state: "a survey counted 900 wrecks"
# With a clause after a verb of saying somebody is quoted, nine times in ten; at this probability only the ends are in doubt.
MIN_PROBABILITY_OF_SAYING = 0.42
# The smaller the share of a verb's uses that annotators found words in ("spoken=" among the weights), the likelier is an act: "attacked the
# town", "approved the budget". Verbs of these classes need more below the second share and are acts below the first one.
ACTING = frozenset({"judge", "name", "accuse", "express", "think", "feel", "plan"})
MIN_SPOKEN, MOSTLY_SPOKEN = 0.5, 0.65
# "Rejected the treaty", "dismissed the lawsuit" (``quote_decided.tsv``); "rejected the claim" is an utterance.
DECIDING = frozenset({"accept", "approve", "declare", "deny", "dismiss", "grant", "reject"})
DEMANDING = frozenset({"demand", "request"})  # with an object
# Verbs above the second share need less, but not less than this: "praised the crews", "predicted a cold winter".
MIN_PROBABILITY_OF_WORDS = 0.64
IMPOSSIBLE = 2.0
SAYING = ("that", "bare", "wh", "order-that", "front", "paren", "around", "inverted", "according", "colon")
SAME_SHARE = 0.6  # of the words of both; two candidates that share as much are one quote
MIN_UNSURE = 0.1  # for a cue of a whole sentence in marks without any other cue
# How the names of the constructions whose content is a clause begin and end.
CLAUSES = (
    *("that", "wh", "bare", "xinf", "xbare", "advcl", "front", "paren", "around", "inverted", "according"),
    *("order", "trail", "lead", "named", "signed", "turn", "worded", "labelled", "colon", "block"),
)
ABOUT_ONESELF = frozenset({"admit", "deny", "recall"})  # "denied giving an order", but not "tweeted using a new name"
UNMARKED_CLAUSES = ("small", "ing", "x")  # "denied giving an order", "found the ships safe"
CLAUSE_ENDINGS = ("-that", "-wh", "-bare", "-inf", "+ing")
PLAIN_CONSTRUCTIONS = frozenset({"lead-comma", "lead-colon", "trail-comma", "trail-ask"})
NESTED_PROBABILITY = 0.5  # of a quote inside a quote with a cue of its own; a guess
MIN_TOKENS = 6  # marks included; shorter sentences in marks are mostly titles and slogans
IMPLICIT_PROBABILITY = 0.6  # the share of such sentences that annotators gave to the speaker of the last quote
NEIGHBOURS = 12  # chosen quotes to compare with on each side; in prose never more begin close to one another
# Quotes around one word. In prose there are at most three; a text that repeats "according to …" would have as many as it has cues, each
# as long as the text.
MAX_NESTED = 6


def is_act(candidate: Candidate, layout: QuotationLayout) -> bool:
    """Whether the content is the object of a cue or of its preposition, without a clause and without marks."""
    construction = candidate.construction
    clause = construction.startswith(CLAUSES) or construction.endswith(CLAUSE_ENDINGS) or not candidate.cue
    if construction == "xing" and candidate.lexical is not None:
        clause = candidate.lexical.lemma in ABOUT_ONESELF
    elif not clause:  # "called on the mayor to resign", "accused them of lying"
        clause = _governs_clause(candidate, layout.parse) or is_term(candidate, layout.parse)
    return not clause and not layout.marked_words_of(candidate.content)


def _governs_clause(candidate: Candidate, parse: Parse) -> bool:
    """Whether a content has the infinitive of a request or the -ing form of an accusation."""
    cue, tokens = candidate.lexical, range(*parse.tokens_of(*candidate.content[-1]))
    if cue is not None and cue.classes[0] in ("say", "ask"):
        own = (token for token in tokens if parse.head[token] == candidate.anchor)
        return any((parse.dep[token], parse.tag[token]) == ("xcomp", "VB") for token in own)
    if cue is None or not {"judge", "accuse"}.issubset(cue.classes):
        return False
    governors = (parse.head[token] for token in tokens if parse.dep[token] == "pcomp")
    return any(parse.head[word] == candidate.anchor and parse.lower[word] in cue.takes for word in governors)


def _is_decision(candidate: Candidate, layout: QuotationLayout) -> bool:
    """Whether an act decides about something, and says nothing: rejected the treaty."""
    parse, cue, source = layout.parse, candidate.lexical, candidate.source_head
    if cue is None:
        return False
    if cue.lemma == "recall":  # countries recall envoys, companies cars
        return source is not None and parse.ent_type[source] in ("GPE", "ORG")
    first, end = parse.tokens_of(*candidate.content[0])
    head = content_head(parse, first, end)
    word = parse.lower[head]
    if cue.lemma in words("quote_publishing"):  # a video; not: a warning
        return word not in nouns()
    if parse.tag[head] == "PRP" and (head + 1 >= end or parse.tag[head + 1] in ("IN", "RB", ".")):
        return True  # "dismissed them at noon"; not: called it a mistake
    return cue.lemma in DECIDING and not words("quote_decided").isdisjoint((word, word.removesuffix("s")))


def _min_score(candidate: Candidate, layout: QuotationLayout, table: Mapping[str, float]) -> float:
    cue = candidate.lexical
    if cue is not None and cue.classes[0] == "say" and candidate.construction.startswith(SAYING):
        return MIN_PROBABILITY_OF_SAYING
    if cue is None or not is_act(candidate, layout):
        return MIN_PROBABILITY
    is_request = cue.classes[0] == "ask" and candidate.construction == "for"
    if is_request or cue.lemma in DEMANDING:
        return MIN_PROBABILITY  # nobody calls for calm or demands an apology without words
    if _is_decision(candidate, layout):
        return IMPOSSIBLE
    if cue.lemma == "deny":
        return MIN_PROBABILITY  # three counts of arson: words, where no request is decided
    source = "" if candidate.source_head is None else layout.parse.lower[candidate.source_head]
    if source_nouns().get(source, ("", ""))[0] == "document":
        return MIN_PROBABILITY_OF_RECORD
    spoken = table.get(SPOKEN + cue.lemma, MOSTLY_SPOKEN)
    if cue.classes[0] not in ACTING or candidate.construction.startswith(UNMARKED_CLAUSES):
        spoken = max(spoken, MOSTLY_SPOKEN)
    elif spoken < MIN_SPOKEN:
        return IMPOSSIBLE
    return max(MIN_PROBABILITY_OF_ACT + MOSTLY_SPOKEN - spoken, MIN_PROBABILITY_OF_WORDS)


def select(
    candidates: Sequence[Candidate], layout: QuotationLayout, table: Mapping[str, float] = MappingProxyType({})
) -> list[Candidate]:
    """Return the candidates that become quotes, in text order; ``table`` says how often cues are words, not acts."""
    likely = [candidate for candidate in candidates if candidate.score >= MIN_PROBABILITY_OF_SAYING]
    likely = [candidate for candidate in likely if candidate.score >= _min_score(candidate, layout, table)]
    likely.sort(key=lambda candidate: (-candidate.score, candidate.content, candidate.anchor))
    chosen = _Chosen(layout)
    lost = [candidate for candidate in likely if not chosen.take(candidate, SAME_SHARE)]
    anchors = {candidate.anchor for candidate in lost} - chosen.anchors
    shorter: dict[int, list[Candidate]] = {}
    for candidate in candidates:
        if candidate.anchor in anchors and candidate.lexical is not None and candidate.lexical.is_speech:
            shorter.setdefault(candidate.anchor, []).append(candidate)
    for candidate in lost:
        for other in sorted(shorter.pop(candidate.anchor, ()), key=lambda other: -other.score):
            # The cue has a quote, but not this one: its probability is divided among the others.
            other_score = other.score / max(1 - candidate.score, other.score)
            if other_score >= MIN_PROBABILITY and chosen.take(other, 0):
                other.score = other_score
                break
    return chosen.in_order()


class _Chosen:
    """The chosen quotes."""

    def __init__(self, layout: QuotationLayout) -> None:
        self.layout = layout
        self.anchors: set[int] = set()
        self.starts: list[int] = []
        self.by_start: dict[int, list[Candidate]] = {}
        self.nested = _Nested(layout)

    def in_order(self) -> list[Candidate]:
        """Return the quotes in text order."""
        return [candidate for start in self.starts for candidate in self.by_start[start]]

    def take(self, candidate: Candidate, max_shared: float) -> bool:
        """Add a candidate unless its cue has a quote already, or its words are those of another cue's.

        Args:
            candidate: what may become a quote.
            max_shared: the share of words in common from which on two contents are the same; 0 for any.
        """
        if candidate.anchor in self.anchors or self.nested.is_full(candidate.content):
            return False
        start = candidate.content[0][0]
        place = bisect_left(self.starts, start)
        near = self.starts[max(0, place - NEIGHBOURS) : place + NEIGHBOURS]
        if any(self._clash(candidate, other, max_shared) for at in dict.fromkeys(near) for other in self.by_start[at]):
            return False
        self.anchors.add(candidate.anchor)
        if start not in self.by_start:
            insort(self.starts, start)
        self.by_start.setdefault(start, []).append(candidate)
        self.nested.add(candidate.content)
        return True

    def _clash(self, one: Candidate, other: Candidate, max_shared: float) -> bool:
        shared = self.layout.shared(one.content, other.content)
        if not shared or shared < max_shared:
            return False
        return not _is_inside(one, other, self.layout) and not _is_inside(other, one, self.layout)


class _Nested:
    """How many of the chosen quotes each token is in."""

    def __init__(self, layout: QuotationLayout) -> None:
        self.parse = layout.parse
        self.quotes_around = [0] * len(layout.parse)
        self.full: list[int] = []  # the tokens in ``MAX_NESTED`` quotes, sorted

    def is_full(self, content: Spans) -> bool:
        """Whether a token of a content is in as many quotes as can be."""
        for start, end in content:
            place = bisect_left(self.full, self.parse.first_at(start))
            if place < len(self.full) and self.parse.start[self.full[place]] < end:
                return True
        return False

    def add(self, content: Spans) -> None:
        """Count a quote."""
        for start, end in content:
            for token in range(self.parse.first_at(start), bisect_left(self.parse.start, end)):
                self.quotes_around[token] += 1
                if self.quotes_around[token] == MAX_NESTED:
                    insort(self.full, token)


def _is_inside(inner: Candidate, outer: Candidate, layout: QuotationLayout) -> bool:
    """Whether a cue is inside the content of another one: "Reed said the mayor had promised that …"."""
    at = layout.parse.start[inner.anchor]
    return any(start <= at < end for start, end in outer.content)


def _unsure(candidates: Iterable[Candidate], layout: QuotationLayout) -> dict[int, Candidate]:
    """Return, for each region in marks, its best candidate with a source, even if its score is low.

    Annotators leave out quotes inside quotes, so the learned scores say nothing about them: the construction decides.
    """
    best: dict[int, Candidate] = {}
    for candidate in candidates:
        region = candidate.region
        if region is None or candidate.source is None:
            continue
        if candidate.construction in PLAIN_CONSTRUCTIONS and (
            layout.quoted[region].region.parent is not None or candidate.score < MIN_UNSURE
        ):
            candidate.score = max(candidate.score, NESTED_PROBABILITY)
        if candidate.score >= MIN_UNSURE and (region not in best or candidate.score > best[region].score):
            best[region] = candidate
    return best


def implicit(candidates: Sequence[Candidate], layout: QuotationLayout, chosen: Sequence[Candidate]) -> list[Candidate]:
    """Return the quotes that no chosen candidate covers: whole sentences in marks, by the last speaker.

    Where there is a cue whose score was too low by itself, it is used: the marks make up for it.
    """
    covered = sorted(span for candidate in chosen for span in candidate.content)
    reach = list(accumulate((end for _, end in covered), max))
    unsure = _unsure(candidates, layout)
    # Where single marks are the rule, double ones are inside them; elsewhere single ones mark words, not speech.
    outermost = [span.region.single for span in layout.quoted if span.region.parent is None]
    british = 2 * sum(outermost) > len(outermost)
    attributed = attributed_regions(candidates)
    used = {candidate.anchor for candidate in chosen}
    found: list[Candidate] = []
    behind = 0  # code points: the end of the last implicit quote
    for span in layout.quoted:
        region = span.region
        if region.parent is not None:
            cued = unsure.get(span.index)
            if cued is not None and cued.anchor not in used and span.end - span.start >= MIN_TOKENS:
                used.add(cued.anchor)
                found.append(cued)
            continue
        if region.start < behind or layout.skip[span.start] or region.single != british:
            continue
        if not (span.is_sentence and span.is_prose) or span.end - span.start < MIN_TOKENS:
            continue
        place = bisect_left(covered, (region.end, 0))
        if place and reach[place - 1] > region.start:
            continue
        cued = unsure.get(span.index)
        if cued is not None and cued.anchor not in used:
            used.add(cued.anchor)
            found.append(cued)
            behind = cued.content[-1][1]
            continue
        regions = [layout.quoted[index].region for index in chain(layout, attributed, span.index)]
        content = tuple((part.start, part.end) for part in regions)
        found.append(Candidate("implicit", span.start, (), content, None, None, score=IMPLICIT_PROBABILITY))
        behind = content[-1][1]
    return found
