"""Learn the weights of ``quote_weights.tsv`` from articles with annotated attributions.

Regularised logistic regression over the features of the candidates: a candidate counts as right when it covers an annotated
content by half (intersection over union of words) and its source overlaps the annotated one.

Run it as ``python -m pipeline.nlp.quotes.fit ARTICLES.jsonl``. A line of the file is an object with ``text`` and ``quotes``, each with
``content`` and ``speaker``: lists of [start, end] in code points.
"""

import json
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from spacy.tokens import Doc

from pipeline.nlp.model import load_model
from pipeline.nlp.quotes.candidates import Candidate
from pipeline.nlp.quotes.reading import Reading

LEAST_COUNT = 4  # a rarer feature says nothing about other articles
PENALTY = 6.0  # of the squared weights, for the sum of the losses
STEPS = 300
RATE = 0.1
SMALLEST_WEIGHT = 0.02  # a smaller one moves no probability by more than half a point
Offsets = list[list[int]]
Annotated = list[tuple[Offsets, Offsets]]


def _words(reading: Reading, spans: Iterable[Iterable[int]]) -> frozenset[int]:
    tree = reading.tree
    found: set[int] = set()
    for start, end in spans:
        token = tree.first_at(start)
        while token < tree.size and tree.starts[token] < end:
            if tree.is_word[token]:
                found.add(token)
            token += 1
    return frozenset(found)


def rightness(reading: Reading, candidate: Candidate, gold: list[tuple[frozenset[int], frozenset[int]]]) -> float:
    """Return the share of the content that an annotated attribution with the same source has; 0 where it is under half."""
    content = _words(reading, candidate.content)
    source = frozenset(range(*candidate.source)) if candidate.source else frozenset()
    if candidate.source and reading.tree.labels[candidate.anchor] == "relcl":
        # Some annotators mark "who", some whom it stands for.
        relative = reading.tree.child(candidate.anchor, "nsubj", "nsubjpass")
        source |= frozenset() if relative is None else {relative}
    best = 0.0
    for words, speaker in gold:
        shared = len(content & words)
        if shared and shared >= 0.5 * len(content | words) and (bool(speaker & source) or not (speaker or source)):
            best = max(best, shared / len(content | words))
    return best


def examples(docs: Iterable[tuple[Doc, Annotated]]) -> Iterator[tuple[list[str], float]]:
    """Yield each candidate's features and how right it is."""
    for doc, annotated in docs:
        reading = Reading(doc)
        gold = [(_words(reading, content), _words(reading, speaker)) for content, speaker in annotated]
        for candidate in reading.candidates:
            yield candidate.features, rightness(reading, candidate, gold)


def fit(data: list[tuple[list[str], float]]) -> dict[str, float]:
    """Return the weight of every feature that is frequent enough (Adam on the whole batch)."""
    counts = Counter(feature for features, _ in data for feature in features)
    names = sorted(feature for feature, count in counts.items() if count >= LEAST_COUNT)
    place = {name: index for index, name in enumerate(names)}
    rows, columns = [], []
    for row, (features, _) in enumerate(data):
        for feature in features:
            if feature in place:
                rows.append(row)
                columns.append(place[feature])
    row_index, column_index = np.array(rows), np.array(columns)
    truth = np.array([label for _, label in data], dtype=float)
    weight: NDArray[np.float64] = np.zeros(len(names))
    mean, square = np.zeros(len(names)), np.zeros(len(names))
    for step in range(1, STEPS + 1):
        logits = np.bincount(row_index, weight[column_index], minlength=len(data))
        error = 1 / (1 + np.exp(-logits)) - truth
        gradient = np.bincount(column_index, error[row_index], minlength=len(names)) + PENALTY * weight
        mean, square = 0.9 * mean + 0.1 * gradient, 0.99 * square + 0.01 * gradient**2
        rate = RATE * (1 - step / (STEPS + 1))
        weight -= rate * (mean / (1 - 0.9**step)) / (np.sqrt(square / (1 - 0.99**step)) + 1e-8)
    return {name: float(value) for name, value in zip(names, weight, strict=True) if abs(value) >= SMALLEST_WEIGHT}


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
    docs = load_model().parse.pipe((line["text"] for line in lines), batch_size=16)
    data = list(examples(zip(docs, gold, strict=True)))
    write(fit(data), Path(__file__).parents[1] / "lexicons" / "quote_weights.tsv")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
