# SPDX-License-Identifier: Apache-2.0
import json
from dataclasses import replace

import pytest

import onrecord
from onrecord.commands import main
from onrecord.dead_letters.repaired import Repaired
from onrecord.jobs import replay
from onrecord.sinks import PARQUET
from tests.dead_letters.letters import letter, letters_in

SENTENCE = "The pier closes on Monday, the mayor said."


@pytest.fixture(autouse=True)
def threads(monkeypatch):
    """Restore the number of threads that a command sets."""
    monkeypatch.setenv("OMP_NUM_THREADS", "1")


WITHOUT_MESSAGE = [
    letter(b"", "file: the archive is broken from here on (cut short)", 1),
    letter({"text": "the first row of a broken block"}, "file: rows 1 to 9 can't be read", 2),
    letter(b"\x28\xb5\x2f\xfd", "html: its encoding 'zstd' is none of gzip, br", 3),
    letter(b'{"text": "cut', "message: 20,000,000 bytes are over the limit of 10,485,760", 4),
]
GOOD = [letter({"id": f"good-{number}", "text": SENTENCE}, line=number) for number in (11, 12)]
FAILING = [
    letter({"id": "empty", "text": ""}, "text: is empty", 21),
    letter(b'{"text": "cut', "message: not JSON (Input data was truncated)", 22),
]


def test_letters_without_a_message_are_left_alone_and_keep_their_reason(tmp_path):
    found = replay.find(str(letters_in(tmp_path / "out", [*WITHOUT_MESSAGE, *GOOD, *FAILING])))
    assert found.ids == {one.dead_letter_id for one in (*GOOD, *FAILING)}
    assert {reason.message for reason in found.without_message.reasons.most_common(9)} == {
        one.error_message for one in WITHOUT_MESSAGE
    }


def run(capfd, *arguments, code=0):
    assert main(["replay", *map(str, arguments)]) == code
    return "".join(capfd.readouterr())


def ids(folder):
    return sorted(article.article_id for article in onrecord.records(folder, "articles"))


@pytest.mark.process
def test_letters_that_fail_again_can_be_repaired_and_replayed(tmp_path, capfd):
    """Each letter becomes an article once: two at once, the others when they are repaired."""
    folder = letters_in(tmp_path / "out", [*WITHOUT_MESSAGE, *GOOD, *FAILING], PARQUET)
    printed = run(capfd, folder, "--output", tmp_path / "first", code=1)
    assert "2 dead letters replayed" in printed
    assert "2 failed again, and can be replayed again" in printed
    assert "4 left alone, without an article message" in printed
    assert "html: its encoding 'zstd'" in printed
    assert ids(tmp_path / "first") == ["good-11", "good-12"]
    printed = run(capfd, tmp_path / "first", "--output", tmp_path / "none", code=1)
    assert "0 dead letters replayed" in printed
    assert "left alone" not in printed

    file = tmp_path / "broken.jsonl"
    assert main(["dead-letters", str(folder), "--payload", str(file)]) == 0
    lines = [json.loads(line) for line in file.read_text("utf-8").splitlines()]
    assert len(lines) == 6
    for line in lines:
        for name in ("message", "text", "base64"):
            line.pop(name, None)
        line["message"] = {"id": line["origin"], "text": f"{SENTENCE} {line['origin']}", "language": "en"}
    lines[-1]["message"] = [1]
    left = lines[-1]["origin"]
    file.write_text("".join(f"{json.dumps(line)}\n" for line in lines[1:]), "utf-8")
    printed = run(capfd, folder, "--repaired", file, "--output", tmp_path / "second", code=1)
    assert "4 dead letters replayed" in printed
    assert f"1 × message: expected `object`, got `array` ({left})" in printed
    assert ids(tmp_path / "second") == sorted(line["origin"] for line in lines[1:-1])

    again = replay.find(str(folder), Repaired.of_file(file))
    assert (again.ids, again.replayed_before) == (frozenset(), 4)
    assert replay.find(str(folder)).replayed_before == 6


@pytest.mark.parametrize("to", [("--topic", "projects/p/topics/articles"), ("--output", "new")])
def test_ids_that_are_not_in_the_folder_are_a_mistake(tmp_path, capfd, to):
    partial = letter({"text": "x"}, "ValueError", 2, "Quotes", "ValueError")
    folder = letters_in(tmp_path / "out", [*GOOD, partial])
    file = tmp_path / "broken.jsonl"
    file.write_text(
        "".join(json.dumps({"dead_letter_id": one, "text": "x"}) + "\n" for one in ("z", partial.dead_letter_id))
    )
    printed = run(capfd, folder, "--repaired", file, *to, code=2)
    assert f"--repaired {file}: 'z' is not the dead_letter_id of a message in {folder} that can be replayed" in printed
    assert repr(partial.dead_letter_id) in printed


@pytest.mark.parametrize(
    ("name", "content", "problem"),
    [("missing.jsonl", None, "No such file"), ("a.jsonl", "x", "a.jsonl:1: not JSON"), ("a.jsonl", "", "no messages")],
)
def test_a_wrong_file_of_repaired_messages_is_refused(tmp_path, capfd, name, content, problem):
    folder = letters_in(tmp_path / "out", GOOD)
    if content is not None:
        (tmp_path / name).write_text(content)
    assert problem in run(capfd, folder, "--repaired", tmp_path / name, "--output", tmp_path / "new", code=2)
    assert not (tmp_path / "new").exists()


def test_repaired_messages_are_those_of_a_folder(capfd):
    printed = run(capfd, "--subscription", "projects/p/subscriptions/s", "--repaired", "a", "--output", "new", code=2)
    assert "give it in place of --subscription" in printed


def test_an_equal_letter_of_two_files_is_replayed_once(tmp_path):
    found = replay.find(str(letters_in(tmp_path / "out", [*GOOD, replace(GOOD[0], pipeline_version="0")])))
    assert len(list(replay._wanted(found, None))) == len(found.ids) == 2
