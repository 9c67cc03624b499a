# SPDX-License-Identifier: Apache-2.0
"""The input contract: valid messages, the articles made from them, and the errors for invalid ones."""

import json
from dataclasses import replace
from datetime import datetime, timezone
from urllib.parse import parse_qsl, urlencode, urlunsplit

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from onrecord.data.article import MAX_FIELD_LENGTH, article, check_length, has_markup, sha256
from onrecord.data.message import MAX_ATTRIBUTES, MAX_MESSAGE_BYTES, MORE_FIELDS, InvalidMessage, decode
from onrecord.data.web_address import domain, normalised_url
from tests.conftest import article_of, message_of

TEXT = "The harbour council of Brinmouth voted to close the old ferry pier."


def refused(payload: bytes, max_text_length: int = 1_000) -> str:
    """Return the error message for an invalid message."""
    with pytest.raises(InvalidMessage) as refusal:
        contract, unknown = decode(payload)
        check_length(contract, max_text_length)
        article(message_of(payload), contract, unknown)
    return str(refusal.value)


def test_a_text_is_all_that_a_message_needs():
    only_text = article_of(text=TEXT)
    assert only_text.text == TEXT
    assert only_text.text_sha256 == sha256(TEXT)
    assert (only_text.url, only_text.source, only_text.title, only_text.language) == (None, None, None, None)
    assert (only_text.authors, only_text.published_at, only_text.attributes) == ((), None, {})


def test_every_field_arrives_as_it_was_sent():
    full = article_of(
        id="pier-1",
        text=TEXT,
        url="https://www.brinmouth-post.example/pier",
        title="Old pier closes",
        source="post.example",
        language="en-GB",
        authors=["Jo Fenn", "Li Tan"],
        published_at="2026-01-31T08:00:00Z",
    )
    assert full.article_id == "pier-1"
    assert full.url == "https://www.brinmouth-post.example/pier"
    assert (full.title, full.source, full.language) == ("Old pier closes", "post.example", "en-GB")
    assert full.authors == ("Jo Fenn", "Li Tan")
    assert full.published_at == datetime(2026, 1, 31, 8, tzinfo=timezone.utc)


@given(st.text().filter(str.strip))
@example("  leading, trailing and \r\n mixed line ends \n")
@example("a\0b\u2028c\ufeffd\U0001f600")
def test_the_text_is_kept_character_for_character(text):
    assert article_of(text=text).text == text


def test_null_means_that_a_field_is_absent():
    nulls = dict.fromkeys(("id", "html", "url", "title", "source", "language", "authors", "published_at"))
    without = article_of(text=TEXT)
    assert replace(article_of(text=TEXT, **nulls), message=without.message) == without


def test_empty_strings_say_nothing():
    blank = article_of(text=TEXT, url="", title="", source="", language="", authors=["", "Jo Fenn"])
    assert (blank.url, blank.title, blank.source, blank.language) == (None, None, None, None)
    assert blank.authors == ("Jo Fenn",)


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        ('"sport"', "sport"),
        ('"caf\\u00e9"', "café"),
        ('""', ""),
        ("7", "7"),
        ("1.50", "1.50"),
        ("true", "true"),
        ('["a", 1]', '["a", 1]'),
        ('{"b":{"c":[]}}', '{"b":{"c":[]}}'),
    ],
)
def test_an_unknown_field_is_kept_as_a_string(value, kept):
    _, unknown = decode(f'{{"text": "x", "section": {value}}}'.encode())
    assert unknown == {"section": kept}


def test_the_transports_attributes_are_kept_with_unknown_fields():
    message = message_of({"text": TEXT, "section": "local"}, attributes={"feed": "north", "section": "unset"})
    assert article(message, *decode(message.payload)).attributes == {
        "feed": "north",
        "section": "unset",
        "field.section": "local",
    }


def test_an_unknown_field_that_is_null_is_no_attribute():
    assert article_of(text=TEXT, section=None, score=float("nan")).attributes == {}


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (b"", "message: not JSON"),
        (b"pier closes", "message: not JSON"),
        (b'{"text": "x"', "message: not JSON"),
        (b'{"text": "x"} {"text": "y"}', "message: not JSON"),
        (b'{"text": "caf\xe9"}', "message: not UTF-8 (invalid continuation byte at byte 13)"),
        (b'{"text": "\xed\xa0\x80"}', "message: not UTF-8"),
        (b'\xff\xfe{\x00"\x00', "message: not UTF-8"),
        (b'{\x00"\x00', "message: not UTF-8 (it begins as UTF-16"),
        (b"null", "message: expected `object`, got `null`"),
        (b"[]", "message: expected `object`, got `array`"),
        (b'"text"', "message: expected `object`, got `str`"),
        (b'{"text": 5}', "text: not a string"),
        (b'{"html": []}', "html: not a string"),
        (b"{}", "text: is missing"),
        (b'{"title": "Old pier closes"}', "text: is missing"),
        (b'{"text": ""}', "text: is empty"),
        (b'{"text": " \\n\\t\\u00a0"}', "text: is empty"),
    ],
)
def test_a_message_that_does_not_fit_is_refused_by_the_name_of_its_field(payload, reason):
    assert refused(payload).startswith(reason)


@pytest.mark.parametrize(
    ("payload", "text", "unknown"),
    [
        (rb'{"text": "a \ud800 b"}', "a \ufffd b", {}),
        (rb'{"text": "a \\ud800 \udc00"}', "a \\ud800 \ufffd", {}),
        (rb'{"text": "x \ud83d\ude00 \ude00\ud83d"}', "x \U0001f600 \ufffd\ufffd", {}),
        (rb'{"text": "x", "section": {"name": "\uDEAD"}}', "x", {"section": r'{"name": "\ufffd"}'}),
        (rb'{"text": "x", "\ud800": 1}', "x", {"\ufffd": "1"}),
    ],
)
def test_half_a_surrogate_pair_is_one_replacement_character(payload, text, unknown):
    contract, found = decode(payload)
    assert (contract.text, found) == (text, unknown)


def test_numbers_that_json_does_not_have_count_as_null():
    contract, unknown = decode(
        rb'{"text": "not \"NaN, -Infinity", "title": NaN, "a": -Infinity, "b": [NaN, "Infinity"]}'
    )
    assert (contract.text, contract.title, unknown) == ('not "NaN, -Infinity', None, {"b": '[null, "Infinity"]'})


def test_a_byte_order_mark_does_not_count():
    assert decode(b'\xef\xbb\xbf{"text": "x"}')[0].text == "x"


def test_a_whole_surrogate_pair_is_one_character():
    contract, _ = decode(b'{"text": "\\ud83d\\ude00"}')
    assert contract.text == "\U0001f600"


@pytest.mark.parametrize("opening", [b'{"text": "x", "section": ' + b"[" * 100_000, b'{"a":' * 100_000])
def test_deep_nesting_is_refused(opening):
    assert refused(opening) == "message: not readable JSON (nested too deeply)"


@pytest.mark.parametrize("name", ["id", "url", "title", "source"])
def test_a_field_of_the_greatest_length_is_taken_and_a_longer_one_left_out(name):
    longest = "a" * MAX_FIELD_LENGTH
    assert article_of(text=TEXT, **{name: longest}).left_out == ()
    longer = article_of(text=TEXT, **{name: longest + "a"})
    assert (longer.left_out, longer.attributes) == ((name,), {name: longest + "a"})
    assert len(longer.article_id) < 100


def test_the_authors_share_one_limit():
    authors = ["a" * (MAX_FIELD_LENGTH // 2)] * 3
    many = article_of(text=TEXT, authors=authors)
    assert (many.authors, many.left_out, many.attributes) == ((), ("authors",), {"authors": "; ".join(authors)})


def test_the_texts_limit_counts_code_points():
    emoji = "\U0001f600" * 1_000
    contract, _ = decode(json.dumps({"text": emoji}).encode())
    check_length(contract, 1_000)
    reason = refused(json.dumps({"text": emoji + "!"}).encode(), max_text_length=1_000)
    assert reason == "text: 1,001 characters are over the limit of 1,000"


def test_a_message_has_a_limit_in_bytes():
    payload = b'{"text":"x"}'
    decode(payload, max_bytes=len(payload))
    with pytest.raises(InvalidMessage, match="message: 12 bytes are over the limit of 11"):
        decode(payload, max_bytes=len(payload) - 1)
    assert refused(b" " * (MAX_MESSAGE_BYTES + 1)).startswith("message: 10,485,761 bytes are over the limit")


def test_unknown_fields_over_the_limit_in_number_are_kept_in_one():
    many = {"text": TEXT} | {f"field {number}": number for number in range(MAX_ATTRIBUTES)}
    _, unknown = decode(json.dumps(many | {"one": "more"}).encode())
    assert len(unknown) == MAX_ATTRIBUTES + 1
    assert unknown[MORE_FIELDS] == '{"one":"more"}'


def test_a_time_that_is_left_out_is_kept_as_it_came():
    unclear = article_of(text=TEXT, published_at="03/04/2026")
    assert (unclear.published_at, unclear.left_out) == (None, ("published_at",))
    assert unclear.attributes == {"published_at": "03/04/2026"}


@pytest.mark.parametrize(
    ("name", "value", "read"),
    [
        ("article_id", "17", "17"),
        ("article_id", "12345678901234567890123456789", "12345678901234567890123456789"),
        ("article_id", "17.0", "17"),
        ("article_id", "1.7e1", "17"),
        ("article_id", "17.50", "17.5"),
        ("article_id", '{"$oid": "5f"}', "5f"),
        ("title", "1984", "1984"),
        ("title", '["Pier closes"]', "Pier closes"),
        ("source", '{"id": "bbc-news", "name": "BBC News"}', "BBC News"),
        ("source", '{"name": "BBC", "domain": "bbc.co.uk"}', "bbc.co.uk"),
        ("source", '{"url": "https://www.bbc.co.uk/news"}', "bbc.co.uk"),
        ("source", '"https://www.bbc.co.uk/news"', "bbc.co.uk"),
        ("authors", '"Jo Fenn"', ("Jo Fenn",)),
        ("authors", '"Jo Fenn; Li Tan"', ("Jo Fenn", "Li Tan")),
        ("authors", '"Fenn, Jo"', ("Fenn, Jo",)),
        ("authors", '{"@type": "Person", "name": "Jo Fenn"}', ("Jo Fenn",)),
        ("authors", '[{"name": "Jo Fenn"}, null, " ", "Li Tan"]', ("Jo Fenn", "Li Tan")),
        ("language", '"English"', "en"),
        ("language", '"und"', None),
    ],
)
def test_a_side_field_is_read_in_the_types_that_senders_use(name, value, read):
    field = name.removeprefix("article_")
    message = message_of(f'{{"text": "x", "{field}": {value}}}'.encode())
    found = article(message, *decode(message.payload))
    assert (getattr(found, name), found.left_out) == (read, ())


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("id", "true"),
        ("id", "{}"),
        ("id", "1e400"),
        ("url", "7"),
        ("url", '["a", "b"]'),
        ("title", "false"),
        ("title", '{"a":1}'),
        ("source", '{"name":" "}'),
        ("source", "7"),
        ("language", "7"),
        ("authors", "7"),
        ("authors", '{"email":"a@b.example"}'),
        ("published_at", "true"),
        ("published_at", "[1,2]"),
        ("html", "7"),
    ],
)
def test_a_side_field_that_does_not_fit_is_left_out_and_kept_as_it_came(field, value):
    without = article_of(text=TEXT)
    message = message_of(f'{{"text": "{TEXT}", "{field}": {value}}}'.encode())
    found = article(message, *decode(message.payload))
    assert (found.left_out, found.attributes) == ((field,), {field: value})
    assert replace(found, message=without.message, left_out=(), attributes={}) == without


@pytest.mark.parametrize(
    ("value", "authors"),
    [
        ('["Jane Roe", "Tom Moor"]', ("Jane Roe", "Tom Moor")),
        ("['Jane Roe', \"Tim O'Hara\"]", ("Jane Roe", "Tim O'Hara")),
        ("[]", ()),
        ("[staff]", ("[staff]",)),
    ],
)
def test_a_list_of_authors_may_be_written_out_in_a_string(value, authors):
    assert article_of(text=TEXT, authors=value).authors == authors


def test_an_empty_page_is_called_empty():
    assert (
        refused(b'{"html": "", "url": "https://post.example/1"}') == "html: is empty; one of text and html is required"
    )


def test_a_wrong_author_is_left_out_alone():
    found = article_of(text=TEXT, authors=["Jo Fenn", 7, {"name": "Li Tan"}])
    assert (found.authors, found.left_out) == (("Jo Fenn", "Li Tan"), ("authors",))
    assert json.loads(found.attributes["authors"]) == ["Jo Fenn", 7, {"name": "Li Tan"}]


def test_a_null_among_the_attributes_of_an_article_record_is_no_attribute():
    record = {
        "article_id": "a",
        "text": TEXT,
        "text_sha256": "",
        "provenance": {},
        "attributes": {"desk": "city", "page": None},
    }
    message = message_of(json.dumps(record).encode())
    found = article(message, *decode(message.payload))
    assert (found.article_id, found.attributes) == ("a", {"desk": "city"})


@pytest.mark.parametrize("blank", ["", " \n"])
def test_a_blank_id_is_no_id(blank):
    assert article_of(text=TEXT, id=blank).article_id == article_of(text=TEXT).article_id


def test_a_message_without_text_names_its_fields():
    assert refused(b'{"headline": "x", "body": "y", "url": "z"}').endswith("fields there: url, headline, body")
    many = json.dumps({f"{number} {'x' * 1_000}": number for number in range(900)}).encode()
    assert len(refused(many)) < 300
    assert refused(many).endswith("and 892 more")


@pytest.mark.parametrize("text", ["<p>x</p>", "x<br/>y", '<a href="x">', "We&rsquo;ll", "R&#38;D"])
def test_markup_in_a_text_is_noticed(text):
    assert has_markup(text)


@pytest.mark.parametrize("text", ["a < b > c", "AT&T; R&D", "<3", "<unnamed> said", "Tom & Jo"])
def test_other_marks_are_no_markup(text):
    assert not has_markup(text)


def test_an_article_record_is_the_message_that_it_was_made_from():
    first = article_of(
        id="pier", text=TEXT, url="https://a.example/", authors=["Jo Fenn"], published_at="2026-01-31", section="local"
    )
    record = {
        "article_id": "pier",
        "published_at": "2026-01-31T00:00:00Z",
        "published_at_zone_assumed": True,
        "provenance": {"pipeline_version": "1"},
        "url": first.url,
        "source": first.source,
        "title": None,
        "authors": first.authors,
        "received_at": "2026-01-31T09:30:00Z",
        "language": "fr",
        "language_score": 0.9,
        "text": TEXT,
        "text_sha256": first.text_sha256,
        "segments": [{"kind": "BODY", "start": 0, "end": 5}],
        "duplicate_of": "quay",
        "similarity": 1.0,
        "version": 1,
        "supersedes": None,
    }
    for attributes in ({"section": "local"}, [["section", "local"]]):
        again = article_of(**record, attributes=attributes)
        assert replace(again, message=first.message) == first
    assert article_of(**record | {"language_score": None}).language == "fr"


@pytest.mark.parametrize(
    "address",
    [
        "https://brinmouth-post.example/pier?a=1&b=2",
        "http://brinmouth-post.example/pier?a=1&b=2",
        "HTTPS://WWW.Brinmouth-Post.EXAMPLE/pier?a=1&b=2",
        "https://brinmouth-post.example:443/pier?a=1&b=2",
        "http://brinmouth-post.example:80/pier?a=1&b=2",
        "https://brinmouth-post.example/pier/?b=2&a=1",
        "https://brinmouth-post.example/pier?a=1&b=2#comments",
        "https://brinmouth-post.example./pier?a=1&b=2",
        "https://brinmouth-post.example/pier?utm_source=news&a=1&fbclid=x&b=2&UTM_Medium=y",
        "//brinmouth-post.example/pier?a=1&b=2",
        "  https://reader@brinmouth-post.example/pier?a=1&b=2\n",
    ],
)
def test_the_addresses_of_one_page_are_one(address):
    assert normalised_url(address) == "https://brinmouth-post.example/pier?a=1&b=2"
    assert domain(address) == "brinmouth-post.example"


@pytest.mark.parametrize(
    "other",
    [
        "https://brinmouth-post.example/Pier",
        "https://brinmouth-post.example/pier/2",
        "https://brinmouth-post.example/pier?page=2",
        "https://brinmouth-post.example/pier?id=",
        "https://brinmouth-post.example:8080/pier",
        "https://sport.brinmouth-post.example/pier",
    ],
)
def test_the_addresses_of_two_pages_stay_apart(other):
    assert normalised_url(other) != normalised_url("https://brinmouth-post.example/pier")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://a.example/?t=%E9", "https://a.example/?t=%E8"),
        ("https://a.example/?t=%E9", "https://a.example/?t=%EF%BF%BD"),
        ("https://a.example/#!/article/1", "https://a.example/#!/article/2"),
        ("https://a.example/#/article/1", "https://a.example/#/article/2"),
    ],
)
def test_escapes_and_routes_keep_addresses_apart(one, other):
    assert normalised_url(one) != normalised_url(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://a.example/caf\u00e9", "https://a.example/caf%C3%A9"),
        ("https://a.example/caf%c3%a9", "https://a.example/caf%C3%A9"),
        ("https://b\u00fccher.example/a", "https://xn--bcher-kva.example/a"),
        ("https://a.example/?q=caf\u00e9", "https://a.example/?q=caf%C3%A9"),
        ("https://a.example/a#!/", "https://a.example/a"),
    ],
)
def test_the_spellings_of_one_address_are_one(one, other):
    assert normalised_url(one) == normalised_url(other)


parts_of_urls = st.text("abcXYZ019-_~.!$'()*,;:@+", max_size=8)


@given(parts_of_urls, st.lists(st.tuples(parts_of_urls, parts_of_urls), max_size=3), parts_of_urls)
def test_the_form_of_ordinary_addresses_has_not_changed(path, parameters, fragment):
    query = "&".join(f"{name}={value}" for name, value in parameters)
    pairs = sorted(parse_qsl(query, keep_blank_values=True))
    expected = urlunsplit(("https", "a.example", f"/news/{path}".rstrip("/"), urlencode(pairs), ""))
    assert normalised_url(f"http://www.a.example/news/{path}?{query}#x{fragment}") == expected


@pytest.mark.parametrize(
    "address",
    [
        "",
        "pier closes",
        "/pier",
        "mailto:jo.fenn@brinmouth-post.example",
        "file:///srv/pier.html",
        "http://",
        "http://[::1",
        "http://x[a[b]/",
        "http://brinmouth-post.example:99999/",
        "http://brinmouth-post.example:ferry/",
        "http://brin\u2100mouth.example/",
        "https://brinmouth-post.example/?" + "a&" * 2_000,
    ],
)
def test_an_invalid_url_has_neither_normal_form_nor_domain(address):
    assert normalised_url(address) is None
    assert domain(address) is None


@given(st.text() | st.text().map("http://".__add__))
def test_the_url_may_be_any_text(address):
    assert article_of(text=TEXT, url=address).url == (address if address.strip() else None)


def test_the_source_is_taken_from_the_url_unless_the_sender_gives_it():
    url = "https://www.brinmouth-post.example/pier"
    assert article_of(text=TEXT, url=url).source == "brinmouth-post.example"
    assert article_of(text=TEXT, url=url, source="Brinmouth Post").source == "Brinmouth Post"


def test_the_senders_id_is_kept_unchanged():
    assert article_of(text=TEXT, id=" Pier/1 ", url="https://a.example/").article_id == " Pier/1 "


def test_without_an_id_the_url_gives_one():
    first = article_of(text=TEXT, url="https://www.brinmouth-post.example/pier?utm_source=news")
    corrected = article_of(text=TEXT + " Corrected.", url="http://brinmouth-post.example/pier/")
    other = article_of(text=TEXT, url="https://brinmouth-post.example/quay")
    assert first.article_id == corrected.article_id != other.article_id
    assert first.article_id.startswith("url-")


@pytest.mark.parametrize("url", [None, "", "no address"])
def test_with_neither_id_nor_address_the_text_gives_the_id(url):
    assert article_of(text=TEXT, url=url, title="A").article_id == article_of(text=TEXT, title="B").article_id
    assert article_of(text=TEXT, url=url).article_id.startswith("text-")
    assert article_of(text=TEXT, url=url).article_id != article_of(text=TEXT + " ", url=url).article_id


@pytest.mark.parametrize(("tag", "kept"), [("en", "en"), ("en_GB", "en-GB"), ("zh-Hant-TW", "zh-Hant-TW")])
def test_a_language_tag_has_hyphens(tag, kept):
    assert article_of(text=TEXT, language=tag).language == kept


@pytest.mark.parametrize("tag", ["e", "english!", "en-", "en GB", "én", "us", "en, fr", "e" * 65])
def test_an_invalid_language_is_left_out(tag):
    left_out = article_of(text=TEXT, language=tag)
    assert (left_out.language, left_out.left_out, left_out.attributes) == (None, ("language",), {"language": tag})
