"""How likely a candidate is a quote: the features of its cue, frame, source and marks, summed to a logit.

The weights are learned from annotated news by ``fit.py``, regularised logistic regression, so that the confidence of a quote is
an estimate of the share of such candidates that annotators marked, speaker included.
"""

import functools
import math

from pipeline.nlp import lexicon
from pipeline.nlp.quotes.candidates import Candidate
from pipeline.nlp.quotes.tree import Tree

WEIGHTS = "quote_weights"
PERSON_PRONOUNS = {
    "i": "I",
    "we": "we",
    "you": "you",
    "he": "he",
    "she": "he",
    "they": "they",
    "it": "it",
    "one": "one",
}
MODALS = {"will": "will", "'ll": "will", "’ll": "will", "wo": "will", "can": "can", "could": "could", "would": "would"}
CLAUSE_LENGTHS = (1, 2, 4, 8, 16, 32)


@functools.cache
def weights() -> dict[str, float]:
    """Return the weight of each feature."""
    return {row[0]: float(row[1]) for row in lexicon.rows(WEIGHTS)}


def _source_kind(tree: Tree, head: int | None) -> str:
    if head is None:
        return "none"
    word, tag = tree.lower[head], tree.tags[head]
    if word in PERSON_PRONOUNS:
        return PERSON_PRONOUNS[word]
    if tag in ("PRP", "EX", "WP", "WDT", "DT"):
        return "pronoun"
    if tree.entity_types[head]:
        return tree.entity_types[head]
    return {"NNP": "name", "NNPS": "name", "NNS": "plural", "NN": "noun"}.get(tag, "other")


def _mood(tree: Tree, verb: int) -> str:
    tag = tree.tags[verb]
    if tag[:2] != "VB":
        return "no-verb"
    auxiliaries = [child for child in tree.children[verb] if tree.labels[child] in ("aux", "auxpass", "neg", "mark")]
    words = {tree.lower[child] for child in auxiliaries}
    parts = [tag]
    if words & {"not", "n't", "n’t", "never"}:
        parts.append("not")
    if words & {"if", "whether", "unless"}:
        parts.append("if")
    if any(tree.labels[child] == "auxpass" for child in auxiliaries):
        parts.append("passive")
    modal = next((MODALS.get(tree.lower[child], "modal") for child in auxiliaries if tree.tags[child] == "MD"), None)
    if modal:
        parts.append(modal)
    if "to" in words:
        parts.append("to")
    return "-".join(parts)


def describe(tree: Tree, candidate: Candidate, in_marks: bool, share: str, length: int, starts: str) -> list[str]:
    """Return the candidate's features.

    Args:
        tree: the Doc's tree.
        candidate: what is weighed.
        in_marks: the cue itself stands in quotation marks.
        share: how much of the content stands in marks: "none", "part" or "all", or "in" where the cue does too.
        length: the content's length in words.
        starts: what the content starts with: "low", "capital" or "number".
    """
    frame, cue = candidate.frame, candidate.lexical
    lemma = cue.lemma if cue else ""
    main = cue.classes[0] if cue else "other"
    source = _source_kind(tree, candidate.source_head)
    mood = _mood(tree, candidate.anchor)
    bucket = sum(length > bound for bound in CLAUSE_LENGTHS)
    label = tree.labels[candidate.anchor]
    return [
        "bias",
        f"f={frame}",
        f"c={main}",
        f"cf={main}|{frame}",
        f"w={lemma}",
        f"wf={lemma}|{frame}",
        f"s={source}",
        f"sc={source}|{main}",
        f"sf={source}|{frame}",
        f"m={mood}",
        f"mc={mood}|{main}",
        f"q={in_marks}",
        f"qc={in_marks}|{main}",
        f"qs={in_marks}|{source}",
        f"h={share}",
        f"hf={share}|{frame}",
        f"n={bucket}",
        f"nf={bucket}|{frame}",
        f"nc={bucket}|{main}",
        f"l={label}",
        f"lc={label}|{main}",
        f"i={starts}|{frame}",
        *candidate.links,
        *(f"{link}|{frame}" for link in candidate.links),
        *(f"{link}|{lemma}" for link in candidate.links),
    ]


def probability(candidate: Candidate) -> float:
    """Return how likely the candidate is a quote, 0 to 1."""
    table = weights()
    logit = sum(table.get(feature, 0.0) for feature in candidate.features)
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, logit))))
