# SPDX-License-Identifier: Apache-2.0
"""A backfill that is refused when it starts."""

from onrecord.data.settings import ExtractionSettings, OutputSettings
from onrecord.jobs.backfill import BackfillOptions, run
from onrecord.runners import DIRECT


def test_a_folder_into_which_another_run_has_written_since_it_was_checked_is_refused(tmp_path, capfd):
    written = tmp_path / "quotes" / "quotes-00000-of-00001.avro"
    written.parent.mkdir()
    written.write_bytes(b"by a run that has just ended")
    assert run(BackfillOptions(("a.jsonl",), ExtractionSettings(), OutputSettings(str(tmp_path)), DIRECT)) == 1
    assert f"failed: {tmp_path}: another run has just written to this folder" in capfd.readouterr().err
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == [written]
