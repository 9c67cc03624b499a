# SPDX-License-Identifier: Apache-2.0
"""Article messages from Parquet files: a row is a message, its columns are the fields of the JSON object.

Arrow reads the file page by page and a few rows at a time. It believes the sizes that a file states, so that they are checked first:
memory is bounded by a few times ``MAX_PAGE_BYTES`` for each column. Arrow is tested against damaged files, as its own project does. If one
should crash it all the same, the worker process dies, which ends the job with an error.

https://parquet.apache.org/docs/file-format/
"""

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any, BinaryIO, cast

import pyarrow as pa
from pyarrow import parquet

from onrecord.data.message import Message
from onrecord.sources.content import uncompressed
from onrecord.sources.formats.avro_values import BrokenData
from onrecord.sources.formats.parquet_pages import check_pages
from onrecord.sources.formats.rows import LARGE, message_of
from onrecord.sources.stored_file import StoredFile

MAGIC = b"PAR1"
MAGIC_OF_ENCRYPTED = b"PARE"
TAIL_BYTES = 8  # the footer's size, and the magic bytes
MAX_FOOTER_BYTES = 64 * 1024 * 1024
# Columns, nested ones included; row groups. Arrow's stack overflows at some 10,000 nested columns.
MAX_LIST_ITEMS = 4_000
MAX_STRING_BYTES = 16 * 1024 * 1024  # in the footer
MAX_BATCH_BYTES = 16 * 1024 * 1024  # as stated
MAX_BATCH_ROWS = 100
MAX_COPY_BYTES = 4 * 1024 * 1024 * 1024
COPIED_BYTES = 1024 * 1024  # at once
BUFFER_BYTES = 256 * 1024  # per column


class BrokenFile(ValueError):
    """The file, or a part of it, can't be read; the message says why."""


def read_messages(file: StoredFile) -> Iterator[Message]:
    """Yield the message in each row of a Parquet file: a JSON object of the columns that are not null.

    What can't be read becomes a message with a ``problem``: the rows of a row group from a broken page on, or the whole file. A file that
    can't be searched, such as a pipe, is copied to a temporary one.
    """
    try:
        with _seekable(uncompressed(file.stored, file.path)) as data:
            yield from _messages(file, data)
    except BrokenFile as error:  # it can't be copied
        yield file.broken(f"it can't be read ({error})", b"", 0, 1)


def _messages(file: StoredFile, data: BinaryIO) -> Iterator[Message]:
    try:
        groups = _RowGroups(data)
    except BrokenFile as error:
        data.seek(0)
        yield file.broken(f"it can't be read ({error})", data.read(file.limit), 0, 1)
        return
    row = 0
    for group, number in enumerate(groups.sizes):
        behind = row + number
        try:
            for batch in groups.batches(group):
                for values in _rows(batch, file.limit):
                    row += 1
                    file.count()
                    yield message_of(values, file, row)
            if row != behind:
                raise BrokenFile(f"there are {row - behind + number:,} rows where {number:,} are stated")
        except BrokenFile as error:
            problem = f"rows {row + 1:,} to {behind:,} can't be read ({error})"
            yield file.broken(problem, *groups.stored(group, file.limit), row + 1)
        row = behind


@contextmanager
def _seekable(file: BinaryIO) -> Iterator[BinaryIO]:
    """Open a copy of a file that can't be searched.

    Raises:
        BrokenFile: it has too many bytes to be copied.
    """
    if file.seekable():
        yield file
        return
    with tempfile.TemporaryFile() as copy:
        while data := file.read(COPIED_BYTES):
            copy.write(data)
            if copy.tell() > MAX_COPY_BYTES:
                raise BrokenFile(f"it has over {MAX_COPY_BYTES:,} bytes and can't be searched: save it to a file")
        yield cast(BinaryIO, copy)


class _RowGroups:
    """The row groups of a Parquet file.

    Attributes:
        sizes: the number of rows in each.
    """

    def __init__(self, file: BinaryIO) -> None:
        """Read the footer.

        Raises:
            BrokenFile: there is none, or it can't be read.
        """
        _check_tail(file)
        self._file = file
        metadata = _called(self._opened).metadata
        self.sizes = [metadata.row_group(group).num_rows for group in range(metadata.num_row_groups)]
        if min(self.sizes, default=0) < 0:
            raise BrokenFile("a row group has a negative number of rows")
        # A text that is repeated in a million rows is stored once, and must not be in memory more than once.
        columns = [metadata.schema.column(column) for column in range(metadata.num_columns)]
        texts = [column.path for column in columns if column.physical_type == "BYTE_ARRAY" and "." not in column.path]
        self._parquet = _called(lambda: self._opened(read_dictionary=texts))

    def _opened(self, **options: Any) -> parquet.ParquetFile:
        return parquet.ParquetFile(
            self._file,
            pre_buffer=False,
            buffer_size=BUFFER_BYTES,
            coerce_int96_timestamp_unit="us",
            thrift_string_size_limit=MAX_STRING_BYTES,
            thrift_container_size_limit=MAX_LIST_ITEMS,
            page_checksum_verification=True,
            **options,
        )

    def batches(self, group: int) -> Iterator[pa.RecordBatch]:
        """Yield the rows of a row group, a few at a time.

        Raises:
            BrokenFile: the row group can't be read from here on.
        """
        for column in self._columns(group):
            _called(partial(check_pages, self._file, column))
        stated = _called(lambda: self._parquet.metadata.row_group(group).total_byte_size)
        rows = min(MAX_BATCH_ROWS, max(1, MAX_BATCH_BYTES * self.sizes[group] // max(1, stated)))
        batches = _called(lambda: self._parquet.iter_batches(rows, row_groups=[group], use_threads=False))
        while (batch := _called(lambda: next(batches, None))) is not None:
            yield batch

    def _columns(self, group: int) -> list[Any]:
        metadata = self._parquet.metadata.row_group(group)
        return [metadata.column(column) for column in range(metadata.num_columns)]

    def stored(self, group: int, limit: int) -> tuple[bytes, int]:
        """Return the bytes of a row group as stored, up to a limit, and their offset in the file."""
        columns = self._columns(group)
        start = max(0, min((column.dictionary_page_offset or column.data_page_offset for column in columns), default=0))
        self._file.seek(start)
        size = sum(column.total_compressed_size for column in columns)
        return self._file.read(max(0, min(size, limit))), start


def _check_tail(file: BinaryIO) -> None:
    size = file.seek(0, os.SEEK_END)
    file.seek(max(0, size - TAIL_BYTES))
    tail = file.read(TAIL_BYTES)
    if tail[-4:] == MAGIC_OF_ENCRYPTED:
        raise BrokenFile("it is encrypted")
    if tail[-4:] != MAGIC or size < len(MAGIC) + TAIL_BYTES:
        raise BrokenFile("it does not end as a Parquet file does: it is cut short, or has another format")
    footer = int.from_bytes(tail[:4], "little")
    if footer > min(MAX_FOOTER_BYTES, size - TAIL_BYTES):
        raise BrokenFile(f"its footer states a size of {footer:,} bytes")


def _called(function: Callable[[], Any]) -> Any:
    """Call a function of Arrow, which raises all kinds of errors on broken bytes.

    Raises:
        BrokenFile: in place of any of them, but for those of the file system.
    """
    try:
        return function()
    except OSError as error:
        if error.errno is not None:  # Arrow's own have none
            raise
        raise BrokenFile(_first_line(error)) from None
    except BrokenData as error:
        raise BrokenFile(str(error)) from None
    except Exception as error:
        raise BrokenFile(_first_line(error)) from None


def _first_line(error: Exception) -> str:
    text = str(error).partition("\n")[0][:200]
    return f"{type(error).__name__}: {text}"


def _rows(batch: pa.RecordBatch, limit: int) -> Iterator[dict[str, Any]]:
    columns = [_in_microseconds(column) for column in batch.columns]
    for row in range(batch.num_rows):
        yield {name: _column(column[row], limit) for name, column in zip(batch.schema.names, columns, strict=True)}


def _in_microseconds(column: pa.Array) -> pa.Array:
    """Return times as Python can hold them, in UTC; a column with others is returned as it is."""
    type_ = column.type
    try:
        if pa.types.is_timestamp(type_):
            return column.cast(pa.timestamp("us", "UTC" if type_.tz else None), safe=type_.unit != "ns")
        if pa.types.is_time64(type_) or pa.types.is_duration(type_):
            return column.cast(pa.time64("us") if pa.types.is_time64(type_) else pa.duration("us"), safe=False)
    except pa.ArrowInvalid:
        return column
    return column


def _column(value: pa.Scalar, limit: int) -> Any:
    """Return a value; of a text that makes the message too large in any case, the part that shows it."""
    text = value.value if isinstance(value, pa.DictionaryScalar) else value
    if isinstance(text, pa.BinaryScalar) and text.is_valid and text.as_buffer().size > LARGE * limit:
        return text.as_buffer()[: LARGE * limit + 1].to_pybytes()
    return _value(value)


def _value(value: pa.Scalar) -> Any:
    try:
        return value.as_py(maps_as_pydicts="lossy")
    except Exception:  # a text that is not UTF-8, a time that Python can't hold, a zone that is not known
        return _by_parts(value)


def _by_parts(value: pa.Scalar) -> Any:
    """Return what can be held of a value; a time that can't be is a number in an object with its type's name."""
    type_ = value.type
    if not value.is_valid:
        return None
    if isinstance(value, pa.DictionaryScalar):
        return _value(value.value)
    if isinstance(value, pa.MapScalar):
        return {_value(pair["key"]): _value(pair["value"]) for pair in value.values}
    if isinstance(value, pa.ListScalar):
        return [_value(item) for item in value.values]
    if isinstance(value, pa.StructScalar):
        return {field.name: _value(value[index]) for index, field in enumerate(type_)}
    if isinstance(value, pa.BinaryScalar):
        return value.as_buffer().to_pybytes()
    if pa.types.is_temporal(type_):
        return {str(type_): value.value}
    return {"unreadable": str(type_)}
