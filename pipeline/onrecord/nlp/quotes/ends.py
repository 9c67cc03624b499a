# SPDX-License-Identifier: Apache-2.0
"""Where the content of a cue may end: parsers attach what follows sometimes to the content and sometimes to the cue."""

from onrecord.nlp.english.cues import verb_class, verbs
from onrecord.nlp.english.labels import FINITE, SUBJECTS
from onrecord.nlp.english.parse import MAX_CLIMB, Parse
from onrecord.nlp.english.syntax import has_mark, is_finite
from onrecord.nlp.quotes.speakers import speaks_beside

PARTING = frozenset({",", "—", "–", "-", "--", ";", ":", "("})
WH = frozenset({"what", "who", "whom", "whose", "which", "when", "where", "why", "how", "whether", "if"})
MAY_END_OUTSIDE = frozenset({"conj", "advcl", "prep", "relcl", "ccomp", "acl", "appos", "npadvmod", "parataxis", "dep"})
MAX_ENDS = 4  # dependents of a cue after its content that may belong to the content
MAX_JOINTS = 2  # tokens between a constituent and the one before it: ", and"
MAX_BEFORE_SUBJECT = 40  # tokens of a participle's content: "Asked whether it would sell, the owner laughed"
MAX_CUTS = 4  # ends tried within the content


def clause_kind(parse: Parse, verb: int) -> str:
    """Return the type of the clause that a verb heads: "that", "wh", "inf", "bare" (finite), "ing" or "small" (no verb form)."""
    if has_mark(parse, verb, "that"):
        return "that"
    if parse.lower[parse.left[verb]] in WH:
        return "wh"
    if is_finite(parse, verb):
        return "bare"
    if has_mark(parse, verb, "to"):
        return "inf"
    return "ing" if parse.tag[verb] == "VBG" else "small"


def _link(parse: Parse, token: int) -> str:
    """Return how a constituent is joined to the text before it: its label, and whether it has a comma, a subject or a cue of its own."""
    start, label = parse.left[token], parse.dep[token]
    link = ("," if start and parse.word[start - 1] in PARTING else "") + label
    if label in ("conj", "advcl") and parse.child(token, *SUBJECTS) is not None:
        link += "+s"
    if label in ("conj", "advcl") and parse.lower[token] in verbs():
        link += "+says"
    return link


def _before(parse: Parse, token: int, first: int) -> int:
    """Return the end of the text before a constituent, without the comma and conjunction that join it."""
    at = parse.left[token]
    for _ in range(MAX_JOINTS):
        at -= at - 1 > first and (parse.dep[at - 1] == "cc" or parse.word[at - 1] in PARTING)
    return at


def _cuts(parse: Parse, part: int) -> list[tuple[int, str, str]]:
    """Return where content that begins with ``part`` may end before ``part`` does: before each constituent at its right edge.

    Constituents that neither a sign nor a conjunction separates from the rest count only directly under the head of ``part``.
    """
    cuts: list[tuple[int, str, str]] = []
    node = part
    for depth in range(MAX_CLIMB):
        later = [child for child in parse.children[node] if child > node and parse.dep[child] != "punct"]
        for last in reversed(later[-MAX_CUTS:]):
            if parse.dep[last] not in MAY_END_OUTSIDE:
                break
            link = _link(parse, last)
            if link.startswith((",", "conj")) or (depth == 0 and parse.dep[last] in ("advcl", "prep")):
                cuts.append((_before(parse, last, part), f"cut{min(depth, 2)}", link))
        if not later or len(cuts) >= MAX_CUTS:
            break
        node = later[-1]
    return sorted(cuts, reverse=True)[:MAX_CUTS]


def _is_aside(parse: Parse, comma: int) -> bool:
    """Whether a comma is before a source, or something that is left undone: "said that they would meet, without naming a date"."""
    if parse.lower[comma : comma + 3] == [",", "according", "to"]:
        return True
    return parse.lower[comma : comma + 2] == [",", "without"] and parse.tag[comma + 2 : comma + 3] == ["VBG"]


def _other_act(parse: Parse, cue: int, part: int) -> int | None:
    """Return a later verb of the cue's subject that parsers coordinate with a part of the content, or whose object they extend it to.

    With a verb in marks: called it “what we need” and urged them to go; with a word of another form: urged them to go and offered help.
    """
    node = cue
    for _ in range(MAX_CLIMB):
        last = next((child for child in reversed(parse.children[node]) if parse.dep[child] != "punct"), node)
        if last <= node:
            return None
        is_same = (parse.dep[last], parse.tag[last]) == ("conj", parse.tag[cue])
        if is_same and parse.region_of[last] == parse.region_of[cue] and parse.child(last, *SUBJECTS) is None:
            beside = part if node == cue else node
            if parse.region_of[node] != parse.region_of[last] or _differs(parse, beside, last):
                return last
        if node != cue and parse.child(node, *SUBJECTS) is not None and parse.region_of[node] == parse.region_of[cue]:
            return None  # "described tasks that they were given and competed for": both verbs are theirs
        node = last
    return None


def _differs(parse: Parse, one: int, other: int) -> bool:
    """Whether a word and a verb in the past tense have forms that cannot be coordinated."""
    return parse.tag[other] == "VBD" and parse.tag[one] not in FINITE | {"VBN"} and not is_finite(parse, one)


def possible_ends(parse: Parse, cue: int, part: int) -> list[tuple[int, str, str]]:
    """Return where content that begins with a dependent of the cue may end, with the links inside and outside.

    None is behind a verb that shares the cue's subject and that the parser takes for a part of the content.
    """
    ends = _ends(parse, cue, part)
    above = parse.head[cue]
    if parse.dep[cue] == "advcl" and cue < above and parse.child(above, *SUBJECTS) is None:
        # "Asked whether it would sell, the owner, Ann Lee, laughed": parsers take the subject for a part of the content
        stop = min(above, part + MAX_BEFORE_SUBJECT)
        comma = next((token for token in range(part, stop) if parse.word[token] == ","), above)
        ends = [end for end in ends if end[0] <= comma]
    if parse.dep[cue] == "nsubjpass" and part < above:  # "Reports that it would close were denied"
        ends = [end for end in ends if end[0] <= above]
    aside = min((end[0] for end in ends if end[0] > part and _is_aside(parse, end[0])), default=None)
    ends = [end for end in ends if aside is None or end[0] <= aside]
    beside = _other_act(parse, cue, part)
    if beside is None or beside < part:
        return ends
    at = _before(parse, beside, part)
    return [*(end for end in ends if end[0] < at), (at, "own", _link(parse, beside))]


def _ends(parse: Parse, cue: int, part: int) -> list[tuple[int, str, str]]:
    """Return where content that begins with a dependent of the cue may end.

    Parsers attach what follows sometimes to the content and sometimes to the cue, so all ends are tried: before the last
    constituents of the content, after it, after each later dependent of the cue, and after the sentence. Each end comes with the
    links of the last constituent inside and of the first one outside.
    """
    ends = _cuts(parse, part)
    last = next((child for child in reversed(parse.children[part]) if parse.dep[child] != "punct"), None)
    if last is not None and last > part and speaks_beside(parse, last):
        return ends
    at, inside = parse.right[part] + 1, "own"
    later = [child for child in parse.children[cue] if child > part and parse.dep[child] not in ("punct", "cc")]
    for child in later[:MAX_ENDS]:
        if parse.left[child] < at:
            continue
        link = _link(parse, child)
        ends.append((at, inside, link))
        if link == ",advcl+says" and parse.tag[child] == "VBG":
            return ends  # "ordered them to leave, accusing them of theft"
        is_participle = parse.tag[cue] == "VBG" and parse.child(cue, "aux") is None
        if is_participle and parse.dep[child] == "conj" and parse.tag[child] in FINITE:
            return ends  # "Berg, asking why, left the room": parsers join two verbs of which only one is finite
        at, inside = parse.right[child] + 1, link
    stop = parse.previous_word[parse.sentence_of(cue)[1] - 1] + 1
    if stop <= at:
        return [*ends, (at, inside, "end")]
    # What follows may belong to the clause above, but not if its verb comes later: "The mayor, who said it was safe, left".
    rest = "rest" if parse.next_word[at] <= parse.right[cue] else f"above-{parse.dep[cue]}"
    ends.append((at, inside, rest))
    if rest in ("above-relcl", "above-acl") and parse.head[parse.head[cue]] >= at:
        return ends
    is_reported = rest == "above-ccomp" and verb_class(parse.lower[parse.head[cue]]) == "say"
    if (rest == "above-advcl" or is_reported) and parse.head[cue] >= at:
        return ends  # "Reed said on Friday that it was safe, the agency said"
    ends.append((stop, f"{rest}:{_link(parse, parse.next_word[at])}", "end"))
    return ends
