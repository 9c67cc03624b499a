"""Content that hangs on a cue by syntax: clauses, infinitives, noun phrases, prepositions."""

from collections.abc import Iterator

from pipeline.nlp.quotes.candidates import Candidate
from pipeline.nlp.quotes.cues import Cue, adjectives, nouns, verbs
from pipeline.nlp.quotes.speakers import phrase, source_of, source_of_noun, speaks_beside
from pipeline.nlp.quotes.tree import LONGEST_CLIMB, Tree

TokenRange = tuple[int, int]
WH = frozenset({"what", "who", "whom", "whose", "which", "when", "where", "why", "how", "whether", "if"})
PARTING = frozenset({",", "—", "–", "-", "--", ";", ":", "("})
MARKS = frozenset('“”"«»') | {"``", "''"}
CLOSING = frozenset({"%", ")"})  # signs that end a content
COMPLEMENTS = frozenset({"acl", "ccomp", "relcl", "xcomp"})
INSERTED = frozenset({"parataxis", "ccomp", "advcl", "dep", "conj", "acl", "relcl"})
MAY_END_OUTSIDE = frozenset({"conj", "advcl", "prep", "relcl", "ccomp", "acl", "appos", "npadvmod", "parataxis", "dep"})
BE = frozenset({"be", "is", "was", "are", "were", "been", "'s", "’s"})
MOST_ENDS = 4  # dependents of a cue behind its content that may belong to it
MOST_JOINTS = 2  # tokens between a constituent and what is before it: ", and"
MOST_CUTS = 4  # ends tried within the content
LONGEST_INSERT = 16  # tokens from a cue to the comma behind it: "the minister said in a speech on Friday"
UNKNOWN = Cue("", ("other",), frozenset({"clause", "inf"}))
ACCORDING = Cue("according to", ("say",), frozenset())


def _clause_kind(tree: Tree, verb: int) -> str:
    """Return what sort of clause a verb heads: "that", "wh", "inf", "bare" (finite), "ing" or "small" (no verb form)."""
    if tree.has_mark(verb, "that"):
        return "that"
    if tree.lower[tree.left[verb]] in WH:
        return "wh"
    if tree.is_finite(verb):
        return "bare"
    if tree.has_mark(verb, "to"):
        return "inf"
    return "ing" if tree.tags[verb] == "VBG" else "small"


def _link(tree: Tree, token: int) -> str:
    """Return how a constituent is joined to what stands before it: by its label, a comma, a subject or a cue of its own."""
    start, label = tree.left[token], tree.labels[token]
    link = ("," if start and tree.words[start - 1] in PARTING else "") + label
    if label in ("conj", "advcl") and tree.child(token, "nsubj", "nsubjpass") is not None:
        link += "+s"
    if label == "conj" and tree.lower[token] in verbs():
        link += "+says"
    return link


def _cuts(tree: Tree, part: int) -> list[tuple[int, str, str]]:
    """Return where content that begins with a part may end before the part does: before each constituent at its right edge.

    Those that no sign and no conjunction parts from the rest are tried beside the part's own verb only.
    """
    cuts: list[tuple[int, str, str]] = []
    node = part
    for depth in range(LONGEST_CLIMB):
        later = [child for child in tree.children[node] if child > node and tree.labels[child] != "punct"]
        for last in reversed(later[-MOST_CUTS:]):
            if tree.labels[last] not in MAY_END_OUTSIDE:
                break
            link = _link(tree, last)
            if link.startswith((",", "conj")) or (depth == 0 and tree.labels[last] in ("advcl", "prep")):
                at = tree.left[last]
                for _ in range(MOST_JOINTS):
                    at -= at - 1 > part and (tree.labels[at - 1] == "cc" or tree.words[at - 1] in PARTING)
                cuts.append((at, f"cut{min(depth, 2)}", link))
        if not later or len(cuts) >= MOST_CUTS:
            break
        node = later[-1]
    return sorted(cuts, reverse=True)[:MOST_CUTS]


def _ends(tree: Tree, cue: int, part: int) -> list[tuple[int, str, str]]:
    """Return where content may end that begins with a dependent of the cue.

    Parsers hang what follows now on the content and now on the cue, so all of it is tried: the ends before the last constituents of
    the content, its end, the end of each later dependent of the cue, and of the sentence. With each come the links of the last
    constituent within and of the first one without.
    """
    ends = _cuts(tree, part)
    last = next((child for child in reversed(tree.children[part]) if tree.labels[child] != "punct"), None)
    if last is not None and last > part and speaks_beside(tree, last):
        return ends
    at, inside = tree.right[part] + 1, "own"
    later = [child for child in tree.children[cue] if child > part and tree.labels[child] not in ("punct", "cc")]
    for child in later[:MOST_ENDS]:
        if tree.left[child] < at:
            continue
        link = _link(tree, child)
        ends.append((at, inside, link))
        at, inside = tree.right[child] + 1, link
    stop = tree.previous_word[tree.sentence(cue)[1] - 1] + 1
    if stop <= at:
        return [*ends, (at, inside, "end")]
    # What follows may belong to the clause above; to a noun's clause it never does: "The mayor, who said it was safe, left".
    rest = "rest" if tree.next_word[at] <= tree.right[cue] else f"above-{tree.labels[cue]}"
    ends.append((at, inside, rest))
    if rest == "above-relcl" and tree.heads[tree.heads[cue]] >= at:
        return ends
    ends.append((stop, f"{rest}:{_link(tree, tree.next_word[at])}", "end"))
    return ends


def _without(outer: TokenRange, hole: TokenRange) -> list[TokenRange]:
    """Return what is left of ``outer`` before and behind the hole."""
    pieces = [(outer[0], min(hole[0], outer[1])), (max(hole[1], outer[0]), outer[1])]
    return [(start, end) for start, end in pieces if start < end]


class Frames:
    """Reads the candidates of one Doc off its tree."""

    def __init__(self, tree: Tree, skip: list[bool]) -> None:
        """Take a tree and, for each token, whether it is to be left out."""
        self.tree = tree
        self.skip = skip

    def __iter__(self) -> Iterator[Candidate]:
        tree = self.tree
        verb_cues, noun_cues, adjective_cues = verbs(), nouns(), adjectives()
        for token in range(tree.size):
            if self.skip[token] or not tree.is_word[token]:
                continue
            tag, word = tree.tags[token], tree.lower[token]
            if word == "according":
                yield from self.of_according(token)
            if tag[:2] == "VB" and tree.labels[token] not in ("aux", "auxpass"):
                yield from self.of_verb(token, verb_cues.get(word, UNKNOWN))
            elif tag in ("NN", "NNS") and word in noun_cues:
                yield from self.of_noun(token, noun_cues[word])
            elif tag[:2] == "JJ" and word in adjective_cues:
                yield from self.of_adjective(token, adjective_cues[word])

    def make(
        self,
        frame: str,
        token: int,
        cue: Cue,
        ranges: list[TokenRange],
        source: int | None,
        with_word: int | None = None,
        links: tuple[str, ...] = (),
    ) -> Iterator[Candidate]:
        """Yield the candidate, if there is any word in its content.

        ``ranges`` are the content's tokens, ends exclusive; ``with_word`` is a preposition that belongs to the cue.
        """
        tree = self.tree
        content = tuple(kept for start, end in ranges if (kept := self.trimmed(start, end)))
        if not content:
            return
        words = [token, *(word for word in (tree.child(token, "prt"), with_word) if word is not None)]
        words = [word for word in words if tree.is_word[word]]
        yield Candidate(
            frame=frame,
            anchor=token,
            cue=tuple((word, word + 1) for word in words),
            content=content,
            source=None if source is None else phrase(tree, source, token),
            source_head=source,
            lexical=cue,
            links=links,
        )

    def trimmed(self, start: int, end: int) -> tuple[int, int] | None:
        """Return the code points of the tokens from the first to the last word, without the complementiser."""
        tree = self.tree
        start = tree.next_word[start]
        if start < end and tree.lower[start] == "that" and tree.tags[start] == "IN":
            start = tree.next_word[start + 1]
        if start >= end:
            return None
        last = tree.previous_word[end - 1]
        if last + 1 < end and tree.words[last + 1] in CLOSING:
            last += 1
        return (tree.starts[start], tree.ends[last]) if start <= last else None

    def ending(
        self, frame: str, token: int, cue: Cue, start: int, part: int, source: int | None, with_word: int | None = None
    ) -> Iterator[Candidate]:
        """Yield a candidate for every end that content beginning at ``start`` may have."""
        for end, inside, outside in _ends(self.tree, token, part):
            links = (f"in={inside}", f"out={outside}")
            yield from self.make(frame, token, cue, [(start, end)], source, with_word, links)

    def reach(self, token: int) -> TokenRange:
        """Return the tokens of a subtree, end exclusive."""
        return self.tree.left[token], self.tree.right[token] + 1

    def of_verb(self, verb: int, cue: Cue) -> Iterator[Candidate]:
        """Yield what a verb's complements may say."""
        tree = self.tree
        source = source_of(tree, verb)
        passive = tree.child(verb, "auxpass") is not None
        for child in tree.children[verb]:
            label = tree.labels[child]
            if label == "ccomp" and child < verb:
                yield from self.fronted(verb, cue, child, source)
            elif label == "ccomp":
                yield from self.ending(_clause_kind(tree, child), verb, cue, tree.left[child], child, source)
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
            yield from self.of_parenthesis(verb, cue, source)
            yield from self.around(verb, cue, source)

    def open_clause(self, verb: int, cue: Cue, clause: int, source: int | None, passive: bool) -> Iterator[Candidate]:
        """Yield a clause without a subject: "vowed to go"; with that of the passive: "prices are expected to fall"."""
        tree = self.tree
        kind = _clause_kind(tree, clause)
        subject = tree.child(verb, "nsubjpass") if passive else None
        if subject is not None and kind == "inf":
            yield from self.make("passive-inf", verb, cue, [self.reach(subject), self.reach(clause)], source)
        elif cue is not UNKNOWN or kind == "inf":
            yield from self.ending("x" + kind, verb, cue, tree.left[clause], clause, source)

    def objects(self, verb: int, cue: Cue, part: int, source: int | None) -> Iterator[Candidate]:
        """Yield a noun phrase, with its predicate if it has one: "denied the charges", "called it a farce"."""
        tree = self.tree
        if "clause" in cue.takes and cue.classes[0] in ("say", "ask"):
            # The parser may hang a clause on whom it was told: "told reporters that prices had risen".
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
        """Yield what follows a preposition: "called for reform", "accused them of lying"."""
        tree = self.tree
        inner = tree.child(preposition, "pobj", "pcomp")
        if inner is None:
            return
        frame = tree.lower[preposition] + ("+obj" if tree.child(verb, "dobj") is not None else "")
        if tree.labels[inner] == "pcomp":
            frame += "+ing"
        yield from self.ending(frame, verb, cue, preposition + 1, preposition, source, preposition)

    def fronted(self, verb: int, cue: Cue, clause: int, source: int | None) -> Iterator[Candidate]:
        """Yield the clause before its cue, alone or with all that stands before it: "Prices will fall, he said"."""
        tree = self.tree
        reach, frame = self.reach(clause), "front-" + _clause_kind(tree, clause)
        start = tree.next_word[tree.sentence(verb)[0]]
        if start >= reach[0]:
            yield from self.make(frame, verb, cue, [reach], source)
            return
        first = tree.labels[start] if tree.heads[start] == verb else "other"
        yield from self.make(frame, verb, cue, [reach], source, links=(f"before={first}",))
        yield from self.make("front-all", verb, cue, [(start, reach[1])], source, links=(f"with={first}",))

    def of_parenthesis(self, verb: int, cue: Cue, source: int | None) -> Iterator[Candidate]:
        """Yield the clause that a cue clause stands in or behind: "The plan, he said, will fail"."""
        tree = self.tree
        head, label = tree.heads[verb], tree.labels[verb]
        if head == verb or label not in INSERTED or tree.child(verb, "nsubj") is None:
            return
        as_clause = tree.has_mark(verb, "as")
        if tree.child(verb, "ccomp") is not None or (tree.child(verb, "dobj") is not None and not as_clause):
            return
        hole = self.reach(verb)
        before = tree.words[hole[0] - 1] if hole[0] else ""
        if not (before in PARTING or tree.words[hole[1] - 1] == "," or as_clause):
            return
        frame = f"paren-{label}" + ("-as" if as_clause else "")
        for _ in range(LONGEST_CLIMB):  # "Prices fell but wages rose, he said": he said both
            if tree.labels[head] != "conj" or tree.tags[tree.heads[head]][:2] != "VB":
                break
            head = tree.heads[head]
        narrow, wide = self.reach(head), tree.sentence(verb)
        is_last = tree.next_word[hole[1]] >= wide[1]
        place = "place=last" if is_last else "place=first" if tree.next_word[wide[0]] >= hole[0] else "place=between"
        yield from self.make(frame, verb, cue, _without(narrow, hole), source, links=(place, "reach=clause"))
        if hole[0] > wide[0] and (narrow[0] > wide[0] or narrow[1] < wide[1] - 1):
            yield from self.make(frame, verb, cue, [(wide[0], hole[0])], source, links=(place, "reach=before"))
            if not is_last:
                yield from self.make(frame, verb, cue, _without(wide, hole), source, links=(place, "reach=sentence"))

    def around(self, verb: int, cue: Cue, source: int | None) -> Iterator[Candidate]:
        """Yield the sentence that a cue and its subject stand in between commas, whatever the parser made of it."""
        tree = self.tree
        subject = tree.child(verb, "nsubj")
        if subject is None or not cue.is_speech or tree.tags[subject] in ("WP", "WDT"):
            return
        start, end = min(tree.left[subject], verb), max(tree.right[subject], verb) + 1
        first, last = tree.sentence(verb)
        if start - 1 <= first or tree.next_word[first] >= start or tree.words[start - 1] not in PARTING | MARKS:
            return
        while end < last and end - verb < LONGEST_INSERT and tree.words[end] != "," and tree.words[end] not in MARKS:
            end += 1
        if end < last and tree.words[end] == "," and tree.next_word[end] < last:
            opening = tree.labels[tree.next_word[first]]
            yield from self.make("around", verb, cue, [(first, start), (end, last)], source, links=(f"with={opening}",))

    def of_noun(self, noun: int, cue: Cue) -> Iterator[Candidate]:
        """Yield what a noun's complements may say: "the claim that …", "calls for …"."""
        tree = self.tree
        source = source_of_noun(tree, noun)
        for child in tree.children[noun]:
            if child < noun:
                continue
            label = tree.labels[child]
            if label in COMPLEMENTS:
                kind = _clause_kind(tree, child)
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
        """Whether a dependent is a preposition that the cue takes, with something behind it."""
        tree = self.tree
        if tree.labels[token] != "prep" or tree.lower[token] not in cue.takes:
            return False
        return tree.child(token, "pobj", "pcomp") is not None

    def of_adjective(self, adjective: int, cue: Cue) -> Iterator[Candidate]:
        """Yield what an adjective's complements may say: "is confident that …"."""
        tree = self.tree
        head, label = tree.heads[adjective], tree.labels[adjective]
        source = source_of(tree, head) if tree.tags[head][:2] == "VB" else None
        for parent in (adjective, head) if label == "acomp" else (adjective,):
            for child in tree.children[parent]:
                if child < adjective:
                    continue
                if tree.labels[child] in ("ccomp", "xcomp"):
                    kind = _clause_kind(tree, child)
                    yield from self.ending("a-" + kind, adjective, cue, tree.left[child], child, source)
                elif self.is_complement(child, cue):
                    yield from self.ending("a-" + tree.lower[child], adjective, cue, child + 1, child, source, child)

    def of_according(self, token: int) -> Iterator[Candidate]:
        """Yield the clause that "according to" names a source of."""
        tree = self.tree
        to = tree.child(token, "prep")
        if to is None and token + 1 < tree.size and tree.lower[token + 1] == "to":
            to = token + 1
        source = None if to is None else tree.child(to, "pobj")
        if to is None or source is None:
            return
        start, end = tree.sentence(token)
        hole = (min(token, to), tree.right[to] + 1)
        if tree.next_word[start] >= token:
            yield from self.make("according-first", token, ACCORDING, [(hole[1], end)], source, to)
            return
        head = tree.heads[token]
        for _ in range(LONGEST_CLIMB):
            if tree.tags[head][:2] == "VB" or tree.heads[head] == head:
                break
            head = tree.heads[head]
        clause = _without(self.reach(head), hole)
        yield from self.make("according", token, ACCORDING, clause, source, to)
        if tree.left[head] > start:
            yield from self.make("according-all", token, ACCORDING, [(start, hole[0])], source, to)
