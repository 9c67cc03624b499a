# SPDX-License-Identifier: Apache-2.0
"""Where a name begins and ends, and which names are one person."""

import pytest
from spacy.language import Language
from spacy.tokens import Span

from onrecord.nlp.annotations import entities_of


def named(nlp: Language, text: str) -> dict[str, list[str]]:
    """Return the texts of each entity's mentions, by its name."""
    return {
        e.name: [mention.span.text for mention in e.mentions if mention.kind == "NAME"] for e in entities_of(nlp(text))
    }


def types(nlp: Language, text: str) -> dict[str, str]:
    """Return the type of each entity, by its name."""
    return {e.name: e.type for e in entities_of(nlp(text))}


# Headlines

STORY = "Anna Berg criticised Tom Okafor on Monday. “He is wrong,” Berg said. Okafor said that Berg was tired.\n"


@pytest.mark.parametrize(
    "text",
    [
        "Prime Minister Anna Berg Slams Tom Okafor Over Harbour Plan\n\n" + STORY,
        STORY + "\nAnna Berg Slams Tom Okafor\n\nThe vote is on Friday.\n",
        STORY + "\nAnna Berg Wins Harbour Vote After Long Debate\nTom Okafor Concedes Harbour Vote.\n",
    ],
)
def test_a_headline_above_or_inside_the_story_does_not_join_two_people(nlp: Language, text: str) -> None:
    found = named(nlp, text)
    assert set(found["Anna Berg"]) == {"Anna Berg", "Berg"}
    assert set(found["Tom Okafor"]) == {"Tom Okafor", "Okafor"}
    assert not any(verb in name for name in found for verb in ("Slams", "Wins", "Concedes"))


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Kelly Plan for Taxes Is Complex.\nAnna Kelly wants to tax land. Kelly said so on Monday.", {"Anna Kelly"}),
        (
            "Voters Abandon Harbour Party, Poll Says.\nA poll of voters shows that many leave the party. The Harbour Party is silent.",
            {"Harbour Party"},
        ),
        ("Okafor Resigns Over Secret Club.\nTom Okafor was a member of a secret club of bankers.", {"Tom Okafor"}),
    ],
)
def test_what_only_a_headline_writes_with_capitals_is_no_name(nlp: Language, text: str, names: set[str]) -> None:
    assert set(named(nlp, text)) == names


def test_a_headline_names_in_full_whom_the_story_calls_by_surname(nlp: Language) -> None:
    text = "Martin Brankovic Rejects New Harbour Plan\n\nThe plan is dead, Brankovic said. Brankovic left at noon.\n"
    assert named(nlp, text)["Martin Brankovic"] == ["Martin Brankovic", "Brankovic", "Brankovic"]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Laura Quint spoke first. Will Quint come back? Quint did not say.", "Laura Quint"),
        ("Oleg Zharov left. Earlier Zharov accused the ministers of lying. Zharov was angry.", "Oleg Zharov"),
        ("Laura Quint won. Billionaire Laura Quint paid for it. Quint smiled.", "Laura Quint"),
        ("Laura Quint won. Crowds filled the Laura Quint South Carolina party. Quint smiled.", "Laura Quint"),
        ("Laura Quint won. Imagine Laura Quint as mayor. Quint smiled.", "Laura Quint"),
    ],
)
def test_words_before_and_after_a_name_are_no_part_of_it(nlp: Language, text: str, name: str) -> None:
    found = named(nlp, text)
    assert len(found[name]) == 3
    assert [other for other in found if name.split()[1] in other] == [name]


def test_a_long_name_that_the_story_shortens_stays_whole(nlp: Language) -> None:
    text = "Debbie Holm Lindgren spoke. Lindgren was late. “No,” Holm Lindgren said. George Brandt Jr. was there. Brandt left."
    found = named(nlp, text)
    assert "Debbie Holm Lindgren" in found
    assert "George Brandt Jr." in found


# Given names that are particles too


@pytest.mark.parametrize("given", ["Ben", "Al", "Van", "Di", "Abu", "Le", "Bin"])
def test_a_particle_before_a_surname_that_is_used_alone_is_a_given_name(nlp: Language, given: str) -> None:
    text = f"{given} Harper, the minister, met crews on Monday. “We will pay,” Harper said. Harper left at noon."
    assert named(nlp, text)[f"{given} Harper"] == [f"{given} Harper", "Harper", "Harper"]


def test_a_particle_is_part_of_a_surname_that_is_never_without_it(nlp: Language) -> None:
    text = (
        "Jean van Dijk met crews on Monday. “We will pay,” Van Dijk said. Marie Le Sueur agreed. Le Sueur left at noon."
    )
    found = named(nlp, text)
    assert found["Jean van Dijk"] == ["Jean van Dijk", "Van Dijk"]
    assert found["Marie Le Sueur"] == ["Marie Le Sueur", "Le Sueur"]


# Line ends


def test_a_name_goes_on_over_the_end_of_a_wrapped_line(nlp: Language) -> None:
    text = (
        "PORT ALDER, March 3 - The minister for harbours, Katarina\nHribar, said on Monday that the town would not\n"
        "support the new timetable. “It is late,” said Bolat\nNurlanov, who leads the crews. Hribar was not asked, and\n"
        "nobody else in the town hall spoke on that day.\n"
    )
    found = named(nlp, text)
    assert found["Katarina Hribar"] == ["Katarina\nHribar", "Hribar"]
    assert found["Bolat Nurlanov"] == ["Bolat\nNurlanov"]


def test_names_on_lines_of_their_own_stay_apart(nlp: Language) -> None:
    found = named(nlp, "Those at the table:\n\nAnna Berg\nTom Okafor\nKarl Stoltz\n\nThe talks went on all night.\n")
    assert {"Anna Berg", "Tom Okafor", "Karl Stoltz"} <= set(found)


@pytest.mark.parametrize(("name", "town"), [("Joy", "Norwick"), ("Roe", "Brattlesea")])
def test_a_surname_before_a_comma_is_a_name_of_its_own(nlp: Language, name: str, town: str) -> None:
    text = f"Robin {name}, a researcher, counted the calls. According to {name}, {town} police calls vary from noise to theft."
    assert named(nlp, text)[f"Robin {name}"] == [f"Robin {name}", name]


# Titles before and honours behind


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("Sir Alan Hart OBE", "Alan Hart"),
        ("The Rt Hon Mary Cole KC MP", "Mary Cole"),
        ("Dr Sofia Quint, MD, PhD,", "Sofia Quint"),
        ("Peter Doyle Esq.", "Peter Doyle"),
        ("Professor Laura Beardsley DBE FBA", "Laura Beardsley"),
    ],
)
def test_honours_and_titles_are_no_part_of_a_name(nlp: Language, written: str, name: str) -> None:
    assert list(named(nlp, f"{written} spoke in the evening. Nobody else did.")) == [name]


# Types by context


@pytest.mark.parametrize(
    ("text", "people"),
    [
        ("Her son, Yusuf, said he was cold. Tenzin, a monk, wept.", {"Yusuf", "Tenzin"}),
        ("“It is gone,” said Suwarno, a farmer. Prabowati, his wife, agreed.", {"Suwarno", "Prabowati"}),
        ("King Haldor met Pope Severin at noon. Queen Ysolde and Prince Emeric were absent.", {"Haldor", "Ysolde"}),
        ("Sister Perpetua, who runs the school, said it was safe.", {"Perpetua"}),
        ("May Lindgren said it was late. April Stone, her deputy, agreed.", {"May Lindgren", "April Stone"}),
    ],
)
def test_the_words_around_a_name_tell_a_person(nlp: Language, text: str, people: set[str]) -> None:
    assert people <= {name for name, kind in types(nlp, text).items() if kind == "PERSON"}


def test_a_title_that_begins_another_name_is_no_title(nlp: Language) -> None:
    found = types(nlp, "The firm was sold in St. Louis. Prince Street was closed, and the Speaker Commission met.")
    assert not any(kind == "PERSON" for kind in found.values())


def test_a_month_is_no_given_name_after_a_preposition(nlp: Language) -> None:
    assert "May Lindgren" not in named(nlp, "Karin Lindgren was asked twice. In May Lindgren agreed to it.")


@pytest.mark.parametrize(
    ("text", "people"),
    [
        ("Later, Polly sold the boat.", {"Polly"}),
        ("Isabelle becomes angry at the sight of the flood.", {"Isabelle"}),
        ("Later, Polly sold the boat. A polly is a bird.", set()),
        ("They drove the lorry to Polly.", set()),
    ],
)
def test_a_given_name_alone_is_a_person_who_acts(nlp: Language, text: str, people: set[str]) -> None:
    assert {name for name, kind in types(nlp, text).items() if kind == "PERSON"} == people


# People of one surname


def test_titles_tell_apart_two_people_of_whom_one_is_named_in_full(nlp: Language) -> None:
    text = "Khizr Sarwari spoke first. Mr. Sarwari wept. Ms. Sarwari sat beside him. Then Mr. Sarwari rose."
    assert [spans for name, spans in named(nlp, text).items() if "Sarwari" in name] == [
        ["Khizr Sarwari", "Sarwari", "Sarwari"],
        ["Sarwari"],
    ]


def test_the_title_that_follows_a_full_name_tells_the_gender_of_an_unknown_given_name(nlp: Language) -> None:
    text = "Khizr Sarwari spoke. Mr. Sarwari wept. Ghazala Sarwari was there. Ms. Sarwari sat. Mr. Sarwari rose."
    found = named(nlp, text)
    assert found["Khizr Sarwari"] == ["Khizr Sarwari", "Sarwari", "Sarwari"]
    assert found["Ghazala Sarwari"] == ["Ghazala Sarwari", "Sarwari"]


@pytest.mark.parametrize(
    ("text", "people"),
    [
        ("Marquel, 24, is accused of arson. Police seized two of the guns of Marquel, 24, on Monday.", {"Marquel"}),
        ("The mayor thanked Folasade Adeyemi, who leads the union.", {"Folasade Adeyemi"}),
        ("Near Tal Ansar, two strikes destroyed three tunnels.", {"Tal Ansar"}),
        ("Minister for the Middle East Tobias Ekdahl spoke.\n\nTobias Ekdahl regrets the attack.", {"Tobias Ekdahl"}),
    ],
)
def test_what_stands_around_a_name_is_no_part_of_it_but_says_what_it_is(
    nlp: Language, text: str, people: set[str]
) -> None:
    assert {e.name for e in entities_of(nlp(text)) if e.type == "PERSON"} == people


@pytest.mark.parametrize(
    "text",
    [
        "A reply by @AnnaBerg came late. Supporters of #SaveThePort cheered.",
        "Iodine is cheap. Many people still take too little iodine. Iodine was added to the bread.",
        "Even the former Chairwoman’s computer had been hacked.",
        "Getting to the Moon is hard. The moon has ice, and a day on the moon is long.",
        "The council met in a predominantly Teal part of town.",
    ],
)
def test_addresses_topics_offices_and_common_nouns_are_no_entities(nlp: Language, text: str) -> None:
    assert entities_of(nlp(text)) == ()


@pytest.mark.parametrize(
    ("text", "name", "kind"),
    [
        ("The auditor’s Office of the Inspector General released it.", "Office of the Inspector General", "ORG"),
        ("The veteran politician Tam Kwok-hing of the union lost.", "Tam Kwok-hing", "PERSON"),
        ("Starling Studio is a friend of the festival. The studio is small.", "Starling Studio", "ORG"),
        ("He works with Councilmember Carroll Fifer on the plan.", "Carroll Fifer", "PERSON"),
        ("None of its rivals, like Google and Veltra, have a plan.", "Veltra", "ORG"),
        ("The city lies between Oslo and Norsk.", "Norsk", "GPE"),
        (
            "They praised the newspaper Beacon on Monday. A beacon is on the roof, and the beacon shines.",
            "Beacon",
            "ORG",
        ),
        ("The crew met Grace on Monday. There is grace in her work.", "Grace", "PERSON"),
    ],
)
def test_a_name_is_whole_and_what_its_words_and_those_joined_to_it_say(
    nlp: Language, text: str, name: str, kind: str
) -> None:
    assert types(nlp, text).get(name) == kind


def test_a_clause_that_the_model_takes_for_a_title_is_cut_at_its_verb(nlp: Language) -> None:
    doc = nlp.make_doc("Anna Berg accused Tom Okafor of lying.")
    for name, component in nlp.pipeline:
        if name == "onrecord_entities":
            doc.ents = [Span(doc, 0, 5, "WORK_OF_ART")]
        doc = component(doc)
    assert {e.name for e in entities_of(doc)} == {"Anna Berg", "Tom Okafor"}


def test_whoever_is_named_in_full_first_is_meant_by_the_surname_of_a_couple(nlp: Language) -> None:
    text = (
        "Vodin visits his wife Naila in hospital\n\nPresident Boris Vodin visited his wife Naila in hospital on Friday. "
        "Naila Vodin had an operation. Vodin was on holiday, aides said."
    )
    assert named(nlp, text)["Naila Vodin"] == ["Naila", "Naila", "Naila Vodin"]


def test_a_company_named_like_a_state_is_not_the_state(nlp: Language) -> None:
    assert {"Michigan Corp.", "Michigan"} <= set(named(nlp, "Michigan Corp. grew. In Michigan, workers cheered."))


# Teams and tables of sport


def test_a_dateline_with_its_country_is_a_place(nlp: Language) -> None:
    text = (
        "CRICKET - ENGLAND V PAKISTAN SCOREBOARD.\nBIRMINGHAM, England 1996-08-31\nScoreboard of the cricket match between "
        "England and Pakistan, who lost to England by five wickets in the first match of the season:\n"
    )
    found = {e.type: [m.span.text for m in e.mentions] for e in entities_of(nlp(text)) if e.name == "England"}
    assert found == {"ORG": ["ENGLAND", "England", "England"], "GPE": ["England"]}


REPORT = "SOCCER - LEAGUE RESULTS.\nVILLACH 2021-05-02\nResults of league matches played at the weekend, with goals at halftime:\n"


def test_the_rows_of_results_and_standings_are_teams(nlp: Language) -> None:
    text = (
        REPORT
        + "Villach 3 Orrelby 0\nStenmoor 1 Karlsdorf 2\nStandings, played, won, drawn, lost:\nOrrelby 4 2 1 1 7\n"
    )
    found = {(e.name, e.type): len(e.mentions) for e in entities_of(nlp(text)) if e.type == "ORG"}
    assert found["Orrelby", "ORG"] == 2
    assert {("Villach", "ORG"), ("Stenmoor", "ORG"), ("Karlsdorf", "ORG")} <= set(found)


def test_a_player_in_a_table_is_no_team(nlp: Language) -> None:
    found = types(nlp, REPORT + "Martin Brooks 71 70 69 72\nThomas Wells 70 74 71 70\nVillach 3 Orrelby 0\n")
    assert found["Martin Brooks"] == "PERSON"


def test_outside_sport_a_row_of_numbers_names_no_team(nlp: Language) -> None:
    found = types(nlp, "The price of tin rose again, traders said.\n\nOrrelby 4 2 1 1 7\nVillach 3 2 1 1 8\n")
    assert found.get("Orrelby") != "ORG" or "Villach" not in found or found["Villach"] != "ORG"


# Marks before and behind a name


@pytest.mark.parametrize("dash", ["-", "–", "—", "―", "― ", "-- "])
def test_a_dash_before_a_name_is_no_part_of_it(nlp: Language, dash: str) -> None:
    text = f"“The harbour is ours.”\n\n{dash}Karin Lindgren\n\nNobody in the town hall asked Karin Lindgren what she meant."
    assert named(nlp, text)["Karin Lindgren"] == ["Karin Lindgren", "Karin Lindgren"]


def test_two_blanks_inside_a_name_change_nothing(nlp: Language) -> None:
    text = "Billionaire  Donald Lindgren paid. Nobody asked Donald  Lindgren why."
    assert named(nlp, text) == {"Donald Lindgren": ["Donald Lindgren", "Donald  Lindgren"]}


def test_a_possessive_with_the_wrong_mark_is_no_part_of_a_name(nlp: Language) -> None:
    assert "Karin Lindgren" in named(nlp, "Karin Lindgren‘s plan was dead, and Karin Lindgren‘s friends said so.")


def test_a_surname_in_capitals_after_a_title_is_no_acronym(nlp: Language) -> None:
    text = "MR. HOLM: I did, Your Honor.\n\nMS. DERRY: Objection.\n\nJoan Derry is the lawyer of Robert Holm.\n"
    assert named(nlp, text)["Joan Derry"] == ["DERRY", "Joan Derry"]


@pytest.mark.parametrize(
    ("text", "people"),
    [
        ("The minister Wong Yeung-tat won the vote on Monday.", ["Wong Yeung-tat"]),
        ("The Ada Lindt-backed bill passed on Monday, and Lindt was glad.", ["Ada Lindt"]),
    ],
)
def test_a_name_goes_on_behind_a_hyphen_but_not_into_a_participle(nlp: Language, text: str, people: list[str]) -> None:
    assert [entity.name for entity in entities_of(nlp(text)) if entity.type == "PERSON"] == people


def test_the_labels_of_an_interview_are_people(nlp: Language) -> None:
    text = (
        "Tom Sundby ran the largest prison of the country. The former governor talks to Hannah Lume about noise.\n\n"
        "HANNAH LUME: You walked into Greywater in 2009. What did you hear first?\n\n"
        "TOM SUNDBY: Doors. Nobody tells you about the doors.\n\n"
        "LUME: In your book you claim that a third of the men should never have been there. Which third?\n\n"
        "SUNDBY: The ill ones. We had a man of seventy who believed it was 1974.\n\n"
        "LUME: The justice ministry disputes your figures."
    )
    named = {entity.name: entity.type for entity in entities_of(nlp(text))}
    assert named == {"Tom Sundby": "PERSON", "Hannah Lume": "PERSON", "Greywater": "GPE"}


# Names after titles and before bodies


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Queen Ingrid IV, who is 80, opened the bridge on Monday.", "Ingrid IV"),
        ("Foreign Minister Oyelara Bantasu of Zamora, in Oslo for talks, said so.", "Oyelara Bantasu"),
        ("Amadika Voss of Lantern Capital was gloomy.", "Amadika Voss"),
        ("Farmer Ovind Petrel has lost 30 sheep. The farmer wept.", "Ovind Petrel"),
    ],
)
def test_a_title_or_a_body_behind_it_shows_a_person_whose_name_nobody_knows(
    nlp: Language, text: str, name: str
) -> None:
    assert types(nlp, text)[name] == "PERSON"


def test_a_hospital_of_a_saint_is_no_person(nlp: Language) -> None:
    assert types(nlp, "St. Brendan Hospital is moving its patients.")["Brendan Hospital"] == "ORG"


def test_an_honorific_between_a_role_and_a_name_is_no_part_of_the_role(nlp: Language) -> None:
    (person,) = entities_of(nlp("The chairman, Sir Tom Reyle, resigned on Monday."))
    assert (person.name, person.role) == ("Tom Reyle", "chairman")
