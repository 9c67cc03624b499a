# SPDX-License-Identifier: Apache-2.0
"""The gender of a person, by titles and given names."""

from collections import Counter

from spacy.tokens import Doc

from onrecord.nlp.annotations import Entity, entities_of
from onrecord.nlp.entities import knowledge
from onrecord.nlp.entities.knowledge import Gender
from onrecord.nlp.entities.person_names import gender_of_given_name
from onrecord.nlp.entities.spelling import fold

# A title is at most a few words before the name: "Foreign Minister Mrs Clark".
TITLE_WORDS = 2
# Characters that hold that many words.
TITLE_CHARACTERS = 24


def gender(entity: Entity, text: str = "") -> Gender | None:
    """Return a person's gender: by the titles before the mentions in ``text``, else by the given name; else None."""
    if entity.type != "PERSON":
        return None
    said: Counter[Gender] = Counter()
    titles = knowledge.titles()
    for mention in entity.mentions:
        start = mention.span.start
        for word in text[max(0, start - TITLE_CHARACTERS) : start].split()[-TITLE_WORDS:]:
            shown = titles.get(fold(word))
            if shown:
                said[shown] += 1
    if said["m"] != said["f"]:
        return "m" if said["m"] > said["f"] else "f"
    for name in (entity.name, *entity.aliases):
        shown = gender_of_given_name(knowledge.words_of(name))
        if shown:
            return shown
    return None


def genders(doc: Doc) -> list[Gender | None]:
    """Return the gender of each of the Doc's entities, in their order."""
    text = doc.text
    return [gender(entity, text) for entity in entities_of(doc)]
