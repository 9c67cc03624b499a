# SPDX-License-Identifier: Apache-2.0
"""Learn the weights of ``nlp/weights/quotes.tsv`` from articles with annotated attributions.

A regularized conditional logit: for each cue, a softmax over its candidates and "no quote". A candidate is right when it shares at
least half of the words with an annotated content (intersection over union) and its source overlaps the annotated one.

Run it as ``python -m training.quotes ARTICLES.jsonl``. A line of the file is an object with ``text`` and ``quotes``, each with
``content``, ``speaker`` and ``cue``: lists of [start, end] in code points.
"""

import json
import math
import re
import sys
from itertools import chain
from pathlib import Path

import numpy as np
from spacy.tokens import Doc

from onrecord.nlp.annotations import Quote
from onrecord.nlp.english.cues import Cue, verbs
from onrecord.nlp.model import load_model
from onrecord.nlp.quotes import scored_quotes
from onrecord.nlp.quotes.candidates import Candidate
from onrecord.nlp.quotes.extractor import speaker_key
from onrecord.nlp.quotes.features import describe
from onrecord.nlp.quotes.layout import QuotationLayout
from onrecord.nlp.quotes.proposal import propose
from onrecord.nlp.quotes.scoring import AGREEING, LEVEL, MIN_CALIBRATED, SLOPE, SPOKEN, by_cue
from training import WEIGHTS
from training.conditional_logit import Example, Words, conditional_logit

FOLDS = 4  # parts of the articles; each is scored with weights learned from the others
PLATT_STEPS = 20
PRIOR = 6.0  # uses of a verb that its class counts for
WORD = re.compile(r"\w+")
HEAD = """\
# Weights of the features of a quote and its source; onrecord/nlp/quotes/features.py explains the names of the features.
# Columns: feature, weight (natural logarithm of the odds).
# Source: learned from the training part of PolNeAR by training/quotes.py; see quotes.json. Licence: Apache-2.0.
"""
Offsets = list[list[int]]
Annotated = list[tuple[Offsets, Offsets]]


def rightness(
    layout: QuotationLayout, words: Words, candidate: Candidate, gold: list[tuple[frozenset[int], frozenset[int]]]
) -> float:
    """Return the overlap of a candidate with an annotated attribution of the same source; 0 if it is under half."""
    content = words.within(candidate.content)
    source = frozenset(range(*candidate.source)) if candidate.source else frozenset()
    of_noun = candidate.source_head == layout.parse.head[candidate.anchor]
    if candidate.source and of_noun and layout.parse.dep[candidate.anchor] == "relcl":
        # Some annotators mark "who", some its antecedent.
        relative = layout.parse.child(candidate.anchor, "nsubj", "nsubjpass")
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
    """Return the candidates of each cue: their features and how right they are."""
    layout, words = QuotationLayout.of(doc), Words(doc)
    candidates = propose(layout)
    describe(candidates, layout)
    gold = [(words.within(content), words.within(speaker)) for content, speaker in annotated]
    return [
        [([*chain(*candidate.features)], rightness(layout, words, candidate, gold)) for candidate in group]
        for group in by_cue(candidates)
    ]


def spoken(texts: list[str], cues: list[Offsets]) -> dict[str, float]:
    """Return, for each cue verb that takes an object, the share of its past forms that are annotated as a cue.

    Past forms, because a noun may look like the others: the attacks. Rare verbs are drawn to the share of their class.

    Args:
        texts: the articles.
        cues: the annotated cues of each, in code points.
    """
    past = {form: cue for form, cue in verbs().items() if "obj" in cue.takes and _is_past(form, cue)}
    counts: dict[Cue, list[int]] = {}
    for text, spans in zip(texts, cues, strict=True):
        inside = {place for start, end in spans for place in range(start, end)}
        for word in WORD.finditer(text.lower()):
            if word.group() in past:
                counts.setdefault(past[word.group()], []).append(word.start() in inside)
    of_class: dict[str, list[int]] = {}
    for cue, found in counts.items():
        of_class.setdefault(cue.classes[0], []).extend(found)
    prior = {main: PRIOR * sum(found) / len(found) for main, found in of_class.items()}
    return {
        SPOKEN + cue.lemma: (sum(found) + prior[cue.classes[0]]) / (len(found) + PRIOR) for cue, found in counts.items()
    }


def _is_past(form: str, cue: Cue) -> bool:
    return form.endswith("ed") or (form != cue.lemma and not form.endswith(("s", "ing")))


def calibrate(
    docs: list[Doc], gold: list[Annotated], data: list[list[list[Example]]], shares: dict[str, float]
) -> dict[str, float]:
    """Return slope and intercept for each kind of quote, from the scores of articles that the weights were not learned from.

    Quotes inside quotes and sentences without a cue are left out, as in the annotations. A quote without a cue is right if it is part of
    an annotated one by its speaker: annotators join it with the quote before.
    """
    seen: dict[str, list[tuple[float, float]]] = {}
    for fold in range(FOLDS):
        others = [group for place, groups in enumerate(data) if place % FOLDS != fold for group in groups]
        table = conditional_logit(others) | shares
        for doc, annotated in zip(docs[fold::FOLDS], gold[fold::FOLDS], strict=True):
            words = Words(doc)
            truth = [(words.within(content), words.within(speaker)) for content, speaker in annotated]
            found = scored_quotes(doc, table)
            phrases: dict[tuple[int | None, str | None], frozenset[int]] = {}
            for one in found:
                speaker = speaker_key(one.quote)
                phrases[speaker] = phrases.get(speaker, frozenset()) | _source(words, one.quote)
            for one in found:
                if one.quote.parent is None and one.kind != "carried":
                    score = one.quote.confidence
                    logit = math.log(max(score, MIN_CALIBRATED) / max(1 - score, MIN_CALIBRATED))
                    right = _is_right(words, one.quote, truth)
                    if one.kind == "implicit" and not right:
                        right = _is_part(words, one.quote, truth, phrases[speaker_key(one.quote)])
                    seen.setdefault(one.kind, []).append((logit, right))
    numbers: dict[str, float] = {}
    for kind, pairs in sorted(seen.items()):
        slope, level = _platt(pairs)
        numbers |= {SLOPE + kind: slope, LEVEL + kind: level}
    return numbers


def _is_right(words: Words, quote: Quote, truth: list[tuple[frozenset[int], frozenset[int]]]) -> float:
    """Return 1 if an annotated attribution shares half of the quote's words and its source, or both have no source; else 0."""
    content = words.within((span.start, span.end) for span in quote.content)
    source = _source(words, quote)
    return float(
        any(
            len(content & others) >= AGREEING * len(content | others)
            and (bool(source & speaker) or not (source or speaker))
            for others, speaker in truth
        )
    )


def _is_part(
    words: Words, quote: Quote, truth: list[tuple[frozenset[int], frozenset[int]]], phrases: frozenset[int]
) -> float:
    """Return 1 if an annotated attribution to one of a speaker's phrases has half of the quote's words; else 0."""
    content = words.within((span.start, span.end) for span in quote.content)
    return float(
        any(len(content & others) >= AGREEING * len(content) and phrases & speaker for others, speaker in truth)
    )


def _source(words: Words, quote: Quote) -> frozenset[int]:
    mention = quote.speaker.mention if quote.speaker else None
    return words.within([(mention.start, mention.end)]) if mention else frozenset()


def _platt(pairs: list[tuple[float, float]]) -> tuple[float, float]:
    """Return slope and intercept of the line that maps logits to those of the share that is right (Platt 1999)."""
    logits, right = np.array(pairs).T
    slope, level = 1.0, 0.0
    for _ in range(PLATT_STEPS):
        estimate = 1 / (1 + np.exp(-(slope * logits + level)))
        spread = estimate * (1 - estimate)
        # Newton's method; the prior keeps rare kinds near the identity.
        gradient = np.array([((estimate - right) * logits).sum() + slope - 1, (estimate - right).sum() + level])
        cross = (spread * logits).sum()
        curvature = np.array([[(spread * logits**2).sum() + 1, cross], [cross, spread.sum() + 1]])
        slope, level = (float(value) for value in np.array([slope, level]) - np.linalg.solve(curvature, gradient))
    return slope, level


def write(weight: dict[str, float], path: Path) -> None:
    """Write the weights as the table that the package reads."""
    lines = [f"{name}\t{value:.2f}\n" for name, value in sorted(weight.items())]
    path.write_text(HEAD + "".join(lines), encoding="utf-8")


def main(articles: Path) -> None:
    """Learn from the articles and replace the weights."""
    lines = [json.loads(line) for line in articles.open(encoding="utf-8")]
    gold: list[Annotated] = [[(q["content"], q["speaker"]) for q in line["quotes"]] for line in lines]
    model = load_model(extract=["entities"])
    parsed = model.parse.pipe((line["text"] for line in lines), batch_size=16)
    docs = [model.extractors["entities"](doc) for doc in parsed]
    data = [examples(doc, annotated) for doc, annotated in zip(docs, gold, strict=True)]
    weight = conditional_logit([group for groups in data for group in groups])
    shares = spoken(
        [line["text"] for line in lines], [[span for q in line["quotes"] for span in q["cue"]] for line in lines]
    )
    write(weight | shares | calibrate(docs, gold, data, shares), WEIGHTS / "quotes.tsv")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
