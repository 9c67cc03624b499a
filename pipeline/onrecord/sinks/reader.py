# SPDX-License-Identifier: Apache-2.0
"""Reads the records that a run wrote."""

from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import closing, contextmanager, suppress
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO

from onrecord.data import versions
from onrecord.data.kinds import WrongKind, kinds
from onrecord.data.paths import is_remote
from onrecord.data.records import ArticleRecord, Record
from onrecord.sinks.contents import SUMMARY
from onrecord.sinks.listing import RecordFile, record_files, replacement, sink_of

Read = Callable[[RecordFile, BinaryIO], Iterator[Any]]
MAX_MOVES = 5  # of the records of one file to another while they are looked for


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
    return _each(record_files(str(folder), kind), _read_records)


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

    def read(file: RecordFile, opened: BinaryIO) -> Iterator[dict[str, Any]]:
        with _naming(file.path):
            yield from file.sink.rows(opened, kinds()[kind], fields)

    found: list[RecordFile] = []
    with suppress(FileNotFoundError):
        found = record_files(str(folder), kind)
    try:
        yield from _each(found, read)
    except OSError as error:
        raise _unreadable(error.filename or str(folder), error) from error


@contextmanager
def _naming(path: str) -> Iterator[None]:
    """Name the file in whatever error a library raises for broken bytes."""
    try:
        yield
    except WrongKind as error:
        raise ReadingError(f"{path}: {error}") from error
    except Exception as error:
        raise _unreadable(path, error) from error


def _unreadable(path: str, error: Exception) -> ReadingError:
    return ReadingError(f"{path}: can't be read ({str(error) or type(error).__name__}); write the records again")


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
        return [file.path for file in record_files(folder, kind)]
    return []


def records_of(path: str, kind: str) -> Iterator[Any]:
    """Return the records of one of the files that ``paths`` returned, also if it was merged with others since."""
    folder, _, name = path.rpartition(f"/{kind}/")
    sink = sink_of(path)
    assert sink is not None, path
    return _each([RecordFile(folder, f"{kind}/{name}", kind, sink)], _read_records)


def _read_records(file: RecordFile, opened: BinaryIO) -> Iterator[Any]:
    return file.sink.read_records(opened, kinds()[file.kind])


def _each(files: Iterable[RecordFile], read: Read) -> Iterator[Any]:
    """Yield what ``read`` gives for each file, also for those that ``compact`` has merged since they were listed."""
    with closing(_Merged(read)) as merged:
        for file in files:
            try:
                opened = file.open()
            except FileNotFoundError as error:
                yield from merged.records(file, error)
                continue
            with opened:
                yield from read(file, opened)


class _Merged:
    """Reads the records of files that were deleted from the merged files that replace them.

    The files of a folder are asked for in the order of their names, which is that of their records in the merged file: it is read once.
    """

    def __init__(self, read: Read) -> None:
        self._read = read
        self._file: RecordFile | None = None
        self._opened: BinaryIO | None = None
        self._records: Iterator[Any] = iter(())
        self._position = 0

    def records(self, file: RecordFile, error: FileNotFoundError) -> Iterator[Any]:
        """Yield the records of a deleted file.

        Raises:
            FileNotFoundError: no file replaces it.
        """
        for _ in range(MAX_MOVES):
            found = replacement(file.folder, file.kind, file.name)
            if found is None:
                break
            merged, part = found
            with suppress(FileNotFoundError):  # it was merged once more
                self._go_to(merged, part.first)
                for record in islice(self._records, part.count):
                    self._position += 1
                    yield record
                return
        raise error

    def _go_to(self, file: RecordFile, position: int) -> None:
        if self._file != file or self._position > position:
            self.close()
            self._opened = file.open()
            self._file, self._records, self._position = file, self._read(file, self._opened), 0
        for _ in islice(self._records, position - self._position):
            self._position += 1

    def close(self) -> None:
        """Close the merged file."""
        if self._opened is not None:
            self._opened.close()
        self._file = self._opened = None
