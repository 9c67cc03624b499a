# SPDX-License-Identifier: Apache-2.0
"""Article messages from files on any of Beam's filesystems; the file extension determines the format."""

import pkgutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import BinaryIO, TypeAlias, cast

import apache_beam as beam
from apache_beam.io import fileio
from apache_beam.io.filesystem import CompressionTypes, FileMetadata
from apache_beam.io.filesystems import FileSystems

from onrecord.data.message import Message

# The reader of each format, imported when a file needs it. It takes the open file, its path and the time of its last change.
FORMATS = {
    ".avro": "onrecord.sources.avro:read_messages",
    ".warc": "onrecord.sources.warc:read_messages",
    ".warc.gz": "onrecord.sources.warc:read_messages",
    ".warc.zst": "onrecord.sources.warc:read_messages",
}
JSON_LINES = "onrecord.sources.json_lines:read_messages"  # for all other extensions

Reader: TypeAlias = Callable[[BinaryIO, str, datetime], Iterator[Message]]


def _reader(path: str) -> Reader:
    reader: Reader = pkgutil.resolve_name(
        next((name for ending, name in FORMATS.items() if path.endswith(ending)), JSON_LINES)
    )
    return reader


def read_file(file: FileMetadata) -> Iterator[Message]:
    """Yield the messages of a file; see ``read_messages`` of its format."""
    changed_at = datetime.fromtimestamp(file.last_updated_in_seconds or 0, timezone.utc)
    with FileSystems.open(file.path, compression_type=CompressionTypes.UNCOMPRESSED) as stored:
        yield from _reader(file.path)(cast(BinaryIO, stored), file.path, changed_at)


@dataclass
class ReadFiles(beam.PTransform):  # type: ignore[misc]
    """Reads the messages of all matching files; one worker reads a file from start to end, so that messages can be numbered.

    Attributes:
        patterns: paths with ``*``, ``?`` and ``[...]``, as Beam's filesystems understand them.
    """

    patterns: tuple[str, ...]

    def __post_init__(self) -> None:
        super().__init__()

    def expand(self, pbegin: beam.pvalue.PBegin) -> beam.PCollection[Message]:
        """Return the messages."""
        return (
            pbegin
            | "Patterns" >> beam.Create(self.patterns, reshuffle=False)  # Beam would pickle the time of each
            | "Match" >> fileio.MatchAll(fileio.EmptyMatchTreatment.DISALLOW)
            | "PerFile" >> beam.Map(lambda file: (file.path, file)).with_output_types(tuple[str, FileMetadata])
            | "OnceEach" >> beam.GroupByKey()
            | "Messages" >> beam.FlatMap(lambda group: read_file(next(iter(group[1])))).with_output_types(Message)
        )
