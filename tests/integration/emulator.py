"""The real Pub/Sub emulator, started on a free port of this machine and stopped again."""

import os
import shutil
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
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


def free_port() -> int:
    """Return a port that nobody listens on."""
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
def running_emulator(folder: Path, port: int | None = None) -> Iterator[str]:
    """Give out the address of an emulator that runs while the block does, on a free port or a given one."""
    found = program()
    assert found is not None
    host = f"127.0.0.1:{port or free_port()}"
    with (folder / "emulator.log").open("ab") as log:
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
