# SPDX-License-Identifier: Apache-2.0
"""The list of forgotten articles: what it recognizes, and what it costs."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onrecord.data.forgotten import (
    Forgotten,
    ForgottenList,
    ForgottenListError,
    Traces,
    refuse,
    traces_of,
    traces_of_payload,
    words_of,
)
from tests.conftest import article_of

TEXT = "The ferry pier closes in May."


def listed(**values: str) -> ForgottenList:
    """Return a list with one value of each kind that is given."""
    made = ForgottenList()
    for kind, value in values.items():
        getattr(made, f"add_{kind}")(value)
    return made


@pytest.mark.parametrize(
    "text",
    [
        "Anna Berg",
        "ANNA\nBERG",
        "(Ánna  Berg’s)",
        "anna-berg",
        "An\u00adna Berg",
        "Ａｎｎａ Berg",
        "https://x.example/anna-berg-quits",
    ],
)
def test_a_name_is_found_as_whole_words_in_any_spelling_of_them(text):
    assert listed(name="Anna Berg").has_name_in(text)
    assert listed(name=text).has_name_in(text)


@pytest.mark.parametrize("text", ["", "Anna", "Anna Bergman", "Berg Anna", "Joanna Berg", "Anna Maria Berg"])
def test_other_words_are_not_taken_for_a_name(text):
    assert not listed(name="Anna Berg").has_name_in(text)


@given(st.text(max_size=30), st.text(max_size=30), st.text(max_size=30))
def test_a_name_is_found_between_any_words(before, name, after):
    if words_of(name):
        assert listed(name=name).has_name_in(f"{before} {name} {after}")


@given(st.lists(st.text(max_size=9)), st.lists(st.text(max_size=9)))
def test_a_list_is_what_its_file_says(ids, names):
    made = ForgottenList()
    for value in ids:
        made.add_id(value)
        made.add_text(value)
        made.add_url(value)
    for value in filter(words_of, names):
        made.add_name(value)
    assert ForgottenList.from_json(made.to_json()) == made


def test_two_lists_of_the_same_article_have_nothing_in_common():
    one, other = listed(id="a"), listed(id="a")
    assert one.salt != other.salt
    assert not one.articles & other.articles


@pytest.mark.parametrize("stored", [b"", b"\xff", b"{}", b'{"version": 1}', b"[" * 2000])
def test_any_other_file_is_not_a_list(stored):
    with pytest.raises(ForgottenListError, match="not a list of forgotten articles"):
        ForgottenList.from_json(stored)


@pytest.mark.parametrize(
    ("kind", "value", "problem"),
    [
        ("id", "a-1", "its id is"),
        ("url", "http://www.news.example/1/?utm_medium=x", "its URL is"),
        ("text", article_of(text=TEXT).text_sha256, "its text is"),
        ("name", "ferry pier", "the name of a person in it is"),
        ("name", "Eva Lund", "the name of a person in it is"),
        ("name", "Jon Reed", "the name of a person in it is"),
        ("name", "Ada Finch", "the name of a person in it is"),
    ],
)
def test_an_article_is_recognized_by_each_of_its_traces(kind, value, problem):
    fields = {"authors": ["Eva Lund"], "title": "Jon Reed resigns", "photo": "Ada Finch"}
    traces = traces_of(article_of(id="a-1", text=TEXT, url="https://news.example/1", **fields))
    with pytest.raises(Forgotten, match=f"message: {problem} on the list of forgotten articles"):
        refuse([ForgottenList(), listed(**{kind: value})], traces)
    refuse([listed(id="a-2", url="https://news.example/2", text="0", name="Anna Berg")], traces)


@pytest.mark.parametrize(
    ("payload", "values"),
    [
        (b'{"id": 7, "text": 5}', {"id": "7"}),
        (b'{"id": "a-1", "text": "half of', {"id": "a-1"}),
        (rb'{"text": "say \"no\"\u0021", }', {"text": article_of(text='say "no"!').text_sha256}),
        (b'{"url": "https:\\/\\/news.example\\/1", "text"', {"url": "https://news.example/1"}),
        (b'{"text": "x\\nAnna B\\u00e9rg', {"name": "Anna Berg"}),
        (b"<p>Anna <b>B&eacute;rg</b></p>", {"name": "Anna Berg"}),
        (b"\xff\xfe Anna Berg \xff", {"name": "Anna Berg"}),
    ],
)
def test_a_broken_message_is_recognized_too(payload, values):
    assert listed(**values).reason(traces_of_payload(payload, {})) is not None
    assert (
        listed(id="b", url="https://b.example", text="b", name="Jon Reed").reason(traces_of_payload(payload, {}))
        is None
    )


def test_the_id_of_something_else_in_a_message_is_not_its_own():
    assert traces_of_payload(b'{"text": 5, "author": {"id": "7"}}', {}).ids == ()


@given(st.binary(max_size=60), st.dictionaries(st.text(max_size=3), st.text(max_size=3), max_size=2))
def test_any_bytes_have_traces(payload, attributes):
    assert listed(name="no such words as these").reason(traces_of_payload(payload, attributes)) is None


def test_the_search_for_names_is_linear_in_the_text(monkeypatch):
    made, digests = listed(name="Anna Maria Berg"), []
    digest = ForgottenList._digest
    monkeypatch.setattr(ForgottenList, "_digest", lambda self, *args: digests.append(args) or digest(self, *args))
    for words in (1_000, 2_000):
        digests.clear()
        assert not made.has_name_in("Anna Maria " * (words // 2))
        assert len(digests) == words - 2
    assert not ForgottenList().reason(Traces(prose=("Anna " * 1_000,)))
