"""From a referent to an entity: its fullest name, aliases, role and salience."""

import math

from pipeline.nlp.annotations import Entity
from pipeline.nlp.entities import gazetteer
from pipeline.nlp.entities.bodies import canonical
from pipeline.nlp.entities.identity import Item
from pipeline.nlp.entities.mentions import Name
from pipeline.nlp.entities.persons import without_generation
from pipeline.nlp.entities.referent import Referent
from pipeline.nlp.entities.roles import role_of
from pipeline.nlp.entities.tokens import Tokens
from pipeline.records import EntityType, Mention

# Salience is a weighted mean of how often, how early and how much as an actor an entity is named: what tells most in
# Dunietz and Gillick, "A new entity salience task with millions of training examples" (2014).
FREQUENCY, POSITION, SUBJECT = 0.5, 0.3, 0.2
# Longer words in capitals are shouted, not abbreviated.
MAX_ACRONYM = 6
# Named this often an entity is as frequent as can be.
OFTEN = 10
PUNCTUATION = ',;:!?"“”()[]'
SUBJECTS = frozenset({"nsubj", "nsubjpass", "csubj"})


def describe(text: str, tokens: Tokens, referent: Referent, item: Item, refers_to: int | str | None) -> Entity:
    """Return the entity that a referent is."""
    names = referent.names
    kind = referent.type
    listed = referent.listed
    forms = list(dict.fromkeys(" ".join(name.span.text.split()) for name in names))
    fullest = listed.name if listed and listed.name in forms else _fullest(forms)
    return Entity(
        name=fullest,
        type=kind,
        aliases=tuple(form for form in forms if form != fullest),
        mentions=tuple(Mention(name.span, "NAME") for name in names),
        salience=salience(names, tokens, len(text)),
        role=role_of(names, text, tokens) if kind == "PERSON" else None,
        wikidata_id=(listed and listed.wikidata_id) or item.wikidata_id or None,
        country_code=(listed and listed.country_code) or item.country or None,
        refers_to=refers_to,
        name_key=name_key(listed.name if listed else fullest, kind),
    )


def _fullest(forms: list[str]) -> str:
    """Return the form with most words, then letters; one in capitals only where there is no other.

    A well-known body or place has the form that it is filed under, where the article uses that.
    """
    known = gazetteer.known_names().get(gazetteer.words_of(forms[0]))
    written = {gazetteer.words_of(form) for form in forms if not form.isupper()}

    def fullness(form: str) -> tuple[bool, bool, int, int]:
        words = gazetteer.words_of(form)
        shouted = form.isupper() and (words in written or max(map(len, words), default=0) > MAX_ACRONYM)
        return known is not None and words == known.canonical, not shouted, len(words), len(form)

    return max(forms, key=fullness)


def name_key(name: str, kind: EntityType) -> str:
    """Return what a name has in common with the same name in other articles.

    Its words are folded; a person's have neither middle initials nor a generation, a body's no legal form; a well-known name is
    replaced by its usual form.
    """
    words = tuple(filter(None, (word.strip(PUNCTUATION) for word in gazetteer.words_of(name))))
    if kind == "PERSON":
        first, *middle = without_generation(words) or ("",)
        words = (first, *(word for word in middle if len(word) > 1))
    else:
        words = canonical(words) if words else words
    return " ".join(words) or name.casefold()


def salience(names: list[Name], tokens: Tokens, length: int) -> float:
    """Return how much an article of ``length`` code points is about what the names stand for, 0 to 1."""
    frequency = min(1.0, math.log1p(len(names)) / math.log1p(OFTEN))
    position = 1.0 - names[0].span.start / length
    subject = sum(is_subject(name, tokens) for name in names) / len(names)
    return round(FREQUENCY * frequency + POSITION * position + SUBJECT * subject, 4)


def is_subject(name: Name, tokens: Tokens) -> bool:
    """Whether a name is the subject of its clause."""
    return any(
        tokens.dep[index] in SUBJECTS and not name.start <= tokens.head[index] < name.end
        for index in range(name.start, name.end)
    )
