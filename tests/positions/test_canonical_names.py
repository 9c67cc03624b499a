# SPDX-License-Identifier: Apache-2.0
"""Which names of people are joined across the articles of a run."""

from dataclasses import replace
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

import onrecord
from onrecord.data.names import name_key
from onrecord.data.records import EntityRecord, Mention, Span
from onrecord.positions.canonical_names import MIN_ARTICLES, NameCounts, canonical_names
from tests.positions.entities import entity_record

ARTICLE = count()


def entity(name: str, *aliases: str, kind: str = "PERSON", pronoun: str = "") -> EntityRecord:
    """Return an entity of an article of its own."""
    pronouns = (Mention(Span(0, len(pronoun), pronoun), "PRONOUN"),) if pronoun else ()
    return entity_record(f"a-{next(ARTICLE)}", name, kind, name_key(name), *aliases, mentions=pronouns)


def joined(*entities: EntityRecord) -> dict[str, str]:
    return {short: one.key for short, one in canonical_names(entities).items()}


OKAFOR = [entity("Ruth Okafor", "Okafor")] * 20
BARE = entity("Okafor")


def test_a_surname_is_joined_with_the_full_name_that_nearly_all_articles_mean() -> None:
    (one,) = canonical_names([*OKAFOR, entity("Ben Okafor", "Okafor"), BARE, BARE]).values()
    assert (one.written, one.name, one.key, one.articles) == ("Okafor", "Ruth Okafor", "ruth okafor", 2)
    assert one.reason == (
        "20 of 21 articles that show whom or what this name means mean Ruth Okafor; "
        "20 of 21 with it in a full name name Ruth Okafor"
    )


def test_a_given_name_and_a_surname_of_several_words_are_joined_too() -> None:
    articles = [entity("Marta van der Lind", "Marta", "van der Lind")] * MIN_ARTICLES
    assert joined(*articles) == {"marta": "marta van der lind", "van der lind": "marta van der lind"}


@pytest.mark.parametrize(
    "others",
    [
        [entity("Ben Okafor", "Okafor")] * 3,  # somebody else of this name, whom articles call by it
        [entity("Ben Okafor")] * 3,  # who is always called by the full name
        [entity("Okafor Hale")] * 3,  # who has it as a given name
        [entity("Okafor", kind="GPE")] * 3,  # a place
        [entity("Okafor Mills", "Okafor", kind="ORG")] * 3,  # a company
        [entity(f"{name} Okafor", "Okafor") for name in ("Ben", "Ines", "Lena", "Olga")],  # a family
        [entity("Okafor", pronoun="he"), entity("Ruth Okafor", "Okafor", pronoun="she")],  # a man
    ],
)
def test_a_name_that_may_mean_something_else_is_not_joined(others: list[EntityRecord]) -> None:
    assert joined(*OKAFOR, BARE, *others) == {}


@pytest.mark.parametrize("articles", [MIN_ARTICLES - 1, MIN_ARTICLES])
def test_few_articles_say_too_little(articles: int) -> None:
    assert bool(joined(*OKAFOR[:articles], BARE)) == (articles == MIN_ARTICLES)


def test_a_full_name_alone_does_not_show_that_the_surname_is_used_for_it() -> None:
    assert joined(*[entity("Ruth Okafor")] * 20, BARE) == {}


def test_a_variant_is_joined_if_articles_use_both() -> None:
    variants = [entity("Ruth Hale Okafor", "Ruth Okafor", "Okafor"), entity("Ruth Hale Okafor")]
    assert joined(*OKAFOR, *variants) == {"okafor": "ruth okafor", "ruth hale okafor": "ruth okafor"}
    # One article among many may have mixed two people up.
    assert joined(*OKAFOR, *variants, *[entity("Ruth Hale Okafor")] * 8) == {}


def test_another_form_of_the_given_name_is_joined_where_hardly_anybody_else_has_the_surname() -> None:
    tim = [entity("Tim Okafor", "Okafor")] * 20
    assert joined(*tim, entity("Timothy Okafor")) == {"okafor": "tim okafor", "timothy okafor": "tim okafor"}
    assert "timothy okafor" not in joined(*tim, entity("Timothy Okafor"), *[entity("Ruth Okafor")] * 4)


def test_a_given_name_that_is_short_for_two_others_is_joined_with_neither() -> None:
    alex = [entity("Alex Okafor")] * 20
    assert joined(*alex, entity("Alexander Okafor")) == {"alexander okafor": "alex okafor"}
    assert joined(*alex, entity("Alexander Okafor"), entity("Alexandra Okafor")) == {}
    assert joined(*[entity("A. Okafor")] * 20, *(entity(f"A{letter}na Okafor") for letter in "bcdefgh")) == {}


def test_father_and_son_with_other_middle_names_stay_apart() -> None:
    assert joined(*[entity("Tim Okafor")] * 20, *[entity("Timothy Hale Okafor")] * 2) == {}


def test_old_records_without_a_key_are_counted_by_their_names() -> None:
    assert joined(*(replace(one, name_key="") for one in OKAFOR)) == {"okafor": "ruth okafor"}


def test_a_run_with_too_many_names_has_no_joined_names() -> None:
    counts = NameCounts(max_counts=3)
    for name, aliases in (("Ruth Okafor", ["Okafor"]), ("Ines Duarte", []), *([("Ruth Okafor", ["Okafor"])] * 9)):
        counts.add("PERSON", name, "", aliases, [])
    assert counts.overflowed
    assert counts.joined() == {}


def test_the_function_is_public() -> None:
    assert onrecord.canonical_names is canonical_names


FULL = st.sampled_from(["Ruth Okafor", "Ruth Hale Okafor", "Tim Hale", "Timothy Hale", "Ben Okafor", "Hale Okafor"])
ALIASES = st.lists(st.sampled_from(["Okafor", "Ruth", "Hale", "Ruth Okafor", "Tim", "Tim Hale"]), max_size=3)
ENTITIES = st.builds(
    lambda name, aliases, kind, pronoun: entity(name, *aliases, kind=kind, pronoun=pronoun),
    FULL | st.sampled_from(["Okafor", "Hale"]),
    ALIASES,
    st.sampled_from(["PERSON"] * 9 + ["ORG"]),
    st.sampled_from(["", "", "he", "She"]),
)


@given(st.lists(st.tuples(ENTITIES, st.integers(1, 12)), max_size=8).flatmap(
    lambda drawn: st.tuples(*(st.permutations([one for one, times in drawn for _ in range(times)]) for _ in "ab"))
))  # fmt: skip
def test_the_order_of_records_makes_no_difference(orders: tuple[list[EntityRecord], list[EntityRecord]]) -> None:
    first, second = map(canonical_names, orders)
    assert first == second
    # Nothing is joined with a name that is itself joined.
    assert not {one.key for one in first.values()} & first.keys()
