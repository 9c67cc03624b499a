# SPDX-License-Identifier: Apache-2.0
"""The tokenizer: spaCy's own tokens, in time linear in the length of the text."""

import pytest
import spacy
from hypothesis import example, given
from hypothesis import strategies as st
from spacy.language import Language
from spacy.tokens import Doc

from onrecord.nlp.tokenizer import MAX_RUN, MAX_TOKENS, PIECE, BoundedTokenizer, TooManyTokens

ENGLISH = spacy.blank("en")
BOUNDED = BoundedTokenizer(ENGLISH.tokenizer, ENGLISH.vocab)

ORDINARY = [
    "",
    " ",
    "“We won’t sell the pier,” she said – not now, not ever. (It's 1911's!)",
    "U.S. officials, e.g. Ada Marlowe-Finch, paid $4.5m at 10:30 a.m. on 3/3/2026…",
    "  two  spaces\n\nand a paragraph\twith a tab \u00a0 and more ",
    "https://brinmouth-post.example/pier?a=1&b=" + "x" * 800 + " is long.",
    "jo.fenn@brinmouth-post.example wrote :-) to #harbour",
    "\ufeff\u202eright to left\u202c \U0001f468\u200d\U0001f469 emoji",
]


def tokens(doc: Doc) -> list[tuple[str, str]]:
    return [(token.text, token.whitespace_) for token in doc]


@pytest.mark.parametrize("text", ORDINARY)
def test_ordinary_text_has_spacys_own_tokens(text):
    assert tokens(BOUNDED(text)) == tokens(ENGLISH.tokenizer(text))


@given(st.text(max_size=MAX_RUN - 1))
def test_any_text_without_a_long_run_has_spacys_own_tokens(text):
    assert tokens(BOUNDED(text)) == tokens(ENGLISH.tokenizer(text))


parts = st.sampled_from(
    ["pier", "can't", "’s", "“", '"', "(", "...", "—", " ", "  ", "\n", "\u00a0", "\u2028", "\U0001f600"]
)
runs = st.builds(lambda mark, length: mark * length, st.sampled_from("\"'“.x-é"), st.integers(990, 1_250))


@given(st.lists(parts | runs | st.text(max_size=5), max_size=12).map("".join))
@example(" " * 5_000)
@example("'" * MAX_RUN)
@example("x" * (MAX_RUN + PIECE + 1) + " \n")
def test_no_character_is_lost_or_moved(text):
    assert BOUNDED(text).text == text


def longest_piece(text: str) -> int:
    """Return the length of the longest run without white space that spaCy's tokenizer is given."""
    given: list[str] = []

    def note(piece: str) -> Doc:
        given.append(piece)
        return ENGLISH.tokenizer(piece)

    assert BoundedTokenizer(note, ENGLISH.vocab)(text).text == text
    return max(len(run) for piece in given for run in piece.split())


@pytest.mark.parametrize("mark", ["'", "“", "-", ".", "(", "’s", "a'", "\U0001f600"])
def test_a_long_run_reaches_spacy_in_short_pieces(mark):
    assert longest_piece("They said: " + mark * 20_000 + " and no more.") <= PIECE


def test_a_long_run_leaves_the_words_around_it_whole():
    around = [token.text for token in BOUNDED("The mayor can't say " + "=" * 5_000 + " why she won't.")]
    assert around[:5] == ["The", "mayor", "ca", "n't", "say"]
    assert around[-5:] == ["why", "she", "wo", "n't", "."]


@pytest.mark.scale
def test_the_model_reads_a_text_of_nothing_but_marks(nlp: Language):
    text = "“" * 3_000
    assert nlp(text).text == text


def test_a_text_of_too_many_marks_is_refused_with_its_count():
    with pytest.raises(TooManyTokens, match=f"{MAX_TOKENS + 1:,} words and marks"):
        BOUNDED("“" * (MAX_TOKENS + 1))


def test_a_title_is_one_token():
    assert [token.text for token in BOUNDED("Sens. Berg and Lt. Lee left.")][:4] == ["Sens.", "Berg", "and", "Lt."]
