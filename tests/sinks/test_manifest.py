# SPDX-License-Identifier: Apache-2.0
"""The manifest is whole up to the last split that was done, whenever a run was killed."""

import pytest

from onrecord.sinks import manifest
from onrecord.sinks.manifest import MANIFEST, Entry, Header, ManifestError, Part, WrittenFile

HEADER = Header(manifest.VERSION, "1.0", {"--model": "en"}, 2)


def entry(split: int, *names: str) -> Entry:
    files = [WrittenFile(name, 3, "ab" * 32) for name in names]
    return Entry(split, [Part("a.jsonl", 10, 0.5, 0, 2)], {"messages": 2}, files, 1.5)


def test_what_was_added_is_read(tmp_path):
    manifest.start(str(tmp_path), HEADER)
    for split in (1, 0):
        manifest.add(str(tmp_path), entry(split, f"quotes/{split}.avro"))
    found = manifest.read(str(tmp_path))
    assert found.header == HEADER
    assert found.entries == {split: entry(split, f"quotes/{split}.avro") for split in (0, 1)}


def test_a_line_that_was_cut_by_a_kill_counts_as_not_there(tmp_path):
    manifest.start(str(tmp_path), HEADER)
    manifest.add(str(tmp_path), entry(0))
    whole = (tmp_path / MANIFEST).read_bytes()
    manifest.add(str(tmp_path), entry(1))
    cut = (tmp_path / MANIFEST).read_bytes()[:-5]
    assert len(cut) > len(whole)
    (tmp_path / MANIFEST).write_bytes(cut)
    assert manifest.read(str(tmp_path)).entries == {0: entry(0)}
    manifest.add(str(tmp_path), entry(1, "quotes/1.avro"))
    assert manifest.read(str(tmp_path)).entries == {0: entry(0), 1: entry(1, "quotes/1.avro")}


def test_a_folder_without_one_has_none(tmp_path):
    assert manifest.read(str(tmp_path)) is None


@pytest.mark.parametrize(
    "contents", [b"", b"{}\n", b"\xff\n", b'{"manifest":2,"onrecord":"9","settings":{},"splits":1}\n']
)
def test_what_is_no_manifest_is_refused_by_name(contents, tmp_path):
    (tmp_path / MANIFEST).write_bytes(contents)
    with pytest.raises(ManifestError, match=MANIFEST):
        manifest.read(str(tmp_path))


def test_files_that_are_rewritten_are_hashed_again_also_after_a_kill(tmp_path):
    names = ("quotes/0.avro", "quotes/1.avro", "stances/0.avro")
    manifest.start(str(tmp_path), HEADER)
    manifest.add(str(tmp_path), entry(0, "quotes/0.avro", "stances/0.avro"))
    manifest.add(str(tmp_path), entry(1, "quotes/1.avro"))
    manifest.invalidate(str(tmp_path), names[:2])
    unknown = [file for one in manifest.read(str(tmp_path)).entries.values() for file in one.files if not file.sha256]
    assert [file.name for file in unknown] == list(names[:2])
    (tmp_path / "quotes").mkdir()
    (tmp_path / names[0]).write_bytes(b"rewritten")  # the other one was emptied, and so deleted
    manifest.renew(str(tmp_path))
    entries = manifest.read(str(tmp_path)).entries
    assert entries[0].files == [manifest.hashed(str(tmp_path / names[0]), names[0]), entry(0, names[2]).files[0]]
    assert entries[1].files == []
