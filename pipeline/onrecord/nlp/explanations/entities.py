# SPDX-License-Identifier: Apache-2.0
"""Why a name is an entity: who found its mentions, what made its type, and which pronouns and phrases refer to it."""

from collections import defaultdict

from spacy.tokens import Doc

from onrecord.data.records import EntityRecord, EntityType
from onrecord.nlp.english.parse import Parse
from onrecord.nlp.entities.cluster import EntityCluster
from onrecord.nlp.entities.describe import is_subject
from onrecord.nlp.entities.extractor import find_clusters
from onrecord.nlp.entities.gazetteer_matcher import ListedNames
from onrecord.nlp.entities.type_votes import TYPE_ORDER, ballots
from onrecord.nlp.explanations.explanation import Alternative, Explanation, Reason, Step, Words
from onrecord.nlp.explanations.references import References

MIN_VOTES = 0.005
JOINED = "shorter names that were joined with it, and titles"


def explain_entity(record: EntityRecord, place: int, doc: Doc, listed: ListedNames) -> Explanation:
    """Return why an entity is in the records.

    Args:
        record: the entity.
        place: its index in ``doc._.onrecord_entities``.
        doc: the Doc, with all annotations.
        listed: the user's own names.
    """
    cluster = find_clusters(doc, listed)[place]
    parse = Parse.of(doc).unwrapped
    references = References(doc)
    weighings = (references.of(mention.span) for mention in record.mentions if mention.kind != "NAME")
    return Explanation(
        record.record_id,
        record.kind,
        f"{record.name}: {record.type}",
        tuple(_rule(record, cluster)),
        tuple(Words(mention.kind.lower(), mention.span) for mention in record.mentions),
        _steps(record, cluster, parse),
        tuple(_reasons(cluster)),
        tuple(
            Alternative(round(votes, 2), kind)
            for kind, votes in sorted(cluster.votes.items(), key=lambda item: (-item[1], TYPE_ORDER.index(item[0])))
            if kind != cluster.type and votes >= MIN_VOTES
        ),
        tuple(one for one in weighings if one is not None),
    )


def _rule(record: EntityRecord, cluster: EntityCluster) -> "list[str]":
    listed = sum(1 for name in cluster.names if name.listed)
    guessed = sum(1 for name in cluster.names if name.guessed and not name.listed)
    again = len(cluster.names) - listed - guessed
    sources = [
        (listed, "in your list of names"),
        (guessed, "labelled by the model or found by its form"),
        (again, "found again, as the same words are a name elsewhere in the article"),
    ]
    found = [f"Its names: {', '.join(f'{number} {how}' for number, how in sources if number)}."]
    if record.aliases:
        found.append(f"Joined: {', '.join((record.name, *record.aliases))}.")
    if record.role:
        found.append(f"The words next to a name give the role “{record.role}”.")
    if record.wikidata_id or record.country_code:
        what = " and ".join(
            filter(None, (record.wikidata_id, record.country_code and f"country {record.country_code}"))
        )
        found.append(f"A list knows the name: {what}.")
    if record.refers_to:
        found.append(f"The place stands for somebody: {record.refers_to}.")
    return found


def _steps(record: EntityRecord, cluster: EntityCluster, parse: Parse) -> tuple[Step, ...]:
    total = sum(votes for votes in cluster.votes.values() if votes > 0)
    names = cluster.names
    subjects = sum(is_subject(name, parse) for name in names)
    return (
        Step(cluster.votes[cluster.type], f"votes for {cluster.type}, of {total:.2f} for any type"),
        Step(
            record.salience,
            f"salience: named {len(names)} times, first at {names[0].span.start / max(1, len(parse.source)):.0%} of the text, "
            f"{subjects} times as a subject",
        ),
    )


def _reasons(cluster: EntityCluster) -> "list[Reason]":
    """Return the votes, those of one kind added up."""
    votes: defaultdict[tuple[str, EntityType], float] = defaultdict(float)
    count: defaultdict[tuple[str, EntityType], int] = defaultdict(int)
    rest = dict(cluster.votes)
    for words in cluster.forms:
        for why, kind, weight in ballots(words, [name for name in cluster.names if name.words == words]):
            votes[why, kind] += weight
            count[why, kind] += 1
            rest[kind] -= weight
    for kind, weight in rest.items():
        if abs(weight) >= MIN_VOTES:
            votes[JOINED, kind], count[JOINED, kind] = weight, 1
    found = [
        Reason(round(weight, 2), f"{why}{f', {count[why, kind]} times' if count[why, kind] > 1 else ''}", why, kind)
        for (why, kind), weight in votes.items()
    ]
    return sorted(found, key=lambda reason: (-abs(reason.weight), reason.meaning, reason.side))
