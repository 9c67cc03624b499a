# SPDX-License-Identifier: Apache-2.0
"""A private folder for the temporary files of a run: of this package, of Beam, and of the processes that they start."""

import hashlib
import os
import platform
import re
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

PREFIX = "onrecord-"
MAX_PATH = 60  # bytes; the path of a Unix socket in the folder must have less than 104
SHORT = Path("/tmp")  # noqa: S108 - has a short path on every Unix, and the folder in it is private


def _machine() -> str:
    """Return what distinguishes this machine, or container, from others that share its folder for temporary files."""
    namespace = Path("/proc/self/ns/pid")
    processes = namespace.stat().st_ino if namespace.exists() else 0
    return hashlib.sha256(f"{platform.node()} {processes}".encode()).hexdigest()[:6]


def _is_abandoned(folder: os.stat_result, pid: int) -> bool:
    """Whether the process that made a folder is gone; another process with its id was started after the folder was last changed."""
    try:
        return bool(psutil.Process(pid).create_time() > folder.st_mtime)
    except psutil.NoSuchProcess:
        return True


def discard_abandoned(place: Path) -> None:
    """Delete the folders that runs of this user on this machine left in ``place`` when they were killed."""
    name = re.compile(rf"{PREFIX}{_machine()}-(\d+)-\w+", re.ASCII)
    for folder in place.glob(f"{PREFIX}*"):
        with suppress(OSError):  # it is being deleted by another run
            match, found = name.fullmatch(folder.name), folder.lstat()
            is_ours = stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid()
            if match and is_ours and _is_abandoned(found, int(match[1])):
                shutil.rmtree(folder)


@contextmanager
def scratch_folder() -> Iterator[Path]:
    """Yield a new folder that only this user can enter, for all temporary files of this process and its children; delete it afterwards.

    A run that is killed leaves its folder; the next run deletes it.
    """
    place = Path(tempfile.gettempdir())
    if len(os.fsencode(place)) > MAX_PATH:
        place = SHORT
    discard_abandoned(place)
    before = tempfile.tempdir, os.environ.get("TMPDIR")
    with tempfile.TemporaryDirectory(prefix=f"{PREFIX}{_machine()}-{os.getpid()}-", dir=place) as folder:
        tempfile.tempdir = os.environ["TMPDIR"] = folder
        try:
            yield Path(folder)
        finally:
            tempfile.tempdir = before[0]
            os.environ.pop("TMPDIR")
            if before[1] is not None:
                os.environ["TMPDIR"] = before[1]
