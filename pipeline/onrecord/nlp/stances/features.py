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

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from onrecord.nlp.english.parse import Parse
from onrecord.nlp.stances import lexicon
from onrecord.nlp.stances.actors import ActorMention
from onrecord.nlp.stances.candidates import Candidate
from onrecord.nlp.stances.lexicon import LexiconEntry
from onrecord.nlp.stances.paths import Path, is_anothers
from onrecord.nlp.stances.verbs import verb_entries

RULES = ("demand", "quality", "position", "adjective", "noun", "verb")
# Labels whose word counts as well.
WORDED = frozenset({"prep", "agent", "mark", "prt"})
HANGING = frozenset({"dobj", "prt", "xcomp", "acomp", "attr", "ccomp", "advcl", "conj", "amod", "prep"})
COMPLETING = frozenset({"dobj", "prt", "xcomp"})
# Depth of a target in the phrase that a rule is about; deeper counts as this.
MAX_DEPTH = 5
ENDINGS = (("ies", "y"), ("ied", "y"), ("ing", ""), ("ed", ""), ("es", ""), ("s", ""), ("e", ""))
MIN_STEM = 3


class Feature(NamedTuple):
    """A feature, and the token that it was seen at, if any."""

    name: str
    token: int | None = None


@dataclass(frozen=True, slots=True)
class RuleFinding:
    """A candidate of the rules and the token of its holder, if that is in the sentence."""

    candidate: Candidate
    holder: int | None
    speaks: bool  # the holder is the speaker of the clause


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


def sign(score: float) -> str:
    """Return the sign of a score as in the names of features."""
    return "+" if score > 0 else "-"


class PairFeatures:
    """Describes pairs of actors of one article."""

    def __init__(self, parse: Parse, in_quote: Sequence[bool]) -> None:
        self.parse, self.in_quote = parse, in_quote
        self._labels = [f"{d}:{w}" if d in WORDED else d for d, w in zip(parse.dep, parse.lower, strict=True)]
        self._stems: dict[int, str] = {}
        self._entries: dict[int, LexiconEntry | None] = {}

    def stem_of(self, token: int) -> str:
        """Return the stem of a token."""
        if token not in self._stems:
            self._stems[token] = stem(self.parse.lower[token])
        return self._stems[token]

    def entry_of(self, token: int) -> LexiconEntry | None:
        """Return the first entry of a token in the stance lexicon."""
        if token not in self._entries:
            self._entries[token] = first_entry(self.parse, token)
        return self._entries[token]

    def place(self, holder: ActorMention, target: ActorMention, way: Path) -> list[str]:
        """Return the features of the relation between the two, without the words."""
        labels = self._labels
        up = ">".join([labels[token] for token in way.up])
        down = "<".join([labels[token] for token in way.down])
        return [
            "bias",
            f"path={up}|{self.parse.tag[way.top][:2]}|{down}",
            f"up={up}",
            f"down={down}",
            f"len={len(way.up) + len(way.down)}",
            f"holder={holder.kind}",
            f"target={target.kind}",
            f"kinds={holder.kind}|{target.kind}",
            f"ends={self.parse.dep[holder.head]}|{self.parse.dep[target.head]}",
            f"order={holder.head < target.head}",
            f"quoted={self.in_quote[holder.head]}|{self.in_quote[target.head]}",
        ]

    def words(
        self, holder: ActorMention, target: ActorMention, way: Path, framed: Sequence[RuleFinding]
    ) -> list[Feature]:
        """Return the features of the words between the two; ``framed`` are the candidates of their sentence."""
        labels = self._labels
        down = "<".join([labels[token] for token in way.down])
        up = ">".join([labels[token] for token in way.up])
        found = [Feature(f"top={self.stem_of(way.top)}|{up}|{down}", way.top), *self._words(way, down)]
        by_rules = list(self._framed(holder.head, target.head, framed))
        found.append(Feature(f"framed={any(one.name.startswith(('fx', 'fi')) for one in by_rules)}"))
        return [*found, *by_rules]

    def _words(self, way: Path, down: str) -> Iterator[Feature]:
        """Yield the features of the words on the path and of their dependents."""
        parse = self.parse
        on_the_way = {*way.up, way.top, *way.down}
        total, count, negated = 0.0, 0, False
        for token in way.inner:
            if parse.tag[token][:2] not in ("VB", "NN", "JJ", "RB", "IN", "TO", "RP"):
                continue
            place = "l" if token == way.top else "u" if token in way.up else "d"
            if place == "d" and is_anothers(parse, token, way.top):
                place = "b"
            word, entry = self.stem_of(token), self.entry_of(token)
            yield Feature(f"w={word}", token)
            yield Feature(f"w{place}={word}", token)
            if entry is not None:
                count, total = count + 1, total + entry.score
                end = sign(entry.score)
                yield Feature(f"x{place}{end}", token)
                yield Feature(f"x{place}={entry.relation}{end}", token)
                yield Feature(f"x{place}={entry.holder}|{entry.slots[0]}{end}", token)
                yield Feature(f"x{place}={down}{end}", token)
            for child in parse.children[token]:
                dep = parse.dep[child]
                negated = negated or dep == "neg"
                if dep not in HANGING or child in on_the_way:
                    continue
                yield Feature(f"c{place}={dep}:{self.stem_of(child)}", child)
                if place == "l" and dep in COMPLETING:
                    yield Feature(f"o={word}+{self.stem_of(child)}", child)
                    yield Feature(f"o={word}+{self.stem_of(child)}|{down}", child)
                entry = self.entry_of(child)
                if entry is not None:
                    count, total = count + 1, total + entry.score
                    yield Feature(f"y{place}={dep}{sign(entry.score)}", child)
        yield Feature(f"lex={min(3, count)}")
        if negated:
            yield Feature("not")
        if total:
            yield Feature(f"sum{'|not' if negated else ''}{sign(total)}")

    def _framed(self, holder: int, target: int, framed: Sequence[RuleFinding]) -> Iterator[Feature]:
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
                    yield Feature(f"fh{end}", token)
                    continue
                depth, dep = self._depth(target, phrase.head), self.parse.dep[target]
                kind = next((rule for rule in RULES if rule in candidate.features), "")
                yield Feature(f"f{place}{end}", token)
                yield Feature(f"f{place}={kind}{end}", token)
                yield Feature(f"f{place}={candidate.relation}{end}", token)
                yield Feature(f"f{place}={depth}{end}", token)
                yield Feature(f"f={dep}|{depth}{end}", token)
                if one.speaks:
                    yield Feature(f"fv{place}{end}", token)
                if place == "i":
                    yield Feature(f"fi={candidate.relation}|{dep}{end}", token)
                    yield Feature(f"fi={self.stem_of(phrase.head)}", phrase.head)
            elif place:
                yield Feature(f"f?{place}{end}", token)
            elif one.holder == target and phrase.start <= holder < phrase.end:
                yield Feature(f"back{end}", token)

    def _depth(self, token: int, over: int) -> int:
        depth = 0
        while token != over and depth < MAX_DEPTH and self.parse.head[token] != token:
            token, depth = self.parse.head[token], depth + 1
        return depth
