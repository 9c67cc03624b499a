# SPDX-License-Identifier: Apache-2.0
"""Temporary files are private, and those of killed runs are deleted by the next one."""

import os
import signal
import stat
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from onrecord.jobs.scratch import discard_abandoned, scratch_folder

HOLD = """
from onrecord.jobs.scratch import scratch_folder
with scratch_folder() as at:
    (at / "text").write_text("x")
    print(at, flush=True)
    input()
"""


@pytest.fixture(autouse=True)
def place(tmp_path_factory, monkeypatch):
    """A folder for temporary files with a short path."""
    with tempfile.TemporaryDirectory(prefix="t", dir="/tmp") as folder:
        monkeypatch.setattr(tempfile, "tempdir", folder)
        monkeypatch.setenv("TMPDIR", folder)
        yield Path(folder)


def held() -> "tuple[subprocess.Popen[str], Path]":
    """Start a process that holds a scratch folder until it gets a line."""
    process = subprocess.Popen([sys.executable, "-c", HOLD], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout
    return process, Path(process.stdout.readline().strip())


def test_all_temporary_files_go_into_a_folder_that_only_the_user_can_enter(place):
    with scratch_folder() as scratch:
        assert scratch.parent == place
        assert stat.S_IMODE(scratch.stat().st_mode) == 0o700
        assert Path(tempfile.mkdtemp()).parent == scratch
        [child] = subprocess.check_output(
            [sys.executable, "-c", "import tempfile; print(tempfile.gettempdir())"], text=True
        ).splitlines()
        assert child == str(scratch)
    assert list(place.iterdir()) == []
    assert tempfile.gettempdir() == os.environ["TMPDIR"] == str(place)


def test_the_folder_of_a_killed_run_is_deleted_by_the_next(place):
    process, folder = held()
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert (folder / "text").exists()
    with scratch_folder() as scratch:
        assert [scratch] == list(place.iterdir())


def test_the_folder_of_a_run_that_goes_on_is_kept(place):
    process, folder = held()
    discard_abandoned(place)
    assert (folder / "text").exists()
    process.communicate("\n")
    assert not folder.exists()


def test_the_folder_of_a_killed_run_is_deleted_although_another_process_has_its_id_now(place):
    process, folder = held()
    process.send_signal(signal.SIGKILL)
    process.communicate()
    reused = folder.with_name(folder.name.replace(f"-{process.pid}-", f"-{os.getpid()}-"))
    folder.rename(reused)
    os.utime(reused, (1, 1))
    discard_abandoned(place)
    assert not reused.exists()


def test_nothing_else_is_deleted(place):
    process, folder = held()
    process.send_signal(signal.SIGKILL)
    process.communicate()
    kept = [place / "onrecord-notes", place / "onrecord-ffffff-1-abc", place / "other"]
    for one in kept:
        one.mkdir()
    link = folder.with_name(f"{folder.name}x")
    link.symlink_to(place / "other")
    discard_abandoned(place)
    assert sorted(place.iterdir()) == sorted([*kept, link])


def test_a_long_path_is_avoided_because_a_socket_in_it_could_not_be_bound(place, monkeypatch):
    long = place / ("x" * 120)
    long.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(long))
    with scratch_folder() as scratch:
        assert len(os.fsencode(scratch)) < 60
    assert not scratch.exists()
