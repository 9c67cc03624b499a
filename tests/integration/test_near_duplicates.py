# SPDX-License-Identifier: Apache-2.0
"""Copies in a backfill from the command line to the records in the files."""

from tests.integration.backfills import backfill, records, summary, write_messages
from tests.stories import reprint, story

SAID = "“We will keep the pier open for as long as we can,” the mayor of Callow, Ada Marlowe, said on Monday."
STORY = f"{SAID}\n\n{story(1, 8)}"
MESSAGES = [
    {"id": "paper", "text": reprint(STORY, 1), "published_at": "2026-02-03T08:00:00Z", "language": "en"},
    {"id": "other", "text": story(2, 8), "published_at": "2026-02-01T08:00:00Z", "language": "en"},
    {"id": "agency", "text": STORY, "published_at": "2026-02-02T08:00:00Z", "language": "en"},
    {"id": "reprint", "text": STORY, "published_at": "2026-02-04T08:00:00Z", "language": "en"},
]


def test_a_copy_has_a_record_that_names_its_original_and_is_extracted_once_across_splits(tmp_path):
    write_messages(tmp_path / "articles.jsonl", MESSAGES)
    backfill(tmp_path / "articles.jsonl", tmp_path / "out", "--split-size", 2, "--extract", "quotes")
    found = {
        one["article_id"]: (one["duplicate_of"], one["similarity"]) for one in records(tmp_path / "out", "articles")
    }
    original, similarity = found.pop("paper")
    assert original == "agency"
    assert 0.7 < similarity < 1
    assert found == {"agency": (None, None), "other": (None, None), "reprint": ("agency", 1.0)}
    assert {one["article_id"] for one in records(tmp_path / "out", "quotes")} == {"agency", "other"}
    counts = summary(tmp_path / "out")
    assert (counts["near_duplicates"], counts["duplicate_texts"]) == (1, 1)

    backfill(tmp_path / "articles.jsonl", tmp_path / "off", "--extract", "quotes", "--near-duplicates", "off")
    found = {one["article_id"]: one["duplicate_of"] for one in records(tmp_path / "off", "articles")}
    assert found == {"agency": None, "other": None, "paper": None, "reprint": "agency"}
    assert {one["article_id"] for one in records(tmp_path / "off", "quotes")} == {"agency", "other", "paper"}
