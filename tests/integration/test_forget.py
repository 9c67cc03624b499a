# SPDX-License-Identifier: Apache-2.0
"""Forgetting is finished after any kill, and later runs refuse what was forgotten."""

import subprocess
import sys

import onrecord
from onrecord.commands import main
from onrecord.data.forgotten import ForgottenList
from onrecord.jobs import replay
from onrecord.sinks.contents import TEMPORARY
from onrecord.sinks.listing import COMPACTED
from onrecord.sinks.lock import LOCK
from tests import forgetting
from tests.forgetting import ALL, contents, read_all
from tests.integration.backfills import ROOT, backfill, summary, write_messages

# Runs the command in copies of a folder, and kills it at its first, fourth, … call that changes a file, until it runs to its end.
KILLS = """
import os, shutil, signal, sys
from apache_beam.io.filesystems import FileSystems
from onrecord.commands import main

changes, limit = 0, -2

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
    limit += 3
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
        complete = {
            name: data for name, data in contents(folder).items() if not name.startswith((TEMPORARY, LOCK, COMPACTED))
        }
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
    {"id": "6", "text": "The quay has a new crane since Monday.", "url": "http://www.news.example/quay/"},
    {"id": "invalid", "text": 5},
]


def test_later_runs_refuse_what_was_forgotten_and_account_for_it(tmp_path):
    source, output, elsewhere = (
        write_messages(tmp_path / "articles.jsonl", MESSAGES),
        tmp_path / "out",
        tmp_path / "list.json",
    )
    forgetting.write_folder(output)
    assert main(["forget", str(output), "--person", "Ines Calder", "--yes"]) == 0
    stored = (output / "forgotten.json").read_bytes()
    listed = ForgottenList()
    listed.add_url("https://news.example/quay")
    elsewhere.write_bytes(listed.to_json())
    backfill("--input", source, "--output", output, "--overwrite", "--forgotten", elsewhere)
    assert (output / "forgotten.json").read_bytes() == stored
    assert [one.article_id for one in onrecord.records(output, "articles")] == ["dock"]
    found = summary(output)
    assert (found["messages"], found["articles"], found["refused"]) == (7, 1, 6)
    assert found["dead_letters"] == {"Forgotten": 5, "InvalidMessage": 1}
    letters = [one for one in onrecord.records(output, "dead_letters") if one.error_type == "Forgotten"]
    assert {one.origin for one in letters} == {f"{source}:{line}" for line in (1, 2, 4, 5, 6)}
    assert {(one.payload, repr(one.attributes), one.stack_trace) for one in letters} == {(b"", "{}", "")}
    readable = forgetting.readable_bytes(output)
    assert b"alder" not in readable.lower()
    assert b"quay" not in readable
    waiting = replay.find(str(output))
    assert (len(waiting.ids), waiting.forgotten) == (1, 5)
    assert main(["verify", str(output)]) == 0
    assert main(["forget", str(output), "--article", "dock", "--yes"]) == 0
    assert main(["verify", str(output)]) == 0  # the manifest was corrected
