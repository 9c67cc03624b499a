# SPDX-License-Identifier: Apache-2.0
"""A filesystem for Beam with the files of this machine, below ``flaky://``, and with the errors that a test asks for."""

import io
from collections.abc import Callable, Iterator
from typing import Any

from apache_beam.io.filesystem import CompressionTypes, FileMetadata, FileSystem
from apache_beam.io.localfilesystem import LocalFileSystem

SCHEME = "flaky"
PREFIX = f"{SCHEME}://"
BLOCK_BYTES = 256  # read at once


class FlakyDisk:
    """What goes wrong, and what was asked for. There is one for the process; a test resets it.

    Attributes:
        before_open: called with the path of a file that is opened.
        before_read: called with the path and the offset of each read.
        before_list: called before a folder is listed.
        lists: how often a folder was listed.
    """

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Make everything work again."""
        self.before_open: Callable[[str], None] = lambda path: None
        self.before_read: Callable[[str, int], None] = lambda path, offset: None
        self.before_list: Callable[[], None] = lambda: None
        self.lists = 0


DISK = FlakyDisk()


class _FlakyFile(io.FileIO):
    """An open file whose reads may fail; as on a disk, what comes before a bad block is read."""

    def read(self, size: int | None = -1) -> bytes:
        found = bytearray()
        while size is None or size < 0 or len(found) < size:
            try:
                DISK.before_read(str(self.name), self.tell())
            except Exception:
                if found:
                    break
                raise
            left = BLOCK_BYTES if size is None or size < 0 else min(BLOCK_BYTES, size - len(found))
            block = super().read(left)
            if not block:
                break
            found += block
        return bytes(found)

    def readinto(self, buffer: Any) -> int:
        block = self.read(len(buffer))
        buffer[: len(block)] = block
        return len(block)


def _local(path: str) -> str:
    return path.removeprefix(PREFIX)


class FlakyFileSystem(FileSystem):  # type: ignore[misc]
    """Reads the files of this machine."""

    _on_this_machine = LocalFileSystem(None)

    @classmethod
    def scheme(cls) -> str:
        return SCHEME

    def join(self, base: str, *parts: str) -> str:
        return "/".join((base.rstrip("/"), *parts))

    def split(self, path: str) -> tuple[str, str]:
        head, _, tail = path.rpartition("/")
        return head, tail

    def has_dirs(self) -> bool:
        return True

    def _list(self, folder: str) -> Iterator[FileMetadata]:
        DISK.lists += 1
        DISK.before_list()
        for found in self._on_this_machine._list(_local(folder)):
            yield FileMetadata(PREFIX + found.path, found.size_in_bytes, found.last_updated_in_seconds)

    def open(self, path: str, mime_type: str = "", compression_type: str = CompressionTypes.AUTO) -> io.BufferedReader:
        DISK.before_open(_local(path))
        return io.BufferedReader(_FlakyFile(_local(path)), BLOCK_BYTES)

    def exists(self, path: str) -> bool:
        return bool(self._on_this_machine.exists(_local(path)))

    def size(self, path: str) -> int:
        return int(self._on_this_machine.size(_local(path)))

    def last_updated(self, path: str) -> float:
        return float(self._on_this_machine.last_updated(_local(path)))

    def metadata(self, path: str) -> FileMetadata:
        return FileMetadata(path, self.size(path), self.last_updated(path))

    def checksum(self, path: str) -> str:
        return str(self.size(path))

    def create(self, path: str, *arguments: object) -> Any:
        raise NotImplementedError

    def mkdirs(self, path: str) -> None:
        raise NotImplementedError

    def copy(self, *arguments: object) -> None:
        raise NotImplementedError

    def rename(self, *arguments: object) -> None:
        raise NotImplementedError

    def delete(self, paths: list[str]) -> None:
        raise NotImplementedError
