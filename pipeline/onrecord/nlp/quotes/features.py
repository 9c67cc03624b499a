# SPDX-License-Identifier: Apache-2.0
"""The features of a candidate, whose weights ``scoring`` sums.

A feature is a name and a value, "name=value"; a bar joins values that were seen together.

* The construction and the cue: ``f`` construction; ``w`` base form of the cue and ``c`` its class (``wf``, ``cf`` with the construction);
  ``m`` mood of the cue verb; ``l`` its label; ``k`` its dependents and ``p`` its head; ``before`` and ``behind`` the tokens next to it;
  ``q`` whether it is in marks.
* The source: ``s`` kind; ``t`` first and head word; ``u`` length and position; ``o`` how it is reached from the cue ("own" for the cue's
  subject, else the labels of the clauses on the way); ``own`` whether it is inside the content; ``d`` class of its head.
* The content: ``n`` length; ``i`` how it begins; ``h`` how much of it is in marks; ``g`` marks at its ends; ``v`` whether a nearer cue
  introduces it; ``x`` class of its head; ``z`` its last part after a comma; ``b`` the tenses of the cue, inside and outside the content.
* What follows it: ``a`` the next tokens; ``r`` how much of the sentence is left; ``in`` and ``out`` the links of the last constituent
  inside and of the first one outside.

Two names in one, such as ``nh`` or ``qs``, are two of these together.
"""

from bisect import bisect_left
from collections.abc import Iterable

from onrecord.nlp.english.cues import verbs
from onrecord.nlp.english.labels import FINITE, NOUNS
from onrecord.nlp.english.parse import Parse
from onrecord.nlp.english.quotation import ALL_MARKS
from onrecord.nlp.english.words import person_nouns, source_nouns
from onrecord.nlp.quotes.candidates import Candidate, Features, Spans
from onrecord.nlp.quotes.ends import PARTING
from onrecord.nlp.quotes.layout import QuotationLayout
from onrecord.nlp.quotes.speakers import path

PERSON_PRONOUNS = {
    "i": "I",
    "we": "we",
    "you": "you",
    "he": "he",
    "she": "he",
    "they": "they",
    "it": "it",
    "one": "one",
}
MODALS = {"will": "will", "'ll": "will", "’ll": "will", "wo": "will", "can": "can", "could": "could", "would": "would"}
CLAUSE_LENGTHS = (1, 2, 4, 8, 16, 32)
# Words with these tags appear in features as words, all others as their tags.
FUNCTION_TAGS = frozenset({"IN", "CC", "WDT", "WP", "WRB", "TO", "DT", "PRP", "RB", "MD"})
MAX_SEEN = 12  # characters of a sign or function word in a feature
MAX_MARKS = 3  # marks at the end of a content: of a quote, of one inside it, and a stray one
MAX_HEADS = 4  # from the first word of a content to its head
MAX_LOOK = 60  # tokens around the end of a content among which its last part and the next verb are searched for


def _bucket(count: int) -> int:
    return bisect_left(CLAUSE_LENGTHS, count)


def _source_kind(parse: Parse, head: int | None) -> str:
    if head is None:
        return "none"
    word, tag = parse.lower[head], parse.tag[head]
    if word in PERSON_PRONOUNS:
        return PERSON_PRONOUNS[word]
    if tag in ("PRP", "EX", "WP", "WDT", "DT"):
        return "pronoun"
    if parse.ent_type[head]:
        return parse.ent_type[head]
    return {"NNP": "name", "NNPS": "name", "NNS": "plural", "NN": "noun"}.get(tag, "other")


def _noun_class(parse: Parse, token: int) -> str:
    """Return the type of a name, the class of a noun for a source, or the tag of another word."""
    if parse.ent_type[token]:
        return parse.ent_type[token]
    word, tag = parse.lower[token], parse.tag[token]
    if tag not in NOUNS:
        return tag[:2]
    return source_nouns().get(word, (("people" if word in person_nouns() else tag), ""))[0]


def _mood(parse: Parse, verb: int) -> str:
    tag = parse.tag[verb]
    if tag[:2] != "VB":
        return "no-verb"
    auxiliaries = [child for child in parse.children[verb] if parse.dep[child] in ("aux", "auxpass", "neg", "mark")]
    words = {parse.lower[child] for child in auxiliaries}
    parts = [tag]
    if words & {"not", "n't", "n’t", "never"}:
        parts.append("not")
    if words & {"if", "whether", "unless"}:
        parts.append("if")
    if any(parse.dep[child] == "auxpass" for child in auxiliaries):
        parts.append("passive")
    modal = next((MODALS.get(parse.lower[child], "modal") for child in auxiliaries if parse.tag[child] == "MD"), None)
    if modal:
        parts.append(modal)
    if "to" in words:
        parts.append("to")
    return "-".join(parts)


def _seen(parse: Parse, token: int) -> str:
    """Return a token as it appears in features: signs and function words as they are, other words as their tags."""
    if not 0 <= token < len(parse):
        return "none"
    word = parse.lower[token]
    if word.isspace():
        return "line"
    if not parse.is_word[token] or parse.tag[token] in FUNCTION_TAGS:
        return word[:MAX_SEEN]
    return parse.tag[token]


def _tense(parse: Parse, start: int, end: int) -> str:
    """Return the tag of the first finite verb among the tokens; of a modal the word itself."""
    for token in range(start, min(end, start + MAX_LOOK)):
        if parse.tag[token] in FINITE:
            return parse.lower[token] if parse.tag[token] == "MD" else parse.tag[token]
    return "none"


def content_head(parse: Parse, first: int, end: int) -> int:
    """Return the head of a content, as far as it is near its first word."""
    head = parse.next_word[first]
    for _ in range(MAX_HEADS):
        above = parse.head[min(head, len(parse) - 1)]
        if not first <= above < end or above == head:
            break
        head = above
    return min(head, len(parse) - 1)


def describe(candidates: Iterable[Candidate], layout: QuotationLayout) -> None:
    """Give every candidate its features; ``layout`` is what they were proposed from."""
    extractor = FeatureExtractor(layout)
    for candidate in candidates:
        candidate.features = extractor.features_of(candidate)


class FeatureExtractor:
    """Finds the features of the candidates of one article; what candidates have in common is found once."""

    def __init__(self, layout: QuotationLayout) -> None:
        self.layout = layout
        self.parse = layout.parse
        self._of_source: dict[tuple[int, int | None], list[str]] = {}
        self._of_content: dict[tuple[int, str, Spans], list[str]] = {}

    def features_of(self, candidate: Candidate) -> Features:
        """Return the candidate's features: those of its content, of its cue and source, and of both."""
        cue, construction = candidate.lexical, candidate.construction
        lemma = cue.lemma if cue else ""
        main = cue.classes[0] if cue else "other"
        at = candidate.anchor, candidate.source_head
        common = self._of_source.get(at)
        if common is None:
            common = self._of_source[at] = self._cue_and_source(candidate, main)
        # The same for every source that a content may have.
        key = candidate.anchor, construction, candidate.content
        content = self._of_content.get(key)
        if content is None:
            content = self._of_content[key] = [
                "bias",
                f"f={construction}",
                f"cf={main}|{construction}",
                f"w={lemma}",
                f"wf={lemma}|{construction}",
                *self._content(candidate, main),
                *self._end(candidate, lemma),
                *candidate.links,
                *(f"{link}|{construction}" for link in candidate.links),
                *(f"{link}|{lemma}" for link in candidate.links),
            ]
        begin, end = candidate.content[0]
        own = candidate.source is not None and begin <= self.parse.start[candidate.source[0]] < end
        return content, common, [f"own={own}", f"sf={_source_kind(self.parse, candidate.source_head)}|{construction}"]

    def _cue_and_source(self, candidate: Candidate, main: str) -> list[str]:
        parse, anchor, head = self.parse, candidate.anchor, candidate.source_head
        in_marks = self.layout.region_of[anchor] >= 0
        source, mood, label = _source_kind(parse, head), _mood(parse, anchor), parse.dep[anchor]
        above = parse.head[anchor]
        over = verbs().get(parse.lower[above]) if above != anchor else None
        lemma = candidate.lexical.lemma if candidate.lexical else ""
        way = path(parse, anchor, head)
        found = [
            f"o={way}",
            f"o={way}|{parse.tag[anchor]}",
            f"o={way}|{parse.tag[anchor]}|{source}",
            f"o={way}|{lemma}",
            f"o={way}|{main}|{mood}",
            f"c={main}",
            f"s={source}",
            f"sc={source}|{main}",
            f"m={mood}",
            f"mc={mood}|{main}",
            f"q={in_marks}",
            f"qc={in_marks}|{main}",
            f"qs={in_marks}|{source}",
            f"l={label}",
            f"lc={label}|{main}",
            f"l={label}|{_seen(parse, parse.left[anchor] - 1)}",
            f"l={label}|{_seen(parse, parse.left[anchor] - 1)}|{source}",
            f"p={label}|{over.classes[0] if over else parse.tag[above]}",
            f"before={_seen(parse, anchor - 1)}",
            f"behind={_seen(parse, anchor + 1)}|{main}",
            *(f"k={parse.dep[child]}|{lemma}" for child in parse.children[anchor] if parse.dep[child] != "punct"),
        ]
        if head is not None and candidate.source is not None:
            start, end = candidate.source
            kind = _noun_class(parse, head)
            found += [f"d={kind}", f"d={kind}|{main}", f"d={kind}|{lemma}", f"d={kind}|{mood}"]
            side = "before" if head < anchor else "behind"
            found += [
                f"u={side}|{_bucket(abs(anchor - head))}",
                f"u={_bucket(end - start)}|{source}",
                f"t={_seen(parse, start)}|{source}",
            ]
            if parse.tag[head] in ("NN", "NNS"):
                found += [f"t={parse.lower[head]}", f"t={parse.lower[head]}|{main}"]
        return found

    def _content(self, candidate: Candidate, main: str) -> list[str]:
        parse, layout, construction = self.parse, self.layout, candidate.construction
        words, marked = layout.words_of(candidate.content), layout.marked_words_of(candidate.content)
        in_marks = layout.region_of[candidate.anchor] >= 0
        share = "in" if in_marks else "none" if not marked else "all" if marked == words else "part"
        begin, stop = candidate.content[0][0], candidate.content[-1][1]
        first = parse.first_at(begin)
        letter = parse.word[min(parse.next_word[first], len(parse) - 1)][0]
        starts = "capital" if letter.isupper() else "low" if letter.isalpha() else "number"
        length = _bucket(words)
        theme = _noun_class(parse, content_head(parse, first, parse.first_at(candidate.content[0][1])))
        opens, closes = parse.source[begin] in ALL_MARKS, parse.source[stop - 1] in ALL_MARKS
        return [
            f"x={theme}|{main}",
            f"x={theme}|{construction}",
            f"x={theme}|{candidate.lexical.lemma if candidate.lexical else ''}",
            f"h={share}",
            f"hf={share}|{construction}",
            f"v={self._is_introduced_nearer(candidate.anchor, first)}|{construction}",
            f"n={length}",
            f"nf={length}|{construction}",
            f"nc={length}|{main}",
            f"nh={length}|{share}|{len(candidate.content)}",
            f"i={starts}|{construction}",
            f"i={_seen(parse, first - 1)}|{starts}",
            f"i={_seen(parse, parse.next_word[first])}|{construction}",
            f"g={opens}|{closes}|{share}|{construction}",
            f"b={parse.tag[candidate.anchor]}|{_tense(parse, first, parse.first_at(candidate.content[0][1] - 1) + 1)}|{construction}",
        ]

    def _is_introduced_nearer(self, anchor: int, first: int) -> bool:
        """Whether there is another cue of speech between a cue and the content after it."""
        parse, cues = self.parse, verbs()
        between = range(max(anchor + 1, first - MAX_LOOK), first)
        return any(parse.tag[t] in FINITE and t_cue.is_speech for t in between if (t_cue := cues.get(parse.lower[t])))

    def _end(self, candidate: Candidate, lemma: str) -> list[str]:
        """Return the features of the end of the content, inside and outside."""
        parse, construction, anchor = self.parse, candidate.construction, candidate.anchor
        at = parse.first_at(candidate.content[-1][1])
        for _ in range(MAX_MARKS):
            at += at < len(parse) and parse.word[at] in ALL_MARKS
        last = max(at - 1, 0)
        sentence_end = parse.sentence_of(last)[1]
        sign = _seen(parse, at)
        following = min(parse.next_word[min(at, len(parse))], len(parse))
        then = _seen(parse, following) if following < sentence_end else "end"
        left = max(sentence_end - at, 0)
        outside = _tense(parse, at, sentence_end)
        start = parse.first_at(candidate.content[-1][0])
        parting = next((t for t in range(last, max(start, last - MAX_LOOK), -1) if parse.word[t] in PARTING), None)
        inside = "none" if parting is None else f"{_seen(parse, parting + 1)}|{_bucket(last - parting)}"
        label = "none" if following >= len(parse) else parse.dep[following]
        tense = parse.tag[anchor]
        within = "none" if parting is None else _tense(parse, parting, at)
        return [
            f"a={sign}",
            f"a={sign}|{then}",
            f"a={sign}|{then}|{construction}",
            f"a={sign}|{then}|{lemma}",
            f"a={label}|{then}",
            f"r={_bucket(left)}|{sign}",
            f"r={_bucket(left)}|{construction}",
            f"z={inside}",
            f"z={inside}|{left > 1}",
            f"b={tense}|{outside}|{then}",
            f"b={tense}|{within}|in",
        ]
