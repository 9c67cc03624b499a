# SPDX-License-Identifier: Apache-2.0
"""Quotes: which passages are quotes, their content, and the phrase that names the speaker."""

import pytest
from spacy.language import Language

from onrecord.nlp.annotations import Quote, quotes_of


def quotes(nlp: Language, text: str) -> list[Quote]:
    return list(quotes_of(nlp(text)))


def contents(quote: Quote) -> list[str]:
    return [span.text for span in quote.content]


def only(nlp: Language, text: str) -> Quote:
    found = quotes(nlp, text)
    assert len(found) == 1, [contents(quote) for quote in found]
    return found[0]


def holding(nlp: Language, text: str, words: str) -> Quote:
    """Return the quote whose content begins with the words, past its mark."""
    found = [quote for quote in quotes(nlp, text) if quote.content[0].text.lstrip("“\"'‘«„`").startswith(words)]
    assert len(found) == 1, [contents(quote) for quote in quotes(nlp, text)]
    return found[0]


def mention(quote: Quote) -> str | None:
    return quote.speaker.mention.text if quote.speaker and quote.speaker.mention else None


def test_a_direct_quote_keeps_its_marks(nlp: Language) -> None:
    quote = only(nlp, "“The bridge is safe,” Anna Weller said.")
    assert (quote.type, contents(quote), mention(quote)) == ("DIRECT", ["“The bridge is safe,”"], "Anna Weller")
    assert [span.text for span in quote.cue] == ["said"]


@pytest.mark.parametrize(
    "marked",
    [
        "“The harbour will reopen on Monday,”",
        '"The harbour will reopen on Monday,"',
        "''The harbour will reopen on Monday,''",
        "``The harbour will reopen on Monday,''",
        "‘The harbour will reopen on Monday,’",
        "'The harbour will reopen on Monday,'",
        "«The harbour will reopen on Monday,»",
        "„The harbour will reopen on Monday,”",
    ],
)
def test_all_marks_of_the_press_are_read(nlp: Language, marked: str) -> None:
    quote = only(nlp, f"{marked} Maria Lopez said on Friday.")
    assert (quote.type, contents(quote), mention(quote)) == ("DIRECT", [marked], "Maria Lopez")


def test_an_apostrophe_is_not_a_quotation_mark(nlp: Language) -> None:
    quote = only(nlp, "‘The dockers’ union doesn’t want a strike,’ Paul Adeyemi said.")
    assert contents(quote) == ["‘The dockers’ union doesn’t want a strike,’"]


def test_a_speaker_may_come_before_the_quote(nlp: Language) -> None:
    quote = only(nlp, "Mayor Ruth Okafor said: “We will rebuild the school.”")
    assert (contents(quote), mention(quote)) == (["“We will rebuild the school.”"], "Mayor Ruth Okafor")


def test_a_verb_may_come_before_the_speaker(nlp: Language) -> None:
    quote = only(nlp, "“Nobody warned us about the flood,” said Peter Lang, a farmer from the valley.")
    assert mention(quote) == "Peter Lang, a farmer from the valley"


def test_a_broken_quote_is_one_record(nlp: Language) -> None:
    quote = only(nlp, "“The talks were long,” Helen Moore said, “but they were worth it.”")
    assert contents(quote) == ["“The talks were long,”", "“but they were worth it.”"]


def test_sentences_after_the_attribution_continue_the_quote(nlp: Language) -> None:
    quote = only(nlp, "“We lost the barn,” Tom Reed said. “The animals are fine.”")
    assert contents(quote) == ["“We lost the barn,”", "“The animals are fine.”"]


def test_two_attributions_make_two_quotes(nlp: Language) -> None:
    found = quotes(nlp, "“We lost the barn,” Tom Reed said. “The roof was old,” Mary Reed added.")
    assert [mention(quote) for quote in found] == ["Tom Reed", "Mary Reed"]


def test_a_quote_over_paragraphs_is_one_record(nlp: Language) -> None:
    text = "Helen Moore said: “The first year was hard.\n\n“The second year was harder.”\n\nIt rained all day."
    quote = only(nlp, text)
    assert contents(quote) == ["“The first year was hard.", "“The second year was harder.”"]


def test_single_marks_may_span_paragraphs_too(nlp: Language) -> None:
    first = "'I understand the dockers' anger. I do."
    second = "'But the quay has to be closed.'"
    quote = only(nlp, f"Anna Weller, who runs the port, said: {first}\n\n{second}\n\nHer deputy left.")
    assert (contents(quote), mention(quote)) == ([first, second], "Anna Weller, who runs the port")


def test_a_paragraph_may_introduce_the_quote_of_the_next_one(nlp: Language) -> None:
    quote = holding(nlp, "The minister said in a statement:\n\n“We reject this plan and will vote against it.”", "We")
    assert mention(quote) == "The minister"


@pytest.mark.parametrize(
    ("text", "content"),
    [
        ("The minister said that taxes would rise next year.", "taxes would rise next year"),
        ("The minister said taxes would rise next year.", "taxes would rise next year"),
        ("Taxes would rise next year, the minister said.", "Taxes would rise next year"),
        ("According to the minister, taxes will rise next year.", "taxes will rise next year"),
        ("The minister vowed to raise taxes next year.", "to raise taxes next year"),
        ("The minister told reporters that taxes would rise next year.", "taxes would rise next year"),
    ],
)
def test_indirect_content_is_the_clause_alone(nlp: Language, text: str, content: str) -> None:
    quote = only(nlp, text)
    assert (quote.type, contents(quote)) == ("INDIRECT", [content])
    assert mention(quote) is not None and "minister" in str(mention(quote))


def test_an_interrupted_clause_is_two_spans(nlp: Language) -> None:
    quote = only(nlp, "The plan, Helen Moore said, will fail.")
    assert contents(quote) == ["The plan", "will fail"]


def test_content_partly_in_marks_is_mixed(nlp: Language) -> None:
    quote = only(nlp, "Helen Moore said the report was “full of mistakes”.")
    assert (quote.type, contents(quote)) == ("MIXED", ["the report was “full of mistakes”"])


@pytest.mark.parametrize(
    ("text", "content"),
    [
        ("The union criticized the new contract.", "the new contract"),
        ("Helen Moore condemned the raid.", "the raid"),
        ("The bishop denounced the raid as a disgrace.", "the raid as a disgrace"),
        ("The president announced a ceasefire on Monday.", "a ceasefire on Monday"),
        ("The envoy called for an end to the siege.", "an end to the siege"),
        ("Helen Moore rejected the claim that the dam was unsafe.", "the claim that the dam was unsafe"),
    ],
)
def test_a_position_on_something_is_a_quote(nlp: Language, text: str, content: str) -> None:
    assert [content] in [contents(quote) for quote in quotes(nlp, text)]


@pytest.mark.parametrize(
    "text",
    [
        *("The driver knew the road.", "The union listed its members.", "Tom Reed saw the flood."),
        *("The army attacked the town on Sunday.", "Parliament approved the budget by a wide margin."),
        *("Parliament rejected the treaty.", "A judge dismissed both lawsuits on Monday."),
        *("Police identified the man as Robert Hale, 41.", "The firm promoted Ellen Marsh to finance director."),
        *("Lena Brandt remembered her mother.", "The minister thanked the crews."),
    ],
)
def test_an_act_is_not_a_quote(nlp: Language, text: str) -> None:
    assert quotes(nlp, text) == []


def test_a_verb_behind_marks_is_not_in_the_content_before_it(nlp: Language) -> None:
    text = "He described Moreau as “the most honest rider I have worked with” and urged fans not to judge her."
    assert contents(quotes(nlp, text)[0]) == ["Moreau as “the most honest rider I have worked with”"]


def test_a_relative_clause_of_the_speaker_is_no_attribution(nlp: Language) -> None:
    text = "“Three is three,” said the Dutch rider Anke Visser, who finished second to Moreau. “If I forget, I pay.”"
    assert contents(only(nlp, text)) == ["“Three is three,”", "“If I forget, I pay.”"]


def test_that_before_a_clause_is_never_in_the_content(nlp: Language) -> None:
    text = "Moreau’s mother told local radio that her daughter was sleeping for the first time in weeks."
    assert contents(only(nlp, text))[0].startswith("her daughter")


def test_verbs_that_share_a_subject_share_their_speaker(nlp: Language) -> None:
    found = quotes(nlp, "Helen Moore said the dam was safe and added that the town had nothing to fear.")
    assert {mention(quote) for quote in found} == {"Helen Moore"}
    assert ["the dam was safe"] in [contents(quote) for quote in found]


def test_the_speaker_of_a_relative_clause_is_whom_it_speaks_of(nlp: Language) -> None:
    quote = holding(nlp, "The engineer, who warned that the dam was unsafe, has left the town.", "the dam")
    assert str(mention(quote)).startswith("The engineer")


def test_the_agent_of_a_passive_is_the_speaker(nlp: Language) -> None:
    quote = holding(nlp, "Reporters were told by the mayor that the road would stay closed.", "the road")
    assert mention(quote) == "the mayor"


def test_a_scare_quote_is_not_a_quote(nlp: Language) -> None:
    assert quotes(nlp, "The so-called “smart” meters arrived in spring.") == []


def test_a_title_is_not_a_quote(nlp: Language) -> None:
    assert quotes(nlp, "The film “Gone With the Wind” runs for four hours.") == []


def test_a_quote_in_a_quote_names_its_parent(nlp: Language) -> None:
    found = quotes(nlp, "“My father told me, ‘Never sell the land,’ and I never did,” Tom Reed said.")
    inner = next(quote for quote in found if quote.content[0].text.startswith("‘"))
    assert inner.parent is not None and mention(found[inner.parent]) == "Tom Reed"


def test_he_inside_a_quote_is_not_who_is_quoted(nlp: Language) -> None:
    found = quotes(nlp, "Tom Reed met the mayor. “He told me, ‘It is over,’” Lena Brandt said.")
    names = {quote.content[0].text[0]: quote.speaker and quote.speaker.name for quote in found}
    assert names == {"“": "Lena Brandt", "‘": "Tom Reed"}


@pytest.mark.parametrize(
    "text",
    [
        "“I think that the mill is safe,” Tom Reed said.",
        "Tom Reed said he believed that the mill was safe.",
        "Tom Reed said on Monday that he hoped to keep the mill open.",
    ],
)
def test_one_utterance_is_one_record(nlp: Language, text: str) -> None:
    assert mention(only(nlp, text)) == "Tom Reed"


def test_what_is_added_is_a_quote_of_its_own(nlp: Language) -> None:
    found = quotes(nlp, "“The mill is safe,” Tom Reed said, adding, “Nobody will lose a job.”")
    assert [contents(quote) for quote in found] == [["“The mill is safe,”"], ["“Nobody will lose a job.”"]]
    assert [(mention(quote), quote.parent) for quote in found] == [("Tom Reed", None)] * 2


@pytest.mark.parametrize(
    ("text", "speaker"),
    [
        ("In the words of the head judge, Mark Adler, “the boy spent his best years there.”", "Mark Adler"),
        ("In the mayor’s words, “it was a mess.”", "the mayor"),
        ("To quote the mayor: “it was a mess.”", "the mayor"),
        ("The mayor’s reply: “Never again.”", "The mayor"),
        ("The ministry notes, “The river is too high for ships.”", "The ministry"),
        (
            "Mark Adler issued the following statement:\n\n“We mourn with the families. We will help them.”",
            "Mark Adler",
        ),
    ],
)
def test_words_may_be_quoted_without_a_verb_of_saying(nlp: Language, text: str, speaker: str) -> None:
    quote = only(nlp, text)
    assert quote.type == "DIRECT" and quote.speaker is not None and quote.speaker.name == speaker


@pytest.mark.parametrize(
    "text",
    [
        "The agency quoted Tom Reed as saying that the dam was safe.",
        "Tom Reed was quoted by the agency as saying the dam was safe.",
        "“The dam is safe,” the agency quoted Tom Reed as saying.",
        "“The dam is safe,” Tom Reed was quoted as saying by the agency.",
        "The paper cited Tom Reed, who lives in Rome, as saying that the dam was safe.",
    ],
)
def test_who_is_quoted_as_saying_it_speaks(nlp: Language, text: str) -> None:
    quote = only(nlp, text)
    assert quote.speaker is not None and quote.speaker.name == "Tom Reed"
    assert [span.text for span in quote.cue] == ["saying"]


@pytest.mark.parametrize(
    ("text", "content"),
    [
        ("Anna Weller said on Friday she hoped to sign the treaty.", "she hoped to sign the treaty"),
        ("Anna Weller said Friday the plan was dead.", "the plan was dead"),
        ("Anna Weller said late on Thursday the plan was dead.", "the plan was dead"),
        ("Anna Weller said Friday's vote was a mistake.", "Friday's vote was a mistake"),
        ("Anna Weller said this week would be hard for everyone.", "this week would be hard for everyone"),
    ],
)
def test_the_day_of_an_utterance_is_not_content(nlp: Language, text: str, content: str) -> None:
    assert contents(only(nlp, text)) == [content]


def test_a_name_put_into_a_sentence_is_its_source(nlp: Language) -> None:
    quote = only(nlp, "Ferries from the old harbour, said Tom Reed, will stop running in the spring of next year.")
    assert contents(quote) == ["Ferries from the old harbour", "will stop running in the spring of next year"]
    assert mention(quote) == "Tom Reed"


def test_a_description_of_the_source_is_not_content(nlp: Language) -> None:
    quote = only(nlp, "The old ferries will stop running in May, said Tom Reed, a spokesman for the harbour.")
    assert contents(quote) == ["The old ferries will stop running in May"]


def test_a_source_needs_no_comma_after_it(nlp: Language) -> None:
    quote = only(nlp, "According to the finance ministry the dam was safe.")
    assert (contents(quote), mention(quote)) == (["the dam was safe"], "the finance ministry")


def test_a_line_of_an_interview_is_a_quote(nlp: Language) -> None:
    text = (
        "DAVIES: Why did you leave the party so soon?\n\nHARTMANN: I could not support the new law.\n\n"
        "DAVIES: What will you do now that it is over?\n\nHARTMANN: I will go home and write a book.\n"
    )
    assert {mention(quote) for quote in quotes(nlp, text)} >= {"DAVIES", "HARTMANN"}


def test_a_name_and_a_colon_introduce_a_quote(nlp: Language) -> None:
    text = "The two leaders met in Oslo. Moore: “We have a deal.” Lang: “Nothing is signed yet.”"
    assert [mention(quote) for quote in quotes(nlp, text)] == ["Moore", "Lang"]


def test_a_description_may_follow_the_name_before_a_colon(nlp: Language) -> None:
    text = "The paper asked the town.\n\nAnn Moore, 43, a nurse at the old clinic: “They should have asked us before they voted.”"
    assert mention(only(nlp, text)) == "Ann Moore, 43, a nurse at the old clinic"


def test_the_label_of_a_headline_says_nothing(nlp: Language) -> None:
    text = "ANALYSIS: Why the harbour deal failed\n\nThe deal was too expensive, Helen Moore said."
    assert [mention(quote) for quote in quotes(nlp, text)] == ["Helen Moore"]


def test_line_breaks_of_wrapped_text_do_not_end_a_quote(nlp: Language) -> None:
    text = (
        "The mayor of the small town of Harlow said on Monday that the\nbridge over the river would be closed for at least\n"
        "three months, and that buses would be sent round the hill. “We can\nnot keep it open when the steel is rotten,” "
        "a friend of the\nmayor said."
    )
    quote = holding(nlp, text, "We")
    assert contents(quote) == ["“We can\nnot keep it open when the steel is rotten,”"]
    assert quote.speaker is not None and quote.speaker.name == "a friend of the mayor"


def test_a_mark_set_apart_closes_what_is_open(nlp: Language) -> None:
    quote = only(nlp, '"The bridge is old and the river is high, " Anna Weller said.')
    assert (contents(quote), mention(quote)) == (['"The bridge is old and the river is high, "'], "Anna Weller")


def test_a_short_first_half_belongs_to_the_quote(nlp: Language) -> None:
    quote = only(nlp, "“Eleven minutes,” Helen Moore said, “is far too long for an ambulance.”")
    assert contents(quote) == ["“Eleven minutes,”", "“is far too long for an ambulance.”"]


def test_confidence_is_a_probability(nlp: Language) -> None:
    sure = only(nlp, "“The bridge is safe,” Anna Weller said.").confidence
    for quote in quotes(nlp, "If they say so, people may look at the idea that prices fall."):
        assert 0 < quote.confidence < sure
    assert 0.6 < sure < 1
