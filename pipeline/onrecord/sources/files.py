# SPDX-License-Identifier: Apache-2.0
"""Article messages from files on any of Beam's filesystems, in the formats of ``formats``."""

import io
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timezone
from itertools import islice
from typing import BinaryIO, cast

import apache_beam as beam
from apache_beam.io.filesystem import CompressionTypes
from apache_beam.io.filesystems import FileSystems

from onrecord.data.input_file import InputFile
from onrecord.data.message import Message
from onrecord.data.settings import DEFAULT_INPUT, InputSettings
from onrecord.sources import formats, patterns
from onrecord.sources.floods import MessageLimit, TooManyMessages, collapsed
from onrecord.sources.formats import UnknownFormat
from onrecord.telemetry import metrics, progress

CHECK_EVERY = 1_000  # messages between two looks at whether reading is to stop


def opened(path: str) -> BinaryIO:
    """Return an open file that can be read from any position.

    Raises:
        OSError, ValueError: it can't be read.
    """
    stored = cast(BinaryIO, FileSystems.open(path, compression_type=CompressionTypes.UNCOMPRESSED))
    if stored.seekable():
        return stored
    spooled = cast(BinaryIO, tempfile.TemporaryFile())  # noqa: SIM115 - the caller closes it
    with stored:
        shutil.copyfileobj(stored, spooled)
    spooled.seek(0)
    return spooled


def read_file(file: InputFile, settings: InputSettings = DEFAULT_INPUT) -> Iterator[Message]:
    """Yield the messages of a file; see ``read_messages`` of its format.

    The rest of a file with too many messages is one message with a ``problem``, and so is a file of an unknown format.

    Raises:
        OSError: it can't be read.
    """
    changed_at = datetime.fromtimestamp(file.changed_at, timezone.utc)
    with opened(file.path) as stored:
        size = file.size or stored.seek(0, io.SEEK_END)
        stored.seek(0)
        limit = MessageLimit.of_size(size) if settings.max_messages is None else MessageLimit(settings.max_messages)
        try:
            form = formats.BY_NAME[settings.format] if settings.format else formats.of_file(file.path, stored)
            yield from form.read()(stored, file.path, changed_at, count=limit.count)
        except UnknownFormat as error:
            yield Message(b"", file.path, changed_at, {}, f"file: {error}")
        except TooManyMessages as error:
            metrics.count(metrics.FLOODS)
            yield Message(b"", f"{file.path}:{limit.limit + 1}", changed_at, {}, str(error))


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
            | "Messages" >> beam.FlatMap(self._messages).with_output_types(Message)
        )

    def _messages(self, group: tuple[str, Iterable[InputFile]]) -> Iterator[Message]:
        if progress.is_stopping():
            return iter(())
        return collapsed(_until_stopped(read_file(next(iter(group[1])), self.settings)))


def _matched(pattern: str) -> Iterator[InputFile]:
    files = patterns.matched(pattern).files
    if not files:
        raise FileNotFoundError(f"{pattern}: no file matches")
    return iter(files)
