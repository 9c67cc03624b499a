# SPDX-License-Identifier: Apache-2.0
"""From a news page to the fields of a message."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onrecord.data.message import Contract, InvalidMessage
from onrecord.sources.html import MAX_TAGS, read_page

PARAGRAPHS = [
    "The harbour council of Brinmouth voted on Tuesday to close the old ferry pier, after a survey found that the "
    "timbers had rotted.",
    "“We had no other choice,” said Ada Marlowe, who leads the council & chairs its works committee.",
    "A new landing stage will open next spring, the council said, and will cost about four million pounds.",
]
HEAD = """\
<title>Pier closes | Brinmouth Post</title>
<meta name="author" content="Jo Fenn; Li Tan">
<meta property="article:published_time" content="2026-02-03T10:00:00Z">
<link rel="canonical" href="https://brinmouth-post.example/pier">"""


def page(*paragraphs: str, head: str = HEAD) -> str:
    """Return a news page with a menu above and a notice below its paragraphs."""
    body = "".join(f"<p>{paragraph.replace('&', '&amp;')}</p>" for paragraph in paragraphs)
    return f"""\
<!DOCTYPE html><html><head>{head}</head><body>
<nav><a href="/">Front page</a> <a href="/sport">Sport</a></nav>
<article><h1>Old ferry pier closes</h1>{body}</article>
<script>track("reader")</script>
<footer>Terms of use of the Brinmouth Post</footer></body></html>"""


def test_a_pages_main_text_is_the_articles_text():
    text = read_page(Contract(html=page(*PARAGRAPHS))).text
    assert text is not None
    assert [line for line in text.splitlines() if line in PARAGRAPHS] == PARAGRAPHS
    for elsewhere in ("Front page", "Sport", "Terms of use", "track("):
        assert elsewhere not in text


def test_a_page_tells_title_authors_date_and_address():
    contract = read_page(Contract(html=page(*PARAGRAPHS)))
    assert contract.title == "Old ferry pier closes"
    assert contract.authors == ["Jo Fenn", "Li Tan"]
    assert contract.published_at == "2026-02-03"
    assert contract.url == "https://brinmouth-post.example/pier"


def test_what_the_message_states_goes_before_what_the_page_tells():
    stated = Contract(
        html=page(*PARAGRAPHS),
        id="pier-1",
        title="Pier to close",
        authors=["Ann Roe"],
        url="https://wire.example/77",
        published_at=0,
        source="wire.example",
        language="en",
    )
    contract = read_page(stated)
    for field in ("id", "title", "authors", "url", "published_at", "source", "language"):
        assert getattr(contract, field) == getattr(stated, field)


def test_a_page_that_tells_nothing_of_itself_still_has_its_text():
    contract = read_page(Contract(html=page(*PARAGRAPHS, head="")))
    assert PARAGRAPHS[0] in str(contract.text)
    assert not contract.authors


def test_the_same_page_always_gives_the_same_fields():
    contract = Contract(html=page(*PARAGRAPHS))
    assert read_page(contract) == read_page(contract)


@pytest.mark.parametrize(
    "html",
    [
        "",
        " \n",
        "<",
        "no page at all",
        "<html></html>",
        "<p>\0</p>",
        "<div>" * 1_000,
        '<?xml version="1.0"?><!DOCTYPE p [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><p>&b;</p>',
    ],
)
def test_a_page_without_main_text_is_refused(html):
    with pytest.raises(InvalidMessage, match="html: no main text was found on the page"):
        read_page(Contract(html=html))


def test_a_page_of_nothing_but_tags_is_refused_before_it_is_read():
    with pytest.raises(InvalidMessage, match=f"html: {MAX_TAGS + 1:,} tags are over the limit of {MAX_TAGS:,}"):
        read_page(Contract(html="<b>" * (MAX_TAGS + 1)))


fragments = st.sampled_from(
    [
        *PARAGRAPHS,
        "<p>",
        "</p>",
        "<article>",
        "</div>",
        "<table><tr><td>",
        "<!--",
        "-->",
        "<![CDATA[",
        "<script>",
        '<script type="application/ld+json">{"@type": "NewsArticle", "headline": [1], "author": {"name": 5}',
        "</script>",
        "<title>",
        '<meta name="author" content="&#xD800; Jo Fenn">',
        '<meta property="article:published_time" content="2026-99-99">',
        '<link rel="canonical" href="http://[brinmouth">',
        '<base href="//">',
        "&#55296;",
        "&#0;",
        "&nosuchname;",
        "\0",
        "\ufffe",
        '<html lang="',
        "<svg><math>",
    ]
)


@given(st.lists(fragments | st.text(max_size=20), max_size=30).map("".join), st.none() | st.text())
def test_any_page_is_read_or_refused(html, url):
    try:
        contract = read_page(Contract(html=html, url=url))
    except InvalidMessage as refusal:
        assert str(refusal).startswith("html: ")
    else:
        assert contract.text
        for value in (contract.text, contract.title or "", contract.url or "", *(contract.authors or ())):
            value.encode("utf-8")


def test_a_page_that_breaks_the_library_is_refused():
    broken = '<![CDATA[<svg><math><meta name="author" content="&#xD800; Jo Fenn"><p>'
    with pytest.raises(InvalidMessage, match=r"^html: "):
        read_page(Contract(html=broken))
