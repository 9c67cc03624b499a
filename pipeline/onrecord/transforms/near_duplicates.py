# SPDX-License-Identifier: Apache-2.0
"""FindCopies: finds the texts of a backfill that add nothing to another one, by groups that no phrase makes too large to compare."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import apache_beam as beam
import numpy as np

from onrecord.data.article import Article
from onrecord.data.near_duplicates import UNDATED, Candidate, Words, copied, keys_of, pairs, words_of
from onrecord.data.versions import micros
from onrecord.transforms.sides import Sides, Tagged

# A text: its candidate's values, and its words as bytes.
Text = tuple[int, str, str, int, bytes]
Values = tuple[int, str, str, int]
CopyValues = tuple[int, str, str, float]


def text_of(article: Article) -> Iterator[tuple[str, Text]]:
    """Yield the text of an article by its hash, if it is long enough to be compared."""
    words = words_of(article.text)
    if keys_of(words):
        published = UNDATED if article.published_at is None else micros(article.published_at)
        sha = article.text_sha256
        yield sha, (published, article.article_id, sha, len(words), words.astype("<u4").tobytes())


def _words(encoded: bytes) -> Words:
    return np.frombuffer(encoded, dtype="<u4")


def by_keys(text: tuple[str, Text]) -> Iterator[tuple[int, Values]]:
    """Yield a text without its words, by each of its keys."""
    published, article_id, sha, length, encoded = text[1]
    for key in keys_of(_words(encoded)):
        yield key, (published, article_id, sha, length)


def to_compare(of_one_key: tuple[int, Iterable[Values]]) -> Iterator[tuple[str, str]]:
    """Yield pairs of texts by their hashes: one, and another that may be a copy of it."""
    for text, other in pairs(Candidate(*values) for values in of_one_key[1]):
        yield other.text_sha256, text.text_sha256


def to_copies(group: tuple[str, Iterable[Tagged]], sides: Sides) -> Iterator[tuple[str, Text]]:
    """Yield a text by the hashes of those that may be copies of it."""
    found = sides.of(group[1])
    for text in found["text"]:
        yield from ((sha, text) for sha in sorted(set(found["pairs"])))


def compare(group: tuple[str, Iterable[Tagged]], sides: Sides) -> Iterator[tuple[str, CopyValues]]:
    """Yield what a text is a copy of."""
    found = sides.of(group[1])
    for *_, encoded in found["text"]:
        for published, article_id, sha, _, encoded_other in found["others"]:
            share = copied(_words(encoded), _words(encoded_other))
            if share is not None:
                yield group[0], (published, article_id, sha, share)


def by_original(copy: tuple[str, CopyValues]) -> tuple[str, tuple[str, CopyValues]]:
    """Return a copy by the hash of its original."""
    return copy[1][2], copy


def of_originals(group: tuple[str, Iterable[Tagged]], sides: Sides) -> Iterator[tuple[str, CopyValues]]:
    """Yield the copies of a text, unless it is itself a copy: what it says is then extracted from neither."""
    found = sides.of(group[1])
    if not found["originals"]:
        yield from found["copies"]


def first_of(group: tuple[str, Iterable[Any]]) -> tuple[str, Any]:
    """Return a key with the least of its values."""
    key, values = group
    return key, min(values)


@dataclass
class _Joined(beam.PTransform):  # type: ignore[misc]
    """Groups collections by key, and calls a function with each group and its ``Sides``; ``types`` are those of the values."""

    types: dict[str, Any]
    function: Callable[[tuple[str, Iterable[Tagged]], Sides], Iterator[Any]]
    made: Any

    def __post_init__(self) -> None:
        super().__init__()

    def expand(self, collections: dict[str, beam.PCollection[tuple[str, Any]]]) -> beam.PCollection[Any]:
        """Return what the function yields."""
        sides = Sides(**self.types)
        grouped = sides.grouped(**collections)
        return grouped | "Each" >> beam.FlatMap(self.function, sides).with_output_types(self.made)


class FindCopies(beam.PTransform):  # type: ignore[misc]
    """Finds copies of other texts, as ``onrecord.data.near_duplicates`` defines them, whatever the order of the articles.

    A text that is a copy of several is one of the first of them by date. Only a text that is not a copy has copies.
    """

    def expand(self, articles: beam.PCollection[Article]) -> beam.PCollection[tuple[str, CopyValues]]:
        """Return the ``Copy`` of each text that is one, by the text's hash."""
        texts = (
            articles
            | "Words" >> beam.FlatMap(text_of).with_output_types(tuple[str, Text])
            | "SameWords" >> beam.GroupByKey()
            | "FirstOfText" >> beam.Map(first_of).with_output_types(tuple[str, Text])
        )
        pairs_of_texts = (
            texts
            | "Keys" >> beam.FlatMap(by_keys).with_output_types(tuple[int, Values])
            | "SameKey" >> beam.GroupByKey()
            | "Pairs" >> beam.FlatMap(to_compare).with_output_types(tuple[str, str])
        )
        others = {"text": texts, "pairs": pairs_of_texts} | "Others" >> _Joined(
            {"text": Text, "pairs": str}, to_copies, tuple[str, Text]
        )
        copies = {"text": texts, "others": others} | "Compare" >> _Joined(
            {"text": Text, "others": Text}, compare, tuple[str, CopyValues]
        )
        of_one = copies | "ByOriginal" >> beam.Map(by_original).with_output_types(tuple[str, tuple[str, CopyValues]])
        sides = {"copies": tuple[str, CopyValues], "originals": CopyValues}
        return (
            {"copies": of_one, "originals": copies}
            | "OfOriginals" >> _Joined(sides, of_originals, tuple[str, CopyValues])
            | "SameCopy" >> beam.GroupByKey()
            | "First" >> beam.Map(first_of).with_output_types(tuple[str, CopyValues])
        )
