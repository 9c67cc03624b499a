# SPDX-License-Identifier: Apache-2.0
"""The Pub/Sub emulator of the Google Cloud CLI, as a local process."""

import shutil
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path

from deploy.processes import ENDS_WITH_PARENT

PROGRAM = "platform/pubsub-emulator/bin/cloud-pubsub-emulator"
HOW_TO_GET_IT = (
    "no Pub/Sub emulator: install the Google Cloud CLI and then `gcloud components install pubsub-emulator`, or on Debian"
    " `apt-get install google-cloud-cli-pubsub-emulator`; it needs Java"
)
START_SECONDS = 60
END_SECONDS = 30


def program() -> Path | None:
    """Return the emulator of the Google Cloud CLI that is on the path, or None."""
    gcloud = shutil.which("gcloud")
    found = Path(gcloud).resolve().parents[1] / PROGRAM if gcloud else None
    return found if found is not None and found.is_file() and shutil.which("java") else None


def _is_up(host: str) -> bool:
    try:
        with urllib.request.urlopen(f"http://{host}", timeout=1) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def start(folder: Path, port: int) -> "subprocess.Popen[bytes]":
    """Start the emulator on a port of the loopback interface, and return when it answers.

    Raises:
        RuntimeError: it is not installed, or does not answer; the message has its log.
    """
    found = program()
    if found is None:
        raise RuntimeError(HOW_TO_GET_IT)
    log = folder / "emulator.log"
    with log.open("ab") as output:
        process = subprocess.Popen(
            [*ENDS_WITH_PARENT, found, "--host=127.0.0.1", f"--port={port}"],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    deadline = time.monotonic() + START_SECONDS
    while not _is_up(f"127.0.0.1:{port}"):
        if process.poll() is not None or time.monotonic() > deadline:
            stop(process)
            raise RuntimeError(log.read_text())
        time.sleep(0.2)
    return process


def stop(process: "subprocess.Popen[bytes]") -> None:
    """Stop the emulator; its topics and messages are lost."""
    if process.poll() is None:
        process.terminate()
        process.wait(timeout=END_SECONDS)
