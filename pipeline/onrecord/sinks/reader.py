# SPDX-License-Identifier: Apache-2.0
"""Reads the records that a run wrote."""

from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO

from onrecord.data import versions
from onrecord.data.kinds import WrongKind, kinds
from onrecord.data.paths import is_remote
from onrecord.data.records import ArticleRecord, Record
from onrecord.sinks import FileSink, file_sinks
from onrecord.sinks.contents import SUMMARY

Opener = Callable[[], BinaryIO]


class ReadingError(Exception):
    """Records can't be read; the message says which, why, and what to do."""


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
    return _read(_files(folder, kind), kind)


def _files(folder: str | Path, kind: str) -> list[tuple[str, Opener]]:
    return _remote(str(folder), kind) if is_remote(str(folder)) else _local(Path(folder), kind)


def _sink_of(path: str) -> FileSink | None:
    return next((sink for sink in file_sinks() if path.endswith(sink.extension)), None)


def check_folder(folder: str) -> None:
    """Check that a folder is the output of a run.

    Raises:
        ReadingError: it does not exist, or nothing in it is of a run.
        OSError, ValueError: it can't be reached.
    """
    if is_remote(folder):
        from apache_beam.io.filesystems import FileSystems

        (match,) = FileSystems.match([FileSystems.join(folder, "**")], limits=[1])
        is_there = is_output = bool(match.metadata_list)
    else:
        is_there = Path(folder).is_dir()
        is_output = has_summary(folder) or any(Path(folder, name).exists() for name in kinds())
    if not is_there:
        raise ReadingError(f"{folder}: no such folder; give the --output folder of a run")
    if not is_output:
        raise ReadingError(
            f"{folder}: this is not the output of a run; give its --output folder, not a folder inside it"
        )


def has_summary(folder: str) -> bool:
    """Whether the run that wrote a folder has finished and left its summary there."""
    if not is_remote(folder):
        return Path(folder, SUMMARY).exists()
    from apache_beam.io.filesystems import FileSystems

    found: bool = FileSystems.exists(FileSystems.join(folder, SUMMARY))
    return found


def rows(folder: str | Path, kind: str, fields: Collection[str] | None = None) -> Iterator[dict[str, Any]]:
    """Yield the records of a kind in an output folder as plain values, in the order of the files' names; none if it has none.

    Args:
        folder: a local folder; where Beam is installed also ``gs://`` or ``s3://``.
        kind: name of the record kind.
        fields: names of the fields that are needed, so that others may be left out; all by default.

    Raises:
        ReadingError: a file can't be read, is truncated, or has other records.
    """
    with suppress(FileNotFoundError):
        for path, open_file in _files(folder, kind):
            sink = _sink_of(path)
            if sink is not None:
                with _naming(path), open_file() as file:
                    yield from sink.rows(file, kinds()[kind], fields)


@contextmanager
def _naming(path: str) -> Iterator[None]:
    """Name the file in whatever error a library raises for broken bytes."""
    try:
        yield
    except WrongKind as error:
        raise ReadingError(f"{path}: {error}") from error
    except Exception as error:
        reason = str(error) or type(error).__name__
        raise ReadingError(f"{path}: can't be read ({reason}); write the records again") from error


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
        return sorted(path for path, _ in _files(folder, kind) if _sink_of(path) is not None)
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
        sink = _sink_of(path)
        if sink is not None:
            with open_file() as file:
                yield from sink.read_records(file, kinds()[kind])
