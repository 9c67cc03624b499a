# SPDX-License-Identifier: Apache-2.0
"""Real news, which must not be in this repository: read from the folder of the gold sets, if available."""

import json

import pytest

from onrecord.data.kinds import extracted
from tests.integration.backfills import backfill, records, summary, write_messages
from tests.markers import gold_folder

GOLD = gold_folder() / "gold"


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    """The records of one diplomatic report, and what a reader found in it."""
    folder = tmp_path_factory.mktemp("report")
    text = (GOLD / "article" / "article.txt").read_text("utf-8")
    backfill(
        "--input", write_messages(folder / "a.jsonl", [{"id": "report", "text": text}]), "--output", folder / "out"
    )
    return folder / "out", json.loads((GOLD / "article" / "gold.json").read_text("utf-8"))


def same(one: str, other: str) -> bool:
    """Whether two names are equal without their article."""
    return one.removeprefix("The ").removeprefix("the ") == other.removeprefix("The ").removeprefix("the ")


def test_lines_that_are_not_the_report_are_marked(report):
    output, read = report
    (article,) = records(output, "articles")
    marked = [[segment["start"], segment["end"]] for segment in article["segments"] if segment["kind"] != "BODY"]
    assert marked == read["boilerplate"]


def test_everybody_is_one_entity_under_the_fullest_name(report):
    output, read = report
    entities = records(output, "entities")
    for expected in read["entities"]:
        found = [entity for entity in entities if same(entity["name"], expected["name"])]
        assert len(found) == 1, expected["name"]


def test_a_name_in_two_spellings_is_one_entity(report):
    output, read = report
    respelled = [entity for entity in read["entities"] if "Vitkoff" in entity["aliases"]]
    (entity,) = [entity for entity in records(output, "entities") if entity["name"] == respelled[0]["name"]]
    assert {"Witkoff", "Vitkoff"} <= set(entity["aliases"])


def test_quotes_have_the_right_speaker(report):
    output, read = report
    right = 0
    for expected in read["quotes"]:
        start, end = expected["content"]
        for quote in records(output, "quotes"):
            shared = sum(max(0, min(span["end"], end) - max(span["start"], start)) for span in quote["content"])
            whole = sum(span["end"] - span["start"] for span in quote["content"]) + end - start - shared
            name = (quote["speaker"] or {}).get("name")
            if 2 * shared >= whole and name and same(name, expected["speaker_name"]):
                right += 1
                break
    assert right >= 18


def test_clear_stances_have_the_right_polarity(report):
    output, read = report
    stances = records(output, "stances")
    right = 0
    for expected in read["stances"]:
        start, end = expected["evidence"]
        right += any(
            stance["polarity"] == expected["polarity"]
            and same(stance["holder"]["name"], expected["holder"])
            and stance["evidence"]["start"] < end
            and start < stance["evidence"]["end"]
            for stance in stances
        )
    assert right >= 6


def test_84_political_articles_are_84_records_and_no_dead_letter(tmp_path):
    articles = [json.loads(line) for line in (GOLD / "polnear_dev.jsonl").read_text("utf-8").splitlines()]
    source = write_messages(
        tmp_path / "a.jsonl", [{"id": article["id"], "text": article["text"]} for article in articles]
    )
    backfill("--input", source, "--output", tmp_path / "out")
    assert len(records(tmp_path / "out", "articles")) == summary(tmp_path / "out")["messages"] == 84
    assert not records(tmp_path / "out", "dead_letters")
    for extractor in extracted():
        assert len({record["article_id"] for record in records(tmp_path / "out", extractor)}) > 80
