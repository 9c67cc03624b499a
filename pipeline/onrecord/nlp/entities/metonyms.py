# SPDX-License-Identifier: Apache-2.0
"""Capitals and palaces that refer to governments: ``Moscow rejected the offer``, ``talks with the Kremlin``.

A name refers to a government where it does what only governments do: as the subject of a verb of saying or deciding, as the agent of
one in the passive, before what governments have ("Moscow's demands"), as a party to relations between governments ("relations
with Moscow"), and, of a palace, before an office ("a Kremlin spokesman"). An entity is one record for all its mentions; it refers
to the government if one of its mentions does, although its other mentions ("talks in Moscow") are of the place.
"""

import functools
from collections.abc import Sequence

from onrecord.data.records import EntityType
from onrecord.nlp.english import lexicon
from onrecord.nlp.english.morphology import forms_to_verb
from onrecord.nlp.english.names import fold
from onrecord.nlp.english.parse import Parse
from onrecord.nlp.entities import knowledge
from onrecord.nlp.entities.cluster import EntityCluster
from onrecord.nlp.entities.context import POSSESSIVES
from onrecord.nlp.entities.knowledge import Words
from onrecord.nlp.entities.mentions import Name
from onrecord.nlp.entities.organization_clustering import canonical
from onrecord.nlp.entities.wikidata import Item, country_names

STOOD_FOR: frozenset[EntityType] = frozenset({"GPE", "ORG", "LOC"})
# "relations with Moscow", "pressure on Moscow"; "talks in Moscow" is a location.
PARTY_PREPOSITIONS = frozenset({"with", "on", "against", "between", "from", "toward", "towards"})
# From "Moscow, Kyiv and Ankara agreed" to its first name; it bounds the walk in a text of nothing but lists.
MAX_CONJUNCTS = 10
# "Moscow's latest territorial demands"
MAX_ADJECTIVES = 3


def find_metonyms(clusters: Sequence[EntityCluster], items: Sequence[Item], parse: Parse) -> list[int | str | None]:
    """Return what each cluster refers to: the index of another one, a name, or None for itself."""
    countries = {item.country: index for index, item in reversed(list(enumerate(items))) if item.is_country}
    by_words = {
        canonical(form): index
        for index, cluster in reversed(list(enumerate(clusters)))
        if cluster.type in STOOD_FOR and not cluster.is_team
        for form in cluster.forms
    }
    result: list[int | str | None] = []
    for cluster, item in zip(clusters, items, strict=True):
        palace = _behind_palace(cluster)
        government = palace or (country_names().get(item.country) if item.is_capital else None)
        if government is None or not any(_acts(parse, name, palace is not None) for name in cluster.names):
            result.append(None)
        elif palace is None:
            result.append(countries.get(item.country, government))
        else:
            result.append(by_words.get(canonical(knowledge.words_of(government)), government))
    return result


def _behind_palace(cluster: EntityCluster) -> str | None:
    if cluster.type == "PERSON" or cluster.is_team:
        return None
    return next((palaces()[form] for form in map(canonical, cluster.forms) if form in palaces()), None)


@functools.cache
def palaces() -> dict[Words, str]:
    """Return the seats of government with the government that each refers to."""
    return {canonical(knowledge.words_of(name)): whom for name, whom in lexicon.rows("entity_metonyms")}


@functools.cache
def _verbs() -> frozenset[str]:
    return frozenset(forms_to_verb(lexicon.words("entity_government_verbs")))


@functools.cache
def _nouns(use: str) -> frozenset[str]:
    return frozenset(row[0] for row in lexicon.rows("entity_government_nouns") if use in row[1:])


def _acts(parse: Parse, name: Name, is_palace: bool) -> bool:
    if _owns(parse, name.end) or (is_palace and _has_office(parse, name.end)):
        return True
    top = next((i for i in range(name.start, name.end) if not name.start <= parse.head[i] < name.end), name.start)
    for _ in range(MAX_CONJUNCTS):
        if parse.dep[top] != "conj" or parse.head[top] == top:
            break
        top = parse.head[top]
    head = parse.head[top]
    if parse.dep[top] == "nsubj":
        return parse.word[head].lower() in _verbs()
    if parse.dep[top] != "pobj":
        return False
    governor = parse.word[parse.head[head]].lower()
    if parse.dep[head] == "agent":
        return governor in _verbs()
    preposition = parse.word[head].lower()
    if preposition == "to":
        return governor == "according"
    return preposition in PARTY_PREPOSITIONS and governor in _nouns("with")


def _owns(parse: Parse, end: int) -> bool:
    """Whether a name that ends before a token is the possessor of something that governments have."""
    if end >= len(parse) or parse.word[end] not in POSSESSIVES:
        return False
    return any(
        parse.word[index].lower() in _nouns("whose")
        for index in range(end + 1, min(end + 2 + MAX_ADJECTIVES, len(parse)))
    )


def _has_office(parse: Parse, end: int) -> bool:
    return end < len(parse) and parse.word[end].islower() and fold(parse.word[end]) in knowledge.offices()
