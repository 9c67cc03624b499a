# SPDX-License-Identifier: Apache-2.0
"""A child process that answers requests within a time limit, and is killed when it takes longer.

A computation in a thread can't be stopped from outside, and a DoFn runs in a thread.
"""

import multiprocessing
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from multiprocessing.util import Finalize
from typing import Any, TypeAlias

from onrecord.collector import collect_less_often

MAX_START_SECONDS = 300.0  # enough to load a model on a busy machine
CLOSE_PRIORITY = 10  # of closing the connection at exit: before multiprocessing waits for the child
END = "end of the answers"  # compared by value, since it is pickled

Work: TypeAlias = Callable[[Any], Iterator[Any]]
Load: TypeAlias = Callable[[], tuple[Any, Work]]


class ProcessLost(Exception):
    """The child process is gone."""


class TimeLimitExceeded(ProcessLost):
    """The child process did not answer in time."""


class ProcessDied(ProcessLost):
    """The child process died while it worked on a request."""


def _serve(connection: Connection, load: Load) -> None:
    """Answer the requests of a connection until it is closed."""
    # Ctrl-C in a terminal reaches this process too, but it has to finish what was already read.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    collect_less_often()
    with suppress(EOFError, BrokenPipeError):
        greeting, work = load()
        connection.send(greeting)
        while True:
            request = connection.recv()
            try:
                for answer in work(request):
                    connection.send(answer)
                connection.send(END)
            except (EOFError, BrokenPipeError):
                raise
            except Exception as error:
                connection.send(error)


def _receive(connection: Connection, seconds: float, task: str, hint: str) -> Any:
    """Return the next answer of a child process.

    Raises:
        TimeLimitExceeded: it did not come in time; the message ends with the hint.
        ProcessDied: it did not come at all.
    """
    if not connection.poll(seconds):
        raise TimeLimitExceeded(f"{task} took longer than {seconds:,.0f} s; {hint}")
    try:
        return connection.recv()
    except (EOFError, ConnectionError):
        raise ProcessDied(f"the process died while {task}; it may have run out of memory") from None


class LimitedProcess:
    """A child process that answers requests, with a time limit on each answer; threads take turns in using it."""

    def __init__(self, load: Load, seconds: float, task: str) -> None:
        """Prepare a process; it is started by ``start``, or with the first request.

        Args:
            load: called in the child; returns a greeting, and the function that yields the answers to a request. It is sent to the
                child, so it must be a function of a module, or a ``partial`` of one.
            seconds: time limit for each answer.
            task: what the process does, for messages: "reading the page".
        """
        self.seconds = seconds
        self._load = load
        self._task = task
        self._lock = threading.Lock()
        self._child: tuple[BaseProcess, Connection] | None = None

    def start(self) -> Any:
        """Start a child process, and return its greeting."""
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe()
        process = context.Process(target=_serve, args=(theirs, self._load), name="limited", daemon=True)
        process.start()
        theirs.close()
        self._child = process, ours
        # The child ends when its connection is closed; at exit it would otherwise be waited for forever.
        Finalize(self, ours.close, exitpriority=CLOSE_PRIORITY)
        return _receive(ours, MAX_START_SECONDS, "starting", "the machine may be overloaded")

    def ask(self, request: object) -> tuple[list[Any], ProcessLost | None]:
        """Return the answers to a request, and None; if the child is lost, the answers before that, and how it was lost.

        Raises:
            Exception: the exception that the work raised in the child.
        """
        with self._lock:
            # An idle child sends nothing: its connection has something to read only when it has died.
            if self._child is None or self._child[1].poll():
                self.start()
            assert self._child is not None
            process, connection = self._child
            answers: list[Any] = []
            try:
                with suppress(BrokenPipeError):  # it has just died, and no answer will come
                    connection.send(request)
                while (
                    answer := _receive(connection, self.seconds, self._task, "a higher --time-limit allows more")
                ) != END:
                    if isinstance(answer, Exception):
                        raise answer
                    answers.append(answer)
            except ProcessLost as lost:
                process.kill()
                process.join()
                connection.close()
                self._child = None
                return answers, lost
            return answers, None
