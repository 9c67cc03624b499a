# SPDX-License-Identifier: Apache-2.0
"""Pages are decoded as browsers decode them."""

import codecs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onrecord.sources.encodings import decoded, encoding_of, page_text

# https://encoding.spec.whatwg.org/#names-and-labels
LABELS = {
    "utf-8": "unicode-1-1-utf-8 unicode11utf8 unicode20utf8 utf-8 utf8 x-unicode20utf8",
    "ibm866": "866 cp866 csibm866 ibm866",
    "iso-8859-2": "csisolatin2 iso-8859-2 iso-ir-101 iso8859-2 iso88592 iso_8859-2 iso_8859-2:1987 l2 latin2",
    "iso-8859-3": "csisolatin3 iso-8859-3 iso-ir-109 iso8859-3 iso88593 iso_8859-3 iso_8859-3:1988 l3 latin3",
    "iso-8859-4": "csisolatin4 iso-8859-4 iso-ir-110 iso8859-4 iso88594 iso_8859-4 iso_8859-4:1988 l4 latin4",
    "iso-8859-5": "csisolatincyrillic cyrillic iso-8859-5 iso-ir-144 iso8859-5 iso88595 iso_8859-5 iso_8859-5:1988",
    "iso-8859-6": "arabic asmo-708 csiso88596e csiso88596i csisolatinarabic ecma-114 iso-8859-6 iso-8859-6-e iso-8859-6-i iso-ir-127 "
    "iso8859-6 iso88596 iso_8859-6 iso_8859-6:1987",
    "iso-8859-7": "csisolatingreek ecma-118 elot_928 greek greek8 iso-8859-7 iso-ir-126 iso8859-7 iso88597 iso_8859-7 iso_8859-7:1987 "
    "sun_eu_greek",
    "iso-8859-8": "csiso88598e csisolatinhebrew hebrew iso-8859-8 iso-8859-8-e iso-ir-138 iso8859-8 iso88598 iso_8859-8 iso_8859-8:1988 "
    "visual",
    "iso-8859-8-i": "csiso88598i iso-8859-8-i logical",
    "iso-8859-10": "csisolatin6 iso-8859-10 iso-ir-157 iso8859-10 iso885910 l6 latin6",
    "iso-8859-13": "iso-8859-13 iso8859-13 iso885913",
    "iso-8859-14": "iso-8859-14 iso8859-14 iso885914",
    "iso-8859-15": "csisolatin9 iso-8859-15 iso8859-15 iso885915 iso_8859-15 l9",
    "iso-8859-16": "iso-8859-16",
    "koi8-r": "cskoi8r koi koi8 koi8-r koi8_r",
    "koi8-u": "koi8-ru koi8-u",
    "macintosh": "csmacintosh mac macintosh x-mac-roman",
    "windows-874": "dos-874 iso-8859-11 iso8859-11 iso885911 tis-620 windows-874",
    "windows-1250": "cp1250 windows-1250 x-cp1250",
    "windows-1251": "cp1251 windows-1251 x-cp1251",
    "windows-1252": "ansi_x3.4-1968 ascii cp1252 cp819 csisolatin1 ibm819 iso-8859-1 iso-ir-100 iso8859-1 iso88591 iso_8859-1 "
    "iso_8859-1:1987 l1 latin1 us-ascii windows-1252 x-cp1252",
    "windows-1253": "cp1253 windows-1253 x-cp1253",
    "windows-1254": "cp1254 csisolatin5 iso-8859-9 iso-ir-148 iso8859-9 iso88599 iso_8859-9 iso_8859-9:1989 l5 latin5 windows-1254 "
    "x-cp1254",
    "windows-1255": "cp1255 windows-1255 x-cp1255",
    "windows-1256": "cp1256 windows-1256 x-cp1256",
    "windows-1257": "cp1257 windows-1257 x-cp1257",
    "windows-1258": "cp1258 windows-1258 x-cp1258",
    "x-mac-cyrillic": "x-mac-cyrillic x-mac-ukrainian",
    "gbk": "chinese csgb2312 csiso58gb231280 gb2312 gb_2312 gb_2312-80 gbk iso-ir-58 x-gbk",
    "gb18030": "gb18030",
    "big5": "big5 big5-hkscs cn-big5 csbig5 x-x-big5",
    "euc-jp": "cseucpkdfmtjapanese euc-jp x-euc-jp",
    "iso-2022-jp": "csiso2022jp iso-2022-jp",
    "shift_jis": "csshiftjis ms932 ms_kanji shift-jis shift_jis sjis windows-31j x-sjis",
    "euc-kr": "cseuckr csksc56011987 euc-kr iso-ir-149 korean ks_c_5601-1987 ks_c_5601-1989 ksc5601 ksc_5601 windows-949",
    "replacement": "csiso2022kr hz-gb-2312 iso-2022-cn iso-2022-cn-ext iso-2022-kr replacement",
    "utf-16be": "unicodefffe utf-16be",
    "utf-16le": "csunicode iso-10646-ucs-2 ucs-2 unicode unicodefeff utf-16 utf-16le",
    "x-user-defined": "x-user-defined",
}
# Python's codecs for encodings that have the typographic quotation marks.
WITH_QUOTES = {
    "utf-8": "utf-8",
    "utf-16le": "utf-16-le",
    "utf-16be": "utf-16-be",
    "iso-8859-1": "cp1252",
    "us-ascii": "cp1252",
    "iso-8859-9": "cp1254",
    "windows-1250": "cp1250",
    "windows-1251": "cp1251",
    "windows-1252": "cp1252",
    "windows-1253": "cp1253",
    "windows-1254": "cp1254",
    "windows-1255": "cp1255",
    "windows-1256": "cp1256",
    "windows-1257": "cp1257",
    "windows-1258": "cp1258",
    "windows-874": "cp874",
    "tis-620": "cp874",
    "iso-8859-13": "iso8859-13",
    "macintosh": "mac-roman",
    "x-mac-cyrillic": "mac-cyrillic",
    "gb2312": "gb18030",
    "gb18030": "gb18030",
    "big5": "big5hkscs",
    "euc-jp": "euc_jp",
    "iso-2022-jp": "iso2022_jp",
    "shift_jis": "cp932",
    "euc-kr": "cp949",
}

ARTICLE = "<p>“We will not close the harbour,” said Anna Berg.</p>"


@pytest.mark.parametrize(("encoding", "labels"), LABELS.items())
def test_labels_are_those_of_the_standard(encoding, labels):
    for label in labels.split():
        assert encoding_of(label) == encoding
        assert encoding_of(f"\t {label.upper()}\n") == encoding
    decoded(bytes(range(256)), encoding).encode()


@pytest.mark.parametrize(
    "label",
    [
        *(
            "hex",
            "idna",
            "punycode",
            "unicode_escape",
            "raw_unicode_escape",
            "base64",
            "zlib",
            "rot13",
            "utf-7",
            "utf-32",
        ),
        *("utf_8", "cp437", "", "utf\0", "Ⓤtf-8", "utf-8é", "ſhift_jis", "\ud800"),
    ],
)
def test_other_codecs_of_python_are_not_used(label):
    assert encoding_of(label) is None
    assert page_text("é".encode(), label) == "é"


@pytest.mark.parametrize(("label", "codec"), WITH_QUOTES.items())
def test_one_article_in_any_encoding_is_one_text(label, codec):
    assert page_text(ARTICLE.encode(codec), label) == ARTICLE
    if not label.startswith("utf-16"):
        for meta in (
            f'<meta charset="{label}">',
            f"<META content='text/html;charset={label}' HTTP-EQUIV=Content-Type>",
        ):
            assert page_text((meta + ARTICLE).encode(codec)) == meta + ARTICLE


@pytest.mark.parametrize("mark", [codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE])
@pytest.mark.parametrize("charset", [None, "utf-8", "iso-8859-1", "utf-16le", "shift_jis"])
def test_a_byte_order_mark_comes_first(mark, charset):
    codec = {codecs.BOM_UTF8: "utf-8", codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}[mark]
    page = f'<meta charset="koi8-r">{ARTICLE}'
    assert page_text(mark + page.encode(codec), charset) == page


@pytest.mark.parametrize(
    ("stored", "label", "text"),
    [
        (b"\x81\x8d\x93", "iso-8859-1", "\x81\x8d“"),  # the undefined bytes are control characters
        (b"\xd2\x88", "windows-1253", "\ufffd\x88"),
        (b"\xae\xbe", "koi8-u", "ўЎ"),
        (b"\xca", "windows-1255", "\u05ba"),
        (b"\xa4", "iso-8859-15", "€"),
        (b"\x87\x40\xfb\xfc", "shift_jis", "①髙"),
        (b"\x80\x81\x40", "gb2312", "€丂"),
        (b"\x81\x30\x81\x30", "gbk", "\x80"),
        (b"\x88\x62", "big5", "Ê̄"),
        (b"\x81\x41", "euc-kr", "갂"),
        (b"\x1b$B%F\x1b(B!", "iso-2022-jp", "テ!"),
        (b"\x1b(I1\x1b(B", "iso-2022-jp", "ｱ"),
        (b"<b>\x81</b>", "shift_jis", "<b>\ufffd</b>"),  # a broken character does not swallow markup
        (b"<b>\xe3\x81</b>", "utf-8", "<b>\ufffd</b>"),
        (b"\x00\xd8<\x00", "utf-16le", "\ufffd<"),
        (b"<\x00p", "utf-16le", "<\ufffd"),
        (b"$)C", "iso-2022-kr", "\ufffd"),
        (b"\x80", "x-user-defined", "\uf780"),
    ],
)
def test_bytes_are_characters_as_in_browsers(stored, label, text):
    assert page_text(stored, label) == text


def test_a_bad_byte_does_not_change_the_encoding_of_the_page():
    page = f"<!-- ? -->{ARTICLE}"
    assert page_text(page.encode().replace(b"?", b"\x96"), "utf-8") == page.replace("?", "\ufffd")
    assert page_text(page.encode().replace(b"?", b"\x96")) == page.replace("?", "\ufffd")
    cut = "<p>“We will not” – ".encode()[:-2]
    for charset in ("utf-8", None):
        assert page_text(cut, charset) == "<p>“We will not” \ufffd"


def test_without_a_label_a_page_is_utf_8_or_windows_1252():
    assert page_text(ARTICLE.encode()) == ARTICLE
    assert page_text(ARTICLE.encode("cp1252")) == ARTICLE
    assert page_text("closed café".encode("cp1252")) == "closed café"
    assert page_text(b"plain") == "plain"
    assert page_text(b"") == ""


@pytest.mark.parametrize(
    "markup",
    [
        "<meta charset=koi8-r>",
        "<meta charset='koi8-r'/>",
        '<META CHARSET = "KOI8-R" >',
        '<meta\nname=x data-a=">"\tcharset="koi8-r">',
        '<meta http-equiv="Content-Type" content="text/html; charset=koi8-r">',
        "<meta content=\"text/html; charset = 'koi8-r'\" http-equiv=content-type>",
        '<meta charset="no-such-charset"><meta charset="koi8-r">',
        '<meta charset=""><meta charset="koi8-r">',
        '<meta content="charset=utf-8"><meta charset="koi8-r">',
        '<meta name="description" content="charset=utf-8"><meta charset="koi8-r">',
        '<!-- <meta charset="utf-8"> --><meta charset="koi8-r">',
        '<!--><meta charset="koi8-r">',
        '<script>\'<meta charset="utf-8">\'</script><meta charset="koi8-r">',
        '<title>The <meta charset="utf-8"> tag</title><meta charset="koi8-r">',
        '<a title=\'<meta charset="utf-8">\'></a><meta charset="koi8-r">',
        '<metadata charset="utf-8"><meta charset="koi8-r">',
        f'<style>{"p {} " * 1_000}</style><meta charset="koi8-r">',
        '<?xml version="1.0" encoding="koi8-r"?>',
        "<?xml version='1.0' encoding='utf-8'?><meta charset=koi8-r>",
    ],
)
def test_the_encoding_stated_by_the_page(markup):
    page = f"{markup}<p>Город"
    assert page_text(page.encode("koi8-r")) == page
    assert page_text(page.encode("cp866"), "ibm866") == page  # the server's comes first
    assert page_text(page.encode("koi8-r"), "no-such-charset") == page


@pytest.mark.parametrize(
    ("markup", "codec"),
    [
        ('<meta charset="utf-16">', "utf-8"),  # or it could not have been read
        ('<meta charset="utf-16be">', "utf-8"),
        ('<meta charset="x-user-defined">', "cp1252"),
        ('<!-- <meta charset="koi8-r"> -->', "utf-8"),
        ('<meta name="charset" content="koi8-r">', "utf-8"),
        ('<!-- <meta charset="koi8-r">', "utf-8"),
        ("<meta charset", "utf-8"),
        ("charset=koi8-r", "utf-8"),
    ],
)
def test_what_does_not_state_the_encoding(markup, codec):
    page = f"<p>“Closed”</p>{markup}"
    assert page_text(page.encode(codec)) == page


@pytest.mark.parametrize("codec", ["utf-16-le", "utf-16-be"])
def test_utf_16_is_recognised_by_its_first_tag(codec):
    assert page_text(f"<!DOCTYPE html>{ARTICLE}".encode(codec)) == f"<!DOCTYPE html>{ARTICLE}"


PIECES = [
    b"<meta charset=",
    b"<meta http-equiv=content-type content='charset=",
    b"'",
    b'"',
    b">",
    b"<!--",
    b"-->",
    b"<?xml encoding=",
]
LABEL_BYTES = [label.encode() for labels in LABELS.values() for label in labels.split()]


@given(
    st.lists(st.one_of(st.binary(max_size=20), st.sampled_from(PIECES), st.sampled_from(LABEL_BYTES)), max_size=20),
    st.one_of(st.none(), st.text(max_size=10), st.sampled_from(LABEL_BYTES).map(bytes.decode)),
)
def test_any_bytes_are_text_that_can_be_encoded(parts, charset):
    page_text(b"".join(parts), charset).encode()


@given(st.binary(max_size=200), st.sampled_from(sorted(LABELS)))
def test_any_bytes_can_be_decoded_in_any_encoding(stored, encoding):
    decoded(stored, encoding).encode()
