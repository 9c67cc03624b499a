# SPDX-License-Identifier: Apache-2.0
"""Learns what the context of a name says about its type: ``python -m training.name_types ARTICLES.jsonl``.

Nobody annotated the types: they are those of the names that are known for sure (well-known names, full names with a frequent given
name, names with a word such as Ministry), with all mentions of their entities, and of names for which the model has one label only.
"""

import json
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from spacy.tokens import Doc

from onrecord.data.records import EntityType
from onrecord.nlp.annotations import Entity
from onrecord.nlp.english.parse import Parse
from onrecord.nlp.entities import find_entities, knowledge
from onrecord.nlp.entities.person_names import gender_of_given_name
from onrecord.nlp.entities.type_context import LEARNED, WEIGHTS, features
from onrecord.nlp.model import load_model
from training.conditional_logit import Example, conditional_logit

WEIGHTS_FOLDER = Path(__file__).parents[1] / "pipeline/onrecord/nlp/weights"
# Of one name, so that no weight is about a few people of one year.
MAX_MENTIONS = 30
HEAD = """\
# Weights of the context of a name for its type; onrecord/nlp/entities/type_context.py explains the names of the features.
# Columns: feature, weight (natural logarithm of the odds).
# Source: learned from names of known type in the training part of PolNeAR by training/name_types.py; see name_types.json.
# Licence: Apache-2.0.
"""


def sure_type(entity: Entity) -> EntityType | None:
    """Return the type of an entity whose name shows it, or None."""
    for name in (entity.name, *entity.aliases):
        words = knowledge.words_of(name)
        known = knowledge.known_names().get(words)
        if known is not None and known.sure:
            return known.type
        kind = knowledge.designated(words)
        if kind is not None:
            return kind
    if entity.type == "PERSON" and any(
        gender_of_given_name(knowledge.words_of(name)) for name in (entity.name, *entity.aliases)
    ):
        return "PERSON"
    return None


def examples(doc: Doc, times: Counter[str]) -> Iterator[list[Example]]:
    """Return the mentions of known type, with the features of each type."""
    parse = Parse.of(doc).unwrapped
    labels = {(entity.start_char, entity.end_char): entity.label_ for entity in doc.ents}
    for entity in find_entities(doc):
        guesses = {labels.get((mention.span.start, mention.span.end), "-") for mention in entity.mentions} - {"-"}
        kind = sure_type(entity) or (guesses.pop() if len(guesses) == 1 else None)
        if kind is None:
            continue
        right = "GPE" if kind == "LOC" else kind
        for mention in entity.mentions:
            times[entity.name_key] += 1
            if times[entity.name_key] > MAX_MENTIONS:
                break
            start, end = parse.at(mention.span.start), parse.at(mention.span.end)
            found = features(parse, start, end)
            yield [([f"{name}|{option}" for name in found], float(option == right)) for option in LEARNED]


def main(articles: Path) -> None:
    """Learn from the articles and replace the weights."""
    table = WEIGHTS_FOLDER / f"{WEIGHTS}.tsv"
    table.write_text(HEAD, encoding="utf-8")  # the same weights are learned whatever the weights were
    model = load_model(extract=["entities"])
    texts = (json.loads(line)["text"] for line in articles.open(encoding="utf-8"))
    times: Counter[str] = Counter()
    data = [group for doc in model.parse.pipe(texts, batch_size=16) for group in examples(doc, times)]
    lines = [f"{name}\t{value:.2f}\n" for name, value in sorted(conditional_logit(data).items())]
    table.write_text(HEAD + "".join(lines), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
