# SPDX-License-Identifier: Apache-2.0
"""Which files of an output folder hold its records: the one listing that every reader uses.

``onrecord compact`` merges files while others read and write. Before a merged file gets its name, a note in the folder ``.compacted``
says which files it replaces, and where in it their records are. From the moment that the merged file is there, the files that its note
names do not count, whether they are deleted yet or not. So at any time, also when the command was killed, every record counts once.
A file that is deleted after it was listed is read from the merged one.

Local folders are looked into without Beam, so that a command line can be checked quickly.
"""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

import msgspec

from onrecord.data.paths import is_remote
from onrecord.sinks import FileSink, file_sinks
from onrecord.sinks.contents import below

COMPACTED = ".compacted"  # folder of the notes, and of merged files that are not complete
MAX_LISTINGS = 5  # until the notes stay the same during one


class Part(msgspec.Struct, frozen=True, array_like=True):
    """Where the records of a replaced file are in the merged file.

    Attributes:
        name: path of the replaced file below the output folder.
        first: position of its first record, from 0.
        count: number of its records.
        replaced_at: when it was replaced, in seconds since 1970.
    """

    name: str
    first: int
    count: int
    replaced_at: int


class Note(msgspec.Struct, frozen=True):
    """What a merged file replaces; it counts once that file is there.

    Attributes:
        file: path of the merged file below the output folder.
        parts: the files that it replaces, also those that an earlier merged file among them had replaced.
    """

    file: str
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class RecordFile:
    """A file of records.

    Attributes:
        folder: the output folder.
        name: its path below the output folder, with slashes.
        kind: name of its record kind.
        sink: its format.
    """

    folder: str
    name: str
    kind: str
    sink: FileSink

    @property
    def path(self) -> str:
        """Where it is."""
        return _join(self.folder, self.name)

    def open(self) -> BinaryIO:
        """Open it for reading.

        Raises:
            FileNotFoundError: it was deleted since it was listed.
        """
        if not is_remote(self.folder):
            return Path(self.path).open("rb")
        from apache_beam.io.filesystem import CompressionTypes
        from apache_beam.io.filesystems import FileSystems

        try:
            return cast(BinaryIO, FileSystems.open(self.path, compression_type=CompressionTypes.UNCOMPRESSED))
        except Exception as error:  # every filesystem has its own errors
            if FileSystems.exists(self.path):
                raise
            raise FileNotFoundError(self.path) from error


def sink_of(path: str) -> FileSink | None:
    """Return the format of a file by its extension; None if no registered sink writes such files."""
    return next((sink for sink in file_sinks() if path.endswith(sink.extension)), None)


def record_files(folder: str, kind: str) -> list[RecordFile]:
    """Return the files that hold the records of a kind, ordered by name; no record is in two of them because of ``compact``.

    Args:
        folder: an output folder; where Beam is installed also ``gs://`` or ``s3://``.
        kind: name of the record kind.

    Raises:
        FileNotFoundError: there is no such folder, or it has no folder of that kind.
    """
    names = _counting(folder, kind)
    return [RecordFile(folder, name, kind, sink) for name in sorted(names) if (sink := sink_of(name)) is not None]


def _counting(folder: str, kind: str) -> set[str]:
    for _ in range(MAX_LISTINGS):
        before = note_names(folder)
        # The notes after the files: a file that is gone from the listing already has its merged file by then.
        found = _names(folder, kind)
        notes = _read(folder, before, kind)
        merged = {note.file for note in notes if note.file in found or _exists(folder, note.file)}
        replaced = {part.name for note in notes if note.file in merged for part in note.parts}
        if note_names(folder) == before:
            break
    return (found | merged) - replaced


def replacement(folder: str, kind: str, name: str) -> tuple[RecordFile, Part] | None:
    """Return the merged file with the records of a file that was deleted, and where they are in it; None if there is none."""
    for note in notes(folder, kind):
        for part in note.parts:
            sink = sink_of(note.file)
            if part.name == name and sink is not None and _exists(folder, note.file):
                return RecordFile(folder, note.file, kind, sink), part
    return None


def notes(folder: str, kind: str) -> list[Note]:
    """Return the notes about merged files of a kind, also of those that are not there."""
    return _read(folder, note_names(folder), kind)


def note_names(folder: str) -> list[str]:
    """Return the paths of all notes below the output folder."""
    found = below(_join(folder, COMPACTED))
    return sorted(f"{COMPACTED}/{name}" for name in found if name.endswith(".json") and "-compact-" in name)


def note_name(note: Note) -> str:
    """Return the path of a note below the output folder."""
    return f"{COMPACTED}/{note.file.rpartition('/')[2]}.json"


def _read(folder: str, names: list[str], kind: str) -> list[Note]:
    read = (_note(folder, name) for name in names if name.startswith(f"{COMPACTED}/{kind}-"))
    return [note for note in read if note is not None and note.file.startswith(f"{kind}/")]


def _note(folder: str, name: str) -> Note | None:
    """Return a note; None if it was deleted since it was listed."""
    try:
        if is_remote(folder):
            from apache_beam.io.filesystems import FileSystems

            with FileSystems.open(_join(folder, name)) as file:
                return msgspec.json.decode(file.read(), type=Note)
        return msgspec.json.decode(Path(_join(folder, name)).read_bytes(), type=Note)
    except msgspec.DecodeError as error:
        raise OSError(f"{_join(folder, name)}: this is not a note of 'onrecord compact' ({error})") from error
    except Exception:  # every filesystem has its own errors
        if _exists(folder, name):
            raise
        return None


def _names(folder: str, kind: str) -> set[str]:
    where = _join(folder, kind)
    if not is_remote(folder) and not os.path.isdir(where):
        raise FileNotFoundError(
            f"{folder}: there is no folder {kind!r} in it; give the --output of a backfill or stream"
        )
    found = {f"{kind}/{name}" for name in below(where) if is_remote(folder) or os.path.isfile(_join(where, name))}
    if is_remote(folder) and not found:
        raise FileNotFoundError(
            f"{folder}: there are no files of {kind!r} in it; give the --output of a backfill or stream"
        )
    return found


def _exists(folder: str, name: str) -> bool:
    if not is_remote(folder):
        return os.path.exists(_join(folder, name))
    from apache_beam.io.filesystems import FileSystems

    return bool(FileSystems.exists(_join(folder, name)))


def _join(folder: str, name: str) -> str:
    if not is_remote(folder):
        return os.path.join(folder, *name.split("/"))
    return f"{folder.rstrip('/')}/{name}"
