# SPDX-License-Identifier: Apache-2.0
"""A flood of messages, or of dead letters, ends a backfill with the reason, after what was read is written."""

import gzip
import json

from onrecord.sources.floods import MAX_SEPARATE, MIN_MESSAGES
from tests.integration.backfills import backfill, records, summary

ARTICLE = json.dumps({"id": "storm", "text": "The mayor said the storm was over.", "language": "en"}).encode()
SENT = 1_000  # times that the article is sent


def test_an_archive_that_expands_to_very_many_messages_fails_the_run_and_is_counted_to_where_it_was_read(tmp_path):
    source = tmp_path / "flood.jsonl.gz"
    source.write_bytes(gzip.compress((ARTICLE + b"\n") * SENT + b"x\n" * 1_000_000))
    result = backfill("--input", source, "--output", tmp_path / "out", exit_code=1)
    assert "not read to the end" in " ".join(result.stderr.split())
    assert len(records(tmp_path / "out", "articles")) == 1
    letters = records(tmp_path / "out", "dead_letters")
    counts = sorted(letter["count"] for letter in letters)
    assert counts == [*[1] * (MAX_SEPARATE + 1), MIN_MESSAGES - SENT - MAX_SEPARATE]
    [last] = [letter for letter in letters if "--max-messages-per-file" in letter["error_message"]]
    assert last["origin"] == f"{source}:{MIN_MESSAGES + 1}"
    assert summary(tmp_path / "out")["messages"] == MIN_MESSAGES + 1
    assert summary(tmp_path / "out")["refused"] == MIN_MESSAGES + 1 - SENT
    assert summary(tmp_path / "out")["duplicates"] == SENT - 1


def test_a_run_with_too_many_dead_letters_stops_reading(tmp_path):
    lines = 200_000
    source = tmp_path / "a.jsonl"
    source.write_bytes(ARTICLE + b"\n" + b"".join(b"no json %d\n" % number for number in range(lines)))
    result = backfill("--input", source, "--output", tmp_path / "out", "--max-dead-letters", 1_000, exit_code=1)
    assert "--max-dead-letters" in result.stderr
    letters = len(records(tmp_path / "out", "dead_letters"))
    assert 1_000 < letters < lines
    assert summary(tmp_path / "out")["messages"] == letters + 1
    assert len(records(tmp_path / "out", "articles")) == 1
