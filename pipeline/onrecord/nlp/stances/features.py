# SPDX-License-Identifier: Apache-2.0
"""The features of a pair of actors, whose weights ``scoring`` sums.

A feature is a name and a value, "name=value"; a bar joins values that were seen together. **Top** is the lowest word above both
actors, **up** the path from the holder to it, **down** the path from it to the target.

* ``path``, ``up``, ``down``, ``len``: the labels on the path (prepositions as words) and their number; ``top``: the stem of top with the
  path.
* ``w``: the stem of a word on the path; the letter after it is its position: u (up), l (top), d (down) or b (down, in a clause with a
  subject of its own). ``c``: the stem of a dependent of such a word, with its label; ``o``: top with its object, particle or infinitive.
* ``holder``, ``target``, ``kinds``: the kinds of the actors; ``order``: which one comes first; ``quoted``: which ones are in a quote.
* ``not``: something on the path is negated. ``lex``: the number of words of the stance lexicon; ``framed``: a rule found the pair.

Features that end with a sign (+ or -) have that polarity in the stance lexicon or in a rule:

* ``x``: a word on the path, ``y``: a dependent of one, with its position, its relation, its slots, the path down; ``sum``: all together.
* ``f``: by a rule the holder takes this stance toward the target (x), or toward a phrase around it (i), with the kind of rule, the
  relation, the depth of the target in the phrase and its label; ``fv``: as the speaker of the clause.
* ``f?``: by a rule someone else takes it toward the target; ``fh``: the holder takes it toward something else; ``back``: the target
  takes it toward the holder.
"""

import functools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import repeat
from typing import NamedTuple, TypeAlias

from onrecord.nlp.english.parse import Parse
from onrecord.nlp.stances import lexicon
from onrecord.nlp.stances.actors import ActorMention
from onrecord.nlp.stances.candidates import Candidate
from onrecord.nlp.stances.lexicon import LexiconEntry
from onrecord.nlp.stances.paths import Path, is_anothers
from onrecord.nlp.stances.scoring import Group, Sides, Sums, logits
from onrecord.nlp.stances.verbs import verb_entries

RULES = ("demand", "quality", "position", "adjective", "noun", "verb")
# Labels whose word counts as well.
WORDED = frozenset({"prep", "agent", "mark", "prt"})
HANGING = frozenset({"dobj", "prt", "xcomp", "acomp", "attr", "ccomp", "advcl", "conj", "amod", "prep"})
COMPLETING = frozenset({"dobj", "prt", "xcomp"})
WORDS = frozenset({"VB", "NN", "JJ", "RB", "IN", "TO", "RP"})  # how the tags of words on the path begin
# Depth of a target in the phrase that a rule is about; deeper counts as this.
MAX_DEPTH = 5
ENDINGS = (("ies", "y"), ("ied", "y"), ("ing", ""), ("ed", ""), ("es", ""), ("s", ""), ("e", ""))
MIN_STEM = 3
UNKNOWN = Sides(0.0, 0.0)  # the weights of a feature that no example had


# The sums of the weights of some features, what makes the features, and the token that each was seen at, if any.
Part: TypeAlias = tuple[Sides, Group, Iterable[int | None]]


class Word(NamedTuple):
    """What is the same of a word at some place of a path for all pairs.

    Attributes:
        part: its features.
        score: that of its entry in the stance lexicon, if it has one.
        negated: whether it is negated.
        hanging: its dependents: each with its features, the name of the feature that it makes with the word if it completes it, and the
            score of its entry.
    """

    part: Part
    score: float | None
    negated: bool
    hanging: list[tuple[int, Part, str, float | None]]


@dataclass(frozen=True, slots=True)
class RuleFinding:
    """A candidate of the rules and the token of its holder, if that is in the sentence."""

    candidate: Candidate
    holder: int | None
    speaks: bool  # the holder is the speaker of the clause


@functools.lru_cache(maxsize=1 << 15)
def stem(word: str) -> str:
    """Return a word without its ending, so that its forms are the same."""
    for ending, instead in ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= MIN_STEM:
            return word[: -len(ending)] + instead
    return word


def first_entry(parse: Parse, token: int) -> LexiconEntry | None:
    """Return the first entry of a token in the stance lexicon."""
    tag, word = parse.tag[token][:2], parse.lower[token]
    found: Sequence[LexiconEntry] = ()
    if tag == "VB":
        found = verb_entries(parse, token) or lexicon.adjectives().get(word, ())
    elif tag in ("NN", "JJ"):
        found = (lexicon.nouns() if tag == "NN" else lexicon.adjectives()).get(word, ())
    return next((entry for entry in found if entry.score and entry.holder != "refuser"), None)


def _of_route(up: str, tag: str, down: str, length: int) -> Iterable[str]:
    return f"path={up}|{tag}|{down}", f"up={up}", f"down={down}", f"len={length}"


def _of_ends(
    holder: str, target: str, dep: str, other_dep: str, is_before: bool, is_quoted: bool, is_other_quoted: bool
) -> Iterable[str]:
    return (
        "bias",
        f"holder={holder}",
        f"target={target}",
        f"kinds={holder}|{target}",
        f"ends={dep}|{other_dep}",
        f"order={is_before}",
        f"quoted={is_quoted}|{is_other_quoted}",
    )


def _of_word(place: str, word: str, *of_entry: object) -> Iterable[str]:
    yield from (f"w={word}", f"w{place}={word}")
    if of_entry:
        end, relation, holder, slot = of_entry
        yield from (f"x{place}{end}", f"x{place}={relation}{end}", f"x{place}={holder}|{slot}{end}")


def _of_dependent(place: str, dep: str, word: str, completed: str, end: str) -> Iterable[str]:
    yield f"c{place}={dep}:{word}"
    if completed:
        yield completed
    if end:
        yield f"y{place}={dep}{end}"


def _of_sum(count: int, negated: bool, end: str) -> Iterable[str]:
    yield f"lex={count}"
    if negated:
        yield "not"
    if end:
        yield f"sum{'|not' if negated else ''}{end}"


def _named(*names: str) -> Iterable[str]:
    return names


def names_of(groups: Iterable[Group]) -> list[str]:
    """Return the names of the features of groups."""
    return [name for make, values in groups for name in make(*values)]


def sign(score: float) -> str:
    """Return the sign of a score as in the names of features."""
    return "+" if score > 0 else "-"


class PairFeatures:
    """Describes pairs of actors of one article."""

    def __init__(self, parse: Parse, in_quote: Sequence[bool], sums: Sums) -> None:
        self.parse, self.in_quote, self.sums, self.table = parse, in_quote, sums, sums.table
        self.stems = list(map(stem, parse.lower))
        self._labels = [f"{d}:{w}" if d in WORDED else d for d, w in zip(parse.dep, parse.lower, strict=True)]
        self._entries: dict[int, LexiconEntry | None] = {}
        self._words_on: dict[tuple[int, str], Word] = {}

    def entry_of(self, token: int) -> LexiconEntry | None:
        """Return the first entry of a token in the stance lexicon."""
        if token not in self._entries:
            self._entries[token] = first_entry(self.parse, token)
        return self._entries[token]

    def place(self, holder: ActorMention, target: ActorMention, way: Path) -> tuple[Group, Group]:
        """Return the features of the relation between the two, without the words."""
        dep, in_quote = self.parse.dep, self.in_quote
        up, down = self._route(way)
        one, other = holder.head, target.head
        route = up, self.parse.tag[way.top][:2], down, len(way.up) + len(way.down)
        ends = holder.kind, target.kind, dep[one], dep[other], one < other, in_quote[one], in_quote[other]
        return (_of_route, route), (_of_ends, ends)

    def _route(self, way: Path) -> tuple[str, str]:
        """Return the labels on the way up and down."""
        labels = self._labels
        return ">".join([labels[token] for token in way.up]), "<".join([labels[token] for token in way.down])

    def words(self, holder: ActorMention, target: ActorMention, way: Path, framed: Sequence[RuleFinding]) -> list[Part]:
        """Return the features of the words between the two; ``framed`` are the candidates of their sentence."""
        up, down = self._route(way)
        by_rules = list(self._framed(holder.head, target.head, framed))
        is_framed = any(name.startswith(("fx", "fi")) for name, _ in by_rules)
        names = f"framed={is_framed}", *(name for name, _ in by_rules)
        return [
            self._one(f"top={self.stems[way.top]}|{up}|{down}", way.top),
            *self._words(way, down),
            (logits(names, self.table), (_named, names), (None, *(token for _, token in by_rules))),
        ]

    def _one(self, name: str, token: int) -> Part:
        """Return a single feature."""
        return self.table.get(name, UNKNOWN), (_named, (name,)), (token,)

    def _words(self, way: Path, down: str) -> Iterator[Part]:
        """Yield the features of the words on the path and of their dependents."""
        on_the_way = (*way.up, way.top, *way.down)
        total, count, negated = 0.0, 0, False
        for token in way.inner:
            if self.parse.tag[token][:2] not in WORDS:
                continue
            place = "l" if token == way.top else "u" if token in way.up else "d"
            if place == "d" and is_anothers(self.parse, token, way.top):
                place = "b"
            word = self._words_on.get((token, place)) or self._word(token, place)
            yield word.part
            negated = negated or word.negated
            if word.score is not None:
                count, total = count + 1, total + word.score
                yield self._one(f"x{place}={down}{sign(word.score)}", token)
            for child, part, completed, score in word.hanging:
                if child in on_the_way:
                    continue
                yield part
                if completed:
                    yield self._one(f"{completed}|{down}", child)
                if score is not None:
                    count, total = count + 1, total + score
        in_all = _of_sum, (min(3, count), negated, sign(total) if total else "")
        yield self.sums[in_all], in_all, repeat(None)

    def _word(self, token: int, place: str) -> Word:
        """Return what the pairs share that have a word at the same place of their path."""
        parse, stems, word, entry = self.parse, self.stems, self.stems[token], self.entry_of(token)
        of_entry = () if entry is None else (sign(entry.score), entry.relation, entry.holder, entry.slots[0])
        group: Group = _of_word, (place, word, *of_entry)
        hanging: list[tuple[int, Part, str, float | None]] = []
        for child in parse.children[token]:
            dep = parse.dep[child]
            if dep not in HANGING:
                continue
            of_child = self.entry_of(child)
            completed = f"o={word}+{stems[child]}" if place == "l" and dep in COMPLETING else ""
            score, end = (None, "") if of_child is None else (of_child.score, sign(of_child.score))
            below: Group = _of_dependent, (place, dep, stems[child], completed, end)
            hanging.append((child, (self.sums[below], below, repeat(child)), completed, score))
        self._words_on[token, place] = made = Word(
            (self.sums[group], group, repeat(token)),
            None if entry is None else entry.score,
            any(parse.dep[child] == "neg" for child in parse.children[token]),
            hanging,
        )
        return made

    def _framed(self, holder: int, target: int, framed: Sequence[RuleFinding]) -> Iterator[tuple[str, int]]:
        """Yield the features of what the rules found about the two."""
        for one in framed:
            candidate = one.candidate
            if not candidate.score:
                continue
            phrase, end = candidate.target, sign(candidate.score)
            place = "x" if phrase.head == target else "i" if phrase.start <= target < phrase.end else ""
            token = candidate.predicate
            if one.holder == holder:
                if not place:
                    yield (f"fh{end}", token)
                    continue
                depth, dep = self._depth(target, phrase.head), self.parse.dep[target]
                kind = next((rule for rule in RULES if rule in candidate.features), "")
                yield (f"f{place}{end}", token)
                yield (f"f{place}={kind}{end}", token)
                yield (f"f{place}={candidate.relation}{end}", token)
                yield (f"f{place}={depth}{end}", token)
                yield (f"f={dep}|{depth}{end}", token)
                if one.speaks:
                    yield (f"fv{place}{end}", token)
                if place == "i":
                    yield (f"fi={candidate.relation}|{dep}{end}", token)
                    yield (f"fi={self.stems[phrase.head]}", phrase.head)
            elif place:
                yield (f"f?{place}{end}", token)
            elif one.holder == target and phrase.start <= holder < phrase.end:
                yield (f"back{end}", token)

    def _depth(self, token: int, over: int) -> int:
        depth = 0
        while token != over and depth < MAX_DEPTH and self.parse.head[token] != token:
            token, depth = self.parse.head[token], depth + 1
        return depth
