# SPDX-License-Identifier: Apache-2.0
"""Links places and organizations to items of Wikidata, by lists of well-known ones and the other places in the article.

No item is better than a wrong one. A name with one well-known bearer is that bearer, unless the words after it contradict
("Paris, Texas"). A name with several (Georgia, Congo), or one that many lesser places share (Birmingham), needs support: another
place or people of the same country or state in the article. A capital with a namesake (Washington) is meant unless the article
supports the other. An institution of many countries (the Senate) is that of the country that the article is about: the one with by
far most mentions. People have no items: the lists have none.
"""

import functools
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from onrecord.data.records import EntityType
from onrecord.nlp.english import lexicon
from onrecord.nlp.entities import knowledge
from onrecord.nlp.entities.cluster import EntityCluster
from onrecord.nlp.entities.knowledge import Words
from onrecord.nlp.entities.organization_clustering import canonical

# The country that an article is about has this many times the mentions of the next.
BY_FAR = 2
PLACE_TYPES: frozenset[EntityType] = frozenset({"GPE", "LOC"})


@dataclass(frozen=True, slots=True)
class Item:
    """A well-known place or organization.

    ``country`` and ``division`` are codes of ISO 3166-1 alpha-2 and 3166-2, empty where there is none. ``shared`` says whether
    lesser bearers of the name are in the news too.
    """

    wikidata_id: str
    country: str = ""
    division: str = ""
    is_city: bool = False
    is_capital: bool = False
    is_body: bool = False
    shared: bool = False

    @property
    def is_country(self) -> bool:
        """Whether this is a country as a whole."""
        return bool(self.wikidata_id and self.country) and not (self.division or self.is_city or self.is_body)

    @property
    def codes(self) -> frozenset[str]:
        """The codes that a mention of it supports."""
        return frozenset(filter(None, (self.country, self.division)))


NOTHING_KNOWN = Item("")


@functools.cache
def items() -> dict[Words, tuple[Item, ...]]:
    """Return the well-known places and organizations by the words of their names."""
    found: dict[Words, dict[str, Item]] = defaultdict(dict)
    for name, item, country, division, capital, shared in lexicon.rows("cities", "knowledge"):
        city = Item(item, country, division, is_city=True, is_capital=bool(capital), shared=bool(shared))
        found[knowledge.words_of(name)][item] = city
    for name, item, country, division in lexicon.rows("territories", "knowledge"):
        # A city that is a division of its own, such as Berlin, is in both lists.
        found[knowledge.words_of(name)].setdefault(item, Item(item, country, division))
    for name, item, country, shared in lexicon.rows("organizations", "knowledge"):
        found[knowledge.words_of(name)][item] = Item(item, country, is_body=True, shared=bool(shared))
    return {words: tuple(bearers.values()) for words, bearers in found.items()}


@functools.cache
def country_of_people() -> dict[Words, str]:
    """Return the country's code for the peoples that have a country."""
    return {knowledge.words_of(name): country for name, country in lexicon.rows("demonyms", "knowledge")}


@functools.cache
def country_names() -> dict[str, str]:
    """Return a country's usual name by its code."""
    names: dict[str, str] = {}
    for name, _, country, division in lexicon.rows("territories", "knowledge"):
        if country and not division:
            known = knowledge.known_names().get(knowledge.words_of(name))
            if country not in names or (known is not None and known.canonical == knowledge.words_of(name)):
                names[country] = name
    return names


def link_to_wikidata(clusters: Sequence[EntityCluster]) -> list[Item]:
    """Return the item of each cluster; for a people one without an id, for an unknown name ``NOTHING_KNOWN``."""
    bearers = [_bearers(cluster) for cluster in clusters]
    support: dict[str, set[int]] = defaultdict(set)
    mentions: Counter[str] = Counter()
    for index, candidates in enumerate(bearers):
        if len(candidates) == 1 and not candidates[0].shared:
            mentions[candidates[0].country] += len(clusters[index].names)
            for code in candidates[0].codes:
                support[code].add(index)
    del mentions[""]
    (about, most), (_, second), *_ = [*mentions.most_common(2), ("", 0), ("", 0)]
    if most < BY_FAR * second:
        about = ""
    divisions: dict[str, list[str]] = defaultdict(list)
    for code in support:
        country, _, rest = code.partition("-")
        if rest:
            divisions[country].append(code)
    return [
        _chosen(candidates, Support(support, divisions, index), about, _places_behind(cluster))
        for index, (cluster, candidates) in enumerate(zip(clusters, bearers, strict=True))
    ]


@dataclass(frozen=True, slots=True)
class Support:
    """What the other clusters of an article support; a set of codes for each cluster would be as many codes as there are clusters.

    Attributes:
        supporters: the clusters that support each code.
        divisions: the codes of divisions among these, by country.
        index: the cluster whose own support does not count.
    """

    supporters: Mapping[str, set[int]]
    divisions: Mapping[str, Sequence[str]]
    index: int

    def __contains__(self, code: str) -> bool:
        """Whether another cluster supports a code."""
        supporters = self.supporters.get(code, ())
        return len(supporters) > (self.index in supporters)

    def has_sibling(self, division: str) -> bool:
        """Whether another cluster supports another division of the same country."""
        country, _, rest = division.partition("-")
        return bool(rest) and any(code != division and code in self for code in self.divisions.get(country, ()))


def _bearers(cluster: EntityCluster) -> tuple[Item, ...]:
    kind = cluster.type
    if kind == "NORP":
        country = country_of_people().get(canonical(cluster.forms[0]))
        return (Item("", country),) if country else ()
    if kind == "PERSON" or cluster.is_team:
        return ()
    by_form = (items().get(words, ()) for words in (*cluster.forms, *map(canonical, cluster.forms)))
    fitting = (tuple(item for item in found if item.is_body or kind in PLACE_TYPES) for found in by_form)
    # "New York City" is unambiguous, "New York" is not.
    return min(filter(None, fitting), key=len, default=())


def _places_behind(cluster: EntityCluster) -> list[Item]:
    """Return the countries and states that follow the name, as in "Springfield, Illinois"."""
    own = canonical(cluster.forms[0])  # "Washington, D.C."
    behind = sorted({canonical(name.before_place) for name in cluster.names if name.before_place} - {own})
    found = (item for words in behind for item in items().get(words, ()))
    return [item for item in found if not item.is_city and not item.is_body]


def _chosen(candidates: Sequence[Item], codes: Support, about: str, behind: Sequence[Item]) -> Item:
    candidates = [item for item in candidates if not (item.is_body and item.shared) or item.country == about]
    if behind:
        candidates = [item for item in candidates if not item.is_city or any(_lies_in(item, place) for place in behind)]
    elif len(candidates) == 1 and candidates[0].shared and not candidates[0].is_body:
        candidates = list(_supported(candidates, codes))
    if len(candidates) > 1:
        supported = list(_supported(candidates, codes))
        capitals = [item for item in candidates if item.is_capital]
        siblings = [item for item in candidates if codes.has_sibling(item.division)]
        candidates = next((fitting for fitting in (supported, capitals, siblings) if fitting), [])
    return candidates[0] if len(candidates) == 1 else NOTHING_KNOWN


def _supported(candidates: Iterable[Item], codes: Support) -> Iterable[Item]:
    return (item for item in candidates if (item.division or item.country) in codes)


def _lies_in(city: Item, place: Item) -> bool:
    if city.division and place.division:
        return city.division == place.division
    return city.country == place.country
