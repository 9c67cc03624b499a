# SPDX-License-Identifier: Apache-2.0
"""Learn the weights of ``nlp/weights/stance_judge.tsv`` from articles of which readers listed every stance.

A regularized logistic regression: each stance that the rules propose is right or wrong. It is right where a listed stance
has its polarity, its holder's name, the head of its target or most of its words, and a passage of evidence in its sentence.

Run it as ``python -m training.stance_judge ARTICLES.jsonl [--figures]``. A line of the file is an object with ``text`` and ``stances``,
each with ``holder``, ``holder_words``, ``holder_also``, ``target``, ``target_name``, ``polarity`` and ``evidence``, in words of the text.
``--figures`` writes nothing: it reports how well the confidence of each fifth of the articles is calibrated when learned from the rest.
"""

import argparse
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from spacy.tokens import Doc

from onrecord.nlp.english.syntax import Phrase, head_of
from onrecord.nlp.model import load_model
from onrecord.nlp.stances.analysis import StanceAnalysis
from onrecord.nlp.stances.judge import JUDGE_WEIGHTS, Judge, Placed, probability
from training import WEIGHTS

MIN_COUNT = 5  # a rarer feature does not generalize to other articles
PENALTY = 12.0  # of the squared weights, relative to the sum of the losses
STEPS = 300
RATE = 0.05
MIN_WEIGHT = 0.01
FOLDS = 5
BINS = 10
POLARITIES = {1: "SUPPORT", -1: "OPPOSE", 0: "NEUTRAL"}
# Words of a name that tell nobody apart.
SMALL = frozenset(
    {"the", "a", "an", "of", "and", "mr", "mrs", "ms", "his", "her", "their", "its", "president", "sen", "rep"}
)
ARGUMENTS = frozenset({"nsubj", "nsubjpass", "dobj", "appos"})
HEAD = """\
# Weights of the features of a proposed stance; onrecord/nlp/stances/judge.py explains the names of the features.
# Columns: feature, weight (natural logarithm of the odds).
# Source: learned from articles of which readers listed every stance, by training/stance_judge.py; see stance_judge.json.
# Licence: Apache-2.0.
"""
Listed: TypeAlias = dict[str, Any]
Example: TypeAlias = tuple[list[str], bool]


class Listing:
    """The stances that a reader listed of one article."""

    def __init__(self, analysis: StanceAnalysis, listed: Sequence[Listed]) -> None:
        self.analysis, self.parse = analysis, analysis.parse
        self.stances = [
            (
                one["polarity"],
                [words_of(name) for name in (one["holder"], one["holder_words"], *one.get("holder_also", ()))],
                [Phrase(head_of(self.parse, *place), *place) for place in self.places(one["target"])],
                words_of(one["target_name"] or one["target"]),
                {self.parse.sentence[token] for passage in one["evidence"] for token in self.tokens(passage)},
            )
            for one in listed
        ]

    def places(self, words: str) -> Iterator[tuple[int, int]]:
        """Yield each place of the words in the text, as tokens."""
        at = self.parse.source.find(words) if words else -1
        while at >= 0:
            start, end = self.parse.tokens_of(at, at + len(words))
            if start < end:
                yield start, end
            at = self.parse.source.find(words, at + 1)

    def tokens(self, passage: str) -> Iterator[int]:
        """Yield the tokens of each place of a passage in the text."""
        for start, end in self.places(passage):
            yield from range(start, end)

    def has(self, placed: Placed) -> bool:
        """Whether a proposed stance is in the list."""
        score, phrase = placed.candidate.score, placed.candidate.target
        polarity = POLARITIES[(score > 0) - (score < 0)]
        mention = placed.holder.mention
        names = [words_of(placed.holder.name), words_of(mention.text if mention else "")]
        sentence, target = self.parse.sentence[placed.candidate.predicate], words_of(placed.target.name)
        return any(
            polarity == theirs
            and sentence in evidence
            and (any(self._is_target(phrase, place) for place in places) or (bool(target) and target == name))
            and any(is_same(one, other) for one in names for other in holders)
            for theirs, holders, places, name, evidence in self.stances
        )

    def _is_target(self, phrase: Phrase, other: Phrase) -> bool:
        """Whether two phrases are one: their heads are the same word, or they have most of their words in common."""
        parse = self.parse
        # Readers give the subject or the object of a clause as well as its verb: warned that (the vote) could hurt growth.
        # So are the two of an apposition.
        own = {phrase.head, *(child for child in parse.children[phrase.head] if parse.dep[child] in ARGUMENTS)}
        common = min(phrase.end, other.end) - max(phrase.start, other.start)
        is_most = 2 * common >= max(phrase.end, other.end) - min(phrase.start, other.start)
        return other.head in own or parse.lower[other.head] == parse.lower[phrase.head] or is_most


def words_of(name: str) -> list[str]:
    """Return the words of a name that tell it from others."""
    words = ["".join(filter(str.isalnum, word.removesuffix("'s").removesuffix("’s"))) for word in name.lower().split()]
    return [word for word in words if word and word not in SMALL]


def is_same(one: list[str], other: list[str]) -> bool:
    """Whether two names have their last word in common, and one has all words of the other."""
    return bool(one and other) and one[-1] == other[-1] and (set(one) <= set(other) or set(other) <= set(one))


def examples(doc: Doc, listed: Sequence[Listed]) -> list[Example]:
    """Return the features of each proposed stance of an article, and whether readers confirm it."""
    analysis = StanceAnalysis(doc)
    judge, listing = Judge(analysis.voices), Listing(analysis, listed)
    return [(sorted(set(judge.features(placed))), listing.has(placed)) for placed in analysis.proposed()]


def logistic(data: Sequence[Example]) -> dict[str, float]:
    """Return the weight of every feature that is frequent enough (Adam on the whole batch, no randomness)."""
    counts = Counter(feature for features, _ in data for feature in features)
    names = sorted(feature for feature, count in counts.items() if count >= MIN_COUNT)
    place = {name: index for index, name in enumerate(names)}
    known = [[place[feature] for feature in features if feature in place] for features, _ in data]
    row = np.repeat(np.arange(len(data)), [len(one) for one in known])
    column = np.array([feature for one in known for feature in one])
    truth = np.array([right for _, right in data], dtype=float)
    weight: NDArray[np.float64] = np.zeros(len(names))
    mean, square = np.zeros(len(names)), np.zeros(len(names))
    for step in range(1, STEPS + 1):
        estimate = 1 / (1 + np.exp(-np.bincount(row, weight[column], minlength=len(data))))
        gradient = np.bincount(column, (estimate - truth)[row], minlength=len(names)) + PENALTY * weight
        mean, square = 0.9 * mean + 0.1 * gradient, 0.99 * square + 0.01 * gradient**2
        rate = RATE * (1 - step / (STEPS + 1))
        weight -= rate * (mean / (1 - 0.9**step)) / (np.sqrt(square / (1 - 0.99**step)) + 1e-8)
    return {name: float(value) for name, value in zip(names, weight, strict=True) if abs(value) >= MIN_WEIGHT}


def report(data: Sequence[list[Example]]) -> None:
    """Print how well the probabilities are calibrated that were learned from other articles."""
    rated: list[tuple[float, bool]] = []
    for fold in range(FOLDS):
        table = logistic([one for place, found in enumerate(data) if place % FOLDS != fold for one in found])
        rated += [(probability(names, table), right) for found in data[fold::FOLDS] for names, right in found]
    confidence, right = np.array(rated).T
    bins = np.minimum((confidence * BINS).astype(int), BINS - 1)
    error = sum(abs(confidence[bins == one].sum() - right[bins == one].sum()) for one in range(BINS)) / len(rated)
    print(f"{len(rated)} proposed, {int(right.sum())} right; expected calibration error {error:.3f}")


def write(table: Mapping[str, float], path: Path) -> None:
    """Write the weights as the table that the package reads."""
    lines = [f"{name}\t{value:.2f}\n" for name, value in sorted(table.items())]
    path.write_text(HEAD + "".join(lines), encoding="utf-8")


def main() -> None:
    """Learn from the articles and replace the weights."""
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("articles", type=Path)
    parser.add_argument(
        "--figures", action="store_true", help="write nothing, and report the results of cross-validation"
    )
    options = parser.parse_args()
    lines = [json.loads(line) for line in options.articles.open(encoding="utf-8")]
    nlp = load_model().as_one_pipeline()
    with nlp.select_pipes(disable=["onrecord_stances"]):
        docs = nlp.pipe((line["text"] for line in lines), batch_size=16)
        data = [examples(doc, line["stances"]) for doc, line in zip(docs, lines, strict=True)]
    if options.figures:
        report(data)
    else:
        write(logistic([one for found in data for one in found]), WEIGHTS / f"{JUDGE_WEIGHTS}.tsv")


if __name__ == "__main__":
    main()
