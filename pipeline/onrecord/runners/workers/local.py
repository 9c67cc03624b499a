# SPDX-License-Identifier: Apache-2.0
"""A worker process of the local runner: Beam's own, which also ends when the process that launched the job is gone."""

import os
import sys

from apache_beam.runners.worker import sdk_worker_main

from onrecord.collector import collect_less_often
from onrecord.runners.workers.follow import end_without
from onrecord.terminal.diagnostics import guard_tracebacks


def main(launcher: int) -> None:
    """Work until the runner, or the process that it runs in, ends.

    Args:
        launcher: id of the process that the runner is in, which starts this one. It may already be gone.
    """
    guard_tracebacks()  # with --verbose they are printed where the job was started
    collect_less_often()
    end_without(lambda: os.getppid() == launcher)  # a process whose parent has ended gets another one
    sdk_worker_main.main(sys.argv)
