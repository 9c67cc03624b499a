"""The real Pub/Sub emulator, started on a free port of this machine and stopped again."""

import os
import shutil
import signal
import socket
import subprocess
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

PROGRAM = "platform/pubsub-emulator/bin/cloud-pubsub-emulator"
HOW_TO_GET_IT = (
    "no Pub/Sub emulator: install the Google Cloud CLI and then `gcloud components install pubsub-emulator`, or on Debian"
    " `apt-get install google-cloud-cli-pubsub-emulator`; it needs Java"
)
START_SECONDS = 60


def program() -> Path | None:
    """Return the emulator of the Google Cloud CLI that is on the path, or None."""
    gcloud = shutil.which("gcloud")
    found = Path(gcloud).resolve().parents[1] / PROGRAM if gcloud else None
    return found if found is not None and found.is_file() and shutil.which("java") else None


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def _is_up(host: str) -> bool:
    try:
        with urllib.request.urlopen(f"http://{host}", timeout=1) as answer:
            return answer.status == 200
    except (urllib.error.URLError, OSError):
        return False


@contextmanager
def running_emulator(folder: Path) -> Iterator[str]:
    """Give out the address of an emulator that runs while the block does."""
    found = program()
    assert found is not None
    host = f"127.0.0.1:{_free_port()}"
    with (folder / "emulator.log").open("wb") as log:
        process = subprocess.Popen(
            [found, "--host=127.0.0.1", f"--port={host.partition(':')[2]}"],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        try:
            deadline = time.monotonic() + START_SECONDS
            while not _is_up(host):
                assert process.poll() is None and time.monotonic() < deadline, (folder / "emulator.log").read_text()
                time.sleep(0.2)
            yield host
        finally:
            os.killpg(process.pid, signal.SIGTERM)
            process.wait(timeout=30)


class Gate:
    """An address that leads to another one while it is open, and nowhere while it is shut."""

    def __init__(self, host: str) -> None:
        """Begin shut."""
        name, _, port = host.partition(":")
        self._behind = name, int(port)
        self.port = _free_port()
        self.host = f"127.0.0.1:{self.port}"
        self._sockets: list[socket.socket] = []

    def open(self) -> None:
        """Let connections through."""
        listener = socket.create_server(("127.0.0.1", self.port))
        self._sockets = [listener]
        threading.Thread(target=self._accept, args=(listener,), daemon=True).start()

    def shut(self) -> None:
        """Break every connection, and take no more."""
        for one in self._sockets:
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()

    def _accept(self, listener: socket.socket) -> None:
        with suppress(OSError):  # it was shut
            while True:
                here, _ = listener.accept()
                there = socket.create_connection(self._behind)
                self._sockets += [here, there]
                for pair in ((here, there), (there, here)):
                    threading.Thread(target=self._carry, args=pair, daemon=True).start()

    @staticmethod
    def _carry(source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(1 << 16):
                target.sendall(data)
