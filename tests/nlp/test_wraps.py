# SPDX-License-Identifier: Apache-2.0
"""Text that is wrapped to a width is parsed as if it were not."""

from spacy.language import Language

from onrecord.nlp.annotations import quotes_of

PARAGRAPH = (
    "Ada Lindt, a professor who teaches the history of fishing at Port Norwick State University, said on Monday that boats "
    "without a licence were less likely to be let into the inner harbour. The visit to New York was her third, said the head of "
    "the water board, Tom Okafor."
)
BREAKS = (73, 152)  # the spaces behind "Norwick" and "likely"


def wrapped() -> str:
    text = list(PARAGRAPH)
    for place in BREAKS:
        assert text[place] == " "
        text[place] = "\n"
    return "".join(text) + "\n\nA second paragraph that is about as long as the lines above, and that ends here."


def test_line_ends_in_a_paragraph_change_nothing_but_the_white_space(nlp: Language) -> None:
    text = wrapped()
    plain, broken = nlp(text.replace("\n", " ", len(BREAKS))), nlp(text)
    assert broken.text == text
    words = [token for token in broken if token.text != "\n"]
    assert [(token.text, token.tag_, token.dep_, token.head.idx) for token in words] == [
        (token.text, token.tag_, token.dep_, token.head.idx) for token in plain
    ]
    assert [(span.start_char, span.label_) for span in broken.ents] == [
        (span.start_char, span.label_) for span in plain.ents
    ]
    assert len(list(broken.sents)) == len(list(plain.sents))
    assert [quote.speaker and quote.speaker.name for quote in quotes_of(broken)] == ["Ada Lindt", "Tom Okafor"]


def test_a_line_end_is_a_token_of_the_doc(nlp: Language) -> None:
    broken = nlp(wrapped())
    assert [token.i for token in broken if token.text == "\n"] == [
        next(token.i for token in broken if token.idx == place) for place in BREAKS
    ]
