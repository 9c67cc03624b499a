# SPDX-License-Identifier: Apache-2.0
"""Prepares the output folder before a run, and tidies it afterwards."""

import json
import os
from collections.abc import Collection, Mapping
from dataclasses import replace
from fnmatch import fnmatchcase
from typing import BinaryIO, cast

from apache_beam.io.filesystem import BeamIOError, CompressionTypes
from apache_beam.io.filesystems import FileSystems

from onrecord.data.forgotten import FILE_NAME, ForgottenList, ForgottenListError
from onrecord.data.kinds import extracted, kinds
from onrecord.data.settings import ExtractionSettings, OutputSettings
from onrecord.sinks import FileSink, file_sinks, sinks
from onrecord.sinks.contents import SUMMARY, TEMPORARY
from onrecord.sinks.manifest import MANIFEST
from onrecord.sinks.reader import paths

FILES = "{kind}-?????-of-?????{extension}"  # matches the names of sinks.files.file_name


def _paths(pattern: str) -> list[str]:
    return [file.path for matched in FileSystems.match([pattern]) for file in matched.metadata_list]


def clear(output: str) -> None:
    """Delete the files of an earlier run: complete and unfinished ones, and the summary."""
    for kind in kinds():
        for sink in file_sinks():
            names = FILES.format(kind=kind, extension=sink.extension)
            FileSystems.delete(_paths(FileSystems.join(output, kind, names)))
    for name in (SUMMARY, MANIFEST):
        FileSystems.delete(_paths(FileSystems.join(output, name)))
    discard_unfinished(output)


def exists(output: str, name: str) -> bool:
    """Whether there is a file in a folder."""
    found: bool = FileSystems.exists(FileSystems.join(output, name))
    return found


def discard_unfinished(output: str, but: str = "") -> None:
    """Delete the files that a run left under temporary names.

    Args:
        output: the output folder.
        but: name of a subfolder that is left alone, on a disk.
    """
    folder = FileSystems.join(output, TEMPORARY)
    if but:
        others = [os.path.join(folder, name) for name in os.listdir(folder) if name != but]
        FileSystems.delete(others)
        return
    try:
        FileSystems.delete([folder])
    except BeamIOError:
        if FileSystems.exists(folder):
            raise


def prepare(output: str, extract: Collection[str] | None = None) -> None:
    """Create the folders that files are written to; object stores have no folders.

    Args:
        output: the output folder.
        extract: the record kinds that are extracted; all by default. Those that every run writes have folders in any case.
    """
    wanted = (name for name in kinds() if extract is None or name in extract or name not in extracted())
    for name in (*wanted, TEMPORARY):
        folder = FileSystems.join(output, name)
        if not FileSystems.exists(folder):
            FileSystems.mkdirs(folder)


def files_of_run(settings: OutputSettings, kind: str) -> list[str]:
    """Return the paths of a run's files of one kind, in order; none if its sink writes no files."""
    sink = sinks()[settings.sink]
    if not isinstance(sink, FileSink):
        return []
    name = f"*-{settings.job}" if settings.job else f"{kind}/{kind}-?????-of-{settings.files_per_kind:05d}"
    return [path for path in paths(settings.folder, kind) if fnmatchcase(path, f"*{name}{sink.extension}")]


def stored_records(settings: OutputSettings) -> dict[str, int] | None:
    """Return the number of records in a run's files, by kind; None if its sink can't count them quickly."""
    sink = sinks()[settings.sink]
    if not isinstance(sink, FileSink) or sink.count_records is None:
        return None
    counts: dict[str, int] = {}
    for kind in kinds():
        for path in files_of_run(settings, kind):
            with FileSystems.open(path, compression_type=CompressionTypes.UNCOMPRESSED) as file:
                counts[kind] = counts.get(kind, 0) + sink.count_records(cast(BinaryIO, file))
    return counts


def write_json(output: str, name: str, values: Mapping[str, object]) -> None:
    """Write values to ``output/name``; the file is complete or absent."""
    temporary = FileSystems.join(output, TEMPORARY, name)
    with FileSystems.create(temporary, "application/json") as file:
        file.write(f"{json.dumps(values, indent=2)}\n".encode())
    FileSystems.rename([temporary], [FileSystems.join(output, name)])


def read_forgotten(path: str) -> ForgottenList:
    """Return the list of forgotten articles in a file.

    Raises:
        ForgottenListError: the file contains something else; the text names it.
        OSError: the file can't be read.
    """
    with FileSystems.open(path, compression_type=CompressionTypes.UNCOMPRESSED) as file:
        try:
            return ForgottenList.from_json(file.read())
        except ForgottenListError as error:
            raise ForgottenListError(f"{path}: {error}") from None


def refusing_forgotten(extraction: ExtractionSettings, output: str) -> ExtractionSettings:
    """Return settings that also refuse the articles on the list in an output folder, if there is one.

    Raises:
        ForgottenListError: the file contains something else.
        OSError: the file can't be read.
    """
    path = FileSystems.join(output, FILE_NAME)
    if not FileSystems.exists(path):
        return extraction
    return replace(extraction, forgotten=(*extraction.forgotten, read_forgotten(path)))
