# SPDX-License-Identifier: Apache-2.0
"""From a news page to the fields of a message."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onrecord.data.message import Contract, InvalidMessage, NoArticle
from onrecord.sources.html import read_page
from onrecord.sources.html.parse import MAX_TAGS
from onrecord.sources.html.text import MAX_INLINE_IN_BLOCK

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
    assert contract.published_at == "2026-02-03T10:00:00+00:00"
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


def article(body: str, head: str = HEAD) -> str:
    return f"<!DOCTYPE html><html><head>{head}</head><body><article><h1>Old ferry pier closes</h1>{body}</article></body></html>"


BODY = "".join(f"<p>{paragraph.replace('&', '&amp;')}</p>" for paragraph in PARAGRAPHS)


SENTENCE = "The harbour council met on Monday, and Anna Berg said that the ferries would sail in May. "


def text_of(html: str) -> str:
    return str(read_page(Contract(html=html)).text)


@pytest.mark.parametrize(
    "body",
    [
        f"<div><div>{SENTENCE * 4}</div><div>{SENTENCE * 4}</div></div>",
        f"<div>{('<br>' + SENTENCE) * 6}</div><article><p>{SENTENCE}</p></article>",
    ],
)
def test_a_text_that_is_not_in_paragraphs_is_found(body):
    assert text_of(f"<html><head><title>Ferry</title></head><body>{body}</body></html>").count("would sail in May") >= 6


@pytest.mark.parametrize(
    "noise",
    [
        "<script>for(var i=0;i<pages.length;i++){" + "x<y&&z;" * 8_000 + "}</script>",
        "<!-- " + "a<b " * 20_000 + "-->",
        "<script>//<![CDATA[ " + "a<b " * 20_000 + "]]></script>",
        f'<svg><path d="{"M0 0L9 9" * 5_000}"/></svg>',
        f'<img src="data:image/png;base64,{"QUJD" * 20_000}">',
        "<p " + " ".join(f"a{number}" for number in range(50_000)) + "></p>",
    ],
    ids=["script", "comment", "cdata", "path", "data", "attributes"],
)
def test_a_page_is_read_however_long_one_of_its_elements_is(noise):
    assert text_of(article(noise + BODY)).splitlines() == PARAGRAPHS


@pytest.mark.parametrize("tag", ["b", "div", "font", "section"])
@pytest.mark.parametrize("depth", [300, 1_000, 10_000])
def test_elements_that_are_never_closed_leave_the_article_whole(tag, depth):
    text = text_of(f"<html><body><p>{PARAGRAPHS[0]}</p>{f'<{tag}>' * depth}<p>{PARAGRAPHS[2]}</p></body></html>")
    assert PARAGRAPHS[0] in text
    assert PARAGRAPHS[2] in text


def test_lists_that_are_nested_too_deeply_are_refused():
    with pytest.raises(InvalidMessage, match="nested over 200 deep"):
        read_page(Contract(html="<ul><li>" * 20_000 + "The pier closes."))


def test_q_elements_get_their_quotation_marks():
    text = text_of(article(f"<p>Marlowe said: <q>We heard <q>never</q> and left.</q> {PARAGRAPHS[0]}</p>{BODY}"))
    assert "Marlowe said: “We heard ‘never’ and left.” The harbour" in text


def test_a_q_element_with_marks_of_its_own_gets_no_second_ones():
    assert "said: “We left.” The" in text_of(article(f"<p>Marlowe said: <q>“We left.”</q> {PARAGRAPHS[0]}</p>{BODY}"))


def test_links_and_spans_within_a_sentence_are_kept():
    sentence = (
        'The council said that <span class="link"><a href="/fine">the ferry line will pay</a></span> for the repairs.'
    )
    assert "The council said that the ferry line will pay for the repairs." in text_of(
        article(f"<p>{sentence}</p>{BODY}")
    )


@pytest.mark.parametrize("tag", ["a", "b", "q", "span", "time"])
def test_a_paragraph_of_very_many_inline_elements_is_read_whole(tag):
    words = [f"word{number}" for number in range(MAX_INLINE_IN_BLOCK + 1)]
    paragraph = " and ".join(f"<{tag}>{word}</{tag}>" for word in words)
    text = text_of(article(f"<p>The council <i>said</i> {paragraph}.</p>{BODY}"))
    read = text.replace("“", "").replace("”", "").splitlines()
    assert read[0] == f"The council said {' and '.join(words)}."
    assert text.splitlines()[1:] == PARAGRAPHS


@pytest.mark.parametrize(
    "furniture",
    [
        '<p>Related: <a href="/a">Ferry line opens a second route to the island</a></p>',
        '<ul><li><a href="/a">Ferry line opens a second route</a></li><li><a href="/b">Island school reopens at last</a></li></ul>',
        '<div class="Newsletter-box"><p>Get the news of the day in your inbox.</p></div>',
        '<div id="onetrust-banner-sdk"><p>We use cookies to improve your experience.</p></div>',
    ],
)
def test_links_to_other_articles_and_boxes_are_left_out(furniture):
    body = "".join(f"<p>{paragraph.replace('&', '&amp;')}</p>{furniture}" for paragraph in PARAGRAPHS)
    assert text_of(article(body + BODY)).splitlines()[: len(PARAGRAPHS)] == PARAGRAPHS


def test_the_text_may_be_only_in_the_data_for_machines():
    data = {"@type": "NewsArticle", "headline": "Old ferry pier closes", "articleBody": "\n\n".join(PARAGRAPHS * 2)}
    html = f'<html><head><script type="application/ld+json">{json.dumps(data)}</script></head><body><div id="app"></div></body></html>'
    assert text_of(html).splitlines() == PARAGRAPHS * 2


def linked_data(**fields: object) -> str:
    data = {"@type": "NewsArticle", "headline": "Old ferry pier closes", **fields}
    return f'<script type="application/ld+json">{json.dumps(data)}</script>'


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        (linked_data(datePublished="2026-03-03T23:30:00-05:00"), "2026-03-03T23:30:00-05:00"),
        (
            linked_data(datePublished="2026-03-03") + '<meta name="date" content="2026-03-03T08:00:00Z">',
            "2026-03-03T08:00:00+00:00",
        ),
        (linked_data(datePublished="2026-03-03") + '<meta name="date" content="2026-03-09T08:00:00Z">', "2026-03-03"),
        (linked_data(dateModified="2026-03-03T08:00:00Z"), None),
        ('<meta name="date" content="03/04/2026">', None),
        ('<meta property="article:published_time" content="1772543100">', "2026-03-03T13:05:00+00:00"),
        ('<meta property="article:modified_time" content="2026-03-03T08:00:00Z">', None),
    ],
)
def test_the_date_is_as_exact_as_the_page_states_it(head, expected):
    assert read_page(Contract(html=article(BODY, head))).published_at == expected


WEST = linked_data(datePublished="2026-03-03T23:30:13-05:00")
AS_UTC = '<meta property="article:published_time" content="2026-03-03T23:30:13+00:00">'
NAIVE = '<meta property="article:published_time" content="2026-03-03 23:30:13">'
SHOWN = '<p class="byline date"><a href="/fenn">Jo Fenn</a> - <b>{}</b></p>'


@pytest.mark.parametrize(
    ("head", "body", "expected"),
    [
        (WEST + AS_UTC, "", "2026-03-03T23:30:13"),
        (WEST + AS_UTC, SHOWN.format("March 3, 2026, 6:30 pm EST"), "2026-03-03T23:30:13+00:00"),
        (WEST + AS_UTC, SHOWN.format("March 3, 2026, 11:30 pm ET"), "2026-03-03T23:30:13-05:00"),
        (WEST + AS_UTC, SHOWN.format("4 March 2026, 04:30 GMT"), "2026-03-03T23:30:13-05:00"),
        (WEST + AS_UTC, SHOWN.format("March 3, 2026, 11:30 pm"), "2026-03-03T23:30:13"),
        (WEST + AS_UTC, SHOWN.format("March 5, 2026, 6:30 pm EST"), "2026-03-03T23:30:13"),
        (
            WEST,
            '<time datetime="2026-03-03T23:30Z">March 3, 2026 6:30 pm EST</time>',
            "2026-03-03T23:30:00+00:00",
        ),
        (WEST + AS_UTC + '<meta name="date" content="2026-03-04T04:30Z">', "", "2026-03-03T23:30:13-05:00"),
        (WEST + NAIVE, "", "2026-03-03T23:30:13-05:00"),
        (WEST + NAIVE, SHOWN.format("March 3, 2026, 6:30 pm EST"), "2026-03-03T23:30:13+00:00"),
        (WEST, SHOWN.format("March 3, 2026, 6:30 pm EST"), "2026-03-03T23:30:13-05:00"),
    ],
)
def test_a_zone_that_the_page_contradicts_is_not_trusted(head, body, expected):
    assert read_page(Contract(html=article(body + BODY, head))).published_at == expected


@pytest.mark.parametrize(
    ("shown", "expected"),
    [
        ('<div class="date"><a>Jo Fenn</a><em>March 3, 2026</em></div>', "2026-03-03"),
        ('<div class="date"><a>Jo Fenn</a><br>Updated: <em>March 5, 2026</em></div>', None),
        ('<div class="date"><a>Jo Fenn</a><em>March 3, 2026</em> Updated: <em>March 5, 2026</em></div>', "2026-03-03"),
        (f'<div class="date"><em>March 3, 2026</em><p>{PARAGRAPHS[0]}</p></div>', None),
        ('<span itemprop="datePublished">Tue 6:45 PM, Mar 3, 2026</span>', "2026-03-03T18:45:00"),
        ('<time datetime="2026-03-03 19:14:00">March 3, 2026 - 19:14 GMT</time>', "2026-03-03T19:14:00+00:00"),
    ],
)
def test_the_date_may_be_only_on_the_page(shown, expected):
    assert read_page(Contract(html=article(shown + BODY, ""))).published_at == expected


@pytest.mark.parametrize(
    ("author", "expected"),
    [
        ([{"@type": "Person", "name": "Jo Fenn"}, {"@type": "Person", "name": "Jo L. Fenn"}], ["Jo L. Fenn"]),
        ({"@type": "Person", "name": "Staff Reports"}, []),
        ("By Jo Fenn and Li Tan", ["Jo Fenn", "Li Tan"]),
        ([{"name": "Jo Fenn"}, "https://brinmouth-post.example/jo", "Brinmouth.com"], ["Jo Fenn"]),
        ({"@type": "Organization", "name": "Harbour Wire"}, []),
    ],
)
def test_authors_are_people_each_named_once(author, expected):
    assert read_page(Contract(html=article(BODY, linked_data(author=author)))).authors == expected


def test_the_name_of_the_site_is_not_a_part_of_the_title():
    head = '<title>Pier closes - Brinmouth Post</title><meta property="og:site_name" content="The Brinmouth Post">'
    html = f"<html><head>{head}</head><body>{BODY}</body></html>"
    assert read_page(Contract(html=html)).title == "Pier closes"


PAID = linked_data(isAccessibleForFree=False)
CONSENT = (
    "<h1>We value your privacy</h1><p>We and our partners store information on your device, such as cookies.</p>"
    "<p>With your consent we process personal data. You can manage your preferences in our privacy policy.</p>"
)
ASK = "<div class='box'><h3>Subscribe to continue reading</h3></div>"


@pytest.mark.parametrize(
    ("html", "reason"),
    [
        (f"<html><body><div>{CONSENT}</div></body></html>", "asks for consent to cookies"),
        (article(f"<p>{PARAGRAPHS[0]}</p>", PAID), "behind a paywall: only 23 words are free"),
        (article(f"<p>{PARAGRAPHS[0]}</p>{ASK}"), "behind a paywall: only 23 words are free"),
        (
            "<html><head><title>Access Denied</title></head><body><p>You don't have permission here today.</p></body></html>",
            "error",
        ),
        ("<html><body><div></div><noscript>Please enable JavaScript.</noscript></body></html>", "error"),
    ],
)
def test_a_page_without_an_article_is_refused_with_the_reason(html, reason):
    with pytest.raises(NoArticle, match=f"^html: .*{reason}"):
        read_page(Contract(html=html))


@pytest.mark.parametrize("head", [HEAD, PAID])
@pytest.mark.parametrize(
    "extra", ["", ASK, f"<div class='cookie-banner'>{CONSENT[len('<h1>We value your privacy</h1>') :]}</div>"]
)
def test_a_whole_article_is_read_whatever_else_is_on_its_page(head, extra):
    text = text_of(article(BODY * 3 + extra, head))
    assert text.splitlines() == PARAGRAPHS * 3


def test_an_article_about_cookies_is_an_article():
    body = (
        "<p>Websites should ask for consent to cookies only once, Ada Marlowe said on Tuesday.</p>"
        "<p>“Nobody reads a privacy policy before breakfast,” she said.</p>"
        "<p>Advertisers warned that the plan could cost millions of pounds a year.</p>"
    )
    assert "Nobody reads" in text_of(article(body))
