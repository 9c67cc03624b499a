# SPDX-License-Identifier: Apache-2.0
"""Takes records out of the files of an output folder; every file is complete or absent at any time."""

import os
import re
import stat
import uuid
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from typing import Any, BinaryIO

from apache_beam.io.filesystem import CompressionTypes
from apache_beam.io.filesystems import FileSystems

from onrecord.data.forgotten import FILE_NAME
from onrecord.data.kinds import kinds
from onrecord.data.paths import is_remote
from onrecord.data.records import DeadLetter, Record
from onrecord.sinks import GLOB_CHARACTERS
from onrecord.sinks.contents import SUMMARY, TEMPORARY
from onrecord.sinks.files import write_complete
from onrecord.sinks.listing import COMPACTED, RecordFile, record_files
from onrecord.sinks.lock import CLAIMS, LOCK
from onrecord.sinks.manifest import MANIFEST
from onrecord.version import __version__

PREFIX = "forget-"  # of temporary names, so that what a killed process left is told apart from a run that is writing
# End of the name of a stream's file, without the extension.
RUN = re.compile(r"-(?:pane-\d{5,}-\d{5}-of-\d{5}|compact-[0-9a-f]{12})-(.+)")


class RewriteError(RuntimeError):
    """A folder has something in it that can't be rewritten; the text says what, and the way out."""


def records_in(file: RecordFile) -> Iterator[Any]:
    """Yield the records of a file.

    Raises:
        RewriteError: it can't be read.
    """
    try:
        with file.open() as opened:
            yield from file.sink.read_records(opened, kinds()[file.kind])
    except Exception as error:  # every format has its own errors
        raise RewriteError(
            f"{file.path}: can't be read ({type(error).__name__}); repair or delete the file, then run the command again"
        ) from error


def summary_of(file: RecordFile) -> str:
    """Return the name of the summary of the run that wrote a file."""
    run = RUN.search(file.name.removesuffix(file.sink.extension))
    return f"summary-{run[1]}.json" if run else SUMMARY


def check_version(record: Record, file: RecordFile) -> None:
    """Check that a record has no fields of a later version, which would be lost.

    Raises:
        RewriteError: it may have.
    """
    made_by = record if isinstance(record, DeadLetter) else getattr(record, "provenance", None)
    version: str = getattr(made_by, "pipeline_version", "")
    if version != __version__ and _numbers(version) > _numbers(__version__):
        raise RewriteError(
            f"{file.path}: written by onrecord {version}, which may have fields that {__version__} would lose; upgrade"
        )


def _numbers(version: str) -> list[int]:
    return [int(part) for part in version.split(".") if part.isdecimal()]


def like(opened: BinaryIO, model: str) -> None:
    """Give a new local file the permissions of another one."""
    if hasattr(opened, "fileno") and os.path.exists(model):
        os.fchmod(opened.fileno(), stat.S_IMODE(os.stat(model).st_mode))


@dataclass(frozen=True)
class Folder:
    """An output folder of ``backfill`` or ``stream``, on any of Beam's filesystems."""

    output: str

    @cached_property
    def files(self) -> tuple[RecordFile, ...]:
        """The files of records, ordered by name.

        Raises:
            RewriteError: a file is a link, or its name is a pattern.
        """
        found = []
        for kind in kinds():
            with suppress(FileNotFoundError):
                found += record_files(self.output, kind)
        for file in found:
            if os.path.islink(file.path):
                raise RewriteError(f"{file.path}: this is a link; replace it by the file that it points to")
            if set(file.name) & GLOB_CHARACTERS:
                raise RewriteError(f"{file.path}: rename the file to a name without * ? [ ]")
        return tuple(sorted(found, key=lambda file: file.name))

    @cached_property
    def unsearched(self) -> tuple[str, ...]:
        """The paths of files and links that are not searched: of unknown formats and kinds, and outside the kinds' folders."""
        known = {file.path for file in self.files}
        own = [
            FileSystems.join(self.output, name)
            for name in (TEMPORARY, COMPACTED, "replayed", "summary", FILE_NAME, LOCK, CLAIMS, MANIFEST)
        ]
        others = {path for path in self._below("") if path not in known and not any(map(path.startswith, own))} | {
            path for kind in kinds() for path in self._below(kind) if path not in known
        }
        return tuple(sorted(others | set(self._linked_folders())))

    def _linked_folders(self) -> Iterator[str]:
        """Yield the folders that are links, which a listing does not enter; those of the kinds themselves are entered."""
        roots = [self.output, *(os.path.join(self.output, kind) for kind in kinds())]
        for root in roots if not is_remote(self.output) else ():
            for parent, folders, _ in os.walk(root):
                for path in (os.path.join(parent, name) for name in folders):
                    if os.path.islink(path) and path not in roots:
                        yield path

    def _below(self, name: str) -> list[str]:
        (matched,) = FileSystems.match([FileSystems.join(self.output, *filter(None, (name, "**")))])
        return [file.path for file in matched.metadata_list]

    def unfinished(self) -> list[str]:
        """Return the files under temporary names that are not this module's: a run is writing, or was killed."""
        return [path for path in self._below(TEMPORARY) if not _base(path).startswith(PREFIX)]

    def discard_leftovers(self) -> None:
        """Delete the temporary files that a killed process of this module left."""
        left = [path for path in self._below(TEMPORARY) if _base(path).startswith(PREFIX)]
        FileSystems.delete(left)
        with suppress(OSError):  # not empty, or not local
            os.rmdir(os.path.join(self.output, TEMPORARY))

    def read(self, name: str) -> bytes | None:
        """Return the contents of a file that is not of records; None if there is none."""
        path = FileSystems.join(self.output, name)
        if not FileSystems.exists(path):
            return None
        with FileSystems.open(path, compression_type=CompressionTypes.UNCOMPRESSED) as file:
            contents: bytes = file.read()
        return contents

    def replace(self, name: str, contents: bytes) -> None:
        """Write a file that is not of records; it gets the permissions of the one that it replaces, or of the records."""
        self._write(name, lambda file: file.write(contents))

    def without(self, file: RecordFile, is_removed: Callable[[Record], bool], is_emptied: bool) -> None:
        """Rewrite a file without some of its records; all others are unchanged and in the same order.

        Args:
            file: the file.
            is_removed: whether a record is removed.
            is_emptied: whether all are, in which case the file is deleted.
        """
        if is_emptied:
            FileSystems.delete([file.path])
            return
        kept = (record for record in records_in(file) if not is_removed(record))
        self._write(file.name, lambda opened: file.sink.write_records(opened, kinds()[file.kind], kept, file.name))

    def _write(self, name: str, write: Callable[[BinaryIO], Any]) -> None:
        before = FileSystems.join(self.output, *name.split("/"))
        model = next((path for path in (before, *(file.path for file in self.files)) if os.path.exists(path)), before)

        def write_like(opened: BinaryIO) -> None:
            like(opened, model)
            write(opened)

        write_complete(self.output, name, write_like, f"{PREFIX}{uuid.uuid4().hex}")


def _base(path: str) -> str:
    return path.replace("\\", "/").rpartition("/")[2]
