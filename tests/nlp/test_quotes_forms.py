# SPDX-License-Identifier: Apache-2.0
"""Statements in less common forms: inverted, as somebody's view, inside other reports, and without a cue of their own."""

import pytest
from spacy.language import Language

from onrecord.nlp.annotations import Quote, quotes_of


def said(nlp: Language, text: str) -> list[tuple[str | None, str]]:
    """Return the speaker phrase and the content of each quote."""
    return [(speaker(quote), " … ".join(span.text for span in quote.content)) for quote in quotes_of(nlp(text))]


def speaker(quote: Quote) -> str | None:
    return quote.speaker.mention.text if quote.speaker and quote.speaker.mention else None


@pytest.mark.parametrize(
    ("text", "source", "content"),
    [
        (
            "The vast majority of the boats lose money every winter, reports HarbourNow.",
            "HarbourNow",
            "The vast majority of the boats lose money every winter",
        ),
        (
            "New records obtained by The Courier from the port registry show that the ships were turned away.",
            "New records obtained by The Courier from the port registry",
            "the ships were turned away",
        ),
        (
            "The boats were not paid for, the contracts show.",
            "the contracts",
            "The boats were not paid for",
        ),
        (
            "The plan is dead, but talks go on, Anna Berg said.",
            "Anna Berg",
            "The plan is dead, but talks go on",
        ),
        (
            "The port attorneys countered in a brief that the code deems shifts void if they lack a stamp.",
            "The port attorneys",
            "the code deems shifts void if they lack a stamp",
        ),
        ("Tom Okafor told the Gazette she would leave in May.", "Tom Okafor", "she would leave in May"),
        (
            "Tom Okafor said after the vote he would not accept the seat.",
            "Tom Okafor",
            "after the vote he would not accept the seat",
        ),
        ("No end to the strike in sight, experts say.", "experts", "No end to the strike in sight"),
        (
            "The port is to buy six cranes, the newest city contracts show.",
            "city contracts",
            "The port is to buy six cranes",
        ),
        (
            "The port’s new toll policy states that every boat must carry flares.",
            "toll policy",
            "every boat must carry flares",
        ),
        (
            "The toll is unfair to islanders, said one of its loudest critics, Rep. Ada Lindt.",
            "one of its loudest critics, Rep. Ada Lindt",
            "The toll is unfair to islanders",
        ),
        ("Some 61% of skippers said they were glad.", "Some 61% of skippers", "they were glad"),
        ("Under the Harbours Act, skippers can moor at any pier.", "the Harbours Act", "skippers can moor at any pier"),
        ("As the Gazette reported in March, this cost 40 jobs.", "the Gazette", "this cost 40 jobs"),
        ("A harbour survey counted more than 900 wrecks.", "A harbour survey", "more than 900 wrecks"),
        (
            "The ministry got an email from the Harbour Board that stated that the pier was closed.",
            "an email from the Harbour Board",
            "the pier was closed",
        ),
        (
            "Tom Okafor drew the anger of Anna Berg for saying that the tower was “a mistake”.",
            "Tom Okafor",
            "the tower was “a mistake”",
        ),
        ("According to her, the deal is dead.", "her", "the deal is dead"),
        ("In Anna Berg's view, the deal is dead.", "Anna Berg", "the deal is dead"),
        ("The deal is dead, as Anna Berg put it.", "Anna Berg", "The deal is dead"),
        ("She heard Okafor say that the plan was dead.", "Okafor", "the plan was dead"),
        ("Berg was called “a liar” by Okafor.", "Okafor", "“a liar”"),
        ("Anna Berg criticized Tom Okafor for saying that the plan was dead.", "Tom Okafor", "the plan was dead"),
    ],
)
def test_a_statement_in_a_less_common_form(nlp: Language, text: str, source: str, content: str) -> None:
    assert (source, content) in said(nlp, text)


def test_what_the_governing_verb_says_is_no_content(nlp: Language) -> None:
    assert ("Anna Berg", "why the harbour was closed") in said(
        nlp, "Anna Berg, asking why the harbour was closed, left the room."
    )


@pytest.mark.parametrize(
    ("text", "content"),
    [
        (
            "Hale said children in the camps fall ill. For example, many boys catch fevers in the rain.",
            "For example, many boys catch fevers in the rain",
        ),
        (
            "A poll found that 40 percent of voters liked the plan. Another 30 percent were against it.",
            "Another 30 percent were against it",
        ),
        (
            "The charges say that Hale stole a car in Velna. He had just left the harbour with two friends.",
            "He had just left the harbour with two friends",
        ),
        (
            "The lawsuit says Hale struck the boy. The teacher then allegedly sent him home.",
            "The teacher then allegedly sent him home",
        ),
        (
            "Okafor said the dam would fail. The town would be flooded within days.",
            "The town would be flooded within days",
        ),
        (
            "Okafor told the hearing that the pump had failed twice. It had been bought from a scrapyard in Velna.",
            "It had been bought from a scrapyard in Velna",
        ),
        (
            "The crew had worked all night, Okafor said. Its pumps were thirty years old and leaked.",
            "Its pumps were thirty years old and leaked",
        ),
        (
            "The dam was “a bathtub without a plug”, Okafor said. Two engineers had left since the spring.",
            "Two engineers had left since the spring",
        ),
    ],
)
def test_the_text_goes_on_reporting_without_a_cue(nlp: Language, text: str, content: str) -> None:
    first, second = quotes_of(nlp(text))
    assert [span.text for span in second.content] == [content]
    assert (second.cue, second.type, second.speaker and second.speaker.resolution) == ((), "INDIRECT", "IMPLICIT")
    assert speaker(second) == speaker(first)
    assert second.confidence < first.confidence


@pytest.mark.parametrize(
    "text",
    [
        "Okafor said the dam would fail. Anna Berg would open a school on Friday.",
        "Okafor said the dam would fail. The mayor opened a school on Friday.",
        "Okafor said the dam would fail. That would be the third time in a year.",
        "Okafor said the dam would fail.\n\nThe town would be flooded within days.",
        "A poll found that 40 percent of voters liked the plan. That is 10 percent more than last year.",
        "Okafor said the dam had failed. The engineer was arrested on Friday at his home.",
        "Okafor said the dam had failed. He would not name the builder of the gates.",
        "Okafor said the dam was old. The valley was quiet on Friday afternoon.",
        "Okafor said she had no regrets. She had served four terms on the council.",
        "“The dam is old,” Okafor said. She had lived in the valley for years.",
        "Hale said children fall ill. For example, is the water in the camps clean enough?",
    ],
)
def test_where_the_text_turns_the_report_ends(nlp: Language, text: str) -> None:
    assert len(quotes_of(nlp(text))) == 1


def test_of_two_readings_that_share_words_the_shorter_is_kept(nlp: Language) -> None:
    text = "“This isn’t right,” Derry said. “You pushed the crews to the limit” so that they would cheat, she said."
    assert [content for _, content in said(nlp, text)] == [
        "“This isn’t right,”",
        "“You pushed the crews to the limit” so that they would cheat",
    ]


def test_the_towns_of_a_list_are_told_one_by_one_by_its_source(nlp: Language) -> None:
    text = "Six towns have plans for piers, according to the Kestrel Institute. One plan would let boats moor for free."
    assert [content for _, content in said(nlp, text)] == [
        "Six towns have plans for piers",
        "One plan would let boats moor for free",
    ]


def test_who_moves_right_after_a_quotation_said_it(nlp: Language) -> None:
    quotes = quotes_of(
        nlp("“The harbour is closed. We can do nothing about it.” Ada Lindt looked at the floor. “I am sorry.”")
    )
    assert [quote.speaker and quote.speaker.name for quote in quotes] == ["Ada Lindt", "Ada Lindt"]


def test_each_of_several_voices_is_named_above_what_it_says(nlp: Language) -> None:
    text = "What they said\n\nAda Lindt, 52, mayor\n“The ferry will run.”\n\nTom Okafor, 47, trader\n“It will not.”"
    assert [quote.speaker and quote.speaker.name for quote in quotes_of(nlp(text))] == ["Ada Lindt", "Tom Okafor"]


def test_the_title_of_a_book_that_is_published_is_no_quote(nlp: Language) -> None:
    assert said(nlp, "“The Salt Ledger” is published by Aune & Dahl at 349 kroner.") == []


@pytest.mark.parametrize(
    ("text", "source", "content"),
    [
        (
            "She said the port would close two of its piers, but gave no details of the cost.",
            "She",
            "the port would close two of its piers",
        ),
        (
            "A diplomat told the agency that the two sides could meet in Norwick, without indicating a date.",
            "A diplomat",
            "the two sides could meet in Norwick",
        ),
        ("Okafor disagreed: the sale, he said, had never come up.", "he", "the sale … had never come up"),
        (
            "Talks between the two ports are going well, despite the pressure from abroad, port spokesman Karl Moe stated at a "
            "briefing on Monday.",
            "port spokesman Karl Moe",
            "Talks between the two ports are going well, despite the pressure from abroad",
        ),
        (
            "The minister told jurors he “never saw a penny” of the million that prosecutors say was paid to him.",
            "prosecutors",
            "was paid to him",
        ),
        (
            "But, according to multiple people I spoke to, also at issue was his partner, the writer Elise Brandt.",
            "multiple people",
            "But … also at issue was his partner, the writer Elise Brandt",
        ),
        (
            "“Every year the boats come home late,” he shot back. “Every year I buy them new ropes.”",
            "he",
            "“Every year the boats come home late,” … “Every year I buy them new ropes.”",
        ),
        ("“Every year the boats come home late,” he objected.", "he", "“Every year the boats come home late,”"),
        (
            "“Honestly? I forgot the rope,” laughed the 20-year-old.",
            "the 20-year-old",
            "“Honestly? I forgot the rope,”",
        ),
        (
            "“Not with the ports. Not today,” says Green co-leader Emre Sahin.",
            "Green co-leader Emre Sahin",
            "“Not with the ports. Not today,”",
        ),
        (
            "Asked about the letter of Moe, the spokesman of the port, Captain Hani Barakat, replied: “We do not answer letters”.",
            "the spokesman of the port, Captain Hani Barakat",
            "“We do not answer letters”",
        ),
        (
            "- The union’s leader, Bev Hartnell, says crews have been offered “crumbs”",
            "The union’s leader, Bev Hartnell",
            "crews have been offered “crumbs”",
        ),
    ],
)
def test_a_statement_has_its_own_words_and_its_own_source(nlp: Language, text: str, source: str, content: str) -> None:
    assert (source, content) in said(nlp, text)


@pytest.mark.parametrize(
    "text",
    [
        "As factory jobs move from port to port, the divide between rich and poor towns widens.",
        "Norwick captain Ann Lee smiled after her side, down to ten women before the break, held Eastport Rovers to a draw.",
        "My old boss shouted so much that he lost his voice.",
        "Some sailors began returning to rebuild their sheds.",
    ],
)
def test_acts_and_circumstances_are_no_statements(nlp: Language, text: str) -> None:
    assert said(nlp, text) == []


def test_a_report_of_a_report_has_both_sources(nlp: Language) -> None:
    found = said(nlp, "Premier Viktor Orlov said on Friday that the dam had been closed, Internews agency said.")
    assert [source for source, _ in found] == ["Internews agency", "Premier Viktor Orlov"]


def test_a_question_is_not_answered_by_who_asks_it(nlp: Language) -> None:
    text = (
        "Joanna Pike said she had raised the matter twice.\n\n“You made it up, didn’t you?” Mr Farr asked.\n\n"
        "“No, sir, I did not make it up.”"
    )
    assert [quote.speaker and quote.speaker.name for quote in quotes_of(nlp(text))][-1] == "Joanna Pike"


def test_whoever_asks_goes_on_in_the_same_paragraph(nlp: Language) -> None:
    text = "Joanna Pike said it was safe. “You lied, didn’t you?” Mr Farr asked. He smiled. “We all know that you made it all up.”"
    assert [quote.speaker and quote.speaker.name for quote in quotes_of(nlp(text))] == ["Joanna Pike", "Farr", "Farr"]


def test_nobody_who_is_silent_speaks_next(nlp: Language) -> None:
    text = "Neither owner would say how many boats had been sold.\n\n“There is no leak in the hull of that boat, and nobody can find one.”"
    assert [quote.speaker for quote in quotes_of(nlp(text))][-1] is None


@pytest.mark.parametrize(
    ("text", "source", "content"),
    [
        ("Okafor urged the council to sell the barge.", "Okafor", "to sell the barge"),
        (
            "Okafor said the barge was unsafe and urged the council to sell it.",
            "Okafor",
            "to sell it",
        ),
        ("The union called on the port to publish the figures.", "The union", "the port to publish the figures"),
        (
            "Velna ordered two traders to leave, accusing them of stealing maps.",
            "Velna",
            "them of stealing maps",
        ),
        (
            "Ada Lindt, a nurse, told the blog she had walked along the quay.",
            "Ada Lindt, a nurse",
            "she had walked along the quay",
        ),
        (
            "Opening the case, Ada Lindt, for the port, said the barge had been sold twice.",
            "Ada Lindt",
            "the barge had been sold twice",
        ),
        (
            "Cross-examined by Tom Okafor, Lindt agreed that the barge was hers.",
            "Lindt",
            "the barge was hers",
        ),
    ],
)
def test_requests_accusations_and_hearings(nlp: Language, text: str, source: str, content: str) -> None:
    assert (source, content) in said(nlp, text)


def test_nobody_in_a_headline_says_what_they_are_told(nlp: Language) -> None:
    assert all(source is None for source, _ in said(nlp, "Residents told to leave homes as river rises"))


def test_who_is_told_something_does_not_say_it(nlp: Language) -> None:
    assert all(source is None for source, _ in said(nlp, "Told that the barge would sink, Okafor laughed."))


def test_a_content_ends_before_the_next_act_of_its_source(nlp: Language) -> None:
    assert ("Velna", "to leave within a day") in said(
        nlp, "Velna ordered two traders to leave within a day, accusing them of theft."
    )


def test_who_is_cited_is_not_what_is_said(nlp: Language) -> None:
    text = "One trader had confessed, the Gazette said, citing a security official."
    assert [content for _, content in said(nlp, text)] == ["One trader had confessed"]


def test_a_clock_time_before_a_statement_is_not_its_source(nlp: Language) -> None:
    text = "Storm live\n\n16:50 Harbour Rail says the line is closed.\n\n16:20 Police say two roads are flooded."
    assert [source for source, _ in said(nlp, text)] == ["Harbour Rail", "Police"]
