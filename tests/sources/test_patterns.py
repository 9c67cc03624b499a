# SPDX-License-Identifier: Apache-2.0
"""An input means the files that a shell would find, and folders mean their files."""

import os
import re
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onrecord.sources.patterns import literal, matched

NAMES = [
    "a.jsonl",
    "b.jsonl",
    ".a.jsonl",
    "[brackets].jsonl",
    "back\\slash.jsonl",
    "new\nline.jsonl",
    "q?.jsonl",
    "ü b.jsonl",
]


@pytest.fixture
def files(tmp_path, monkeypatch) -> Path:
    """Make a folder with odd names the current one."""
    for name in NAMES:
        (tmp_path / name).write_text("{}", "utf-8")
    for folder in ("dir[1]", "sub", ".hidden"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "a.jsonl").write_text("{}", "utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def found(pattern: str) -> list[str]:
    return [file.path for file in matched(pattern).files]


@pytest.mark.parametrize(
    "pattern", ["*.jsonl", "./*.jsonl", "?.jsonl", "*/a.jsonl", "*/*.jsonl", "[ab].jsonl", ".*.jsonl", "*\\\\*"]
)
def test_a_pattern_means_what_it_means_to_a_shell(pattern, files):
    listed = subprocess.run(
        ["bash", "-c", f"printf '%s\\0' {pattern}"],
        capture_output=True,
        check=True,
        env={**os.environ, "LC_ALL": "C.UTF-8"},
    )
    expected = listed.stdout.decode().rstrip("\0").split("\0")
    assert found(pattern.replace("\\\\", "\\")) == sorted(expected)
    assert expected != [pattern]


@pytest.mark.parametrize("name", [*NAMES, "dir[1]/a.jsonl", "sub/a.jsonl"])
def test_the_name_of_a_file_means_that_file(name, files):
    assert found(name) == [name]
    assert found(str(files / name)) == [str(files / name)]


def test_a_folder_with_brackets_can_be_part_of_a_pattern(files):
    assert found("dir[1]/*.jsonl") == ["dir[1]/a.jsonl"]
    assert found(f"{files}/dir[1]/?.jsonl") == [f"{files}/dir[1]/a.jsonl"]


def test_two_stars_mean_folders_at_any_depth(files):
    assert found("**/a.jsonl") == ["a.jsonl", "dir[1]/a.jsonl", "sub/a.jsonl"]


@pytest.mark.parametrize("folder", [".", "sub/..", "{}"])
def test_a_folder_means_its_files_of_known_formats(folder, files):
    (files / "README.md").write_text("# Articles", "utf-8")
    folder = folder.replace("{}", str(files))
    matches = matched(folder)
    visible = [name for name in [*NAMES, "dir[1]/a.jsonl", "sub/a.jsonl"] if not name.startswith(".")]
    assert sorted(os.path.relpath(file.path) for file in matches.files) == sorted(visible)
    assert [os.path.basename(path) for path in matches.unknown] == ["README.md"]


def test_links_to_nothing_and_folders_are_named(files):
    (files / "gone.jsonl").symlink_to(files / "nothing")
    (files / "folder.jsonl").mkdir()
    matches = matched("*.jsonl")
    assert matches.broken_links == ["gone.jsonl"]
    assert matches.folders == ["folder.jsonl"]
    assert "gone.jsonl" not in [file.path for file in matches.files]


def test_a_file_has_its_size_and_the_time_of_its_last_change(files):
    os.utime("a.jsonl", (1_700_000_000.5, 1_700_000_000.5))
    [file] = matched("a.jsonl").files
    assert (file.size, file.changed_at) == (2, 1_700_000_000.5)


def test_nothing_is_found_where_nothing_is(files):
    assert matched("*.avro").files == []
    assert matched("nothing/*.jsonl").files == []


@given(st.text(st.sampled_from("ab[]*?!-/.\\"), max_size=12))
def test_a_pattern_of_nothing_that_exists_stays_as_it_is(pattern):
    path = re.sub("/+", "/", f"/nonexistent/{pattern}x")
    assert literal(path) == path
