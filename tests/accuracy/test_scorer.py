# SPDX-License-Identifier: Apache-2.0
"""Each kind of error costs what it should, and nothing else does."""

from dataclasses import replace

import pytest

from tests.accuracy import gold
from tests.accuracy.gold import Place
from tests.accuracy.scorer import (
    KINDS,
    Counts,
    FoundEntity,
    FoundQuote,
    FoundRecords,
    FoundSegment,
    FoundStance,
    Score,
    overlap,
    pairs,
    same_name,
    score,
)

TEXT = """\
OSLO, May 1 - Minister Ana Berg rejected the toll on Friday. "It is unfair to us all," Berg said.

Berg did not say that the bridge was safe. The Harbour League, she said, backs the toll."""

GOLD = gold.parse(
    "toll",
    f"""\
style: wire
title: The toll
---
{TEXT}
---
segment DATELINE: OSLO, May 1 -
entity GPE: OSLO
  country: NO
entity PERSON: Ana Berg | Berg
  role: Minister
entity ORG: Harbour League
quote DIRECT: "It is unfair to us all,"
  cue: Berg <said>
  speaker: Ana Berg
  mention: <Berg> said
quote INDIRECT: The Harbour League | backs the toll
  cue: she <said>
  speaker: Ana Berg
  mention: she
unsaid INDIRECT: the bridge was safe
  speaker: Ana Berg
stance OPPOSE: Ana Berg | rejected <the toll>
stance SUPPORT: Harbour League | backs <the toll>
  by: Ana Berg
stance? OPPOSE: Ana Berg | "<It> is
""",
)


def place(words: str, occurrence: int = 1) -> Place:
    start = -1
    for _ in range(occurrence):
        start = TEXT.index(words, start + 1)
    return start, start + len(words)


OSLO = FoundEntity("Oslo", "GPE", (place("OSLO"),), country="NO")
BERG = FoundEntity("Ana Berg", "PERSON", (place("Ana Berg"), place("Berg", 2), place("Berg", 3)), role="minister")
LEAGUE = FoundEntity("The Harbour League", "ORG", (place("The Harbour League"),))
UNFAIR = FoundQuote("DIRECT", (place('"It is unfair to us all,"'),), (place("said"),), place("Berg", 2), "Ana Berg")
BACKS = FoundQuote(
    "INDIRECT", (place("The Harbour League"), place("backs the toll")), (place("said", 2),), place("she"), "Ana Berg"
)
SAFE = FoundQuote("INDIRECT", (place("the bridge was safe"),), (place("say"),), None, "Ana Berg")
REJECTED = FoundStance("Ana Berg", place("the toll"), "OPPOSE")
BACKED = FoundStance("Harbour League", place("the toll", 2), "SUPPORT", ("Ana Berg",))
PERFECT = FoundRecords(
    (FoundSegment("DATELINE", place("OSLO, May 1 -")),), (OSLO, BERG, LEAGUE), (UNFAIR, BACKS), (REJECTED, BACKED)
)


def errors(found: Score) -> dict[str, tuple[int, int]]:
    """Return the false positives and false negatives of each kind that has any."""
    return {kind: (one.fp, one.fn) for kind, one in found.counts.items() if one.fp or one.fn}


def test_perfect_records_score_one() -> None:
    found = score(GOLD, PERFECT)
    assert errors(found) == {}
    assert found.differences == []
    assert {kind: one.tp for kind, one in found.counts.items()} == {
        "segments": 1,
        "entities": 3,
        "mentions": 5,
        "roles": 1,
        "codes": 1,
        "metonyms": 0,
        "quotes": 2,
        "types": 2,
        "cues": 2,
        "phrases": 2,
        "speakers": 2,
        "stances": 2,
        "asserted_by": 1,
    }
    assert all(one.f1 == 1 for one in found.counts.values())


def test_no_records_miss_everything() -> None:
    found = score(GOLD, FoundRecords())
    assert {kind: one.fn for kind, one in found.counts.items()} == {
        kind: 0 if kind in ("roles", "codes", "metonyms", "asserted_by") else score(GOLD, PERFECT).counts[kind].tp
        for kind in KINDS
    }
    assert all(one.fp == one.tp == 0 for one in found.counts.values())


@pytest.mark.parametrize(
    ("found", "expected", "lines"),
    [
        (replace(PERFECT, segments=()), {"segments": (0, 1)}, ["missed segment: DATELINE |OSLO, May 1 -|"]),
        (
            replace(PERFECT, segments=(*PERFECT.segments, FoundSegment("PROMO", place("on Friday")))),
            {"segments": (1, 0)},
            ["spurious segment: PROMO |on Friday|"],
        ),
        (
            replace(PERFECT, entities=(BERG, LEAGUE)),
            {"entities": (0, 1), "mentions": (0, 1)},
            ["missed entity: GPE OSLO"],
        ),
        (
            replace(PERFECT, entities=(OSLO, BERG, replace(LEAGUE, type="PERSON"))),
            {"entities": (1, 1)},
            ["wrong entity: ORG Harbour League, found PERSON The Harbour League"],
        ),
        (
            replace(PERFECT, entities=(OSLO, BERG, LEAGUE, FoundEntity("Friday", "PERSON", (place("Friday"),)))),
            {"entities": (1, 0), "mentions": (1, 0)},
            ["spurious entity: PERSON Friday"],
        ),
        (
            replace(PERFECT, entities=(OSLO, replace(BERG, mentions=BERG.mentions[:2], role=None), LEAGUE)),
            {"mentions": (0, 1), "roles": (0, 1)},
            ["wrong role: Ana Berg: Minister, found none", "missed mention: Ana Berg: |Berg| #3"],
        ),
        (
            replace(PERFECT, entities=(replace(OSLO, country="SE", refers_to="Norway"), BERG, LEAGUE)),
            {"codes": (1, 1), "metonyms": (1, 0)},
            ["wrong country: OSLO: NO, found SE", "wrong refers to: OSLO: none, found Norway"],
        ),
        (
            replace(PERFECT, entities=(OSLO, replace(BERG, wikidata="Q1", country="NO"), LEAGUE)),
            {"codes": (1, 0)},
            ["wrong wikidata: Ana Berg: none, found Q1"],
        ),
        (
            replace(PERFECT, quotes=(BACKS,)),
            {"quotes": (0, 1), "types": (0, 1), "cues": (0, 1), "phrases": (0, 1), "speakers": (0, 1)},
            ['missed quote: DIRECT of Ana Berg: |"It is unfair to us all,"|'],
        ),
        (
            replace(PERFECT, quotes=(replace(UNFAIR, speaker="Berg"), BACKS)),
            {"speakers": (1, 1)},
            ['wrong speaker: Ana Berg, found Berg: |"It is unfair to us all,"|'],
        ),
        (
            replace(PERFECT, quotes=(replace(UNFAIR, type="MIXED", cue=(), mention=place("Ana Berg")), BACKS)),
            {"types": (1, 1), "cues": (1, 1), "phrases": (1, 1)},
            [
                'wrong type: DIRECT, found MIXED: |"It is unfair to us all,"|',
                'wrong cue: |said|, found none: |"It is unfair to us all,"|',
                'wrong phrase: |Berg|, found |Ana Berg|: |"It is unfair to us all,"|',
            ],
        ),
        (
            replace(PERFECT, quotes=(UNFAIR, BACKS, SAFE)),
            {"quotes": (1, 0), "types": (1, 0), "cues": (1, 0), "phrases": (1, 0), "speakers": (1, 0)},
            ["unsaid quote: INDIRECT of Ana Berg: |the bridge was safe|"],
        ),
        (replace(PERFECT, quotes=(UNFAIR, BACKS, replace(SAFE, said=False))), {}, []),
        (
            replace(PERFECT, quotes=(UNFAIR, BACKS, UNFAIR)),
            {"quotes": (1, 0), "types": (1, 0), "cues": (1, 0), "phrases": (1, 0), "speakers": (1, 0)},
            ['spurious quote: DIRECT of Ana Berg: |"It is unfair to us all,"|'],
        ),
        (
            replace(PERFECT, quotes=(replace(UNFAIR, said=False), BACKS)),
            {"quotes": (1, 1), "types": (1, 1), "cues": (1, 1), "phrases": (1, 1), "speakers": (1, 1)},
            [
                'missed quote: DIRECT of Ana Berg: |"It is unfair to us all,"|',
                'spurious quote: DIRECT of Ana Berg: |"It is unfair to us all,"|',
            ],
        ),
        (
            replace(PERFECT, stances=(REJECTED,)),
            {"stances": (0, 1)},
            ["missed stance: Harbour League SUPPORT |the toll|"],
        ),
        (
            replace(PERFECT, stances=(replace(REJECTED, polarity="SUPPORT"), BACKED)),
            {"stances": (1, 1)},
            ["missed stance: Ana Berg OPPOSE |the toll|", "spurious stance: Ana Berg SUPPORT |the toll|"],
        ),
        (
            replace(PERFECT, stances=(replace(REJECTED, holder="Berg"), BACKED)),
            {"stances": (1, 1)},
            ["missed stance: Ana Berg OPPOSE |the toll|", "spurious stance: Berg OPPOSE |the toll|"],
        ),
        (
            replace(PERFECT, stances=(replace(REJECTED, target=place("Friday")), BACKED)),
            {"stances": (1, 1)},
            ["missed stance: Ana Berg OPPOSE |the toll|", "spurious stance: Ana Berg OPPOSE |Friday|"],
        ),
        (
            replace(PERFECT, stances=(REJECTED, replace(BACKED, by=()))),
            {"asserted_by": (0, 1)},
            ["wrong asserted_by: Ana Berg, found none: Harbour League SUPPORT |the toll|"],
        ),
        # An optional record that was found counts as neither right nor wrong.
        (replace(PERFECT, stances=(REJECTED, BACKED, replace(REJECTED, target=place("It")))), {}, []),
    ],
)
def test_an_error_costs_what_it_should(
    found: FoundRecords, expected: dict[str, tuple[int, int]], lines: list[str]
) -> None:
    result = score(GOLD, found)
    assert errors(result) == expected
    assert result.differences == lines


def test_half_the_words_of_a_quote_are_enough_and_fewer_are_not() -> None:
    half = replace(UNFAIR, content=(place("It is unfair"),))
    assert errors(score(GOLD, replace(PERFECT, quotes=(half, BACKS)))) == {}
    fewer = replace(UNFAIR, content=(place("It is"),))
    assert errors(score(GOLD, replace(PERFECT, quotes=(fewer, BACKS))))["quotes"] == (1, 1)


def test_a_quote_without_a_phrase_of_its_own_may_have_that_of_another() -> None:
    unfair, *others = GOLD.quotes
    follows_on = replace(GOLD, quotes=(replace(unfair, mention=None), *others))
    assert errors(score(follows_on, PERFECT)) == {}
    nameless = replace(PERFECT, quotes=(replace(UNFAIR, mention=None), BACKS))
    assert errors(score(follows_on, nameless)) == {}
    assert errors(score(GOLD, nameless)) == {"phrases": (1, 1)}


def test_names_are_the_same_without_case_article_apposition_and_kind_of_apostrophe() -> None:
    assert same_name(("the Miners' Fund",), "Miners’ fund, which is broke")
    assert same_name(("Ana Berg", None), None)
    assert not same_name(("Ana Berg",), None)
    assert not same_name(("Ana Berg",), "Berg")
    assert not same_name((None,), "Berg")


def test_the_best_pairs_are_made_first() -> None:
    weights = [[0.5, 0.9], [0.6, 0.8]]
    assert pairs([0, 1], [0, 1], lambda i, j: weights[i][j]) == {1: 0, 0: 1}
    assert pairs([0, 1], [0, 1], lambda i, j: 0.0) == {}


def test_overlap_is_shared_words_by_all_words() -> None:
    assert overlap(frozenset({1, 2, 3}), frozenset({2, 3, 4})) == 0.5
    assert overlap(frozenset(), frozenset()) == 0


def test_rates_are_those_of_the_counts() -> None:
    counts = Counts(tp=3, fp=1, fn=2)
    assert (counts.precision, counts.recall) == (0.75, 0.6)
    assert counts.f1 == pytest.approx(2 / 3)
    assert Counts(fn=1).f1 == 0
