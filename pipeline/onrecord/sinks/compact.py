# SPDX-License-Identifier: Apache-2.0
"""Merges the small files of a stream, while streams write and readers read; ``sinks.listing`` says how that is safe.

The files of one kind, hour, run and format become one file, so that the folders ``date=…/hour=…`` stay what they say. The records are
not sorted again: they are in the order of the files' names, as readers got them before.
"""

import hashlib
import re
import time
import uuid
from collections import defaultdict
from collections.abc import Iterator
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from typing import Any, BinaryIO

import msgspec
from apache_beam.io.filesystems import FileSystems

from onrecord.data.kinds import kinds
from onrecord.sinks.files import write_complete
from onrecord.sinks.listing import COMPACTED, Note, Part, RecordFile, note_name, note_names, notes, record_files
from onrecord.sinks.lock import Held, one_run
from onrecord.sinks.rewrite import RewriteError, check_version, like, records_in

# A file of a stream: its folder, the start and the end of its window, how it came about, and its run.
NAME = re.compile(
    r"(?P<folder>\w+/date=[\d-]+/hour=\d\d)/\w+-(?P<start>\d{8}T\d{6}Z)-(?P<end>\d{8}T\d{6}Z)"
    r"-(?:pane-\d{5,}-\d{5}-of-\d{5}|compact-[0-9a-f]{12})-(?P<run>[^/]+)",
    re.ASCII,
)
# A file is merged with smaller ones that have a quarter of its size together: otherwise each late article would have the records of its
# whole hour written again. So a record is written again a few times at most, and the number of files grows with the logarithm of the size.
MAX_GROWTH = 4
# For how long a note is kept after its files were deleted: a reader that listed them may be that slow, and a stream may write one of them
# again after a failure.
KEEP_SECONDS = 24 * 3600


@dataclass(frozen=True, slots=True)
class Merge:
    """Files that become one.

    Attributes:
        sources: the files, ordered by name.
        size: of all of them, in bytes.
    """

    sources: tuple[RecordFile, ...]
    size: int

    @property
    def name(self) -> str:
        """Path of the merged file below the output folder; the same for the same files."""
        parts = [_parts(source) for source in self.sources]
        start, end = min(part["start"] for part in parts), max(part["end"] for part in parts)
        digest = hashlib.sha256("\n".join(source.name for source in self.sources).encode()).hexdigest()[:12]
        first = self.sources[0]
        return (
            f"{parts[0]['folder']}/{first.kind}-{start}-{end}-compact-{digest}-{parts[0]['run']}{first.sink.extension}"
        )


def _parts(file: RecordFile) -> "re.Match[str]":
    found = _matched(file)
    assert found is not None, file.name
    return found


def _matched(file: RecordFile) -> "re.Match[str] | None":
    return NAME.fullmatch(file.name.removesuffix(file.sink.extension))


def alone(folder: str, command: str) -> AbstractContextManager[Held]:
    """Keep others out that delete files of a stream; streams and readers go on.

    Raises:
        FolderInUseError: another one is merging or deleting files.
    """
    return one_run(FileSystems.join(folder, COMPACTED), command)


def merges(folder: str, max_bytes: int) -> list[Merge]:
    """Return which files of a folder should be merged.

    Args:
        folder: the output folder of a stream.
        max_bytes: size of the files before they are merged, together; larger files are left alone.
    """
    found: list[Merge] = []
    for kind in kinds():
        groups: dict[tuple[str, str, str], list[RecordFile]] = defaultdict(list)
        with suppress(FileNotFoundError):
            for file in record_files(folder, kind):
                if (parts := _matched(file)) is not None:
                    groups[parts["folder"], parts["run"], file.sink.name].append(file)
        sizes = _sizes(folder, kind) if any(len(files) > 1 for files in groups.values()) else {}
        for files in groups.values():
            found += _merges([file for file in files if file.path in sizes], sizes, max_bytes)
    return found


def _merges(files: list[RecordFile], sizes: dict[str, int], max_bytes: int) -> Iterator[Merge]:
    ordered = sorted((file for file in files if sizes[file.path] < max_bytes), key=lambda file: sizes[file.path])
    while len(ordered) > 1 and sizes[ordered[-1].path] > MAX_GROWTH * sum(sizes[file.path] for file in ordered[:-1]):
        ordered.pop()
    chosen: list[RecordFile] = []
    size = 0
    for file in sorted(ordered, key=lambda file: file.name):
        if size + sizes[file.path] > max_bytes:
            yield from _merge(chosen, size)
            chosen, size = [], 0
        chosen.append(file)
        size += sizes[file.path]
    yield from _merge(chosen, size)


def _merge(files: list[RecordFile], size: int) -> Iterator[Merge]:
    if len(files) > 1:
        yield Merge(tuple(files), size)


def _sizes(folder: str, kind: str) -> dict[str, int]:
    (matched,) = FileSystems.match([FileSystems.join(folder, kind, "**")])
    return {file.path: file.size_in_bytes for file in matched.metadata_list}


def merge(folder: str, one: Merge) -> int:
    """Merge files, and return the size of the new file in bytes.

    Raises:
        RewriteError: a file can't be read, or was written by a later version of onrecord; nothing has changed.
        OSError: the file can't be written.
    """
    kind, now = one.sources[0].kind, int(time.time())
    earlier = {note.file: note.parts for note in notes(folder, kind)}
    parts: list[Part] = []

    def records() -> Iterator[Any]:
        position = 0
        for source in one.sources:
            first = position
            for record in records_in(source):
                check_version(record, source)
                position += 1
                yield record
            parts.append(Part(source.name, first, position - first, now))
            for part in earlier.get(source.name, ()):
                if part.replaced_at + KEEP_SECONDS > now:
                    parts.append(Part(part.name, first + part.first, part.count, part.replaced_at))

    def write(opened: BinaryIO) -> None:
        like(opened, one.sources[0].path)
        one.sources[0].sink.write_records(opened, kinds()[kind], records(), one.name)
        # Before the merged file has its name, with which it replaces the others.
        _write_note(folder, Note(one.name, tuple(parts)), one.sources[0].path)

    write_complete(folder, one.name, write, uuid.uuid4().hex, COMPACTED)
    _delete(folder, (source.name for source in one.sources))
    _delete(folder, (note_name(Note(source.name, ())) for source in one.sources if source.name in earlier))
    (matched,) = FileSystems.match([_path(folder, one.name)])
    return sum(file.size_in_bytes for file in matched.metadata_list)


def _write_note(folder: str, note: Note, model: str) -> None:
    def write(opened: BinaryIO) -> None:
        like(opened, model)
        opened.write(msgspec.json.encode(note))

    write_complete(folder, note_name(note), write, f"{uuid.uuid4().hex}.note", COMPACTED)


def tidy(folder: str, *, forget_replaced: bool = False) -> None:
    """Finish what a killed process left: delete replaced files and unfinished ones, and notes that nobody needs any more.

    Args:
        folder: the output folder.
        forget_replaced: whether all notes are deleted; only if nobody is reading.
    """
    now = time.time()
    for kind in kinds():
        found = notes(folder, kind)
        if not found:
            continue
        there = set(_sizes(folder, kind))
        merged = [note for note in found if _path(folder, note.file) in there]
        replaced = {part.name for note in merged for part in note.parts}
        _delete(folder, (name for name in replaced if _path(folder, name) in there))
        _delete(
            folder,
            (
                note_name(note)
                for note in found
                if forget_replaced
                or note not in merged
                or all(part.replaced_at + KEEP_SECONDS < now for part in note.parts)
            ),
        )
    left = set(_sizes(folder, COMPACTED)) - {_path(folder, name) for name in note_names(folder)}
    FileSystems.delete([path for path in left if not _is_lock(path)])


def _is_lock(path: str) -> bool:
    return path.endswith("/.lock") or "/.claims/" in path


def _path(folder: str, name: str) -> str:
    path: str = FileSystems.join(folder, *name.split("/"))
    return path


def _delete(folder: str, names: Iterator[str]) -> None:
    paths = [_path(folder, name) for name in names]
    if paths:
        FileSystems.delete(paths)


__all__ = ["Merge", "RewriteError", "alone", "merge", "merges", "tidy"]
