"""A time limit on what one message may cost: work in a process of its own, which is ended when it takes too long.

A thread that computes can't be stopped from outside, and a DoFn runs in a thread.
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

START_SECONDS = 300.0  # to load a model on a busy machine; more is an error of the machine
CLOSE_FIRST = 10  # before the child is waited for
END = "end of the answers"  # compared by what it says: it is pickled on its way

Work: TypeAlias = Callable[[Any], Iterator[Any]]


class ProcessLost(Exception):
    """The child process is gone."""


class TimeLimitExceeded(ProcessLost):
    """It did not answer in time."""


class ProcessDied(ProcessLost):
    """It died of what it had to do."""


def _serve(connection: Connection, load: Callable[[], tuple[Any, Work]]) -> None:
    """Answer what comes through a connection until it is closed."""
    # A Ctrl-C in the terminal reaches this process too; it has to finish what was read.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
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


class LimitedProcess:
    """A child process that answers requests, each of its answers within a time limit; the threads of this process take turns."""

    def __init__(self, load: Callable[[], tuple[Any, Work]], seconds: float, doing: str) -> None:
        """Start no child yet.

        Args:
            load: is called in the child and returns its greeting, and what yields the answers to a request; a function of a module, or
                a partial of one, because it goes to another process.
            seconds: that each answer may take.
            doing: what takes that time, for people.
        """
        self.seconds = seconds
        self._load = load
        self._doing = doing
        self._lock = threading.Lock()
        self._child: tuple[BaseProcess, Connection] | None = None

    def start(self) -> Any:
        """Start a child, and return its greeting."""
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe()
        process = context.Process(target=_serve, args=(theirs, self._load), name="limited", daemon=True)
        process.start()
        theirs.close()
        self._child = process, ours
        # At the end of this process as well: the child ends with the connection, and would be waited for for ever.
        Finalize(self, ours.close, exitpriority=CLOSE_FIRST)
        return self._answer(ours, START_SECONDS)

    def ask(self, request: object) -> tuple[list[Any], ProcessLost | None]:
        """Return the child's answers to a request; when it is lost, those that came before, and how it was lost.

        An exception of the work is raised here.
        """
        with self._lock:
            # One that waits for a request says nothing: there is something to read only when it has died.
            if self._child is None or self._child[1].poll():
                self.start()
            assert self._child is not None
            process, connection = self._child
            answers: list[Any] = []
            try:
                with suppress(BrokenPipeError):  # it died just now; there will be no answer
                    connection.send(request)
                while (answer := self._answer(connection, self.seconds)) != END:
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

    def _answer(self, connection: Connection, seconds: float) -> Any:
        if not connection.poll(seconds):
            raise TimeLimitExceeded(
                f"{self._doing} took longer than {seconds:,.0f} s; a higher --time-limit gives it more"
            )
        try:
            return connection.recv()
        except (EOFError, ConnectionError):
            raise ProcessDied(
                f"the process died in {self._doing}; it may have wanted more memory than there is"
            ) from None
