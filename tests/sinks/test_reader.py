# SPDX-License-Identifier: Apache-2.0
"""What a run wrote is read back by kind, from every file below its folder."""

import pytest

import onrecord
from onrecord.sinks import output_folder
from onrecord.sinks.files import file_name, write_file
from tests.streams import quote


def test_the_records_of_all_files_are_read_in_the_order_of_their_names(tmp_path):
    output_folder.prepare(str(tmp_path))
    for shard, name in enumerate(("pier", "quay")):
        write_file(str(tmp_path), file_name("quotes", shard, 2, ".avro"), "quotes", [quote(name)])
    window = "quotes/date=2026-03-03/hour=12/late.avro"
    write_file(str(tmp_path), window, "quotes", [quote("mole")])
    (tmp_path / "quotes" / "notes.txt").write_text("not a record", "utf-8")
    assert list(onrecord.records(tmp_path, "quotes")) == [quote("mole"), quote("pier"), quote("quay")]
    assert list(onrecord.records(str(tmp_path), "stances")) == []


def test_an_unknown_kind_is_refused_with_those_that_there_are(tmp_path):
    with pytest.raises(
        ValueError, match=r"unknown record kind 'moods'; choose one of articles, entities, quotes, stances"
    ):
        onrecord.records(tmp_path, "moods")


def test_a_folder_without_records_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=str(tmp_path)):
        onrecord.records(tmp_path, "quotes")
