# SPDX-License-Identifier: Apache-2.0
"""The manifest of a backfill on this machine: what was read, and the files that were written, split by split.

It is a file of JSON lines in the output folder: a header, then a line for each split, added when its files are complete. Nothing here
needs Beam for a folder on a disk.
"""

import hashlib
import os
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import BinaryIO, cast

import msgspec

from onrecord.data.paths import is_remote

MANIFEST = "manifest.jsonl"
VERSION = 1  # of the format of the file
UNKNOWN = ""  # in place of the SHA-256 of a file that is being rewritten
CHUNK_BYTES = 1 << 20


class ManifestError(ValueError):
    """A manifest can't be read; the text says why, and the way out."""


class Header(msgspec.Struct, frozen=True):
    """The first line.

    Attributes:
        manifest: version of the format.
        onrecord: version of the program.
        settings: the options that determine the records, by their names.
        splits: number of splits.
    """

    manifest: int
    onrecord: str
    settings: dict[str, str]
    splits: int


class Part(msgspec.Struct, frozen=True):
    """The messages of one input file that are in a split.

    Attributes:
        path: the file, as it was given.
        size: stored bytes; 0 for a pipe.
        changed_at: seconds since 1970.
        start: number of the first message, from 0; of equal messages in a row, those after the hundredth count as one.
        end: number behind the last one.
    """

    path: str
    size: int
    changed_at: float
    start: int
    end: int


class WrittenFile(msgspec.Struct, frozen=True):
    """A file of records.

    Attributes:
        name: its path below the output folder, with slashes.
        size: its bytes.
        sha256: of its bytes, in hexadecimal; ``UNKNOWN`` while it is rewritten.
    """

    name: str
    size: int
    sha256: str


class Entry(msgspec.Struct, frozen=True):
    """A split whose files are complete.

    Attributes:
        split: its number, from 0.
        input: what it consists of.
        counts: metrics, by the names in ``telemetry.metrics``.
        files: the files that were written.
        seconds: how long the run, and those that it resumed, had taken by then.
    """

    split: int
    input: list[Part]
    counts: dict[str, int]
    files: list[WrittenFile]
    seconds: float


@dataclass(frozen=True)
class Manifest:
    """The manifest in an output folder: the header, and the entries of the splits that are done, by their numbers."""

    header: Header
    entries: dict[int, Entry]


def _path(output: str) -> str:
    if not is_remote(output):
        return os.path.join(output, MANIFEST)
    from apache_beam.io.filesystems import FileSystems

    return str(FileSystems.join(output, MANIFEST))


def opened(path: str) -> BinaryIO:
    """Open a file for reading, local or remote.

    Raises:
        FileNotFoundError: there is no such file.
        OSError: it can't be read.
    """
    if not is_remote(path):
        return open(path, "rb")  # noqa: PTH123 - the caller closes it
    from apache_beam.io.filesystem import CompressionTypes
    from apache_beam.io.filesystems import FileSystems

    if not FileSystems.exists(path):
        raise FileNotFoundError(path)
    return cast(BinaryIO, FileSystems.open(path, compression_type=CompressionTypes.UNCOMPRESSED))


def hashed(path: str, name: str) -> WrittenFile:
    """Return a file's entry.

    Args:
        path: the file.
        name: its path below the output folder.

    Raises:
        OSError: it can't be read.
    """
    digest, size = hashlib.sha256(), 0
    with opened(path) as file:
        while chunk := file.read(CHUNK_BYTES):
            digest.update(chunk)
            size += len(chunk)
    return WrittenFile(name, size, digest.hexdigest())


def _write(output: str, contents: bytes) -> None:
    """Write the whole file; on a disk it is complete or absent, and object stores replace objects at once."""
    if is_remote(output):
        from apache_beam.io.filesystems import FileSystems

        with FileSystems.create(_path(output), "application/octet-stream") as remote:
            remote.write(contents)
        return
    temporary = f"{_path(output)}.new"
    with open(temporary, "wb") as file:  # noqa: PTH123
        file.write(contents)
        file.flush()
        os.fsync(file.fileno())
    os.replace(temporary, _path(output))


def _line(value: Header | Entry) -> bytes:
    return msgspec.json.encode(value) + b"\n"


def start(output: str, header: Header) -> None:
    """Write a manifest without splits."""
    _write(output, _line(header))


def add(output: str, entry: Entry) -> None:
    """Add a split. A line that was cut by a kill is left out by ``read``, and overwritten here."""
    if is_remote(output):
        with opened(_path(output)) as remote:
            before = remote.read()
        _write(output, before + _line(entry))
        return
    with open(_path(output), "r+b") as file:  # noqa: PTH123
        file.seek(_end(file))
        file.truncate()
        file.write(_line(entry))
        file.flush()
        os.fsync(file.fileno())


def _end(file: BinaryIO) -> int:
    """Return where the last whole line ends."""
    position = file.seek(0, os.SEEK_END)
    while position:
        start = max(0, position - CHUNK_BYTES)
        file.seek(start)
        found = file.read(position - start).rfind(b"\n")
        if found >= 0:
            return start + found + 1
        position = start
    return 0


def _lines(output: str) -> Iterator[bytes]:
    with opened(_path(output)) as file:
        for line in file:
            if line.endswith(b"\n"):
                yield line


def read(output: str) -> Manifest | None:
    """Return the manifest in an output folder; None if there is none.

    Raises:
        ManifestError: it is something else, or of a later version.
        OSError: it can't be read.
    """
    try:
        lines = list(_lines(output))
    except FileNotFoundError:
        return None
    try:
        header = msgspec.json.decode(lines[0], type=Header) if lines else None
        entries = [msgspec.json.decode(line, type=Entry) for line in lines[1:]]
    except msgspec.DecodeError as error:
        raise ManifestError(f"{_path(output)}: this is not a manifest ({error}); was it edited?") from None
    if header is None or header.manifest > VERSION:
        version = "nothing" if header is None else f"version {header.manifest}"
        raise ManifestError(f"{_path(output)}: has {version} where onrecord reads version {VERSION}; upgrade onrecord")
    return Manifest(header, {entry.split: entry for entry in entries})


def invalidate(output: str, names: Collection[str]) -> None:
    """Note in the manifest of a folder, if it has one, that some of its files are about to be rewritten.

    Args:
        output: the folder.
        names: paths of the files below it.

    Raises:
        ManifestError: the manifest can't be read.
    """
    _replace(output, {name: WrittenFile(name, 0, UNKNOWN) for name in names})


def renew(output: str) -> None:
    """Note what the files are now that were rewritten, also by a process that was killed.

    Raises:
        ManifestError: the manifest can't be read.
        OSError: a file can't be read.
    """
    manifest = read(output)
    files = [file for entry in manifest.entries.values() for file in entry.files] if manifest else []
    changed: dict[str, WrittenFile | None] = {}
    for name in (file.name for file in files if file.sha256 == UNKNOWN):
        try:
            changed[name] = hashed(os.path.join(output, name), name)
        except FileNotFoundError:
            changed[name] = None
    _replace(output, changed)


def _replace(output: str, changed: Mapping[str, WrittenFile | None]) -> None:
    manifest = read(output)
    if manifest is None or not changed:
        return
    lines = [_line(manifest.header)]
    for entry in manifest.entries.values():
        files = [changed.get(file.name, file) for file in entry.files]
        lines.append(_line(msgspec.structs.replace(entry, files=[file for file in files if file is not None])))
    _write(output, b"".join(lines))
