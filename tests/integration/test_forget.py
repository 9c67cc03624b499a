# SPDX-License-Identifier: Apache-2.0
"""Forgetting is finished after any kill, and later runs refuse what was forgotten."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import onrecord
from onrecord.commands import main
from onrecord.data.forgotten import ForgottenList
from onrecord.sinks.files import TEMPORARY
from tests import forgetting
from tests.forgetting import ALL, contents, read_all
from tests.integration.backfills import ROOT, backfill, summary, write_messages

# Runs the command in copies of a folder, and kills it at its first, second, … call that changes a file, until it runs to its end.
KILLS = """
import os, shutil, signal, sys
from apache_beam.io.filesystems import FileSystems
from onrecord.commands import main

changes, limit = 0, 0

def change():
    global changes
    changes += 1
    if changes == limit:
        os.kill(os.getpid(), signal.SIGKILL)

class Writer:
    def __init__(self, file):
        self.file = file
    def __getattr__(self, name):
        return getattr(self.file, name)
    def __enter__(self):
        return self
    def __exit__(self, *error):
        change()
        self.file.close()
    def write(self, data):
        change()
        return self.file.write(data)

create, rename, delete = FileSystems.create, FileSystems.rename, FileSystems.delete

def counted(call):
    def counting(*arguments):
        change()
        call(*arguments)
    return counting

FileSystems.create = lambda *arguments: Writer(create(*arguments))
FileSystems.rename, FileSystems.delete = counted(rename), counted(delete)
folder, *selection = sys.argv[1:]
while True:
    limit += 1
    target = f"{folder}-{limit}"
    shutil.copytree(folder, target)
    child = os.fork()
    if not child:
        os._exit(main(["forget", target, *selection, "--yes"]))
    _, status = os.waitpid(child, 0)
    if not os.WIFSIGNALED(status):
        sys.exit(os.waitstatus_to_exitcode(status))
"""


def test_kill_9_at_any_moment_leaves_nothing_half_and_the_next_run_finishes(tmp_path):
    whole, undisturbed = (forgetting.write_folder(tmp_path / name) for name in ("out", "undisturbed"))
    # Of the two, one is found by an alias that only its entity record has, and the other is copied.
    selection = ("--person", "Harbour Fox", "--article", "pier")
    assert main(["forget", str(undisturbed), *selection, "--yes"]) == 0
    subprocess.run(
        [sys.executable, "-c", KILLS, str(whole), *selection], cwd=ROOT, check=True, stdout=subprocess.DEVNULL
    )
    *killed, finished = sorted(tmp_path.glob("out-*"), key=lambda path: int(path.name.partition("-")[2]))
    assert len(killed) > 10
    assert contents(finished) == contents(undisturbed)
    before, after = contents(whole), contents(undisturbed)
    states = set()
    for folder in killed:
        complete = {name: data for name, data in contents(folder).items() if not name.startswith(TEMPORARY)}
        for name, data in before.items():
            assert complete.get(name) in (data, after.get(name)), (folder, name)
        assert not complete.keys() - before.keys()
        assert {*map(repr, read_all(undisturbed))} <= {*map(repr, read_all(folder))} <= {*map(repr, ALL)}
        states.add(frozenset(name for name, data in complete.items() if data != before[name]))
        is_listed = (folder / "forgotten.json").exists()
        assert is_listed or complete == before
        # Once the list is written, it is all that the next run needs.
        assert main(["forget", str(folder), *(() if is_listed else selection), "--yes"]) == 0
        assert contents(folder) == after, folder
        assert not (folder / TEMPORARY).exists()
    assert len(states) > 5


TEXT = "The council of Brinmouth closes the ferry pier in May. “It is too old,” Ines Calder said on Tuesday."
OTHER = "The dry dock takes its first ship on Monday. “We are ready,” Jon Reed said to the harbour council."
MESSAGES = [
    {"id": "pier", "text": TEXT, "url": "https://news.example/pier"},
    {"id": "copy", "text": TEXT},
    {"id": "dock", "text": OTHER},
    {"id": "named", "text": "The mayor thanked INES CALDER for her letter, and then the council went home."},
    {"id": "broken", "text": 5, "note": "about Ines Calder"},
]


def test_later_runs_refuse_what_was_forgotten_and_account_for_it(tmp_path):
    source, output, other = write_messages(tmp_path / "articles.jsonl", MESSAGES), tmp_path / "out", tmp_path / "other"
    backfill("--input", source, "--output", output)
    assert main(["forget", str(output), "--person", "Ines Calder", "--yes"]) == 0
    assert [one.article_id for one in onrecord.records(output, "articles")] == ["dock"]
    stored = (output / "forgotten.json").read_bytes()
    for command in (
        ("--input", source, "--output", output, "--overwrite"),
        ("--input", source, "--output", other, "--forgotten", output / "forgotten.json"),
    ):
        backfill(*command)
    assert (output / "forgotten.json").read_bytes() == stored
    for folder in (output, other):
        found = summary(folder)
        assert (found["messages"], found["articles"], found["refused"]) == (5, 1, 4)
        assert found["dead_letters"] == {"Forgotten": 4}
        letters = list(onrecord.records(folder, "dead_letters"))
        assert {one.origin for one in letters} == {f"{source}:{line}" for line in (1, 2, 4, 5)}
        assert all((one.payload, one.attributes, one.error_type) == (b"", {}, "Forgotten") for one in letters)
        assert b"alder" not in forgetting.readable_bytes(folder).lower().replace(b"folder", b"")


def test_a_folder_with_nothing_but_a_list_is_empty_for_a_backfill_and_a_list_of_something_else_is_wrong_usage(tmp_path):
    source, output = write_messages(tmp_path / "articles.jsonl", MESSAGES), tmp_path / "out"
    output.mkdir()
    listed = ForgottenList()
    listed.add_url("https://news.example/pier")
    (output / "forgotten.json").write_bytes(listed.to_json())
    backfill("--input", source, "--output", output)
    assert summary(output)["dead_letters"] == {"Forgotten": 1, "InvalidMessage": 1}
    printed = subprocess.run(
        [sys.executable, "-m", "onrecord", "replay", str(output), "--output", str(tmp_path / "again")],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert "1 skipped: forgotten articles, of which nothing was kept" in printed
    assert summary(tmp_path / "again")["messages"] == 1
    shutil.rmtree(output)
    output.mkdir()
    (output / "forgotten.json").write_text(json.dumps({"version": 1}), "utf-8")
    failed = backfill("--input", source, "--output", output, exit_code=2)
    assert "not a list of forgotten articles" in failed.stderr
    assert Path(output, "forgotten.json").exists()
