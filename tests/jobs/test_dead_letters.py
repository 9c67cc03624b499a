# SPDX-License-Identifier: Apache-2.0
import json
import stat
import subprocess
import sys
from dataclasses import replace

import pytest

from onrecord.commands import main
from onrecord.dead_letters.replayed import note
from tests.conftest import message_of
from tests.dead_letters.letters import letter, letters_in
from tests.hostile_names import NUMBER, assert_harmless, hostile_name


@pytest.fixture(autouse=True)
def threads(monkeypatch):
    """Restore the number of threads that a command sets."""
    monkeypatch.setenv("OMP_NUM_THREADS", "1")


LETTERS = [
    letter({"id": "a"}, "text: is missing", 1),
    letter({"id": "b"}, "text: is missing", 2),
    letter(b"\xff\xfe", "message: not UTF-8 (at byte 0)", 3),
    letter(b"a\xff", "message: not UTF-8 (at byte 1)", 4),
    letter(b"b\xff", "message: not UTF-8 (at byte 1)", 5),
    letter({"id": "c", "text": "x"}, "took over 5 s", 6, "Annotate", "TimeLimitExceeded"),
]


@pytest.fixture
def folder(tmp_path):
    return letters_in(tmp_path / "out", LETTERS)


def shown(capsys, *arguments, code=0):
    assert main(["dead-letters", *map(str, arguments)]) == code
    out, err = capsys.readouterr()
    return out if code == 0 else err


def test_the_reasons_are_counted_and_the_commonest_comes_first(folder, capsys):
    assert shown(capsys, folder).splitlines() == [
        f"6 dead letters in {folder}",
        "  3 × message: not UTF-8 (at byte …) (feed.jsonl:3)",
        "  2 × text: is missing (feed.jsonl:1)",
        "  1 × TimeLimitExceeded: took over 5 s (feed.jsonl:6)",
    ]


def test_a_reason_is_plain_text_in_any_case(folder, capsys):
    assert "1 dead letter with 'timelimit' in their reason" in shown(capsys, folder, "--reason", "timelimit")
    assert "no dead letters" not in shown(capsys, folder, "--reason", "(AT BYTE")
    assert shown(capsys, folder, "--reason", "text.*").startswith("0 dead letters")


def test_letters_are_shown_in_full(tmp_path, capsys):
    payload = b'{"text": "x"}\n' * 20
    letters_in(tmp_path / "out", [replace(letter(message_of(payload, "a.jsonl:7", {"desk": "foreign"})), count=4)])
    printed = shown(capsys, tmp_path / "out", "--show", "1")
    for part in ("origin: a.jsonl:7", "stage: Decode", "reason: InvalidMessage: text: ", "attribute desk: foreign"):
        assert part in printed
    assert "  equal messages: 4\n" in printed
    assert "  payload: 280 bytes\n" in printed
    assert printed.count('    {"text": "x"}\n') == 10
    assert "    … and 140 bytes more\n" in printed


def test_nothing_in_a_letter_controls_the_terminal(tmp_path, capsys):
    names = [hostile_name(number).encode("utf-8", "backslashreplace").decode() for number in range(NUMBER)]
    letters = [
        replace(
            letter(name.encode(), name),
            origin=name,
            stage=name,
            error_type=name,
            stack_trace=name,
            attributes={name: name},
        )
        for name in names
    ]
    letters_in(tmp_path / "out", letters)
    printed = shown(capsys, tmp_path / "out", "--show", NUMBER)
    assert_harmless(printed)
    assert all(f"n{number}_" in printed for number in range(NUMBER))


def test_messages_are_written_to_a_new_file_that_only_this_user_can_read(folder, tmp_path, capsys):
    path = tmp_path / "broken.jsonl"
    printed = shown(capsys, folder, "--payload", path)
    assert f"6 messages written to {path}" in printed
    assert f"onrecord replay {folder} --repaired {path} --output DIR" in printed
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    lines = [json.loads(line) for line in path.read_bytes().splitlines()]
    assert {line["dead_letter_id"] for line in lines} == {one.dead_letter_id for one in LETTERS}
    assert "the file exists; give a new one" in shown(capsys, folder, "--payload", path, code=2)
    assert len(path.read_bytes().splitlines()) == 6


def test_messages_that_can_not_be_replayed_are_not_written(tmp_path, capsys):
    letters = [
        letter({"text": "x"}, "ValueError", 1, "Quotes", "ValueError"),
        letter(b"", "article: is forgotten", 2, error_type="Forgotten"),
        letter({"text": "y"}, line=3),
        letter({"text": "y"}, line=3),
    ]
    letters_in(tmp_path / "out", letters)
    printed = shown(capsys, tmp_path / "out", "--payload", tmp_path / "a.jsonl")
    assert "1 messages written" in printed
    assert "1 are not in it: one extractor failed" in printed
    assert "1 are not in it: the article is forgotten" in printed


def test_replayed_letters_are_left_out(folder, tmp_path, capsys):
    note(str(folder), [one.dead_letter_id for one in LETTERS[:5]])
    printed = shown(capsys, folder, "--payload", tmp_path / "a.jsonl")
    assert printed.startswith("1 dead letter in")
    assert "5 are not shown: replayed before" in printed
    assert len((tmp_path / "a.jsonl").read_bytes().splitlines()) == 1


def test_a_run_without_dead_letters(tmp_path, capsys):
    (tmp_path / "out" / "dead_letters").mkdir(parents=True)
    assert shown(capsys, tmp_path / "out") == f"0 dead letters in {tmp_path / 'out'}\n"


def test_wrong_usage(folder, tmp_path, capsys):
    assert "there is no folder 'dead_letters' in it" in shown(capsys, tmp_path / "nothing", code=2)
    assert "--show 'x': give a whole number" in shown(capsys, folder, "--show", "x", code=2)


def test_a_file_that_can_not_be_read_leaves_no_half_written_file(folder, tmp_path, capsys):
    (folder / "dead_letters" / "z.avro").write_bytes(b"not Avro")
    assert "failed: " in shown(capsys, folder, "--payload", tmp_path / "a.jsonl", code=1)
    assert not (tmp_path / "a.jsonl").exists()


def test_beam_is_not_imported_for_a_folder_on_this_machine(folder):
    program = (
        "import sys; from onrecord.commands import main; main(sys.argv[1:]); sys.exit('apache_beam' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", program, "dead-letters", folder], check=True, capture_output=True)
