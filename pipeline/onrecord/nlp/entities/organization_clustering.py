# SPDX-License-Identifier: Apache-2.0
"""Joins clusters of organizations and places: other names, abbreviations, shortened names."""

from collections import defaultdict

from rapidfuzz.distance import DamerauLevenshtein

from onrecord.data.gazetteer import ListedName
from onrecord.nlp.entities import knowledge
from onrecord.nlp.entities.abbreviations import initials_of, is_short_form
from onrecord.nlp.entities.cluster import EntityCluster
from onrecord.nlp.entities.knowledge import Words

# Letters of a name that may have a typing error: "Norhtern Rail Union". In shorter ones it is another name.
MIN_LETTERS_FOR_SLIP = 10
# "the State of Texas" is Texas.
KINDS_OF_PLACE = frozenset({"state", "city", "province", "republic", "kingdom", "commonwealth"})
# Bounds the time for a text of nothing but names.
MAX_SIMILAR = 40


def join_organizations_and_places(
    clusters: list[EntityCluster], single: list[EntityCluster], long_forms: dict[Words, Words]
) -> list[EntityCluster]:
    """Join the names of one organization or place; ``single`` are words that may be a short form of one, or persons."""
    by_key: dict[tuple[Words, bool, ListedName | None], EntityCluster] = {}
    for cluster in sorted(clusters, key=lambda r: r.names[0].start):
        words = cluster.forms[0]
        key = canonical(long_forms.get(words, words)), cluster.is_team, cluster.listed
        if key in by_key:
            by_key[key].join(cluster)
        else:
            by_key[key] = cluster
    return _join_short_forms([*_join_slips(_join_acronyms(_join_with_country(list(by_key.values())))), *single])


def canonical(words: Words) -> Words:
    """Return the words under which all names of a well-known organization or place are the same; legal forms are left out."""
    known = knowledge.known_names()
    if words in known:
        return known[words].canonical
    if len(words) > 2 and words[1] == "of" and words[0] in KINDS_OF_PLACE:
        place = known.get(words[2:])
        if place is not None and place.type == "GPE":
            return place.canonical
    short = words
    while len(short) > 1 and short[-1].rstrip(",") in knowledge.legal_forms():
        short = (*short[:-2], short[-2].rstrip(","))
    if short in known:
        return known[short].canonical if known[short].type == "ORG" else words  # Michigan Corp. is not the state
    # "US Forest Service" is the United States Forest Service.
    first = known.get(short[:1])
    if len(short) > 1 and first is not None and len(first.canonical) > 1:
        written_out = (*first.canonical, *short[1:])
        return known[written_out].canonical if written_out in known else written_out
    return short


def _join_with_country(clusters: list[EntityCluster]) -> list[EntityCluster]:
    """Join ``US Forest Service`` with ``Forest Service``; the services of two countries stay two, and the short name separate."""
    bearers: dict[Words, list[EntityCluster]] = defaultdict(list)
    for cluster in clusters:
        words = cluster.forms[0]
        if cluster.type == "ORG" and len(words) > 2 and _is_country(words[:1]):
            bearers[words[1:]].append(cluster)
    result = []
    for cluster in clusters:
        fitting = bearers.get(cluster.forms[0], []) if cluster.type == "ORG" else []
        if len(fitting) == 1 and fitting[0].may_be(cluster):
            fitting[0].join(cluster)
        else:
            result.append(cluster)
    return result


def _is_country(words: Words) -> bool:
    known = knowledge.known_names().get(words)
    return known is not None and known.type in ("GPE", "NORP")


def _join_acronyms(clusters: list[EntityCluster]) -> list[EntityCluster]:
    """Join ``GVP`` with ``Green Valley Party`` where no other name of the article has these initials."""
    expansions: dict[str, list[EntityCluster]] = defaultdict(list)
    for cluster in clusters:
        for initials in sorted({initials for form in cluster.forms for initials in initials_of(form)}):
            expansions[initials].append(cluster)
    result = []
    for cluster in clusters:
        fitting = expansions.get(cluster.forms[0][0], []) if _is_acronym(cluster) else []
        if len(fitting) == 1 and fitting[0].may_be(cluster):
            fitting[0].join(cluster)
        else:
            result.append(cluster)
    return result


def _is_acronym(cluster: EntityCluster) -> bool:
    words = cluster.forms[0]
    return len(words) == 1 and words not in knowledge.known_names() and is_short_form(cluster.names[0].span.text)


def _join_slips(clusters: list[EntityCluster]) -> list[EntityCluster]:
    """Join long names that differ by one letter, none of them well known by itself."""
    by_other_words: dict[tuple[int, Words], list[EntityCluster]] = defaultdict(list)
    result = []
    for cluster in clusters:
        words = cluster.forms[0]
        keys = [(index, words[:index] + words[index + 1 :]) for index in range(len(words))] if len(words) > 1 else []
        similar = {id(r): r for key in keys for r in by_other_words[key][:MAX_SIMILAR]}
        fitting = [
            r
            for r in similar.values()
            if r.may_be(cluster) and r.is_team == cluster.is_team and _is_slip(r.forms[0], words)
        ]
        if len(fitting) == 1:
            fitting[0].join(cluster)
        else:
            result.append(cluster)
            for key in keys:
                by_other_words[key].append(cluster)
    return result


def _is_slip(first: Words, second: Words) -> bool:
    known = knowledge.known_names()
    if first in known and second in known:
        return False
    one, other = " ".join(first), " ".join(second)
    if min(len(one), len(other)) < MIN_LETTERS_FOR_SLIP or any(map(str.isdigit, one + other)):
        return False
    return DamerauLevenshtein.distance(one, other, score_cutoff=1) <= 1


def _join_short_forms(clusters: list[EntityCluster]) -> list[EntityCluster]:
    """Join ``Brightwater`` with ``Brightwater Systems``, "the Court" with the court that is named."""
    firsts: dict[str, list[EntityCluster]] = defaultdict(list)
    lasts: dict[str, list[EntityCluster]] = defaultdict(list)
    for cluster in clusters:
        if cluster.type != "ORG":
            continue
        long = [form for form in cluster.forms if len(form) > 1]
        for first in sorted({form[0] for form in long}):
            firsts[first].append(cluster)
        for last in sorted({form[-1] for form in long}):
            lasts[last].append(cluster)
    result = []
    for cluster in clusters:
        target = _long_form(cluster, firsts, lasts)
        if target is not None and target is not cluster and target.may_be(cluster):
            target.join_short_name(cluster)
        else:
            result.append(cluster)
    return result


def _long_form(
    cluster: EntityCluster, firsts: dict[str, list[EntityCluster]], lasts: dict[str, list[EntityCluster]]
) -> EntityCluster | None:
    words = cluster.forms[0]
    if len(cluster.forms) > 1 or len(words) > 1 or not words[0].isalpha():
        return None
    if words in knowledge.known_names() and not cluster.is_team:
        # "the Senate" may be the "French Senate", but is not the "Senate Finance Committee".
        fitting = lasts.get(words[0], []) if words[0] in knowledge.designators() else []
    elif words[0] in knowledge.common_words() or words[0] in knowledge.designators():
        fitting = [*firsts.get(words[0], ()), *lasts.get(words[0], ())]
    elif cluster.is_team:
        fitting = firsts.get(words[0], [])
    elif cluster.type not in ("ORG", "PERSON", "PRODUCT"):
        return None
    else:
        fitting = firsts.get(words[0], [])
    return fitting[0] if len(fitting) == 1 else None
