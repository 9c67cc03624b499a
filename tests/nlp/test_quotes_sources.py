# SPDX-License-Identifier: Apache-2.0
"""What kind of source a speaker is, how the article presents it, why it has no name, and who speaks together."""

import pytest
from spacy.language import Language

from onrecord.nlp.annotations import Attribution, Quote, quotes_of


def quotes(nlp: Language, text: str) -> list[Quote]:
    return [quote for quote in quotes_of(nlp(text)) if quote.speaker is not None]


def speakers(nlp: Language, text: str) -> list[Attribution]:
    return [quote.speaker for quote in quotes_of(nlp(text)) if quote.speaker is not None]


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Anna Berg said the harbour was safe.", "NAMED_PERSON"),
        ("“The harbour is safe,” said a docker.", "UNNAMED_PERSON"),
        ("A person familiar with the talks said the price had doubled.", "UNNAMED_PERSON"),
        ("Several officials said the harbour was safe.", "UNNAMED_GROUP"),
        ("Residents say the cranes are too loud.", "UNNAMED_GROUP"),
        ("Everyone says the cranes are too loud.", "UNNAMED_GROUP"),
        ("Authorities say the cranes are too loud.", "UNNAMED_GROUP"),
        ("Kestrel’s workers said they had not been paid.", "UNNAMED_GROUP"),
        ("A whip told the Gazette that the harbour was safe.", "UNNAMED_PERSON"),
        ("The fourteen superdelegates said the harbour was safe.", "UNNAMED_GROUP"),
        ("A slide says that the harbour is safe.", "DOCUMENT"),
        ("The Democrats said the bill was dead.", "NAMED_GROUP"),
        ("The Kestrel Institute said the gulls were dying.", "ORGANIZATION"),
        ("Norway said the pact was dead.", "ORGANIZATION"),
        ("Police said the bridge was closed.", "ORGANIZATION"),
        ("The ministry said the bridge was closed.", "ORGANIZATION"),
        ("A spokesman for the ministry said the bridge was closed.", "ORGANIZATION"),
        ("A spokesman said the bridge was closed.", "UNNAMED_PERSON"),
        ("The lawsuit says the harbour was sold in secret.", "DOCUMENT"),
        ("Court filings show that the harbour was sold in secret.", "DOCUMENT"),
        ("A poll found that most voters liked the bridge.", "DOCUMENT"),
        ("The bridge is closed, according to the report.", "DOCUMENT"),
    ],
)
def test_the_kind_of_a_source(nlp: Language, text: str, kind: str) -> None:
    (speaker,) = speakers(nlp, text)
    assert speaker.kind == kind


def test_a_pronoun_without_a_person_has_a_kind_too(nlp: Language) -> None:
    assert [s.kind for s in speakers(nlp, "“It is cold in here tonight,” she said.")] == ["UNNAMED_PERSON"]


@pytest.mark.parametrize(
    ("text", "title"),
    [
        (
            "Anna Berg, co-founder and director of the Kestrel Institute, said the bay was safe.",
            "co-founder and director of the Kestrel Institute",
        ),
        (
            "“The bay is safe,” said Anna Berg, a staff attorney with the Kestrel Institute.",
            "staff attorney with the Kestrel Institute",
        ),
        ("Anna Berg, a nurse who works nights, said the bay was safe.", "nurse"),
        ("Anna Berg, a 37-year-old welder, said the bay was safe.", "37-year-old welder"),
        ("Anna Berg, one of the port’s junior pilots, said the bay was safe.", "one of the port’s junior pilots"),
        ("Finance Minister Anna Berg said the bay was safe.", "Finance Minister"),
        ("The head of the water board, Anna Berg, said the bay was safe.", "head of the water board"),
        ("Anna Berg (the mayor of Norwick) said the bay was safe.", "mayor of Norwick"),
        ("Anna Berg, who heads the water board, said the bay was safe.", "heads the water board"),
        (
            "The bay is safe, Anna Berg said.\n\nBerg is the director of the Kestrel Institute.",
            "director of the Kestrel Institute",
        ),
        (
            "“The bay is safe,” said Anna Berg, senior fellow at the Kestrel Institute.",
            "senior fellow at the Kestrel Institute",
        ),
        (
            "Anna Berg, now a staff scientist at the Kestrel Institute, said the bay was safe.",
            "staff scientist at the Kestrel Institute",
        ),
        (
            "“The bay is safe,” said Anna Berg, chief economist, Kestrel Bank.",
            "chief economist, Kestrel Bank",
        ),
        ("“It took years,” said Anna Berg, then chief of staff to the mayor.", "then chief of staff to the mayor"),
        ("Anna Berg, as the first head of the water board, said the bay was safe.", "first head of the water board"),
        (
            "One of the port’s junior pilots, Anna Berg, said the bay was safe.",
            "One of the port’s junior pilots",
        ),
        ("Police Sgt. Anna Berg said the bridge was closed.", "Police Sgt."),
        ("Among the guests of Anna Berg, the mayor said, were two thieves. Berg said the bay was safe.", None),
        ("Anna Berg said the bay was safe.", None),
        ("Anna Berg said the bay was safe. Berg is a disaster.", None),
        ("Anna Berg, the ministry and the union said the bay was safe.", None),
        ("Anna Berg, the day after the storm, said the bay was safe.", None),
    ],
)
def test_the_title_is_how_the_article_presents_a_person(nlp: Language, text: str, title: str | None) -> None:
    assert speakers(nlp, text)[0].title == title


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            "A senior official, who asked not to be named because the talks are private, said the deal was near.",
            "who asked not to be named because the talks are private",
        ),
        (
            "“The deal is near,” said an official, speaking on condition of anonymity to discuss the talks.",
            "speaking on condition of anonymity to discuss the talks",
        ),
        (
            "An official who was not authorised to speak publicly said the deal was near.",
            "who was not authorised to speak publicly",
        ),
        ("A person familiar with the talks said the deal was near.", "familiar with the talks"),
        ("A person said the deal was near. The person asked not to be identified.", "asked not to be identified"),
        ("An official said the deal was near.", None),
        ("An official said the boss was not allowed to leave the country.", None),
        ("The growers, who were not allowed to speak at the hearing, said they would appeal.", None),
        ("Anna Berg, who was not authorised to speak publicly, said the deal was near.", None),
    ],
)
def test_the_words_that_say_why_a_source_has_no_name(nlp: Language, text: str, words: str | None) -> None:
    found = speakers(nlp, text)[0].anonymity
    assert (None if found is None else found.text) == words


def test_the_reason_told_once_holds_for_who_is_meant_again(nlp: Language) -> None:
    text = "A senior official who asked not to be named said the deal was near. The official said it would be signed in May."
    first, again = speakers(nlp, text)
    assert again.name == "A senior official"
    assert first.anonymity == again.anonymity is not None


@pytest.mark.parametrize(
    ("text", "names"),
    [
        (
            "A report by the Kestrel Institute found that gulls were dying. The report said the cause was unknown.",
            ["A report by the Kestrel Institute"] * 2,
        ),
        (
            "A Marlow poll found that voters liked trams. That poll also showed that they hated buses.",
            ["A Marlow poll"] * 2,
        ),
        (
            "A Kestrel Ferries spokeswoman said the boats were safe. The spokeswoman said nobody was hurt.",
            ["A Kestrel Ferries spokeswoman"] * 2,
        ),
        (
            "Berg’s lawyers said the charge was false. Anna Berg was freed in May. Her lawyers said she would sue.",
            ["Berg’s lawyers"] * 2,
        ),
        ("A statement from Anna Berg said the harbour was safe.", ["Anna Berg"]),
        ("Anna Berg’s letter said the crews would be paid.", ["Anna Berg"]),
        ("In a statement, Anna Berg said she was sorry. The statement said she would resign.", ["Anna Berg"] * 2),
        (
            "In a statement read to the court, the victim's widow, Anna Berg, said she slept badly. The statement said he was a good man.",
            ["Anna Berg"] * 2,
        ),
        ("The water board said the bay was safe. “We test it daily,” the statement added.", ["The water board"] * 2),
        (
            "Police said a man was held. A statement from the coastguard said he was well.",
            ["Police", "A statement from the coastguard"],
        ),
        # What is on a website is its owner's.
        ("Kestrel Ferries has ten boats. None will sail, according to a notice on its website.", ["Kestrel Ferries"]),
        ("“None will sail,” said a message on the port's page.", ["the port"]),
        (
            "The first poll found that voters liked trams. The second poll found that they hated buses.",
            ["The first poll", "The second poll"],
        ),
        ("Tom Okafor was freed. The lawyer representing Okafor said he was happy.", ["The lawyer representing Okafor"]),
        ("Anna Berg’s report said the harbour was safe.", ["Anna Berg’s report"]),
        ("The head of the water board, Anna Berg, said the bay was safe.", ["Anna Berg"]),
        ("“It was a good year,” said chairman, CEO and president Anna Berg.", ["Anna Berg"]),
        (
            "“She knows the port,” said lobbyist and party strategist Anna Berg, Okafor’s former partner.",
            ["Anna Berg"],
        ),
        ("According to his aunt, Anna Berg, “He was quick from the start.”", ["Anna Berg"]),
        ("According to the mayor, Tom Okafor and Anna Berg met in May.", ["the mayor"]),
        (
            "“It is safe,” the former top aide to President Anna Berg said.",
            ["the former top aide to President Anna Berg"],
        ),
        ("According to the report, Tom Okafor, a docker, drowned in May.", ["the report"]),
        ("A spokesman for the mayor, Anna Berg, said the bay was safe.", ["A spokesman for the mayor, Anna Berg"]),
        ("A spokesman for the mayor Anna Berg said the bay was safe.", ["A spokesman for the mayor"]),
        ("One expert, Anna Berg, said the pier was old. The expert said it was safe.", ["Anna Berg"] * 2),
        ("“I disagree,” said retired Army Lt. Gen. Tom Okafor, who served in Norwick.", ["Tom Okafor"]),
        ("Anna Berg hired lawyers in May. Her lawyers said the charge was false.", ["Anna Berg's lawyers"]),
        ("Anna Berg was freed in May. Some of her aides said it was late.", ["Some of Anna Berg's aides"]),
        ("Anna Berg was freed in May. “It was late,” her lawyer said.", ["her lawyer"]),
        ("Anna Berg’s letters show that she took a bribe.", ["Anna Berg’s letters"]),
        (
            "“The minister is safe,” said one legal expert.\n\n“His friendship with the convicted broker Tom Okafor is over,” "
            "the expert warned.",
            ["one legal expert"] * 2,
        ),
        ("Lawyers Anna Berg and Ada Lindt wrote to Tom Okafor. The lawyers said the pact was dead.", ["The lawyers"]),
    ],
)
def test_the_name_of_a_source_that_is_no_person(nlp: Language, text: str, names: list[str]) -> None:
    assert [speaker.name for speaker in speakers(nlp, text)] == names


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Norway and Peru said the pact was dead.", ["Norway", "Peru"]),
        ("Anna Berg, Tom Okafor and Mia Rask said the pact was dead.", ["Anna Berg", "Tom Okafor", "Mia Rask"]),
        (
            "Judges Ada Lindt and Mia Rask were dismissed. Both women said they feared for the courts.",
            ["Ada Lindt", "Mia Rask"],
        ),
        (
            "Stephen Hale and Ada Hale opened a school. The Hales said it would teach reading.",
            ["Stephen Hale", "Ada Hale"],
        ),
        ("Dockers and skippers said the pact was dead.", ["Dockers and skippers"]),
        ("The campaign and Anna Berg said the pact was dead.", ["The campaign", "Anna Berg"]),
        (
            "People close to both Berg’s camp and the White House don’t expect to see the two of them on one stage.",
            ["People close to both Berg’s camp and the White House"],
        ),
        ("Anna Berg, mayor and dentist, said the pact was dead.", ["Anna Berg"]),
    ],
)
def test_several_speakers(nlp: Language, text: str, names: list[str | None]) -> None:
    (quote,) = quotes(nlp, text)
    assert quote.speaker is not None
    assert [speaker.name for speaker in (quote.speaker, *quote.co_speakers)] == names


def test_they_are_those_who_spoke_together(nlp: Language) -> None:
    text = "Anna Berg and Tom Okafor said that the harbour would stay public. “We have found common ground,” they said."
    assert [[s.name for s in quote.co_speakers] for quote in quotes(nlp, text)] == [["Tom Okafor"], ["Tom Okafor"]]


def test_they_are_the_group_that_spoke_last(nlp: Language) -> None:
    text = "Military analysts say that Tom Okafor would lose a war. The gains since the campaign began, they said, could be kept."
    assert [s.name for s in speakers(nlp, text)] == ["Military analysts"] * 2


def test_they_are_who_was_introduced_with_more_words(nlp: Language) -> None:
    text = "Three people familiar with the talks said the deal was near. The people said it was dear. They said it was late."
    found = speakers(nlp, text)
    assert [(s.name, s.kind) for s in found] == [("Three people familiar with the talks", "UNNAMED_PERSON")] * 3


def test_he_with_a_verb_shortened_is_he(nlp: Language) -> None:
    text = "Tom Okafor opened the pier. While he’s said he believes the pier is safe fairly often, he’s also closed it."
    assert [s.name for s in speakers(nlp, text)] == ["Tom Okafor"]


def test_they_are_not_one_man(nlp: Language) -> None:
    text = "Tom Okafor lost the vote in May, according to two dockers. They said he had wept."
    assert [s.name for s in speakers(nlp, text)] == ["two dockers"] * 2


def test_what_a_speaker_notes_beside_it_is_a_quote_of_its_own(nlp: Language) -> None:
    text = "Tom Okafor said that he heard an apology from the mayor, though he did not say who made it."
    contents = ["".join(span.text for span in quote.content) for quote in quotes(nlp, text)]
    assert contents == ["he heard an apology from the mayor", "who made it"]


def test_whoever_goes_on_speaking_is_no_surer_than_before(nlp: Language) -> None:
    text = "Helen Moore met James Walker. “It is safe,” she said. “We have tested every single wall of it.”\n\n“I am glad of that.”"
    found = quotes(nlp, text)
    assert found[-1].speaker is not None and found[-1].speaker.resolution == "IMPLICIT"
    assert found[-1].confidence < found[-1].phrase_confidence


def test_the_owner_of_somebody_else_is_not_introduced(nlp: Language) -> None:
    text = "The Norwegian president met Anna Berg. Harbour President’s son Tom Reed came too. The president said the talks went well."
    assert [s.name for s in speakers(nlp, text)] == ["The Norwegian president"]


@pytest.mark.parametrize(
    ("text", "name", "content"),
    [
        (
            "Ada Lindt filed a lawsuit that accuses the airline of hiding the leak.",
            "Ada Lindt",
            "the airline of hiding the leak",
        ),
        (
            "Tom Moe sent a letter to the commission describing the sale as a “heist attempt”.",
            "Tom Moe",
            "the sale as a “heist attempt”",
        ),
        (
            "Tom Moe sent a letter to the commission saying that the sale was illegal.",
            "Tom Moe",
            "the sale was illegal",
        ),
        (
            "The Kestrel Institute published a report that says the bridge is unsafe.",
            "Kestrel Institute",
            "the bridge is unsafe",
        ),
        ("Residents issued a statement on Friday calling the plan a mistake.", "Residents", "the plan a mistake"),
    ],
)
def test_who_publishes_a_document_says_what_is_in_it(nlp: Language, text: str, name: str, content: str) -> None:
    (quote,) = quotes(nlp, text)
    assert quote.speaker is not None
    assert quote.speaker.name == name
    assert [span.text for span in quote.content] == [content]


@pytest.mark.parametrize(
    "text",
    [
        "The police film did not give evidence that would confirm the story.",
        "Reed hopes that the march sends a message that people are standing up for the pier.",
    ],
)
def test_a_document_that_nobody_publishes_says_nothing(nlp: Language, text: str) -> None:
    assert [quote.speaker.name for quote in quotes(nlp, text) if quote.speaker] in ([], ["Reed"])


def test_one_operator_who_works_there_is_a_person(nlp: Language) -> None:
    text = (
        "Mayor Tom Okafor said the news was a blow.\n\nOne machine operator, who has worked at the plant since May, said it had been "
        "coming. “Nobody has changed a bulb,” he said."
    )
    _, first, again = speakers(nlp, text)
    assert first.kind == again.kind == "UNNAMED_PERSON"
    assert again.name == "One machine operator"


@pytest.mark.parametrize(
    ("text", "name", "kind"),
    [
        (
            "Another senior party figure, speaking on condition of anonymity, blamed the leader.",
            "Another senior party figure",
            "UNNAMED_PERSON",
        ),
        ("The figures show that sales fell.", "The figures", "DOCUMENT"),
        ("A report (published on Friday) said the bridge was safe.", "A report", "DOCUMENT"),
        ("The petition — filed a week after the vote — claims that the clerk has lied.", "The petition", "DOCUMENT"),
        ("The country's coast guard said the boat was safe.", "The country's coast guard", "ORGANIZATION"),
        ("The watchdog said the drug was safe.", "The watchdog", "ORGANIZATION"),
    ],
)
def test_a_source_has_its_kind_and_a_name_without_asides(nlp: Language, text: str, name: str, kind: str) -> None:
    found = speakers(nlp, text)[0]
    assert (found.name, found.kind) == (name, kind)
