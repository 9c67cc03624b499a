# SPDX-License-Identifier: Apache-2.0
"""The input contract: valid messages, the articles made from them, and the errors for invalid ones."""

import json
from dataclasses import replace
from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from onrecord.data.article import MAX_FIELD_LENGTH, article, check_lengths, published, sha256
from onrecord.data.message import EPOCH, MAX_ATTRIBUTES, MAX_MESSAGE_BYTES, InvalidMessage, decode
from onrecord.data.web_address import domain, normalised_url
from tests.conftest import article_of, message_of

TEXT = "The harbour council of Brinmouth voted to close the old ferry pier."


def refused(payload: bytes, max_text_length: int = 1_000) -> str:
    """Return the error message for an invalid message."""
    with pytest.raises(InvalidMessage) as refusal:
        contract, unknown = decode(payload)
        check_lengths(contract, max_text_length)
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
        ("null", "null"),
        ('["a", 1]', '["a", 1]'),
        ('{"b":{"c":[]}}', '{"b":{"c":[]}}'),
    ],
)
def test_an_unknown_field_is_kept_as_a_string(value, kept):
    _, unknown = decode(f'{{"text": "x", "section": {value}}}'.encode())
    assert unknown == {"section": kept}


def test_the_transports_attributes_are_kept_with_unknown_fields():
    message = message_of({"text": TEXT, "section": "local"}, attributes={"feed": "north", "section": "unset"})
    assert article(message, *decode(message.payload)).attributes == {"feed": "north", "section": "local"}


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (b"", "message: not JSON"),
        (b"pier closes", "message: not JSON"),
        (b'{"text": "x"', "message: not JSON"),
        (b'{"text": "x"} {"text": "y"}', "message: not JSON"),
        (b'{"text": "x", "score": NaN}', "message: not JSON"),
        (b'{"text": "caf\xe9"}', "message: not UTF-8 (invalid continuation byte at byte 13)"),
        (b'{"text": "\xed\xa0\x80"}', "message: not UTF-8"),
        (b'\xff\xfe{\x00"\x00', "message: not UTF-8"),
        (b"null", "message: expected `object`, got `null`"),
        (b"[]", "message: expected `object`, got `array`"),
        (b'"text"', "message: expected `object`, got `str`"),
        (b'{"text": 5}', "text: expected `str | null`, got `int`"),
        (b'{"html": []}', "html: expected `str | null`, got `array`"),
        (b'{"text": "x", "id": 7}', "id: expected `str | null`, got `int`"),
        (b'{"text": "x", "url": {}}', "url: expected `str | null`, got `object`"),
        (b'{"text": "x", "title": true}', "title: expected `str | null`, got `bool`"),
        (b'{"text": "x", "authors": "Jo Fenn"}', "authors: expected `array | null`, got `str`"),
        (b'{"text": "x", "authors": ["Jo Fenn", null]}', "authors[1]: expected `str`, got `null`"),
        (b'{"text": "x", "published_at": true}', "published_at: expected"),
        (b'{"text": "x", "published_at": 1.5}', "published_at: expected"),
        (b'{"text": "x", "published_at": "soon"}', "published_at: 'soon' is neither an RFC 3339 time"),
        (b'{"text": "x", "id": ""}', "id: is empty"),
        (b'{"text": "x", "id": " "}', "id: is empty"),
        (b'{"text": "x", "language": "plain English"}', "language: 'plain English' is not a BCP 47 language tag"),
        (b"{}", "text: is missing"),
        (b'{"title": "Old pier closes"}', "text: is missing"),
        (b'{"text": ""}', "text: is empty"),
        (b'{"text": " \\n\\t\\u00a0"}', "text: is empty"),
    ],
)
def test_a_message_that_does_not_fit_is_refused_by_the_name_of_its_field(payload, reason):
    assert refused(payload).startswith(reason)


@pytest.mark.parametrize(
    "payload",
    [
        b'{"text": "a \\ud800 b"}',
        b'{"text": "x", "title": "\\udc00"}',
        b'{"text": "x", "section": "\\ud83d"}',
        b'{"text": "x", "section": {"name": "\\uDEAD"}}',
        b'{"text": "x", "\\ud800": 1}',
    ],
)
def test_half_a_surrogate_pair_is_not_a_character(payload):
    assert "without its pair is not a character" in refused(payload)


def test_a_whole_surrogate_pair_is_one_character():
    contract, _ = decode(b'{"text": "\\ud83d\\ude00"}')
    assert contract.text == "\U0001f600"


@pytest.mark.parametrize("opening", [b'{"text": "x", "section": ' + b"[" * 100_000, b'{"a":' * 100_000])
def test_deep_nesting_is_refused(opening):
    assert refused(opening) == "message: not readable JSON (nested too deeply)"


@pytest.mark.parametrize("name", ["id", "url", "title", "source"])
def test_a_field_of_the_greatest_length_is_taken_and_a_longer_one_refused(name):
    longest = {"text": TEXT, name: "a" * MAX_FIELD_LENGTH}
    contract, _ = decode(json.dumps(longest).encode())
    check_lengths(contract, 1_000)
    longer = {"text": TEXT, name: "a" * (MAX_FIELD_LENGTH + 1)}
    assert refused(json.dumps(longer).encode()) == f"{name}: 10,001 characters are over the limit of 10,000"


def test_the_authors_share_one_limit():
    authors = ["a" * (MAX_FIELD_LENGTH // 2)] * 3
    assert refused(json.dumps({"text": TEXT, "authors": authors}).encode()).startswith("authors: over the limit")


def test_the_texts_limit_counts_code_points():
    emoji = "\U0001f600" * 1_000
    contract, _ = decode(json.dumps({"text": emoji}).encode())
    check_lengths(contract, 1_000)
    reason = refused(json.dumps({"text": emoji + "!"}).encode(), max_text_length=1_000)
    assert reason == "text: 1,001 characters are over the limit of 1,000"


def test_a_message_has_a_limit_in_bytes():
    payload = b'{"text":"x"}'
    decode(payload, max_bytes=len(payload))
    with pytest.raises(InvalidMessage, match="message: 12 bytes are over the limit of 11"):
        decode(payload, max_bytes=len(payload) - 1)
    assert refused(b" " * (MAX_MESSAGE_BYTES + 1)).startswith("message: 10,485,761 bytes are over the limit")


def test_unknown_fields_have_a_limit_in_number():
    many = {"text": TEXT} | {f"field {number}": number for number in range(MAX_ATTRIBUTES)}
    decode(json.dumps(many).encode())
    assert "1,001 unknown fields are over the limit" in refused(json.dumps(many | {"one": "more"}).encode())


@pytest.mark.parametrize(
    ("value", "utc", "zone_assumed"),
    [
        ("2026-01-31T08:00:00Z", "2026-01-31T08:00:00+00:00", False),
        ("2026-01-31t08:00:00z", "2026-01-31T08:00:00+00:00", False),
        ("2026-01-31 08:00:00Z", "2026-01-31T08:00:00+00:00", False),
        ("2026-01-31T08:00:00+05:30", "2026-01-31T02:30:00+00:00", False),
        ("2026-01-31T23:00:00-04:00", "2026-02-01T03:00:00+00:00", False),
        ("2026-01-31T08:00:00.25Z", "2026-01-31T08:00:00.250000+00:00", False),
        (" 2026-01-31T08:00:00Z\n", "2026-01-31T08:00:00+00:00", False),
        ("2026-01-31T08:00:00", "2026-01-31T08:00:00+00:00", True),
        ("2026-01-31", "2026-01-31T00:00:00+00:00", True),
        (1769846400000, "2026-01-31T08:00:00+00:00", False),
        (0, "1970-01-01T00:00:00+00:00", False),
        (-1, "1969-12-31T23:59:59.999000+00:00", False),
    ],
)
def test_a_time_is_read_as_utc_and_an_assumed_zone_is_marked(value, utc, zone_assumed):
    time, assumed = published(value)
    assert (time.isoformat(), assumed) == (utc, zone_assumed)
    assert time.tzinfo is timezone.utc


@pytest.mark.parametrize(
    "value",
    [
        "",
        "yesterday",
        "31.01.2026",
        "2026-13-01",
        "2026-02-30T08:00:00Z",
        "2026-01-31T25:00:00Z",
        "1769846400000",
        "0001-01-01T00:00:00+01:00",
        "9999-12-31T23:59:59-01:00",
        "２０２６-01-31",
        10**17,
        -(10**17),
        10**30,
    ],
)
def test_an_invalid_time_is_rejected_with_an_example_of_a_valid_one(value):
    with pytest.raises(InvalidMessage, match=r"published_at: .* such as 2026-01-31T08:00:00Z"):
        published(value)


minutes_east = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))


@given(st.datetimes(datetime(2, 1, 1), datetime(9998, 12, 31), timezones=minutes_east))
def test_every_time_with_a_zone_is_that_moment(time):
    assert published(time.isoformat()) == (time, False)


@given(st.datetimes(timezones=st.just(timezone.utc)).map(lambda time: (time - EPOCH) // timedelta(milliseconds=1)))
def test_every_millisecond_is_that_moment(milliseconds):
    assert published(milliseconds)[0] - EPOCH == timedelta(milliseconds=milliseconds)


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
    "address",
    [
        "",
        "pier closes",
        "/pier",
        "//brinmouth-post.example/pier",
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
    assert article_of(text=TEXT, url=address).url == (address or None)


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


@pytest.mark.parametrize("tag", ["e", "english!", "en-", "en GB", "én", "e" * 65])
def test_an_invalid_language_tag_is_rejected(tag):
    with pytest.raises(InvalidMessage, match="language: "):
        article_of(text=TEXT, language=tag)
