# SPDX-License-Identifier: Apache-2.0
"""A worker process of the local runner: Beam's own, which also ends when the process that launched the job is gone."""

import os
import sys

import psutil
from apache_beam.runners.worker import sdk_worker_main

from onrecord.runners.workers.follow import end_without
from onrecord.terminal.diagnostics import guard_tracebacks

LAUNCHER = "ONRECORD_LAUNCHER"  # environment variable: process id and start time of the process that workers follow


def _identity(pid: int) -> str | None:
    """Return what identifies a process even if its id is reused; None if it is not running."""
    try:
        process = psutil.Process(pid)
        is_running = process.status() != psutil.STATUS_ZOMBIE
        return f"{pid} {process.create_time()}" if is_running else None
    except psutil.NoSuchProcess:
        return None


def announce_launcher() -> None:
    """Make the workers that this process starts follow it."""
    os.environ[LAUNCHER] = str(_identity(os.getpid()))


def main() -> None:
    """Work until the runner, or the process that it runs in, ends."""
    guard_tracebacks()  # with --verbose, they are printed where the job was started
    # The parent of a worker is a shell, so it can't tell whether the launcher is running.
    launcher = os.environ[LAUNCHER]
    pid = int(launcher.split()[0])
    end_without(lambda: _identity(pid) == launcher)
    sdk_worker_main.main(sys.argv)


if __name__ == "__main__":
    main()
