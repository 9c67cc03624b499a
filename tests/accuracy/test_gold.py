# SPDX-License-Identifier: Apache-2.0
"""Annotations are resolved to positions in the text, or rejected."""

import re

import pytest

from tests.accuracy import gold
from tests.accuracy.gold import Article, GoldError

TEXT = """\
OSLO, May 1 - Helen Marsh met her cousin Tom Marsh on Friday.

"We will sell," Ms Marsh said. "We will not," Mr Marsh said.

By Ann Marsh"""


def article(annotations: str) -> Article:
    return gold.parse("marsh", f"style: wire\ntitle: A sale\n---\n{TEXT}\n---\n{annotations}")


def words(place: gold.Place) -> str:
    return TEXT[place[0] : place[1]]


def test_the_gold_set_loads_and_has_every_kind_of_record() -> None:
    articles = gold.load()
    assert len(articles) >= 24
    for kind in ("segments", "entities", "quotes", "stances"):
        assert any(getattr(one, kind) for one in articles)
    assert any(not quote.said for one in articles for quote in one.quotes)


def test_a_span_is_its_words() -> None:
    (quote,) = article('quote DIRECT: "We will sell,"').quotes
    assert [words(place) for place in quote.content] == ['"We will sell,"']


def test_words_around_a_span_single_it_out() -> None:
    (quote,) = article('quote DIRECT: "We will not,"\n  cue: Mr Marsh <said>\n  speaker: Tom Marsh').quotes
    assert quote.cue == ((TEXT.rindex("said"), TEXT.rindex("said") + 4),)
    assert quote.speaker == ("Tom Marsh",)


def test_a_long_span_may_be_abbreviated() -> None:
    (quote,) = article("quote INDIRECT: Helen [...] Tom Marsh").quotes
    assert [words(place) for place in quote.content] == ["Helen Marsh met her cousin Tom Marsh"]


@pytest.mark.parametrize(
    ("span", "message"),
    [
        ("said", "'said' occurs 2 times"),
        ("Helen Swamp", "'Helen Swamp' occurs 0 times"),
        ("elen Marsh", "'elen Marsh' occurs 0 times"),
        ("Ms <Marsh said", "unbalanced angle brackets"),
    ],
)
def test_a_span_that_is_ambiguous_or_absent_is_refused(span: str, message: str) -> None:
    with pytest.raises(GoldError, match=f"marsh: .*{re.escape(message)}"):
        article(f"quote INDIRECT: {span}")


def test_a_form_is_every_occurrence_outside_longer_forms_and_bylines() -> None:
    helen, tom = article(
        "segment BYLINE: By Ann Marsh\nentity PERSON: Helen Marsh\nentity PERSON: Tom Marsh | Marsh"
    ).entities
    assert [words(place) for place in helen.mentions] == ["Helen Marsh"]
    assert [words(place) for place in tom.mentions] == ["Tom Marsh", "Marsh", "Marsh"]


def test_occurrences_in_brackets_tell_two_bearers_of_a_name_apart() -> None:
    helen, tom = article(
        "entity PERSON: Helen Marsh | Ms <Marsh>\nentity PERSON: Tom Marsh | Mr <Marsh>\nentity PERSON: Ann Marsh"
    ).entities[:2]
    assert [place[0] for place in helen.mentions] == [TEXT.index("Helen"), TEXT.index("Ms Marsh") + 3]
    assert [place[0] for place in tom.mentions] == [TEXT.index("Tom"), TEXT.index("Mr Marsh") + 3]


def test_a_form_of_two_entities_is_refused() -> None:
    with pytest.raises(GoldError, match="claimed by two entities"):
        article("entity PERSON: Helen Marsh | Marsh\nentity PERSON: Tom Marsh | Marsh")


def test_an_entity_without_a_mention_is_refused() -> None:
    with pytest.raises(GoldError, match="no mention"):
        article("entity PERSON: Ann Marsh | Ann\nsegment BYLINE: By Ann Marsh")


def test_alternatives_null_and_optional_records_are_read() -> None:
    (entity,) = article("entity? GPE/LOC: OSLO\n  role: capital / -\n  country: NO").entities
    assert (entity.types, entity.optional) == (("GPE", "LOC"), True)
    assert (entity.role, entity.country, entity.wikidata) == (("capital", None), ("NO",), (None,))


@pytest.mark.parametrize(
    "annotation",
    [
        "quote DIRECTLY: OSLO",
        "quotation DIRECT: OSLO",
        "stance OPPOSE: Helen Marsh",
        "stance OPPOSE/SUPPORT: Helen Marsh | OSLO",
        "entity GPE: OSLO\n  speaker: Helen Marsh",
        "entity GPE: OSLO\n  role: city\n  role: capital",
        "  role: city",
    ],
)
def test_a_malformed_annotation_is_refused(annotation: str) -> None:
    with pytest.raises(GoldError, match="marsh: "):
        article(annotation)
