# SPDX-License-Identifier: Apache-2.0
"""References to characters in XML that is often not well formed: & alone, and the names of HTML."""

import io
import re
from html.entities import html5
from typing import Protocol

PIECE_BYTES = 1 << 15
MAX_TOKEN_BYTES = 64
# Encodings in which these bytes are not always these characters.
NOT_ASCII = re.compile(rb"\0|encoding\s*=\s*[\"']\s*(?:iso-2022|hz|utf-7|ebcdic|cp037|ibm)", re.IGNORECASE)
HEAD_BYTES = 1_024
TOKEN = re.compile(
    rb"<!\[CDATA\[|<!--|\]\]>|-->|&(?:#[0-9]{1,7};|#x[0-9a-fA-F]{1,6};|([a-zA-Z][a-zA-Z0-9]{0,31};))?", re.IGNORECASE
)
MAY_BEGIN_TOKEN = re.compile(rb"[&<\]-]")
ENDS = {b"<![CDATA[": b"]]>", b"<!--": b"-->"}


class _Source(Protocol):
    def read(self, size: int, /) -> bytes | None: ...


class NumericReferences(io.RawIOBase):
    """An XML file in which all references are numbers, and an & that begins none is one.

    After the first error in a file, libxml2 leaves out all references by name, also those to < and &, but none by number. What is in
    CDATA sections and comments stays as it is, and so does a file in an encoding that does not extend ASCII.
    """

    def __init__(self, file: _Source) -> None:
        self._file = file
        self._rest = b""
        self._end: bytes | None = None  # of the CDATA section or comment that the next byte is in
        self._is_ascii: bool | None = None

    def readable(self) -> bool:
        """Return True."""
        return True

    def read(self, size: int = -1, /) -> bytes:
        """Return the next bytes, of any number; none at the end."""
        while True:
            piece = self._file.read(PIECE_BYTES) or b""
            data = self._rest + piece
            if self._is_ascii is None and piece and len(data) < HEAD_BYTES:
                self._rest = data
                continue
            if self._is_ascii is None:
                self._is_ascii = not NOT_ASCII.search(data, 0, HEAD_BYTES)
            if not self._is_ascii:
                self._rest = b""
                return data
            begins = MAY_BEGIN_TOKEN.search(data, max(0, len(data) - MAX_TOKEN_BYTES)) if piece else None
            cut = begins.start() if begins else len(data)
            self._rest = data[cut:]
            if cut or not piece:
                return TOKEN.sub(self._replaced, data[:cut])

    def _replaced(self, token: re.Match[bytes]) -> bytes:
        found = token[0]
        if self._end is not None:
            if found == self._end:
                self._end = None
        elif found.upper() in ENDS:
            self._end = ENDS[found.upper()]
        elif found == b"&":
            return b"&#38;"
        elif token[1] is not None:
            characters = html5.get(token[1].decode())
            return _numbers(characters) if characters else b"&#38;" + token[1]
        return found


def _numbers(characters: str) -> bytes:
    return b"".join(b"&#%d;" % ord(character) for character in characters)
