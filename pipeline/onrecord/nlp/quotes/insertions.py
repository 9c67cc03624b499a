# SPDX-License-Identifier: Apache-2.0
"""Clauses with an attribution inside them: "The plan, he said, will fail"; "According to Reed, the dam was safe"."""

from collections.abc import Iterator
from itertools import accumulate

from onrecord.nlp.english.cues import Cue, verb_class
from onrecord.nlp.english.labels import FINITE, NOUNS
from onrecord.nlp.english.parse import MAX_CLIMB, Parse
from onrecord.nlp.english.quotation import DOUBLE
from onrecord.nlp.english.syntax import according_to, clause_verb, has_mark
from onrecord.nlp.english.words import FIRST_PERSON, HAVE, RELATIVE, source_nouns
from onrecord.nlp.quotes.building import Builder, TokenRange
from onrecord.nlp.quotes.candidates import Candidate
from onrecord.nlp.quotes.continuation import SENTENCE_STOPS
from onrecord.nlp.quotes.ends import PARTING
from onrecord.nlp.quotes.sources import TELL

INSERTED = frozenset({"parataxis", "ccomp", "advcl", "dep", "conj", "acl", "relcl"})
NAMING = NOUNS | {"PRP"}
MAX_INSERT = 16  # tokens from a cue to the comma after it: "the minister said in a speech on Friday"
# Tags of words that open a clause of another one: "Asked about it, she laughed".
DEPENDENT = frozenset({"VBD", "VBG", "VBN", "WRB"})
VIEWS = frozenset({"view", "opinion", "mind", "eyes", "judgment", "judgement", "estimation"})
WITHIN_SOURCE = frozenset({"PRP", "WP", "WDT"})  # tags of words that may go on about a source
ABOUT_OR_TO = frozenset({"about", "against", "from", "into", "of", "through", "to", "toward", "with"})
# What only passes on the words of others.
CONVEYING = frozenset(
    {"excerpt", "excerpts", "extracts", "footage", "readout", "recording", "transcript", "transcription", "translation"}
)
ACCORDING = Cue("according to", ("say",), frozenset())


def without(outer: TokenRange, hole: TokenRange) -> list[TokenRange]:
    """Return the parts of ``outer`` before and after the hole."""
    pieces = [(outer[0], min(hole[0], outer[1])), (max(hole[1], outer[0]), outer[1])]
    return [(start, end) for start, end in pieces if start < end]


class InsertionCandidates(Builder):
    """Proposes the clauses around an inserted attribution."""

    def __init__(self, parse: Parse) -> None:
        super().__init__(parse)
        # For each token, the last colon at or before it, or -1.
        self.last_colon = list(accumulate((at if word == ":" else -1 for at, word in enumerate(parse.word)), max))
        self.finite_before = list(accumulate((tag in FINITE for tag in parse.tag), initial=0))

    def clauses_of(self, verb: int, stop: int) -> TokenRange:
        """Return the sentence of a verb, behind the last colon before ``stop``."""
        first, last = self.parse.sentence_of(verb)
        colon = self.last_colon[stop - 2] if stop - 2 > first else -1
        return max(first, colon + 1), last

    def of_parenthesis(self, verb: int, cue: Cue, source: int | None) -> Iterator[Candidate]:
        """Yield the clause that a cue clause interrupts or follows: "The plan, he said, will fail"."""
        parse = self.parse
        head, label = parse.head[verb], parse.dep[verb]
        subject = parse.child(verb, "nsubj")
        if head == verb or label not in INSERTED or subject is None or parse.lower[subject] in RELATIVE:
            return
        as_clause = has_mark(parse, verb, "as")
        if parse.child(verb, "ccomp") is not None or (parse.child(verb, "dobj") is not None and not as_clause):
            return
        hole = self.reach(verb)
        before = parse.word[hole[0] - 1] if hole[0] else ""
        if not (before in PARTING or parse.word[hole[1] - 1] == "," or as_clause):
            return
        construction = f"paren-{label}" + ("-as" if as_clause else "")
        for _ in range(MAX_CLIMB):  # "Prices fell but wages rose, he said": he said both
            if parse.dep[head] != "conj" or parse.tag[parse.head[head]][:2] != "VB":
                break
            head = parse.head[head]
        narrow, wide = self.reach(head), self.clauses_of(verb, hole[0])
        is_last = parse.next_word[hole[1]] >= wide[1]
        if as_clause and cue.lemma == "put" and parse.lower[hole[1] - 1] == "it":
            construction += "-it"
        is_apart = before in PARTING or parse.next_word[wide[0]] >= hole[0]  # not "as good as he claims"
        is_said = as_clause and is_apart and self.is_plain(verb, cue)
        said = ("as=said",) if is_said else ()
        place = "place=last" if is_last else "place=first" if parse.next_word[wide[0]] >= hole[0] else "place=between"
        yield from self.make(
            construction, verb, cue, without(narrow, hole), source, links=(place, "reach=clause", *said)
        )
        if hole[0] > wide[0] and (narrow[0] > wide[0] or narrow[1] < wide[1] - 1):
            yield from self.make(construction, verb, cue, [(wide[0], hole[0])], source, links=(place, "reach=before"))
            if not is_last:
                yield from self.make(
                    construction, verb, cue, without(wide, hole), source, links=(place, "reach=sentence")
                )

    def is_plain(self, verb: int, cue: Cue) -> bool:
        """Whether a cue says no more than that something is said: "as he noted on Friday"; not: "as she went on to Rome"."""
        parse = self.parse
        is_alone = parse.child(verb, "dobj", "aux", "xcomp", "acomp") is None and not self.is_telling(verb)
        return is_alone and cue.classes[0] in ("say", "show")

    def is_telling(self, verb: int) -> bool:
        """Whether what a verb is about, or to whom, follows it."""
        parse = self.parse
        return parse.lower[verb] in TELL or any(
            child > verb and parse.dep[child] == "prep" and parse.lower[child] in ABOUT_OR_TO
            for child in parse.children[verb]
        )

    def around(
        self, verb: int, cue: Cue, subject: int, source: int | None, construction: str = "around"
    ) -> Iterator[Candidate]:
        """Yield the sentence that a cue and its subject interrupt between commas, whatever the parse is."""
        parse = self.parse
        start, end = min(parse.left[subject], verb), max(parse.right[subject], verb) + 1
        if subject > verb:
            start, end = verb, subject + 1
        first, last = self.clauses_of(verb, start)
        if start - 1 <= first or parse.next_word[first] >= start or parse.word[start - 1] not in PARTING | DOUBLE:
            return
        if parse.word[start - 1] == ":":
            return  # "The doctors were careful: they spoke of June."
        while end < last and end - verb < MAX_INSERT and parse.word[end] != "," and parse.word[end] not in DOUBLE:
            end += 1
        if end < last and parse.word[end] == "," and parse.next_word[end] < last:
            opening = parse.dep[parse.next_word[first]]
            yield from self.make(
                construction, verb, cue, [(first, start), (end, last)], source, links=(f"with={opening}",)
            )
            if construction == "inverted":
                yield from self.before_apposition(verb, cue, source, (first, start), (end + 1, last))
        elif construction == "around" and end == last and self.is_bare_end(verb):
            links = ("reach=last",) if self.is_statement(first, start, verb, cue) else ()
            is_short = parse.next_word[verb + 1] >= last and parse.tag[parse.next_word[first]] not in DEPENDENT
            if links or is_short:  # "No end in sight, experts say"
                yield from self.make("front-order", verb, cue, [(first, start)], source, links=links)
        elif construction == "inverted":
            is_clause = self.finite_before[first] < self.finite_before[start]
            is_known = source is not None and (parse.word[source][0].isupper() or parse.has(source, "the"))
            link = "reach=named" if is_clause and is_known else "reach=all"
            yield from self.make(construction, verb, cue, [(first, start)], source, links=(link,))

    def is_bare_end(self, verb: int) -> bool:
        """Whether nothing but place and time follows a verb: "experts say", "she stated at a briefing on Monday"."""
        return all(
            child < verb or self.parse.dep[child] in ("advmod", "npadvmod", "prep", "punct")
            for child in self.parse.children[verb]
        )

    def is_statement(self, first: int, stop: int, verb: int, cue: Cue) -> bool:
        """Whether a main clause and a comma are before somebody who says it: "The harbour is old, Reed stated at a briefing"."""
        parse, opening = self.parse, self.parse.next_word[first]
        opening = parse.next_word[opening + 1] if parse.tag[opening] == "CC" else opening
        is_main = parse.dep[opening] != "mark" and (
            parse.tag[opening] not in DEPENDENT or parse.dep[opening] == "csubj"
        )
        is_main &= parse.region_of[opening] == parse.region_of[verb]
        is_clause = is_main and (parse.tag[opening] == "VB" or self.finite_before[first] < self.finite_before[stop])
        auxiliary = parse.child(verb, "aux", "auxpass")  # "has stated"; not: "will state", "was told"
        is_told = auxiliary is None or parse.lower[auxiliary] in HAVE
        is_said = cue.classes[0] == "say" and "clause" in cue.takes and parse.tag[verb] in FINITE | {"VBN"}
        is_when = any(parse.tag[child] == "WRB" for child in parse.children[verb])
        is_own = not is_when and is_told and parse.child(verb, "mark", "neg") is None
        is_own &= not parse.has(verb, "about")
        return is_clause and is_said and is_own

    def before_apposition(
        self, verb: int, cue: Cue, source: int | None, before: TokenRange, behind: TokenRange
    ) -> Iterator[Candidate]:
        """Yield the clause without what describes its speaker: "The plan, said Tom Reed, a farmer, will fail"."""
        parse = self.parse
        if self.finite_before[before[0]] < self.finite_before[before[1]]:
            yield from self.make("inverted", verb, cue, [before], source, links=("reach=before",))
        comma = next(
            (t for t in range(behind[0], min(behind[1], behind[0] + MAX_INSERT)) if parse.word[t] == ","), None
        )
        if comma is not None:
            parts = [before, (comma, behind[1])]
            yield from self.make("inverted", verb, cue, parts, source, links=("reach=apposition",))

    def inverted(self, verb: int) -> int | None:
        """Return the last word of a subject between a verb and a sign: "The plan, said Tom Reed, will fail"; "It failed, writes Reed."."""
        parse = self.parse
        last = parse.sentence_of(verb)[1]
        stop = min(last, verb + MAX_INSERT)
        if verb < 2 or parse.word[verb - 1] != "," or not parse.is_word[verb - 2] or parse.tag[verb] not in FINITE:
            return None
        if self.is_telling(verb):
            return None  # "His side, down to ten men, held Norwick to a draw"
        head: int | None = None
        for token in range(verb + 1, stop):
            if parse.word[token] == "," or (
                parse.word[token] in SENTENCE_STOPS
                and parse.next_word[token] >= last
                and parse.child(verb, "nsubj") is None
            ):
                return None if head is not None and self.is_object(head, verb) else head
            if parse.tag[token] in FINITE or not parse.is_word[token]:
                return None
            is_name = parse.tag[token] in NAMING or parse.word[token][0].isupper()
            if is_name and (head in (None, token - 1) or parse.tag[token - 1] == "POS"):
                head = token
        return None

    def is_object(self, token: int, verb: int) -> bool:
        """Whether a word behind a verb is its object, not its subject: "but, pressed by reporters, ruled out the use of force"."""
        parse = self.parse
        is_common = parse.tag[token] in ("NN", "NNS") and parse.lower[token] not in source_nouns()
        return is_common and parse.dep[token] == "dobj" and parse.head[token] == verb

    def of_unparted(self, token: int, to: int, end: int) -> Iterator[Candidate]:
        """Yield the clause after a source that no comma separates from it: "According to Reed the dam was safe"."""
        parse = self.parse
        names = [parse.tag[place] in NAMING or parse.word[place][0].isupper() for place in range(to + 1, end)]
        if True not in names:
            return
        head = to + 1 + names.index(True)
        while head + 1 < end and names[head - to] and parse.tag[head] not in ("PRP", "NNS"):
            head += 1
        if any(parse.tag[place] in FINITE for place in range(head + 1, end)):
            for candidate in self.make("according-first", token, ACCORDING, [(head + 1, end)], head, to):
                candidate.source = (parse.next_word[to + 1], head + 1)
                yield candidate

    def behind_name(self, source: int, start: int) -> int:
        """Return where the name ends that parsers take for a part of what follows: according to her aunt, Ann Lee, the dam was safe."""
        parse, end = self.parse, start + 1
        while end < len(parse) and parse.ent_type[end] == "PERSON":
            end += 1
        is_set_off = start + 1 < end < len(parse) and parse.word[start] == "," and not parse.is_word[end]
        is_one = source_nouns().get(parse.lower[source], ("", ""))[0] in ("people", "representative")
        return end if is_set_off and is_one else start

    def of_view(self, noun: int) -> Iterator[Candidate]:
        """Yield the clause that is somebody's view: "In Reed's view, the plan will fail"."""
        parse = self.parse
        preposition, holder = parse.head[noun], parse.child(noun, "poss")
        if holder is None or parse.lower[preposition] not in ("in", "to") or parse.lower[holder] in FIRST_PERSON:
            return
        if parse.dep[noun] == "pobj" and preposition < holder and parse.is_verb(parse.head[preposition]):
            yield from self.of_source(preposition, preposition, holder, noun, ("by=view",))

    def of_law(self, token: int) -> Iterator[Candidate]:
        """Yield the clause that a law or an agreement provides: "Under the Harbours Act, skippers can moor here"."""
        law = self.parse.child(token, "pobj")
        if law is not None and self.parse.ent_type[law] != "LAW":
            law = law if source_nouns().get(self.parse.lower[law], ("", ""))[0] == "document" else None
        comma = self.parse.right[token] if law is not None else token
        if law is not None and "," in self.parse.word[comma : comma + 2]:
            yield from self.of_source(token, token, law, token, ("by=law",))

    def of_according(self, token: int) -> Iterator[Candidate]:
        """Yield the clause whose source "according to" names."""
        named = according_to(self.parse, token)
        if named is None:
            return
        to, source = named
        teller = self.parse.head[token]
        if (
            source is not None
            and self.parse.lower[source] in CONVEYING
            and verb_class(self.parse.lower[teller]) == "say"
        ):
            return  # “It is safe,” Reed said on the radio, according to a transcript
        by_pronoun = source is not None and self.parse.tag[source] == "PRP"
        yield from self.of_source(token, to, source, to, ("by=pronoun",) if by_pronoun else ())

    def of_source(
        self, token: int, to: int, source: int | None, with_word: int, links: tuple[str, ...]
    ) -> Iterator[Candidate]:
        """Yield the clause around a phrase that names its source; ``to`` is the phrase's last preposition."""
        parse = self.parse
        start, end = parse.sentence_of(token)
        first = parse.next_word[start] >= token
        rest = parse.next_word[parse.right[to] + 1]
        if first and (source is None or rest >= end or parse.tag[rest] in FINITE):
            yield from self.of_unparted(token, to, end)
            return
        if source is None:
            return
        behind = parse.right[to] + 1
        if rest == behind < end and parse.tag[rest] in WITHIN_SOURCE:  # "according to people I spoke to, …"
            stop = min(end, behind + MAX_INSERT)
            behind = next((place for place in range(behind, stop) if parse.word[place] == ","), end)
        hole = (min(token, to), behind)
        if first and behind < end:
            stop = self.behind_name(source, behind)
            for candidate in self.make("according-first", token, ACCORDING, [(stop, end)], source, with_word, links):
                if stop > behind:
                    candidate.source = (parse.next_word[to + 1], stop)
                yield candidate
            return
        head = clause_verb(parse, parse.head[token])
        if head is None:
            head = [*parse.upward(token)][-1]
        clause = without(self.reach(head), hole)
        yield from self.make("according", token, ACCORDING, clause, source, with_word, links)
        if parse.left[head] > start:
            yield from self.make("according-all", token, ACCORDING, [(start, hole[0])], source, with_word, links)
