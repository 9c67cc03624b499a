# SPDX-License-Identifier: Apache-2.0
"""A user's own list of names: the entities, their aliases, and their items in Wikidata.

A file of comma-separated (``.csv``) or tab-separated values (``.tsv``) in UTF-8. Its header line has the columns, in any order:

* ``name`` and ``type`` (PERSON, ORG, GPE, …) are required;
* ``wikidata_id`` (Q42), ``country_code`` (ISO 3166-1 alpha-2) and ``aliases`` (separated by ``|``) are optional.

Empty lines and lines that start with ``#`` are ignored.
"""

import csv
import io
import re
from dataclasses import dataclass
from typing import cast, get_args

from onrecord.data.records import EntityType

COLUMNS = ("name", "type", "wikidata_id", "country_code", "aliases")
REQUIRED = ("name", "type")
DELIMITERS = {".csv": ",", ".tsv": "\t"}
# The list is sent to every worker as part of the graph, and is kept in memory.
MAX_BYTES = 4 * 1024 * 1024
MAX_ENTRIES = 50_000
MIN_NAME_LENGTH, MAX_NAME_LENGTH = 2, 200  # code points
WIKIDATA_ID = re.compile(r"Q[1-9]\d{0,11}")
COUNTRY_CODE = re.compile(r"[A-Z]{2}")


@dataclass(frozen=True, slots=True)
class ListedName:
    """An entity of the list."""

    name: str
    type: EntityType
    wikidata_id: str | None = None
    country_code: str | None = None
    aliases: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """The name and the aliases."""
        return (self.name, *self.aliases)


class GazetteerError(ValueError):
    """The list has mistakes; ``problems`` has all of them, each with its line."""

    def __init__(self, problems: list[str]) -> None:
        """Join the problems to a message with one line per problem."""
        super().__init__("\n".join(problems))
        self.problems = problems


class _Reader:
    """Reads the lines of a list, and collects its entries and mistakes by line."""

    def __init__(self) -> None:
        self.columns: list[str] = []
        self.entries: dict[int, ListedName] = {}
        self.problems: list[str] = []

    def read(self, text: str, delimiter: str) -> None:
        """Read a list up to its end, or to the line after which nothing more can be read."""
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
        try:
            for cells in reader:
                if not any(map(str.strip, cells)) or cells[0].startswith("#"):
                    continue
                if len(self.entries) == MAX_ENTRIES:
                    self.problems.append(f"line {reader.line_num}: too many names; the maximum is {MAX_ENTRIES:,}")
                    break
                self._read_line(reader.line_num, cells)
        except csv.Error as error:
            self.problems.append(f"line {reader.line_num}: {error}")
        if not self.columns and not self.problems:
            self.problems.append(f"no header line with the columns, such as {delimiter.join(COLUMNS)}")

    def _read_line(self, number: int, cells: list[str]) -> None:
        """Read the header, if it has not been read yet, or an entry."""
        if not self.columns:
            self.columns = _columns(cells)
            return
        entry, problems = _entry(self.columns, cells)
        self.problems.extend(f"line {number}: {problem}" for problem in problems)
        if entry is not None:
            self.entries[number] = entry


def parse(data: bytes, extension: str) -> tuple[ListedName, ...]:
    """Return the entries of a list, in order.

    Args:
        data: the content of the file.
        extension: the suffix of the file's name, ``.csv`` or ``.tsv``.

    Raises:
        GazetteerError: there is at least one mistake.
    """
    if extension not in DELIMITERS:
        raise GazetteerError([f"the file's name must end in {' or '.join(DELIMITERS)}"])
    reader = _Reader()
    reader.read(_text(data), DELIMITERS[extension])
    problems = [*reader.problems, *_repeated(reader.entries)]
    if problems:
        raise GazetteerError(problems)
    return tuple(reader.entries.values())


def _text(data: bytes) -> str:
    if len(data) > MAX_BYTES:
        raise GazetteerError([f"the file is larger than the maximum of {MAX_BYTES:,} bytes"])
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise GazetteerError([f"line {1 + data[: error.start].count(10)}: not UTF-8"]) from error


def _columns(cells: list[str]) -> list[str]:
    """Return the columns of the header line.

    Raises:
        GazetteerError: a column is unknown, missing or repeated.
    """
    names = [cell.strip().lower() for cell in cells]
    problems = [
        *(f"unknown column {name!r}" for name in sorted(set(names).difference(COLUMNS))),
        *(f"no column {name!r}" for name in REQUIRED if name not in names),
        *(f"column {name!r} appears twice" for name in COLUMNS if names.count(name) > 1),
    ]
    if problems:
        raise GazetteerError([f"header line: {', '.join(problems)}; the columns are {', '.join(COLUMNS)}"])
    return names


def _entry(columns: list[str], cells: list[str]) -> tuple[ListedName | None, list[str]]:
    """Return the entry of a line, or None and the mistakes in it."""
    if len(cells) > len(columns):
        return None, [f"{len(cells)} values for {len(columns)} columns"]
    values = dict.fromkeys(COLUMNS, "") | {
        column: " ".join(cell.split()) for column, cell in zip(columns, cells, strict=False)
    }
    aliases = tuple(dict.fromkeys(filter(None, map(str.strip, values["aliases"].split("|")))))
    problems = [problem for name in (values["name"], *aliases) if (problem := _name_problem(name))]
    if values["type"] not in get_args(EntityType):
        problems.append(f"type {values['type']!r}: choose from {', '.join(get_args(EntityType))}")
    if values["wikidata_id"] and not WIKIDATA_ID.fullmatch(values["wikidata_id"]):
        problems.append(f"wikidata_id {values['wikidata_id']!r}: give an item such as Q42")
    if values["country_code"] and not COUNTRY_CODE.fullmatch(values["country_code"]):
        problems.append(f"country_code {values['country_code']!r}: give two capital letters such as NO")
    if problems:
        return None, problems
    return ListedName(
        name=values["name"],
        type=cast("EntityType", values["type"]),
        wikidata_id=values["wikidata_id"] or None,
        country_code=values["country_code"] or None,
        aliases=tuple(alias for alias in aliases if alias != values["name"]),
    ), []


def _name_problem(name: str) -> str | None:
    if not any(map(str.isalpha, name)):
        return f"name {name!r}: contains no letter"
    if len(name) < MIN_NAME_LENGTH:
        return f"name {name!r}: shorter than {MIN_NAME_LENGTH} characters"
    if len(name) > MAX_NAME_LENGTH:
        return f"name {name[:20]!r}…: longer than {MAX_NAME_LENGTH} characters"
    return None


def _repeated(entries: dict[int, ListedName]) -> list[str]:
    """Return a mistake for each name that is in two lines."""
    line_of: dict[str, int] = {}
    return [
        f"line {line}: name {name!r} is already in line {line_of[name]}; a name can belong to one entry only"
        for line, entry in entries.items()
        for name in entry.names
        if line_of.setdefault(name, line) != line
    ]
