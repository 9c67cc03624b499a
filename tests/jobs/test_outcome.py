# SPDX-License-Identifier: Apache-2.0
"""What a run says at its end."""

from dataclasses import replace
from pathlib import Path

import pytest

from onrecord.data.records import DeadLetter
from onrecord.data.settings import OutputSettings
from onrecord.jobs import outcome
from onrecord.jobs.outcome import missing_records, nothing_read, print_reasons
from onrecord.sinks import output_folder
from onrecord.sinks.files import file_name, write_file
from onrecord.telemetry.summary import Summary, summarise
from tests import forgetting

LETTER = forgetting.letter("0", b"{}")
SETTINGS = OutputSettings("out", shards=2)
NONE = summarise({}, 1.0)


def summary(**counts: object) -> Summary:
    """Return a summary with some counts."""
    return replace(NONE, **counts)


@pytest.fixture
def output(tmp_path: Path) -> OutputSettings:
    """An empty output folder of two shards."""
    output_folder.prepare(str(tmp_path))
    return replace(SETTINGS, folder=str(tmp_path))


def write_letters(output: OutputSettings, letters: list[DeadLetter], shard: int = 0) -> None:
    """Write dead letters as a backfill does."""
    name = file_name("dead_letters", shard, output.shards, ".avro")
    write_file(output.folder, name, "dead_letters", letters)


def said(output: OutputSettings, letters: int) -> list[str]:
    """Return the lines about a number of dead letters."""
    lines: list[str] = []
    print_reasons(summary(dead_letters={"InvalidMessage": letters}), output, lines.append)
    return lines


def letter(number: int, message: str, count: int = 1) -> DeadLetter:
    """Return the dead letter of a line of a file."""
    return replace(
        LETTER, dead_letter_id=f"{number:04}", error_message=message, origin=f"feed.jsonl:{number}", count=count
    )


def test_the_commonest_reasons_are_said_with_an_origin_each(output):
    write_letters(output, [letter(1, "text: is missing"), letter(2, "id: is no string"), letter(3, "text: is missing")])
    write_letters(output, [letter(4, "id: is no string", count=5)], shard=1)
    (Path(output.folder) / "dead_letters" / "mine.avro").write_bytes(b"of somebody else")
    assert said(output, 8) == [
        "reasons of dead letters:",
        "  6 × id: is no string (feed.jsonl:2)",
        "  2 × text: is missing (feed.jsonl:1)",
        f"  'onrecord dead-letters {output.folder}' shows all dead letters",
    ]


def test_reasons_past_the_fifth_are_only_announced(output):
    write_letters(output, [letter(n, f"{'abcdefg'[n]}: is no string") for n in range(7)])
    lines = said(output, 7)
    assert len(lines) == 7
    assert lines[-1].startswith("  there are more reasons; ")


@pytest.mark.parametrize("limit", ["MAX_LETTERS", "MAX_PAYLOAD_BYTES"])
def test_of_very_many_letters_the_first_are_read(limit, output, monkeypatch):
    monkeypatch.setattr(outcome, limit, 2 if limit == "MAX_LETTERS" else 2 * len(LETTER.payload))
    write_letters(output, [letter(n, "text: is missing") for n in range(5)])
    assert said(output, 5)[:2] == [
        "reasons of dead letters, of the first 2 of 5:",
        "  2 × text: is missing (feed.jsonl:0)",
    ]


def test_a_stream_says_only_its_own(output):
    for job, message in (("JOB-1", "text: is missing"), ("JOB-2", "id: is no string")):
        name = f"dead_letters/date=2026-03-03/hour=12/dead_letters-X-pane-00000-00000-of-00002-{job}.avro"
        write_file(output.folder, name, "dead_letters", [letter(1, message)])
    assert said(replace(output, job="JOB-2"), 1)[1] == "  1 × id: is no string (feed.jsonl:1)"


def test_without_dead_letters_nothing_is_looked_for():
    assert said(OutputSettings("/there/is/no/such/folder"), 0) == []


def test_letters_that_can_not_be_read_fail_nothing(output):
    (Path(output.folder) / "dead_letters" / "dead_letters-00000-of-00002.avro").write_bytes(b"no Avro")
    (line,) = said(output, 1)
    assert line.startswith("note: the dead letters can't be read to say why")


@pytest.mark.parametrize(
    ("counts", "reason"),
    [
        ({"messages": 3, "articles": 1, "refused": 2}, None),
        ({"messages": 3, "refused": 3, "dead_letters": {"Forgotten": 3}}, None),
        (
            {"messages": 3, "refused": 3, "dead_letters": {"Forgotten": 2, "InvalidMessage": 1}},
            "none of the 3 messages",
        ),
        ({"messages": 2, "refused": 2, "skipped": {"a redirect": 1}}, "none of the 2 messages could be read"),
        (
            {"skipped": {"a redirect": 3, "an image": 1}},
            "nothing was read: all 4 parts of the input were skipped",
        ),
        ({}, "nothing was read: the input files are empty"),
    ],
)
def test_a_run_that_read_no_article_says_so(counts, reason):
    found = nothing_read(summary(**counts))
    assert found is None if reason is None else reason in str(found)


def test_records_that_are_not_where_they_should_be_are_named():
    made = {"articles": 3, "quotes": 5}
    complete = summary(records=made, written=made)
    assert list(missing_records(complete, SETTINGS, made)) == []
    assert list(missing_records(complete, SETTINGS)) == []
    assert list(missing_records(summary(records=made, written={"articles": 3, "quotes": 4}), SETTINGS, made)) == [
        "5 records of quotes were made and 4 written to files; please report this"
    ]
    assert list(missing_records(complete, SETTINGS, {"articles": 3, "entities": 1, "quotes": 5})) == [
        "0 records of entities were made and 1 found in the files; please report this"
    ]
    assert len(list(missing_records(complete, SETTINGS, {}))) == 2


def test_the_records_in_the_files_of_a_run_are_counted(output):
    write_letters(output, [letter(n, "text: is missing") for n in range(1_200)])
    write_letters(output, [letter(5, "text: is missing")], shard=1)
    name = file_name("dead_letters", 0, 7, ".avro")  # of another run
    write_file(output.folder, name, "dead_letters", [letter(1, "id: is no string")])
    assert output_folder.stored_records(output) == {"dead_letters": 1_201}
