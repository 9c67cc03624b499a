"""Learn the weights of ``stance_pair_weights.tsv`` from sentences with annotated pairs.

A regularised conditional logit: for each annotated pair, a softmax over support, opposition and no stance.

Run it as ``python -m pipeline.nlp.stances.fit SENTENCES.jsonl… [--without HELD_OUT.jsonl…]``. A line of the files is an object with
``text`` and ``pairs``, each with ``holder`` and ``target``, lists of [start, end] in code points, and ``label``: support, oppose or
neutral. Sentences that are also in the files after ``--without``, or were there before, are left out.
"""

import argparse
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, TypeAlias

from spacy.tokens import Doc

from pipeline.nlp.learning import Example, Words, conditional_logit
from pipeline.nlp.model import load_model
from pipeline.nlp.stances.pairs import Pair, Pairs
from pipeline.nlp.stances.parse import Phrase
from pipeline.nlp.stances.reading import Reading
from pipeline.nlp.stances.weights import PAIR_WEIGHTS, Sides

SIDES = ("support", "oppose")
SIGNS = ("+", "-")
# Of the words of both: from here on a phrase is the annotated one.
LEAST_SHARED = 0.2
# Of the pairs that nobody has annotated, one in so many is learned from.
EVERY = 8
PAIR_HEAD = (
    "# Weights of the features of two actors: what the names mean is said in nlp/stances/features.py.\n"
    "# Columns: feature, weight for support, weight for opposition (natural logarithms of odds against no stance).\n"
)
SOURCE = "# Source: learned from the training parts of DSE and PLV by nlp/stances/fit.py. Licence: Apache-2.0.\n"
Annotated: TypeAlias = dict[str, Any]


def normal(text: str) -> str:
    """Return a sentence as it is compared with others."""
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
                kept.append(sentence)
    return kept


def option(features: Iterable[str], side: int) -> list[str]:
    """Return a pair's features as those of one polarity: its own, and those that speak for or against either.

    What speaks with a sign is seen twice: as such, and as agreeing with the polarity or not; so opposition learns from support.
    """
    name, sign = SIDES[side], SIGNS[side]
    found = []
    for feature in features:
        found.append(f"{name} {feature}")
        if feature.endswith(SIGNS):
            found.append(f"{'agree' if feature.endswith(sign) else 'differ'} {feature[:-1]}")
    return found


def table_of(weight: dict[str, float]) -> dict[str, Sides]:
    """Return what was learned by feature, for each polarity."""
    signed: dict[str, Sides] = {}
    names = {name.partition(" ")[2] for name in weight if name.startswith(SIDES)}
    for name in weight:
        how, _, feature = name.partition(" ")
        if how in ("agree", "differ"):
            names |= {feature + sign for sign in SIGNS}
    for name in sorted(names):
        values = [sum(weight.get(one, 0.0) for one in option([name], side)) for side in range(len(SIDES))]
        signed[name] = Sides(*values)
    return signed


def groups(doc: Doc, annotated: list[Annotated]) -> Iterator[list[Example]]:
    """Yield the Doc's pairs: for each polarity the features and whether it is the right one.

    Of the pairs that nobody has annotated, every few that no rule has found are taken as without a stance, as most of them are:
    annotators choose pairs of names, and what is learned must hold for pronouns and plain nouns too.
    """
    reading, words = Reading(doc), Words(doc)
    paired = Pairs(reading.parse, reading.voices, reading.candidates)
    pairs = list(paired)
    labelled = {}
    for gold in annotated:
        if gold["holder"] and gold["target"]:
            place = matching(reading, words, pairs, gold)
            if place is not None:
                labelled[place] = gold["label"]
    described = [{*pair.place, *(feature.name for feature in paired.words(pair))} for pair in pairs]
    others = [place for place, names in enumerate(described) if place not in labelled and "framed=False" in names]
    for place in (*labelled, *others[EVERY // 2 :: EVERY]):
        names = sorted(described[place])
        label = labelled.get(place, "neutral")
        yield [(option(names, side), float(label == one)) for side, one in enumerate(SIDES)]


def matching(reading: Reading, words: Words, pairs: list[Pair], gold: Annotated) -> int | None:
    """Return the place of the pair whose phrases are most like the annotated ones."""
    holder = words.within([gold["holder"]])
    target = words.within([gold["target"]])
    best, most = None, 0.0
    for place, pair in enumerate(pairs):
        held = reading.parties.holder_phrase(pair.holder.head)
        aimed = reading.parse.phrase(pair.target.head)
        near = [
            _likeness(_tokens(phrase) & frozenset(words.places), gold_words)
            for phrase, gold_words in ((held, holder), (aimed, target))
        ]
        if min(near) >= LEAST_SHARED and sum(near) > most:
            best, most = place, sum(near)
    return best


def _tokens(phrase: Phrase) -> frozenset[int]:
    return frozenset(range(phrase.start, phrase.end))


def _likeness(one: frozenset[int], other: frozenset[int]) -> float:
    """Return the share of common words."""
    return len(one & other) / len(one | other) if one and other else 0.0


def write(name: str, head: str, rows: Iterable[tuple[str, list[float]]]) -> None:
    """Write weights as the word list that the pipeline reads."""
    lines = [
        "\t".join((feature, *(f"{value:.2f}" for value in values))) + "\n"
        for feature, values in sorted(rows)
        if any(values)
    ]
    path = Path(__file__).parents[1] / "lexicons" / f"{name}.tsv"
    path.write_text(head + SOURCE + "".join(lines), encoding="utf-8")


def main() -> None:
    """Learn from the files and replace the weights."""
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("sentences", nargs="+", type=Path)
    parser.add_argument("--without", nargs="+", type=Path, default=[])
    options = parser.parse_args()
    sentences = read(options.sentences, options.without)
    nlp = load_model().as_one_pipeline()
    pairs: list[list[Example]] = []
    with nlp.select_pipes(disable=["onrecord_stances"]):
        docs = nlp.pipe((one["text"] for one in sentences), batch_size=16)
        for doc, sentence in zip(docs, sentences, strict=True):
            pairs.extend(groups(doc, sentence["pairs"]))
    write(PAIR_WEIGHTS, PAIR_HEAD, ((name, list(sides)) for name, sides in table_of(conditional_logit(pairs)).items()))


if __name__ == "__main__":
    main()
