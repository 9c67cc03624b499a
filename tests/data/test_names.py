# SPDX-License-Identifier: Apache-2.0
"""Comparison of names: which spellings are equal."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onrecord.data.names import comparable, fold, has_words, is_pronoun, name_key, words_of


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("the European Union", "European Union", True),
        ("a harbour toll", "harbour toll", True),
        ("Ana Peña", "ANA PENA", True),
        ("Erdoğan", "Erdogan", True),
        ("Søren Østergård", "Soren Ostergard", True),
        ("U.S.", "US", True),
        ("Norway's", "Norway", True),
        ("the dockers’", "dockers", True),
        ("“Board”", "Board", True),
        ("Ruth Okafor", "Ruth Okafor-Lund", False),
        ("The", "A", False),
        ("…", "?!", False),
    ],
)
def test_spellings_of_one_name_have_one_key(one: str, other: str, same: bool) -> None:
    assert (name_key(one) == name_key(other)) is same


def test_the_key_of_a_name_is_that_of_an_entity_with_no_better_known_name() -> None:
    assert name_key("Tellick & Sons") == "tellick & sons"
    assert words_of("the Tellick & Sons") == ("tellick", "&", "sons")


@given(st.text(max_size=60))
def test_every_name_has_a_key_and_the_key_is_its_own(name: str) -> None:
    assert bool(name_key(name)) == bool(name.strip())
    assert name_key(name_key(name)) == name_key(name)


@given(st.text(max_size=60))
def test_a_form_that_is_compared_does_not_change_when_it_is_compared(text: str) -> None:
    assert comparable(comparable(text)) == comparable(text)


@given(st.text(max_size=20))
def test_folding_once_is_enough(word: str) -> None:
    assert fold(fold(word)) == fold(word)


@pytest.mark.parametrize(
    ("name", "words", "found"),
    [
        ("Brightwater Corp.", "brightwater", True),
        ("Brightwater Corp.", "Corp", True),
        ("AT&T", "at&t", True),
        ("Ruth Okafor-Lund", "Lund", True),
        ("Russia", "U.S.", False),
        ("Brightwater Corp.", "Bright", False),
        ("Gerald P. Stroud", "Gerald Stroud", False),
    ],
)
def test_a_text_is_found_as_whole_words(name: str, words: str, found: bool) -> None:
    assert has_words(comparable(name), comparable(words)) is found


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("he", True),
        ("Their", True),
        (" it ", True),
        ("I", True),
        ("US", False),
        ("IT", False),
        ("Hee", False),
        ("it all", False),
    ],
)
def test_a_bare_pronoun_is_recognised(name: str, expected: bool) -> None:
    assert is_pronoun(name) is expected
