# SPDX-License-Identifier: Apache-2.0
"""An example of a package that adds a record kind, topics, and a sink, JSON lines, to onrecord."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, ClassVar

import msgspec
from spacy.language import Language
from spacy.tokens import Doc

from onrecord import FileSink, Record, RecordKind, Span

TOPIC_OF = {"ferry": "transport", "bridge": "transport", "court": "justice", "judge": "justice"}


@dataclass(frozen=True, slots=True)
class TopicRecord(Record):
    """A word that says what an article is about."""

    kind: ClassVar[str] = "topics"
    article_id: str
    topic_id: str
    topic: str
    mention: Span

    @property
    def record_id(self) -> str:
        """The sort key of the record within its kind."""
        return self.topic_id


Doc.set_extension("onrecord_topics", default=(), force=True)


@Language.factory("onrecord_topics", assigns=["doc._.onrecord_topics"])
def make_topic_finder(nlp: Language, name: str) -> "TopicFinder":
    """Return the component."""
    return TopicFinder()


class TopicFinder:
    """Sets ``doc._.onrecord_topics``."""

    def __call__(self, doc: Doc) -> Doc:
        """Annotate the Doc."""
        doc._.onrecord_topics = tuple(token for token in doc if token.lower_ in TOPIC_OF)
        return doc


def topic_records(doc: Doc, header: Any) -> Iterator[TopicRecord]:
    """Yield a record for each topic word."""
    for token in doc._.onrecord_topics:
        span = Span(token.idx, token.idx + len(token.text), token.text)
        yield TopicRecord(
            article_id=header.article_id,
            topic_id=header.record_id("topic", span.start, span.end),
            topic=TOPIC_OF[token.lower_],
            mention=span,
        )


TOPICS = RecordKind(
    name="topics",
    record_type=TopicRecord,
    schema=Path(__file__).with_name("topic.avsc"),
    component="onrecord_topics",
    convert="onrecord_topics:topic_records",
    needs=("entities",),
)


def write_json_lines(file: BinaryIO, kind: RecordKind, records: Iterable[Record], name: str) -> None:
    """Write one object per line."""
    for record in records:
        file.write(msgspec.json.encode(record, order="deterministic") + b"\n")


def read_json_lines(file: BinaryIO, kind: RecordKind) -> Iterator[Record]:
    """Yield the record on each line."""
    for line in file:
        yield msgspec.json.decode(line, type=kind.record_type)


JSON_LINES = FileSink("jsonl", ".jsonl", write_json_lines, read_json_lines)
