# SPDX-License-Identifier: Apache-2.0
"""Content that depends on a cue by syntax: clauses, infinitives, noun phrases, prepositions."""

from collections.abc import Iterator
from itertools import accumulate

from onrecord.nlp.english.cues import Cue, adjectives, nouns, verbs
from onrecord.nlp.english.labels import AUXILIARIES, FINITE, PROPER
from onrecord.nlp.english.quotation import DOUBLE
from onrecord.nlp.english.syntax import after_preposition, has_mark
from onrecord.nlp.english.words import BE_OR_SHORT, person_nouns, source_nouns
from onrecord.nlp.quotes.building import Builder
from onrecord.nlp.quotes.candidates import REQUESTING, Candidate
from onrecord.nlp.quotes.ends import PARTING, clause_kind, possible_ends
from onrecord.nlp.quotes.insertions import VIEWS, InsertionCandidates
from onrecord.nlp.quotes.layout import QuotationLayout
from onrecord.nlp.quotes.speakers import quoted_as, source_of, source_of_noun

ASPECTUAL = frozenset({"begin", "start"})  # who begins to do something says nothing
COMPLEMENTS = frozenset({"acl", "ccomp", "relcl", "xcomp"})
BEFORE_DAY = frozenset({"on", "in", "late", "early", "earlier", "later"})
DAYS = frozenset({"today", "yesterday", "tonight"})
SUBJECT_TAGS = frozenset({",", "DT", "PRP", "PRP$", "NNP", "NNPS", "NNS", "NN", "JJ", "CD", "EX"})
ALWAYS_INVERTED = frozenset({"say", "add"})  # ", said Tom Reed," has no other reading; ", denied the claim," has
ADDRESSING = frozenset(
    {"ask", "assure", "inform", "notify", "remind", "tell", "urge", "warn"}
)  # these need words besides
COMMANDING = REQUESTING - {"ask", "beg"}  # nobody commands without an object: "Thousands told to stay" is a headline
DEGREE = frozenset({"so", "such"})
THANKING = frozenset({"congratulate", "thank"})
ADDRESSED = frozenset({"PERSON", "ORG", "GPE", "NORP", "people", "body", "group", "representative"})
MAX_ADDRESSEE = 8  # tokens: "told reporters in the capital on Friday that"
MAX_CLAUSE = 60  # tokens from a clause's first word to its verb
UNKNOWN = Cue("", ("other",), frozenset({"clause", "inf"}))


class SyntaxCandidates(Builder):
    """Proposes the complements of the cues."""

    def __init__(self, layout: QuotationLayout) -> None:
        parse = layout.parse
        super().__init__(parse)
        self.skip = layout.skip
        self.insertions = InsertionCandidates(parse)
        # For each token, the last sign at or before it that parts clauses, or -1.
        self.last_parting = list(
            accumulate((place if word in PARTING else -1 for place, word in enumerate(parse.word)), max)
        )
        # "Quoted Reed as saying" has one cue, the second verb.
        participles = (token for token, tag in enumerate(parse.tag) if tag == "VBG")
        self.quoting = {found[0] for verb in participles if (found := quoted_as(parse, verb)) is not None}

    def __iter__(self) -> Iterator[Candidate]:
        parse = self.parse
        verb_cues, noun_cues, adjective_cues = verbs(), nouns(), adjectives()
        for token in range(len(parse)):
            if self.skip[token] or not parse.is_word[token]:
                continue
            tag, word = parse.tag[token], parse.lower[token]
            if word == "according":
                yield from self.insertions.of_according(token)
            elif word in VIEWS:
                yield from self.insertions.of_view(token)
            elif word == "under" and token + 1 < len(parse) and token == parse.next_word[parse.sentence_of(token)[0]]:
                yield from self.insertions.of_law(token)
            if token in self.quoting:
                continue
            cue = verb_cues.get(word)
            if (tag[:2] == "VB" and parse.dep[token] not in AUXILIARIES) or (cue and self.is_verb_by_parse(token)):
                yield from self.of_verb(token, cue or UNKNOWN)
            elif tag in ("NN", "NNS") and word in noun_cues:
                yield from self.of_noun(token, noun_cues[word])
            elif tag[:2] == "JJ" and word in adjective_cues:
                yield from self.of_adjective(token, adjective_cues[word])

    def is_verb_by_parse(self, token: int) -> bool:
        """Whether a token is a verb that the tagger takes for a noun: "Records from the port registry show that …"."""
        parse = self.parse
        return parse.child(token, "nsubj") is not None and parse.child(token, "ccomp") is not None

    def ending(
        self,
        construction: str,
        token: int,
        cue: Cue,
        start: int,
        part: int,
        source: int | None,
        with_word: int | None = None,
    ) -> Iterator[Candidate]:
        """Yield a candidate for each possible end of content that begins at ``start``."""
        for end, inside, outside in possible_ends(self.parse, token, part):
            links = (f"in={inside}", f"out={outside}")
            yield from self.make(construction, token, cue, [(start, end)], source, with_word, links)

    def has_verdict(self, verb: int) -> bool:
        """Whether a passive verb has its content in marks behind "as": "Reports of a deal were dismissed by his agent as “gossip”"."""
        return any(self.parse.region_of[named] >= 0 for named in after_preposition(self.parse, verb, "as"))

    def of_verb(self, verb: int, cue: Cue) -> Iterator[Candidate]:
        """Yield the complements of a verb."""
        parse = self.parse
        inserted = self.insertions.inverted(verb) if cue.is_speech or cue.classes[0] == "show" else None
        if inserted is not None and inserted == parse.child(verb, "dobj") and not self.is_addressee(inserted):
            inserted = (
                inserted if parse.tag[inserted] in PROPER else None
            )  # "but, pressed by reporters, ruled out an inquiry."
        if inserted is not None and (cue.lemma in ALWAYS_INVERTED or parse.child(verb, "nsubj") in (None, inserted)):
            named = parse.child(verb, "nsubj")  # "said one of its critics, Ann Lee"
            whole = inserted if named is None or not verb < named <= inserted else named
            yield from self.insertions.around(verb, cue, inserted, whole, "inverted")
            if cue.lemma in ALWAYS_INVERTED:
                return
        source = source_of(parse, verb)
        passive = parse.child(verb, "auxpass") is not None
        for child in parse.children[verb]:
            label = parse.dep[child]
            if label == "ccomp" and child < verb:
                yield from self.fronted(verb, cue, child, source)
            elif label == "ccomp":
                start = self.behind_date(verb, max(parse.left[child], verb + 1), child)
                yield from self.ending(clause_kind(parse, child), verb, cue, start, child, source)
            elif label == "advcl" and child > verb and self.is_bare_clause(child, cue):
                yield from self.ending("bare", verb, cue, parse.left[child], child, source)
            elif label == "xcomp" and child > verb and cue.lemma not in ASPECTUAL:
                yield from self.open_clause(verb, cue, child, source, passive)
            elif cue is UNKNOWN:
                continue
            elif label == "advcl" and child > verb and has_mark(parse, child, "that", "if", "whether"):
                yield from self.make("advcl", verb, cue, [self.reach(child)], source)
            elif label in ("dobj", "oprd", "attr") and child > verb:
                yield from self.objects(verb, cue, child, source)
            elif label == "prep" and child > verb and parse.lower[child] in cue.takes | {"as"}:
                yield from self.prepositional(verb, cue, child, source)
            elif label == "nsubjpass" and "obj" in cue.takes and not self.has_verdict(verb):
                yield from self.make("passive", verb, cue, [self.reach(child)], source)
        if cue is not UNKNOWN:
            if "clause" in cue.takes:
                yield from self.in_order(verb, cue, source)
            yield from self.insertions.of_parenthesis(verb, cue, source)
            subject = parse.child(verb, "nsubj")
            is_told = cue.is_speech or "show" in cue.classes
            if subject is not None and is_told and parse.tag[subject] not in ("WP", "WDT"):
                yield from self.insertions.around(verb, cue, subject, source)

    def is_bare_clause(self, clause: int, cue: Cue) -> bool:
        """Whether a clause without a conjunction is what a cue says: "said after the vote he would not stay"."""
        parse = self.parse
        is_own = parse.child(clause, "nsubj", "nsubjpass") is not None and parse.child(clause, "mark") is None
        return is_own and cue.classes[0] == "say" and clause_kind(parse, clause) == "bare"

    def behind_date(self, verb: int, start: int, clause: int) -> int:
        """Return the start of a clause after the date of its cue, where no "that" separates them: "said on Friday she would stay"."""
        parse = self.parse
        if start != verb + 1:
            return start
        token = start
        while token < clause and parse.lower[token] in BEFORE_DAY:
            token += 1
        if parse.tag[token] != "NNP" and parse.lower[token] not in DAYS:
            return start  # "40 days of rain", "10-year bonds"
        first = token
        while token < clause and parse.ent_type[token] in ("DATE", "TIME"):
            token += 1
        return parse.next_word[token] if first < token and parse.tag[token] in SUBJECT_TAGS else start

    def open_clause(self, verb: int, cue: Cue, clause: int, source: int | None, passive: bool) -> Iterator[Candidate]:
        """Yield a clause without a subject: "vowed to go"; with the subject of a passive: "prices are expected to fall"."""
        parse = self.parse
        kind = clause_kind(parse, clause)
        subject = parse.child(verb, "nsubjpass") if passive else None
        if not passive and cue.lemma in COMMANDING and parse.tag[verb] == "VBD" and parse.left[clause] == verb + 1:
            subject, source = parse.child(verb, "nsubj"), None
        if subject is not None and kind == "inf":
            yield from self.make("passive-inf", verb, cue, [self.reach(subject), self.reach(clause)], source)
        elif cue is not UNKNOWN:
            yield from self.ending("x" + kind, verb, cue, parse.left[clause], clause, source)

    def objects(self, verb: int, cue: Cue, part: int, source: int | None) -> Iterator[Candidate]:
        """Yield a noun phrase, with its predicate if it has one: "denied the charges", "called it a farce"."""
        parse = self.parse
        if "clause" in cue.takes and cue.classes[0] in ("say", "ask"):
            # The parser may attach the clause to the addressee: "told reporters that prices had risen".
            for child in parse.children[part]:
                is_that = parse.dep[child] in COMPLEMENTS and parse.lower[parse.left[child]] == "that"
                if is_that or self.is_told(part, child, cue):
                    yield from self.ending("that-nested", verb, cue, parse.left[child], part, source)
        if cue.lemma == "put" and parse.child(verb, "prt") is None:
            yield from self.estimate(verb, cue, part, source)
        if "obj" not in cue.takes or (cue.lemma in ADDRESSING and self.is_addressee(part)):
            return
        if cue.lemma in THANKING and self.is_addressee(part) and not (parse.has(verb, "for") or parse.has(part, "for")):
            return  # "thanked the crews" says nothing that is in the text
        first = parse.child(verb, "dobj")
        if parse.dep[part] == "oprd" and first is not None and verb < first < part:
            yield from self.make("obj+oprd", verb, cue, [(parse.left[first], parse.right[part] + 1)], source)
            return
        yield from self.ending(parse.dep[part], verb, cue, parse.left[part], part, source)

    def estimate(self, verb: int, cue: Cue, part: int, source: int | None) -> Iterator[Candidate]:
        """Yield what a source puts at a number: "police put the crowd at 3,000"."""
        parse = self.parse
        for at in (*parse.children[part], *parse.children[verb]):
            if at > part and parse.lower[at] == "at" and "CD" in parse.tag[at : parse.right[at] + 1]:
                yield from self.ending("put-at", verb, cue, parse.left[part], at, source)
                return

    def is_told(self, addressee: int, clause: int, cue: Cue) -> bool:
        """Whether the parser takes a statement for a relative clause of its addressee: "told the panel he had seen nobody"."""
        parse = self.parse
        teller = parse.child(clause, "nsubj", "nsubjpass")
        is_whole = parse.child(clause, "dobj", "attr", "acomp", "ccomp", "xcomp", "nsubjpass") is not None
        is_own = teller is not None and teller == parse.left[clause] and parse.tag[teller] == "PRP"
        if cue.lemma == "tell":  # "told the blog he had walked"; not: "told the story he had heard"
            kind = source_nouns().get(parse.lower[addressee], ("", ""))[0]
            return (
                parse.dep[clause] == "relcl" and is_own and kind != "document" and parse.lower[addressee] not in nouns()
            )
        return parse.dep[clause] == "relcl" and is_own and is_whole and self.is_addressee(addressee)

    def is_addressee(self, noun: int) -> bool:
        """Whether the object of a verb is whom it speaks to: asked the town."""
        kind = self.parse.ent_type[noun] or source_nouns().get(self.parse.lower[noun], ("", ""))[0]
        return kind in ADDRESSED or self.parse.lower[noun] in person_nouns()

    def prepositional(self, verb: int, cue: Cue, preposition: int, source: int | None) -> Iterator[Candidate]:
        """Yield the complement of a preposition: "called for reform", "accused them of lying"."""
        parse = self.parse
        inner = parse.child(preposition, "pobj", "pcomp")
        if inner is None:
            return
        construction = parse.lower[preposition] + ("+obj" if parse.child(verb, "dobj") is not None else "")
        if parse.dep[inner] == "pcomp":
            construction += "+ing"
        yield from self.ending(construction, verb, cue, preposition + 1, preposition, source, preposition)

    def fronted(self, verb: int, cue: Cue, clause: int, source: int | None) -> Iterator[Candidate]:
        """Yield the clause before its cue, alone or with everything before it: "Prices will fall, he said"."""
        parse = self.parse
        reach, construction = self.reach(clause), "front-" + clause_kind(parse, clause)
        if clause != parse.child(verb, "ccomp") or parse.word[min(reach[1], verb)] == ":":
            return  # "Storm live: thousands told to leave"
        clauses = [child for child in parse.children[verb] if parse.dep[child] == "ccomp" and child < verb]
        reach = reach[0], self.reach(clauses[-1])[1]  # "The plan is dead, but talks go on, he said"
        start = parse.next_word[parse.sentence_of(verb)[0]]
        if start >= reach[0]:
            yield from self.make(construction, verb, cue, [reach], source)
            return
        first = parse.dep[start] if parse.head[start] == verb else "other"
        yield from self.make(construction, verb, cue, [reach], source, links=(f"before={first}",))
        yield from self.make("front-all", verb, cue, [(start, reach[1])], source, links=(f"with={first}",))

    def in_order(self, verb: int, cue: Cue, source: int | None) -> Iterator[Candidate]:
        """Yield the clause after a cue and "that" where the parser found none: "told reporters that, if it rained, …"."""
        parse = self.parse
        stop = parse.sentence_of(verb)[1]
        starts = {parse.left[child] for child in parse.children[verb] if parse.dep[child] == "ccomp" and child > verb}
        for token in range(verb + 1, min(verb + MAX_ADDRESSEE, stop - 1)):
            if parse.lower[token] == "that" and parse.tag[token + 1] not in FINITE:
                if parse.lower[token - 1] in nouns() and parse.head[token - 1] == verb:
                    return  # "laughed off warnings that"
                break
            if parse.tag[token] in FINITE or parse.word[token] in PARTING | DOUBLE or parse.lower[token] in DEGREE:
                return  # "shouted so much that"
        else:
            return
        if starts and (token in starts or token + 1 in starts):
            return
        clause = range(token + 1, min(stop, token + MAX_CLAUSE))
        finite = next((place for place in clause if parse.tag[place] in FINITE or parse.tag[place] == "VB"), None)
        if finite is None:
            return
        yield from self.make("order-that", verb, cue, [(token + 1, stop)], source, links=("out=end",))
        comma = self.last_parting[stop - 1]
        if comma > finite:
            yield from self.make("order-that", verb, cue, [(token + 1, comma)], source, links=("out=,",))

    def of_noun(self, noun: int, cue: Cue) -> Iterator[Candidate]:
        """Yield the complements of a noun: "the claim that …", "calls for …"."""
        parse = self.parse
        source = source_of_noun(parse, noun)
        for child in parse.children[noun]:
            if child < noun:
                continue
            label = parse.dep[child]
            if label in COMPLEMENTS:
                kind = clause_kind(parse, child)
                if label == "relcl" and parse.lower[parse.left[child]] != "that":
                    continue
                if label == "acl" and kind in ("ing", "small"):
                    continue
                yield from self.ending(f"n-{label}-{kind}", noun, cue, parse.left[child], child, source)
            elif self.is_complement(child, cue):
                yield from self.ending("n-" + parse.lower[child], noun, cue, child + 1, child, source, child)
        head = parse.head[noun]
        if parse.lower[head] in BE_OR_SHORT and parse.dep[noun] == "nsubj":
            clause = parse.child(head, "ccomp", "advcl")
            if clause is not None and clause > head:
                yield from self.make("n-be", noun, cue, [self.reach(clause)], source)

    def is_complement(self, token: int, cue: Cue) -> bool:
        """Whether a dependent is a preposition that the cue takes, with a complement."""
        parse = self.parse
        if parse.dep[token] != "prep" or parse.lower[token] not in cue.takes:
            return False
        return parse.child(token, "pobj", "pcomp") is not None

    def of_adjective(self, adjective: int, cue: Cue) -> Iterator[Candidate]:
        """Yield the complements of an adjective: "is confident that …"."""
        parse = self.parse
        head, label = parse.head[adjective], parse.dep[adjective]
        source = source_of(parse, head) if parse.is_verb(head) else None
        for parent in (adjective, head) if label == "acomp" else (adjective,):
            for child in parse.children[parent]:
                if child < adjective:
                    continue
                if parse.dep[child] in ("ccomp", "xcomp"):
                    kind = clause_kind(parse, child)
                    yield from self.ending("a-" + kind, adjective, cue, parse.left[child], child, source)
                elif self.is_complement(child, cue):
                    yield from self.ending("a-" + parse.lower[child], adjective, cue, child + 1, child, source, child)
