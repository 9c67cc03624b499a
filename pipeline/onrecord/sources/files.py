# SPDX-License-Identifier: Apache-2.0
"""Article messages from files on any of Beam's filesystems, in the formats of ``formats``."""

import io
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timezone
from functools import partial
from itertools import chain, islice
from typing import BinaryIO, cast

import apache_beam as beam
from apache_beam.io.filesystem import CompressionTypes
from apache_beam.io.filesystems import FileSystems

from onrecord.data.input_file import InputFile
from onrecord.data.message import Message
from onrecord.data.settings import DEFAULT_INPUT, InputSettings
from onrecord.sources import formats, patterns
from onrecord.sources.compression import CHUNK_BYTES, is_compressed
from onrecord.sources.content import PieceReader
from onrecord.sources.floods import MessageLimit, TooManyMessages, collapsed
from onrecord.sources.formats import STORED_HEAD_BYTES, UnknownFormat
from onrecord.sources.stored_file import StoredFile
from onrecord.telemetry import metrics, progress

CHECK_EVERY = 1_000  # messages between two looks at whether reading is to stop


def opened(path: str) -> BinaryIO:
    """Return an open file.

    Raises:
        OSError, ValueError: it can't be opened.
    """
    return cast(BinaryIO, FileSystems.open(path, compression_type=CompressionTypes.UNCOMPRESSED))


@dataclass(frozen=True, slots=True)
class _OpenFile:
    """A file at its beginning.

    Attributes:
        stored: its bytes as stored.
        beginning: the first of them.
        size: returns how many there are; of a pipe, how many were read.
    """

    stored: BinaryIO
    beginning: bytes
    size: Callable[[], int]


@contextmanager
def _opened_at_start(path: str) -> Iterator[_OpenFile]:
    """Open a file.

    A pipe can only be read forwards. One that is compressed is copied to a temporary file, since reading past damage goes back.
    """
    with opened(path) as stored:
        beginning = stored.read(STORED_HEAD_BYTES)
        if stored.seekable():
            yield _of_size(stored, beginning)
            return
        pieces = chain([beginning], iter(partial(stored.read, CHUNK_BYTES), b""))
        if is_compressed(io.BytesIO(beginning)):
            with tempfile.TemporaryFile() as copy:
                copy.writelines(pieces)
                yield _of_size(cast(BinaryIO, copy), beginning)
            return
        reader = PieceReader(pieces)
        yield _OpenFile(cast(BinaryIO, io.BufferedReader(reader)), beginning, lambda: reader.size)


def _of_size(stored: BinaryIO, beginning: bytes) -> _OpenFile:
    size = stored.seek(0, os.SEEK_END)
    stored.seek(0)
    return _OpenFile(stored, beginning, lambda: size)


def read_file(file: InputFile, settings: InputSettings = DEFAULT_INPUT) -> Iterator[Message]:
    """Yield the messages of a file; see ``read_messages`` of its format.

    The rest of a file with too many messages is one message with a ``problem``, and so is a file of an unknown format.

    Raises:
        OSError: it can't be read.
    """
    changed_at = datetime.fromtimestamp(file.changed_at, timezone.utc)
    with _opened_at_start(file.path) as found:
        most = settings.max_messages
        limit = MessageLimit.of_size(found.size) if most is None else MessageLimit(lambda: most)
        stored = StoredFile(found.stored, file.path, changed_at, count=limit.count)
        try:
            form = (
                formats.BY_NAME[settings.format]
                if settings.format
                else formats.of_beginning(file.path, found.beginning)
            )
            yield from form.load()(stored)
        except UnknownFormat as error:
            yield stored.message(b"", problem=f"file: {error}")
        except TooManyMessages as error:
            metrics.count(metrics.FLOODS)
            yield stored.message(b"", error.limit + 1, problem=str(error))


def _until_stopped(messages: Iterator[Message]) -> Iterator[Message]:
    """Yield messages until the command line asks the workers to stop reading."""
    while some := list(islice(messages, CHECK_EVERY)):
        yield from some
        if progress.is_stopping():
            return


@dataclass
class ReadFiles(beam.PTransform):  # type: ignore[misc]
    """Reads the messages of all matching files; one worker reads a file from start to end, so that messages can be numbered.

    Attributes:
        patterns: files, folders, and patterns with ``*``, ``?``, ``[...]`` and ``**``; see ``onrecord.sources.patterns``.
        settings: how files are read.
    """

    patterns: tuple[str, ...]
    settings: InputSettings = field(default_factory=InputSettings)

    def __post_init__(self) -> None:
        super().__init__()

    def expand(self, pbegin: beam.pvalue.PBegin) -> beam.PCollection[Message]:
        """Return the messages."""
        return (
            pbegin
            | "Patterns" >> beam.Create(self.patterns, reshuffle=False)  # Beam would pickle the time of each
            | "Match" >> beam.FlatMap(_matched).with_output_types(InputFile)
            | "PerFile" >> beam.Map(lambda file: (file.path, file)).with_output_types(tuple[str, InputFile])
            | "OnceEach" >> beam.GroupByKey()
            | "Messages"
            >> beam.FlatMap(lambda group: self.messages_of(next(iter(group[1])))).with_output_types(Message)
        )

    def files_in_order(self) -> list[InputFile]:
        """Return the files, each once, in the order of the patterns.

        Raises:
            FileNotFoundError: no file matches a pattern.
        """
        return list({file.path: file for pattern in self.patterns for file in _matched(pattern)}.values())

    def messages_of(self, file: InputFile) -> Iterator[Message]:
        """Return the messages of a file; none, or fewer, once the command line has asked to stop reading."""
        if progress.is_stopping():
            return iter(())
        return collapsed(_until_stopped(read_file(file, self.settings)))


def _matched(pattern: str) -> Iterator[InputFile]:
    files = patterns.matched(pattern).files
    if not files:
        raise FileNotFoundError(f"{pattern}: no file matches")
    return iter(files)
