# SPDX-License-Identifier: Apache-2.0
"""Decides, in text order, to what each anaphor of an article refers."""

from collections.abc import Callable, Iterator, Mapping, Sequence

from onrecord.nlp.annotations import Entity, Reference
from onrecord.nlp.coreference.anaphors import COMPATRIOT, Anaphor, find_anaphors
from onrecord.nlp.coreference.discourse import OBJECTS, Discourse
from onrecord.nlp.coreference.features import ANAPHOR, Candidates, candidates_of
from onrecord.nlp.coreference.ranker import Network, kind_of, networks
from onrecord.nlp.coreference.referents import Occurrence, Referent
from onrecord.nlp.english.labels import MEASURES, SUBJECTS
from onrecord.nlp.english.parse import Parse

NOUN_ROLES = frozenset({*SUBJECTS, *OBJECTS, "pobj", "poss"})
# Below these probabilities an anaphor refers to nobody: a wrong name is worse than none.
MIN_PROBABILITY = {"person": 0.3, "thing": 0.5, "noun": 0.45}
MAX_NOBODY = 0.9  # the probability of nobody up to which "the Kenyan" is somebody
IF_CENTER = 0.95  # how many who go on to speak are
IF_NAMED = 0.95  # how many appositions of a name and the like are right
EXPLETIVE = ANAPHOR.index("expletive")
Choice = Callable[[Anaphor, Candidates], tuple[Referent | None, float]]


def by_rank(
    anaphor: Anaphor, candidates: Candidates, learned: Mapping[str, Network] | None = None
) -> tuple[Referent | None, float]:
    """Return the candidate that the learned ranker prefers, or None for nobody, and the probability of that."""
    if candidates.center is not None:
        return candidates.center, IF_CENTER
    if not len(candidates.rows):
        return next(iter(candidates.referents), None), 1.0
    kind = kind_of(anaphor)
    shares = (learned or networks())[kind].probabilities(candidates.rows)
    entities = [place for place, referent in enumerate(candidates.referents) if referent.entity is not None]
    best = max(entities, key=lambda place: (shares[place], -place))
    if anaphor.kind is COMPATRIOT and len(anaphor.modifiers) == 1 and shares[-1] < MAX_NOBODY:  # whom the article names
        shares = [share / (1 - shares[-1]) for share in shares]
    if shares[best] >= MIN_PROBABILITY[kind] and (kind == "noun" or shares[best] >= shares[-1]):
        return candidates.referents[best], shares[best]
    # Which of them the networks learn, but not whether it is one of them: who reads news marks names only.
    nouns = [place for place, referent in enumerate(candidates.referents) if referent.entity is None]
    if not nouns or candidates.rows[0, EXPLETIVE]:
        return None, 1 - sum(shares[place] for place in entities)
    return candidates.referents[max(nouns, key=lambda place: (shares[place], -place))], sum(
        shares[place] for place in nouns
    )


def resolve(parse: Parse, entities: Sequence[Entity], choose: Choice = by_rank) -> Iterator[tuple[Anaphor, Reference]]:
    """Yield each anaphor of a Doc with what it refers to.

    Inside quotation marks, where the speaker comes behind the quotation (“She lied,” he said), the speaker is resolved first.

    Args:
        parse: the columns of the Doc.
        entities: its entities, with their mentions by name.
        choose: decides among candidates.
    """
    discourse = Discourse(parse, entities)
    anaphors = list(find_anaphors(discourse))
    steps: list[tuple[float, int, Occurrence | Anaphor | int]] = [(name.token, 0, name) for name in discourse.named]
    for anaphor in anaphors:
        speaker = discourse.speaker_of.get(discourse.region[anaphor.token], -1)
        steps.append((speaker + 0.5 if speaker > anaphor.token else anaphor.token, 1, anaphor))
    taken = {*discourse.in_name, *(anaphor.token for anaphor in anaphors)}
    steps += [
        (token, 2, token)
        for token, dep in enumerate(parse.dep)
        if dep in NOUN_ROLES
        and parse.tag[token] in ("NN", "NNS")
        and token not in taken
        and parse.ent_type[token] not in MEASURES
        and not parse.has(token, "no")
    ]
    steps.sort(key=lambda step: (step[0], step[1]))
    for _, _, step in steps:
        if isinstance(step, Anaphor):
            yield _resolved(discourse, step, choose)
        elif isinstance(step, Occurrence):
            discourse.add(step)
        else:
            discourse.add(discourse.occurrence(step, discourse.noun_referent(step), is_name=False))
    # Mentions and referents hold each other: otherwise their memory waits for the garbage collector.
    for referent in (*discourse.referents, *discourse.by_noun.values()):
        referent.last = None


def _resolved(discourse: Discourse, anaphor: Anaphor, choose: Choice) -> tuple[Anaphor, Reference]:
    if anaphor.named is not None:
        discourse.referents[anaphor.named].called.add(anaphor.word)
        return anaphor, Reference(anaphor.token, anaphor.named, None, IF_NAMED)
    referent, probability = choose(anaphor, candidates_of(discourse, anaphor))
    noun = None
    if referent is not None and referent.entity is None:
        noun = referent.last.token if referent.last is not None else None
    elif referent is not None:
        if anaphor.is_pronoun:
            discourse.last_by_pronoun[anaphor.male if anaphor.is_person else anaphor.word[:2]] = referent
            referent.masculine += anaphor.male > 0
            referent.feminine += anaphor.male < 0
            referent.neuter += not anaphor.male
        else:
            referent.called.add(anaphor.word)
            if referent.type != "PERSON" and anaphor.kind is not None and not anaphor.kind.is_person:
                referent.may_be_person = False  # the Azar news agency
        discourse.add(discourse.occurrence(anaphor.token, referent, is_name=False))
    elif not anaphor.is_pronoun:
        discourse.add(discourse.occurrence(anaphor.token, discourse.noun_referent(anaphor.token), is_name=False))
    entity = None if referent is None else referent.entity
    return anaphor, Reference(anaphor.token, entity, noun, round(probability, 4))
