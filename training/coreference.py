# SPDX-License-Identifier: Apache-2.0
"""Learn the weights of ``nlp/weights/coreference.npz``: which candidate a pronoun or a noun phrase refers to.

Each kind of anaphor has a network with one hidden layer; a softmax over its candidates and "nobody" is fitted to each anaphor. Where
several candidates are right, such as all common nouns for somebody who is not named, their probabilities are added up.
Besides, how often each noun refers to something that the article names; while the networks learn, as seen in other articles.

Learned from ``training/references.jsonl``, which says for news articles to which names their pronouns and noun phrases refer, and from
GAP (Webster et al. 2018), which asks of two names in a passage whether a pronoun refers to them. Run it as
``python -m training.coreference GAP.jsonl ARTICLES.jsonl ...``, with the texts of the articles by their ids; one without an id has
that of its file and the number of its line, from 0: ``pages-7``. With ``--nouns`` only the network of noun phrases is learned, and those
of pronouns are kept. With ``--figures`` it writes nothing, but prints how well each of five parts is decided by networks that were learned
from the others.
"""

import json
import sys
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from spacy.language import Language
from spacy.tokens import Doc

from onrecord.nlp.annotations import Entity, entities_of
from onrecord.nlp.coreference import ranker, resolver
from onrecord.nlp.coreference.anaphors import Anaphor
from onrecord.nlp.coreference.features import ANAPHOR, NAMES, Candidates
from onrecord.nlp.coreference.ranker import KINDS, Network, kind_of
from onrecord.nlp.coreference.referents import Referent
from onrecord.nlp.english.parse import Parse
from onrecord.nlp.model import load_model
from training import WEIGHTS

REFERENCES = Path(__file__).with_name("references.jsonl")
Array = NDArray[np.float32]
FOLDS = 5
PARTS = 20  # of the articles; the rates of nouns in one are learned from the others
PRIOR = 20  # occurrences of a noun that count as much as its class
RATE_PLACE = ANAPHOR.index("rate")
# What shows that an article names something that a noun could refer to.
FITS = [NAMES.index(name) for name in ("type", "kind", "group", "noun of it", "last word")]
HIDDEN = 24  # units of a network
STARTS = 3  # networks from different starts, joined to one of three times the width
STEPS = 300
RATE = 0.02
PENALTY = 1e-3  # of the squared weights
DROPPED = 0.1  # of the features in a step
OF_GAP = 0.5  # the weight of its examples: encyclopedic, and without "nobody"
# The recognizer mistakes the types of rare names. So that the networks learn that, it does so more often while they learn.
MISTYPED = {"person": 0.15, "thing": 0.15, "noun": 0.3}
TYPES = [NAMES.index(name) for name in ("PERSON", "ORG", "GPE", "NORP")]


@dataclass(frozen=True, slots=True)
class Example:
    """An anaphor: the features of its candidates and of nobody, and which rows are right; ``source`` is the id of its article."""

    kind: str
    rows: NDArray[np.float32]
    right: list[int]
    source: str
    weight: float = 1.0
    noun: str = ""
    noun_class: str = ""


def _owners(entities: Sequence[Entity]) -> dict[int, int]:
    """Return the entity of each code point of a name."""
    return {
        point: index
        for index, entity in enumerate(entities)
        for mention in entity.mentions
        if mention.kind == "NAME"
        for point in range(mention.span.start, mention.span.end)
    }


def _example(
    anaphor: Anaphor, candidates: Candidates, meant: set[int], source: str, weight: float = 1.0
) -> Example | None:
    """Return an anaphor that refers to one of some entities, or to nobody who is named if there are none."""
    if meant:
        right = [place for place, referent in enumerate(candidates.referents) if referent.entity in meant]
    else:
        right = [place for place, referent in enumerate(candidates.referents) if referent.entity is None]
        right.append(len(candidates.referents))
    if not right or not len(candidates.rows):
        return None
    noun = "" if anaphor.is_pronoun else anaphor.word
    return Example(kind_of(anaphor), candidates.rows, right, source, weight, noun, anaphor.noun_class)


def examples(
    doc: Doc, considered: Iterable[int], references: Mapping[int, Sequence[int]], source: str
) -> list[Example]:
    """Return the anaphors of an article, with those before each resolved as annotated.

    Args:
        doc: the article with its entities.
        considered: where the annotated pronouns and noun phrases begin, in code points.
        references: where the names begin to which those refer that refer to a name.
        source: the id of the article.
    """
    parse, entities = Parse.of(doc), entities_of(doc)
    owners, places, found = _owners(entities), frozenset(considered), []

    def choose(anaphor: Anaphor, candidates: Candidates) -> tuple[Referent | None, float]:
        place = parse.start[anaphor.token]
        if place not in places:
            return None, 1.0
        meant = {owners[name] for name in references.get(place, ()) if name in owners}
        if place in references and not meant:
            return None, 1.0  # a name that was not found
        example = _example(anaphor, candidates, meant, source)
        if example is not None:
            found.append(example)
        return next((referent for referent in candidates.referents if referent.entity in meant), None), 1.0

    for _ in resolver.resolve(parse, entities, choose):
        pass
    return found


def gap_examples(doc: Doc, passage: Mapping[str, object], networks: Mapping[str, Network]) -> list[Example]:
    """Return the pronoun that a passage asks for, with those before it resolved by networks."""
    parse, entities = Parse.of(doc), entities_of(doc)
    owners, found = _owners(entities), []
    names: list[dict[str, object]] = passage["names"]  # type: ignore[assignment]

    def choose(anaphor: Anaphor, candidates: Candidates) -> tuple[Referent | None, float]:
        if parse.start[anaphor.token] == passage["pronoun"][0]:  # type: ignore[index]
            asked = {
                (owners[point], bool(name["coref"]))
                for name in names
                for point in range(*name["at"])  # type: ignore[misc]
                if point in owners
            }
            meant = {entity for entity, is_meant in asked if is_meant}
            if meant or not any(name["coref"] for name in names):
                example = _example(anaphor, candidates, meant, str(passage["id"]), OF_GAP)
                others = [
                    place
                    for place, referent in enumerate(candidates.referents)
                    if referent.entity is not None and referent.entity not in {entity for entity, _ in asked}
                ]
                if example is not None:
                    found.append(example if meant else replace(example, right=sorted({*example.right, *others})))
        return resolver.by_rank(anaphor, candidates, networks)

    for _ in resolver.resolve(parse, entities, choose):
        pass
    return found


def mistyped(data: Sequence[Example], random: np.random.Generator) -> Iterator[Example]:
    """Yield examples, some of them once more with wrong types of the right candidates."""
    for example in data:
        yield example
        is_named = len(example.rows) - 1 not in example.right
        if random.random() < MISTYPED[example.kind] and is_named:
            rows = example.rows.copy()
            for row in example.right:
                rows[row, TYPES] = 0
                rows[row, random.choice(TYPES[1:3])] = 1
            yield replace(example, rows=rows)


def _fit(data: Sequence[Example], seed: int) -> tuple[Array, Array, Array]:
    """Return the weights of one network (Adam on the whole batch; dropout of features)."""
    random = np.random.default_rng(seed)
    rows = np.concatenate([example.rows for example in data])
    sizes = np.array([len(example.rows) for example in data])
    group, first = np.repeat(np.arange(len(data)), sizes), np.concatenate([[0], np.cumsum(sizes)[:-1]])
    right = np.zeros(len(rows), dtype=np.float32)
    for start, example in zip(first, data, strict=True):
        right[start + np.array(example.right)] = 1
    weight = np.array([example.weight for example in data], dtype=np.float32)
    weight /= weight.sum()
    n_features = rows.shape[1]
    values = [
        random.normal(0, np.sqrt(2 / n_features), (n_features, HIDDEN)).astype(np.float32),
        np.zeros(HIDDEN, dtype=np.float32),
        random.normal(0, np.sqrt(1 / HIDDEN), HIDDEN).astype(np.float32),
    ]
    means, squares = [np.zeros_like(value) for value in values], [np.zeros_like(value) for value in values]
    for step in range(1, STEPS + 1):
        kept = np.asarray(random.random(n_features) > DROPPED, dtype=np.float32)
        seen = rows * (kept / np.float32(1 - DROPPED))
        layer = seen @ values[0] + values[1]
        active = np.maximum(layer, 0)
        scores = active @ values[2]
        odds = np.exp(scores - np.maximum.reduceat(scores, first)[group])
        share = odds / np.add.reduceat(odds, first)[group]
        target = odds * right / np.add.reduceat(odds * right, first)[group]
        error = (share - target) * weight[group]
        below = np.outer(error, values[2]) * (layer > 0)
        gradients = [seen.T @ below + PENALTY * values[0], below.sum(0), active.T @ error + PENALTY * values[2]]
        rate = RATE * (1 - step / (STEPS + 1))
        for value, gradient, mean, square in zip(values, gradients, means, squares, strict=True):
            mean += 0.1 * (gradient - mean)
            square += 0.001 * (gradient**2 - square)
            value -= np.float32(rate) * (mean / (1 - 0.9**step)) / (np.sqrt(square / (1 - 0.999**step)) + 1e-8)
    return values[0], values[1], values[2]


def rates(data: Iterable[Example]) -> dict[str, float]:
    """Return how often each noun refers to something that the article names; for rare nouns nearly as often as its class.

    Only where a name fits: otherwise the rates would depend on the topics of the articles.
    """
    named: dict[str, list[bool]] = {}
    classes: dict[str, str] = {}
    for example in data:
        if example.noun and (example.rows[:-1, FITS] > 0).any():
            named.setdefault(example.noun, []).append(len(example.rows) - 1 not in example.right)
            classes[example.noun] = example.noun_class
    of_class: dict[str, list[float]] = {}
    for noun, seen in named.items():
        of_class.setdefault(classes[noun], []).append(sum(seen) / len(seen))
    everything = [rate for rates in of_class.values() for rate in rates]
    average = sum(everything) / max(len(everything), 1)
    found = {name: (sum(rates) + average * PRIOR) / (len(rates) + PRIOR) for name, rates in of_class.items()}
    return found | {
        noun: (sum(seen) + found[classes[noun]] * PRIOR) / (len(seen) + PRIOR) for noun, seen in named.items()
    }


def with_rates(data: Sequence[Example], rates: Mapping[str, float]) -> list[Example]:
    """Return examples with the rates of their nouns as a feature."""
    found = []
    for example in data:
        rows = example.rows
        if example.noun:
            rows = rows.copy()
            rows[:, RATE_PLACE] = rates.get(example.noun, rates.get(example.noun_class, 0.0))
        found.append(replace(example, rows=rows))
    return found


def with_rates_of_others(data: Sequence[Example]) -> list[Example]:
    """Return examples with the rates of their nouns in other articles."""
    parts: list[list[Example]] = [[] for _ in range(PARTS)]
    for example in data:
        parts[zlib.crc32(example.source.encode()) % PARTS].append(example)
    return [
        example
        for place, part in enumerate(parts)
        for example in with_rates(part, rates(chain(*parts[:place], *parts[place + 1 :])))
    ]


def learn(data: Sequence[Example]) -> dict[str, Network]:
    """Return the network of each kind of anaphor."""
    data = with_rates_of_others(data)
    found = {}
    for kind in KINDS:
        own = list(mistyped([example for example in data if example.kind == kind], np.random.default_rng(1)))
        parts = [_fit(own, seed) for seed in range(STARTS)]
        hidden, bias, output = (np.concatenate([part[place] for part in parts], axis=-1) for place in range(3))
        found[kind] = Network(hidden.astype(np.float32), bias.astype(np.float32), (output / STARTS).astype(np.float32))
    return found


def kept(network: Network) -> Network:
    """Return a network of pronouns with weights of 0 for the features of nouns that came after it, which are the last ones."""
    missing = len(NAMES) - len(network.hidden)
    return replace(network, hidden=np.pad(network.hidden, ((0, missing), (0, 0))))


def figures(data: Sequence[Example], networks: Mapping[str, Network]) -> Counter[tuple[str, str]]:
    """Return how many decisions are right, by the kind of anaphor: named, of these right, and to be named."""
    noun = NAMES.index("common noun")
    counts: Counter[tuple[str, str]] = Counter()
    for example in data:
        shares = networks[example.kind].probabilities(example.rows)
        best = int(np.argmax(shares[:-1] if example.kind == "noun" else shares))
        is_named = (
            best < len(shares) - 1
            and not example.rows[best, noun]
            and shares[best] >= resolver.MIN_PROBABILITY[example.kind]
        )
        counts[example.kind, "named"] += is_named
        counts[example.kind, "right"] += is_named and best in example.right
        counts[example.kind, "to be named"] += len(shares) - 1 not in example.right
    return counts


def print_figures(data: Sequence[Example]) -> None:
    """Print precision and recall of examples, each decided by networks that were learned from the articles of other parts."""
    sources = {source: place % FOLDS for place, source in enumerate(sorted({example.source for example in data}))}
    counts: Counter[tuple[str, str]] = Counter()
    for fold in range(FOLDS):
        learned = [example for example in data if sources[example.source] != fold]
        networks = learn(learned)
        for is_gap in (False, True):
            left_out = [
                example for example in data if sources[example.source] == fold and (example.weight == OF_GAP) == is_gap
            ]
            for (kind, name), count in figures(with_rates(left_out, rates(learned)), networks).items():
                counts[f"GAP {kind}" if is_gap else kind, name] += count
    for kind in dict.fromkeys(kind for kind, _ in counts):
        named, right, gold = (counts[kind, name] for name in ("named", "right", "to be named"))
        print(f"{kind}: P {right / max(named, 1):.1%} R {right / max(gold, 1):.1%} of {gold:,}")


def _articles(nlp: Language, paths: Sequence[str]) -> Iterator[Example]:
    texts: dict[str, str] = {}
    for path in paths:
        for number, line in enumerate(Path(path).read_text("utf-8").splitlines()):
            article = json.loads(line)
            texts.setdefault(article.get("id", f"{Path(path).stem}-{number}"), article["text"])
    annotated = [json.loads(line) for line in REFERENCES.read_text("utf-8").splitlines()]
    missing = [article["id"] for article in annotated if article["id"] not in texts]
    if missing:
        sys.exit(
            f"no text of {len(missing):,} annotated articles, such as {missing[0]}; give the files with the articles"
        )
    docs = nlp.pipe(texts[article["id"]] for article in annotated)
    for article, doc in zip(annotated, docs, strict=True):
        references = {int(place): names for place, names in article["references"].items()}
        yield from examples(doc, article["considered"], references, article["id"])


def main() -> None:
    """Learn the networks, and write them, or print how well they do."""
    has_figures, is_of_nouns = "--figures" in sys.argv, "--nouns" in sys.argv
    paths = [path for path in sys.argv[1:] if not path.startswith("--")]
    nlp = load_model(extract=["entities"]).as_one_pipeline()
    nlp.remove_pipe("onrecord_coreference")
    own = list(_articles(nlp, paths[1:]))
    first = learn(own)
    passages = [json.loads(line) for line in Path(paths[0]).read_text("utf-8").splitlines()]
    docs = nlp.pipe(passage["text"] for passage in passages)
    gap = [
        example for passage, doc in zip(passages, docs, strict=True) for example in gap_examples(doc, passage, first)
    ]
    if has_figures:
        print_figures(own + gap)
        return
    learned = learn(own + gap)
    if is_of_nouns:
        learned |= {kind: kept(network) for kind, network in ranker.networks().items() if kind != "noun"}
    arrays = {
        f"{kind}_{part}": getattr(network, part)
        for kind, network in learned.items()
        for part in ("hidden", "bias", "output")
    }
    found = sorted(rates(own).items())
    arrays |= {
        "nouns": np.array([noun for noun, _ in found]),
        "rates": np.array([rate for _, rate in found], dtype=np.float32),
    }
    np.savez_compressed(WEIGHTS / "coreference.npz", **arrays)


if __name__ == "__main__":
    main()
