# SPDX-License-Identifier: Apache-2.0
"""Reads the records that a run wrote."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO

from onrecord.data import versions
from onrecord.data.kinds import kinds
from onrecord.data.paths import is_remote
from onrecord.data.records import ArticleRecord, Record
from onrecord.sinks import file_sinks

Opener = Callable[[], BinaryIO]


def records(folder: str | Path, kind: str) -> Iterator[Any]:
    """Return the records of a kind in an output folder of ``backfill`` or ``stream``, in the order of the files' names.

    Files of every format that a registered sink writes are read.

    Args:
        folder: a local folder; where Beam is installed also ``gs://`` or ``s3://``.
        kind: name of the record kind, such as ``quotes``.

    Returns:
        Records of the kind's dataclass: ``ArticleRecord``, ``EntityRecord``, ``QuoteRecord``, ``StanceRecord`` or ``DeadLetter``.

    Raises:
        ValueError: there is no such kind.
        FileNotFoundError: there is no such folder, or it has no folder of that kind.
    """
    if kind not in kinds():
        raise ValueError(f"unknown record kind {kind!r}; choose one of {', '.join(kinds())}")
    files = _remote(str(folder), kind) if is_remote(str(folder)) else _local(Path(folder), kind)
    return _read(files, kind)


def newest_only(folder: str | Path) -> Callable[[Record], bool]:
    """Return whether a record is of the newest text of its article, for ``filter(newest_only("out"), records("out", "quotes"))``.

    A newer text has a later ``updated_at``, or else ``published_at``, then a later ``received_at``, then a greater hash. Where a folder
    has no articles, every record counts as newest.

    Args:
        folder: the output folder of ``backfill`` or ``stream`` whose articles decide.
    """
    try:
        articles: Iterable[ArticleRecord] = records(folder, ArticleRecord.kind)
    except FileNotFoundError:
        articles = ()
    return versions.newest_only(articles)


def paths(folder: str, kind: str) -> list[str]:
    """Return the files of a kind's records in an output folder, sorted; none if there are none."""
    with suppress(FileNotFoundError):
        files = _remote(folder, kind) if is_remote(folder) else _local(Path(folder), kind)
        return sorted(path for path, _ in files if any(path.endswith(sink.extension) for sink in file_sinks()))
    return []


def _local(folder: Path, kind: str) -> list[tuple[str, Opener]]:
    if not (folder / kind).is_dir():
        raise FileNotFoundError(
            f"{folder}: there is no folder {kind!r} in it; give the --output of a backfill or stream"
        )

    def opener(path: Path) -> Opener:
        return lambda: path.open("rb")

    return [(str(path), opener(path)) for path in sorted((folder / kind).rglob("*")) if path.is_file()]


def _remote(folder: str, kind: str) -> list[tuple[str, Opener]]:
    from apache_beam.io.filesystem import CompressionTypes
    from apache_beam.io.filesystems import FileSystems

    def opener(path: str) -> Opener:
        return lambda: FileSystems.open(path, compression_type=CompressionTypes.UNCOMPRESSED)

    (match,) = FileSystems.match([FileSystems.join(folder, kind, "**")])
    if not match.metadata_list:
        raise FileNotFoundError(
            f"{folder}: there are no files of {kind!r} in it; give the --output of a backfill or stream"
        )
    return [(path, opener(path)) for path in sorted(file.path for file in match.metadata_list)]


def _read(files: Iterable[tuple[str, Opener]], kind: str) -> Iterator[Any]:
    for path, open_file in files:
        sink = next((sink for sink in file_sinks() if path.endswith(sink.extension)), None)
        if sink is not None:
            with open_file() as file:
                yield from sink.read_records(file, kinds()[kind])
