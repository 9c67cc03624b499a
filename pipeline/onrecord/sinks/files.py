# SPDX-License-Identifier: Apache-2.0
"""Writes records to files of any format, in a backfill or a stream. A file gets its final name only when it is complete.

A backfill writes one file per shard, a stream one per window, pane and shard. Beam's own sinks lose or overwrite records when a window
fires more than once; this one names a file by its content, so that a retry replaces only its own file, with the same bytes.
"""

import hashlib
import posixpath
import time
import uuid
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter
from typing import BinaryIO, cast

import apache_beam as beam
from apache_beam.io.filesystems import FileSystems
from apache_beam.transforms.window import BoundedWindow, IntervalWindow
from apache_beam.utils.timestamp import Timestamp
from apache_beam.utils.windowed_value import PaneInfo, WindowedValue

from onrecord.beam_internals import StableParDo
from onrecord.data.coders import CompressedCoder
from onrecord.data.kinds import kinds
from onrecord.data.records import Record, to_avro
from onrecord.data.settings import OutputSettings
from onrecord.sinks import AVRO, FileSink, file_sink
from onrecord.sinks.contents import TEMPORARY
from onrecord.telemetry import metrics, notices
from onrecord.telemetry.log import cause
from onrecord.telemetry.waiting import WAITING, waiting_key

RECORDS_PER_PACK = 256  # larger packs hardly compress better
RETRY_SECONDS = (1.0, 2.0, 4.0, 8.0, 15.0)  # between the tries of a stream to write a file
TIME = "%Y%m%dT%H%M%SZ"  # of a window's start and end in a file name: sortable, without colons and spaces


def shard_of(record: Record, shards: int) -> int:
    """Return the shard of a record, from 0: all records of an article have the same one, on every runner."""
    key: str = getattr(record, "article_id", record.record_id)
    return int.from_bytes(hashlib.sha256(key.encode("utf-8")).digest()[:8], "big") % shards


def file_name(kind: str, shard: int, shards: int, extension: str) -> str:
    """Return the path of a shard's file below the output folder."""
    return f"{kind}/{kind}-{shard:05d}-of-{shards:05d}{extension}"


def pane_file_name(
    kind: str, window: IntervalWindow, pane: int, shard: int, settings: OutputSettings, extension: str
) -> str:
    """Return the path of the file of a window's pane and shard below the output folder.

    Args:
        kind: name of the record kind.
        window: the window; the folders are named after its start, in UTC.
        pane: number of times that the window has fired before.
        shard: from 0.
        settings: the number of shards, and the run id; the next run counts panes from 0 again.
        extension: file extension, with the dot.
    """
    start, end = window.start.to_utc_datetime(), window.end.to_utc_datetime()
    folder = f"{kind}/date={start:%Y-%m-%d}/hour={start:%H}"
    shards = f"{shard:05d}-of-{settings.shards:05d}"
    return f"{folder}/{kind}-{start:{TIME}}-{end:{TIME}}-pane-{pane:05d}-{shards}-{settings.job}{extension}"


def _ordered(records: Iterable[Record]) -> Iterator[Record]:
    """Yield records ordered by id; those with the same id are ordered by their values."""
    by_id = attrgetter("record_id")
    for _, of_one_id in groupby(sorted(records, key=by_id), key=by_id):
        first, *others = of_one_id
        yield from sorted((first, *others), key=lambda record: repr(to_avro(record))) if others else (first,)


def write_file(output: str, name: str, kind: str, records: Iterable[Record], sink: FileSink = AVRO) -> None:
    """Write records to ``output/name``, ordered by id; equal records give equal bytes.

    The temporary file is in a folder that readers ignore.
    """
    write_complete(
        output, name, lambda file: sink.write_records(file, kinds()[kind], _ordered(records), name), uuid.uuid4().hex
    )


def write_complete(
    output: str, name: str, write: Callable[[BinaryIO], None], temporary_name: str, folder: str = TEMPORARY
) -> None:
    """Write ``output/name`` under a temporary name in a folder of the output, and rename it when it is closed.

    So the file is complete or absent.
    """
    final = FileSystems.join(output, *name.split("/"))
    temporary = FileSystems.join(output, folder, f"{temporary_name}{posixpath.splitext(name)[1]}")
    try:
        with FileSystems.create(temporary, "application/octet-stream") as file:
            write(cast(BinaryIO, file))
        with suppress(OSError):  # the folder exists, or the rename says what is wrong
            FileSystems.mkdirs(FileSystems.split(final)[0])
        FileSystems.rename([temporary], [final])
    except BaseException:
        with suppress(OSError):  # a full disk needs the space
            FileSystems.delete([temporary])
        raise


def write_patiently(write: Callable[[], None], name: str, sleep: Callable[[float], None] = time.sleep) -> None:
    """Write a file of a stream, and try again for a while if its disk is full or away: those who run it may make room.

    Args:
        write: writes the file.
        name: its name in notices.
        sleep: waits a number of seconds.

    Raises:
        OSError: it could not be written. Beam's local runner tries four times before it fails, which takes two minutes in all.
    """
    for seconds in RETRY_SECONDS:
        try:
            return write()
        except OSError as error:
            notices.say("unwritable", f"{name} can't be written, trying again in {seconds:,.0f} s: {cause(error)}")
        sleep(seconds)
    return write()


class PackFn(beam.DoFn):  # type: ignore[misc]
    """Compresses the records of a shard together, so that less data waits between two steps."""

    def __init__(self, record_type: type[Record], shards: int) -> None:
        self.shards = shards
        self.coder = CompressedCoder(tuple[record_type, ...])  # type: ignore[valid-type]

    def start_bundle(self) -> None:
        """Discard the packs of a failed bundle."""
        self.packs: dict[tuple[BoundedWindow, int], list[tuple[Timestamp, Record]]] = {}

    def process(
        self,
        record: Record,
        timestamp: Timestamp = beam.DoFn.TimestampParam,
        window: BoundedWindow = beam.DoFn.WindowParam,
    ) -> Iterator[WindowedValue]:
        """Add a record; yield its pack once that is full."""
        place = window, shard_of(record, self.shards)
        pack = self.packs.setdefault(place, [])
        pack.append((timestamp, record))
        if len(pack) >= RECORDS_PER_PACK:
            yield self._packed(*place)

    def finish_bundle(self) -> Iterator[WindowedValue]:
        """Yield the packs that are not full."""
        for place in list(self.packs):
            yield self._packed(*place)

    def _packed(self, window: BoundedWindow, shard: int) -> WindowedValue:
        pack = self.packs.pop((window, shard))
        earliest = min(timestamp for timestamp, _ in pack)
        encoded = self.coder.encode(tuple(record for _, record in pack))
        return WindowedValue((shard, encoded), earliest, (window,))


class WriteShardFn(beam.DoFn):  # type: ignore[misc]
    """Writes the records of one shard, or in a stream of one shard of one pane, and counts them when their file is complete."""

    def __init__(self, kind: str, record_type: type[Record], settings: OutputSettings) -> None:
        self.kind = kind
        self.settings = settings
        self.coder = CompressedCoder(tuple[record_type, ...])  # type: ignore[valid-type]

    def process(
        self,
        group: tuple[int, Iterable[bytes]],
        window: BoundedWindow = beam.DoFn.WindowParam,
        pane: PaneInfo = beam.DoFn.PaneInfoParam,
    ) -> Iterator[str]:
        """Yield the name of the file that was written; an empty pane has no file."""
        shard, packs = group
        records = [record for pack in packs for record in self.coder.decode(pack)]
        if not records:
            return
        sink = file_sink(self.settings.sink)
        if isinstance(window, IntervalWindow):
            name = pane_file_name(self.kind, window, pane.index, shard, self.settings, sink.extension)
            write_patiently(lambda: write_file(self.settings.folder, name, self.kind, records, sink), name)
        else:
            number = self.settings.split * self.settings.shards + shard
            name = file_name(self.kind, number, self.settings.files_per_kind, sink.extension)
            write_file(self.settings.folder, name, self.kind, records, sink)
        metrics.count(metrics.WRITTEN + self.kind, len(records))
        for record in records:
            WAITING.remove(waiting_key(record))
        yield name


@dataclass
class WriteFiles(beam.PTransform):  # type: ignore[misc]
    """Writes records of one kind to ``OUTPUT/KIND/KIND-SHARD-of-SHARDS.EXTENSION``; a shard without records has no file.

    Records in windows go to one file per window, pane and shard, below ``OUTPUT/KIND/date=YYYY-MM-DD/hour=HH/``. Panes must be
    discarding: no pane repeats the records of an earlier one.

    Attributes:
        kind: name of the record kind, which is also the name of its folder.
        settings: the output folder, which ``sinks.output_folder.prepare`` must have created, and the layout of its files.
    """

    kind: str
    settings: OutputSettings

    def __post_init__(self) -> None:
        super().__init__()

    def expand(self, records: beam.PCollection[Record]) -> beam.PCollection[str]:
        """Return the names of the files."""
        record_type = kinds()[self.kind].record_type
        write = WriteShardFn(self.kind, record_type, self.settings)
        par_do = StableParDo if self.settings.asks_for_stable_input else beam.ParDo
        return (
            records
            | "Pack" >> beam.ParDo(PackFn(record_type, self.settings.shards)).with_output_types(tuple[int, bytes])
            | "Group" >> beam.GroupByKey()
            | "Write" >> par_do(write).with_output_types(str)
        )
