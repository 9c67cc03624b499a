# SPDX-License-Identifier: Apache-2.0
"""Reads dead letters, and turns them back into messages."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import apache_beam as beam

from onrecord.data.input_file import InputFile
from onrecord.data.message import Message
from onrecord.data.records import DeadLetter
from onrecord.sinks.reader import records_of


def read_letters(path: str) -> Iterator[DeadLetter]:
    """Yield the dead letters of one of the files that ``letter_files`` returns."""
    yield from records_of(path, DeadLetter.kind)


def message_of(letter: DeadLetter) -> Message:
    """Return the message of a dead letter; its ``received_at`` is the time of the failure, since the original is not recorded."""
    return Message(letter.payload, letter.origin, letter.failed_at, letter.attributes, repeats=letter.count)


@dataclass
class ReadDeadLetters(beam.PTransform):  # type: ignore[misc]
    """Reads the messages of dead letters, each once.

    Attributes:
        files: Avro files of dead letters.
        ids: ids of the letters to read.
    """

    files: tuple[str, ...]
    ids: frozenset[str]
    _read: set[str] = field(default_factory=set, init=False)

    def __post_init__(self) -> None:
        super().__init__()

    def expand(self, pbegin: beam.pvalue.PBegin) -> beam.PCollection[Message]:
        """Return the messages."""
        ids = self.ids
        return (
            pbegin
            | "Files" >> beam.Create(self.files, reshuffle=False)
            | "Letters" >> beam.FlatMap(read_letters).with_output_types(DeadLetter)
            | "Wanted" >> beam.Filter(lambda letter: letter.dead_letter_id in ids)
            | "ById"
            >> beam.Map(lambda letter: (letter.dead_letter_id, letter)).with_output_types(tuple[str, DeadLetter])
            | "OnceEach" >> beam.GroupByKey()
            | "Messages" >> beam.Map(lambda group: message_of(next(iter(group[1])))).with_output_types(Message)
        )

    def files_in_order(self) -> list[InputFile]:
        """Return the files."""
        return [InputFile(path) for path in self.files]

    def messages_of(self, file: InputFile) -> Iterator[Message]:
        """Return the messages of a file that no earlier file had."""
        for letter in read_letters(file.path):
            if letter.dead_letter_id in self.ids and letter.dead_letter_id not in self._read:
                self._read.add(letter.dead_letter_id)
                yield message_of(letter)
