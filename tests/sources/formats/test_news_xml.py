# SPDX-License-Identifier: Apache-2.0
"""Feeds and the XML of agencies: each item is a message."""

import io
import json
from datetime import datetime, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onrecord.data.message import Message
from onrecord.sources.formats.news_xml import NO_TEXT, read_messages
from onrecord.sources.stored_file import StoredFile

CHANGED_AT = datetime(2026, 1, 31, 9, 30, tzinfo=timezone.utc)
RSS = """<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/">
<channel><title>Brinmouth Post</title><link>https://post.example/</link>
<item><title>Pier &amp; ferry</title><link>https://post.example/1</link><guid>p-1</guid><pubDate>Mon, 05 Jan 2026 08:00:00 GMT</pubDate>
<dc:creator>Ann Lee</dc:creator><dc:creator>Tom Moor</dc:creator><category>Harbour</category><description>A teaser.</description>
<content:encoded><![CDATA[<p>The pier <b>closes</b>.</p><p>&ldquo;No,&rdquo; she&nbsp;said.<br>He left.</p>
<script>x()</script>]]></content:encoded></item>
<item><title>Rain</title><description>It rained &lt;i&gt;again&lt;/i&gt;, they&nbsp;said.</description></item>
</channel></rss>"""
ATOM = """<feed xmlns="http://www.w3.org/2005/Atom"><title>Post</title><entry xml:lang="en"><title type="text">Pier</title>
<link rel="self" href="https://post.example/feed/1"/><link href="https://post.example/1"/><id>tag:post.example,2026:1</id>
<published>2026-01-05T08:00:00Z</published><updated>2026-01-06T08:00:00Z</updated><author><name>Ann Lee</name></author>
<content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"><p>The pier <em>closes</em>.</p>
<p>It rained.</p></div></content></entry></feed>"""
NITF = """<?xml version="1.0"?><!DOCTYPE nitf SYSTEM "nitf-3-6.dtd"><nitf><head><title>Pier</title><docdata><doc-id id-string="n-1"/>
<date.issue norm="20260105T080000Z"/></docdata></head><body><body.head><hedline><hl1>Pier closes</hl1></hedline><byline>By Ann Lee</byline>
</body.head><body.content><p>The pier closes.</p><p>It rained.</p></body.content></body></nitf>"""
NEWSML = f"""<newsMessage xmlns="http://iptc.org/std/nar/2006-10-01/"><itemSet><newsItem guid="urn:newsml:1" version="2"><itemMeta>
<versionCreated>2026-01-06T08:00:00+01:00</versionCreated><firstCreated>2026-01-05T08:00:00+01:00</firstCreated></itemMeta>
<contentMeta><headline>Pier closes</headline><by>By Ann Lee</by><language tag="en"/></contentMeta>
<contentSet><inlineXML>{NITF.partition("nitf-3-6.dtd")[2][2:]}
</inlineXML></contentSet></newsItem>
<newsItem guid="urn:newsml:2"><contentSet><remoteContent href="pier.jpg"/></contentSet></newsItem></itemSet></newsMessage>"""


def read(xml: str | bytes, limit: int = 10_000) -> list[Message]:
    stored = xml.encode() if isinstance(xml, str) else xml
    return list(read_messages(StoredFile(io.BytesIO(stored), "feed.xml", CHANGED_AT, limit)))


def fields(message: Message) -> dict[str, object]:
    assert message.problem is None
    return dict(json.loads(message.payload))


def test_an_item_of_an_rss_feed_has_its_whole_content():
    pier, rain = read(RSS)
    assert fields(pier) == {
        "id": "p-1",
        "url": "https://post.example/1",
        "title": "Pier & ferry",
        "text": "The pier closes.\n\n“No,” she said.\n\nHe left.",
        "authors": ["Ann Lee", "Tom Moor"],
        "published_at": "Mon, 05 Jan 2026 08:00:00 GMT",
        "categories": ["Harbour"],
    }
    assert fields(rain)["text"] == "It rained again, they said."
    assert [pier.origin, rain.origin] == ["feed.xml:1", "feed.xml:2"]


def test_an_entry_of_an_atom_feed_has_the_address_of_its_page():
    [entry] = read(ATOM)
    assert fields(entry) == {
        "id": "tag:post.example,2026:1",
        "url": "https://post.example/1",
        "title": "Pier",
        "text": "The pier closes.\n\nIt rained.",
        "authors": ["Ann Lee"],
        "published_at": "2026-01-05T08:00:00Z",
        "updated_at": "2026-01-06T08:00:00Z",
        "language": "en",
    }


def test_a_nitf_document_is_one_message():
    [document] = read(NITF)
    assert fields(document) == {
        "id": "n-1",
        "title": "Pier closes",
        "text": "The pier closes.\n\nIt rained.",
        "authors": ["Ann Lee"],
        "published_at": "20260105T080000Z",
    }


def test_a_news_item_is_one_message_and_a_picture_is_skipped():
    item, picture = read(NEWSML)
    assert fields(item) == {
        "id": "urn:newsml:1",
        "title": "Pier closes",
        "text": "The pier closes.\n\nIt rained.",
        "authors": ["Ann Lee"],
        "published_at": "2026-01-05T08:00:00+01:00",
        "updated_at": "2026-01-06T08:00:00+01:00",
        "language": "en",
        "version": "2",
    }
    assert picture.skipped == NO_TEXT


def test_a_feed_that_is_cut_short_says_so_after_what_could_be_read():
    first, *_, last = read(RSS[:-80])
    assert fields(first)["id"] == "p-1"
    assert last.problem is not None
    assert last.problem.startswith("file: it is not well-formed XML (line ")


def test_an_item_over_the_limit_is_one_dead_letter():
    long = RSS.replace("closes", "c" * 900)
    first, second = read(long, limit=800)
    assert first.problem is not None
    assert len(first.payload) == 800
    assert fields(second)["title"] == "Rain"


@pytest.mark.parametrize(
    "declaration",
    [
        "<!DOCTYPE rss [<!ENTITY a 'aaaaaaaaaa'><!ENTITY b '&a;&a;&a;&a;&a;&a;&a;&a;'><!ENTITY c '&b;&b;&b;&b;&b;&b;&b;&b;'>]>",
        "<!DOCTYPE rss [<!ENTITY c SYSTEM 'file:///etc/hostname'>]>",
    ],
    ids=["expansion", "file"],
)
def test_entities_are_neither_expanded_nor_fetched(declaration):
    xml = f"{declaration}<rss><channel><item><title>&c;</title><description>The pier &c; closes.</description></item></channel></rss>"
    [item, *_] = read(xml)
    assert len(item.payload) < 200
    assert b"aaaa" not in item.payload


@given(st.integers(0, len(RSS.encode())), st.binary(max_size=5))
def test_any_damage_is_read_to_an_end(position, damage):
    stored = RSS.encode()
    read(stored[:position] + damage + stored[position + len(damage) :])


@pytest.mark.parametrize(
    "error", ["a&nbsp;b", "a & b", "a &unknown; b", "a\x0bb"], ids=["name of HTML", "&", "name", "control character"]
)
def test_an_error_in_one_item_changes_no_other(error):
    behind = "<item><description>&lt;p&gt;AT&amp;T &#8220;yes&#8221;&lt;/p&gt;</description></item>"
    messages = read(f"<rss><item><title>{error}</title><description>a</description></item>{behind}</rss>")
    texts = [json.loads(message.payload)["text"] for message in messages if message.problem is None]
    assert texts[-1] == "AT&T “yes”"


def test_references_are_read_as_browsers_read_them_wherever_pieces_end():
    item = "<item><title>R&D &eacute;&bogus;</title><description><![CDATA[R&D &eacute; <b>x</b>]]></description><!-- & --></item>"
    for blanks in range(32_768 - len(item) - 5, 32_768):
        [message] = read("<rss>" + blanks * " " + item + "</rss>")
        assert fields(message) == {"title": "R&D é&bogus;", "text": "R&D é x"}


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8", "iso-2022-jp"])
def test_an_item_is_read_in_its_encoding(encoding):
    xml = f'<?xml version="1.0" encoding="{encoding}"?><rss><item><description>R&amp;D 日本</description></item></rss>'
    assert fields(read(xml.encode(encoding))[0]) == {"text": "R&D 日本"}


def test_what_belongs_to_a_picture_or_to_another_feed_is_not_the_items():
    media = '<m:group xmlns:m="http://search.yahoo.com/mrss/"><m:title>Photo</m:title><m:description>Caption</m:description></m:group>'
    flat = media.replace("<m:group", "<m:content").replace(
        "</m:group>", "</m:content><m:title xmlns:m='http://search.yahoo.com/mrss/'>Photo</m:title>"
    )
    for before in (media, flat):
        [message] = read(f"<rss><item>{before}<title>Pier</title><description>It closes.</description></item></rss>")
        assert fields(message) == {"title": "Pier", "text": "It closes."}
    source = "<source><id>other</id><title>Other</title><author><name>Tom</name></author></source>"
    [message] = read(ATOM.replace("<title type", source + "<title type"))
    assert (fields(message)["id"], fields(message)["title"], fields(message)["authors"]) == (
        "tag:post.example,2026:1",
        "Pier",
        ["Ann Lee"],
    )


def test_an_atom_entry_with_html_in_its_title_and_a_relative_address_and_no_content():
    entry = '<title type="html">R&amp;amp;D</title><link href="/1"/><content src="/1"/><summary>It closes.</summary>'
    [message] = read(
        f'<feed xmlns="http://www.w3.org/2005/Atom" xml:base="https://post.example/feed"><entry>{entry}</entry></feed>'
    )
    assert fields(message) == {"title": "R&D", "url": "https://post.example/1", "text": "It closes."}
