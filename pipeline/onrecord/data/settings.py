# SPDX-License-Identifier: Apache-2.0
"""Settings of the steps, passed by name from the command line or from a program with its own graph; checked beforehand."""

from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from onrecord.data.article import MAX_TEXT_LENGTH
from onrecord.data.field_names import FieldName
from onrecord.data.forgotten import ForgottenList
from onrecord.data.gazetteer import ListedName
from onrecord.data.kinds import extracted

DEFAULT_MODEL = "en_core_web_sm"
BATCH_SIZE = 16  # texts parsed together; larger batches take more memory and are not faster
DEFAULT_SINK = "avro"
PARSES = ("fast", "spacy")  # the code that parses: the first is the default
STANCES = ("standard", "accurate")  # how stances are found: the first is the default


@dataclass(frozen=True, slots=True)
class ExtractionSettings:
    """Which records are extracted from articles, and how.

    Attributes:
        model: name or folder of a spaCy model.
        extract: names of the record kinds to extract.
        batch_size: maximum number of articles parsed together; it does not affect the records.
        annotators: maximum number of batches that a process annotates at the same time, in child processes; 1 without a time limit.
        max_text_length: code points; a longer article is a dead letter.
        gazetteer: the user's own names.
        time_limit: seconds for reading one page, and for parsing and extracting from one article; None for no limit, which saves a
            child process.
        forgotten: lists of articles that are refused; a job adds that of its output folder.
        fields: where the input has fields that it has under other names.
        stances: ``accurate`` also reads the sentences with a small language model; it needs ``onrecord[accurate]``.
        least_confidence: of a stance that is given; None for that from which a reader confirms more stances than she rejects.
        near_duplicates: whether an article that adds nothing to another one is marked as its duplicate, from which nothing is extracted.
        parse: ``fast`` replaces parts of spaCy by faster code with the same results, where the model allows it; ``spacy`` does not.
    """

    model: str = DEFAULT_MODEL
    extract: frozenset[str] = field(default_factory=lambda: frozenset(extracted()))
    batch_size: int = BATCH_SIZE
    annotators: int = 1
    max_text_length: int = MAX_TEXT_LENGTH
    gazetteer: tuple[ListedName, ...] = ()
    time_limit: float | None = None
    forgotten: tuple[ForgottenList, ...] = ()
    fields: tuple[FieldName, ...] = ()
    parse: str = PARSES[0]
    stances: str = STANCES[0]
    least_confidence: float | None = None
    near_duplicates: bool = True


LogFormat: TypeAlias = Literal["text", "json"]
RecordEncoding: TypeAlias = Literal["avro", "json"]


@dataclass(frozen=True, slots=True)
class InputSettings:
    """How files are read.

    Attributes:
        format: name of the format of all files; by default each file's own is found.
        max_messages: maximum number of lines, rows or records per file; by default one per stored byte, and at least 10,000.
    """

    format: str | None = None
    max_messages: int | None = None


DEFAULT_INPUT = InputSettings()


@dataclass(frozen=True, slots=True)
class OutputSettings:
    """The destination of records.

    Attributes:
        folder: the output folder, on any of Beam's filesystems.
        sink: name of a registered sink.
        shards: files per record kind; in a stream, per kind and pane; in a backfill on this machine, per kind and split.
        job: in a stream, the run id in file names, which keeps the files of two runs into one folder apart.
        asks_for_stable_input: whether the runner must be asked for stable input: to retry a write only with the same records.
        split: number of the split that is written, from 0.
        splits: how many there are.
    """

    folder: str
    sink: str = DEFAULT_SINK
    shards: int = 1
    job: str = ""
    asks_for_stable_input: bool = False
    split: int = 0
    splits: int = 1

    @property
    def files_per_kind(self) -> int:
        """The maximum number of files per kind: those of all splits are numbered together."""
        return self.splits * self.shards


@dataclass(frozen=True, slots=True)
class RecordTopic:
    """A topic to which the records of a kind are published.

    Attributes:
        name: ``projects/P/topics/T``.
        encoding: of a record in a message: Avro's binary encoding, or JSON.
    """

    name: str
    encoding: RecordEncoding = "avro"


@dataclass(frozen=True, slots=True)
class StreamingSettings:
    """Windows and duplicate detection of a stream; all times are in seconds.

    Attributes:
        window: length of a window, by event time.
        allowed_lateness: an older article goes to the window of its arrival.
        early_every: time between early results of an open window, or None for no early results.
        late_every: how long late articles are collected before they are written together, by the hour of their event time.
        watermark_delay: how far the runner's watermark is behind the clock at most while it keeps up; an article that comes so soon after
            the end of its window is not late.
        dedupe_for: how long an article is remembered for duplicate detection.
        event_time: the message attribute that holds the event time, or None for ``published_at``.
    """

    window: int = 300
    allowed_lateness: int = 7 * 24 * 3600
    early_every: int | None = None
    late_every: int = 300
    watermark_delay: int = 0
    dedupe_for: int = 24 * 3600
    event_time: str | None = None
