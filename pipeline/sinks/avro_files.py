"""Records to Avro files: one a shard, under its final name only when it is complete.

Beam's own sinks lose or overwrite records when a window fires more than once; this one names a file by what is in it, so that a
retry writes the same bytes over its own file and nothing else.
"""

import hashlib
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import apache_beam as beam
import fastavro
from apache_beam.io.filesystems import FileSystems
from apache_beam.transforms.window import BoundedWindow
from apache_beam.utils.timestamp import Timestamp
from apache_beam.utils.windowed_value import WindowedValue

from pipeline import __version__, schemas
from pipeline.coders import CompressedCoder
from pipeline.records import RECORD_TYPES, DeadLetter, Kind, Record, to_avro

CODEC = "deflate"  # every Avro reader has it
TEMPORARY = ".in-progress"
RECORDS_A_PACK = 256  # records of some articles share most of their words; more in a pack gain little
TYPE_OF: dict[Kind, type[Record]] = {record_type.kind: record_type for record_type in RECORD_TYPES}


def shard_of(record: Record, shards: int) -> int:
    """Return the shard of a record, from 0: all records of an article have the same one, on every runner."""
    key = record.dead_letter_id if isinstance(record, DeadLetter) else record.article_id
    return int.from_bytes(hashlib.sha256(key.encode("utf-8")).digest()[:8], "big") % shards


def file_name(kind: Kind, shard: int, shards: int) -> str:
    """Return the path of a shard's file below the output folder."""
    return f"{kind}/{kind}-{shard:05d}-of-{shards:05d}.avro"


def write_file(output: str, name: str, kind: Kind, records: Iterable[Record]) -> None:
    """Write records to ``output/name``, in the order of their ids; equal records give equal bytes.

    The file is written under another name, in a folder that no reader looks into, and renamed when it is closed.
    """
    ordered = sorted(records, key=lambda record: (record.record_id, repr(record)))
    temporary = FileSystems.join(output, TEMPORARY, f"{uuid.uuid4().hex}.avro")
    final = FileSystems.join(output, *name.split("/"))
    with FileSystems.create(temporary, "application/octet-stream") as file:
        fastavro.writer(
            file,
            schemas.schema(kind),
            (to_avro(record) for record in ordered),
            codec=CODEC,
            metadata={"onrecord.version": __version__},
            sync_marker=hashlib.md5(name.encode("utf-8"), usedforsecurity=False).digest(),
            strict=True,
        )
    FileSystems.rename([temporary], [final])


class PackFn(beam.DoFn):  # type: ignore[misc]
    """Packs the records of a shard together: what waits between two steps is then a fraction of their size."""

    def __init__(self, record_type: type[Record], shards: int) -> None:
        """Pack records of one kind."""
        self.shards = shards
        self.coder = CompressedCoder(tuple[record_type, ...])  # type: ignore[valid-type]

    def start_bundle(self) -> None:
        """Begin with no pack: what a failed bundle left behind is not ours."""
        self.packs: dict[tuple[BoundedWindow, int], list[tuple[Timestamp, Record]]] = {}

    def process(
        self,
        record: Record,
        timestamp: Timestamp = beam.DoFn.TimestampParam,
        window: BoundedWindow = beam.DoFn.WindowParam,
    ) -> Iterator[WindowedValue]:
        """Take a record in; yield the pack that it fills."""
        place = window, shard_of(record, self.shards)
        pack = self.packs.setdefault(place, [])
        pack.append((timestamp, record))
        if len(pack) >= RECORDS_A_PACK:
            yield self._packed(*place)

    def finish_bundle(self) -> Iterator[WindowedValue]:
        """Yield the packs that are left."""
        for place in list(self.packs):
            yield self._packed(*place)

    def _packed(self, window: BoundedWindow, shard: int) -> WindowedValue:
        pack = self.packs.pop((window, shard))
        earliest = min(timestamp for timestamp, _ in pack)
        encoded = self.coder.encode(tuple(record for _, record in pack))
        return WindowedValue((shard, encoded), earliest, (window,))


class WriteShardFn(beam.DoFn):  # type: ignore[misc]
    """Writes the records of one shard."""

    def __init__(self, kind: Kind, record_type: type[Record], output: str, shards: int) -> None:
        """Write below an output folder."""
        self.kind = kind
        self.output = output
        self.shards = shards
        self.coder = CompressedCoder(tuple[record_type, ...])  # type: ignore[valid-type]

    def process(self, group: tuple[int, Iterable[bytes]]) -> Iterator[str]:
        """Yield the name of the file that was written."""
        shard, packs = group
        name = file_name(self.kind, shard, self.shards)
        write_file(self.output, name, self.kind, (record for pack in packs for record in self.coder.decode(pack)))
        yield name


@dataclass
class WriteAvro(beam.PTransform):  # type: ignore[misc]
    """Records of one kind to ``OUTPUT/KIND/KIND-SHARD-of-SHARDS.avro``; a shard without records has no file.

    Attributes:
        kind: the kind, as its folder is called.
        output: the output folder, on any of Beam's filesystems; ``sinks.folder.prepare`` has made it.
        shards: files a kind.
    """

    kind: Kind
    output: str
    shards: int

    def __post_init__(self) -> None:
        super().__init__()

    def expand(self, records: beam.PCollection[Record]) -> beam.PCollection[str]:
        """Return the names of the files."""
        record_type = TYPE_OF[self.kind]
        write = WriteShardFn(self.kind, record_type, self.output, self.shards)
        return (
            records
            | "Pack" >> beam.ParDo(PackFn(record_type, self.shards)).with_output_types(tuple[int, bytes])
            | "Group" >> beam.GroupByKey()
            | "Write" >> beam.ParDo(write).with_output_types(str)
        )
