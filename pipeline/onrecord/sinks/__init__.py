# SPDX-License-Identifier: Apache-2.0
"""Sinks of records: one module and one registration per sink.

``--sink`` names one. Another package adds a sink with an entry point in the group ``onrecord.sinks`` whose value is a ``Sink``, most
easily a ``FileSink``: a file format on top of the step that writes complete files by kind, shard, window and pane. Nothing in this
module needs Beam, so that records can be read without it.
"""

import functools
import pkgutil
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, BinaryIO

from onrecord.data.kinds import RecordKind
from onrecord.data.plugins import PluginError, registered
from onrecord.data.records import Record, to_avro
from onrecord.data.settings import OutputSettings
from onrecord.sinks import avro, parquet

if TYPE_CHECKING:
    import apache_beam as beam

ENTRY_POINTS = "onrecord.sinks"
# Not allowed in the name of an output folder: Beam's filesystems would treat it as a pattern, and so read or delete files of other folders.
GLOB_CHARACTERS = frozenset("*?[]")


@dataclass(frozen=True)
class Sink:
    """A destination for records of all kinds.

    Attributes:
        name: its name in ``--sink``.
        transform: ``package.module:function`` from a record kind's name and ``OutputSettings`` to the ``PTransform`` that writes a
            ``PCollection`` of such records. It is imported when the job is built.
        refusals: the runners that can't write there, by name, each with the reason and the way out; all others can.
    """

    name: str
    transform: str
    refusals: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}), kw_only=True)

    def write(self, kind: str, settings: OutputSettings) -> "beam.PTransform":
        """Return the step that writes records of one kind."""
        make: Callable[[str, OutputSettings], Any] = pkgutil.resolve_name(self.transform)
        return make(kind, settings)


@dataclass(frozen=True)
class FileSink(Sink):
    """A file format.

    Attributes:
        extension: file extension, with the dot.
        write_records: writes one whole file: gets the open file, the kind, its records in order, and the file's name below the output
            folder. Equal arguments must give equal bytes.
        read_records: gets the open file and the kind, and yields the records of the file.
        count_records: gets the open file and returns the number of its records; None if that takes as long as reading them.
        read_rows: gets the open file, the kind, and the names of some fields or None for all, and yields the records as plain values, with
            defaults for fields that the file lacks; raises ``WrongKind`` for other records. None if there is no quicker way than
            ``read_records``.
    """

    transform: str = field(default="onrecord.sinks.files:WriteFiles", init=False)
    extension: str
    write_records: Callable[[BinaryIO, RecordKind, Iterable[Record], str], None]
    read_records: Callable[[BinaryIO, RecordKind], Iterator[Any]]
    count_records: Callable[[BinaryIO], int] | None = None
    read_rows: Callable[[BinaryIO, RecordKind, Collection[str] | None], Iterator[dict[str, Any]]] | None = None

    def rows(self, file: BinaryIO, kind: RecordKind, fields: Collection[str] | None = None) -> Iterator[dict[str, Any]]:
        """Yield the records of a file as plain values; of some fields only, if they are given and that is quicker."""
        if self.read_rows is not None:
            return self.read_rows(file, kind, fields)
        return map(to_avro, self.read_records(file, kind))


AVRO = FileSink("avro", avro.EXTENSION, avro.write_records, avro.read_records, avro.count_records, avro.read_rows)
PARQUET = FileSink(
    "parquet",
    parquet.EXTENSION,
    parquet.write_records,
    parquet.read_records,
    parquet.count_records,
    parquet.read_rows,
)


@functools.cache
def sinks() -> Mapping[str, Sink]:
    """Return all sinks by name: the package's own, then those of other packages.

    Raises:
        PluginError: another package registers a sink that can't be used.
    """
    found: dict[str, Sink] = {}
    for sink in (AVRO, PARQUET, *registered(ENTRY_POINTS, Sink)):
        if sink.name in found:
            raise PluginError(f"sink {sink.name!r}: another package registers the same name")
        found[sink.name] = sink
    return MappingProxyType(found)


def file_sinks() -> tuple[FileSink, ...]:
    """Return the sinks that write files."""
    return tuple(sink for sink in sinks().values() if isinstance(sink, FileSink))


def file_sink(name: str) -> FileSink:
    """Return the sink with a name, which must be a file sink."""
    sink = sinks()[name]
    assert isinstance(sink, FileSink), name
    return sink
