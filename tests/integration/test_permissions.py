# SPDX-License-Identifier: Apache-2.0
"""Records are private unless the user opens them, and links never lead a run to delete files elsewhere."""

import json
import os
import stat
from pathlib import Path

import pytest

from onrecord.commands.arguments import set_mode
from tests.integration.backfills import backfill, records, write_messages

ARTICLE = {"id": "storm", "text": "The mayor said the storm was over.", "language": "en"}


@pytest.fixture(scope="module")
def linked(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A file of messages, and the output of its backfill into a folder whose quotes are a link to an empty folder."""
    folder = tmp_path_factory.mktemp("linked")
    source = write_messages(folder / "a.jsonl", [ARTICLE])
    (folder / "disk").mkdir()
    (folder / "out").mkdir()
    (folder / "out" / "quotes").symlink_to(folder / "disk")
    backfill("--input", source, "--output", folder / "out")
    return source, folder / "out"


def test_a_link_to_an_empty_folder_is_followed(linked):
    _, output = linked
    assert len(records(output, "quotes")) == len(list((output.parent / "disk").iterdir())) == 1
    assert json.loads((output / "summary.json").read_text("utf-8"))["articles"] == 1


@pytest.mark.parametrize("options", [(), ("--overwrite",)])
def test_records_behind_a_link_are_neither_replaced_nor_deleted(linked, options):
    source, output = linked
    (victim,) = (output.parent / "disk").iterdir()
    before = victim.read_bytes()
    result = backfill("--input", source, "--output", output, *options, exit_code=2)
    assert "is a link to another folder" in result.stderr if options else "not empty" in result.stderr
    assert victim.read_bytes() == before


def test_files_are_private_whatever_the_umask_was(tmp_path):
    before = os.umask(0)
    try:
        set_mode("600")
        (tmp_path / "folder").mkdir()
        (tmp_path / "file").touch()
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "folder").stat().st_mode) == 0o700
    assert stat.S_IMODE((tmp_path / "file").stat().st_mode) == 0o600
