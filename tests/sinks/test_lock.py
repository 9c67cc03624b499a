# SPDX-License-Identifier: Apache-2.0
"""One run per output folder: a second one is refused, and a killed one leaves nothing that refuses the next."""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from apache_beam.io.filesystem import BeamIOError
from apache_beam.io.localfilesystem import LocalFileSystem

from onrecord.sinks import contents, lock, output_folder
from onrecord.sinks.lock import CLAIMS, LOCK, FolderInUseError, Holder, one_run

# Waits for a line on standard input while it holds a folder; a child outlives it if it is killed, until the input ends.
HOLD = """\
import subprocess, sys
from onrecord.sinks.lock import one_run
with one_run(sys.argv[1], "stream"):
    subprocess.Popen([sys.executable, "-c", "import sys; sys.stdin.read()"], close_fds=False)
    print("held", flush=True)
    input()
"""


class RemoteFileSystem(LocalFileSystem):  # type: ignore[misc]
    """Folders of this machine under an address, as on a filesystem without locks, which overwrites no file."""

    is_away = False

    @classmethod
    def scheme(cls) -> str:
        return "remote"

    def join(self, basepath: str, *paths: str) -> str:
        return "/".join([basepath.rstrip("/"), *paths])

    def split(self, path: str) -> tuple[str, str]:
        folder, _, name = path.rpartition("/")
        return folder, name

    def mkdirs(self, path: str) -> None:
        super().mkdirs(_local(path))

    def match(self, patterns: list[str], limits: list[int] | None = None) -> object:
        results = super().match([_local(pattern) for pattern in patterns], limits)
        for result in results:
            for file in result.metadata_list:
                file.path = f"remote:/{file.path}"
        return results

    def create(self, path: str, *arguments: object, **options: object) -> object:
        if self.is_away or self.exists(path):
            raise BeamIOError("the filesystem is away" if self.is_away else f"{path} exists")
        return super().create(_local(path), *arguments, **options)

    def open(self, path: str, *arguments: object, **options: object) -> object:
        return super().open(_local(path), *arguments, **options)

    def exists(self, path: str) -> bool:
        return bool(super().exists(_local(path)))

    def delete(self, paths: list[str]) -> None:
        LocalFileSystem(None).delete([_local(path) for path in paths])


def _local(path: str) -> str:
    return path.removeprefix("remote:/")


@pytest.fixture(params=["disk", "remote"])
def folder(request, tmp_path, monkeypatch) -> str:
    """An output folder on a disk, and on a filesystem without locks."""
    monkeypatch.setattr(lock, "SETTLE_SECONDS", 0.0)
    output = tmp_path / "new" / "out"
    return str(output) if request.param == "disk" else f"remote:/{output}"


@pytest.fixture
def remote(tmp_path, monkeypatch) -> tuple[str, Path]:
    """A folder without locks, and where its claims are on the disk."""
    monkeypatch.setattr(lock, "SETTLE_SECONDS", 0.0)
    return f"remote:/{tmp_path}", tmp_path / CLAIMS


@contextmanager
def holding(folder: Path) -> Iterator["subprocess.Popen[str]"]:
    """Run a process that holds a folder until the block ends."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield process


def test_a_second_run_is_refused_until_the_first_ends(folder):
    with one_run(folder, "backfill"):
        with pytest.raises(FolderInUseError) as refused, one_run(folder, "stream"):
            pass
        assert f"onrecord backfill, process {os.getpid()} on " in str(refused.value)
        assert str(lock.problem(folder)).startswith(
            f"{folder}: another run is writing to this folder (onrecord backfill"
        )
    assert lock.problem(folder) is None
    with one_run(folder, "stream"):
        pass
    assert not [path for path in Path(_local(folder)).rglob("*") if path.is_file()]


def test_a_refused_run_leaves_the_lock_of_the_other(folder):
    with one_run(folder, "backfill"):
        for _ in range(3):
            with pytest.raises(FolderInUseError), one_run(folder, "forget"):
                pass
    with one_run(folder, "forget"):
        pass


def test_a_run_that_fails_frees_the_folder(folder):
    with pytest.raises(ZeroDivisionError), one_run(folder, "backfill"):
        _ = 1 / 0
    assert lock.problem(folder) is None


def test_a_locked_folder_is_still_empty_and_clearing_keeps_the_lock(folder):
    with one_run(folder, "backfill"):
        assert contents.is_empty(folder)
        output_folder.clear(folder)
        assert lock.problem(folder)


def test_a_killed_run_frees_the_folder_although_a_process_that_it_started_goes_on(tmp_path):
    with holding(tmp_path) as process:
        with (
            pytest.raises(FolderInUseError, match=f"onrecord stream, process {process.pid} on "),
            one_run(str(tmp_path), "stream"),
        ):
            pass
        process.send_signal(signal.SIGKILL)
        process.wait()
        with one_run(str(tmp_path), "stream"):  # the child still waits for its standard input, which it shares
            pass


def test_of_runs_that_start_together_exactly_one_gets_the_folder(folder, monkeypatch):
    monkeypatch.setattr(
        lock, "SETTLE_SECONDS", 0.2
    )  # the clocks of a disk change when a file is created, and when it is closed
    got: list[str] = []
    everybody, refused = threading.Barrier(8), threading.Barrier(8)

    def run() -> None:
        everybody.wait()
        try:
            with one_run(folder, "backfill"):
                got.append("got it")
                refused.wait()
        except FolderInUseError:
            refused.wait()

    threads = [threading.Thread(target=run) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert got == ["got it"]


@pytest.mark.parametrize("contents", [b"", b"{", b'{"command": 1}', b"\xff" * 10_000])
def test_a_lock_is_respected_whatever_is_in_it(contents, tmp_path):
    with one_run(str(tmp_path), "backfill"):
        (tmp_path / LOCK).write_bytes(contents)
        with pytest.raises(FolderInUseError, match="it has just started"), one_run(str(tmp_path), "backfill"):
            pass


def test_a_link_in_place_of_the_lock_is_not_followed(tmp_path):
    (tmp_path / "victim").write_text("mine")
    (tmp_path / LOCK).symlink_to(tmp_path / "victim")
    with pytest.raises(OSError, match="symbolic"), one_run(str(tmp_path), "backfill"):
        pass
    assert (tmp_path / "victim").read_text() == "mine"


def claim(claims: Path, *, is_held: bool, age: float) -> Path:
    """Write the claim of another run, renewed some seconds before the newest time that a claim of this one can have."""
    claims.mkdir(exist_ok=True)
    path = claims / f"0a-{int(is_held)}.json"
    holder = {"command": "backfill", "pid": 7, "host": "elsewhere", "started": "2026-03-03 12:00:00 UTC"}
    path.write_text(json.dumps({"holder": holder, "renewed": 0.0}))
    then = path.stat().st_mtime - age
    os.utime(path, (then, then))
    return path


@pytest.mark.parametrize(("is_held", "age"), [(True, 0), (True, 200), (True, -1_000), (False, 200)])
def test_a_claim_that_is_renewed_or_older_wins(is_held, age, remote):
    folder, claims = remote
    other = claim(claims, is_held=is_held, age=age)
    with pytest.raises(FolderInUseError) as refused, one_run(folder, "backfill"):
        pass
    assert "onrecord backfill, process 7 on elsewhere, since 2026-03-03 12:00:00 UTC" in str(refused.value)
    assert f"delete remote:/{other}" in str(refused.value)
    assert list(claims.iterdir()) == [other]


@pytest.mark.parametrize(("is_held", "age"), [(True, 1_000), (False, 1_000), (False, -1_000)])
def test_a_claim_of_a_killed_run_or_a_younger_one_does_not(is_held, age, remote):
    folder, claims = remote
    other = claim(claims, is_held=is_held, age=age)
    with one_run(folder, "backfill"):
        assert other.exists() is (age < 0)  # a younger one is that of a run that is about to give up


def test_a_run_whose_claim_was_taken_for_that_of_a_killed_one_says_so(remote):
    folder, claims = remote
    with one_run(folder, "backfill") as first:
        first.check()
        (own,) = claims.iterdir()
        os.utime(own, (1, 1))
        with one_run(folder, "backfill"), pytest.raises(FolderInUseError, match="did not renew its claim"):
            first.check()


def test_a_claim_is_renewed(remote, monkeypatch):
    folder, claims = remote
    monkeypatch.setattr(lock, "RENEW_SECONDS", 0.001)
    with one_run(folder, "backfill"):
        first = set(claims.iterdir())  # the old one and the new one, while a renewal is under way
        while first.intersection(claims.iterdir()):
            pass


def test_a_renewal_that_failed_is_made_up_for(remote, monkeypatch):
    folder, _ = remote
    with one_run(folder, "backfill") as held:
        monkeypatch.setattr(RemoteFileSystem, "is_away", True)
        with pytest.raises(OSError, match="away"):
            held.check()
        monkeypatch.setattr(RemoteFileSystem, "is_away", False)
        held.check()


def test_a_disk_without_locks_has_claims(tmp_path, monkeypatch):
    monkeypatch.setattr(lock, "SETTLE_SECONDS", 0.0)

    def no_locks(file: int, operation: int) -> None:
        raise OSError(next(iter(lock.NO_LOCKS)), "no locks available")

    monkeypatch.setattr(lock.fcntl, "flock", no_locks)
    with one_run(str(tmp_path), "backfill"):
        assert len(list((tmp_path / CLAIMS).iterdir())) == 1
        with pytest.raises(FolderInUseError), one_run(str(tmp_path), "backfill"):
            pass
    with one_run(str(tmp_path), "backfill"):
        pass


def test_who_holds_a_folder_reads_well():
    holder = Holder("backfill", 12, "host", "2026-03-03 12:00:00 UTC")
    assert str(holder) == "onrecord backfill, process 12 on host, since 2026-03-03 12:00:00 UTC"
