# SPDX-License-Identifier: Apache-2.0
"""The component ``onrecord_entities``: the people, organizations and places of an article, each with all its mentions."""

from collections.abc import Iterable
from pathlib import Path

from spacy.language import Language
from spacy.tokens import Doc

from onrecord.data import gazetteer as lists
from onrecord.data.gazetteer import ListedName
from onrecord.nlp.annotations import Entity, entities_of, title_of
from onrecord.nlp.english.parse import Parse
from onrecord.nlp.entities.abbreviations import find_abbreviations
from onrecord.nlp.entities.clustering import clusters_of
from onrecord.nlp.entities.describe import describe, headline_words
from onrecord.nlp.entities.gazetteer_matcher import ListedNames, with_listed
from onrecord.nlp.entities.mentions import is_read, names_of_model, without_swallowed
from onrecord.nlp.entities.metonyms import find_metonyms
from onrecord.nlp.entities.organization_rules import organizations_by_form
from onrecord.nlp.entities.person_rules import persons_by_form
from onrecord.nlp.entities.repeated_names import repeated_names, whole_known_places
from onrecord.nlp.entities.teams import with_teams
from onrecord.nlp.entities.wikidata import link_to_wikidata


class EntityExtractor:
    """Sets ``doc._.onrecord_entities``; runs after a named-entity recognizer."""

    def __init__(self, listed: Iterable[ListedName] = ()) -> None:
        """Find the model's names and those of a user's list."""
        self.listed = ListedNames(listed)

    def __call__(self, doc: Doc) -> Doc:
        """Find the entities of a Doc."""
        doc._.onrecord_entities = find_entities(doc, self.listed)
        return doc


NO_LIST = ListedNames()


def find_entities(doc: Doc, listed: ListedNames = NO_LIST) -> tuple[Entity, ...]:
    """Return the entities of a Doc with named entities, in order of their first mention; no two names overlap."""
    if not len(doc):
        return ()
    parse = Parse.of(doc).unwrapped
    text = parse.source
    names = persons_by_form(text, parse, names_of_model(doc, text, parse))
    names = organizations_by_form(text, parse, without_swallowed(names, text, parse))
    names = with_listed(names, whole_known_places(text, parse))
    names = with_listed(names, listed.find(text, parse))
    names = sorted([*names, *repeated_names(text, parse, names)], key=lambda name: name.start)
    found = find_abbreviations(text, parse, names)
    names = [name for name, read in zip(found.names, is_read(doc, found.names), strict=True) if read]
    names = with_teams(names, text, parse)
    clusters = clusters_of(names, found.long_forms)
    items = link_to_wikidata(clusters)
    stands_for = find_metonyms(clusters, items, parse)
    headline = headline_words(title_of(doc), text, parse)
    return tuple(describe(text, parse, headline, *of_one) for of_one in zip(clusters, items, stands_for, strict=True))


@Language.factory(
    "onrecord_entities",
    default_config={"gazetteer": None},
    assigns=["doc._.onrecord_entities"],
    requires=["doc.ents"],
)
def make_entity_extractor(nlp: Language, name: str, gazetteer: str | None) -> EntityExtractor:
    """Return the spaCy component ``onrecord_entities``; ``gazetteer`` is the path of a user's list of names."""
    if gazetteer is None:
        return EntityExtractor()
    path = Path(gazetteer)
    return EntityExtractor(lists.parse(path.read_bytes(), path.suffix))


def entity_index(doc: Doc) -> dict[int, int]:
    """Return, for each token that a name covers, the index of its entity in ``doc._.onrecord_entities``."""
    parse = Parse.of(doc)
    covered: dict[int, int] = {}
    for index, entity in enumerate(entities_of(doc)):
        for mention in entity.mentions:
            if mention.kind == "NAME":
                inside = range(*parse.tokens_of(mention.span.start, mention.span.end))
                covered.update(dict.fromkeys(inside, index))
    return covered
