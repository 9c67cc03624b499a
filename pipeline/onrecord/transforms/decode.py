# SPDX-License-Identifier: Apache-2.0
"""Decode: turns each message into an article, or into a dead letter that says what is wrong with it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

import apache_beam as beam
from apache_beam.typehints.decorators import no_annotations

from onrecord.data.article import MAX_TEXT_LENGTH, Article, article, check_length, has_markup
from onrecord.data.field_names import FieldName
from onrecord.data.forgotten import Forgotten, refuse, traces_of, traces_of_payload, without_content
from onrecord.data.message import Contract, InvalidMessage, Message, decode
from onrecord.data.records import DeadLetter
from onrecord.data.settings import ExtractionSettings
from onrecord.data.stages import DECODE
from onrecord.dead_letters.make import DEAD_LETTERS, dead_letter
from onrecord.sandbox.pages import page_reader
from onrecord.sandbox.process import ProcessLost
from onrecord.sources.html import read_page
from onrecord.telemetry import metrics
from onrecord.telemetry.progress import Tally
from onrecord.telemetry.waiting import WAITING, waiting_key


def decode_article(
    message: Message,
    max_text_length: int = MAX_TEXT_LENGTH,
    read: Callable[[Contract], Contract] = read_page,
    fields: tuple[FieldName, ...] = (),
) -> Article:
    """Return the article of a message.

    Args:
        message: the message.
        max_text_length: maximum length of the text, in code points.
        read: completes the fields of a message from its ``html``.
        fields: where the message has fields that it has under other names.

    Raises:
        InvalidMessage: the message has no readable text.
        ProcessLost: reading its page takes too long.
    """
    if message.problem is not None:
        raise InvalidMessage(message.problem)
    contract, unknown = decode(message.payload, names=fields)
    if contract.html and not (contract.text or "").strip():
        contract = read(contract)
    check_length(contract, max_text_length)
    return article(message, contract, unknown)


class DecodeFn(beam.DoFn):  # type: ignore[misc]
    """Decodes messages one by one."""

    def __init__(self, settings: ExtractionSettings) -> None:
        self.settings = settings

    def setup(self) -> None:
        """Start this worker's tally and, if there is a time limit, its page reader."""
        self.tally = Tally()
        limit = self.settings.time_limit
        self.read_page = read_page if limit is None else page_reader(limit)

    @no_annotations  # type: ignore[untyped-decorator]
    def process(self, message: Message) -> Iterator[Article | beam.pvalue.TaggedOutput]:
        """Yield the article, or a dead letter under the tag ``dead_letters``."""
        if message.skipped is not None:
            metrics.count(metrics.SKIPPED + message.skipped, message.repeats)
            return
        metrics.count(metrics.MESSAGES, message.repeats)
        metrics.distribute(metrics.RECEIVED_AT_SECONDS, int(message.received_at.timestamp()))
        try:
            decoded = self._decoded(message)
        except (InvalidMessage, ProcessLost, Forgotten) as error:
            metrics.count(metrics.REFUSED, message.repeats)
            self.tally.add(messages=message.repeats, dead_letters=message.repeats)
            kept = without_content(message) if isinstance(error, Forgotten) else message
            letter = dead_letter(kept, DECODE, type(error).__name__, str(error))
            yield beam.pvalue.TaggedOutput(DEAD_LETTERS, letter)
            return
        sent_again = message.repeats - 1
        metrics.count(metrics.DUPLICATES, sent_again)
        for name in decoded.left_out:
            metrics.count(metrics.LEFT_OUT + name)
        if has_markup(decoded.text):
            metrics.count(metrics.MARKUP_IN_TEXT)
        self.tally.add(messages=message.repeats, duplicates=sent_again)
        WAITING.add(waiting_key(decoded), message.received_at)
        yield replace(decoded, message=replace(message, repeats=1)) if sent_again else decoded

    def _decoded(self, message: Message) -> Article:
        """Return the article of a message, unless it is to be forgotten; a broken message may be of such an article, too."""
        forgotten = self.settings.forgotten
        try:
            decoded = decode_article(message, self.settings.max_text_length, self.read_page, self.settings.fields)
        except (InvalidMessage, ProcessLost):
            if forgotten:
                refuse(forgotten, traces_of_payload(message.payload, message.attributes))
            raise
        if forgotten:
            refuse(forgotten, traces_of(decoded))
        return decoded

    def finish_bundle(self) -> None:
        """Write the tally."""
        self.tally.flush()


@dataclass
class Decode(beam.PTransform):  # type: ignore[misc]
    """Turns messages into articles; the second output has the dead letters.

    Attributes:
        settings: the maximum length of an article, the time limit for reading one page, and the articles that are refused.
    """

    settings: ExtractionSettings = field(default_factory=ExtractionSettings)

    def __post_init__(self) -> None:
        super().__init__()

    @no_annotations  # type: ignore[untyped-decorator]  # Beam has no hint for several outputs
    def expand(
        self, messages: beam.PCollection[Message]
    ) -> tuple[beam.PCollection[Article], beam.PCollection[DeadLetter]]:
        """Return the articles and the dead letters."""
        decode = beam.ParDo(DecodeFn(self.settings)).with_output_types(Article)
        decoded = messages | "Messages" >> decode.with_outputs(DEAD_LETTERS, main="articles")
        decoded[DEAD_LETTERS].element_type = DeadLetter
        return decoded.articles, decoded[DEAD_LETTERS]
