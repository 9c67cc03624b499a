# SPDX-License-Identifier: Apache-2.0
"""The component ``onrecord_coreference``: adds pronouns and noun phrases to the mentions of the entities that they refer to."""

from dataclasses import replace

from spacy.language import Language
from spacy.tokens import Doc

from onrecord.data.records import Mention
from onrecord.nlp.annotations import entities_of, text_span
from onrecord.nlp.coreference.resolver import resolve
from onrecord.nlp.english.parse import Parse


class CoreferenceResolver:
    """Sets ``doc._.onrecord_references`` and completes ``doc._.onrecord_entities``; runs after ``onrecord_entities``."""

    def __call__(self, doc: Doc) -> Doc:
        """Resolve the pronouns and the definite noun phrases of a Doc."""
        entities, parse = entities_of(doc), Parse.of(doc)
        mentions: dict[int, list[Mention]] = {}
        references = []
        for anaphor, reference in resolve(parse, entities):
            references.append(reference)
            if reference.entity is not None:
                span = text_span(parse.source, parse.start[anaphor.first], parse.end[anaphor.token])
                kind = Mention(span, "PRONOUN" if anaphor.is_pronoun else "NOMINAL")
                mentions.setdefault(reference.entity, []).append(kind)
        doc._.onrecord_references = tuple(references)
        doc._.onrecord_entities = tuple(
            replace(entity, mentions=_in_text_order(*entity.mentions, *mentions[index]))
            if index in mentions
            else entity
            for index, entity in enumerate(entities)
        )
        return doc


def _in_text_order(*mentions: Mention) -> tuple[Mention, ...]:
    return tuple(sorted(mentions, key=lambda mention: (mention.span.start, mention.span.end)))


@Language.factory(
    "onrecord_coreference",
    assigns=["doc._.onrecord_references", "doc._.onrecord_entities"],
    requires=["doc._.onrecord_entities"],
)
def make_coreference_resolver(nlp: Language, name: str) -> CoreferenceResolver:
    """Return the spaCy component ``onrecord_coreference``."""
    return CoreferenceResolver()
