# SPDX-License-Identifier: Apache-2.0
"""The people, organisations and places of an article."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from spacy.language import Language
from spacy.tokens import Doc, Span

from onrecord.nlp.annotations import Entity, entities_of
from onrecord.nlp.english.parse import Parse
from onrecord.nlp.entities import entity_index, find_entities
from tests.operations import check_linear
from tests.profiles import share_of_examples


def entity(entities: tuple[Entity, ...], name: str) -> Entity:
    """Return the one entity that has this name among its forms."""
    (found,) = [e for e in entities if name in (e.name, *e.aliases)]
    return found


def names_of(found: Entity) -> list[str]:
    """Return the texts of an entity's mentions by name."""
    return [mention.span.text for mention in found.mentions if mention.kind == "NAME"]


def named(nlp: Language, text: str) -> dict[str, list[str]]:
    """Return the texts of each entity's mentions, by its name."""
    return {
        e.name: [mention.span.text for mention in e.mentions if mention.kind == "NAME"] for e in entities_of(nlp(text))
    }


# Names


def test_a_mention_is_the_name_alone(nlp: Language) -> None:
    found = named(nlp, "Mr. Ivan Petrov’s plan divided the United Nations. Sen. Laura Quint opposed Petrov's idea.")
    assert found["Ivan Petrov"] == ["Ivan Petrov", "Petrov"]
    assert found["United Nations"] == ["United Nations"]
    assert found["Laura Quint"] == ["Laura Quint"]


def test_a_name_ends_with_its_line(nlp: Language) -> None:
    text = "Talks resumed in Geneva\nMaria Lindqvist said in Geneva that the talks went well.\n"
    for e in entities_of(nlp(text)):
        assert not any("\n" in mention.span.text for mention in e.mentions)


def test_a_name_seen_once_is_found_again(nlp: Language) -> None:
    text = (
        "Harold Brankovic resigned on Monday. Asked about the vote, Brankovic shrugged. "
        "Friends of Brankovic say that he is tired. Nobody but Brankovic knew."
    )
    assert named(nlp, text)["Harold Brankovic"] == ["Harold Brankovic", "Brankovic", "Brankovic", "Brankovic"]


def test_a_surname_is_not_found_in_a_common_word_or_a_longer_name(nlp: Language) -> None:
    text = "George Field left the field early. The Field Museum of Oslo was closed, said Field."
    spans = named(nlp, text)["George Field"]
    assert "field" not in spans
    assert len(spans) == 2


def test_a_headline_in_capitals_names_whom_the_story_names(nlp: Language) -> None:
    text = (
        "SOCCER - KOVALENKO SIGNS FOR PORTO AFTER LONG TALKS.\n"
        "Petro Kovalenko signed for two years, Kovalenko's agent said.\n"
    )
    entities = entities_of(nlp(text))
    assert names_of(entity(entities, "Petro Kovalenko")) == [
        "KOVALENKO",
        "Petro Kovalenko",
        "Kovalenko",
    ]
    assert not any(m.span.text in ("SOCCER", "SIGNS", "TALKS") for e in entities for m in e.mentions)


def test_a_line_of_a_results_table_is_not_a_name(nlp: Language) -> None:
    names = named(nlp, "Results of Sunday's games:\nLisbon 3 Turin 2\nTurin 0 Geneva 4\n")
    assert all(not any(letter.isdigit() for letter in name) for name in names)


def test_a_headline_in_capitals_does_not_extend_a_name(nlp: Language) -> None:
    text = (
        "Angry Farmers Rip Harold Brankovic As Weak Leader\n\n"
        "Harold Brankovic met farmers in Lyon. Brankovic listened.\n"
    )
    found = named(nlp, text)
    assert found["Harold Brankovic"] == ["Harold Brankovic", "Harold Brankovic", "Brankovic"]
    assert not any("Rip" in name or "Farmers" in name for name in found)


def test_a_minister_is_not_the_ministry(nlp: Language) -> None:
    assert set(named(nlp, "Education Minister Carla Ruiz and Secretary of State Paul Renner met.")) == {
        "Carla Ruiz",
        "Paul Renner",
    }


# Referents


@pytest.mark.parametrize(
    ("text", "forms"),
    [
        ("Boris Tadic met reporters. Tadic smiled.", {"Boris Tadic", "Tadic"}),
        (
            "P. Simmonds won. Phil Simmonds was glad, and Simmonds said so.",
            {"P. Simmonds", "Phil Simmonds", "Simmonds"},
        ),
        ("Senator Robert Hale spoke. Bob Hale was applauded.", {"Robert Hale", "Bob Hale"}),
        ("The European Union (EU) agreed. Officials of the EU were relieved.", {"European Union", "EU"}),
        ("The United States hesitated. In the U.S., few cared. The US said nothing.", {"United States", "U.S.", "US"}),
        (
            "Envoy Stefan Wolkow left. Later Volkow called, officials said of Stefan Wolkow.",
            {"Stefan Wolkow", "Volkow"},
        ),
        ("Shops in Kiev closed. By night, Kyiv was dark.", {"Kiev", "Kyiv"}),
        (
            "Brightwater Corp. fell. Shares of Brightwater lost a tenth, Brightwater Corp. said.",
            {"Brightwater Corp.", "Brightwater"},
        ),
        ('Sailor Peter "Big Pete" Larsson sang. Larsson was tired.', {'Peter "Big Pete" Larsson', "Larsson"}),
        ("The Green Valley Party lost. The GVP blamed the weather.", {"Green Valley Party", "GVP"}),
    ],
)
def test_forms_of_one_name_are_one_entity(nlp: Language, text: str, forms: set[str]) -> None:
    assert any(forms <= {e.name, *e.aliases} for e in entities_of(nlp(text)))


def test_two_people_of_one_surname_stay_two(nlp: Language) -> None:
    text = (
        "John Smith and Jane Smith both ran for mayor. Mr. Smith promised lower taxes. "
        "Ms. Smith promised better schools, and Mr. Smith lost."
    )
    entities = entities_of(nlp(text))
    john, jane = entity(entities, "John Smith"), entity(entities, "Jane Smith")
    assert [text[m.span.start - 4 : m.span.start].strip() for m in john.mentions[1:]] == ["Mr.", "Mr."]
    assert [text[m.span.start - 4 : m.span.start].strip() for m in jane.mentions[1:]] == ["Ms."]


def test_the_one_called_by_the_given_name_is_not_the_one_the_surname_means(nlp: Language) -> None:
    text = "Anton Belov has retired. His wife Vera Belov was with him. Belov looked tired. Vera said that he was well."
    entities = entities_of(nlp(text))
    assert names_of(entity(entities, "Anton Belov")) == ["Anton Belov", "Belov"]


def test_a_person_is_not_joined_with_a_place(nlp: Language) -> None:
    text = "Denzel Washington flew to Washington, D.C., on Friday. Mr. Washington did not meet the president."
    entities = entities_of(nlp(text))
    person = entity(entities, "Denzel Washington")
    assert names_of(person) == ["Denzel Washington", "Washington"]
    assert person.type == "PERSON"
    assert any(e.type == "GPE" and "Washington" in e.name for e in entities if e is not person)


def test_a_capital_is_not_joined_with_its_country(nlp: Language) -> None:
    entities = entities_of(nlp("Russia rejected the offer. Moscow said so. France was silent, and so was Paris."))
    assert {e.name for e in entities} == {"Russia", "Moscow", "France", "Paris"}


def test_a_team_is_not_its_country(nlp: Language) -> None:
    text = (
        "SOCCER - SWEDEN BEAT PANAMA.\nSTOCKHOLM 2018-05-02\n"
        "Sweden beat Panama 2-0 in a World Cup qualifier on Sunday. The Sweden striker scored both goals at halftime. "
        "It was the last match of the season that is played in Sweden.\n"
    )
    kinds = {
        e.type: [m.span.text for m in e.mentions if m.kind == "NAME"]
        for e in entities_of(nlp(text))
        if "Sweden" in (e.name, *e.aliases)
    }
    assert kinds == {"ORG": ["SWEDEN", "Sweden", "Sweden"], "GPE": ["Sweden"]}


def test_outside_sport_a_country_that_beats_another_is_a_country(nlp: Language) -> None:
    entities = entities_of(nlp("Sweden beat Panama to the contract, ministers in Sweden said. The vote was 52-48."))
    assert entity(entities, "Sweden").type == "GPE"
    assert len(entity(entities, "Sweden").mentions) == 2


def test_all_mentions_of_a_name_vote_on_its_type(nlp: Language) -> None:
    text = "Olena Hrytsenko spoke in Kiev. Kiev was calm. Hrytsenko left Kiev. Then Hrytsenko rested."
    entities = entities_of(nlp(text))
    assert entity(entities, "Kiev").type == "GPE"
    assert entity(entities, "Hrytsenko").type == "PERSON"


def test_a_word_for_a_body_means_the_body_named_before(nlp: Language) -> None:
    found = named(nlp, "The Constitutional Court met on Tuesday. Judges of the Court voted twice.")
    assert found == {"Constitutional Court": ["Constitutional Court", "Court"]}


def test_two_places_joined_by_and_are_two(nlp: Language) -> None:
    text = "The winners of the match between Lahti and Gdynia will travel. Trinidad and Tobago sent a team."
    assert {"Lahti", "Gdynia", "Trinidad and Tobago"} <= set(named(nlp, text))


def test_a_name_whose_initials_follow_in_brackets_is_found(nlp: Language) -> None:
    text = "The ferries were checked by the Takeover and Harbours Office (THO). The THO found nothing."
    found = named(nlp, text)
    assert found["Takeover and Harbours Office"] == ["Takeover and Harbours Office", "THO", "THO"]


def test_a_surname_with_a_particle_is_the_persons(nlp: Language) -> None:
    text = "Coach Yannick Le Guellec resigned. “They deserved better,” Le Guellec said."
    assert named(nlp, text) == {"Yannick Le Guellec": ["Yannick Le Guellec", "Le Guellec"]}


def test_a_person_who_has_the_name_of_a_country_keeps_it(nlp: Language) -> None:
    text = "Pilar Montenegro lost the vote. The governor blamed Montenegro. Nobody voted for Montenegro, he said."
    assert named(nlp, text)["Pilar Montenegro"] == ["Pilar Montenegro", "Montenegro", "Montenegro"]
    text = "Pilar Montenegro lost the vote and flew to Montenegro. She likes Montenegro."
    assert {e.type for e in entities_of(nlp(text)) if "Montenegro" in e.name} == {"PERSON", "GPE"}


def test_an_office_that_none_of_two_bearers_has_is_a_third_persons(nlp: Language) -> None:
    text = "Mary Lang and Otto Lang spoke in Oslo. President Lang listened."
    people = [e for e in entities_of(nlp(text)) if e.type == "PERSON"]
    assert sorted(len(e.mentions) for e in people) == [1, 1, 1]


def test_who_is_named_in_full_again_and_again_is_not_called_by_the_surname(nlp: Language) -> None:
    text = (
        "Otto Lang won the race. His wife Mary Lang was there. Mary Lang wore blue, and Mary Lang smiled. "
        "It rained all afternoon in the old town, and the crowd went home early because of the cold wind from the sea. "
        "In the evening the streets were as empty as on a Sunday in winter. Lang said that he was happy."
    )
    assert names_of(entity(entities_of(nlp(text)), "Otto Lang")) == ["Otto Lang", "Lang"]


def test_a_bodys_short_name_is_not_another_body(nlp: Language) -> None:
    text = "The Senate Finance Committee met. The Senate will vote on Monday. The US Forest Service and the Forest Service agreed."
    found = named(nlp, text)
    assert found["Senate"] == ["Senate"]
    assert found["US Forest Service"] == ["US Forest Service", "Forest Service"]


@pytest.mark.parametrize(
    ("text", "name", "kind"),
    [
        ("He told the newspaper Coastal Letters that he was innocent.", "Coastal Letters", "ORG"),
        ("Trains stopped in the village of Unterwaldkirch.", "Unterwaldkirch", "GPE"),
        ("Borrasca Wind, a small maker of turbines, will build it.", "Borrasca Wind", "ORG"),
        ("Passengers were left standing in Villach at three in the morning.", "Villach", "GPE"),
        ("Delegates signed the Treaty on Orbital Debris in May.", "Treaty on Orbital Debris", "LAW"),
        ("Gerald Stroud and Tamquill Builders were sued.", "Tamquill Builders", "ORG"),
        ("The meeting was chaired by Per-Olof Nyman.", "Per-Olof Nyman", "PERSON"),
        ("He met staff of Howard College at noon.", "Howard College", "ORG"),
        ("We met Anna Church at noon.", "Anna Church", "PERSON"),
        ("Chipmakers such as Nordlane and Zentrix fell.", "Zentrix", "ORG"),
        ("It rained in villages including Unterwald, Kressing and Moorbach.", "Moorbach", "GPE"),
    ],
)
def test_words_around_and_inside_a_name_decide_its_type(nlp: Language, text: str, name: str, kind: str) -> None:
    assert entity(entities_of(nlp(text)), name).type == kind


def test_a_name_that_the_model_missed_is_a_person_after_a_title(nlp: Language) -> None:
    doc = nlp("He met President Okello and Senator Pemberly in May, and General Freight was sold.")
    doc.set_ents([])
    assert [(e.name, e.type) for e in find_entities(doc)] == [("Okello", "PERSON"), ("Pemberly", "PERSON")]


def test_a_side_before_a_place_makes_it_another_place(nlp: Language) -> None:
    doc = nlp("Lower Saxony, which borders Saxony, agreed.")
    doc.set_ents([Span(doc, 1, 2, label="GPE"), Span(doc, 5, 6, label="GPE")])
    assert [(e.name, e.wikidata_id) for e in find_entities(doc)] == [("Lower Saxony", "Q1197"), ("Saxony", "Q1202")]


def test_no_place_has_a_digit(nlp: Language) -> None:
    doc = nlp.make_doc("They left GX7 behind.")
    doc.set_ents([Span(doc, 2, 3, label="GPE")])
    assert [(e.name, e.type) for e in find_entities(doc)] == [("GX7", "PRODUCT")]


def test_a_short_acronym_is_one_in_capitals_only(nlp: Language) -> None:
    text = "The WHO sent a team to Chalmette, La., on Monday. Officials in LA were glad."
    found = {e.name: e.wikidata_id for e in entities_of(nlp(text))}
    assert found["WHO"] == "Q7817"
    assert found["LA"] == "Q65"
    assert found["La."] == "Q1588"


def test_room_for_a_person_is_not_a_place(nlp: Language) -> None:
    assert not any(
        "Room" in name for name in named(nlp, "There was no Room for Otto Lang in the hall. Otto Lang left.")
    )


def test_an_exchange_is_found_where_the_model_sees_its_city(nlp: Language) -> None:
    assert "Port Alder Stock Exchange" in named(nlp, "Shares on the Port Alder Stock Exchange fell by a tenth.")


# Names, roles and salience


@pytest.mark.parametrize(
    ("text", "name", "role"),
    [
        ("NATO Secretary General Erik Dahl arrived.", "Erik Dahl", "NATO Secretary General"),
        (
            "Yusuf Karim, a former adviser to the Turkish premier, declined to comment.",
            "Yusuf Karim",
            "former adviser to the Turkish premier",
        ),
        ("The Polish president, Marek Nowak, agreed.", "Marek Nowak", "Polish president"),
        ("Secretary of State Paul Renner resigned.", "Paul Renner", "Secretary of State"),
        (
            "Pilar Ruiz, the candidate of the Movement for Water (MPA), lost.",
            "Pilar Ruiz",
            "candidate of the Movement for Water",
        ),
        ("He recalled the drastic action President Otto Lang took.", "Otto Lang", "President"),
        ("Japan's Chief Cabinet Secretary Kenta Mori declined.", "Kenta Mori", "Japan's Chief Cabinet Secretary"),
        ("Sofia Reyes, a defence attorney, appealed.", "Sofia Reyes", "defence attorney"),
        ("Anna Berg, 45, a plumber who likes tea, and Paul Renner danced.", "Paul Renner", None),
        ("The poll finds Anna Berg with only a small lead over the Harbour Party.", "Anna Berg", None),
        ("Anna Berg, as a mother of two, said the bay was safe.", "Anna Berg", None),
        ("Anna Berg, the mayor, Kestrel Bank and the union met in May.", "Anna Berg", "mayor"),
    ],
)
def test_the_role_next_to_the_name(nlp: Language, text: str, name: str, role: str | None) -> None:
    assert entity(entities_of(nlp(text)), name).role == role


def test_who_is_named_often_early_and_as_a_subject_is_salient(nlp: Language) -> None:
    text = (
        "Clara Jensen won the election. Jensen thanked her voters. Jensen will take office in May. "
        "The result was announced in Oslo by the clerk Peter Moe."
    )
    entities = entities_of(nlp(text))
    assert entity(entities, "Jensen").salience > entity(entities, "Oslo").salience
    assert all(0.0 <= e.salience <= 1.0 for e in entities)


# The component


def test_the_index_leads_from_tokens_to_entities(nlp: Language) -> None:
    doc = nlp("Boris Tadic met reporters in Vienna. Tadic smiled.")
    index = entity_index(Parse.of(doc))
    entities = entities_of(doc)
    assert {doc[token].text: entities[at].name for token, at in index.items()} == {
        "Boris": "Boris Tadic",
        "Tadic": "Boris Tadic",
        "Vienna": "Vienna",
    }


def test_promos_and_credits_name_nobody(nlp: Language) -> None:
    text = "Clara Jensen won the election in Norway.\nAdditional reporting by Peter Moe"
    assert set(named(nlp, text)) == {"Clara Jensen", "Norway"}


def test_a_dateline_names_its_place_and_not_its_agency(nlp: Language) -> None:
    found = named(nlp, "VIENNA, May 2 (Reuters) - Ministers met in Vienna on Tuesday, Clara Jensen said.\n")
    assert found == {"Vienna": ["VIENNA", "Vienna"], "Clara Jensen": ["Clara Jensen"]}


def test_the_same_text_gives_the_same_entities(nlp: Language) -> None:
    text = "John Smith and Jane Smith met Smith & Sons in Kiev. Smith left. The EU (European Union) and Kyiv agreed."
    assert entities_of(nlp(text)) == entities_of(nlp(text))


def test_a_document_without_a_parse_has_entities_too(nlp: Language) -> None:
    with nlp.select_pipes(enable=["ner"]):
        doc = nlp("Boris Tadic met reporters in Vienna. Tadic smiled.")
    assert {e.name for e in find_entities(doc)} == {"Boris Tadic", "Vienna"}


SCRAPS = """
John Jane Smith Kiev Kyiv EU (EU) ( ) Mr. Mrs. U.S. 's ’s , . - — “ ” Trump Bank of the The Court said NATO beat al-Sisi
van President Paris Texas 7 2-1 soccer goals coach \u200f \x00 😀 Church Inc.
"""
NAMES = st.sampled_from([*SCRAPS.split(), "\n", "\t", "\xa0", " ", "\u2028"])


@pytest.mark.property
@share_of_examples(0.5)
@given(st.one_of(st.text(max_size=200), st.lists(NAMES, max_size=60).map(" ".join)))
def test_every_mention_slices_back_and_none_overlap(nlp: Language, text: str) -> None:
    doc = nlp(text)
    taken: set[int] = set()
    for e in entities_of(doc):
        assert e.mentions
        assert e.name
        assert e.name not in e.aliases
        for mention in e.mentions:
            span = mention.span
            assert span.text == text[span.start : span.end]
            assert span.text == span.text.strip() != ""
            assert taken.isdisjoint(range(span.start, span.end))
            taken.update(range(span.start, span.end))
        assert [m.span.start for m in e.mentions] == sorted(m.span.start for m in e.mentions)


@pytest.mark.scale
@pytest.mark.parametrize(
    "unit",
    [
        "John Aa{0} ",
        "A{0} Smith, ",
        "Aa{0} Ministry (AM) ",
        "“ ",
        "General ",
        "the EU and Kiev. ",
        "Moscow and ",
        "of Aa{0} (AA) ",
    ],
)
def test_the_work_grows_with_the_text_and_not_faster(nlp: Language, unit: str) -> None:
    def marked(count: int) -> Doc:
        words = "".join(
            unit.format(chr(97 + i % 26) + chr(97 + i // 26 % 26) + chr(97 + i // 676 % 26)) for i in range(count)
        )
        doc = nlp.make_doc(words)
        spans = [doc[i : i + 2] for i in range(0, len(doc) - 1, 5) if doc[i].text[0].isupper()]
        doc.set_ents([Span(doc, span.start, span.end, label="PERSON") for span in spans])
        return doc

    check_linear(find_entities, marked, 350)
