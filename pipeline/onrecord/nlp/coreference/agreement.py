# SPDX-License-Identifier: Apache-2.0
"""What a description excludes: "the Chilean president" is not the French one, nor "the former minister" a present one."""

import functools
from collections.abc import Set

from onrecord.nlp.annotations import Entity
from onrecord.nlp.coreference.nouns import groups
from onrecord.nlp.english import lexicon
from onrecord.nlp.entities import knowledge
from onrecord.nlp.entities.wikidata import NOTHING_KNOWN, Item, items

TIMES = frozenset({"former", "ex", "late", "then", "onetime", "outgoing"})
NOT_PORTFOLIOS = frozenset({"and", "of", "the", "affairs"})  # words between and behind them
# What places are called.
COUNTRIES = frozenset({"country", "nation", "republic", "kingdom"})
STATES = frozenset({"state", "province"})
CITIES = frozenset({"city", "town", "village", "capital"})
WITH_COUNTRIES_INSIDE = "GB"
# Bodies that an article which names them also calls so, unless every reader knows them.
INSTITUTIONS = frozenset({
    "army", "authority", "commission", "committee", "council", "court", "ministry", "parliament", "police", "regulator",
    "tribunal", "union", "watchdog",
})  # fmt: skip
# Peoples that "the" makes many people: the French, the Swiss, the Japanese.
OF_ALL = ("ese", "sh", "ss", "nch", "tch")
# Of which nobody is two: in court, in a match.
PARTS = (
    frozenset({"defendant", "accused", "witness", "victim", "prosecutor", "barrister", "lawyer", "attorney", "judge"}),
    frozenset({"coach", "manager", "referee", "striker", "midfielder", "defender", "goalkeeper", "winger"}),
)
RANKS = frozenset({"deputy", "vice", "acting", "assistant", "associate", "junior", "interim"})


@functools.cache
def _peoples() -> dict[str, str]:
    """Return the code of the country of each demonym in lower case: Kenyan, Spanish, Spaniard, Frenchwoman."""
    codes = {row[0].lower(): row[1] for row in lexicon.rows("demonyms", "knowledge")}
    others = {name.lower(): codes.get(people.lower()) for name, _, people, *_ in lexicon.rows("entity_known")}
    gendered = {demonym + ending: code for demonym, code in codes.items() for ending in ("man", "woman")}
    return {name: code for name, code in (gendered | others).items() if code} | codes


@functools.cache
def _nations() -> dict[str, str]:
    """Return the code of the country of each demonym and of each name of one word of a country, in lower case."""
    codes = {row[0].lower(): row[2] for row in lexicon.rows("territories", "knowledge") if not row[3] and row[2]}
    return codes | _peoples()


def is_compatriot(word: str) -> bool:
    """Whether a word in lower case means one person of a people behind "the": the Kenyan; not the Swiss."""
    return word in _peoples() and not word.endswith(OF_ALL)


@functools.cache
def _portfolios() -> frozenset[str]:
    """Return the words of the portfolios of ministers; a prime minister has none of the others."""
    return frozenset(word for words in knowledge.portfolios() for word in words) - NOT_PORTFOLIOS | {"prime"}


def nations(words: Set[str]) -> set[str]:
    """Return the codes of the countries that words name: Chilean, Chile."""
    return {_nations()[word] for word in words if word in _nations()}


def not_called(place: Entity) -> frozenset[str]:
    """Return the nouns that a place isn't called by: a city, or a place that is not well known, is neither a country nor a state."""
    if place.wikidata_id is None:
        is_city = all(item.is_city for item in items().get(knowledge.words_of(place.name), ()))
        return COUNTRIES | {"state"} if is_city else frozenset()  # Georgia may be both
    return _not_called(place.wikidata_id)


@functools.cache
def _not_called(wikidata_id: str) -> frozenset[str]:
    item = _items().get(wikidata_id, NOTHING_KNOWN)
    if item.is_city:
        return COUNTRIES | STATES
    if item.is_country:
        return CITIES | STATES
    return (
        CITIES | (COUNTRIES if item.country != WITH_COUNTRIES_INSIDE else frozenset()) if item.division else frozenset()
    )


@functools.cache
def _items() -> dict[str, Item]:
    return {item.wikidata_id: item for bearers in items().values() for item in bearers}


def is_other_part(noun: str, others: Set[str]) -> bool:
    """Whether a noun is for another part in court or in a match than those of somebody: the witness is not the defendant."""
    if noun in others or not all(groups(noun).isdisjoint(groups(one)) for one in others):
        return False
    return any(noun in parts and not parts.isdisjoint(others) for parts in PARTS)


def differ(modifiers: frozenset[str], description: frozenset[str], *, is_same_office: bool = False) -> bool:
    """Whether the modifiers of a noun contradict the description of somebody, such as "deputy finance minister of Peru".

    Args:
        modifiers: the words before the noun, in lower case; with the words of its possessor.
        description: the words with which the article describes somebody; empty if it does not.
        is_same_office: whether the noun is that of the description: the minister is then not a former minister.
    """
    if not description:
        return False
    countries = nations(modifiers)
    if countries and (others := nations(description)) and countries.isdisjoint(others):
        return True
    for words in (TIMES, RANKS):
        ours, theirs = bool(modifiers & words), bool(description & words)
        if words is TIMES and ours and "retired" in description:
            continue  # "a retired judge", and "the former judge"
        if ours != theirs and (ours or is_same_office):
            return True
    portfolios, other_portfolios = modifiers & _portfolios(), description & _portfolios()
    return bool(portfolios) and bool(other_portfolios) and portfolios.isdisjoint(other_portfolios)
