# SPDX-License-Identifier: Apache-2.0
"""Runs commands in the process of the tests: a new process takes ten times as long to import and load what a small job needs.

Signals, permissions, memory and what else concerns the process itself is tested with processes: ``backfills.start``.
"""

import functools
import logging
import os
import sys
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import IO, Any
from unittest import mock

from onrecord.commands import main
from onrecord.sandbox.annotator import SandboxedAnnotator, load_annotator
from onrecord.transforms.annotate import AnnotateFn


@functools.lru_cache(maxsize=1)  # each has a process that has loaded the model
def _annotator(seconds: float, *of_annotator: Any) -> SandboxedAnnotator:
    return SandboxedAnnotator(partial(load_annotator, *of_annotator), seconds)


def _load(step: AnnotateFn) -> SandboxedAnnotator:
    settings = step.settings
    assert settings.time_limit is not None
    return _annotator(settings.time_limit, settings.model, settings.extract, settings.gazetteer)


@contextmanager
def _descriptor_to(number: int, file: IO[bytes]) -> Iterator[None]:
    """Let a file descriptor of this process, and of those that it starts, lead to a file."""
    kept = os.dup(number)
    os.dup2(file.fileno(), number)
    try:
        yield
    finally:
        os.dup2(kept, number)
        os.close(kept)


@contextmanager
def _process_settings_kept() -> Iterator[None]:
    """Undo what a command sets for its process: umask, log and warnings."""
    log, umask = logging.getLogger(), os.umask(0o077)
    os.umask(umask)
    handlers, level = list(log.handlers), log.level
    try:
        with warnings.catch_warnings():
            yield
    finally:
        os.umask(umask)
        log.handlers[:] = handlers
        log.setLevel(level)
        logging.captureWarnings(False)


def run_here(*arguments: object) -> tuple[int, str, str]:
    """Run ``onrecord`` with these arguments in this process.

    Returns:
        the exit code, and what was written to standard output and standard error.
    """
    with ExitStack() as stack:
        files = [stack.enter_context(tempfile.TemporaryFile()) for _ in range(2)]
        stack.enter_context(_process_settings_kept())
        # Jobs with the same settings, one after the other, share the child process that annotates.
        stack.enter_context(mock.patch.object(AnnotateFn, "_load", _load))
        for number, name in enumerate(("stdout", "stderr"), start=1):
            getattr(sys, name).flush()
            stack.enter_context(_descriptor_to(number, files[number - 1]))
            stream = stack.enter_context(open(number, "w", encoding="utf-8", closefd=False))
            stack.enter_context(mock.patch.object(sys, name, stream))
        code = main([str(argument) for argument in arguments])
        sys.stdout.flush()
        sys.stderr.flush()
        out, err = (os.pread(file.fileno(), os.fstat(file.fileno()).st_size, 0).decode("utf-8") for file in files)
    return code, out, err


def finished_here(*arguments: object, exit_code: int = 0) -> tuple[str, str]:
    """Run a command in this process, check its exit code, and return its output."""
    code, out, err = run_here(*arguments)
    assert code == exit_code, f"exit code {code}\n{out}\n{err}"
    return out, err
