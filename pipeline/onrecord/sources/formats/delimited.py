# SPDX-License-Identifier: Apache-2.0
"""Article messages from CSV and TSV files with a header: a row is a message, its columns are the fields of the JSON object."""

import csv
import re
from codecs import BOM_UTF8
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import msgspec

from onrecord.data.message import MAX_MESSAGE_BYTES, Message
from onrecord.sources.compression import Damage
from onrecord.sources.content import Line, bounded_lines, peeked, text_pieces
from onrecord.sources.stored_file import StoredFile

EXCEL_DELIMITER = re.compile(rb'"?sep=([,;\t|])"?', re.IGNORECASE)  # a line before the header, as Excel reads it
DELIMITERS = (",", ";", "\t", "|")
QUOTE = '"'
ESCAPE = "\\"  # of MySQL and Hive
ESCAPED_QUOTE = ESCAPE + QUOTE
END_OF_DATA = "unexpected end of data"  # the library's words for an open quotation mark
csv.field_size_limit(MAX_MESSAGE_BYTES)  # of the process; the default is 128 KiB, less than a long article has


def read_messages(file: StoredFile) -> Iterator[Message]:
    """Yield the message in each row of a file of delimited values: a JSON object of the columns that are not empty.

    The delimiter is stated in a line before the header, or the one of ``DELIMITERS`` that is most frequent in the header. A row has the
    number of its first line. Memory is bounded by a few times the limit. A row that can't be read, or a damaged part of an archive, becomes
    a message with a ``problem``.
    """
    head, pieces = peeked(text_pieces(file.stored, file.path))
    first = head.removeprefix(BOM_UTF8).lstrip(b"\r\n").split(b"\n", 1)[0].rstrip(b"\r")
    if b"\r" in first:  # as old Macs end lines
        pieces = (piece if isinstance(piece, Damage) else piece.replace(b"\r", b"\n") for piece in pieces)
        first = first.split(b"\r", 1)[0]
    stated = EXCEL_DELIMITER.fullmatch(first)
    delimiter = stated[1].decode() if stated else delimiter_of(first.decode("utf-8", "replace"))
    rows_before_header = 1 if stated else 0
    names: list[str] | None = None
    line = 0
    for row in _Rows(bounded_lines(pieces, file.limit + 1), delimiter, file.limit):
        if isinstance(row, Damage):
            file.count()
            yield file.damaged(row, line + 1)
            continue
        line = row.line
        if rows_before_header:
            rows_before_header -= 1
        elif names is None:
            names = _unique(row.values)
        else:
            file.count()
            yield _message(file, _checked(row, names, delimiter), names)


def delimiter_of(header: str) -> str:
    """Return the delimiter that is most frequent in a header outside quotation marks; a comma if there is none."""
    outside = "".join(header.split(QUOTE)[::2])
    return max(DELIMITERS, key=outside.count)


def _unique(header: Iterable[str]) -> list[str]:
    """Return the names of the columns; one without a name of its own is called by its number."""
    names: list[str] = []
    for number, name in enumerate((name.strip() for name in header), start=1):
        names.append(name if name and name not in names else f"column_{number}")
    return names


def _decoded(line: Line) -> str:
    return line.data.decode("utf-8", "surrogateescape").removesuffix("\r") + "\n"


@dataclass(frozen=True, slots=True)
class _Row:
    """A row.

    Attributes:
        values: of its columns.
        stored: its bytes, cut at a limit.
        size: how many bytes the file has of it.
        line: number of its first line.
        problem: why it can't be read.
    """

    values: list[str]
    stored: bytes
    size: int
    line: int
    problem: str | None = None


class _Rows:
    """Splits lines into rows.

    A quotation mark that is not closed swallows the rows behind it, up to the next mark, the limit or the end. Then its own line is the
    unreadable row, and the lines behind it are read again.
    """

    def __init__(self, lines: Iterable[Line | Damage], delimiter: str, limit: int) -> None:
        self._lines = iter(lines)
        self._delimiter = delimiter
        self._limit = limit
        self._number = 0  # of the last line that was read
        self._again = deque[Line]()  # lines to be read again
        self._taken: list[Line] = []  # the lines of the present row
        self._damage: Damage | None = None

    def __iter__(self) -> Iterator[_Row | Damage]:
        """Yield the rows that are not blank, and the damaged parts between them."""
        while True:
            row = self._next()
            if row.problem is not None or any(map(str.strip, row.values)):
                yield row
            if self._damage is not None:
                yield self._damage
            elif not self._taken:
                return

    def _next(self) -> _Row:
        self._taken, self._damage = [], None
        values: list[str] = []
        problem = None
        number = self._number + 1
        try:
            values = next(csv.reader(self._text(), delimiter=self._delimiter, strict=True), [])
        except csv.Error as error:
            again = self._taken[1:]
            if again or str(error) == END_OF_DATA:
                problem = "a quotation mark is not closed"
                self._again.extendleft(reversed(again))
                self._number -= len(again)
                del self._taken[1:]
            else:
                values, problem = self._leniently(self._taken[0])
        stored = b"\n".join(line.data for line in self._taken)
        return _Row(values, stored, sum(line.length for line in self._taken), number, problem)

    def _leniently(self, line: Line) -> tuple[list[str], str | None]:
        """Return the values of a line with quotation marks or carriage returns where they should not be, or what is wrong with it."""
        text = _decoded(line).replace("\r", " ")
        if ESCAPED_QUOTE not in text:
            return next(csv.reader([text], delimiter=self._delimiter), []), None
        try:
            return next(csv.reader([text], delimiter=self._delimiter, escapechar=ESCAPE, strict=True), []), None
        except csv.Error:
            return [], f'marks within quotation marks are written {ESCAPED_QUOTE}; write them ""'

    def _text(self) -> Iterator[str]:
        size = 0
        while True:
            line = self._again.popleft() if self._again else next(self._lines, None)
            if line is None or isinstance(line, Damage):
                self._damage = line
                return
            if self._number == 0:
                line = Line(line.data.removeprefix(BOM_UTF8), line.length)
            self._number += 1
            self._taken.append(line)
            size += line.length
            if size > self._limit and len(self._taken) > 1:
                raise csv.Error
            yield _decoded(line)


def _checked(row: _Row, names: list[str], delimiter: str) -> _Row:
    """Return a row with a problem if it has values behind those of the header: one of its values was split, so that any may be wrong."""
    if row.problem is not None or not any(map(str.strip, row.values[len(names) :])):
        return row
    shown = "tab" if delimiter == "\t" else delimiter
    said = f"it has {len(row.values):,} values, and the header has {len(names):,}; put values with a {shown} into quotation marks"
    return replace(row, problem=said)


def _message(file: StoredFile, row: _Row, names: list[str]) -> Message:
    problem = row.problem
    if problem is None and row.size > file.limit:
        return file.message(row.stored, row.line, size=row.size)
    if problem is None:
        named = {name: value for name, value in zip(names, row.values, strict=False) if value.strip()}
        try:
            return file.message(msgspec.json.encode(named), row.line)
        except UnicodeEncodeError:
            problem = "it is not UTF-8; save the file as UTF-8 and rerun"
    return file.message(row.stored, row.line, problem=f"row: it can't be read ({problem})")
