# SPDX-License-Identifier: Apache-2.0
"""Whether the words of a quote were said: not, if someone did not say them, may say them, or declined to."""

from onrecord.data.records import Realis
from onrecord.nlp.english.cues import nouns, verbs
from onrecord.nlp.english.parse import Parse
from onrecord.nlp.english.realis import is_negative_subject, realis, would
from onrecord.nlp.english.words import person_nouns
from onrecord.nlp.quotes.candidates import Candidate
from onrecord.nlp.quotes.features import content_head
from onrecord.nlp.quotes.layout import QuotationLayout

DECLINING = frozenset({"decline", "refuse", "refusal"})
SPEAKING = frozenset({"express", "name", "say"})  # the main classes of cues of speech
NAMING = frozenset({"express", "name"})
# Words that only join a sentence to the one before.
JOINING = (["that", "being", "said", ","], ["having", "said", "that", ","], ["that", "said", ","])
MORE = frozenset({"more", "anything", "much", "so", "further"})
MAX_BEFORE_VERB = 6  # tokens: "not to publicly be named"
COMMENTS = frozenset({"answer", "comment", "interview", "reply", "response", "statement"})
# What a source may refuse to be, or ask not to be.
IN_PRINT = frozenset({"drawn", "identified", "named", "quoted"})


def realis_of(candidate: Candidate, layout: QuotationLayout) -> Realis:
    """Return whether a candidate's content was said by its source."""
    parse, anchor = layout.parse, candidate.anchor
    if not parse.is_word[anchor] or not any(start <= anchor < end for start, end in candidate.cue):
        return "ACTUAL"
    if candidate.lexical is not None and candidate.lexical.lemma in DECLINING:
        return "NEGATED" if candidate.construction.endswith("inf") else realis(parse, anchor)
    found = realis(parse, anchor, candidate.content)
    if found == "HYPOTHETICAL" and candidate.construction.startswith("trail") and would(parse, anchor):
        return "ACTUAL"  # “Sit down,” he would say: a habit
    is_imagined = candidate.construction.startswith("lead") and would(parse, anchor)  # I would say, ‘Sit down’
    if found == "ACTUAL" and (is_imagined or _is_announced(candidate, parse)):
        return "HYPOTHETICAL"
    head = candidate.source_head
    return "NEGATED" if found == "ACTUAL" and head is not None and is_negative_subject(parse, head) else found


def _infinitive_of(candidate: Candidate, parse: Parse) -> int | None:
    """Return the infinitive that a content begins with, without "be"."""
    if not candidate.construction.endswith("inf"):
        return None
    first, end = parse.tokens_of(*candidate.content[-1])
    end = min(end, first + MAX_BEFORE_VERB)
    found = next((token for token in range(first, end) if parse.tag[token] == "VB"), None)
    return parse.head[found] if found is not None and parse.dep[found] == "auxpass" else found


def _is_announced(candidate: Candidate, parse: Parse) -> bool:
    """Whether a content is a plan to speak: plans to announce the sale."""
    cue, verb = candidate.lexical, _infinitive_of(candidate, parse)
    if cue is None or "plan" not in cue.classes or verb is None:
        return False
    thing = parse.child(verb, "dobj")
    of_noun = None if thing is None else nouns().get(parse.lower[thing])  # to make a statement
    planned = of_noun or verbs().get(parse.lower[verb])
    is_said = planned is not None and planned.classes[0] == "say" and not planned.takes.isdisjoint(("inf", "obj"))
    return is_said and realis(parse, verb) == "HYPOTHETICAL"


def is_silence(candidate: Candidate, layout: QuotationLayout) -> bool:
    """Whether a candidate has no words of its source: declined to comment; did not elaborate; commented on it; that said, …."""
    cue, parse = candidate.lexical, layout.parse
    if cue is None or not candidate.content:
        return False
    if cue.lemma == "say" and _is_that_said(parse, candidate.anchor):
        return True
    if candidate.source_head is None and _is_nobodys(candidate, parse):
        return True
    first, end = parse.tokens_of(*candidate.content[0])
    if parse.tag[first] in ("DT", "PRP") and end == first + 1 and len(candidate.content) == 1:
        return True  # "He rejected this"
    if cue.lemma == "cite" and parse.lower[content_head(parse, first, end)] in person_nouns():
        return True  # "the agency said, citing an official"
    verb = _infinitive_of(candidate, parse)
    if verb is not None and parse.lower[verb] in IN_PRINT:
        return cue.lemma in DECLINING or parse.has(verb, "not")  # asked not to be named, refused to be drawn
    if parse.lower[candidate.anchor] == "drawn" and realis(parse, candidate.anchor) == "NEGATED":
        return True  # would not be drawn on it
    if cue.lemma in DECLINING:
        refused = parse.child(candidate.anchor, "dobj")
        if verb is None:  # declined further comment
            return refused is not None and _is_comment(parse, refused)
        return _has_no_content(parse, verb)
    above = verbs().get(parse.lower[parse.head[candidate.anchor]])
    if above is not None and above.lemma in DECLINING and _is_comment(parse, candidate.anchor):
        return True  # declined all comment on the sale
    is_topic = candidate.construction in ("about", "on")
    return cue.lemma in ("comment", "elaborate") and (is_topic or realis(parse, candidate.anchor) == "NEGATED")


def _is_nobodys(candidate: Candidate, parse: Parse) -> bool:
    """Whether a passive names no source, and no words of one: Berg is expected to leave; asked about the sale, …."""
    cue, construction = candidate.lexical, candidate.construction
    if cue is None or construction == "passive":
        return cue is not None and realis(parse, candidate.anchor) == "HYPOTHETICAL"
    if construction == "passive-inf":
        return "say" not in cue.classes
    return cue.lemma == "ask" and parse.tag[candidate.anchor] == "VBN" and construction in ("about", "on")


def _is_comment(parse: Parse, noun: int) -> bool:
    return parse.lower[noun].removesuffix("s") in COMMENTS


def _is_that_said(parse: Parse, verb: int) -> bool:
    """Whether a sentence begins with a verb of saying that only joins it to the one before: That said, the plan has merits."""
    if parse.lower[verb] != "said":
        return False
    first = parse.next_word[parse.sentence_of(verb)[0]]
    return verb - first < len(JOINING[0]) and any(parse.lower[first : first + len(words)] == words for words in JOINING)


def _has_no_content(parse: Parse, verb: int) -> bool:
    """Whether a verb is one of speaking and nothing is said: to comment on the case, to say more, to name the buyer."""
    cue = verbs().get(parse.lower[verb])
    if cue is None or cue.classes[0] not in SPEAKING or parse.child(verb, "ccomp", "xcomp") is not None:
        return False
    said = parse.child(verb, "dobj")
    return said is None or parse.lower[said] in MORE or not NAMING.isdisjoint(cue.classes)
