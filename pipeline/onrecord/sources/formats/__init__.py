# SPDX-License-Identifier: Apache-2.0
"""The formats of input files: how each is recognised, and what reads it.

The beginning of a file decides, where it can; else the ending of its name. Nothing in this module needs Beam.
"""

import io
import pkgutil
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from onrecord.data.message import Message

if TYPE_CHECKING:
    from onrecord.sources.stored_file import StoredFile

Reader: TypeAlias = "Callable[[StoredFile], Iterator[Message]]"

COMPRESSIONS = (".gz", ".zst", ".bz2", ".xz")


@dataclass(frozen=True, slots=True)
class Format:
    """A format of input files.

    Attributes:
        name: its name in ``--format``.
        endings: endings of such files' names, in lower case; an ending of a compression may follow.
        reader: ``package.module:function``, which yields the messages of a ``StoredFile``.
        begins: matches the beginning of a decompressed file that can only be in this format.
    """

    name: str
    endings: tuple[str, ...]
    reader: str
    begins: re.Pattern[bytes] | None = None

    def load(self) -> Reader:
        """Return the function that reads such a file; it is imported when the first file needs it."""
        reader: Reader = pkgutil.resolve_name(self.reader)
        return reader


def _begins(pattern: bytes) -> re.Pattern[bytes]:
    """Return a pattern behind a byte order mark and blanks."""
    return re.compile(rb"(?:\xef\xbb\xbf)?\s{0,999}" + pattern, re.IGNORECASE | re.DOTALL)


# Each part begins differently, so that there is one way only to match it.
_COMMENT = rb"<!--(?:(?!-->).){0,9999}-->"
_PROLOGUE = rb"(?:" + _COMMENT + rb"|<!DOCTYPE\s+(?!html)[^>]{0,999}>|<\?[^>]{0,999}>|\s){0,99}"
FORMATS = (
    Format(
        "json",
        (".jsonl", ".json", ".ndjson", ".jsonlines"),
        "onrecord.sources.formats.json_text:read_messages",
        _begins(rb'(?:\[\s{0,999})?\{\s{0,999}["}]'),
    ),
    Format("csv", (".csv", ".tsv", ".tab"), "onrecord.sources.formats.delimited:read_messages"),
    Format("avro", (".avro",), "onrecord.sources.formats.avro:read_messages", re.compile(rb"Obj\x01")),
    Format("parquet", (".parquet", ".pq"), "onrecord.sources.formats.parquet:read_messages", re.compile(rb"PAR1")),
    Format(
        "warc",
        (".warc",),
        "onrecord.sources.formats.warc:read_messages",
        re.compile(rb"[ \t\r\n\0]{0,99}WARC/\d", re.IGNORECASE),
    ),
    Format(
        "xml",
        (".xml", ".rss", ".atom", ".nitf", ".newsml"),
        "onrecord.sources.formats.news_xml:read_messages",
        _begins(_PROLOGUE + rb"<(?:\w{1,20}:)?(?:rss|feed|rdf|nitf|newsItem|newsMessage)[\s>]"),
    ),
    Format(
        "html",
        (".html", ".htm", ".xhtml"),
        "onrecord.sources.formats.documents:read_page",
        _begins(rb"(?:" + _COMMENT + rb"|<\?[^>]{0,999}>|\s){0,99}<(?:!DOCTYPE\s+html|html|head|body)[\s>]"),
    ),
    Format("text", (".txt", ".text"), "onrecord.sources.formats.documents:read_text"),
)
BY_NAME = {form.name: form for form in FORMATS}
# What is often given by mistake, and what to do with it.
UNREADABLE = (
    (re.compile(rb"PK\x03\x04"), "a zip archive; unpack it and give the files in it"),
    (re.compile(rb".{257}ustar", re.DOTALL), "a tar archive; unpack it and give the files in it"),
    (re.compile(rb"\x1f\x8b\x08|\x28\xb5\x2f\xfd|BZh\d1AY&SY|\xfd7zXZ\0"), "compressed twice; decompress it once"),
    (re.compile(rb"%PDF-"), "a PDF; extract its text first"),
    (re.compile(rb"ORC"), "an ORC file; convert it to Parquet or Avro"),
    (re.compile(rb"SQLite format 3\0"), "an SQLite database; export the articles as JSON lines or CSV"),
)
HEAD_BYTES = 1 << 14  # of the decompressed file
STORED_HEAD_BYTES = 1 << 16


class UnknownFormat(ValueError):
    """The format of a file can't be determined, or it can't be read; the message says what to do."""


def of_name(path: str) -> Format | None:
    """Return the format that the ending of a file's name stands for, in upper or lower case."""
    name = re.split(r"[/\\]", path)[-1].lower()
    for _ in range(2):
        name = next((name.removesuffix(ending) for ending in COMPRESSIONS if name.endswith(ending)), name)
    return next((form for form in FORMATS if name.endswith(form.endings)), None)


def detected(path: str, head: bytes) -> Format:
    """Return the format of a file.

    Args:
        path: the file's path.
        head: up to ``HEAD_BYTES`` from its beginning, decompressed.

    Raises:
        UnknownFormat: neither the beginning nor the ending says what it is.
    """
    named = of_name(path)
    for pattern, what in UNREADABLE:
        if pattern.match(head):
            raise UnknownFormat(f"it is {what}")
    found = next((form for form in FORMATS if form.begins and form.begins.match(head)), None)
    if named is not None and (found is None or not head.strip()):
        return named
    if found is not None:
        return found
    if not head.strip():
        raise UnknownFormat("it is empty, and its name does not say what it is")
    raise UnknownFormat(f"its format is unknown; give --format with one of {', '.join(BY_NAME)}")


def of_beginning(path: str, beginning: bytes) -> Format:
    """Return the format of a file.

    Args:
        path: the file's path.
        beginning: up to ``STORED_HEAD_BYTES`` of it, as stored.

    Raises:
        UnknownFormat: neither its content nor its name says what it is.
    """
    from onrecord.sources.content import peeked, text_pieces  # needs the extra "beam"

    head, _ = peeked(text_pieces(io.BytesIO(beginning), path), HEAD_BYTES)
    return detected(path, head)
