# SPDX-License-Identifier: Apache-2.0
"""Adds quotes up to speakers: how often each is quoted, by which names, with which titles, in which articles."""

from collections import Counter
from dataclasses import dataclass, field

from onrecord.data.records import QuoteRecord, Speaker

UNNAMED = frozenset({"UNNAMED_PERSON", "UNNAMED_GROUP"})
MAX_NAMES = 8  # of each speaker's names and titles, the commonest


@dataclass(slots=True)
class SpeakerSum:
    """The quotes of one speaker.

    Attributes:
        realis: number of quotes by realis.
        names: the words by which articles mention the speaker, counted; pronouns are left out.
        titles: how articles present the speaker, counted.
        kinds: the kinds of source, counted.
        articles: numbers of the articles with a quote.
    """

    realis: Counter[str] = field(default_factory=Counter)
    names: Counter[str] = field(default_factory=Counter)
    titles: Counter[str] = field(default_factory=Counter)
    kinds: Counter[str] = field(default_factory=Counter)
    articles: set[int] = field(default_factory=set)

    def add(self, quote: QuoteRecord, speaker: Speaker, article: int) -> None:
        """Add a quote of this speaker in an article."""
        self.realis[quote.realis] += 1
        self.articles.add(article)
        if speaker.mention is not None and speaker.resolution in ("NAME", "NOMINAL"):
            self.names[speaker.mention.text] += 1
        if speaker.title:
            self.titles[speaker.title] += 1
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
    """Return the commonest names or titles, the commonest first."""
    return _common(counts, MAX_NAMES)


def _common(counts: Counter[str], number: int) -> list[tuple[str, int]]:
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:number]
