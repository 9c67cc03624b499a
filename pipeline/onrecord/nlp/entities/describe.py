# SPDX-License-Identifier: Apache-2.0
"""From a cluster to an entity: its fullest name, aliases, role and salience."""

import math

from onrecord.data.records import EntityType, Mention
from onrecord.nlp.annotations import Entity
from onrecord.nlp.english.names import fold
from onrecord.nlp.english.parse import Parse
from onrecord.nlp.entities import knowledge
from onrecord.nlp.entities.cluster import EntityCluster
from onrecord.nlp.entities.mentions import Name
from onrecord.nlp.entities.organization_clustering import canonical
from onrecord.nlp.entities.person_names import without_generation
from onrecord.nlp.entities.roles import role_of
from onrecord.nlp.entities.wikidata import Item

# Weights of the strongest signals of an entity's salience in Dunietz and Gillick, "A new entity salience task with millions of training
# examples" (2014); the headline's comes on top of the other three, which sum to 1.
FREQUENCY, POSITION, SUBJECT = 0.5, 0.3, 0.2
HEADLINE = 0.25
MAX_HEADLINE = 500  # code points
# Longer words in capitals are emphasis, not abbreviations.
MAX_ACRONYM = 6
# Mentions from which on the frequency is 1.
OFTEN = 10
PUNCTUATION = ',;:!?"“”()[]'
SUBJECTS = frozenset({"nsubj", "nsubjpass", "csubj"})


def describe(
    text: str, parse: Parse, headline: frozenset[str], cluster: EntityCluster, item: Item, refers_to: int | str | None
) -> Entity:
    """Return the entity that a cluster is."""
    names = cluster.names
    kind = cluster.type
    listed = cluster.listed
    forms = list(dict.fromkeys(" ".join(name.span.text.split()) for name in names))
    fullest = listed.name if listed and listed.name in forms else _fullest(forms)
    return Entity(
        name=fullest,
        type=kind,
        aliases=tuple(form for form in forms if form != fullest),
        mentions=tuple(Mention(name.span, "NAME") for name in names),
        salience=salience(cluster, parse, len(text), headline),
        role=role_of(names, text, parse) if kind == "PERSON" else None,
        wikidata_id=(listed and listed.wikidata_id) or item.wikidata_id or None,
        country_code=(listed and listed.country_code) or item.country or None,
        refers_to=refers_to,
        name_key=name_key(listed.name if listed else fullest, kind),
    )


def _fullest(forms: list[str]) -> str:
    """Return the form with most words, then letters; one in capitals only if there is no other.

    A well-known organization or place gets the form that it is filed under, if the article uses it.
    """
    known = knowledge.known_names().get(knowledge.words_of(forms[0]))
    written = {knowledge.words_of(form) for form in forms if not form.isupper()}

    def fullness(form: str) -> tuple[bool, bool, int, int]:
        words = knowledge.words_of(form)
        shouted = form.isupper() and (words in written or max(map(len, words), default=0) > MAX_ACRONYM)
        return known is not None and words == known.canonical, not shouted, len(words), len(form)

    return max(forms, key=fullness)


def name_key(name: str, kind: EntityType) -> str:
    """Return the key under which a name is the same in all articles.

    Its words are folded; those of a person without middle initials and generation, those of an organization without a legal form; a
    well-known name is replaced by its usual form.
    """
    state = knowledge.state_abbreviations().get(name)
    words = tuple(filter(None, (word.strip(PUNCTUATION) for word in state or knowledge.words_of(name))))
    if kind == "PERSON":
        first, *middle = without_generation(words) or ("",)
        words = (first, *(word for word in middle if len(word) > 1))
    else:
        words = canonical(words) if words else words
    return " ".join(words) or name.casefold()


def salience(cluster: EntityCluster, parse: Parse, length: int, headline: frozenset[str]) -> float:
    """Return the salience of an entity in its article, 0 to 1.

    It is the weighted mean of

    * how often it is named: log(1 + n) / log(1 + 10), at most 1;
    * how early: 1 - (code points before the first mention) / ``length``;
    * how often as an actor: the share of its mentions that are subjects;
    * whether it is in the headline, 1 or 0; left out of the mean where the article has none.

    Args:
        cluster: the mentions of the entity.
        parse: the article's tokens.
        length: the article's length in code points.
        headline: the folded words of the headline; empty where there is none.
    """
    names = cluster.names
    frequency = min(1.0, math.log1p(len(names)) / math.log1p(OFTEN))
    position = 1.0 - names[0].span.start / length
    subject = sum(is_subject(name, parse) for name in names) / len(names)
    score = FREQUENCY * frequency + POSITION * position + SUBJECT * subject
    if headline:
        named = any(headline.issuperset(form[-1:] if cluster.type == "PERSON" else form) for form in cluster.forms)
        score = (score + HEADLINE * named) / (1 + HEADLINE)
    return round(score, 4)


def headline_words(title: str | None, text: str, parse: Parse) -> frozenset[str]:
    """Return the folded words of an article's title, or of a first line that is written as a headline."""
    written = title or text[: parse.end[parse.headline_end - 1] if parse.headline_end else 0]
    if not written and parse.word and parse.shouted[0]:
        written = text.partition("\n")[0]
    return frozenset(fold(word.strip(PUNCTUATION)) for word in written[:MAX_HEADLINE].split())


def is_subject(name: Name, parse: Parse) -> bool:
    """Whether a name is the subject of its clause."""
    return any(
        parse.dep[index] in SUBJECTS and not name.start <= parse.head[index] < name.end
        for index in range(name.start, name.end)
    )
