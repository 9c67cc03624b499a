# SPDX-License-Identifier: Apache-2.0
"""Records are private unless the user opens them, and links never lead a run to delete files elsewhere."""

import json
import os
import stat
from pathlib import Path

import pytest

from tests.integration.backfills import backfill, files, records, write_messages
from tests.integration.streams import Stream

ARTICLE = {"id": "storm", "text": "The mayor said the storm was over.", "language": "en"}


@pytest.fixture
def source(tmp_path):
    return write_messages(tmp_path / "a.jsonl", [ARTICLE])


def modes(output: Path) -> tuple[set[int], set[int]]:
    """Return the permissions of all folders and of all files of an output folder."""
    found = [output, *output.rglob("*")]
    folders = {stat.S_IMODE(path.stat().st_mode) for path in found if path.is_dir()}
    return folders, {stat.S_IMODE(path.stat().st_mode) for path in found if path.is_file()}


@pytest.mark.parametrize(
    ("options", "expected"),
    [((), ({0o700}, {0o600})), (("--mode", "640"), ({0o750}, {0o640})), (("--mode", "664"), ({0o775}, {0o664}))],
)
def test_the_files_of_a_backfill_are_private_unless_they_are_opened(source, tmp_path, options, expected):
    before = os.umask(0)
    try:
        backfill("--input", source, "--output", tmp_path / "out", "--workers", 2, *options)
    finally:
        os.umask(before)
    assert modes(tmp_path / "out") == expected


def test_the_files_of_a_stream_are_private(source, tmp_path):
    stream = Stream("--watch", source, "--output", tmp_path / "out", "--every", 1)
    stream.read_until(articles=1)
    stream.drain()
    assert modes(tmp_path / "out") == ({0o700}, {0o600})


@pytest.mark.parametrize("mode", ["777", "6", "0o600", "rw", "060", "-1", "６００"])
def test_other_permissions_are_refused(source, tmp_path, mode):
    result = backfill("--input", source, "--output", tmp_path / "out", f"--mode={mode}", exit_code=2)
    assert "give permissions such as 600" in result.stderr


@pytest.fixture
def linked(source, tmp_path):
    """An output folder whose quotes are a link to the quotes of another run."""
    backfill("--input", source, "--output", tmp_path / "elsewhere")
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "quotes").symlink_to(tmp_path / "elsewhere" / "quotes")
    return tmp_path / "out"


@pytest.mark.parametrize("options", [(), ("--overwrite",)])
def test_records_behind_a_link_are_neither_replaced_nor_deleted(source, linked, options):
    (victim,) = files(linked, "quotes")
    before = victim.read_bytes()
    write_messages(source, [ARTICLE | {"text": "The mayor said something else."}])
    result = backfill("--input", source, "--output", linked, *options, exit_code=2)
    assert "is a link to another folder" in result.stderr if options else "not empty" in result.stderr
    assert victim.read_bytes() == before


def test_a_link_to_an_empty_folder_is_followed(source, tmp_path):
    (tmp_path / "disk").mkdir()
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "quotes").symlink_to(tmp_path / "disk")
    backfill("--input", source, "--output", tmp_path / "out")
    assert len(records(tmp_path / "out", "quotes")) == len(list((tmp_path / "disk").iterdir())) == 1
    assert json.loads((tmp_path / "out" / "summary.json").read_text("utf-8"))["articles"] == 1
