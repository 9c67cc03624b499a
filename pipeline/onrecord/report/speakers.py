# SPDX-License-Identifier: Apache-2.0
"""Adds quotes up to speakers: how often each is quoted, by which names, with which titles, in which articles."""

import functools
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field

from onrecord.data.names import comparable
from onrecord.data.records import QuoteRecord, Speaker
from onrecord.nlp.english import lexicon

UNNAMED = frozenset({"UNNAMED_PERSON", "UNNAMED_GROUP"})
MAX_NAMES = 8  # of each speaker's names and titles, the commonest
# How well a title presents a person, by its best word: an office before a calling (rival, aide), and both before a description.
WORTH = {"office": 1.0, "rank": 1.0, "calling": 0.4}
OTHER_WORTH = 0.25
BARE_WORTH = 0.5  # of one word: "Texas Sen." says more than "Sen."
LONG_WORTH = 0.3  # of a sentence rather than a title
MAX_TITLE_WORDS = 7
# "Texas Sen." counts for every "Sen." too, unless it is much rarer.
MIN_SHARE_OF_SHORTER = 0.1
NO_TITLE = frozenset("=<>{}|@–—")  # remains of a page, or of the line before
DESCRIBING = frozenset(
    {"only", "one", "his", "her", "their", "its"}
)  # "only doctor on stage" says nothing about who it is
LINKS = frozenset({"of", "for", "at", "from"})


@dataclass(slots=True)
class SpeakerSum:
    """The quotes of one speaker.

    Attributes:
        realis: number of quotes by realis.
        names: the words by which articles mention the speaker, counted; pronouns are left out.
        titles: how articles present the speaker, with the numbers of the articles.
        kinds: the kinds of source, counted.
        articles: numbers of the articles with a quote.
    """

    realis: Counter[str] = field(default_factory=Counter)
    names: Counter[str] = field(default_factory=Counter)
    titles: defaultdict[str, set[int]] = field(default_factory=lambda: defaultdict(set))
    kinds: Counter[str] = field(default_factory=Counter)
    articles: set[int] = field(default_factory=set)

    def add(self, quote: QuoteRecord, speaker: Speaker, article: int) -> None:
        """Add a quote of this speaker in an article."""
        self.realis[quote.realis] += 1
        self.articles.add(article)
        if speaker.mention is not None and speaker.resolution in ("NAME", "NOMINAL"):
            self.names[speaker.mention.text] += 1
        if speaker.title:
            self.titles[speaker.title].add(article)
        if speaker.kind:
            self.kinds[speaker.kind] += 1

    @property
    def kind(self) -> str | None:
        """The commonest kind of source; None if no quote has one."""
        return _common(self.kinds, 1)[0][0] if self.kinds else None

    @property
    def is_unnamed(self) -> bool:
        """Whether most quotes come from a source without a name."""
        return self.kind in UNNAMED


def common_names(counts: Counter[str]) -> list[tuple[str, int]]:
    """Return the commonest names, the commonest first."""
    return _common(counts, MAX_NAMES)


def best_titles(articles: Mapping[str, set[int]]) -> list[tuple[str, int]]:
    """Return titles with the number of their articles: first the one that presents a person best, then the commonest.

    A title that one article repeats at every quote counts once.
    """
    counts = Counter({title: len(found) for title, found in articles.items()})
    common = _common(counts, MAX_NAMES)
    if len(common) < 2:
        return common
    words = {title: comparable(title).split() for title, _ in common}

    def support(title: str) -> int:
        """Return the number of articles with the title, or with its noun alone: "secretary" of "former secretary of state"."""
        own = words[title]
        link = next((place for place, word in enumerate(own) if word in LINKS), len(own))
        return sum(
            count
            for other, count in common
            if words[other] in (own[-len(words[other]) :], own[:link][-len(words[other]) :])
            and counts[title] >= count * MIN_SHARE_OF_SHORTER
        )

    best = max(common, key=lambda one: support(one[0]) * _worth(one[0], words[one[0]]))
    return [best, *(one for one in common if one is not best)]


def _worth(title: str, words: list[str]) -> float:
    kinds = _kinds()
    worth = max((WORTH.get(kinds.get(word, ""), OTHER_WORTH) for word in words), default=0.0)
    if (
        len(words) > MAX_TITLE_WORDS
        or (words[:1] and words[0] in DESCRIBING)
        or " - " in title
        or not NO_TITLE.isdisjoint(title)
    ):
        return worth * LONG_WORTH
    return worth * BARE_WORTH if len(words) < 2 else worth


@functools.cache
def _kinds() -> dict[str, str]:
    return {comparable(word): kind for word, kind, *_ in lexicon.rows("entity_titles")}


def _common(counts: Counter[str], number: int) -> list[tuple[str, int]]:
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:number]
