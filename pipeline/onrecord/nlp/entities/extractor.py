# SPDX-License-Identifier: Apache-2.0
"""The component ``onrecord_entities``: the people, organizations and places of an article, each with all its mentions."""

from collections.abc import Iterable
from pathlib import Path

import msgspec
from spacy.language import Language
from spacy.tokens import Doc

from onrecord.data import gazetteer as lists
from onrecord.data.gazetteer import GazetteerError, ListedName
from onrecord.nlp.annotations import Entity, annotate, entities_of, title_of
from onrecord.nlp.components import PARSED, SPANS, check_requirements, draw_entities
from onrecord.nlp.english.parse import Parse
from onrecord.nlp.entities.abbreviations import find_abbreviations
from onrecord.nlp.entities.cluster import EntityCluster
from onrecord.nlp.entities.clustering import clusters_of
from onrecord.nlp.entities.describe import describe, headline_words
from onrecord.nlp.entities.gazetteer_matcher import ListedNames, with_listed
from onrecord.nlp.entities.mentions import is_read, names_of_model, without_swallowed
from onrecord.nlp.entities.metonyms import find_metonyms
from onrecord.nlp.entities.organization_rules import organizations_by_form, with_joined_types
from onrecord.nlp.entities.person_rules import persons_by_form
from onrecord.nlp.entities.repeated_names import repeated_names, whole_known_places
from onrecord.nlp.entities.teams import with_teams
from onrecord.nlp.entities.wikidata import link_to_wikidata

NAMES_FILE = "names.json"


class EntityExtractor:
    """Sets ``doc._.onrecord_entities``; finds the model's names and those of a user's list, which is saved with the pipeline.

    Args:
        listed: the user's list.
        name: of the component.
        spans_key: where in ``doc.spans`` all mentions by name go; None for nowhere.
    """

    def __init__(
        self, listed: Iterable[ListedName] = (), name: str = "onrecord_entities", spans_key: str | None = None
    ) -> None:
        self.listed = ListedNames(listed)
        self.name = name
        self.spans_key = spans_key
        self.missing_file: Path | None = None

    def __call__(self, doc: Doc) -> Doc:
        """Find the entities of a Doc.

        Raises:
            MissingAnnotation: a component that must run before has not.
            GazetteerError: the file of names did not exist when the component was made.
        """
        if self.missing_file is not None:
            raise GazetteerError([f"{self.name}: there was no file {self.missing_file} when the pipeline was made"])
        check_requirements(doc, self.name, PARSED)
        annotate(doc, entities=find_entities(doc, self.listed))
        draw_entities(doc, self.spans_key)
        return doc

    def to_bytes(self, *, exclude: Iterable[str] = ()) -> bytes:
        """Return the user's list, as ``nlp.to_bytes`` saves it."""
        return msgspec.json.encode(self.listed.listed)

    def from_bytes(self, data: bytes, *, exclude: Iterable[str] = ()) -> "EntityExtractor":
        """Take the user's list from bytes.

        Raises:
            msgspec.DecodeError: they are not a list of names.
        """
        self.listed = ListedNames(msgspec.json.decode(data, type=tuple[ListedName, ...]))
        self.missing_file = None
        return self

    def to_disk(self, path: str | Path, *, exclude: Iterable[str] = ()) -> None:
        """Save the user's list to a folder, as ``nlp.to_disk`` does."""
        folder = Path(path)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / NAMES_FILE).write_bytes(self.to_bytes())

    def from_disk(self, path: str | Path, *, exclude: Iterable[str] = ()) -> "EntityExtractor":
        """Take the user's list from a folder.

        Raises:
            OSError: there is none.
            msgspec.DecodeError: the file is not a list of names.
        """
        return self.from_bytes((Path(path) / NAMES_FILE).read_bytes())


NO_LIST = ListedNames()


def find_entities(doc: Doc, listed: ListedNames = NO_LIST) -> tuple[Entity, ...]:
    """Return the entities of a Doc with named entities, in order of their first mention; no two names overlap."""
    if not len(doc):
        return ()
    parse = Parse.of(doc).unwrapped
    text = parse.source
    clusters = find_clusters(doc, listed)
    items = link_to_wikidata(clusters)
    stands_for = find_metonyms(clusters, items, parse)
    headline = headline_words(title_of(doc), text, parse)
    return tuple(describe(text, parse, headline, *of_one) for of_one in zip(clusters, items, stands_for, strict=True))


def find_clusters(doc: Doc, listed: ListedNames = NO_LIST) -> list[EntityCluster]:
    """Return the names of each entity of a Doc that has tokens, with the votes for its type, in the order of ``find_entities``."""
    parse = Parse.of(doc).unwrapped
    text = parse.source
    names = persons_by_form(text, parse, names_of_model(doc, text, parse))
    names = organizations_by_form(text, parse, without_swallowed(names, text, parse))
    names = with_listed(names, whole_known_places(text, parse))
    names = with_listed(names, listed.find(text, parse))
    names = sorted([*names, *repeated_names(text, parse, names)], key=lambda name: name.start)
    found = find_abbreviations(text, parse, names)
    names = [name for name, read in zip(found.names, is_read(doc, found.names), strict=True) if read]
    names = with_teams(with_joined_types(names, parse), text, parse)
    return clusters_of(names, found.long_forms)


@Language.factory(
    "onrecord_entities",
    default_config={"gazetteer": None, "spans_key": "onrecord_entities"},
    assigns=["doc._.onrecord_entities", SPANS],
    requires=list(PARSED),
)
def make_entity_extractor(nlp: Language, name: str, gazetteer: str | None, spans_key: str | None) -> EntityExtractor:
    """Return the spaCy component ``onrecord_entities``.

    Args:
        nlp: the pipeline.
        name: of the component.
        gazetteer: path of a user's list of names. A saved pipeline has the list itself, and does not need the file.
        spans_key: the place of its spans in ``doc.spans``.

    Raises:
        GazetteerError: the file has mistakes.
    """
    component = EntityExtractor(name=name, spans_key=spans_key)
    if gazetteer is not None:
        path = Path(gazetteer)
        try:
            component.listed = ListedNames(lists.parse(path.read_bytes(), path.suffix))
        except FileNotFoundError:
            # spaCy makes the components of a saved pipeline before it reads what was saved, such as the list that replaces this one.
            component.missing_file = path
    return component


def entity_index(parse: Parse) -> dict[int, int]:
    """Return, for each token of a Doc that a name covers, the index of its entity in ``doc._.onrecord_entities``."""
    covered: dict[int, int] = {}
    for index, entity in enumerate(entities_of(parse.doc)):
        for mention in entity.mentions:
            if mention.kind == "NAME":
                inside = range(*parse.tokens_of(mention.span.start, mention.span.end))
                covered.update(dict.fromkeys(inside, index))
    return covered
