# SPDX-License-Identifier: Apache-2.0
"""Batch on Beam's local runner: worker processes that end with this one, and whose death is noticed."""

import os
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import psutil
from apache_beam.runners.portability.fn_api_runner import FnApiRunner

from onrecord.beam_internals import WorkerDied, worker_processes
from onrecord.runners.workers import local as worker

MAX_TERMINATE_SECONDS = 3.0


def runner(workers: int) -> FnApiRunner:
    """Return the local runner, with one worker in this process or with several worker processes.

    Raises:
        UntestedBeamError: there are several workers, and onrecord was not tested with the installed version of Beam.
    """
    if workers == 1:
        return FnApiRunner()
    # Not with -m, which would also look for the package in the current folder.
    start = f"import sys; sys.path[:] = {sys.path!r}; from {worker.__name__} import main; main({os.getpid()})"
    return worker_processes([sys.executable, "-c", start])


def end_children(seconds: float = MAX_TERMINATE_SECONDS) -> None:
    """Terminate the processes that a runner started, workers or a job server; kill those that are still running after ``seconds``."""
    children = psutil.Process().children(recursive=True)
    for child in children:
        with suppress(psutil.NoSuchProcess):
            child.terminate()
    _, alive = psutil.wait_procs(children, timeout=seconds)
    for child in alive:
        with suppress(psutil.NoSuchProcess):
            child.kill()


@contextmanager
def failing_with_a_worker(fail: Callable[[str], None]) -> Iterator[None]:
    """Call ``fail``, which must not return, with the reason when a worker process dies within the block.

    The local runner only raises an exception in the thread that waits for the process, and keeps waiting for the worker's answer.
    """
    before = threading.excepthook

    def handle(arguments: threading.ExceptHookArgs) -> None:
        if issubclass(arguments.exc_type, WorkerDied):
            fail(str(arguments.exc_value))
        before(arguments)

    threading.excepthook = handle
    try:
        yield
    finally:
        threading.excepthook = before
