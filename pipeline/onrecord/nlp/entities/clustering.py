# SPDX-License-Identifier: Apache-2.0
"""Which names are one person, organization or place.

A name form is all mentions with the same words. Full names of persons come first; surnames, given names and other short
forms join the only full name that they fit, or stay alone. A name that fits two is decided mention by mention, or not at all:
leaving two names apart is a smaller mistake than joining two people.
"""

from collections import defaultdict

from onrecord.nlp.entities import knowledge
from onrecord.nlp.entities.cluster import EntityCluster
from onrecord.nlp.entities.knowledge import Words
from onrecord.nlp.entities.mentions import Name
from onrecord.nlp.entities.organization_clustering import join_organizations_and_places
from onrecord.nlp.entities.person_clustering import join_full_names, join_short_names
from onrecord.nlp.entities.person_names import is_surname_only
from onrecord.nlp.entities.type_votes import MAX_PERSON_WORDS, TITLE


def clusters_of(names: list[Name], long_forms: dict[Words, Words]) -> list[EntityCluster]:
    """Return the clusters of the names, in order of their first mention; each has its names in text order.

    ``long_forms`` are the abbreviations that the article introduces.
    """
    surnames = {name.words for name in names if name.titled and len(name.words) == 1}
    bearers = {name.words[-1:] for name in names if name.type == "PERSON" and len(name.words) > 1}
    bare = {name.words for name in names if len(name.words) == 1}
    people: list[EntityCluster] = []
    short: list[EntityCluster] = []
    others: list[EntityCluster] = []
    for words, of_form in _forms(names):
        cluster = EntityCluster.of_form(words, of_form)
        if 1 < len(words) <= MAX_PERSON_WORDS and words[-1:] in surnames and words not in knowledge.known_names():
            cluster.votes["PERSON"] += TITLE
        if words in bearers and all(name.span.text.isupper() for name in of_form):  # "LEE: Why did you leave?"
            cluster.votes["PERSON"] += TITLE
        is_body = cluster.type != "PERSON" and len(words) > 1 and not is_surname_only(words, bare)
        if words in long_forms or cluster.is_team or is_body:
            others.append(cluster)
        elif is_surname_only(words, bare):
            short.append(cluster)
        else:
            people.append(cluster)
    people = join_full_names(people)
    single, rest = join_short_names(people, short)
    # "Brightwater" alone may be a person; next to "Brightwater Systems" it is not.
    bodies = join_organizations_and_places([*others, *rest], list(filter(_may_be_body, single)), long_forms)
    clusters = [*people, *(cluster for cluster in single if not _may_be_body(cluster)), *bodies]
    for cluster in clusters:
        cluster.names.sort(key=lambda name: name.start)
    return sorted(filter(_is_named, clusters), key=lambda cluster: cluster.names[0].start)


def _forms(names: list[Name]) -> list[tuple[Words, list[Name]]]:
    """Return the names by their words; a person with a title and a team are separate from the place of that name."""
    forms: dict[tuple[Words, bool, bool], list[Name]] = defaultdict(list)
    # The aliases of the user's list are one form, also where the name is not listed at every mention.
    listed = {name.words: knowledge.words_of(name.listed.name) for name in names if name.listed}
    known = knowledge.known_names()
    for name in names:
        titled_place = name.titled and len(name.words) == 1 and name.words in known
        forms[listed.get(name.words, name.words), titled_place, name.team].append(name)
    return [(words, of_form) for (words, _, _), of_form in forms.items()]


def _may_be_body(cluster: EntityCluster) -> bool:
    """Whether a single word that the model labelled as a person is neither a given name nor after a title."""
    word = cluster.forms[0][-1]
    return word not in knowledge.given_names() and not any(name.titled or name.listed for name in cluster.names)


def _is_named(cluster: EntityCluster) -> bool:
    """Whether any form is a name of its own: not "the Court" alone, nor "the former Chairwoman"."""
    if cluster.listed:
        return True
    if not cluster.names or max(cluster.votes.values()) <= 0:
        return False  # "a predominantly Black town": all speaks against each type
    common, is_person = knowledge.common_words(), cluster.type == "PERSON"
    return any(name.titled for name in cluster.names) or any(
        len(form) > 1
        or not (form[0] in common or (not is_person and form[0] in knowledge.offices() and not cluster.is_team))
        for form in cluster.forms
    )
