"""Decode: from a message to an article, or to a dead letter that says what is wrong with it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import apache_beam as beam

from onrecord.data.article import (
    MAX_TEXT_LENGTH,
    Article,
    Contract,
    InvalidMessage,
    Message,
    article,
    check_lengths,
    decode,
)
from onrecord.data.records import DeadLetter
from onrecord.data.stages import DECODE
from onrecord.dead_letters.make import DEAD_LETTERS, dead_letter
from onrecord.sandbox.pages import page_reader
from onrecord.sandbox.process import ProcessLost
from onrecord.sources.html import read_page
from onrecord.telemetry import metrics
from onrecord.telemetry.progress import Tally


def decode_article(
    message: Message, max_text_length: int = MAX_TEXT_LENGTH, read: Callable[[Contract], Contract] = read_page
) -> Article:
    """Return the article that a message carries.

    Args:
        message: the message.
        max_text_length: code points that the text may have.
        read: fills in what a message's ``html`` tells.

    Raises:
        InvalidMessage: the message breaks the contract.
        ProcessLost: its page takes too long.
    """
    if message.problem is not None:
        raise InvalidMessage(message.problem)
    contract, unknown = decode(message.payload)
    if contract.html and not (contract.text or "").strip():
        contract = read(contract)
    check_lengths(contract, max_text_length)
    return article(message, contract, unknown)


class DecodeFn(beam.DoFn):  # type: ignore[misc]
    """Decodes messages one by one."""

    def __init__(self, max_text_length: int, progress_folder: str | None, time_limit: float | None = None) -> None:
        """Decode with a limit on the text, in code points, and on the time that a page may take, in seconds."""
        self.max_text_length = max_text_length
        self.progress_folder = progress_folder
        self.time_limit = time_limit

    def setup(self) -> None:
        """Begin this worker's tally."""
        self.tally = Tally(self.progress_folder)
        self.read_page = read_page if self.time_limit is None else page_reader(self.time_limit)

    def process(self, message: Message) -> Iterator[Article | beam.pvalue.TaggedOutput]:
        """Yield the article, or the dead letter beside it."""
        metrics.count(metrics.MESSAGES)
        metrics.distribute(metrics.RECEIVED_AT_SECONDS, int(message.received_at.timestamp()))
        try:
            decoded = decode_article(message, self.max_text_length, self.read_page)
        except (InvalidMessage, ProcessLost) as error:
            metrics.count(metrics.REFUSED)
            self.tally.add(messages=1, dead_letters=1)
            letter = dead_letter(message, DECODE, type(error).__name__, str(error))
            yield beam.pvalue.TaggedOutput(DEAD_LETTERS, letter)
            return
        self.tally.add(messages=1)
        yield decoded

    def finish_bundle(self) -> None:
        """Write down what was done."""
        self.tally.flush()


@dataclass
class Decode(beam.PTransform):  # type: ignore[misc]
    """Messages to articles; the second output holds the dead letters.

    Attributes:
        max_text_length: code points that an article may have.
        progress_folder: where this job's workers tell how far they are, or None.
        time_limit: seconds that the reading of one page may take, in a process of its own; None sets no limit.
    """

    max_text_length: int = MAX_TEXT_LENGTH
    progress_folder: str | None = None
    time_limit: float | None = None

    def __post_init__(self) -> None:
        super().__init__()

    def expand(
        self, messages: beam.PCollection[Message]
    ) -> tuple[beam.PCollection[Article], beam.PCollection[DeadLetter]]:
        """Return the articles and the dead letters."""
        decoded = messages | "Messages" >> beam.ParDo(
            DecodeFn(self.max_text_length, self.progress_folder, self.time_limit)
        ).with_output_types(Article).with_outputs(DEAD_LETTERS, main="articles")
        return decoded.articles, decoded[DEAD_LETTERS]
