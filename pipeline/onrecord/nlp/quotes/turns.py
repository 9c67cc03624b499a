# SPDX-License-Identifier: Apache-2.0
"""The turns of interviews, hearings and live pages: lines behind a label, questions and answers, and the paragraphs that continue them."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from operator import and_, or_

from onrecord.nlp.annotations import references_of
from onrecord.nlp.english.cues import verbs
from onrecord.nlp.english.labels import FINITE, SUBJECTS
from onrecord.nlp.english.lexicon import words
from onrecord.nlp.english.quotation import ALL_MARKS, NO_REGION
from onrecord.nlp.english.syntax import subject
from onrecord.nlp.english.words import FIRST_PERSON, nominals, pronouns
from onrecord.nlp.quotes.candidates import STATEMENT, SURE, Candidate, Spans
from onrecord.nlp.quotes.continuation import MAX_CHAIN
from onrecord.nlp.quotes.labels import ANSWER, QUESTION, Label, Labels
from onrecord.nlp.quotes.layout import QuotationLayout
from onrecord.nlp.quotes.speakers import phrase

MIN_LINE = 3  # tokens of an interview line with its colon; a shorter one says nothing
MIN_TURNS = 3  # lines; fewer do not make a transcript
MIN_QUESTIONS = 2  # lines that are questions; fewer do not make an interview
MIN_VOICED = 0.3  # of the lines of a transcript, the share in which people speak to one another: I, you, a question
MANY_QUESTIONS = 4  # more than an essay asks in paragraphs of their own
MIN_ADDRESSED = 0.3  # of the questions without a label, the share that say "you"; essays ask whole paragraphs of nobody
MAX_BOLD = 3  # signs of bold type behind a question, and the question mark
MAX_QUESTION = 60  # tokens
MAX_ASIDE = 4  # paragraphs of narration within an interview
CREDITED = frozenset({"interview", "interviewed"})
MAX_BACK = 6  # paragraphs in which the person questioned is looked for
POST = re.compile(r"[―—–-]{1,2}\s{0,2}(?P<name>\w(?:[\w .'’-]{0,48}\w)?\.?)[^()\w\n]{1,12}\(@\w+\)")
SECOND_PERSON = frozenset(word for word, pronoun in pronouns().items() if pronoun.person == 2)


@dataclass(slots=True)
class Turn:
    """What one person says: the paragraphs of it, as tokens, and the label before it."""

    label: Label | None
    head: int | None  # of the source
    where: tuple[int, int] | None
    parts: list[tuple[int, int]] = field(default_factory=list)
    is_question: bool = False


class Turns:
    """Finds the turns of an article."""

    def __init__(self, layout: QuotationLayout, labels: Labels) -> None:
        self.layout = layout
        self.parse = layout.parse
        self.read = labels
        count = len(layout.paragraph_starts)
        self.labels: dict[int, Label] = {}
        for paragraph in range(count):
            label = None if layout.skip[self._bounds(paragraph)[0]] else labels.label_of(paragraph)
            if label is not None:
                self.labels[paragraph] = label
        self.asker = self._interviewer()
        # "Q" and "A" in front of a line say nothing themselves.
        self._count = Counter(self.parse.lower) if self.labels else Counter()
        self.roles = {label.start for label in self.labels.values() if label.form == "role"}
        self.head = {paragraph: labels.named(label.text) for paragraph, label in self.labels.items()}
        self.is_asked = [self._is_question(paragraph) for paragraph in range(count)]
        bold = [paragraph not in self.labels and self._is_bold(paragraph) for paragraph in range(count)]
        if sum(map(and_, bold, self.is_asked)) >= MIN_QUESTIONS:
            self.is_asked = list(map(or_, bold, self.is_asked))

    def _bounds(self, paragraph: int) -> tuple[int, int]:
        """Return the tokens of a paragraph without white space around them."""
        start, end = self.layout.paragraph_start(paragraph), self.layout.paragraph_end(paragraph)
        while end > start + 1 and self.parse.word[end - 1].isspace():
            end -= 1
        return start, end

    def _content(self, paragraph: int) -> tuple[int, int]:
        """Return the tokens of a paragraph behind its label, bullets and times."""
        end = self._bounds(paragraph)[1]
        label = self.labels.get(paragraph)
        first = label.sign + 1 if label else self.parse.first_at(self.read.start_of(paragraph))
        while first < end and self.parse.word[first].strip("*_\n ") == "":
            first += 1
        while end > first and self.parse.word[end - 1].strip("*_") == "":
            end -= 1
        return first, end

    def _speaks(self, paragraph: int, persons: frozenset[str]) -> bool:
        """Whether a paragraph has one of the pronouns outside quotation marks."""
        parse, (start, end) = self.parse, self._content(paragraph)
        return any(parse.lower[t] in persons and self.layout.region_of[t] < 0 for t in range(start, end))

    def _is_question(self, paragraph: int) -> bool:
        """Whether a paragraph outside marks ends with a question."""
        end = self._bounds(paragraph)[1]
        if "?" not in self.parse.word[max(end - MAX_BOLD, 0) : end]:
            return False
        start, end = self._content(paragraph)
        if not start < end <= start + MAX_QUESTION or self.layout.skip[start]:
            return False
        is_marked = self.layout.region_of[start] >= 0 or self.layout.region_of[end - 1] >= 0
        return self.parse.word[end - 1] == "?" and not is_marked

    def _is_bold(self, paragraph: int) -> bool:
        """Whether all of a paragraph is a sentence in bold type."""
        (start, end), (first, last) = self._bounds(paragraph), self._content(paragraph)
        is_between = start < first < last < end and self.parse.word[start][0] in "*_"
        return is_between and not self.layout.skip[first] and self.parse.word[last - 1] in (".", "?", "!")

    def _is_narrated(self, paragraph: int) -> bool:
        """Whether a paragraph reports speech, or is a note in brackets."""
        parse, (start, end) = self.parse, self._content(paragraph)
        if start >= end or parse.word[start] in ("[", "("):
            return True
        cues = verbs()
        return any(
            parse.tag[t] in ("VBD", "VBZ", "VBP")
            and self.layout.region_of[t] < 0
            and (cue := cues.get(parse.lower[t])) is not None
            and cue.is_speech
            and cue.classes[0] == "say"
            for t in range(start, end)
        )

    def continues(self, paragraph: int, in_transcript: bool = False) -> bool:
        """Whether a paragraph without a label continues what somebody says in the paragraph before it, without marks."""
        start, end = self._content(paragraph)
        if start >= end or paragraph in self.labels or self.layout.skip[start]:
            return False
        if (
            self.layout.region_of[min(start + 1, end - 1)] >= 0
            or self.read.start_of(paragraph) != self.parse.start[self._bounds(paragraph)[0]]
        ):
            return False
        is_narrated = self._is_narrated(paragraph)
        if self._speaks(paragraph, FIRST_PERSON):
            regions = {self.layout.region_of[token] for token in range(start, end) if self.layout.is_marked(token)}
            spans = [self.layout.quoted[region] for region in regions]
            # “Don’t print that,” she says. Later we could. … She will, she says to me, go back.
            is_met = not self._speaks(paragraph, FIRST_PERSON - {"me", "us"})
            return not (is_narrated and (is_met or any(span.last_sign == "," and span.is_clause for span in spans)))
        return not is_narrated and (in_transcript or self._speaks(paragraph, SECOND_PERSON))

    def block(self, paragraph: int, source: int | None) -> Spans:
        """Return the paragraphs without marks that one ending with a colon introduces: the next one, and those in the same voice."""
        first = self._next(paragraph)
        if first is None or first in self.labels or not self._is_line(first) or self._has_labelled_marks(first):
            return ()
        if self.read.start_of(first) != self.parse.start[self._bounds(first)[0]]:
            return ()
        turn = Turn(None, None, None, [self._content(first)])
        if source is not None and source in self.read.index and self._mentions(self.read.index[source], turn.parts[0]):
            return ()
        self._extend(turn, first, None, False)
        return self._spans(turn)

    def _has_labelled_marks(self, paragraph: int) -> bool:
        """Whether a colon introduces marks in a paragraph: "On age: “…”"."""
        words, (start, end) = self.parse.word, self._bounds(paragraph)
        return any(words[t - 1] == ":" and words[t] in ALL_MARKS for t in range(start + 1, end))

    def _spans(self, turn: Turn) -> Spans:
        return tuple((self.parse.start[start], self.parse.end[end - 1]) for start, end in turn.parts)

    def __iter__(self) -> Iterator[Candidate]:
        sure = self._sure()
        turns = list(self._in_order(sure))
        for turn in turns:
            yield self._candidate(turn)
        yield from self._posts()
        for paragraph, label in self.labels.items():
            if paragraph not in sure:
                yield from self._unsure(paragraph, label)

    def _posts(self) -> Iterator[Candidate]:
        """Yield a post quoted in full, above the line "— Ann Lee (@ann_lee) March 3"."""
        parse, layout = self.parse, self.layout
        for paragraph, start in enumerate(layout.paragraph_starts):
            found = POST.match(parse.source, parse.start[start])
            above = paragraph - 1
            if found is None or not paragraph or layout.skip[layout.paragraph_start(above)] or not self._is_line(above):
                continue
            where = parse.tokens_of(*found.span("name"))
            end = self._content(above)[1]
            while (  # a post of several lines
                paragraph - above < MAX_CHAIN
                and self._is_next_line(above)
                and self._is_line(above - 1)
                and not POST.match(parse.source, parse.start[layout.paragraph_start(above - 1)])
            ):
                above -= 1
            first = self._content(above)[0]
            content = self._spans(Turn(None, None, None, [(first, end)]))
            cue = ((start, start + 1),)
            yield Candidate("signed", start, cue, content, where, where[1] - 1, lexical=STATEMENT, links=SURE)

    def _is_next_line(self, paragraph: int) -> bool:
        """Whether no empty line is above a paragraph."""
        start = self.layout.paragraph_start(paragraph)
        return start > 0 and self.parse.word[start - 1] == "\n" and not self.layout.skip[start]

    # Labels that are certain to name a speaker.

    def _sure(self) -> frozenset[int]:
        """Return the paragraphs whose label certainly names who says the rest."""
        key = {p: self._key(p) for p in self.labels}
        by_key = Counter(key.values())
        lines = [
            p
            for p, label in self.labels.items()
            if label.form != "role" and label.text.upper() not in words("segment_labels") and self._is_line(p)
        ]
        repeated = [p for p in lines if by_key[key[p]] > 1]
        voiced = sum(self.is_asked[p] or self._is_voiced(p) for p in repeated)
        is_transcript = len(lines) >= MIN_TURNS and len(repeated) > 1 and voiced >= MIN_VOICED * len(repeated)
        boxes = sum(self.labels[p].form == "boxed" for p in lines)
        asked_boxes = any(self.labels[p].form == "boxed" and self.is_asked[p] for p in lines)
        roles = [p for p, label in self.labels.items() if label.form == "role"]
        asked = sum("?" in self.parse.word[slice(*self._content(p))] for p in roles)
        found = set(roles) if asked and 2 * asked >= sum(self.labels[p].text in QUESTION for p in roles) else set()
        for p in lines:
            label = self.labels[p]
            if label.form == "boxed" and not (boxes >= MIN_TURNS or (boxes > 1 and asked_boxes)):
                continue
            is_again = by_key[key[p]] > 1
            if label.form == "boxed" or (is_transcript and (is_again or self.is_asked[p] or self._is_person(p))):
                found.add(p)
            elif self._is_person(p):
                is_headline = p == 0 and (self._is_voiced(p) or self._is_clause(p))
                if is_headline or label.is_handle or self._speaks(p, FIRST_PERSON):
                    found.add(p)
        return frozenset(found)

    def _key(self, paragraph: int) -> str | int:
        """Return whom a label calls, or its text."""
        head = self.head[paragraph]
        return self.labels[paragraph].text if head is None else self.read.index[head]

    def _is_line(self, paragraph: int) -> bool:
        """Whether a paragraph has text that does not begin with quotation marks of its own."""
        start, end = self._content(paragraph)
        label, region_of = self.labels.get(paragraph), self.layout.region_of
        outside = region_of[label.start] if label else NO_REGION
        return start < end and region_of[min(start + 1, end - 1)] == outside

    def _is_person(self, paragraph: int) -> bool:
        """Whether a label names a person, of whom the line does not speak."""
        head = self.head[paragraph]
        if head is None or not self.read.is_person(head):
            return False
        return not self._mentions(self.read.index[head], self._content(paragraph))

    def _mentions(self, entity: int, tokens: tuple[int, int]) -> bool:
        return any(self.read.index.get(token) == entity for token in range(*tokens))

    def _is_voiced(self, paragraph: int) -> bool:
        return self._speaks(paragraph, FIRST_PERSON | SECOND_PERSON)

    def _is_clause(self, paragraph: int) -> bool:
        """Whether a line is a sentence: the root of the parse is finite."""
        parse, (start, end) = self.parse, self._content(paragraph)
        return (
            any(
                parse.tag[t] in FINITE and (parse.dep[t] in ("ROOT", "ccomp") or parse.dep[parse.head[t]] == "ROOT")
                for t in range(start, end)
            )
            and parse.word[start][0].isupper()
            and parse.tag[start] not in ("WRB", "WP")
        )

    def _in_order(self, sure: frozenset[int]) -> Iterator[Turn]:
        asks = any(self.is_asked[p] for p in sure)
        is_transcript = len(sure) >= MIN_TURNS
        bare = self._bare_questions(sure, asks)
        starts = sorted(sure | bare)
        person: tuple[int | None, tuple[int, int] | None] = (None, None)  # who answers
        last = -MAX_ASIDE - 1
        for place, paragraph in enumerate(starts):
            if paragraph <= last:
                continue
            following = starts[place + 1] if place + 1 < len(starts) else None
            label = self.labels.get(paragraph)
            if (label is None or label.form == "role") and paragraph > last + MAX_ASIDE:
                person = self._questioned(paragraph)
            if label is None or label.text in QUESTION:
                turn = Turn(label, *self.asker, [self._content(paragraph)], True)
                yield turn
                last = paragraph
                if label is None:  # the answer has no label either
                    answer = self._next(paragraph)
                    if answer is not None and answer not in starts and answer not in self.labels:
                        turn = Turn(None, *person, [self._content(answer)])
                        last = self._extend(turn, answer, following, True)
                        yield turn
                continue
            where = (label.start, label.name_end)
            if label.form == "role" and label.text in ANSWER:
                turn = Turn(label, *person)
            else:
                head = self.head[paragraph]
                head = where[1] - 1 if head is None or where[1] - 1 in self.read.index else head
                turn = Turn(label, head, where, is_question=self.is_asked[paragraph])
                if not turn.is_question:
                    person = (head, where)
            turn.parts.append(self._content(paragraph))
            may_extend = bool(paragraph) and not (turn.is_question and asks)
            last = self._extend(turn, paragraph, following, is_transcript) if may_extend else paragraph
            yield turn

    def _next(self, paragraph: int) -> int | None:
        """Return the next paragraph of the body."""
        count = len(self.layout.paragraph_starts)
        return next((p for p in range(paragraph + 1, count) if not self.layout.skip[self._bounds(p)[0]]), None)

    def _extend(self, turn: Turn, paragraph: int, following: int | None, is_transcript: bool) -> int:
        """Add the paragraphs that continue a turn, of which the next one begins at ``following``; return the last one."""
        while len(turn.parts) < MAX_CHAIN and (later := self._next(paragraph)) is not None and later != following:
            if not self.continues(later, in_transcript=is_transcript and following is not None):
                break
            turn.parts.append(self._content(later))
            paragraph = later
        return paragraph

    # Questions without a label.

    def _bare_questions(self, sure: frozenset[int], asks: bool) -> frozenset[int]:
        """Return the paragraphs that are an interviewer's, in an interview where only type tells questions from answers."""
        found = [
            p
            for p, is_asked in enumerate(self.is_asked)
            if is_asked and p not in self.labels and not self._speaks(p, FIRST_PERSON) and self._next(p) is not None
        ]
        among = frozenset(p for p in found if asks and min(sure) < p < max(sure) and self._speaks(p, SECOND_PERSON))
        if len(found) < MIN_QUESTIONS or not found[0]:
            return among
        if not self.asker[1] and sum(self._speaks(p, SECOND_PERSON) for p in found) < MIN_ADDRESSED * len(found):
            return among
        answers = [answer for p in found if (answer := self._next(p)) is not None]
        own = sum(self._speaks(p, FIRST_PERSON) for p in answers)
        is_essay = len(found) < MANY_QUESTIONS and any(self._says_i(p) for p in range(found[0]))
        if 2 * own < len(answers) or is_essay:
            return among
        # "The critics call you a dreamer." is a question too, but not directly behind another one.
        told = set(range(found[0] + 1, max(found[-1], *sure, 0))).difference(self.labels, found, answers)
        others = [p for p in told if not self._speaks(p, FIRST_PERSON) and self._next(p) not in found]
        return frozenset(found) | {
            p
            for p in others
            if (self._speaks(p, SECOND_PERSON) and self._is_sentence(p)) or (self.asker[1] and self._is_answered(p))
        }

    def _is_answered(self, paragraph: int) -> bool:
        answer = self._next(paragraph)
        return answer is not None and self._speaks(answer, FIRST_PERSON)

    def _is_sentence(self, paragraph: int) -> bool:
        start, end = self._content(paragraph)
        return self.parse.sentence_of(start)[1] >= end

    def _says_i(self, paragraph: int) -> bool:
        return self._speaks(paragraph, frozenset({"i", "my"}))

    def _interviewer(self) -> tuple[int | None, tuple[int, int] | None]:
        """Return the head and the phrase of the person who asks: "Interview by Ann Lee"."""
        lower = self.parse.lower
        for token in range(len(lower) - 2):
            if lower[token] in CREDITED and lower[token + 1] == "by" and self.read.is_person(token + 2):
                entity, end = self.read.index[token + 2], token + 3
                while end < len(lower) and self.read.index.get(end) == entity:
                    end += 1
                return end - 1, (token + 2, end)
        return None, None

    def _questioned(self, paragraph: int) -> tuple[int | None, tuple[int, int] | None]:
        """Return the head and the phrase of the person who answers: the last main subject before the questions that is a person."""
        parse, layout = self.parse, self.layout
        references = references_of(layout.doc)
        for before in range(paragraph - 1, max(paragraph - 1 - MAX_BACK, -1), -1):
            if before in self.labels or layout.skip[layout.paragraph_start(before)]:
                continue
            told = self._told(before)
            for token in range(*self._bounds(before)):
                if parse.dep[token] not in SUBJECTS or layout.region_of[token] >= 0:
                    continue
                meant = references.get(token)
                entity = self.read.index.get(token) if meant is None else meant.entity
                is_person = entity is not None and self.read.entities[entity].type == "PERSON"
                if entity not in told and (is_person or nominals().get(parse.lower[token], ("", ""))[0] == "PERSON"):
                    return token, phrase(parse, token, parse.head[token])
        for before in range(paragraph - 1, max(paragraph - 1 - MAX_BACK, -1), -1):
            person = self.read.person_in(*self._bounds(before))
            if person is not None and self.read.index.get(person, -1) not in self._told(before):
                return person, (person, person + 1)
        return None, None

    def _told(self, paragraph: int) -> frozenset[int | None]:
        """Return the people to whom somebody talks in a paragraph: "He spoke to Ann Lee"; not: "We spoke to Ann Lee"."""
        parse, found = self.parse, set()
        for person in filter(self.read.is_person, range(*self._bounds(paragraph))):
            preposition = parse.head[person]
            if parse.dep[person] == "pobj" and parse.lower[preposition] in ("to", "with"):
                speaker = subject(parse, parse.head[preposition])
                if speaker is not None and parse.lower[speaker] not in FIRST_PERSON:
                    found.add(self.read.index[person])
        return frozenset(found)

    # Candidates.

    def _candidate(self, turn: Turn) -> Candidate:
        first = turn.parts[0][0]
        anchor = turn.label.sign if turn.label else max(first - 1, 0)
        cue = ((anchor, anchor + 1),) if turn.label else ()
        return Candidate("turn", anchor, cue, self._spans(turn), turn.where, turn.head, lexical=STATEMENT, links=SURE)

    def _unsure(self, paragraph: int, label: Label) -> Iterator[Candidate]:
        """Yield the line behind a label that may be no name ("UPDATE: …"), for the weights to judge."""
        parse = self.parse
        begin, end = self._content(paragraph)
        if label.form != "name" or label.is_described or end - label.sign < MIN_LINE or begin >= end:
            return
        name = label.name_end - 1
        if not paragraph and not self._is_named_again(label, end):
            return
        if self._count[parse.lower[name]] < 2:
            return  # "Weather: …"
        repeated = "many" if len(self.labels) >= MIN_TURNS else "few"
        capitals = (
            "capitals"
            if label.text.upper() == parse.source[parse.start[label.start] : parse.end[label.end - 1]]
            else "name"
        )
        links = (f"turn={capitals}-{repeated}", f"turn={parse.ent_type[label.end - 1]}")
        content = ((parse.start[begin], parse.end[end - 1]),)
        cue = ((label.sign, label.sign + 1),)
        yield Candidate(
            "turn", label.sign, cue, content, (label.start, label.end), label.end - 1, lexical=STATEMENT, links=links
        )

    def _is_named_again(self, label: Label, end: int) -> bool:
        """Whether the last word of a label occurs again, capitalized as a name."""
        name = self.parse.lower[label.end - 1]
        return any(
            self.parse.lower[token] == name and self.parse.word[token][0].isupper()
            for token in range(end, len(self.parse))
        )
