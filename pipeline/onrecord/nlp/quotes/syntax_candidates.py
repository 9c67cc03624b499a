# SPDX-License-Identifier: Apache-2.0
"""Content that depends on a cue by syntax: clauses, infinitives, noun phrases, prepositions."""

from collections.abc import Iterator
from itertools import accumulate

from onrecord.nlp.quotes.building import Builder
from onrecord.nlp.quotes.candidates import Candidate
from onrecord.nlp.quotes.cues import Cue, adjectives, nouns, verbs
from onrecord.nlp.quotes.ends import MARKS, PARTING, clause_kind, possible_ends
from onrecord.nlp.quotes.insertions import InsertionCandidates
from onrecord.nlp.quotes.layout import QuotationLayout
from onrecord.nlp.quotes.speakers import quoted_as, source_of, source_of_noun
from onrecord.nlp.quotes.tree import FINITE

COMPLEMENTS = frozenset({"acl", "ccomp", "relcl", "xcomp"})
BE = frozenset({"be", "is", "was", "are", "were", "been", "'s", "’s"})
BEFORE_DAY = frozenset({"on", "in", "late", "early", "earlier", "later"})
DAYS = frozenset({"today", "yesterday", "tonight"})
SUBJECT_TAGS = frozenset({",", "DT", "PRP", "PRP$", "NNP", "NNPS", "NNS", "NN", "JJ", "CD", "EX"})
INVERTED = frozenset({"say", "add"})  # "The plan, said Tom Reed, will fail": rare with other verbs
MAX_ADDRESSEE = 8  # tokens: "told reporters in the capital on Friday that"
MAX_CLAUSE = 60  # tokens from a clause's first word to its verb
UNKNOWN = Cue("", ("other",), frozenset({"clause", "inf"}))


class SyntaxCandidates(Builder):
    """Proposes the complements of the cues."""

    def __init__(self, layout: QuotationLayout) -> None:
        """Read the tree of a layout."""
        tree = layout.tree
        super().__init__(tree)
        self.skip = layout.skip
        self.insertions = InsertionCandidates(tree)
        # For each token, the last sign at or before it that parts clauses, or -1.
        self.last_parting = list(
            accumulate((place if word in PARTING else -1 for place, word in enumerate(tree.words)), max)
        )
        # "Quoted Reed as saying" has one cue, the second verb.
        self.quoting = {found[0] for verb in range(tree.size) if (found := quoted_as(tree, verb)) is not None}

    def __iter__(self) -> Iterator[Candidate]:
        tree = self.tree
        verb_cues, noun_cues, adjective_cues = verbs(), nouns(), adjectives()
        for token in range(tree.size):
            if self.skip[token] or not tree.is_word[token]:
                continue
            tag, word = tree.tags[token], tree.lower[token]
            if word == "according":
                yield from self.insertions.of_according(token)
            if token in self.quoting:
                continue
            if tag[:2] == "VB" and tree.labels[token] not in ("aux", "auxpass"):
                yield from self.of_verb(token, verb_cues.get(word, UNKNOWN))
            elif tag in ("NN", "NNS") and word in noun_cues:
                yield from self.of_noun(token, noun_cues[word])
            elif tag[:2] == "JJ" and word in adjective_cues:
                yield from self.of_adjective(token, adjective_cues[word])

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
        for end, inside, outside in possible_ends(self.tree, token, part):
            links = (f"in={inside}", f"out={outside}")
            yield from self.make(construction, token, cue, [(start, end)], source, with_word, links)

    def of_verb(self, verb: int, cue: Cue) -> Iterator[Candidate]:
        """Yield the complements of a verb."""
        tree = self.tree
        inserted = self.insertions.inverted(verb) if cue.lemma in INVERTED else None
        if inserted is not None:
            yield from self.insertions.around(verb, cue, inserted, inserted, "inverted")
            return
        source = source_of(tree, verb)
        passive = tree.child(verb, "auxpass") is not None
        for child in tree.children[verb]:
            label = tree.labels[child]
            if label == "ccomp" and child < verb:
                yield from self.fronted(verb, cue, child, source)
            elif label == "ccomp":
                start = self.behind_date(verb, tree.left[child], child)
                yield from self.ending(clause_kind(tree, child), verb, cue, start, child, source)
            elif label == "xcomp" and child > verb:
                yield from self.open_clause(verb, cue, child, source, passive)
            elif cue is UNKNOWN:
                continue
            elif label == "advcl" and child > verb and tree.has_mark(child, "that", "if", "whether"):
                yield from self.make("advcl", verb, cue, [self.reach(child)], source)
            elif label in ("dobj", "oprd", "attr") and child > verb:
                yield from self.objects(verb, cue, child, source)
            elif label == "prep" and child > verb and tree.lower[child] in cue.takes | {"as"}:
                yield from self.prepositional(verb, cue, child, source)
            elif label == "nsubjpass" and "obj" in cue.takes:
                yield from self.make("passive", verb, cue, [self.reach(child)], source)
        if cue is not UNKNOWN:
            if "clause" in cue.takes and not any(
                tree.labels[child] == "ccomp" and child > verb for child in tree.children[verb]
            ):
                yield from self.in_order(verb, cue, source)
            yield from self.insertions.of_parenthesis(verb, cue, source)
            subject = tree.child(verb, "nsubj")
            if subject is not None and cue.is_speech and tree.tags[subject] not in ("WP", "WDT"):
                yield from self.insertions.around(verb, cue, subject, source)

    def behind_date(self, verb: int, start: int, clause: int) -> int:
        """Return the start of a clause after the date of its cue, where no "that" separates them: "said on Friday she would stay"."""
        tree = self.tree
        if start != verb + 1:
            return start
        token = start
        while token < clause and tree.lower[token] in BEFORE_DAY:
            token += 1
        if tree.tags[token] != "NNP" and tree.lower[token] not in DAYS:
            return start  # "40 days of rain", "10-year bonds"
        first = token
        while token < clause and tree.entity_types[token] in ("DATE", "TIME"):
            token += 1
        return tree.next_word[token] if first < token and tree.tags[token] in SUBJECT_TAGS else start

    def open_clause(self, verb: int, cue: Cue, clause: int, source: int | None, passive: bool) -> Iterator[Candidate]:
        """Yield a clause without a subject: "vowed to go"; with the subject of a passive: "prices are expected to fall"."""
        tree = self.tree
        kind = clause_kind(tree, clause)
        subject = tree.child(verb, "nsubjpass") if passive else None
        if subject is not None and kind == "inf":
            yield from self.make("passive-inf", verb, cue, [self.reach(subject), self.reach(clause)], source)
        elif cue is not UNKNOWN or kind == "inf":
            yield from self.ending("x" + kind, verb, cue, tree.left[clause], clause, source)

    def objects(self, verb: int, cue: Cue, part: int, source: int | None) -> Iterator[Candidate]:
        """Yield a noun phrase, with its predicate if it has one: "denied the charges", "called it a farce"."""
        tree = self.tree
        if "clause" in cue.takes and cue.classes[0] in ("say", "ask"):
            # The parser may attach the clause to the addressee: "told reporters that prices had risen".
            for child in tree.children[part]:
                if tree.labels[child] in COMPLEMENTS and tree.lower[tree.left[child]] == "that":
                    yield from self.ending("that-nested", verb, cue, tree.left[child], part, source)
        if "obj" not in cue.takes:
            return
        first = tree.child(verb, "dobj")
        if tree.labels[part] == "oprd" and first is not None and first < part:
            yield from self.make("obj+oprd", verb, cue, [(tree.left[first], tree.right[part] + 1)], source)
            return
        yield from self.ending(tree.labels[part], verb, cue, tree.left[part], part, source)

    def prepositional(self, verb: int, cue: Cue, preposition: int, source: int | None) -> Iterator[Candidate]:
        """Yield the complement of a preposition: "called for reform", "accused them of lying"."""
        tree = self.tree
        inner = tree.child(preposition, "pobj", "pcomp")
        if inner is None:
            return
        construction = tree.lower[preposition] + ("+obj" if tree.child(verb, "dobj") is not None else "")
        if tree.labels[inner] == "pcomp":
            construction += "+ing"
        yield from self.ending(construction, verb, cue, preposition + 1, preposition, source, preposition)

    def fronted(self, verb: int, cue: Cue, clause: int, source: int | None) -> Iterator[Candidate]:
        """Yield the clause before its cue, alone or with everything before it: "Prices will fall, he said"."""
        tree = self.tree
        reach, construction = self.reach(clause), "front-" + clause_kind(tree, clause)
        start = tree.next_word[tree.sentence(verb)[0]]
        if start >= reach[0]:
            yield from self.make(construction, verb, cue, [reach], source)
            return
        first = tree.labels[start] if tree.heads[start] == verb else "other"
        yield from self.make(construction, verb, cue, [reach], source, links=(f"before={first}",))
        yield from self.make("front-all", verb, cue, [(start, reach[1])], source, links=(f"with={first}",))

    def in_order(self, verb: int, cue: Cue, source: int | None) -> Iterator[Candidate]:
        """Yield the clause after a cue and "that" where the parser found none: "told reporters that, if it rained, …"."""
        tree = self.tree
        stop = tree.sentence(verb)[1]
        for token in range(verb + 1, min(verb + MAX_ADDRESSEE, stop - 1)):
            if tree.lower[token] == "that" and tree.tags[token + 1] not in FINITE:
                break
            if tree.tags[token] in FINITE or tree.words[token] in PARTING | MARKS:
                return
        else:
            return
        clause = range(token + 1, min(stop, token + MAX_CLAUSE))
        finite = next((place for place in clause if tree.tags[place] in FINITE), None)
        if finite is None:
            return
        yield from self.make("order-that", verb, cue, [(token + 1, stop)], source, links=("out=end",))
        comma = self.last_parting[stop - 1]
        if comma > finite:
            yield from self.make("order-that", verb, cue, [(token + 1, comma)], source, links=("out=,",))

    def of_noun(self, noun: int, cue: Cue) -> Iterator[Candidate]:
        """Yield the complements of a noun: "the claim that …", "calls for …"."""
        tree = self.tree
        source = source_of_noun(tree, noun)
        for child in tree.children[noun]:
            if child < noun:
                continue
            label = tree.labels[child]
            if label in COMPLEMENTS:
                kind = clause_kind(tree, child)
                if label == "relcl" and tree.lower[tree.left[child]] != "that":
                    continue
                if label == "acl" and kind in ("ing", "small"):
                    continue
                yield from self.ending(f"n-{label}-{kind}", noun, cue, tree.left[child], child, source)
            elif self.is_complement(child, cue):
                yield from self.ending("n-" + tree.lower[child], noun, cue, child + 1, child, source, child)
        head = tree.heads[noun]
        if tree.lower[head] in BE and tree.labels[noun] == "nsubj":
            clause = tree.child(head, "ccomp", "advcl")
            if clause is not None and clause > head:
                yield from self.make("n-be", noun, cue, [self.reach(clause)], source)

    def is_complement(self, token: int, cue: Cue) -> bool:
        """Whether a dependent is a preposition that the cue takes, with a complement."""
        tree = self.tree
        if tree.labels[token] != "prep" or tree.lower[token] not in cue.takes:
            return False
        return tree.child(token, "pobj", "pcomp") is not None

    def of_adjective(self, adjective: int, cue: Cue) -> Iterator[Candidate]:
        """Yield the complements of an adjective: "is confident that …"."""
        tree = self.tree
        head, label = tree.heads[adjective], tree.labels[adjective]
        source = source_of(tree, head) if tree.tags[head][:2] == "VB" else None
        for parent in (adjective, head) if label == "acomp" else (adjective,):
            for child in tree.children[parent]:
                if child < adjective:
                    continue
                if tree.labels[child] in ("ccomp", "xcomp"):
                    kind = clause_kind(tree, child)
                    yield from self.ending("a-" + kind, adjective, cue, tree.left[child], child, source)
                elif self.is_complement(child, cue):
                    yield from self.ending("a-" + tree.lower[child], adjective, cue, child + 1, child, source, child)
