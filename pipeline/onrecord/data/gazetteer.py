"""A user's own list of names: who they are, what else they are called, and their items in Wikidata.

A file of comma-separated (``.csv``) or tab-separated values (``.tsv``) in UTF-8. The first line names the columns, in any order:

* ``name`` and ``type`` (PERSON, ORG, GPE, …) are required;
* ``wikidata_id`` (Q42), ``country_code`` (ISO 3166-1 alpha-2) and ``aliases`` (further names, ``|`` between them) are not.

Lines that are empty or start with ``#`` are passed over.
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
# The list goes with the graph to every worker, and all of it is held in memory.
MAX_BYTES = 4 * 1024 * 1024
MAX_ENTRIES = 50_000
MIN_NAME_LENGTH, MAX_NAME_LENGTH = 2, 200  # code points
WIKIDATA_ID = re.compile(r"Q[1-9]\d{0,11}")
COUNTRY_CODE = re.compile(r"[A-Z]{2}")


@dataclass(frozen=True, slots=True)
class ListedName:
    """One line: a person, body or place that the user knows; ``wikidata_id`` and ``country_code`` may be missing."""

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
    """The list can't be used; ``problems`` holds every mistake, each with its line."""

    def __init__(self, problems: list[str]) -> None:
        """Collect the mistakes."""
        super().__init__("\n".join(problems))
        self.problems = problems


def parse(data: bytes, extension: str) -> tuple[ListedName, ...]:
    """Return the entries of a list, in order.

    Args:
        data: the file's content.
        extension: the end of the file's name, ``.csv`` or ``.tsv``.

    Raises:
        GazetteerError: there is at least one mistake.
    """
    if extension not in DELIMITERS:
        raise GazetteerError([f"the file's name must end in {' or '.join(DELIMITERS)}"])
    if len(data) > MAX_BYTES:
        raise GazetteerError([f"has {len(data):,} bytes; at most {MAX_BYTES:,} are read"])
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise GazetteerError([f"line {1 + data[: error.start].count(10)}: is not UTF-8"]) from error
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=DELIMITERS[extension], strict=True)
    problems: list[str] = []
    entries: dict[int, ListedName] = {}
    columns: list[str] | None = None
    try:
        for cells in reader:
            if not any(map(str.strip, cells)) or cells[0].startswith("#"):
                continue
            if columns is None:
                columns = _columns(cells)
            elif len(entries) == MAX_ENTRIES:
                problems.append(f"line {reader.line_num}: is one too many; at most {MAX_ENTRIES:,} names are read")
                break
            else:
                entry, mistakes = _entry(columns, cells)
                problems.extend(f"line {reader.line_num}: {mistake}" for mistake in mistakes)
                if entry is not None:
                    entries[reader.line_num] = entry
    except csv.Error as error:
        problems.append(f"line {reader.line_num}: {error}")
    if columns is None and not problems:
        problems.append("has no line that names the columns, such as " + DELIMITERS[extension].join(COLUMNS))
    problems += _doubled(entries)
    if problems:
        raise GazetteerError(problems)
    return tuple(entries.values())


def _columns(cells: list[str]) -> list[str]:
    names = [cell.strip().lower() for cell in cells]
    unknown = sorted(set(names).difference(COLUMNS))
    missing = [column for column in REQUIRED if column not in names]
    if unknown or missing or len(set(names)) < len(names):
        said = [f"unknown column {name!r}" for name in unknown] + [f"no column {name!r}" for name in missing]
        said += ["a column stands twice"] if len(set(names)) < len(names) else []
        raise GazetteerError(
            [f"the line that names the columns: {', '.join(said)}; the columns are {', '.join(COLUMNS)}"]
        )
    return names


def _entry(columns: list[str], cells: list[str]) -> tuple[ListedName | None, list[str]]:
    if len(cells) > len(columns):
        return None, [f"has {len(cells)} values for {len(columns)} columns"]
    values = dict.fromkeys(COLUMNS, "") | {
        column: " ".join(cell.split()) for column, cell in zip(columns, cells, strict=False)
    }
    aliases = tuple(dict.fromkeys(filter(None, map(str.strip, values["aliases"].split("|")))))
    mistakes = []
    for name in (values["name"], *aliases):
        if not any(map(str.isalpha, name)):
            mistakes.append(f"name {name!r}: has no letter")
        elif len(name) < MIN_NAME_LENGTH:
            mistakes.append(f"name {name!r}: is a single letter")
        elif len(name) > MAX_NAME_LENGTH:
            mistakes.append(f"name {name[:20]!r}…: is longer than {MAX_NAME_LENGTH} characters")
    if values["type"] not in get_args(EntityType):
        mistakes.append(f"type {values['type']!r}: choose from {', '.join(get_args(EntityType))}")
    if values["wikidata_id"] and not WIKIDATA_ID.fullmatch(values["wikidata_id"]):
        mistakes.append(f"wikidata_id {values['wikidata_id']!r}: give one such as Q42")
    if values["country_code"] and not COUNTRY_CODE.fullmatch(values["country_code"]):
        mistakes.append(f"country_code {values['country_code']!r}: give two capital letters such as NO")
    if mistakes:
        return None, mistakes
    return ListedName(
        name=values["name"],
        type=cast("EntityType", values["type"]),
        wikidata_id=values["wikidata_id"] or None,
        country_code=values["country_code"] or None,
        aliases=tuple(alias for alias in aliases if alias != values["name"]),
    ), []


def _doubled(entries: dict[int, ListedName]) -> list[str]:
    """Return the names that two lines claim."""
    line_of: dict[str, int] = {}
    problems = []
    for line, entry in entries.items():
        for name in entry.names:
            if line_of.setdefault(name, line) != line:
                problems.append(f"line {line}: name {name!r} stands in line {line_of[name]} too; a name has one bearer")
    return problems
