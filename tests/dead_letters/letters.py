# SPDX-License-Identifier: Apache-2.0
"""Makes output folders with dead letters, without a run."""

from collections.abc import Iterable
from pathlib import Path

from onrecord.data.kinds import kinds
from onrecord.data.message import Message
from onrecord.data.records import DeadLetter
from onrecord.data.stages import DECODE
from onrecord.dead_letters.make import dead_letter
from onrecord.sinks import AVRO, FileSink
from tests.conftest import message_of

TOO_LONG = "text: 1,000 characters are over the limit of 10"


def letter(
    message: Message | bytes | dict[str, object],
    reason: str = TOO_LONG,
    line: int = 1,
    stage: str = DECODE,
    error_type: str = "InvalidMessage",
) -> DeadLetter:
    """Return the dead letter of a message on a line of a file."""
    if not isinstance(message, Message):
        message = message_of(message, f"feed.jsonl:{line}")
    return dead_letter(message, stage, error_type, reason)


def letters_in(folder: Path, letters: Iterable[DeadLetter], sink: FileSink = AVRO) -> Path:
    """Write letters to an output folder, and return it."""
    (folder / "dead_letters").mkdir(parents=True)
    with (folder / "dead_letters" / f"dead_letters-00000-of-00001{sink.extension}").open("wb") as file:
        sink.write_records(file, kinds()[DeadLetter.kind], letters, "dead_letters")
    return folder
