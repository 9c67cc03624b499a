# SPDX-License-Identifier: Apache-2.0
"""``onrecord export``: the same rows in every format, each export complete or absent."""

import csv
import importlib.util
import json
import shutil
import sqlite3
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pandas
import polars
import pytest
from pyarrow import parquet

from onrecord.commands import main
from onrecord.data.records import Mention, Record, Span
from onrecord.export.tables import TABLES
from onrecord.jobs import export
from tests.export.runs import ARTICLE, HALE, MONDAY, QUOTE, RECORDS, STANCE, write_run

TIME = "%Y-%m-%d %H:%M:%S"
Rows = list[dict[str, Any]]


def plain(value: object) -> object:
    """Return a value as all formats can hold it."""
    return value.strftime(TIME) if isinstance(value, datetime) else value


def of_database(names: list[str], rows: list[tuple[Any, ...]]) -> Rows:
    return [dict(zip(names, map(plain, row), strict=True)) for row in rows]


def of_csv(path: Path, table: str) -> Rows:
    types = {column.name: column.type for one in TABLES if one.name == table for column in one.columns}
    read = {"integer": int, "real": float}
    with (path / f"{table}.csv").open(encoding="utf-8-sig", newline="") as file:
        return [
            {name: read.get(types[name], str)(cell.removeprefix("'")) if cell else None for name, cell in row.items()}
            for row in csv.DictReader(file)
        ]


def of_jsonl(path: Path, table: str) -> Rows:
    rows = [json.loads(line) for line in (path / f"{table}.jsonl").read_text("utf-8").splitlines()]
    times = {column.name for one in TABLES for column in one.columns if column.type == "time"}
    return [
        {
            name: cell.replace("T", " ").removesuffix("Z") if cell and name in times else cell
            for name, cell in row.items()
        }
        for row in rows
    ]


def of_parquet(path: Path, table: str) -> Rows:
    rows = parquet.read_table(path / f"{table}.parquet").to_pylist()
    return [{name: plain(cell) for name, cell in row.items()} for row in rows]


def of_sqlite(path: Path, table: str) -> Rows:
    found = sqlite3.connect(path).execute(f'SELECT * FROM "{table}"')
    return of_database([one[0] for one in found.description], found.fetchall())


def of_duckdb(path: Path, table: str) -> Rows:
    with duckdb.connect(str(path), read_only=True) as database:
        found = database.execute(f'SELECT * FROM "{table}"')
        return of_database([one[0] for one in found.description], found.fetchall())


READERS: dict[str, Callable[[Path, str], Rows]] = {
    "csv": of_csv,
    "jsonl": of_jsonl,
    "parquet": of_parquet,
    "sqlite": of_sqlite,
    "duckdb": of_duckdb,
}


def exported(folder: Path, table: str, *options: str, to: str = "jsonl") -> Rows:
    """Return the rows of a table of an export."""
    output = folder.parent / f"export.{to}"
    assert main(["export", str(folder), "--to", to, "--output", str(output), "--overwrite", *options]) == 0
    return READERS[to](output, table)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the output folder of a small run."""
    return write_run(tmp_path_factory.mktemp("run") / "out")


@pytest.fixture(scope="module")
def in_json(run: Path) -> dict[str, Rows]:
    """Return all tables of the small run, exported to JSON."""
    return all_tables(run, "jsonl")


def all_tables(folder: Path, to: str) -> dict[str, Rows]:
    output = folder.parent / f"all.{to}"
    assert main(["export", str(folder), "--to", to, "--output", str(output), "--overwrite"]) == 0
    return {table.name: READERS[to](output, table.name) for table in TABLES}


@pytest.mark.parametrize("to", READERS)
def test_every_format_has_the_same_rows(to: str, run: Path, in_json: dict[str, Rows]) -> None:
    tables = all_tables(run, to)
    assert tables == in_json
    for table in TABLES:
        assert tables[table.name], table.name
        assert all(list(row) == [column.name for column in table.columns] for row in tables[table.name])


def test_records_in_parquet_give_the_same_tables(in_json: dict[str, Rows], tmp_path: Path) -> None:
    assert all_tables(write_run(tmp_path / "out", sink="parquet"), "jsonl") == in_json


def test_a_quote_has_its_speaker_and_its_article(run: Path) -> None:
    (row,) = exported(run, "quotes")
    assert row == {
        "quote_id": "pier#quote-1",
        "article_id": "pier",
        "article_title": "=Pier “closed”",
        "source": "harbourpost.example",
        "published_at": "2026-03-02 07:30:00",
        "url": "https://harbourpost.example/pier",
        "type": "DIRECT",
        "content": "“It is gone,” … who leads the board.",
        "cue": "said",
        "speaker": "Ruth Hale",
        "speaker_key": "ruth hale",
        "speaker_type": "PERSON",
        "speaker_entity_id": "pier#entity-hale",
        "speaker_wikidata_id": "Q1",
        "speaker_pronoun": "she",
        "speaker_mention": "Ruth Hale",
        "speaker_kind": "NAMED_PERSON",
        "speaker_title": None,
        "speaker_resolution": "NAME",
        "anonymity": None,
        "co_speakers": "the board",
        "realis": "ACTUAL",
        "parent_quote_id": None,
        "confidence": 0.9,
        "start_char": 0,
        "end_char": 49,
    }


def test_the_other_tables(run: Path) -> None:
    (stance,) = exported(run, "stances")
    assert (stance["holder"], stance["target_key"], stance["target_type"], stance["score"]) == (
        "Ruth Hale",
        "toll",
        None,
        -0.7,
    )
    (entity,) = exported(run, "entities")
    assert (entity["mentions"], entity["pronoun"], entity["article_title"]) == (2, "she", "=Pier “closed”")
    assert [row["kind"] for row in exported(run, "mentions")] == ["NAME", "PRONOUN"]
    (copy,) = exported(run, "duplicates")
    assert (copy["duplicate_of"], copy["original_source"]) == ("pier", "harbourpost.example")
    (letter,) = exported(run, "dead_letters")
    assert (letter["payload"], letter["payload_bytes"], letter["error_message"]) == ("\ufffd{}", 3, "text: is missing")
    assert [row["authors"] for row in exported(run, "articles")] == ["Ines Okoro; Piet Sandoval"] * 3


def test_a_short_name_counts_as_the_full_one_unless_that_is_not_wanted(tmp_path: Path) -> None:
    both = [replace(HALE, article_id=f"a-{number}", entity_id=f"a-{number}#1") for number in range(6)]
    short = replace(HALE, article_id="pier", name="Hale", aliases=(), name_key="hale")
    assert QUOTE.speaker is not None
    quote = replace(QUOTE, speaker=replace(QUOTE.speaker, name="Hale"))
    folder = write_run(tmp_path / "out", [ARTICLE, *both, short, quote])
    assert [(row["speaker"], row["speaker_key"]) for row in exported(folder, "quotes")] == [("Ruth Hale", "ruth hale")]
    assert [row["speaker_key"] for row in exported(folder, "quotes", "--separate-names")] == ["hale"]


@pytest.mark.parametrize("begin", ["=", "+", "-", "@", "＝", "\t", "\r", " =", "\n+"])
def test_no_cell_of_a_csv_file_is_a_formula(begin: str, tmp_path: Path) -> None:
    text = f"{begin}HYPERLINK(1)\x00"
    folder = write_run(tmp_path / "out", [replace(ARTICLE, title=text), replace(QUOTE, content=(Span(0, 5, text),))])
    exported(folder, "quotes", to="csv")
    for table, column in (("quotes", "content"), ("quotes", "article_title"), ("articles", "title")):
        with (tmp_path / "export.csv" / f"{table}.csv").open(encoding="utf-8-sig", newline="") as file:
            (row,) = csv.DictReader(file)
        assert row[column].startswith("'")
        assert "\x00" not in row[column]


def test_csv_is_as_spreadsheets_and_data_frames_expect_it(tmp_path: Path) -> None:
    long = replace(ARTICLE, text="x" * 40_000)
    folder = write_run(tmp_path / "out", [long, STANCE])
    exported(folder, "articles", to="csv")
    written = (tmp_path / "export.csv" / "stances.csv").read_bytes()
    assert written.startswith(b"\xef\xbb\xbfstance_id,")
    assert written.endswith(b"\r\n")
    frame = pandas.read_csv(tmp_path / "export.csv" / "stances.csv", parse_dates=["published_at"])
    assert (frame.columns[0], frame["published_at"][0]) == ("stance_id", pandas.Timestamp("2026-03-02 07:30"))
    assert polars.read_csv(tmp_path / "export.csv" / "stances.csv")["score"].to_list() == [-0.7]
    assert len(of_csv(tmp_path / "export.csv", "articles")[0]["text"]) == 32_767
    assert len(exported(folder, "articles")[0]["text"]) == 40_000


@pytest.mark.parametrize(
    ("options", "articles", "quotes", "letters"),
    [
        (("--since", "2026-03-02", "--until", "2026-03-02"), ["pier"], 1, 0),
        (("--since", "2026-03-02T07:31:00Z"), ["copy"], 0, 1),
        (("--until", "2026-03-02T07:30:00Z"), [], 0, 0),
        (("--source", "www.HARBOURPOST.example"), ["pier"], 1, 0),
        (("--source", "quaynews.example", "--source", "harbourpost.example"), ["copy", "pier"], 1, 0),
    ],
)
def test_articles_of_a_time_and_a_publisher(options, articles, quotes, letters, run: Path) -> None:
    assert [row["article_id"] for row in exported(run, "articles", *options)] == articles
    assert len(exported(run, "quotes", *options)) == quotes
    assert len(exported(run, "dead_letters", *options)) == letters


def test_only_some_tables(run: Path, tmp_path: Path) -> None:
    assert main(["export", str(run), "--to=csv", f"--output={tmp_path / 'x'}", "--kind=quotes, stances"]) == 0
    assert sorted(path.name for path in (tmp_path / "x").iterdir()) == ["quotes.csv", "stances.csv"]


def test_what_a_stream_wrote_twice_is_there_once(tmp_path: Path) -> None:
    folder = write_run(write_run(tmp_path / "out"), RECORDS, shard=1)
    for table in TABLES:
        expected = 2 if table.name == "dead_letters" else len(exported(write_run(tmp_path / "one"), table.name))
        assert len(exported(folder, table.name)) == expected, table.name


def test_the_newest_version_of_an_article_is_taken_unless_all_are_wanted(tmp_path: Path) -> None:
    def version(number: int) -> list[Record]:
        digest, time = f"sha-{number}", MONDAY + timedelta(hours=number)
        return [
            replace(ARTICLE, text_sha256=digest, received_at=time, title=f"version {number}"),
            replace(HALE, text_sha256=digest, entity_id=f"pier#{number}"),
            replace(QUOTE, text_sha256=digest, quote_id=f"pier#{number}"),
        ]

    folder = write_run(tmp_path / "out", [*version(2), *version(1)])
    for table in ("articles", "entities", "quotes", "mentions"):
        newest, every = exported(folder, table), exported(folder, table, "--all-versions")
        assert len(every) == 2 * len(newest) > 0
    assert [row["article_title"] for row in exported(folder, "quotes")] == ["version 2"]


@pytest.mark.parametrize("to", ["csv", "sqlite", "duckdb"])
def test_nothing_is_written_when_a_file_of_records_is_cut_off(to: str, run: Path, tmp_path: Path, capsys) -> None:
    folder = Path(shutil.copytree(run, tmp_path / "out"))
    (broken,) = (folder / "stances").iterdir()
    broken.write_bytes(broken.read_bytes()[:-20])
    assert main(["export", str(folder), "--to", to, "--output", str(tmp_path / "x")]) == 1
    assert f"{broken}: can't be read" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_an_export_stays_when_another_one_in_its_place_fails(run: Path, tmp_path: Path, monkeypatch) -> None:
    arguments = ["export", str(run), "--to=csv", f"--output={tmp_path / 'x'}", "--overwrite"]
    assert main(arguments) == 0
    before = {path.name: path.read_bytes() for path in (tmp_path / "x").iterdir()}

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(export._Export, "write", interrupted)
    assert main(arguments) == 130
    assert {path.name: path.read_bytes() for path in (tmp_path / "x").iterdir()} == before
    assert [path.name for path in tmp_path.iterdir()] == ["x"]


def test_all_mistakes_are_reported_together(tmp_path: Path, capsys) -> None:
    given = ["--to", "xlsx", "--since", "soon", "--kind", "moods", "--source", " ", "--nonsense", "--mode", "7"]
    assert main(["export", str(tmp_path / "nothing"), *given]) == 2
    said = capsys.readouterr().err
    for part in (
        "--to xlsx: give one of parquet, csv, jsonl, sqlite, duckdb",
        "--since soon: give a day such as 2026-03-02",
        "--kind moods: choose from articles, entities",
        "--source: give a publisher's domain",
        "unknown option: --nonsense",
        "--mode '7'",
        "no such folder",
    ):
        assert part in said


@pytest.mark.parametrize(
    ("make", "to", "problem"),
    [
        (lambda place: place.mkdir(), "sqlite", "this is a folder"),
        (lambda place: place.touch(), "csv", "this is a file"),
        (lambda place: place.touch(), "sqlite", "--overwrite to replace it"),
        (lambda place: (place.mkdir(), (place / "quotes.csv").touch()), "csv", "--overwrite to replace it"),
        (lambda place: (place.mkdir(), (place / "notes.txt").touch()), "csv", "other files in it, such as notes.txt"),
        (lambda place: place.symlink_to(place.parent), "csv", "this is a link"),
    ],
)
def test_nothing_of_the_users_is_replaced(make, to: str, problem: str, run: Path, tmp_path: Path, capsys) -> None:
    place = tmp_path / "x"
    make(place)
    assert main(["export", str(run), "--to", to, "--output", str(place)]) == 2
    assert problem in capsys.readouterr().err


def test_a_folder_with_other_files_is_never_replaced(run: Path, tmp_path: Path, capsys) -> None:
    (tmp_path / "x").mkdir()
    (tmp_path / "x" / "notes.txt").touch()
    assert main(["export", str(run), "--to=csv", f"--output={tmp_path / 'x'}", "--overwrite"]) == 2
    assert (tmp_path / "x" / "notes.txt").exists()


def test_a_missing_package_is_named_with_the_extra(run: Path, tmp_path: Path, monkeypatch, capsys) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert main(["export", str(run), "--to=duckdb", f"--output={tmp_path / 'x'}"]) == 2
    assert "needs duckdb and pyarrow: pip install 'onrecord[export]'" in capsys.readouterr().err


def test_the_default_place_is_named_after_the_folder(run: Path, tmp_path: Path, monkeypatch, capsys) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["export", str(run), "--to", "sqlite"]) == 0
    assert main(["export", str(run), "--to", "parquet"]) == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out-parquet", "out.sqlite"]
    assert "written: out-parquet" in capsys.readouterr().out


def test_rows_are_written_in_batches_that_bound_memory(monkeypatch) -> None:
    monkeypatch.setattr(export, "BATCH_ROWS", 3)
    monkeypatch.setattr(export, "BATCH_CHARACTERS", 10)
    rows = [("x",), ("x" * 20,), (1,), (2,), (None,), ("y",)]
    assert list(export._batches(iter(rows))) == [rows[:2], rows[2:5], rows[5:]]


def test_databases_explain_and_index_their_columns(run: Path) -> None:
    exported(run, "quotes", to="duckdb")
    exported(run, "quotes", to="sqlite")
    with duckdb.connect(str(run.parent / "export.duckdb"), read_only=True) as database:
        comments = database.execute("SELECT comment FROM duckdb_columns() WHERE NOT internal").fetchall()
    assert comments
    assert all(comment for (comment,) in comments)
    names = sqlite3.connect(run.parent / "export.sqlite").execute("SELECT name FROM sqlite_master WHERE type = 'index'")
    assert ("quotes_speaker_key",) in names.fetchall()


@pytest.mark.parametrize(
    ("pronouns", "expected"),
    [(("She", "her", "it"), "she"), (("he", "she"), None), (("he", "he", "his", "she"), "he"), (("they",), None)],
)
def test_the_pronoun_of_a_person(pronouns: tuple[str, ...], expected: str | None, tmp_path: Path) -> None:
    mentions = tuple(Mention(Span(0, len(word), word), "PRONOUN") for word in pronouns)
    folder = write_run(tmp_path / "out", [ARTICLE, replace(HALE, mentions=mentions)])
    assert [row["pronoun"] for row in exported(folder, "entities")] == [expected]
