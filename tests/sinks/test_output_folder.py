# SPDX-License-Identifier: Apache-2.0
"""The output folder: the files that a run finds in it, and those that it may delete."""

from pathlib import Path

import pytest

from onrecord.data.kinds import kinds
from onrecord.sinks import contents
from onrecord.sinks import output_folder as folder


def files(path: Path) -> set[str]:
    """Return the files below a folder."""
    return {str(file.relative_to(path)) for file in path.rglob("*") if file.is_file()}


def put(path: Path, *names: str) -> None:
    """Put files below a folder."""
    for name in names:
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_text(name, "utf-8")


OURS = ("quotes/quotes-00000-of-00001.avro", "articles/articles-00003-of-00012.avro", "summary.json")
UNFINISHED = (".in-progress/1f.avro", ".in-progress/summary.json")
FOREIGN = (
    "notes.txt",
    "old.avro",
    ".hidden",
    "quotes/README.md",
    "quotes/mine.avro",
    "quotes-2025/quotes.avro",
    "summary.json.bak",
    "2026/summary.json",
)


def test_a_folder_that_is_not_there_is_empty(tmp_path):
    assert contents.is_empty(str(tmp_path / "out"))


def test_a_folder_that_was_only_made_ready_is_empty(tmp_path):
    output = tmp_path / "new" / "out"
    folder.prepare(str(output))
    assert {path.name for path in output.iterdir()} == {*kinds(), ".in-progress"}
    assert contents.is_empty(str(output))


@pytest.mark.parametrize("end", ["", "/"])
def test_a_folder_with_nothing_but_a_list_of_forgotten_articles_is_empty_and_clearing_keeps_the_list(end, tmp_path):
    put(tmp_path, "forgotten.json")
    assert contents.is_empty(f"{tmp_path}{end}")
    folder.clear(f"{tmp_path}{end}")
    assert files(tmp_path) == {"forgotten.json"}
    put(tmp_path, "quotes/forgotten.json")
    assert not contents.is_empty(f"{tmp_path}{end}")


@pytest.mark.parametrize("name", [*OURS, *UNFINISHED, *FOREIGN])
def test_a_folder_with_any_file_is_not_empty(name, tmp_path):
    put(tmp_path, name)
    assert not contents.is_empty(str(tmp_path))


def test_clearing_takes_away_what_a_run_wrote_and_leaves_foreign_files(tmp_path):
    put(tmp_path, *OURS, *UNFINISHED, *FOREIGN)
    folder.clear(str(tmp_path))
    assert files(tmp_path) == set(FOREIGN)


def test_clearing_a_folder_that_is_not_there_does_nothing(tmp_path):
    folder.clear(str(tmp_path / "out"))
    assert not (tmp_path / "out").exists()


def test_a_folder_that_was_cleared_is_empty(tmp_path):
    put(tmp_path, *OURS, *UNFINISHED)
    folder.clear(str(tmp_path))
    assert contents.is_empty(str(tmp_path))


def test_preparing_leaves_every_file_alone(tmp_path):
    put(tmp_path, *OURS, *UNFINISHED, *FOREIGN)
    folder.prepare(str(tmp_path))
    folder.prepare(str(tmp_path))
    assert files(tmp_path) == {*OURS, *UNFINISHED, *FOREIGN}


def test_tidying_takes_away_unfinished_files_alone(tmp_path):
    put(tmp_path, *OURS, *UNFINISHED, *FOREIGN)
    folder.discard_unfinished(str(tmp_path))
    folder.discard_unfinished(str(tmp_path))
    assert files(tmp_path) == {*OURS, *FOREIGN}
