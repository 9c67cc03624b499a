# SPDX-License-Identifier: Apache-2.0
"""Annotate: the only step that calls ``onrecord.nlp``. It turns articles into plain records; no ``Doc`` leaves it."""

import logging
import time
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

import apache_beam as beam
from apache_beam.transforms.window import BoundedWindow
from apache_beam.typehints.decorators import no_annotations
from apache_beam.utils.shared import Shared
from apache_beam.utils.timestamp import Timestamp
from apache_beam.utils.windowed_value import WindowedValue

from onrecord.data.article import Article
from onrecord.data.kinds import kinds
from onrecord.data.records import ArticleRecord
from onrecord.data.settings import ExtractionSettings
from onrecord.data.stages import ANNOTATE
from onrecord.dead_letters.make import DEAD_LETTERS, dead_letter
from onrecord.nlp.texts import Annotation, Header, Text, article_record
from onrecord.sandbox.annotator import AnnotatorPool, SandboxedAnnotator, load_annotator
from onrecord.telemetry import metrics
from onrecord.telemetry.progress import Tally
from onrecord.telemetry.waiting import WAITING, waiting_key
from onrecord.version import __version__

if TYPE_CHECKING:
    from onrecord.nlp.annotator import Annotator

LOG = logging.getLogger(__name__)

# A batch takes about 6 kB per word, 24 with spaCy's own parser; one with more words than this is annotated before it is full. The parser
# takes the steps of all its paragraphs together, so that a larger batch takes fewer.
BATCH_WORDS = 12_000
CODE_POINTS_PER_WORD = 6  # in English, with the space; to estimate the words of a batch before it is parsed


def words_of(article: Article) -> int:
    """Estimate how many words of an article will be parsed; none of a duplicate."""
    return 0 if article.duplicate_of is not None else len(article.text) // CODE_POINTS_PER_WORD


# Of this process: the jobs that run in it one after the other, as for the splits of a backfill, load the model once.
_MODEL = Shared()


@dataclass
class _Batch:
    """Articles that wait to be annotated, each with the window of its records."""

    articles: list[Article] = field(default_factory=list)
    places: list[tuple[Timestamp, BoundedWindow]] = field(default_factory=list)
    words: int = 0

    def add(self, article: Article, timestamp: Timestamp, window: BoundedWindow) -> None:
        self.articles.append(article)
        self.places.append((timestamp, window))
        self.words += words_of(article)


@dataclass(frozen=True)
class _Annotated:
    """The annotations of a batch, and how long they took."""

    annotations: Sequence[Annotation]
    milliseconds: int


class AnnotateFn(beam.DoFn):  # type: ignore[misc]
    """Collects articles into batches and annotates them."""

    def __init__(self, settings: ExtractionSettings) -> None:
        """Keep the settings; the model is loaded once per process, or in a child process if there is a time limit."""
        self.settings = settings
        self.shared = _MODEL

    def setup(self) -> None:
        """Load the model, unless this process has loaded it already."""
        settings = self.settings
        how = settings.parse, settings.stances, settings.least_confidence
        self._how = settings.model, settings.extract, settings.gazetteer, *how
        self.annotator = self.shared.acquire(self._load, (*self._how, settings.time_limit))
        self.provenance = self.annotator.provenance(__version__)
        self.tally = Tally()
        for note in self.annotator.notes:
            LOG.info("%s", note)

    def _load(self) -> "Annotator | SandboxedAnnotator | AnnotatorPool":
        load, limit, count = partial(load_annotator, *self._how), self.settings.time_limit, self.settings.annotators
        if limit is None:
            return load()
        return SandboxedAnnotator(load, limit) if count == 1 else AnnotatorPool(load, limit, count)

    def start_bundle(self) -> None:
        """Discard the batches of a failed bundle."""
        self.batch = _Batch()
        self.started: deque[tuple[_Batch, Future[_Annotated]]] = deque()

    @no_annotations  # type: ignore[untyped-decorator]
    def process(
        self,
        article: Article,
        timestamp: Timestamp = beam.DoFn.TimestampParam,
        window: BoundedWindow = beam.DoFn.WindowParam,
    ) -> Iterator[beam.pvalue.TaggedOutput]:
        """Add an article; yield the records of its batch once that is full."""
        others = self.settings.annotators - 1
        if self.batch.articles and self.batch.words + words_of(article) > BATCH_WORDS:
            yield from self._annotate_batch(others)
        self.batch.add(article, timestamp, window)
        if len(self.batch.articles) >= self.settings.batch_size:
            yield from self._annotate_batch(others)

    @no_annotations  # type: ignore[untyped-decorator]
    def finish_bundle(self) -> Iterator[beam.pvalue.TaggedOutput]:
        """Yield the records of the remaining articles."""
        yield from self._annotate_batch(0)
        self.tally.flush()

    def _annotate_batch(self, others: int) -> Iterator[beam.pvalue.TaggedOutput]:
        """Start to annotate the batch; yield records, in order, until no more than ``others`` of the started batches are left."""
        batch, self.batch = self.batch, _Batch()
        if batch.articles:
            self.started.append((batch, self._start([self._text(article) for article in batch.articles])))
        while len(self.started) > others:
            yield from self._finished(*self.started.popleft())

    def _start(self, texts: list[Text]) -> "Future[_Annotated]":
        if isinstance(self.annotator, AnnotatorPool):
            return self.annotator.threads.submit(self._annotated, texts)
        done: Future[_Annotated] = Future()
        done.set_result(self._annotated(texts))
        return done

    def _annotated(self, texts: list[Text]) -> "_Annotated":
        started = time.monotonic()
        annotations = self.annotator.annotate(texts)
        return _Annotated(annotations, round(1000 * (time.monotonic() - started)))

    def _finished(self, batch: _Batch, future: "Future[_Annotated]") -> Iterator[beam.pvalue.TaggedOutput]:
        annotated = future.result()
        for article, annotation, place in zip(batch.articles, annotated.annotations, batch.places, strict=True):
            yield from self._records(article, annotation, place)
        metrics.count(metrics.PARSE_MILLISECONDS, annotated.milliseconds)
        metrics.distribute(metrics.PARSE_MILLISECONDS_PER_BATCH, annotated.milliseconds)
        metrics.distribute(metrics.WORDS_PER_BATCH, sum(annotation.words for annotation in annotated.annotations))

    def _text(self, article: Article) -> Text:
        header = Header(article.article_id, article.published_at, self.provenance, article.text_sha256)
        return Text(article.text, header, article.language, article.duplicate_of is not None, article.title)

    def _records(
        self, article: Article, annotation: Annotation, place: tuple[Timestamp, BoundedWindow]
    ) -> Iterator[beam.pvalue.TaggedOutput]:
        timestamp, window = place

        def output(tag: str, record: object) -> beam.pvalue.TaggedOutput:
            return beam.pvalue.TaggedOutput(tag, WindowedValue(record, timestamp, (window,)))

        metrics.count(metrics.WORDS, annotation.words)
        if not annotation.is_english:
            metrics.count(metrics.NOT_ENGLISH)
        for failure in annotation.failures:
            letter = dead_letter(
                article.message, failure.stage, failure.error_type, failure.error_message, failure.stack_trace
            )
            yield output(DEAD_LETTERS, letter)
        is_parsed = not any(failure.stage == ANNOTATE for failure in annotation.failures)
        self.tally.add(articles=is_parsed, words=annotation.words, dead_letters=len(annotation.failures))
        metrics.count(metrics.ARTICLES if is_parsed else metrics.REFUSED)
        if not is_parsed:
            WAITING.remove(waiting_key(article))
        if is_parsed:
            yield output(ArticleRecord.kind, article_record(article, annotation, self.provenance))
        for record in annotation.records:
            yield output(record.kind, record)


@dataclass
class Annotate(beam.PTransform):  # type: ignore[misc]
    """Turns articles into records of every kind, with one parse per article, in batches.

    Attributes:
        settings: which records are extracted, and how.
    """

    settings: ExtractionSettings = field(default_factory=ExtractionSettings)

    def __post_init__(self) -> None:
        super().__init__()

    @no_annotations  # type: ignore[untyped-decorator]  # Beam has no hint for several outputs
    def expand(self, articles: beam.PCollection[Article]) -> dict[str, beam.PCollection]:
        """Return the records by the name of their kind; ``dead_letters`` has the articles that could not be annotated."""
        outputs = articles | "Batches" >> beam.ParDo(AnnotateFn(self.settings)).with_outputs(*kinds())
        for name, kind in kinds().items():
            outputs[name].element_type = kind.record_type
        return {name: outputs[name] for name in kinds()}
