"""Records to Avro files, in a backfill and in a stream: each under its final name only when it is complete.

A backfill writes a file a shard, a stream a file a window, pane and shard. Beam's own sinks lose or overwrite records when a window
fires more than once; this one names a file by what is in it, so that a retry writes the same bytes over its own file and nothing else.
"""

import hashlib
import uuid
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter
from typing import Any

import apache_beam as beam
import fastavro
from apache_beam.io.filesystems import FileSystems
from apache_beam.transforms.window import BoundedWindow, IntervalWindow
from apache_beam.utils.timestamp import Timestamp
from apache_beam.utils.windowed_value import PaneInfo, WindowedValue

from onrecord import __version__
from onrecord.beam_internals import StableParDo
from onrecord.data import schemas
from onrecord.data.coders import CompressedCoder
from onrecord.data.records import RECORD_TYPES, DeadLetter, Kind, Record, to_avro

CODEC = "deflate"  # every Avro reader has it
TEMPORARY = ".in-progress"
RECORDS_A_PACK = 256  # records of some articles share most of their words; more in a pack gain little
TIME = "%Y%m%dT%H%M%SZ"  # of a window's ends, in a file's name: no colon, no blank, and it sorts
TYPE_OF: dict[Kind, type[Record]] = {record_type.kind: record_type for record_type in RECORD_TYPES}


def shard_of(record: Record, shards: int) -> int:
    """Return the shard of a record, from 0: all records of an article have the same one, on every runner."""
    key = record.dead_letter_id if isinstance(record, DeadLetter) else record.article_id
    return int.from_bytes(hashlib.sha256(key.encode("utf-8")).digest()[:8], "big") % shards


def file_name(kind: Kind, shard: int, shards: int) -> str:
    """Return the path of a shard's file below the output folder."""
    return f"{kind}/{kind}-{shard:05d}-of-{shards:05d}.avro"


def pane_file_name(kind: Kind, window: IntervalWindow, pane: int, shard: int, shards: int, job: str) -> str:
    """Return the path of the file of a window's pane and shard below the output folder.

    Args:
        kind: the kind of record.
        window: from its start, in UTC, come the folders.
        pane: how many times the window has fired before.
        shard: from 0.
        shards: of how many.
        job: the start of the pipeline that writes; panes are counted from 0 again in the next one.
    """
    start, end = window.start.to_utc_datetime(), window.end.to_utc_datetime()
    folder = f"{kind}/date={start:%Y-%m-%d}/hour={start:%H}"
    return f"{folder}/{kind}-{start:{TIME}}-{end:{TIME}}-pane-{pane:05d}-{shard:05d}-of-{shards:05d}-{job}.avro"


def _ordered(records: Iterable[Record]) -> Iterator[dict[str, Any]]:
    """Yield records as Avro has them, in the order of their ids; those of one id in that of what they say."""
    by_id = attrgetter("record_id")
    for _, of_one_id in groupby(sorted(records, key=by_id), key=by_id):
        yield from sorted(map(to_avro, of_one_id), key=repr)


def write_file(output: str, name: str, kind: Kind, records: Iterable[Record]) -> None:
    """Write records to ``output/name``, in the order of their ids; equal records give equal bytes.

    The file is written under another name, in a folder that no reader looks into, and renamed when it is closed.
    """
    temporary = FileSystems.join(output, TEMPORARY, f"{uuid.uuid4().hex}.avro")
    final = FileSystems.join(output, *name.split("/"))
    with FileSystems.create(temporary, "application/octet-stream") as file:
        fastavro.writer(
            file,
            schemas.schema(kind),
            _ordered(records),
            codec=CODEC,
            metadata={"onrecord.version": __version__},
            sync_marker=hashlib.md5(name.encode("utf-8"), usedforsecurity=False).digest(),
            strict=True,
        )
    with suppress(OSError):  # it is there already, or the rename says what is wrong
        FileSystems.mkdirs(FileSystems.split(final)[0])
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
    """Writes the records of one shard, or in a stream of one shard of one pane."""

    def __init__(self, kind: Kind, record_type: type[Record], output: str, shards: int, job: str) -> None:
        """Write below an output folder."""
        self.kind = kind
        self.output = output
        self.shards = shards
        self.job = job
        self.coder = CompressedCoder(tuple[record_type, ...])  # type: ignore[valid-type]

    def process(
        self,
        group: tuple[int, Iterable[bytes]],
        window: BoundedWindow = beam.DoFn.WindowParam,
        pane: PaneInfo = beam.DoFn.PaneInfoParam,
    ) -> Iterator[str]:
        """Yield the name of the file that was written; a pane in which nothing came gives none."""
        shard, packs = group
        records = [record for pack in packs for record in self.coder.decode(pack)]
        if not records:
            return
        if isinstance(window, IntervalWindow):
            name = pane_file_name(self.kind, window, pane.index, shard, self.shards, self.job)
        else:
            name = file_name(self.kind, shard, self.shards)
        write_file(self.output, name, self.kind, records)
        yield name


@dataclass
class WriteAvro(beam.PTransform):  # type: ignore[misc]
    """Records of one kind to ``OUTPUT/KIND/KIND-SHARD-of-SHARDS.avro``; a shard without records has no file.

    Records in windows go to a file for each window, pane and shard, below ``OUTPUT/KIND/date=YYYY-MM-DD/hour=HH/``. Panes must be
    discarding: what one has written is not in the next.

    Attributes:
        kind: the kind, as its folder is called.
        output: the output folder, on any of Beam's filesystems; ``sinks.folder.prepare`` has made it.
        shards: files a kind, or a pane of a kind.
        job: in a stream, what tells its files from those of an earlier start with the same output folder.
        asks_for_stable_input: whether the runner must be told that a file is written again with the same records or not at all.
    """

    kind: Kind
    output: str
    shards: int
    job: str = ""
    asks_for_stable_input: bool = False

    def __post_init__(self) -> None:
        super().__init__()

    def expand(self, records: beam.PCollection[Record]) -> beam.PCollection[str]:
        """Return the names of the files."""
        record_type = TYPE_OF[self.kind]
        write = WriteShardFn(self.kind, record_type, self.output, self.shards, self.job)
        par_do = StableParDo if self.asks_for_stable_input else beam.ParDo
        return (
            records
            | "Pack" >> beam.ParDo(PackFn(record_type, self.shards)).with_output_types(tuple[int, bytes])
            | "Group" >> beam.GroupByKey()
            | "Write" >> par_do(write).with_output_types(str)
        )
