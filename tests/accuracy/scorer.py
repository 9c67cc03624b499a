# SPDX-License-Identifier: Apache-2.0
"""Compares what was found in an article with its gold annotations: counts, and each difference as a line of text.

Definitions:

* **Words** of a span: the places of its runs of letters, digits and inner apostrophes; punctuation does not count.
* **Overlap** of two spans (or sets of spans): words in both divided by words in either (IoU).
* **Same name**: equal without regard to case, the kind of apostrophe, a leading article, and whatever follows a comma.
* Records are paired one to one, the greatest overlap first, and optional gold records only after all others. A found record
  paired with an optional gold record counts as neither right nor wrong; an optional one that was not found is not missed.

Kinds, each with true positives (tp), false positives (fp: found, not in the gold) and false negatives (fn: in the gold, not
found):

* ``segments``: other than BODY; the kind is the same and the overlap at least .5.
* ``entities``: paired by the number of shared mentions, then by name; right if name and type are the gold's.
* ``mentions``: by name only; right if the overlap with a mention of the paired entity is at least .5.
* ``roles``, ``codes`` (Wikidata item, country), ``metonyms`` (``refers_to``): of entities that are right. A wrong value counts
  as both fp and fn. The country is scored only where the gold has it.
* ``quotes``: overlap of content at least .5. A record of something ``unsaid`` is an fp, unless its realis is not ACTUAL either.
* ``types``, ``cues``, ``phrases``, ``speakers``: of quotes, end to end: tp if the quote is found *and* its type, a word of its
  cue, a word of the phrase that names the speaker ("she"), or the speaker's resolved name is right. A cue
  of no words, such as a colon, counts as none. A quote without a phrase of its own, which follows on from another, may have
  the other's. fn is the rest of the gold quotes, fp the rest of the found ones.
* ``stances``: same holder, same polarity, and targets with a word in common.
* ``asserted_by``: of stances that are right: the names of those who claim that the holder takes the stance. A source that
  may be null is not missed.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from tests.accuracy.gold import Article, Names, Place
from tests.accuracy.gold import Entity as GoldEntity
from tests.accuracy.gold import Quote as GoldQuote
from tests.accuracy.gold import Stance as GoldStance

KINDS = (
    "segments",
    "entities",
    "mentions",
    "roles",
    "codes",
    "metonyms",
    "quotes",
    "types",
    "cues",
    "phrases",
    "speakers",
    "stances",
    "asserted_by",
)
MIN_OVERLAP = 0.5
WORD = re.compile(r"\w+(?:['’]\w+)*")
ARTICLE_WORD = re.compile(r"^(?:the|a|an)\s+")
MAX_SHOWN = 72  # code points of a span in a line of the report

Gold = TypeVar("Gold")
Found = TypeVar("Found")


@dataclass(frozen=True)
class FoundSegment:
    """A segment of the product's article record."""

    kind: str
    place: Place


@dataclass(frozen=True)
class FoundEntity:
    """An entity record, with its mentions by name."""

    name: str
    type: str
    mentions: tuple[Place, ...]
    role: str | None = None
    wikidata: str | None = None
    country: str | None = None
    refers_to: str | None = None


@dataclass(frozen=True)
class FoundQuote:
    """A quote record; ``said`` is False where its realis is not ACTUAL."""

    type: str
    content: tuple[Place, ...]
    cue: tuple[Place, ...] = ()
    mention: Place | None = None
    speaker: str | None = None
    said: bool = True


@dataclass(frozen=True)
class FoundStance:
    """A stance record."""

    holder: str
    target: Place | None
    polarity: str
    by: tuple[str, ...] = ()


@dataclass(frozen=True)
class FoundRecords:
    """Everything the product found in one article."""

    segments: tuple[FoundSegment, ...] = ()
    entities: tuple[FoundEntity, ...] = ()
    quotes: tuple[FoundQuote, ...] = ()
    stances: tuple[FoundStance, ...] = ()


@dataclass
class Counts:
    """True positives, false positives and false negatives of one kind."""

    tp: int = 0
    fp: int = 0
    fn: int = 0

    def __iadd__(self, other: "Counts") -> "Counts":
        self.tp += other.tp
        self.fp += other.fp
        self.fn += other.fn
        return self

    @property
    def precision(self) -> float:
        return self.tp / (self.tp + self.fp) if self.tp + self.fp else 1.0

    @property
    def recall(self) -> float:
        return self.tp / (self.tp + self.fn) if self.tp + self.fn else 1.0

    @property
    def f1(self) -> float:
        errors = self.fp + self.fn
        return 2 * self.tp / (2 * self.tp + errors) if self.tp + errors else 1.0


@dataclass
class Score:
    """The counts of one article, and a line for each difference, in the order of the kinds and of the text."""

    counts: dict[str, Counts] = field(default_factory=lambda: {kind: Counts() for kind in KINDS})
    differences: list[str] = field(default_factory=list)


def score(gold: Article, found: FoundRecords) -> Score:
    """Compare an article's records with its gold annotations."""
    scorer = _Scorer(gold)
    scorer.segments(found.segments)
    scorer.entities(found.entities)
    scorer.quotes(found.quotes)
    scorer.stances(found.stances)
    return scorer.score


def same_name(names: Names, found: str | None) -> bool:
    """Whether a name is one of the gold's alternatives."""
    return (None if found is None else normal(found)) in {None if name is None else normal(name) for name in names}


def normal(name: str) -> str:
    """Return a name in the form in which names are compared."""
    return ARTICLE_WORD.sub("", name.replace("’", "'").partition(",")[0].casefold()).strip()


def overlap(ours: frozenset[int], theirs: frozenset[int]) -> float:
    """Return the share of the words of either that are words of both; 0 where there are none."""
    return len(ours & theirs) / len(ours | theirs) if ours | theirs else 0.0


def pairs(gold: Sequence[Gold], found: Sequence[Found], weight: Callable[[Gold, Found], float]) -> dict[int, int]:
    """Pair records one to one, the heaviest pair first, then in order; ``weight`` is 0 for what can't be paired.

    Returns:
        For the index of each paired found record, the index of its gold record.
    """
    weights = [(-weight(g, f), i, j) for i, g in enumerate(gold) for j, f in enumerate(found)]
    of_found: dict[int, int] = {}
    for negative, i, j in sorted(weights):
        if negative < 0 and j not in of_found and i not in of_found.values():
            of_found[j] = i
    return of_found


class _Scorer:
    def __init__(self, gold: Article) -> None:
        self.gold = gold
        self.score = Score()
        self.text = gold.text
        self.starts = [match.start() for match in WORD.finditer(gold.text)]

    # One method per kind of record

    def segments(self, found: Sequence[FoundSegment]) -> None:
        def weight(gold_index: int, found_index: int) -> float:
            segment, other = self.gold.segments[gold_index], found[found_index]
            return self._if_enough([segment.place], [other.place]) if other.kind in segment.kinds else 0.0

        optional = [segment.optional for segment in self.gold.segments]
        paired, missed, spurious = self._matched(optional, len(found), weight)
        self._count("segments", Counts(len(paired), len(spurious), len(missed)))
        for i in missed:
            segment = self.gold.segments[i]
            self._differ(f"missed segment: {'/'.join(segment.kinds)} {self._shown([segment.place])}")
        for j in spurious:
            self._differ(f"spurious segment: {found[j].kind} {self._shown([found[j].place])}")

    def entities(self, found: Sequence[FoundEntity]) -> None:
        gold = self.gold.entities

        def weight(gold_index: int, found_index: int) -> float:
            shared = len(self._shared_mentions(gold[gold_index], found[found_index]))
            return shared + same_name(gold[gold_index].names, found[found_index].name) / 2

        paired, missed, spurious = self._matched([entity.optional for entity in gold], len(found), weight)
        for j in range(len(found)):
            if j in paired:
                self._compare_entities(gold[paired[j]], found[j])
        for i in missed:
            self._count("entities", Counts(fn=1))
            self._count("mentions", Counts(fn=len(gold[i].mentions)))
            self._differ(f"missed entity: {_shown_entity(gold[i])}")
        for j in spurious:
            self._count("entities", Counts(fp=1))
            self._count("mentions", Counts(fp=len(found[j].mentions)))
            self._differ(f"spurious entity: {found[j].type} {found[j].name}")

    def _compare_entities(self, gold: GoldEntity, found: FoundEntity) -> None:
        is_named, is_typed = same_name(gold.names, found.name), found.type in gold.types
        if is_named and is_typed:
            self._count("entities", Counts(tp=1))
            self._compare_values(gold, found)
        else:
            self._count("entities", Counts(fp=1, fn=1))
            self._differ(f"wrong entity: {_shown_entity(gold)}, found {found.type} {found.name}")
        shared = self._shared_mentions(gold, found)
        missed = [place for i, place in enumerate(gold.mentions) if i not in shared.values()]
        spurious = [place for j, place in enumerate(found.mentions) if j not in shared]
        self._count("mentions", Counts(len(shared), len(spurious), len(missed)))
        for place in missed:
            self._differ(f"missed mention: {gold.names[0]}: {self._numbered(place)}")
        for place in spurious:
            self._differ(f"spurious mention: {gold.names[0]}: {self._numbered(place)}")

    def _compare_values(self, gold: GoldEntity, found: FoundEntity) -> None:
        for kind, label, expected, value in (
            ("roles", "role", gold.role, found.role),
            ("codes", "wikidata", gold.wikidata, found.wikidata),
            ("codes", "country", gold.country, found.country),
            ("metonyms", "refers to", gold.refers_to, found.refers_to),
        ):
            if expected is None:
                continue
            if same_name(expected, value):
                self._count(kind, Counts(tp=value is not None))
            else:
                self._count(kind, Counts(fp=value is not None, fn=None not in expected))
                self._differ(f"wrong {label}: {gold.names[0]}: {_shown_names(expected)}, found {value or 'none'}")

    def quotes(self, found: Sequence[FoundQuote]) -> None:
        gold = [quote for quote in self.gold.quotes if quote.said]
        unsaid = [quote for quote in self.gold.quotes if not quote.said]

        def weight(gold_index: int, found_index: int) -> float:
            if not found[found_index].said:
                return 0.0
            return self._if_enough(gold[gold_index].content, found[found_index].content)

        paired, missed, spurious = self._matched([quote.optional for quote in gold], len(found), weight)
        # A record of an unsaid utterance is wrong only if it claims that it was said.
        unsaid_of = pairs(
            unsaid, [found[j] for j in spurious], lambda quote, other: self._if_enough(quote.content, other.content)
        )
        claimed = {j for k, j in enumerate(spurious) if k in unsaid_of and found[j].said}
        spurious = [j for k, j in enumerate(spurious) if k not in unsaid_of or j in claimed]
        right = {"quotes": len(paired), "types": 0, "cues": 0, "phrases": 0, "speakers": 0}
        for j in sorted(paired):
            for kind in self._compare_quotes(gold[paired[j]], found[j]):
                right[kind] += 1
        for kind, tp in right.items():
            self._count(kind, Counts(tp, len(paired) + len(spurious) - tp, len(paired) + len(missed) - tp))
        for i in missed:
            quote = gold[i]
            self._differ(
                f"missed quote: {'/'.join(quote.types)} of {_shown_names(quote.speaker)}: {self._shown(quote.content)}"
            )
        for j in spurious:
            label = "unsaid quote" if j in claimed else "spurious quote"
            self._differ(f"{label}: {found[j].type} of {found[j].speaker or 'none'}: {self._shown(found[j].content)}")

    def _compare_quotes(self, gold: GoldQuote, found: FoundQuote) -> list[str]:
        """Return the kinds in which a found quote is right, and note the others."""
        right = []
        quote = self._shown(gold.content)
        if found.type in gold.types:
            right.append("types")
        else:
            self._differ(f"wrong type: {'/'.join(gold.types)}, found {found.type}: {quote}")
        for kind, label, ours, theirs in (
            ("cues", "cue", gold.cue, found.cue),
            ("phrases", "phrase", _places(gold.mention), _places(found.mention)),
        ):
            expected, words = self._words(ours), self._words(theirs)
            if expected & words or not (expected or words) or (kind == "phrases" and not expected):
                right.append(kind)
            else:
                self._differ(f"wrong {label}: {self._shown(ours)}, found {self._shown(theirs)}: {quote}")
        if same_name(gold.speaker, found.speaker):
            right.append("speakers")
        else:
            self._differ(f"wrong speaker: {_shown_names(gold.speaker)}, found {found.speaker or 'none'}: {quote}")
        return right

    def stances(self, found: Sequence[FoundStance]) -> None:
        gold = self.gold.stances

        def weight(gold_index: int, found_index: int) -> float:
            ours, other = gold[gold_index], found[found_index]
            if other.target is None or ours.polarity != other.polarity or not same_name(ours.holder, other.holder):
                return 0.0
            return overlap(self._words([ours.target]), self._words([other.target]))

        paired, missed, spurious = self._matched([stance.optional for stance in gold], len(found), weight)
        self._count("stances", Counts(len(paired), len(spurious), len(missed)))
        for j in sorted(paired):
            self._compare_sources(gold[paired[j]], found[j])
        for i in missed:
            stance = gold[i]
            shown = self._shown([stance.target])
            self._differ(f"missed stance: {_shown_names(stance.holder)} {stance.polarity} {shown}")
        for j in spurious:
            target = found[j].target
            shown = "none" if target is None else self._shown([target])
            self._differ(f"spurious stance: {found[j].holder} {found[j].polarity} {shown}")

    def _compare_sources(self, gold: GoldStance, found: FoundStance) -> None:
        paired = pairs(gold.by, found.by, lambda names, name: float(same_name(names, name)))
        missed = [names for i, names in enumerate(gold.by) if i not in paired.values() and None not in names]
        self._count("asserted_by", Counts(len(paired), len(found.by) - len(paired), len(missed)))
        if missed or len(found.by) > len(paired):
            ours = ", ".join(map(_shown_names, gold.by)) or "none"
            theirs = ", ".join(found.by) or "none"
            stance = f"{gold.holder[0]} {gold.polarity} {self._shown([gold.target])}"
            self._differ(f"wrong asserted_by: {ours}, found {theirs}: {stance}")

    # Shared by the kinds

    def _matched(
        self, optional: Sequence[bool], found: int, weight: Callable[[int, int], float]
    ) -> tuple[dict[int, int], list[int], list[int]]:
        """Pair required gold records, then optional ones; return the required pairs, the missed and the spurious ones."""
        required = [i for i, is_optional in enumerate(optional) if not is_optional]
        others = [i for i, is_optional in enumerate(optional) if is_optional]
        paired = {j: required[i] for j, i in pairs(required, range(found), weight).items()}
        rest = [j for j in range(found) if j not in paired]
        ignored = {rest[k] for k in pairs(others, rest, weight)}
        return (
            paired,
            [i for i in required if i not in paired.values()],
            [j for j in rest if j not in ignored],
        )

    def _words(self, places: Iterable[Place]) -> frozenset[int]:
        return frozenset(at for start, end in places for at in self.starts if start <= at < end)

    def _if_enough(self, ours: Iterable[Place], theirs: Iterable[Place]) -> float:
        """Return the overlap if it is enough for two records to be the same, else 0."""
        found = overlap(self._words(ours), self._words(theirs))
        return found if found >= MIN_OVERLAP else 0.0

    def _shared_mentions(self, gold: GoldEntity, found: FoundEntity) -> dict[int, int]:
        return pairs(gold.mentions, found.mentions, lambda ours, theirs: self._if_enough([ours], [theirs]))

    def _count(self, kind: str, counts: Counts) -> None:
        self.score.counts[kind] += counts

    def _differ(self, line: str) -> None:
        self.score.differences.append(line)

    def _shown(self, places: Sequence[Place]) -> str:
        """Return spans as one line of text, a long one without its middle."""
        words = " … ".join(" ".join(self.text[start:end].split()) for start, end in places) or "none"
        if len(words) > MAX_SHOWN:
            words = f"{words[: MAX_SHOWN * 2 // 3].rstrip()} [...] {words[-MAX_SHOWN // 3 :].lstrip()}"
        return f"|{words}|" if places else words

    def _numbered(self, place: Place) -> str:
        """Return a mention and which of its occurrences in the text it is, from 1."""
        words = self.text[place[0] : place[1]]
        return f"|{' '.join(words.split())}| #{self.text.count(words, 0, place[1])}"


def _places(place: Place | None) -> tuple[Place, ...]:
    return () if place is None else (place,)


def _shown_entity(entity: GoldEntity) -> str:
    return f"{'/'.join(entity.types)} {_shown_names(entity.names)}"


def _shown_names(names: Names) -> str:
    """Return the first of names that are equally right."""
    return names[0] or "none"
