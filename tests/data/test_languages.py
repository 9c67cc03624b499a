# SPDX-License-Identifier: Apache-2.0
"""Languages as senders state them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onrecord.data.languages import UnknownLanguage, language_tag


@pytest.mark.parametrize(
    ("stated", "tag"),
    [
        ("en", "en"),
        ("EN-us", "en-US"),
        ("eng", "en"),
        ("en_US.UTF-8", "en-US"),
        ("de_DE@euro", "de-DE"),
        ("English", "en"),
        ("English (US)", "en"),
        ("British English", "en-GB"),
        ("Français", "fr"),
        ("zh-hant-tw", "zh-Hant-TW"),
        ("ceb", "ceb"),
    ],
)
def test_tags_locales_and_names_are_one(stated, tag):
    assert language_tag(stated) == tag


@pytest.mark.parametrize(
    "stated", ["", "und", "UND", "mul", "zxx", "xx", "x-unknown", "unknown", "N/A", "C.UTF-8", "und-Latn"]
)
def test_what_says_nothing_is_no_language(stated):
    assert language_tag(stated) is None


@given(st.text())
def test_any_text_is_a_tag_nothing_or_unknown(stated):
    try:
        tag = language_tag(stated)
    except UnknownLanguage:
        return
    assert tag is None or (tag.isascii() and language_tag(tag) == tag)
