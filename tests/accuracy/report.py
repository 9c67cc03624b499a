# SPDX-License-Identifier: Apache-2.0
"""Runs onrecord on the gold set and renders the result as the text of ``golden.txt``."""

from datetime import datetime, timezone
from pathlib import Path

from onrecord import __version__
from onrecord.data.records import EntityRecord, QuoteRecord, Span, StanceRecord
from onrecord.nlp.annotator import Annotator
from onrecord.nlp.model import Model
from onrecord.nlp.texts import Annotation, Header, Text
from tests.accuracy import gold
from tests.accuracy.scorer import (
    KINDS,
    Counts,
    FoundEntity,
    FoundQuote,
    FoundRecords,
    FoundSegment,
    FoundStance,
    Score,
    score,
)

GOLDEN = Path(__file__).with_name("golden.txt")
HEADING = """\
Accuracy of onrecord on tests/accuracy/articles. Written by: python -m tests.accuracy.update
tp: right, fp: spurious, fn: missed; P, R, F in per cent. Definitions: tests/accuracy/scorer.py
"""
PUBLISHED_AT = datetime(2026, 1, 31, tzinfo=timezone.utc)


def report(model: Model) -> str:
    """Return the table of all articles, then the counts and the differences of each."""
    articles = gold.load()
    annotator = Annotator(model)
    provenance = annotator.provenance(__version__)
    texts = [
        Text(article.text, Header(article.name, PUBLISHED_AT, provenance, ""), language="en", title=article.title)
        for article in articles
    ]
    scores = [
        score(article, found_records(annotation))
        for article, annotation in zip(articles, annotator.annotate(texts), strict=True)
    ]
    return "\n".join([HEADING, *_table(scores), *_details(articles, scores)]) + "\n"


def found_records(annotation: Annotation) -> FoundRecords:
    """Return the parts of an annotation that are scored.

    Raises:
        RuntimeError: an extractor failed on the article.
    """
    if annotation.failures:
        raise RuntimeError(annotation.failures[0].stack_trace)
    entities = [record for record in annotation.records if isinstance(record, EntityRecord)]
    names = {entity.entity_id: entity.name for entity in entities}
    return FoundRecords(
        segments=tuple(
            FoundSegment(segment.kind, (segment.start, segment.end))
            for segment in annotation.segments
            if segment.kind != "BODY"
        ),
        entities=tuple(_entity(record, names) for record in entities),
        quotes=tuple(_quote(record) for record in annotation.records if isinstance(record, QuoteRecord)),
        stances=tuple(_stance(record) for record in annotation.records if isinstance(record, StanceRecord)),
    )


def _entity(record: EntityRecord, names: dict[str, str]) -> FoundEntity:
    return FoundEntity(
        record.name,
        record.type,
        tuple(_place(mention.span) for mention in record.mentions if mention.kind == "NAME"),
        role=record.role,
        wikidata=record.wikidata_id,
        country=record.country_code,
        refers_to=None if record.refers_to is None else names.get(record.refers_to, record.refers_to),
    )


def _quote(record: QuoteRecord) -> FoundQuote:
    return FoundQuote(
        record.type,
        tuple(map(_place, record.content)),
        tuple(map(_place, record.cue)),
        _place(record.speaker.mention) if record.speaker and record.speaker.mention else None,
        record.speaker.name if record.speaker else None,
        # Records without the field are of things said.
        said=getattr(record, "realis", "ACTUAL") == "ACTUAL",
    )


def _stance(record: StanceRecord) -> FoundStance:
    return FoundStance(
        record.holder.name,
        None if record.target.mention is None else _place(record.target.mention),
        record.polarity,
        tuple(party.name for party in record.asserted_by),
    )


def _place(span: Span) -> tuple[int, int]:
    return span.start, span.end


def _table(scores: list[Score]) -> list[str]:
    lines = [f"{'kind':<12}{'tp':>5}{'fp':>5}{'fn':>5}{'P':>7}{'R':>7}{'F':>7}"]
    for kind in KINDS:
        total = Counts()
        for one in scores:
            total += one.counts[kind]
        rates = "".join(f"{100 * rate:7.1f}" for rate in (total.precision, total.recall, total.f1))
        lines.append(f"{kind:<12}{total.tp:>5}{total.fp:>5}{total.fn:>5}{rates}")
    return lines


def _details(articles: tuple[gold.Article, ...], scores: list[Score]) -> list[str]:
    lines = []
    for article, one in zip(articles, scores, strict=True):
        lines += ["", f"== {article.name}: {article.style}"]
        counted = [(kind, one.counts[kind]) for kind in KINDS]
        lines += [
            f"   {kind:<12}{counts.tp:>3} tp{counts.fp:>3} fp{counts.fn:>3} fn"
            for kind, counts in counted
            if counts.tp or counts.fp or counts.fn
        ]
        lines += one.differences
    return lines
