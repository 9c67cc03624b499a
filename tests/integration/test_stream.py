# SPDX-License-Identifier: Apache-2.0
"""Streams of new files: every message comes out once, however the job is stopped."""

import json
import signal
from datetime import timedelta

import psutil
import pytest

from onrecord.commands import main
from tests import poison
from tests.integration.backfills import SAMPLES, backfill, files, records
from tests.integration.streams import Stream, comparable, finished, ids, make_messages, onrecord, utc_now, write_lines


@pytest.fixture(scope="module")
def sent():
    return make_messages(40, utc_now())


@pytest.fixture(scope="module")
def watched(tmp_path_factory, sent):
    """The folder of a stream that read two files, the second of which came later; and what it logged."""
    folder = tmp_path_factory.mktemp("watched")
    (folder / "in").mkdir()
    half = len(sent) // 2
    write_lines(folder / "in" / "a.jsonl", sent[:half])
    stream = Stream("--watch", folder / "in" / "*.jsonl", "--every", 1, "--output", folder / "out", "--shards", 2)
    stream.read_until(messages=half)
    write_lines(folder / "in" / "b.jsonl", sent[half:])
    stream.read_until(messages=len(sent))
    stream.drain()
    return folder, stream.lines


def test_a_stream_of_files_gives_the_records_of_a_backfill(watched, sent):
    folder, lines = watched
    last = lines[-1]
    assert last["messages"] == len(sent) == last["articles"] + last["duplicates"] + last["dead_letters"]

    everything = write_lines(folder / "all.jsonl", sent)
    backfill("--input", everything, "--output", folder / "backfill")
    assert comparable(folder / "out") == comparable(folder / "backfill")
    assert len(files(folder / "out", "articles")) > 2
    names = [str(path.relative_to(folder / "out")) for path in (folder / "out").rglob("*.avro")]
    assert not [name for name in names if set(name) & set(": ")]


def test_nothing_of_an_article_is_logged(watched):
    _, lines = watched
    assert {"time", "event", "message", "messages", "lag_seconds", "records", "dead_letters", "late"} <= lines[
        -1
    ].keys()
    logged = json.dumps(lines)
    assert "article-" not in logged
    assert "council" not in logged


@pytest.mark.long
def test_the_samples_give_what_a_backfill_gives(tmp_path):
    stream = Stream("--watch", SAMPLES / "*.jsonl", "--output", tmp_path / "out")
    stream.read_until(messages=19)
    stream.drain(signal.SIGINT)
    backfill("--input", *sorted(SAMPLES.glob("*.jsonl")), "--output", tmp_path / "backfill")
    kinds = ("entities", "quotes", "stances", "dead_letters")
    assert comparable(tmp_path / "out", *kinds) == comparable(tmp_path / "backfill", *kinds)
    assert ids(tmp_path / "out") == ids(tmp_path / "backfill")


def test_a_drain_finishes_the_current_file_and_the_next_start_adds_files(tmp_path, sent):
    (tmp_path / "in").mkdir()
    write_lines(tmp_path / "in" / "a.jsonl", sent)
    first = Stream("--watch", tmp_path / "in" / "*.jsonl", "--output", tmp_path / "out")
    first.read_until(messages=1)
    assert first.drain()["messages"] == len(sent)
    before = {path: path.read_bytes() for path in (tmp_path / "out").rglob("*.avro")}
    second = Stream("--watch", tmp_path / "in" / "*.jsonl", "--output", tmp_path / "out")
    second.read_until(messages=len(sent))
    second.drain()
    after = {path: path.read_bytes() for path in (tmp_path / "out").rglob("*.avro")}
    assert before.items() <= after.items()
    articles = [ids(tmp_path / "out")[place : place + 2] for place in range(0, len(ids(tmp_path / "out")), 2)]
    assert articles
    assert all(first == second for first, second in articles)  # both starts wrote all of them


def test_a_drain_ends_where_a_late_article_came_while_others_waited_for_company(tmp_path):
    """The runner never releases elements behind the third one, and reports the end of such a job as a stall."""
    hours_ago = {"first": 5, "waits-for-company": 5, "meanwhile": 4}
    hour = utc_now().replace(minute=30, second=0, microsecond=0)
    (tmp_path / "in").mkdir()
    stream = Stream("--watch", tmp_path / "in" / "*.jsonl", "--every", 1, "--output", tmp_path / "out", "--window", 60)
    for index, (name, hours) in enumerate(hours_ago.items(), start=1):
        published = (hour - timedelta(hours=hours)).isoformat()
        message = {"id": name, "text": f"This one came {name}.", "language": "en", "published_at": published}
        # Files that are read together are a bundle: one by one, and in this order.
        write_lines(tmp_path / "in" / f"{index}.jsonl", [json.dumps(message).encode()])
        stream.read_until(messages=index)
    stream.read_until(articles=3)
    assert stream.drain()["late"] == 3
    assert ids(tmp_path / "out") == sorted(hours_ago)


SET_BACK = """\
import pathlib, sys, time
system, seconds = time.time, pathlib.Path(sys.argv.pop(1))
time.time = lambda: system() - float(seconds.read_text())
from onrecord.commands import main
sys.exit(main())
"""


def test_nothing_is_lost_when_the_clock_is_set_back(tmp_path):
    (tmp_path / "in").mkdir()
    seconds = tmp_path / "seconds"
    seconds.write_text("0")
    options = ("--watch", tmp_path / "in" / "*.jsonl", "--output", tmp_path / "out", "--extract", "quotes")
    stream = Stream(*options, "--allowed-lateness", 3600, "--every", 1, program=("-c", SET_BACK, str(seconds)))
    messages = [message for message in make_messages(6, utc_now(), seed=9) if b"broken" not in message][:4]
    write_lines(tmp_path / "in" / "a.jsonl", messages[:2])
    stream.read_until(articles=2)
    (tmp_path / "new").write_text(str(20 * 24 * 3600))
    (tmp_path / "new").rename(seconds)
    write_lines(tmp_path / "in" / "b.jsonl", messages[2:])
    stream.read_until(articles=4)
    stream.drain()
    assert ids(tmp_path / "out") == sorted(json.loads(message)["id"] for message in messages)


@pytest.mark.long
def test_a_file_that_can_not_be_read_is_said_and_is_a_dead_letter_and_the_others_are_read(tmp_path, sent):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.jsonl").symlink_to("/proc/self/mem")  # no one can read it from its start
    (tmp_path / "in" / "b.jsonl").symlink_to("nothing")
    write_lines(tmp_path / "in" / "c.jsonl", sent)
    stream = Stream("--watch", tmp_path / "in", "--every", 1, "--output", tmp_path / "out")
    lines = [stream.read_event("unreadable")["message"] for _ in range(2)]
    stream.read_until(messages=len(sent) + 1)  # the letter comes after several tries to read the file
    assert stream.drain()["messages"] == len(sent) + 1
    [letter] = [letter for letter in records(tmp_path / "out", "dead_letters") if letter["origin"].endswith("/a.jsonl")]
    assert "it can't be read (OSError: " in letter["error_message"]
    assert [line.split(",")[0].split(" is not")[0] for line in lines] == [
        f"{tmp_path}/in/a.jsonl can't be read",
        f"{tmp_path}/in/b.jsonl",
    ]


def test_a_stop_before_anything_came_is_clean(tmp_path):
    stream = Stream("--watch", tmp_path / "*.jsonl", "--output", tmp_path / "out")
    stream.read_until(messages=0)
    assert stream.drain()["messages"] == 0
    assert not list((tmp_path / "out").rglob("*.avro"))


@pytest.mark.long
def test_a_poisonous_message_costs_its_own_time_limit(tmp_path):
    messages = make_messages(6, utc_now())
    text = json.dumps({"id": "text", "text": poison.TEXT, "language": "en"}).encode()
    page = json.dumps({"id": "page", "html": poison.PAGE, "language": "en"}).encode()
    (tmp_path / "in").mkdir()
    write_lines(tmp_path / "in" / "a.jsonl", [*messages[:3], text, page, *messages[3:]])
    stream = Stream("--watch", tmp_path / "in" / "*.jsonl", "--output", tmp_path / "out", "--time-limit", 3)
    stream.read_until(articles=6, dead_letters=2)
    write_lines(tmp_path / "in" / "b.jsonl", make_messages(10, utc_now(), seed=8)[8:])
    stream.read_until(articles=8, dead_letters=2)
    stream.drain()
    letters = records(tmp_path / "out", "dead_letters")
    assert {(letter["stage"], letter["error_type"], letter["payload"]) for letter in letters} == {
        ("Annotate", "TimeLimitExceeded", text),
        ("Decode", "TimeLimitExceeded", page),
    }
    assert len(ids(tmp_path / "out")) == 8


@pytest.mark.long
def test_the_model_and_the_reader_of_pages_are_loaded_once(tmp_path):
    (tmp_path / "in").mkdir()
    stream = Stream("--watch", tmp_path / "in" / "*.jsonl", "--output", tmp_path / "out", "--every", 1)
    seen: set[int] = set()
    for number in range(1, 5):
        text = f"<p>The harbour council of Brinmouth voted on Tuesday to close the old ferry pier number {number}.</p>"
        page = {"html": f"<html><body><article>{text * 2}</article></body></html>", "language": "en"}
        write_lines(tmp_path / "in" / f"{number}.jsonl", [json.dumps(page).encode()])
        stream.read_until(articles=number)
        children = psutil.Process(stream.process.pid).children()
        alive = [child for child in children if child.status() != psutil.STATUS_ZOMBIE]
        seen |= {child.pid for child in alive if "spawn_main" in " ".join(child.cmdline())}
    assert stream.drain()["articles"] == 4
    assert len(seen) == 2


@pytest.mark.long
def test_dead_letters_of_a_folder_are_replayed_once(tmp_path, sent):
    """Break the contract, repair the messages, replay them: every message becomes an article, once."""
    (tmp_path / "in").mkdir()
    whole = [message for message in make_messages(20, utc_now()) if b"broken" not in message]
    write_lines(tmp_path / "in" / "a.jsonl", whole)
    stream = Stream("--watch", tmp_path / "in" / "*.jsonl", "--output", tmp_path / "out", "--max-text-length", 10)
    stream.read_until(messages=len(whole))
    assert stream.drain()["dead_letters"] == len(whole)
    out, _ = finished(onrecord("replay", tmp_path / "out", "--output", tmp_path / "mended"))
    assert f"{len(whole)} dead letters replayed" in out
    expected = sorted({json.loads(message)["id"] for message in whole})
    assert ids(tmp_path / "mended") == expected
    again, _ = finished(onrecord("replay", tmp_path / "out", "--output", tmp_path / "nothing"))
    assert "0 dead letters replayed" in again
    assert f"{len(whole)} skipped: replayed before" in again
    assert not (tmp_path / "nothing").exists()


@pytest.mark.parametrize(
    ("arguments", "hint"),
    [
        ((), "--subscription"),
        (("--watch", "*.jsonl", "--topic", "projects/p/topics/t"), "give one of"),
        (("--subscription", "articles"), "projects/PROJECT/subscriptions/SUBSCRIPTION"),
        (("--topic", "projects/p/subscriptions/t"), "projects/PROJECT/topics/TOPIC"),
        (("--watch", "*.jsonl", "--window", "soon"), "--window"),
        (("--watch", "*.jsonl", "--runner", "FlinkRunner"), "--runner"),
        (("--watch", "*.jsonl", "--windows", "60"), "did you mean --window"),
    ],
)
def test_wrong_usage_is_reported_before_anything_is_touched(tmp_path, capsys, arguments, hint):
    assert main(["stream", "--output", str(tmp_path / "out"), *arguments]) == 2
    assert hint in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
