# SPDX-License-Identifier: Apache-2.0
"""Processes on this machine that work for this one, and end with it."""

import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from contextlib import contextmanager, suppress
from typing import ParamSpec, TypeVar

import psutil

from onrecord.collector import collect_less_often
from onrecord.runners.workers.follow import end_without
from onrecord.terminal.diagnostics import guard_log, guard_tracebacks

MAX_TERMINATE_SECONDS = 3.0
P = ParamSpec("P")
T = TypeVar("T")


class _InThisProcess(Executor):
    """Does the work at once, in the thread that asks for it."""

    def submit(self, work: Callable[P, T], /, *arguments: P.args, **named: P.kwargs) -> "Future[T]":
        """Return a future that is done."""
        future: Future[T] = Future()
        future.set_result(work(*arguments, **named))
        return future


def _prepare(launcher: int, log_level: int) -> None:
    """Prepare a worker process.

    Args:
        launcher: id of the process that started it. It may already be gone.
        log_level: of the log of libraries.
    """
    # Ctrl-C in a terminal reaches this process too; the one that started it ends it.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    guard_tracebacks()
    guard_log(log_level)
    collect_less_often()
    end_without(lambda: os.getppid() == launcher)  # a process whose parent has ended gets another one


@contextmanager
def local_workers(number: int, log_level: int) -> Iterator[Executor]:
    """Yield what does the work: this process, or several others, which are ended with the block.

    Work that is asked for in the block raises ``BrokenProcessPool`` when one of the processes dies.

    Args:
        number: of processes.
        log_level: of the log of libraries in them.
    """
    if number == 1:
        yield _InThisProcess()
        return
    context = multiprocessing.get_context("spawn")
    others = set(multiprocessing.active_children())
    pool = ProcessPoolExecutor(number, context, initializer=_prepare, initargs=(os.getpid(), log_level))
    try:
        yield pool
    except BaseException:
        for process in set(multiprocessing.active_children()) - others:
            process.kill()  # they are amid some work
        # Before Python 3.12 a pool waits forever for its thread that sends work of more bytes than fit into the pipe, which nobody reads
        # any more (github.com/python/cpython/issues/94777).
        pool._call_queue._reader.close()  # type: ignore[attr-defined]
        raise
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def end_children(seconds: float = MAX_TERMINATE_SECONDS) -> None:
    """Terminate all processes that this one started, workers or a job server; kill those that are still running after ``seconds``."""
    children = psutil.Process().children(recursive=True)
    for child in children:
        with suppress(psutil.NoSuchProcess):
            child.terminate()
    _, alive = psutil.wait_procs(children, timeout=seconds)
    for child in alive:
        with suppress(psutil.NoSuchProcess):
            child.kill()
