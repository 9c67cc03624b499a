# SPDX-License-Identifier: Apache-2.0
"""No command listens on the network, and nobody can read files through the socket of its workers."""

import signal
import stat
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, Thread

import psutil
import pytest

from tests.integration.backfills import SAMPLES, fingerprint, records, start
from tests.integration.streams import Stream, finished, onrecord

POLL_SECONDS = 0.1


@dataclass
class Watched:
    """What a command and its children listened on."""

    network: set[object] = field(default_factory=set)
    sockets: set[Path] = field(default_factory=set)
    looks: int = 0

    def look(self, process: psutil.Process) -> None:
        """Add what they listen on now."""
        for one in (process, *process.children(recursive=True)):
            with suppress(psutil.Error):  # it has just ended
                connections = one.net_connections("inet")
                # A datagram socket has no state; one that is not connected takes packets from everybody.
                self.network |= {at.laddr for at in connections if at.status == psutil.CONN_LISTEN or not at.raddr}
                self.sockets |= {Path(at.laddr) for at in one.net_connections("unix") if str(at.laddr).startswith("/")}
        self.looks += 1


@contextmanager
def watched(process: "subprocess.Popen[str]") -> Iterator[Watched]:
    """Look at what a command listens on, again and again, until the block ends."""
    found, over = Watched(), Event()
    command = psutil.Process(process.pid)

    def watch() -> None:
        while not over.wait(POLL_SECONDS):
            with suppress(psutil.NoSuchProcess):
                found.look(command)

    thread = Thread(target=watch)
    thread.start()
    try:
        yield found
    finally:
        over.set()
        thread.join()


def test_a_listening_port_would_be_noticed():
    listen = "import socket; at = socket.create_server(('127.0.0.1', 0)); print('ready', flush=True); input()"
    with subprocess.Popen(
        ["python3", "-c", listen], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        process.stdout.readline()
        found = Watched()
        found.look(psutil.Process(process.pid))
        process.communicate("\n")
    assert len(found.network) == 1


@pytest.fixture(scope="module")
def one_worker(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Watched]:
    """Return the output of the samples' backfill, as ``make demo`` runs it, and what it listened on."""
    output = tmp_path_factory.mktemp("ports") / "out"
    process = start("--input", *SAMPLES.glob("*.jsonl"), "--output", output)
    with watched(process) as found:
        finished(process)
    return output, found


def modes(output: Path) -> tuple[set[int], set[int]]:
    """Return the permissions of all folders and of all files of an output folder."""
    found = [output, *output.rglob("*")]
    folders = {stat.S_IMODE(path.stat().st_mode) for path in found if path.is_dir()}
    return folders, {stat.S_IMODE(path.stat().st_mode) for path in found if path.is_file()}


def test_a_backfill_in_one_process_listens_on_nothing(one_worker):
    output, found = one_worker
    assert modes(output) == ({0o700}, {0o600})
    assert found.looks > 10
    assert found.network == set()


@pytest.mark.long
def test_the_workers_of_a_backfill_listen_on_nothing(one_worker, tmp_path):
    output = tmp_path / "out"
    options = ("--workers", 2, "--split-size", 10, "--mode", 640)
    process = start("--input", *SAMPLES.glob("*.jsonl"), "--output", output, *options)
    with watched(process) as found:
        finished(process)
    assert found.network == set()
    assert found.sockets == set()
    assert fingerprint(output) == fingerprint(one_worker[0])
    assert modes(output) == ({0o750}, {0o640})


@pytest.mark.long
def test_a_replay_listens_on_nothing(one_worker, tmp_path):
    output, _ = one_worker
    process = onrecord("replay", output, "--output", tmp_path / "replayed")
    with watched(process) as found:
        finished(process, exit_code=1)  # the letters fail again
    assert len(records(tmp_path / "replayed", "dead_letters")) == len(records(output, "dead_letters"))
    assert found.looks > 10
    assert found.network == set()


@pytest.mark.long
def test_a_stream_listens_on_nothing(tmp_path):
    stream = Stream("--watch", SAMPLES / "*.jsonl", "--output", tmp_path / "out", "--every", 1)
    with watched(stream.process) as found:
        stream.read_until(messages=10)
        stream.drain(signal.SIGTERM)
    assert found.looks > 10
    assert found.network == set()
