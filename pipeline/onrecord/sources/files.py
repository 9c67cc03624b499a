"""Article messages from files, wherever Beam's filesystems read: JSON lines, or by the end of the name Avro or WARC."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import BinaryIO, cast

import apache_beam as beam
from apache_beam.io import fileio
from apache_beam.io.filesystem import CompressionTypes, FileMetadata
from apache_beam.io.filesystems import FileSystems

from onrecord.data.article import Message
from onrecord.sources import avro, json_lines

AVRO = ".avro"
WARC = (".warc", ".warc.gz", ".warc.zst")


def _reader(path: str) -> Callable[[BinaryIO, str, datetime], Iterator[Message]]:
    if path.endswith(WARC):
        from onrecord.sources import warc  # here, because few need what it imports

        return warc.read_messages
    return avro.read_messages if path.endswith(AVRO) else json_lines.read_messages


def read_file(file: FileMetadata) -> Iterator[Message]:
    """Yield the messages of a file; see ``read_messages`` of its format."""
    changed_at = datetime.fromtimestamp(file.last_updated_in_seconds or 0, timezone.utc)
    with FileSystems.open(file.path, compression_type=CompressionTypes.UNCOMPRESSED) as stored:
        yield from _reader(file.path)(cast(BinaryIO, stored), file.path, changed_at)


@dataclass
class ReadFiles(beam.PTransform):  # type: ignore[misc]
    """Reads the messages of all files that match; each file is read by one worker, from start to end, so that messages have numbers.

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
            | "Patterns" >> beam.Create(self.patterns)
            | "Match" >> fileio.MatchAll(fileio.EmptyMatchTreatment.DISALLOW)
            | "PerFile" >> beam.Map(lambda file: (file.path, file)).with_output_types(tuple[str, FileMetadata])
            | "OnceEach" >> beam.GroupByKey()
            | "Messages" >> beam.FlatMap(lambda group: read_file(next(iter(group[1])))).with_output_types(Message)
        )
