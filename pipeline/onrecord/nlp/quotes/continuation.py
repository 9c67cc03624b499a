# SPDX-License-Identifier: Apache-2.0
"""How far a quotation continues: over the regions that follow it, past the attribution after it, and without marks."""

import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence

from onrecord.nlp.english.cues import verbs
from onrecord.nlp.english.labels import AUXILIARIES, FINITE, SUBJECTS
from onrecord.nlp.english.parse import Parse
from onrecord.nlp.english.quotation import ALL_MARKS
from onrecord.nlp.english.words import BE
from onrecord.nlp.quotes.candidates import Candidate
from onrecord.nlp.quotes.layout import QuotationLayout, QuotedSpan

MAX_CHAIN = (
    40  # regions of one quote (speeches printed in full have about twenty paragraphs), and tokens of its attribution
)
SENTENCE_STOPS = frozenset({".", "!", "?", ";"})
BEFORE_QUOTATION = frozenset({".", ",", ":", ";", "!", "?", "—", "–"})


def attributed_regions(candidates: Iterable[Candidate]) -> frozenset[int]:
    """Return the regions that an attribution of their own follows: no earlier quotation continues over them."""
    return frozenset(
        candidate.region
        for candidate in candidates
        if candidate.region is not None and candidate.construction.startswith(("trail-comma", "trail-ask"))
    )


def chain(layout: QuotationLayout, attributed: frozenset[int], first: int) -> list[int]:
    """Return the regions of the quotation that begins with a region, with no words between them."""
    regions = [first]
    while len(regions) < MAX_CHAIN:
        later = layout.joined[regions[-1]]
        if later is None or later in attributed:
            break
        regions.append(later)
    return regions


def resumed(layout: QuotationLayout, attributed: frozenset[int], span: QuotedSpan, cue: int) -> list[int]:
    """Return the regions with which a quotation resumes after its attribution: "…," X said. "…"."""
    parse = layout.parse
    later = layout.next_region(span)
    if later is None or later in attributed:
        return []
    other = layout.quoted[later]
    if other.start <= cue or other.start - cue > MAX_CHAIN:
        return []
    stops = 0
    for token in range(cue + 1, other.start):
        if parse.tag[token] in FINITE and parse.dep[token] not in AUXILIARIES:
            introduces = token == parse.previous_word[other.start - 1] and parse.word[token + 1] not in SENTENCE_STOPS
            if introduces or parse.dep[token] != "relcl":
                return []
        if stops and parse.is_word[token]:
            return []
        stops += parse.word[token] in SENTENCE_STOPS
    last = next((token for token in range(other.start - 1, cue, -1) if not parse.word[token].isspace()), cue)
    if parse.word[last] not in BEFORE_QUOTATION and last != cue:
        return []
    return chain(layout, attributed, later)


# Annotators of cues leave such sentences out; of 21 in training articles, a reader confirmed 16.
CARRIED_PROBABILITY = 0.7
MAX_CARRIED = 3  # sentences of a paragraph
MIN_CARRIED = 3  # words
# The forms in which reported speech goes on after a cue in the past: "He said the dam would fail. The town would be flooded."
BACKSHIFTED = frozenset({"would", "could", "might", "had"})
# "Twelve towns have plans, according to the board. One plan would …"
ONE_OF_SEVERAL = frozenset({"one", "another", "others", "still"})
ELABORATING = re.compile(r"(for (example|instance)|in (addition|particular|other words)),", re.IGNORECASE)
HEARSAY = frozenset({"allegedly", "purportedly", "reportedly", "supposedly"})
STATIVE = BE | {"had", "needed"}
SUBORDINATE = frozenset({"acl", "advcl", "pcomp", "relcl"})
MAIN = frozenset({"ROOT", "conj"})
# A sentence about what was said comments on it.
COMMENTING = frozenset({"that", "this", "these", "those", "such", "other", "if", "it"})
OTHERS = frozenset({"PERSON", "ORG", "NORP"})  # a subject of these types is who the next sentence is about
PAST = frozenset({"VBD", "VBN"})


def carried(
    layout: QuotationLayout, chosen: Sequence[Candidate], is_document: Callable[[Candidate], bool]
) -> list[tuple[Candidate, Candidate]]:
    """Return the sentences that still report what the source of the sentence before says, each with the quote there.

    They follow an indirect quote in its paragraph and have no quote of their own. They give an example, keep the form of reported speech
    or, if the source is a document, give more of its numbers.
    """
    parse = layout.parse
    busy = {parse.sentence_of(candidate.anchor)[0] for candidate in chosen}
    for candidate in chosen:
        for span in candidate.content:
            busy.update(parse.sentence_of(token)[0] for token in range(*parse.tokens_of(*span)))
    last_of = {
        parse.sentence_of(parse.tokens_of(*candidate.content[-1])[1] - 1): candidate
        for candidate in sorted(chosen, key=lambda candidate: (candidate.content[-1][1], -candidate.anchor))
    }
    found = []
    for (start, end), candidate in last_of.items():
        content = range(*parse.tokens_of(*candidate.content[-1]))
        if candidate.source is None or not candidate.cue or parse.sentence_of(candidate.anchor)[0] != start:
            continue
        is_direct = layout.marked_words_of(candidate.content) == layout.words_of(candidate.content)
        if is_direct or layout.is_marked(candidate.anchor):
            continue
        stop = layout.paragraph_end(bisect_right(layout.paragraph_starts, content[-1]) - 1)
        for _ in range(MAX_CARRIED):
            if end >= stop:
                break
            start, end = parse.sentence_of(end)
            if (
                end > stop
                or start in busy
                or not _goes_on(layout, candidate, content, range(start, end), is_document(candidate))
            ):
                break
            busy.add(start)
            first = parse.next_word[start]
            words = ((parse.start[first], parse.end[parse.previous_word[end - 1]]),)
            found.append((Candidate("carried", first, (), words, None, None, score=CARRIED_PROBABILITY), candidate))
    return found


def _goes_on(layout: QuotationLayout, before: Candidate, content: range, sentence: range, is_document: bool) -> bool:
    """Whether a sentence without a cue reports what the quote before it reports."""
    parse = layout.parse
    first = parse.next_word[sentence[0]]
    said, verb = (next((token for token in part if parse.tag[token] in FINITE), None) for part in (content, sentence))
    if verb is None or layout.skip[first] or sum(parse.is_word[token] for token in sentence) < MIN_CARRIED:
        return False
    regions = {layout.region_of[token] for token in sentence if layout.is_marked(token)}
    if any(layout.quoted[region].is_clause for region in regions) or "?" in parse.word[sentence[0] : sentence[-1] + 1]:
        return False
    # "He said children fall ill. For example, many boys catch fevers."
    if ELABORATING.match(parse.source, parse.start[first]):
        return said is not None and (parse.tag[said] in PAST) == (parse.tag[verb] in PAST)
    if parse.lower[first] in COMMENTING and parse.lower[first : first + 2] != ["it", "had"]:
        return False
    if any(parse.lower[token] in HEARSAY and parse.dep[parse.head[token]] == "ROOT" for token in sentence):
        return True
    # "The poll found that 40 percent agreed. Another 30 percent …"; "The charges say that he stole a car. He had …"
    is_body = before.source_head is not None and parse.ent_type[before.source_head] != "PERSON"
    if is_body and parse.lower[first] in ONE_OF_SEVERAL and parse.lower[before.anchor] == "according":
        return True
    if is_document:
        counts = [
            any(parse.tag[token] == "CD" and parse.ent_type[token] != "DATE" for token in part)
            for part in (content, sentence)
        ]
        return all(counts) or (parse.lower[verb] == "had" and parse.dep[verb] in AUXILIARIES)
    return _is_reported_on(parse, before, content, sentence, verb)


def _is_reported_on(parse: Parse, before: Candidate, content: range, sentence: range, verb: int) -> bool:
    """Whether a sentence has the tense of the reported clause before it.

    "He said the dam would fail. The town would be flooded"; "She said the ship had sunk. Its hull was old". What a writer adds is in the
    past tense too, so a state must follow "had" or "would".
    """
    cue, main = before.lexical, parse.head[verb] if parse.dep[verb] in AUXILIARIES else verb
    subject = parse.child(main, *SUBJECTS, "expl")
    if cue is None or cue.classes[0] != "say" or "clause" not in cue.takes or parse.tag[before.anchor] not in PAST:
        return False
    if parse.dep[before.anchor] in SUBORDINATE or parse.word[sentence[0] - 1] not in SENTENCE_STOPS | ALL_MARKS:
        return False
    if subject is None or "PERSON" in parse.ent_type[parse.left[subject] : subject + 1]:
        return False  # "Ms Berg's plan would …"
    if parse.has(main, "not", "n't", "n’t") and parse.lower[main] in verbs():
        return False  # "The diplomat would not name the city"
    shifted = [token for token in (*content, *sentence) if parse.lower[token] in BACKSHIFTED]
    shifted = [parse.head[token] for token in shifted if parse.dep[token] in AUXILIARIES]
    is_shifted = any(head in content and parse.dep[head] != "relcl" for head in shifted)
    if any(head in sentence and parse.dep[head] in MAIN for head in shifted):
        is_past = is_shifted or any(parse.tag[token] == "VBD" for token in content)
        # "She said she was tired. She had won twice": more of what a writer knows about her
        is_about = parse.lower[subject] in ("he", "she") and not is_shifted
        return is_past and not is_about and parse.ent_type[subject] not in OTHERS
    return is_shifted and parse.lower[verb] in STATIVE and parse.dep[verb] in MAIN and parse.tag[verb] == "VBD"
