# SPDX-License-Identifier: Apache-2.0
"""Stances expressed by adjectives and by predicate nouns: critical of, ready to, found it acceptable, called it a betrayal."""

from collections.abc import Iterator
from dataclasses import dataclass

from onrecord.nlp.english.labels import PREDICATIVE
from onrecord.nlp.english.morphology import verb_forms
from onrecord.nlp.english.parse import MAX_CLIMB, Parse
from onrecord.nlp.english.syntax import after_preposition, agent, author, has_mark, is_passive, patient, subject
from onrecord.nlp.english.words import BE_OR_SHORT, DEFINITE, NEGATIVE_PRONOUNS, light_verbs, with_plurals
from onrecord.nlp.stances import lexicon
from onrecord.nlp.stances.arguments import fillers
from onrecord.nlp.stances.candidates import Candidate, expressed
from onrecord.nlp.stances.lexicon import LexiconEntry
from onrecord.nlp.stances.modality import meant, mood

# Being for or against something is as clear as supporting or opposing it.
POSITION = 0.7
# An adjective before its noun judges it if its score is at least this: the shameful campaign; not: the good news, the legal advice.
ATTRIBUTED = 0.7
LINKING = BE_OR_SHORT | frozenset(
    form
    for verb in ("remain", "seem", "become", "appear", "feel", "look", "sound", "prove", "get")
    for form in verb_forms(verb)
)


def quality_candidates(parse: Parse, word: int) -> Iterator[Candidate]:
    """Yield the stances that an adjective or a noun expresses."""
    adjective = lexicon.adjectives().get(parse.lower[word], ())
    noun = () if adjective else lexicon.nouns().get(parse.lower[word], ())
    judged: Judged | None = None
    looked = False
    for entry in adjective or noun:
        if entry.holder == "source" and entry.slots == ("subj",):
            if not looked:
                judged, looked = _judged(parse, word), True
            if judged is not None and (judged.way != "attribute" or abs(entry.score) >= ATTRIBUTED):
                yield from _judgement(parse, word, entry, judged)
        elif adjective:
            yield from _attitude(parse, word, entry)


def _attitude(parse: Parse, word: int, entry: LexiconEntry) -> Iterator[Candidate]:
    """X is critical of Y; X, opposed to Y, …; a man proud of Y."""
    holder = _described(parse, word)
    if holder is None:
        return
    filled = [(slot, head, is_clause) for slot in entry.slots for head, is_clause in fillers(parse, word, slot)]
    if not filled:
        return
    how = mood(parse, word)
    if how.cancelled:
        return
    for slot, head, is_clause in filled:
        if head == holder or (is_clause and parse.lower[head] in lexicon.transitive_verbs()):
            continue
        score, features = meant(entry.score, how), ("adjective", f"slot={slot}")
        yield expressed(parse, word, holder, head, score, how, features, entry.relation, clause=is_clause)


def _described(parse: Parse, word: int) -> int | None:
    """Return the noun that an adjective describes."""
    dep, head = parse.dep[word], parse.head[word]
    if dep == "conj":
        return _described(parse, head) if parse.dep[head] != "conj" else None
    if dep in PREDICATIVE:
        return subject(parse, word) if parse.lower[head] in LINKING else None
    if dep in ("advcl", "ccomp", "relcl", "ROOT", "xcomp"):
        return subject(parse, word) if parse.lower[head] != "make" else None
    if dep in ("amod", "acl", "appos") and word > head:
        return author(parse, head) if parse.lower[head] in with_plurals("stance_utterances") else head
    return None


@dataclass(frozen=True, slots=True)
class Judged:
    """What a quality is attributed to, by whom (None: the speaker of the clause), how that was found, and in which words."""

    target: int
    holder: int | None
    way: str
    words: tuple[int, ...] = ()
    is_clause: bool = False


def _judgement(parse: Parse, word: int, entry: LexiconEntry, judged: Judged) -> Iterator[Candidate]:
    how = mood(parse, word)
    if how.cancelled:
        return
    features = {"quality", f"way={judged.way}"} | ({"evaluative"} if judged.holder is None else set())
    holder, target, score = judged.holder, judged.target, meant(entry.score, how, judgement=True)
    if not how.negated and has_mark(parse, word, "too"):
        score = -abs(score)  # too friendly with the banks: what is good is too much of it
    yield expressed(
        parse,
        word,
        holder,
        target,
        score,
        how,
        features,
        entry.relation,
        clause=judged.is_clause,
        with_words=judged.words,
    )


def _judged(parse: Parse, word: int) -> Judged | None:
    """Return what a word is attributed to, where it is a complement or inside one: is unfair, is an unfair plan."""
    top = _complement(parse, word)
    if parse.lower[top] in NEGATIVE_PRONOUNS:  # there is nothing wrong with it
        return None
    dep, head = parse.dep[top], parse.head[top]
    if dep in (*PREDICATIVE, "ccomp", "xcomp", "dobj") and (parse.lower[head], "so") in lexicon.judging_verbs():
        return _held_to_be(parse, top, head, "so")
    if parse.lower[head] == "as":
        verb = parse.head[head]
        return _held_to_be(parse, top, verb, "as") if (parse.lower[verb], "as") in lexicon.judging_verbs() else None
    if dep in PREDICATIVE and parse.lower[head] in LINKING:
        return _predicated(parse, top, head)
    if dep == "dobj":
        judged = _done(parse, head)
        if judged is not None:
            return judged
    return _attributed(parse, word)


def _attributed(parse: Parse, word: int) -> Judged | None:
    """This shameful campaign, their brutal rule: attributed in passing to something known."""
    noun = parse.head[word]
    if parse.dep[word] != "amod" or word > noun or not parse.tag[noun].startswith("NN"):
        return None
    is_known = parse.has(noun, *DEFINITE) or parse.child(noun, "poss") is not None
    return Judged(noun, None, "attribute") if is_known else None


def _complement(parse: Parse, word: int) -> int:
    """Return the word that a quality belongs to: (an unfair) plan, (fair and) free."""
    for top in parse.upward(word):
        dep, above = parse.dep[top], parse.dep[parse.head[top]]
        if dep != "conj" and not (dep == "amod" and above in (*PREDICATIVE, "pobj", "dobj", "conj")):
            break
    return top


def _held_to_be(parse: Parse, top: int, verb: int, way: str) -> Judged | None:
    """Found the offer fair; described the poll as chaotic."""
    own = parse.child(top, "nsubj", "nsubjpass")
    target = own if own is not None and way == "so" else patient(parse, verb)
    holder = agent(parse, verb)
    if target is None or target == top or holder is None:
        return None
    return Judged(target, holder, way, (verb,))


def _done(parse: Parse, verb: int) -> Judged | None:
    """Made false claims, gave a brilliant speech: attributed to the subject."""
    if light_verbs().get((parse.lower[verb], "giver"), 0.0) <= 0 or is_passive(parse, verb):
        return None
    target = subject(parse, verb)
    return None if target is None else Judged(target, None, "doing", (verb,))


def _predicated(parse: Parse, top: int, verb: int) -> Judged | None:
    """The plan is unfair; it is unfair that they pay."""
    target = subject(parse, verb)
    if target is None or parse.lower[target] in ("there", "what", "who"):
        return None
    if parse.lower[target] == "it":
        for child in (*parse.children[verb], *parse.children[top]):
            says = parse.dep[child] in ("ccomp", "xcomp", "advcl", "csubj") or (
                parse.dep[child] == "acl" and parse.has(child, "that", "to")
            )
            if says and child > top and not parse.has(child, "if"):
                return Judged(child, None, "expletive", is_clause=True)
    return Judged(target, None, "predicate", is_clause=parse.is_verb(target))


def position_candidates(parse: Parse, preposition: int) -> Iterator[Candidate]:
    """Yield the stance of "she is for the bridge", "he is against it"."""
    word = parse.lower[preposition]
    verb = parse.head[preposition]
    if word not in ("for", "against") or parse.dep[preposition] != "prep" or parse.lower[verb] not in BE_OR_SHORT:
        return
    if not 0 < preposition - verb < MAX_CLIMB:
        return
    between = parse.dep[verb + 1 : preposition]
    if any(dep not in ("neg", "advmod") for dep in between):
        return  # was among the worst for missed votes
    holder, how = subject(parse, verb), mood(parse, verb)
    if holder is None or how.cancelled:
        return
    score, relation = (POSITION, "SUPPORT") if word == "for" else (-POSITION, "REJECT")
    score, features = meant(score, how), ("position", f"slot={word}")
    for target in after_preposition(parse, verb, word):
        is_clause = parse.dep[target] == "pcomp"
        yield expressed(
            parse, preposition, holder, target, score, how, features, relation, clause=is_clause, with_words=(verb,)
        )
