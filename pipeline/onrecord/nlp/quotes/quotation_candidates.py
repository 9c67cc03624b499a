# SPDX-License-Identifier: Apache-2.0
"""Quotations in marks with a cue before or after them: "…," X said; X said: "…"."""

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import replace

from onrecord.nlp.english.cues import Cue, nouns, verbs
from onrecord.nlp.english.labels import AUXILIARIES, FINITE
from onrecord.nlp.english.parse import Parse
from onrecord.nlp.english.quotation import ALL_MARKS
from onrecord.nlp.english.words import nominals
from onrecord.nlp.quotes.building import TokenRange
from onrecord.nlp.quotes.candidates import STATEMENT, SURE, Candidate, Spans
from onrecord.nlp.quotes.continuation import SENTENCE_STOPS
from onrecord.nlp.quotes.labels import MAX_LABEL, MAX_NAME, Labels
from onrecord.nlp.quotes.layout import MAX_REGIONS_BETWEEN, QuotationLayout, QuotedSpan
from onrecord.nlp.quotes.speakers import phrase, quoted_as, source_of, source_of_noun

MAX_GAP = 45  # tokens between a quote's mark and its cue; the longest attributions of news run to about forty
NOUN_PHRASE = frozenset({"NN", "NNS", "NNP", "NNPS", "PRP", "DT", "CD"})
IN_NOUN_PHRASE = NOUN_PHRASE | {"HYPH", "JJ", "POS"}
MAX_SIGNATURE = 14  # tokens: "Name Surname, 43, a teacher from Town"
MAX_LINE = 80  # tokens of a line of dialogue before its attribution
# A line of dialogue, and the dashes in front of it and of its attribution.
DIALOGUE = re.compile(r"[―—–-]{1,2}\s+(?=\w)")
DASHES = frozenset({"—", "–", "―", "-", "--"})
DASHED = ("layout=dash",)
MAX_TOPICS = 12  # paragraphs "On age: “…”" below the line that says whose words they are
TOPIC = frozenset({"on", "about"})
SENTENCE_ENDS = frozenset(".!?…\n")
SIGNATURE = re.compile(r"(?P<colon>:)[ \t]{1,3}(?=\w)|\s{0,3}(?P<dash>[―—–~]|--?)\s{0,3}(?=\w)|(?P<line>\n)(?=\w)")
MAX_REGIONS_BEFORE = 5  # regions inside the one before, among which its end is looked for
MIN_FAR_CUE = 4  # tokens between a cue and the quotation after it, from which on the cue counts as far away
# How the last sign of a quotation separates it from its attribution.
SEPARATORS = {",": "comma", "?": "ask", "!": "ask", ".": "stop", "…": "comma", "—": "dash", "–": "dash"}
# In "the following statement", "following" is not a predicate.
NO_PREDICATES = frozenset({"aux", "auxpass", "amod", "compound"})


def _attribution_end(parse: Parse, start: int, limit: int) -> int:
    """Return the token at which the attribution of a quote ends, at most ``limit``."""
    end = min(limit, start + MAX_GAP)
    return next((token for token in range(start, end) if parse.word[token] in SENTENCE_STOPS), end)


class QuotationCandidates:
    """Proposes the regions in quotation marks, by the text around them."""

    def __init__(self, layout: QuotationLayout, labels: Labels) -> None:
        self.layout = layout
        self.labels = labels
        self.parse = layout.parse

    def neighbours(self, span: QuotedSpan) -> tuple[int, int]:
        """Return the tokens around a region that may attribute it: from the region before it to the one after it.

        Where its paragraph has no other region on a side, that is the paragraph's first token or the end of its last one.
        """
        index, paragraph = span.index, span.region.paragraph
        low, high = self.layout.paragraph_start(paragraph), self.layout.paragraph_end(paragraph)
        for other in range(index - 1, max(index - 1 - MAX_REGIONS_BEFORE, -1), -1):
            before = self.layout.quoted[other]
            if before.end <= span.start:
                low = max(low, before.end)
                break
            if before.region.parent == span.region.parent or before.index == span.region.parent:
                low = max(low, before.inner_start)
                break
        for other in range(index + 1, min(index + 1 + MAX_REGIONS_BETWEEN, len(self.layout.quoted))):
            after = self.layout.quoted[other]
            if after.start >= span.end:
                high = min(high, after.start)
                break
        if span.region.parent is not None:
            outer = self.layout.quoted[span.region.parent]
            low, high = max(low, outer.inner_start), min(high, outer.inner_end)
        return low, high

    def __iter__(self) -> Iterator[Candidate]:
        for span in self.layout.quoted:
            if not self.layout.skip[span.start]:
                yield from self.of_region(span)

    def dialogue(self) -> Iterator[Candidate]:
        """Yield the lines of dialogue behind dashes, without marks."""
        for paragraph in range(len(self.layout.paragraph_starts)):
            yield from self._dashed(paragraph)

    def _dashed(self, paragraph: int) -> Iterator[Candidate]:
        """Yield a line of dialogue behind a dash: "— We will not sell, said Berg. — Not this year."."""
        parse, layout = self.parse, self.layout
        dash = DIALOGUE.match(parse.source, parse.start[layout.paragraph_start(paragraph)])
        start = parse.first_at(dash.end()) if dash else 0
        if not start or layout.skip[start - 1] or layout.region_of[min(start, len(parse) - 1)] >= 0:
            return
        end = parse.previous_word[layout.paragraph_end(paragraph) - 1] + 1
        for sign in range(start + 1, min(end, start + MAX_LINE)):
            if parse.word[sign] not in ",?!…":
                continue
            at = sign + 1 + (parse.word[sign + 1] in DASHES)
            limit = min(end, at + MAX_GAP)
            stop = next(
                (t for t in range(at, limit) if parse.word[t] in SENTENCE_ENDS or parse.word[t] in DASHES), limit
            )
            verb = next((t for t in range(at, min(stop, at + MAX_NAME + 1)) if parse.is_verb(t)), None)
            cue = None if verb is None else verbs().get(parse.lower[verb])
            if verb is None or cue is None or not cue.is_speech or cue.classes[0] not in ("say", "ask"):
                continue
            source, where = self._source_behind(at, verb, stop)
            if where is None or source is None or not self._can_speak(source) or ":" in parse.word[at:verb]:
                continue
            if any(parse.dep[child] == "ccomp" for child in parse.children[verb] if child > verb):
                return  # an item of a list: "- Berg, the owner, says it will close"
            last = sign if parse.word[sign] in "?!…" else parse.previous_word[sign - 1]
            content: Spans = ((parse.start[start], parse.end[last]),)
            rest = parse.next_word[stop]
            if rest < end:
                content += ((parse.start[rest], parse.end[min(end, len(parse) - 1)]),)
            yield Candidate("turn", verb, ((verb, verb + 1),), content, where, source, lexical=cue, links=DASHED)
            return

    def _can_speak(self, head: int) -> bool:
        parse = self.parse
        return (
            head in self.labels.index
            or parse.tag[head] == "PRP"
            or nominals().get(parse.lower[head], ("",))[0] == "PERSON"
        )

    def of_region(self, span: QuotedSpan) -> Iterator[Candidate]:
        """Yield the candidates of one region."""
        low, high = self.neighbours(span)
        yield from self.trailing(span, high)
        yield from list(self.named(span, low)) or self.leading(span, low)
        yield from self.worded(span, low)
        if span.region.parent is None:
            yield from self.signed(span)

    def trailing(self, span: QuotedSpan, high: int) -> Iterator[Candidate]:
        """Yield "…," X said."""
        parse = self.parse
        at = span.end
        while at < high and not parse.is_word[at] and parse.word[at] in (",", "-", "—", "–", "--"):
            at += 1
        if at >= high or (not parse.is_word[at] and parse.word[at] not in ("@", "#", "$")):
            return
        end = _attribution_end(parse, at, high)
        cues = verbs()
        others = 0
        for token in range(at, end):
            tag = parse.tag[token]
            if tag[:2] != "VB" and tag not in ("NNS", "NN", "NNP", "JJ"):
                continue
            cue = cues.get(parse.lower[token])
            if tag[:2] != "VB" and not (
                cue is not None and "say" in cue.classes[:1] and parse.lower[token] not in nouns()
            ):
                continue
            if parse.dep[token] in AUXILIARIES or not parse.is_word[token]:
                continue
            if tag == "VBG" and parse.word[token - 1] == "," and "," in parse.word[token:end]:
                continue  # “It is late,” Ann Lee, speaking in Rome, said
            if self._is_said_by_place(span, at, token):
                cue = cue if cue is not None and cue.is_speech else STATEMENT
            if cue is not None and cue.is_speech and not self._quotes_as(token, end):
                source, where = self._source_behind(at, token, end)
                if where is not None:
                    construction = "trail-" + SEPARATORS.get(span.last_sign, "none") + ("-far" if others else "")
                    yield self._candidate(construction, token, span, where, source, cue)
                return
            if parse.dep[token] not in ("relcl", "acl", "amod", "compound"):
                others += 1
                if others > 1:
                    return

    def _is_said_by_place(self, span: QuotedSpan, at: int, verb: int) -> bool:
        """Whether a verb can only say how a sentence was said: “We are not going,” she shot back."""
        parse, start = self.parse, span.start
        if verb != at + 1 or parse.tag[at] not in ("PRP", "NNP") or parse.tag[verb] not in FINITE:
            return False
        signs = parse.word[parse.previous_word[start - 1] + 1 : start] if start else []
        is_first = start == self.layout.paragraph_start(span.region.paragraph) or any(
            s in SENTENCE_STOPS for s in signs
        )
        return is_first and span.last_sign == "," and span.is_prose

    def _quotes_as(self, verb: int, end: int) -> bool:
        """Whether a verb is the first of two, as in "quoted Reed as saying"."""
        parse = self.parse
        for token in range(verb + 2, end):
            if parse.lower[token - 1] == "as":
                found = quoted_as(parse, token)
                return found is not None and found[0] == verb
        return False

    def _source_behind(self, start: int, verb: int, end: int) -> tuple[int | None, tuple[int, int] | None]:
        """Return the speaker of an attribution that begins at ``start``, by the parse or else by word order."""
        parse = self.parse
        source = source_of(parse, verb)
        if source is not None and start <= source < end:
            found = phrase(parse, source, verb)
            if found is not None and max(found[0], start) <= source < min(found[1], end):
                return source, (max(found[0], start), min(found[1], end))
        if verb > start and any(parse.tag[t] in NOUN_PHRASE for t in range(start, verb)):
            head = next(t for t in range(verb - 1, start - 1, -1) if parse.tag[t] in NOUN_PHRASE)
            comma = next((t for t in range(start, head) if parse.word[t] == ","), None)
            if comma is not None:
                before = [t for t in range(start, comma) if parse.tag[t] in NOUN_PHRASE]
                head = before[-1] if before else head
            last = verb
            while last - 1 > head and (
                not parse.is_word[last - 1] or parse.tag[last - 1] in ("RB", "MD", "VBD", "VBZ", "VBP")
            ):
                last -= 1
            return head, (start, last)
        after = verb + 1
        if after < end and parse.tag[after] in NOUN_PHRASE | {"JJ", "PRP$", "VBN"}:
            head = after
            while head + 1 < end and parse.tag[head + 1] in IN_NOUN_PHRASE and parse.tag[head] != "PRP":
                head += 1
            last = head + 1
            top = parse.right[head] + 1
            last = max(last, min(top, end))
            while last - 1 > head and not parse.is_word[last - 1]:
                last -= 1
            return head, (after, last)
        return None, None

    def leading(self, span: QuotedSpan, low: int) -> Iterator[Candidate]:
        """Yield X said: "…"."""
        parse = self.parse
        before = span.start - 1
        low = max(low, before - MAX_GAP)
        separator = "none"
        while before >= low and not parse.is_word[before]:
            if parse.word[before] in (",", ":", "—", "–", "-", "--"):
                separator = "colon" if parse.word[before] == ":" else "comma"
            elif parse.word[before] in SENTENCE_STOPS:
                return
            before -= 1
        if before < low:
            if span.start == self.layout.paragraph_starts[span.region.paragraph] and span.region.parent is None:
                yield from self._introduced(span)
            return
        if parse.lower[before] in ("that", "as"):
            separator = parse.lower[before]
        cues = verbs()
        others = 0
        for token in range(before, low - 1, -1):
            tag = parse.tag[token]
            if parse.word[token] in (";", "?", "!") or (parse.word[token] == "." and separator != "colon"):
                return
            if token == before and separator in ("comma", "colon"):
                tag = self._tag_as_verb(token)
            if tag[:2] != "VB" or parse.dep[token] in NO_PREDICATES or not parse.is_word[token]:
                continue
            cue = cues.get(parse.lower[token])
            if cue is None and separator == "colon" and others == 0:
                cue = STATEMENT
            if cue is not None and (cue.is_speech or separator == "colon"):
                source = source_of(parse, token)
                if cue is STATEMENT and self.labels.is_person(before):
                    source = before  # "Silver went to Ann Lee: “…”"
                where = phrase(parse, source, token)
                construction = (
                    "lead-" + separator + ("-far" if others else "") + ("" if before - token < MIN_FAR_CUE else "-gap")
                )
                yield self._candidate(construction, token, span, where, source, cue)
                return
            others += 1
            if others > 1:
                return

    def _tag_as_verb(self, token: int) -> str:
        """Return a token's tag, or that of a verb where taggers mistake a cue for a noun: "The ministry notes, “…”"."""
        parse = self.parse
        cue = verbs().get(parse.lower[token])
        is_said = cue is not None and cue.is_speech and cue.classes[0] == "say" and parse.tag[token] in ("NNS", "NN")
        return "VBZ" if is_said and token and parse.tag[token - 1] in NOUN_PHRASE else parse.tag[token]

    def worded(self, span: QuotedSpan, low: int) -> Iterator[Candidate]:
        """Yield In X's words, "…"; in the words of X, "…"; to quote X: "…"; X's reply: "…"."""
        parse = self.parse
        last = parse.previous_word[span.start - 1] if span.start else -1
        if last < low or parse.word[last + 1] not in (",", ":"):
            return
        colon = parse.word[last + 1] == ":"
        for token in range(last, max(low, last - MAX_SIGNATURE) - 1, -1):
            word, source = parse.lower[token], None
            if parse.word[token] in SENTENCE_ENDS:
                return
            if word in ("words", "phrase") and parse.dep[token] == "pobj":
                preposition = parse.head[token]
                of = parse.child(token, "prep")
                source = parse.child(token, "poss")
                if source is None and of is not None and parse.lower[of] == "of":
                    source = parse.child(of, "pobj")
                construction, cue = "worded", [preposition, token]
            elif word in ("quote", "paraphrase") and token and parse.lower[token - 1] == "to":
                source, construction, cue = parse.child(token, "dobj"), "worded", [token]
            elif colon and word in nouns() and nouns()[word].classes[0] == "say" and parse.tag[token] in ("NN", "NNS"):
                source, construction, cue = source_of_noun(parse, token), "labelled", [token]
            else:
                continue
            where = phrase(parse, source, token)
            if where is not None and where[1] <= span.start:
                found = self._candidate(construction, token, span, where, source, STATEMENT)
                yield replace(found, cue=tuple((word, word + 1) for word in sorted(cue)))
            return

    def named(self, span: QuotedSpan, low: int) -> Iterator[Candidate]:
        """Yield Name: "…", where there is only the name before the colon, or the name with a description."""
        parse = self.parse
        colon = span.start - 1
        while colon > low and parse.word[colon].isspace():
            colon -= 1
        if low < colon and (parse.word[colon][-1] == ":" or parse.word[colon] in DASHES):
            first = parse.first_at(self.labels.start_of(span.region.paragraph))
            start = parse.next_word[self._begin(max(low, first), colon)]
            if start < colon and parse.lower[start] in TOPIC and not self.labels.is_person(start):
                head, where = self._announced(span.region.paragraph)
            else:
                head, where = self._label_head(start, colon) if parse.word[colon][-1] == ":" else (None, None)
            if head is not None:
                is_sure = start == parse.next_word[first] and (self.labels.is_person(head) or where != (start, colon))
                found = self._candidate("named", colon, span, where, head, STATEMENT)
                yield replace(found, links=SURE) if is_sure else found

    def _begin(self, low: int, colon: int) -> int:
        """Return where the sentence before a colon begins, or the text after a quotation; at most ``MAX_LABEL`` tokens back."""
        parse = self.parse
        start = colon
        while start > max(low, colon - MAX_LABEL):
            before = parse.word[start - 1]
            if before in DASHES and parse.is_spaced(start - 1) and parse.is_spaced(start):
                break
            if (before[-1] in SENTENCE_ENDS and not before[0].isalpha()) or before in ALL_MARKS:
                break
            start -= 1
        return start if start == low or start > colon - MAX_LABEL else colon

    def _label_head(self, start: int, colon: int) -> tuple[int | None, TokenRange]:
        """Return the head and the words of the speaker that a label names.

        It is all capitalised, a name with a description before or behind it, or what it is from.
        """
        parse = self.parse
        name_end = next((t for t in range(start, colon) if parse.word[t] in (",", "(")), colon)
        first = name_end
        while first > start and (parse.word[first - 1][0].isupper() or parse.word[first - 1] == "-"):
            first -= 1
        around = (*range(start, first), *range(name_end, colon))
        if not any(parse.tag[t] in FINITE or parse.tag[t] == "VB" or parse.lower[t] == "as" for t in around):
            if first == start < name_end <= start + MAX_NAME and parse.tag[start] not in ("CC", "IN", "RB"):
                return name_end - 1, (start, colon)
            head = self.labels.source_in(start, colon)
            if head is not None:
                return head, self._words_of(head, start, colon)
            if first + 1 < name_end <= first + MAX_NAME and parse.tag[first - 1] in ("NN", "NNP"):
                return name_end - 1, (first, name_end)  # "Harwick striker Ann Lee"
            return None, (start, colon)
        head = self.labels.source_in(start, colon)
        return head, (start, colon) if head is None else self._words_of(head, start, colon)

    def _words_of(self, head: int, start: int, colon: int) -> TokenRange:
        """Return a label from its name on, or only the phrase of a name within it."""
        parse, index = self.parse, self.labels.index
        last = next(
            token for token in range(head, colon) if index.get(token + 1) != index.get(head) or token + 1 == colon
        )
        if index.get(head) == index.get(start, -1) and parse.word[last + 1] in (",", "(", ":"):
            return start, colon
        return phrase(parse, head, colon) or (head, head + 1)

    def _announced(self, paragraph: int) -> tuple[int | None, TokenRange | None]:
        """Return whose words a paragraph "On age: “…”" is, named in the line above: "Excerpts from the judge’s speech:"."""
        parse, layout = self.parse, self.layout
        for before in range(paragraph - 1, max(paragraph - 1 - MAX_TOPICS, -1), -1):
            start = parse.next_word[layout.paragraph_start(before)]
            end = parse.previous_word[layout.paragraph_end(before) - 1] + 1
            if parse.lower[start] not in TOPIC and not layout.skip[start]:
                is_prose = parse.word[min(end, len(parse) - 1)] in SENTENCE_STOPS
                head = None if is_prose else self.labels.source_in(start, end)
                return head, phrase(parse, head)
        return None, None

    def _introduced(self, span: QuotedSpan) -> Iterator[Candidate]:
        """Yield a quotation that the paragraph before it introduces with a colon."""
        parse = self.parse
        paragraph = span.region.paragraph
        if not paragraph:
            return
        low = max(self.layout.paragraph_starts[paragraph - 1], span.start - MAX_GAP)
        last = span.start - 1
        while last > low and not parse.is_word[last] and parse.word[last].strip() != ":":
            last -= 1
        if parse.word[last] != ":":
            yield from self._headed(span)
            return
        cues = verbs()
        for token in range(last - 1, low - 1, -1):
            if not parse.is_verb(token) or parse.dep[token] in NO_PREDICATES or not parse.is_word[token]:
                continue
            cue = cues.get(parse.lower[token], STATEMENT)
            source = source_of(parse, token)
            where = phrase(parse, source, token)
            yield self._candidate("lead-paragraph", token, span, where, source, cue)
            return
        start = parse.next_word[low]
        head, where = self._label_head(start, last)
        if head is not None:
            yield self._candidate("labelled", last, span, phrase(parse, head) or where, head, STATEMENT)

    def _headed(self, span: QuotedSpan) -> Iterator[Candidate]:
        """Yield a quotation that fills its paragraph below a line with a name: "Ann Lee, 43, a nurse", "KARL MOORE, ANALYST AT KESTREL"."""
        parse, layout, paragraph = self.parse, self.layout, span.region.paragraph
        start = parse.next_word[layout.paragraph_start(paragraph - 1)]
        end = parse.previous_word[span.start - 1] + 1
        if not start < end <= start + MAX_LABEL or layout.skip[start]:
            return
        if parse.word[end] in SENTENCE_STOPS:
            head = self.labels.source_in(start, end) if parse.lower[start] == "from" else None
            if head is not None:  # "From the desk of Ann Lee."
                yield self._candidate("labelled", end, span, phrase(parse, head), head, STATEMENT)
            return
        if span.region.end < parse.end[parse.previous_word[layout.paragraph_end(paragraph) - 1]]:
            return
        gap, above = (parse.source[max(at - 2, 0) : at] for at in (parse.start[span.start], parse.start[start]))
        if gap == "\n\n" and above[-1:] == "\n" != above[:1]:
            return  # the line belongs to the quotation above it
        comma = next((token for token in range(start, end) if parse.word[token] in (",", "(")), end)
        person = self.labels.person_in(start, comma)
        is_name = person == comma - 1 or (1 < comma - start <= MAX_NAME and comma < end)
        if not is_name or any(not parse.word[t][0].isupper() for t in range(start, comma) if parse.is_word[t]):
            return
        if not any(parse.tag[token] in FINITE for token in range(start, end)):
            yield self._candidate("labelled", end - 1, span, (start, comma), comma - 1, STATEMENT)

    def signed(self, span: QuotedSpan) -> Iterator[Candidate]:
        """Yield "…" — Name, on the same line or on the next one, and the headline "…": Name."""
        parse, layout = self.parse, self.layout
        sign = SIGNATURE.match(parse.source, span.region.end)
        if sign is None:
            return
        at, start = parse.first_at(sign.start(sign.lastgroup or 0)), parse.first_at(sign.end())
        start += parse.start[min(start, len(parse) - 1)] < sign.end()  # a dash without a space after it
        paragraph = bisect_right(layout.paragraph_starts, start) - 1
        end = layout.paragraph_end(paragraph)
        end = parse.previous_word[end - 1] + 1
        if not start < end or not parse.word[start][0].isupper():
            return
        if sign.lastgroup == "colon":
            is_headline = (
                span.start == layout.paragraph_start(paragraph)
                and parse.source[parse.end[end - 1] : parse.end[end - 1] + 1] != "."
            )
            head = self._first_name(start, end) if is_headline else None
            if head is not None:
                yield self._sure("signed", at, span, (start, head + 1), head)
            return
        # "- Ann Lee: “…”" on the next line is an item of a list.
        if end - start > MAX_SIGNATURE or layout.region_of[end - 1] >= 0 or ":" in parse.word[start:end]:
            return
        comma = next((token for token in range(start, end) if parse.word[token] in (",", "(")), end)
        person = self.labels.person_in(start, end)
        if sign.lastgroup == "line" and not self._is_credit(span, start, comma, end):
            return
        if person is None and any(parse.is_verb(token) for token in range(start, comma)):
            return
        is_name = all(word[0].isupper() or word == "-" for word in parse.word[start:comma])
        is_name = is_name and "POS" not in parse.tag[start:comma]  # "Ann’s husband, Karl"
        if person is None or is_name:
            where = (start, end) if comma - 1 in self.labels.index else (start, comma)
            found = self._candidate("signed", at, span, where, comma - 1, STATEMENT)
            yield found if person is None else replace(found, links=SURE)
        elif not any(parse.tag[token] in FINITE and token not in self.labels.index for token in range(start, person)):
            yield self._sure("signed", at, span, (start, end), person)

    def _is_credit(self, span: QuotedSpan, start: int, comma: int, end: int) -> bool:
        """Whether a line right below a quotation and above an empty line is the name of its speaker: "Ann Lee, 43, a nurse"."""
        parse = self.parse
        fills = span.start == self.layout.paragraph_start(span.region.paragraph)
        is_last = (
            "\n\n" in parse.source[parse.end[end - 1] : parse.end[end - 1] + 3] or end >= parse.previous_word[-1] + 1
        )
        is_name = all(word[0].isupper() for word in parse.word[start:comma]) and 1 < comma - start <= MAX_NAME
        is_verbless = not any(parse.tag[token] in FINITE for token in range(start, end))
        return fills and is_last and is_name and is_verbless and parse.word[end - 1] != ":"

    def _first_name(self, start: int, end: int) -> int | None:
        """Return the last token of the person with whom a text begins, by name or by office ("Judge jails Hale")."""
        parse = self.parse
        person = self.labels.person_in(start, min(end, start + MAX_NAME))
        if person is not None and all(parse.word[token][0].isupper() for token in range(start, person)):
            return person
        return start if nominals().get(parse.lower[start], ("", ""))[0] == "PERSON" else None

    def _sure(
        self, construction: str, token: int, span: QuotedSpan, where: TokenRange | None, source: int
    ) -> Candidate:
        return replace(self._candidate(construction, token, span, where, source, STATEMENT), links=SURE)

    def _candidate(
        self, construction: str, token: int, span: QuotedSpan, where: TokenRange | None, source: int | None, cue: Cue
    ) -> Candidate:
        content = ((span.region.start, span.region.end),)
        return Candidate(
            construction, token, ((token, token + 1),), content, where, source, lexical=cue, region=span.index
        )
