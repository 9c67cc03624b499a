# SPDX-License-Identifier: Apache-2.0
"""Language detection."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onrecord.nlp.language import SAMPLE_LENGTH, UNDETERMINED, detect, is_english


@pytest.mark.parametrize(
    ("text", "tag"),
    [
        ("The harbour council of Brinmouth voted on Tuesday to close the old ferry pier.", "en"),
        ("Le conseil municipal a voté mardi la fermeture du vieux quai des ferries.", "fr"),
        ("Der Stadtrat hat am Dienstag beschlossen, die alte Fährbrücke zu schließen.", "de"),
        ("El ayuntamiento votó el martes a favor de cerrar el viejo muelle del puerto.", "es"),
        ("市议会周二投票决定关闭旧渡轮码头。", "zh"),
        ("Городской совет во вторник проголосовал за закрытие старого причала.", "ru"),
    ],
)
def test_a_sentence_is_enough_to_tell(text, tag):
    found, score = detect(text)
    assert found == tag
    assert score > 0.5


@pytest.mark.parametrize("text", ["", " \n", "1911 2026 10:30", "— — —", "\0\0", "\U0001f600\U0001f600"])
def test_a_text_without_words_has_no_language(text):
    assert detect(text)[0] == UNDETERMINED


@given(st.text())
def test_every_text_has_a_tag_and_a_probability_and_always_the_same(text):
    tag, score = detect(text)
    assert tag
    assert 0 <= score <= 1
    assert detect(text) == (tag, score)


def test_only_a_texts_beginning_counts():
    english = "The council voted to close the pier, and the mayor agreed. "
    beginning = (english * SAMPLE_LENGTH)[:SAMPLE_LENGTH]
    assert detect(beginning + "Le conseil a voté la fermeture du quai. " * 100) == detect(beginning)


@pytest.mark.parametrize("tag", ["en", "EN", "en-GB", "en-Latn-US", "eng"])
def test_every_english_is_english(tag):
    assert is_english(tag)


@pytest.mark.parametrize("tag", ["", "und", "fr", "enm", "de-EN", "english"])
def test_nothing_else_is_english(tag):
    assert not is_english(tag)
