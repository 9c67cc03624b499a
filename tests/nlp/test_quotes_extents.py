# SPDX-License-Identifier: Apache-2.0
"""Where contents begin and end, which noun phrases are contents, and what goes on without a cue of its own."""

import pytest
from spacy.language import Language

from onrecord.nlp.annotations import quotes_of


def said(nlp: Language, text: str) -> list[str]:
    """Return the content of each quote."""
    return [" … ".join(span.text for span in quote.content) for quote in quotes_of(nlp(text))]


@pytest.mark.parametrize(
    ("text", "content"),
    [
        ("The opposition Reform Union called for his resignation.", "his resignation"),
        (
            "Karelia accused Moravia of theft, and demanded an urgent meeting of the council.",
            "an urgent meeting of the council",
        ),
        ("It called on Petersen to sell.", "Petersen to sell"),
        ("Winger Dan Holt left with what the coach called a lower-body injury.", "a lower-body injury"),
        ("They voted for what the mayor described as a modest rise.", "a modest rise"),
        ("A consultant's report put the yearly loss at 4 million crowns.", "the yearly loss at 4 million crowns"),
    ],
)
def test_a_request_a_term_and_an_estimate_are_said(nlp: Language, text: str, content: str) -> None:
    assert content in said(nlp, text)


@pytest.mark.parametrize(
    "text", ["She put the blame on her staff.", "He put the kettle on at 9.", "What she called at noon was a taxi."]
)
def test_acts_with_the_same_verbs_are_not_said(nlp: Language, text: str) -> None:
    assert said(nlp, text) == []


def test_a_later_act_of_the_same_source_ends_a_content(nlp: Language) -> None:
    assert "restraint" in said(nlp, "The secretary general called for restraint and offered to send observers.")
    urged = "The federation urged the bank to move in June and called on the government to lower taxes."
    assert said(nlp, urged) == ["to move in June", "the government to lower taxes"]
    assert [quote.speaker and quote.speaker.name for quote in quotes_of(nlp(urged))] == ["The federation"] * 2


def test_two_verbs_of_a_relative_clause_stay_together(nlp: Language) -> None:
    text = "Former guards described a yard in which men were given tools to dig and competed for food."
    assert not any(content.endswith("to dig") for content in said(nlp, text))


@pytest.mark.parametrize(
    ("text", "content"),
    [
        ("Go round by the church please, nurse Lia Moon has written on X.", "Go round by the church please"),
        (
            "Building in under four years would cut the flow by up to a fifth, a technical report for the agency found in 2019.",
            "Building in under four years would cut the flow by up to a fifth",
        ),
        (
            "Teacher Joan Pryce posts: We are all on the top floor. Children singing. Please don't send anyone by road",
            "We are all on the top floor. Children singing. Please don't send anyone by road",
        ),
        ("The minister wrote to the board: The plan is dead. The council meets on Friday.", "The plan is dead"),
    ],
)
def test_a_post_or_a_finding_before_or_behind_its_source(nlp: Language, text: str, content: str) -> None:
    assert said(nlp, text) == [content]


def test_what_is_before_a_colon_is_not_said_behind_it(nlp: Language) -> None:
    assert "The doctors were more careful" not in said(nlp, "The doctors were more careful: they spoke of late June.")


def test_a_verb_with_an_object_is_not_inverted(nlp: Language) -> None:
    text = "Minister Olga Brand said all options were open but, pressed by reporters, ruled out the use of force."
    assert "all options were open" in said(nlp, text)
    assert all(len(content) < 30 for content in said(nlp, text))


def test_short_and_existential_sentences_go_on(nlp: Language) -> None:
    text = "Some 900 people had left the valley by dusk, Moreno said. There were plenty of tents but not enough food."
    assert said(nlp, text)[1:] == ["There were plenty of tents but not enough food"]
    assert "No jobs would go" in said(
        nlp, "Two crews would be moved to the islands, the company said. No jobs would go."
    )


def test_what_is_told_in_the_present_behind_a_statement_is_the_writers(nlp: Language) -> None:
    text = "About 400 crews work nights, according to the port board. The board is elected for six years."
    assert len(said(nlp, text)) == 1


def test_an_answer_is_not_cut_before_what_its_speaker_might_say(nlp: Language) -> None:
    text = (
        "Marit Eide has painted 71 lighthouses. We met her on the quay.\n\nGAZETTE: You lost the prize last year.\n\n"
        "EIDE: I did.\n\nIt hurt, of course. I'd be lying if I said that it didn't. The phone went quiet for weeks.\n\n"
        "GAZETTE: What comes next?\n\nEIDE: A rest, I hope."
    )
    assert any(content.endswith("The phone went quiet for weeks.") for content in said(nlp, text))


@pytest.mark.parametrize(
    ("text", "content"),
    [
        ("Reed said sales had fallen, according to people who were in the room.", "sales had fallen"),
        ("“The lake is ours,” Reed told a radio station, according to a transcript.", "“The lake is ours,”"),
        ("Lee denies three counts of arson.", "three counts of arson"),
    ],
)
def test_no_content_has_the_source_behind_it_and_what_is_denied_is_said(nlp: Language, text: str, content: str) -> None:
    assert content in said(nlp, text)
    assert not any("transcript" in other or " Reed told" in other for other in said(nlp, text))


@pytest.mark.parametrize(
    "text", ["The judge dismissed them shortly after four.", "The judge denied the request for bail."]
)
def test_who_sends_somebody_away_or_decides_says_nothing(nlp: Language, text: str) -> None:
    assert said(nlp, text) == []


@pytest.mark.parametrize(
    "text",
    [
        "The court heard that Lee had taken the money.",
        "Clerk ‘spent the savings on cruises’, court told\n\nLee, 51, is on trial.",
    ],
)
def test_a_court_is_told_and_does_not_speak(nlp: Language, text: str) -> None:
    first = quotes_of(nlp(text))[0]
    assert first.speaker is None
