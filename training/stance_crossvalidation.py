# SPDX-License-Identifier: Apache-2.0
"""Cross-validation of stances: annotated pairs, with weights learned from other sentences."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from spacy.tokens import Doc

from onrecord.nlp.annotations import StanceParty
from onrecord.nlp.stances.analysis import StanceAnalysis
from onrecord.nlp.stances.scoring import Table
from training.conditional_logit import Example, Words, conditional_logit
from training.stance_examples import MIN_SHARED, SIDES, Annotated, groups, table_of


class Result(NamedTuple):
    """The result for one file: the number of annotated pairs, the F1 of each polarity, and of both together."""

    file: str
    pairs: int
    support: float
    oppose: float
    found: float


def cross_validated(docs: Sequence[Doc], sentences: Sequence[Annotated], folds: int) -> Iterator[Result]:
    """Yield the result for each file; each sentence is labelled with weights learned from the other folds of all files."""
    learned = [list(groups(doc, one.get("pairs"))) for doc, one in zip(docs, sentences, strict=True)]
    labels: dict[str, list[tuple[str, str]]] = {}
    for fold in range(folds):
        data: list[list[Example]] = [
            group for place, found in enumerate(learned) if place % folds != fold for group in found
        ]
        table = table_of(conditional_logit(data))
        for doc, one in list(zip(docs, sentences, strict=True))[fold::folds]:
            labels.setdefault(one["file"], []).extend(_labels(doc, one.get("pairs", []), table))
    for file, found in sorted((file, found) for file, found in labels.items() if found):
        support, oppose = (
            _f1([(gold == side, label == side, gold == label) for gold, label in found]) for side in SIDES
        )
        anything = _f1([(gold in SIDES, label in SIDES, gold == label) for gold, label in found])
        yield Result(file, len(found), support, oppose, anything)


def _labels(doc: Doc, annotated: list[Annotated], table: Table) -> Iterator[tuple[str, str]]:
    """Yield the label of each pair and that of the most confident stance between the two; neutral where there is none."""
    words, stances = Words(doc), StanceAnalysis(doc).stances(table, least=0.0)
    for gold in annotated:
        if gold["holder"] and gold["target"]:
            ends = [words.within([gold["holder"]]), words.within([gold["target"]])]
            found = [
                stance
                for stance in stances
                if _is_near(words, stance.holder, ends[0]) and _is_near(words, stance.target, ends[1])
            ]
            best = max(found, key=lambda stance: stance.confidence, default=None)
            yield gold["label"], "neutral" if best is None else best.polarity.lower()


def _is_near(words: Words, party: StanceParty, annotated: frozenset[int]) -> bool:
    """Whether a party's words and the annotated ones have at least a fifth of either in common."""
    if party.mention is None or not annotated:
        return False
    own = words.within([(party.mention.start, party.mention.end)])
    shared = len(own & annotated)
    return shared >= MIN_SHARED * max(len(own), len(annotated)) > 0


def _f1(rows: Sequence[tuple[bool, bool, bool]]) -> float:
    """Return F1 in per cent of rows of whether a label is due, whether one is given, and whether it is right."""
    due, given = sum(row[0] for row in rows), sum(row[1] for row in rows)
    right = sum(all(row) for row in rows)
    return 200 * right / (due + given) if due + given else 0.0
