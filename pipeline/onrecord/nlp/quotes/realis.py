# SPDX-License-Identifier: Apache-2.0
"""Whether the words of a quote were said: not, if someone did not say them, may say them, or declined to."""

from onrecord.data.records import Realis
from onrecord.nlp.english.cues import verbs
from onrecord.nlp.english.parse import Parse
from onrecord.nlp.english.realis import is_negative_subject, realis, would
from onrecord.nlp.quotes.candidates import Candidate
from onrecord.nlp.quotes.layout import QuotationLayout

DECLINING = frozenset({"decline", "refuse", "refusal"})
SPEAKING = frozenset({"express", "name", "say"})  # the main classes of cues of speech
# Words that only join a sentence to the one before.
JOINING = (["that", "being", "said", ","], ["having", "said", "that", ","], ["that", "said", ","])
MORE = frozenset({"more", "anything", "much", "so", "further"})


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
    head = candidate.source_head
    return "NEGATED" if found == "ACTUAL" and head is not None and is_negative_subject(parse, head) else found


def is_silence(candidate: Candidate, layout: QuotationLayout) -> bool:
    """Whether a candidate says only that its source did not speak: declined to comment; did not elaborate; that said, …."""
    cue, parse = candidate.lexical, layout.parse
    if cue is None or not candidate.content:
        return False
    if cue.lemma == "say" and _is_that_said(parse, candidate.anchor):
        return True
    if cue.lemma in DECLINING:
        first, end = parse.first_at(candidate.content[0][0]), parse.first_at(candidate.content[-1][1] - 1) + 1
        verb = next((token for token in range(first, end) if parse.tag[token] == "VB"), None)
        return verb is not None and _has_no_content(parse, verb)
    return cue.lemma in ("comment", "elaborate") and realis(parse, candidate.anchor) == "NEGATED"


def _is_that_said(parse: Parse, verb: int) -> bool:
    """Whether a sentence begins with a verb of saying that only joins it to the one before: That said, the plan has merits."""
    if parse.lower[verb] != "said":
        return False
    first = parse.next_word[parse.sentence_of(verb)[0]]
    return verb - first < len(JOINING[0]) and any(parse.lower[first : first + len(words)] == words for words in JOINING)


def _has_no_content(parse: Parse, verb: int) -> bool:
    """Whether a verb is one of speaking and nothing is said: to comment on the case, to be named, to say more."""
    cue = verbs().get(parse.lower[verb])
    if cue is None or cue.classes[0] not in SPEAKING or parse.child(verb, "ccomp", "xcomp") is not None:
        return False
    said = parse.child(verb, "dobj")
    return said is None or parse.lower[said] in MORE
