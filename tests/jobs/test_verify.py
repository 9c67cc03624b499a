# SPDX-License-Identifier: Apache-2.0
"""``onrecord verify`` notices every difference between the files of a backfill and its manifest."""

from collections.abc import Callable
from pathlib import Path

import pytest

from onrecord.sinks import contents, manifest
from onrecord.sinks.manifest import Entry, Header, WrittenFile
from tests.integration.here import finished_here

NAMES = ("quotes/quotes-00000-of-00002.avro", "stances/stances-00001-of-00002.avro")


@pytest.fixture
def output(tmp_path: Path) -> Path:
    """Return the output folder of a complete backfill of two splits."""
    manifest.start(str(tmp_path), Header(manifest.VERSION, "1.0", {}, 2))
    for split, name in enumerate(NAMES):
        path = tmp_path / name
        path.parent.mkdir()
        path.write_bytes(b"records of a split")
        manifest.add(str(tmp_path), Entry(split, [], {}, [manifest.hashed(str(path), name)], 1.0))
    (tmp_path / contents.SUMMARY).write_text("{}", "utf-8")
    return tmp_path


def test_a_complete_backfill_is_confirmed(output):
    out, err = finished_here("verify", output)
    assert out == f"{output}: complete; 2 files of 2 splits are as they were written\n"
    assert err == ""


def cut_the_manifest(output: Path) -> None:
    path = output / manifest.MANIFEST
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:-1]))


def change_a_byte(output: Path) -> None:
    (output / NAMES[0]).write_bytes(b"records of a spliT")


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (lambda output: (output / NAMES[0]).unlink(), f"{NAMES[0]}: missing"),
        (change_a_byte, f"{NAMES[0]}: was changed: its SHA-256 is another one"),
        (lambda output: (output / NAMES[0]).write_bytes(b"cut"), f"{NAMES[0]}: has 3 bytes, was written with 18"),
        (lambda output: (output / "quotes" / "x.avro").touch(), "quotes/x.avro: not in the manifest"),
        (lambda output: (output / contents.SUMMARY).unlink(), "the backfill was not ended; run it again with --resume"),
        (cut_the_manifest, "1 of 2 splits are not done; run the backfill again with --resume"),
    ],
)
def test_each_difference_is_named(change: Callable[[Path], None], problem: str, output: Path):
    change(output)
    out, err = finished_here("verify", output, exit_code=1)
    assert out == ""
    assert err.startswith(problem)
    assert err.splitlines()[-1].startswith("failed: ")


def test_a_manifest_makes_no_other_file_be_read(output, tmp_path):
    secret = tmp_path.parent / "secret"
    secret.write_bytes(b"a secret")
    entry = Entry(1, [], {}, [WrittenFile("quotes/../../secret", 8, "ab" * 32)], 1.0)
    manifest.add(str(output), entry)
    assert "outside the folders of records" in finished_here("verify", output, exit_code=1)[1]


def test_a_folder_without_a_manifest_is_wrong_usage(tmp_path):
    assert "there is no manifest.jsonl in it" in finished_here("verify", tmp_path, exit_code=2)[1]
