"""Batch on Beam's local runner: worker processes that end with us, and whose death is noticed."""

import shlex
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import psutil
from apache_beam.runners.portability.fn_api_runner import FnApiRunner
from apache_beam.transforms.environments import SubprocessSDKEnvironment

from onrecord.runners.workers import local as worker

WORKERS_END_SECONDS = 3.0
WORKER_THREAD = "run_worker"  # what the local runner calls the thread that waits for a worker process


def runner(workers: int) -> FnApiRunner:
    """Return the local runner: with one worker in this process, or with so many processes."""
    if workers == 1:
        return FnApiRunner()
    worker.announce_launcher()
    # Not with -m, which would look for the package in the folder that the user stands in.
    start = f"import sys; sys.path[:] = {sys.path!r}; from {worker.__name__} import main; main()"
    command = shlex.join([sys.executable, "-c", start])
    return FnApiRunner(default_environment=SubprocessSDKEnvironment.from_command_string(command))


def end_children(seconds: float = WORKERS_END_SECONDS) -> None:
    """End the processes that a runner started, workers or a job server; after so many seconds the hard way."""
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
    """Call ``fail`` with the reason when a worker process dies; it does not return.

    The local runner notes it in the thread that waits for the worker, and goes on waiting for its answer.
    """
    before = threading.excepthook

    def handle(arguments: threading.ExceptHookArgs) -> None:
        if arguments.thread is not None and arguments.thread.name == WORKER_THREAD:
            fail(str(arguments.exc_value))
        before(arguments)

    threading.excepthook = handle
    try:
        yield
    finally:
        threading.excepthook = before
