# SPDX-License-Identifier: Apache-2.0
"""The work on one split of a backfill, in any process: its messages are decoded into articles on disk, and these become records.

Between the two, the articles of all splits are compared, so that the original of a text and the number of a version do not depend on
the splits.
"""

import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

import apache_beam as beam
from apache_beam.io.filesystems import FileSystems
from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.runners.portability.fn_api_runner import FnApiRunner

from onrecord.beam_internals import counting, refuse_pickle
from onrecord.data import coders
from onrecord.data.article import Article
from onrecord.data.article_index import ArticleKey, Decision, key_of
from onrecord.data.coders import CompressedCoder
from onrecord.data.kinds import kinds
from onrecord.data.message import Message
from onrecord.data.records import DeadLetter
from onrecord.data.settings import ExtractionSettings
from onrecord.graph import GraphSettings, extract
from onrecord.sinks import FileSink, sinks
from onrecord.sinks.files import file_name
from onrecord.sinks.manifest import WrittenFile, hashed
from onrecord.telemetry import metrics
from onrecord.telemetry.progress import Tally
from onrecord.transforms.decode import DecodeFn

VALUES_PER_PACK = 64  # compressed together on disk
LENGTH_BYTES = 4  # of the number before each pack


def _path(folder: Path, split: int, kind: str) -> Path:
    return folder / f"{kind}-{split:06d}"


def _store(path: Path, values: list[Article] | list[DeadLetter], value_type: type) -> None:
    """Write values to a file, which is on the disk afterwards."""
    coder = CompressedCoder(tuple[value_type, ...])  # type: ignore[valid-type]
    waiting = iter(values)
    with path.open("wb") as file:
        while some := tuple(islice(waiting, VALUES_PER_PACK)):
            packed = coder.encode(some)
            file.write(len(packed).to_bytes(LENGTH_BYTES, "big"))
            file.write(packed)
        file.flush()
        os.fsync(file.fileno())


def _stored(path: Path, value_type: type) -> Iterator[Article | DeadLetter]:
    coder = CompressedCoder(tuple[value_type, ...])  # type: ignore[valid-type]
    with path.open("rb") as file:
        while length := file.read(LENGTH_BYTES):
            yield from coder.decode(file.read(int.from_bytes(length, "big")))


def decode_split(
    split: int, messages: Iterable[Message], settings: ExtractionSettings, folder: Path
) -> tuple[dict[str, int], list[ArticleKey]]:
    """Decode the messages of a split, and store the articles and the dead letters.

    Args:
        split: number of the split.
        messages: its messages.
        settings: how they are decoded.
        folder: where the articles wait, on this machine.

    Returns:
        The metrics, and the keys of the articles in their order.
    """
    articles: list[Article] = []
    letters: list[DeadLetter] = []
    step = DecodeFn(settings)
    step.setup()
    with counting() as counts:
        for message in messages:
            for output in step.process(message):
                if isinstance(output, beam.pvalue.TaggedOutput):
                    letters.append(output.value)
                else:
                    articles.append(output)
    step.finish_bundle()
    _store(_path(folder, split, "articles"), articles, Article)
    _store(_path(folder, split, "letters"), letters, DeadLetter)
    return counts, list(map(key_of, articles))


class _Decided(beam.DoFn):  # type: ignore[misc]
    """Reads the articles of a split, without repeated messages, and marks duplicates and versions."""

    def __init__(self, path: Path, decisions: dict[int, Decision]) -> None:
        self.path = path
        self.decisions = decisions

    def setup(self) -> None:
        """Start this worker's tally."""
        self.tally = Tally()

    def process(self, _: bytes) -> Iterator[Article]:
        """Yield the articles that get a record."""
        for position, article in enumerate(_stored(self.path, Article)):
            assert isinstance(article, Article)
            decision = self.decisions.get(position)
            if decision is None:
                yield article
            elif decision.is_repeated:
                metrics.count(metrics.DUPLICATES)
                self.tally.add(duplicates=1)
            else:
                metrics.count(metrics.DUPLICATE_TEXTS, decision.duplicate_of is not None)
                yield replace(
                    article,
                    duplicate_of=decision.duplicate_of,
                    version=decision.version,
                    supersedes=decision.supersedes,
                )


@dataclass(frozen=True, slots=True)
class Written:
    """What was made of a split: metrics, and the files of its records."""

    counts: dict[str, int]
    files: list[WrittenFile]


def write_split(
    decisions: dict[int, Decision], settings: GraphSettings, flags: tuple[str, ...], folder: Path
) -> Written:
    """Extract the records of a split that was decoded, and write them.

    Args:
        decisions: what is decided about its articles, by their positions.
        settings: of the graph; those of the output have the split's number.
        flags: Beam's options.
        folder: where its articles wait.
    """
    coders.register()
    split = settings.output.split
    for _, path in _files(settings):  # of a run that was killed when it wrote this split
        if FileSystems.exists(path):
            FileSystems.delete([path])
    pipeline = beam.Pipeline(runner=FnApiRunner(), options=PipelineOptions(list(flags)))
    articles, letters = _path(folder, split, "articles"), _path(folder, split, "letters")
    extract(
        pipeline
        | "ReadSplit" >> beam.Impulse()
        | "Decided" >> beam.ParDo(_Decided(articles, decisions)).with_output_types(Article),
        pipeline
        | "ReadLetters" >> beam.Impulse()
        | "Undecodable" >> beam.FlatMap(lambda _: _stored(letters, DeadLetter)).with_output_types(DeadLetter),
        settings,
    )
    refuse_pickle(pipeline)
    result = pipeline.run()
    result.wait_until_finish()
    return Written(
        metrics.counts(result), [hashed(path, name) for name, path in _files(settings) if FileSystems.exists(path)]
    )


def _files(settings: GraphSettings) -> Iterator[tuple[str, str]]:
    """Yield the names and paths of the files that a split may have."""
    output = settings.output
    sink = sinks()[output.sink]
    if not isinstance(sink, FileSink):
        return
    for kind in kinds():
        for shard in range(output.shards):
            name = file_name(kind, output.split * output.shards + shard, output.files_per_kind, sink.extension)
            yield name, FileSystems.join(output.folder, *name.split("/"))


def discard_split(split: int, folder: Path) -> None:
    """Delete the articles of a split."""
    for kind in ("articles", "letters"):
        with suppress(FileNotFoundError):
            _path(folder, split, kind).unlink()
