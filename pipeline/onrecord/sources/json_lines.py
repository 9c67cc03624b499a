# SPDX-License-Identifier: Apache-2.0
"""Article messages from JSON-lines files, plain, gzip or Zstandard."""

import gzip
import zlib
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import BinaryIO

import zstandard

from onrecord.data.message import MAX_MESSAGE_BYTES, Message
from onrecord.sources.floods import no_limit

CHUNK = 1 << 20
ZSTD_CHUNK = 1 << 12  # a small frame can expand 30,000-fold, so little is fed in at a time
BYTE_ORDER_MARK = b"\xef\xbb\xbf"
CARRIAGE_RETURN = b"\r"
# Errors of a broken archive: it is cut short, has a wrong checksum, or is not an archive of this format.
BROKEN_ARCHIVE = (EOFError, zlib.error, zstandard.ZstdError, gzip.BadGzipFile)


def _zstd_chunks(file: BinaryIO) -> Iterator[bytes]:
    frame = None
    waiting = b""
    while data := waiting or file.read(ZSTD_CHUNK):
        if frame is None:
            frame = zstandard.ZstdDecompressor().decompressobj()
        yield frame.decompress(data)
        waiting = frame.unused_data if frame.eof else b""
        if frame.eof:
            frame = None
    if frame is not None:
        raise EOFError("the archive ends in the middle of a frame")


def chunks(file: BinaryIO, path: str) -> Iterator[bytes]:
    """Yield a file's bytes, decompressed according to its extension.

    Raises:
        EOFError, zlib.error, zstandard.ZstdError, gzip.BadGzipFile: the archive is broken.
    """
    if path.endswith(".zst"):
        yield from _zstd_chunks(file)
        return
    if path.endswith(".gz"):
        # read1 returns what it has; read would discard that if the archive breaks off after it.
        read: Callable[[int], bytes] = gzip.GzipFile(fileobj=file, mode="rb").read1
    else:
        read = file.read
    while chunk := read(CHUNK):
        yield chunk


def _bounded_lines(chunks: Iterator[bytes], limit: int) -> Iterator[tuple[bytes, int]]:
    """Yield each line without its end, cut at ``limit`` bytes, and its full length in bytes."""
    head, length = b"", 0
    for chunk in chunks:
        *ended, rest = chunk.split(b"\n")
        for piece in ended:
            yield head + piece[: limit - len(head)], length + len(piece)
            head, length = b"", 0
        head += rest[: limit - len(head)]
        length += len(rest)
    if length:
        yield head, length


def read_messages(
    file: BinaryIO,
    path: str,
    changed_at: datetime,
    limit: int = MAX_MESSAGE_BYTES,
    count: Callable[[], None] = no_limit,
) -> Iterator[Message]:
    """Yield the message on each line of a JSON-lines file; blank lines are skipped.

    Memory is bounded by ``limit`` bytes per line. A line over the limit, or the rest of a broken archive, becomes a message with a
    ``problem``; lines before the break are not lost.

    Args:
        file: the file's bytes as stored.
        path: its name, whose extension determines the compression, and which goes into the messages' origin.
        changed_at: when it was last changed, in UTC: the messages' ``received_at``.
        limit: maximum size of a message in bytes.
        count: called for every line, also a blank one; it may raise an error, which ends the reading.
    """
    lines = _bounded_lines(chunks(file, path), limit + len(BYTE_ORDER_MARK) + len(CARRIAGE_RETURN) + 1)
    number = 0
    while True:
        number += 1
        try:
            line, length = next(lines)
        except StopIteration:
            return
        except BROKEN_ARCHIVE as error:
            # The beginning of this line is lost with the decompressor's state, and the rest of the file can't be decompressed at all.
            problem = f"file: the archive is broken from here on ({error}); repair the file and rerun"
            yield Message(b"", f"{path}:{number}", changed_at, {}, problem)
            return
        count()
        payload = line.removeprefix(BYTE_ORDER_MARK) if number == 1 else line
        payload = payload.removesuffix(CARRIAGE_RETURN)
        size = length - len(line) + len(payload)
        if size > limit:
            too_long = f"message: {size:,} bytes are over the limit of {limit:,}"
            yield Message(payload[:limit], f"{path}:{number}", changed_at, {}, too_long)
        elif payload.strip():
            yield Message(payload, f"{path}:{number}", changed_at, {})
