# SPDX-License-Identifier: Apache-2.0
"""Where the content of a cue may end: parsers attach what follows sometimes to the content and sometimes to the cue."""

from onrecord.nlp.quotes.cues import verbs
from onrecord.nlp.quotes.speakers import speaks_beside
from onrecord.nlp.quotes.tree import MAX_CLIMB, Tree

PARTING = frozenset({",", "—", "–", "-", "--", ";", ":", "("})
MARKS = frozenset('“”"«»') | {"``", "''"}
WH = frozenset({"what", "who", "whom", "whose", "which", "when", "where", "why", "how", "whether", "if"})
MAY_END_OUTSIDE = frozenset({"conj", "advcl", "prep", "relcl", "ccomp", "acl", "appos", "npadvmod", "parataxis", "dep"})
MAX_ENDS = 4  # dependents of a cue after its content that may belong to the content
MAX_JOINTS = 2  # tokens between a constituent and the one before it: ", and"
MAX_CUTS = 4  # ends tried within the content


def clause_kind(tree: Tree, verb: int) -> str:
    """Return the type of the clause that a verb heads: "that", "wh", "inf", "bare" (finite), "ing" or "small" (no verb form)."""
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
    """Return how a constituent is joined to the text before it: its label, and whether it has a comma, a subject or a cue of its own."""
    start, label = tree.left[token], tree.labels[token]
    link = ("," if start and tree.words[start - 1] in PARTING else "") + label
    if label in ("conj", "advcl") and tree.child(token, "nsubj", "nsubjpass") is not None:
        link += "+s"
    if label == "conj" and tree.lower[token] in verbs():
        link += "+says"
    return link


def _cuts(tree: Tree, part: int) -> list[tuple[int, str, str]]:
    """Return where content that begins with ``part`` may end before ``part`` does: before each constituent at its right edge.

    Constituents that neither a sign nor a conjunction separates from the rest count only directly under the head of ``part``.
    """
    cuts: list[tuple[int, str, str]] = []
    node = part
    for depth in range(MAX_CLIMB):
        later = [child for child in tree.children[node] if child > node and tree.labels[child] != "punct"]
        for last in reversed(later[-MAX_CUTS:]):
            if tree.labels[last] not in MAY_END_OUTSIDE:
                break
            link = _link(tree, last)
            if link.startswith((",", "conj")) or (depth == 0 and tree.labels[last] in ("advcl", "prep")):
                at = tree.left[last]
                for _ in range(MAX_JOINTS):
                    at -= at - 1 > part and (tree.labels[at - 1] == "cc" or tree.words[at - 1] in PARTING)
                cuts.append((at, f"cut{min(depth, 2)}", link))
        if not later or len(cuts) >= MAX_CUTS:
            break
        node = later[-1]
    return sorted(cuts, reverse=True)[:MAX_CUTS]


def possible_ends(tree: Tree, cue: int, part: int) -> list[tuple[int, str, str]]:
    """Return where content that begins with a dependent of the cue may end.

    Parsers attach what follows sometimes to the content and sometimes to the cue, so all ends are tried: before the last
    constituents of the content, after it, after each later dependent of the cue, and after the sentence. Each end comes with the
    links of the last constituent inside and of the first one outside.
    """
    ends = _cuts(tree, part)
    last = next((child for child in reversed(tree.children[part]) if tree.labels[child] != "punct"), None)
    if last is not None and last > part and speaks_beside(tree, last):
        return ends
    at, inside = tree.right[part] + 1, "own"
    later = [child for child in tree.children[cue] if child > part and tree.labels[child] not in ("punct", "cc")]
    for child in later[:MAX_ENDS]:
        if tree.left[child] < at:
            continue
        link = _link(tree, child)
        ends.append((at, inside, link))
        at, inside = tree.right[child] + 1, link
    stop = tree.previous_word[tree.sentence(cue)[1] - 1] + 1
    if stop <= at:
        return [*ends, (at, inside, "end")]
    # What follows may belong to the clause above, but never to a relative clause: "The mayor, who said it was safe, left".
    rest = "rest" if tree.next_word[at] <= tree.right[cue] else f"above-{tree.labels[cue]}"
    ends.append((at, inside, rest))
    if rest == "above-relcl" and tree.heads[tree.heads[cue]] >= at:
        return ends
    ends.append((stop, f"{rest}:{_link(tree, tree.next_word[at])}", "end"))
    return ends
