# SPDX-License-Identifier: Apache-2.0
"""One run per output folder: a second one is refused when it starts.

On a disk the kernel locks a file, and unlocks it when the process ends, however that happens. Other filesystems have no locks: there
every run writes a claim, a small file of its own, and renews it. The first claim wins, and one that was not renewed for minutes is that
of a killed run. Nothing is imported here that the lock of a disk does not need, since that is slow.
"""

import errno
import fcntl
import json
import os
import platform
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import datetime, timezone
from typing import Protocol

import msgspec

from onrecord.data.paths import is_remote

LOCK = ".lock"  # file in a folder on a disk
CLAIMS = ".claims"  # folder in other folders
RENEW_SECONDS = 60.0
MAX_SILENT_SECONDS = 300  # since a claim was renewed: a few renewals may fail
SETTLE_SECONDS = 2.0  # in which claims that are written at the same time become visible to each other
MAX_RELEASE_SECONDS = 10.0
MAX_HOLDER_BYTES = 4096
MAX_LISTINGS = 100
NO_LOCKS = frozenset({errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP, errno.ENOTSUP, errno.EINVAL})
HINT = "wait for its end, stop it, or give another folder"


class FolderInUseError(OSError):
    """Another run is writing to a folder; the text says which, and the way out."""


@dataclass(frozen=True, slots=True)
class Holder:
    """Who uses a folder: command, process, machine, and the time of its start in UTC."""

    command: str
    pid: int
    host: str
    started: str

    def __str__(self) -> str:
        return f"onrecord {self.command}, process {self.pid} on {self.host}, since {self.started}"


def _this_process(command: str) -> Holder:
    return Holder(command, os.getpid(), platform.node(), f"{datetime.now(timezone.utc):%Y-%m-%d %H:%M:%S} UTC")


def _refusal(folder: str, holder: Holder | None, hint: str = HINT) -> FolderInUseError:
    return FolderInUseError(
        f"{folder}: another run is writing to this folder ({holder or 'it has just started'}); {hint}"
    )


class Held(Protocol):
    """A folder that this process writes to."""

    def release(self) -> None:
        """Let others use the folder."""

    def check(self) -> None:
        """Check that no other run took the folder for abandoned.

        Raises:
            FolderInUseError: one did.
        """


def _holder_of(contents: bytes) -> Holder | None:
    with suppress(msgspec.DecodeError):
        return msgspec.json.decode(contents, type=Holder)
    return None


class _LockedFile:
    """The lock of a folder on a disk."""

    def __init__(self, folder: str) -> None:
        self._folder = folder
        self._path = os.path.join(folder, LOCK)
        self._file = -1

    def acquire(self, holder: Holder) -> None:
        """Lock the file; this and ``release`` agree on which file has the name, since the latter deletes it.

        Raises:
            FolderInUseError: another process has locked it.
            OSError: it can't be created, or the disk has no locks.
        """
        os.makedirs(self._folder, exist_ok=True)
        while True:
            # Workers must not inherit it: one that outlives a killed run would keep the lock.
            self._file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o666)
            try:
                fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                if self._is_current():
                    break
            except BlockingIOError:
                found = os.pread(self._file, MAX_HOLDER_BYTES, 0)
                os.close(self._file)
                raise _refusal(self._folder, _holder_of(found)) from None
            except OSError:
                os.close(self._file)
                raise
            os.close(self._file)
        os.ftruncate(self._file, 0)
        os.pwrite(self._file, json.dumps(asdict(holder)).encode(), 0)

    def _is_current(self) -> bool:
        with suppress(FileNotFoundError):
            return os.path.samestat(os.fstat(self._file), os.lstat(self._path))
        return False

    def release(self) -> None:
        """Delete the file, while it is still locked, and unlock it."""
        if self._file >= 0:
            with suppress(OSError):
                os.unlink(self._path)
            os.close(self._file)
            self._file = -1

    def check(self) -> None:
        """Nobody else can have it."""


def _is_locked(folder: str) -> Holder | bool:
    """Return who has locked a folder on a disk, or whether somebody has, without changing anything."""
    try:
        file = os.open(os.path.join(folder, LOCK), os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    except OSError:
        return False
    try:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return _holder_of(os.pread(file, MAX_HOLDER_BYTES, 0)) or True
    except OSError:
        return False
    finally:
        os.close(file)
    return False


class _Stored(msgspec.Struct):
    """The contents of a claim; ``renewed`` is the time of the run's machine, in seconds since 1970."""

    holder: Holder | None = None
    renewed: float = 0.0


@dataclass(frozen=True, slots=True)
class _Found:
    """A claim in a folder; ``renewed`` is the time of the filesystem, if it has one, so that it is the same clock for all claims."""

    path: str
    renewed: float
    stored: _Stored

    @property
    def name(self) -> str:
        return self.path.replace(os.sep, "/").rpartition("/")[2]

    @property
    def is_held(self) -> bool:
        """Whether its run has the folder, or has had it."""
        return not self.name.endswith(_claim_name("", 0))


def _claim_name(run: str, number: int) -> str:
    return f"{run}-{number}.json"


def _listed(folder: str) -> dict[str, float]:
    """Return when the files of all claims were written, by their paths."""
    from apache_beam.io.filesystems import FileSystems

    (matched,) = FileSystems.match([FileSystems.join(folder, CLAIMS, "*.json")])
    return {file.path: file.last_updated_in_seconds or 0.0 for file in matched.metadata_list}


def _stored(path: str) -> _Stored | None:
    from apache_beam.io.filesystems import FileSystems

    try:
        with FileSystems.open(path) as opened:
            return msgspec.json.decode(opened.read(MAX_HOLDER_BYTES), type=_Stored)
    except OSError:
        return None
    except msgspec.DecodeError:
        return _Stored()


def _claims(folder: str) -> list[_Found]:
    """Return all claims; those that are renewed while they are listed could be missed, so two listings must agree.

    Raises:
        OSError: the claims can't be read.
    """
    for _ in range(MAX_LISTINGS):
        listed = _listed(folder)
        found = [
            _Found(path, written or stored.renewed, stored)
            for path, written in listed.items()
            if (stored := _stored(path)) is not None
        ]
        if len(found) == len(listed) and _listed(folder).keys() == listed.keys():
            return found
    raise OSError(f"{folder}: the claims in the folder {CLAIMS} can't be read")


class _Claim:
    """The claim of a run to a folder without locks.

    Its file number 0 says that the run would like to have the folder, those after it that it has it. A file is not overwritten, which some
    filesystems refuse, but written under the next number.
    """

    def __init__(self, folder: str) -> None:
        self._folder = folder
        self._run = uuid.uuid4().hex
        self._number = -1  # of the newest file
        self._holder: Holder | None = None
        self._writing = threading.Lock()
        self._over = threading.Event()
        self._is_lost = False

    def _path(self, number: int) -> str:
        from apache_beam.io.filesystems import FileSystems

        return str(FileSystems.join(self._folder, CLAIMS, _claim_name(self._run, number)))

    def acquire(self, holder: Holder) -> None:
        """Claim the folder.

        Raises:
            FolderInUseError: another run has an older claim.
            OSError: the claim can't be written or read.
        """
        self._holder = holder
        try:
            self._write()
            self._over.wait(SETTLE_SECONDS)
            self._compare(_claims(self._folder))
            self._write()
        except BaseException:
            self.release()
            raise
        threading.Thread(target=self._keep_renewing, name="renew-claim", daemon=True).start()

    def _compare(self, found: list[_Found]) -> None:
        """Check that no other claim is older, and delete those of killed runs.

        Raises:
            FolderInUseError: one is older.
        """
        from apache_beam.io.filesystems import FileSystems

        own = next((claim for claim in found if claim.name == _claim_name(self._run, 0)), None)
        if own is None:
            raise OSError(f"{self._path(0)}: the claim to the folder was written, and is not there")
        for other in (claim for claim in found if claim is not own):
            if own.renewed - other.renewed > MAX_SILENT_SECONDS:
                with suppress(OSError):  # another run deletes it too
                    FileSystems.delete([other.path])
            elif other.is_held or (other.renewed, other.name) < (own.renewed, own.name):
                wait = f"wait for its end, or stop it; if it was killed, wait {MAX_SILENT_SECONDS // 60} minutes"
                raise _refusal(self._folder, other.stored.holder, f"{wait}, or delete {other.path}")

    def _write(self) -> None:
        from apache_beam.io.filesystems import FileSystems

        with suppress(OSError):  # the folder exists, or creating the file says what is wrong
            FileSystems.mkdirs(FileSystems.join(self._folder, CLAIMS))
        number = self._number + 1
        with FileSystems.create(self._path(number), "application/json") as file:
            file.write(msgspec.json.encode(_Stored(self._holder, time.time())))
        self._number = number
        if number:
            with suppress(OSError):  # it counts for minutes only
                FileSystems.delete([self._path(number - 1)])

    def _keep_renewing(self) -> None:
        while not self._over.wait(RENEW_SECONDS):
            with suppress(Exception):  # every filesystem has its own errors; the next time it may work
                self._renew()

    def _renew(self) -> None:
        """Show that the run is alive; a claim that is gone was taken for that of a killed run."""
        from apache_beam.io.filesystems import FileSystems

        with self._writing:
            if not self._over.is_set() and not self._is_lost:
                self._is_lost = not FileSystems.exists(self._path(self._number))
                if not self._is_lost:
                    self._write()

    def release(self) -> None:
        """Delete the claim."""
        from apache_beam.io.filesystems import FileSystems

        self._over.set()
        # A renewal that hangs must not keep the run from ending; every filesystem has its own errors. What is left counts for minutes only.
        is_writing = not self._writing.acquire(timeout=MAX_RELEASE_SECONDS)
        with suppress(Exception):
            FileSystems.delete([self._path(self._number)])
        if not is_remote(self._folder):
            with suppress(OSError):  # another run has a claim in it
                os.rmdir(os.path.join(self._folder, CLAIMS))
        if not is_writing:
            self._writing.release()

    def check(self) -> None:
        """Check that no other run took the folder for abandoned.

        Raises:
            FolderInUseError: one did.
        """
        self._renew()
        if self._is_lost:
            raise FolderInUseError(
                f"{self._folder}: this run did not renew its claim for {MAX_SILENT_SECONDS // 60} minutes, and another one took the"
                " folder, which may have records of both; run the command again into another folder"
            )


def _acquired(folder: str, holder: Holder) -> Held:
    if not is_remote(folder):
        lock = _LockedFile(folder)
        try:
            lock.acquire(holder)
            return lock
        except OSError as error:
            if error.errno not in NO_LOCKS:
                raise
    claim = _Claim(folder)
    claim.acquire(holder)
    return claim


@contextmanager
def one_run(folder: str, command: str) -> Iterator[Held]:
    """Keep other runs out of a folder while the block runs.

    Args:
        folder: the output folder, which is created.
        command: the command of this run, as others see it.

    Raises:
        FolderInUseError: another run is writing to the folder.
        OSError: the folder can't be written to.
    """
    held = _acquired(folder, _this_process(command))
    try:
        yield held
    finally:
        held.release()


def problem(folder: str) -> str | None:
    """Return why a run into a folder would be refused, or None; nothing is changed."""
    if not is_remote(folder):
        locked = _is_locked(folder)
        if locked:
            return str(_refusal(folder, locked if isinstance(locked, Holder) else None))
        if not os.path.isdir(os.path.join(folder, CLAIMS)):
            return None
    now = time.time()
    for claim in _claims(folder):
        if now - claim.renewed <= MAX_SILENT_SECONDS:
            return str(_refusal(folder, claim.stored.holder))
    return None
