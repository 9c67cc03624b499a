# SPDX-License-Identifier: Apache-2.0
"""The speaker phrase: the noun phrase that is the source of a cue."""

from onrecord.nlp.quotes.cues import verbs
from onrecord.nlp.quotes.tree import MAX_CLIMB, Tree

RELATIVE = frozenset({"who", "which", "that", "whom"})
# Labels of a verb that shares the subject of its head: "and added", "came to praise", "left, saying that".
SHARES_SUBJECT = frozenset({"conj", "xcomp", "advcl", "pcomp", "dep", "parataxis", "prep", "aux", "agent"})
# Labels of a noun or adjective whose holder is the subject of its head verb: "made the claim that".
OF_SUBJECT = frozenset({"dobj", "attr", "acomp", "pobj", "prep", "conj", "dative", "oprd"})
GIVER = frozenset({"from", "by", "among"})
CLOSING = frozenset({")", "%", "”", '"'})  # signs that may end a phrase
MAX_PHRASE = 60  # tokens to each side of the head


def phrase(tree: Tree, head: int, cue: int | None = None) -> tuple[int, int] | None:
    """Return the noun phrase of ``head`` as tokens, end exclusive: everything that depends on it, except the cue."""
    if not tree.is_word[head]:
        return None
    start, end = tree.left[head], tree.right[head] + 1
    if cue is not None and start <= cue < end:
        if cue > head:
            end = min(cue, max(tree.left[_top_below(tree, cue, head)], head + 1))
        else:
            start = cue + 1
    start, end = max(start, head - MAX_PHRASE), min(end, head + MAX_PHRASE)
    start = min(tree.next_word[start], head)
    while end - 1 > head and _is_loose_end(tree, start, end):
        end -= 1
    return start, end


def _top_below(tree: Tree, token: int, ancestor: int) -> int:
    """Return the child of ``ancestor`` whose subtree holds the token."""
    for _ in range(MAX_CLIMB):
        if tree.heads[token] in (ancestor, token):
            break
        token = tree.heads[token]
    return token


def _is_loose_end(tree: Tree, start: int, end: int) -> bool:
    """Whether the last token does not belong to a phrase: a comma, an unpaired mark, a relative pronoun without its clause."""
    last = tree.words[end - 1]
    if tree.tags[end - 1] == "POS":
        return True  # "the mayor's claim": the mayor
    if tree.is_word[end - 1]:
        return tree.lower[end - 1] in RELATIVE
    if last not in CLOSING:
        return True
    return last in ("”", '"') and not any(sign in word for word in tree.words[start : end - 1] for sign in '“"')


def quoted_as(tree: Tree, verb: int) -> tuple[int, int] | None:
    """Return the verb before "as saying" and the head of its object: "quoted" and "Reed" in "The agency quoted Reed as saying".

    ``verb`` is "saying". None for any other verb.
    """
    if verb < 2 or tree.lower[verb - 1] != "as" or tree.tags[verb] != "VBG":
        return None
    quoting = tree.heads[verb - 1]
    for _ in range(MAX_CLIMB):
        if tree.tags[quoting][:2] == "VB" or tree.heads[quoting] == quoting:
            break
        quoting = tree.heads[quoting]
    if not tree.sentence(verb)[0] <= quoting < verb - 1 or tree.tags[quoting][:2] != "VB":
        return None
    subject = tree.child(quoting, "nsubjpass")
    if subject is None and tree.labels[quoting] in ("acl", "relcl"):  # "quoted Reed, who lives in Rome, as saying"
        subject = tree.heads[quoting]
        quoting = quoting if tree.labels[quoting] == "acl" else tree.heads[subject]
    if subject is None:
        subject = tree.child(quoting, "dobj")
    if subject is None:
        # Parsers give the object many labels; its position is certain.
        subject = verb - 2
        for _ in range(MAX_CLIMB):
            if not quoting < tree.heads[subject] < verb - 1 or tree.heads[subject] == subject:
                break
            subject = tree.heads[subject]
    return (quoting, subject) if tree.is_word[subject] and subject != quoting else None


def source_of(tree: Tree, verb: int) -> int | None:
    """Return the head of the noun phrase that is the source of a cue verb.

    The subject of a passive is not a source, its agent is. Shared subjects and relative clauses are followed.
    """
    quoted = quoted_as(tree, verb)
    if quoted is not None:
        return quoted[1]
    current = verb
    for _ in range(MAX_CLIMB):
        agent = tree.child(current, "agent")
        if agent is not None:
            return tree.child(agent, "pobj")
        subject = tree.child(current, "nsubj", "nsubjpass")
        if subject is not None:
            is_passive = tree.labels[subject] == "nsubjpass" or tree.child(current, "auxpass") is not None
            if is_passive and (current == verb or tree.child(verb, "auxpass") is not None):
                return None  # "was told": the teller is not mentioned
            if current != verb and speaks_beside(tree, verb):
                return source_of(tree, tree.heads[current])
            if tree.lower[subject] in RELATIVE and tree.labels[current] == "relcl":
                return tree.heads[current]
            return subject
        label, head = tree.labels[current], tree.heads[current]
        if head == current:
            return None
        if label in ("relcl", "acl"):
            return head
        if label == "ccomp" and tree.is_finite(current):
            return None
        if label == "advcl" and current == verb and tree.is_finite(current):
            return None
        if label not in SHARES_SUBJECT and label not in ("ccomp", "dobj", "attr", "acomp", "nsubj"):
            return None
        current = head
    return None


def speaks_beside(tree: Tree, verb: int) -> bool:
    """Whether a cue is attached to the content of the cue that it is coordinated with: "said the dam was safe and added that …".

    Both have the same tense, and the subject of the content cannot speak.
    """
    content = tree.heads[verb]
    outer = tree.heads[content]
    if tree.labels[verb] != "conj" or tree.labels[content] != "ccomp" or not outer < content < verb:
        return False
    cue, subject = verbs().get(tree.lower[verb]), tree.child(content, "nsubj", "nsubjpass", "expl")
    if cue is None or cue.classes[0] != "say" or tree.tags[verb] != tree.tags[outer] or subject is None:
        return False
    return tree.tags[subject] in ("NN", "NNS", "EX", "DT") and not tree.entity_types[subject]


def source_of_noun(tree: Tree, noun: int) -> int | None:
    """Return the source of a cue noun: the possessor of the claim, its giver, or the subject that made it."""
    possessor = tree.child(noun, "poss")
    if possessor is not None:
        return possessor
    for child in tree.children[noun]:
        if tree.labels[child] == "agent" or (tree.labels[child] == "prep" and tree.lower[child] in GIVER):
            return tree.child(child, "pobj")
    current = noun
    for _ in range(MAX_CLIMB):
        head = tree.heads[current]
        if head == current or tree.labels[current] not in OF_SUBJECT:
            return None
        current = head
        if tree.tags[current].startswith("VB"):
            return source_of(tree, current)
    return None


MAX_OTHER_SOURCES = 3  # besides the first one
MAX_CLAUSES = 6  # above the cue


def other_sources(tree: Tree, cue: int, first: int | None) -> list[int | None]:
    """Return the heads of the phrases that may be the source of a cue without a subject of its own.

    They are the subjects of the clauses above, the nouns that these modify, and None for nobody; ``first`` is left out.
    """
    if tree.child(cue, "agent", "poss") is not None or quoted_as(tree, cue) is not None:
        return []
    subject = tree.child(cue, "nsubj")
    if subject is not None and tree.lower[subject] not in RELATIVE:
        return []
    found: list[int | None] = []
    current = cue
    for _ in range(MAX_CLAUSES):
        label, head = tree.labels[current], tree.heads[current]
        if head == current:
            break
        if label in ("relcl", "acl") and not tree.tags[head].startswith("VB"):
            found.append(head)
        current = head
        subject = tree.child(current, "nsubj", "nsubjpass", "poss")
        if (
            subject is not None
            and not tree.left[subject] <= cue <= tree.right[subject]
            and tree.lower[subject] not in RELATIVE
        ):
            found.append(subject)
    found = [head for head in dict.fromkeys(found) if head != first][:MAX_OTHER_SOURCES]
    return found if first is None else [*found, None]


def path(tree: Tree, cue: int, source: int | None) -> str:
    """Return how a source is reached from its cue: the labels of the clauses on the way, or "own" for the cue's own subject."""
    if source is None:
        return "nobody"
    labels: list[str] = []
    current = cue
    for _ in range(MAX_CLAUSES):
        if tree.heads[source] == current:
            return ".".join(labels) or "own"
        head = tree.heads[current]
        if head == current:
            break
        labels.append(tree.labels[current])
        if head == source:
            return ".".join(labels) + "!"
        current = head
    return "far"
