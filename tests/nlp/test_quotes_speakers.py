# SPDX-License-Identifier: Apache-2.0
"""Resolution of the phrases that name speakers."""

import pytest
from spacy.language import Language

from onrecord.nlp.annotations import Attribution, entities_of, quotes_of


def speakers(nlp: Language, text: str) -> list[Attribution]:
    return [quote.speaker for quote in quotes_of(nlp(text)) if quote.speaker is not None]


def test_a_surname_means_the_full_name(nlp: Language) -> None:
    text = "Helen Moore visited the dam.\n\n“It is safe,” Moore said."
    (speaker,) = speakers(nlp, text)
    assert (speaker.name, speaker.resolution) == ("Helen Moore", "NAME")
    assert speaker.entity is not None and entities_of(nlp(text))[speaker.entity].name == "Helen Moore"


def test_he_is_the_man_in_view(nlp: Language) -> None:
    text = "James Walker met Helen Moore at the dam on Monday.\n\n“It is safe,” he said."
    assert [(s.name, s.resolution) for s in speakers(nlp, text)] == [("James Walker", "PRONOUN")]


def test_she_is_the_woman_though_a_man_is_nearer(nlp: Language) -> None:
    text = "Helen Moore met James Walker at the dam on Monday.\n\n“It is safe,” she said."
    assert [(s.name, s.resolution) for s in speakers(nlp, text)] == [("Helen Moore", "PRONOUN")]


def test_a_name_inside_a_quote_is_not_in_view(nlp: Language) -> None:
    text = "James Walker said: “Peter Lang is a liar.”\n\nHe said the trial would show it."
    assert [s.name for s in speakers(nlp, text)][-1] == "James Walker"


def test_a_title_means_who_bears_it(nlp: Language) -> None:
    text = "Chancellor Helen Moore flew to Oslo with Peter Lang.\n\n“The treaty is ready,” the chancellor said."
    assert [(s.name, s.resolution) for s in speakers(nlp, text)][-1] == ("Helen Moore", "NOMINAL")


def test_a_nominal_that_means_nobody_named_keeps_its_words(nlp: Language) -> None:
    (speaker,) = speakers(nlp, "Norwegian officials said the ferry was late.")
    assert (speaker.name, speaker.entity, speaker.resolution) == ("Norwegian officials", None, "NOMINAL")


def test_a_pronoun_without_anybody_in_view_has_no_name(nlp: Language) -> None:
    (speaker,) = speakers(nlp, "“It is cold in here tonight,” she said.")
    assert (speaker.name, speaker.entity, speaker.resolution) == (None, None, "PRONOUN")


@pytest.mark.parametrize("between", [" ", "\n\n"])
def test_a_quote_without_attribution_is_of_who_spoke_last(nlp: Language, between: str) -> None:
    text = f"Helen Moore said the dam was safe.{between}“We have tested every single wall of it.”"
    speaker = speakers(nlp, text)[-1]
    assert (speaker.name, speaker.resolution) == ("Helen Moore", "IMPLICIT")


@pytest.mark.parametrize(
    ("text", "name", "kind"),
    [
        (
            "Denmark's Soren Lindgaard lost to Marco Bellini of Italy on Monday. The Dane admitted that he had been flat.",
            "Soren Lindgaard",
            "NAMED_PERSON",
        ),
        (
            "Goalkeeper Peter Lang made two saves for Marlow. “I was lucky,” the Nigerian said.",
            "Peter Lang",
            "NAMED_PERSON",
        ),
        (
            "Coach Anke Vos was angry. “We were asleep,” said the German, who took over in July.",
            "Anke Vos",
            "NAMED_PERSON",
        ),
        (
            "Goalkeeper Peter Lang made two saves for Marlow. The Nigerian, signed from Norlink in May, said he was lucky.",
            "Peter Lang",
            "NAMED_PERSON",
        ),
        # One who is introduced, and a people.
        ("Anke Vos met a Kenyan and a Dane. The Kenyan said that the pier was closed.", "Kenyan", "UNNAMED_PERSON"),
        ("Anke Vos was in Bern. The Swiss said that the tunnel was safe.", "Swiss", "NAMED_GROUP"),
    ],
)
def test_the_kenyan_is_somebody(nlp: Language, text: str, name: str, kind: str) -> None:
    speaker = speakers(nlp, text)[-1]
    assert (speaker.name, speaker.kind) == (name, kind)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        # The age, and whom a quotation names is not who says it.
        (
            "Soren Lindgaard lost to Marco Bellini on Monday. “I gave my best against Marco,” the 24-year-old said.",
            "Soren Lindgaard",
        ),
        (
            "James Walker backed the governor. “Peter Lang lost me long ago. I never saw such a man,” he said.",
            "James Walker",
        ),
        # For whom somebody speaks is not a woman.
        (
            "Corvia Semiconductor cut its forecast. A spokeswoman for Corvia declined to comment. She said the board would meet.",
            "A spokeswoman for Corvia",
        ),
        (
            "A police spokeswoman said Nicole Brandt had been seen in Delft. The car had led to her arrest, she added.",
            "A police spokeswoman",
        ),
        # Who speaks goes on to speak, though another one was spoken of.
        (
            "Nora Falk sold the mill to Greta Holm. Her sister, Ida Falk, told reporters she had not known. “It was ours,” she said.",
            "Ida Falk",
        ),
        # Whose name the recognizer does not know.
        (
            "Rasul Temin spoke in Tarn. His counterpart, Carla Diaz-Moss, said it was late. “We slept,” she added.",
            "Carla Diaz-Moss",
        ),
        (
            "The Kolm news agency quoted Minister Lena Osk as saying that it rained. She told the agency that it was wet.",
            "Lena Osk",
        ),
        ("The drivers did not come. In a statement read outside court, they said it was too late.", "The drivers"),
        # A place is not the service that is sent there, and a name behind "the" is not that of a woman.
        ("The river rose in Marden on Monday. The rescue service said it had no boats.", "The rescue service"),
        ("Carla Diaz runs the choir. The Morning Ledger praised it. “We are proud,” she said.", "Carla Diaz"),
        # A body that the article names by a noun only, and a document; a place does not speak.
        (
            "Nobody in Marsden was hurt. The water board said the main had burst on Sunday. “We will mend it,” it added.",
            "The water board",
        ),
        (
            "The fire service sent two engines from Hull. The cause was unknown, it said.",
            "The fire service",
        ),
        (
            "A report seen by the Star blames the pilots. The crew in Malmo had slept for two hours, it says.",
            "A report seen by the Star",
        ),
        # The parser takes the speaker for an apposition.
        (
            "The company’s chairman, a person close to the talks said, had pushed for an outsider.",
            "a person close to the talks",
        ),
    ],
)
def test_who_is_meant_though_others_are_nearer(nlp: Language, text: str, name: str) -> None:
    assert speakers(nlp, text)[-1].name == name


def test_behind_a_long_answer_she_is_who_gave_it(nlp: Language) -> None:
    answer = "It was cold. The boat leaked. We had no food. The map was wrong. The wind rose. My hands hurt. I slept for a day."
    text = (
        "Helen Moore meets us in Bergvik.\n\nWhat did you see on the ice?\n\n"
        f"{answer}\n\nWhat do you want to do next?\n\n{answer}\n\n“I talk too much,” she says."
    )
    assert speakers(nlp, text)[-1].name == "Helen Moore"


def test_the_company_that_the_lead_leaves_unnamed_is_named_by_the_next_paragraph(nlp: Language) -> None:
    text = "A glass works is to close in May, its owner said.\n\nPell & Garrick told staff on Monday that orders had fallen."
    assert [speaker.name for speaker in speakers(nlp, text)] == ["Pell & Garrick"] * 2


def test_behind_an_interview_she_is_who_answered(nlp: Language) -> None:
    text = (
        "Marta Lind built boats for ten years. She spoke to us in her yard.\n\nWhat do you listen to?\n\n"
        "The saw. My neighbour says it is too loud, and I tell her it is Bach.\n\nAnd the piano?\n\nI sold the piano. "
        "I do not miss it at all.\n\nShe laughs, and looks for her glasses. She still plays for her niece, she says."
    )
    assert speakers(nlp, text)[-1].name == "Marta Lind"


def test_who_the_lead_leaves_unnamed_is_named_by_the_next_paragraph(nlp: Language) -> None:
    text = "The old dam is safe after months of repairs, a spokesman said on Monday.\n\nPeter Lang said the walls had been tested."
    assert [s.name for s in speakers(nlp, text)] == ["Peter Lang", "Peter Lang"]


def test_i_in_a_quote_is_who_is_quoted(nlp: Language) -> None:
    text = "“I promised to rebuild the school,” Helen Moore said."
    assert {s.name for s in speakers(nlp, text)} == {"Helen Moore"}


def test_they_are_the_group_that_the_sentence_is_about(nlp: Language) -> None:
    text = "Peter Lang opened the hearing.\n\nTwo engineers came to the town hall, where they said the dam was unsafe."
    assert [(s.name, s.resolution) for s in speakers(nlp, text)] == [("Two engineers", "PRONOUN")]


def test_a_body_is_meant_by_the_last_word_of_its_name(nlp: Language) -> None:
    text = (
        "Helen Moore wrote to the Northern Rivers Commission in May. It answered in June.\n\n"
        "“The dam is safe,” the commission said."
    )
    assert [s.resolution for s in speakers(nlp, text)][-1] == "NOMINAL"
    assert str([s.name for s in speakers(nlp, text)][-1]).endswith("Northern Rivers Commission")


def test_a_name_is_written_on_one_line(nlp: Language) -> None:
    (speaker,) = speakers(nlp, "Two engineers of the\nregional water board said the dam was unsafe.")
    assert speaker.name == "Two engineers of the regional water board"


def test_a_surname_in_capitals_means_the_full_name(nlp: Language) -> None:
    text = (
        "Helen Moore and Tom Hartmann met on Monday.\n\nMOORE: Why did you leave the party so soon?\n\n"
        "HARTMANN: I could not support the new law.\n\nMOORE: What will you do now that it is over?\n\n"
        "HARTMANN: I will go home and write a book.\n"
    )
    assert {s.name for s in speakers(nlp, text)} == {"Helen Moore", "Tom Hartmann"}


def test_who_replies_is_whom_the_clause_speaks_of(nlp: Language) -> None:
    text = "“We lost the barn,” Tom Reed told Lena Brandt, who replied: “I am sorry for you and your family.”"
    assert [s.name for s in speakers(nlp, text)] == ["Tom Reed", "Lena Brandt"]


def test_an_acronym_in_capitals_is_not_a_pronoun(nlp: Language) -> None:
    assert [s.name for s in speakers(nlp, "WHO say that the river is too dirty to swim in.")] == ["WHO"]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Kestrel Ferries closed two piers. “We had no choice,” they said.", ["Kestrel Ferries"]),
        ("Two skippers met Ada Lindt on the pier. They said it was late.", ["Two skippers"]),
        (
            "Robin Sayle, a poet, reads tonight. They said it took nine years. “I nearly gave up,” they said.",
            ["Robin Sayle"] * 2,
        ),
    ],
)
def test_they_may_be_one_body_or_person(nlp: Language, text: str, names: list[str | None]) -> None:
    assert [quote.speaker and quote.speaker.name for quote in quotes_of(nlp(text))] == names


def test_a_paragraph_that_is_a_name_ends(nlp: Language) -> None:
    text = "An adviser said on Monday the plan had failed.\n\nAnna Berg of the harbour board"
    assert [s.name for s in speakers(nlp, text)] == ["An adviser"]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (
            "A judge told the hall he was tired.\n\nBruno Sattler denies theft.\n\nJudge Ann Marlowe left.",
            "Ann Marlowe",
        ),
        (
            "A prosecutor told jurors the keys were lost.\n\nBruno Sattler, 50, is charged with theft.\n\n"
            "“He lied,” District Attorney Ann Marlowe said.",
            "Ann Marlowe",
        ),
        ("The police commissioner said two boats sank.\n\nCommissioner Ada Lindt flew over.", "Ada Lindt"),
        (
            "The former commissioner said two boats sank.\n\nCommissioner Ada Lindt flew over.",
            "The former commissioner",
        ),
        ("The minister said taxes rise.\n\nHealth Minister Ben Adu met Sport Minister Ruth Osei.", "The minister"),
    ],
)
def test_a_role_before_any_name_means_the_only_one_who_has_it(nlp: Language, text: str, name: str) -> None:
    assert speakers(nlp, text)[0].name == name


@pytest.mark.parametrize(
    "text",
    [
        "“They have known about it since June,” Ada Lindt, speaking through tears in Oslo, told reporters.",
        "“They have known about it since June,” Ada Lindt, prosecuting, told the jury.",
    ],
)
def test_commas_around_what_somebody_does_part_a_name_from_its_verb(nlp: Language, text: str) -> None:
    assert [speaker.name for speaker in speakers(nlp, text)] == ["Ada Lindt"]


def test_what_is_ruled_out_says_nothing(nlp: Language) -> None:
    text = "The mayor said the plan stood but, asked by reporters, ruled out the sale of land."
    assert {speaker.name for speaker in speakers(nlp, text)} == {"The mayor"}


def test_reports_are_dismissed_in_the_words_in_marks(nlp: Language) -> None:
    (quote,) = quotes_of(nlp("Reports that the mill will shut were dismissed by its owner as “tavern talk”."))
    assert quote.speaker is not None
    assert (quote.speaker.name, [part.text for part in quote.content]) == ("its owner", ["“tavern talk”"])


def test_who_begins_to_do_something_says_nothing(nlp: Language) -> None:
    text = "Norwick accused its neighbour Tarn of beginning to fill the lake without telling it."
    assert {speaker.name for speaker in speakers(nlp, text)} == {"Norwick"}


def test_an_observatory_may_speak(nlp: Language) -> None:
    text = "The observatory has closed its dome. It says clouds are coming."
    assert speakers(nlp, text)[-1].name == "The observatory"


def test_who_speaks_in_the_paragraph_before_is_not_she_who_is_asked_in_the_same_sentence(nlp: Language) -> None:
    text = (
        "An assistant attorney, Luis Arrieta, said the scheme had been simple.\n\nMr. Banks said his client was ill. He had asked Judge "
        "Alma Whitaker to dismiss the charges; she refused, and warned both sides that she would not tolerate a second trial."
    )
    assert speakers(nlp, text)[-1].name == "Alma Whitaker"
