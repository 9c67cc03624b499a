"""Learn the weights of ``quote_weights.tsv`` from articles with annotated attributions.

A regularised conditional logit: for each cue, a softmax over its readings and "no quote". A reading counts as right when it covers
an annotated content by half (intersection over union of words) and its source overlaps the annotated one.

Run it as ``python -m pipeline.nlp.quotes.fit ARTICLES.jsonl``. A line of the file is an object with ``text`` and ``quotes``, each with
``content`` and ``speaker``: lists of [start, end] in code points.
"""

import json
import math
import sys
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from spacy.tokens import Doc

from pipeline.nlp.annotations import Quote
from pipeline.nlp.model import load_model
from pipeline.nlp.quotes import scored_quotes
from pipeline.nlp.quotes.candidates import Candidate
from pipeline.nlp.quotes.reading import Reading
from pipeline.nlp.quotes.weights import AGREEING, LARGEST_LOGIT, LEAST_SCORE, LEVEL, SLOPE, by_cue

LEAST_COUNT = 4  # a rarer feature says nothing about other articles
PENALTY = 6.0  # of the squared weights, for the sum of the losses
STEPS = 300
RATE = 0.1
SMALLEST_WEIGHT = 0.02  # a smaller one moves no probability by more than half a point
SHARPNESS = 8  # the power of the share of common words: 0.9 of it makes a reading less than half as good as the best
Example = tuple[list[str], float]  # a reading's features and how right it is
FOLDS = 4  # parts of the articles; each is calibrated on with weights learned from the others
PLATT_STEPS = 20
Offsets = list[list[int]]
Annotated = list[tuple[Offsets, Offsets]]


class Words:
    """The words of a Doc by their code points."""

    def __init__(self, doc: Doc) -> None:
        """Read the tokens that hold a letter or a digit."""
        words = [token for token in doc if any(map(str.isalnum, token.text))]
        self.places = [token.i for token in words]
        self.starts = [token.idx for token in words]
        self.ends = [token.idx + len(token.text) for token in words]

    def within(self, spans: Iterable[Iterable[int]]) -> frozenset[int]:
        """Return the words, by their tokens' places, that spans of code points touch."""
        found: set[int] = set()
        for start, end in spans:
            found.update(self.places[bisect_right(self.ends, start) : bisect_left(self.starts, end)])
        return frozenset(found)


def rightness(
    reading: Reading, words: Words, candidate: Candidate, gold: list[tuple[frozenset[int], frozenset[int]]]
) -> float:
    """Return the share of the content that an annotated attribution with the same source has; 0 where it is under half."""
    content = words.within(candidate.content)
    source = frozenset(range(*candidate.source)) if candidate.source else frozenset()
    of_noun = candidate.source_head == reading.tree.heads[candidate.anchor]
    if candidate.source and of_noun and reading.tree.labels[candidate.anchor] == "relcl":
        # Some annotators mark "who", some whom it stands for.
        relative = reading.tree.child(candidate.anchor, "nsubj", "nsubjpass")
        source |= frozenset() if relative is None else {relative}
    best = 0.0
    for others, speaker in gold:
        shared = len(content & others)
        if (
            shared
            and shared >= AGREEING * len(content | others)
            and (bool(speaker & source) or not (speaker or source))
        ):
            best = max(best, shared / len(content | others))
    return best


def examples(doc: Doc, annotated: Annotated) -> list[list[Example]]:
    """Return the readings of each cue: their features and how right they are."""
    reading, words = Reading(doc, {}), Words(doc)
    gold = [(words.within(content), words.within(speaker)) for content, speaker in annotated]
    return [
        [(candidate.features, rightness(reading, words, candidate, gold)) for candidate in group]
        for group in by_cue(reading.candidates)
    ]


def _targets(group: list[Example]) -> list[float]:
    """Return the probability that each reading should have: the best one all of it, those nearly as good a share."""
    shares = [right**SHARPNESS for _, right in group]
    total = sum(shares)
    return [share / total if total else 0.0 for share in shares]


def fit(data: list[list[Example]]) -> dict[str, float]:
    """Return the weight of every feature that is frequent enough (Adam on the whole batch)."""
    counts = Counter(feature for group in data for features, _ in group for feature in features)
    names = sorted(feature for feature, count in counts.items() if count >= LEAST_COUNT)
    place = {name: index for index, name in enumerate(names)}
    rows: list[int] = []
    columns: list[int] = []
    groups: list[int] = []
    for number, group in enumerate(data):
        for features, _ in group:
            known = [place[feature] for feature in features if feature in place]
            rows += [len(groups)] * len(known)
            columns += known
            groups.append(number)
    row, column, cue = np.array(rows), np.array(columns), np.array(groups)
    truth = np.array([target for group in data for target in _targets(group)])
    weight: NDArray[np.float64] = np.zeros(len(names))
    mean, square = np.zeros(len(names)), np.zeros(len(names))
    for step in range(1, STEPS + 1):
        odds = np.exp(np.clip(np.bincount(row, weight[column], minlength=len(groups)), -LARGEST_LOGIT, LARGEST_LOGIT))
        error = odds / (1 + np.bincount(cue, odds, minlength=len(data)))[cue] - truth
        gradient = np.bincount(column, error[row], minlength=len(names)) + PENALTY * weight
        mean, square = 0.9 * mean + 0.1 * gradient, 0.99 * square + 0.01 * gradient**2
        rate = RATE * (1 - step / (STEPS + 1))
        weight -= rate * (mean / (1 - 0.9**step)) / (np.sqrt(square / (1 - 0.99**step)) + 1e-8)
    return {name: float(value) for name, value in zip(names, weight, strict=True) if abs(value) >= SMALLEST_WEIGHT}


def calibrate(docs: list[Doc], gold: list[Annotated], data: list[list[list[Example]]]) -> dict[str, float]:
    """Return slope and level of each kind of quotes, from the scores of articles that the weights were not learned from.

    Quotes inside quotes are left out, as the annotators left them.
    """
    seen: dict[str, list[tuple[float, float]]] = {}
    for fold in range(FOLDS):
        table = fit([group for place, groups in enumerate(data) if place % FOLDS != fold for group in groups])
        for doc, annotated in zip(docs[fold::FOLDS], gold[fold::FOLDS], strict=True):
            words = Words(doc)
            truth = [(words.within(content), words.within(speaker)) for content, speaker in annotated]
            for quote, kind in scored_quotes(doc, table):
                if quote.parent is None:
                    logit = math.log(max(quote.confidence, LEAST_SCORE) / max(1 - quote.confidence, LEAST_SCORE))
                    seen.setdefault(kind, []).append((logit, _is_right(words, quote, truth)))
    numbers: dict[str, float] = {}
    for kind, pairs in sorted(seen.items()):
        slope, level = _platt(pairs)
        numbers |= {SLOPE + kind: slope, LEVEL + kind: level}
    return numbers


def _is_right(words: Words, quote: Quote, truth: list[tuple[frozenset[int], frozenset[int]]]) -> float:
    """Return 1 if an annotated attribution has half of the quote's words and a source in common with it, or none as well."""
    content = words.within((span.start, span.end) for span in quote.content)
    mention = quote.speaker.mention if quote.speaker else None
    source = words.within([(mention.start, mention.end)]) if mention else frozenset()
    return float(
        any(
            len(content & others) >= AGREEING * len(content | others)
            and (bool(source & speaker) or not (source or speaker))
            for others, speaker in truth
        )
    )


def _platt(pairs: list[tuple[float, float]]) -> tuple[float, float]:
    """Return slope and level of the line that takes logits to those of the shares that are right (Platt 1999)."""
    logits, right = np.array(pairs).T
    slope, level = 1.0, 0.0
    for _ in range(PLATT_STEPS):
        estimate = 1 / (1 + np.exp(-(slope * logits + level)))
        spread = estimate * (1 - estimate)
        # Newton's method; the prior keeps kinds of which little was seen near what their scores say.
        gradient = np.array([((estimate - right) * logits).sum() + slope - 1, (estimate - right).sum() + level])
        cross = (spread * logits).sum()
        curvature = np.array([[(spread * logits**2).sum() + 1, cross], [cross, spread.sum() + 1]])
        slope, level = (float(value) for value in np.array([slope, level]) - np.linalg.solve(curvature, gradient))
    return slope, level


def write(weight: dict[str, float], path: Path) -> None:
    """Write the weights as the word list that the pipeline reads."""
    head = (
        "# Weights of the features of a quote, and of its source: what they mean is said in nlp/quotes/weights.py.\n"
        "# Columns: feature, weight (natural logarithm of the odds).\n"
        "# Source: learned from the training part of PolNeAR by nlp/quotes/fit.py. Licence: Apache-2.0.\n"
    )
    lines = [f"{name}\t{value:.2f}\n" for name, value in sorted(weight.items())]
    path.write_text(head + "".join(lines), encoding="utf-8")


def main(articles: Path) -> None:
    """Learn from the articles and replace the weights."""
    lines = [json.loads(line) for line in articles.open(encoding="utf-8")]
    gold: list[Annotated] = [[(q["content"], q["speaker"]) for q in line["quotes"]] for line in lines]
    model = load_model(extract=["entities"])
    parsed = model.parse.pipe((line["text"] for line in lines), batch_size=16)
    docs = [model.extractors["entities"](doc) for doc in parsed]
    data = [examples(doc, annotated) for doc, annotated in zip(docs, gold, strict=True)]
    weight = fit([group for groups in data for group in groups])
    write(weight | calibrate(docs, gold, data), Path(__file__).parents[1] / "lexicons" / "quote_weights.tsv")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
