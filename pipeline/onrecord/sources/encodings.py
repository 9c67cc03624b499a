# SPDX-License-Identifier: Apache-2.0
"""From the bytes of a web page to its text, in the encoding in which a browser would read it.

The labels are those of https://encoding.spec.whatwg.org, the order of precedence is that of
https://html.spec.whatwg.org/multipage/parsing.html#determining-the-character-encoding.
"""

import codecs
import re
from collections.abc import Iterator
from functools import lru_cache

import webencodings

BYTE_ORDER_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16le"), (codecs.BOM_UTF16_BE, "utf-16be"))
REPLACEMENT = "\ufffd"
NON_ASCII = bytes(range(0x80, 0x100))
FALLBACK = "windows-1252"
# The Python codecs of the encodings with more than one byte per character; the others are read with a table of 256 characters.
MULTI_BYTE = {
    "utf-8": "utf-8",
    "utf-16le": "utf-16-le",
    "utf-16be": "utf-16-be",
    "gbk": "gb18030",
    "gb18030": "gb18030",
    "big5": "big5hkscs",
    "euc-jp": "euc_jp",
    "iso-2022-jp": "iso2022_jp_ext",
    "shift_jis": "cp932",
    "euc-kr": "cp949",
}
# What browsers read differently from Python's codecs, besides the undefined bytes.
EXCEPTIONS = {"koi8-u": {0xAE: "\u045e", 0xBE: "\u040e"}, "windows-1255": {0xCA: "\u05ba"}}

# Browsers look for <meta charset> in the first 1,024 bytes, and start again if they find one later; this is as far as it is looked for.
MAX_DECLARATION_BYTES = 65_536
HTML_IN_UTF_16 = ((re.compile(rb"<\0[!?a-zA-Z]\0"), "utf-16le"), (re.compile(rb"\0<\0[!?a-zA-Z]"), "utf-16be"))
XML_ENCODING = re.compile(rb"<\?xml\s[^>]*?\bencoding\s*=\s*[\"']?([^\"'\s>]+)")
# No alternative can fail after its first characters, so that the search never backs up: its time is linear.
MARKUP = re.compile(
    rb"""
      <!(?=--).*?(?:-->|\Z)
    | <(script|style|title|textarea|xmp|iframe|noembed|noframes)(?=[\s/>]).*?(?:</\1(?=[\s/>])|\Z)
    | <meta(?=[\s/])(?P<meta>(?:[^>=]|=\s*(?:"[^"]*(?:"|\Z)|'[^']*(?:'|\Z))?)*)
    | </?[a-z](?:[^>=]|=\s*(?:"[^"]*(?:"|\Z)|'[^']*(?:'|\Z))?)*
    """,
    re.IGNORECASE | re.DOTALL | re.VERBOSE,
)
ATTRIBUTE = re.compile(rb"([^\s/>=][^\s/>=]*)(?:\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s>\"'][^\s>]*)))?")
CHARSET_IN_CONTENT = re.compile(rb"charset\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s;\"'][^\s;]*))", re.IGNORECASE)


def encoding_of(label: str) -> str | None:
    """Return the name of the encoding that browsers use for a label, or None if they don't know it."""
    encoding = webencodings.lookup(label) if label.isascii() else None
    return encoding.name if encoding else None


def page_text(page: bytes, charset: str | None = None) -> str:
    """Return a page as text, always one that can be encoded in UTF-8.

    A byte order mark comes first, then the encoding stated by the server, then the one stated by the page. Without them the page is
    UTF-8 if most of its characters beyond ASCII are, otherwise windows-1252. A byte that is invalid in the encoding becomes U+FFFD.

    Args:
        page: the page as it was sent, without transfer and content encoding.
        charset: the label of the encoding stated by the server.
    """
    for mark, name in BYTE_ORDER_MARKS:
        if page.startswith(mark):
            return decoded(page[len(mark) :], name)
    encoding = (encoding_of(charset) if charset else None) or _stated_encoding(page)
    return decoded(page, encoding) if encoding else _without_label(page)


def decoded(page: bytes, encoding: str) -> str:
    """Return the text of bytes in an encoding of the standard, by its name; invalid bytes become U+FFFD."""
    if encoding == "replacement":  # encodings that browsers refuse to read because they hide markup from filters
        return REPLACEMENT if page else ""
    codec = MULTI_BYTE.get(encoding)
    if codec is None:
        return codecs.charmap_decode(page, "strict", _characters(encoding))[0]
    return page.decode(codec, "onrecord_gb18030" if codec == "gb18030" else "replace")


@lru_cache
def _characters(encoding: str) -> str:
    """Return the characters of the 256 bytes; those undefined in Python between 0x80 and 0x9F are control characters, as in browsers."""
    decode = webencodings.lookup(encoding).codec_info.decode
    characters = [decode(bytes([byte]), "replace")[0] for byte in range(0x100)]
    for byte in range(0x80, 0xA0):
        if characters[byte] == REPLACEMENT:
            characters[byte] = chr(byte)
    for byte, character in EXCEPTIONS.get(encoding, {}).items():
        characters[byte] = character
    return "".join(characters)


def _gb18030_error(error: UnicodeError) -> tuple[str, int]:
    """Replace what is invalid in GB18030; the byte 0x80 is the euro sign of GBK."""
    assert isinstance(error, UnicodeDecodeError)
    if error.object[error.start] == 0x80:
        return "\u20ac", error.start + 1
    return REPLACEMENT, error.end


codecs.register_error("onrecord_gb18030", _gb18030_error)


def _without_label(page: bytes) -> str:
    text, read = codecs.utf_8_decode(page, "replace", False)  # a page may be cut within its last character
    invalid = text.count(REPLACEMENT)
    if not invalid and read == len(page):
        return text
    # A few bad bytes don't make a page windows-1252, in which sequences that are valid in UTF-8 are very rare.
    valid = len(text) - invalid - len(page[:read].translate(None, NON_ASCII))
    return decoded(page, "utf-8" if valid > invalid else FALLBACK)


def _stated_encoding(page: bytes) -> str | None:
    for pattern, name in HTML_IN_UTF_16:
        if pattern.match(page):
            return name
    start = page[:MAX_DECLARATION_BYTES]
    for label in _stated_labels(start):
        encoding = encoding_of(label.decode("latin-1"))
        if encoding:
            # The declaration could not have been found in a page in UTF-16, and x-user-defined is only for scripts.
            return {"utf-16le": "utf-8", "utf-16be": "utf-8", "x-user-defined": FALLBACK}.get(encoding, encoding)
    return None


def _stated_labels(start: bytes) -> Iterator[bytes]:
    """Yield the labels in meta elements, comments and scripts aside, then the one of the XML declaration."""
    if b"charset" in start.lower():
        for tag in MARKUP.finditer(start):
            label = _meta_label(tag["meta"]) if tag["meta"] else None
            if label:
                yield label
    declaration = XML_ENCODING.match(start)
    if declaration:
        yield declaration[1]


def _meta_label(tag: bytes) -> bytes | None:
    attributes: dict[bytes, bytes] = {}
    for name, *values in ATTRIBUTE.findall(tag):
        attributes.setdefault(name.lower(), next(filter(None, values), b""))
    if b"charset" in attributes:
        return attributes[b"charset"]
    if attributes.get(b"http-equiv", b"").lower() != b"content-type":
        return None
    charset = CHARSET_IN_CONTENT.search(attributes.get(b"content", b""))
    return next(filter(None, charset.groups()), None) if charset else None
