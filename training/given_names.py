# SPDX-License-Identifier: Apache-2.0
"""Learn the weights of ``nlp/weights/given_names.tsv``: whether the last letters of a given name show a woman or a man.

A regularized logistic regression on the listed given names (``nlp/lexicons/name_given.tsv``) of women and of men. Run it as
``python -m training.given_names``; it prints the share of names right that were left out, in five parts.
"""

import math
from collections import Counter

import numpy as np
from numpy.typing import NDArray

from onrecord.nlp.coreference.gender import endings
from onrecord.nlp.english import lexicon
from training import WEIGHTS

FOLDS = 5
MIN_COUNT = 3  # names with a feature
PENALTY = 0.5
STEPS = 400
HEAD = """\
# Weights of the last letters of a given name; positive for men. onrecord/nlp/coreference/gender.py explains the features.
# Columns: feature, weight (natural logarithm of the odds).
# Source: learned from name_given.tsv by training/given_names.py; see given_names.json. Licence: Apache-2.0.
"""


def learn(names: list[tuple[str, str]]) -> dict[str, float]:
    """Return the weight of each feature of names, which are given with m or f."""
    counts = Counter(feature for name, _ in names for feature in endings(name))
    features = ["bias", *sorted(feature for feature, count in counts.items() if count >= MIN_COUNT)]
    place = {feature: index for index, feature in enumerate(features)}
    rows = np.zeros((len(names), len(features)))
    rows[:, 0] = 1
    for row, (name, _) in zip(rows, names, strict=True):
        row[[place[feature] for feature in endings(name) if feature in place]] = 1
    male = np.array([gender == "m" for _, gender in names], dtype=float)
    weights: NDArray[np.float64] = np.zeros(len(features))
    for _ in range(STEPS):
        error = 1 / (1 + np.exp(-rows @ weights)) - male
        weights -= 8 * (rows.T @ error + PENALTY * weights) / len(names)
    return dict(zip(features, weights.tolist(), strict=True))


def _right(weights: dict[str, float], name: str, gender: str) -> bool:
    return (weights["bias"] + sum(weights.get(feature, 0.0) for feature in endings(name)) > 0) == (gender == "m")


def main() -> None:
    """Learn the weights, and print how well they do on names that they were not learned from."""
    names = sorted((name.lower(), gender) for name, gender in lexicon.rows("name_given") if gender in ("m", "f"))
    right = 0
    for fold in range(FOLDS):
        weights = learn([name for place, name in enumerate(names) if place % FOLDS != fold])
        right += sum(_right(weights, *name) for name in names[fold::FOLDS])
    print(f"right of {len(names):,} names, each left out once: {right / len(names):.1%}")
    lines = (
        f"{feature}\t{weight:.2f}\n" for feature, weight in sorted(learn(names).items()) if math.fabs(weight) >= 0.01
    )
    (WEIGHTS / "given_names.tsv").write_text(HEAD + "".join(lines), "utf-8")


if __name__ == "__main__":
    main()
