# SPDX-License-Identifier: Apache-2.0
"""The component ``onrecord_coreference``: adds pronouns and noun phrases to the mentions of the entities that they refer to."""

from dataclasses import replace

from spacy.language import Language
from spacy.tokens import Doc

from onrecord.data.records import Mention
from onrecord.nlp.annotations import Entity, annotate, entities_of, text_span
from onrecord.nlp.components import PARSED, SPANS, check_requirements, draw_entities
from onrecord.nlp.coreference.nouns import types
from onrecord.nlp.coreference.resolver import resolve
from onrecord.nlp.english.names import fold
from onrecord.nlp.english.parse import Parse
from onrecord.nlp.entities import knowledge
from onrecord.nlp.entities.describe import name_key

SURE_PERSON = 0.9  # the probability from which "he" and "she" show that a name is that of a person
REQUIRES = (*PARSED, "doc._.onrecord_entities")


class CoreferenceResolver:
    """Sets ``doc._.onrecord_references`` and completes ``doc._.onrecord_entities``; runs after ``onrecord_entities``.

    Args:
        name: of the component.
        spans_key: where in ``doc.spans`` all mentions of entities go; None for nowhere.
    """

    def __init__(self, name: str = "onrecord_coreference", spans_key: str | None = None) -> None:
        self.name = name
        self.spans_key = spans_key

    def __call__(self, doc: Doc) -> Doc:
        """Resolve the pronouns and the definite noun phrases of a Doc.

        Raises:
            MissingAnnotation: a component that must run before has not.
        """
        check_requirements(doc, self.name, REQUIRES)
        entities, parse = entities_of(doc), Parse.of(doc)
        mentions: dict[int, list[Mention]] = {}
        references = []
        people, others = set[int](), set[int]()
        first_at = [entity.mentions[0].span.start for entity in entities]
        # "The mayor" of "the mayor Ann Lee" is part of a mention by name.
        for anaphor, reference in resolve(parse, entities):
            references.append(reference)
            if reference.entity is not None and reference.entity != anaphor.part_of:
                span = text_span(parse.source, parse.start[anaphor.first], parse.end[anaphor.token])
                kind = Mention(span, "PRONOUN" if anaphor.is_pronoun else "NOMINAL")
                mentions.setdefault(reference.entity, []).append(kind)
                if not anaphor.is_person and not (anaphor.kind and anaphor.kind.is_person):
                    others.add(reference.entity)
                elif (
                    anaphor.is_person
                    and reference.probability >= SURE_PERSON
                    and first_at[reference.entity] < span.start
                ):
                    people.add(reference.entity)
        annotate(
            doc,
            references=tuple(references),
            entities=tuple(
                replace(
                    _as_person(entity) if index in people - others and entity.type != "PERSON" else entity,
                    mentions=_in_text_order(*entity.mentions, *mentions[index]),
                )
                if index in mentions
                else entity
                for index, entity in enumerate(entities)
            ),
        )
        draw_entities(doc, self.spans_key)
        return doc


def _as_person(entity: Entity) -> Entity:
    """Return an entity that "he" or "she" surely means with the type of a person."""
    first, *others = entity.name.split()
    is_name = types(others[-1].lower()) <= {"PERSON"} if others else fold(first) in knowledge.given_names()
    return replace(entity, type="PERSON", name_key=name_key(entity.name, "PERSON")) if is_name else entity


def _in_text_order(*mentions: Mention) -> tuple[Mention, ...]:
    return tuple(sorted(mentions, key=lambda mention: (mention.span.start, mention.span.end)))


@Language.factory(
    "onrecord_coreference",
    default_config={"spans_key": "onrecord_entities"},
    assigns=["doc._.onrecord_references", "doc._.onrecord_entities", SPANS],
    requires=list(REQUIRES),
)
def make_coreference_resolver(nlp: Language, name: str, spans_key: str | None) -> CoreferenceResolver:
    """Return the spaCy component ``onrecord_coreference``; ``spans_key`` is the place of its spans in ``doc.spans``."""
    return CoreferenceResolver(name, spans_key)
