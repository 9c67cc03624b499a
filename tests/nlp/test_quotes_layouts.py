# SPDX-License-Identifier: Apache-2.0
"""Quotes that the layout of an article attributes: labels, questions and answers, posts, credits; and whole articles in such layouts.

``layouts/*.txt`` are articles written for this test, three in each of six layouts. Below a line of dashes each has the quotes that a reader
expects, ``Speaker: content``:

* ``A [...] B`` is the text from A to the first B after it; `` + `` joins the spans of one content.
* ``A/B: …``: either speaker; ``-`` is nobody.
* ``? …``: it may be a record or not, and its speaker is not checked.
"""

import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pytest
from spacy.language import Language

from onrecord.nlp.annotations import Quote, quotes_of

ARTICLES = Path(__file__).parent / "layouts"
MIN_SHARED = 0.7  # of the words of both contents, for the same quote
MIN_TOUCHED = 0.25  # less is another quote
ARTICLE = re.compile(r"^(?:the|an?) ")
WORD = re.compile(r"\w+")


@dataclass(frozen=True)
class Expected:
    """A quote that a reader expects."""

    speakers: tuple[str, ...]
    words: frozenset[int]
    is_optional: bool
    line: str


def _span_words(text: str, start: int, end: int) -> set[int]:
    return {match.start() for match in WORD.finditer(text, start, end)}


def _read(path: Path) -> tuple[str, list[Expected]]:
    text, _, below = path.read_text(encoding="utf-8").partition("\n----\n")
    expected = []
    for line in below.splitlines():
        speakers, _, content = line.removeprefix("? ").partition(": ")
        words: set[int] = set()
        end = 0
        for span in content.split(" + "):
            begin, *rest = span.split("[...]")
            start = text.index(begin.strip(), end)
            end = start + len(begin.strip())
            for part in rest:
                end = text.index(part.strip(), end) + len(part.strip())
            words |= _span_words(text, start, end)
        expected.append(Expected(tuple(speakers.split("/")), frozenset(words), line.startswith("? "), line))
    return text, expected


def _shared(one: frozenset[int], other: frozenset[int]) -> float:
    return len(one & other) / max(len(one | other), 1)


def judged(nlp: Language, path: Path) -> tuple[Counter[str], list[str]]:
    """Return how many records are right or wrong and how many quotes are missed, and a line for each that is not right."""
    text, expected = _read(path)
    count: Counter[str] = Counter(expected=sum(not each.is_optional for each in expected))
    remarks, touched = [], set()
    for quote in quotes_of(nlp(text)):
        if quote.realis != "ACTUAL":
            continue
        words = frozenset().union(*(_span_words(text, span.start, span.end) for span in quote.content))
        best = max(expected, key=lambda each: (_shared(words, each.words), not each.is_optional))
        share = _shared(words, best.words)
        if share >= MIN_TOUCHED:
            touched.add(best.line)
        if share >= MIN_SHARED and best.is_optional:
            continue
        is_right = share >= MIN_SHARED and _name(quote) in {ARTICLE.sub("", name.casefold()) for name in best.speakers}
        count["right" if is_right else "wrong"] += 1
        if not is_right:
            given = " + ".join(span.text for span in quote.content)
            wanted = best.line if share >= MIN_TOUCHED else "nothing"
            remarks.append(f"{path.stem}: wrong: {_name(quote)}: {given!r}; expected: {wanted}")
    for each in expected:
        if not each.is_optional and each.line not in touched:
            count["missed"] += 1
            remarks.append(f"{path.stem}: missed: {each.line}")
    return count, remarks


def _name(quote: Quote) -> str:
    name = quote.speaker.name if quote.speaker and quote.speaker.name else "-"
    return ARTICLE.sub("", name.casefold())


# Measured: 84.6 and 8.5 %. What is missing is mostly not of layout: whom "the captain" means, "declined to comment".
MIN_RIGHT, MAX_MISSED = 0.83, 0.1


def test_articles_in_the_layouts_of_feeds_are_read_as_a_reader_reads_them(nlp: Language) -> None:
    count: Counter[str] = Counter()
    remarks: list[str] = []
    for path in sorted(ARTICLES.glob("*.txt")):
        of_one, wrong = judged(nlp, path)
        count += of_one
        remarks += wrong
    assert count["right"] >= MIN_RIGHT * (count["right"] + count["wrong"]), "\n".join(remarks)
    assert count["missed"] <= MAX_MISSED * count["expected"], "\n".join(remarks)


def said(nlp: Language, text: str) -> list[tuple[str | None, str]]:
    """Return the speaker's name and the content of each quote."""
    return [
        (quote.speaker.name if quote.speaker else None, " | ".join(span.text for span in quote.content))
        for quote in quotes_of(nlp(text))
    ]


WOODHALL = "Ruth Woodhall, the film editor, talks to the Echo about her new film.\n\n"
ANSWERS = [
    ("Ruth Woodhall", "I missed the light. It is like nowhere else."),
    ("Ruth Woodhall", "I will, if they let me."),
]


@pytest.mark.parametrize(
    ("asks", "answers"),
    [
        ("Q: ", "A: "),
        ("Question: ", "Answer: "),
        ("The Echo: ", "Woodhall: "),
        ("ECHO: ", "WOODHALL: "),
        ("TE: ", "RW: "),
        ("[Echo] ", "[Woodhall] "),
        ("**Echo:** ", "**Woodhall:** "),
        ("", ""),
    ],
)
def test_the_answers_of_an_interview_are_those_of_the_person_questioned(nlp: Language, asks: str, answers: str) -> None:
    text = (
        f"{WOODHALL}{asks}Why did you return to Port Alder?\n\n{answers}I missed the light. It is like nowhere else.\n\n"
        f"{asks}Will you stay in the town?\n\n{answers}I will, if they let me.\n"
    )
    found = said(nlp, text)
    assert [quote for quote in found if "I " in quote[1]] == ANSWERS
    questions = [quote for quote in found if quote[1].endswith("?")]
    assert [content for _, content in questions] == ["Why did you return to Port Alder?", "Will you stay in the town?"]


def test_an_answer_of_several_paragraphs_is_one_quote(nlp: Language) -> None:
    text = f"{WOODHALL}Q: Why?\n\nA: I missed the light.\n\nI missed the rain too.\n\nQ: Did you?\n\nA: I did.\n"
    assert ("Ruth Woodhall", "I missed the light. | I missed the rain too.") in said(nlp, text)


@pytest.mark.parametrize(
    "text",
    [
        "Anna Berg said in a statement:\n\nWe will not sell the harbour. It is not ours.\n\nTom Okafor disagreed.",
        "Anna Berg wrote on her page:\n\nWe will not sell the harbour. It is not ours.\n\nThe vote is on Friday.",
    ],
)
def test_a_paragraph_below_a_colon_is_what_the_cue_introduces(nlp: Language, text: str) -> None:
    assert ("Anna Berg", "We will not sell the harbour. It is not ours.") in said(nlp, text)


def test_a_statement_without_marks_goes_on_as_long_as_it_speaks_of_us(nlp: Language) -> None:
    text = "Anna Berg said in a statement:\n\nWe will not sell.\n\nOur harbour is safe.\n\nTom Okafor left the room."
    assert ("Anna Berg", "We will not sell. | Our harbour is safe.") in said(nlp, text)


@pytest.mark.parametrize(
    "text",
    [
        "‘We know who sold the harbour’: Okafor\n\nTom Okafor spoke to a hearing on Monday.",
        "“We know who sold the harbour” – Okafor\n\nTom Okafor spoke to a hearing on Monday.",
        "Okafor: We know who sold the harbour\n\nTom Okafor spoke to a hearing on Monday.",
        "Okafor: ‘We know who sold the harbour’\n\nTom Okafor spoke to a hearing on Monday.",
        "Tom Okafor met the crews.\n\n14:05 – Okafor: “We know who sold the harbour.”",
        "The mayor and Tom Okafor met the crews.\n\n• Okafor (Greens): “We know who sold the harbour.”",
        "A note from Tom Okafor, who leads the Greens:\n\n“We know who sold the harbour.”",
        "From the desk of Tom Okafor, harbour master.\n\n“We know who sold the harbour.”",
        "Tom Okafor, 47, opposition leader\n“We know who sold the harbour.”",
        "The town was surprised.\n\n“We know who sold the harbour.”\nTom Okafor, opposition leader\n\nThe vote is on Friday.",
        "The town was surprised.\n\nWe know who sold the harbour!\n\n— Tom Okafor (@tom_okafor) March 3, 2026",
        "— We know who sold the harbour, said Tom Okafor.",
    ],
)
def test_a_speaker_is_named_in_a_headline_a_label_or_a_credit(nlp: Language, text: str) -> None:
    found = said(nlp, text)
    assert [name for name, content in found if "who sold the harbour" in content and "We know" in content] == [
        "Tom Okafor"
    ]


def test_an_item_of_a_list_belongs_to_the_name_in_it(nlp: Language) -> None:
    text = "What members say:\n- Joan Derry (Greens): “A shabby deal.”\n- Karl Stoltz (Centre): “We kept our word.”\n"
    assert said(nlp, text) == [("Joan Derry", "“A shabby deal.”"), ("Karl Stoltz", "“We kept our word.”")]


def test_an_advertisement_does_not_separate_a_quote_from_its_speaker(nlp: Language) -> None:
    text = "“The old pipes have held,” said Annick Dubois.\n\nAdvertisement\n\n“The new ones have not done so yet.”"
    assert said(nlp, text)[1] == ("Annick Dubois", "“The new ones have not done so yet.”")


def test_topics_are_not_speakers(nlp: Language) -> None:
    text = "Excerpts from Joan Derry’s speech:\n\nOn the budget: “It is a shabby deal.”\n\nOn Karl Stoltz: “He kept his word.”"
    assert [name for name, _ in said(nlp, text)] == ["Joan Derry", "Joan Derry"]


@pytest.mark.parametrize(
    "line",
    [
        "Weather: It will rain in the north.",
        "UPDATE: The road is open again.",
        "Photo: Joan Derry opens the bridge.",
        "Score: Harwick 3-1 Seaton",
        "Contact: Joan Derry, 555 0142",
        "Joan Derry: a life in pictures",
        "Joan Derry: 3 goals, 1 assist.",
    ],
)
def test_other_lines_with_a_colon_are_not_quotes(nlp: Language, line: str) -> None:
    assert (
        said(nlp, f"The bridge opened on Monday. Joan Derry cut the ribbon.\n\n{line}\n\nThe mayor left early.") == []
    )


def test_questions_in_a_column_are_not_an_interview(nlp: Language) -> None:
    text = (
        "I have lived in Port Alder for ten years. Anna Berg is my neighbour.\n\nSo what should we do?\n\n"
        "I think of the harbour every day.\n\nWould you sell your house?\n\nI would not.\n"
    )
    assert all("?" not in content for _, content in said(nlp, text))


def test_all_that_is_in_bold_among_bold_questions_is_asked(nlp: Language) -> None:
    text = (
        "The novelist Ilse Marchetti is late, and she is sorry. We met in Ravelle.\n\n"
        "**You never write about your childhood. Why?**\n\nI had a daughter, and I forgot.\n\n"
        "**Is the captain in the book your father?**\n\nNo. People keep asking me that.\n\n"
        "**Critics have accused you of rushing the end.**\n\nI did rush it. I was tired.\n\n"
        "When we leave, she wonders about the critic. “He is probably a nice man,” she says."
    )
    turns = [quote for quote in quotes_of(nlp(text)) if not quote.cue and quote.speaker is not None]
    assert [(quote.speaker.name, quote.content[-1].text) for quote in turns if quote.speaker] == [
        ("Ilse Marchetti", "I had a daughter, and I forgot."),
        ("Ilse Marchetti", "No. People keep asking me that."),
        ("Ilse Marchetti", "I did rush it. I was tired."),
    ]


@pytest.mark.parametrize(("talks", "speaker"), [("He talks", None), ("We talk", "Hetty Crane")])
def test_whoever_somebody_else_talks_to_is_not_the_one_questioned(
    nlp: Language, talks: str, speaker: str | None
) -> None:
    text = f"TB runs the inn. {talks} to Hetty Crane.\n\nQ: Why did you leave?\n\nA: I was tired.\n\nQ: Will you return?\n\nA: I might."
    answers = [quote for quote in quotes_of(nlp(text)) if "tired" in quote.content[0].text]
    assert [quote.speaker and quote.speaker.name for quote in answers] == [speaker]


LONG_INTERVIEW = (
    "Ilse Marchetti bakes for half the town. She counts my change before she sits down.\n\n"
    "Why did you leave the bank?\n\nBecause I never met a banker who could cook.\n\n"
    "The critics call your bread a luxury.\n\nIt is. Theirs has nineteen ingredients.\n\n"
    "Isn’t that hard on the poor?\n\nMy neighbours buy it by the slice.\n\n"
    "Who taught you?\n\nMy aunt, badly.\n\n"
    "And what comes next?\n\nThen I’ll sleep.\n\n"
    "She waves to a man with a dog. She will, she tells me later, bake for him too.\n\n"
    "This interview is part of a series about work."
)


def test_an_interview_is_one_though_its_writer_says_i_and_its_questions_seldom_you(nlp: Language) -> None:
    answers = [content for source, content in said(nlp, LONG_INTERVIEW) if source == "Ilse Marchetti"]
    assert answers == [
        "Because I never met a banker who could cook.",
        "It is. Theirs has nineteen ingredients.",
        "My neighbours buy it by the slice.",
        "My aunt, badly.",
        "Then I’ll sleep.",
        "She will | bake for him too",
    ]


def test_who_is_credited_with_an_interview_asks(nlp: Language) -> None:
    text = (
        "Rosa Quint has looked after the towers since 1998. She is 61.\n\nHow did you get into this work?\n\nMy uncle took me along. I "
        "never left.\n\nDo you ever get lonely?\n\nNo, I have my books.\n\nInterview by Sofia Tana. It has been shortened."
    )
    names = [quote.speaker.name for quote in quotes_of(nlp(text)) if quote.speaker]
    assert names == ["Sofia Tana", "Rosa Quint", "Sofia Tana", "Rosa Quint"]


def test_what_an_interviewer_says_is_asked_though_it_is_no_question_and_nobody_is_addressed(nlp: Language) -> None:
    text = (
        "Samuel Acker leads the moth survey of the county.\n\nWhy moths and not bees?\n\nBees have owners. We count what nobody pays "
        "for.\n\nCritics say that the study helps the industry. Green Watch has dismissed it.\n\nI have read their statement. The answer "
        "is the science fund.\n\nAre farmers listening?\n\nMore than I expected.\n\nInterview by Marta Okon."
    )
    turns = [quote for quote in quotes_of(nlp(text)) if quote.parent is None]
    assert [quote.speaker and quote.speaker.name for quote in turns] == ["Marta Okon", "Samuel Acker"] * 3
