# SPDX-License-Identifier: Apache-2.0
"""Segments: each part of a text is body, promo, credit, byline, dateline or caption."""

import pytest
import spacy
from hypothesis import given
from hypothesis import strategies as st
from spacy.language import Language

from onrecord.nlp.annotations import segments_of
from onrecord.nlp.segments import find_segments, paragraphs

HEADLINE = "Old ferry pier closes after survey"
BODY = "The harbour council of Brinmouth voted on Tuesday to close the old ferry pier."
MORE = "A new landing stage opens next spring, and it is to cost about four million pounds."


def marked(text: str) -> list[tuple[str, str]]:
    """Return the segments of a text with their words."""
    return [(segment.kind, text[segment.start : segment.end]) for segment in find_segments(text)]


def kind_within_an_article(line: str, at_the_top: bool = False) -> str:
    """Return the kind of a line, below the headline or between paragraphs of the body."""
    body = [BODY, MORE] * 6
    lines = [HEADLINE, line, *body] if at_the_top else [HEADLINE, *body, line, *body]
    text = "\n\n".join(lines)
    start = text.index(line)
    [kind] = [segment.kind for segment in find_segments(text) if segment.start <= start < segment.end]
    return kind


def test_an_article_is_marked_from_headline_to_credit():
    text = "\n".join(
        [
            HEADLINE,
            "By Jo Fenn and Li Tan",
            "3 March 2026",
            "",
            f"BRINMOUTH, March 3 (Coastal News) — {BODY}",
            MORE,
            "Sign up for our daily newsletter here.",
            "The pier was built in 1911.",
            "Reporting by Jo Fenn; editing by Li Tan",
        ]
    )
    assert marked(text) == [
        ("BODY", HEADLINE),
        ("BYLINE", "By Jo Fenn and Li Tan"),
        ("DATELINE", "3 March 2026"),
        ("DATELINE", "BRINMOUTH, March 3 (Coastal News) —"),
        ("BODY", f"{BODY}\n{MORE}"),
        ("PROMO", "Sign up for our daily newsletter here."),
        ("BODY", "The pier was built in 1911."),
        ("CREDIT", "Reporting by Jo Fenn; editing by Li Tan"),
    ]


@pytest.mark.parametrize("text", ["", " ", "\n\r\n\t\u2028"])
def test_a_text_of_white_space_has_no_segment(text):
    assert find_segments(text) == ()


@pytest.mark.parametrize(
    "line",
    [
        "Sign up for our morning briefing",
        "Subscribe to our newsletter for more stories",
        "Subscribe now!",
        "Get our free app delivered to your phone",
        "Read more: Harbour master resigns",
        "Related: Harbour master resigns",
        "Click here to see the map",
        "Follow us on Instagram",
        "Download our app today",
        "Support our journalism",
        "Share this article",
        "Advertisement",
        "Story continues below",
        "Thanks for reading!",
        "Already a subscriber? Log in",
        "READ MORE: HARBOUR MASTER RESIGNS",
        "For more stories like this, visit our website",
    ],
)
def test_a_line_that_advertises_is_a_promo(line):
    assert kind_within_an_article(line) == "PROMO"


@pytest.mark.parametrize(
    "line",
    [
        "Reporting by Jo Fenn; editing by Li Tan",
        "(Reporting by Jo Fenn in Oslo)",
        "Additional reporting by Jo Fenn",
        "Edited by Li Tan",
        "With files from Jo Fenn",
        "Photo credit: Jo Fenn",
        "Image courtesy of the harbour museum",
        "© 2026 Brinmouth Post",
        "All rights reserved.",
        "Jo Fenn in Oslo contributed to this report.",
        "This article was originally published in the Brinmouth Post.",
    ],
)
def test_a_line_that_says_who_made_it_is_a_credit(line):
    assert kind_within_an_article(line) == "CREDIT"


@pytest.mark.parametrize(
    "line",
    [
        "By Jo Fenn",
        "by Jo Fenn",
        "BY JO FENN",
        "By Jo Fenn, Harbour Correspondent",
        "By Jo Fenn and Li Tan",
        "By Jo Fenn | Brinmouth Post",
        "By Jo Fenn in Oslo",
        "By: Ana de la Mar",
        "Jo Fenn, Staff Writer",
    ],
)
def test_a_name_under_the_headline_is_a_byline(line):
    assert kind_within_an_article(line, at_the_top=True) == "BYLINE"


@pytest.mark.parametrize(
    "line",
    [
        "3 March 2026",
        "March 3, 2026",
        "Tuesday, March 3, 2026 10:15 GMT",
        "2026-03-03",
        "Published: 3 March 2026",
        "Updated March 3, 2026 at 10:15 a.m.",
        "BRINMOUTH, March 3",
    ],
)
def test_a_line_with_nothing_but_a_date_is_a_dateline(line):
    assert kind_within_an_article(line, at_the_top=True) == "DATELINE"


@pytest.mark.parametrize(
    "dateline",
    [
        "BRINMOUTH —",
        "BRINMOUTH –",
        "BRINMOUTH --",
        "BRINMOUTH -",
        "NEW YORK —",
        "ST. LOUIS —",
        "WASHINGTON, D.C. —",
        "PORT-AU-PRINCE, Haiti —",
        "SÃO PAULO —",
        "BRINMOUTH, March 3 —",
        "BRINMOUTH (CN) —",
        "BRINMOUTH, March 3 (Coastal News) —",
        "Brinmouth (Coastal News) -",
        "Brinmouth, Norway (CN) --",
    ],
)
def test_a_place_before_a_dash_is_a_dateline_and_the_rest_is_body(dateline):
    assert marked(f"{dateline} {BODY}") == [("DATELINE", dateline), ("BODY", BODY)]


@pytest.mark.parametrize(
    "line",
    [
        "Pictured: Ada Marlowe at the old pier",
        "Caption: the old pier at dusk",
        "Image caption The old pier at dusk",
        "The old pier at dusk on Monday. (Photo: Jo Fenn/Coastal News)",
        "File - In this May 5, 2024 file photo, boats lie at the pier.",
    ],
)
def test_a_line_that_tells_of_a_picture_is_a_caption(line):
    assert kind_within_an_article(line) == "CAPTION"


@pytest.mark.parametrize(
    "headline",
    [
        HEADLINE,
        "COUNCIL TO CLOSE PIER — MAYOR SAYS",
        "EXCLUSIVE — Council to close old pier",
        "UPDATE - Old pier to close in spring",
        "Read the mayor’s letter in full",
        "Related companies to merge",
        "Live: council votes on old pier",
        "By the numbers: a pier and its boats",
        "Sign of hope for the old pier",
        "May 5 pier talks called off",
    ],
)
def test_a_headline_is_not_mistaken(headline):
    assert marked(f"{headline}\n\n{BODY}\n{MORE}") == [("BODY", f"{headline}\n\n{BODY}\n{MORE}")]


@pytest.mark.parametrize("at_the_top", [True, False])
@pytest.mark.parametrize(
    "sentence",
    [
        "By closing the pier, the council hopes to save money.",
        "By Tuesday night the pier was closed.",
        "By World War II, the pier was in ruins.",
        "From South Korea, the team sailed to Japan.",
        "Follow the money, the auditor said on Monday.",
        "Get well soon, the mayor wrote to the crew.",
        "Join us, the union told the dockers.",
        "Share the pain, the minister told voters.",
        "Support for the mayor has grown.",
        "Reporting by the commission found faults in the pier.",
        "This report was published on Monday by the ministry.",
        "Contact with the ship was lost at noon.",
        "Like the mayor, he resigned.",
        "March 3 was a dark day for the town.",
        "NATO — the alliance of Western states — met in Oslo.",
        "The pier — built in 1911 — is gone.",
        "COVID-19 — the disease — spread through the crew.",
        "Ada Marlowe, an editor of the Brinmouth Post, denied it.",
    ],
)
def test_a_sentence_of_the_body_is_not_mistaken(sentence, at_the_top):
    assert kind_within_an_article(sentence, at_the_top) == "BODY"


def test_a_long_paragraph_is_body_however_it_begins():
    assert kind_within_an_article(f"Click here, the message said. {BODY * 5}") == "BODY"


def test_bylines_and_bare_dates_are_found_only_at_the_top():
    assert kind_within_an_article("By Jo Fenn") == "BODY"
    assert kind_within_an_article("3 March 2026") == "BODY"


WRAPPED = """\
The harbour council of Brinmouth voted on Tuesday to close the old
ferry pier after a survey found that the timbers had rotted away in
many places. A new landing stage will open next spring, the mayor
said, and it is to cost about four million pounds.

Nobody on the council spoke against the plan, and the vote took less
than ten minutes."""


def test_text_that_was_wrapped_to_a_width_is_joined():
    assert [paragraph.text for paragraph in paragraphs(WRAPPED)] == WRAPPED.split("\n\n")


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_a_line_break_in_mid_sentence_does_not_end_a_paragraph(line_end):
    text = line_end.join(["The council voted", "to close the pier.", "", "It was built in 1911."])
    assert [paragraph.text.split() for paragraph in paragraphs(text)] == [
        ["The", "council", "voted", "to", "close", "the", "pier."],
        ["It", "was", "built", "in", "1911."],
    ]


def test_an_attribution_below_its_quotation_is_of_the_same_paragraph():
    text = "“The pier is closed,”\nsaid Ina Holm."
    assert [paragraph.text for paragraph in paragraphs(text)] == [text]


def test_lines_that_end_a_sentence_are_paragraphs():
    assert [paragraph.text for paragraph in paragraphs(f" {BODY} \n{MORE}\n\n{BODY}")] == [BODY, MORE, BODY]


lines = st.sampled_from(
    [
        HEADLINE,
        BODY,
        "By Jo Fenn",
        "3 March 2026",
        "BRINMOUTH — It rained.",
        "BRINMOUTH, March 3 (CN) —",
        "Subscribe now!",
        "© 2026",
        "and then",
        "—",
        "“",
    ]
)
line_ends = st.sampled_from(["\n", "\r\n", "\r", "\n\n", "\v", "\f", "\x1c", "\x85", "\u2028", "\u2029", " ", "\u00a0"])
whole_texts = st.lists(lines | line_ends | st.text(max_size=5), max_size=20).map("".join)


@given(whole_texts)
def test_every_character_that_is_not_blank_is_in_exactly_one_segment(text):
    covered = [0] * len(text)
    for segment in find_segments(text):
        for place in range(segment.start, segment.end):
            covered[place] += 1
    assert {count for count, character in zip(covered, text, strict=True) if not character.isspace()} <= {1}
    assert set(covered) <= {0, 1}


@given(whole_texts)
def test_segments_are_in_order_and_begin_and_end_with_a_word(text):
    segments = find_segments(text)
    assert list(segments) == sorted(segments, key=lambda segment: segment.start)
    for segment in segments:
        words = text[segment.start : segment.end]
        assert words
        assert words == words.strip()


@pytest.fixture(scope="module")
def marker() -> Language:
    """Return a pipeline that tokenizes and marks segments."""
    blank = spacy.blank("en")
    blank.add_pipe("onrecord_segments")
    return blank


def test_a_paragraph_begins_a_sentence(marker):
    doc = marker(f"{HEADLINE}\n\nBRINMOUTH — {BODY}\nBy and by it rained.")
    assert [token.text for token in doc if token.is_sent_start] == ["Old", "BRINMOUTH", "The", "By"]
    assert segments_of(doc) == find_segments(doc.text)


def test_no_sentence_starts_are_set_within_a_paragraph(marker):
    doc = marker(f"{BODY} {MORE}")
    assert [token.text for token in doc[1:] if token.is_sent_start] == []


def test_a_headline_does_not_flow_into_the_first_sentence(nlp):
    sentences = [sentence.text.strip() for sentence in nlp(f"{HEADLINE}\n\n{BODY}").sents]
    assert sentences == [HEADLINE, BODY]


def test_a_doc_that_is_parsed_already_keeps_its_sentences(nlp):
    doc = nlp(f"{HEADLINE}\n\n{BODY}")
    before = [sentence.text for sentence in doc.sents]
    assert [sentence.text for sentence in nlp.get_pipe("onrecord_segments")(doc).sents] == before
