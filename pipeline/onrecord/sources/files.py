# SPDX-License-Identifier: Apache-2.0
"""Article messages from files on any of Beam's filesystems; the file extension determines the format."""

import pkgutil
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timezone
from itertools import islice
from typing import BinaryIO, TypeAlias, cast

import apache_beam as beam
from apache_beam.io import fileio
from apache_beam.io.filesystem import CompressionTypes, FileMetadata
from apache_beam.io.filesystems import FileSystems

from onrecord.data.message import Message
from onrecord.sources.floods import MessageLimit, TooManyMessages, collapsed
from onrecord.telemetry import metrics, progress

# The reader of each format, imported when a file needs it. It takes the open file, its path and the time of its last change.
FORMATS = {
    ".avro": "onrecord.sources.avro:read_messages",
    ".warc": "onrecord.sources.warc:read_messages",
    ".warc.gz": "onrecord.sources.warc:read_messages",
    ".warc.zst": "onrecord.sources.warc:read_messages",
}
JSON_LINES = "onrecord.sources.json_lines:read_messages"  # for all other extensions

CHECK_EVERY = 1_000  # messages between two looks at whether reading is to stop

Reader: TypeAlias = Callable[..., Iterator[Message]]


def _reader(path: str) -> Reader:
    reader: Reader = pkgutil.resolve_name(
        next((name for ending, name in FORMATS.items() if path.endswith(ending)), JSON_LINES)
    )
    return reader


def read_file(file: FileMetadata, max_messages: int | None = None) -> Iterator[Message]:
    """Yield the messages of a file; see ``read_messages`` of its format.

    The rest of a file with too many messages is one message with a ``problem``.

    Args:
        file: the path, the size and the time of the last change.
        max_messages: maximum number of lines, rows or records; by default one per stored byte, and at least 10,000.
    """
    changed_at = datetime.fromtimestamp(file.last_updated_in_seconds or 0, timezone.utc)
    limit = MessageLimit.of_size(file.size_in_bytes) if max_messages is None else MessageLimit(max_messages)
    with FileSystems.open(file.path, compression_type=CompressionTypes.UNCOMPRESSED) as stored:
        try:
            yield from _reader(file.path)(cast(BinaryIO, stored), file.path, changed_at, count=limit.count)
        except TooManyMessages as error:
            metrics.count(metrics.FLOODS)
            yield Message(b"", f"{file.path}:{limit.limit + 1}", changed_at, {}, str(error))


def _until_stopped(messages: Iterator[Message]) -> Iterator[Message]:
    """Yield messages until the command line asks the workers to stop reading."""
    while some := list(islice(messages, CHECK_EVERY)):
        yield from some
        if progress.is_stopping():
            return


@dataclass
class ReadFiles(beam.PTransform):  # type: ignore[misc]
    """Reads the messages of all matching files; one worker reads a file from start to end, so that messages can be numbered.

    Attributes:
        patterns: paths with ``*``, ``?`` and ``[...]``, as Beam's filesystems understand them.
        max_messages: maximum number of lines, rows or records per file; by default one per stored byte, and at least 10,000.
    """

    patterns: tuple[str, ...]
    max_messages: int | None = None

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
            | "Messages" >> beam.FlatMap(self._messages).with_output_types(Message)
        )

    def _messages(self, group: tuple[str, Iterable[FileMetadata]]) -> Iterator[Message]:
        if progress.is_stopping():
            return iter(())
        return collapsed(_until_stopped(read_file(next(iter(group[1])), self.max_messages)))
