# SPDX-License-Identifier: Apache-2.0
"""A parsed Doc as plain lists, one per column: a list is about twenty times faster to read than a ``Token``."""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterator
from functools import cached_property, wraps
from itertools import accumulate
from typing import Any, TypeVar
from weakref import WeakKeyDictionary, ref

import numpy
from spacy.tokens import Doc

from onrecord.nlp.annotations import segments_of, text_of
from onrecord.nlp.english.quotation import NO_REGION, Region, find_regions
from onrecord.nlp.segments import line_ends, paragraphs

MAX_CHILDREN = 80  # of one token, the nearest; more come from a table or noise
MAX_CLIMB = 40  # edges from a token up; no English sentence nests deeper, and a broken parse must not cost more
MAX_EDGE_PASSES = 10  # one is enough for a tree without crossing edges; spaCy stops here too
# The country, the trade and the World Health Organization are not "us", "it" and "who".
NAMES_LIKE_PRONOUNS = frozenset({"US", "IT", "WHO"})
COLUMNS = ("ORTH", "TAG", "DEP", "ENT_TYPE", "HEAD", "SENT_START", "IDX")
STRINGS = COLUMNS[:4]
MAX_LABEL_WORDS = 4  # of a speaker's name before a colon
TABLE_ENDS = frozenset("0123456789:")
# Letters: articles and prepositions are in lower case in most headlines.
MAX_SMALL_WORD = 3
MIN_CAPITALISED = 0.85
# More are of a table or a list.
MAX_NUMBERS = 1
MAX_HEADLINE = 40  # tokens
# One or two words in capitals may be an acronym or a dateline.
MIN_SHOUTED_WORDS = 3
# With more than this share of its tokens in such lines, an article is written in capitals throughout.
MAX_SHOUTED = 0.5

T = TypeVar("T")


class Parse:
    """The tokens of a Doc, column by column, each by token index.

    A Doc that was not tagged or parsed has empty tags and labels, and every token is its own root.

    Attributes:
        source: the text of the Doc.
        word: the text of a token.
        tag: its part of speech.
        dep: the label of the edge to its head.
        ent_type: the type of the named entity that it belongs to, or "".
        head: its head; itself for a root.
        start: its first code point.
        sentence: the number of its sentence.
        sentence_starts: by the number of a sentence, its first token.
    """

    def __init__(self, doc: Doc) -> None:
        """Read the columns of a Doc; ``Parse.of`` reads them only once."""
        self._doc = ref(doc)
        self._array = doc.to_array(list(COLUMNS))
        self.word, self.tag, self.dep, self.ent_type = _strings(doc, self._array[:, : len(STRINGS)])
        head, starts, offset = self._array[:, len(STRINGS) :].astype(numpy.int64).T
        self.source = text_of(doc)
        self.head: list[int] = (numpy.arange(len(doc)) + head).tolist()
        self.start: list[int] = offset.tolist()
        is_start = starts == 1
        is_start[:1] = True
        self.sentence_starts: list[int] = numpy.flatnonzero(is_start).tolist()
        self.sentence: list[int] = (numpy.cumsum(is_start) - 1).tolist()
        self._join_subjects()
        self._join_ages()

    def _join_subjects(self) -> None:
        """Make one phrase of what the parser takes for two subjects of a verb: "his co-leader", "the novelist Ada Lindt"."""
        before: int | None = None
        for name, label in enumerate(self.dep):
            if label != "nsubj":
                continue
            noun, before = before, name
            if noun is None or self.head[noun] != self.head[name]:
                continue
            if noun + 1 == name and "-" in (self.word[noun], self.word[name]):
                self.head[noun], self.dep[noun] = name, "compound"
            if not self.tag[name].startswith("NNP"):
                continue
            first = name
            while first - 1 > noun and self.head[first - 1] in range(first, name + 1):
                first -= 1
            if first - 1 == noun and self.tag[noun] == "NN":
                self.head[noun], self.dep[noun] = name, "compound"

    def _join_ages(self) -> None:
        """Make one phrase, the subject, of "the 24-year-old" before a verb, of which the parser makes modifiers of the verb."""
        for old in range(5, len(self.word) - 1):
            if self.word[old] == "old" and self.word[old - 3 : old] == ["-", "year", "-"] and self.dep[old] == "amod":
                verb, article = self.head[old], old - 5
                if verb == old + 1 and self.tag[verb].startswith("VB") and self.word[article].lower() == "the":
                    self.head[article], self.dep[old] = old, "nsubj"

    @classmethod
    def of(cls, doc: Doc) -> "Parse":
        """Return the columns of a Doc; the components of a pipeline share them, as long as none changes the Doc's tokens."""
        kept = _kept.get(doc)
        if kept is None or not numpy.array_equal(kept._array, doc.to_array(list(COLUMNS))):
            kept = _kept[doc] = cls(doc)
        return kept

    def __len__(self) -> int:
        return len(self.head)

    @property
    def doc(self) -> Doc:
        """The Doc. It is not kept alive by its columns.

        Raises:
            ReferenceError: it is gone.
        """
        doc = self._doc()
        if doc is None:
            raise ReferenceError("the Doc of these columns is gone; keep a reference to it")
        return doc

    @cached_property
    def found(self) -> dict[object, dict[int, Any]]:
        """By function, what it found of each token that it was asked about: see ``once_per_token``."""
        return defaultdict(dict)

    @cached_property
    def lower(self) -> list[str]:
        """The text of each token in lower case, but for names that look like pronouns then: US, IT, WHO."""
        return [
            word if word in NAMES_LIKE_PRONOUNS and tag.startswith("NNP") else word.lower()
            for word, tag in zip(self.word, self.tag, strict=True)
        ]

    @cached_property
    def end(self) -> list[int]:
        """The end of each token in code points."""
        return [start + len(word) for start, word in zip(self.start, self.word, strict=True)]

    @cached_property
    def capitals(self) -> list[int]:
        """The tokens that begin with a capital."""
        return [token for token, word in enumerate(self.word) if word[0].isupper()]

    @cached_property
    def common_words(self) -> frozenset[str]:
        """The words that the text has in lower case."""
        return frozenset(filter(str.islower, self.word))

    @cached_property
    def common_nouns(self) -> frozenset[str]:
        """The common nouns of the text."""
        return frozenset(
            word for word, tag in zip(self.word, self.tag, strict=True) if tag in ("NN", "NNS") and word.islower()
        )

    @cached_property
    def children(self) -> list[list[int]]:
        """The dependents of each token, in text order."""
        children: list[list[int]] = [[] for _ in self.head]
        for index, head in enumerate(self.head):
            if head != index:
                children[head].append(index)
        for head, of_one in enumerate(children):
            if len(of_one) > MAX_CHILDREN:
                children[head] = sorted(sorted(of_one, key=lambda child: (abs(child - head), child))[:MAX_CHILDREN])
        return children

    @cached_property
    def left(self) -> list[int]:
        """The first token of each token's subtree."""
        return self._edges[0]

    @cached_property
    def right(self) -> list[int]:
        """The last token of each token's subtree."""
        return self._edges[1]

    @cached_property
    def _edges(self) -> tuple[list[int], list[int]]:
        left, right = list(range(len(self))), list(range(len(self)))
        for _ in range(MAX_EDGE_PASSES):
            grown = False
            for tokens in (range(len(self)), range(len(self) - 1, -1, -1)):
                for token in tokens:
                    head = self.head[token]
                    if left[token] < left[head]:
                        left[head], grown = left[token], True
                    if right[token] > right[head]:
                        right[head], grown = right[token], True
            if not grown:
                break
        return left, right

    @cached_property
    def is_word(self) -> list[bool]:
        """Whether each token has a letter or a digit; taggers mistake stray signs for nouns."""
        return [word.isalnum() or any(map(str.isalnum, word)) for word in self.word]

    @cached_property
    def next_word(self) -> list[int]:
        """The first word at or after each token; the number of tokens where there is none, and as the last element."""
        found = [len(self)] * (len(self) + 1)
        for token in range(len(self) - 1, -1, -1):
            found[token] = token if self.is_word[token] else found[token + 1]
        return found

    @cached_property
    def previous_word(self) -> list[int]:
        """The last word at or before each token; -1 where there is none."""
        found, nearest = [], -1
        for token, is_word in enumerate(self.is_word):
            nearest = token if is_word else nearest
            found.append(nearest)
        return found

    @cached_property
    def paragraphs(self) -> list[tuple[int, int]]:
        """The paragraphs in code points, ends exclusive."""
        return [(paragraph.start, paragraph.end) for paragraph in paragraphs(self.source)]

    @cached_property
    def paragraph_starts(self) -> list[int]:
        """The first token of each paragraph."""
        return [self.first_at(start) for start, _ in self.paragraphs]

    @cached_property
    def is_body(self) -> list[bool]:
        """Whether each token is in the body of the article: not in a caption, a credit, a promo."""
        inside = [True] * len(self)
        for segment in segments_of(self.doc):
            if segment.kind != "BODY":
                first, end = self.tokens_of(segment.start, segment.end)
                inside[first:end] = [False] * (end - first)
        return inside

    @cached_property
    def regions(self) -> list[Region]:
        """The stretches of text in quotation marks, in text order."""
        return find_regions(self.source, self.paragraphs)

    @cached_property
    def region_of(self) -> list[int]:
        """The index of the innermost region that each token is inside, or ``NO_REGION``."""
        innermost = [NO_REGION] * len(self)
        for index, region in enumerate(self.regions):  # a region comes after the one around it
            for token in range(*self.tokens_of(region.inner_start, region.inner_end)):
                innermost[token] = index
        return innermost

    def tokens_of(self, start: int, end: int) -> tuple[int, int]:
        """Return the tokens that a stretch of code points touches; both ends are exclusive."""
        return bisect_right(self.end, start), bisect_left(self.start, end)

    @property
    def unwrapped(self) -> "Parse":
        """The columns without the line ends that only wrap a paragraph; the tokens after one have other indices than in the Doc."""
        return self if self._unwrapped is None else self._unwrapped

    @cached_property
    def _unwrapped(self) -> "Parse | None":
        # None instead of itself: what holds itself is freed only by the garbage collector.
        wraps = frozenset(token for token in line_ends(self.source, self.start) if "\n" in self.word[token])
        return self._without(wraps) if wraps else None

    def _without(self, left_out: frozenset[int]) -> "Parse":
        kept = [token for token in range(len(self)) if token not in left_out]
        place = [count - 1 for count in accumulate(token not in left_out for token in range(len(self)))]
        found = object.__new__(Parse)
        found._doc, found._array, found.source = self._doc, self._array, self.source
        for column in ("word", "tag", "dep", "ent_type", "start"):
            setattr(found, column, [getattr(self, column)[token] for token in kept])
        found.head = [max(place[self.head[token]], 0) for token in kept]
        numbers = [self.sentence[token] for token in kept]
        begins = [token == 0 or numbers[token] != numbers[token - 1] for token in range(len(kept))]
        found.sentence_starts = [token for token, is_first in enumerate(begins) if is_first]
        found.sentence = [count - 1 for count in accumulate(begins)]
        return found

    def ending_at(self, offset: int) -> int | None:
        """Return the token that ends at an offset, if there is one."""
        token = bisect_left(self.end, offset)
        return token if token < len(self) and self.end[token] == offset else None

    def at(self, offset: int) -> int:
        """Return the first token that starts at an offset or behind it."""
        return bisect_left(self.start, offset)

    @cached_property
    def starts_sentence(self) -> list[bool]:
        """Whether each token is the first word of its sentence, not counting opening quotation marks and brackets."""
        result, open_sentence, last = [False] * len(self), False, -1
        for index, (text, sentence) in enumerate(zip(self.word, self.sentence, strict=True)):
            if sentence != last:
                open_sentence, last = True, sentence
            if open_sentence and text[0].isalnum():
                result[index], open_sentence = True, False
        return result

    @cached_property
    def shouted(self) -> list[bool]:
        """Whether each token is in a line of capitals, such as an agency's headline, in a text that is not all capitals."""
        return self._in_lines(_is_shouted, MAX_SHOUTED)

    @cached_property
    def headline(self) -> list[bool]:
        """Whether each token is in a line that Has Its Words Capitalised, in a text with other lines."""
        return self._in_lines(_is_capitalised, 1)

    @cached_property
    def outside_headlines(self) -> frozenset[str]:
        """The words of all lines but the headlines."""
        return frozenset(text for text, is_headline in zip(self.word, self.headline, strict=True) if not is_headline)

    @cached_property
    def speaker_labels(self) -> frozenset[int]:
        """The tokens of names in capitals that begin lines before a colon, if several lines have the same ones: “LEE: Why did you go?”."""
        found: dict[str, list[range]] = defaultdict(list)
        for colon in (token for token, word in enumerate(self.word) if word == ":"):
            first = colon
            while first and first > colon - MAX_LABEL_WORDS and self.word[first - 1].isupper():
                first -= 1
            if first < colon and (first == 0 or "\n" in self.word[first - 1]):
                found[self.word[colon - 1]].append(range(first, colon))
        again = [places for places in found.values() if len(places) > 1]
        return frozenset(token for places in again for place in places for token in place if len(again) > 1)

    def _in_lines(self, is_wanted: Callable[[list[str]], bool], max_share: float) -> list[bool]:
        """Whether each token is in a wanted line; no line is wanted if they are too large a share of the text."""
        result = [False] * len(self)
        start = 0
        for index in range(len(self) + 1):
            if index == len(result) or "\n" in self.word[index]:
                result[start:index] = [is_wanted(self.word[start:index])] * (index - start)
                start = index + 1
        wanted = sum(result)
        if not wanted:
            return result
        words = sum(not text.isspace() for text in self.word)
        return result if wanted < max_share * words else [False] * len(self)

    @cached_property
    def headline_end(self) -> int:
        """The end of a first line that is a headline; 0 if it is not one."""
        end = next((index for index, text in enumerate(self.word) if "\n" in text), 0)
        return end if end and self.headline[0] else 0

    def sentence_of(self, token: int) -> tuple[int, int]:
        """Return the first token of a token's sentence and the one after its last."""
        number = self.sentence[token] + 1
        end = self.sentence_starts[number] if number < len(self.sentence_starts) else len(self)
        return self.sentence_starts[number - 1], end

    def first_at(self, offset: int) -> int:
        """Return the first token that ends after the code point ``offset``."""
        return bisect_right(self.end, offset)

    def is_spaced(self, token: int) -> bool:
        """Whether there is a space before a token, or nothing."""
        return token == 0 or self.end[token - 1] < self.start[token]

    def upward(self, token: int) -> Iterator[int]:
        """Yield a token and those above it, up to the root or ``MAX_CLIMB`` edges."""
        for _ in range(MAX_CLIMB):
            yield token
            if self.head[token] == token:
                break
            token = self.head[token]

    def child(self, token: int, *deps: str) -> int | None:
        """Return the first child of a token with one of the labels."""
        dep = self.dep
        for child in self.children[token]:
            if dep[child] in deps:
                return child
        return None

    def has(self, token: int, *words: str) -> bool:
        """Whether a child of a token is one of the words."""
        return any(self.lower[child] in words for child in self.children[token])

    def is_verb(self, token: int) -> bool:
        """Whether a token is tagged as a verb."""
        return self.tag[token].startswith("VB")


def once_per_token(function: Callable[[Parse, int], T]) -> Callable[[Parse, int], T]:
    """Let a function of an article and one of its tokens be called once for each token; what it returns must not be changed."""

    @wraps(function)
    def kept(parse: Parse, token: int) -> T:
        known = parse.found[function]
        if token not in known:
            known[token] = function(parse, token)
        return known[token]  # type: ignore[no-any-return]

    return kept


_kept: WeakKeyDictionary[Doc, Parse] = WeakKeyDictionary()


def _strings(doc: Doc, ids: Any) -> list[list[str]]:
    columns, strings = [], doc.vocab.strings
    for column in ids.T.tolist():
        names = {value: strings[value] for value in set(column)}
        columns.append(list(map(names.__getitem__, column)))
    return columns


def _is_shouted(line: list[str]) -> bool:
    words = 0
    for word in line:
        if word.isalpha():
            if not word.isupper():
                return False
            words += 1
    return words >= MIN_SHOUTED_WORDS


def _is_capitalised(line: list[str]) -> bool:
    if len(line) > MAX_HEADLINE:
        return False
    words = [word for word in line if len(word) > MAX_SMALL_WORD and word.isalpha()]
    capitalised = sum(word[0].isupper() for word in words)
    numbers = sum(word[0].isdigit() for word in line)
    return len(words) >= MIN_SHOUTED_WORDS and numbers <= MAX_NUMBERS and capitalised >= MIN_CAPITALISED * len(words)
