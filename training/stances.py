# SPDX-License-Identifier: Apache-2.0
"""Learn the weights of ``nlp/weights/stance_pairs.tsv`` from sentences with annotated pairs.

A regularized conditional logit: for each annotated pair, a softmax over support, opposition and no stance.

Run it as ``python -m training.stances SENTENCES.jsonl… [--without HELD_OUT.jsonl…]``. A line of the files is an object with ``text`` and
``pairs``, each with ``holder`` and ``target``, lists of [start, end] in code points, and ``label``: support, oppose or neutral; an
object without ``pairs`` is running news. Repeated sentences, and those in the files after ``--without``, are left out. With
``--folds N`` nothing is written: each file's pairs are labelled with weights learned from the other folds.
"""

import argparse
import json
from collections.abc import Iterable
from pathlib import Path

from spacy.tokens import Doc

from onrecord.nlp.model import load_model
from onrecord.nlp.stances.scoring import PAIR_WEIGHTS, Sides
from training import WEIGHTS
from training.conditional_logit import conditional_logit
from training.stance_crossvalidation import cross_validated
from training.stance_examples import Annotated, groups, table_of

HEAD = """\
# Weights of the features of a pair of actors; onrecord/nlp/stances/features.py explains the names of the features.
# Columns: feature, weight for support, weight for opposition (natural logarithms of the odds against no stance).
# Source: learned from the training parts of DSE, PLV and PolNeAR by training/stances.py; see stance_pairs.json. Licence: Apache-2.0.
"""


def normal(text: str) -> str:
    """Return a sentence in the form in which sentences are compared."""
    return " ".join(text.lower().split())


def read(files: Iterable[Path], held_out: Iterable[Path]) -> list[Annotated]:
    """Return the annotated sentences of the files, each once and none that is held out."""
    seen = {normal(json.loads(line)["text"]) for file in held_out for line in file.open(encoding="utf-8")}
    kept: list[Annotated] = []
    for file in files:
        for line in file.open(encoding="utf-8"):
            sentence = json.loads(line)
            if normal(sentence["text"]) not in seen:
                seen.add(normal(sentence["text"]))
                kept.append({**sentence, "file": file.name})
    return kept


def write(rows: Iterable[tuple[str, Sides]], path: Path) -> None:
    """Write weights as the table that the package reads."""
    lines = [
        "\t".join((feature, *(f"{value:.2f}" for value in values))) + "\n"
        for feature, values in sorted(rows)
        if any(values)
    ]
    path.write_text(HEAD + "".join(lines), encoding="utf-8")


def report(docs: list[Doc], sentences: list[Annotated], folds: int) -> None:
    """Print how well each file's pairs are labelled by weights learned from the other folds."""
    for one in cross_validated(docs, sentences, folds):
        mean = (one.support + one.oppose) / 2
        print(
            f"{one.file}: {one.pairs} pairs; F1 support {one.support:.1f}, oppose {one.oppose:.1f}, mean {mean:.1f};"
            f" found with the right polarity {one.found:.1f}"
        )


def main() -> None:
    """Learn from the files and replace the weights."""
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("sentences", nargs="+", type=Path)
    parser.add_argument("--without", nargs="+", type=Path, default=[])
    parser.add_argument(
        "--folds",
        type=int,
        default=0,
        metavar="N",
        help="write nothing, and report the results of cross-validation in N folds",
    )
    options = parser.parse_args()
    sentences = read(options.sentences, options.without)
    nlp = load_model().as_one_pipeline()
    with nlp.select_pipes(disable=["onrecord_stances"]):
        docs = nlp.pipe((one["text"] for one in sentences), batch_size=16)
        if options.folds:
            report(list(docs), sentences, options.folds)
            return
        pairs = [
            group for doc, sentence in zip(docs, sentences, strict=True) for group in groups(doc, sentence.get("pairs"))
        ]
    write(table_of(conditional_logit(pairs)).items(), WEIGHTS / f"{PAIR_WEIGHTS}.tsv")


if __name__ == "__main__":
    main()
