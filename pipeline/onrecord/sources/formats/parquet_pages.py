# SPDX-License-Identifier: Apache-2.0
"""The sizes in the page headers of a Parquet file, checked before Arrow believes them: 31 kB can hold a page of 1 GB.

https://parquet.apache.org/docs/file-format/data-pages/
https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md
"""

from typing import Any, BinaryIO

from onrecord.sources.formats.avro_values import BrokenData, Data

# Decompressed. Writers aim at 1 MB, but Arrow's looks at the size only after each 1,024 values, which may be HTML pages of 400 kB.
MAX_PAGE_BYTES = 512 * 1024 * 1024
HEADER_BYTES = (4 * 1024, 1024 * 1024)  # a header may have the largest value of a page
MAX_HEADER_DEPTH = 8
# Numbers of fields in a page header.
UNCOMPRESSED_SIZE = 2
COMPRESSED_SIZE = 3
DATA_PAGE = 5
DATA_PAGE_V2 = 8
NUMBER_OF_VALUES = 1
_TRUE, _FALSE, _BYTE, _INTEGERS, _DOUBLE, _BINARY, _LISTS, _STRUCT = 1, 2, 3, (4, 5, 6), 7, 8, (9, 10), 12


def check_pages(file: BinaryIO, column: Any) -> None:
    """Check the pages of a column in a row group.

    Args:
        file: the file.
        column: the column's metadata, as Arrow returns it.

    Raises:
        BrokenData: a page is over the limit, or its header can't be read.
    """
    at = column.dictionary_page_offset or column.data_page_offset
    remaining = column.num_values
    while remaining > 0:
        header, size = _header(file, at)
        uncompressed, compressed = header.get(UNCOMPRESSED_SIZE, -1), header.get(COMPRESSED_SIZE, -1)
        if min(uncompressed, compressed) < 0:
            raise BrokenData("a page has no size")
        if max(uncompressed, compressed) > MAX_PAGE_BYTES:
            raise BrokenData(
                f"a page of {max(uncompressed, compressed):,} bytes is over the limit of {MAX_PAGE_BYTES:,}"
            )
        page = header.get(DATA_PAGE) or header.get(DATA_PAGE_V2) or {}
        remaining -= page.get(NUMBER_OF_VALUES, 0)
        at += size + compressed


def _header(file: BinaryIO, at: int) -> tuple[dict[int, Any], int]:
    """Return the numbers in a page header, and its size."""
    if at < 0:
        raise BrokenData("a page has no offset")
    for size in HEADER_BYTES:
        file.seek(at)
        data = Data(file.read(size))
        try:
            return _struct(data, 0), data.at
        except BrokenData:
            if len(data.data) < size:
                break
    raise BrokenData("a page header can't be read")


def _struct(data: Data, depth: int) -> dict[int, Any]:
    if depth > MAX_HEADER_DEPTH:
        raise BrokenData("a page header is nested too deeply")
    fields: dict[int, Any] = {}
    number = 0
    while (first := data.take(1)[0]) != 0:
        number = number + (first >> 4) if first >> 4 else data.long()
        fields[number] = _value(data, first & 0x0F, depth)
    return fields


def _value(data: Data, type_: int, depth: int) -> Any:
    if type_ in (_TRUE, _FALSE):
        return type_ == _TRUE
    if type_ in _INTEGERS:
        return data.long()  # the encoding is that of Avro
    if type_ == _STRUCT:
        return _struct(data, depth + 1)
    if type_ in _LISTS:
        return _list(data, depth)
    if type_ == _BINARY:
        return data.take(_unsigned(data))
    if type_ in (_BYTE, _DOUBLE):
        return data.take(1 if type_ == _BYTE else 8)
    raise BrokenData("a page header has a value of no known type")


def _list(data: Data, depth: int) -> list[Any]:
    first = data.take(1)[0]
    size = first >> 4 if first >> 4 < 15 else _unsigned(data)
    type_ = first & 0x0F
    if size > len(data.data):
        raise BrokenData("a page header states more values than it has")
    if type_ in (_TRUE, _FALSE):
        return list(data.take(size))
    return [_value(data, type_, depth + 1) for _ in range(size)]


def _unsigned(data: Data) -> int:
    number = data.long()
    return 2 * number if number >= 0 else -2 * number - 1
