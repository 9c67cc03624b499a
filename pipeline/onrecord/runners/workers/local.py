"""A worker process of the local runner: Beam's own, which also ends when the process that started the job is gone.

Beam's would wait for it for ever when that was killed.
"""

import os
import sys
import threading
import time

import psutil
from apache_beam.runners.worker import sdk_worker_main

LAUNCHER = "ONRECORD_LAUNCHER"  # environment variable: process id and time of start of the process that workers follow
SECONDS = 1.0
ENDED = 1


def _identity(pid: int) -> str | None:
    """Return what no other process has, even with the same id later; None where there is none, or only its remains."""
    try:
        process = psutil.Process(pid)
        is_running = process.status() != psutil.STATUS_ZOMBIE
        return f"{pid} {process.create_time()}" if is_running else None
    except psutil.NoSuchProcess:
        return None


def announce_launcher() -> None:
    """Make the workers that this process starts follow it."""
    os.environ[LAUNCHER] = str(_identity(os.getpid()))


def _follow(launcher: str) -> None:
    while _identity(int(launcher.split()[0])) == launcher:
        time.sleep(SECONDS)
    os._exit(ENDED)


def main() -> None:
    """Work until the runner, or the process that it ran in, is done."""
    threading.Thread(target=_follow, args=(os.environ[LAUNCHER],), name="follow-launcher", daemon=True).start()
    sdk_worker_main.main(sys.argv)


if __name__ == "__main__":
    main()
