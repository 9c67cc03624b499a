# SPDX-License-Identifier: Apache-2.0
"""Who goes on to speak: the center of attention (Grosz, Joshi and Weinstein 1995) before "he said", "she added", "it warned"."""

from onrecord.nlp.coreference.anaphors import Anaphor
from onrecord.nlp.coreference.discourse import Discourse
from onrecord.nlp.coreference.referents import SUBJECT, Occurrence, Referent
from onrecord.nlp.english.quotation import NO_REGION
from onrecord.nlp.english.words import source_nouns

MAX_LOOK_BACK = 30  # mentions
OPPOSITE = -0.99  # the agreement of genders up to which a name is one of the other gender
# Types of names that "it" means behind "said"; recognizers take companies for people.
TYPES = frozenset({"ORG", "GPE", "PERSON", "WORK_OF_ART", "LAW"})
# Classes of nouns (``source_nouns.tsv``) that "it" means there, and of plural ones that "they" means.
NOUNS = frozenset({"body", "statement", "letter", "document"})
PEOPLE = frozenset({"people", "group", "representative", "body"})


def center_of(discourse: Discourse, anaphor: Anaphor) -> Referent | None:
    """Return whom "he", "she", "it" or "they" means that says something outside marks: the last subject of a main clause that fits.

    It is one of the paragraph, or of the one before if it speaks there: "Lee sued Roe. “He lied,” she said."
    """
    token, here = anaphor.token, discourse.paragraph[anaphor.token]
    is_main = anaphor.role is SUBJECT and discourse.region[token] == NO_REGION
    if not anaphor.is_pronoun or not is_main or token not in discourse.speaking:
        return None
    named, common = discourse.entities.before(token, MAX_LOOK_BACK), discourse.nouns.before(token, MAX_LOOK_BACK)
    fitting = [one for one in (*named, *common) if one.region == NO_REGION and _fits(anaphor, _meant(discourse, one))]
    # "Roe asked Judge Ann Lee to go; she refused": nobody of the paragraph before
    others = (one.referent.type for one in fitting if one.is_name and one.sentence == discourse.sentence[token])
    first = here if "PERSON" in others else here - 1
    for sentence in sorted({one.sentence for one in fitting}, reverse=True):
        mentions = [one for one in fitting if one.sentence == sentence]
        is_own = sentence == discourse.sentence[token]
        subjects = [one for one in mentions if one.role is SUBJECT]
        is_open = (is_own or anaphor.is_plural) and subjects and len({one.referent for one in mentions}) > 1
        if mentions[0].paragraph < first or is_open:
            return None
        if subjects:
            return _of_subjects(discourse, subjects, here, is_person=bool(anaphor.male))
        if not is_own and any(one.is_name for one in mentions):
            return None
    return None


def _of_subjects(discourse: Discourse, subjects: list[Occurrence], here: int, *, is_person: bool) -> Referent | None:
    """Return the subject of a sentence that goes on to speak: the one that speaks in it, otherwise the last."""
    speakers = [one for one in subjects if not discourse.speaking.isdisjoint(discourse.parse.children[one.clause])]
    center = max(speakers or subjects, key=lambda one: one.token)
    # "The guide laughed" and "Corvia fell" need not be about the person who speaks next.
    is_open = is_person and (center.referent.entity is None or center.referent.type != "PERSON")
    if not speakers and (is_open or center.paragraph < here):
        return None
    return _meant(discourse, center)


def _meant(discourse: Discourse, mention: Occurrence) -> Referent:
    """Return what a mention means: the person named next to a common noun, as in "a spokesman, Tom Roe, said"."""
    named = discourse.linked(mention.token) if mention.referent.entity is None else None
    return mention.referent if named is None else discourse.referents[named]


def _fits(anaphor: Anaphor, referent: Referent) -> bool:
    if anaphor.male:
        is_one = referent.entity is not None or not referent.is_plural
        return is_one and referent.may_be_person and referent.male * anaphor.male > OPPOSITE
    if referent.entity is not None:
        return referent.type == "ORG" if anaphor.is_plural else referent.type in TYPES and abs(referent.male) < 1
    kind = source_nouns().get(referent.noun, ("", ""))[0]
    return kind in PEOPLE and referent.is_plural if anaphor.is_plural else kind in NOUNS
