# SPDX-License-Identifier: Apache-2.0
"""To whom pronouns and noun phrases refer."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from spacy.language import Language

from onrecord.nlp.annotations import entities_of, quotes_of, references_of, stances_of
from onrecord.nlp.coreference import nouns
from onrecord.nlp.coreference.agreement import differ
from onrecord.nlp.coreference.extractor import CoreferenceResolver
from onrecord.nlp.coreference.features import ANAPHOR, CANDIDATE
from onrecord.nlp.coreference.gender import ALONE, gender_score, male_by_letters
from onrecord.nlp.coreference.ranker import KINDS, networks
from tests.operations import check_linear
from tests.profiles import share_of_examples


def referring(nlp: Language, text: str, name: str) -> list[str]:
    """Return the pronouns and noun phrases that refer to the entity with a name."""
    (found,) = [entity for entity in entities_of(nlp(text)) if entity.name == name]
    return [mention.span.text for mention in found.mentions if mention.kind != "NAME"]


@pytest.mark.parametrize(
    ("text", "name", "expected"),
    [
        ("Anna Berg opened the pier on Monday. She thanked the crews and cut a ribbon.", "Anna Berg", ["She"]),
        ("Tom Okafor sold his boat after he had lost his licence.", "Tom Okafor", ["his", "he", "his"]),
        ("Anna Berg met Tom Okafor in Leeds. She told him that the pier was safe.", "Tom Okafor", ["him"]),
        ("Tom Okafor met Anna Berg in Leeds. She told him that the pier was safe.", "Anna Berg", ["She"]),
        ("Robert Hale visited Ohio on Monday. Karl Stoltz met him there.", "Robert Hale", ["him"]),
    ],
)
def test_a_pronoun_refers_to_the_person_who_fits(nlp: Language, text: str, name: str, expected: list[str]) -> None:
    assert referring(nlp, text, name) == expected


def test_a_pronoun_inside_a_quotation_is_not_its_speaker(nlp: Language) -> None:
    text = "Anna Berg resigned on Monday. “She has lied to all of us,” Rosa Quint said. “She knew of the leak.”"
    assert referring(nlp, text, "Rosa Quint") == []
    assert referring(nlp, text, "Anna Berg") == ["She", "She"]


def test_no_woman_is_nobody(nlp: Language) -> None:
    references = references_of(nlp("No woman had won the race before. She will run again in May."))
    assert all(one.entity is None and one.noun is None for one in references.values())


def test_he_shows_that_a_name_is_that_of_a_person(nlp: Language) -> None:
    text = "Piet Holt has been mayor of Sandvik for a year. He answered our questions in his office."
    assert entities_of(nlp(text))[0].type == "PERSON"


def test_a_company_is_it_and_the_company(nlp: Language) -> None:
    text = "Brightwater Corp. closed two plants on Friday. The company said it would sell its ferries."
    assert referring(nlp, text, "Brightwater Corp.") == ["The company", "it", "its"]


@pytest.mark.parametrize(
    ("text", "name", "expected"),
    [
        ("Anna Berg, the mayor of Leeds, opened the pier.", "Anna Berg", ["the mayor"]),
        ("The mayor of Huarina, Rosa Quispe, maintains that 11 people were killed.", "Rosa Quispe", ["The mayor"]),
        ("The former mayor, Anna Berg, opened the pier.", "Anna Berg", ["The former mayor"]),
        ("Tom Okafor sold the boat to his wife, Anna Berg, on Monday.", "Anna Berg", ["his wife"]),
        # Part of the phrase that names her, or it, and no mention of its own.
        ("Tom Okafor sold the boat to his wife Anna Berg on Monday.", "Anna Berg", []),
        ("The storm hit the village of Port Alder on Monday.", "Port Alder", []),
        ("Anna Berg is not the mayor of Leeds.", "Anna Berg", []),
        ("If Anna Berg is the mayor, the pier will open.", "Anna Berg", []),
        ("Anna Berg should be the mayor of Leeds.", "Anna Berg", []),
    ],
)
def test_a_noun_at_a_name_that_it_describes_refers_to_it(
    nlp: Language, text: str, name: str, expected: list[str]
) -> None:
    assert referring(nlp, text, name) == expected


@pytest.mark.parametrize(
    ("text", "name", "expected"),
    [
        ("Ministers from Peru met in Berlin on Monday. Later the country signed the treaty.", "Berlin", []),
        ("Anna Berg works in Peru. The city has a new bridge.", "Peru", []),
    ],
)
def test_a_city_is_no_country(nlp: Language, text: str, name: str, expected: list[str]) -> None:
    assert referring(nlp, text, name) == expected


@pytest.mark.parametrize(
    ("text", "name", "expected"),
    [
        (
            "The Harbour Cup began on Monday. Tom Okafor won the tournament last year.",
            "Harbour Cup",
            ["the tournament"],
        ),
        (
            "Brightwater Corp. sold two plants. The firm will keep its ferries.",
            "Brightwater Corp.",
            ["The firm", "its"],
        ),
    ],
)
def test_a_noun_takes_up_another_of_its_group(nlp: Language, text: str, name: str, expected: list[str]) -> None:
    assert referring(nlp, text, name) == expected


def test_a_relative_is_somebody_else(nlp: Language) -> None:
    assert referring(nlp, "Anna Berg opened the pier. Her mother cut the ribbon.", "Anna Berg") == ["Her"]


def test_a_place_of_another_name_is_another_place(nlp: Language) -> None:
    text = "Gatwick Airport closed on Monday. Rosa Quint was at the Shanghai airport then."
    assert referring(nlp, text, "Gatwick Airport") == []


def test_a_court_is_called_so_by_the_head_of_its_name(nlp: Language) -> None:
    text = "The Court of Appeal heard Brightwater Corp. on Monday. The court will decide in May."
    assert referring(nlp, text, "Court of Appeal") == ["The court"]


def test_a_person_is_not_the_team_named_in_the_phrase(nlp: Language) -> None:
    text = "SOCCER - SWEDEN BEAT PANAMA.\nSTOCKHOLM 2018-05-02\nSweden beat Panama 2-0 on Sunday. The Sweden striker scored both goals."
    assert "The Sweden striker" not in [
        mention.span.text for entity in entities_of(nlp(text)) for mention in entity.mentions
    ]


def test_the_possessor_of_somebody_is_somebody_else(nlp: Language) -> None:
    text = "Rosa Quint left the firm. On Monday her boss, Anna Berg, resigned."
    assert "her" in referring(nlp, text, "Rosa Quint")
    assert referring(nlp, text, "Anna Berg") == ["her boss"]


def test_a_possessive_joined_to_a_possessor_is_the_same_owner(nlp: Language) -> None:
    text = "Tom Berg mocked Paul Okafor’s record and his support for the bill."
    assert referring(nlp, text, "Paul Okafor") == ["his"]
    assert referring(nlp, "Anna Berg sold Ruth Okafor’s house and her own car.", "Ruth Okafor") == []


def test_a_town_is_no_state_and_no_country(nlp: Language) -> None:
    text = "Ruth Okafor lives in Brattleford, Vermont. Police in Brattleford took many calls, and the state is helping them."
    assert referring(nlp, text, "Vermont") == ["the state"]
    assert referring(nlp, "The election in Karlsdorf was the first in the country.", "Karlsdorf") == []


def test_news_in_general_is_no_broadcaster(nlp: Language) -> None:
    text = "Fox News has an early show. Readers get their news online. This news pleased Fox News."
    assert referring(nlp, text, "Fox News") == []


@pytest.mark.parametrize(
    ("noun", "types", "gender"),
    [
        ("cellist", {"PERSON"}, ""),
        ("ferrywoman", {"PERSON"}, "f"),
        ("checklist", None, ""),
        ("model", {"PERSON", "PRODUCT"}, ""),
    ],
)
def test_what_a_noun_can_refer_to(noun: str, types: set[str] | None, gender: str) -> None:
    found = nouns.kind(noun)
    assert (found and (set(found.types), found.gender)) == (types and (types, gender))


def test_some_nouns_refer_to_what_is_named_more_often_than_others() -> None:
    assert nouns.rates()["company"] > 0.5 > nouns.rates()["campaign"]


def test_nobody_is_meant_by_the_weather(nlp: Language) -> None:
    text = "Anna Berg spoke in Leeds. It was raining, and it is clear that nobody came."
    assert not [reference for reference in references_of(nlp(text)).values() if reference.entity is not None]


def test_a_noun_is_meant_where_nobody_is_named(nlp: Language) -> None:
    doc = nlp("The farmers met on Monday. They want a new dam.")
    (reference,) = [one for token, one in references_of(doc).items() if doc[token].text == "They"]
    assert (reference.entity, doc[reference.noun].text) == (None, "farmers")


# Offices


CHILE_AND_FRANCE = (
    "Chilean President Ana Fuentes met French President Luc Morel. “We support the pact,” the Chilean president said. "
    "“We reject the pact,” the French president said."
)


def test_a_nationality_tells_two_presidents_apart(nlp: Language) -> None:
    assert [quote.speaker.name for quote in quotes_of(nlp(CHILE_AND_FRANCE))] == ["Ana Fuentes", "Luc Morel"]


def test_an_office_that_nobody_holds_is_named_by_its_words(nlp: Language) -> None:
    text = "Prime Minister Anna Berg opened the pier. “The money is gone,” the finance minister said on Monday."
    assert [quote.speaker.name for quote in quotes_of(nlp(text))] == ["the finance minister"]


@pytest.mark.parametrize(
    ("modifiers", "description", "expected"),
    [
        ({"chilean"}, {"french", "president"}, True),
        ({"chile"}, {"chilean", "president"}, False),
        ({"former"}, {"minister"}, True),
        ({"former"}, {"former", "minister"}, False),
        ({"deputy"}, {"minister"}, True),
        ({"finance"}, {"foreign", "minister"}, True),
        ({"finance"}, {"finance", "minister"}, False),
        ({"finance"}, {"minister"}, False),
        ({"new"}, {"minister"}, False),
        ({"former"}, set(), False),
    ],
)
def test_what_a_description_excludes(modifiers: set[str], description: set[str], expected: bool) -> None:
    assert differ(frozenset(modifiers), frozenset(description)) is expected


# What the records promise


@pytest.mark.parametrize("text", ["He opposes the dam.", "They reject it.", "Her party supports them. It backs her."])
def test_no_party_of_a_stance_is_a_bare_pronoun(nlp: Language, text: str) -> None:
    pronouns = {"he", "she", "it", "they", "him", "her", "them", "his", "its", "their"}
    names = {party.name.lower() for stance in stances_of(nlp(text)) for party in (stance.holder, stance.target)}
    assert not names & pronouns


@pytest.mark.property
@share_of_examples(1)
@given(
    st.lists(
        st.sampled_from(
            [
                "Anna Berg",
                "Tom Okafor",
                "the mayor",
                "She",
                "him",
                "the company",
                "Brightwater Corp.",
                "they",
                "“",
                "”",
                "said",
                "met",
                "sued",
                "that",
                ".",
                ",",
                "its",
                "ferry",
                "and",
                "\n\n",
                "the Chilean president",
                "of",
            ]
        ),
        max_size=40,
    )
)
def test_every_place_is_a_mention_of_one_entity_and_comes_in_text_order(nlp: Language, words: list[str]) -> None:
    entities = entities_of(nlp(" ".join(words)))
    places = [mention.span for entity in entities for mention in entity.mentions]
    assert len(places) == len(set(places))
    for entity in entities:
        starts = [mention.span.start for mention in entity.mentions]
        assert starts == sorted(starts)


@pytest.mark.scale
def test_the_work_grows_in_line_with_the_text(nlp: Language) -> None:
    def text(size: int) -> str:
        return "Anna Berg met the mayor. She told Brightwater Corp. that it had lied to the minister of Peru. " * size

    check_linear(CoreferenceResolver(), lambda size: nlp(text(size)), 20)


# Gender


def test_titles_given_names_and_endings_show_gender(nlp: Language) -> None:
    text = "Mrs. Okonjo met David Stern, Robin Thomas and Kevin. Thomas left first."
    shown = {entity.name: gender_score(entity, text) for entity in entities_of(nlp(text))}
    assert shown == {"Okonjo": -1.0, "David Stern": 1.0, "Robin Thomas": 0.0, "Kevin": ALONE}


@pytest.mark.parametrize(("name", "is_male"), [("zorinda", False), ("velislava", False), ("ardomir", True)])
def test_the_last_letters_of_an_unlisted_name_show_gender(name: str, is_male: bool) -> None:
    assert (male_by_letters(name) > 0) is is_male


def test_the_networks_take_the_features() -> None:
    assert set(networks()) == set(KINDS)
    assert {network.hidden.shape[0] for network in networks().values()} == {len(ANAPHOR) + len(CANDIDATE)}


@pytest.mark.parametrize(
    ("text", "name", "expected"),
    [
        ("Dr. Lena Okoro read the scan. The doctor said it was clear.", "Lena Okoro", ["The doctor"]),
        (
            "Ada Lindt, prosecuting, opened the case. The prosecutor said the keys were lost.",
            "Ada Lindt",
            ["The prosecutor"],
        ),
        (
            "Tom Reyle, for the defence, rose. The barrister said the keys were lost.",
            "Tom Reyle",
            ["The barrister"],
        ),
        ("A retired judge, Sir Tom Reyle, came. The former judge spoke.", "Tom Reyle", ["The former judge"]),
    ],
)
def test_a_title_or_a_part_in_court_is_taken_up_by_a_noun(
    nlp: Language, text: str, name: str, expected: list[str]
) -> None:
    assert referring(nlp, text, name)[-1:] == expected


def test_nobody_is_both_the_defendant_and_the_witness(nlp: Language) -> None:
    text = "The defendant, Mara Quill, sat down. Ada Lindt met her in June. The witness said she had been ill."
    assert "The witness" not in referring(nlp, text, "Mara Quill")


@pytest.mark.parametrize("body", ["The regulator", "The council", "The tribunal"])
def test_an_institution_is_no_company_that_nobody_calls_so(nlp: Language, body: str) -> None:
    assert referring(nlp, f"Brightpost sells stamps. {body} called the prices “absurd”.", "Brightpost") == []


def test_an_institution_may_have_a_name_of_the_same_group(nlp: Language) -> None:
    text = "Norwick Licensing Board met on Monday. The authority said in March it would wait."
    assert referring(nlp, text, "Norwick Licensing Board")[0] == "The authority"


def test_whose_member_somebody_is_is_not_she(nlp: Language) -> None:
    text = "Wendell Abioye of Kestrel Bank was glum. Rates will rise, he said."
    assert referring(nlp, text, "Kestrel Bank") == []
